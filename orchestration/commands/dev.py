"""productops dev: Dagster's own pages beside the dashboards."""

from __future__ import annotations

import argparse
import subprocess
import sys

from orchestration.settings import REPOSITORY, Settings, child_environment

EXAMPLES = """examples:
  productops dev                   Dagster on http://127.0.0.1:3000, pages on http://127.0.0.1:8501
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8501, help="of the pages (default: 8501)")
    parser.add_argument("--dagster-port", type=int, default=3000, help="of Dagster (default: 3000)")
    parser.add_argument("--json", action="store_true", help="print the addresses as JSON")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    import json

    from orchestration.commands import serve

    prepare_home(settings)
    addresses = {
        "dagster": f"http://127.0.0.1:{arguments.dagster_port}",
        "dashboards": f"http://127.0.0.1:{arguments.port}",
    }
    print(json.dumps(addresses) if arguments.json else "\n".join(addresses.values()), flush=True)
    environment = child_environment(settings)
    dagster = [
        *(sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"),
        *("-h", "127.0.0.1", "-p", str(arguments.dagster_port)),
    ]
    processes = [
        subprocess.Popen(words, env=environment, cwd=REPOSITORY, stdout=sys.stderr)
        for words in (dagster, serve.command(settings, arguments.port))
    ]
    try:
        return processes[0].wait()
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            process.wait(15)


def prepare_home(settings: Settings) -> None:
    """Dagster's own home, with telemetry off and one writer at a time."""
    home = settings.paths.dagster
    home.mkdir(parents=True, exist_ok=True)
    configuration = home / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(
            "telemetry: {enabled: false}\nconcurrency: {pools: {default_limit: 1}}\n",
            encoding="utf-8",
        )
