"""K8 and the links of experiments (K2b) on the told story and on small tables made for them."""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta

import pytest

AS_OF = "2024-12-20"
AUTUMN = "2024-10-01"


@pytest.fixture(scope="module")
def hygiene(story):
    return story.kpi("kpi_roadmap_hygiene", AS_OF)


def counts(row):
    return row["numerator"], row["denominator"]


def test_k8_what_is_done_or_dropped_is_no_roadmap(hygiene):
    assert hygiene["items", AUTUMN]["value"] == 4


def test_k8_evidence_is_feedback_a_metric_or_an_experiment_that_the_registry_knows(hygiene):
    # R-1 feedback, R-2 exp-1, R-4 a metric; exp-99 of R-3 is nowhere
    assert counts(hygiene["with_evidence", AUTUMN]) == (3, 4)


def test_k8_reach_is_measured_by_an_event_that_arrives_or_where_the_list_says_it_was(hygiene):
    # R-1 by the feature's value event, R-2 as stated; R-3 is no allowed RICE, the event of R-4 never came
    assert counts(hygiene["with_measured_rice", AUTUMN]) == (2, 4)
    assert counts(hygiene["with_counted_rice", AUTUMN]) == (1, 4)


def test_k8_thirty_days_count_and_a_second_more_does_not(story, hygiene):
    # R-1 was updated exactly 30 days before, R-2 a second earlier
    assert counts(hygiene["updated_30d", AUTUMN]) == (3, 4)
    assert counts(hygiene["in_order", AUTUMN]) == (1, 4)
    later = story.kpi("kpi_roadmap_hygiene", "2024-12-20 00:00:01")
    assert counts(later["updated_30d", AUTUMN]) == (2, 4)


def test_k8_of_a_day_gone_by_the_list_cannot_tell(story):
    row = story.kpi("kpi_roadmap_hygiene", "2024-11-25")["in_order", AUTUMN]
    assert (row["value"], row["reportable"]) == (None, False)
    assert row["reason"].startswith("2 items were changed after that day")


def test_k8_rice_takes_the_allowed_steps_and_tells_others_with_file_and_line(story):
    told = story.rows("select item_id, rice, rice_problem from marts.dim_roadmap_items where stage = 'planned' order by 1")  # fmt: skip
    assert told == [
        ("R-1", 40 * 2 * 0.8 / 2, None),
        ("R-2", 100.0, None),
        ("R-3", None, "roadmap:3: impact 5 is none of 3, 2, 1, 0.5, 0.25; confidence 70 % is none of 100, 80, 50 %"),
        ("R-4", 10 * 0.25 * 0.5 / 0.5, None),
    ]  # fmt: skip


def test_k8_titles_are_published_without_addresses(story):
    told = story.rows("select title_redacted from marts.dim_roadmap_items where item_id = 'R-1'")
    assert told == [("Export for all, ask [email]",)]


def test_k8_says_that_there_is_no_roadmap(made):
    made.fill(
        marts__dim_roadmap_items=[],
        marts__dim_kpi_targets=[],
        marts__dim_settings=[{"timezone": "UTC"}],
        marts__dim_data_through=[{"data_through_at": datetime(2024, 12, 1)}],
    )
    rows = made.run("kpi_roadmap_hygiene", AS_OF)
    assert rows and all(row["value"] is None and not row["reportable"] for row in rows)
    assert {row["reason"] for row in rows} == {"no roadmap: deliver it as the source roadmap"}


def links(made, entries):
    """Verdicts by (experiment, prior as written, grade) of registry entries."""
    whole = [{"project": "p", "status": "decided", "prior_experiments": "[]", **entry} for entry in entries]  # fmt: skip
    made.fill(
        intermediate__int_experiments__registered=whole,
        marts__dim_settings=[{"timezone": "UTC"}],
    )
    return {
        (row["experiment_id"], row["prior_id"], row["grade"]): row["verdict"]
        for row in made.run("fct_experiment_links")
    }


def test_k2b_every_way_in_which_a_link_does_not_count_has_its_name(made):
    def entry(key, end, written, *priors, **more):
        return {"experiment_id": key, "end_date": end, "hypothesis_written_at": written, "prior_experiments": json.dumps(priors), **more}  # fmt: skip

    june = date(2024, 6, 30)
    july, same_day = datetime(2024, 7, 1), datetime(2024, 6, 30, 23)
    found = links(
        made,
        [
            entry("old-1", june, datetime(2024, 1, 1)),
            entry("good", None, july, {"id": "old-1"}, {"id": "old-1", "kind": "proves"}),
            entry("other-kind", None, july, {"id": "old-1", "kind": "Ruled_Out"}, status="running"),
            entry("kind", None, july, {"id": "old-1", "kind": "inspired_by"}),
            entry("gone", None, july, {"id": "exp-99"}),
            entry("self", june, july, "self"),
            entry("circle-1", june, july, "circle-2"),
            entry("circle-2", june, july, "circle-3"),
            entry("circle-3", june, july, "circle-1", "old-1"),
            entry("late", None, same_day, {"experiment_id": "old-1"}),
            entry("running", None, july, status="running"),
            entry("too-soon", None, july, "running"),
            entry("no-date", None, None, "old-1"),
            entry("no-end", None, july, "gone"),  # decided, and the registry has no end
        ],
    )
    assert {place[:2]: verdict for place, verdict in found.items()} == {
        ("good", "old-1"): "valid",
        ("other-kind", "old-1"): "valid",
        ("kind", "old-1"): "unknown kind",
        ("gone", "exp-99"): "unknown experiment",
        ("self", "self"): "itself",
        ("circle-1", "circle-2"): "in a circle",
        ("circle-2", "circle-3"): "in a circle",
        ("circle-3", "circle-1"): "in a circle",
        ("circle-3", "old-1"): "valid",
        ("late", "old-1"): "not ended before",
        ("too-soon", "running"): "not ended before",
        ("no-date", "old-1"): "undated",
        ("no-end", "gone"): "undated",
    }


