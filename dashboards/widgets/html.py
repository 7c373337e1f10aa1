"""The one place where our own HTML reaches a page.

Knows how to put text into markup safely: a mark is a `Mark`, and every value formatted into one is escaped. Must not
know questions or numbers. `show` refuses a plain string, so nothing unescaped can be drawn by mistake.
"""

import functools
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

from markupsafe import Markup as Mark

STYLE_SHEET = Path(__file__).resolve().parents[1] / "app.css"
STATES = ("good", "warn", "bad", "held", "info", "quiet")
LONG_TEXT = 24  # characters from which a cell of a table asks for width, so that its lines stay few

_STROKES = {
    "check": '<circle cx="12" cy="12" r="9"/><path d="m8 12.5 2.7 2.7L16 9.8"/>',
    "alert": '<circle cx="12" cy="12" r="9"/><path d="M12 7.5v5.5M12 16.4v.1"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5.3l3.4 2"/>',
    "cross": '<circle cx="12" cy="12" r="9"/><path d="m9 9 6 6m0-6-6 6"/>',
    "pause": '<circle cx="12" cy="12" r="9"/><path d="M10 9v6M14 9v6"/>',
    "hourglass": '<path d="M7 4h10M7 20h10M8 4c0 5 8 7 8 12v4M16 4c0 5-8 7-8 12v4"/>',
    "seal": '<path d="M12 3 5 6v5c0 4.6 2.9 8 7 10 4.1-2 7-5.4 7-10V6z"/><path d="m9 12 2.2 2.2L15.3 10"/>',
    "minus": '<path d="M6 12h12"/>',
    "hidden": '<path d="M4 4l16 16M9.9 5.2A9 9 0 0 1 21 12a12 12 0 0 1-2.4 3.3M6.2 7A12 12 0 0 0 3 12c2 4 5.4 6.3 9 6.3a9 9 0 0 0 4-1"/>',
    "stack": '<ellipse cx="12" cy="6" rx="7" ry="2.8"/><path d="M5 6v12c0 1.6 3.1 2.8 7 2.8s7-1.2 7-2.8V6M5 12c0 1.6 3.1 2.8 7 2.8s7-1.2 7-2.8"/>',
    "list": '<path d="M4 7h9M4 12h9M4 17h9M16 12.5l2 2 3-4"/>',
    "flask": '<path d="M10 4h4M10.5 4v6L5.500 19h13l-5-9V4"/>',
    "rocket": '<path d="M12 4c4 2 5 6 4 10l-4 3-4-3C7 10 8 6 12 4zM8 14l-3 3M16 14l3 3M12 17v4"/>',
    "search": '<circle cx="11" cy="11" r="6"/><path d="m16 16 4 4"/>',
}
_STATE_ICONS = {
    "good": "check",
    "warn": "alert",
    "bad": "cross",
    "held": "pause",
    "info": "hourglass",
    "quiet": "minus",
}
_SHORTCODE = re.compile(r":(?=[\w+/\-]+:)|-(?=-)")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:&^])")


def show(mark: Mark, key: str | None = None, is_inline: bool = False) -> None:
    """Draw one mark. `key` gives its container the class `st-key-<key>`; inline is as wide as its text."""
    import streamlit as st

    if not isinstance(mark, Mark):
        raise TypeError(
            "html.show takes a Mark; build it with Mark(...).format(...), which escapes"
        )
    if key is None:
        st.html(str(mark), width="content" if is_inline else "stretch")
        return
    with st.container(key=key):
        st.html(str(mark))


def document(page: str, height: int) -> None:
    """A whole document of ours in a frame. As a data address it has no origin, so it cannot reach into the page."""
    import streamlit as st

    st.iframe(
        f"data:text/html;charset=utf-8;base64,{b64encode(page.encode()).decode()}", height=height
    )


def style() -> None:
    """Lay the style sheet, once a rerun."""
    import streamlit as st

    st.html(_style())


@functools.cache
def _style() -> str:
    # Sanitized markup may not hold a drawing, so icons are masks over the colour of the text.
    icons = "".join(
        f'.po-ic-{name}{{--po-i:url("data:image/svg+xml,{quote(_drawing(strokes))}")}}\n'
        for name, strokes in _STROKES.items()
    )
    return f"<style>{STYLE_SHEET.read_text(encoding='utf-8')}{icons}</style>"


def _drawing(strokes: str) -> str:
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='black'"
        " stroke-width='2' stroke-linecap='round' stroke-linejoin='round'>"
        + strokes.replace('"', "'")
        + "</svg>"
    )


def label(text: object) -> str:
    """Text of the data as a widget label or caption: Markdown, shortcodes and formulas in it stay plain text."""
    flat = re.sub(r"\s+", " ", str(text))
    # Shortcodes and dashes are looked for after the escapes are gone; a joiner without width keeps them apart.
    return _MARKDOWN.sub(r"\\\1", _SHORTCODE.sub("\\g<0>\u2060", flat))


