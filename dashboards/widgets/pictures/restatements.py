"""Restated numbers, old beside new, by the version that changed them."""

from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question
from dashboards.widgets import html
from dashboards.widgets.restated import changes

MOST_VERSIONS = 10


def draw(answer: Answer, question: Question, takeaway: str) -> None:
    versions = list(dict.fromkeys(row["version"] for row in answer.rows))
    for version in versions[:MOST_VERSIONS]:
        rows = [row for row in answer.rows if row["version"] == version]
        html.show(
            html.section(
                f"{version}, {formats.day(rows[0]['at'])}",
                f"{formats.count(len(rows))} numbers of closed periods that {rows[0]['previous_version']} told otherwise",
            )
        )
        html.show(changes(rows))
    if len(versions) > MOST_VERSIONS:
        html.show(
            html.note(f"{formats.count(len(versions) - MOST_VERSIONS)} older versions: the table")
        )
