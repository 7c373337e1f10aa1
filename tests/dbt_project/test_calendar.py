"""Local time, the calendar and sessions as the models compute them, against Python's own (cases 71 to 73 and 76)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import jinja2
import pytest

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
ZONES = (
    "UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "Asia/Kolkata",
    "Asia/Kathmandu", "Australia/Lord_Howe", "Australia/Adelaide", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia",
    "Pacific/Chatham", "Africa/Casablanca", "Asia/Pyongyang",
)  # fmt: skip


def rendered(text: str) -> str:
    """SQL of the project with its macros, a ref read as the name of a table."""
    macros = "".join(
        (PROJECT / f"macros/{name}.sql").read_text() for name in ("time", "ids", "increments")
    )
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])
    return environment.from_string(macros + text).render(
        ref=lambda name: name,
        source=lambda schema, name: f"{schema}.{name}",
        config=lambda **said: "",
        this="this_model",
        is_incremental=lambda: False,
    )


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        opened.execute("set timezone = 'UTC'")
        yield opened


@pytest.mark.parametrize("zone", ZONES)
def test_case_072_every_zone_has_its_own_days_and_hours(con, zone):
    """Whole hours, halves and quarters, +14 and -11, changed rules: 2015 to 2024, every seven hours."""
    query = rendered("select moment, {{ local_time('moment', 'zone') }} from instants")
    con.execute(
        "create or replace temp table instants as select ? as zone, unnest(range(timestamp '2015-01-01',"
        " timestamp '2025-01-01', interval 7 hour)) as moment",
        [zone],
    )
    wrong = [
        (at, local)
        for at, local in con.execute(query).fetchall()
        if local != at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    ]
    assert wrong == []


@pytest.mark.parametrize("zone", [*ZONES, "Europe/Amsterdam", "Africa/Monrovia"])
def test_case_072_the_shift_of_a_quarter_is_that_of_each_instant_in_it(con, zone):
    """Around all clock changes, and in times when clocks were set by the sun, minutes and seconds from a whole quarter."""
    con.execute(
        "create or replace temp table stg_company__settings as select ? as timezone", [zone]
    )
    con.execute(
        "create or replace temp table int_events__unioned as select unnest(range(timestamp '1880-01-01', timestamp '2026-01-01',"
        " interval '50 hours 7 minutes 1 second')) as occurred_at"
        " union select unnest(range(timestamp '2024-03-01', timestamp '2024-11-10', interval '14 minutes 59.5 seconds'))"
        " union select unnest(range(timestamp '1937-06-30', timestamp '1937-07-02', interval '19 seconds'))"
    )
    quarters = (PROJECT / "models/intermediate/events/int_events__quarter_hours.sql").read_text()
    con.execute(rendered(f"create or replace temp table int_events__quarter_hours as {quarters}"))
    wrong = con.execute(
        rendered(
            "select count(*) from int_events__unioned as events cross join stg_company__settings as settings"
            " left join int_events__quarter_hours as quarters on {{ quarter_of('occurred_at') }} = quarters.quarter_at"
            " where {{ local_time('occurred_at', 'timezone') }} is distinct from {{ shifted_time('occurred_at', 'shift', 'timezone') }}"
            " or quarters.quarter_at is null"
        )
    ).fetchone()
    assert wrong == (0,)


CHANGES = [
    ("Europe/Berlin", "2024-03-31 01:00", 23), ("Europe/Berlin", "2024-10-27 01:00", 25), ("America/New_York", "2024-03-10 07:00", 23),
    ("America/New_York", "2024-11-03 06:00", 25), ("Australia/Lord_Howe", "2024-04-06 15:00", 24.5), ("Australia/Lord_Howe", "2024-10-05 15:30", 23.5),
    ("America/St_Johns", "2024-03-10 05:30", 23), ("Asia/Kolkata", "2024-03-31 00:00", 24),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "change", "hours"), CHANGES)
def test_case_071_a_day_of_a_clock_change_has_its_real_hours_and_every_minute_once(con, zone, change, hours):  # fmt: skip
    """The minutes of the local day of a change, counted by the model's own local date."""
    at = datetime.fromisoformat(change)
    day = at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    query = rendered(
        "with minutes as (select unnest(range(?::timestamp - interval 3 day, ?::timestamp + interval 3 day,"
        " interval 1 minute)) as moment) "
        f"select cast({{{{ local_time('moment', \"'{zone}'\") }}}} as date) as day, count(*)"
        " from minutes group by all"
    )
    counted = dict(con.execute(query, [at, at]).fetchall())
    assert counted[day] == hours * 60
    assert counted[day - timedelta(days=1)] == counted[day + timedelta(days=1)] == 24 * 60


