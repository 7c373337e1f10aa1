"""The worlds of tests/dashboards, for comparing the engine with plain-Python references."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_path = Path(__file__).resolve().parent.parent / "dashboards" / "conftest.py"
_spec = importlib.util.spec_from_file_location("dashboards_worlds", _path)
_module = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _module  # dataclasses look their module up
_spec.loader.exec_module(_module)

world = _module.world
publish_world = _module.publish_world
