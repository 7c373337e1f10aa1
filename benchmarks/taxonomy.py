"""Measures what the check against the tracking plan adds to a build of the models.

    python benchmarks/taxonomy.py --events 1000000
    nice python benchmarks/taxonomy.py --events 10000000 --names 500 --properties 10

Writes the raw zone itself (half Amplitude, half Mixpanel with its own properties in every bag; one event in a hundred
breaks the plan), declares a plan through the company's files, and builds all models twice, each in a process of its own:
`checked` as they are, `unchecked` with the models of the check made empty and no shape taken. The ratio is the figure.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "dbt_project"
LOADS = 10
# Models that only the check needs; `int_events__names` is needed without it too.
CHECKS = (
    "declared_properties", "name_violations", "quarantined", "rule_modes", "seen_properties", "shape_violations", "shapes",
    "sunsets", "text_violations", "unplanned_keys", "unseen", "value_checks", "value_violations", "verdicts", "violation_days",
)  # fmt: skip
# By position of the property in its event: what the plan says, and an SQL expression of a value that keeps to it.
KINDS: tuple[tuple[dict[str, object], str], ...] = (
    ({"type": "string", "required": True, "allowed": ["free", "team", "pro", "max"]}, "'\"' || ['free', 'team', 'pro', 'max'][1 + $ % 4] || '\"'"),
    ({"type": "integer", "required": True, "minimum": 0, "maximum": 5000}, "$ % 5000"),
    ({"type": "string", "pattern": "[a-z]+_[0-9]+"}, "'\"item_' || $ % 90000 || '\"'"),
    ({"type": "timestamp"}, "'\"2025-03-' || 10 + $ % 20 || 'T10:00:00Z\"'"),
    ({"type": "string", "allowed": ["csv", "xlsx", "pdf"]}, "'\"' || ['csv', 'xlsx', 'pdf'][1 + $ % 3] || '\"'"),
    ({"type": "number", "minimum": 0}, "$ % 90000 / 100.0"),
    ({"type": "boolean"}, "['true', 'false'][1 + $ % 2]"),
    ({"type": "string"}, "'\"a search for board reports ' || $ % 70000 || '\"'"),
    ({"type": "list"}, "'[\"q1\",\"board\"]'"),
    ({"type": "string"}, "'\"' || md5($::varchar) || '\"'"),
)  # fmt: skip


def declare(folder: Path, names: int, properties: int) -> None:
    """Writes the company's files: a plan with so many events of so many properties each."""
    (folder / "tracking_plan").mkdir(parents=True)
    (folder / "settings.yml").write_text("company: Bench\n")
    plan = {
        f"item_{event}_opened": {
            "description": "An item was opened.", "status": "live", "version": "1.0.0",
            "properties": {f"e{event}_p{n}": dict(KINDS[n % len(KINDS)][0]) for n in range(properties)},
        }
        for event in range(names)
    }  # fmt: skip
    (folder / "tracking_plan" / "plan.yml").write_text(
        yaml.safe_dump(json.loads(json.dumps(plan)), sort_keys=False)
    )


def make_raw(data: Path, company: Path, events: int, names: int, properties: int) -> None:
    """Writes all loads of both sources, and the declarations, as raw tables."""
    from ingestion.company.tables import compile as compile_company
    from ingestion.contract import load_contract
    from ingestion.landing import DataPaths
    from ingestion.rawzone import ensure_raw_schema

    paths = DataPaths(data)
    ensure_raw_schema(paths)
    compile_company(company, paths)
    loads = []
    with duckdb.connect() as con:
        con.execute(
            "set preserve_insertion_order = false; set memory_limit = '4GB'; set threads = 2"
        )
        for number in range(1, LOADS + 1):
            source = "amplitude" if number % 2 else "mixpanel"
            contract = load_contract(ROOT / "ingestion" / "sources" / source / "contract.yml")
            types = contract.raw_types(contract.table("events"))
            written = _columns(source, number)
            columns = ", ".join(
                f'cast({written.get(name, "null")} as {type_}) as "{name}"' for name, type_ in types.items()
            )  # fmt: skip
            target = paths.load_dir(source, "events", number)
            target.mkdir(parents=True)
            con.execute(
                f"copy (select {columns} from ({_events(events // LOADS, number, names, properties)})) to"
                f" '{target}/part-0.parquet' (format parquet, compression zstd)"
            )
            loads.append((number, source))
        file = paths.load_dir("_ingestion", "loads", 0) / "part-0.parquet"
        con.execute(f"create table loads as from read_parquet('{file}')")
        con.executemany(
            "insert into loads (load_id, source, project, table_name, state) values (?, ?, 'bench', 'events', 'live')", loads
        )  # fmt: skip
        con.execute(f"copy loads to '{file}' (format parquet)")


def _events(count: int, load: int, names: int, properties: int) -> str:
    """A subquery of (number, person, name, happened_at, bag): frequent and rare names, required and optional properties."""
    parts = []
    for n in range(properties):
        declared, value = KINDS[n % len(KINDS)]
        value = value.replace("$", f"(hash(number, {n}) % 100000000)::bigint")
        seen = "true" if declared.get("required") else f"hash(number, {n}, 1) % 10 < 8"
        parts.append(f"case when {seen} then '\"e' || event || '_p{n}\":' || ({value}) end")
    wrong = "case when hash(number, 99) % 100 = 0 then '\"surprise\":1' end"
    vendor = (
        '\'"$browser":"Chrome","$os":"Mac OS X","$city":"Berlin","$screen_height":1080,"$screen_width":1920,'
        '"$lib_version":"2.49.0","mp_lib":"web","mp_country_code":"DE","$insert_id":"\' || md5(number::varchar) || '
        '\'","$current_url":"https://app.example.com/reports/\' || number % 400 || \'?tab=overview","mp_processing_time_ms":\' || (1741000000000 + number)'
    )
    return f"""
        select
            number,
            'u-' || hash(number, 7) % {max(count * LOADS // 50, 1)} as person,
            'item_' || event || '_opened' as name,
            timestamp '2025-03-01' + to_seconds((number % 7000000)::bigint) as happened_at,
            '{{' || concat_ws(',', {", ".join(parts)}, {wrong}, {vendor if load % 2 == 0 else "null"}) || '}}' as bag
        from (
            select number, (floor({names} * pow((hash(number) % 1000000) / 1e6, 2)))::bigint as event
            from (select range as number from range({load * count}, {(load + 1) * count}))
        )
    """