def test_k2b_grade_b_is_an_id_a_key_or_an_address_that_could_be_no_word(made):
    old = {"end_date": date(2024, 6, 30), "hypothesis_written_at": datetime(2024, 1, 1)}
    new = {"hypothesis_written_at": datetime(2024, 7, 1)}
    found = links(
        made,
        [
            {"experiment_id": "exp-1", "flag_key": "short_signup", "link": "https://wiki.test/X/12/", **old},
            {"experiment_id": "pricing", **old},
            {"experiment_id": "by-id", "hypothesis": "As EXP-1 showed.", **new},
            {"experiment_id": "by-key", "hypothesis": "Like short_signup, but later", **new},
            {"experiment_id": "by-address", "hypothesis": "see https://wiki.test/x/12.", **new},
            {"experiment_id": "declared-by-key", "prior_experiments": '["short_signup"]', **new},
            # another number, another page, a word of the language, and one's own id
            {"experiment_id": "none-1", "hypothesis": "exp-12 and https://wiki.test/x/123 on pricing of none-1", **new},
        ],
    )  # fmt: skip
    assert found == {
        ("by-id", "exp-1", "B"): "valid",
        ("by-key", "short_signup", "B"): "valid",
        ("by-address", "https://wiki.test/x/12", "B"): "valid",
        ("declared-by-key", "short_signup", "A"): "valid",
    }


def test_k8_agrees_with_a_plain_count_of_random_roadmaps(made):
    as_of = datetime(2024, 12, 20, 12)
    for seed in range(3):
        rng = random.Random(seed)
        items = [
            {
                "roadmap_item_id": str(n), "item_id": str(n), "stage": rng.choice(("planned", "planned", "done", "dropped")),
                "feedback_links": rng.choice((0, 0, 2)), "known_experiment_links": rng.choice((0, 0, 1)), "experiment_links": 1, "metric_links": rng.choice((0, 0, 1)),
                "is_reach_counted": rng.random() < 0.3, "is_reach_stated": rng.random() < 0.5, "reach": rng.choice((None, 10)),
                "rice_per_person": rng.choice((None, 1.5)), "rice_problem": rng.choice((None, None, "impact 5")),
                "updated_at": rng.choice((None, *(as_of - timedelta(days=30, seconds=by) for by in (-1, 0, 1)))),
                "created_at": rng.choice((None, as_of - timedelta(days=90), as_of, as_of + timedelta(seconds=1))),
            }
            for n in range(40)
        ]  # fmt: skip
        made.fill(
            marts__dim_roadmap_items=items,
            marts__dim_kpi_targets=[],
            marts__dim_kpi_baselines=[],
            marts__dim_settings=[{"timezone": "UTC"}],
            marts__dim_data_through=[{"data_through_at": as_of}],
        )
        rows = made.run("kpi_roadmap_hygiene", str(as_of))
        told = {row["variant"]: row for row in rows if row["period"] == "quarter"}
        planned = [i for i in items if i["stage"] == "planned" and (i["created_at"] is None or i["created_at"] < as_of)]  # fmt: skip
        proven = [i["feedback_links"] + i["known_experiment_links"] + i["metric_links"] > 0 for i in planned]  # fmt: skip
        scored = [i["rice_per_person"] is not None and (i["is_reach_counted"] or (i["is_reach_stated"] and i["reach"] is not None)) for i in planned]  # fmt: skip
        recent = [bool(i["updated_at"]) and i["updated_at"] >= as_of - timedelta(days=30) for i in planned]  # fmt: skip
        expected = {
            "in_order": sum(map(all, zip(proven, scored, recent, strict=True))),
            "with_evidence": sum(proven),
            "with_measured_rice": sum(scored),
            "with_counted_rice": sum(bool(i["is_reach_counted"] and i["rice_per_person"]) for i in planned),
            "updated_30d": sum(recent),
        }  # fmt: skip
        assert {name: told[name]["numerator"] for name in expected} == expected
        assert {row["denominator"] for row in told.values() if row["unit"] == "share"} == {len(planned)}  # fmt: skip
        assert told["items"]["value"] == len(planned)
        assert told["rice_problems"]["value"] == sum(bool(i["rice_problem"]) for i in planned)
        dated = sum(i["updated_at"] is not None for i in planned) / len(planned)
        assert told["updated_30d"]["coverage"] == pytest.approx(dated)
