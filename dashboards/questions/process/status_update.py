"""Status update and release notes: sentences by rules, each with the records that it stands on."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from dashboards import wording
from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.scope import Result, Scope
from dashboards.kpi_words import is_lead, reading

AHEAD = timedelta(days=28)
SECTIONS = ("release", "shipped", "experiments", "kpis", "late", "next")
AGAINST = {
    "on_target": "on target",
    "off_target": "off target",
    "failed": "a failed rollout",
}


def answer(scope: Scope) -> Result:
    """One row per sentence, by area and section."""
    today = scope.calendar.to_local(scope.as_of).date()
    features, releases = _features(scope), _releases(scope)
    if (release := scope.params["release"]) is not None:
        rows = _notes(releases, features, release)
    else:
        rows = [*_shipped(features), *_experiments(scope), *_kpis(scope), *_planned(scope, today)]
    area = scope.params["area"]
    known = sorted({row["area"] for row in rows if row["area"]})
    if area is not None and area not in known:
        scope.caveat(f"Nothing is told of the area {area[:60]}; areas with records are {', '.join(known) or 'none'}.")  # fmt: skip
    rows = [
        row
        for row in rows
        if area in (None, row["area"])
        or row["section"] == "release"
        or (row["section"] == "kpis" and row["area"] is None)
    ]
    rows.sort(key=lambda row: (row["area"] or "~", SECTIONS.index(row["section"])))
    if not rows:
        scope.caveat("No record of the range makes a sentence.")
    return Result(rows, {"sentences": len(rows), "records": len({r for row in rows for r in row["records"]})})  # fmt: skip


def _features(scope: Scope) -> list[dict[str, Any]]:
    return scope.run(
        """
        select area, item_key, item_id, title_redacted as title, release_id, release, released_on
        from marts.fct_feature_releases
        where released_at is not null and released_at < $to_at and ($release or released_at >= $from_at)
        order by released_on, item_key
        """,
        {"from_at": scope.from_at, "to_at": _end(scope), "release": scope.params["release"] is not None},
    )  # fmt: skip


def _releases(scope: Scope) -> list[dict[str, Any]]:
    return scope.run(
        """
        select release_id, release, release_key, released_on, planned_on, checklist_items, checklist_items_done
        from marts.fct_releases
        where released_at is not null and released_at < $to_at
        """,
        {"to_at": _end(scope)},
    )


def _end(scope: Scope) -> Any:
    """Nothing at or after the as-of instant is told, also where the range reaches past it."""
    if scope.params["release"] is not None or scope.to_at is None:
        return scope.as_of + timedelta(microseconds=0 if scope.as_of_given else 1)
    return min(scope.to_at, scope.as_of) if scope.as_of_given else scope.to_at


def _notes(
    releases: list[dict[str, Any]], features: list[dict[str, Any]], asked: str
) -> list[dict[str, Any]]:
    key = re.sub(r"^v(?=\d)", "", asked.strip().lower())
    found = [one for one in releases if one["release_key"] == key]
    if not found:
        names = sorted({one["release"] for one in releases})
        raise BadParameter(
            f"no release `{asked[:60]}` is out; the nearest is `{nearest(asked, names)}`"
            if names
            else "no release is out"
        )
    rows = []
    for one in found:
        rows.append(_sentence(None, "release", f"{one['release']} came out on {_day(one['released_on'])}{_against(one)}.", [one["release_id"]]))  # fmt: skip
        if one["checklist_items"]:
            rows.append(_sentence(None, "release", f"{one['checklist_items_done']} of {one['checklist_items']} items of its launch checklist were done by then.", [one["release_id"]]))  # fmt: skip
        rows += [
            _sentence(item["area"], "shipped", f"{item['title'] or item['item_key']}.", [item["item_key"] or item["item_id"]])
            for item in features
            if item["release_id"] == one["release_id"]
        ]  # fmt: skip
    return rows


def _against(release: dict[str, Any]) -> str:
    if release["planned_on"] is None:
        return ""
    late = (release["released_on"] - release["planned_on"]).days
    if late == 0:
        return ", as planned"
    return f", {_days(abs(late))} {'after' if late > 0 else 'before'} its planned day"


def _shipped(features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        _sentence(
            item["area"],
            "shipped",
            f"{item['title'] or item['item_key']} went out with {item['release']} on {_day(item['released_on'])}.",
            [item["item_key"] or item["item_id"], item["release_id"]],
        )
        for item in features
    ]


def _experiments(scope: Scope) -> list[dict[str, Any]]:
    found = scope.run(
        """
        select
            experiment_id, name, area, start_date, decision, decided_on,
            start_date >= $from_on and start_date < $to_on as is_started,
            status = 'decided' and decided_on >= $from_on and decided_on < $to_on as is_decided
        from marts.dim_experiments
        where type = 'ab' and duplicate_of is null
        order by start_date, experiment_id
        """,
        {
            "from_on": scope.calendar.to_local(scope.from_at).date() if scope.from_at else date.min,
            "to_on": scope.calendar.to_local(_end(scope)).date(),
        },
    )
    rows = []
    for one in found:
        if one["is_decided"]:
            said = f"The experiment {one['name']} was decided on {_day(one['decided_on'])}: {one['decision'] or 'no decision is written'}."
        elif one["is_started"]:
            said = f"The experiment {one['name']} started on {_day(one['start_date'])}."
        else:
            continue
        rows.append(_sentence(one["area"], "experiments", said, [one["experiment_id"]]))
    return rows


def _kpis(scope: Scope) -> list[dict[str, Any]]:
    """Of each KPI the reading that speaks for it, and its areas', in the last month of the range that is over."""
    bounds = {
        "from_on": scope.calendar.to_local(scope.from_at).date() if scope.from_at else date.min,
        "to_on": scope.calendar.to_local(_end(scope)).date(),
    }
    rows = []
    for told in _months(scope):
        months = scope.run(
            f"""
            select kpi, variant, period_start, value, unit, target, status
            from {told}
            where period = 'month' and reportable and status <> 'pending'
                and period_start + interval 1 month > $from_on and period_start + interval 1 month <= $to_on
            order by kpi, variant, period_start desc
            """,  # noqa: S608 - a table of the version
            bounds,
        )
        seen: dict[str, list[dict[str, Any]]] = {}
        for month in months:
            if is_lead(month["kpi"], month["variant"]):
                seen.setdefault(month["variant"], []).append(month)
        for variant, found in seen.items():
            # the parts of taxonomy health are areas; those of other KPIs are tools or kinds of evidence
            area = variant.partition(":")[2] or None if found[0]["kpi"] == "K6" else None
            records = [f"{found[0]['kpi']} {variant} {found[0]['period_start']:%Y-%m}"]
            rows.append(_sentence(area, "kpis", _said(found), records))
    return rows


