"""Which pages and papers ask which question, read from the code that asks.

Knows where pages and snapshots lie and that a question is asked by its id. Must not know what any of them shows.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
# This page can ask every question, so it says nothing about one; the others are about events, not built on them.
LEFT_OUT = ("answers", "taxonomy", "data_health")
HEADLINES = "dashboards.snapshots.headlines"
EVIDENCE = "dashboards.kpi_evidence"
REPORT = "quarter_paper"  # the quarterly report on paper, which holds no headlines


@functools.lru_cache(maxsize=2)
def askers(question_ids: tuple[str, ...]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Each question with (`page` or `snapshot`, title) of what asks it."""
    known = frozenset(question_ids)
    titles = _titles()
    found: dict[str, dict[tuple[str, str], None]] = {}
    papers = sorted((HOME / "snapshots").glob("*.py"))
    for path in sorted((HOME / "app_pages").glob("*.py")):
        if path.stem in LEFT_OUT:
            continue
        # A page that shows the headlines of the snapshot asks what the snapshot asks; one that shows what stands behind
        # KPIs asks the questions that are named there.
        text = path.read_text(encoding="utf-8")
        headlines = [paper for paper in papers if paper.stem != REPORT] if HEADLINES in text else []
        read = [path, *headlines]
        read += [HOME / "kpi_evidence.py"] if EVIDENCE in text else []
        for question in _named(read, known):
            place = ("page", titles.get(path.stem, path.stem.replace("_", " ").capitalize()))
            found.setdefault(question, {})[place] = None
    for question in _named(papers, known):
        found.setdefault(question, {})["snapshot", titles["snapshot"]] = None
    return {question: tuple(places) for question, places in found.items()}


def _named(paths: Iterable[Path], known: frozenset[str]) -> set[str]:
    return {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known
    }


def _titles() -> dict[str, str]:
    text = (HOME / "app.py").read_text(encoding="utf-8")
    return dict(re.findall(r'"app_pages/(\w+)\.py",\s*title="([^"]+)"', text))
