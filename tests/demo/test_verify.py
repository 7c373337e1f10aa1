"""The whole way: exports, pipeline, published version, and the truths that were planted, found through `ask` alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from built_demo import SURVEY_PAGE, Demo, call, corrupt

from dashboards.published import open_version
from ingestion.demo.voice import PII


def verified(done: subprocess.CompletedProcess[str]) -> tuple[int, dict[str, dict]]:
    """What `verify --json` told: its exit code, and the truths by their ids."""
    assert done.stdout, done.stderr
    return done.returncode, {truth["id"]: truth for truth in json.loads(done.stdout)["truths"]}


def columns_with_personal_data(published: Path) -> list[str]:
    """Every text column of the published version is searched for the markers planted in free text."""
    found = []
    with open_version(published) as version:
        columns = version.query(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_catalog = 'warehouse' and data_type = 'VARCHAR'"
        )
        for schema, table, column in columns.iter_rows():
            hits = version.query(
                f"select count(*) as n from warehouse.{schema}.{table}"
                f' where list_bool_or([contains("{column}", marker) for marker in ?])',
                [list(PII)],
            )
            if hits["n"][0]:
                found.append(f"{schema}.{table}.{column}")
    assert columns.height > 50
    return found


def missed(truths: dict[str, dict]) -> set[str]:
    return {name for name, truth in truths.items() if truth["found"] is False}


def test_one_corrupted_export_makes_its_truth_missed_and_no_other(built_demo: Demo) -> None:
    code, truths = verified(built_demo.call("verify", "--json"))
    assert missed(truths) == {"nps"}
    assert code == 1
    assert truths["nps"]["got"]["detractors"] > truths["nps"]["expected"]["detractors"]
    assert sum(truth["found"] is True for truth in truths.values()) >= 18
    assert all(truth["got"] is not None for truth in truths.values() if truth["found"])
    assert columns_with_personal_data(built_demo.published) == []
    done = built_demo.call("taxonomy", "infer", "--json")
    drafted = json.loads(done.stdout)
    assert [(one["old"], one["new"], one["confirmed"]) for one in drafted["renames"]] == [
        ("Publish Report", "report_published", True)
    ]
    assert [one["event"] for one in drafted["events"]] == ["banner_dismissed"]
    assert drafted["aliases"] == []
    assert (built_demo.home / "data/digests/v000001/pm-02.md").is_file()


@pytest.mark.soak
def test_every_covered_truth_is_found_until_an_export_is_corrupted(tmp_path: Path) -> None:
    done = call(tmp_path, "demo", "--events", "20000", "--seed", "11")
    assert done.returncode in (0, 4), done.stderr[-2000:]
    code, truths = verified(call(tmp_path, "verify", "--json"))
    assert (code, missed(truths)) == (0, set())
    corrupt(tmp_path / "data" / SURVEY_PAGE)
    done = call(tmp_path, "run")
    assert done.returncode in (0, 4), done.stderr[-2000:]
    code, truths = verified(call(tmp_path, "verify", "--json"))
    assert (code, missed(truths)) == (1, {"nps"})


def test_verify_says_what_to_do_where_nothing_was_planted(tmp_path: Path) -> None:
    assert call(tmp_path, "init").returncode == 0
    done = call(tmp_path, "verify")
    assert done.returncode == 1
    assert "productops demo" in done.stderr
    assert "Traceback" not in done.stderr
