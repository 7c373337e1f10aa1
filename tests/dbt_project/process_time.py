"""The models of process time on a handful of in-memory tables, and a plain-Python reading of the same rules.

Knows the SQL of those models as files and the rules of K4. Must not know dbt: a history takes milliseconds.
"""

from __future__ import annotations

import functools
import hashlib
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import jinja2

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MACROS = ("time", "numbers", "kpis", "work_time", "pii", "text", "questions", "survival", "people")
# In the order in which they read each other.
CHAIN = (
    "intermediate/time/int_time__entries", "intermediate/time/int_time__texts", "intermediate/time/int_time__categories",
    "intermediate/time/int_time__workdays", "intermediate/time/int_time__stretches", "intermediate/time/int_time__pulse",
    "marts/process/fct_time_entries", "marts/process/fct_time_days",
    "marts/process/dim_time_categories", "marts/process/fct_process_days", "marts/process/dim_process_savings",
)  # fmt: skip
Hours = dict[tuple[str, date], dict[str, float]]  # by person and week, then by category
CATEGORIES = ("status_updates", "data_requests", "tool_configuration", "meeting_coordination")
TABLES = {
    "stg_company__settings": "timezone varchar, week_start bigint",
    "stg_company__survey_questions": "source varchar, project varchar, category varchar, question varchar, is_about_last_week boolean",
    **dict.fromkeys(
        ("stg_typeform__responses", "stg_surveymonkey__responses", "stg_qualtrics__responses"),
        "source varchar, project varchar, response_id varchar, respondent_id varchar, answers varchar, responded_at timestamp",
    ),
    "dim_settings": "timezone varchar, week_start bigint, minimum_group_size bigint",
    "dim_people": "person_id varchar, role varchar, area varchar, start_on date, end_on date",
    "int_people__logins": "kind varchar, login varchar, person_id varchar",
    "int_records__last_seen": "last_event_at timestamp",
    "dim_data_through": "data_through_at timestamp",
    "stg_company__time_rules": "position bigint, category_position bigint, category varchar, field varchar, operator varchar, looked_for varchar",
    "stg_company__working_hours": "weekday bigint, from_minute bigint, to_minute bigint",
    "stg_company__process_rules": "process varchar, field varchar, operator varchar, looked_for varchar",
    "stg_company__process_savings": "process varchar, category varchar",
    "dim_tools": "tool varchar, kind varchar, rollout_on date, has_cost_rules boolean",
    "dim_kpi_baselines": "kpi varchar, variant varchar, from_on date, to_on date",
    "dim_kpi_targets": "kpi varchar, variant varchar, at_least double, at_most double, per varchar",
    "stg_google_calendar__events": "calendar_event_id varchar, organizer_email varchar, attendees varchar",
    "stg_google_calendar__occurrences": (
        "calendar_event_id varchar, source varchar, project varchar, owner_email varchar, summary varchar, event_type varchar,"
        " is_free boolean, is_all_day boolean, is_organizer boolean, owner_response varchar, start_at timestamp, end_at timestamp"
    ),
    **dict.fromkeys(
        ("stg_toggl__entries", "stg_clockify__entries"),
        "entry_id varchar, source varchar, project varchar, email varchar, user_name varchar, description varchar,"
        " work_project varchar, task varchar, tags varchar, start_at timestamp, end_at timestamp",
    ),
}


@functools.cache
def rendered(model: str) -> str:
    """SQL of a model with its macros, a ref read as the name of a table."""
    macros = "".join((PROJECT / f"macros/{name}.sql").read_text() for name in MACROS)
    text = (PROJECT / f"models/{model}.sql").read_text()
    template = jinja2.Environment(autoescape=False).from_string(macros + text)
    return template.render(ref=lambda name: name)


@dataclass(frozen=True)
class Entry:
    """A stretch of tracked time, in UTC, or of a calendar where `tags` is None."""

    who: str
    start: datetime
    minutes: int
    title: str
    tags: tuple[str, ...] | None = ()


