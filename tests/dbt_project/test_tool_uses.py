"""Which rows of which source are a person's use of a tool: the input of K3."""

from datetime import date, datetime

import pytest

AT = datetime(2025, 2, 10, 9)
NIGHT = datetime(2025, 2, 10, 23, 30)  # already the next day in Berlin
RULES = {
    "bi": ("metabase", None), "looker": ("looker", None), "mode": ("mode", None), "chat": ("slack", None),
    "google": ("google_workspace", None), "drive": ("google_workspace", "drive"), "miro": ("usage", None),
    "hex": ("usage", "Hex Cloud"), "answers": ("question_log", None), "beta": ("amplitude", None), "pilot": ("posthog", None), "one_pager": ("jira", None), "retro": ("linear", None), "docs": ("notion", None), "wiki": ("confluence", None),
}  # fmt: skip

LABELLED = {"label": "one-pager", "person": "reporter", "at": "created"}
MORE = {
    "jira": LABELLED,
    "linear": LABELLED,
    "posthog": {"event": "board opened", "project": "app"},
}


def run(number: str, executor="1", context="question", **more) -> dict:
    return {"execution_id": number, "executor_id": executor, "context": context, "started_at": AT, "zone": "given", **more}  # fmt: skip


def google(qualifier: str, application: str, name: str, email="PM@Acme.test") -> dict:
    return {"occurred_at": AT, "unique_qualifier": qualifier, "application": application, "event_part": "", "actor_email": email, "events": [{"name": name}]}  # fmt: skip


def issue(number: str, day: int, **more) -> dict:
    return {"issue_id": number, "issue_key": f"A-{number}", "created_at": datetime(2025, 2, day, 9), "labels": ["one-pager", "x"], "changelog_is_complete": False, **more}  # fmt: skip


def seat(tool: str, **more) -> dict:
    key = f"{tool}/{sorted(map(str, more.values()))}"
    return {"seat_key": key, "tool": tool, "user_email": "pm@acme.test", **more}


