"""The digest: what is new since the version before, told to the right owner, once, in files that never change."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import duckdb
import pytest

from ingestion.tracking_plan.digest import FALLBACK_OWNER, code, file_names
from orchestration import digests
from orchestration.commands import taxonomy
from orchestration.errors import CommandError
from orchestration.settings import Settings

PLAN = """
report_published:
  description: A report was published.
  owner: ann@example.com
  area: reporting
  status: live
  properties:
    kind: {type: string, required: true}
report_viewed:
  description: A report was read.
  area: reporting
  status: deprecated
  replacement: report_published
"""
COLUMNS = "event_name, property, rule, mode, source, project, platform, events, first_seen_at, last_seen_at, example_event_ids"
OLD = (
    "report_published",
    "kind",
    "required_missing",
    "warn",
    "amplitude",
    "web",
    "iOS",
    3,
    "2025-01-02",
    ["e1"],
)
NEW = [
    (*OLD[:6], "Android", 2, "2025-02-02", ["e2"]),
    ("report_viewed", None, "deprecated_event_seen", "warn", "amplitude", "web", "iOS", 9, "2025-02-01", ["e3"]),
    ("Report published", None, "unplanned_event", "quarantine", "amplitude", "web", "iOS", 4, "2025-02-03", ["e4"]),
    ("<b>`x`</b>\n# y", None, "unplanned_event", "warn", "mixpanel", "app", "iOS", 40, "2025-02-03", ["e5"]),
    ("loud", None, "name_convention", "observe", "mixpanel", "app", "iOS", 40, "2025-02-03", ["e5"]),
]  # fmt: skip


class Company:
    """A published history of violations, written straight into its files."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(root / "company", root / "data")
        self.published = root / "data/published"
        (root / "company/tracking_plan").mkdir(parents=True)
        (root / "company/settings.yml").write_text("company: Acme\n")
        (root / "company/areas.yml").write_text(
            "areas: [{id: reporting, name: Reporting, owner: bob@example.com}]\n"
        )
        (root / "company/people.yml").write_text(
            "people: [{person_id: ann@example.com, name: Ann, role: pm}, {person_id: bob@example.com, name: Bob, role: pm}]\n"
        )
        (root / "company/tracking_plan/plan.yml").write_text(PLAN)

    def publish(self, version: str, rows: list[tuple]) -> None:
        folder = self.published / version
        folder.mkdir(parents=True)
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            connection.execute("create schema marts")
            connection.execute(
                f"create table marts.fct_event_violations as select {COLUMNS} from (select null::varchar as event_name,"
                " null::varchar as property, '' as rule, '' as mode, '' as source, '' as project, '' as platform,"
                " 0::bigint as events, null::timestamp as first_seen_at, null::timestamp as last_seen_at,"
                " null::varchar as example_event_ids) limit 0"
            )
            for *row, first, examples in rows:
                connection.execute(
                    "insert into marts.fct_event_violations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [*row, first, first, json.dumps(examples)],
                )
            connection.execute(
                "create table marts.fct_events as select event_name as source_event_name, event_name, source, project,"
                " 'unplanned' as plan_status, date '2025-02-03' as local_date, 'a' as actor_id, '{}' as properties,"
                " event_name as event_id from marts.fct_event_violations"
            )
        (folder / "manifest.json").write_text("{}")
        (self.published / "CURRENT").write_text(version)

    def tell(self, *words: str) -> int:
        parser = argparse.ArgumentParser()
        taxonomy.configure(parser)
        return taxonomy.execute(parser.parse_args(["digest", *words]), self.settings)

    def files(self, version: str) -> dict[str, str]:
        return {
            file.name: file.read_text()
            for file in (self.settings.paths.digests / version).iterdir()
        }


@pytest.fixture
def company(tmp_path: Path) -> Company:
    found = Company(tmp_path)
    found.publish("v000001", [OLD])
    return found


