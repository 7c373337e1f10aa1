"""One running dashboard on the demo company for all browser tests, and a browser that tells on every request."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from built_demo import PRODUCTOPS, environment

HERE = Path(__file__).resolve().parent
PATIENCE = 60_000  # milliseconds; the machine may be busy with other tests


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
        self.page.goto(self.address + path)
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
def demo(demo_home: Path) -> Iterator[Site]:
    yield from serve(demo_home)


@pytest.fixture(scope="session")
def nothing_published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from serve(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    spec = util.spec_from_file_location("chromium", HERE / "chromium.py")
    assert spec is not None and spec.loader is not None
    chromium = util.module_from_spec(spec)
    spec.loader.exec_module(chromium)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=str(chromium.find()), args=list(chromium.LAUNCH_FLAGS)
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def windows(browser: Any) -> Iterator[dict[tuple[int, str], Any]]:
    """One window per width and theme; pages in it share the cache of the browser, sessions they do not."""
    found: dict[tuple[int, str], Any] = {}
    yield found
    for context in found.values():
        context.close()


@pytest.fixture
def visit(browser: Any, windows: dict[tuple[int, str], Any], demo: Site) -> Iterator[Any]:
    """Open pages of the demo: `visit("/kpis", width=390, scheme="dark")`."""
    pages = []

    def go(path: str, width: int = 1280, scheme: str = "light", site: Site = demo) -> Visit:
        if (width, scheme) not in windows:
            windows[width, scheme] = browser.new_context(
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
                accept_downloads=True,
            )
        found = Visit(windows[width, scheme].new_page(), site.address)
        pages.append(found.page)
        found.page.on(
            "request",
            lambda request: (
                found.outside.append(request.url)
                if not request.url.startswith((site.address, "data:", "blob:", "ws://127.0.0.1"))
                else None
            ),
        )
        return found.open(path)

    yield go
    for page in pages:
        page.close()
