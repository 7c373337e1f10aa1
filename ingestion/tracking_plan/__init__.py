"""The company's tracking plan: what is tracked, why, by whom, and how each tool spells it."""

from ingestion.tracking_plan.lint import Finding, lint
from ingestion.tracking_plan.model import (
    CountedFrom,
    EventPlan,
    Plan,
    PropertyPlan,
    SourcePeriod,
)
from ingestion.tracking_plan.reading import read_plan

__all__ = [
    "CountedFrom",
    "EventPlan",
    "Finding",
    "Plan",
    "PropertyPlan",
    "SourcePeriod",
    "lint",
    "read_plan",
]
