"""The owner's smallest acceptance check, where it lies beside the clone."""

import subprocess
import sys
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[2]
CHECK = CLONE.parent / "shared" / "acceptance" / "interface_check.py"


@pytest.mark.skipif(not CHECK.exists(), reason="the owner's check is not beside this clone")
def test_the_core_of_the_public_interface_holds() -> None:
    command = [sys.executable, CHECK, "--exe", Path(sys.executable).parent / "productops"]
    done = subprocess.run([*command, "--areas", "core"], capture_output=True, text=True, cwd=CLONE)
    assert done.returncode == 0, done.stdout + done.stderr
