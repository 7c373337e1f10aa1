"""The demo's exports are the same bytes for the same seed, scale by size, and hold what they claim to hold."""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import zipfile
import zlib
from pathlib import Path

import pytest

from ingestion import company
from ingestion.demo import generate, is_demo
from ingestion.demo.voice import PII


def make(root: Path, events: int = 4_000, seed: int = 3) -> Path:
    generate(root / "company", root / "landing", events, seed)
    return root


def fingerprint(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def key(root: Path) -> dict[str, dict]:
    truths = json.loads((root / "company" / "demo_truths.json").read_text())["truths"]
    return {truth["id"]: truth for truth in truths}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("demo"))


def web_lines(root: Path) -> list[str]:
    lines = []
    for path in sorted((root / "landing" / "amplitude" / "web").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                lines += gzip.decompress(archive.read(name)).decode().splitlines()
    return lines


def test_the_same_seed_gives_the_same_bytes(small: Path, tmp_path: Path) -> None:
    assert fingerprint(make(tmp_path)) == fingerprint(small)


def test_another_seed_gives_another_company(small: Path, tmp_path: Path) -> None:
    assert fingerprint(make(tmp_path, seed=4)) != fingerprint(small)


def test_the_size_is_a_parameter(small: Path, tmp_path: Path) -> None:
    made = make(tmp_path, events=40_000)
    many = json.loads((made / "company" / "demo_truths.json").read_text())["events"]
    assert 32_000 < many < 48_000


def test_every_export_lands_under_its_source_and_project(small: Path) -> None:
    folders = {str(path.relative_to(small / "landing")) for path in (small / "landing").glob("*/*")}
    assert folders == {
        "amplitude/web",
        "mixpanel/mobile",
        "zendesk/default",
        "delighted/default",
        "okta/default",
        "people/default",
        "experiments/default",
        "exposures/default",
        "outcomes/default",
        "question_log/default",
        "jira/delivery",
        "github/app",
        "roadmap/default",
        "toggl/default",
        "google_calendar/default",
    }


def test_the_web_export_has_the_vendors_shape_and_whole_field_list(small: Path) -> None:
    path = next((small / "landing" / "amplitude" / "web").glob("*.zip"))
    with zipfile.ZipFile(path) as archive:
        assert all(
            name.startswith("100123/100123_2025-") and name.endswith("#0.json.gz")
            for name in archive.namelist()
        )
    good = [json.loads(line) for line in web_lines(small) if line.startswith('{"$insert_id"')]
    assert {len(row) for row in good} == {55}
    late = [r for r in good if r["event_time"][:10] < r["server_upload_time"][:10]]
    assert late
    assert all(type(r["event_properties"]) is dict for r in good)


def test_the_key_counts_what_the_web_files_hold(small: Path) -> None:
    lines = web_lines(small)
    rows = [json.loads(line) for line in lines if line.startswith('{"$insert_id"')]
    (check,) = key(small)["duplicated_web"]["checks"]
    unique = {(row["device_id"], row["$insert_id"]) for row in rows}
    assert check["fields"] == {"records_seen": len(lines), "duplicate": len(rows) - len(unique)}
    assert (
        len(lines) - len(rows)
        == key(small)["malformed_lines"]["checks"][0]["fields"]["quarantined"]
    )


def is_event(line: str) -> bool:
    try:
        return "$insert_id" in json.loads(line)["properties"]
    except (ValueError, TypeError):
        return False


def test_the_key_counts_what_the_mobile_files_hold(small: Path) -> None:
    lines = [
        line
        for path in (small / "landing" / "mixpanel" / "mobile").glob("*.ndjson")
        for line in path.read_text().splitlines()
    ]
    whole = [line for line in lines if is_event(line)]
    (check,) = key(small)["duplicated_mobile"]["checks"]
    assert check["fields"]["duplicate"] == len(whole) - len(set(whole))
    assert key(small)["corrupt_file"]["checks"][0]["fields"]["loaded"] == len(set(whole))
    assert (
        len(lines) - len(whole)
        == key(small)["malformed_lines"]["checks"][1]["fields"]["quarantined"]
    )


def test_the_corrupt_file_is_a_gzip_that_ends_too_early(small: Path) -> None:
    (path,) = (small / "landing" / "mixpanel" / "mobile").glob("*.gz")
    with pytest.raises(EOFError):
        gzip.decompress(path.read_bytes())
    assert b"Viewed" in zlib.decompressobj(31).decompress(path.read_bytes())


def test_personal_data_is_planted_in_tickets_and_answers(small: Path) -> None:
    landing = small / "landing"
    tickets = "".join(path.read_text() for path in (landing / "zendesk").rglob("*.json"))
    assert all(marker in tickets for marker in PII)
    assert PII[0] in "".join(path.read_text() for path in (landing / "delighted").rglob("*.json"))


def test_enough_truths_are_planted_and_each_says_what_it_is(small: Path) -> None:
    truths = key(small)
    assert sum(truth["is_covered"] for truth in truths.values()) >= 18
    assert all(len(truth["what"].split()) >= 5 for truth in truths.values())
    assert all(truth["checks"] for truth in truths.values() if truth["is_covered"])


def test_planted_days_are_worth_planting(small: Path) -> None:
    """Without the late people the day has fewer; the truth would be found by a wrong rule otherwise."""
    late = key(small)["late_delivery"]
    assert late["planted"]["late_people"] >= 4


def test_the_demo_company_is_valid(tmp_path: Path) -> None:
    company.init(tmp_path, "demo")
    read = company.load(tmp_path)
    assert len(read.plan.events) >= 25
    assert {event.status for event in read.plan.events} == {"live", "planned", "deprecated"}


def test_an_interrupted_demo_is_known_as_one_and_another_company_is_not(tmp_path: Path) -> None:
    company.init(tmp_path / "demo", "demo")
    company.init(tmp_path / "own")
    assert is_demo(tmp_path / "demo")
    assert not is_demo(tmp_path / "own")


def test_the_command_writes_the_exports_once_and_runs_on_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.commands import demo, run
    from orchestration.settings import load_settings

    monkeypatch.setattr(run, "execute", lambda arguments, settings: 4)
    places = {"PRODUCTOPS_COMPANY": tmp_path / "company", "PRODUCTOPS_DATA": tmp_path / "data"}
    settings = load_settings({name: str(path) for name, path in places.items()})
    assert demo.execute(argparse.Namespace(events=2_000, seed=3), settings) == 4
    first = fingerprint(tmp_path)
    assert is_demo(tmp_path / "company") and any(settings.paths.landing.iterdir())
    assert demo.execute(argparse.Namespace(events=3_000, seed=4), settings) == 4
    assert fingerprint(tmp_path) == first
