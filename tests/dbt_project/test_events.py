"""Names, activity, violations, sessions and time of the event facts."""


def test_a1_only_planned_activity_counts_once_a_plan_exists(story):
    told = story.rows(
        "select distinct event_name, plan_status, is_active_event from marts.fct_events where project = 'web' order by 1"
    )
    assert told == [
        ("$identify", "system", False),
        ("old_click", "deprecated", True),
        ("push_shown", "live", False),
        ("report_exported", "live", True),
        ("surprise", "unplanned", False),
    ]  # fmt: skip


def test_a1_a_person_is_active_on_the_days_of_the_events_that_count(story):
    times = {}
    for person, day, at, is_active, left_out in story.rows(
        "select person_key, local_date, occurred_at, is_active_event, left_out_because from marts.fct_events"
    ):
        if is_active and left_out is None:
            times.setdefault((person, day), []).append(at)
    assert len(times) > 10
    want = {(*key, len(at), min(at), max(at)) for key, at in times.items()}
    told = story.rows(
        "select person_key, local_date, events, first_at, last_at from marts.fct_person_days"
    )
    assert len(told) == len(want) and set(told) == want
    days = {}
    for person, day in sorted(times):
        days.setdefault(person, []).append(day)
    steps = {
        (person, day, own[0], before)
        for person, own in days.items()
        for before, day in zip([None, *own], own, strict=False)
    }
    told = story.rows(
        "select person_key, local_date, first_date, previous_date from marts.fct_person_days"
    )
    assert {*told} == steps and any(before for *_, before in steps)


def test_a5_of_a_session_the_events_that_answers_count_are_told_apart(story):
    want = {}
    for session, at, local_at in story.rows(
        "select session_id, occurred_at, local_at from marts.fct_events"
        " where session_id is not null and left_out_because is null"
    ):
        want.setdefault(session, []).append((at, local_at))
    told = story.rows(
        "select session_id, counted_events, counted_from_at, counted_to_at, counted_from_local_at from marts.fct_sessions"
    )
    assert {row for row in told if row[1]} == {
        (session, len(at), min(at)[0], max(at)[0], min(at)[1]) for session, at in want.items()
    }
    assert all(row[2:] == (None, None, None) for row in told if not row[1])
    assert any(not row[1] for row in told)


def test_a_kept_property_is_what_its_bag_says(story):
    kept = story.rows(
        "select property, json_pointer, kept_as from marts.dim_kept_properties order by place"
    )
    assert 1 < len(kept) <= 8
    assert kept == sorted(kept)  # so that each stays where it was when another is chosen
    declared = {
        name
        for (name,) in story.rows(
            """
            select property from intermediate.int_events__seen_properties
            where json_type not in ('NULL', 'OBJECT', 'ARRAY')
            intersect select property from staging.stg_company__plan_properties
            """
        )
    }
    chosen = {name for name, _, _ in kept}
    assert len(declared & chosen) == min(len(declared), 8)  # what the plan declares comes first
    for name, pointer, column in kept:
        differs = story.rows(
            f"select count(*) from marts.fct_events where {column} is distinct from json_extract_string(properties, '{pointer}')"
        )
        assert differs == [(0,)], name


def test_a_name_is_canonical_whatever_a_source_calls_it(story):
    told = story.rows(
        "select source_event_name, count(*) from marts.fct_events where event_name = 'report_exported' group by 1 order by 1"
    )
    assert told == [("Report Exported", 4), ("report_exported", 1)]


def test_broken_declarations_are_told_by_event_property_and_rule(story):
    told = story.rows(
        "select event_name, property, rule, events from marts.fct_event_violations where project = 'web' order by all"
    )
    assert told == [
        ("old_click", None, "deprecated_event_seen", 1),
        ("report_exported", "extra", "unplanned_property", 1),
        ("report_exported", "format", "required_missing", 1),
        ("report_exported", "format", "type_mismatch", 1),
        ("report_exported", "format", "value_not_allowed", 1),
        ("report_exported", "rows", "type_mismatch", 1),
        ("report_exported", "rows", "value_not_allowed", 1),
        ("surprise", None, "name_convention", 1),
        ("surprise", None, "unplanned_event", 1),
    ]
    marked = story.rows(
        "select violations from marts.fct_events where project = 'web' and occurred_at = timestamp '2025-03-06 08:04'"
    )
    assert marked == [("type_mismatch,unplanned_property",)]


def test_an_event_is_missed_once_its_day_is_over_in_the_data_whatever_the_clock_says(story):
    # data goes to 31 March 22:32 UTC, which is 1 April in Berlin
    told = story.rows(
        "select event_name, detail, source, events, first_seen_at, example_event_ids from marts.fct_event_violations"
        " where rule = 'planned_event_not_seen'"
    )
    assert told == [("missed", "expected from 2025-03-31", "*", 0, None, "[]")]


def test_a5_a_gap_of_exactly_the_timeout_continues_the_session_and_midnight_does_not_end_it(story):
    told = story.rows(
        "select strftime(s.started_at, '%H:%M:%S'), s.events, s.local_date::varchar from marts.fct_sessions as s"
        " semi join (select session_id from marts.fct_events where actor_id like '%|u:dora') as d on s.session_id = d.session_id order by 1"
    )
    assert told == [
        ("00:30:00", 1, "2025-03-04"),
        ("22:50:00", 2, "2025-03-03"),
        ("23:50:01", 1, "2025-03-04"),
    ]


def test_a5_a_project_may_take_the_vendors_sessions_and_its_other_events_keep_the_pause(story):
    told = story.rows(
        "select d.who, s.events, s.rule from marts.fct_sessions as s inner join"
        " (select distinct session_id, actor_id[-4:] as who from marts.fct_events) as d on s.session_id = d.session_id"
        " where d.who in ('dora', ':eve') order by all"
    )
    assert told == [
        (":eve", 2, "vendor"),
        ("dora", 1, "gap"),
        ("dora", 1, "gap"),
        ("dora", 2, "gap"),
    ]


def test_system_events_have_no_session(story):
    assert story.rows(
        "select count(*) from marts.fct_events where plan_status = 'system' and session_id is not null"
    ) == [(0,)]


def test_local_time_is_the_wall_clock_of_the_reporting_zone(story):
    told = story.rows(
        "select local_at::varchar, local_date::varchar from marts.fct_events where actor_id like '%|u:dora' and occurred_at = timestamp '2025-03-03 23:20'"
    )
    assert told == [("2025-03-04 00:20:00", "2025-03-04")]


def test_data_through_is_the_latest_accepted_time_and_no_skewed_clock(story):
    assert story.rows("select data_through_at::varchar from marts.dim_data_through") == [
        ("2025-03-31 22:32:00",)
    ]


def test_events_lie_in_the_order_in_which_they_are_read(story):
    told = story.rows(
        "select count(*) from (select event_name < lag(event_name) over (order by rowid) as is_before from marts.fct_events) where is_before"
    )
    assert told == [(0,)]


def test_a_latest_profile_is_kept_per_person(story):
    told = story.rows("select count(*), count(person_properties) from marts.dim_persons")
    assert told[0][0] > 15 and told[0][1] == 1
