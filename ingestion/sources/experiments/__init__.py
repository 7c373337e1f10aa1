"""Reader of the experiment registry: JSON, YAML or CSV.

Knows: the registry's fields; only the key and the variants are required, further fields are kept as properties.
Must not know: exposures or outcomes. Times without a zone are the company's local time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ingestion.spec import BadRecord, Context, Reader, Sample
from ingestion.values.fields import (  # fmt: skip
    bag,
    day,
    identifier,
    instant,
    integer,
    match_header,
    text,
)
from ingestion.values.numerals import parse_number

_ALIASES: dict[str, tuple[str, ...]] = {
    "experiment_id": ("experiment_key",),
    "variants": (),
    "randomization_unit": ("unit",),
}
_FIELDS = frozenset(
    {
        "experiment_id",
        "experiment_key",
        "name",
        "area",
        "owner",
        "status",
        "type",
        "hypothesis",
        "control",
        "variants",
        "primary_metric",
        "secondary_metrics",
        "guardrails",
        "randomization_unit",
        "unit",
        "start_date",
        "end_date",
        "hypothesis_written_at",
        "planned_sample_size",
        "planned_duration_days",
        "decision",
        "decision_date",
        "learning",
        "prior_experiments",
        "duplicate_of",
        "flag_key",
        "source_tool",
        "link",
    }  # fmt: skip
)


def looks_like(sample: Sample) -> bool:
    """An experiment has a key and variants."""
    return any(
        ("experiment_id" in r or "experiment_key" in r) and "variants" in r for r in sample.records
    )


def header(rows: Iterator[list[str]], context: Context) -> Sequence[str]:
    """Maps a CSV header."""
    return match_header(next(rows), _ALIASES, ("experiment_id", "variants"), context)


def parse(record: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """One experiment as one row; what is missing stays null, to be reported and not refused."""
    kind = (text(record, "type") or "ab").strip()
    if kind not in ("ab", "aa", "dry_run", "result"):
        raise BadRecord("TYPE", "type is none of ab, aa, dry_run, result")
    variants = variants_of(record.get("variants"))
    if not variants and kind != "result":
        raise BadRecord("TYPE", "variants is missing; give a list of {key, weight}")
    zone = context.settings.get("timezone") or context.company_timezone
    local = replace(context, settings={**context.settings, "timezone": zone})
    more = {name: value for name, value in record.items() if name not in _FIELDS}
    return {
        "experiment_id": identifier(record, "experiment_id", "experiment_key", required=True),
        "name": text(record, "name"),
        "area": text(record, "area"),
        "owner": text(record, "owner"),
        "status": text(record, "status"),
        "type": kind,
        "hypothesis": text(record, "hypothesis"),
        "control": text(record, "control"),
        "variants": json.dumps(variants, ensure_ascii=False),
        "primary_metric": text(record, "primary_metric"),
        "secondary_metrics": json.dumps(names_of(record.get("secondary_metrics"))),
        "guardrails": json.dumps(names_of(record.get("guardrails"))),
        "randomization_unit": text(record, "randomization_unit", "unit"),
        "start_date": day(record, "start_date"),
        "end_date": day(record, "end_date"),
        "hypothesis_written_at": instant(record, "hypothesis_written_at", context=local),
        "planned_sample_size": integer(record, "planned_sample_size"),
        "planned_duration_days": integer(record, "planned_duration_days"),
        "decision": text(record, "decision"),
        "learning": text(record, "learning"),
        "prior_experiments": bag(_decoded(record.get("prior_experiments")) or []),
        "duplicate_of": text(record, "duplicate_of"),
        "decision_date": day(record, "decision_date"),
        "flag_key": identifier(record, "flag_key"),
        "source_tool": text(record, "source_tool"),
        "link": text(record, "link"),
        "properties": json.dumps(more, ensure_ascii=False, sort_keys=True),
    }


def variants_of(value: Any) -> list[dict[str, Any]]:
    """Variants as key and weight, from a list of mappings or names, or from `a:0.5, b:0.5`."""
    value = _decoded(value)
    if isinstance(value, str):
        value = [part for part in (p.strip() for p in value.replace(";", ",").split(",")) if part]
    found: list[dict[str, Any]] = []
    for item in value or []:
        if isinstance(item, Mapping):
            key, weight = item.get("key", item.get("id", item.get("name"))), item.get("weight")
        else:
            key, _, weight = str(item).partition(":")
        if key is None or not str(key).strip():
            raise BadRecord("TYPE", "a variant has no key")
        number = None if weight in (None, "") else parse_number(weight)
        if weight not in (None, "") and number is None:
            raise BadRecord("NUMBER", "the weight of a variant is not a number")
        found.append({"key": str(key).strip(), "weight": number})
    return found


def names_of(value: Any) -> list[str]:
    """Metric names from a list or from a text with commas."""
    value = _decoded(value)
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.replace(";", ",").split(",") if part.strip()]
    return [str(item) for item in value]


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


READER = Reader(
    source="experiments",
    formats=("json", "ndjson", "yaml", "csv"),
    looks_like=looks_like,
    parse=parse,
    header=header,
    page_keys=("experiments",),
)
