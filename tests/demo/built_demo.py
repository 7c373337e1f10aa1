"""The demo company, made, ingested, built, gated and published by the product itself, with one export corrupted.

For the browser, for `verify` and for docs/extend.md, so that the longest build of the tests is made once: the product is a
copy of the clone in `clone`, extended as that page says, and a page cares not which numbers it shows.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from extended_clone import extended_clone
from warm import Warm

from ingestion.company import init
from ingestion.demo import generate

PRODUCTOPS = Path(sys.executable).with_name("productops")
EVENTS = 20_000
SURVEY_PAGE = Path("landing/delighted/default/survey_responses_page_4.json")


def environment(home: Path) -> dict[str, str]:
    """For commands on this home; the code is its own copy where it has one."""
    clone = {"PYTHONPATH": str(home / "clone")} if (home / "clone").is_dir() else {}
    return {
        **os.environ,
        **clone,
        "PRODUCTOPS_COMPANY": str(home / "company"),
        "PRODUCTOPS_DATA": str(home / "data"),
        "PRODUCTOPS_USER": "pm-01",
        "NO_COLOR": "1",
    }


def call(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own."""
    return subprocess.run(
        [str(PRODUCTOPS), *words],
        env=environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@dataclass(frozen=True)
class Demo:
    """The built home, and a process of its code that is quicker to call than a new one."""

    home: Path
    process: Warm

    @property
    def clone(self) -> Path:
        return self.home / "clone"

    @property
    def published(self) -> Path:
        return self.home / "data" / "published"

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.process.call(*words, environment=environment(self.home), cwd=self.home)


def corrupt(page: Path) -> None:
    """Every NPS score of a survey page becomes zero, as a wrong mapping would make it."""
    answers = json.loads(page.read_text())
    for answer in answers:
        if answer["survey_type"] == "nps" and answer["score"] is not None:
            answer["score"] = 0
        answer["updated_at"] = answer["created_at"] + 60
    page.write_text(json.dumps(answers))


def build(home: Path) -> None:
    """A demo whose exports lie there already is not made again; the command then runs the pipeline on them."""
    extended_clone(home / "clone")
    init(home / "company", "demo")
    generate(home / "company", home / "data" / "landing", EVENTS, 7)
    corrupt(home / "data" / SURVEY_PAGE)
    done = call(home, "demo", "--events", str(EVENTS))
    # 4: the demo delivers a cut-off file and broken lines on purpose.
    assert done.returncode in (0, 4), done.stdout + done.stderr
