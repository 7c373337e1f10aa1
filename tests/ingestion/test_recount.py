"""Counting looks closely only at rows that may repeat; the counts are those of looking at all."""

from __future__ import annotations

import random

import pytest

from ingestion import recount


@pytest.mark.parametrize("source", ["amplitude", "mixpanel", "posthog"])
def test_doubtful_rows_alone_give_the_counts_of_all_rows(lake, make, source, monkeypatch):
    chance = random.Random(source)
    for file in range(4):
        events = []
        for _ in range(60):
            event = getattr(make, source)(chance.randrange(150))
            if source == "amplitude":
                event["$insert_id"] = chance.choice([None, f"i{chance.randrange(40)}"])
                event["device_id"] = chance.choice([None, "d1", "d2"])
                day = f"2024-03-{chance.randrange(1, 28):02d} 10:00:00.000000"
                event.update(event_time=day, server_upload_time=day, server_received_time=day)
            elif source == "mixpanel":
                event["properties"].update({"$device_id": chance.choice(["d1", None]), "distinct_id": chance.choice("ab")})  # fmt: skip
            events.append(event)
        lake.deliver(make.lines(*events), source, f"{file}.json")
    quick = recount.recount(lake.paths, source)
    original = recount._doubtful
    monkeypatch.setattr(
        recount, "_doubtful", lambda table, rows: original(table, rows).split(" where hash(")[0]
    )
    everything = recount.recount(lake.paths, source)
    assert quick == everything
    assert any(duplicate for _, duplicate in quick.values())
