"""Every page in a real browser on the demo company: it shows numbers, with a source, without a fault or an outside call."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from dashboards.published import open_version

PHONE = 390  # pixels
FITS = (
    "() => Math.max(document.documentElement.scrollWidth,"
    " document.querySelector('[data-testid=stMain]').scrollWidth) <= innerWidth"
)
FUNNEL = '/answers?q=funnel&steps=["signup_completed","project_created","report_published"]'
PAGES = {
    "/": ("This week at a glance", "Weekly active users", "Needs someone"),
    "/answers": ("Answers", "What was retention last month?"),
    "/answers?q=retention&unit=month": (
        "Month-1 retention",
        "Cohorts by month",
        "Where this comes from",
    ),
    FUNNEL: ("Where do people drop out?", "Steps", "Largest loss"),
    "/answers?q=nps": ("NPS", "promoters", "Where this comes from"),
    "/answers?q=active_users&period=week": ("Active people", "Active, by week"),
    "/kpis": ("ProductOps KPIs", "Data-access time", "Not connected", "Open K10"),
    "/kpis?kpi=K1&period=month": (
        "Within 15 minutes",
        "Target",
        "What it says, and what to do",
        "Which questions wait",
        "Who waits",
    ),
    "/diagnosis": ("Time sinks", "core tools,", "Makes PMs", "Time that no rule fits"),
    "/experiments?experiment=exp-01": ("Experiments", "Verdict", "Units"),
    "/taxonomy": ("Taxonomy", "report_published", "Health by area"),
    "/taxonomy?event=report_published": ("report_published", "What is broken", "Who uses it"),
    "/taxonomy?view=glossary&text=export": ("Glossary", "Take a report out"),
    "/taxonomy?view=blast&event=report_published&change=removed": ("What breaks", "It reaches"),
    "/data-health": ("Is the data fresh and complete?", "What changed since", "Tests and gates"),
    "/snapshot": ("Leadership snapshot", "Where this comes from", "Download PDF"),
    "/quarterly-report": (
        "Quarterly report",
        "What cannot be claimed",
        "How it is counted",
        "Download PDF",
    ),
    # Added by files alone, as docs/extend.md says.
    "/answers?q=first_uses": ("Who found which feature for the first time?", "reports"),
    "/kpis?kpi=K11&period=month": ("ProductOps KPIs", "Feature breadth"),
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_its_numbers_calls_nobody_outside_and_fits_a_phone(
    visit: Any, path: str
) -> None:
    """One visit for all three: a page that is opened again costs seconds, a narrower window does not."""
    seen = visit(path, anew=True)
    for words in PAGES[path]:
        seen.page.get_by_text(words).first.wait_for(timeout=30_000)
    assert not seen.has_fault(), seen.text
    assert "Data through" in seen.text or "data through" in seen.text
    seen.page.set_viewport_size({"width": PHONE, "height": 900})
    seen.page.wait_for_function(FITS, timeout=30_000)
    assert seen.outside == []


@pytest.mark.parametrize("path", ["/", "/kpis?kpi=K1&period=month", FUNNEL])
def test_a_page_opened_on_a_dark_phone_fits_it_and_follows_its_theme(visit: Any, path: str) -> None:
    seen = visit(path, width=PHONE, scheme="dark", anew=True)
    assert seen.sideways <= 0
    assert not seen.has_fault()
    ground = seen.page.evaluate(
        "() => getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    ink = seen.page.evaluate("() => getComputedStyle(document.querySelector('.po h1')).color")
    assert (ground, ink) == ("rgb(15, 17, 21)", "rgb(232, 234, 239)")


def ask(seen: Any, words: str) -> None:
    """Type a question into the box as a person would: one click, then the keys."""
    box = seen.page.get_by_placeholder("Ask a product question")
    seen.click(box)
    box.fill(words)
    box.press("Enter")


def test_retention_last_month_is_answered_from_the_box_in_at_most_four_clicks(visit: Any) -> None:
    seen = visit("/")
    began = time.monotonic()
    ask(seen, "What was retention last month?")
    seen.page.wait_for_selector(".po-head .po-value", timeout=60_000)
    took = time.monotonic() - began
    seen.settled()
    assert "q=retention" in seen.page.url and "unit=month" in seen.page.url
    assert "people first seen in" in seen.text
    assert seen.clicks <= 4
    assert took < 60, f"took {took:.1f} s"


def test_users_of_a_feature_are_answered_from_the_box_in_at_most_four_clicks(visit: Any) -> None:
    seen = visit("/")
    ask(seen, "How many users hit export?")
    seen.page.wait_for_selector(".po-head .po-value", timeout=60_000)
    seen.settled()
    assert "feature=export" in seen.page.url
    assert "active people used it" in seen.text
    assert seen.clicks <= 4


def test_feature_x_asks_which_feature_and_is_then_answered_in_at_most_four_clicks(
    visit: Any,
) -> None:
    seen = visit("/")
    ask(seen, "How many users hit feature X?")
    seen.page.get_by_text("Which feature?").wait_for(timeout=60_000)
    seen.click(seen.page.get_by_role("button", name="reports", exact=True))
    seen.page.wait_for_selector(".po-head .po-value", timeout=60_000)
    seen.settled()
    assert "feature=reports" in seen.page.url
    assert "active people used it" in seen.text
    assert seen.clicks <= 4


def test_a_question_that_nobody_governs_is_refused_with_the_nearest_three(visit: Any) -> None:
    seen = visit("/")
    ask(seen, "what is the weather in Paris tomorrow")
    seen.page.get_by_text("No governed answer").wait_for(timeout=60_000)
    assert "An analyst can answer" in seen.text or "an analyst can answer" in seen.text


def test_the_source_of_a_number_is_one_action_away(visit: Any) -> None:
    seen = visit("/")
    seen.click(seen.page.get_by_role("button", name="Source").first)
    drawer = seen.page.get_by_role("dialog")
    drawer.get_by_text("Lineage").wait_for(timeout=60_000)
    words = drawer.inner_text()
    for part in ("Definition", "Owner", "Data through", "Left out", "Sources", "SQL"):
        assert part in words, part


def test_a_changed_chip_changes_the_address_and_a_reload_shows_the_same(visit: Any) -> None:
    seen = visit("/answers?q=active_users&period=week")
    seen.click(seen.page.get_by_role("button", name="period week"))
    seen.click(seen.page.get_by_text("month", exact=True).last)
    seen.page.wait_for_url("**period=month**", timeout=60_000)
    seen.settled()
    value = seen.page.inner_text(".po-head .po-value")
    seen.page.reload()
    seen.settled()
    assert seen.page.inner_text(".po-head .po-value") == value


@pytest.mark.parametrize(
    "path",
    [
        "/answers?q=retention&unit=mnth",
        "/answers?q=retention&horizon=many&nonsense=1",
        "/answers?q=no_such_question",
        "/answers?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/answers?q=retention&where=%5B%7B%22property%22%3A",
        "/answers?q=active_users&event=" + "x" * 5000,
        "/answers?q=feature_usage&feature='%20or%201=1--",
        "/kpis?kpi=K99&period=year",
        "/experiments?experiment=../../etc/passwd",
        "/taxonomy?event=%3Cimg%20src=x%20onerror=alert(1)%3E",
        "/snapshot?snapshot=../../../etc",
    ],
)
def test_case_151_a_bad_address_gives_a_message_and_a_view_never_a_traceback(
    visit: Any, path: str
) -> None:
    seen = visit(path)
    seen.page.get_by_text("Address not understood").first.wait_for(timeout=60_000)
    assert not seen.has_fault(), seen.text


def test_case_148_before_the_first_version_the_page_names_three_next_steps(
    visit: Any, nothing_published: None
) -> None:
    seen = visit("/", anew=True)
    assert "No data has been loaded yet" in seen.text
    for step in ("productops demo", "data/landing/", "productops run"):
        assert step in seen.text


def test_case_152_a_filter_without_matches_names_itself_and_can_be_taken_off(visit: Any) -> None:
    condition = json.dumps([{"property": "plan", "op": "eq", "value": "no such plan"}])
    seen = visit(f"/answers?q=nps&group=month&where={condition}")
    seen.page.get_by_text("Nothing matches").wait_for(timeout=60_000)
    seen.click(seen.page.get_by_role("button", name="Remove the filters"))
    seen.page.wait_for_url(lambda url: "where" not in url, timeout=60_000)
    seen.settled()


def test_case_165_the_export_holds_all_rows_with_formulas_neutralised(
    visit: Any, tmp_path: Path
) -> None:
    seen = visit("/taxonomy")
    with seen.page.expect_download(timeout=60_000) as download:
        seen.click(seen.page.get_by_role("button", name="Export CSV"))
    target = tmp_path / "events.csv"
    download.value.save_as(target)
    lines = target.read_text().splitlines()
    assert lines[0].startswith("event,status,owner")
    assert not any(line[:1] in "=+-@" for line in lines[1:])


def test_a_view_is_an_episode_of_the_question_log(visit: Any, demo: Any) -> None:
    seen = visit("/answers?q=stickiness")
    seen.page.get_by_role("button", name="Yes").click(timeout=60_000)
    seen.page.get_by_text("Noted, thank you").wait_for(timeout=60_000)
    store = sqlite3.connect(demo.data / "app.sqlite")
    rows = store.execute(
        "select kind, who, channel from entries where question = 'stickiness' order by id"
    ).fetchall()
    store.close()
    assert rows == [
        ("asked", "pm-01", "page"),
        ("answered", "pm-01", "page"),
        ("confirmed", "pm-01", "page"),
    ]


def test_can_i_trust_an_event_since_a_month_is_answered_on_one_screen_from_plain_words(
    visit: Any, demo: Any
) -> None:
    with open_version(demo.data / "published") as version:
        ((first,),) = version.query(
            "select min(local_date) from marts.fct_event_violation_days"
            " where event_name = 'report_published' and mode <> 'observe' and local_date >= '2025-12-01'"
        ).rows()
    seen = visit("/", width=1440)
    ask(seen, "can I trust report_published since December?")
    seen.page.wait_for_selector(".po-verdict", timeout=60_000)
    seen.settled()
    assert "event=report_published" in seen.page.url and "since=2025-12" in seen.page.url
    assert f"Not since {first.day} Dec 2025" in seen.page.inner_text(".po-verdict")
    chart = seen.page.wait_for_selector("[data-testid=stVegaLiteChart]", timeout=60_000)
    broken = seen.page.get_by_role("region", name="Rules that are broken")
    broken.wait_for(timeout=60_000)
    assert "report_type" in broken.inner_text()
    for part in (chart, broken.element_handle(), seen.page.query_selector(".po-verdict")):
        box = part.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 900, box


def test_a_chart_states_its_takeaway_with_numbers(visit: Any) -> None:
    seen = visit("/answers?q=retention&unit=month")
    seen.page.wait_for_selector("[data-testid=stVegaLiteChart]", timeout=60_000)
    words = seen.page.evaluate(
        "() => [...document.querySelectorAll('[data-testid=stVegaLiteChart] [aria-label],"
        " [data-testid=stVegaLiteChart][aria-label]')].map(e => e.getAttribute('aria-label')).join(' ')"
    )
    value = seen.page.inner_text(".po-head .po-value")
    assert value in words, words