@dataclass(frozen=True)
class Answer:
    """An answer to the weekly pulse: hours by category as they were typed, in the form that the tool exports."""

    who: str
    at: datetime
    hours: dict[str, str | float]
    source: str = "typeform"

    def row(self, number: int) -> tuple:
        if self.source == "surveymonkey":
            told: object = self.hours
        elif self.source == "qualtrics":
            told = [{"id": name, "name": name, "question": "?", "value": value} for name, value in self.hours.items()]  # fmt: skip
        else:
            told = [
                {"type": "number", "field": {"id": "x", "ref": name}, "number": value}
                if isinstance(value, int | float)
                else {"question": name, "text": value}
                for name, value in self.hours.items()
            ]
        return (self.source, "pulse", str(number), f"{self.who}@acme.test", json.dumps(told), self.at)  # fmt: skip


@dataclass
class History:
    """A company's time: who worked when, what they wrote down, and how it is told apart."""

    entries: list[Entry] = field(default_factory=list)
    people: dict[str, tuple[date | None, date | None]] = field(default_factory=dict)
    rules: list[tuple[str, str, str, str]] = field(default_factory=list)
    hours: tuple[int, int] = (540, 1080)
    zone: str = "Europe/Berlin"
    baselines: dict[str, tuple[date, date]] = field(default_factory=dict)
    minimum: int = 5
    pulse: list[Answer] = field(default_factory=list)
    # by process: its rollout, what its title contains, the categories that it saves
    processes: dict[str, tuple[date, str, tuple[str, ...]]] = field(default_factory=dict)

    def told(self) -> duckdb.DuckDBPyConnection:
        """The tables of the history with the models built on them."""
        con = duckdb.connect()
        con.execute("set timezone = 'UTC'; set threads = 1")
        for name, columns in TABLES.items():
            con.execute(f"create table {name} ({columns})")

        def fill(table: str, rows: list[tuple]) -> None:
            if rows:
                places = f"({', '.join('?' * len(rows[0]))})"
                values = [value for row in rows for value in row]
                con.execute(f"insert into {table} values {', '.join([places] * len(rows))}", values)

        order = list(dict.fromkeys(rule[0] for rule in self.rules))
        fill("stg_company__settings", [(self.zone, 1)])
        fill("dim_settings", [(self.zone, 1, self.minimum)])
        fill(
            "dim_people",
            [
                (who, "pm" if who.startswith("pm") else "engineer", "growth", *span)
                for who, span in self.people.items()
            ],
        )
        fill("int_people__logins", [("email", f"{who}@acme.test", who) for who in self.people])
        fill("int_people__logins", [("name", f"name of {who}", who) for who in self.people])
        last = max((entry.start for entry in self.entries), default=datetime(2025, 1, 1))
        fill("int_records__last_seen", [(last,)])
        fill("dim_data_through", [(last,)])
        fill(
            "stg_company__time_rules",
            [(n, order.index(rule[0]) + 1, *rule) for n, rule in enumerate(self.rules, 1)],
        )
        fill("stg_company__working_hours", [(day, *self.hours) for day in range(1, 6)])
        fill("dim_kpi_baselines", [("K4", name, *span) for name, span in self.baselines.items()])
        for process, (rollout, costs, saves) in self.processes.items():
            fill("dim_tools", [(process, "process", rollout, bool(costs))])
            if costs:
                fill("stg_company__process_rules", [(process, "title", "contains", costs)])
            fill("stg_company__process_savings", [(process, category) for category in saves])
        for source in sorted({answer.source for answer in self.pulse}):
            answers = [a.row(n) for n, a in enumerate(self.pulse) if a.source == source]
            fill(f"stg_{source}__responses", answers)
            asked = [(source, "pulse", name, name.upper(), source == "qualtrics") for name in CATEGORIES]  # fmt: skip
            fill("stg_company__survey_questions", asked)
        meetings = [entry for entry in self.entries if entry.tags is None]
        fill(
            "stg_google_calendar__events",
            [(str(n), f"{e.who}@acme.test", "[]") for n, e in enumerate(meetings)],
        )
        fill(
            "stg_google_calendar__occurrences",
            [
                (str(n), "google_calendar", "app", f"{e.who}@acme.test", e.title, "default", False, False, True, None, e.start, e.start + timedelta(minutes=e.minutes))
                for n, e in enumerate(meetings)
            ],
        )  # fmt: skip
        fill(
            "stg_toggl__entries",
            [
                (f"t{n}", "toggl", "app", f"{e.who}@acme.test", None, e.title, None, None, json.dumps(e.tags), e.start, e.start + timedelta(minutes=e.minutes))
                for n, e in enumerate(self.entries) if e.tags is not None
            ],
        )  # fmt: skip
        for model in CHAIN:
            con.execute(f"create table {model.rpartition('/')[2]} as {rendered(model)}")
        return con

    def kpi(self, as_of: str, model: str = "kpi_process_efficiency") -> dict[tuple, dict]:
        """The rows of the KPI as of an instant, by variant, period and period start."""
        with self.told() as con:
            con.execute("set variable as_of = ?::timestamp", [as_of])
            told = con.execute(rendered(f"kpis/{model}"))
            names = [column[0] for column in told.description]
            rows = [dict(zip(names, row, strict=True)) for row in told.fetchall()]
        return {(row["variant"], row["period"], str(row["period_start"])): row for row in rows}


