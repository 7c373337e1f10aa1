"""Writes the company's declarations as the raw tables `company.*`: always all of them, empty where undeclared.

Knows: columns and types of those tables. Must not know: YAML.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ingestion.company import shipping, work
from ingestion.company.load import load
from ingestion.company.model import Company
from ingestion.company.plan_rows import plan_rows
from ingestion.landing import DataPaths

# Column types by name: text, bigint, double, boolean, date. JSON is text that holds JSON.
SCHEMAS: dict[str, dict[str, str]] = {
    "settings": {
        "company": "text",
        "timezone": "text",
        "week_start": "bigint",
        "session_timeout_minutes": "bigint",
        "vendor_sessions": "text",
        "minimum_group_size": "bigint",
        "identity_scope": "text",
        "account_groups": "text",
        "shared_device_users": "bigint",
        "unplanned_counts_as_active": "boolean",
        "unplanned_names_per_source": "bigint",
        "unplanned_keys_per_source": "bigint",
        "pm_titles": "text",
    },
    "plan_events": {
        "event_name": "text",
        "description": "text",
        "trigger": "text",
        "question": "text",
        "owner": "text",
        "area": "text",
        "feature": "text",
        "status": "text",
        "counts_as_active": "boolean",
        "value_event": "boolean",
        "version": "text",
        "planned_for": "date",
        "live_from": "date",
        "deprecated_from": "date",
        "removed_from": "date",
        "review_by": "date",
        "platforms": "text",
        "replacement": "text",
    },
    "plan_aliases": {"event_name": "text", "source": "text", "seen_as": "text"},
    "plan_properties": {
        "event_name": "text",
        "property": "text",
        "type": "text",
        "is_required": "boolean",
        "allowed": "text",
        "pattern": "text",
        "minimum": "double",
        "maximum": "double",
        "unit": "text",
        "is_nullable": "boolean",
        "is_cast": "boolean",
        "sources": "text",
        "pii_class": "text",
        "is_shared": "boolean",
        "description": "text",
    },
    "plan_rules": {"event_name": "text", "rule": "text", "mode": "text"},
    "plan_counted_from": {
        "event_name": "text",
        "kind": "text",
        "property": "text",
        "source": "text",
        "from_date": "date",
        "to_date": "date",
        "position": "bigint",
    },
    "plan_meta": {"version_property": "text"},
    "features": {
        "feature": "text",
        "name": "text",
        "area": "text",
        "owner": "text",
        "description": "text",
    },
    "areas": {"area": "text", "name": "text", "owner": "text"},
    "releases": {
        "release": "text",
        "released_on": "date",
        "feature": "text",
        "planned_on": "date",
        "is_checklist_complete": "boolean",
    },
    "people": {
        "person_id": "text",
        "name": "text",
        "email": "text",
        "role": "text",
        "area": "text",
        "start_date": "date",
        "end_date": "date",
        "github_login": "text",
    },
    "tools": {
        "tool": "text",
        "name": "text",
        "kind": "text",
        "category": "text",
        "is_core": "boolean",
        "owner": "text",
        "rollout_on": "date",
        "eligible": "text",
    },
    "tool_usage": {
        "tool": "text",
        "source": "text",
        "app_id": "text",
        "label": "text",
        "person": "text",
        "at": "text",
        "event": "text",
        "project": "text",
    },
    "kpi_targets": {
        "kpi": "text",
        "variant": "text",
        "at_least": "double",
        "at_most": "double",
        "per": "text",
    },
    "exclusions": {"kind": "text", "value": "text"},
    "identity_sources": {"source": "text", "anonymous": "text"},
    "routing": {
        "position": "bigint",
        "rule": "text",
        "match_on": "text",
        "value": "text",
        "area": "text",
        "owner": "text",
    },
    "source_columns": {"source": "text", "project": "text", "name": "text", "header": "text"},
    **work.SCHEMAS,
    **shipping.SCHEMAS,
}


def compile(company_dir: Path, paths: DataPaths) -> Company:
    """Check the company folder and replace `raw/company/*`. Raises CompanyError before anything is written."""
    company = load(company_dir)
    for table, rows in _rows(company).items():
        _write(paths.raw / "company" / table / "load=0" / "part-0.parquet", table, rows)
    return company


def _rows(company: Company) -> dict[str, list[dict[str, Any]]]:
    settings = company.settings
    return {
        "settings": [
            {
                "company": settings.company,
                "timezone": settings.timezone,
                "week_start": settings.week_start,
                "session_timeout_minutes": settings.session_timeout_minutes,
                "vendor_sessions": json.dumps(
                    [{"source": s, "project": p} for s, p in settings.vendor_sessions]
                ),
                "minimum_group_size": settings.minimum_group_size,
                "identity_scope": settings.identity_scope,
                "account_groups": json.dumps(list(settings.account_groups)),
                "shared_device_users": settings.shared_device_users,
                "unplanned_counts_as_active": settings.unplanned_counts_as_active,
                "unplanned_names_per_source": settings.unplanned_names_per_source,
                "unplanned_keys_per_source": settings.unplanned_keys_per_source,
                "pm_titles": json.dumps(list(settings.pm_titles)),
            }
        ],
        **plan_rows(company.plan),
        **work.rows(company),
        **shipping.rows(company),
        "features": [
            {
                "feature": feature.feature,
                "name": feature.name,
                "area": feature.area or None,
                "owner": feature.owner or None,
                "description": feature.description or None,
            }
            for feature in company.plan.features
        ],
        "areas": [
            {"area": a.area, "name": a.name, "owner": a.owner or None} for a in company.areas
        ],
        "releases": [
            {
                "release": r.release,
                "released_on": r.released_on,
                "feature": r.feature or None,
                "planned_on": r.planned_on,
                "is_checklist_complete": r.is_checklist_complete,
            }
            for r in company.releases
        ],
        "people": [
            {
                "person_id": person.person_id,
                "name": person.name or None,
                "email": person.email or None,
                "role": person.role or None,
                "area": person.area or None,
                "start_date": person.start_date,
                "end_date": person.end_date,
                "github_login": person.github_login or None,
            }
            for person in company.people
        ],
        "tools": [
            {
                "tool": tool.tool,
                "name": tool.name,
                "kind": tool.kind,
                "category": tool.category or None,
                "is_core": tool.is_core,
                "owner": tool.owner or None,
                "rollout_on": tool.rollout_on,
                "eligible": json.dumps(tool.eligible),
            }
            for tool in company.tools
        ],
        "tool_usage": [
            {
                "tool": tool.tool,
                "source": usage.source,
                "app_id": usage.app_id or None,
                "label": usage.label or None,
                "person": usage.person or None,
                "at": usage.at or None,
                "event": usage.event or None,
                "project": usage.project or None,
            }
            for tool in company.tools
            for usage in tool.usage
        ],
        "kpi_targets": [
            {
                "kpi": target.kpi,
                "variant": target.variant,
                "at_least": target.at_least,
                "at_most": target.at_most,
                "per": target.per or None,
            }
            for target in company.targets
        ],
        "source_columns": [
            {"source": source, "project": project, "name": name, "header": str(header)}
            for source, entry in settings.sources.items()
            for project, declared in (entry.get("projects") or {}).items()
            for name, header in (declared.get("columns") or {}).items()
        ],
        "exclusions": [{"kind": e.kind, "value": e.value} for e in company.exclusions],
        "identity_sources": [
            {"source": source, "anonymous": entry["identity"]["anonymous"]}
            for source, entry in settings.sources.items()
            if ((entry or {}).get("identity") or {}).get("anonymous")
        ],
        "routing": [
            {
                "position": rule.position,
                "rule": rule.rule,
                "match_on": rule.match_on,
                "value": rule.value,
                "area": rule.area or None,
                "owner": rule.owner or None,
            }
            for rule in company.routing
        ],
    }


def _write(path: Path, table: str, rows: list[dict[str, Any]]) -> None:
    import polars as pl

    types = {
        "text": pl.String,
        "bigint": pl.Int64,
        "double": pl.Float64,
        "boolean": pl.Boolean,
        "date": pl.Date,
    }
    schema = {column: types[kind] for column, kind in SCHEMAS[table].items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".tmp")
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(beside)
    os.replace(beside, path)
