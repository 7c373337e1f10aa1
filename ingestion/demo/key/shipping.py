"""Truths about shipping: onboarding by quarter, releases against their plan, the way of features, the roadmap, references.

Knows: what was planted in Jira, GitHub, the roadmap and the registry. Must not know: dbt, the engine, or anything that they
computed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import polars as pl

from ingestion.demo.key.model import Check, Planted, Truth
from ingestion.demo.scene import AS_OF, DAY, END_US, ZONE
from ingestion.demo.shipping import FEATURES, FUNCTIONS, ROADMAP, SHIPMENTS, done_on, moved_on

TODAY = datetime.fromisoformat(AS_OF).astimezone(ZoneInfo(ZONE)).date()
SUMMER, AUTUMN = "2025-07-01", "2025-10-01"


def shipping_truths(planted: Planted) -> list[Truth]:
    """K5, K8, K9 and the references that do not count."""
    return [
        _onboarding(planted),
        _releases(planted),
        _handoffs(),
        *_roadmap(planted),
        _references(planted),
    ]


def _kpi(kpi: str, variant: str, first: str, **fields: object) -> Check:
    row = {"kpi": kpi, "variant": variant, "period_start": first}
    return Check("kpis", {"kpi": kpi, "period": "quarter"}, row, fields)


def _median_day(units: list[tuple[int, bool]]) -> int | None:
    """Kaplan-Meier by hand: the first day on which no more than half are waiting."""
    waiting = 1.0
    for day in sorted({days for days, shipped in units if shipped}):
        at_risk = sum(days >= day for days, _ in units)
        waiting *= 1 - sum(days == day and shipped for days, shipped in units) / at_risk
        if waiting <= 0.5 + 1e-9:
            return day
    return None


def _onboarding(planted: Planted) -> Truth:
    zone = ZoneInfo(ZONE)
    out = {s.tag.removeprefix("v"): s.on for s in SHIPMENTS}
    staff = {person.person_id for person in planted.roster}
    hired = [
        p
        for p in planted.roster
        if p.role == "pm" and p.start_date and date(2025, 7, 1) <= p.start_date < date(2025, 10, 1)
    ]
    by_variant: dict[str, list[tuple[int, bool]]] = {"first_ship": [], "first_feature": []}
    for person in hired:
        assert person.start_date
        last = min(person.end_date or TODAY, TODAY)
        shipped = [out[f.version] for f in FEATURES if f.owner == person.person_id]
        features = [
            on for on in shipped if on and on > person.start_date + timedelta(days=7) and on <= last
        ]
        launched = [
            min(real).astimezone(zone).date()
            for study in planted.studies
            if study.owner == person.person_id and study.type == "ab" and not study.duplicate_of
            for real in [
                [at for unit, _, at in planted.exposures.get(study.id, ()) if unit not in staff]
            ]
            if real
        ]
        launches = [on for on in launched if person.start_date <= on <= last]
        for variant, days in (("first_feature", features), ("first_ship", features + launches)):
            end = min(days) if days else last
            by_variant[variant].append(((end - person.start_date).days, bool(days)))
    return Truth(
        "onboarding",
        "Product managers hired in the third quarter: days to the first feature or experiment of their own; a release on day 7, a draft and one after the last day do not count",
        tuple(
            _kpi("K5", variant, SUMMER, value=_median_day(units), n=len(units))
            for variant, units in by_variant.items()
        ),
        planted={"days": by_variant},
    )


def _releases(planted: Planted) -> Truth:
    def inside(day: date | None) -> bool:
        return day is not None and date(2025, 10, 1) <= day < date(2026, 1, 1)

    declared = [r for r in planted.releases if inside(r.released_on)]
    due = [s for s in SHIPMENTS if inside(s.planned_on)]
    kept = [s for s in due if s.on and s.planned_on and s.on <= s.planned_on]
    return Truth(
        "releases_planned",
        "Releases of the fourth quarter, and the share of planned ones that came on their day or before; a draft is none",
        (
            _kpi("K9", "releases", AUTUMN, value=len(declared) + sum(inside(s.on) for s in SHIPMENTS)),
            _kpi("K9", "on_time", AUTUMN, value=len(kept) / len(due), n=len(due)),
        ),
    )  # fmt: skip


def _handoffs() -> Truth:
    handoffs, bounces, engineering = [], [], []
    for feature in FEATURES:
        if not date(2025, 10, 1) <= done_on(feature) < date(2026, 1, 1):
            continue
        held = [FUNCTIONS[s] for s in feature.way if s in FUNCTIONS]
        path = [f for n, f in enumerate(held) if not n or f != held[n - 1]]
        handoffs.append(len(path) - 1)
        bounces.append(sum(f in path[:n] for n, f in enumerate(path)))
        moves = moved_on(feature)
        engineering.append(
            sum(
                (left - entered).days
                for entered, left, status in zip(
                    moves[:-1], moves[1:], feature.way[1:-1], strict=True
                )
                if FUNCTIONS.get(status) == "engineering"
            )
        )
    return Truth(
        "handoffs",
        "Features done in the fourth quarter: handoffs between functions, how many came back, and days with engineering",
        (
            _kpi("K9", "handoffs", AUTUMN, value=mean(handoffs), n=len(handoffs)),
            _kpi("K9", "bounces", AUTUMN, value=mean(bounces)),
            _kpi("K9", "days_in:engineering", AUTUMN, value=median(engineering)),
        ),
    )


def _roadmap(planted: Planted) -> list[Truth]:
    known = {study.id for study in planted.studies}
    open_items = [item for item in ROADMAP if item.status != "Done"]
    evident = [i for i in open_items if i.feedback or i.metrics or i.experiments in known]
    counted = [i for i in open_items if i.reach_metric]
    since = datetime.fromisoformat(AS_OF) - timedelta(days=30)
    fresh = [i for i in open_items if datetime.combine(i.updated, datetime.min.time(), UTC) >= since]  # fmt: skip
    in_order = [i for i in open_items if i in evident and i in counted and i in fresh]
    customers = planted.frame.filter(
        (pl.col("person") < planted.people.staff_from) & (pl.col("at") >= END_US - 90 * DAY)
    )

    def reach(name: str) -> int:
        return int(customers.filter(pl.col("name") == name)["person"].n_unique())

    first = reach("report_exported")
    shares = tuple(
        _kpi("K8", variant, "2026-01-01", value=len(items) / len(open_items))
        for variant, items in (("with_evidence", evident), ("with_counted_rice", counted), ("updated_30d", fresh), ("in_order", in_order))
    )  # fmt: skip
    scored = Check("roadmap", {}, {"item_id": "RM-1"}, {"reach": first, "rice": first * 2 * 0.8 / 2})  # fmt: skip
    wrong = Check("roadmap", {}, {"item_id": "RM-4"}, {"rice": None, "experiments": 0})
    return [
        Truth(
            "roadmap_hygiene",
            "Items of the roadmap with evidence, with a RICE of counted reach, and updated in the last 30 days",
            shares,
        ),
        Truth(
            "roadmap_rice",
            "The reach of an item is counted from its feature's value events; an impact of 4 is no step of RICE",
            (scored, wrong),
        ),
    ]


def _references(planted: Planted) -> Truth:
    by_id = {study.id: study for study in planted.studies}
    links = [(study, prior) for study in planted.studies for prior, _ in study.priors]
    circle = [(s, p) for s, p in links if (p, s.id) in {(a.id, b) for a, b in links} and p != s.id]
    late = [
        (s, p)
        for s, p in links
        if p in by_id and p != s.id and (s, p) not in circle and by_id[p].end >= s.written_at.date()
    ]
    fields = {
        "to_itself": sum(p == s.id for s, p in links),
        "in_a_circle": len(circle),
        "not_ended_before": len(late),
        "to_an_unknown_experiment": sum(p not in by_id for _, p in links),
    }
    return Truth(
        "invalid_references",
        "References between experiments that do not count: to itself, on a circle, to one that had not ended, to one that does not exist",
        (Check("experiment_links", {}, None, fields),),
    )