def test_case_086_what_is_new_goes_to_the_owner_of_the_event_or_of_its_area_or_to_product_ops(
    company: Company, capsys
) -> None:
    company.publish("v000002", [OLD, *NEW])
    assert digests.write(company.settings) == {
        "ann@example.com": 1,
        "bob@example.com": 1,
        FALLBACK_OWNER: 1,
    }
    files = company.files("v000002")
    assert set(files) == {
        f"{name}.{ending}"
        for name in ("_all", "ann@example.com", "bob@example.com", "product-ops")
        for ending in ("md", "json")
    }
    assert "`report_published` takes its place" in files["bob@example.com.md"]
    ann = files["ann@example.com.md"]
    assert (
        "add `Report published` to seen_as of `report_published` (plan.yml:2) under amplitude"
        in ann
    )
    assert "4 events, first seen 2025-02-03 00:00. Kept out of all numbers." in ann
    assert "required_missing" not in ann, "it was known, on another platform"
    assert "`e4`" in ann
    (item,) = json.loads(files["bob@example.com.json"])["owners"]["bob@example.com"]
    assert (item["rule"], item["events"], item["examples"]) == ("deprecated_event_seen", 9, ["e3"])
    assert "``<b>`x`</b>\\u000a# y``" in files["product-ops.md"], "hostile names are inert"
    assert "loud" not in files["_all.md"], "observed rules are silent"
    company.tell("--json")
    assert json.loads(capsys.readouterr().out) == json.loads(files["_all.json"])


def test_case_078_a_new_property_is_told_as_new_once(company: Company) -> None:
    added = ("report_published", "channel", "unplanned_property", "warn", "amplitude", "web", "iOS", 7, "2025-02-02", ["e9"])  # fmt: skip
    company.publish("v000002", [OLD, added])
    assert digests.write(company.settings) == {"ann@example.com": 1}
    (item,) = json.loads(company.files("v000002")["ann@example.com.json"])["owners"][
        "ann@example.com"
    ]
    assert (item["property"], item["rule"], item["events"]) == ("channel", "unplanned_property", 7)
    company.publish("v000003", [OLD, added])
    assert digests.write(company.settings) == {}


def test_a_digest_is_written_once_and_says_when_nothing_is_new(company: Company, capsys) -> None:
    digests.write(company.settings)
    assert json.loads(company.files("v000001")["_all.json"])["counts"] == {"ann@example.com": 1}
    company.publish("v000002", [OLD])
    assert digests.write(company.settings) == {}
    before = company.files("v000002")
    assert set(before) == {"_all.md", "_all.json"}
    assert "Nothing new; 1 violations were known before." in before["_all.md"]
    (company.settings.company_dir / "tracking_plan/plan.yml").write_text("")
    digests.write(company.settings)
    assert company.files("v000002") == before
    assert company.tell() == 0
    assert "Nothing new" in capsys.readouterr().out


def test_since_takes_a_version_or_a_day_and_nothing_else(company: Company, capsys) -> None:
    company.publish("v000002", [OLD, NEW[1]])
    company.publish("v000003", [OLD, *NEW])
    for since, expected in (("v000001", 3), ("v000002", 2), ("2025-02-03", 2), ("2025-01-01", 4)):
        company.tell("--since", since, "--json")
        assert sum(json.loads(capsys.readouterr().out)["counts"].values()) == expected
    with pytest.raises(CommandError, match="neither a version that is kept nor a day"):
        company.tell("--since", "v000009")


def test_a_run_writes_the_digest_of_its_version(good) -> None:
    assert (
        (good.root / "data/digests/v000001/_all.md")
        .read_text()
        .endswith("Nothing new; 0 violations were known before.\n")
    )


def test_names_of_files_and_code_spans_hold_whatever_an_owner_or_event_is_called() -> None:
    names = file_names(["a/b", "a-b", "../../etc", "_all", "ann@example.com", "A-B", ""])
    assert len({name.casefold() for name in names.values()}) == 7
    assert not any("/" in name or name.startswith((".", "_")) for name in names.values())
    assert (code("a`b"), code("`"), code("\x1b[0m")) == ("``a`b``", "`` ` ``", "`\\u001b[0m`")
