"""K2 on tables made by hand: dates that lack, the year of reuse, and random registries against a plain reading."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta

import pytest

DAY = timedelta(days=1)
EMPTY = ("marts__dim_kpi_targets", "marts__dim_kpi_baselines", "marts__dim_data_through")
KINDS = ("builds_on", "contradicts", "replicates", "ruled_out")


def fill(made, entries, exposures=()):
    """Registry entries of one project, the links that the model reads out of them, and exposures (experiment, unit, at)."""
    whole = [{"project": "p", "type": "ab", "prior_experiments": "[]", **entry} for entry in entries]  # fmt: skip
    made.fill(
        **{name: [] for name in EMPTY},
        marts__dim_settings=[{"timezone": "UTC"}],
        marts__dim_people=[{"person_id": "pm-1", "email": "pm1@acme.test"}],
        intermediate__int_experiments__registered=whole,
        marts__dim_experiments=whole,
        marts__fct_exposures=[{"project": "p", "experiment_id": of, "unit_id": unit, "exposed_at": at} for of, unit, at in exposures],
        marts__fct_experiment_links=[],
    )  # fmt: skip
    made.fill(marts__fct_experiment_links=made.run("fct_experiment_links"))


def told(made, as_of, start=date(2025, 1, 1)):
    rows = made.run("kpi_experiment_velocity", str(as_of))
    return {row["variant"]: row for row in rows if (row["period"], row["period_start"]) == ("quarter", start)}  # fmt: skip


def ran(key, start, end=None, **more):
    return {"experiment_id": key, "status": "decided" if end else "running", "start_date": start, "end_date": end, **more}  # fmt: skip


def test_k2_what_ran_without_a_date_is_in_no_quarter_and_lowers_the_coverage(made):
    january = date(2025, 1, 10)
    entries = [ran(f"e{n}", january) for n in range(3)] + [ran(f"x{n}", None) for n in range(2)]
    drafts = [{"experiment_id": "d1", "status": "draft"}, ran("aa", None, type="aa")]
    fill(made, [*entries, *drafts])
    row = told(made, "2025-04-01")["started"]
    assert (row["value"], row["coverage"], row["reportable"]) == (3, 0.6, True)
    fill(made, [*entries, ran("x3", None)])
    row = told(made, "2025-04-01")["started"]
    assert (row["value"], row["reportable"], row["reason"]) == (3, False, "coverage under 60 %")
    # with exposures connected it never ran, which is known
    fill(made, [*entries, ran("x3", None)], [("e0", "u", datetime(2025, 1, 10))])
    assert told(made, "2025-04-01")["started"]["coverage"] == 1


def test_k2_concluded_without_an_end_lowers_the_coverage(made):
    start = date(2025, 1, 10)
    entries = [ran("e1", start, date(2025, 2, 1)), ran("e2", start, status="stopped"), ran("e3", start)]  # fmt: skip
    fill(made, entries)
    row = told(made, "2025-04-01")["concluded"]
    assert (row["value"], row["coverage"], row["reportable"]) == (1, 0.5, False)


def test_k2_without_a_registry_it_says_so(made):
    fill(made, [])
    rows = made.run("kpi_experiment_velocity", "2025-02-01")
    assert rows and all(row["value"] is None and not row["reportable"] for row in rows)
    assert {row["reason"].partition(":")[0] for row in rows} == {"no experiment registry"}


@pytest.mark.parametrize(
    ("as_of", "counts"),
    [
        ("2026-01-31 00:00", (0, 0)),  # a year is not more than a year
        ("2026-01-31 00:00:01", (1, 1)),
        ("2026-04-01 00:00", (1, 1)),
    ],
)
def test_k2c_a_year_is_over_before_reuse_is_read(made, as_of, counts):
    old = ran("old", date(2025, 1, 1), date(2025, 1, 31), hypothesis_written_at=datetime(2024, 12, 1))  # fmt: skip
    new = ran("new", date(2026, 1, 31), hypothesis_written_at=datetime(2026, 1, 31), prior_experiments='["old"]')  # fmt: skip
    # cited on the last day of its year; seen only once that day has begun
    fill(made, [old, new])
    row = told(made, as_of, date(2026, 1, 1))["reuse"]
    assert ((row["numerator"] or 0), (row["denominator"] or 0)) == counts


# Random registries ----------------------------------------------------------------------------


def drawn(rng):
    """Registries of every state and link, and exposures of users and of the roster."""
    first = date(2023, 10, 1)
    entries, exposures = [], []
    for n in range(40):
        start = first + rng.randrange(500) * DAY if rng.random() < 0.9 else None
        end = start + rng.randrange(1, 60) * DAY if start and rng.random() < 0.7 else None
        written = start and datetime.combine(start, datetime.min.time()) - rng.randrange(-5, 40) * DAY  # fmt: skip
        priors = [
            {"id": f"e{rng.randrange(-2, 40)}", "kind": rng.choice((*KINDS, "inspired_by"))}
            for _ in range(rng.choice((0, 0, 1, 2)))
        ]
        entries.append(
            {
                "experiment_id": f"e{n}",
                "type": rng.choice(("ab",) * 6 + ("aa", "dry_run", "result")),
                "status": rng.choice(("decided", "stopped")) if end else rng.choice(("running", "draft", "decided")),
                "area": rng.choice(("growth", "core", None)),
                "start_date": start,
                "end_date": end,
                "hypothesis_written_at": written if rng.random() < 0.9 else None,
                "duplicate_of": f"e{rng.randrange(40)}" if rng.random() < 0.1 else None,
                "prior_experiments": json.dumps(priors),
            }
        )  # fmt: skip
        for _ in range(rng.choice((0, 1, 3)) if start else 0):
            at = datetime.combine(start, datetime.min.time()) + timedelta(hours=rng.randrange(-48, 200))  # fmt: skip
            exposures.append((f"e{n}", rng.choice(("u1", "u2", "PM-1", "pm1@acme.test")), at))
    return entries, exposures


def reference(entries, exposures, quarter, as_of):
    """K2 of a quarter by the letter: (numerator, denominator), or a count, by variant."""
    by_id = {entry["experiment_id"]: entry for entry in entries}
    declared = {
        entry["experiment_id"]: {
            prior["id"] for prior in json.loads(entry["prior_experiments"]) if prior["kind"] in KINDS and prior["id"] in by_id
        }
        for entry in entries
    }  # fmt: skip

    def reaches(source, target):
        seen, todo = set(), list(declared[source])
        while todo:
            one = todo.pop()
            if one == target:
                return True
            if one not in seen:
                seen.add(one)
                todo += declared[one]
        return False

    def written(entry):
        return entry["hypothesis_written_at"] and entry["hypothesis_written_at"].date()

    def valid_priors(entry):
        key, on = entry["experiment_id"], written(entry)
        return {
            prior
            for prior in declared[key]
            if prior != key
            and not reaches(prior, key)
            and on
            and by_id[prior]["end_date"]
            and by_id[prior]["end_date"] < on
        }

    real = [(of, at) for of, unit, at in exposures if unit.startswith("u") and at < as_of]
    starts = {}
    for entry in entries:
        key = entry["experiment_id"]
        exposed = min((at for of, at in real if of == key), default=None)
        start = entry["start_date"] and datetime.combine(entry["start_date"], datetime.min.time())
        at = exposed or (None if exposures else start)
        if entry["type"] == "ab" and not entry["duplicate_of"] and at and at < as_of:
            starts[key] = at
    end = date(quarter.year + (quarter.month == 10), (quarter.month + 3 - 1) % 12 + 1, 1)
    inside = [by_id[key] for key, at in starts.items() if quarter <= at.date() < end]
    concluded = [
        by_id[key]
        for key in starts
        if by_id[key]["status"] in ("decided", "stopped")
        and by_id[key]["end_date"]
        and datetime.combine(by_id[key]["end_date"], datetime.min.time()) < as_of
    ]
    had_prior = [
        entry
        for entry in inside
        if entry["area"]
        and written(entry)
        and any(
            other is not entry and other["area"] == entry["area"] and other["end_date"] and other["end_date"] < written(entry)
            for other in entries
        )
    ]  # fmt: skip

    def year_after(day):
        return date(day.year + 1, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)

    limit = min(datetime.combine(end, datetime.min.time()), as_of)
    aged = [e for e in concluded if datetime.combine(year_after(e["end_date"]), datetime.min.time()) < limit]  # fmt: skip
    cited = [
        old
        for old in aged
        if any(
            old["experiment_id"] in valid_priors(entry)
            and written(entry) <= year_after(old["end_date"])
            and datetime.combine(written(entry), datetime.min.time()) < limit
            for entry in entries
        )
    ]
    return {
        "started": len(inside),
        "concluded": sum(quarter <= e["end_date"] < end for e in concluded),
        "reference_share": (sum(bool(valid_priors(e)) for e in inside), len(inside)),
        "reference_share_structured": (sum(bool(valid_priors(e)) for e in inside), len(inside)),
        "reference_share_eligible": (sum(bool(valid_priors(e)) for e in had_prior), len(had_prior)),
        "reuse": (len(cited), len(aged)),
    }


def test_k2_agrees_with_a_plain_reading_of_random_registries(made):
    for seed in range(2):
        entries, exposures = drawn(random.Random(seed))
        exposures = exposures if seed % 2 else []
        fill(made, entries, exposures)
        for as_of in (datetime(2024, 8, 20, 12), datetime(2025, 7, 1)):
            rows = made.run("kpi_experiment_velocity", str(as_of))
            for start in {row["period_start"] for row in rows if row["period"] == "quarter"}:
                found = {
                    row["variant"]: row["value"] if row["unit"] == "count" else (row["numerator"], row["denominator"])
                    for row in rows
                    if (row["period"], row["period_start"]) == ("quarter", start)
                }  # fmt: skip
                assert found == reference(entries, exposures, start, as_of), (seed, as_of, start)
