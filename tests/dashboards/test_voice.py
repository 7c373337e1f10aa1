"""NPS and support times (metrics.md, section 6)."""

from __future__ import annotations

import math

import pytest

from dashboards.answer import BadParameter


def surveys(*answers):
    """(respondent, wave, score, time[, properties])."""
    rows = []
    for n, (person, wave, score, time, *rest) in enumerate(answers):
        rows.append(
            {
                "response_id": f"r{n}", "source": "delighted", "project": "default", "survey_type": "nps", "wave": wave, "respondent_id": person,
                "score": score, "is_nps": True, "responded_at": f"{time}T10:00:00", "local_date": time, "properties": rest[0] if rest else "{}",
            }
        )  # fmt: skip
    return {"fct_survey_responses": rows}


def test_n1_score_margin_and_headline(world):
    tables = surveys(
        *(
            (f"p{n}", None, score, "2024-03-04")
            for n, score in enumerate([10, 9, 9, 8, 7, 6, 0, None])
        )
    )
    with world(tables=tables) as asks:
        row = asks("nps").rows[0]
        assert [row[k] for k in ("n", "promoters", "passives", "detractors", "reportable")] == [
            7,
            3,
            2,
            2,
            False,
        ]
        assert row["nps"] == pytest.approx(100 / 7)
        assert row["margin_of_error_95"] == pytest.approx(
            196 * math.sqrt((5 / 7 - (1 / 7) ** 2) / 7)
        )
    with world(tables=surveys(*((f"p{n}", None, 10, "2024-03-04") for n in range(30)))) as asks:
        assert asks("nps").rows[0]["reportable"] is True


def test_case_095_no_answers_is_no_data_and_says_how_many_are_missing(world):
    with world(tables=surveys(("a", None, None, "2024-03-04"))) as asks:
        answer = asks("nps")
        assert (answer.rows[0]["n"], answer.rows[0]["nps"]) == (0, None)
        assert "Not enough answers (0 of 30) for a headline." in answer.caveats


def test_n2_the_last_answer_of_a_person_and_wave_counts_and_both_counts_are_shown(world):
    tables = surveys(
        ("a", "w1", 0, "2024-03-01"),
        ("a", "w1", 10, "2024-03-02"),
        ("a", "w2", 10, "2024-04-01"),
        ("b", None, 9, "2024-03-01"),
        ("b", None, 9, "2024-03-02"),
        (None, "w1", 3, "2024-03-01"),
    )
    with world(tables=tables) as asks:
        row = asks("nps").rows[0]
        assert (row["n"], row["answers"], row["promoters"], row["detractors"]) == (5, 6, 4, 1)


def test_n2_the_response_rate_is_of_the_last_survey_sent_to_each(world):
    def asked(person, sent, answered=None):
        return {"source": "delighted", "project": "default", "respondent_id": person, "last_sent_at": sent, "last_responded_at": answered}  # fmt: skip

    tables = surveys(("a", None, 10, "2024-03-02")) | {
        "fct_survey_people": [
            asked("a", "2024-03-01", "2024-03-02"),
            asked("b", "2024-03-01"),
            asked("c", "2024-03-01", "2024-02-01"),  # that was an earlier survey
            asked("d", None),
            asked("e", "2024-03-08", "2024-03-09"),
        ]
    }
    with world(tables=tables, data_through="2024-03-10") as asks:
        row = asks("nps").rows[0]
        assert (row["n"], row["asked"], row["response_rate"]) == (1, 4, 0.5)
        row = asks("nps", "2024-03-09").rows[0]
        assert (row["asked"], row["response_rate"]) == (4, 0.25)
        row = asks("nps", from_="2024-03-05", to="2024-03-10").rows[0]
        assert (row["asked"], row["response_rate"]) == (1, 1.0)
        condition = {"property": "plan", "op": "not_set"}
        assert asks("nps", where=[condition]).rows[0]["response_rate"] is None
        assert asks("nps", group="month").rows[0]["response_rate"] is None


