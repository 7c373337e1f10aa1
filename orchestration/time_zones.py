"""Which edition of the time zone database the numbers of a version were made with.

Knows: where Python finds its zones. DuckDB brings its own with it, so its release stands for them. Must not know: any
zone.
"""

from __future__ import annotations

import re
import zoneinfo
from importlib import resources
from pathlib import Path

_VERSION = re.compile(r"^# version (\w+)")


def time_zone_data() -> dict[str, str]:
    """The edition of Python's zone data (such as 2025b, or unknown) and the release of DuckDB."""
    import duckdb

    return {"python": _python_edition(), "duckdb": duckdb.__version__}


def _python_edition() -> str:
    for folder in zoneinfo.TZPATH:
        file = Path(folder) / "tzdata.zi"
        if file.is_file():
            with open(file, encoding="utf-8") as handle:
                found = _VERSION.match(handle.readline())
            return found[1] if found else "unknown"
        if (Path(folder) / "UTC").exists():
            return "unknown"  # the machine's zones, installed without their edition
    try:
        packaged = resources.files("tzdata") / "zoneinfo" / "tzdata.zi"
        found = _VERSION.match(packaged.read_text(encoding="utf-8").split("\n", 1)[0])
    except (ModuleNotFoundError, FileNotFoundError):
        return "unknown"
    return found[1] if found else "unknown"
