"""Makes the demo company's exports and its answer key, the same bytes for the same size and seed.

Knows: the order of the parts and where their files land. Must not know: what is planted in any of them.
"""

from __future__ import annotations

import json
from pathlib import Path

from ingestion.company.init import DEMO_DECLARATIONS
from ingestion.company.load import load

KEY_FILE = "demo_truths.json"
DEFAULT_EVENTS = 1_000_000
DEFAULT_SEED = 7


def is_demo(company_dir: Path) -> bool:
    """Whether the folder holds the demo company, finished or interrupted while it was made."""
    settings = company_dir / "settings.yml"
    planted = DEMO_DECLARATIONS / "settings.yml"
    return (company_dir / KEY_FILE).is_file() or (
        settings.is_file() and settings.read_bytes() == planted.read_bytes()
    )


def generate(
    company_dir: Path, landing_dir: Path, events: int = DEFAULT_EVENTS, seed: int = DEFAULT_SEED
) -> None:
    """Write every export under `landing_dir` and the answer key to `company_dir/demo_truths.json`."""
    # Imported here: a command that only prints its help must not pay for the array libraries.
    from ingestion.demo.behaviour import simulate
    from ingestion.demo.key import Planted, truths
    from ingestion.demo.process import write_people, write_questions, write_sign_ons
    from ingestion.demo.product import write_mobile, write_web
    from ingestion.demo.scene import AS_OF
    from ingestion.demo.shipping import write_shipping
    from ingestion.demo.studies import studies, write_studies
    from ingestion.demo.voice import IMPOSSIBLE_SCORES, write_answers, write_tickets
    from ingestion.demo.work import write_calendars, write_tracked

    company = load(DEMO_DECLARATIONS)
    frame, people = simulate(events, seed)
    write_people(landing_dir / "people" / "default", company.people)
    write_shipping(landing_dir, company.people)
    write_calendars(landing_dir / "google_calendar" / "default", company.people)
    planted = Planted(
        frame=frame,
        people=people,
        web=write_web(landing_dir / "amplitude" / "web", frame, people, seed),
        mobile=write_mobile(landing_dir / "mixpanel" / "mobile", frame, people, seed),
        tickets=write_tickets(landing_dir / "zendesk" / "default", seed),
        answers=write_answers(landing_dir / "delighted" / "default", seed),
        refused_answers=IMPOSSIBLE_SCORES,
        studies=studies(),
        exposures=write_studies(landing_dir, seed),
        roster=company.people,
        tools=company.tools,
        releases=company.releases,
        sign_ons=write_sign_ons(
            landing_dir / "okta" / "default",
            company.people,
            [tool for tool in company.tools if tool.usage],
            seed,
        ),
        episodes=write_questions(landing_dir / "question_log" / "default", company.people, seed),
        works=write_tracked(landing_dir / "toggl" / "default", company.people, seed),
    )
    key = {
        "events": frame.height,
        "seed": seed,
        "as_of": AS_OF,
        "truths": [truth.to_json() for truth in truths(planted)],
    }
    company_dir.mkdir(parents=True, exist_ok=True)
    text = json.dumps(key, indent=1, ensure_ascii=False)
    (company_dir / KEY_FILE).write_text(text + "\n", encoding="utf-8")
