"""The form of `tracking_plan/*.yml`: which keys there are and what each may hold.

Knows: keys, choices, reserved words. The reader, the lint and the published JSON Schema all go by this one form.
Must not know: how a plan becomes values, or whether it is wise.
"""

from __future__ import annotations

from ingestion.declarations import (
    ANY,
    BOOLEAN,
    DATE,
    NUMBER,
    TEXT,
    VERSION,
    Form,
    ListOf,
    MapOf,
    choice,
)

STATUSES = ("planned", "live", "deprecated", "removed")
TYPES = ("string", "integer", "number", "boolean", "timestamp", "list", "object", "any")
PII_CLASSES = ("none", "pseudonym", "personal", "sensitive", "free_text")
# What an event can do against the plan.
RULES = (
    "unplanned_event",
    "unplanned_property",
    "additional_property",
    "required_missing",
    "type_mismatch",
    "value_not_allowed",
    "deprecated_event_seen",
    "planned_event_not_seen",
    "version_out_of_date",
    "name_convention",
    "near_duplicate_name",
    "pii_in_free_text",
    "unknown",
)
# Counted and silent; shown beside numbers; kept out of numbers.
MODES = ("observe", "warn", "quarantine")
ANY_SOURCE = "*"
DEFAULT_VERSION_PROPERTY = "tracking_plan_version"

NAMES = ListOf(TEXT, or_single=True)
PROPERTY_FORM = Form(
    {
        "description": TEXT,
        "type": choice(*TYPES),
        "required": BOOLEAN,
        "nullable": BOOLEAN,
        "allowed": ListOf(ANY),
        "pattern": TEXT,
        "minimum": NUMBER,
        "maximum": NUMBER,
        "unit": TEXT,
        "cast": BOOLEAN,
        "sources": NAMES,
        "pii": choice(*PII_CLASSES),
    }
)
RULES_FORM = Form({rule: choice(*MODES) for rule in RULES})
PERIOD_FORM = Form({"source": TEXT, "from": DATE, "to": DATE}, required=("source",))
COUNTED_FROM_FORM = Form({"one_of": ListOf(PERIOD_FORM), "match": TEXT, "prefer": NAMES})
EVENT_FORM = Form(
    {
        "description": TEXT,
        "trigger": TEXT,
        "question": TEXT,
        "owner": TEXT,
        "area": TEXT,
        "feature": TEXT,
        "status": choice(*STATUSES, "draft"),
        "planned_for": DATE,
        "live_from": DATE,
        "deprecated_from": DATE,
        "removed_from": DATE,
        "review_by": DATE,
        "counts_as_active": BOOLEAN,
        "value_event": BOOLEAN,
        "version": VERSION,
        "platforms": NAMES,
        "properties": MapOf(PROPERTY_FORM, or_empty=True),
        "rules": RULES_FORM,
        "counted_from": COUNTED_FROM_FORM,
        "seen_as": MapOf(NAMES),
        "replacement": TEXT,
    }
)
FEATURE_FORM = Form(
    {"name": TEXT, "area": TEXT, "owner": TEXT, "description": TEXT}, required=("name",)
)

# A file of the plan maps event names to events, but for these keys.
FEATURES_KEY = "features"
PROPERTIES_KEY = "properties"
RULES_KEY = "rules"
VERSION_PROPERTY_KEY = "version_property"
COUNTED_FROM_KEY = "counted_from"
RESERVED = {
    FEATURES_KEY: MapOf(FEATURE_FORM),
    PROPERTIES_KEY: MapOf(PROPERTY_FORM),
    RULES_KEY: RULES_FORM,
    VERSION_PROPERTY_KEY: TEXT,
    COUNTED_FROM_KEY: COUNTED_FROM_FORM,
}
# They speak for the whole plan, so two files cannot both say them.
ONCE = (RULES_KEY, VERSION_PROPERTY_KEY, COUNTED_FROM_KEY)
