"""K5 on the told story, boundary by boundary, and against a plain Kaplan-Meier on random histories."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

import pytest

from tests.oracles.survival_reference import kaplan_meier

AS_OF = "2024-12-20"
COHORT = "2024-07-01"
DAY = timedelta(days=1)
EMPTY = ("marts__fct_exposures", "marts__dim_kpi_targets", "marts__dim_kpi_baselines", "marts__dim_data_through", "marts__dim_experiments")  # fmt: skip


@pytest.fixture(scope="module")
def onboarding(story):
    return story.kpi("kpi_onboarding_speed", AS_OF)


def test_k5_day_seven_does_not_count_and_day_eight_does(story, onboarding):
    # ob-1: releases on days 7 and 8; the eighth starts at half past ten in the evening of the seventh in UTC
    row = onboarding["first_feature", COHORT]
    assert (row["numerator"], row["denominator"], row["n"]) == (3, 6, 6)
    assert row["ci_low"] == 8


def test_k5_the_median_is_the_first_day_on_which_half_have_shipped(onboarding):
    # 8, 20 (experiment), 30 (left), 30, 60, 110 (open): 5/6, 4/6, 3/6
    assert onboarding["first_ship", COHORT]["value"] == 30
    # 8, 30 (left), 30, 60, 110 and 172 (open): 5/6, 4/6, 4/9
    assert onboarding["first_feature", COHORT]["value"] == 60


def test_k5_a_draft_a_bug_and_a_release_after_the_last_day_are_no_shipped_feature(story, onboarding):  # fmt: skip
    shipped = story.rows(
        "select item_key, owner_person_id, cast(released_on as varchar) from marts.fct_feature_releases order by all"
    )
    assert shipped == [
        ("APP-1", "ob-1", "2024-07-08"),
        ("APP-2", "ob-1", "2024-07-09"),
        ("APP-3", "ob-2", None),  # the draft
        ("APP-4", "ob-3", "2024-09-15"),  # who had left on 31 August
        ("APP-5", "ob-4", "2024-09-30"),
        ("APP-6", "ob-6", "2024-10-10"),  # by name, with a `v` in the tag
        ("APP-8", None, "2024-09-15"),
    ]


def test_k5_an_experiment_is_launched_by_its_first_real_exposure(onboarding):
    row = onboarding["first_experiment", COHORT]
    # ob-2 looked at it before anybody else did; nobody else launched one, and most are still here
    assert (row["numerator"], row["ci_low"], row["value"]) == (1, 20, None)
    assert (row["status"], row["reason"]) == ("pending", "not over yet")


def test_k5_coverage_is_the_share_of_shipped_features_whose_owner_is_known(onboarding):
    row = onboarding["first_feature", COHORT]
    assert row["coverage"] == pytest.approx(5 / 6) and row["reportable"]
    # of five experiments and more, one names its owner
    assert onboarding["first_ship", COHORT]["reason"] == "coverage under 60 %"


def test_k5_a_cohort_is_pending_while_it_is_hired_or_watched_for_too_short(story):
    hiring = story.kpi("kpi_onboarding_speed", "2024-09-20")["first_feature", COHORT]
    assert hiring["status"] == "pending"
    watched = story.kpi("kpi_onboarding_speed", "2024-10-20")["first_feature", COHORT]
    # ob-5 has been here for 49 days, fewer than the median of 60
    assert (watched["value"], watched["status"]) == (60, "pending")
    settled = story.kpi("kpi_onboarding_speed", "2024-10-31 10:00")["first_feature", COHORT]
    assert (settled["value"], settled["status"]) == (60, "none")


def test_k5_a_month_of_fewer_than_the_group_size_is_suppressed(story):
    row = story.kpi("kpi_onboarding_speed", AS_OF, period="month")["first_feature", "2024-08-01"]
    assert (row["value"], row["numerator"], row["reportable"], row["reason"]) == (None, None, False, "fewer than 5 (2)")  # fmt: skip


def test_k5_a_feature_is_of_whoever_had_it_when_it_went_out(made):
    # 1.0 went out on the tenth at noon; of 2.0 only the day is known, the twelfth
    def change(at, before, after, **more):
        return {"field": "assignee", "changed_at": f"2024-07-{at}", "from_name": before, "to_name": after, **more}  # fmt: skip

    cases = [
        ("1.0", [], "now"),
        ("1.0", [change("09 10:00", None, "Ann")], "ann"),
        ("1.0", [change("10 12:00:00", "Ann", "Ben")], "ben"),
        ("1.0", [change("10 12:00:01", "Ann", "Ben"), change("11 10:00", "Ben", "Now")], "ann"),
        ("1.0", [change("08 10:00", "Ann", "Ben"), change("09 10:00", "Ben", None)], None),
        ("2.0", [change("12 23:59:59", "Ann", "Ben")], "ben"),
        ("2.0", [change("13 00:00:01", "Ann", "Ben")], "ann"),
        ("1.0", [change("09 10:00", "Ann", "A. Name that changed", to_id="acc-now")], "now"),
        ("9.9", [change("09 10:00", "Ann", "Ben")], "now"),  # not out: who has it now
    ]
    keys = [f"APP-{n}" for n in range(len(cases))]
    made.fill(
        staging__stg_linear__issues=[],
        staging__stg_company__delivery_features=[{"source": "jira", "project_key": "APP"}],
        staging__stg_jira__issues=[
            {"source": "jira", "project": "p", "issue_id": key, "issue_key": key, "project_key": "APP", "labels": "[]", "fix_versions": f'["{release}"]', "assignee_name": "Now", "assignee_id": "acc-now", "assignee_email": "now@acme.test"}
            for key, (release, _, _) in zip(keys, cases, strict=True)
        ],
        intermediate__int_delivery__changes=[
            {"item_id": f"jira|p|{key}", "position": n, **row}
            for key, (_, rows, _) in zip(keys, cases, strict=True)
            for n, row in enumerate(rows, 1)
        ],
        marts__dim_settings=[{"timezone": "UTC"}],
        marts__fct_releases=[
            {"release_id": "1", "source": "github", "release": "1.0", "release_key": "1.0", "released_on": "2024-07-10", "released_at": "2024-07-10 12:00"},
            {"release_id": "2", "source": "jira", "release": "2.0", "release_key": "2.0", "released_on": "2024-07-12", "released_at": "2024-07-12"},
        ],
        marts__dim_people=[{"person_id": who} for who in ("ann", "ben", "now")],
        marts__dim_person_names=[{"written_name": name, "person_id": name.partition("@")[0]} for name in ("ann", "ben", "now", "now@acme.test")],
    )  # fmt: skip
    owners = {row["item_key"]: row["owner_person_id"] for row in made.run("fct_feature_releases")}
    assert [owners[key] for key in keys] == [owner for _, _, owner in cases]


# Random histories -----------------------------------------------------------------------------


def drawn(rng):
    """People of four quarters with releases and launches around the boundaries."""
    people, features, launches = [], [], []
    for n in range(48):
        start = date(2023, 1, 2) + rng.randrange(360) * DAY
        end = start + rng.choice((20, 60, 61, 200)) * DAY if rng.random() < 0.3 else None
        people.append((f"p{n}", start, end))
        for _ in range(rng.randrange(3)):
            features.append((f"p{n}", start + rng.choice((-3, 0, 7, 8, 20, 60, 61, 90, 200)) * DAY))
        if rng.random() < 0.4:
            launches.append((f"p{n}", start + rng.choice((-1, 0, 5, 20, 60, 150)) * DAY))
    return people, features, launches


def reference(people, features, launches, as_of):
    """K5 in plain Python: by (variant, quarter) the number of people, those who shipped, and the median with its interval."""
    cohorts = {}
    for who, start, end in people:
        if start >= as_of:
            continue
        last = min(end or as_of, as_of)
        shipped = [on for owner, on in features if owner == who and (on - start).days > 7 and on <= last]  # fmt: skip
        launched = [on for owner, on in launches if owner == who and start <= on <= last]
        quarter = date(start.year, (start.month - 1) // 3 * 3 + 1, 1)
        for variant, days in (
            ("first_feature", shipped),
            ("first_experiment", launched),
            ("first_ship", shipped + launched),
        ):
            unit = ((min(days) if days else last) - start).days, bool(days)
            cohorts.setdefault((variant, quarter), []).append(unit)
    return {
        place: (len(units), sum(shipped for _, shipped in units), *kaplan_meier(units))
        for place, units in cohorts.items()
    }


def fill(made, people, features, launches):
    at = datetime(2022, 1, 1)
    made.fill(
        **{name: [] for name in EMPTY},
        marts__dim_settings=[{"timezone": "UTC", "minimum_group_size": 1}],
        marts__dim_people=[{"person_id": who, "role": "pm", "start_on": start, "end_on": end} for who, start, end in people],
        marts__dim_person_names=[{"written_name": who, "person_id": who} for who, _, _ in people],
        marts__fct_releases=[{"release_id": "r", "released_at": at}],
        marts__fct_feature_releases=[
            {"item_id": str(n), "owner_person_id": who, "released_on": on, "released_at": datetime(on.year, on.month, on.day), "created_at": at}
            for n, (who, on) in enumerate(features)
        ],
    )  # fmt: skip
    made.con.executemany(
        "insert into warehouse.marts.dim_experiments (experiment_id, project, type, owner, start_date) values (?, 'p', 'ab', ?, ?)",
        [(f"e{n}", who, on) for n, (who, on) in enumerate(launches)],
    )


def test_k5_agrees_with_a_plain_kaplan_meier_on_random_histories(made):
    for seed in range(2):
        people, features, launches = drawn(random.Random(seed))
        fill(made, people, features, launches)
        for as_of in (date(2023, 9, 1), date(2024, 6, 1)):
            expected = reference(people, features, launches, as_of)
            rows = made.run("kpi_onboarding_speed", f"{as_of} 00:00:00")
            told = {
                (row["variant"], row["period_start"]): tuple(row[name] for name in ("n", "numerator", "value", "ci_low", "ci_high"))
                for row in rows
                if row["period"] == "quarter" and row["n"]
            }  # fmt: skip
            assert told == expected, (seed, as_of)


@pytest.mark.parametrize(
    ("lacking", "variants", "words"),
    [
        ("marts__fct_feature_releases", ("first_ship", "first_feature"), "no feature items"),
        ("marts__fct_releases", ("first_ship", "first_feature"), "no releases"),
        ("marts__dim_experiments", ("first_ship", "first_experiment"), "no experiment registry"),
    ],
)
def test_k5_says_what_it_lacks_and_shows_no_number(made, lacking, variants, words):
    fill(made, *drawn(random.Random(3)))
    made.fill(**{lacking: []})
    rows = [row for row in made.run("kpi_onboarding_speed", "2024-06-01") if row["n"]]
    without = [row for row in rows if row["variant"] in variants]
    assert without and all(row["value"] is None and row["ci_low"] is None for row in without)
    assert all(not row["reportable"] and words in row["reason"] for row in without)
    assert any(row["value"] is not None for row in rows if row["variant"] not in variants)
