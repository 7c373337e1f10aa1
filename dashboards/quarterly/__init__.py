"""The quarterly report: hours, experiments, onboarding and answers against their baselines, and what cannot be claimed.

`report.build` is the entry. Works on rows that are handed in: rows of the KPIs, declared baselines, what was loaded.
Must not know DuckDB, streamlit or how a page looks.
"""
