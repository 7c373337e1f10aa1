"""The readings of the KPIs in words, and which reading of each speaks for it.

Knows the variants of the standard KPIs; one of a company's own is written as it is called. Must not know values.
"""

LEADS = {
    "K1": "within_15m",
    "K2": "started",
    "K3": "adopted_day_60",
    "K4": "change",
    "K5": "first_ship",
    "K6": "planned_and_valid",
}
NAMES = {
    "any_pm": "PMs at their target",
    "worst_pm": "PM who waits most",
    "median_seconds": "Median",
    "p90_seconds": "9 of 10 within",
    "self_serve": "Self-serve",
}


def reading(variant: str) -> str:
    """`within_15m` as Within 15 minutes; `adopted_day_60:notion` as Adopted day 60: notion."""
    name, _, detail = str(variant).partition(":")
    words = NAMES.get(name) or name.replace("_", " ").replace("15m", "15 minutes")
    return f"{words[:1].upper()}{words[1:]}" + (f": {detail.replace(':', ', ')}" if detail else "")


def is_lead(kpi: str, variant: str) -> bool:
    """Whether the reading is the one that speaks for its KPI."""
    return str(variant).partition(":")[0] == LEADS.get(kpi)
