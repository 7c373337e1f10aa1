"""Takes delivered files into the raw zone, each once, with every record accounted for.

Knows: the order of claim, parse, stage, commit and recount. Must not know: any source's fields.
"""

from __future__ import annotations

from ingestion.rawzone import ensure_raw_schema, export_loads

__all__ = ["ensure_raw_schema", "export_loads"]
