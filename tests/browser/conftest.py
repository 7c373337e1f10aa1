"""One running dashboard on the demo company for all browser tests, and a browser that tells on every request."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from built_demo import PRODUCTOPS, Demo, environment

HERE = Path(__file__).resolve().parent
# A renderer that stays need not compile the same scripts again, and nothing here is drawn by a card.
ONE_PROCESS = ("--process-per-site", "--in-process-gpu")
PATIENCE = 60_000  # milliseconds; the machine may be busy with other tests
# Ends when the server is at work on the new address; that it is done is waited for afterwards.
GO_ON = """
path => new Promise((done, fail) => {
    const app = document.querySelector('[data-testid=stApp]');
    new MutationObserver((_, watch) => {
        if (app.dataset.testScriptState === 'notRunning') return;
        watch.disconnect();
        done();
    }).observe(app, {attributeFilter: ['data-test-script-state']});
    setTimeout(() => fail(new Error(`nothing runs for ${path}`)), 60000);
    history.pushState({}, '', path);
    dispatchEvent(new PopStateEvent('popstate'));
})
"""


@dataclass(frozen=True)
class Site:
    """A dashboard that runs on some data folder."""

    address: str
    data: Path


@dataclass
class Visit:
    """One page as a person sees it, with what the browser noticed on the way."""

    page: Any
    address: str
    outside: list[str] = field(default_factory=list)
    clicks: int = 0

    def open(self, path: str) -> Visit:
        """As somebody who types the address: a new session."""
        self.page.goto(self.address + path)
        return self.settled()

    def go_on(self, path: str) -> Visit:
        """As somebody who goes back or forward to the address: the session stays, and nothing is loaded again."""
        self.settled()  # what the visit before has begun
        self.page.evaluate(GO_ON, path)
        return self.settled()

    def settled(self) -> Visit:
        """Wait until the page has its heading and the server has nothing more to send."""
        self.page.wait_for_selector(".po h1", timeout=PATIENCE)
        self.page.wait_for_selector(
            "[data-testid=stApp][data-test-script-state=notRunning]", timeout=PATIENCE
        )
        return self

    def click(self, target: Any) -> None:
        self.clicks += 1
        target.click(timeout=PATIENCE)

    @property
    def text(self) -> str:
        return str(self.page.inner_text("[data-testid=stMain]"))

    @property
    def sideways(self) -> int:
        """How many pixels the page is wider than its window."""
        return int(
            self.page.evaluate(
                "() => Math.max(document.documentElement.scrollWidth,"
                " document.querySelector('[data-testid=stMain]').scrollWidth) - innerWidth"
            )
        )

    def has_fault(self) -> bool:
        """Whether anything on the page is an error card or a traceback."""
        return "Error id" in self.text or "Traceback" in self.text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(home: Path) -> Iterator[Site]:
    """Start `productops serve` for a home folder and end it again."""
    port = free_port()
    log = (home / "serve.log").open("w")
    server = subprocess.Popen(
        [PRODUCTOPS, "serve", "--port", str(port)],
        env=environment(home),
        cwd=home,
        stdout=log,
        stderr=log,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            if server.poll() is not None:
                raise RuntimeError(f"serve ended: {(home / 'serve.log').read_text()}")
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.25)
        yield Site(address, home / "data")
    finally:
        server.terminate()
        server.wait(20)
        log.close()


@pytest.fixture(scope="session")
def demo(built_demo: Demo) -> Iterator[Site]:
    yield from serve(built_demo.home)


@pytest.fixture
def nothing_published(demo: Site) -> Iterator[None]:
    """The demo before its first version: what was published is away for a moment."""
    published = demo.data / "published"
    away = published.rename(demo.data / "published-away")
    yield
    away.rename(published)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    spec = util.spec_from_file_location("chromium", HERE / "chromium.py")
    assert spec is not None and spec.loader is not None
    chromium = util.module_from_spec(spec)
    spec.loader.exec_module(chromium)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(chromium.find()), args=[*chromium.LAUNCH_FLAGS, *ONE_PROCESS]
        )
        yield started
        started.close()


@dataclass
class Window:
    """A size and a theme. Its visits share the browser's cache, and a page that the test before has left."""

    context: Any
    left: list[Any] = field(default_factory=list)

    def page(self) -> Any:
        return self.left.pop() if self.left else self.context.new_page()


@pytest.fixture(scope="session")
def windows(browser: Any) -> Iterator[dict[tuple[int, str], Window]]:
    found: dict[tuple[int, str], Window] = {}
    yield found
    for window in found.values():
        window.context.close()


@pytest.fixture
def visit(
    browser: Any, windows: dict[tuple[int, str], Window], demo: Site
) -> Iterator[Callable[..., Visit]]:
    """Open pages of the demo: `visit("/kpis", width=390, scheme="dark")`.

    A page that the test before has left goes on to the address, which costs a third, unless a session is wanted `anew`.
    """
    visits: list[tuple[Window, Visit, Callable[[Any], None]]] = []

    def go(path: str, width: int = 1280, scheme: str = "light", anew: bool = False) -> Visit:
        size = {"width": width, "height": 900}
        if (width, scheme) not in windows:
            context = browser.new_context(
                viewport=size,
                color_scheme=scheme,
                accept_downloads=True,
                reduced_motion="reduce",  # what moves is drawn again and again
            )
            windows[width, scheme] = Window(context)
        window = windows[width, scheme]
        is_left = bool(window.left)
        found = Visit(window.page(), demo.address)

        def note(request: Any) -> None:
            if not request.url.startswith((demo.address, "data:", "blob:", "ws://127.0.0.1")):
                found.outside.append(request.url)

        visits.append((window, found, note))
        found.page.set_viewport_size(size)
        found.page.on("request", note)
        return found.go_on(path) if is_left and not anew else found.open(path)

    yield go
    for window, found, note in visits:
        found.page.remove_listener("request", note)
        window.left.append(found.page)
