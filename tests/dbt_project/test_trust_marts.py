"""The marts behind the trust page: slices of days, properties as declared and seen, what people asked about."""

from ingestion.load import FileRequest, ingest


def test_slices_hold_every_event_once_with_its_spelling(story):
    (same,) = story.rows(
        "select (select sum(events) from marts.fct_event_slices) = (select count(*) from marts.fct_events),"
        " (select sum(flagged_events) from marts.fct_event_slices) = (select count(*) from marts.fct_events where is_flagged)"
    )
    assert same == (True, True)
    told = story.rows(
        "select source_event_name, sum(events), sum(violating_events) from marts.fct_event_slices"
        " where event_name = 'report_exported' and project = 'web' group by 1 order by 1"
    )
    assert told == [("Report Exported", 4, 3), ("report_exported", 1, 0)]


def test_days_of_violations_add_up_to_the_violations(story):
    told = story.rows(
        "select event_name, property, rule, sum(events) from marts.fct_event_violation_days group by all"
        " except select event_name, property, rule, sum(events) from marts.fct_event_violations group by all"
    )
    assert told == []


def test_properties_are_those_of_the_plan_and_those_seen_beside_it(story):
    told = story.rows(
        "select property, is_declared, is_required, violations > 0 from marts.dim_event_properties"
        " where event_name = 'report_exported' order by 1"
    )
    assert told == [
        ("extra", False, False, True),
        ("format", True, True, True),
        ("rows", True, False, True),
    ]


def test_what_people_asked_about_is_one_row_a_thing(story):
    told = story.rows(
        "select ask_id, kind, name, person_id, role, is_interactive from marts.fct_question_subjects order by name"
    )
    assert told == [
        ("q1", "feature", "export", "pm-1", "pm", True),
        ("q1", "event", "view", "pm-1", "pm", True),
    ]


def test_a_rejected_file_of_no_known_source_does_not_stop_the_build(story, tmp_path):
    warehouse = type(story)(tmp_path / "data")
    file = tmp_path / "colours.csv"
    file.write_text("name,colour\nx,red\n")
    (report,) = ingest(warehouse.paths, [FileRequest(file)])
    assert (report.source, report.status, report.reason) == (None, "rejected", "UNKNOWN_SOURCE")
    warehouse.loads = {-1: (report.source, report.project, None, report.status)}
    warehouse.build("--select", "stg_ingestion__loads", "fct_loads")
    assert warehouse.rows("select load_id, source, state from marts.fct_loads") == [
        (-1, None, "rejected")
    ]