@pytest.fixture(scope="module")
def told(story, made, tmp_path_factory):
    """The use of a dozen tools by one person and by what is no person."""
    warehouse = type(story)(tmp_path_factory.mktemp("uses"))
    warehouse.declare(
        "settings", [{"company": "Acme", "timezone": "Europe/Berlin", "week_start": 1}]
    )
    warehouse.declare(
        "people",
        [
            {"person_id": "pm-1", "role": "pm", "email": "pm@acme.test", "name": "Pat Manager"},
            {"person_id": "pm-2", "name": "Twin"},
            {"person_id": "pm-3", "name": "Twin"},
        ],
    )
    warehouse.declare("tools", [{"tool": tool, "name": tool, "kind": "tool", "rollout_on": date(2025, 1, 1)} for tool in RULES])  # fmt: skip
    warehouse.declare("tool_usage", [{"tool": tool, "source": source, "app_id": app, **MORE.get(source, {})} for tool, (source, app) in RULES.items()])  # fmt: skip
    warehouse.load("metabase", "core_user", [{"user_id": "1", "email": "PM@acme.test"}, {"user_id": "2", "email": "else@acme.test"}])  # fmt: skip
    warehouse.load(
        "metabase",
        "query_execution",
        [
            run("1"),
            run("2", started_at=NIGHT, context="csv-download"),
            run("3", started_at=datetime(2025, 2, 12), context="pulse"),
            run("4", started_at=datetime(2025, 2, 12), context="dashboard-subscription"),
            run("5", started_at=datetime(2025, 2, 12), context="public-csv-download"),
            run("6", started_at=datetime(2025, 2, 12), executor=None),
            run("7", started_at=datetime(2025, 2, 12), executor="2"),
        ],
    )
    warehouse.load("metabase", "view_log", [{"view_id": "1", "user_id": "1", "model": "dashboard", "viewed_at": datetime(2025, 2, 15), "zone": "given"}])  # fmt: skip
    warehouse.load(
        "looker",
        "history",
        [
            {"history_id": "1", "created_at": AT, "issuer_source": "User", "source": "suggest", "user_email": "pm@acme.test", "zone": "given", "export_rows": 3},
            {"history_id": "2", "created_at": datetime(2025, 2, 12), "issuer_source": "System", "source": "dashboard", "user_email": "pm@acme.test", "zone": "given", "export_rows": 3},
            {"history_id": "3", "created_at": datetime(2025, 2, 13), "source": "scheduled_task", "user_email": "pm@acme.test", "zone": "given", "export_rows": 3},
        ],
    )  # fmt: skip
    warehouse.load("mode", "events", [{"event_id": "1", "occurred_at": AT, "user_email": "pm@acme.test", "action": "view", "tool": "mode"}])  # fmt: skip
    warehouse.load(
        "slack",
        "member_days",
        [
            {"team_id": "t", "user_id": "u", "active_on": date(2025, 2, 10), "email": "PM@acme.test", "is_active": True},
            {"team_id": "t", "user_id": "u", "active_on": date(2025, 2, 11), "email": "PM@acme.test", "is_active": False},
            {"team_id": "t", "user_id": "g", "active_on": date(2025, 2, 12), "email": "PM@acme.test", "is_active": True, "is_guest": True},
        ],
    )  # fmt: skip
    warehouse.load(
        "slack",
        "members",
        [
            {"user_id": "u", "email": "PM@acme.test", "account_type": "Member", "days_active": 9, "window_from": date(2025, 2, 1), "window_to": date(2025, 3, 3), "last_active_on": date(2025, 2, 20)},
            {"user_id": "v", "email": "pm@acme.test", "account_type": "Multi-Channel Guest", "days_active": 30, "window_from": date(2025, 2, 1), "window_to": date(2025, 3, 3)},
        ],
    )  # fmt: skip
    warehouse.load(
        "google_workspace",
        "activities",
        [
            google("1", "login", "login_success"), google("2", "login", "login_failure", "pm@acme.test"), google("3", "drive", "edit"),
        ],
    )  # fmt: skip
    warehouse.load(
        "usage",
        "events",
        [
            {"event_id": "1", "occurred_at": AT, "user_email": "PM@acme.test", "action": "view", "tool": "Miro"},
            {"event_id": "2", "occurred_at": AT, "user_email": "pm@acme.test", "action": "view", "tool": "hex cloud"},
            {"event_id": "3", "occurred_at": datetime(2025, 2, 20), "user_email": "pm@acme.test", "action": "view", "tool": "figma"},
        ],
    )  # fmt: skip
    warehouse.load(
        "jira",
        "issues",
        [
            issue("1", 10, reporter_email="PM@acme.test"),
            issue("2", 12, reporter=" pat manager "),
            issue("3", 13, reporter="Twin"),
            issue("4", 14, reporter_email="pm@acme.test", labels=["other"]),
            issue("5", 15, reporter="Else", assignee_email="pm@acme.test"),
        ],
    )
    # Linear names people by address or by name in one and the same column
    linear = {"team": "A", "labels": ["one-pager"], "created_at": datetime(2025, 2, 17)}
    warehouse.load("linear", "issues", [{"issue_id": "1", "creator": "PM@acme.test", **linear}, {"issue_id": "2", "creator": "Twin", **linear}])  # fmt: skip
    window = {"window_from": date(2025, 2, 1), "window_to": date(2025, 3, 1)}
    warehouse.load("usage", "seats", [seat("miro", days_active=4, last_active_at=datetime(2025, 2, 26), **window), seat("figma", days_active=5, **window)])  # fmt: skip
    warehouse.load("notion", "seats", [seat("notion", views=12, edits=0, **window)])
    warehouse.load("confluence", "seats", [seat("Confluence", last_active_at=datetime(2025, 2, 14)), seat("Confluence", last_active_at=datetime(2025, 2, 15, 23, 30))])  # fmt: skip
    warehouse.load(
        "question_log",
        "entries",
        [
            {"at": datetime(2025, 2, day, 9), "kind": kind, "ask_id": f"{day}/{who}", "who": who, "question": "nps", "channel": channel}
            for day, kind, who, channel in [
                (3, "asked", "pm-1", "page"), (4, "answered", "pm-1", "page"), (5, "asked", "PM@acme.test", "terminal"), (6, "asked", "pm-1", "schedule"), (7, "asked", "unknown", "page"),
            ]
        ],
    )  # fmt: skip
    warehouse.build("--select", "+int_tools__uses", "+int_people__logins", "+fct_tool_active_days", "+dim_settings")  # fmt: skip
    assert warehouse.dbt("test", "--select", "int_tools__uses", "int_tools__seats", "fct_tool_active_days", "--exclude-resource-type", "unit_test")  # fmt: skip
    days = {}
    for row in sorted(use_days(made, warehouse), key=lambda row: row["local_date"]):
        assert row["person_id"] == "pm-1"
        days.setdefault(row["tool"], []).append(f"{row['local_date']:%d}")
    counts = warehouse.rows("select tool, person_id, days_active from marts.fct_tool_active_days order by all")  # fmt: skip
    return days, counts


