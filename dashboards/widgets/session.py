"""What one rerun of a page works with: the data folder, who is looking, and one pinned version.

Knows the command line of the app (`streamlit run dashboards/app.py -- --data DIR [--user ID]`), the published
versions and the question log. Must not know any page or how a number is drawn.
"""

import argparse
import functools
import json
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import question_log
from dashboards.answer import Answer
from dashboards.catalogue import load
from dashboards.catalogue.subjects import subjects
from dashboards.published import Published, current_version, open_version

PINNED = "pinned-version"
LAST_ASK = "last-ask"


@dataclass(frozen=True)
class Workspace:
    """Where the data lies and who is looking."""

    data: Path
    user: str

    @property
    def published(self) -> Path:
        """The folder of published versions."""
        return self.data / "published"

    @property
    def snapshots(self) -> Path:
        """The folder of leadership snapshots."""
        return self.data / "snapshots"

    @property
    def store(self) -> Path:
        """The app's own SQLite file."""
        return self.data / "app.sqlite"


@dataclass(frozen=True)
class Ask:
    """One question with its parameters as they stand in the address, as text."""

    question: str
    params: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(question: str, params: dict[str, Any] | None = None) -> "Ask":
        """The same from a dictionary; lists and objects become JSON."""
        items = sorted((params or {}).items())
        return Ask(question, tuple((name, _text(value)) for name, value in items))


@dataclass(frozen=True)
class _Opened:
    """A version and what keeps it open; the connection closes when the last rerun lets go of it."""

    published: Published
    keeper: AbstractContextManager[Published]


def workspace() -> Workspace:
    """The data folder and the person, from the arguments after `--`."""
    return _workspace(tuple(sys.argv[1:]))


@functools.lru_cache(maxsize=4)
def _workspace(arguments: tuple[str, ...]) -> Workspace:
    parser = argparse.ArgumentParser(prog="app.py", description="The productops dashboard.")
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    parser.add_argument("--user", default=question_log.UNKNOWN_PERSON, help="a people id")
    known, _ = parser.parse_known_args(arguments)
    return Workspace(data=known.data.resolve(), user=known.user)


def pin() -> None:
    """Choose the version of this rerun: the one in the address when it exists, else the current one.

    Raises NoVersion when nothing has been published.
    """
    folder = workspace().published
    current = current_version(folder)
    wanted = st.query_params.get("v")
    if wanted and wanted != current and _is_version(folder, wanted):
        st.session_state[PINNED] = wanted
    else:
        st.session_state[PINNED] = current


def published() -> Published:
    """The pinned version; every number of this rerun is read through it."""
    return _open(str(workspace().published), st.session_state[PINNED]).published


def newer_version() -> str | None:
    """The version published since this view was drawn, if any."""
    current = current_version(workspace().published)
    pinned = st.session_state.get(PINNED)
    return current if pinned and current != pinned and "v" not in st.query_params else None


def answer(ask: Ask) -> Answer:
    """The answer on the pinned version; raises what `ask` raises."""
    pinned = published()
    return _answer(pinned, pinned.version, ask)


def differences(ask: Ask) -> Answer:
    """The answer with what each other tool's rules give; raises what `ask` raises."""
    pinned = published()
    return _differences(pinned, pinned.version, ask)


def log_view(ask: Ask, stage: str, complete: bool | None = None) -> None:
    """Write one row of this view's episode; a rerun of the same view writes nothing.

    A view of the same question with other parameters refines the view before it.
    """
    last = st.session_state.get(LAST_ASK)
    space = workspace()
    if stage == "asked":
        if last and last["ask"] == ask:
            return
        refines = last["id"] if last and last["ask"].question == ask.question else None
        last = {"ask": ask, "id": question_log.new_ask_id(), "stages": {"asked"}}
        st.session_state[LAST_ASK] = last
        question_log.append(
            space.store,
            "asked",
            last["id"],
            ask.question,
            who=space.user,
            refines=refines,
            about=subjects(load().get(ask.question), dict(ask.params)),
        )
    elif last and last["ask"] == ask and stage not in last["stages"]:
        last["stages"].add(stage)
        question_log.append(
            space.store, stage, last["id"], ask.question, who=space.user, complete=complete
        )


def is_confirmed(ask: Ask) -> bool:
    """Whether the person has said that this view answered the question."""
    last = st.session_state.get(LAST_ASK)
    return bool(last and last["ask"] == ask and "confirmed" in last["stages"])


@st.cache_resource(max_entries=2, show_spinner=False)
def _open(folder: str, version: str) -> _Opened:
    keeper = open_version(Path(folder), version)
    return _Opened(published=keeper.__enter__(), keeper=keeper)


@st.cache_data(max_entries=400, show_spinner=False)
def _answer(_published: Published, version: str, ask: Ask) -> Answer:
    from dashboards.ask import ask as compute

    return compute(_published, ask.question, dict(ask.params))


@st.cache_data(max_entries=100, show_spinner=False)
def _differences(_published: Published, version: str, ask: Ask) -> Answer:
    from dashboards.differences import with_differences

    params = dict(ask.params)
    return with_differences(_published, _answer(_published, version, ask), params)


def _is_version(folder: Path, name: str) -> bool:
    # The name comes from the address: only a plain folder name directly under published/ is looked at.
    return (
        name.isascii()
        and Path(name).name == name
        and (folder / name / "warehouse.duckdb").is_file()
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
