"""The typed functions compile under the strictest settings, send what they are given, and refuse names that collide."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from ingestion.tracking_plan import read_plan
from ingestion.tracking_plan.wrappers import LANGUAGES, NameCollision, choose

CLONE = Path(__file__).resolve().parents[2]
DEMO = CLONE / "ingestion" / "demo" / "company" / "tracking_plan"
HOSTILE = r"""
class: {}
"Report Published":
  description: "ends */ here and \"\"\" there \\ \u202e turned"
  trigger: "@deprecated is no tag of ours"
  owner: pm-01
  version: 2.1.0
  properties:
    "__proto__": {type: string}
    "a.b": {type: string, allowed: ["x\"y", "z\ny", "\u2028", "*/"]}
    A: {type: integer, allowed: [1, 2], minimum: 1, unit: ms, description: "*/ alert(1) /*"}
    a: {type: number, allowed: [0.5, 1]}
    select: {type: boolean, required: true}
    send: {type: string}
    constructor: {type: list}
    tags: {type: list, allowed: [x, 1, true]}
    class: {type: any, required: true}
    str: {type: timestamp, required: true, nullable: true}
    "ключ": {type: object}
    "💥 ": {type: string}
    tracking_plan_version: {type: string, required: true}
"🎉": {status: deprecated, deprecated_from: 2026-01-01, replacement: class, description: "@deprecated no"}
"__proto__": {status: planned}
dict: {}
send: {}
"شراء": {}
"подписка оформлена": {}
"{{ 7*7 }}": {}
"'; drop table x; --": {}
"1st": {}
gone: {status: removed}
"""
LONG = f"? {'x' * 10_000}\n: {{}}\n"


def plan_of(folder: Path, text: str):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.yml").write_text(text, encoding="utf-8")
    return read_plan(folder)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The functions of the demo plan and of a hostile one, in both languages."""
    folder = tmp_path_factory.mktemp("wrappers")
    hostile = choose(plan_of(folder / "plan", HOSTILE + LONG))
    demo = choose(read_plan(DEMO))
    for name, ending in (("python", "py"), ("typescript", "ts")):
        (folder / f"hostile.{ending}").write_text(LANGUAGES[name](hostile), encoding="utf-8")
        (folder / f"demo.{ending}").write_text(LANGUAGES[name](demo), encoding="utf-8")
    return folder


PYTHON_USE = """
from demo import Send, report_published
from hostile import class_, u1f389

def send(event: str, properties: dict[str, object]) -> None: ...

kept: Send = send
report_published(send, report_type="board", recipients=2)
u1f389(send)
"""
PYTHON_MISUSE = """
from demo import report_published

def send(event: str, properties: dict[str, object]) -> None: ...

report_published(send)
report_published(send, report_type="slide")
report_published(send, report_type="board", recipients="2")
report_published(send, report_type="board", other=1)
"""


def test_the_python_functions_pass_mypy_strict_and_catch_misuse(written: Path) -> None:
    (written / "use.py").write_text(PYTHON_USE)
    (written / "misuse.py").write_text(PYTHON_MISUSE)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", ".cache", "demo.py", "hostile.py", "use.py", "misuse.py"],
        cwd=written, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    found = [line.split(":")[1] for line in lines if ": error:" in line]
    assert found == ["6", "7", "8", "9"], done.stdout + done.stderr
    assert all(line.startswith("misuse.py") for line in lines if ": error:" in line)


TYPESCRIPT_USE = """
import { onboardingStepCompleted, reportPublished, type Send } from "./demo.ts";
import * as hostile from "./hostile.ts";

const send: Send = (event, properties) => console.log(JSON.stringify([event, properties]));
reportPublished(send, { report_type: "board" });
onboardingStepCompleted(send);
hostile.reportPublished(send, { select: true, class: null, str: null, proto: "kept", a_b: "*/", a: 0.5, tags: ["x", 1, true] });
hostile.u1f389(send);
// @ts-expect-error a required property is missing
export const missing = () => reportPublished(send, {});
// @ts-expect-error the plan does not allow it
export const slide = () => reportPublished(send, { report_type: "slide" });
// @ts-expect-error a number is asked for
export const text = () => reportPublished(send, { report_type: "board", recipients: "2" });
// @ts-expect-error the plan does not know it
export const other = () => reportPublished(send, { report_type: "board", other: 1 });
"""


