"""From which day to which day somebody asks about events.

Knows the parameters `from`, `to` and `since`, and the releases of a version. Must not know any question.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from dashboards.answer import BadParameter
from dashboards.catalogue.parameters import nearest
from dashboards.engine.periods import Calendar
from dashboards.engine.scope import Scope


def asked_days(scope: Scope) -> tuple[date | None, date | None]:
    """The first asked day and the day after the last; `since` is a day, a month or the name of a release."""
    since = scope.params.get("since")
    if since and scope.from_at is not None:
        raise BadParameter("`since` and `from` say the same; give one of them")
    first = named_day(scope, since) if since else local_day(scope.calendar, scope.from_at)
    return first, local_day(scope.calendar, scope.to_at)


def last_day(scope: Scope) -> date | None:
    """The last day that could hold an event: of the data, or of the asked instant."""
    day = local_day(scope.calendar, scope.as_of)
    if day is not None and scope.as_of_given and scope.calendar.midnight(day) == scope.as_of:
        day -= timedelta(days=1)
    return day


def data_begins(scope: Scope) -> date | None:
    """The first day of which there are events, of the asked project and source; before it nothing is known."""
    row = scope.session.run(
        "select min(local_date) from marts.fct_event_days where ($1 is null or project = $1) and ($2 is null or source = $2)",
        [scope.params.get("project"), scope.params.get("source")],
    )[0]
    begun: date | None = row[0]
    return begun


def local_day(calendar: Calendar, instant: datetime | None) -> date | None:
    """The day of the reporting zone in which an instant lies."""
    return calendar.to_local(instant).date() if instant is not None else None


def named_day(scope: Scope, since: str, name: str = "since") -> date:
    """A date, a month as its first day, or the day of a release; `name` is the parameter that says so."""
    if written := _written_day(since):
        return written
    releases = {
        row[0].lower(): row[1]
        for row in scope.session.run(
            "select release, min(released_on) from marts.dim_releases group by all"
        )
    }
    if since.lower() in releases:
        found: date = releases[since.lower()]
        return found
    close = nearest(since, list(releases))
    raise BadParameter(
        f"`{name}` is a day like 2026-03-01, a month like 2026-03 or a release, not `{since[:60]}`"
        + (f"; the nearest release is `{close}`" if close else "; this version knows no release")
    )


def _written_day(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01" if len(text) == 7 else text)
    except ValueError:
        return None
