"""What one build leaves behind for the next op, the command line and the published version.

Knows the files in `data/build/`: ingest reports, results of dbt and of gates, what is held. Files, so that a build can
be read after a crash and by another process. Must not know how results come about.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from orchestration.dbt_invocation import NodeResult
from orchestration.durable import read_json, replace_json
from orchestration.settings import Settings
from quality.gate import GateResult


def clear(settings: Settings) -> None:
    """Forget the build before; called at the start of each."""
    for file in _folder(settings).glob("*.json"):
        file.unlink()


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


def write_dbt(
    settings: Settings, half: str, results: Sequence[NodeResult], compiled: dict[str, str]
) -> None:
    replace_json(
        _folder(settings) / f"dbt_{half}.json",
        {"nodes": [vars(result) for result in results], "compiled": compiled},
    )


def nodes(settings: Settings) -> list[dict[str, Any]]:
    """Results of both halves of the dbt build."""
    return [
        n
        for half in ("staging", "published")
        for n in _list(_folder(settings) / f"dbt_{half}.json", "nodes")
    ]


def compiled(settings: Settings) -> dict[str, str]:
    """Model name to the SQL that built it."""
    found: dict[str, str] = {}
    for half in ("staging", "published"):
        document = read_json(_folder(settings) / f"dbt_{half}.json") or {}
        part = document.get("compiled")
        found.update(part if isinstance(part, dict) else {})
    return found


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


def _folder(settings: Settings) -> Path:
    return settings.build_dir / "evidence"


def _list(file: Path, key: str) -> list[dict[str, Any]]:
    document = read_json(file) or {}
    found = document.get(key)
    return found if isinstance(found, list) else []
