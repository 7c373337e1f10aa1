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
# What an event can do against the plan, in the words of a reader.
RULES = {
    "unplanned_event": "An event arrives that the plan does not name.",
    "unplanned_property": "A property arrives that no event of the plan declares.",
    "additional_property": "A property arrives that the plan knows, but not on this event.",
    "required_missing": "A required property is not there, or is null where it may not be.",
    "type_mismatch": "A value is of another type than the declared one.",
    "value_not_allowed": "A value is not among the allowed ones, does not fit the pattern, or is out of range.",
    "deprecated_event_seen": "An event arrives after the day from which it should be gone.",
    "planned_event_not_seen": "An event that should arrive by now has never been seen.",
    "version_out_of_date": "An event says that it was written for another version of its declaration.",
    "name_convention": "An unplanned name, or a key, is not lower case words with underscores.",
    "near_duplicate_name": "An unplanned name differs from a known one only in its spelling.",
    "pii_in_free_text": "A text holds what looks like an address, a number or a name of a person.",
    "unknown": "What arrived could not be judged.",
}
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
    },
    about={
        "description": "What the value means.",
        "type": "The type of the value. May be left out where the property is shared.",
        "required": "Whether every event must have it. Default false.",
        "nullable": "Whether null counts as a value. Default true, unless it is required.",
        "allowed": "The values that it may have, or the elements of a list; any other is reported.",
        "pattern": "A regular expression (RE2) that the whole text must fit.",
        "minimum": "The smallest number.",
        "maximum": "The largest number.",
        "unit": "The unit of the number, like ms or EUR.",
        "cast": 'Whether text that reads as the type is taken for it: "5" for 5. Default false.',
        "sources": "The sources that are asked for it. Default all.",
        "pii": "The class of personal data. Default none.",
    },
)
RULES_FORM = Form({rule: choice(*MODES) for rule in RULES}, about=RULES)
PERIOD_FORM = Form(
    {"source": TEXT, "from": DATE, "to": DATE},
    required=("source",),
    about={
        "source": "The source that counts.",
        "from": "The first day on which it counts, in the reporting zone. Left out: ever before.",
        "to": "The first day on which it no longer counts. Left out: ever after.",
    },
)
COUNTED_FROM_FORM = Form(
    {"one_of": ListOf(PERIOD_FORM), "match": TEXT, "prefer": NAMES},
    about={
        "one_of": "On each day only the source of its period counts.",
        "match": "Events of several sources with the same value of this property are one event.",
        "prefer": "With `match`: the sources in order; the first that has the event counts.",
    },
)
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
    },
    about={
        "description": "What happened, in one sentence that a newcomer understands.",
        "trigger": "When exactly it is sent, for the engineer who sends it.",
        "question": "The question that it is there to answer.",
        "owner": "Who answers for it: a person of people.yml, by id or address.",
        "area": "The product area, one of areas.yml.",
        "feature": "The feature that it belongs to, one of `features`.",
        "status": "planned (draft), live, deprecated or removed. Default live.",
        "planned_for": "The day by which a planned event should arrive.",
        "live_from": "The first day on which it is sent.",
        "deprecated_from": "The day from which it should no longer be sent.",
        "removed_from": "The day from which it must not be there.",
        "review_by": "The day by which somebody looks at it again.",
        "counts_as_active": "Whether it makes a person active. Default true.",
        "value_event": "Whether it is the value of its feature. Default false.",
        "version": "Semantic version of the declaration, like 1.2.0. Default 1.0.0.",
        "platforms": "The platforms that send it. Default any.",
        "properties": "Its properties; a name alone takes the shared definition.",
        "rules": "What is done about a violation, where it is not the default.",
        "counted_from": "Which source counts where several send it.",
        "seen_as": "The names under which each source sends it; `*` is any source.",
        "replacement": "The event that is sent instead.",
    },
)
FEATURE_FORM = Form(
    {"name": TEXT, "area": TEXT, "owner": TEXT, "description": TEXT},
    required=("name",),
    about={
        "name": "What people call it.",
        "area": "The product area, one of areas.yml.",
        "owner": "Who answers for it.",
        "description": "What it does.",
    },
)

# A file of the plan maps event names to events, but for these keys.
FEATURES_KEY = "features"
PROPERTIES_KEY = "properties"
RULES_KEY = "rules"
VERSION_PROPERTY_KEY = "version_property"
COUNTED_FROM_KEY = "counted_from"
FILE_FORM = Form(
    {
        FEATURES_KEY: MapOf(FEATURE_FORM),
        PROPERTIES_KEY: MapOf(PROPERTY_FORM),
        RULES_KEY: RULES_FORM,
        VERSION_PROPERTY_KEY: TEXT,
        COUNTED_FROM_KEY: COUNTED_FROM_FORM,
    },
    about={
        FEATURES_KEY: "What people call a feature; events name the one that they belong to.",
        PROPERTIES_KEY: "Definitions that events share by naming the property alone.",
        RULES_KEY: "What is done about violations of every event that says nothing: observe, warn (default) or quarantine.",
        VERSION_PROPERTY_KEY: f"The property in which an event says the version of its declaration. Default {DEFAULT_VERSION_PROPERTY}.",
        COUNTED_FROM_KEY: "Which source counts, for every event that says nothing.",
    },
)
RESERVED = FILE_FORM.keys
# They speak for the whole plan, so two files cannot both say them.
ONCE = (RULES_KEY, VERSION_PROPERTY_KEY, COUNTED_FROM_KEY)