def _columns(source: str, load: int) -> dict[str, str]:
    common = {
        "_load_id": str(load), "_project": "'bench'", "_member": "''", "_line": "number", "_flags": "''",
        "_identity": f"'{source}|bench|' || number", "_payload_hash": "md5(number::varchar)",
    }  # fmt: skip
    if source == "amplitude":
        return {
            **common, "uuid": "number::varchar", "event_type": "name", "user_id": "person", "event_time": "happened_at",
            "server_upload_time": "happened_at", "event_properties": "bag", "user_properties": "'{}'", "platform": "'Web'",
            "country": "'Germany'", "device_id": "'d-' || person",
        }  # fmt: skip
    return {
        **common, "event": "name", "distinct_id": "person", "user_id": "person", "time_at": "happened_at", "received_at": "happened_at",
        "properties": "bag", "os": "'Mac OS X'", "country": "'DE'", "device_id": "'d-' || person",
    }  # fmt: skip


def without_check(target: Path) -> Path:
    """A copy of the project that takes no shape and whose models of the check are empty."""
    shutil.copytree(PROJECT, target, ignore=shutil.ignore_patterns("target", "logs"))
    macros = target / "macros" / "taxonomy.sql"
    kept = macros.read_text().replace("{% macro event_shape(", "{% macro unused_event_shape(")
    macros.write_text(
        kept + "\n{% macro event_shape(name, bag) -%} cast(0 as ubigint) {%- endmacro %}\n"
    )
    for name in CHECKS:
        model = target / "models" / "intermediate" / "events" / f"int_events__{name}.sql"
        model.write_text(f"select * from (\n{model.read_text()}\n) where false\n")
    return target


def build(project: Path, data: Path, output: Path) -> None:
    """Builds and tests all models in this process."""
    from dbt.cli.main import dbtRunner

    os.environ["PRODUCTOPS_WAREHOUSE"] = str(output / "warehouse.duckdb")
    done = dbtRunner().invoke([
        "build", "--exclude-resource-type", "unit_test", "--project-dir", str(project), "--profiles-dir", str(project),
        "--target-path", str(output / "target"), "--log-path", str(output / "logs"), "--log-level", "error",
        "--vars", json.dumps({"lake": str(data / "raw")}),
    ])  # fmt: skip
    if not done.success:
        raise SystemExit("the build failed")


def measured(project: Path, data: Path, output: Path) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak megabytes of one build in a process of its own."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    command = [sys.executable, __file__, "--build", str(project), str(data), str(output)]
    began = time.perf_counter()
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.stdout)
    peak, cpu = done.stdout.split()[-2:]
    return time.perf_counter() - began, float(cpu), float(peak)


def slowest(output: Path, events: int) -> None:
    """Prints what the models of the check took, for those who make them quicker."""
    results = json.loads((output / "target" / "run_results.json").read_text())["results"]
    for result in sorted(results, key=lambda found: -found["execution_time"])[:14]:
        share = result["execution_time"] / events * 1e6
        print(
            f"  {result['unique_id'].split('.')[2]:<45}{result['execution_time']:>8.1f} s{share:>8.2f} us an event"
        )


def main() -> None:
    """Makes the raw zone, builds both ways in turn, prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--names", type=int, default=500)
    parser.add_argument("--properties", type=int, default=10, help="of each event")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where to work; default: a temporary folder")
    parser.add_argument("--build", nargs=3, type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        build(*options.build)
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{used.ru_maxrss / 1024:.0f} {used.ru_utime + used.ru_stime:.1f}")
        return
    folder = Path(tempfile.mkdtemp(prefix="taxonomy-", dir=options.folder))
    try:
        declare(folder / "company", options.names, options.properties)
        make_raw(folder / "data", folder / "company", options.events, options.names, options.properties)  # fmt: skip
        sides = {"unchecked": without_check(folder / "project"), "checked": PROJECT}
        found: dict[str, list[tuple[float, float, float]]] = {side: [] for side in sides}
        print(f"{options.events:,} events, {options.names} names of {options.properties} properties\n{'':<11}{'seconds':>9}{'cpu s':>9}{'peak MB':>9}")  # fmt: skip
        for _ in range(options.runs):
            for side, project in sides.items():
                figures = measured(project, folder / "data", folder / side)
                found[side].append(figures)
                print(f"{side:<11}{figures[0]:>9.1f}{figures[1]:>9.1f}{figures[2]:>9.0f}", flush=True)  # fmt: skip
        least = {side: [min(each) for each in zip(*runs, strict=True)] for side, runs in found.items()}  # fmt: skip
        print(f"the check adds {least['checked'][1] / least['unchecked'][1] - 1:.0%} of CPU and {least['checked'][0] / least['unchecked'][0] - 1:.0%} of wall time")  # fmt: skip
        slowest(folder / "checked", options.events)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
