"""A module whose import is postponed is loaded by the first look into it, and not before."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from quality.lazy_imports import postpone
postpone("colorsys", "xml.dom.minidom")
import colorsys
from xml.dom import minidom
assert "rgb_to_hsv" not in object.__getattribute__(colorsys, "__dict__")
assert "xml.dom.expatbuilder" not in sys.modules
print(colorsys.rgb_to_hsv(0, 0, 1)[2], minidom.parseString("<a>b</a>").documentElement.tagName)
"""


def test_a_postponed_module_is_loaded_when_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("1 a", "")
