"""The company's raw tables are always all there, with the columns that their contract declares."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion import company
from ingestion.contract import all_contracts
from ingestion.landing import DataPaths


def rows(paths: DataPaths, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    path = paths.raw / "company" / table / "load=0" / "part-0.parquet"
    with duckdb.connect() as con:
        return con.execute(
            f"select {columns} from read_parquet('{path}', hive_partitioning = false)"
        ).fetchall()


def test_an_empty_company_writes_every_table_with_its_types(tmp_path: Path) -> None:
    company.init(tmp_path / "company")
    paths = DataPaths(tmp_path / "data")
    company.compile(tmp_path / "company", paths)
    assert {folder.name for folder in (paths.raw / "company").iterdir()} == set(company.SCHEMAS)
    assert len(rows(paths, "settings")) == 1
    assert rows(paths, "plan_events") == []


def test_the_tables_are_those_of_the_contract() -> None:
    declared = {
        table.name: {c.name: "text" if c.type == "json" else c.type for c in table.columns}
        for table in all_contracts()["company"].tables
    }
    assert declared == company.SCHEMAS


def test_identity_settings_reach_their_tables(tmp_path: Path) -> None:
    company.init(tmp_path / "company")
    (tmp_path / "company" / "settings.yml").write_text(
        "company: T\n"
        "identity: {scope: project, account_groups: [team], shared_device_users: 9}\n"
        "exclude: {user_agents: [Googlebot], bot_properties: [$virt_is_bot]}\n"
        "sources:\n"
        "  mixpanel: {identity: {anonymous: before_only}}\n"
        "  amplitude: {owner: x}\n"
    )
    paths = DataPaths(tmp_path / "data")
    company.compile(tmp_path / "company", paths)
    assert rows(paths, "settings", "identity_scope, account_groups, shared_device_users") == [
        ("project", '["team"]', 9)
    ]
    assert rows(paths, "identity_sources") == [("mixpanel", "before_only")]
    assert rows(paths, "exclusions") == [
        ("user_agent", "Googlebot"),
        ("bot_property", "$virt_is_bot"),
    ]


def test_the_demo_company_compiles(tmp_path: Path) -> None:
    company.init(tmp_path / "company", "demo")
    paths = DataPaths(tmp_path / "data")
    company.compile(tmp_path / "company", paths)
    aliases = rows(paths, "plan_aliases", "event_name, source, seen_as")
    assert ("report_published", "*", "report_published") in aliases
    assert ("report_published", "amplitude", "Publish Report") in aliases
    assert ("user_id", "staff-001") in rows(paths, "exclusions")
    assert rows(paths, "routing", "rule, owner")[-1] == ("fallback", "ops-01")
    assert rows(paths, "settings", "timezone, week_start, unplanned_counts_as_active") == [
        ("Europe/Berlin", 1, False)
    ]


def test_names_that_a_project_gives_to_columns_are_a_table(tmp_path: Path) -> None:
    folder = tmp_path / "company"
    company.init(folder)
    columns = "columns: {experiment: AB test, variant: Arm}"
    (folder / "settings.yml").write_text(
        f"company: A\nsources:\n  mixpanel: {{projects: {{app: {{{columns}}}}}}}\n"
    )
    paths = DataPaths(tmp_path / "data")
    company.compile(folder, paths)
    assert rows(paths, "source_columns") == [
        ("mixpanel", "app", "experiment", "AB test"),
        ("mixpanel", "app", "variant", "Arm"),
    ]


def test_a_broken_company_leaves_the_last_tables_alone(tmp_path: Path) -> None:
    company.init(tmp_path / "company")
    paths = DataPaths(tmp_path / "data")
    company.compile(tmp_path / "company", paths)
    (tmp_path / "company" / "settings.yml").write_text("company: Other\nnope: 1\n")
    with pytest.raises(company.CompanyError):
        company.compile(tmp_path / "company", paths)
    assert rows(paths, "settings", "company") == [("My company",)]


def test_compiling_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    company.init(tmp_path / "company", "demo")
    paths = DataPaths(tmp_path / "data")
    company.compile(tmp_path / "company", paths)
    first = {path: path.read_bytes() for path in paths.raw.rglob("*.parquet")}
    company.compile(tmp_path / "company", paths)
    assert {path: path.read_bytes() for path in paths.raw.rglob("*.parquet")} == first