def test_nps_by_month_has_a_row_for_every_month_and_by_property_suppresses_small_groups(world):
    tables = surveys(
        ("a", None, 10, "2024-01-05", '{"plan": "pro"}'), ("b", None, 0, "2024-03-05", '{"plan": "pro"}'), ("c", None, 9, "2024-03-06", '{"plan": "free"}')
    )  # fmt: skip
    with world(
        tables=tables, data_through="2024-04-01", settings={"minimum_group_size": 2}
    ) as asks:
        months = asks("nps", group="month").rows
        assert [(r["group"], r["n"], r["nps"]) for r in months] == [
            ("2024-01-01", 1, 100.0),
            ("2024-02-01", 0, None),
            ("2024-03-01", 2, 0.0),
        ]
        plans = asks("nps", group="plan")
        assert [(r["group"], r["n"]) for r in plans.rows] == [("pro", 2)]
        assert (
            asks("nps", where=[{"property": "plan", "op": "eq", "value": "free"}]).rows[0]["n"] == 1
        )
        assert asks("nps", from_="2024-02-01", to="2024-03-06").rows[0]["n"] == 1
        assert asks("nps", "2024-02-01").rows[0]["n"] == 1


def ticket(name, created, reply, minutes, **more):
    row = {
        "ticket_id": name,
        "source": "zendesk",
        "project": "default",
        "created_at": created,
        "first_reply_minutes": reply,
        "resolution_minutes": minutes,
        "is_solved": minutes is not None,
        "tells_replies": True,
    }
    if minutes is not None:
        row["solved_at"] = "2024-03-02T00:00:00"
    return row | more


def test_n4_open_tickets_are_censored_never_dropped(world):
    tables = {
        "fct_tickets": [
            ticket("1", "2024-03-01", 5, 60),
            ticket("2", "2024-03-01", 10, 120, reopens=1),
            ticket("3", "2024-03-01", None, None),
            ticket("4", "2024-03-01", 20, 240, priority="high"),
        ]
    }
    with world(tables=tables, data_through="2024-03-10") as asks:
        answer = asks("support_times")
        row = answer.rows[0]
        assert [row[k] for k in ("tickets", "solved", "open", "reopened")] == [4, 3, 1, 1]
        assert (
            row["first_reply_median_minutes"],
            row["resolution_median_minutes"],
            row["resolution_p90_minutes"],
        ) == (10, 120, None)
        assert any("censored" in text for text in answer.caveats)
        assert {r["group"]: r["tickets"] for r in asks("support_times", group="priority").rows} == {
            "high": 1,
            "(none)": 3,
        }
        assert asks("support_times", "2024-03-01T12:00").rows[0]["solved"] == 0
        with pytest.raises(BadParameter, match="where"):
            asks("support_times", where=[{"property": "x", "op": "set"}])


def test_n4_what_an_export_does_not_tell_is_said_and_not_taken_for_waiting(world):
    tables = {
        "fct_tickets": [
            ticket("1", "2024-03-01", 5, 60),
            ticket("2", "2024-03-01", 10, 120),
            # solved, nobody knows when; and nothing tells whether somebody replied
            ticket("3", "2024-03-01", 20, None, is_solved=True, updated_at="2024-03-03"),
            ticket("4", "2024-03-01", None, None, is_solved=True, tells_replies=False),
            # open without anything that tells replies: it waits
            ticket("5", "2024-03-01", None, None, tells_replies=False),
        ]
    }
    with world(tables=tables, data_through="2024-03-10") as asks:
        answer = asks("support_times")
        row = answer.rows[0]
        assert [row[k] for k in ("tickets", "solved", "open")] == [5, 4, 1]
        # replies 5, 10, 20 and one that waits; resolutions 60, 120 and one that waits
        assert (row["first_reply_median_minutes"], row["resolution_median_minutes"]) == (10, 120)
        assert any(
            text.startswith("2 solved tickets come without the time") for text in answer.caveats
        )
        assert any(
            text.startswith("1 solved tickets come without anything") for text in answer.caveats
        )


def test_a_reply_after_the_as_of_instant_is_unseen(world):
    tables = {"fct_tickets": [ticket("1", "2024-03-01", 61, None)]}
    with world(tables=tables, data_through="2024-03-10") as asks:
        medians = [
            asks("support_times", as_of).rows[0]["first_reply_median_minutes"]
            for as_of in ("2024-03-01T01:01", "2024-03-01T01:02", None)
        ]
    assert medians == [None, 61, 61]
