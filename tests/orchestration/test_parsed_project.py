"""The parsed dbt project is kept by its content, and serves any data folder."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration import parsed_project
from orchestration.dbt_invocation import parse
from orchestration.settings import Settings, load_settings

PROJECT = Path(__file__).parent / "project"


def settings_for(root: Path, data: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(Settings, "parsed_dir", root / "parsed")
    if not (root / "project").exists():
        shutil.copytree(PROJECT, root / "project")
    found = load_settings({"PRODUCTOPS_DATA": str(root / data)})
    return replace(found, dbt_project_dir=root / "project")


def test_a_second_data_folder_reads_its_own_raw_zone_without_a_parse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = parse(settings_for(tmp_path, "one", monkeypatch))
    second = settings_for(tmp_path, "an other's", monkeypatch)
    monkeypatch.setattr("orchestration.dbt_invocation._parse_anew", None)  # it would be called
    found = parse(second)

    assert found.manifest["nodes"].keys() == first.manifest["nodes"].keys()
    for source in found.parsed.sources.values():
        assert f"{second.paths.raw}/".replace("'", "''") in source.relation_name
        assert f"{second.paths.raw}/".replace("'", "''") in source.config["external_location"]
    for kind in ("nodes", "sources", "macros"):
        assert str(parsed_project.ANYWHERE) not in repr(found.manifest[kind])
    for source in first.parsed.sources.values():
        assert str(parsed_project.ANYWHERE) not in source.relation_name


def test_every_changed_byte_of_the_project_is_another_key(tmp_path: Path) -> None:
    shutil.copytree(PROJECT, tmp_path / "project")
    before = parsed_project.key(tmp_path / "project", "1")
    (tmp_path / "project" / "target").mkdir()
    (tmp_path / "project" / "target" / "manifest.json").write_text("{}")
    assert parsed_project.key(tmp_path / "project", "1") == before
    assert parsed_project.key(tmp_path / "project", "2") != before
    model = tmp_path / "project/models/marts/fct_events.sql"
    model.write_text(model.read_text() + "\n")
    assert parsed_project.key(tmp_path / "project", "1") != before


def test_a_damaged_file_is_parsed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path, "data", monkeypatch)
    parse(settings)
    (kept,) = settings.parsed_dir.glob("*.pickle")
    whole = kept.read_bytes()
    kept.write_bytes(whole[: len(whole) // 2])
    assert parse(settings).manifest["nodes"]
    assert parsed_project.read(settings.parsed_dir, kept.stem, settings.paths.raw) is not None
