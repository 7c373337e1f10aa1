"""A plan drafted from a published version: the same as the one that the export was made by, renames and patterns named."""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from ingestion.company import inspect
from ingestion.tracking_plan import Plan, read_plan
from ingestion.tracking_plan.infer import KEY_LENGTH
from orchestration.commands import taxonomy
from orchestration.errors import CommandError
from orchestration.plan_draft import Claims
from orchestration.settings import Settings

FIRST = date(2025, 1, 1)
PLAN = """
order_paid:
  properties:
    amount: {type: number, required: true}
    items: {type: integer, required: true}
    currency: {type: string, required: true, allowed: [eur, usd, gbp]}
    coupon: {type: string}
    is_gift: {type: boolean, required: true}
    due_at: {type: timestamp, required: true}
    lines: {type: list, required: true}
    address_form: {type: object, required: true}
    odd: {type: any, required: true}
    count_of_late: {type: integer, required: true, cast: true}
cart_emptied:
report_opened:
  properties:
    report_type: {type: string, allowed: [board, doc]}
    seconds: {type: integer}
"""


class Version:
    """Events of a published version, written straight into its file."""

    def __init__(self, root: Path) -> None:
        self.root, self.rows = root, []
        self.settings = Settings(root / "company", root / "data")
        (root / "company").mkdir()
        (root / "company/settings.yml").write_text("company: Acme\n")

    def add(self, name: str, day: int, actor: str, source: str = "amplitude", **properties) -> None:
        self.rows.append((source, name, FIRST + timedelta(days=day), actor, json.dumps(properties)))

    def publish(self) -> Version:
        folder = self.root / "data/published/v000001"
        folder.mkdir(parents=True)
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            connection.execute("create schema marts")
            listed = list(zip(*self.rows, strict=True))
            connection.execute(
                "create table marts.fct_events as select 'e' || row_number() over () as event_id, *, name as event_name,"
                " case when starts_with(name, '$') then 'system' else 'unplanned' end as plan_status, 'web' as project from"
                " (select unnest(?) as source, unnest(?) as name, unnest(?::date[]) as local_date, unnest(?) as actor_id,"
                " unnest(?) as properties)",
                [list(column) for column in listed],
            )
            connection.execute("alter table marts.fct_events rename name to source_event_name")
        (self.root / "data/published/CURRENT").write_text("v000001")
        return self

    def infer(self, *words: str) -> None:
        parser = argparse.ArgumentParser()
        taxonomy.configure(parser)
        assert taxonomy.execute(parser.parse_args(["infer", *words]), self.settings) == 0

    @property
    def plan_folder(self) -> Path:
        return self.root / "company/tracking_plan"

    def drafted(self) -> Plan:
        """The draft, moved into the plan, without anything that `check` calls an error."""
        self.infer("--out", str(self.plan_folder))
        assert not [
            one for one in inspect(self.settings.company_dir, FIRST) if one.severity == "error"
        ]
        return read_plan(self.plan_folder)

    def claimed(self) -> float:
        """The share of names that the plan claims."""
        claims = Claims(read_plan(self.plan_folder))
        names = {(source, name) for source, name, *_ in self.rows if not name.startswith("$")}
        return sum(claims.event(*name) is not None for name in names) / len(names)


@pytest.fixture
def version(tmp_path: Path) -> Version:
    return Version(tmp_path)


def paid(n: int) -> dict[str, object]:
    """Properties as the plan above has them."""
    return {
        "amount": n * 1.25 + 0.1, "items": n % 7, "currency": ["eur", "usd", "gbp"][n % 3], "is_gift": n % 2 == 0,
        "due_at": f"2025-03-{1 + n % 28:02d}T10:00:00Z", "lines": [n], "address_form": {"line": n},
        "odd": [n, "x", True][n % 3], "count_of_late": n if n % 4 else str(n), "$lib": "web",
    } | ({"coupon": f"c{n * 7919 % 1000}"} if n % 5 else {})  # fmt: skip


def test_a_plan_comes_back_from_an_export_that_was_made_by_it(
    version: Version, tmp_path: Path
) -> None:
    for n in range(300):
        version.add("order_paid", n % 60, f"u{n % 40}", **paid(n))
        version.add("cart_emptied", n % 60, f"u{n % 40}", source="posthog")
        opened = {"report_type": ["board", "doc"][n % 2], "seconds": n} if n % 3 else {}
        version.add("report_opened", n % 60, f"u{n % 40}", **opened)
        version.add("$identify", n % 60, f"u{n % 40}", email="x@example.com")
    version.publish()
    (tmp_path / "known").mkdir()
    (tmp_path / "known/plan.yml").write_text(PLAN)

    def told(plan: Plan) -> dict[str, dict[str, tuple[object, ...]]]:
        return {
            event.name: {
                p.name: (p.type, p.required, set(p.allowed), p.cast) for p in event.properties
            }
            for event in plan.events
        }

    drafted = version.drafted()
    assert told(drafted) == told(read_plan(tmp_path / "known"))
    assert {event.status for event in drafted.events} == {"planned"}
    assert version.claimed() == 1.0
    text = (version.plan_folder / "inferred.yml").read_text()
    assert "# of several types: " in text and "owner: TODO" in text
    with pytest.raises(CommandError, match="exists already"):
        version.infer("--out", str(version.plan_folder))