def deno() -> str:
    """The compiler of the lock, beside this Python; missing, it is an error that says what to do."""
    beside = Path(sys.executable).with_name("deno")
    found = str(beside) if beside.is_file() else shutil.which("deno")
    if not found:
        pytest.fail("no TypeScript compiler: run `make setup`, which installs `deno` from requirements/dev.lock")  # fmt: skip
    return found


def test_the_typescript_functions_compile_and_send_what_they_are_given(written: Path) -> None:
    (written / "use.ts").write_text(TYPESCRIPT_USE)
    done = subprocess.run(
        [deno(), "run", "--check", "--no-remote", "--no-config", "use.ts"],
        cwd=written, capture_output=True, text=True, timeout=300,
        env={**os.environ, "DENO_DIR": str(written / ".deno"), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        '["report_published",{"tracking_plan_version":"1.1.0","report_type":"board"}]',
        '["onboarding_step_completed",{"tracking_plan_version":"1.0.0"}]',
        '["Report Published",{"tracking_plan_version":"2.1.0","select":true,"class":null,"str":null,"__proto__":"kept","a.b":"*/","a":0.5,"tags":["x",1,true]}]',
        '["🎉",{"tracking_plan_version":"1.0.0"}]',
    ]


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"wrappers_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_python_functions_send_what_they_are_given(written: Path) -> None:
    sent: list[tuple[str, Mapping[str, object]]] = []

    def send(event: str, properties: dict[str, object]) -> None:
        sent.append((event, properties))

    hostile = imported(written / "hostile.py")
    when = datetime(2026, 1, 1, tzinfo=UTC)
    hostile.report_published(send, select=True, class_=[1], str=when, proto="p", send_="s")
    hostile.report_published(send, select=False, class_=None, str=None)
    assert sent == [
        ("Report Published", {"tracking_plan_version": "2.1.0", "select": True, "class": [1], "str": "2026-01-01T00:00:00+00:00", "__proto__": "p", "send": "s"}),
        ("Report Published", {"tracking_plan_version": "2.1.0", "select": False, "class": None, "str": None}),
    ]  # fmt: skip


def test_a_deprecated_event_warns_and_a_removed_one_has_no_function(written: Path) -> None:
    hostile = imported(written / "hostile.py")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        hostile.u1f389(lambda event, properties: None)
    assert [str(warning.message) for warning in caught] == [
        "🎉 is deprecated from 2026-01-01; send class instead."
    ]
    assert not hasattr(hostile, "gone")
    assert " * @deprecated 🎉 is deprecated" in (written / "hostile.ts").read_text(encoding="utf-8")


def test_case_087_nothing_declared_leaves_its_comment(written: Path) -> None:
    for ending in ("py", "ts"):
        text = (written / f"hostile.{ending}").read_text(encoding="utf-8")
        assert "\u202e" not in text and "\u2028" not in text
    typescript = (written / "hostile.ts").read_text(encoding="utf-8")
    assert "* @deprecated is no tag" not in typescript and "* @deprecated no" not in typescript
    assert "Owner: pm-01. Version: 2.1.0." in typescript


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Report Published: {}\nreport_published: {}\n", "the events `Report Published` and `report_published` would both be"),
        ("checkout_done: {}\ncheckоut_done: {}\n", "would both be"),
        ("a_b: {properties: {'x.y': {type: string}, 'x y': {type: string}}}\n", "properties of `a_b` `x.y` and `x y` would both be `x_y`"),
    ],
)  # fmt: skip
def test_case_088_names_that_become_one_are_refused_with_both(
    tmp_path: Path, language: str, text: str, message: str
) -> None:
    with pytest.raises(NameCollision) as caught:
        LANGUAGES[language](choose(plan_of(tmp_path, text)))
    assert message in str(caught.value)


def test_case_088_keys_that_differ_only_in_case_stay_two(written: Path) -> None:
    typescript = (written / "hostile.ts").read_text(encoding="utf-8")
    assert 'readonly A?: 1 | 2' in typescript and "readonly a?: 0.5 | 1" in typescript  # fmt: skip


def test_a_source_gets_only_what_it_is_asked_for(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        "a_b: {platforms: [web], properties: {x: {type: string, required: true, sources: [amplitude]}}}\nc_d: {}\n",
    )
    asked = {
        source: choose(plan, source).events[0].properties
        for source in (None, "amplitude", "mixpanel")
    }
    assert [prop.required for prop in asked[None]] == [False]
    assert [prop.required for prop in asked["amplitude"]] == [True]
    assert asked["mixpanel"] == ()
    assert [event.name for event in choose(plan, platform="ios").events] == ["c_d"]