def test_case_073_the_calendar_of_2015_to_2040_is_pythons(con):
    """Leap days, ISO week 53, ends of years, months and quarters: what the models ask of DuckDB, day by day."""
    rows = con.execute(
        "select day::date, isodow(day), isoyear(day), weekofyear(day), date_trunc('week', day)::date,"
        " date_trunc('month', day)::date, date_trunc('quarter', day)::date, date_trunc('year', day)::date,"
        " dayofyear(day), last_day(day), (day + interval 1 month)::date, (day + interval 1 year)::date"
        " from (select unnest(range(date '2015-01-01', date '2041-01-01', interval 1 day)) as day)"
    ).fetchall()
    assert len(rows) == 26 * 365 + 7  # leap days 2016, 2020 … 2040
    for day, weekday, iso_year, week, monday, month, quarter, year, number, last, in_a_month, in_a_year in rows:  # fmt: skip
        assert (iso_year, week, weekday) == tuple(day.isocalendar())
        assert monday == day - timedelta(days=day.weekday())
        assert month == day.replace(day=1) and year == date(day.year, 1, 1)
        assert quarter == date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        assert number == (day - year).days + 1
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        assert last == following - timedelta(days=1)
        ends = date(following.year + following.month // 12, following.month % 12 + 1, 1) - timedelta(days=1)  # fmt: skip
        assert in_a_month == following.replace(day=min(day.day, ends.day))
        assert in_a_year == (day.replace(year=day.year + 1) if (day.month, day.day) != (2, 29) else date(day.year + 1, 2, 28))  # fmt: skip
    weeks = {row[2]: max(r[3] for r in rows if r[2] == row[2]) for row in rows[::300]}
    assert {year for year, last in weeks.items() if last == 53} >= {2015, 2020, 2026, 2032, 2037}


SESSIONS = (PROJECT / "models/intermediate/sessions/int_sessions__event_sessions.sql").read_text()
MINUTE = 60
# (person, seconds after 22:00, sessions that begin with it): 30 minutes continue, a second more does not; midnight is no end
STORY = [
    ("a", 0, 1), ("a", 30 * MINUTE, 0), ("a", 60 * MINUTE + 1, 1), ("a", 90 * MINUTE, 0),
    ("a", 110 * MINUTE, 0), ("a", 130 * MINUTE, 0), ("a", 160 * MINUTE - 1, 0), ("a", 190 * MINUTE, 1),
    ("b", 5, 1), ("b", 5, 0), ("b", 30 * MINUTE + 4, 0), ("b", 60 * MINUTE + 4, 0), ("b", 90 * MINUTE + 5, 1),
]  # fmt: skip


def sessions_of(
    con: duckdb.DuckDBPyConnection,
    story: list[tuple[str, int, int]],
    threads: int,
    vendor: list[list[str]] | None = None,
):
    """The sessions of these events as sets of (person, second), from the model's own SQL."""
    con.execute(f"set threads = {threads}")
    con.execute(
        "create or replace temp table int_identity__event_persons (event_id varchar, source varchar, project varchar,"
        " source_event_name varchar, person_id varchar, person_key ubigint, occurred_at timestamp)"
    )
    start = datetime(2024, 3, 4, 22)
    con.executemany(
        "insert into int_identity__event_persons values (?, 's', 'p', 'view', ?, ?, ?)",
        [
            [f"{who}{n}", who, ord(who), start + timedelta(seconds=at)]
            for n, (who, at, _) in enumerate(story)
        ],
    )
    con.execute(
        "create or replace temp table int_events__names as select '' as source, '' as source_event_name, '' as plan_status"
    )
    con.execute(
        "create or replace temp table stg_company__settings as select 30 as session_timeout_minutes"
    )
    con.execute(
        "create or replace temp table int_sessions__vendor_ids (event_id varchar, vendor_session_id varchar)"
    )
    con.executemany("insert into int_sessions__vendor_ids values (?, ?)", [*(vendor or [["", ""]])])
    rows = con.execute(
        f"select list(epoch(p.occurred_at)::bigint order by p.occurred_at), any_value(p.person_id)"
        f" from ({rendered(SESSIONS)}) as s inner join int_identity__event_persons as p using (event_id)"
        " group by session_id"
    ).fetchall()
    return sorted((who, tuple(at - int(start.replace(tzinfo=UTC).timestamp()) for at in seconds)) for seconds, who in rows)  # fmt: skip


def test_case_076_thirty_minutes_continue_a_session_a_second_more_ends_it_and_midnight_does_not(con):  # fmt: skip
    found = sessions_of(con, STORY, 2)
    assert [(who, seconds[0], len(seconds)) for who, seconds in found] == [
        ("a", 0, 2), ("a", 3601, 5), ("a", 11400, 1), ("b", 5, 4), ("b", 5405, 1),
    ]  # fmt: skip
    assert len(found) == sum(begins for _, _, begins in STORY)


def test_case_076_events_in_any_order_and_on_any_number_of_threads_make_the_same_sessions(con):
    chance = random.Random(76)
    story = [("abc"[chance.randrange(3)], chance.randrange(40) * 900, 0) for _ in range(300)]
    wanted = sessions_of(con, story, 1)
    for threads in (1, 2, 4):
        shuffled = chance.sample(story, len(story))
        assert sessions_of(con, shuffled, threads) == wanted


def test_rule_a5_a_vendors_session_ids_make_the_sessions_and_pauses_only_the_rest(con):
    """Random histories against plain Python: every event with an id is in the session of that id, whatever the pauses."""
    chance = random.Random(5)
    for _ in range(6):
        story = [("abc"[chance.randrange(3)], chance.randrange(60) * 600, 0) for _ in range(80)]
        ids = {
            f"{who}{n}": chance.choice("xyz")
            for n, (who, _, _) in enumerate(story)
            if chance.random() < 0.6
        }
        told: dict[tuple[str, str], list[int]] = {}
        rest: dict[str, list[int]] = {}
        for n, (who, at, _) in enumerate(story):
            own = ids.get(f"{who}{n}")
            (told.setdefault((who, own), []) if own else rest.setdefault(who, [])).append(at)
        wanted = [(who, tuple(sorted(at))) for (who, _), at in told.items()]
        for who, times in rest.items():
            run: list[int] = []
            for at in sorted(times):
                if run and at - run[-1] > 30 * MINUTE:
                    wanted.append((who, tuple(run)))
                    run = []
                run.append(at)
            wanted.append((who, tuple(run)))
        assert sessions_of(con, story, 2, [[*pair] for pair in ids.items()]) == sorted(wanted)


VENDOR_IDS = (PROJECT / "models/intermediate/sessions/int_sessions__vendor_ids.sql").read_text()


def test_rule_a5_only_chosen_projects_give_their_session_ids_and_minus_one_is_none(con):
    con.execute(
        """
        create or replace temp table stg_amplitude__events as
        select * from (values
            ('a1', 'amplitude', 'web', '170'), ('a2', 'amplitude', 'web', null), ('a3', 'amplitude', 'app', '170')
        ) as t(event_id, source, project, vendor_session_id);
        create or replace temp table stg_posthog__events as
        select * from (values
            ('p1', 'posthog', 'web', '{"$session_id": "s"}'), ('p2', 'posthog', 'web', '{}'), ('p3', 'posthog', 'app', '{"$session_id": "s"}')
        ) as t(event_id, source, project, properties);
        create or replace temp table stg_events__events as
        select * from (values
            ('e1', 'events', 'default', '{"session_id": " 7 "}'), ('e2', 'events', 'default', '{"session_id": "-1"}'), ('e3', 'events', 'default', '{"session_id": ""}')
        ) as t(event_id, source, project, properties);
        """
    )
    query = rendered(VENDOR_IDS.replace("{{ config(materialized='view') }}", ""))
    chosen = '[{"source": "amplitude", "project": "web"}, {"source": "posthog", "project": "web"}, {"source": "events", "project": "default"}]'
    for told, wanted in (("[]", []), (chosen, [("a1", "170"), ("e1", "7"), ("p1", "s")])):
        con.execute(
            f"create or replace temp table stg_company__settings as select '{told}' as vendor_sessions"
        )
        assert sorted(con.execute(query).fetchall()) == wanted
