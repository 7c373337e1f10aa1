"""The dashboard's main script: `streamlit run dashboards/app.py -- --data DIR [--user ID]`.

Knows the pages and what every page shares: style, navigation, one pinned version per rerun. Must not know a number.
"""

from pathlib import Path

import streamlit as st

from dashboards.widgets import html, session, states

MARK = str(Path(__file__).resolve().parent / "widgets" / "mark.svg")
LOGO = str(Path(__file__).resolve().parent / "widgets" / "logo.svg")


def main() -> None:
    """Lay the frame, pin a version, run the page."""
    st.set_page_config(page_title="productops", page_icon=MARK, layout="wide")
    html.style()
    page = st.navigation(
        {
            "": [
                st.Page(
                    "app_pages/home.py", title="This week", icon=":material/home:", default=True
                ),
                st.Page("app_pages/answers.py", title="Answers", icon=":material/search:"),
                st.Page("app_pages/kpis.py", title="KPIs", icon=":material/target:"),
                st.Page("app_pages/diagnosis.py", title="Diagnosis", icon=":material/timer:"),
                st.Page("app_pages/experiments.py", title="Experiments", icon=":material/science:"),
                st.Page(
                    "app_pages/quarterly_report.py",
                    title="Quarterly report",
                    icon=":material/fact_check:",
                    url_path="quarterly-report",
                ),
                st.Page(
                    "app_pages/snapshot.py",
                    title="Leadership snapshot",
                    icon=":material/description:",
                ),
            ],
            "Trust": [
                st.Page("app_pages/taxonomy.py", title="Taxonomy", icon=":material/label:"),
                st.Page(
                    "app_pages/data_health.py",
                    title="Data health",
                    icon=":material/monitor_heart:",
                    url_path="data-health",
                ),
            ],
        },
        position="top",
    )
    st.logo(LOGO, size="medium")
    with states.guarded():
        session.pin()
    page.run()


main()
