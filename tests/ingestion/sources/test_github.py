"""Traps of GitHub releases: drafts, the commit's date, names and notes that are null."""

from __future__ import annotations

import json

import pytest
from literal_exports import fixture

TABLE = "github.releases"


def releases() -> list[dict]:
    return json.loads(fixture("github/releases.json"))


def test_a_release_is_dated_when_it_was_published_not_when_committed(lake):
    lake.deliver(json.dumps(releases()), "github")
    assert lake.rows(TABLE, "cast(published_at as varchar), cast(committed_at as varchar)")[:2] == [
        ("2024-03-18 09:00:00", "2024-03-15 15:00:00"),
        (None, "2024-04-01 15:00:00"),
    ]


def test_a_draft_that_was_published_since_is_one_release(lake):
    draft = releases()[1]
    published = {**draft, "draft": False, "published_at": "2024-04-05T00:00:00Z"}
    lake.deliver(json.dumps([published]), "github", "b.json")
    report = lake.deliver(json.dumps([draft]), "github", "a.json")
    assert (report.loaded, report.duplicate) == (0, 1)


def test_pages_and_lines_are_read(lake):
    first, *others = releases()
    assert lake.deliver(json.dumps([first]) + "\n" + json.dumps(others), "github").loaded == 3
    lines = "\n".join(map(json.dumps, releases()))
    assert lake.deliver(lines, "github", "x.ndjson", "q").loaded == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": None}, "TYPE"),
        ({"tag_name": ""}, "TYPE"),
        ({"draft": "maybe"}, "TYPE"),
        ({"published_at": "18.03.2024"}, "TIME_FORMAT"),
    ],
)
def test_a_release_that_cannot_be_used_costs_itself(lake, change, code):
    first, *others = releases()
    report = lake.deliver(json.dumps([{**first, **change}, *others]), "github")
    assert (report.loaded, lake.codes()) == (2, {1: code})


def test_an_enterprise_server_names_the_repository_too(lake):
    first = {**releases()[0], "html_url": None, "url": "https://git.example.com/api/v3/repos/team/tool/releases/1"}  # fmt: skip
    lake.deliver(json.dumps([first]), "github")
    assert lake.rows(TABLE, "repository") == [("team/tool",)]
