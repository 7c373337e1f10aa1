"""What the small marts know of events in the asked days: volume, broken rules, runs of bad days, gaps.

Knows the daily marts of events. Must not know how a verdict is worded, and never opens the events themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from dashboards.engine.asked_days import local_day
from dashboards.engine.scope import Scope
from dashboards.engine.trust import BAD_SHARE, DENSE, GAP_DAYS, Broken, Facts

# Rules whose break makes a number wrong; the others are untidy: what is counted is still counted right.
SPOILING = ("required_missing", "type_mismatch", "value_not_allowed", "unknown")
INPUTS = ("marts.fct_event_slices", "marts.fct_event_violation_days", "marts.dim_events")
CLEAN_DAYS = 7  # so many days without a bad one end a run
FEW = 3  # fewer broken events than that are no run, however small the day


def prepare(scope: Scope, names: Sequence[str], first: date | None, until: date | None) -> None:
    """Make `event_slices` and `event_breaks`, the asked part of the two daily marts."""
    asked = {
        "project": scope.params.get("project"),
        "source": scope.params.get("source"),
        "first": first,
        "until": until,
        "names": list(names),
        "as_of_given": scope.as_of_given,
        "as_of": scope.as_of,
    }
    where = """
        where ($project is null or project = $project)
            and ($source is null or source = $source)
            and ($first::date is null or local_date >= $first)
            and ($until::date is null or local_date < $until)
            and (len($names::varchar[]) = 0 or event_name in (select unnest($names::varchar[])))
    """
    scope.run(
        f"""
        create or replace temp table event_slices as
        select *
        from marts.fct_event_slices
        {where} and (not $as_of_given or first_at < $as_of)
        """,  # noqa: S608 - the condition is ours
        asked,
    )
    known = {key: value for key, value in asked.items() if key != "as_of_given"} | {
        "as_of": local_day(scope.calendar, scope.as_of) if scope.as_of_given else None,
        "spoiling": list(SPOILING),
    }
    scope.run(
        f"""
        create or replace temp table event_breaks as
        select
            *,
            mode != 'observe' as is_loud,
            mode = 'quarantine' or mode != 'observe' and rule in (select unnest($spoiling::varchar[])) as is_spoiling
        from marts.fct_event_violation_days
        {where} and ($as_of::date is null or local_date <= $as_of)
        """,  # noqa: S608 - the condition is ours
        known,
    )


def per_event(scope: Scope) -> dict[str, dict[str, Any]]:
    """For each event of the working tables: totals, the latest run of bad days (also as `event_runs`) and the latest gap."""
    scope.run(
        """
        create or replace temp table event_days as
        with broken as (
            select
                event_name,
                local_date,
                sum(events) filter (where is_spoiling) as spoiling
            from event_breaks
            group by all
        ),

        totals as (
            select
                event_name,
                local_date,
                sum(events) as events,
                sum(violating_events) as violating,
                sum(flagged_events) as loud,
                min(first_at) as first_at,
                max(last_at) as last_at
            from event_slices
            group by all
        )

        -- an event that breaks two rules is one event, so no day has more than break any
        select
            totals.*,
            least(coalesce(broken.spoiling, 0), totals.loud) as spoiled,
            date_diff('day', lag(totals.local_date) over by_day, totals.local_date) - 1 as missing_before
        from totals
        left join broken
            on totals.event_name = broken.event_name and totals.local_date = broken.local_date
        window by_day as (partition by totals.event_name order by totals.local_date)
        """
    )
    scope.run(
        """
        create or replace temp table event_runs as
        with bad as (
            select
                event_name,
                local_date,
                coalesce(local_date - lag(local_date) over (partition by event_name order by local_date) > $clean, true)
                    as is_start
            from event_days
            where spoiled > 0 and spoiled >= $bad * events
        )

        select
            event_name,
            max(local_date) filter (where is_start) as bad_since,
            max(local_date) as bad_until
        from bad
        group by all
        """,
        {"clean": CLEAN_DAYS, "bad": BAD_SHARE},
    )
    rows = scope.run(
        """
        select
            days.event_name as event,
            min(days.first_at) as first_seen,
            max(days.last_at) as last_seen,
            min(days.local_date) as first_on,
            max(days.local_date) as last_on,
            sum(days.events)::bigint as events,
            sum(days.violating)::bigint as violations,
            sum(days.loud)::bigint as loud,
            sum(days.spoiled)::bigint as spoiled,
            median(days.events) as typical,
            any_value(latest.bad_since) as bad_since,
            any_value(latest.bad_until) as bad_until,
            sum(days.events) filter (where days.local_date >= latest.bad_since)::bigint as run_events,
            sum(days.spoiled) filter (where days.local_date >= latest.bad_since)::bigint as run_spoiled,
            max(struct_pack(until := days.local_date, missing := days.missing_before))
                filter (where days.missing_before >= $gap) as gap
        from event_days as days
        left join event_runs as latest
            on days.event_name = latest.event_name
        group by days.event_name
        """,
        {"gap": GAP_DAYS},
    )
    return {row.pop("event"): row for row in rows}


def gaps(scope: Scope) -> list[dict[str, Any]]:
    """Runs of days without any event of the asked ones, where a usual day has many; needs `per_event`."""
    return scope.run(
        """
        with dense as (
            select event_name from event_days group by all having median(events) >= $dense
        )

        select
            (local_date - missing_before::integer)::date as "from",
            (local_date - 1)::date as "to"
        from event_days
        semi join dense
            on event_days.event_name = dense.event_name
        where missing_before >= $gap
        order by local_date
        """,
        {"dense": DENSE, "gap": GAP_DAYS},
    )


def broken_rules(scope: Scope) -> dict[str, list[Broken]]:
    """The rules that each event breaks aloud since its run of bad days began, the ones that spoil numbers first.

    Each with its share of the events of the same days, and the platform or source where it is worst. Needs `per_event`.
    """
    rows = scope.run(
        """
        with slices as (
            select event_slices.*
            from event_slices
            left join event_runs
                on event_slices.event_name = event_runs.event_name
            where event_runs.bad_since is null or event_slices.local_date >= event_runs.bad_since
        ),

        breaks as (
            select event_breaks.*
            from event_breaks
            left join event_runs
                on event_breaks.event_name = event_runs.event_name
            where event_runs.bad_since is null or event_breaks.local_date >= event_runs.bad_since
        ),

        totals as (
            select event_name, sum(events) as events from slices group by all
        ),

        part_totals as (
            select event_name, coalesce(platform, source) as part, sum(events) as events
            from slices
            group by all
        ),

        part_counts as (
            select event_name, count(*) as parts from part_totals group by all
        ),

        parts as (
            select
                event_name,
                rule,
                property,
                bool_or(is_spoiling) as is_spoiling,
                coalesce(platform, source) as part,
                sum(events) as events
            from breaks
            -- what nobody planned has its verdict by that alone, and there may be very many of it
            where is_loud and rule != 'unplanned_event'
            group by all
        )

        select
            parts.event_name as event,
            parts.rule,
            parts.property,
            sum(parts.events)::bigint as events,
            sum(parts.events) / any_value(totals.events) as share,
            arg_max(parts.part, parts.events / part_totals.events) as worst_part,
            max(parts.events / part_totals.events) as worst_share,
            any_value(part_counts.parts) as parts
        from parts
        inner join totals
            on parts.event_name = totals.event_name
        inner join part_counts
            on parts.event_name = part_counts.event_name
        left join part_totals
            on parts.event_name = part_totals.event_name and parts.part = part_totals.part
        group by parts.event_name, parts.rule, parts.property
        order by event, bool_or(parts.is_spoiling) desc, events desc, parts.rule, parts.property
        """
    )
    found: dict[str, list[Broken]] = {}
    for row in rows:
        found.setdefault(row["event"], []).append(
            Broken(
                row["rule"],
                row["property"],
                row["events"],
                row["share"],
                row["worst_part"] if row["parts"] > 1 else "",
                row["worst_share"],
            )
        )
    return found


def facts_of(
    plan: dict[str, Any],
    seen: dict[str, Any],
    broken: Sequence[Broken],
    first: date | None,
    through: date | None,
    affects: Sequence[str] = (),
) -> Facts:
    """One event's row of the plan and its counts as what a verdict is made of."""
    is_bad = bool(
        seen.get("bad_since")
        and (
            (seen["run_spoiled"] or 0) >= max(FEW, BAD_SHARE * (seen["run_events"] or 0))
            or seen["spoiled"] >= BAD_SHARE * seen["events"]
        )
    )
    gap = seen.get("gap") if (seen.get("typical") or 0) >= DENSE else None
    return Facts(
        event=plan["event"],
        status=plan["status"],
        events=seen.get("events") or 0,
        violating=seen.get("loud") or 0,
        first_on=seen.get("first_on"),
        last_on=seen.get("last_on"),
        bad_since=seen["bad_since"] if is_bad else None,
        bad_until=seen["bad_until"] if is_bad else None,
        asked_from=first,
        through=through,
        gap_from=gap["until"] - timedelta(days=gap["missing"]) if gap else None,
        gap_to=gap["until"] - timedelta(days=1) if gap else None,
        typical=seen.get("typical") or 0.0,
        live_from=plan.get("live_from"),
        ended_on=plan.get("removed_from") or plan.get("deprecated_from"),
        replacement=plan.get("replacement"),
        owner=plan.get("owner"),
        broken=broken,
        affects=affects,
    )
