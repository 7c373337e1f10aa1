"""Where things are and who is asking: the only module that reads the environment.

Knows the names of the environment variables, their defaults, and how to arm a failpoint. Must not know what any
command does with the answer.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.landing import DataPaths

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Everything a process needs to know about its surroundings."""

    company_dir: Path
    data_dir: Path
    dbt_project_dir: Path = REPOSITORY / "dbt_project"
    user: str | None = None
    log_level: str = "WARNING"
    failpoint: str | None = None
    keep_versions: int = 10
    color: bool = False

    @property
    def paths(self) -> DataPaths:
        """The layout of the data folder, as ingestion declares it."""
        from ingestion.landing import DataPaths

        return DataPaths(self.data_dir)

    @property
    def held_file(self) -> Path:
        """Present while the last build is held by a gate; gone after the next good publish."""
        return self.data_dir / "held.json"

    @property
    def lock_file(self) -> Path:
        return self.data_dir / "run.lock"

    @property
    def logs_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def parsed_dir(self) -> Path:
        """Parsed dbt projects, shared by all data folders; `make clean` removes it."""
        return REPOSITORY / "dbt_project" / "target" / "parsed"

    @property
    def build_dir(self) -> Path:
        """Evidence of the last build: its state, dbt's target, the results of gates."""
        return self.data_dir / "build"


class SettingsError(Exception):
    """An environment variable holds something that cannot be used."""


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment once; defaults are relative to the working directory."""
    values = os.environ if environment is None else environment
    keep = values.get("PRODUCTOPS_KEEP_VERSIONS", "10")
    if not keep.isdigit() or int(keep) < 1:
        raise SettingsError(f"PRODUCTOPS_KEEP_VERSIONS is {keep!r}; it must be a whole number >= 1")
    return Settings(
        company_dir=Path(values.get("PRODUCTOPS_COMPANY") or "company").expanduser().absolute(),
        data_dir=Path(values.get("PRODUCTOPS_DATA") or "data").expanduser().absolute(),
        dbt_project_dir=Path(
            values.get("PRODUCTOPS_DBT_PROJECT") or REPOSITORY / "dbt_project"
        ).absolute(),
        user=values.get("PRODUCTOPS_USER") or None,
        log_level=(values.get("PRODUCTOPS_LOG_LEVEL") or "WARNING").upper(),
        failpoint=values.get("PRODUCTOPS_FAILPOINT") or None,
        keep_versions=int(keep),
        color=not values.get("NO_COLOR"),
    )


def child_environment(settings: Settings, **extra: str) -> dict[str, str]:
    """The environment for a process that we start: this one's, our settings, telemetry off."""
    return {**os.environ, **quiet_variables(settings), **extra}


def quiet_variables(settings: Settings) -> dict[str, str]:
    """Variables that point every tool at our folders and keep it from calling home."""
    return {
        "PRODUCTOPS_COMPANY": str(settings.company_dir),
        "PRODUCTOPS_DATA": str(settings.data_dir),
        "PRODUCTOPS_WAREHOUSE": str(settings.data_dir / "warehouse.duckdb"),
        "DAGSTER_HOME": str(settings.data_dir / "dagster"),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
        "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    }


def export_to_process(settings: Settings) -> None:
    """Set those variables for this process; dbt and Dagster read them from nowhere else."""
    os.environ.update(quiet_variables(settings))


def arm_failpoint(settings: Settings) -> None:
    """Arm PRODUCTOPS_FAILPOINT="name:mode" (raise, kill, enospc, eio, eacces, exit) for this process."""
    if not settings.failpoint:
        return
    from ingestion import failpoints

    name, _, mode = settings.failpoint.partition(":")

    def strike() -> None:
        if mode in ("", "kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        if mode in ("enospc", "eio", "eacces"):
            import errno

            number = {"enospc": errno.ENOSPC, "eio": errno.EIO, "eacces": errno.EACCES}[mode]
            raise OSError(number, os.strerror(number), name)
        raise RuntimeError(f"failpoint {name}")

    failpoints.arm(lambda reached: strike() if reached == name else None)
