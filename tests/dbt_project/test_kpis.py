"""K1 to K3 and K6 on the told story, from the compiled SQL that the published reader runs."""

import pytest


@pytest.fixture(scope="module")
def access(story):
    return story.kpi("kpi_data_access_time", "2025-07-01")


@pytest.fixture(scope="module")
def velocity(story):
    return story.kpi("kpi_experiment_velocity", "2025-07-01")


@pytest.fixture(scope="module")
def adoption(story):
    return story.kpi("kpi_tool_adoption", "2025-07-01")


def counts(row):
    return row["numerator"], row["denominator"]


def test_k1_fifteen_minutes_count_and_a_second_more_does_not(access):
    # q1 in, q2 late, q3 in, q4+q5 late, q6 in, q7 in, q8 never, q9 in part
    assert counts(access["within_15m", "2025-01-01"]) == (4, 8)


def test_k1_confirmed_and_inferred_evidence_are_kept_apart(access):
    assert counts(access["within_15m_confirmed", "2025-01-01"]) == (2, 8)
    assert counts(access["within_15m_inferred", "2025-01-01"]) == (2, 8)


def test_k1_an_ask_within_a_day_of_the_answer_continues_the_episode(story):
    told = story.rows(
        "select asks, date_diff('second', asked_at, answered_at) from marts.fct_question_episodes where person_id = 'pm-2' and asked_at = timestamp '2025-01-10 10:00'"
    )
    assert told == [(2, 86520)]


def test_k1_a_confirmation_closes_the_episode(story):
    told = story.rows(
        "select count(*) from marts.fct_question_episodes where person_id = 'pm-2' and asked_at::date = date '2025-01-20'"
    )
    assert told == [(2,)]


def test_k1_open_questions_are_censored_in_the_median(access):
    # answered after 60 s three times, 900 s, 901 s, 86520 s; two of eight never
    assert access["median_seconds", "2025-01-01"]["value"] == 900
    assert access["p90_seconds", "2025-01-01"]["value"] is None
    assert access["p90_seconds", "2025-01-01"]["reason"].startswith("not reached")


def test_k1_too_few_episodes_are_not_reportable(access):
    row = access["within_15m", "2025-01-01"]
    assert (row["reportable"], row["reason"]) == (False, "fewer than 10 (8)")
    assert row["status"] == "off_target" and row["target"] == 0.9


def test_k1_coverage_is_the_share_of_interactive_asks_by_known_people(access):
    # q1 to q9, q11 and q12 are interactive and in the quarter; q11 is nobody's
    assert access["within_15m", "2025-01-01"]["coverage"] == pytest.approx(10 / 11)


def test_k1_periods_are_of_the_reporting_zone(access):
    assert counts(access["within_15m", "2025-04-01"]) == (1, 1)


def test_k1_any_pm_counts_active_managers_with_nine_in_ten(access):
    # pm-1: 2 of 3, pm-2: 2 of 4, pm-3: 0 of 1
    assert counts(access["any_pm", "2025-01-01"]) == (0, 3)
    assert access["worst_pm", "2025-01-01"]["value"] is None


def test_k1_an_answer_may_still_be_refined_for_a_day(story):
    row = story.kpi("kpi_data_access_time", "2025-01-15 10:00:30", period="month")[
        "within_15m", "2025-01-01"
    ]
    # as of then q3 was answered 23 h 59 min 30 s ago: pending, so q1, q2 and q4+q5 are left
    assert counts(row) == (1, 3) and row["status"] == "pending"
    a_moment_later = story.kpi("kpi_data_access_time", "2025-01-15 10:01", period="month")
    assert counts(a_moment_later["within_15m", "2025-01-01"]) == (2, 4)


def test_k1_an_unanswered_ask_is_pending_for_fifteen_minutes(story):
    before = story.kpi("kpi_data_access_time", "2025-01-10 10:14:59", period="month")
    assert counts(before["within_15m", "2025-01-01"]) == (0, 0)
    after = story.kpi("kpi_data_access_time", "2025-01-10 10:15", period="month")
    assert counts(after["within_15m", "2025-01-01"]) == (0, 1)


def test_k2_started_leaves_out_aa_dry_runs_duplicates_and_the_unexposed(velocity):
    assert velocity["started", "2024-01-01"]["value"] == 7
    assert velocity["started", "2024-01-01"]["status"] == "on_target"


def test_k2_an_experiment_starts_with_its_first_real_exposure(story):
    months = story.kpi("kpi_experiment_velocity", "2025-07-01", period="month")
    assert [months["started", f"2024-0{month}-01"]["value"] for month in (1, 2, 3)] == [1, 2, 4]
    assert months["started", "2024-01-01"]["target"] is None


def test_a_declared_baseline_is_a_period_of_its_kpi_counted_like_any_other(story):
    months = story.kpi("kpi_experiment_velocity", "2025-07-01", period="month")
    told = story.kpi("kpi_experiment_velocity", "2025-07-01", period="baseline")
    # two variants with the same days are one period, and only K2 has one
    assert {start for _, start in told} == {"2024-01-01"}
    both = [months["started", f"2024-0{month}-01"]["value"] for month in (1, 2)]
    assert told["started", "2024-01-01"]["value"] == sum(both) == 3
    assert told["reference_share", "2024-01-01"]["denominator"] == 3
    early = story.kpi("kpi_experiment_velocity", "2024-02-01", period="baseline")
    assert early["started", "2024-01-01"]["status"] == "pending"
    assert not story.kpi("kpi_data_access_time", "2025-07-01", period="baseline")


