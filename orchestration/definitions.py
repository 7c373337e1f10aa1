"""Everything that Dagster shows and runs, assembled by one function with settings as its argument.

Knows all parts of this folder. Must not do work at import: `dagster dev -m orchestration.definitions` calls `defs`.
"""

from __future__ import annotations

import dagster as dg

from orchestration.settings import Settings, export_to_process, load_settings


def build_defs(settings: Settings) -> dg.Definitions:
    """Parse the dbt project and put assets, checks, jobs, schedules and the sensor together."""
    from orchestration.assets.publication import digest, published_version, snapshots
    from orchestration.assets.raw import raw_assets
    from orchestration.assets.warehouse import published_assets, staging_assets
    from orchestration.checks import all_checks
    from orchestration.dbt_invocation import parse
    from orchestration.jobs import pipeline_job, snapshot_job
    from orchestration.schedules import schedules
    from orchestration.sensors import landing_sensor

    export_to_process(settings)
    project = parse(settings)
    timezone, week_start = reporting_calendar(settings)
    return dg.Definitions(
        assets=[
            raw_assets(settings, project.manifest),
            staging_assets(settings, project),
            published_assets(settings, project),
            published_version(settings, project),
            snapshots(settings),
            digest(settings),
        ],
        asset_checks=list(all_checks(settings, project)),
        jobs=[pipeline_job(), snapshot_job()],
        schedules=schedules(timezone, week_start),
        sensors=[landing_sensor(settings)],
        executor=dg.in_process_executor,
    )


def reporting_calendar(settings: Settings) -> tuple[str, int]:
    """The company's zone and first day of the week; UTC and Monday where its file cannot be read yet."""
    from ingestion.company import CompanyError, load

    try:
        company = load(settings.company_dir).settings
    except CompanyError:
        return "UTC", 1
    return company.timezone, company.week_start


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads."""
    return build_defs(load_settings())
