"""productops serve: open the dashboards on this machine."""

from __future__ import annotations

import argparse
import subprocess
import sys

from orchestration.settings import REPOSITORY, Settings, child_environment

HOST = "127.0.0.1"
EXAMPLES = """examples:
  productops serve                 http://127.0.0.1:8501
  productops serve --port 9000
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")
    parser.add_argument("--json", action="store_true", help="print the address as JSON")


def command(settings: Settings, port: int) -> list[str]:
    """How the pages are started: on this machine only, since local mode has no login (SEC-08)."""
    user = ["--user", settings.user] if settings.user else []
    return [
        *(sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "dashboards" / "app.py")),
        *("--server.address", HOST, "--server.port", str(port), "--server.headless", "true"),
        *("--browser.gatherUsageStats", "false"),
        *("--", "--data", str(settings.data_dir), *user),
    ]


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    import json

    address = f"http://{HOST}:{arguments.port}"
    print(json.dumps({"url": address}) if arguments.json else address, flush=True)
    print("Ctrl-C ends it.", file=sys.stderr)
    process = subprocess.Popen(
        command(settings, arguments.port),
        env=child_environment(settings),
        cwd=REPOSITORY,
        stdout=sys.stderr,
    )
    try:
        return process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(10)
