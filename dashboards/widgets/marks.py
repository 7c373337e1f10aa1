"""Charts that people read as a table: sparkline, cohort table, funnel, dots with intervals, bars.

Knows how to draw numbers that are already computed and already written as text. Must not know which question they
answer. HTML, not canvas, so that they can be selected, read aloud and hatched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from dashboards.widgets.html import Mark, badge, pill, wrap

WEAKEST, STRONGEST = (
    6,
    58,
)  # percent of the primary colour: the text on it keeps 4.5:1 in both themes


@dataclass(frozen=True)
class Tile:
    """One KPI on the wall, all text written by the one formatter."""

    label: str
    value: str
    change: str = ""
    compared_with: str = ""
    note: str = ""
    status: str = ""
    state: str = "quiet"
    trend: tuple[float, ...] = ()
    target: float | None = None
    is_withheld: bool = False
    restated: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell of a cohort table; `share` is 0 to 1, None where there is nothing yet."""

    text: str = ""
    share: float | None = None
    is_open: bool = False
    is_marked: bool = False


@dataclass(frozen=True)
class Step:
    """One step of a funnel; counts as text beside the shares of the widest bar."""

    name: str
    reached: str
    reached_share: float
    pending_share: float = 0.0
    step_rate: str = ""
    overall_rate: str = ""
    overall_count: str = ""
    median_time: str = ""
    lost_before: str = ""
    is_largest_loss: bool = False


@dataclass(frozen=True)
class Dot:
    """One row of rates compared; `value`, `low` and `high` are 0 to 1, None when the group is too small to show."""

    name: str
    text: str
    n: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Bar:
    """One row of a distribution; `share` is of the longest bar. `kind`: late in the colour of targets, open hatched."""

    name: str
    text: str
    share: float
    note: str = ""
    kind: str = ""


def sparkline(values: Sequence[float], target: float | None = None, alt: str = "") -> Mark:
    """A line of the last values, the last one marked; the target is dashed."""
    if len(values) < 2:
        return Mark('<div style="height:52px"></div>')
    reach = [*values, *([target] if target is not None else [])]
    low, high = min(reach), max(reach)
    span = (high - low) or 1.0
    step = 194 / (len(values) - 1)
    places = [(3 + i * step, 40 - 36 * (value - low) / span) for i, value in enumerate(values)]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    y_last = places[-1][1]
    # A drawing may not stand in sanitized markup, so it is an image; it follows light and dark by itself. The dot is a
    # stroke without length, because a circle would be squeezed with the picture.
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 200 46' preserveAspectRatio='none'><style>"
        "path{fill:none;stroke:#3a55c9;stroke-width:1.75;vector-effect:non-scaling-stroke}"
        ".a{stroke:none;fill:#3a55c9;opacity:.07}.d{stroke-width:7;stroke-linecap:round}"
        ".t{stroke:#868c98;stroke-width:1.25;stroke-dasharray:3 3}"
        "@media(prefers-color-scheme:dark){path{stroke:#8fa6ff}.a{fill:#8fa6ff;opacity:.1}.t{stroke:#868d9b}}</style>"
        f"<path class='a' d='{path}L197 46L3 46Z'/><path d='{path}'/>"
    )
    if target is not None:
        drawing += f"<path class='t' d='M3 {40 - 36 * (target - low) / span:.1f}H197'/>"
    drawing += f"<path class='d' d='M197 {y_last:.1f}h.01'/></svg>"
    return Mark('<img class="po-spark" alt="{}" src="data:image/svg+xml,{}">').format(
        alt or "Trend", quote(drawing)
    )


def tile(item: Tile) -> Mark:
    """Label, value, change, trend, note, status; the button for the source stands beside it."""
    if item.is_withheld:
        picture = Mark('<div class="po-withheld" aria-hidden="true"></div>')
    else:
        picture = sparkline(item.trend, item.target, f"{item.label}: now {item.value}")
    change = Mark("")
    if item.change:
        change = Mark('<div class="po-row">{} <span class="po-note">{}</span></div>').format(
            pill(item.change), item.compared_with
        )
    elif not item.is_withheld:
        change = Mark('<div class="po-note">{}</div>').format(
            item.compared_with or "\N{NO-BREAK SPACE}"
        )
    was = Mark("")
    if item.restated:
        was = Mark('<div class="po-note">{}</div>').format(f"Restated: {item.restated}")
    foot = badge(item.status, item.state) if item.status else Mark("")
    return Mark(
        '<div class="po po-tile"><div class="po-label">{}</div><div class="po-value">{}</div>{}{}'
        '<div class="po-note">{}</div>{}<div class="po-foot">{}</div></div>'
    ).format(item.label, item.value, change, picture, item.note, was, foot)


