"""A copy of the clone, extended as docs/extend.md says: its files alone add a model, a KPI and a question.

Knows how to copy a clone and how the recipes are printed. Must not know what runs on the copy.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
FILE_BLOCK = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def extended_clone(root: Path) -> None:
    """Lay the copy into this folder, the recipes in it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CLONE,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (CLONE / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CLONE / name, root / name)
    for name, text in recipes().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    kpis = root / "dbt_project" / "models" / "kpis"
    declared = (kpis / "kpi_experiment_velocity.yml").read_text(encoding="utf-8")
    (kpis / "kpi_feature_breadth.yml").write_text(
        declared.replace("kpi_experiment_velocity", "kpi_feature_breadth"), encoding="utf-8"
    )


def recipes() -> dict[str, str]:
    """File to content, as docs/extend.md prints them."""
    return dict(FILE_BLOCK.findall((CLONE / "docs" / "extend.md").read_text(encoding="utf-8")))
