"""Times of old Mixpanel projects, which store the project's wall clock as if it were UTC, as SQL expressions.

Knows: the settings `legacy_local_time` and `timezone`. Must not know: which fields hold times.
A wall clock time that does not exist moves forward by the jump; one that exists twice means the first. Both are flagged.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingestion.spec import Context
from ingestion.values.localtime import zone_of


@dataclass(frozen=True)
class WallClock:
    """How one project writes times; without a zone they are UTC already."""

    zone: str | None

    @classmethod
    def of(cls, context: Context) -> WallClock:
        """The clock that the project's settings declare."""
        if not context.settings.get("legacy_local_time"):
            return cls(None)
        name = str(context.settings.get("timezone") or context.company_timezone)
        zone_of(name)  # refuses a zone that does not exist
        return cls(name)

    def instant(self, wall: str) -> str:
        """The UTC instant of a wall clock time; the earliest where several have it."""
        if self.zone is None:
            return wall
        latest = f"(({wall} at time zone '{self.zone}') at time zone 'UTC')"
        earlier = [f"{latest} - interval {minutes} minute" for minutes in (60, 30)]
        whens = " ".join(f"when {self._wall(at)} = {wall} then {at}" for at in earlier)
        return f"case {whens} else {latest} end"

    def is_gap(self, instant: str, wall: str) -> str:
        """True for a wall clock time that the clock jumped over."""
        return "false" if self.zone is None else f"coalesce({self._wall(instant)} <> {wall}, false)"

    def is_fold(self, instant: str, wall: str) -> str:
        """True for a wall clock time that the clock showed twice."""
        if self.zone is None:
            return "false"
        later = [f"{instant} + interval {minutes} minute" for minutes in (60, 30)]
        same = " or ".join(f"{self._wall(at)} = {wall}" for at in later)
        return f"coalesce({same}, false)"

    def _wall(self, instant: str) -> str:
        return f"((({instant}) at time zone 'UTC') at time zone '{self.zone}')"
