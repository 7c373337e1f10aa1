"""How a number, a time and a table read, everywhere the same: pages, terminal, snapshots.

Knows units. Must not know questions or data. Never shows -0, a rounded 100 % that is not all, or nan.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboards.answer import Answer, Column

NO_DATA = "no data"


def value(found: Any, unit: str | None = None) -> str:
    """Any value of an answer by the unit of its column."""
    if found is None:
        return NO_DATA
    if isinstance(found, bool):
        return "yes" if found else "no"
    if isinstance(found, int | float) and not math.isfinite(found):
        return NO_DATA
    if unit == "rate" and isinstance(found, int | float):
        return rate(float(found))
    if unit == "seconds" and isinstance(found, int | float):
        return duration(float(found))
    if isinstance(found, int):
        return whole(found)
    if isinstance(found, float):
        return number(found)
    return str(found)


def whole(found: int) -> str:
    """An integer with thin groups of thousands."""
    return f"{found:,}".replace(",", "\u202f") if abs(found) >= 10_000 else str(found)


def number(found: float, digits: int = 3) -> str:
    """A number to a few significant digits, never in exponent form below 10^15."""
    if not math.isfinite(found):
        return NO_DATA
    if found == 0:
        return "0"
    size = math.floor(math.log10(abs(found)))
    rounded = round(found, max(digits - 1 - size, 0)) if size < digits else round(found)
    if rounded == 0:
        return "0"
    if abs(rounded) >= 10_000:
        return whole(round(rounded))
    return (
        f"{rounded:.{max(digits - 1 - size, 0)}f}".rstrip("0").rstrip(".")
        if size < digits
        else str(round(rounded))
    )


def rate(found: float) -> str:
    """A share in percent. Below all it never reads 100 %, above none it never reads 0 %."""
    if not math.isfinite(found):
        return NO_DATA
    percent = found * 100
    text = f"{percent:.1f}"
    if text in ("0.0", "-0.0"):
        if percent == 0:
            return "0 %"
        return "< 0.1 %" if percent > 0 else "> -0.1 %"
    if text == "100.0" and percent != 100:
        return "> 99.9 %" if percent < 100 else "100.1 %"
    if text == "100.0":
        return "100 %"
    return f"{text} %"


def duration(seconds: float) -> str:
    """Elapsed time in its two largest units."""
    if not math.isfinite(seconds):
        return NO_DATA
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    if left < 60:
        text = f"{left:.1f}".rstrip("0").rstrip(".")
        return f"{sign}{text} s" if text != "0" else "0 s"
    left = round(left)
    for size, name, small, small_name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if left >= size:
            big, rest = divmod(left, size)
            rest = rest // small
            return f"{sign}{big} {name}" + (f" {rest} {small_name}" if rest else "")
    return f"{sign}{left} s"


def table(answer: Answer, limit: int = 200) -> str:
    """An answer for a terminal: rows, then summary, then caveats."""
    heads = [_head(column) for column in answer.columns]
    shown = answer.rows[:limit]
    cells = [[printable(value(row.get(c.name), c.unit)) for c in answer.columns] for row in shown]
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
    if answer.summary:
        lines += [
            "",
            *(f"{key}: {printable(_summary(item))}" for key, item in answer.summary.items()),
        ]
    lines += ["", f"{answer.question} v{answer.definition_version} on {answer.data_version}"]
    lines += [f"note: {printable(text)}" for text in answer.caveats]
    return "\n".join(lines) + "\n"


def printable(text: str) -> str:
    """Text from data without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\u202f" else "\ufffd" for c in text)


def _head(column: Column) -> str:
    return column.name


def _summary(item: Any) -> str:
    if isinstance(item, float):
        return number(item, 4)
    if isinstance(item, list):
        return "; ".join(str(part) for part in item) or "none"
    return value(item)
