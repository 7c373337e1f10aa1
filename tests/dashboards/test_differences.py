"""`ask … --explain-difference`: each dialect beside ours, which rule makes the difference and for how many people."""

from __future__ import annotations

import argparse
import json
from types import SimpleNamespace

import pytest

from dashboards.answer import BadParameter
from dashboards.differences import with_differences

DAY = {"from": "2024-01-01", "to": "2024-01-02"}
AS_OF = "2024-06-01"


def told(**people):
    return [
        (user, name, f"2024-01-01T{time}")
        for user, text in people.items()
        for name, time in (part.split() for part in text.split(","))
    ]


# reentry converts only with its second entry, close only with a tie, closer with a tie of a second already; dirty meets x.
FUNNEL = told(
    plain="A 10:00,B 10:05",
    reentry="A 08:00,A 10:00,B 10:30",
    close="B 09:59:58,A 10:00",
    closer="B 09:59:59,A 10:00",
    dirty="A 10:00,x 10:01,B 10:02",
    drop="A 10:00",
)


@pytest.fixture
def explained(world):
    def made(events, question, **params):
        with world(events) as asks:
            answer = asks(question, AS_OF, **params)
            found = with_differences(asks.published, answer, params, AS_OF).to_dict()
            return {d["dialect"]: d for d in found["differences"]}

    return made


def test_funnel_each_rule_is_charged_with_the_people_it_changes(explained):
    params = {"steps": ["A", "B"], "window": "1h", "exclusions": [{"event": "x"}], **DAY}
    found = explained(FUNNEL, "funnel", **params)
    assert list(found) == ["default", "amplitude", "mixpanel", "posthog"]
    assert found["default"]["summary"]["converted"] == 2
    changed = {
        name: [(step["rule"], step["parameter"], step["actors"]) for step in entry["rules"]]
        for name, entry in found.items()
    }
    assert changed == {
        "default": [],
        "amplitude": [("F11", "tie_seconds", 1), ("F14", "attribution", 0)],
        # Two seconds let both close ones convert.
        "mixpanel": [("F5", "entry", 1), ("F10", "exclusion_mode", 0), ("F11", "tie_seconds", 2)],
        "posthog": [("F10", "exclusion_mode", 1)],
    }
    assert [entry["actors_changed"] for entry in found.values()] == [0, 1, 3, 1]
    assert [entry["actors"] for entry in found.values()] == [6, 6, 6, 5]
    assert [entry["summary"]["converted"] for entry in found.values()] == [2, 3, 3, 2]
    assert found["mixpanel"]["sentence"] == (
        "mixpanel: 3 of 6 people come out differently: 1 because only the first entry counts, with a breakdown the first of"
        " each segment (F5), 2 because events within two seconds count in either order (F11)."
    )


def test_a_given_parameter_wins_and_is_no_difference(explained):
    params = {"steps": ["A", "B"], "window": "1h", "tie_seconds": 0, **DAY}
    found = explained(FUNNEL, "funnel", **params, dialect="mixpanel")
    assert [step["parameter"] for step in found["mixpanel"]["rules"]] == ["entry", "exclusion_mode"]
    assert found["mixpanel"]["actors_changed"] == 1
    assert "change nothing here" in found["amplitude"]["sentence"]
    assert "change nothing here" in found["posthog"]["sentence"]


def test_time_to_convert_counts_whose_times_change(explained):
    params = {"steps": ["A", "B"], "window": "3h", "entry": "best", **DAY}
    found = explained(FUNNEL, "time_to_convert", **params)
    assert found["amplitude"]["actors_changed"] == 1 and found["posthog"]["actors_changed"] == 0


RETENTION = [
    ("hour", "open", "2024-01-01T17:59"), ("hour", "open", "2024-01-02T17:00"),  # 23 h 1 min later
    ("late", "open", "2024-01-01T20:00"), ("late", "open", "2024-01-02T06:00"),  # 10 h later, the next day
    ("noon", "open", "2024-01-01T12:00"), ("noon", "open", "2024-01-02T13:00"),  # 25 h later
    ("second", "open", "2024-01-02T12:00"),
]  # fmt: skip


def test_retention_clock_rounding_and_average(explained):
    params = {"horizon": 1, "from": "2024-01-01", "to": "2024-01-03"}
    found = explained(RETENTION, "retention", **params)
    changed = {
        name: [(s["rule"], s["parameter"], s["actors"]) for s in e["rules"]]
        for name, e in found.items()
    }
    assert changed == {
        "default": [],
        "amplitude": [("R2", "clock", 2), ("R2", "rounding", 1)],
        "mixpanel": [("R2", "clock", 2), ("R5", "average", 0)],
        "posthog": [("R6", "interval_zero", 0), ("R3", "breakdown_of", 0)],
    }
    assert found["amplitude"]["actors_changed"] == 1  # the rounding brings one of the two back
    assert found["posthog"]["sentence"].endswith("change nothing here.")
    calendar = explained(RETENTION, "retention", **params, clock="calendar")
    assert calendar["mixpanel"]["sentence"] == (
        "mixpanel: nobody comes out differently, but numbers do: cohorts are weighted by the square of their size (R5)."
    )