def restated(was: str) -> Mark:
    """The mark of a restated number, in words: `Restated: was 2 until v000012 (late events)`."""
    return badge(f"Restated: {was}", "info", "clock")


def headline(
    label: str,
    value: str,
    sentence: Mark,
    evidence: str,
    badges: Sequence[Mark],
    change: str = "",
    compared_with: str = "",
) -> Mark:
    """The number, and beside it the sentence with both counts, the interval and the badges."""
    moved = Mark("")
    if change:
        moved = Mark('<div class="po-row">{} <span class="po-note">{}</span></div>').format(
            pill(change), compared_with
        )
    return Mark(
        '<div class="po po-head"><div><div class="po-note">{}</div><div class="po-value">{}</div>{}</div>'
        '<div><p>{}</p><p class="po-note">{}</p><div class="po-row">{}</div></div></div>'
    ).format(label, value, moved, sentence, evidence, Mark("").join(badges))


def cards(items: Sequence[tuple[str, str, str]]) -> Mark:
    """Side numbers: label, value, n."""
    body = Mark("").join(
        Mark(
            '<div class="po-card"><div class="po-label">{}</div><div class="po-value">{}</div>'
            '<div class="po-note">{}</div></div>'
        ).format(*item)
        for item in items
    )
    return Mark('<div class="po po-cards">{}</div>').format(body)


def cohorts(
    corner: str,
    size: str,
    intervals: Sequence[str],
    rows: Sequence[tuple[str, str, Sequence[Cell]]],
    average: tuple[str, str, Sequence[Cell]] | None,
    legend: str,
    alt: str,
) -> Mark:
    """The cohort table; interval 0 is the first of `intervals` and stays uncoloured, it says nothing."""
    shares = [
        cell.share
        for _, _, cells in rows
        for cell in cells[1:]
        if cell.share is not None and not cell.is_open
    ]
    top = max(shares, default=0.0) or 1.0
    head = Mark("").join(
        Mark('<th scope="col">{}</th>').format(text) for text in (corner, size, *intervals)
    )
    body = Mark("").join(_cohort_row(row, top) for row in rows)
    if average:
        body += _cohort_row(average, None)
    return Mark(
        '<div class="po"><div class="po-scroll" tabindex="0" role="region" aria-label="{0}"><table '
        'class="po-table po-cohort"><caption class="po-sr">{0}</caption><thead><tr>{1}</tr></thead>'
        '<tbody>{2}</tbody></table></div><div class="po-legend"><span><span class="po-swatch po-open"></span>'
        "still open: marked, in no average</span><span>{3}</span></div></div>"
    ).format(alt, head, body, legend)


def _cohort_row(row: tuple[str, str, Sequence[Cell]], top: float | None) -> Mark:
    name, size, cells = row
    drawn = []
    for position, cell in enumerate(cells):
        if not cell.text:
            drawn.append(Mark("<td></td>"))
        elif position == 0 or top is None or cell.share is None:
            drawn.append(Mark("<td>{}</td>").format(cell.text))
        elif cell.is_open:
            drawn.append(Mark('<td class="po-cell po-open"><span>{}</span></td>').format(cell.text))
        else:
            weight = WEAKEST + (STRONGEST - WEAKEST) * min(cell.share / top, 1.0)
            drawn.append(
                Mark('<td class="po-cell{}" style="--w:{}%">{}</td>').format(
                    Mark(" po-mark") if cell.is_marked else Mark(""), f"{weight:.0f}", cell.text
                )
            )
    return Mark('<tr{}><th scope="row">{}</th><td class="po-r">{}</td>{}</tr>').format(
        Mark(' class="po-avg"') if top is None else Mark(""), name, size, Mark("").join(drawn)
    )


