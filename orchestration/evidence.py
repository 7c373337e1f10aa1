"""What one build leaves behind for the next op, the command line and the published version.

Knows the files in `data/build/`: ingest reports, results of dbt and of gates, what is held. Files, so that a build can
be read after a crash and by another process. Must not know how results come about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.build_state import Plan
from orchestration.dbt_invocation import NodeResult
from orchestration.durable import read_json, replace_json
from orchestration.settings import Settings
from quality.gate import GateResult

# Of a dbt build, with a gate between them (dbt_project/selectors.yml).
HALVES = STAGING, PUBLISHED = "staging", "published"


def clear(settings: Settings) -> None:
    """Forget the build before; called at the start of each. What dbt said of a node stands until the node runs again."""
    for file in _folder(settings).glob("*.json"):
        if not file.name.startswith("dbt_"):
            file.unlink()


def write_plan(settings: Settings, todo: Plan) -> None:
    replace_json(_folder(settings) / "plan.json", asdict(todo))


def plan(settings: Settings) -> Plan:
    """What this build was decided to do; everything, where nobody decided."""
    document: dict[str, Any] | None = read_json(_folder(settings) / "plan.json")
    return Plan(**document) if document else Plan(True, False, False, "asked for")


def write_reports(settings: Settings, reports: Sequence[dict[str, Any]]) -> None:
    replace_json(_folder(settings) / "reports.json", {"files": list(reports)})


def reports(settings: Settings) -> list[dict[str, Any]]:
    return _list(_folder(settings) / "reports.json", "files")


def write_gates(settings: Settings, border: str, results: Iterable[GateResult]) -> None:
    replace_json(
        _folder(settings) / f"gates_{border}.json",
        {"gates": [result.as_dict() for result in results]},
    )


def gates(settings: Settings) -> list[dict[str, Any]]:
    """All verdicts so far, border by border."""
    found = []
    for border in ("contract", "raw", "staging", "marts"):
        found += _list(_folder(settings) / f"gates_{border}.json", "gates")
    return found


def standing(settings: Settings, half: str) -> dict[str, NodeResult]:
    """What dbt said last of each node of this half, by id."""
    return {
        str(node["unique_id"]): NodeResult(**node)
        for node in _list(_dbt_file(settings, half), "nodes")
    }


def write_dbt(
    settings: Settings, half: str, results: Sequence[NodeResult], compiled: dict[str, str]
) -> None:
    """The results of all nodes of this half; a model that was not built again keeps its SQL."""
    kept = {result.name for result in results if result.is_kept}
    before = {name: code for name, code in _compiled(settings, half).items() if name in kept}
    replace_json(
        _dbt_file(settings, half),
        {"nodes": [vars(result) for result in results], "compiled": before | compiled},
    )


def nodes(settings: Settings) -> list[dict[str, Any]]:
    """Results of both halves of the dbt build."""
    return [n for half in HALVES for n in _list(_dbt_file(settings, half), "nodes")]


def built(settings: Settings) -> dict[str, Any]:
    """How much of the warehouse this build made, and why not more or less."""
    models = [node for node in nodes(settings) if node["kind"] == "model"]
    todo = plan(settings)
    return {
        "models": sum(not node["is_kept"] for node in models),
        "of": len(models),
        "reason": todo.reason,
        "news": None if todo.news is None else list(todo.news),
    }


def compiled(settings: Settings) -> dict[str, str]:
    """Model name to the SQL that built it."""
    return {name: code for half in HALVES for name, code in _compiled(settings, half).items()}


def write_receipt(settings: Settings, receipt: dict[str, Any]) -> None:
    replace_json(_folder(settings) / "receipt.json", receipt)


def receipt(settings: Settings) -> dict[str, Any] | None:
    return read_json(_folder(settings) / "receipt.json")


def write_snapshots(settings: Settings, taken: Sequence[str]) -> None:
    replace_json(_folder(settings) / "snapshots.json", {"taken": list(taken)})


def snapshots(settings: Settings) -> list[str]:
    """Periods whose snapshot this build took."""
    return [str(period) for period in _list(_folder(settings) / "snapshots.json", "taken")]


def leave_waiting(settings: Settings, paths: Sequence[str]) -> None:
    """Name the landed files that are not at rest; outside the evidence of a build, which begins by forgetting."""
    replace_json(settings.build_dir / "waiting.json", {"files": list(paths)})


def waiting(settings: Settings) -> frozenset[str]:
    return frozenset(str(path) for path in _list(settings.build_dir / "waiting.json", "files"))


def hold(settings: Settings, gate: str, message: str, fix: str) -> None:
    """Say why this build is not published; of several reasons the first is told."""
    if _verdict(settings).exists():
        return
    document = {
        "gate": gate,
        "message": message,
        "fix": fix,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    replace_json(_verdict(settings), document)
    replace_json(settings.held_file, document)


def held(settings: Settings) -> dict[str, Any] | None:
    """Why the newest build is not published. Stays until a good publish, also while the next build runs."""
    return read_json(settings.held_file)


def held_now(settings: Settings) -> dict[str, Any] | None:
    """Why this build, and not an earlier one, is held."""
    return read_json(_verdict(settings))


def release(settings: Settings) -> None:
    """Nothing is held any more: a good version is published."""
    settings.held_file.unlink(missing_ok=True)
    _verdict(settings).unlink(missing_ok=True)


def _verdict(settings: Settings) -> Path:
    return _folder(settings) / "held.json"


def _dbt_file(settings: Settings, half: str) -> Path:
    return _folder(settings) / f"dbt_{half}.json"


def _compiled(settings: Settings, half: str) -> dict[str, str]:
    found = (read_json(_dbt_file(settings, half)) or {}).get("compiled")
    return found if isinstance(found, dict) else {}


def _folder(settings: Settings) -> Path:
    return settings.build_dir / "evidence"


def _list(file: Path, key: str) -> list[dict[str, Any]]:
    document = read_json(file) or {}
    found = document.get(key)
    return found if isinstance(found, list) else []
