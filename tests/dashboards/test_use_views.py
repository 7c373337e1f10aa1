"""What the pages of the questions about use show: the headline in words, the picture, and states without numbers."""

from __future__ import annotations

import pytest

from dashboards.catalogue import load
from dashboards.widgets import charts, histogram, html, pictures, readings, states

VALUE = {"is_value_event": True, "feature": "export"}
PLAN = {
    "dim_features": [{"feature": "export", "name": "Export"}],
    "dim_events": [
        {"event_name": "exported", "status": "live", "feature": "export", "value_event": True, "live_from": "2024-03-15"},
    ],
    "dim_releases": [{"source": "github", "project": "app", "release": "v1", "released_on": "2024-03-20"}],
}  # fmt: skip
# Six people on every third day of March and April until they stop, one after the other; two of them export.
EVENTS = [
    (f"p{n}", "open", f"2024-{month:02d}-{day:02d}T10:00")
    for n in range(6)
    for month in (3, 4)
    for day in range(1, 30, 3)
    if (month - 3) * 30 + day < 61 - 9 * n
] + [
    (f"p{n}", "exported", f"2024-03-{day}T11:00", {}, VALUE)
    for n in (0, 1)
    for day in (16 + n, 19 + n)
]
EVENTS += [
    ("p0", "open", f"2024-03-{day}T10:20") for day in range(10, 26, 3)
]  # sessions of 20 minutes
NO_ONE = '[{"property": "plan", "op": "eq", "value": "none"}]'
ASKED = {
    "feature_adoption": ({"feature": "export"}, ("Adopted export: 40.0%", "Retained: again in days")),
    "activation": (
        {"criteria": "exported", "days": 20, "from": "2024-03-01", "to": "2024-03-20"},
        ("Activated within 20 days: 33.3%", "Activated within"),
    ),
    "power_users": ({"days": 14, "threshold": 3}, ("Power users:", "People by active days", "What the most active hold")),
    "churn_risk": ({"left_after": 14}, ("About to leave:", "Where they stand", "seldom for more than 2")),
    "launch_effect": (
        {"release": "export", "weeks": 2},
        ("After export, live 15 Mar 2024", "same weekday", "What else happened", "v1"),
    ),
    "stickiness": (
        {"period": "week", "from": "2024-03-04", "to": "2024-03-25"},
        ("DAU over MAU", "People by active days of the week of 18 Mar 2024", "n 5 active people", "weeks before are in the table"),
    ),
    "sessions": (
        {"period": "week", "from": "2024-03-04", "to": "2024-03-25"},
        ("Session, median", "Sessions, by week", "Length, by week", "Median length of sessions by week"),
    ),
    "time_to_convert": (
        {"steps": ["open", "exported"], "window": "30d", "from": "2024-03-01", "to": "2024-04-01"},
        ("open to exported, median", "open → exported", "n 2"),
    ),
    # the two who export are one group and the others another; a headline is of one group
    "funnel": (
        {"steps": ["open", "exported"], "window": "30d", "from": "2024-03-01", "to": "2024-04-01", "breakdown": "feature"},
        ("open to exported, (none): 0.0%", "in the largest of 2 groups", "export"),
    ),
}  # fmt: skip


@pytest.fixture
def shown(monkeypatch):
    """Everything that a page would draw, as text; a picture that fails is a failure and not a note."""
    said: list[str] = []

    def curves(found, frame):
        said.append(" ".join([frame.alt, *(p.text for c in found for p in c.points)]))

    def columns(found, x_title, alt):
        said.append(" ".join([alt, x_title, *(c.text for c in found)]))

    def fault(error):
        raise error

    monkeypatch.setattr(html, "show", lambda mark, **_: said.append(str(mark)))
    monkeypatch.setattr(charts, "draw", curves)
    monkeypatch.setattr(histogram, "draw", columns)
    monkeypatch.setattr(states, "record", fault)
    return said


def view(shown, answer):
    """The headline and the picture of an answer, as one text."""
    reading = readings.read(answer)
    shown.clear()
    pictures.draw(answer, load().get(answer.question), reading.plain)
    cards = " ".join(" ".join(card) for card in reading.cards)
    return " ".join([reading.plain, reading.evidence, cards, *map(str, reading.badges), *shown])


def test_each_answer_has_its_headline_and_its_picture(world, shown):
    with world(EVENTS, tables=PLAN) as asks:
        for question, (params, words) in ASKED.items():
            text = view(shown, asks(question, "2024-05-01", **params))
            for word in words:
                assert word in text, (question, word, text)
            assert "None" not in text and "nan" not in text, text


def test_a_funnel_over_time_is_told_by_the_last_period_whose_windows_are_over(world, shown):
    asked = {"steps": ["open", "exported"], "window": "10d", "period": "week"}
    with world(EVENTS, tables=PLAN) as asks:
        over = asks("funnel", "2024-04-30", **asked, **{"from": "2024-03-04", "to": "2024-04-29"})
        assert over.summary["last_complete_period"] == "2024-04-22"  # its windows are still open
        assert "open to exported, 15–21 Apr 2024: 0.0%" in view(shown, over)


def test_segments_take_a_dimension_that_tells_groups_apart(world):
    """Of the platforms one would be under the minimum, so all are one row; countries are two."""
    places = [("Web", "DE")] * 5 + [("Web", "FR")] * 3 + [("iOS", "FR")] * 2
    events = [
        (f"p{n}", "open", "2024-03-05T10:00", {}, {"platform": platform, "country": country})
        for n, (platform, country) in enumerate(places)
    ]
    span = {"metric": "events_per_actor", "from": "2024-03-04", "to": "2024-03-11"}
    with world(events, settings={"minimum_group_size": 5}) as asks:
        answer = asks("segments", "2024-04-01", **span)
        assert {row["segment"]: row["n"] for row in answer.rows} == {"DE": 5, "FR": 5}
        answer = asks("segments", "2024-04-01", dimension="platform", **span)
        assert [row["segment"] for row in answer.rows] == ["(other)"]


def test_an_average_that_is_not_of_all_people_has_no_interval(world, shown):
    span = {"from": "2024-03-01", "to": "2024-03-11", "horizon": 4}
    with world(EVENTS, tables=PLAN) as asks:
        for average, words in (("pooled", "95% interval"), ("mean", "weighs the same")):
            text = view(shown, asks("retention", "2024-05-01", average=average, **span))
            assert words in text and ("95% interval" in text) == (average == "pooled")


def test_an_answer_without_numbers_says_so_instead_of_failing(world, shown):
    with world(EVENTS, tables=PLAN, settings={"minimum_group_size": 5}) as asks:
        for question, (params, _) in ASKED.items():
            answer = asks(question, "2024-05-01", **params, where=NO_ONE)
            if not answer.rows and not answer.summary.get("units"):
                continue  # the page shows the empty state
            text = view(shown, answer)
            assert "–" in text and "None" not in text and "nan" not in text, (question, text)
        # Nobody at risk and nobody gone is an answer with an empty list.
        calm = asks(
            "churn_risk", "2024-04-01", **{"from": "2024-03-01", "to": "2024-03-08"}, left_after=20
        )
        assert calm.rows == [] and "of 6 people" in view(shown, calm).lower()
        early = asks("launch_effect", "2024-03-18", release="export", weeks=2)
        assert "Too early" in view(shown, early)
