"""A workspace with a small dbt project, run through the real command line, Dagster, dbt and DuckDB."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from ingestion.company import init
from orchestration import versions
from orchestration.pipeline import Outcome, run_pipeline
from orchestration.settings import Settings, load_settings

PROJECT = Path(__file__).parent / "project"


@dataclass(frozen=True)
class Workspace:
    """A company, a data folder and a copy of the small project, to break at will."""

    root: Path

    @property
    def settings(self) -> Settings:
        return load_settings(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PRODUCTOPS_COMPANY": str(self.root / "company"),
            "PRODUCTOPS_DATA": str(self.root / "data"),
            "PRODUCTOPS_DBT_PROJECT": str(self.root / "project"),
        }

    @property
    def published(self) -> Path:
        return self.root / "data" / "published"

    def land(self, name: str, lines: Sequence[object]) -> Path:
        """Drop an NDJSON file of the generic source; text is written as it is."""
        file = self.root / "data" / "landing" / "events" / "default" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines))
        return file

    def run(self, *, ingest: bool = True) -> Outcome:
        return run_pipeline(self.settings, ingest=ingest)

    def current(self) -> str | None:
        return versions.current_id(self.published)

    def content_hash(self) -> str:
        return next(v for v in versions.history(self.published) if v.current).content_hash

    def query(self, text: str) -> list[tuple[object, ...]]:
        """Ask the private build file."""
        with duckdb.connect(
            str(self.root / "data" / "warehouse.duckdb"), read_only=True
        ) as connection:
            return connection.execute(text).fetchall()


def some_events(count: int, start: int = 0) -> list[dict[str, object]]:
    """Events of five people, one an hour from 1 March 2024."""
    return [
        {
            "event": "view" if n % 2 else "signup",
            "user_id": f"u{n % 5}",
            "event_id": f"e{n}",
            "time": f"2024-03-{1 + n // 24:02d}T{n % 24:02d}:00:00Z",
        }
        for n in range(start, start + count)
    ]


@pytest.fixture(scope="session")
def events() -> Callable[..., list[dict[str, object]]]:
    return some_events


def new_workspace(root: Path) -> Workspace:
    init(root / "company", "empty")
    shutil.copytree(PROJECT, root / "project")
    return Workspace(root)


@pytest.fixture
def fresh(tmp_path: Path) -> Workspace:
    """Nothing ingested yet."""
    return new_workspace(tmp_path / "fresh")


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path]:
    """One good version published, and an untouched copy of the whole workspace."""
    folder = tmp_path_factory.mktemp("good")
    workspace = new_workspace(folder / "workspace")
    workspace.land("first.ndjson", some_events(60))
    outcome = workspace.run()
    assert outcome.status == "published", outcome
    shutil.copytree(workspace.root, folder / "kept")
    return workspace, folder / "kept"


@pytest.fixture
def good(kept: tuple[Workspace, Path]) -> Workspace:
    """The good workspace as it was, with v000001 current. Always at one path: then dbt need not parse again."""
    workspace, copy = kept
    shutil.rmtree(workspace.root)
    shutil.copytree(copy, workspace.root)
    return workspace
