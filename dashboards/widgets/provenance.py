"""Where a number comes from: the same panel as a rail beside an answer and as a drawer behind "Source".

Knows an answer's envelope and the definitions of the version. Must not compute anything about the answer itself.
"""

from typing import Any

import streamlit as st

from dashboards import question_log
from dashboards import wording as formats
from dashboards.answer import Answer
from dashboards.catalogue import Question, load
from dashboards.freshness import days_behind, is_late
from dashboards.kpi_evidence import KPIS
from dashboards.published import Published
from dashboards.widgets import html, session, states
from dashboards.widgets.html import Mark
from dashboards.widgets.session import Ask

KPI_MODELS = {
    "K1": "kpi_data_access_time",
    "K2": "kpi_experiment_velocity",
    "K3": "kpi_tool_adoption",
    "K4": "kpi_process_efficiency",
    "K5": "kpi_onboarding_speed",
    "K6": "kpi_taxonomy_health",
    "K8": "kpi_roadmap_hygiene",
    "K9": "kpi_release_cadence",
    "K10": "kpi_impact_ledger",
}


@st.dialog("Where this number comes from", position="right", width=460)
def drawer(ask: Ask, heading: str) -> None:
    """The panel as a drawer, for a number on a page of many."""
    with states.guarded():
        panel(ask, session.answer(ask), heading, place="drawer")


def rail(ask: Ask, answer: Answer, heading: str) -> None:
    """The panel beside its answer."""
    with st.container(border=True, key="rail"):
        html.show(html.section("Where this comes from"))
        panel(ask, answer, heading, place="rail")


def panel(ask: Ask, answer: Answer, heading: str, place: str) -> None:
    """Definition, formula, version, owner, data through, left out, tests, sources, SQL, lineage, doubt."""
    published = session.published()
    question = load().get(answer.question)
    model_name, model = kpi_model(answer, published)
    kpi = KPIS.get(str(answer.params.get("kpi"))) if model_name else None
    version = f"{question.id}@{answer.definition_version}"
    if model_name:
        version = f"{model_name}@{(model.get('meta') or {}).get('definition_version') or 1}"
    facts = [
        ("Definition", model.get("description") or answer.definition),
        ("Formula", kpi.formula if kpi else question.answer_is),
        ("Version", html.code(version)),
        ("Owner", question.owner),
        ("Data through", data_through(published)),
        ("Left out", left_out(answer, question)),
        ("Data version", html.code(answer.data_version)),
    ]
    body = html.section(heading, level=3) + html.pairs(facts) + html.row(badges(answer))
    if answer.caveats:
        body += Mark('<ul style="margin:0;padding-left:18px" class="po-small">{}</ul>').format(
            Mark("").join(Mark("<li>{}</li>").format(text) for text in answer.caveats)
        )
    if answer.quality.get("restated"):
        body += Mark(
            '<div class="po-small"><a href="answers?q=restatements" target="_self">What was restated, and why</a></div>'
        )
    body += Mark('<h3 class="po-h3">Sources</h3>') + sources(answer, published)
    html.show(html.wrap(Mark('<div style="display:grid;gap:14px">{}</div>').format(body)))
    with st.expander("SQL", type="compact"):
        html.show(html.wrap(html.sql(answer.sql)))
    with st.expander("Lineage", type="compact", expanded=True):
        names = lineage(published, question)
        if model_name:
            models = published.definitions.get("models") or {}
            above = [str(name).split(".")[-1] for name in model.get("depends_on") or []]
            above = [n for n in above if not ((models.get(n) or {}).get("meta") or {}).get("tells_reach")]  # fmt: skip
            names = [*above[:5], model_name, question.id]
        html.show(html.wrap(html.chain(names, question.id)))
    _doubt(ask, answer, question, place)


def kpi_model(answer: Answer, published: Published) -> tuple[str, dict[str, Any]]:
    """The model behind a KPI, which holds its own definition; nothing for other questions."""
    kpi = str(answer.params.get("kpi"))
    if answer.question != "kpis":
        return "", {}
    models = published.definitions.get("models") or {}
    own = (n for n, m in models.items() if f"'{kpi}' as kpi" in str(m.get("compiled_sql")))
    name = KPI_MODELS.get(kpi) or next(own, "")
    return (name, models[name]) if name in models else ("", {})


