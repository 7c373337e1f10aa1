"""productops serve: open the dashboards on this machine."""

from __future__ import annotations

import argparse
import subprocess
import sys

from orchestration.settings import REPOSITORY, Settings, child_environment

EXAMPLES = """examples:
  productops serve                 http://127.0.0.1:8501
  productops serve --port 9000
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8501, help="default: 8501")
    parser.add_argument("--host", default="127.0.0.1", help="default: this machine only")
    parser.add_argument("--json", action="store_true", help="print the address as JSON")


def command(settings: Settings, host: str, port: int) -> list[str]:
    """How the pages are started."""
    return [
        *(sys.executable, "-m", "streamlit", "run", str(REPOSITORY / "dashboards" / "app.py")),
        *("--server.address", host, "--server.port", str(port), "--server.headless", "true"),
        *("--browser.gatherUsageStats", "false"),
    ]


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    import json

    address = f"http://{arguments.host}:{arguments.port}"
    print(json.dumps({"url": address}) if arguments.json else address, flush=True)
    print("Ctrl-C ends it.", file=sys.stderr)
    process = subprocess.Popen(
        command(settings, arguments.host, arguments.port),
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
