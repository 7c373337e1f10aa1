"""When things run: daily, and after each week and month, by the company's own clock.

Knows cron and the reporting zone. The run key is the logical day or period, so that a day of 23 or 25 hours, a daemon
that was away, or two schedulers give one run each (cases 135, 142, 143). Must not know what a run does.
"""

from datetime import timedelta

import dagster as dg

from orchestration.jobs import PIPELINE, SNAPSHOTS

# After midnight in every zone's daylight-saving gap (they lie between 00:00 and 04:00), so that no day lacks its run.
DAILY_AT = "30 5 * * *"
AFTER_A_WEEK = "0 7 * * {weekday}"
AFTER_A_MONTH = "0 7 1 * *"


def schedules(timezone: str, week_start: int) -> list[dg.ScheduleDefinition]:
    """`week_start` is 1 for Monday to 7 for Sunday: the weekly report comes on the first day of the next week."""
    return [
        _schedule("daily_run", PIPELINE, DAILY_AT, timezone, "day"),
        _schedule(
            "weekly_snapshot",
            SNAPSHOTS,
            AFTER_A_WEEK.format(weekday=week_start % 7),
            timezone,
            "week",
        ),
        _schedule("monthly_snapshot", SNAPSHOTS, AFTER_A_MONTH, timezone, "month"),
    ]


def _schedule(name: str, job: str, cron: str, timezone: str, period: str) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone=timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,  # a report that waits for a switch never comes
    )
    def schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        from zoneinfo import ZoneInfo

        tick = context.scheduled_execution_time.astimezone(ZoneInfo(timezone))
        ended = (tick - timedelta(days=1)).date()
        labels = {
            "day": tick.date().isoformat(),
            "week": "{}-W{:02d}".format(*ended.isocalendar()),
            "month": f"{ended:%Y-%m}",
        }
        return dg.RunRequest(
            run_key=f"{name}:{labels[period]}", tags={"productops/period": labels[period]}
        )

    return schedule
