"""A small company whose answers can be worked out by hand; each part is told where its test needs it.

Knows raw tables only. Must not know any model.
"""

from __future__ import annotations

from datetime import datetime


def tell(warehouse) -> None:
    """Writes every part of the story into an empty warehouse."""
    _settings(warehouse)
    _amplitude(warehouse)
    _mixpanel(warehouse)
    _posthog(warehouse)
    _plan(warehouse)
    _roster(warehouse)
    _questions(warehouse)
    _experiments(warehouse)
    _tools(warehouse)
    _voice(warehouse)


def at(text: str) -> datetime:
    """An instant in UTC, as raw tables hold it."""
    return datetime.fromisoformat(text)


def _settings(warehouse) -> None:
    warehouse.declare(
        "settings",
        [
            {
                "company": "Acme", "timezone": "Europe/Berlin", "week_start": 1, "session_timeout_minutes": 30,
                "minimum_group_size": 5, "identity_scope": "project", "unplanned_counts_as_active": False,
                "pm_titles": ["Product Manager"], "vendor_sessions": '[{"source": "amplitude", "project": "app"}]',
            }
        ],
    )  # fmt: skip
    warehouse.declare(
        "exclusions",
        [
            {"kind": "user_id", "value": "robot"},
            {"kind": "email_domain", "value": "acme.test"},
        ],
    )


def _event(name: str, time: str, user=None, device=None, **more) -> dict:
    return {
        "uuid": f"{name}/{user}/{device}/{time}", "event_type": name, "event_time": at(time), "server_upload_time": at(time),
        "user_id": user, "device_id": device, "event_properties": {}, "user_properties": {}, **more,
    }  # fmt: skip


def _amplitude(warehouse) -> None:
    warehouse.load(
        "amplitude",
        "events",
        [
            # a shared device: anonymous before anyone, then Ann, then Bob
            _event("view", "2025-03-01 08:00", device="kiosk"),
            _event("view", "2025-03-01 09:00", user="ann", device="kiosk"),
            _event("view", "2025-03-01 10:00", device="kiosk"),
            _event("view", "2025-03-01 11:00", user="bob", device="kiosk"),
            _event("view", "2025-03-01 11:00:01", device="kiosk"),
            # a device that nobody ever named, and an event with no id at all
            _event("view", "2025-03-01 12:00", device="stranger"),
            _event("view", "2025-03-01 12:00"),
            # number 71 was merged into 72, which was merged into Cem's number
            _event("view", "2025-03-02 08:00", device="phone", amplitude_id="71"),
            _event("view", "2025-03-02 09:00", user="cem", device="desk", amplitude_id="73"),
            # two numbers merged into one that nobody named
            _event("view", "2025-03-02 08:00", device="tv-1", amplitude_id="81"),
            _event("view", "2025-03-02 08:00", device="tv-2", amplitude_id="82"),
            # sessions: a gap of exactly thirty minutes continues, one second more does not; 23:50 Berlin spans midnight
            _event("view", "2025-03-03 22:50", user="dora"),
            _event("view", "2025-03-03 23:20", user="dora"),
            _event("view", "2025-03-03 23:50:01", user="dora"),
            _event("$identify", "2025-03-04 00:10", user="dora"),
            _event("view", "2025-03-04 00:30", user="dora"),
            # staff and machines
            _event("view", "2025-03-05 08:00", user="robot"),
            # an hour apart in one session of the vendor
            _event(
                "view",
                "2025-03-05 08:00",
                user="eve",
                user_properties={"email": "Eve@Acme.test"},
                session_id="1741161600000",
            ),
            _event("view", "2025-03-05 09:00", user="eve", session_id="1741161600000"),
            # a clock that is years ahead
            _event("view", "2031-01-01 08:00", user="ann", _flags="CLOCK_SKEW"),
        ],
    )
    warehouse.load(
        "amplitude",
        "merges",
        [
            {"amplitude_id": "71", "merged_amplitude_id": "72", "merge_at": at("2025-03-02 08:30")},
            {"amplitude_id": "72", "merged_amplitude_id": "73", "merge_at": at("2025-03-02 09:30")},
            {"amplitude_id": "81", "merged_amplitude_id": "82", "merge_at": at("2025-03-02 09:30")},
        ],
    )


