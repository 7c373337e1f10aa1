"""The published JSON Schema says of a file what the form says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from ingestion.declarations import CompanyError, Form, ListOf, MapOf
from ingestion.tracking_plan import read_plan
from ingestion.tracking_plan.forms import EVENT_FORM, FILE_FORM
from ingestion.tracking_plan.schema import json_schema

CLONE = Path(__file__).resolve().parents[2]
DEMO = CLONE / "ingestion" / "demo" / "company" / "tracking_plan"
PUBLISHED = CLONE / "docs" / "reference" / "tracking_plan.schema.json"
VALIDATOR = Draft202012Validator(json_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)


class Written(yaml.SafeLoader):
    """YAML as an editor reads it: a date is text."""


Written.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if not tag.endswith("timestamp")]
    for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def mistakes(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(Written(text).get_single_data())]


def test_the_schema_is_one_and_the_published_file_is_it() -> None:
    Draft202012Validator.check_schema(json_schema())
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == json_schema()


@pytest.mark.parametrize("path", sorted(DEMO.glob("*.yml")), ids=lambda path: path.name)
def test_the_demo_plan_is_in_order_and_points_to_the_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert mistakes(text) == []
    pointer = text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    # From where `productops init --demo` lays the file: company/tracking_plan of the clone.
    assert (CLONE / "company" / "tracking_plan" / pointer).resolve() == PUBLISHED


@pytest.mark.parametrize(
    "text",
    [
        "a_b: {descripton: x}",
        "a_b: {status: alive}",
        "a_b: {counts_as_active: maybe}",
        "a_b: {live_from: 7}",
        "a_b: {live_from: tomorrow}",
        "a_b: {version: 1.1}",
        "a_b: {version: v1}",
        "a_b: {properties: {x: {type: text}}}",
        "a_b: {properties: {x: {type: string, minimum: one}}}",
        "a_b: {properties: [x]}",
        "a_b: {seen_as: [x]}",
        "a_b: {rules: {requird_missing: warn}}",
        "a_b: {rules: {required_missing: stop}}",
        "a_b: {counted_from: {one_of: [{from: 2026-01-01}]}}",
        "a_b: [x]",
        "features: {f: {}}",
        "rules: {unknown: loud}",
        "properties: {p: {typ: string}}",
    ],
)
def test_case_093_an_editor_marks_what_the_check_refuses(tmp_path: Path, text: str) -> None:
    assert mistakes(text)
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    with pytest.raises(CompanyError):
        read_plan(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "a_b:",
        "a_b: {owner: , version: 2, seen_as: {'*': X, amplitude: [Y, Z]}}",
        "a_b: {version: '1.4', status: draft, live_from: 2026-01-31, platforms: web}",
        "a_b: {properties: {x: {type: string, allowed: [a, 1, true, null]}}}",
        "properties: {x: {type: any}}\na_b: {properties: {x: }}",
        "rules: {unknown: observe}\nversion_property: v\ncounted_from: {match: x, prefer: amplitude}",
    ],
)
def test_an_editor_leaves_alone_what_the_check_takes(tmp_path: Path, text: str) -> None:
    assert mistakes(text) == []
    (tmp_path / "a.yml").write_text(text, encoding="utf-8")
    read_plan(tmp_path)


def test_every_key_is_explained() -> None:
    def unexplained(form: object) -> list[str]:
        if isinstance(form, ListOf | MapOf):
            return unexplained(form.item)
        if not isinstance(form, Form):
            return []
        inside = [key for item in form.keys.values() for key in unexplained(item)]
        return [*(form.keys.keys() - form.about.keys()), *inside]

    assert unexplained(FILE_FORM) + unexplained(EVENT_FORM) == []