def test_case_085_a_renamed_event_is_proposed_with_its_evidence_and_confirmed_by_the_plan(
    version: Version, capsys
) -> None:
    for day in range(90):
        is_old = day < 45
        for n in range(6):
            actor = f"u{(day * 5 + n) % 30}"
            version.add("Make Report" if is_old else "report_built", day, actor, kind="a", size=n)
            version.add("page_viewed", day, actor, path="/")
            # once in a life: nobody signs up before and after
            version.add("joined" if is_old else "account_joined", day, f"new{day}/{n}", plan="free")
            # what starts or stops the same day and is another thing
            if is_old:
                version.add("old_chart_drawn", day, f"w{n}", chart=n, engine="x")
            else:
                version.add("summary_written", day, actor, rating=5, words=n, model="m")
                version.add("summary_written", day, actor, rating=5, words=n, model="m")
    version.publish().infer("--json")
    found = {one["old"]: one for one in json.loads(capsys.readouterr().out)["renames"]}
    assert {old: one["new"] for old, one in found.items()} == {
        "Make Report": "report_built",
        "joined": "account_joined",
    }
    proposal = found["Make Report"]
    assert (proposal["last_day"], proposal["first_day"]) == ("2025-02-14", "2025-02-15")
    assert (proposal["daily_before"], proposal["daily_after"]) == (6, 6)
    assert (proposal["key_overlap"], proposal["confirmed"]) == (1, False)
    version.plan_folder.mkdir()
    entry = "report_built:\n  status: live\n"
    (version.plan_folder / "reports.yml").write_text(entry)
    version.infer()
    assert (
        "# - report_built (reports.yml:1), seen_as amplitude: `Make Report` (270 events)"
        in capsys.readouterr().out
    )
    (version.plan_folder / "reports.yml").write_text(
        f"{entry}  seen_as: {{amplitude: [Make Report]}}\n"
    )
    version.infer("--json")
    confirmed = json.loads(capsys.readouterr().out)
    assert [one["confirmed"] for one in confirmed["renames"] if one["new"] == "report_built"] == [
        True
    ]
    assert not confirmed["aliases"]


def test_case_083_near_duplicates_are_one_proposal_with_every_spelling(
    version: Version, capsys
) -> None:
    for n in range(30):
        for name in ("Sign Up", "sign_up", "signup ", "Report Viewed", "reports_viewed"):
            version.add(name, n, f"u{n}")
    version.publish().infer("--json")
    events = {one["event"]: one for one in json.loads(capsys.readouterr().out)["events"]}
    assert {one["name"] for one in events["signed_up"]["spellings"]} == {
        "Sign Up",
        "sign_up",
        "signup ",
    }
    assert {"report_viewed", "reports_viewed"} <= events.keys(), "a list is not one report"
    version.drafted()
    assert version.claimed() == 1.0
    text = (version.plan_folder / "inferred.yml").read_text()
    assert "3 spellings that look like one event" in text
    assert "`signup `: it has blanks around it" in text


def test_case_082_names_and_case_081_keys_with_ids_are_named_by_their_pattern(
    version: Version, capsys
) -> None:
    for n in range(3000):
        version.add(f"view_item_{n}", n % 50, "u", **{f"item_{n}": n, "price": n})
        version.add(f"open page {chr(97 + n % 26)}{chr(97 + n // 26 % 26)}x", n % 50, "u")
        version.add("cart_emptied", n % 50, "u", **{chr(97 + n % 26) + chr(97 + n // 26 % 26): 1})
    version.publish().infer("--json")
    events = {one["event"]: one for one in json.loads(capsys.readouterr().out)["events"]}
    item = next(one for one in events.values() if one["pattern"] == "view_item_{id}")
    assert (item["names"], item["events"], list(item["properties"])) == (3000, 3000, ["price"])
    assert any("3000 keys like `item_{id}`" in note for note in item["notes"])
    assert any(
        one["pattern"] == "open page {value}" and one["names"] == 676 for one in events.values()
    )
    assert len(events["cart_emptied"]["properties"]) == 100
    assert any("576 more keys" in note for note in events["cart_emptied"]["notes"])


HOSTILE = [
    'x"]}\n evil: {owner: root}', "# not a comment", "- [a", "{{ 7*7 }}", "<img src=x>", "\u202egnp.exe", "🎉",
    "__proto__", "null", "yes", "rules", "properties", "a: b", "'", "\x1b[31mred", "n" * 10_000, " lead", "%TAG", "&a *a",
]  # fmt: skip


def test_case_087_hostile_names_stay_what_they_are_in_the_draft(version: Version) -> None:
    for name in HOSTILE:
        for n in range(60):
            version.add(name, n, f"u{n}", **{name: name})
    version.publish()
    drafted = version.drafted()
    spellings = {name for event in drafted.events for name in event.seen_as["amplitude"]}
    assert spellings == set(HOSTILE)
    kept = {name for name in HOSTILE if len(name) <= KEY_LENGTH}
    assert {p.name for event in drafted.events for p in event.properties} == kept
    assert version.claimed() == 1.0
    text = (version.plan_folder / "inferred.yml").read_text()
    assert "1 more keys, rare or longer than 200 characters" in text
    assert all(letter.isprintable() or letter == "\n" for letter in text)


def test_one_source_or_one_event_is_drafted_alone_and_what_is_planned_is_not(
    version: Version, capsys
) -> None:
    for n in range(30):
        version.add("order_paid", n, "u")
        version.add("cart_emptied", n, "u", source="posthog")
    version.publish()
    for words, expected in (
        (["--source", "posthog"], ["cart_emptied"]),
        (["--event", "order_paid"], ["order_paid"]),
        ([], ["cart_emptied", "order_paid"]),
    ):
        version.infer("--json", *words)
        told = json.loads(capsys.readouterr().out)["events"]
        assert sorted(one["event"] for one in told) == expected
    version.drafted()
    version.infer("--json")
    assert json.loads(capsys.readouterr().out)["events"] == []