def use_days(made, warehouse) -> list[dict]:
    """Days of use by the logs of that warehouse and by events of people whom the roster knows by id or by address."""
    made.take(warehouse, "intermediate.int_tools__uses", "intermediate.int_people__logins", "marts.dim_settings", "staging.stg_company__tool_usage")  # fmt: skip

    def event(key: int, day: int, **more) -> dict:
        return {"person_key": key, "source": "amplitude", "project": "app", "event_name": "view", "source_event_name": "view", "is_active_event": True, "local_date": date(2025, 2, day), **more}  # fmt: skip

    opened = {"source": "posthog", "event_name": "board_opened", "source_event_name": "board opened"}  # fmt: skip
    made.fill(
        intermediate__int_identity__actor_keys=[{"actor_id": "a1", "trace": "t", "user_id": "PM-1"}, {"actor_id": "a9", "trace": "t", "user_id": "customer"}],
        intermediate__int_identity__actor_persons=[{"actor_id": "a1", "trace": "t", "person_key": 1}, {"actor_id": "a9", "trace": "t", "person_key": 9}],
        marts__dim_persons=[{"person_key": 2, "person_properties": '{"$email": "PM@acme.test"}'}],
        marts__fct_events=[
            event(1, 3, left_out_because="internal"), event(2, 4), event(9, 5),
            event(1, 6, is_active_event=False), event(1, 7, left_out_because="other_source"),
            event(1, 8, source="mixpanel"),  # of which no tool speaks
            event(1, 10, **opened), event(1, 11, **opened, project="other"), event(1, 12, source="posthog"),
        ],
    )  # fmt: skip
    return made.run("fct_tool_use_days")


@pytest.mark.parametrize(
    ("tool", "days"),
    [
        ("bi", ["10", "11", "15"]),  # no pulse, no subscription, no public download, nobody else
        ("looker", ["10"]),  # what people start, however it is called
        ("mode", ["10"]),
        ("chat", ["10"]),  # the day as Slack gives it; neither idle days nor guests
        ("google", ["10"]),  # signed in, not tried to
        ("drive", ["10"]),  # the application that the rule names
        ("miro", ["10"]),  # the last active day adds nothing where active days are counted
        ("hex", ["10"]),  # the name that the file has for it
        ("one_pager", ["10", "12"]),  # by address or by a name that only one person has
        ("retro", ["17"]),
        ("answers", ["03", "05"]),  # asked by a person, on a page or in a terminal
        ("beta", ["03", "04"]),  # staff are asked for here, by id or by address
        ("pilot", ["10"]),  # the event and the project that the rule names
        ("wiki", ["14", "16"]),  # a day as it is written, an instant in the zone of the company
    ],
)
def test_k3_these_days_are_uses(told, tool, days):
    assert told[0][tool] == days


def test_k3_only_declared_tools_have_uses(told):
    assert set(told[0]) == set(RULES) - {"docs"}


def test_k3_counts_of_active_days_keep_their_window(told):
    assert told[1] == [("chat", "pm-1", 9), ("docs", "pm-1", 1), ("miro", "pm-1", 4)]
