"""Leadership snapshot: the archive of one-page reports. Shows what was taken; takes nothing itself."""

from pathlib import Path

import streamlit as st

from dashboards import wording as formats
from dashboards.snapshots import Receipt, archive, periods
from dashboards.snapshots.corrections import corrections
from dashboards.snapshots.receipt import HTML, PDF
from dashboards.widgets import health, html, session, states
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

MOST_CORRECTIONS = 5
QUARTER_HEIGHT = 3200  # a quarter's report is as long as three sheets

STATES = {
    "complete": ("Complete", "good", None),
    "stale": ("Some inputs are late", "warn", "clock"),
    "held": ("A newer build was held", "held", None),
    "delayed": ("Delayed", "warn", "clock"),
}


def page() -> None:
    """The newest snapshot, and all before it."""
    html.show(
        html.title(
            "Leadership snapshot",
            "One page for people who do not open dashboards: KPIs, what changed, how sure we are",
        )
    )
    space = session.workspace()
    found = archive(space.snapshots)
    if not found:
        _none_yet()
        health.strip()
        return
    names = [f"{r.period}/{r.version}" for r in found]
    given = st.query_params.get("snapshot", names[0])
    if given not in names:
        states.wrong_address(f"There is no snapshot “{given[:40]}”; the newest is shown.")
        given = names[0]
    receipt = found[names.index(given)]
    left, right = st.columns([2.35, 1], gap="medium")
    with left:
        _paper(receipt)
    with right:
        _receipt(receipt)
        _archive(found)
    health.strip()


def _none_yet() -> None:
    actions = states.card(
        "No snapshot yet",
        "info",
        "No week, month or quarter has been reported yet",
        Mark(
            "A snapshot is taken when the data of a week, a month or a quarter is complete; {} takes the ones that are due. It is written once and never changed."
        ).format(html.code("productops snapshot")),
        key="state-no-snapshot",
    )
    with actions:
        st.page_link("app_pages/home.py", label="This week's numbers")


def _paper(receipt: Receipt) -> None:
    page = (Path(receipt.folder) / HTML).read_text(encoding="utf-8")
    with st.container(border=True, key="paper"):
        html.document(
            page, height=QUARTER_HEIGHT if periods.read(receipt.period).is_quarter else 1220
        )


def _receipt(receipt: Receipt) -> None:
    words, state, icon = STATES.get(receipt.state, (receipt.state, "quiet", None))
    with st.container(border=True, key="rail"):
        html.show(html.section("Where this comes from"))
        items: list[tuple[str, object]] = [
            ("Period", receipt.period),
            ("Version", html.code(receipt.version)),
            ("Data through", _through(receipt)),
            *((f"{name} hash", html.code(digest[:16])) for name, digest in receipt.files.items()),
        ]
        html.show(html.wrap(html.row([html.badge(words, state, icon)]), html.pairs(items)))
        for notice in receipt.notices:
            html.show(html.note(notice))
        _corrections(receipt)
        folder = Path(receipt.folder)
        st.download_button(
            "Download PDF",
            data=(folder / PDF).read_bytes(),
            file_name=f"snapshot-{receipt.period}-{receipt.version}.pdf",
            mime="application/pdf",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Download HTML",
            data=(folder / HTML).read_bytes(),
            file_name=f"snapshot-{receipt.period}-{receipt.version}.html",
            mime="text/html",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
        )


def _corrections(receipt: Receipt) -> None:
    """The snapshot stays as it was told; what is told otherwise since then stands beside it."""
    found = corrections(receipt, session.answer(Ask("restatements")).rows)
    if not found:
        return
    more = Mark("<li>And {} more.</li>").format(len(found) - MOST_CORRECTIONS)
    listed = Mark("").join(Mark("<li>{}</li>").format(text) for text in found[:MOST_CORRECTIONS])
    html.show(html.section("Corrected since", level=3))
    html.show(
        html.wrap(
            html.row([html.badge("Numbers of its period were restated", "info", "clock")]),
            Mark('<ul style="margin:8px 0 0;padding-left:18px" class="po-small">{}{}</ul>').format(
                listed, more if len(found) > MOST_CORRECTIONS else Mark("")
            ),
        ),
        key="corrections",
    )


def _through(receipt: Receipt) -> str:
    if not receipt.data_through:
        return formats.NONE
    return formats.instant(receipt.data_through, str(session.published().settings["timezone"]))


def _archive(found: list[Receipt]) -> None:
    with st.container(border=True, key="next", gap="xsmall"):
        html.show(html.section("All snapshots", level=3))
        for receipt in found[:24]:
            st.page_link(
                "app_pages/snapshot.py",
                label=html.label(f"{receipt.period} · {receipt.version}"),
                icon=":material/description:",
                query_params={"snapshot": f"{receipt.period}/{receipt.version}"},
            )


with states.guarded():
    page()