def data_through(published: Published) -> str:
    """The latest accepted record, on the clock of the reporting zone, with the zone."""
    zone = str(published.settings["timezone"])
    if published.data_through is None:
        return "no record yet"
    return f"{formats.instant(published.data_through, zone)} {zone}"


def left_out(answer: Answer, question: Question) -> str:
    """Who and what is not in the number."""
    if "marts.fct_events" not in question.inputs:
        return "what the definition excludes, nothing else"
    parts = []
    parts.append(
        f"{formats.count(answer.quality['excluded_actors'])} internal, test and bot people"
    )
    for because, words in (
        ("other_source", "that another source counts"),
        ("quarantined", "in quarantine"),
    ):
        events = sum(
            row["events"] for row in answer.quality["left_out"] if row["because"] == because
        )
        if events:
            parts.append(f"{formats.count(events)} events {words}")
    violations = answer.quality.get("violation_share")
    if violations:
        parts.append(
            f"{formats.share(violations)} of the events read break their tracking plan; they are counted"
        )
    return "; ".join(parts) or "nothing"


def badges(answer: Answer) -> list[Mark]:
    """Test and gate state in words."""
    tests = answer.quality.get("tests") or {}
    passed, failed = tests.get("passed") or 0, tests.get("failed") or 0
    found = [html.badge("Certified", "info", "seal")]
    if failed:
        found.append(html.badge(f"{failed} of {passed + failed} tests failed", "bad"))
    elif passed:
        found.append(html.badge(f"{passed} of {passed} tests passed", "good"))
    warned = tests.get("warned") or []
    if warned:
        found.append(html.badge(f"{len(warned)} with a warning", "warn"))
    if answer.quality.get("held"):
        found.append(html.badge("A newer build is held", "held"))
    if answer.quality.get("restated"):
        found.append(html.badge("Partly restated", "info", "clock"))
    return found


def sources(answer: Answer, published: Published) -> Mark:
    """Per source: when it was loaded and whether it is behind the others."""
    zone = str(published.settings["timezone"])
    rows = []
    for row in answer.freshness:
        if is_late(row, published):
            behind = int(days_behind(row, published) or 0)
            state = html.badge(f"{formats.count(behind)} d behind", "warn", "clock")
        else:
            state = html.badge("fresh", "good")
        name = f"{row['source']} · {row['project']}"
        loaded = row.get("last_loaded_at")
        rows.append((name, formats.instant_short(loaded, zone) if loaded else "–", state))
    if not rows:
        return html.note("This version names no sources.")
    return html.table(("Source", "Loaded", "State"), rows, caption="Sources with load times")


def lineage(published: Published, question: Question) -> list[str]:
    """From what the marts are built, to the question; short enough to read."""
    models = published.definitions.get("models") or {}
    names: list[str] = []
    for table in question.inputs:
        mart = table.split(".")[-1]
        if table.startswith("ledger."):  # publish writes it, out of the numbers of two versions
            names += ["fct_period_numbers", "kpis", "ledger"]
            continue
        above = (models.get(mart) or {}).get("depends_on") or []
        names += [str(name).split(".")[-1] for name in above[:4]]
        names.append(mart)
    return [*dict.fromkeys(names), question.id]


def _doubt(ask: Ask, answer: Answer, question: Question, place: str) -> None:
    """ "Looks wrong" becomes an item with the full context for the owner."""
    with (
        st.popover("Looks wrong? Tell the owner", type="tertiary", icon=":material/flag:"),
        st.form(f"doubt-{place}", border=False, clear_on_submit=True),
    ):
        text = st.text_area("What looks wrong?", max_chars=1000)
        if st.form_submit_button("Send to the owner", type="primary") and text.strip():
            space = session.workspace()
            address = "/answers?" + "&".join(
                f"{name}={value}" for name, value in (("q", ask.question), *ask.params)
            )
            question_log.append_doubt(
                space.store,
                question=answer.question,
                address=address,
                data_version=answer.data_version,
                owner=question.owner,
                note=text.strip(),
                who=space.user,
            )
            st.success(f"Noted for {html.label(question.owner)}, with this view and its version.")
