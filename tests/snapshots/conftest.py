"""A small published version with enough of the marts for every headline."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

THROUGH = datetime(2026, 11, 16, 8, 0)
PEOPLE = 120


@pytest.fixture
def make_version(tmp_path: Path) -> Callable[..., Path]:
    """Write one version and give the folder of published versions; keyword arguments go into definitions.json."""
    return functools.partial(write_version, tmp_path)


def write_version(
    root: Path, version: str = "v1", through: datetime = THROUGH, **definitions: Any
) -> Path:
    """The version itself, under a folder that the test chooses."""
    folder = root / "data" / "published" / version
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as build:
        build.execute("create schema marts; create schema kpis")
        build.execute(
            "create table marts.dim_settings as select 'Acme <b>&</b>' as company, 'UTC' as timezone,"
            " 1 as week_start, 30 as session_timeout_minutes, 5 as minimum_group_size"
        )
        build.execute(
            "create table marts.dim_data_through as select ?::timestamp as data_through_at, 1 as built_from_loads",
            [through],
        )
        _events(build, through)
        _loads(build, through)
    document = {
        "version": version,
        "created_at": "2026-11-16T09:00:00",
        "data_through": through.isoformat(),
        "models": {},
        "tests": {"passed": 12, "failed": 0, "warned": []},
        "gates": [],
        "held": None,
        **definitions,
    }
    (folder / "definitions.json").write_text(json.dumps(document))
    (folder.parent / "CURRENT").write_text(version)
    return folder.parent


def _events(build: duckdb.DuckDBPyConnection, through: datetime) -> None:
    """Each person starts on a day of their own and comes back every n days."""
    build.execute(
        """
        create table marts.fct_events as
        select
            'e' || people.i || '-' || visits.v as event_id,
            'amplitude' as source,
            'web' as project,
            'report_viewed' as event_name,
            'report_viewed' as source_event_name,
            'reports' as feature,
            'core' as area,
            'live' as plan_status,
            true as is_active_event,
            true as is_value_event,
            false as is_internal,
            cast(null as varchar) as left_out_because,
            'amplitude|web|u:' || people.i as actor_id,
            people.i::varchar as source_actor_id,
            people.i::ubigint as person_key,
            (people.i * 1000 + visits.v)::ubigint as session_id,
            moments.happened_at as occurred_at,
            moments.happened_at as received_at,
            moments.happened_at as local_at,
            moments.happened_at::date as local_date,
            '{}' as properties,
            '{}' as person_properties,
            'web' as platform,
            'DE' as country,
            '' as violations,
            1::bigint as load_id
        from range(1, $people) as people(i)
        cross join range(0, 40) as visits(v)
        cross join lateral (
            select $through::timestamp - to_days(people.i::int) + to_days((visits.v * (1 + people.i % 9))::int) as happened_at
        ) as moments
        where moments.happened_at < $through::timestamp
        order by event_name, person_key, occurred_at
        """,
        {"people": PEOPLE, "through": through},
    )
    build.execute(
        "create table marts.dim_persons as select person_key, min(occurred_at) as first_seen_at,"
        " max(occurred_at) as last_seen_at, false as is_internal, '{}' as person_properties"
        " from marts.fct_events group by all"
    )
    build.execute(
        "create table marts.fct_person_days as select person_key, local_date, count(*) as events,"
        " min(occurred_at) as first_at, max(occurred_at) as last_at from marts.fct_events group by all"
    )
    build.execute(
        "create table marts.fct_event_days as select event_name, source, project, local_date, count(*) as events,"
        " 0::bigint as violating_events, min(occurred_at) as first_at, max(occurred_at) as last_at"
        " from marts.fct_events group by all"
    )


def _loads(build: duckdb.DuckDBPyConnection, through: datetime) -> None:
    build.execute(
        "create table marts.fct_loads (load_id bigint, source varchar, project varchar, table_name varchar,"
        " file_name varchar, content_hash varchar, state varchar, records_seen bigint, loaded bigint, duplicate bigint,"
        " superseded bigint, quarantined bigint, filtered bigint, first_event_at timestamp, last_event_at timestamp,"
        " first_upload_at timestamp, last_upload_at timestamp, committed_at timestamp)"
    )
    for number, (source, last) in enumerate(
        [("amplitude", through), ("zendesk", through - timedelta(days=5))], start=1
    ):
        build.execute(
            "insert into marts.fct_loads values (?, ?, 'web', 'events', 'f.json', 'h', 'live', 100, 99, 0, 0, 1, 0,"
            " null, ?, null, null, ?)",
            [number, source, last, through],
        )
