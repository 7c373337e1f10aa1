"""Looks for the truths planted in the demo company: expected from the generator's key, got only from `ask`.

Knows: the form of the key and how to read one row of an answer. Must not know: how anything was generated or computed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.settings import Settings

if TYPE_CHECKING:
    from dashboards.published import Published

KEY_FILE = "demo_truths.json"


def main(settings: Settings, json: bool = False) -> int:
    """Print every truth as found, missed or not yet covered; 1 when a covered one is missed."""
    found = verify(settings)
    print(_document(found) if json else _table(found))
    return 1 if any(truth["found"] is False for truth in found) else 0


def verify(settings: Settings) -> list[dict[str, Any]]:
    """Each truth with `id`, `what`, `expected`, `got` and `found` (None: the capability is not there yet)."""
    from dashboards.published import open_version

    key = read_key(settings.company_dir / KEY_FILE)
    with open_version(settings.paths.published) as published:
        asked = _Asked(published)
        return [_judge(asked, truth) for truth in key["truths"]]


def read_key(path: Path) -> dict[str, Any]:
    """The generator's answer key. Raises CommandError where there is none."""
    from orchestration.errors import CommandError

    if not path.is_file():
        raise CommandError(
            "NO_KEY",
            "this company is not the demo, so nothing was planted in it",
            str(path),
            "productops demo, in an empty company folder",
        )
    return json.loads(path.read_text(encoding="utf-8"))


class _Asked:
    """Answers of one version, each asked once."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._answers: dict[str, dict[str, Any] | str] = {}

    def answer(self, check: Mapping[str, Any]) -> dict[str, Any] | str:
        """The answer, or the words of the reason why there is none."""
        from dashboards.ask import UsageError, ask

        name = json.dumps([check["question"], check["params"], check["as_of"]], sort_keys=True)
        if name not in self._answers:
            try:
                given = ask(self._published, check["question"], check["params"], check["as_of"])
                self._answers[name] = json.loads(given.to_json())
            except UsageError as error:
                self._answers[name] = error.message
        return self._answers[name]


def _judge(asked: _Asked, truth: Mapping[str, Any]) -> dict[str, Any]:
    expected = [check["fields"] for check in truth["checks"]]
    got = [_got(asked, check) for check in truth["checks"]]
    right = bool(got) and all(
        _same(check, values) for check, values in zip(truth["checks"], got, strict=True)
    )
    found: bool | None = right
    if not truth["is_covered"] and not right:
        found, got = None, []
    return {
        "id": truth["id"],
        "what": truth["what"],
        "expected": _plain(expected) if expected else truth["planted"],
        "got": _plain(got),
        "found": found,
    }


def _got(asked: _Asked, check: Mapping[str, Any]) -> dict[str, Any]:
    """The values that stand where the check looks, or `problem` with the reason."""
    answer = asked.answer(check)
    if isinstance(answer, str):
        return {"problem": answer}
    if check["row"] is None:
        return {name: answer["summary"].get(name) for name in check["fields"]}
    rows = [row for row in answer["rows"] if _is_row(row, check["row"])]
    if not rows:
        return {"problem": f"`{check['question']}` has no such row"}
    # A rollout's reading is repeated by period; the last one is the one that counts.
    return {name: rows[-1].get(name) for name in check["fields"]}


def _is_row(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether the row has every wanted value; the start of a period is compared by its day."""
    return all(
        str(row.get(name))[: len(value)] == value
        if name.endswith("_start") and value is not None
        else row.get(name) == value
        for name, value in wanted.items()
    )


def _same(check: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    return all(
        name in got and _equal(value, got[name], check["tolerance"])
        for name, value in check["fields"].items()
    )


def _equal(expected: Any, got: Any, tolerance: float) -> bool:
    if isinstance(expected, bool) or not isinstance(expected, int | float):
        return expected == got
    if isinstance(got, bool) or not isinstance(got, int | float):
        return False
    return math.isclose(expected, got, rel_tol=tolerance, abs_tol=tolerance)


def _plain(values: list[dict[str, Any]]) -> Any:
    """One value, one mapping or a list of mappings: whatever says it shortest."""
    if not values:
        return None
    if len(values) > 1:
        return values
    return next(iter(values[0].values())) if len(values[0]) == 1 else values[0]


def _document(found: list[dict[str, Any]]) -> str:
    return json.dumps({"truths": found}, indent=1, ensure_ascii=False)


def _table(found: list[dict[str, Any]]) -> str:
    lines = []
    for truth in found:
        mark = {True: "found", False: "MISSED", None: "not yet covered"}[truth["found"]]
        numbers = f"expected {_said(truth['expected'])}"
        if truth["found"] is not None:
            numbers += f", got {_said(truth['got'])}"
        lines += [f"{mark:<16} {truth['id']}: {truth['what']}", f"{'':<16} {numbers}"]
    counts = {mark: sum(t["found"] is mark for t in found) for mark in (True, False, None)}
    lines.append(
        f"{counts[True]} found, {counts[False]} missed, {counts[None]} not yet covered by this version"
    )
    return "\n".join(lines)


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_said(item)}" for name, item in value.items())
    if isinstance(value, list):
        return "; ".join(_said(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
