"""What `paths` answers from the mart of sessions' first events is what their events give, on any range and as of any instant (D5)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import duckdb
import pytest

from dashboards.ask import ask
from dashboards.engine import session_walks
from dashboards.published import open_version

START = datetime(2024, 3, 1)


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
            told.append((who, dice.choice("AABCD$"), at.isoformat(), {}, more))
            at += timedelta(minutes=dice.choice((0, 1, 20)))
    return told


@pytest.mark.parametrize("seed", range(6))
def test_rule_D5_first_events_give_what_all_events_give(tmp_path, publish_world, seed):
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
                "depth": dice.choice((1, 2, 3, 3, 4)),
                "project": dice.choice((None, None, None, "web")),
            }
            as_of = dice.choice((None, last, last, START + timedelta(hours=dice.randrange(24 * 8))))
            at = as_of and as_of.isoformat()
            kept, told = (ask(one, "paths", asked, at) for one in (version, without))
            assert kept.rows == told.rows, (seed, n, asked, as_of)
            assert kept.summary == told.summary, (seed, n, asked, as_of)


def test_rule_D5_the_usual_question_reads_no_event(tmp_path, publish_world):
    with open_version(publish_world(tmp_path, events=events(random.Random(1)))) as version:
        asked = {"from": "2024-03-01", "to": "2024-03-08"}
        assert session_walks.KEPT_IN in ask(version, "paths", asked).sql
        assert "fct_events" not in ask(version, "paths", asked).sql
        for other in ({"event": "A"}, {"without": "A"}, {"direction": "previous"}, {"depth": 4}, {"source": "events"}):  # fmt: skip
            assert "fct_events" in ask(version, "paths", asked | other).sql