def test_k2_a_reference_ended_before_the_hypothesis_was_written(velocity):
    # exp-2 by a link, exp-4 by an id in its text; exp-3 too early, exp-5 itself, exp-6 and exp-7 in a circle
    assert counts(velocity["reference_share", "2024-01-01"]) == (2, 7)
    assert counts(velocity["reference_share_structured", "2024-01-01"]) == (1, 7)


def test_k2_eligible_experiments_had_a_prior_in_their_area(velocity):
    assert counts(velocity["reference_share_eligible", "2024-01-01"]) == (2, 5)


def test_k2_reuse_is_read_a_year_later(velocity):
    assert velocity["reuse", "2024-07-01"]["value"] is None
    assert counts(velocity["reuse", "2025-01-01"]) == (2, 7)


def test_k2_concluded_experiments_are_counted_beside(velocity):
    assert velocity["concluded", "2024-01-01"]["value"] == 7


def test_a_count_is_no_estimate_and_has_no_interval(velocity):
    counts_of = [
        row for (variant, _), row in velocity.items() if variant in ("started", "concluded")
    ]
    assert counts_of
    assert all(row["ci_low"] is None and row["ci_high"] is None for row in counts_of)


def test_k3_adopted_is_two_days_of_days_31_to_60(adoption):
    # pm-1 on days 31 and 60, pm-6 four days; pm-7 never; seven eligible and present
    row = adoption["adopted_day_60:board", "2025-01-01"]
    assert counts(row) == (2, 7)
    assert row["status"] == "failed" and row["target"] == 0.6 and row["reportable"]


def test_k3_day_30_and_ever_used_stand_beside(adoption):
    assert counts(adoption["day_30:board", "2025-01-01"]) == (1, 7)
    assert counts(adoption["ever_used:board", "2025-01-01"]) == (6, 7)


def test_k3_habitual_is_every_one_of_the_last_four_weeks(adoption):
    assert counts(adoption["habitual:board", "2025-01-01"]) == (1, 7)


def test_k3_eligibility_is_by_area_or_person_and_only_managers(adoption):
    # core: pm-5, pm-6 (leaves before day 60, 2 April) and pm-7
    assert adoption["adopted_day_60:notes", "2025-01-01"]["denominator"] == 2
    assert adoption["adopted_day_60:rite", "2025-01-01"]["n"] == 1


def test_k3_before_day_60_a_rollout_is_pending(story):
    row = story.kpi("kpi_tool_adoption", "2025-03-02 22:59")["adopted_day_60:board", "2025-01-01"]
    assert (row["value"], row["status"], row["reason"]) == (None, "pending", "not over yet")
    # the day ends at midnight in Berlin
    row = story.kpi("kpi_tool_adoption", "2025-03-02 23:00")["adopted_day_60:board", "2025-01-01"]
    assert row["value"] is not None


def test_k3_a_tool_without_a_source_of_use_says_so(adoption):
    row = adoption["adopted_day_60:rite", "2025-01-01"]
    assert not row["reportable"] and row["reason"] == "no source shows the use of this tool"


def test_k3_the_stack_is_counted_at_the_end_of_each_period(adoption):
    assert adoption["core_tools", "2025-01-01"]["value"] == 1
    assert adoption["overlapping_categories", "2025-01-01"]["value"] == 1


def test_k6_planned_and_valid_owned_and_deprecated_by_hand(story):
    # of 36 events that no tool wrote, one is unplanned, one deprecated, and three break their declaration
    health = story.kpi("kpi_taxonomy_health", "2025-07-01")
    assert counts(health["planned_and_valid", "2025-01-01"]) == (31, 36)
    assert counts(health["planned_and_valid:growth", "2025-01-01"]) == (31, 35)
    assert counts(health["owned", "2025-01-01"]) == (35, 36)
    assert health["deprecated_seen", "2025-01-01"]["value"] == 1
    row = health["planned_and_valid", "2025-01-01"]
    assert row["reportable"] and row["coverage"] == 1 and row["ci_low"] < 31 / 36 < row["ci_high"]


def test_k6_is_a_plain_count_of_events_at_any_instant(story):
    events = story.rows("select plan_status, violations, occurred_at::varchar, local_date::varchar from marts.fct_events")  # fmt: skip
    for as_of in ("2025-03-01 09:00:00", "2025-03-06 08:03:00", "2025-03-06 09:00:00.000001", "2025-07-01 00:00:00"):  # fmt: skip
        seen = [
            (status, broken)
            for status, broken, at, day in events
            if status != "system" and at < as_of and "2025-01-01" <= day < "2025-04-01"
        ]
        valid = sum(status != "unplanned" and not broken for status, broken in seen)
        told = story.kpi("kpi_taxonomy_health", as_of)["planned_and_valid", "2025-01-01"]
        assert counts(told) == (valid, len(seen)), as_of
        assert told["status"] == ("none" if as_of > "2025-04" else "pending")


def test_a_kpi_table_holds_what_its_sql_tells_by_default(story):
    for model in (
        "kpi_data_access_time",
        "kpi_experiment_velocity",
        "kpi_tool_adoption",
        "kpi_taxonomy_health",
    ):
        stored = story.rows(f"select * from kpis.{model} order by all")
        sql = story.compiled[model]
        assert stored and stored == story.rows(f"select * from ({sql}) order by all")