def _mixpanel(warehouse) -> None:
    def event(name: str, time: str, **ids) -> dict:
        properties = ids.pop("properties", {})
        return {"_key": f"{name}/{ids}/{time}", "event": name, "time_at": at(time), "received_at": at(time), "properties": properties, **ids}  # fmt: skip

    warehouse.load(
        "mixpanel",
        "events",
        [
            event("view", "2025-03-01 08:00", distinct_id="$device:m1", device_id="m1"),
            event("view", "2025-03-01 09:00", distinct_id="u1", user_id="u1", device_id="m1"),
            event("view", "2025-03-01 09:00", distinct_id="u2"),
            event("view", "2025-03-01 09:00", distinct_id="undefined", device_id="m9"),
            event("view", "2025-03-01 08:00", distinct_id="bare-anon"),
            event(
                "$identify", "2025-03-01 08:30", distinct_id="u2",
                properties={"$identified_id": "u2", "$anon_id": "bare-anon"},
            ),
        ],
    )  # fmt: skip


def _posthog(warehouse) -> None:
    def event(name: str, time: str, distinct_id: str, person_id: str, **properties) -> dict:
        return {
            "uuid": f"{name}/{distinct_id}/{time}", "event": name, "distinct_id": distinct_id, "person_id": person_id,
            "timestamp_at": at(time), "created_at": at(time), "properties": properties, "person_properties": {},
        }  # fmt: skip

    warehouse.load(
        "posthog",
        "events",
        [
            event("view", "2025-03-01 08:00", "browser-1", "p1", **{"$device_id": "browser-1"}),
            event("view", "2025-03-01 09:00", "v1", "p1", **{"$device_id": "browser-1"}),
            event("view", "2025-03-01 10:00", "v1-anon", "p1"),
            event("view", "2025-03-01 09:00", "v2", "p2"),
            event("$feature_flag_called", "2025-03-01 09:00", "v2", "p2", **{"$feature_flag": "flag-1", "$feature_flag_response": "on"}),
            event("view", "2025-03-01 09:00", "browser-3", "p3", **{"$device_id": "browser-3"}),
        ],
    )  # fmt: skip


def _plan(warehouse) -> None:
    def entry(name: str, **more) -> dict:
        return {
            "event_name": name, "description": "d", "owner": "o", "status": "live", "counts_as_active": True,
            "value_event": False, "feature": None, "area": "growth", **more,
        }  # fmt: skip

    warehouse.declare(
        "plan_events",
        [
            entry("view"),
            entry("report_exported", value_event=True, feature="export"),
            entry("push_shown", counts_as_active=False),
            entry("old_click", status="deprecated"),
            # never sent: expected by the data's last day (31 March), on that very day, and without a day
            entry("missed", live_from=at("2025-03-31")),
            entry("too_early", status="planned", planned_for=at("2025-04-01")),
            entry("never_sent", status="planned"),
        ],
    )
    warehouse.declare(
        "plan_aliases",
        [
            {"event_name": "report_exported", "source": "amplitude", "seen_as": "Report Exported"},
            {"event_name": "report_exported", "source": "*", "seen_as": "report_exported"},
            {"event_name": "view", "source": "*", "seen_as": "view"},
        ],
    )
    warehouse.declare(
        "plan_properties",
        [
            {"event_name": "report_exported", "property": "format", "type": "string", "is_required": True, "allowed": ["csv", "pdf"]},
            {"event_name": "report_exported", "property": "rows", "type": "integer", "is_required": False, "minimum": 0},
        ],
    )  # fmt: skip
    good = {"format": "csv", "rows": 3}
    warehouse.load(
        "amplitude",
        "events",
        [
            _event("Report Exported", "2025-03-06 08:00", user="ann", event_properties=good),
            _event("report_exported", "2025-03-06 08:01", user="ann", event_properties={"format": "csv", "rows": None}),
            _event("Report Exported", "2025-03-06 08:02", user="ann", event_properties={"rows": 3}),
            _event("Report Exported", "2025-03-06 08:03", user="ann", event_properties={"format": "xls", "rows": -1}),
            _event("Report Exported", "2025-03-06 08:04", user="ann", event_properties={"format": 7, "rows": "many", "$lib": "x", "extra": 1}),
            _event("push_shown", "2025-03-06 09:00", user="ann"),
            _event("old_click", "2025-03-06 09:00", user="ann"),
            _event("surprise", "2025-03-06 09:00", user="ann"),
            _event("$identify", "2025-03-06 09:00", user="ann"),
        ],
        project="web",
    )  # fmt: skip