def _months(scope: Scope) -> list[str]:
    """Tables with the rows of each KPI; as of an earlier instant its SQL is run again."""
    models = scope.published.definitions.get("models") or {}
    stored = {table.partition(".")[2] for table in scope.published.tables if table.startswith("kpis.")}  # fmt: skip
    tables = []
    for name in sorted(stored | {name for name in models if name.startswith("kpi_")}):
        scope.reads.append(f"kpis.{name}")
        sql = str((models.get(name) or {}).get("compiled_sql") or "").strip().rstrip(";")
        if name in stored and not (scope.as_of_given and sql):
            tables.append(f"kpis.{name}")
        elif sql:
            scope.run("set variable as_of = $as_of::timestamp", {"as_of": scope.as_of})
            scope.run(f"create or replace temp table told_{name} as\n{sql}")
            tables.append(f"told_{name}")
    return tables


def _said(months: list[dict[str, Any]]) -> str:
    """The newest month, and the one before it where it has a number too."""
    newest, *older = months
    text = f"{newest['kpi']} {reading(newest['variant'])} was {_figure(newest)} in {wording.month(newest['period_start'])}"
    if newest["status"] in AGAINST:
        text += f", {AGAINST[newest['status']]}"
    before = (newest["period_start"] - timedelta(days=1)).replace(day=1)
    if older and older[0]["period_start"] == before:
        text += f"; {_figure(older[0])} in {wording.month(before)}"
    return f"{text}."


def _figure(row: dict[str, Any]) -> str:
    if row["unit"] == "ratio":
        return wording.change_rate(row["value"])
    plain = wording.value(row["value"], row["unit"])
    return f"{plain} {row['unit']}" if row["unit"] in ("days", "hours") else plain


def _planned(scope: Scope, today: date) -> list[dict[str, Any]]:
    items = scope.run(
        """
        select item_id, title_redacted as title, area, end_on
        from marts.dim_roadmap_items
        where stage = 'planned' and end_on is not null and end_on < $until
            and (not $as_of_given or created_at is null or created_at < $as_of)
        order by end_on, item_id
        """,
        {"until": today + AHEAD, "as_of_given": scope.as_of_given, "as_of": scope.as_of},
    )
    rows = []
    for one in items:
        late = (today - one["end_on"]).days
        if late > 0:
            said = (
                f"{one['title']} was planned for {_day(one['end_on'])} and is {_days(late)} late."
            )
            rows.append(_sentence(one["area"], "late", said, [one["item_id"]]))
        else:
            said = f"{one['title']} is planned for {_day(one['end_on'])}."
            rows.append(_sentence(one["area"], "next", said, [one["item_id"]]))
    return rows


def _sentence(area: str | None, section: str, text: str, records: list[str]) -> dict[str, Any]:
    return {"area": area, "section": section, "sentence": text, "records": records}


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _days(count: int) -> str:
    return f"{count} day" if count == 1 else f"{count} days"
