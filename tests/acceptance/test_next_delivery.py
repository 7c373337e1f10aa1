"""The second day of a company: the real models take in the files that come after the first run, from every event source."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from warm import Warm

from tests.ingestion.conftest import Make

CLONE = Path(__file__).resolve().parents[2]
SOURCES = ("amplitude", "mixpanel", "posthog", "events")


def event(source: str, number: int) -> dict:
    if source == "events":
        return {"event": "view", "user_id": f"u{number}", "event_id": f"e{number}", "time": "2024-03-05T10:00:00Z"}  # fmt: skip
    return getattr(Make, source)(number)


def test_inv_3_a_file_that_comes_after_the_first_run_adds_its_events(tmp_path: Path) -> None:
    home = {
        "PRODUCTOPS_COMPANY": str(tmp_path / "company"),
        "PRODUCTOPS_DATA": str(tmp_path / "data"),
    }
    productops = Warm("orchestration.definitions", "dbt.cli.main", "dbt.adapters.duckdb")

    def call(*words: str) -> None:
        done = productops.call(*words, environment=home, cwd=CLONE)
        assert done.returncode == 0, done.stdout + done.stderr

    def delivered(name: str, numbers: range) -> dict[str, int]:
        """The events of each source that the version tells after a file of each was taken in."""
        for source in SOURCES:
            file = tmp_path / f"{source}-{name}.ndjson"
            file.write_text("".join(json.dumps(event(source, n)) + "\n" for n in numbers))
            call("ingest", str(file), "--source", source)
        call("run")
        published = tmp_path / "data" / "published"
        version = published / (published / "CURRENT").read_text().strip()
        with duckdb.connect(str(version / "warehouse.duckdb"), read_only=True) as con:
            return dict(
                con.execute("select source, count(*) from marts.fct_events group by all").fetchall()
            )

    call("init", "--empty")
    assert delivered("first", range(1, 4)) == dict.fromkeys(SOURCES, 3)
    assert delivered("second", range(3, 6)) == dict.fromkeys(SOURCES, 5)
    productops.close()
