"""Run the gates of one border, in the order of their names.

Knows the folder of gates. Must not know Dagster, nor what follows from a verdict.
"""

from __future__ import annotations

import importlib
import pkgutil

import quality.gates
from quality.gate import BORDERS, Evidence, Gate, GateResult


def gates(border: str | None = None) -> list[Gate]:
    """Every gate there is (one module, one `GATE`), or those of one border."""
    found = []
    for module in sorted(pkgutil.iter_modules(quality.gates.__path__), key=lambda m: m.name):
        gate: Gate = importlib.import_module(f"quality.gates.{module.name}").GATE
        if gate.border not in BORDERS:
            raise ValueError(
                f"quality/gates/{module.name}.py: border {gate.border!r} is none of {BORDERS}"
            )
        found.append(gate)
    return [gate for gate in found if border in (None, gate.border)]


def run_gates(border: str, evidence: Evidence) -> list[GateResult]:
    """The verdicts of one border. A gate that breaks is not passed: it holds, and says that it broke."""
    results: list[GateResult] = []
    for gate in gates(border):
        try:
            results.extend(gate.check(evidence))
        except Exception as error:  # a gate that cannot judge must not let anything through
            results.append(
                GateResult(
                    gate.name,
                    "hold",
                    False,
                    f"the gate itself failed: {type(error).__name__}: {error}",
                    fix=f"correct quality/gates/{gate.name}.py or the table that it reads",
                )
            )
    return results
