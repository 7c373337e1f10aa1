"""The company's tracking plan: what is tracked, why, by whom, and how each tool spells it."""

from ingestion.tracking_plan.lint import Finding, lint
from ingestion.tracking_plan.model import EventPlan, Plan, PropertyPlan, read_plan

__all__ = ["EventPlan", "Finding", "Plan", "PropertyPlan", "lint", "read_plan"]
