"""The owner's smallest acceptance check, where it lies beside the clone."""

import subprocess
import sys
from pathlib import Path

import pytest
from warm import Warm

CLONE = Path(__file__).resolve().parents[2]
CHECK = CLONE.parent / "shared" / "acceptance" / "interface_check.py"


@pytest.mark.skipif(not CHECK.exists(), reason="the owner's check is not beside this clone")
def test_the_core_of_the_public_interface_holds() -> None:
    """Fifty commands: in forks of one process, which spares the imports of each; other tests start the real program."""
    productops = Warm("orchestration.definitions", "dbt.cli.main", "dbt.adapters.duckdb")
    command = [sys.executable, CHECK, "--exe", productops.executable()]
    done = subprocess.run([*command, "--areas", "core"], capture_output=True, text=True, cwd=CLONE)
    productops.close()
    assert done.returncode == 0, done.stdout + done.stderr
