"""Writes a new company folder: commented settings, or the demo company's declarations.

Knows: what a first-time reader must be told. Must not know: the data folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ingestion.declarations import CompanyError, Problem

DEMO_DECLARATIONS = Path(__file__).resolve().parent.parent / "demo" / "company"

EMPTY_SETTINGS = """\
# What this company is, for the whole product. Every other file of this folder is optional.
# Unknown keys are errors that name the line, so a typing mistake cannot pass unseen.

company: My company

# The one reporting zone (IANA name): days, weeks and months of every number are periods in it.
timezone: UTC
# The first day of a reporting week.
week_start: monday
# A pause longer than this ends a session; a pause of exactly this long continues it.
session_timeout_minutes: 30
# Answers about fewer people than this are suppressed. 1 switches that off.
minimum_group_size: 5
# company: one person across all projects and sources; project: nothing crosses projects.
identity: {scope: company}
# identity: {scope: company, account_groups: [organization, org, company, account], shared_device_users: 500}   # docs/identity.md

# Do events that the tracking plan does not name make a person active?
# Left out: yes while the plan is empty, no as soon as it has an event.
# unplanned_events_count_as_active: true
# Event names and property keys outside the plan that are told apart, of each source; the rest is counted as one.
# unplanned_names_per_source: 2000
# unplanned_keys_per_source: 500

# Job titles of your HR export that are product managers here.
# pm_titles: [Product Manager, Senior Product Manager]

# People and machines that are not customers; they are left out of every number, and the answer says so.
# exclude:
#   user_ids: []
#   email_domains: []
#   device_ids: []
#   user_agents: [Googlebot, HeadlessChrome]   # parts of one
#   bot_properties: [$virt_is_bot]             # properties that are true

# What a project's export does not say by itself.
# sources:
#   mixpanel: {projects: {default: {timezone: Europe/Berlin, legacy_local_time: true}}}
#   clockify: {projects: {default: {timezone: Europe/Berlin, date_order: dmy}}}
#   posthog: {projects: {default: {late_days: 90, future_minutes: 10, skew_minutes: 1440}}}   # between an event and its receipt
#   jira: {projects: {default: {timezone: Europe/Berlin, date_format: "dd/MMM/yy h:mm a", date_locale: en}}}
#   amplitude: {identity: {anonymous: before_only}}   # or before_else_after (as without it), never: whose an anonymous event is
#   posthog: {projects: {web: {sessions: vendor}}}   # amplitude, posthog, events: the session id of the export instead of a pause
#   okr: {projects: {default: {fiscal_year_start: 2}}}   # the month

# Beside this file, when you have them:
#   tracking_plan/*.yml  the events: what, why, who, and how each tool spells them (docs/taxonomy.md).
#                        First line for editors: # yaml-language-server: $schema=../../docs/reference/tracking_plan.schema.json
#   areas.yml            product areas and their owners
#   releases.yml         releases that no connected tool knows: {id, date, feature, planned, checklist_complete}
#   delivery.yml         what ships, where releases are seen, who has an item in which status (docs/shipping.md)
#   people.yml           the product organisation (or the source `people`, a CSV)
#   tools.yml            tools and processes whose adoption is measured (K3)
#   kpis.yml             targets and baselines
#   time_categories.yml  working hours, and which time is process work (docs/process_time.md)
#   data_access.yml      dashboards that answer a standard question, and which tickets are data requests
#   routing.yml          who gets which feedback
"""


def init(company_dir: Path, kind: str = "empty") -> list[Path]:
    """Write a new company folder, `empty` or `demo`; never over an existing one. Returns the files written."""
    company_dir = Path(company_dir)
    if kind not in ("empty", "demo"):
        raise ValueError(f"a company is `empty` or `demo`, not `{kind}`")
    settings = company_dir / "settings.yml"
    if settings.exists():
        message = "is already there; choose another folder or remove it first"
        raise CompanyError([Problem(settings, 1, message)])
    company_dir.mkdir(parents=True, exist_ok=True)
    if kind == "empty":
        settings.write_text(EMPTY_SETTINGS, encoding="utf-8")
        return [settings]
    written = []
    # settings.yml is what makes a folder a company, so it comes last.
    declared = sorted(
        DEMO_DECLARATIONS.rglob("*.yml"), key=lambda path: (path.name == settings.name, path)
    )
    for source in declared:
        target = company_dir / source.relative_to(DEMO_DECLARATIONS)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        written.append(target)
    return written
