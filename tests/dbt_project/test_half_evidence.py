"""With a part of the evidence missing a KPI says what it lacks, and no number that may be reported is another than with all of it."""

from __future__ import annotations

import re

import pytest

AS_OF = "2025-07-01"
TABLE = re.compile(r'"warehouse"\."(\w+)"\."(\w+)"')
KPIS = (
    "kpi_data_access_time", "kpi_experiment_velocity", "kpi_tool_adoption", "kpi_process_efficiency", "kpi_onboarding_speed",
    "kpi_taxonomy_health", "kpi_roadmap_hygiene", "kpi_release_cadence", "kpi_impact_ledger",
)  # fmt: skip
# What may be missing, the marts that are empty then, and what each KPI that needs it says. Exposures are no such part: without
# them an experiment starts on its registered day, by definition.
MISSING = {
    "the question log, BI logs and tickets": (
        ("fct_question_asks", "fct_data_tickets"),
        {"kpi_data_access_time": "nobody has asked yet"},
    ),
    "tickets": (("fct_data_tickets",), {"kpi_data_access_time": "no data-request tickets"}),
    "the registry of experiments": (
        ("dim_experiments", "fct_experiment_links"),
        {
            "kpi_experiment_velocity": "no experiment registry",
            "kpi_onboarding_speed": "no experiment registry",
        },
    ),
    "tools.yml": (
        ("dim_tools", "dim_tool_evidence", "fct_rollout_people"),
        {"kpi_tool_adoption": "tools.yml declares no tool"},
    ),
    "logs of tools": (
        ("dim_tool_evidence", "fct_tool_use_days", "fct_tool_active_days"),
        {"kpi_tool_adoption": "no record of"},
    ),
    "calendars and time trackers": (
        ("fct_time_days", "fct_process_days"),
        {"kpi_process_efficiency": "no calendar, time tracking or pulse survey"},
    ),
    "features": (
        ("fct_feature_releases",),
        {"kpi_onboarding_speed": "no feature items"},
    ),
    "releases": (
        ("fct_releases",),
        {
            "kpi_onboarding_speed": "no releases",
            "kpi_release_cadence": "no releases",
        },
    ),
    "statuses of functions": (
        ("fct_work_items", "fct_function_spans"),
        {"kpi_release_cadence": "no functions"},
    ),
    "the roadmap": (("dim_roadmap_items",), {"kpi_roadmap_hygiene": "no roadmap"}),
}  # fmt: skip


def read_by(made, kpi: str) -> set[tuple[str, str]]:
    return set(TABLE.findall(made.compiled[kpi]))


def rows(made, kpi: str, empty: tuple[str, ...] = ()) -> dict[tuple, dict]:
    """The KPI on the told story, with some of its marts empty."""
    for schema, table in read_by(made, kpi):
        made.con.execute(f"create schema if not exists warehouse.{schema}")
        # other tests leave tables of their own behind
        made.con.execute(f"drop table if exists warehouse.{schema}.{table}")
        of = f"told.{schema}.{table}"
        keep = "limit 0" if table in empty else ""
        made.con.execute(f"create table warehouse.{schema}.{table} as from {of} {keep}")
    if "dim_tool_evidence" in empty and "dim_tools" not in empty:
        made.con.execute("insert into warehouse.marts.dim_tool_evidence select tool, sources, null, null, null, null from told.marts.dim_tool_evidence")  # fmt: skip
    return {
        (row["variant"], row["period"], row["period_start"]): row for row in made.run(kpi, AS_OF)
    }


@pytest.mark.parametrize("kpi", KPIS)
def test_half_of_the_evidence_is_said_and_never_a_wrong_number(made, kpi):
    whole = rows(made, kpi)
    for what, (empty, says) in MISSING.items():
        if not set(empty) & {table for _, table in read_by(made, kpi)}:
            assert kpi not in says, f"{kpi} does not read {empty}"
            continue
        found = rows(made, kpi, empty)
        for place, row in found.items():
            if row["reportable"]:
                expected = whole[place]["value"]
                assert row["value"] == pytest.approx(expected), (what, place)
            else:
                assert row["reason"], (what, place)
        if kpi in says:
            said = {row["reason"] for row in found.values() if row["reason"]}
            assert any(reason.startswith(says[kpi]) for reason in said), (what, said)
