"""An answer as a table for a terminal. Numbers read as everywhere else: `wording` is the one formatter.

Knows columns and widths. Must not know questions or data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboards import wording

if TYPE_CHECKING:
    from dashboards.answer import Answer

LONGEST = 100  # characters of one cell; the CSV holds all of it
WIDE = 14  # more columns than that do not fit beside each other
NO_DATA = "no data"  # of a whole answer; a single cell without a number is a dash


def table(answer: Answer, limit: int = 200) -> str:
    """An answer for a terminal: rows, then summary, then caveats."""
    shown = answer.rows[:limit]
    if len(shown) == 1 and len(answer.columns) > WIDE:
        return _facts(answer) + _foot(answer)
    heads = [column.name for column in answer.columns]
    cells = [
        [
            printable(wording.short(wording.value(row.get(c.name), c.unit), LONGEST))
            for c in answer.columns
        ]
        for row in shown
    ]
    widths = [
        max(len(head), *(len(row[n]) for row in cells)) if cells else len(head)
        for n, head in enumerate(heads)
    ]
    numeric = [c.type in ("integer", "number") for c in answer.columns]

    def line(parts: list[str]) -> str:
        padded = (
            p.rjust(w) if right else p.ljust(w)
            for p, w, right in zip(parts, widths, numeric, strict=True)
        )
        return "  ".join(padded).rstrip()

    lines = [line(heads), line(["─" * w for w in widths]), *(line(row) for row in cells)]
    if not answer.rows:
        lines.append(NO_DATA)
    if len(answer.rows) > limit:
        lines.append(f"… {len(answer.rows) - limit} more rows (--format csv gives all)")
    return "\n".join(lines) + _foot(answer)


def _facts(answer: Answer) -> str:
    """One row of many columns, one line each; what is empty is left out."""
    row = answer.rows[0]
    known = [c for c in answer.columns if row.get(c.name) not in (None, "", [])]
    width = max(len(column.name) for column in known)
    return "\n".join(
        f"{column.name.ljust(width)}  {printable(wording.value(row[column.name], column.unit))}"
        for column in known
    )


def _foot(answer: Answer) -> str:
    """Summary, version and notes below the rows."""
    lines = [""]
    if answer.summary:
        lines += [
            "",
            *(f"{key}: {printable(_summary(key, item))}" for key, item in answer.summary.items()),
        ]
    for difference in answer.differences or ():
        lines += ["", printable(difference["sentence"])]
        lines += [
            f"  {key}: {printable(_summary(key, item))}"
            for key, item in difference["summary"].items()
        ]
    lines += ["", f"{answer.question} v{answer.definition_version} on {answer.data_version}"]
    lines += [f"note: {printable(text)}" for text in answer.caveats]
    return "\n".join(lines) + "\n"


def printable(text: str) -> str:
    """Text from data without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\u202f" else "\ufffd" for c in text)


def _summary(key: str, item: Any) -> str:
    if isinstance(item, list):
        return "; ".join(wording.value(part) for part in item) or "none"
    unit = "rate" if key.endswith(("share", "rate")) else None
    return wording.value(item, "seconds" if key.endswith("_seconds") else unit)
