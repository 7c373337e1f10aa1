"""Staging reads what ingestion wrote of the literal exports: as many rows as ingestion counted, unnested where it lists."""

import pytest
from literal_exports import all_examples

from ingestion.load import FileRequest, ingest
from ingestion.manifest import Manifest

SOURCES = [
    "productboard",
    "canny",
    "airtable",
    "gong",
    "interviews",
    "metabase",
    "looker",
    "mode",
    "usage",
    "notion",
    "confluence",
    "google_workspace",
    "slack",
    "okta",
]


@pytest.fixture(scope="module")
def built(story, delivery, tmp_path_factory):
    """A warehouse with the literal exports of feedback, data access and tool usage, as ingestion takes them in."""
    warehouse = type(story)(tmp_path_factory.mktemp("exports"))
    files = [
        delivery(example.source, example.name, example.data, settings=example.settings)
        for example in all_examples()
        if example.source in SOURCES
    ]
    warehouse.take_in(tmp_path_factory.mktemp("inbox"), files)
    paths = " ".join(f"path:models/staging/{source}" for source in SOURCES)
    assert warehouse.dbt(
        "build", "--select", *paths.split(), "--exclude-resource-type", "unit_test"
    )
    yield warehouse


def test_staging_has_the_rows_that_ingestion_counted(built):
    with Manifest(built.paths.manifest) as manifest:
        expected = {}
        for load in manifest.loads():
            key = f"staging.stg_{load.source}__{load.table_name}"
            expected[key] = expected.get(key, 0) + load.loaded
    found = {table: built.rows(f"select count(*) from {table}")[0][0] for table in expected}
    assert found == expected
    assert len(found) >= 25


def test_a_note_reads_as_text_and_names_its_customers(built):
    told = built.rows(
        "select note_id[:8], content_text from staging.stg_productboard__notes order by 1"
    )
    assert told == [("3b6f0a0e", "From call with Acme"), ("91dd4a0e", "It takes a minute")]
    links = built.rows(
        "select note_id[:8], relation, target_type, target_id from staging.stg_productboard__note_links order by all"
    )
    assert links == [
        ("3b6f0a0e", "customer", "company", "c-9"),
        ("91dd4a0e", "customer", "company", "c-9"),
        ("91dd4a0e", "customer", "user", "u-77"),
        ("91dd4a0e", "link", "feature", "f-1"),
    ]


def test_internal_and_private_calls_are_no_evidence_of_customers(built):
    told = built.rows(
        "select call_id, is_with_customer, meeting_id from staging.stg_gong__calls order by 1"
    )
    assert told == [
        ("17782342274025937895", True, "abcde@google.com"),
        ("7782342274025937896", False, "7782342274025937896"),
    ]


def test_sentences_are_in_seconds_and_find_their_speaker(built):
    told = built.rows(
        "select sentences.starts_after_seconds, sentences.said, parties.affiliation"
        " from staging.stg_gong__sentences as sentences"
        " join staging.stg_gong__parties as parties using (project, call_id, speaker_id) order by 1"
    )
    assert told == [
        (460.23, "No wait, I think we should check that out first.", "External"),
        (462.343, "Yes.", "External"),
    ]


def test_events_of_one_item_are_rows_of_their_own(built):
    told = built.rows(
        "select event_number, event_name, actor_email from staging.stg_google_workspace__events"
        " where actor_email = 'pm@example.com' order by 1"
    )
    assert told == [
        (1, "login_success", "pm@example.com"),
        (2, "login_challenge", "pm@example.com"),
    ]


def test_a_withdrawn_interview_shows_no_text_of_any_file(built, tmp_path):
    row = (
        "interview_id,date,account,interviewer,theme,quote,consent\ni-9,2024-03-04,a,pm,x,{0},{1}\n"
    )
    for name, text, consent in (("a.csv", "first words", "yes"), ("b.csv", "other words", "no")):
        path = tmp_path / name
        path.write_text(row.format(text, consent))
        (report,) = ingest(built.paths, [FileRequest(path, "interviews", "p")])
        assert report.loaded == 1
    built.use_manifest()
    built.build("--select", "stg_interviews__highlights")
    told = built.rows(
        "select quote, is_withheld from staging.stg_interviews__highlights where interview_id = 'i-9'"
    )
    assert told == [(None, True), (None, True)]
