"""K1 beyond the product's own log: views of BI tools and data-request tickets, from staged rows to the KPI, without dbt."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from datetime import datetime, timedelta

import duckdb
import pytest

from tests.dbt_project.process_time import rendered
from tests.oracles.survival_reference import kaplan_meier

CHAIN = (
    "intermediate/process/int_questions__views", "intermediate/process/int_questions__tickets", "intermediate/process/int_questions__asks",
    "intermediate/process/int_questions__episodes", "marts/process/fct_question_asks", "marts/process/fct_data_tickets",
    "marts/process/dim_access_tools",
)  # fmt: skip
TABLES = {
    "dim_settings": "timezone varchar",
    "dim_data_through": "data_through_at timestamp",
    "dim_kpi_targets": "kpi varchar, variant varchar, at_least double, at_most double, per varchar",
    "dim_kpi_baselines": "kpi varchar, variant varchar, from_on date, to_on date",
    "dim_people": "person_id varchar, role varchar",
    "int_people__logins": "kind varchar, login varchar, person_id varchar",
    "stg_company__data_answers": "source varchar, dashboard_id varchar, card_id varchar, report varchar, question varchar",
    "stg_company__data_requests": "source varchar, project_key varchar, label varchar, question_label_prefix varchar",
    "stg_metabase__core_user": "project varchar, user_id varchar, email varchar",
    "stg_metabase__query_execution": (
        "source varchar default 'metabase', project varchar default 'p', executor_id varchar, context varchar, dashboard_id varchar,"
        " card_id varchar, started_at timestamp, answered_at timestamp, has_failed boolean default false"
    ),
    "stg_looker__history": (
        "source varchar default 'looker', project varchar default 'p', user_id varchar, user_email varchar, dashboard_id varchar,"
        " look_id varchar, started_from varchar, issuer_source varchar, status varchar, runtime_seconds double,"
        " started_at timestamp, completed_at timestamp, has_failed boolean default false"
    ),
    "stg_mode__events": (
        "source varchar default 'mode', project varchar default 'p', user_email varchar, asset_id varchar, status varchar,"
        " duration_ms bigint, occurred_at timestamp"
    ),
    "stg_jira__issues": (
        "source varchar default 'jira', project varchar default 'p', issue_id varchar, project_key varchar, labels varchar,"
        " reporter_email varchar, reporter_name varchar, created_at timestamp, resolved_at timestamp"
    ),
    "stg_linear__issues": (
        "source varchar default 'linear', project varchar default 'p', issue_id varchar, team varchar, labels varchar, creator varchar,"
        " created_at timestamp, completed_at timestamp"
    ),
    "stg_question_log__entries": (
        "entry_id varchar, project varchar default 'log', ask_id varchar, kind varchar, who varchar, question varchar,"
        " channel varchar default 'page', refines varchar, complete boolean, about varchar, logged_at timestamp"
    ),
}  # fmt: skip
DAY = "2025-02-10 "


def run(at: str, seconds: int = 2, **more) -> dict:
    """A query of Metabase on dashboard 12 by user 1, unless told otherwise."""
    started = duckdb.sql(f"select timestamp '{DAY}{at}', timestamp '{DAY}{at}' + to_seconds({seconds})").fetchone()  # fmt: skip
    return {"executor_id": "1", "context": "dashboard", "dashboard_id": "12", "card_id": "301", "started_at": started[0], "answered_at": started[1], **more}  # fmt: skip


def issue(key: str, created: str, resolved: str | None = None, labels=("data-request", "q-retention"), **more) -> dict:  # fmt: skip
    return {"issue_id": key, "project_key": "DATA", "labels": json.dumps(labels), "reporter_email": "pm1@acme.test", "created_at": DAY + created, "resolved_at": resolved, **more}  # fmt: skip


def logged(ask: str, kind: str, at: str, **more) -> dict:
    return {"entry_id": f"{ask}/{kind}", "ask_id": ask, "kind": kind, "who": "pm-1", "question": "retention", "logged_at": DAY + at, **more}  # fmt: skip


MAPPED = {
    "metabase": "('metabase', '12', null, null, 'retention'), ('metabase', null, '44', null, 'funnel')",
    "looker": "('looker', '7', null, null, 'nps')",
    "mode": "('mode', null, null, 'r1', 'nps')",
}


def told(as_of: str = "2025-04-01", mapped: tuple[str, ...] = (), **rows: list[dict]):
    """The episodes and the first quarter of K1; data_access.yml maps what is delivered, and `mapped`."""
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'; set threads = 1")
        for name, columns in TABLES.items():
            con.execute(f"create table {name} ({columns})")
        people = [(f"pm-{n}", f"pm{n}@acme.test", f"pm {n}", "pm") for n in (1, 2)] + [("an-1", "an1@acme.test", "an 1", "analyst")]  # fmt: skip
        for person, email, name, role in people:
            con.execute("insert into dim_people values (?, ?)", [person, role])
            for kind, login in (("id", person), ("email", email), ("name", name)):
                con.execute("insert into int_people__logins values (?, ?, ?)", [kind, login, person])  # fmt: skip
        con.execute("insert into dim_settings values ('Europe/Berlin')")
        for tool, answers in MAPPED.items():
            if tool in mapped or any(table.startswith(f"stg_{tool}__") for table in rows):
                con.execute(f"insert into stg_company__data_answers values {answers}")
        con.execute("insert into stg_company__data_requests values ('jira', 'DATA', 'data-request', 'q-'), ('linear', 'Data', null, 'q-')")  # fmt: skip
        con.execute("insert into stg_metabase__core_user values ('p', '1', 'pm1@acme.test'), ('p', '2', 'pm2@acme.test'), ('p', '3', 'an1@acme.test'), ('p', '9', 'gone@acme.test')")  # fmt: skip
        for table, listed in rows.items():
            for row in listed:
                names, places = ", ".join(row), ", ".join("?" * len(row))
                con.execute(f"insert into {table} ({names}) values ({places})", list(row.values()))
        for model in CHAIN:
            con.execute(f"create table {model.rpartition('/')[2]} as {rendered(model)}")
        con.execute("set variable as_of = ?::timestamp", [as_of])
        found = con.execute(rendered("kpis/kpi_data_access_time"))
        names = [column[0] for column in found.description]
        kpi = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        episodes = con.execute("select person_id, question, count(*), date_diff('second', min(asked_at), max(answered_at)), bool_and(complete) from fct_question_asks where is_known_person group by episode_id, person_id, question order by min(asked_at), question").fetchall()  # fmt: skip
    return episodes, {row["variant"]: row for row in kpi if row["period"] == "quarter" and str(row["period_start"]) == "2025-01-01"}  # fmt: skip


RUNS = "stg_metabase__query_execution"


def test_k1_all_rows_of_a_dashboard_in_a_minute_are_one_view_until_the_last_is_done():
    episodes, kpi = told(**{RUNS: [run("10:00:05"), run("10:00:06", 30, card_id="302"), run("10:00:59", 1)]})  # fmt: skip
    assert episodes == [("pm-1", "retention", 1, 55, True)]
    assert kpi["median_seconds"]["value"] == 55 and kpi["within_15m_inferred"]["numerator"] == 1
    assert kpi["self_serve"]["value"] == 1 and kpi["within_15m"]["coverage"] == 1


def test_k1_a_view_with_a_failed_row_is_not_complete():
    episodes, kpi = told(**{RUNS: [run("10:00:05"), run("10:00:06", has_failed=True)]})
    assert episodes == [("pm-1", "retention", 1, 3, False)]
    assert (kpi["within_15m"]["numerator"], kpi["within_15m"]["denominator"]) == (0, 1)


def test_k1_a_failed_view_and_a_good_one_a_little_later_are_one_episode():
    episodes, kpi = told(**{RUNS: [run("10:00:00", has_failed=True), run("10:15:00", 0)]})
    assert episodes == [("pm-1", "retention", 2, 900, False)]
    assert kpi["within_15m"]["value"] == 1  # fifteen minutes count
    late = told(**{RUNS: [run("10:00:00", has_failed=True), run("10:15:00", 1)]})[1]
    assert late["within_15m"]["value"] == 0


@pytest.mark.parametrize(
    "more",
    [
        {"context": "dashboard-subscription"},
        {"context": "ad-hoc"},
        {"context": "public-csv-download"},
        {"dashboard_id": "13"},
        {"dashboard_id": None},  # card 301 answers nothing
    ],
)
def test_k1_these_rows_are_no_view(more):
    assert told(**{RUNS: [run("10:00:00", **more)]}) == ([], {})


@pytest.mark.parametrize(
    ("more", "question"),
    [
        ({"context": "xlsx-download"}, "retention"),
        ({"context": "question", "dashboard_id": None, "card_id": "44"}, "funnel"),
        ({"dashboard_id": "13", "card_id": "44"}, "funnel"),
        ({"card_id": "44"}, "retention"),  # a declared dashboard speaks for its cards
    ],
)
def test_k1_these_rows_are_a_view_of_this_question(more, question):
    episodes, _ = told(**{RUNS: [run("10:00:00", **more)]})
    assert [episode[1] for episode in episodes] == [question]


def test_k1_views_by_nobody_we_know_lower_the_coverage_and_analysts_are_no_managers():
    rows = [run("10:00:00"), run("11:00:00", executor_id="9"), run("12:00:00", executor_id="3"), run("13:00:00", executor_id=None)]  # fmt: skip
    _, kpi = told(**{RUNS: rows})
    assert kpi["within_15m"]["denominator"] == 1 and kpi["within_15m"]["coverage"] == 0.5


def test_k1_looker_and_mode_views_count_where_they_are_declared():
    looker = {"user_email": "pm1@acme.test", "dashboard_id": "7", "started_from": "dashboard", "issuer_source": "User", "started_at": DAY + "10:00", "runtime_seconds": 4.0}  # fmt: skip
    mode = {"user_email": "pm2@acme.test", "asset_id": "r1", "occurred_at": DAY + "10:00", "duration_ms": 3000}  # fmt: skip
    machine = {**looker, "issuer_source": "System", "started_from": "scheduled_task"}
    episodes, _ = told(stg_looker__history=[looker, machine], stg_mode__events=[mode])
    assert sorted(episodes) == [("pm-1", "nps", 1, 4, True), ("pm-2", "nps", 1, 3, True)]


def views_on(*days: str) -> list[dict]:
    return [run("10:00:00", started_at=f"{day} 10:00", answered_at=f"{day} 10:01") for day in days]


def asks_on(*days: str) -> list[dict]:
    return [{**logged(f"{day}/{n}", kind, "10:00"), "question": "nps", "logged_at": f"{day} 1{n % 10}:{minute}", **more} for n, day in enumerate(days) for kind, minute, more in (("asked", "00", {}), ("answered", "01", {"complete": True}))]  # fmt: skip


def test_k1_a_mapped_tool_of_which_nothing_was_delivered_is_named():
    days = [f"2025-02-{day:02d}" for day in range(1, 21, 2)]
    _, kpi = told(**{RUNS: views_on(*days)})
    assert kpi["within_15m"]["reportable"] and kpi["within_15m"]["value"] == 1
    _, kpi = told(mapped=("looker", "mode"), **{RUNS: views_on(*days)})
    assert not any(row["reportable"] for row in kpi.values())
    assert kpi["within_15m"]["value"] == 1
    assert kpi["within_15m"]["reason"] == (
        "data_access.yml maps looker and mode, of which nothing was delivered"
    )


def test_k1_a_log_that_ends_while_people_ask_elsewhere_is_named():
    """Nine asks lie within a week of the log; of one more, one in ten is outside, of two more, more than that."""
    within = [f"2025-02-{day:02d}" for day in (1, 3, 5, 7, 9, 11, 13, 15, 16)]
    views = views_on("2025-02-01", "2025-02-10")
    _, kpi = told(**{RUNS: views, "stg_question_log__entries": asks_on(*within, "2025-02-18")})
    assert kpi["within_15m"]["reportable"]
    late = asks_on(*within, "2025-02-18", "2025-02-28")
    _, kpi = told(**{RUNS: views, "stg_question_log__entries": late})
    assert not any(row["reportable"] for row in kpi.values())
    assert (
        kpi["within_15m"]["reason"] == "the log of metabase tells only of 2025-02-01 to 2025-02-10"
    )
    # a tool's own views are no ask elsewhere
    far = views_on(*(f"2025-02-{day:02d}" for day in range(1, 21, 2)), "2025-03-31")
    assert told(**{RUNS: far})[1]["within_15m"]["reportable"]


def test_k1_a_ticket_is_answered_when_it_is_resolved():
    rows = [
        issue("1", "10:00", DAY + "10:15:00"),
        issue("2", "10:00", DAY + "10:15:01", labels=("data-request", "q-nps")),
        issue("3", "10:00", labels=("data-request", "q-funnel")),
    ]
    _, kpi = told(stg_jira__issues=rows)
    assert (kpi["within_15m"]["numerator"], kpi["within_15m"]["denominator"]) == (1, 3)
    assert kpi["within_15m_inferred"]["numerator"] == 1 and kpi["within_15m_confirmed"]["numerator"] == 0  # fmt: skip
    assert kpi["self_serve"]["value"] == 0


def test_k1_a_ticket_filed_within_a_day_of_the_answer_takes_the_answer_back():
    asked = [logged("q1", "asked", "10:00"), logged("q1", "answered", "10:01", complete=True)]
    alone = told(stg_question_log__entries=asked)[1]
    assert alone["within_15m"]["value"] == 1
    episodes, kpi = told(stg_question_log__entries=asked, stg_jira__issues=[issue("1", "12:00", "2025-02-12 12:00")])  # fmt: skip
    assert episodes == [("pm-1", "retention", 2, 180000, True)]
    assert (kpi["within_15m"]["numerator"], kpi["self_serve"]["value"]) == (0, 0)
    other = told(stg_question_log__entries=asked, stg_jira__issues=[issue("1", "12:00", labels=("data-request", "q-nps"))])[1]  # fmt: skip
    assert other["within_15m"]["numerator"] == 1


def test_k1_a_view_continues_what_was_asked_in_the_product():
    asked = [logged("q1", "asked", "09:50"), logged("q1", "answered", "09:51", complete=False)]
    episodes, kpi = told(stg_question_log__entries=asked, **{RUNS: [run("10:00:00", 1)]})
    assert episodes == [("pm-1", "retention", 2, 601, False)] and kpi["within_15m"]["value"] == 1


def test_k1_a_ticket_without_a_standard_question_is_counted_beside():
    rows = [issue("1", "10:00", labels=("data-request",)), issue("2", "10:00", labels=("other",)), issue("3", "10:00", project_key="APP")]  # fmt: skip
    _, kpi = told(stg_jira__issues=[*rows, issue("4", "11:00")])
    assert kpi["tickets_without_question"]["value"] == 1 and kpi["within_15m"]["denominator"] == 1


def test_k1_a_reporter_is_known_by_a_name_that_one_person_has():
    rows = [issue("1", "10:00", reporter_email=None, reporter_name="PM 2"), issue("2", "10:00", reporter_email="x@y.test")]  # fmt: skip
    linear = {"issue_id": "L1", "team": "Data", "labels": '["q-nps"]', "creator": "pm1@acme.test", "created_at": DAY + "10:00"}  # fmt: skip
    episodes, kpi = told(stg_jira__issues=rows, stg_linear__issues=[linear])
    assert sorted(e[:2] for e in episodes) == [("pm-1", "nps"), ("pm-2", "retention")]
    assert kpi["within_15m"]["coverage"] == pytest.approx(2 / 3)


def test_k1_the_worst_manager_is_the_worst_of_those_with_five_episodes():
    def views(user: str, late: int, whole: int) -> list[dict]:
        found = []
        for day in range(whole):
            at = f"2025-02-{2 * day + 1:02d} 10:00"
            more = {"executor_id": user, "started_at": at, "has_failed": False}
            found.append(run("10:00:00", **{**more, "answered_at": f"2025-02-{2 * day + 1:02d} {'10:16' if day < late else '10:01'}"}))  # fmt: skip
        return found

    four = told(**{RUNS: [*views("1", 1, 6), *views("2", 4, 4)]})[1]
    assert (four["worst_pm"]["numerator"], four["worst_pm"]["denominator"]) == (5, 6)
    five = told(**{RUNS: [*views("1", 1, 6), *views("2", 4, 5)]})[1]
    assert (five["worst_pm"]["numerator"], five["worst_pm"]["denominator"]) == (1, 5)
    assert (five["any_pm"]["numerator"], five["any_pm"]["denominator"]) == (0, 2)
    assert not five["any_pm"]["reportable"] and five["any_pm"]["reason"] == "fewer than 5 (2)"


def test_k1_without_tickets_nobody_can_say_who_had_to_ask():
    kpi = told(**{RUNS: [run("10:00:00")]})[1]
    assert kpi["self_serve"]["reason"].startswith("no data-request tickets") and not kpi["self_serve"]["reportable"]  # fmt: skip
    assert kpi["tickets_without_question"]["value"] is None
    asked = told(**{RUNS: [run("10:00:00")]}, stg_jira__issues=[issue("1", "12:00", labels=("data-request",))])[1]  # fmt: skip
    assert (asked["tickets_without_question"]["value"], asked["self_serve"]["reason"]) == (1, "fewer than 10 (1)")  # fmt: skip


def test_k1_views_by_strangers_alone_are_no_number():
    kpi = told(**{RUNS: [run("10:00:00", executor_id="9"), run("11:00:00", executor_id=None)]})[1]
    row = kpi["within_15m"]
    assert (row["value"], row["coverage"], row["reason"]) == (None, 0, "nobody of those who asked is in the roster")  # fmt: skip


# Random histories -----------------------------------------------------------------------------

START = datetime(2025, 1, 2, 9)
GAPS = (1, 14, 15, 16, 30, 60, 23 * 60, 24 * 60, 24 * 60 + 1, 25 * 60, 3 * 24 * 60)  # minutes
WAITS = (5, 15 * 60, 15 * 60 + 1, 900 * 4, 23 * 3600, 24 * 3600, 30 * 3600)  # seconds


def drawn(rng):
    """Asks of five people about two questions: answers of both kinds, confirmations, tickets, around every boundary."""
    asks = []
    for who in ("pm-1", "pm-2", "an-1", "unknown", "pm-1"):
        at = START + timedelta(minutes=rng.randrange(600))
        for _ in range(rng.randrange(8, 20)):
            at += timedelta(minutes=rng.choice(GAPS))
            answered = at + timedelta(seconds=rng.choice(WAITS)) if rng.random() < 0.8 else None
            is_ticket = who != "unknown" and rng.random() < 0.15
            complete = bool(answered) and (is_ticket or rng.random() < 0.8)
            is_confirmed = complete and not is_ticket and rng.random() < 0.3
            asks.append(
                {
                    "id": f"a{len(asks):03d}",
                    "who": who,
                    "question": rng.choice(("retention", "nps")),
                    "at": at,
                    "answered": answered,
                    "complete": complete,
                    "confirmed": answered + timedelta(seconds=rng.choice((1, 600, 90000))) if is_confirmed else None,
                    "is_ticket": is_ticket,
                }
            )  # fmt: skip
    return asks


def episodes_of(asks):
    """Asks of one person and question in their order, put together by the 24 hours after the last answer, or the last ask."""
    ordered = sorted(asks, key=lambda ask: (ask["at"], ask["key"]))
    found = []
    for ask in ordered:
        running = found[-1] if found else []
        seen = [a["answered"] for a in running if a["answered"] and a["answered"] <= ask["at"]]
        is_closed = any(a["confirmed"] and a["confirmed"] <= ask["at"] for a in running)
        if running and not is_closed and ask["at"] <= max(seen, default=running[-1]["at"]) + timedelta(hours=24):  # fmt: skip
            running.append(ask)
        else:
            found.append([ask])
    return found


def judged(episode, as_of):
    """(seconds watched, was answered, in time, pending, evidence, has a ticket) as of an instant, which sees nothing of later."""
    first = episode[0]["at"]
    seen = [ask for ask in episode if ask["at"] < as_of]
    confirmed = [a["answered"] for a in seen if a["confirmed"] and a["confirmed"] < as_of]
    last = seen[-1]
    standing = last["answered"] if last["complete"] and last["answered"] < as_of else None
    answered = min(confirmed) if confirmed else standing
    evidence = "confirmed" if confirmed else "inferred" if standing else None
    fifteen, day = timedelta(minutes=15), timedelta(hours=24)
    in_time = answered is not None and answered - first <= fifteen
    pending = (evidence == "inferred" and in_time and as_of - answered < day) or (answered is None and as_of - first < fifteen)  # fmt: skip
    watched = ((answered or as_of) - first).total_seconds()
    return watched, answered is not None, in_time, pending, evidence, any(a["is_ticket"] for a in seen)  # fmt: skip


@pytest.mark.parametrize(
    "seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 30))]
)
def test_k1_agrees_with_a_plain_walk_over_random_histories(seed):
    rng = random.Random(seed)
    asks = drawn(rng)
    log, tickets = [], []
    for ask in asks:
        ask["key"] = f"jira|ticket|{ask['id']}" if ask["is_ticket"] else ask["id"]
        if ask["is_ticket"]:
            email = f"{ask['who'].replace('-', '')}@acme.test"
            tickets.append({"issue_id": ask["id"], "project_key": "DATA", "labels": json.dumps(["data-request", f"q-{ask['question']}"]), "reporter_email": email, "created_at": ask["at"], "resolved_at": ask["answered"]})  # fmt: skip
            continue
        shared = {"ask_id": ask["id"], "who": ask["who"], "question": ask["question"]}
        for kind, at in (("asked", ask["at"]), ("answered", ask["answered"]), ("confirmed", ask["confirmed"])):  # fmt: skip
            if at:
                more = {"complete": ask["complete"]} if kind == "answered" else {}
                log.append({"entry_id": f"{ask['id']}/{kind}", "kind": kind, "logged_at": at, **shared, **more})  # fmt: skip
    as_of = rng.choice(asks)["at"] + timedelta(minutes=rng.choice((0, 10, 15, 600)))
    as_of = max(as_of, START + timedelta(days=1))
    _, kpi = told(str(as_of), stg_question_log__entries=log, stg_jira__issues=tickets)

    seen = [ask for ask in asks if ask["at"] < as_of]
    by_person = defaultdict(list)
    for ask in asks:
        by_person[ask["who"], ask["question"]].append(ask)
    units = [
        (who, *judged(episode, as_of))
        for (who, _), own in by_person.items()
        if who.startswith("pm")
        for episode in episodes_of(own)
        if episode[0]["at"] < as_of
    ]
    settled = [unit for unit in units if not unit[4]]

    def counts(variant):
        return kpi[variant]["numerator"], kpi[variant]["denominator"]

    assert counts("within_15m") == (sum(u[3] for u in settled), len(settled))
    for evidence in ("confirmed", "inferred"):
        assert counts(f"within_15m_{evidence}") == (sum(u[3] and u[5] == evidence for u in settled), len(settled))  # fmt: skip
    assert counts("self_serve") == (sum(not u[6] for u in units), len(units))
    assert kpi["within_15m"]["coverage"] == pytest.approx(sum(a["who"] != "unknown" for a in seen) / len(seen))  # fmt: skip
    own = {who: [u[3] for u in settled if u[0] == who] for who in {u[0] for u in settled}}
    assert counts("any_pm") == (sum(sum(o) * 10 >= 9 * len(o) for o in own.values()), len(own))
    rates = [(sum(o) / len(o), sum(o), len(o)) for o in own.values() if len(o) >= 5]
    assert kpi["worst_pm"]["value"] == (min(rates)[0] if rates else None)
    for variant, share in (("median_seconds", 0.5), ("p90_seconds", 0.1)):
        row = kpi[variant]
        waits = [(u[1], u[2]) for u in settled]
        assert (row["value"], row["ci_low"], row["ci_high"]) == kaplan_meier(waits, share)