def monday(week: int) -> date:
    """The Monday of a week; week 0 begins on 3 March 2025, and the clocks change in week 3."""
    return date(2025, 3, 3) + timedelta(weeks=week)


def at(week: int, day: int, clock: str, zone: str = "Europe/Berlin") -> datetime:
    """An instant in UTC from a wall clock of the company."""
    hour, minute = map(int, clock.split(":"))
    local = datetime.combine(monday(week) + timedelta(days=day), datetime.min.time())
    local += timedelta(hours=hour, minutes=minute)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def random_history(seed: int) -> History:
    """Nine managers and an engineer over fourteen weeks: overlaps, nights, weekends, gaps, late starts, early leaves."""
    chance = random.Random(seed)
    people: dict[str, tuple[date | None, date | None]] = {
        f"pm-{n}": (None, None) for n in range(1, 10)
    }
    people["pm-7"] = (monday(chance.randrange(3)) + timedelta(days=chance.randrange(7)), None)
    people["pm-8"] = (None, monday(13) - timedelta(days=chance.randrange(0, 20)))
    people["eng-1"] = (None, None)
    words = ("Weekly STATUS", "data pull", "Set up board", "Coordination", "Customer call", "status on data")  # fmt: skip
    entries = []
    for who in people:
        for week in range(14):
            missing = chance.random() < 0.03  # a week of holiday
            for _ in range(0 if missing else chance.randrange(6, 12)):
                start = at(week, chance.randrange(7), f"{chance.randrange(24)}:{chance.choice('0123')}{chance.randrange(10)}")  # fmt: skip
                tags = None if chance.random() < 0.5 else tuple(chance.sample(["Ops", "x"], chance.randrange(3)))  # fmt: skip
                entries.append(Entry(who, start, chance.randrange(5, 200), chance.choice(words), tags))  # fmt: skip
    rules = [
        ("status_updates", "title", "contains", "Status"),
        ("data_requests", "title", "contains", "data"),
        ("tool_configuration", "title", "equals", " set up BOARD"),
        ("meeting_coordination", "tag", "equals", "ops"),
        ("meeting_coordination", "title", "contains", "coordin"),
    ]
    chance.shuffle(rules)
    baselines = {"calendar": (monday(1), monday(5) + timedelta(days=3))} if seed % 2 else {}
    return History(entries, people, rules, baselines=baselines)


def category_of(history: History, entry: Entry) -> str | None:
    """The category of the first rule that fits."""
    for category, field_, operator, value in history.rules:
        texts = [entry.title] if field_ == "title" else entry.tags or ()
        for text in texts:
            wanted = value.lower()
            fits = wanted in text.lower() if operator == "contains" else text.lower().strip() == wanted.strip()  # fmt: skip
            if fits:
                return category
    return None


