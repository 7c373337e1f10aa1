"""Writes the experiments of a year: the registry, who saw which variant, and what came of it.

Knows: which links between experiments are planted and why. Must not know: how K2 is computed.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

LIFTED = "exp-14"
BROKEN_RATIO = "exp-17"
LIFTED_UNITS = 2000
LIFTED_CONVERTED = (240, 310)
BROKEN_COUNTS = (1900, 1600)


@dataclass(frozen=True)
class Study:
    """One entry of the registry; `exposed` says whom its exposures name: customers, staff or nobody."""

    id: str
    name: str
    area: str
    start: date
    days: int
    status: str = "decided"
    type: str = "ab"
    priors: tuple[tuple[str, str], ...] = ()
    text: str = ""
    exposed: str = "customers"
    duplicate_of: str | None = None
    decision: str = "iterate"
    owner: str = "pm-02"
    # Days from the writing of the hypothesis to the start.
    written_before: int = 10
    units: tuple[int, int] = field(default=(160, 160))

    @property
    def end(self) -> date:
        return self.start + timedelta(days=self.days)

    @property
    def written_at(self) -> datetime:
        return datetime.combine(self.start, datetime.min.time(), UTC) - timedelta(
            days=self.written_before
        )


def studies() -> tuple[Study, ...]:
    """The year's experiments. What makes each link valid or not is said beside it."""
    on = "builds_on"
    return (
        Study("res-01", "Interviews about the empty state", "activation", date(2024, 10, 1), 30, type="result", exposed="nobody"),
        Study("exp-01", "Shorter signup form", "activation", date(2025, 1, 13), 21, priors=(("res-01", on),), decision="ship"),
        Study("exp-02", "Templates first", "activation", date(2025, 1, 27), 28),
        Study("exp-03", "Weekly report e-mail", "reporting", date(2025, 2, 10), 28, decision="ship"),
        Study("exp-04", "Invite at publish", "collaboration", date(2025, 3, 3), 21),
        # Ended before this hypothesis was written: valid.
        Study("exp-05", "Invite in the sidebar", "collaboration", date(2025, 4, 14), 21, priors=(("exp-04", "contradicts"),)),
        # Too late: exp-04 ended, but exp-05 was still running when this was written.
        Study("exp-06", "Invite by link", "collaboration", date(2025, 5, 12), 21, priors=(("exp-05", on),), written_before=25),
        # A link to itself never counts.
        Study("exp-07", "Query hints", "data", date(2025, 5, 19), 28, priors=(("exp-07", "replicates"),)),
        Study("exp-08", "Annual plan by default", "monetisation", date(2025, 6, 2), 35, priors=(("exp-01", on),), decision="ship"),
        Study("exp-09", "Two test arms without a difference", "reporting", date(2025, 6, 9), 14, type="aa"),
        # A circle: exp-10 and exp-11 name each other.
        Study("exp-10", "Faster first query", "data", date(2025, 7, 7), 21, priors=(("exp-11", on),)),
        Study("exp-11", "Cached first query", "data", date(2025, 7, 21), 21, priors=(("exp-10", on),)),
        Study("exp-12", "Summary on open", "reporting", date(2025, 7, 28), 28, priors=(("exp-03", on),)),
        Study("exp-13", "Rehearsal of the summary test", "reporting", date(2025, 7, 14), 7, type="dry_run", exposed="staff"),
        Study(LIFTED, "Publish button in the header", "reporting", date(2025, 8, 18), 28, priors=(("exp-03", on), ("exp-12", "replicates")), decision="ship", units=(LIFTED_UNITS, LIFTED_UNITS)),
        Study("exp-15", "Publish button, entered again", "reporting", date(2025, 8, 18), 28, duplicate_of=LIFTED),
        # Only colleagues ever saw it.
        Study("exp-16", "Dark mode", "mobile", date(2025, 9, 1), 14, exposed="staff", status="stopped"),
        Study(BROKEN_RATIO, "Lighter start page", "mobile", date(2025, 9, 15), 21, status="stopped", decision="none", units=BROKEN_COUNTS),
        # Names its prior in the text, by id: grade B.
        Study("exp-18", "Publish button on mobile", "mobile", date(2025, 10, 6), 21, text=f" It repeats what {LIFTED} found on the web.", owner="pm-18"),
        Study("exp-19", "Alerts in the digest", "data", date(2025, 10, 13), 28, priors=(("exp-10", on),)),
        Study("exp-20", "Comment reactions", "collaboration", date(2025, 10, 20), 21, priors=(("exp-05", on),), decision="ship"),
        # Links to something that is not there.
        Study("exp-21", "Seats in the header", "monetisation", date(2025, 11, 3), 28, priors=(("exp-99", on),)),
        Study("exp-22", "Template gallery", "activation", date(2025, 11, 10), 28, priors=(("exp-02", "contradicts"),), status="stopped"),
        Study("exp-23", "Export from the list", "reporting", date(2025, 12, 1), 42, priors=((LIFTED, on),), status="running", decision="none"),
        # In the registry, but nobody was ever exposed.
        Study("exp-24", "Goals on the plan page", "monetisation", date(2025, 12, 8), 28, exposed="nobody", status="draft", decision="none"),
    )  # fmt: skip


