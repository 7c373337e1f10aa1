"""A property that new events do not carry any more, or far less often (case 79).

Holds where it feeds a number: the plan requires it of a value event, and four weeks of history say that it was there.
Warns otherwise. Judged on the days that new loads wrote to.
"""

from __future__ import annotations

from quality.gate import HOLD, MARTS, WARN, Evidence, Gate, GateResult
from quality.property_days import WEEKS, prepare

KEPT = 0.5  # of its usual share must be left
USUAL_SHARE = 0.2  # what stands on fewer events may come and go, unless it is gone for good
EVENTS = 30  # so many that should carry it
LISTED = 20

_LOST = """
with all_shares as (
    select *, present / events as share from property_days
),
-- Most properties stand on as many events every day; windows are for those that do not.
shares as (
    select * from all_shares
    window one_property as (partition by source, project, event_name, platform, property)
    qualify min(share) filter (where is_new) over one_property <= $kept * max(share) over one_property
),
compared as (
    select *,
        sum(present) over before / sum(events) over before as share_before,
        quantile_cont(share, 0.1) over before as low_before,
        sum(present) over after_it / sum(events) over after_it as share_after,
        sum(events) over before as events_before,
        sum(events) over after_it as events_after
    from shares
    window
        before as (
            partition by source, project, event_name, platform, property order by local_date
            range between interval 28 day preceding and interval 1 day preceding
        ),
        after_it as (
            partition by source, project, event_name, platform, property order by local_date
            range between current row and interval 6 day following
        )
),
lost as (
    select source, project, event_name, platform, property,
        min(local_date) as since,
        arg_max(share_before, share_before - share_after) as share_before,
        arg_max(share_after, share_before - share_after) as share_after,
        bool_or(has_history and not is_first_load) as has_history
    from compared
    where is_new and events_before >= $events and share_before * events_after >= $events and share_after < low_before
        -- The day itself, and not only those after it.
        and share <= share_before * $kept
        and (share_before >= $usual and share_after <= share_before * $kept or share_after = 0)
    group by all
),
platforms as (
    select source, project, event_name, count(distinct platform) as platforms from property_days group by all
)
select source, project, event_name, property, min(since), max(share_before), min(share_after), bool_or(has_history),
    case when count(*) < any_value(platforms) then string_agg(nullif(platform, ''), ', ' order by platform) end
from lost inner join platforms using (source, project, event_name)
group by all order by all
"""
_NEEDED = """
select properties.event_name, properties.property
from warehouse.staging.stg_company__plan_properties as properties
inner join warehouse.marts.dim_events as events using (event_name)
where properties.is_required and events.value_event
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not prepare(evidence):
        return [GATE.passed("no new events")]
    needed = set()
    if evidence.has("staging.stg_company__plan_properties") and evidence.has("marts.dim_events"):
        needed = set(evidence.rows(_NEEDED))
    lost = evidence.rows(_LOST, {"events": EVENTS, "usual": USUAL_SHARE, "kept": KEPT})
    results = [_result(*row, is_needed=(row[2], row[3]) in needed) for row in lost]
    results.sort(key=lambda result: not result.holds)
    return results[:LISTED] or [GATE.passed("every property is as often there as before")]


def _result(
    source: str,
    project: str,
    event: str,
    name: str,
    since: object,
    before: float,
    after: float,
    has_history: bool,
    platform: str | None,
    *,
    is_needed: bool,
) -> GateResult:
    what = "is gone" if after == 0 else f"stands on {after:.0%} of the events"
    return GateResult(
        GATE.name,
        HOLD if is_needed and has_history else WARN,
        False,
        f"{event}.{name} of {source}/{project}{f' on {platform}' if platform else ''} {what} since {since},"
        f" before on {before:.0%}" + ("; a value event requires it" if is_needed else ""),
        measured=f"{after:.0%}",
        allowed=f"{before * KEPT:.0%}, half of what was usual in {WEEKS} weeks",
        fix=f"ask the owner of {event} for a corrected delivery; or, if it is meant, take `required` from {name} in the"
        " tracking plan",
    )


GATE = Gate(
    name="missing_properties",
    border=MARTS,
    severity=WARN,
    protects="a number is not made from a property that is no longer sent",
    check=check,
)
