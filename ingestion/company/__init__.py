"""What a company declares about itself: settings, tracking plan, areas, people, tools, targets.

`load` reads and checks the folder, `compile` turns it into the raw tables `company.*`, `init` writes a new one.
"""

from ingestion.company.init import init
from ingestion.company.load import inspect, load, warnings
from ingestion.company.model import (
    Company,
    Exclusion,
    Person,
    Routing,
    Settings,
    Target,
    Tool,
    Usage,
)
from ingestion.company.tables import SCHEMAS, compile
from ingestion.declarations import CompanyError, Problem

__all__ = [
    "SCHEMAS",
    "Company",
    "CompanyError",
    "Exclusion",
    "Person",
    "Problem",
    "Routing",
    "Settings",
    "Target",
    "Tool",
    "Usage",
    "compile",
    "init",
    "inspect",
    "load",
    "warnings",
]
