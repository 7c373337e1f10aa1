"""Rules of the house that no linter knows."""

import ast
import subprocess
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
ROOMS = ("ingestion", "quality", "dashboards", "orchestration")
SHAPELESS_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base"}


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((CLONE / room).rglob("*.py"))]


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=CLONE, capture_output=True, text=True, check=True
    )
    return [CLONE / line for line in listed.stdout.splitlines() if (CLONE / line).is_file()]


def reads_environment(tree: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
        for node in ast.walk(tree)
    )


def test_only_settings_reads_the_environment() -> None:
    readers = {
        path.relative_to(CLONE).as_posix()
        for path in modules()
        if reads_environment(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert readers <= {"orchestration/settings.py"}, readers


def test_the_environment_rule_sees_a_reader() -> None:
    assert reads_environment(ast.parse("import os\nhome = os.environ['HOME']"))


def test_no_module_is_named_after_nothing() -> None:
    assert not [path for path in modules() if path.stem in SHAPELESS_NAMES]


def test_every_module_says_what_it_knows() -> None:
    silent = [
        path.relative_to(CLONE).as_posix()
        for path in modules()
        if path.read_text(encoding="utf-8").strip()
        and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not silent, silent


def test_nothing_committed_names_a_path_of_one_machine() -> None:
    own = Path(__file__).resolve()
    marks = [b"/" + b"work/", b"files.pythonhosted" + b".org", b"--index" + b"-url http"]
    guilty = [
        f"{path.relative_to(CLONE)}: {mark.decode()}"
        for path in tracked_files()
        if path != own and path.suffix not in {".png", ".woff2"}
        for mark in marks
        if mark in path.read_bytes()
    ]
    assert not guilty, guilty


def test_locks_are_pinned_by_hash_and_name_no_index() -> None:
    for lock in sorted((CLONE / "requirements").glob("*.lock")):
        lines = lock.read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pins and all("==" in pin for pin in pins), lock.name
        assert not [line for line in lines if "://" in line], lock.name
        assert sum("--hash=sha256:" in line for line in lines) >= len(pins), lock.name


def test_every_gate_has_a_heading_in_the_runbook() -> None:
    runbook = (CLONE / "docs" / "runbook.md").read_text(encoding="utf-8").splitlines()
    gates = [p.stem for p in (CLONE / "quality" / "gates").glob("*.py") if p.stem != "__init__"]
    assert gates
    assert not [gate for gate in gates if f"### {gate}" not in runbook]