_LEARNINGS = {
    "res-01": "New people close the empty state because nothing on it is theirs; they ask for an example of their own trade.",
    "exp-01": "Two fields fewer did no harm and support asks nobody for the company name any more.",
    "exp-02": "Templates first helped those with data at hand; people without a data source left one step later.",
    "exp-03": "The e-mail brings readers back on Mondays, not authors; keep it short and link to one report.",
    "exp-04": "Asking for colleagues while publishing feels like a toll; authors skip it.",
    "exp-05": "Out of the publish flow the same invitation is accepted: place matters more than wording.",
    "exp-06": "Links are shared with whole channels; most who open one never sign up.",
    "exp-07": "Hints are read once and closed for good; teach in the error message instead.",
    "exp-08": "Annual first moves nobody who was not ready to pay; refunds did not rise.",
    "exp-09": "Two equal arms stayed equal: assignment and counting can be trusted.",
    "exp-10": "A faster first query shows only to people whose data is large; the median did not feel it.",
    "exp-11": "Caching helps the second visit, not the first; stale results worry analysts.",
    "exp-12": "A summary on open is read, but it does not make people publish more.",
    "exp-13": "The rehearsal found a missing exposure event on reload.",
    LIFTED: "A publish button in the header makes publishing the next step; the lift held in every team size.",
    "exp-15": "Entered twice; see exp-14.",
    "exp-16": "Only colleagues saw it; nothing can be said about customers.",
    BROKEN_RATIO: "The arms were not of the planned size: a redirect dropped people. Repeat before deciding.",
    "exp-18": "On the phone the button competes with the keyboard; the web's lift does not carry over.",
    "exp-19": "Alerts drown in the digest; people want them when they happen.",
    "exp-20": "Reactions replace short comments; long ones are as many as before.",
    "exp-21": "Owners look at seats once a month, wherever they are shown.",
    "exp-22": "A gallery is browsed and left; one suggested template does more.",
}


def write_studies(landing: Path, seed: int) -> dict[str, list[tuple[str, str, datetime]]]:
    """Registry, exposures and outcomes. Returns the exposures (unit, variant, instant) of each experiment."""
    rng = np.random.default_rng(seed + 21)
    folder = landing / "experiments" / "default"
    folder.mkdir(parents=True, exist_ok=True)
    registry = [_entry(study) for study in studies()]
    (folder / "registry.json").write_text(json.dumps(registry, indent=1), encoding="utf-8")
    exposures: dict[str, list[tuple[str, str, datetime]]] = {}
    outcomes: list[tuple[str, str, int]] = []
    for position, study in enumerate(studies()):
        if study.exposed == "nobody":
            continue
        seen = _exposures(rng, study, position)
        exposures[study.id] = seen
        outcomes += _outcomes(rng, study, seen)
    _write_csv(
        landing / "exposures" / "default" / "exposures.csv",
        ("experiment_id", "user_id", "variant", "exposed_at"),
        (
            (i, unit, variant, f"{at:%Y-%m-%dT%H:%M:%SZ}")
            for i, rows in exposures.items()
            for unit, variant, at in rows
        ),
    )
    _write_csv(
        landing / "outcomes" / "default" / "outcomes.csv",
        ("experiment_id", "user_id", "converted"),
        outcomes,
    )
    return exposures


def _entry(study: Study) -> dict[str, Any]:
    is_result = study.type == "result"
    weights = (
        []
        if is_result
        else [{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}]
    )
    return {
        "experiment_id": study.id,
        "name": study.name,
        "area": study.area,
        "owner": study.owner,
        "status": study.status,
        "type": study.type,
        "hypothesis": f"{study.name} moves the share of people who publish a report.{study.text}",
        "control": None if is_result else "control",
        "variants": weights,
        "primary_metric": None if is_result else "converted",
        "secondary_metrics": [],
        "guardrails": [],
        "randomization_unit": "user",
        "start_date": study.start.isoformat(),
        "end_date": None if study.status in ("running", "draft") else study.end.isoformat(),
        "hypothesis_written_at": f"{study.written_at:%Y-%m-%dT%H:%M:%SZ}",
        "planned_sample_size": None if is_result else 2 * study.units[0],
        "planned_duration_days": study.days,
        "decision": study.decision,
        "learning": _LEARNINGS.get(study.id),
        "prior_experiments": [{"id": prior, "kind": kind} for prior, kind in study.priors],
        "duplicate_of": study.duplicate_of,
    }


def _exposures(
    rng: np.random.Generator, study: Study, position: int
) -> list[tuple[str, str, datetime]]:
    opening = datetime.combine(study.start, datetime.min.time(), UTC) + timedelta(hours=8)
    if study.exposed == "staff":
        return [(f"pm-{n:02d}", "treatment", opening + timedelta(minutes=n)) for n in range(1, 6)]
    window = min(study.days, 24) * 86_400 - 40_000
    rows = []
    for variant, count in zip(("control", "treatment"), study.units, strict=True):
        seconds = np.sort(rng.integers(0, window, count))
        mark = variant[0]
        rows += [
            (f"v{position:02d}{mark}{n:05d}", variant, opening + timedelta(seconds=int(second)))
            for n, second in enumerate(seconds)
        ]
    if study.id == "exp-12":
        # Six units saw both variants; they are counted and left out.
        rows += [
            (f"v{position:02d}c{n:05d}", "treatment", opening + timedelta(days=20, seconds=n))
            for n in range(6)
        ]
    return rows


def _outcomes(
    rng: np.random.Generator, study: Study, seen: list[tuple[str, str, datetime]]
) -> list[tuple[str, str, int]]:
    if study.id == LIFTED:
        control, treatment = LIFTED_CONVERTED
        return [
            (
                study.id,
                unit,
                int(
                    n < control
                    if variant == "control"
                    else LIFTED_UNITS <= n < LIFTED_UNITS + treatment
                ),
            )
            for n, (unit, variant, _) in enumerate(seen)
        ]
    units = list(dict.fromkeys(unit for unit, _, _ in seen))
    return [
        (study.id, unit, int(luck < 0.12))
        for unit, luck in zip(units, rng.random(len(units)), strict=True)
    ]


def _write_csv(path: Path, header: tuple[str, ...], rows: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