def _roster(warehouse) -> None:
    warehouse.declare(
        "people",
        [
            {"person_id": f"pm-{n}", "name": f"PM {n}", "email": f"PM{n}@acme.test", "role": "pm", "area": "growth" if n <= 4 else "core",
             "start_date": at("2024-01-01"), "end_date": at("2025-03-20") if n == 6 else None}
            for n in range(1, 8)
        ] + [{"person_id": "an-1", "name": "An", "email": "an1@acme.test", "role": "analyst", "area": "growth"}],
    )  # fmt: skip
    warehouse.load(
        "people",
        "people",
        [
            {"person_id": "pm-1", "name": "From HR", "role": "Engineer"},
            {"person_id": "hr-1", "name": "Hr", "email": "hr1@acme.test", "role": "product manager", "area": "core", "start_date": at("2025-06-01")},
        ],
    )  # fmt: skip


def _questions(warehouse) -> None:
    entries: list[dict] = []

    def ask(
        ask_id: str,
        who: str,
        asked: str,
        answered=None,
        confirmed=None,
        question="retention",
        complete=True,
        channel="page",
        about=None,
    ):
        def say(kind: str, time: str, **more) -> None:
            entries.append(
                {
                    "at": at(time),
                    "kind": kind,
                    "ask_id": ask_id,
                    "who": who,
                    "question": question,
                    "channel": channel,
                    **more,
                }
            )

        say("asked", asked, **({"about": about} if about else {}))
        if answered:
            say("answered", answered, complete=complete)
        if confirmed:
            say("confirmed", confirmed)

    # fifteen minutes count, one second more does not
    about = ["event:view", "feature:export", "event:view", "nothing"]
    ask("q1", "pm-1", "2025-01-10 10:00", "2025-01-10 10:15", "2025-01-10 10:16", about=about)
    ask("q2", "pm-1", "2025-01-12 10:00", "2025-01-12 10:15:01", "2025-01-12 10:16")
    # an answer that stood for a day
    ask("q3", "pm-1", "2025-01-14 10:00", "2025-01-14 10:01")
    # repeated within 24 hours of the answer: one episode, timed from the first ask, answered late
    ask("q4", "pm-2", "2025-01-10 10:00", "2025-01-10 10:01")
    ask("q5", "pm-2", "2025-01-11 10:01", "2025-01-11 10:02")
    # a confirmation closes: the same question an hour later is a new episode
    ask("q6", "pm-2", "2025-01-20 10:00", "2025-01-20 10:01", "2025-01-20 10:02")
    ask("q7", "pm-2", "2025-01-20 11:00", "2025-01-20 11:01")
    # never answered, and answered in part only
    ask("q8", "pm-2", "2025-02-01 10:00")
    ask("q9", "pm-3", "2025-02-01 10:00", "2025-02-01 10:01", complete=False)
    # not an episode: a schedule; a stranger; an analyst is known but no product manager
    ask("q10", "pm-3", "2025-02-03 10:00", "2025-02-03 10:01", channel="schedule")
    ask("q11", "unknown", "2025-02-03 10:00", "2025-02-03 10:01")
    ask("q12", "an-1", "2025-02-03 10:00", "2025-02-03 10:01")
    # an address names a person as well; asked in Berlin's April, UTC's March
    ask("q13", "pm3@acme.test", "2025-03-31 22:30", "2025-03-31 22:31", "2025-03-31 22:32")
    warehouse.load("question_log", "entries", entries)


