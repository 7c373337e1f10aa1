"""Which models product events reach, and which events each takes by its own SQL."""

from __future__ import annotations

import duckdb
import pytest

from orchestration.event_lineage import event_lineage, taken


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("event_name = 'buy'", {"names": ["buy"]}),
        ("e.source_event_name in ('a', 'b') and not is_internal", {"names": ["a", "b"]}),
        ("event_name = 'a' or event_name = 'b'", {"names": ["a", "b"]}),
        ("is_active_event and e.is_value_event", {"flags": ["active", "value"]}),
        # What may let other events in, or only denies some, takes every event.
        ("event_name = 'a' or country = 'DE'", {}),
        ("not is_active_event", {}),
        ("event_name != 'a'", {}),
    ],
)
def test_what_a_statement_takes_is_read_from_its_where(condition, found):
    inside = f"with x as (select * from fct_events as e where {condition}) select count(*) from x"
    assert taken(duckdb.connect(), inside) == found


def test_a_name_in_a_filtered_count_leaves_the_other_events_in_the_denominator():
    share = "select count(*) filter (where event_name = 'a') / count(*) from fct_events"
    assert taken(duckdb.connect(), share) == {}


def test_a_mart_is_reached_through_models_that_are_not_published():
    def node(name, layer, *parents, **meta):
        return {
            "resource_type": "model",
            "name": name,
            "fqn": ["productops", layer, name],
            "depends_on": {"nodes": list(parents)},
            "config": {"meta": meta},
        }

    manifest = {
        "nodes": {
            "m.all": node("all", "intermediate", "source.x", carries="product_events"),
            "m.fct": node("fct", "marts", "m.all"),
            "m.kpi": node("kpi", "kpis", "m.fct", "m.people"),
            "m.people": node("people", "marts"),
            "m.clock": node("clock", "marts", "m.fct", carries="times"),
            "m.other": node("other", "kpis", "m.clock"),
        }
    }
    assert event_lineage(manifest, {"kpi": "select 1 from fct where event_name = 'buy'"}) == {
        "all": {"layer": "intermediate", "parents": [], "takes": {}},
        "fct": {"layer": "marts", "parents": ["all"], "takes": {}},
        "kpi": {"layer": "kpis", "parents": ["fct"], "takes": {"names": ["buy"]}},
    }
