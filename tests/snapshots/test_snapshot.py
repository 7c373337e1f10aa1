"""Leadership snapshots: the page's numbers are the answers' numbers, written once, and stale is said out loud."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from dashboards import snapshots, wording
from dashboards.answer import BadParameter
from dashboards.ask import ask
from dashboards.published import open_version

WEEK = "2026-W46"
MONDAY_AFTER = "2026-11-16"


def take(published_dir: Path, period: str = WEEK) -> snapshots.Receipt:
    with open_version(published_dir) as published:
        return snapshots.take(published, published_dir.parent / "snapshots", period)


def page(receipt: snapshots.Receipt) -> str:
    return (Path(receipt.folder) / "snapshot.html").read_text()


def row(text: str, kpi: str) -> str:
    found = re.search(rf'<tr data-kpi="{kpi}">(.*?)</tr>', text, re.S)
    assert found
    return found[1]


def test_the_numbers_of_the_page_are_the_answers_to_the_byte(
    make_version: Callable[..., Path],
) -> None:
    published_dir = make_version()
    text = page(take(published_dir))
    with open_version(published_dir) as published:
        active = ask(published, "active_users", {"period": "week"}, as_of=MONDAY_AFTER)
        retention = ask(published, "retention", {"unit": "month"}, as_of=MONDAY_AFTER)
    last = [r for r in active.rows if r["complete"]][-1]
    assert f'<td class="r v">{wording.count(last["active"])}</td>' in row(text, "wau")
    assert f'<td class="r v">{wording.share(retention.summary["retention"])}</td>' in row(
        text, "retention"
    )


def test_every_number_of_a_sentence_stands_in_the_table(make_version: Callable[..., Path]) -> None:
    text = page(take(make_version()))
    table = html.unescape(
        re.sub(r"<[^>]+>", " ", text[text.index("<table>") : text.index("What changed, and why")])
    )
    summary = html.unescape(re.search(r'<p class="sum">(.*?)</p>', text, re.S)[1])  # type: ignore[index]
    previous = set()
    for sentence in re.split(r"(?<=\.) ", summary):
        # "from 88" names the period before, whose difference is the change in the table
        previous |= set(re.findall(r"from (\S+?)[.,;]", sentence + "."))
    numbers = re.findall(r"\d[\d,.]*%?", summary)
    for number in numbers:
        bare = number.rstrip(".,")
        assert bare in table or bare in previous or bare in ("15", "1"), (bare, table)


def test_a_source_that_stopped_is_named_before_the_numbers(
    make_version: Callable[..., Path],
) -> None:
    receipt = take(make_version())
    assert receipt.state == "stale"
    text = page(receipt)
    assert text.index("zendesk stops at Wed 11 Nov 2026, 08:00") < text.index("The numbers")


def test_case_158_data_that_ends_inside_the_period_says_delayed_not_complete(
    make_version: Callable[..., Path],
) -> None:
    receipt = take(make_version(through=datetime(2026, 11, 12, 8, 0)))
    assert receipt.state == "delayed"
    assert "Delayed: data reaches Thu 12 Nov 2026, 08:00; the period runs to 15 Nov 2026." in page(
        receipt
    )


def test_a_held_build_is_said_with_the_gate_and_its_reason(
    make_version: Callable[..., Path],
) -> None:
    published_dir = make_version()
    (published_dir.parent / "held.json").write_text(
        json.dumps({"gate": "row counts reconcile", "message": "3 records are missing"})
    )
    receipt = take(published_dir)
    assert receipt.state == "held"
    assert "gate “row counts reconcile” did not pass: 3 records are missing" in page(receipt)


def test_a_snapshot_is_written_once_and_the_same_again_gives_the_same_receipt(
    make_version: Callable[..., Path],
) -> None:
    published_dir = make_version()
    first = take(published_dir)
    before = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in Path(first.folder).iterdir()}
    second = take(published_dir)
    after = {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in Path(first.folder).iterdir()}
    assert (first.is_new, second.is_new) == (True, False)
    assert before == after
    assert first.files == second.files
    for name, digest in first.files.items():
        assert hashlib.sha256(before[name][0]).hexdigest() == digest


def test_the_same_version_gives_the_same_bytes_whenever_it_is_taken(
    make_version: Callable[..., Path], tmp_path: Path
) -> None:
    published_dir = make_version()
    with open_version(published_dir) as published:
        one = snapshots.take(published, tmp_path / "one", WEEK)
        two = snapshots.take(published, tmp_path / "two", WEEK)
    assert one.files == two.files


def test_the_page_is_small_without_outside_resources_and_escapes_names(
    make_version: Callable[..., Path],
) -> None:
    receipt = take(make_version())
    text = page(receipt)
    assert len(text.encode()) <= 100_000
    assert not re.search(r"(?:src|href)\s*=|@import|url\(|<script", text)
    assert "Acme &lt;b&gt;&amp;&lt;/b&gt;" in text
    pdf = (Path(receipt.folder) / "snapshot.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and len(pdf) < 1_000_000
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1


def test_only_periods_whose_data_is_whole_are_due_and_only_once(
    make_version: Callable[..., Path],
) -> None:
    published_dir = make_version()
    out = published_dir.parent / "snapshots"
    with open_version(published_dir) as published:
        assert snapshots.due(published, out) == [WEEK, "2026-10"]
        snapshots.take(published, out, WEEK)
        assert snapshots.due(published, out) == ["2026-10"]


@pytest.mark.parametrize("period", ["2026-W60", "2026-13", "yesterday", "../x", ""])
def test_a_period_that_is_none_is_refused_with_the_two_forms(
    make_version: Callable[..., Path], period: str
) -> None:
    with pytest.raises(BadParameter, match="period"):
        take(make_version(), period)