def _experiments(warehouse) -> None:
    def entry(key: str, start=None, end=None, written=None, priors=(), **more) -> dict:
        return {
            "experiment_id": key, "name": key, "area": "growth", "status": "decided" if end else "running", "variants": [],
            "start_date": at(start) if start else None, "end_date": at(end) if end else None,
            "hypothesis_written_at": at(written) if written else None,
            "prior_experiments": [{"id": prior, "kind": "builds_on"} for prior in priors], **more,
        }  # fmt: skip

    warehouse.load(
        "experiments",
        "experiments",
        [
            entry("exp-1", "2024-01-10", "2024-01-31", "2024-01-05"),
            entry("exp-2", "2024-02-10", "2024-02-20", "2024-02-01", priors=["exp-1"]),
            entry(
                "exp-3", "2024-02-11", "2024-03-20", "2024-01-31 12:00", priors=["exp-1"]
            ),  # exp-1 ended that very day
            entry(
                "exp-4",
                "2024-03-01",
                "2024-03-20",
                "2024-02-25",
                hypothesis="As exp-2 showed, shorter is better.",
            ),
            entry("exp-5", "2024-03-02", "2024-03-21", "2024-03-01", priors=["exp-5"]),
            entry("exp-6", "2024-03-02", "2024-03-03", "2024-03-25", priors=["exp-7"]),
            entry("exp-7", "2024-03-02", "2024-03-03", "2024-03-25", priors=["exp-6"]),
            entry("aa-1", "2024-03-02", "2024-03-03", type="aa"),
            entry("dry-1", "2024-03-02", "2024-03-03", type="dry_run"),
            entry("twin", "2024-03-02", "2024-03-03", duplicate_of="exp-5"),
            entry("unseen", "2024-03-02", "2024-03-03"),
            entry("staff-only", "2024-03-02", "2024-03-03"),
        ],
    )
    exposed = [
        "exp-1",
        "exp-2",
        "exp-3",
        "exp-4",
        "exp-5",
        "exp-6",
        "exp-7",
        "aa-1",
        "dry-1",
        "twin",
    ]
    warehouse.load(
        "exposures",
        "exposures",
        [
            {"experiment_id": key, "user_id": "x1", "variant": "a", "exposed_at": at("2024-02-15 10:00" if key in ("exp-2", "exp-3") else "2024-01-10 10:00" if key == "exp-1" else "2024-03-02 10:00")}
            for key in exposed
        ] + [{"experiment_id": "staff-only", "user_id": "pm-1", "variant": "a", "exposed_at": at("2024-03-02 10:00")}],
    )  # fmt: skip
    warehouse.load(
        "outcomes",
        "outcomes",
        [
            {"_key": "o1", "experiment_id": "exp-1", "user_id": "x1", "metrics": {"converted": 1, "spend": "2.5", "blank": None}},
            {"_key": "o2", "user_id": "x2", "metrics": {"converted": 0}, "at": at("2024-02-15 11:00")},
        ],
    )  # fmt: skip


