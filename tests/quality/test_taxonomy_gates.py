"""Gates on what events carry: lost properties, changed units, volumes, platforms, types. Each finds what was planted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from quality.gate import HOLD, WARN, Evidence, GateResult
from quality.gates import distribution, missing_properties, platforms, types, volume

# Forty days from Friday 1 March 2024; day 39 is the newest. Load 2 is new and brings the last days.
NEW_DAY = 36


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as warehouse")
        for schema in ("staging", "marts"):
            connection.execute(f"create schema warehouse.{schema}")
        yield connection


class Company:
    """Orders of one source on three platforms, forty of each a day, and what the plan says of them."""

    def __init__(self, database: duckdb.DuckDBPyConnection, lake: Path) -> None:
        self.database, self.lake = database, lake
        database.execute(
            "create table warehouse.marts.fct_events as select 'e' || day || '/' || n as event_id, 'amplitude' as source,"
            " 'web' as project, case when n < 90 then 'order_paid' else 'page_viewed' end as event_name,"
            " ['Web', 'iOS', 'Android'][1 + n % 3] as platform, date '2024-03-01' + day::int as local_date,"
            " json_object('plan', 'pro', 'amount', 100 + (n * 37 + day * 11) % 900, 'note', case when n % 10 = 0 then 'x' end)::varchar"
            f" as properties, case when day < {NEW_DAY} then 1 else 2 end as load_id"
            " from range(40) as days(day), range(120) as numbers(n)"
        )
        database.execute(
            "create table warehouse.marts.dim_events as select 'order_paid' as event_name, 'live' as status, true as value_event"
        )
        database.execute(
            "create table warehouse.staging.stg_company__plan_properties as"
            " select 'order_paid' as event_name, unnest(['amount', 'plan']) as property, unnest([true, false]) as is_required"
        )
        self.loads()

    def loads(self, accepted: str = "null") -> None:
        file = Path(Evidence(self.database, self.lake).loads_file)
        file.parent.mkdir(parents=True, exist_ok=True)
        self.database.execute(
            "copy (select n as load_id, 'amplitude' as source, 'web' as project, 'events' as table_name, 'live' as state,"
            f" n || '.json' as file_name, case when n = 2 then {accepted} end::varchar as accepted from (values (1), (2)) as t(n))"
            f" to '{file}' (format parquet)"
        )

    def change(self, what: str, where: str) -> None:
        self.database.execute(f"update warehouse.marts.fct_events set {what} where {where}")

    def scale(self, factor: float, where: str = "true") -> None:
        """Another unit of `amount` from the new load on."""
        self.change(
            f"properties = json_merge_patch(properties, json_object('amount', (properties ->> 'amount')::double * {factor}))",
            f"load_id = 2 and event_name = 'order_paid' and {where}",
        )

    def drop(self, name: str, where: str = "true") -> None:
        """A property that the new load does not bring."""
        self.change(
            f"properties = json_merge_patch(properties, json_object('{name}', null))",
            f"load_id = 2 and event_name = 'order_paid' and {where}",
        )

    def count_days(self) -> None:
        self.database.execute(
            "create or replace table warehouse.marts.fct_event_days as select event_name, source, project, local_date,"
            " count(*) as events from warehouse.marts.fct_events group by all"
        )

    def evidence(self, published: tuple[int, ...] = (1,), promised: bool = False) -> Evidence:
        cadences = {("amplitude", "web"): 24.0} if promised else {}
        self.database.execute("drop table if exists property_days")
        return Evidence(
            self.database, self.lake, cadences=cadences, published_loads=frozenset(published)
        )


@pytest.fixture
def company(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> Company:
    return Company(database, tmp_path)


def one(results: list[GateResult]) -> GateResult:
    (result,) = results
    assert result.passed or (result.message and result.fix and result.measured and result.allowed)
    return result


def test_case_079_and_090_what_goes_on_as_before_passes(company: Company) -> None:
    evidence = company.evidence(promised=True)
    assert one(missing_properties.check(evidence)).passed
    assert one(distribution.check(evidence)).passed
    assert company.database.execute(
        "select count(*) from property_days where is_new"
    ).fetchone() > (0,)


def test_case_079_a_lost_property_that_a_value_event_needs_holds(company: Company) -> None:
    company.drop("amount")
    result = one(missing_properties.check(company.evidence()))
    assert result.holds and result.message.startswith(
        "order_paid.amount of amplitude/web is gone since 2024-04-06, before on 100%"
    )


def test_case_079_a_lost_property_that_no_number_needs_warns(company: Company) -> None:
    company.drop("plan")
    result = one(missing_properties.check(company.evidence()))
    assert (result.status, "order_paid.plan" in result.message) == ("warned", True)


def test_case_079_a_null_rate_that_jumps_on_one_platform_is_told_with_the_platform(
    company: Company,
) -> None:
    company.drop("amount", "platform = 'iOS' and event_id not like '%1_'")
    result = one(missing_properties.check(company.evidence()))
    assert result.holds and "on iOS stands on" in result.message


def test_case_079_the_first_load_of_a_history_never_holds(company: Company) -> None:
    company.drop("amount")
    result = one(missing_properties.check(company.evidence(published=())))
    assert (result.passed, result.holds) == (False, False)


def test_case_079_what_was_published_already_is_not_judged_again(company: Company) -> None:
    company.drop("amount")
    company.scale(100, "platform = 'Web'")
    evidence = company.evidence(published=(1, 2))
    assert one(missing_properties.check(evidence)).passed
    assert one(distribution.check(evidence)).passed


@pytest.mark.parametrize(
    ("factor", "told"), [(100, "×100"), (0.01, "÷100"), (1000, "×1000"), (0.001, "÷1000")]
)
def test_case_090_a_changed_unit_holds_with_a_hint_until_it_is_accepted(
    company: Company, factor: float, told: str
) -> None:
    company.scale(factor)
    result = one(distribution.check(company.evidence(promised=True)))
    assert result.holds and result.message.startswith(
        "DISTRIBUTION: order_paid.amount of amplitude/web is since 2024-04-06"
    )
    assert f"about {told}: " in result.message
    assert "quarantine accept DISTRIBUTION --source amplitude --file '2.json'" in result.fix
    unpromised = one(distribution.check(company.evidence()))
    assert (unpromised.passed, unpromised.severity) == (False, WARN)
    company.loads(accepted="'DISTRIBUTION'")
    assert one(distribution.check(company.evidence(promised=True))).passed


def test_case_090_one_platform_alone_is_found_and_named(company: Company) -> None:
    company.scale(1000, "platform = 'Android'")
    assert "on Android" in one(distribution.check(company.evidence())).message


@pytest.mark.parametrize("factor", [1.0, 3.0, 0.2, 20.0])
def test_case_090_prices_that_really_change_pass(company: Company, factor: float) -> None:
    company.scale(factor)
    assert one(distribution.check(company.evidence(promised=True))).passed


def test_case_090_a_property_that_always_jumps_passes(company: Company) -> None:
    """Bytes of small and of huge files, day by day: a factor of a hundred is nothing new."""
    company.change(
        "properties = json_object('amount', case when local_date - date '2024-03-01' in (3, 7, 8, 15, 21, 22, 30, 36, 37, 38, 39)"
        " then 50000 else 500 end)",
        "true",
    )
    assert one(distribution.check(company.evidence(promised=True))).passed


def test_case_091_a_drop_by_a_third_tells_where_it_comes_from(company: Company) -> None:
    company.database.execute(
        "insert into warehouse.marts.fct_events select event_id || copy, * exclude (event_id, copy)"
        " from warehouse.marts.fct_events, range(5) as copies(copy)"
    )
    company.change(
        'properties = json_merge_patch(properties, \'{"app_version": "3.1"}\')',
        "event_id like '%/1%'",
    )
    company.count_days()
    evidence = company.evidence(promised=True)
    raw = company.lake / "amplitude/events/load=1"
    raw.mkdir(parents=True)
    company.database.execute(
        "copy (select event_id as _identity, case when platform = 'iOS' then '7.0' else '6.9' end as version_name"
        f" from warehouse.marts.fct_events) to '{raw}/part-0.parquet' (format parquet)"
    )
    assert one(volume.check(evidence)).passed
    company.database.execute(
        "delete from warehouse.marts.fct_events where local_date = date '2024-04-08' and platform = 'iOS'"
    )
    company.count_days()
    result = one(volume.check(evidence))
    assert result.severity == HOLD and "amplitude/web: " in result.message
    assert "; mostly event order_paid" in result.message
    assert "platform iOS" in result.message and "app version 7.0" in result.message
    assert one(volume.check(company.evidence())).severity == WARN


def test_case_091_one_event_that_doubles_is_named_though_the_source_is_in_range(
    company: Company,
) -> None:
    company.database.execute(
        "insert into warehouse.marts.fct_events select event_id || copy, 'amplitude', 'web', 'export_made', * exclude"
        " (event_id, source, project, event_name, copy) from warehouse.marts.fct_events, range(7) as copies(copy)"
        " where event_name = 'page_viewed' and copy <= case when local_date = date '2024-04-08' then 6 else 4 end"
    )
    company.database.execute(
        "insert into warehouse.marts.fct_events select event_id || 'x', 'amplitude', 'web', 'export_made', * exclude"
        " (event_id, source, project, event_name) from warehouse.marts.fct_events"
        " where event_name = 'export_made' and local_date = date '2024-04-08'"
    )
    company.count_days()
    result = one(volume.check(company.evidence(promised=True)))
    assert (result.severity, "amplitude/web: export_made: " in result.message) == (WARN, True)


def test_case_092_a_platform_that_disappears_is_named_though_the_total_is_in_range(
    company: Company,
) -> None:
    evidence = company.evidence()
    company.count_days()
    assert one(platforms.check(evidence)).passed
    company.change("platform = 'Web'", "platform = 'iOS' and local_date >= date '2024-04-08'")
    company.count_days()
    assert one(volume.check(evidence)).passed
    result = one(platforms.check(evidence))
    assert (result.severity, result.message) == (
        WARN,
        "amplitude/web: iOS has 0 events on 2024-04-08, usually 40 on that weekday; last seen on 2024-04-07",
    )


@pytest.mark.parametrize(("wrong", "passed"), [(0, True), (30, True), (400, False)])
def test_case_080_the_rate_of_values_of_another_type_is_shown(
    company: Company, wrong: int, passed: bool
) -> None:
    company.count_days()
    company.database.execute(
        "create table warehouse.marts.fct_event_violations as select 'order_paid' as event_name, 'amount' as property,"
        " 'type_mismatch' as rule, 'amplitude' as source, 'web' as project, n as events,"
        f" timestamp '2024-04-08 10:00' as last_seen_at from (values ({wrong}), (0)) as t(n)"
    )
    result = one(types.check(company.evidence()))
    assert (result.passed, result.holds) == (passed, False)
    if not passed:
        assert result.measured == "11.1%" and "400 of 3600 events" in result.message
