"""Tickets, survey responses, experiments, exposures and the roster."""


def test_the_last_export_of_a_ticket_decides(story):
    told = story.rows(
        "select ticket_id, status, area, owner, routing_rule, resolution_minutes, satisfaction, subject_redacted"
        " from marts.fct_tickets order by 1"
    )
    assert told == [
        (
            "1",
            "solved",
            "growth",
            "pm-1",
            "tag names the area",
            150.0,
            "good",
            "Write to [email] or [number]",
        ),
        ("4", "open", None, None, "fallback", None, None, None),
    ]


def test_n2_a_changed_answer_replaces_the_old_one(story):
    told = story.rows(
        "select response_id, score, is_nps, local_date::varchar, comment_redacted from marts.fct_survey_responses order by 1"
    )
    assert told == [
        ("1", 9, True, "2025-01-02", "slow, see [link]"),
        ("2", None, False, "2025-01-03", None),
    ]


def test_exposures_come_from_files_and_from_events(story):
    assert story.rows("select count(*) from marts.fct_exposures where experiment_id = 'exp-2'") == [
        (1,)
    ]
    assert story.rows(
        "select unit_id, variant from marts.fct_exposures where experiment_id = 'flag-1'"
    ) == [("v2", "on")]


def test_outcomes_are_one_metric_a_row_and_blanks_are_none(story):
    told = story.rows(
        "select unit_id, metric, value, occurred_at is null from marts.fct_outcomes order by all"
    )
    assert told == [
        ("x1", "converted", 1.0, True),
        ("x1", "spend", 2.5, True),
        ("x2", "converted", 0.0, False),
    ]


def test_the_companys_own_roster_wins_and_titles_become_roles(story):
    told = story.rows(
        "select person_id, name, role from marts.dim_people where person_id in ('pm-1', 'hr-1') order by 1"
    )
    assert told == [("hr-1", "Hr", "pm"), ("pm-1", "PM 1", "pm")]


def test_no_mart_holds_an_address_but_the_roster(story):
    for table, column in (
        ("fct_tickets", "subject_redacted"),
        ("fct_survey_responses", "comment_redacted"),
    ):
        assert story.rows(f"select count(*) from marts.{table} where contains({column}, '@')") == [
            (0,)
        ]
