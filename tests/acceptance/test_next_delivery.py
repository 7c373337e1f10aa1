"""The second day of a company: the real models take in the files that come after the first run, from every event source."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
from warm import Warm

from orchestration import content
from tests.ingestion.conftest import Make

CLONE = Path(__file__).resolve().parents[2]
SOURCES = ("amplitude", "mixpanel", "posthog", "events")


def event(source: str, number: int) -> dict:
    if source == "events":
        return {"event": "view", "user_id": f"u{number}", "event_id": f"e{number}", "time": "2024-03-05T10:00:00Z"}  # fmt: skip
    return getattr(Make, source)(number)


def test_inv_3_a_file_that_comes_after_the_first_run_adds_its_events(tmp_path: Path) -> None:
    """Both deliveries lie in the landing folder; the second is built and published as what it changes."""
    data = tmp_path / "data"
    home = {"PRODUCTOPS_COMPANY": str(tmp_path / "company"), "PRODUCTOPS_DATA": str(data)}
    productops = Warm("orchestration.definitions", "dbt.cli.main", "dbt.adapters.duckdb")

    def call(*words: str) -> None:
        done = productops.call(*words, environment=home, cwd=CLONE)
        assert done.returncode == 0, done.stdout + done.stderr

    def delivered(name: str, numbers: range) -> dict[str, int]:
        """The events of each source that the version tells after a file of each was taken in."""
        for source in SOURCES:
            file = data / "landing" / source / "default" / f"{name}.ndjson"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("".join(json.dumps(event(source, n)) + "\n" for n in numbers))
        call("run")
        with duckdb.connect(str(served() / "warehouse.duckdb"), read_only=True) as con:
            return dict(
                con.execute("select source, count(*) from marts.fct_events group by all").fetchall()
            )

    def served() -> Path:
        return data / "published" / (data / "published" / "CURRENT").read_text().strip()

    call("init", "--empty")
    assert delivered("first", range(1, 31)) == dict.fromkeys(SOURCES, 30)
    assert delivered("second", range(29, 33)) == dict.fromkeys(SOURCES, 32)
    productops.close()
    with duckdb.connect() as con:
        con.execute(f"attach '{data / 'warehouse.duckdb'}' as built (read_only)")
        con.execute(f"attach '{served() / 'warehouse.duckdb'}' as file (read_only)")
        ((came, changed),) = con.execute(
            "select count(*) filter (where is_new), count(*) from built.increments.fct_events__changes"
        ).fetchall()
        assert came >= 2 * len(SOURCES) and 3 * changed < 30 * len(SOURCES), "an increment"
        built, file = (
            {t.name: t for t in content.describe(con, name)} for name in ("built", "file")
        )
    manifest = json.loads((served() / "manifest.json").read_text())
    assert built == file
    assert {name: t.exact for name, t in file.items()} == {
        t["name"]: t["exact"] for t in manifest["tables"]
    }
