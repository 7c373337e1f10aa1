"""Take a snapshot: ask, lay out, write once.

Knows the folder `<period>/<version>/` and that what lies in it never changes. Must not know how a number is computed.
Nothing in a snapshot comes from the clock: the same period and version give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from dashboards.answer import Answer
from dashboards.published import Published
from dashboards.snapshots import paper, periods, quarter_paper
from dashboards.snapshots.headlines import Headline, headlines
from dashboards.snapshots.periods import Period

HTML = "snapshot.html"
PDF = "snapshot.pdf"
RECEIPT = "receipt.json"
LONGEST_HTML = 100_000  # mail clients cut a message off at about 102 kB


class SnapshotTooLong(Exception):
    """The page grew past what mail clients show."""


@dataclass(frozen=True)
class Receipt:
    """What was taken: of which period and version, with the hash of each file. `state` is complete, stale, held or delayed."""

    period: str
    version: str
    data_through: str | None
    created_at: str | None
    state: str
    notices: list[str]
    files: dict[str, str]
    folder: str
    is_new: bool = False


def take(published: Published, out_dir: Path, period: str) -> Receipt:
    """Write the snapshot of a week (2026-W10), month (2026-03) or quarter (2026-Q1), or give the receipt of the one that is there."""
    wanted = periods.read(period)
    folder = out_dir / wanted.name / published.version
    if (folder / RECEIPT).is_file():
        return stored(folder)
    state, notices = paper.condition(published, wanted)
    page, sheet = _laid_out(published, wanted, state, notices)
    if len(page.encode()) > LONGEST_HTML:
        raise SnapshotTooLong(
            f"snapshot {wanted.name}: the page has {len(page.encode())} bytes, {LONGEST_HTML} are allowed"
        )
    files = {HTML: page.encode(), PDF: sheet}
    through = published.data_through.isoformat() if published.data_through else None
    receipt = Receipt(
        period=wanted.name,
        version=published.version,
        data_through=through,
        created_at=published.definitions.get("created_at") or through,
        state=state,
        notices=notices,
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        folder=str(folder),
    )
    _write_once(folder, files, receipt)
    return Receipt(**{**asdict(receipt), "is_new": True})


def due(published: Published, out_dir: Path) -> list[str]:
    """The last complete week, month and quarter that have no snapshot yet, of any version; a quarter only if it has a figure."""
    return [
        period.name
        for period in periods.newest_complete(published)
        if not any((out_dir / period.name).glob(f"*/{RECEIPT}"))
        and (not period.is_quarter or quarter_paper.has_figures(published, period))
    ]


def stored(folder: Path) -> Receipt:
    """The receipt that lies in a snapshot's folder."""
    data: dict[str, Any] = json.loads((folder / RECEIPT).read_text(encoding="utf-8"))
    return Receipt(**{**data, "folder": str(folder), "is_new": False})


def archive(out_dir: Path) -> list[Receipt]:
    """All snapshots, newest data first."""
    found = [stored(path.parent) for path in out_dir.glob(f"*/*/{RECEIPT}")]
    return sorted(found, key=lambda r: (r.data_through or "", r.period, r.version), reverse=True)


def _laid_out(
    published: Published, period: Period, state: str, notices: list[str]
) -> tuple[str, bytes]:
    """The page and the sheet of a period: of a quarter the report, else the headlines."""
    if period.is_quarter:
        answer = quarter_paper.ask_for(published, period.name)
        laid = (published, period, answer, notices)
        return quarter_paper.html(*laid), quarter_paper.pdf(*laid)
    found = _headlines(published, period)
    return (
        paper.html(published, period, found, state, notices),
        paper.pdf(published, period, found, state, notices),
    )


def _headlines(published: Published, period: Period) -> list[Headline]:
    """As of the end of the period, so that a later version answers for the period and not for today."""
    from dashboards.ask import ask

    day = periods.data_day(published)
    ends = period.last + timedelta(days=1)
    as_of = ends.isoformat() if day is not None and ends <= day else None

    def ask_for(question: str, params: dict[str, Any]) -> Answer:
        return ask(published, question, params, as_of=as_of)

    return headlines(published, ask_for, through=period.last if as_of else None)


def _write_once(folder: Path, files: dict[str, bytes], receipt: Receipt) -> None:
    """The whole folder appears at once; a second taker that was faster wins and nothing is overwritten."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        document = {k: v for k, v in asdict(receipt).items() if k not in ("folder", "is_new")}
        whole = {**files, RECEIPT: json.dumps({**document, "folder": ""}, indent=1).encode()}
        for name, content in whole.items():
            path = part / name
            path.write_bytes(content)
            path.chmod(0o444)
        part.chmod(0o755)
        os.rename(part, folder)
    except OSError:
        if not (folder / RECEIPT).is_file():
            raise
    finally:
        if part.exists():
            shutil.rmtree(part)
