"""Numbers that became a hundred or a thousand times larger or smaller: another unit under the same name (case 90).

The middle of each day's values is compared with the four weeks before, per platform, on the days that new loads wrote to.
Warns; holds only for a source with a declared cadence and four weeks of history, until a person accepts the file.
"""

from __future__ import annotations

from quality.gate import HOLD, MARTS, WARN, Evidence, Gate, GateResult
from quality.property_days import prepare

CODE = "DISTRIBUTION"
VALUES = 30  # on either side; fewer say nothing
NEAR = 1.5  # the middle of real values moves a little besides
HINTS = {100: "cents and whole units?", 1000: "seconds and milliseconds?"}
OUTSIDE = 10.0  # so far from all but the strangest days before
LISTED = 20

_JUMPS = """
with filled as (
    select * from property_days where numbers > 0
    window one_property as (partition by source, project, event_name, platform, property)
    qualify max(middle) over one_property >= $outside * min(middle) over one_property
),
compared as (
    select *,
        median(middle) over after_it / median(middle) over before as ratio,
        middle / median(middle) over before as own_ratio,
        median(middle) over after_it / quantile_cont(middle, 0.9) over before as over_high,
        quantile_cont(middle, 0.1) over before / median(middle) over after_it as under_low,
        sum(numbers) over before as values_before,
        sum(numbers) over after_it as values_after
    from filled
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
factors as (
    select *, unnest($factors::int[]) as factor, greatest(ratio, 1 / ratio) as times from compared
),
jumps as (
    select source, project, event_name, platform, property, factor, min(local_date) as since,
        arg_min(ratio, abs(ln(times / factor))) as ratio, bool_or(has_history and not is_first_load) as has_history
    from factors
    where is_new and values_before >= $values and values_after >= $values
        and times between factor / $near and factor * $near and greatest(over_high, under_low) >= $outside
        -- The day itself, and not only those after it.
        and greatest(own_ratio, 1 / own_ratio) >= $outside
    group by all
),
platforms as (
    select source, project, event_name, property, count(distinct platform) as platforms
    from property_days where numbers > 0 group by all
)
select source, project, event_name, property, factor, min(since), median(ratio), bool_or(has_history),
    case when count(*) < any_value(platforms) then string_agg(nullif(platform, ''), ', ' order by platform) end
from jumps inner join platforms using (source, project, event_name, property)
group by all order by all
"""
_FILES = """
select distinct loads.file_name from warehouse.marts.fct_events as events
inner join read_parquet(?) as loads using (load_id)
where events.source = ? and events.project = ? and events.event_name = ? and events.local_date = ?
order by all limit 2
"""


def check(evidence: Evidence) -> list[GateResult]:
    if not prepare(evidence):
        return [GATE.passed("no new events")]
    jumps = evidence.rows(
        _JUMPS, {"factors": list(HINTS), "values": VALUES, "near": NEAR, "outside": OUTSIDE}
    )
    return [_result(evidence, *row) for row in jumps[:LISTED]] or [
        GATE.passed("no number changed by a factor of a unit")
    ]


def _result(
    evidence: Evidence,
    source: str,
    project: str,
    event: str,
    name: str,
    factor: int,
    since: object,
    ratio: float,
    has_history: bool,
    platform: str | None,
) -> GateResult:
    files = evidence.rows(_FILES, [evidence.loads_file, source, project, event, since])
    only = f" --file '{files[0][0]}'" if len(files) == 1 else ""
    is_promised = (source, project) in evidence.cadences
    return GateResult(
        GATE.name,
        HOLD if is_promised and has_history else WARN,
        False,
        f"{CODE}: {event}.{name} of {source}/{project}{f' on {platform}' if platform else ''} is since {since} about"
        f" {'×' if ratio > 1 else '÷'}{factor}: {HINTS[factor]}",
        measured=f"middle value ×{ratio:.4g}",
        allowed=f"less than ×{factor / NEAR:.0f} and more than ÷{factor / NEAR:.0f}",
        fix=f"ask the sender, correct the unit and deliver again; or, if it is right, productops quarantine accept {CODE}"
        f" --source {source}{only}",
    )


GATE = Gate(
    name="distribution",
    border=MARTS,
    severity=WARN,
    protects="sums and medians are of one unit",
    check=check,
)
