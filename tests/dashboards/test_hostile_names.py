"""Case 87 at the reader's end: whatever an event is called, every door shows it exactly and runs none of it."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

from dashboards.widgets import html

_LIST = Path(__file__).parents[1] / "dbt_project/hostile_names.py"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def _names() -> list[str]:
    spec = importlib.util.spec_from_file_location("hostile_names", _LIST)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.HOSTILE)


HOSTILE = _names()


class Shown(HTMLParser):
    """What a browser would make of markup: its elements and its text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    def handle_data(self, data: str) -> None:
        self.text += data


def test_case_087_every_door_of_an_answer_holds_hostile_names_as_text(world):
    assert len(HOSTILE) >= 300
    with world([("a", name, "2024-05-20T10:00") for name in HOSTILE]) as asks:
        answer = asks("event_trust")
    told = json.loads(answer.to_json())
    assert {row["event"] for row in told["rows"]} == set(HOSTILE)

    cells = [row["event"] for row in csv.DictReader(io.StringIO(answer.to_csv(), newline=""))]
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r"], "no cell is a formula"
    assert {cell.removeprefix("'") for cell in cells} == {
        name.removeprefix("'") for name in HOSTILE
    }

    shown = answer.to_table()
    assert not _CONTROL.search(shown), "a terminal obeys none of it"
    assert len(shown.splitlines()) < 400, "a newline inside a name starts no line"


def test_case_087_names_are_text_in_markup():
    for name in HOSTILE:
        seen = Shown(str(html.code(name)))
        assert seen.tags == ["code"], name
        assert seen.text == name.replace("\r", "\n") or seen.text == name, name
        assert Shown(str(html.title(name, name))).tags == Shown(str(html.title("a", "a"))).tags