def wrap(*parts: Mark) -> Mark:
    """Several marks as one block."""
    return Mark('<div class="po">{}</div>').format(Mark("").join(parts))


def icon(name: str) -> Mark:
    """A drawn icon; decoration only, the words beside it carry the meaning."""
    if name not in _STROKES:
        raise ValueError(f"icon: {name!r} is not one of {', '.join(_STROKES)}")
    return Mark('<span class="po-ic po-ic-{}" aria-hidden="true"></span>').format(name)


def badge(text: str, state: str, icon_name: str | None = None) -> Mark:
    """A status in words with its icon and tint; `state` is one of STATES."""
    if state not in STATES:
        raise ValueError(f"badge: state {state!r} is not one of {', '.join(STATES)}")
    return Mark('<span class="po-badge po-{}">{}{}</span>').format(
        state, icon(icon_name or _STATE_ICONS[state]), text
    )


def pill(text: str) -> Mark:
    """A change: neutral, it is no judgement."""
    return Mark('<span class="po-pill po-num">{}</span>').format(text)


def row(parts: Iterable[Mark]) -> Mark:
    """Small things side by side."""
    return Mark('<div class="po-row">{}</div>').format(Mark("").join(parts))


def title(text: str, note: str = "") -> Mark:
    """The page's one first-level heading and its caption."""
    body = Mark('<h1 class="po-h1" tabindex="-1">{}</h1>').format(text)
    if note:
        body += Mark('<p class="po-note">{}</p>').format(note)
    return wrap(body)


def section(text: str, note: str = "", level: int = 2) -> Mark:
    """A heading that says what is shown, and a line below it for unit, n and what a mark means."""
    tag = Mark("h3") if level == 3 else Mark("h2")
    body = Mark('<{0} class="po-{0}">{1}</{0}>').format(tag, text)
    if note:
        body += Mark('<p class="po-note">{}</p>').format(note)
    return wrap(body)


def note(text: str | Mark) -> Mark:
    """A quiet line."""
    return wrap(Mark('<p class="po-small">{}</p>').format(text))


def strong(text: object) -> Mark:
    """A number inside a sentence."""
    return Mark("<strong>{}</strong>").format(text)


def link(text: object, page: str, params: Mapping[str, str]) -> Mark:
    """A link to a page with its state in the address; a page link of Streamlit leaves the address of its own page as it was."""
    return Mark('<a href="{}?{}" target="_self">{}</a>').format(page, urlencode(params), text)


def together(text: object) -> Mark:
    """Words that stay on one line, like a day in a narrow column."""
    return Mark('<span class="po-nowrap">{}</span>').format(text)


def code(text: object) -> Mark:
    """A name as it stands in the data."""
    return Mark('<code class="po-code">{}</code>').format(text)


def pairs(items: Iterable[tuple[str, object]]) -> Mark:
    """A list of keys and values."""
    body = Mark("").join(Mark("<dt>{}</dt><dd>{}</dd>").format(key, value) for key, value in items)
    return Mark('<dl class="po-kv">{}</dl>').format(body)


def sql(text: str) -> Mark:
    """A statement, selectable."""
    return Mark('<pre class="po-sql" tabindex="0">{}</pre>').format(text)


def chain(names: Sequence[str], here: str) -> Mark:
    """Where a number comes from, left to right; `here` is the node that is being looked at."""
    parts = []
    for position, name in enumerate(names):
        if position:
            parts.append(Mark('<b aria-hidden="true">→</b>'))
        parts.append(
            Mark('<span class="po-code{}">{}</span>').format(
                Mark(" po-here") if name == here else Mark(""), name
            )
        )
    return Mark('<div class="po-chain">{}</div>').format(Mark("").join(parts))


def table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: frozenset[int] = frozenset(),
    caption: str = "",
) -> Mark:
    """A plain table; `right` are the positions of columns that hold numbers, `caption` is for screen readers."""
    side = {position: Mark(' class="po-r"') for position in right}
    head = Mark("").join(
        Mark('<th scope="col"{}>{}</th>').format(side.get(i, Mark("")), text)
        for i, text in enumerate(headers)
    )
    lines = Mark("").join(
        Mark("<tr>{}</tr>").format(
            Mark("").join(
                Mark("<td{}>{}</td>").format(side.get(i, _width(value)), value)
                for i, value in enumerate(values)
            )
        )
        for values in rows
    )
    return Mark(
        '<div class="po-scroll" tabindex="0" role="region" aria-label="{0}"><table class="po-table">'
        '<caption class="po-sr">{0}</caption><thead><tr>{1}</tr></thead><tbody>{2}</tbody></table></div>'
    ).format(caption, head, lines)


def _width(value: object) -> Mark:
    is_long = isinstance(value, str) and not isinstance(value, Mark) and len(value) > LONG_TEXT
    return Mark(' class="po-long"' if is_long else "")
