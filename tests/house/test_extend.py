"""docs/extend.md followed to the letter in a copy of the clone: files alone add a model, a KPI and a question."""

import gzip
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import sync_playwright

CLONE = Path(__file__).resolve().parents[2]
FILE_BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PLAN = """\
view: {description: A page., question: "Who looks?", owner: pm-01, status: live}
buy: {description: An order., question: "Who buys?", owner: pm-01, status: live, feature: shop, value_event: true}
"""
HISTORY = [
    ("u1", "view", "2024-03-04 10:00:00"),
    ("u1", "buy", "2024-03-05 10:00:00"),
    ("u2", "buy", "2024-03-06 10:00:00"),
    ("u2", "buy", "2024-04-02 10:00:00"),
]


class Copy:
    """A copy of the clone with its own company and data; commands run its code, not the clone's."""

    def __init__(self, root: Path) -> None:
        self.root = root / "clone"
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=CLONE,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (CLONE / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CLONE / name, self.root / name)
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "PRODUCTOPS_COMPANY": str(root / "company"),
            "PRODUCTOPS_DATA": str(root / "data"),
        }

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "orchestration.cli", *words]

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def done(self, *words: str) -> str:
        done = self.call(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def chromium() -> ModuleType:
    """tests/browser/chromium.py, which is no package."""
    path = CLONE / "tests" / "browser" / "chromium.py"
    spec = importlib.util.spec_from_file_location("browser_chromium", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recipes() -> dict[str, str]:
    """File to content, as docs/extend.md prints them."""
    return dict(FILE_BLOCK.findall((CLONE / "docs" / "extend.md").read_text(encoding="utf-8")))


def export(path: Path) -> Path:
    lines = [
        json.dumps(
            {
                "$insert_id": f"i{n}",
                "uuid": f"00000000-0000-4000-8000-{n:012d}",
                "event_id": n,
                "event_type": event,
                "app": 1,
                "amplitude_id": int(user[1:]),
                "user_id": f"user-{user}",
                "device_id": f"device-{user}",
                "session_id": -1,
                "event_properties": {},
                "user_properties": {},
                **{
                    f"{clock}": f"{at}.000000"
                    for clock in (
                        "event_time",
                        "client_event_time",
                        "client_upload_time",
                        "server_received_time",
                        "server_upload_time",
                    )
                },
            }
        )
        for n, (user, event, at) in enumerate(HISTORY)
    ]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("1/1_2024-03-04_10#0.json.gz", gzip.compress("\n".join(lines).encode()))
    return path


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    root = tmp_path_factory.mktemp("extend")
    copy = Copy(root)
    copy.done("init", "--empty", str(root / "company"))
    (root / "company" / "tracking_plan").mkdir(exist_ok=True)
    (root / "company" / "tracking_plan" / "shop.yml").write_text(PLAN)
    copy.done("ingest", str(export(root / "export.zip")), "--source", "amplitude")
    for name, text in recipes().items():
        path = copy.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    kpis = copy.root / "dbt_project" / "models" / "kpis"
    declared = (kpis / "kpi_experiment_velocity.yml").read_text(encoding="utf-8")
    (kpis / "kpi_feature_breadth.yml").write_text(
        declared.replace("kpi_experiment_velocity", "kpi_feature_breadth"), encoding="utf-8"
    )
    copy.done("check")
    copy.done("build")
    return copy


def test_the_new_question_answers_on_the_command_line(extended: Copy) -> None:
    window = ("--param", "from=2024-03-01", "--param", "to=2024-04-01", "--format", "json")
    answer = json.loads(extended.done("ask", "first_uses", *window))
    assert answer["rows"] == [{"feature": "shop", "people": 2}]


def test_the_new_kpi_answers_on_the_command_line(extended: Copy) -> None:
    asked = ("--param", "kpi=K11", "--param", "period=month", "--format", "json")
    rows = json.loads(extended.done("ask", "kpis", *asked))["rows"]
    assert [(row["period_start"], row["value"]) for row in rows][:2] == [
        ("2024-03-01", 1.0),
        ("2024-04-01", 0.0),
    ]


def look_at_pages(address: str) -> None:
    """The new question and the new KPI, as a browser shows them; raises when they are not there."""
    browsers = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(browsers.find()), args=list(browsers.LAUNCH_FLAGS)
        )
        page = browser.new_page()
        page.goto(f"{address}/answers?q=first_uses&from=2024-03-01&to=2024-04-01")
        page.get_by_text("Who found which feature for the first time?").first.wait_for()
        page.get_by_text("shop").first.wait_for(state="attached")
        page.goto(f"{address}/kpis?kpi=K11&period=month")
        page.get_by_text("Feature breadth").first.wait_for()
        browser.close()


def test_the_new_question_and_kpi_are_on_the_pages(extended: Copy) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        extended.command("serve", "--port", str(port)),
        cwd=extended.root,
        env=extended.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _await(f"{address}/_stcore/health", server)
        # A thread of its own: the browser tests of this worker may hold Playwright's loop in the main one.
        with ThreadPoolExecutor(1) as own_thread:
            own_thread.submit(look_at_pages, address).result()
    finally:
        server.terminate()
        server.wait(20)


def _await(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(address, timeout=1).close()
            return
        except OSError:
            try:
                server.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
    raise AssertionError("the dashboards did not answer within a minute")


# File, what stands in it, what is written instead, and what the check says of it.
BROKEN = {
    "a model that reads a model which is not there": (
        "dbt_project/models/marts/product/fct_first_uses.sql",
        "ref('fct_events')",
        "ref('fct_event')",
        "ref('fct_event') names no model",
    ),
    "a model that looks at the clock": (
        "dbt_project/models/marts/product/fct_first_uses.sql",
        "is_value_event and",
        "local_date < current_date and",
        "`current_date` makes yesterday impossible to rebuild",
    ),
    "a KPI without an owner": (
        "dbt_project/models/kpis/kpi_feature_breadth.yml",
        "meta: {owner: product_ops}",
        "meta: {}",
        "the model has no owner",
    ),
    "a KPI that reads past the marts": (
        "dbt_project/models/kpis/kpi_feature_breadth.sql",
        "from {{ ref('fct_first_uses') }} as",
        "from {{ ref('stg_amplitude__events') }} as",
        "kpis must not read staging",
    ),
    "a question with an unknown key": (
        "dashboards/questions/product/first_uses.yml",
        "answer_is:",
        "answer_iz:",
        "answer_iz",
    ),
    "a question that reads a column which no mart has": (
        "dashboards/questions/product/first_uses.sql",
        "    feature,\n",
        "    featur,\n",
        '"featur" not found',
    ),
}


@contextmanager
def broken(extended: Copy, cases: list[tuple[str, str, str, str]]) -> Iterator[str]:
    """What `check` says with these mistakes made; all files are as before in the end."""
    before = {name: (extended.root / name).read_text(encoding="utf-8") for name, *_ in cases}
    try:
        for name, right, wrong, _ in cases:
            path = extended.root / name
            text = path.read_text(encoding="utf-8")
            assert right in text, "the recipe changed; change this case with it"
            path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        found = extended.call("check")
        assert found.returncode == 1, found.stdout + found.stderr
        yield found.stdout
    finally:
        for name, text in before.items():
            (extended.root / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def findings(extended: Copy) -> dict[str, str]:
    """What is said of each case. The rules of models are checked together, and questions only where they are kept."""
    in_models = [case for case in BROKEN if BROKEN[case][0].startswith("dbt_project/")]
    said = {}
    for together in (in_models, *([case] for case in BROKEN if case not in in_models)):
        with broken(extended, [BROKEN[case] for case in together]) as found:
            said |= dict.fromkeys(together, found)
    return said


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_variant_is_caught_with_file_and_line(findings: dict[str, str], case: str) -> None:
    name, _, _, words = BROKEN[case]
    place = rf"{re.escape(Path(name).name)}:\d+: .*{re.escape(words)}"
    assert re.search(place, findings[case]), findings[case]
