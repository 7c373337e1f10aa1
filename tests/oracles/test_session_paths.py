"""What `paths` answers from the mart of sessions' walks is what their events give, on any range and as of any instant (D5)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import duckdb
import pytest

from dashboards.ask import ask
from dashboards.engine.kept_walks import KEPT_IN
from dashboards.published import open_version

START = datetime(2024, 3, 1)
EITHER = {"any_of": ["B", "D"]}
SINCE = {"event": "A", "where": [{"property": "n", "op": "eq", "value": "1"}]}


def events(dice: random.Random) -> list[tuple]:
    """Sessions of few people with few names, some events at one instant, some in two projects at once, some that do not count."""
    told = []
    for _ in range(dice.randrange(30, 90)):
        who, at = dice.choice("pqrstuvw"), START + timedelta(hours=dice.randrange(24 * 6))
        for _ in range(dice.randrange(1, 7)):
            more = {
                "project": dice.choice(("default", "default", "web")),
                "is_internal": who == "w",
                "left_out_because": "quarantined" if dice.random() < 0.1 else None,
            }
            told.append(
                (who, dice.choice("AABCD$"), at.isoformat(), {"n": str(dice.randrange(2))}, more)
            )
            at += timedelta(minutes=dice.choice((0, 1, 20)))
    return told


@pytest.mark.parametrize("seed", range(6))
def test_rule_D5_walks_give_what_all_events_give(tmp_path, publish_world, seed):
    dice = random.Random(seed)
    history = events(dice)
    folder = publish_world(tmp_path, events=history)
    publish_world(tmp_path, version="before", events=history)
    with duckdb.connect(str(folder / "before" / "warehouse.duckdb")) as before:
        before.execute("drop table marts.fct_session_paths")
    with open_version(folder, "v1") as version, open_version(folder, "before") as without:
        last = version.data_through + timedelta(minutes=dice.choice((1, 31)))
        for n in range(12):
            first, end = sorted(dice.sample(range(8), 2))
            asked = {
                "from": (START + timedelta(days=first)).date().isoformat(),
                "to": (START + timedelta(days=end)).date().isoformat(),
                "top": dice.choice((1, 2, 5)),
                "depth": dice.choice((1, 2, 3, 3, 4, 7)),
                "project": dice.choice((None, None, None, "web")),
                "direction": dice.choice(("next", "next", "previous")),
                "event": dice.choice((None, None, "A", "C", EITHER, SINCE)),
                "without": dice.choice((None, None, None, "B", EITHER)),
            }
            as_of = dice.choice((None, last, last, START + timedelta(hours=dice.randrange(24 * 8))))
            at = as_of and as_of.isoformat()
            kept, told = (ask(one, "paths", asked, at) for one in (version, without))
            assert kept.rows == told.rows, (seed, n, asked, as_of)
            assert kept.summary == told.summary, (seed, n, asked, as_of)


def test_rule_D5_only_sessions_that_the_range_cuts_are_read_by_their_events(
    tmp_path, publish_world
):
    with open_version(publish_world(tmp_path, events=events(random.Random(1)))) as version:
        asked = {"from": "2024-03-01", "to": "2024-03-08"}
        for more in ({}, {"direction": "previous"}, {"depth": 4}, {"source": "events"}):
            told = ask(version, "paths", asked | more).sql
            assert KEPT_IN in told and "fct_events" not in told
        for more in ({"event": "A"}, {"without": "A"}):
            told = ask(version, "paths", asked | more).sql
            assert f"select session_id from {KEPT_IN}" in told
        for more in ({"event": SINCE}, {"where": SINCE["where"]}):
            assert KEPT_IN not in ask(version, "paths", asked | more).sql
