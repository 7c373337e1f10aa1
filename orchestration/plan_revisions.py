"""Reads the tracking plan as it was at a place in time: a folder, or a revision of the Git repository it is kept in.

Knows: git's plumbing, asked without a shell and without its hooks or filters. Must not know: what differs between two plans.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

from ingestion.declarations import MAX_BYTES, CompanyError, Problem
from ingestion.tracking_plan.model import Plan
from ingestion.tracking_plan.reading import read_plan
from orchestration.errors import CommandError, usage_error

FOLDER = "tracking_plan"
SECONDS = 60
MAX_FILES = 2_000


def plan_at(place: str, company_dir: Path) -> Plan:
    """The plan of a folder (a company, or the plan itself), or of a revision; a folder goes before a revision."""
    folder = Path(place)
    if folder.is_dir():
        return read_plan(_plan_folder(folder))
    return _at_revision(place, company_dir / FOLDER)


def working_plan(company_dir: Path) -> Plan:
    """The plan as its files are now."""
    return read_plan(company_dir / FOLDER)


def _plan_folder(folder: Path) -> Path:
    return folder / FOLDER if (folder / FOLDER).is_dir() else folder


def _at_revision(revision: str, folder: Path) -> Plan:
    folder = folder.resolve()
    standing = next(path for path in (folder, *folder.parents) if path.is_dir())
    top = Path(_git(standing, "rev-parse", "--show-toplevel").decode().strip())
    if revision.startswith("-"):
        raise _no_revision(revision)
    try:
        commit = _git(standing, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except CommandError as error:
        raise _no_revision(revision) from error
    inside = folder.relative_to(top.resolve()).as_posix()
    listed = _git(top, "ls-tree", "-z", f"{commit.decode().strip()}:{inside}", or_nothing=True)
    with tempfile.TemporaryDirectory(prefix="productops-plan-") as scratch:
        copied = _copy(top, listed, Path(scratch))
        if not copied and not _git(top, "ls-files", "-z", "--", inside):
            raise CommandError(
                "NO_PLAN_AT_REVISION",
                f"{inside} is not kept in this repository",
                f"{revision} can only be compared with what was committed",
                "commit the company folder, or name a folder: productops taxonomy diff OLD_FOLDER",
                see="docs/taxonomy.md",
            )
        try:
            plan = read_plan(Path(scratch))
        except CompanyError as error:
            raise CompanyError(
                Problem(Path(f"{revision}:{inside}/{p.file.name}"), p.line, p.message)
                for p in error.problems
            ) from error
    return _placed(plan, f"{revision}:{inside}")


def _placed(plan: Plan, where: str) -> Plan:
    """The plan with its files named as git names them, not as they were laid out to be read."""
    counted = plan.counted_from
    return replace(
        plan,
        events=tuple(
            replace(event, file=Path(f"{where}/{event.file.name}")) for event in plan.events
        ),
        counted_from=counted and replace(counted, file=Path(f"{where}/{counted.file.name}")),
    )


def _copy(top: Path, listed: bytes, scratch: Path) -> int:
    """Lay the plan's files of a listed tree beside each other; how many there were."""
    copied = 0
    for entry in filter(None, listed.split(b"\0")):
        about, _, name = entry.partition(b"\t")
        _mode, kind, blob = about.decode().split()
        path = Path(name.decode("utf-8", "replace"))
        if kind != "blob" or path.suffix not in (".yml", ".yaml"):
            continue
        copied += 1
        if copied > MAX_FILES:
            raise usage_error(
                f"the plan had more than {MAX_FILES} files", "that is no plan", "name another place"
            )
        # One byte more than may be read, so that the reader says itself what is too large.
        content = _git(top, "cat-file", "blob", blob)[: MAX_BYTES + 1]
        (scratch / path.name).write_bytes(content)
    return copied


def _git(folder: Path, *words: str, or_nothing: bool = False) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise _no_git("git is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise _no_git(f"git gave no answer within {SECONDS} seconds") from error
    if done.returncode and not or_nothing:
        raise _no_git(done.stderr.decode("utf-8", "replace").strip().splitlines()[:1])
    return b"" if done.returncode else done.stdout


def _no_git(said: str | list[str]) -> CommandError:
    return CommandError(
        "NO_REVISIONS",
        said if isinstance(said, str) else (said or ["git failed"])[0],
        "an older plan is read from the Git repository that holds the company folder",
        "name two folders instead: productops taxonomy diff OLD_FOLDER NEW_FOLDER",
        see="docs/taxonomy.md",
    )


def _no_revision(revision: str) -> CommandError:
    return usage_error(
        f"`{revision}` is neither a folder nor a revision",
        "the plan is compared between folders, or revisions of the repository that holds it",
        "productops taxonomy diff HEAD~1, or productops taxonomy diff main",
    )
