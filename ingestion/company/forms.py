"""The form of every company file: which keys it may have and what stands under them.

Knows: the files by name. Must not know: how YAML is read or what becomes of the values.
"""

from __future__ import annotations

from typing import Any

from ingestion.declarations import (
    ANY,
    BOOLEAN,
    DATE,
    NUMBER,
    TEXT,
    Form,
    ListOf,
    MapOf,
    OneOf,
    Scalar,
    choice,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ROUTING_KEYS = ("tag", "keyword", "account", "form", "source", "field")
EXCLUSION_KEYS = {
    "user_ids": "user_id",
    "email_domains": "email_domain",
    "device_ids": "device_id",
    "user_agents": "user_agent",
    "bot_properties": "bot_property",
}
# To whom an anonymous event goes: the last known user of its device before it, else the first after it; or only the
# last before; or to nobody.
ANONYMOUS_RULES = ("before_else_after", "before_only", "never")

_TEXTS = ListOf(TEXT)
_PROJECT = Form(
    {
        "timezone": TEXT,
        "legacy_local_time": BOOLEAN,
        "date_format": TEXT,
        "date_locale": TEXT,
        "date_order": choice("dmy", "mdy", "ymd"),
        "fiscal_year_start": Scalar("integer", minimum=1),  # month in which the fiscal year begins
        "locale": TEXT,
        "delimiter": TEXT,
        "encoding": TEXT,
        "columns": MapOf(TEXT),
        "windows": MapOf(Form({"from": DATE, "to": DATE}, required=("from", "to"))),
        "cadence": TEXT,
        "sessions": choice("gap", "vendor"),
        "late_days": Scalar("integer", minimum=0),
        "future_minutes": Scalar("integer", minimum=0),
        "skew_minutes": Scalar("integer", minimum=0),
        "title": TEXT,
        "owner": TEXT,
    }
)
_SOURCE = Form(
    {
        "projects": MapOf(_PROJECT),
        "cadence": TEXT,
        "owner": TEXT,
        "identity": Form({"anonymous": choice(*ANONYMOUS_RULES)}),
    }
)

SETTINGS = Form(
    {
        "company": TEXT,
        "timezone": TEXT,
        "week_start": choice(*WEEKDAYS),
        "session_timeout_minutes": Scalar("integer", minimum=1),
        "minimum_group_size": Scalar("integer", minimum=1),
        "identity": Form(
            {
                "scope": choice("company", "project"),
                "account_groups": _TEXTS,
                "shared_device_users": Scalar("integer", minimum=1),
            }
        ),
        "unplanned_events_count_as_active": BOOLEAN,
        "unplanned_names_per_source": Scalar("integer", minimum=1),
        "unplanned_keys_per_source": Scalar("integer", minimum=1),
        "pm_titles": _TEXTS,
        "sources": MapOf(_SOURCE),
        "exclude": Form(dict.fromkeys(EXCLUSION_KEYS, _TEXTS)),
    },
    required=("company",),
)
AREAS = Form(
    {"areas": ListOf(Form({"id": TEXT, "name": TEXT, "owner": TEXT}, required=("id",)))},
    required=("areas",),
)
RELEASES = Form(
    {
        "releases": ListOf(
            Form(
                {
                    "id": TEXT,
                    "date": DATE,
                    "feature": TEXT,
                    "planned": DATE,
                    "checklist_complete": BOOLEAN,
                },
                required=("id", "date"),
            )
        )
    },
    required=("releases",),
)
PEOPLE = Form(
    {
        "people": ListOf(
            Form(
                {
                    "person_id": TEXT,
                    "name": TEXT,
                    "email": TEXT,
                    "role": TEXT,
                    "area": TEXT,
                    "start_date": DATE,
                    "end_date": DATE,
                    "github_login": TEXT,
                },
                required=("person_id",),
            )
        )
    },
    required=("people",),
)
_USAGE = Form(
    dict.fromkeys(("source", "app_id", "label", "person", "at", "event", "project"), TEXT),
    required=("source",),
)
_ELIGIBLE = OneOf(
    (
        choice("all"),
        Form({"areas": _TEXTS}, required=("areas",)),
        Form({"people": _TEXTS}, required=("people",)),
    ),
    "must be `all`, `{areas: [...]}` or `{people: [...]}`",
)
_TOOL = Form(
    {
        "id": TEXT,
        "name": TEXT,
        "category": TEXT,
        "core": BOOLEAN,
        "owner": TEXT,
        "usage": ListOf(_USAGE),
        "rollout": Form({"date": DATE, "eligible": _ELIGIBLE}, required=("date",)),
    },
    required=("id",),
)
_RULE = Form({"field": choice("title", "project", "task", "tag"), "contains": TEXT, "equals": TEXT})
# What a process costs is the time that these rules find; what it saves is time of these categories (K10).
_PROCESS = Form({**_TOOL.keys, "costs": ListOf(_RULE), "saves": _TEXTS}, required=("id",))
TOOLS = Form({"tools": ListOf(_TOOL), "processes": ListOf(_PROCESS)})
_TARGET = Form({"at_least": NUMBER, "at_most": NUMBER, "per": choice("month", "quarter", "year")})
# A range of days; with the other keys the value that was found in it is frozen.
_BASELINE = Form(
    {
        "from": DATE,
        "to": DATE,
        **dict.fromkeys(("value", "ci_low", "ci_high"), NUMBER),
        "n": Scalar("integer", minimum=0),
        "definition": Scalar("integer", minimum=1),
        "frozen_on": DATE,
    },
    required=("from", "to"),
)
KPIS = Form(
    {
        "targets": MapOf(MapOf(_TARGET)),
        "baselines": MapOf(MapOf(_BASELINE)),
    }
)
ROUTING = Form(
    {
        "rules": ListOf(
            Form(
                {
                    "id": TEXT,
                    **{key: ListOf(TEXT, or_single=True) for key in ROUTING_KEYS},
                    "area": TEXT,
                    "owner": TEXT,
                },
                required=("id",),
            )
        ),
        "fallback": Form({"area": TEXT, "owner": TEXT}, required=("owner",)),
    },
    required=("fallback",),
)
_ANSWER = Form(
    {"source": TEXT, "dashboard_id": ANY, "card_id": ANY, "report": TEXT, "question": TEXT},
    required=("source", "question"),
)
_REQUEST = Form(
    {"source": TEXT, "project_key": TEXT, "label": TEXT, "question_label_prefix": TEXT},
    required=("source",),
)
DATA_ACCESS = Form({"answers": ListOf(_ANSWER), "requests": ListOf(_REQUEST)})
_ISSUES = {"project_key": TEXT, "issue_type": TEXT, "label": TEXT}
_SHIPPED_WITH = choice("fix_version", "milestone")
# Who has a work item while it stands in a status; what is named nowhere (Backlog, Done) is nobody's.
_STATUSES = Form(
    {
        function: ListOf(TEXT, or_single=True)
        for function in ("product", "design", "engineering", "go_to_market")
    }
)
DELIVERY = Form(
    {
        "features": ListOf(
            Form(
                {
                    "source": choice("jira", "linear"),
                    **_ISSUES,
                    "owner": choice("assignee", "reporter"),
                    "release": _SHIPPED_WITH,
                },
                required=("source",),
            )
        ),
        "releases": ListOf(
            Form({"source": choice("github", "jira"), "tag": _SHIPPED_WITH}, required=("source",))
        ),
        "checklists": ListOf(Form({"source": choice("jira"), **_ISSUES}, required=("source",))),
        "functions": ListOf(
            Form(
                {"source": choice("jira", "linear"), "project_key": TEXT, "statuses": _STATUSES},
                required=("source", "statuses"),
            )
        ),
    }
)
# A weekly survey that asks for hours of each category; which question, by its reference, id or words.
_SURVEY = Form(
    {
        "source": choice("typeform", "surveymonkey", "qualtrics"),
        "project": TEXT,
        "about": choice("this_week", "last_week"),
        "questions": MapOf(TEXT),
    },
    required=("source", "questions"),
)
TIME_CATEGORIES = Form(
    {
        "surveys": ListOf(_SURVEY),
        "working_hours": Form({"days": _TEXTS, "from": ANY, "to": ANY}),
        "categories": ListOf(Form({"id": TEXT, "rules": ListOf(_RULE)}, required=("id",))),
    }
)

# Every file that a company folder may hold beside the tracking plan and experiments.
FILES: dict[str, Any] = {
    "settings.yml": SETTINGS,
    "areas.yml": AREAS,
    "people.yml": PEOPLE,
    "releases.yml": RELEASES,
    "tools.yml": TOOLS,
    "kpis.yml": KPIS,
    "routing.yml": ROUTING,
    "data_access.yml": DATA_ACCESS,
    "delivery.yml": DELIVERY,
    "time_categories.yml": TIME_CATEGORIES,
    "decision_rules.yml": MapOf(ANY),
    "access.yml": MapOf(ANY),
}
