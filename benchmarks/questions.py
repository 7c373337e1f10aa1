"""Measures what answering costs on a large history, and what a new day of events costs.

    python benchmarks/questions.py --events 1000000
    nice python benchmarks/questions.py --events 10000000 --times 10 --keep FOLDER

Writes a year of a product's events into the raw zone (an actor to 100 events), builds and publishes it with `productops
build`, then asks each standard question of a product manager several times in one process that has the version open, as
the dashboards do: median, 95th percentile and processor seconds, held against the limit of its kind. Beside it stands
straightforward SQL over the raw events, the same answer where the question has one that SQL can say simply; the ratio is
the figure. `--times` publishes a version of so many times as many people, each a copy of one that was built under another
key: the tables that questions read, without building them anew. `--day` adds one day more and builds again.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from history import FIRST_DAY, Shape, write_day, write_history
from multiplied import multiply

ROOT = Path(__file__).resolve().parents[1]
PLAN = """
features: {sharing: {name: Sharing}}
signup_started: {description: The form was opened., status: live, counts_as_active: true, version: "1"}
report_shared: {description: A report was sent., status: live, feature: sharing, counts_as_active: true, value_event: true, version: "1"}
"""
FUNNEL = ["signup_started", "signup_completed", "project_created", "report_viewed", "report_shared"]
# Seconds of wall time on 2 cores at 100 million events and 1 million actors, at the 95th percentile.
LIMITS = {"home": 0.2, "standard": 1.0, "funnel": 2.0, "free": 5.0}
MOST_MEGABYTES = 4000
# A condition that no mart can have foreseen, and the questions with the parameters that they cannot do without.
WHERE = [{"property": "plan", "op": "in", "value": ["team", "pro"]}]
SHARING = {"feature": "sharing"}
ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("home", "active_users", {"period": "week"}),
    ("home", "lifecycle", {"period": "week"}),
    ("home", "retention", {"unit": "month"}),
    ("home", "data_health", {}),
    ("standard", "active_users", {}),
    ("standard", "active_users", {"period": "month"}),
    ("standard", "active_users", {"event": "report_shared"}),
    ("standard", "stickiness", {}),
    ("standard", "lifecycle", {}),
    ("standard", "sessions", {}),
    ("standard", "sessions", {"period": "week"}),
    ("standard", "retention", {}),
    ("standard", "retention", {"unit": "week"}),
    ("standard", "retention", {"start_event": "signup_completed", "return_event": "report_shared", "unit": "week"}),
    ("standard", "feature_usage", SHARING),
    ("standard", "feature_adoption", SHARING),
    ("standard", "activation", {}),
    ("standard", "time_to_convert", {"steps": FUNNEL[:3]}),
    ("standard", "power_users", {}),
    ("standard", "churn_risk", {}),
    ("standard", "launch_effect", {"release": "2025-09-01"}),
    ("standard", "segments", {"metric": "active_users"}),
    ("standard", "why_moved", {"metric": "active_users"}),
    ("standard", "metric_sensitivity", {"metric": "active_users"}),
    ("standard", "retention_drivers", {}),
    ("standard", "paths", {}),
    ("standard", "event_trust", {"event": "report_shared"}),
    ("standard", "event_volume", {"event": "report_shared"}),
    ("funnel", "funnel", {"steps": FUNNEL[:3]}),
    ("funnel", "funnel", {"steps": FUNNEL}),
    ("free", "active_users", {"where": WHERE}),
    ("free", "lifecycle", {"where": WHERE}),
    ("free", "stickiness", {"where": WHERE}),
    ("free", "sessions", {"where": WHERE}),
    ("free", "retention", {"where": WHERE}),
    ("free", "feature_usage", {**SHARING, "where": WHERE}),
    ("free", "funnel", {"steps": FUNNEL, "where": WHERE}),
    ("free", "funnel", {"steps": FUNNEL[1:4], "order": "any"}),
    ("free", "active_users", {"breakdown": "country", "period": "week"}),
    ("free", "active_users", {"project": "default"}),
)  # fmt: skip


def productops(home: Path, *arguments: str, quiet: bool = False) -> tuple[float, float, float]:
    """Runs the command; seconds, processor seconds and peak megabytes of it."""
    environment = {
        **os.environ, "PRODUCTOPS_DATA": str(home / "data"), "PRODUCTOPS_COMPANY": str(home / "company"),
        "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    code = "import sys; from orchestration.cli import main; sys.exit(main())"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    said = subprocess.DEVNULL if quiet else None
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=False, env=environment, cwd=ROOT, stdout=said)  # fmt: skip
    wall = time.perf_counter() - began
    if done.returncode not in (0, 4):
        raise SystemExit(f"productops {' '.join(arguments)} ended with {done.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, after.ru_maxrss / 1024


@contextmanager
def timed() -> Iterator[Callable[[], tuple[float, float]]]:
    """Wall and processor seconds since the block began."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield lambda: (time.perf_counter() - wall, time.process_time() - cpu)


