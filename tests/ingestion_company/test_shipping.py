"""`delivery.yml` and the plans of `releases.yml` become raw tables, or are refused with file, line and fix."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion import company
from ingestion.company import CompanyError
from ingestion.landing import DataPaths

DELIVERY = """\
features: [{source: jira, project_key: APP, issue_type: Feature, owner: assignee, release: fix_version}]
releases: [{source: github, tag: fix_version}, {source: github}]
checklists: [{source: jira, label: launch-checklist}]
functions:
  - source: jira
    project_key: APP
    statuses: {product: [Spec, Ready], design: Mock-up, engineering: [Doing], go_to_market: [Launch]}
"""
RELEASES = "releases: [{id: v1, date: 2025-03-04, planned: 2025-03-01, checklist_complete: true}]\n"


def declared(folder: Path, delivery: str) -> Path:
    company.init(folder)
    (folder / "delivery.yml").write_text(delivery)
    (folder / "releases.yml").write_text(RELEASES)
    return folder


def test_what_counts_as_shipping_reaches_its_tables(tmp_path: Path) -> None:
    paths = DataPaths(tmp_path / "data")
    company.compile(declared(tmp_path / "company", DELIVERY), paths)

    def rows(table: str) -> list[tuple[object, ...]]:
        path = paths.raw / "company" / table / "load=0" / "part-0.parquet"
        with duckdb.connect() as con:
            return con.execute(f"select * exclude (load) from '{path}'").fetchall()

    assert rows("delivery_features") == [("jira", "APP", "Feature", None, "assignee", "fix_version")]  # fmt: skip
    assert rows("delivery_releases") == [("github",)]
    assert rows("delivery_checklists") == [("jira", None, None, "launch-checklist")]
    assert [row[2:] for row in rows("delivery_functions")] == [
        ("Spec", "product"),
        ("Ready", "product"),
        ("Mock-up", "design"),
        ("Doing", "engineering"),
        ("Launch", "go_to_market"),
    ]
    assert [tuple(map(str, row[3:])) for row in rows("releases")] == [("2025-03-01", "True")]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("features: [{source: jira}]\n", "delivery.yml:1: names no project_key"),
        ("checklists:\n  - {source: jira}\n", "delivery.yml:2: names no project_key"),
        ("features: [{source: trello, label: x}]\n", "delivery.yml:1: "),
        ("features: [{source: jira, label: x, owner: boss}]\n", "delivery.yml:1: "),
        ("functions:\n  - {source: jira, statuses: {sales: [Sold]}}\n", "delivery.yml:2: "),
        ("functions:\n  - source: jira\n    statuses:\n      product: [Spec]\n      design: [' spec']\n", "delivery.yml:5: the status ` spec` is of product and of design"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, written: str, message: str) -> None:  # fmt: skip
    with pytest.raises(CompanyError) as caught:
        company.load(declared(tmp_path, written))
    assert [str(p).removeprefix(f"{tmp_path}/")[: len(message)] for p in caught.value.problems] == [message]  # fmt: skip
