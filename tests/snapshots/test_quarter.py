"""The quarterly report on paper: its figures are the answer's, it fits its sheets, and what is not over has no figure."""

from __future__ import annotations

import hashlib
import html
import io
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import typst
from PIL import Image

from dashboards import snapshots
from dashboards.ask import ask
from dashboards.published import open_version
from dashboards.quarterly import figure, words
from dashboards.snapshots import paper, periods, quarter_paper
from tests.dashboards.quarterly_rows import models, row
from tests.snapshots.conftest import write_version
from tests.snapshots.pdf_text import pages

QUARTER = "2025-Q3"


def publish(root: Path) -> Path:
    """A version that ends in the quarter after, with the KPIs of a quarter in which all can be told."""
    told = models()
    published_dir = write_version(root, through=datetime(2025, 11, 16, 8), models=told)
    with duckdb.connect(str(published_dir / "v1" / "warehouse.duckdb")) as build:
        for name, model in told.items():
            build.execute(f"create table kpis.{name} as {model['compiled_sql']}")
    return published_dir


@dataclass(frozen=True)
class Taken:
    """A report as it was taken, with the answer that it is made of."""

    published_dir: Path
    receipt: snapshots.Receipt
    page: str
    pdf: bytes
    figures: list[figure.Figure]
    claims: list[str]


def take(published_dir: Path, period: str = QUARTER, out: str = "snapshots") -> Taken:
    with open_version(published_dir) as published:
        receipt = snapshots.take(published, published_dir.parent / out, period)
        answer = ask(published, "quarterly_report", {"quarter": period})
    folder = Path(receipt.folder)
    return Taken(
        published_dir,
        receipt,
        (folder / "snapshot.html").read_text(),
        (folder / "snapshot.pdf").read_bytes(),
        [figure.read(each) for each in answer.rows],
        list(answer.summary["cannot_be_claimed"]),
    )


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """One report for all that only read it."""
    return take(publish(tmp_path_factory.mktemp("quarter")))


def flat(text: str) -> str:
    """Text as it is read, whatever broke its lines."""
    return re.sub(r"\s+", "", html.unescape(text))


def test_page_and_sheets_hold_every_figure_sentence_and_claim(taken: Taken) -> None:
    page, sheets = flat(re.sub(r"<[^>]+>", "", taken.page)), flat("".join(pages(taken.pdf)))
    assert len(taken.figures) == 11 and all(each.is_shown for each in taken.figures)
    for each in taken.figures:
        (line,) = re.findall(rf'<tr class="nums" data-figure="{each.id}">(.*?)</tr>', taken.page, re.S)  # fmt: skip
        value = words.value(each.value, each.unit, each.whole)
        assert f'<td class="r v">{value}</td>' in html.unescape(line)
        for text in (each.label, value, words.interval(each), words.change(each), each.says, each.method):  # fmt: skip
            assert flat(text) in page and flat(text) in sheets, text
    for claim in taken.claims:
        assert flat(claim) in page and flat(claim) in sheets, claim
    assert len(taken.claims) > 8


def test_nothing_runs_over_the_margins_of_a_sheet(taken: Taken) -> None:
    with open_version(taken.published_dir) as published:
        answer = quarter_paper.ask_for(published, QUARTER)
        content = quarter_paper.content(published, periods.read(QUARTER), answer, [])
    drawn = typst.compile(
        paper.HERE / "quarter.typ",
        sys_inputs={"content": json.dumps(content)},
        format="png",
        ppi=72,
    )
    sheets = drawn if isinstance(drawn, list) else [drawn]
    assert 2 <= len(sheets) <= 4 and len(sheets) == len(pages(taken.pdf))
    for sheet in sheets:
        grey = Image.open(io.BytesIO(sheet)).convert("L")
        wide, high = grey.size
        margin = 38  # 13.5 mm of the 15 that a sheet leaves free
        for edge in ((0, 0, margin, high), (wide - margin, 0, wide, high)):
            assert grey.crop(edge).getextrema() == (255, 255), "something is drawn in the margin"


def test_the_files_are_small_tagged_alone_and_the_same_again(taken: Taken) -> None:
    assert len(taken.page.encode()) < 100_000 and len(taken.pdf) < 1_000_000
    assert not re.search(r"(?:src|href)\s*=|@import|url\(|<script", taken.page)
    assert "Acme &lt;b&gt;&amp;&lt;/b&gt;" in taken.page
    assert b"/StructTreeRoot" in taken.pdf
    again = take(taken.published_dir, out="again")
    assert again.receipt.files == taken.receipt.files
    assert taken.receipt.files["snapshot.pdf"] == hashlib.sha256(taken.pdf).hexdigest()
    assert taken.receipt.state == "complete" and taken.receipt.period == QUARTER


def test_a_quarter_that_is_not_over_has_no_figure_on_paper_either(taken: Taken) -> None:
    running = take(taken.published_dir, "2025-Q4")
    assert running.receipt.state == "delayed"
    assert "the period runs to 31 Dec 2025. No figure of it is shown until it is over." in running.page  # fmt: skip
    assert re.findall(r'<td class="r v">(.*?)</td>', running.page) == ["–"] * len(running.figures)
    assert "250" not in re.sub(r"<style>.*?</style>", "", running.page, flags=re.S)


def test_the_last_complete_quarter_is_due_once_and_only_where_it_has_a_figure(
    tmp_path: Path, taken: Taken
) -> None:
    published_dir = publish(tmp_path)
    with open_version(published_dir) as published:
        assert QUARTER in snapshots.due(published, tmp_path / "none")
        assert QUARTER not in snapshots.due(published, taken.published_dir.parent / "snapshots")
        same = snapshots.take(published, taken.published_dir.parent / "snapshots", "2025-q3")
    assert (same.is_new, same.files) == (False, taken.receipt.files)
    with duckdb.connect(str(published_dir / "v1" / "warehouse.duckdb")) as build:
        for name in models():
            build.execute(f"update kpis.{name} set reportable = false")
    with open_version(published_dir) as published:
        assert QUARTER not in snapshots.due(published, tmp_path / "none")


def test_a_withheld_number_is_in_neither_file(tmp_path: Path) -> None:
    low = row("K1", "any_pm", "2025-07-01", 0.777, n=9, reportable=False, reason="fewer than 5 (3)")
    told = models([low])
    report = take(write_version(tmp_path, through=datetime(2025, 11, 16, 8), models=told))
    assert "fewer than 5 (3)" in report.page and "78%" not in report.page
    assert "78%" not in "".join(pages(report.pdf))