def ask_all(home: Path, runs: int, only: str | None) -> dict[str, float]:
    """Asks each question in this process: its seconds held against its limit; gives the medians."""
    from dashboards.ask import ask
    from dashboards.published import open_version

    found: dict[str, float] = {}
    print(
        f"{'kind':<9}{'question':<19}{'parameters':<58}{'p50 s':>7}{'p95 s':>7}{'cpu s':>7}{'limit':>7}  verdict"
    )
    with open_version(
        home / "data" / "published", memory_limit="3GB", time_limit_seconds=600
    ) as version:
        ask(version, "active_users", {})  # imports, once for a process
        for kind, question, params in ASKED:
            if only and only not in (kind, question):
                continue
            walls, cpus = [], []
            for _ in range(runs):
                with timed() as spent:
                    ask(version, question, params)
                    wall, cpu = spent()
                walls.append(wall)
                cpus.append(cpu)
            said = json.dumps(params)[:56]
            found[f"{question} {said}"] = statistics.median(walls)
            slow = _p95(walls)
            verdict = "within" if slow <= LIMITS[kind] else "over"
            print(f"{kind:<9}{question:<19}{said:<58}{statistics.median(walls):>7.2f}{slow:>7.2f}{min(cpus):>7.2f}{LIMITS[kind]:>7.1f}  {verdict}", flush=True)  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak of the asking process: {peak:.0f} MB, {'within' if peak <= MOST_MEGABYTES else 'over'} {MOST_MEGABYTES}")  # fmt: skip
    return found


def _p95(values: list[float]) -> float:
    """The 95th percentile; of fewer than 20 runs that is the slowest."""
    ranked = sorted(values)
    return ranked[-(-95 * len(ranked) // 100) - 1]


# The same answers by plain SQL over the raw events, as an analyst without marts would write them.
PLAIN = {
    "active_users {}": """
        with days as (select distinct user_id, event_time::date as day from read_parquet($files, union_by_name = true, hive_partitioning = false))
        select d.day, count(distinct d.user_id),
            (select count(distinct w.user_id) from days w where w.day between d.day - 27 and d.day) as mau
        from days d where d.day >= $begins group by d.day""",
    "retention {}": """
        with first as (select user_id, min(event_time)::date as cohort from read_parquet($files, union_by_name = true, hive_partitioning = false) group by all),
        days as (select distinct user_id, event_time::date as day from read_parquet($files, union_by_name = true, hive_partitioning = false))
        select cohort, day - cohort as n, count(*) from first join days using (user_id)
        where cohort >= $begins and day - cohort <= 30 group by all""",
}  # fmt: skip


def ask_raw(data: Path, shape: Shape, asked: dict[str, float]) -> None:
    """The plain SQL once each, and how many times as long it takes as the question."""
    begins = date.fromisoformat(FIRST_DAY) + timedelta(days=shape.days - 90)
    files = str(data / "raw" / "amplitude" / "events" / "*" / "*.parquet")
    with duckdb.connect() as con:
        con.execute("set memory_limit = '4GB'; set threads = 2; set enable_progress_bar = false")
        for name, sql in PLAIN.items():
            with timed() as spent:
                con.execute(sql, {"files": files, "begins": begins}).fetchall()
                wall, cpu = spent()
            ratio = f"{wall / asked[name]:.0f} times the question" if name in asked else ""
            print(f"plain SQL of {name}: {wall:.2f} s, {cpu:.2f} CPU s, {ratio}", flush=True)


def main() -> None:
    """Makes the history, builds and publishes it, asks, adds a day."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip
    parser.add_argument("--events", type=int, default=Shape.events)
    parser.add_argument("--days", type=int, default=Shape.days)
    parser.add_argument("--each", type=int, default=Shape.each, help="events of an actor")
    parser.add_argument("--runs", type=int, default=5, help="of each question")
    parser.add_argument(
        "--times", type=int, default=1, help="ask a version of so many times as many people too"
    )
    parser.add_argument("--only", help="a question or a kind of question")
    parser.add_argument("--day", action="store_true", help="add one day and build again")
    parser.add_argument("--keep", type=Path, help="work here and keep it; a history that is there is used again")  # fmt: skip
    options = parser.parse_args()
    shape = Shape(options.events, options.days, options.each)
    home = options.keep or Path(tempfile.mkdtemp(prefix="questions-"))
    try:
        if not (home / "data" / "published" / "CURRENT").exists():
            (home / "company" / "tracking_plan").mkdir(parents=True, exist_ok=True)
            (home / "company" / "settings.yml").write_text(
                "company: Bench\nunplanned_events_count_as_active: true\n"
            )
            (home / "company" / "tracking_plan" / "plan.yml").write_text(PLAN)
            write_history(home / "data", home / "company", shape)
            print("{:,} events: build and publish {:.0f} s, {:.0f} CPU s, peak {:.0f} MB".format(options.events, *productops(home, "build")), flush=True)  # fmt: skip
        large = home / f"times-{options.times}"
        if options.times > 1 and not (large / "data" / "published" / "CURRENT").exists():
            with timed() as spent:
                multiply(home, large, options.times)
                wall, cpu = spent()
            print(
                f"{options.times} times as many people: {wall:.0f} s, {cpu:.0f} CPU s", flush=True
            )
        if options.times > 1:
            ask_all(large, options.runs, options.only)
        else:
            ask_raw(home / "data", shape, ask_all(home, options.runs, options.only))
        if options.day:
            write_day(home / "data", shape)
            print("one day more: build and publish {:.0f} s, {:.0f} CPU s, peak {:.0f} MB".format(*productops(home, "build")))  # fmt: skip
    finally:
        if options.keep is None:
            shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