def _tools(warehouse) -> None:
    warehouse.declare(
        "tools",
        [
            {"tool": "board", "name": "Board", "kind": "tool", "category": "roadmap", "is_core": True, "rollout_on": at("2025-01-01"), "eligible": '"all"'},
            {"tool": "notes", "name": "Notes", "kind": "tool", "category": "roadmap", "is_core": False, "rollout_on": at("2025-02-01"), "eligible": {"areas": ["core"]}},
            {"tool": "rite", "name": "Rite", "kind": "process", "is_core": False, "rollout_on": at("2025-03-25"), "eligible": {"people": ["pm-1", "an-1"]}},
        ],
    )  # fmt: skip
    warehouse.declare(
        "tool_usage",
        [
            {"tool": "board", "source": "okta", "app_id": "app-board"},
            {"tool": "notes", "source": "okta", "app_id": "app-notes"},
        ],
    )
    warehouse.declare("kpi_targets", [{"kpi": "K3", "variant": "adopted_day_60", "at_least": 0.6}, {"kpi": "K1", "variant": "within_15m", "at_least": 0.9}, {"kpi": "K2", "variant": "started", "at_least": 4.0, "per": "quarter"}])  # fmt: skip
    warehouse.declare("kpi_baselines", [{"kpi": "K2", "variant": name, "from_on": at("2024-01-01"), "to_on": at("2024-03-01")} for name in ("started", "reference_share")])  # fmt: skip

    def sign_in(who: str, time: str, app: str = "app-board", **more) -> dict:
        return {
            "uuid": f"{who}/{time}/{app}", "published_at": at(time), "event_type": "user.authentication.sso", "outcome": "SUCCESS",
            "actor_login": who, "app_id": app, **more,
        }  # fmt: skip

    # day 31 is 1 February, day 60 is 2 March; pm-6 leaves on 20 March, after day 60
    uses = [
        sign_in("pm1@acme.test", "2025-02-01 09:00"), sign_in("PM1@acme.test", "2025-03-02 22:30"),  # day 31 and day 60
        sign_in("pm2@acme.test", "2025-02-05 09:00"), sign_in("pm2@acme.test", "2025-02-05 15:00"),  # one day only
        sign_in("pm3@acme.test", "2025-01-31 22:59"), sign_in("pm3@acme.test", "2025-02-10 09:00"),  # day 30 and one more
        sign_in("pm4@acme.test", "2025-02-10 09:00"), sign_in("pm4@acme.test", "2025-02-11 09:00", outcome="FAILURE"),
        sign_in("pm5@acme.test", "2025-02-10 09:00"), sign_in("pm5@acme.test", "2025-03-02 23:30"),  # Berlin: day 61
        *[sign_in("pm6@acme.test", day) for day in ("2025-02-04 09:00", "2025-02-12 09:00", "2025-02-18 09:00", "2025-02-25 09:00")],
        sign_in("an1@acme.test", "2025-02-10 09:00"), sign_in("an1@acme.test", "2025-02-11 09:00"),
    ]  # fmt: skip
    warehouse.load("okta", "events", uses)


def _voice(warehouse) -> None:
    warehouse.declare("areas", [{"area": "growth", "name": "Growth", "owner": "pm-1"}])
    warehouse.load(
        "zendesk",
        "tickets",
        [
            {"ticket_id": "1", "status": "open", "subject": "old words", "tags": [], "created_at": at("2025-01-01 10:00"), "generated_at": at("2025-01-01 11:00")},
            {"ticket_id": "1", "status": "solved", "subject": "Write to eve@example.com or +49 30 1234567", "tags": ["growth"], "created_at": at("2025-01-01 10:00"), "generated_at": at("2025-01-02 11:00"), "solved_at": at("2025-01-01 12:30"), "first_reply_minutes": 5, "satisfaction_score": "good_with_comment"},
            {"ticket_id": "2", "status": "deleted", "tags": [], "created_at": at("2025-01-01 10:00")},
            {"ticket_id": "3", "status": "closed", "tags": ["closed_by_merge"], "created_at": at("2025-01-01 10:00")},
            {"ticket_id": "4", "status": "open", "tags": ["growth-hack"], "created_at": at("2025-01-01 10:00"), "solved_at": at("2025-01-01 12:30"), "reopens": 1},
        ],
    )  # fmt: skip
    warehouse.load(
        "delighted",
        "responses",
        [
            {"response_id": "1", "person_id": "9", "survey_type": "nps", "score": 3, "created_at": at("2025-01-01 23:30"), "comment": "slow, see https://x.test/1"},
            {"response_id": "1", "person_id": "9", "survey_type": "nps", "score": 9, "created_at": at("2025-01-01 23:30"), "updated_at": at("2025-01-05 10:00"), "comment": "slow, see https://x.test/1"},
            {"response_id": "2", "person_id": "9", "survey_type": "csat", "score": None, "created_at": at("2025-01-03 10:00")},
        ],
    )  # fmt: skip