def test_a_rule_that_changes_no_number_is_not_named_as_the_reason(explained):
    """All come at noon, so 24 hours are a day; only the average weighs the cohorts otherwise."""
    noon = [
        (who, "open", f"2024-01-0{day}T12:00")
        for who, days in {"a": (1, 2), "b": (1, 3), "c": (2, 3)}.items()
        for day in days
    ]
    found = explained(noon, "retention", horizon=1, **{"from": "2024-01-01", "to": "2024-01-03"})
    assert found["mixpanel"]["sentence"] == (
        "mixpanel: nobody comes out differently, but numbers do: cohorts are weighted by the square of their size (R5)."
    )


ACTIVE = [
    ("a", "push_received", "2024-04-01T10:00"),
    ("a", "open", "2024-05-10T10:00"),
    ("b", "open", "2024-05-10T10:00"),
    ("c", "open", "2024-04-11T10:00"),
]


def test_active_users_and_lifecycle(world):
    """a had an event before the first one that counts; c is active 29 days before the last day."""
    with world(ACTIVE, inactive=frozenset({"push_received"})) as asks:
        span = {"from": "2024-05-09", "to": "2024-05-11"}

        def compared(question):
            answer = asks(question, AS_OF, **span)
            found = with_differences(asks.published, answer, span, AS_OF).differences
            return {d["dialect"]: d for d in found}

        active = compared("active_users")
        assert (active["amplitude"]["actors_changed"], active["posthog"]["actors_changed"]) == (
            1,
            1,
        )
        assert [r["new"] for r in active["default"]["rows"]] == [0, 2]
        assert [r["new"] for r in active["amplitude"]["rows"]] == [0, 1]
        assert [r["returning"] for r in active["amplitude"]["rows"]] == [0, 1]
        assert (active["default"]["rows"][1]["mau"], active["posthog"]["rows"][1]["mau"]) == (2, 3)
        cycle = compared("lifecycle")
        assert cycle["posthog"]["actors_changed"] == 1
        row = cycle["posthog"]["rows"][1]
        assert (row["new"], row["resurrected"], row["active"]) == (1, 1, 2)
        with pytest.raises(BadParameter, match="knows no dialects"):
            with_differences(asks.published, asks("sessions", AS_OF, **span), span, AS_OF)


@pytest.mark.parametrize("form", ["json", "table"])
def test_the_command_says_it_in_text_and_json(tmp_path, publish_world, capsys, form):
    from orchestration.commands import ask as command
    from orchestration.errors import CommandError

    parser = argparse.ArgumentParser()
    command.configure(parser)
    arguments = parser.parse_args(
        ["funnel", "--param", 'steps=["A","B"]', "--param", "window=1h", "--param", "from=2024-01-01",
         "--param", "to=2024-01-02", "--as-of", AS_OF, "--format", form, "--explain-difference"]
    )  # fmt: skip
    paths = SimpleNamespace(
        published=publish_world(tmp_path, events=FUNNEL), app_db=tmp_path / "app"
    )
    assert command.execute(arguments, SimpleNamespace(paths=paths, user=None)) == 0
    said = capsys.readouterr().out
    sentence = "amplitude: 1 of 6 people come out differently: 1 because events within one second count in either order (F11)."
    csv = argparse.Namespace(**{**vars(arguments), "format": "csv"})
    with pytest.raises(CommandError, match="no CSV form"):
        command.execute(csv, SimpleNamespace(paths=paths, user=None))
    if form == "json":
        found = json.loads(said)["differences"]
        assert [d["dialect"] for d in found] == ["default", "amplitude", "mixpanel", "posthog"]
        assert found[1]["sentence"] == sentence
    else:
        assert sentence in said and "converted: 4" in said


def test_a_page_tells_each_tools_headline_people_and_rule(world):
    from dashboards.widgets.other_tools import told as lines_of

    params = {"steps": ["A", "B"], "window": "1h", "exclusions": [{"event": "x"}], **DAY}
    with world(FUNNEL) as asks:
        answer = with_differences(asks.published, asks("funnel", AS_OF, **params), params, AS_OF)
    lines = {line.name: line for line in lines_of(answer)}
    assert list(lines) == ["Ours", "Amplitude", "Mixpanel", "PostHog"]
    assert lines["Ours"].why == "our own definitions" and lines["Ours"].changed == ""
    assert lines["Ours"].value != lines["Amplitude"].value
    assert lines["Amplitude"].changed == "1 of 6"
    assert "events within one second count in either order (F11)" in lines["Amplitude"].why
    assert {line.label for line in lines.values()} == {"A to B"}
