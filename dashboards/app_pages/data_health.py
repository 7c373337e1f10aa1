"""Data health: what arrived, what was kept, what holds a build. Reads numbers only through `ask`."""

from typing import Any

import streamlit as st

from dashboards import question_log
from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.freshness import is_late
from dashboards.widgets import health, html, marks, provenance, restated, session, states
from dashboards.widgets.session import Ask

STATUS = {
    "ok": ("Fresh", "good", None),
    "late": ("Late", "warn", "clock"),
    "partial": ("Some in quarantine", "warn", None),
    "rejected": ("A file was rejected", "bad", None),
}
ASK = Ask("data_health")


def page() -> None:
    """Sources, tests and gates, doubts."""
    published = session.published()
    html.show(
        html.title(
            "Is the data fresh and complete?",
            f"Version {published.version}, data through {provenance.data_through(published)}",
        )
    )
    session.log_view(ASK, "asked")
    answer = session.answer(ASK)
    session.log_view(ASK, "answered", complete=bool(answer.rows))
    health.strip()
    _totals(answer)
    left, right = st.columns([2.35, 1], gap="medium")
    with left, st.container(gap="medium"):
        _sources(answer, str(published.settings["timezone"]))
        _restated(published.version)
        _checks(published.definitions)
        _doubts()
    with right:
        provenance.rail(ASK, answer, "Is the data fresh and complete?")


def _totals(answer: Answer) -> None:
    total = {
        name: sum(int(r[name] or 0) for r in answer.rows)
        for name in ("records_seen", "loaded", "duplicate", "superseded", "quarantined", "filtered")
    }
    seen = total["records_seen"]
    items = [("Records seen", formats.count(seen), "in all files")]
    for name, words in (
        ("loaded", "Loaded"),
        ("duplicate", "Duplicates"),
        ("superseded", "Replaced"),
        ("quarantined", "In quarantine"),
        ("filtered", "Filtered"),
    ):
        items.append(
            (
                words,
                formats.count(total[name]),
                formats.share(total[name] / seen, 2) if seen else "",
            )
        )
    html.show(marks.cards(items))


def _sources(answer: Answer, zone: str) -> None:
    html.show(
        html.section(
            "Sources",
            "Every record of a file is loaded, a duplicate, replaced, in quarantine or filtered; the five add up",
        )
    )
    if not answer.rows:
        states.empty("no file has been loaded", [])
        return
    lines = []
    for row in answer.rows:
        words, state, icon = STATUS.get(str(row["status"]), (str(row["status"]), "quiet", None))
        lines.append(
            (
                f"{row['source']} · {row['project']}",
                html.row(
                    [
                        html.badge(words, state, icon),
                        *([html.badge(*STATUS["late"])] if _also_late(row) else []),
                    ]
                ),
                formats.instant_short(row["last_loaded_at"], zone)
                if row["last_loaded_at"]
                else formats.NONE,
                formats.instant_short(row["last_event_at"], zone)
                if row["last_event_at"]
                else formats.NONE,
                *(
                    formats.count(row[name])
                    for name in ("records_seen", "loaded", "duplicate", "quarantined")
                ),
            )
        )
    heads = (
        "Source",
        "State",
        "Last loaded",
        "Latest record",
        "Seen",
        "Loaded",
        "Duplicates",
        "Quarantine",
    )
    html.show(
        html.wrap(
            html.table(heads, lines, frozenset({4, 5, 6, 7}), caption="Sources and their records")
        )
    )
    st.download_button(
        "Export CSV",
        data=answer.to_csv,
        file_name=f"data-health-{answer.data_version}.csv",
        mime="text/csv",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )


def _restated(version: str) -> None:
    """What the version changed in closed periods; where it changed nothing, the last version that did."""
    answer = session.answer(Ask("restatements"))
    last = answer.summary["last_version"]
    if last is None:
        html.show(
            html.section(
                "What changed since the last version, and why",
                "No number of a closed period has changed since the ledger began",
            )
        )
        return
    rows = [row for row in answer.rows if row["version"] == last]
    when = formats.day(rows[0]["at"])
    html.show(
        html.section(
            "What changed since the last version, and why",
            f"Closed periods that {last} of {when} tells otherwise than {rows[0]['previous_version']}"
            + ("" if last == version else f"; {version} changed none"),
        )
    )
    html.show(restated.changes(rows))
    with st.container(key="next-restated"):
        st.page_link(
            "app_pages/answers.py",
            label=html.label(
                f"Every restatement: {formats.count(len(answer.rows))} of all versions"
            ),
            icon=":material/arrow_forward:",
            query_params={"q": "restatements"},
        )


def _also_late(row: dict[str, Any]) -> bool:
    return row["status"] != "late" and is_late(row, session.published())


def _kept(definitions: dict[str, Any]) -> str:
    """How many tests were not run again, because nothing that they look at is new."""
    timing = definitions.get("timing") or {}
    if not timing.get("tests_kept"):
        return ""
    zone = str(session.published().settings["timezone"])
    oldest = formats.instant(timing["oldest_test_at"], zone)
    return f"; {timing['tests_kept']} stand from earlier versions, the oldest from {oldest}, because what they look at is unchanged"


def _checks(definitions: dict[str, Any]) -> None:
    html.show(
        html.section(
            "Tests and gates",
            "A gate that fails holds the whole build back; you then see the last good version",
        )
    )
    tests = definitions.get("tests") or {}
    rows: list[tuple[object, ...]] = [
        (
            "Tests of the models",
            html.badge(f"{tests.get('passed') or 0} passed", "good"),
            f"{tests.get('failed') or 0} failed{_kept(definitions)}",
        )
    ]
    rows += [
        ("Warning", html.badge("Warned", "warn"), str(name)) for name in tests.get("warned") or []
    ]
    for (name, status), messages in _by_gate(definitions).items():
        state = {"passed": "good", "warned": "warn", "failed": "bad"}.get(status, "quiet")
        said = messages[0] if len(messages) == 1 else f"{len(messages)} checks passed"
        for says in [said] if status == "passed" else messages:
            rows.append((name.replace("_", " "), html.badge(status.capitalize(), state), says))
    html.show(
        html.wrap(
            html.table(("Check", "State", "Says"), rows, caption="Tests and gates of this version")
        )
    )


def _by_gate(definitions: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """What each gate said, failures first; the passed checks of one gate are one line of the page."""
    order = ("failed", "warned", "passed")
    found: dict[tuple[str, str], list[str]] = {}
    for gate in definitions.get("gates") or []:
        key = (str(gate.get("name")), str(gate.get("status")))
        found.setdefault(key, []).append(str(gate.get("message") or ""))
    rank = {status: position for position, status in enumerate(order)}
    return dict(sorted(found.items(), key=lambda item: rank.get(item[0][1], len(order))))


def _doubts() -> None:
    found = question_log.doubts(session.workspace().store)[:20]
    if not found:
        return
    html.show(
        html.section("Said to look wrong", "Newest first; each goes to the owner of the question")
    )
    rows = [
        (
            formats.day(d.at),
            d.question.replace("_", " "),
            d.note,
            d.owner,
            html.code(d.data_version),
        )
        for d in found
    ]
    html.show(
        html.wrap(
            html.table(("When", "Question", "What", "Owner", "Version"), rows, caption="Doubts")
        )
    )


with states.guarded():
    page()