def hours_of(history: History, evidence: str) -> Hours:
    """Hours by person, week and category, told minute by minute; a week with an entry is there though it has no hours."""
    order = list(dict.fromkeys(rule[0] for rule in history.rules))
    zone, minutes, weeks = ZoneInfo(history.zone), {}, {}
    for entry in history.entries:
        if (entry.tags is None) != (evidence == "calendar"):
            continue
        category = category_of(history, entry)
        for minute in range(entry.minutes):
            moment = entry.start + timedelta(minutes=minute)
            local = moment.replace(tzinfo=UTC).astimezone(zone)
            week = local.date() - timedelta(days=local.weekday())
            weeks.setdefault((entry.who, week), dict.fromkeys(CATEGORIES, 0.0))
            clock = local.hour * 60 + local.minute
            if category and local.weekday() < 5 and history.hours[0] <= clock < history.hours[1]:
                known = minutes.get((entry.who, moment))
                if known is None or order.index(category) < order.index(known):
                    minutes[entry.who, moment] = category
    for (who, moment), category in minutes.items():
        local = moment.replace(tzinfo=UTC).astimezone(zone)
        weeks[who, local.date() - timedelta(days=local.weekday())][category] += 1 / 60
    return weeks


def expected(
    history: History, hours: Hours, evidence: str, period: tuple[date, date], as_of: date
) -> dict[str, dict]:
    """K4 of one period by the letter of its definition, from the hours of that evidence."""
    seven, zone = timedelta(days=7), ZoneInfo(history.zone)
    first = min(
        e.start.replace(tzinfo=UTC).astimezone(zone).date()
        for e in history.entries
        if (e.tags is None) == (evidence == "calendar") and e.who.startswith("pm")
    )
    every = [monday(n) for n in range(-1, 30) if monday(n) + seven <= as_of]
    whole = [week for week in every if week >= first]
    recent = [w for w in whole if period[0] < w + seven <= period[1]][-4:]
    baseline = whole[:4]
    if evidence in history.baselines:
        low, high = history.baselines[evidence]
        baseline = [week for week in every if week >= low and week + seven <= high]

    def employed(who: str, week: date) -> bool:
        start, end = history.people[who]
        return (not start or start <= week) and (not end or week + timedelta(days=6) <= end)

    managers = [who for who in history.people if who.startswith("pm")]
    there = [(who, week) for who in managers for week in recent if employed(who, week)]
    covered = [key for key in there if key in hours]
    people = sorted({who for who, _ in covered})
    found: dict[str, dict] = {}
    for name in ("hours", *CATEGORIES):
        names = CATEGORIES if name == "hours" else (name,)
        total = sum(hours[key][one] for key in covered for one in names)
        found[name] = {"value": total / len(covered) if covered else None, "n": len(people)}
    panel = [
        who
        for who in managers
        if all((who, w) in hours and employed(who, w) for w in (*recent, *baseline))
    ]
    if len(recent) < 4 or (baseline and recent[0] <= baseline[-1]):
        panel = []
    means = [
        [sum(sum(hours[who, w].values()) for w in weeks) / len(weeks) for weeks in (recent, baseline)]
        for who in sorted(panel)
    ]  # fmt: skip
    found["change"] = {"n": len(panel), "value": None}
    if panel:
        found["change"]["value"] = sum(m[0] for m in means) / sum(m[1] for m in means) - 1
        found["change"]["interval"] = bootstrap(means)
    for row in found.values():
        row["coverage"] = len(covered) / len(there) if there else None
        row["is_shown"] = len(recent) == 4 and row["n"] >= history.minimum
    return found


def bootstrap(means: list[list[float]], draws: int = 1000) -> tuple[float, float]:
    """Percentiles of the change over people taken with the numbers that the model takes."""
    values = []
    for draw in range(draws):
        taken = [means[_chance(f"K4|{draw}|{seat}") % len(means)] for seat in range(len(means))]
        values.append(sum(m[0] for m in taken) / sum(m[1] for m in taken) - 1)
    values.sort()

    def quantile(share: float) -> float:
        place = share * (len(values) - 1)
        low = int(place)
        return values[low] + (place - low) * (values[min(low + 1, len(values) - 1)] - values[low])

    return quantile(0.025), quantile(0.975)


def _chance(text: str) -> int:
    return int.from_bytes(hashlib.md5(text.encode()).digest()[8:], "little")
