"""Who left or is about to (standard question 23), worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dashboards.engine.statistics import wilson

END = date(2024, 6, 1)  # judged on the morning of 1 June


def days_ago(who, *days, account=None):
    """Active at noon that many days before 1 June; 1 is yesterday."""
    at = [END - timedelta(days=n) for n in days]
    more = {"account_key": account} if account else {}
    return [(who, "open", f"{day}T12:00", {}, more) for day in at]


EVENTS = [
    # every third day to the last: silence 0, usual silence 2
    *days_ago("here", *range(1, 40, 3)),
    # the same rhythm, last seen 4 days ago: 3 days of silence, usually 2
    *days_ago("quiet", *range(4, 43, 3)),
    # the same, last seen 3 days ago: 2 days of silence is usual
    *days_ago("usual", *range(3, 42, 3)),
    # silent for 14 days, the limit, and for longer than its 2
    *days_ago("left", *range(15, 54, 3)),
    # comes every 20 days: a silence of 19 days is its rhythm
    *days_ago("rare", 20, 40, 60, 80),
    # silent for 20 days, one more than usual, and over the limit
    *days_ago("rare2", 21, 41, 61, 81),
    # two days are no rhythm; silent for 14 days it has left all the same, silent for 5 it is too new to say
    *days_ago("gone_new", 15, 16),
    *days_ago("new", 6, 7),
    # 7 active days in the 14 before, 3 in the last 14, never a longer silence than 4: fading
    *days_ago("fading", 5, 10, 14, 15, 17, 19, 21, 23, 25, 27),
    # one long pause of eleven does not make long pauses usual: 20 days once, 5 now and 6 since
    *days_ago("burst", 7, *range(13, 23), 43),
]
JUDGED = {
    "here": "active",
    "quiet": "at_risk",
    "usual": "active",
    "left": "left",
    "rare": "active",
    "rare2": "left",
    "gone_new": "left",
    "new": "too_new",
    "fading": "at_risk",
    "burst": "at_risk",
}


@pytest.fixture(scope="module")
def asks(tmp_path_factory, publish_world):
    from dashboards.ask import ask
    from dashboards.published import open_version

    folder = publish_world(tmp_path_factory.mktemp("churn"), events=EVENTS)
    with open_version(folder) as published:
        yield lambda **params: ask(
            published, "churn_risk", {"left_after": 14, **params}, "2024-06-01"
        )


def key_of(name: str) -> str:
    return str(sum(byte * 256**place for place, byte in enumerate(name.encode()[:7])))


def test_silence_is_judged_by_a_persons_own_rhythm_and_the_limit(asks):
    answer = asks()
    listed = {row["unit_key"]: row["state"] for row in answer.rows}
    want = {key_of(who): state for who, state in JUDGED.items() if state in ("left", "at_risk")}
    assert listed == want
    summary = answer.summary
    assert [summary[k] for k in ("units", "active", "at_risk", "left", "too_new")] == [10, 3, 3, 3, 1]  # fmt: skip
    assert summary["left_share"] == 0.3 and summary["at_risk_share"] == 3 / 9


def test_each_row_says_why_and_those_with_most_to_lose_come_first(asks):
    rows = {row["unit_key"]: row for row in asks().rows}
    assert rows[key_of("quiet")]["reason"] == "silent for 3 days, seldom for more than 2"
    assert rows[key_of("left")]["reason"] == "silent for 14 days, seldom for more than 2"
    assert rows[key_of("gone_new")]["reason"] == "silent for 14 days, no rhythm of its own yet"
    fading = rows[key_of("fading")]
    assert fading["reason"] == "active on 3 of the last 14 days, on 7 of the 14 before"
    assert (fading["silent_days"], fading["usual_silence_days"]) == (4, 4)
    left = asks(state="left", limit=2).rows
    assert [row["active_days"] for row in left] == [13, 4]


def test_a_longer_limit_or_rhythm_changes_who_left(asks):
    assert asks(left_after=15).summary["left"] == 1  # rare2 alone: 20 days, more than its 19
    assert asks(minimum_days=5).summary["left"] == 4  # rare has no rhythm now, and is silent for 19


def test_looking_back_says_how_often_the_rule_was_right(asks):
    back = {row["state"]: row for row in asks(left_after=10).summary["looking_back"]}
    # On 22 May three kept their rhythm and came again; of burst, fading and left only left has been silent since. The rare
    # ones come every three weeks, so ten silent days would say nothing about them.
    assert {state: (r["units"], r["silent_since"]) for state, r in back.items()} == {
        "active": (3, 0),
        "at_risk": (3, 1),
    }
    assert (back["at_risk"]["ci_low"], back["at_risk"]["ci_high"]) == wilson(1, 3)


def test_accounts_are_units_too_and_events_without_one_are_out(world):
    events = [
        *days_ago("a", 1, 4, 7, account=77),
        *days_ago("b", 2, 10, account=77),
        *days_ago("c", 20, 23, 26, 29, account=88),
        *days_ago("d", 1),
    ]
    with world(events) as asks:
        answer = asks("churn_risk", "2024-06-01", unit="account", left_after=14)
        assert answer.summary["units"] == 2
        assert [(row["unit_key"], row["state"]) for row in answer.rows] == [("88", "left")]
        assert "name no account" in " ".join(answer.caveats)


def test_a_small_group_is_not_shown_and_silence_ends_with_the_data(world):
    with world(EVENTS, settings={"minimum_group_size": 5}) as asks:
        some = '[{"property": "nothing", "op": "set"}]'
        assert asks("churn_risk", "2024-06-01", where=some).summary["units"] == 0
        few = asks("churn_risk", "2024-06-01", from_="2024-05-31", to="2024-06-01")
        assert few.rows == [] and few.summary["units"] is None
        assert "nothing is shown" in " ".join(few.caveats)
        late = asks("churn_risk", "2024-05-10", from_="2024-04-01", to="2024-06-01")
        assert str(late.summary["judged_on"]) == "2024-05-10"
        assert all("@" not in row["unit_key"] for row in asks("churn_risk", "2024-06-01").rows)