def funnel(steps: Sequence[Step], legend: str, alt: str) -> Mark:
    """Steps as bars with what was lost between them; only the largest loss is coloured."""
    parts = [Mark('<div class="po-k">{}</div>').format(text) for text in ("Step", "People")] + [
        Mark('<div class="po-k po-r">{}</div>').format(t) for t in ("Step", "Overall", "Median")
    ]
    for step in steps:
        if step.lost_before:
            parts.append(
                Mark('<div class="po-drop{}">{} {}</div>').format(
                    Mark(" po-worst") if step.is_largest_loss else Mark(""),
                    "▼" if step.is_largest_loss else "▽",
                    step.lost_before,
                )
            )
        inside = step.reached_share > 0.16
        parts.append(
            Mark(
                '<div class="po-step"><strong>{}</strong></div><div class="po-cellbar"><div class="po-bar">'
                '<i style="width:{}%"></i><i class="po-pend" style="left:{}%;width:{}%"></i>'
                '<b{}>{}</b></div></div><div class="po-r">{}</div><div class="po-r"><strong>{}</strong>'
                '<div class="po-small">{}</div></div><div class="po-r">{}</div>'
            ).format(
                step.name,
                f"{100 * step.reached_share:.1f}",
                f"{100 * step.reached_share:.1f}",
                f"{100 * step.pending_share:.1f}",
                Mark(' class="po-in"')
                if inside
                else Mark(' style="left:calc({}% + 8px)"').format(
                    f"{100 * (step.reached_share + step.pending_share):.1f}"
                ),
                step.reached,
                step.step_rate,
                step.overall_rate,
                step.overall_count,
                step.median_time,
            )
        )
    return Mark(
        '<div class="po"><div class="po-funnel" role="group" aria-label="{}">{}</div><div class="po-legend">'
        '<span><span class="po-swatch"></span>reached</span><span><span class="po-swatch po-open"></span>'
        "pending: window still open, in no rate</span><span>{}</span></div></div>"
    ).format(alt, Mark("").join(parts), legend)


def dots(
    rows: Sequence[Dot],
    everyone: float | None,
    legend: str,
    alt: str,
    limit: float | None = 1.0,
    begin: float | None = None,
) -> Mark:
    """Numbers compared: a dot with its interval per row, a dashed line for everyone. Rates lie from 0 to the limit; `begin` is where the line begins."""
    reach = [x for row in rows for x in (row.low, row.high, row.value) if x is not None]
    reach += [everyone] if everyone is not None and limit is None else []
    low, high = min(reach, default=0.0), max(reach, default=1.0)
    margin = 0.08 * ((high - low) or 1.0)
    low, high = low - margin, high + margin
    if limit is not None:
        low, high = max(low, 0.0), min(high, limit)
    low = low if begin is None else begin
    span = (high - low) or 1.0

    def place(x: float) -> str:
        return f"{100 * (x - low) / span:.1f}"

    ruler = (
        Mark('<u style="left:{}%"></u>').format(place(everyone))
        if everyone is not None and low <= everyone <= high
        else Mark("")
    )
    parts = []
    for row in rows:
        line = Mark("")
        if row.value is not None:
            if row.low is not None and row.high is not None:
                width = f"{100 * (row.high - row.low) / span:.1f}"
                line += Mark('<i style="left:{}%;width:{}%"></i>').format(place(row.low), width)
            line += Mark('<b style="left:{}%"></b>').format(place(row.value))
        parts.append(
            Mark(
                '<div>{}</div><div class="po-line">{}{}</div><div class="po-r"><strong>{}</strong></div>'
                '<div class="po-r po-small">{}</div>'
            ).format(row.name, line, ruler, row.text, row.n)
        )
    return Mark(
        '<div class="po"><div class="po-dots" role="group" aria-label="{}">{}</div>'
        '<div class="po-legend"><span>{}</span></div></div>'
    ).format(alt, Mark("").join(parts), legend)


_KINDS = {"": Mark(""), "late": Mark(' class="po-late"'), "open": Mark(' class="po-pend"')}


def bars(rows: Sequence[Bar], alt: str) -> Mark:
    """Counts as bars from zero, one row each."""
    parts = Mark("").join(
        Mark(
            '<div>{}</div><div class="po-bar" style="height:22px"><i{} style="width:{}%"></i></div>'
            '<div class="po-r"><strong>{}</strong></div><div class="po-r po-small">{}</div>'
        ).format(
            row.name,
            _KINDS[row.kind],
            f"{100 * max(min(row.share, 1.0), 0.0):.1f}",
            row.text,
            row.note,
        )
        for row in rows
    )
    return wrap(
        Mark('<div class="po-dots" role="group" aria-label="{}">{}</div>').format(alt, parts)
    )
