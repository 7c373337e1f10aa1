"""Rules of the dbt project that dbt itself does not hold, each finding with file and line.

Knows the form of a model's twin files and the layers. Reads files only: no database, no manifest, so that an analyst
hears of a mistake in a second. Must not know any particular model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"

# What each layer may read. Edges that skip or reverse a layer hide logic where nobody looks for it.
ALLOWED_PARENTS = {
    "staging": frozenset({"staging"}),  # a vendor's own steps
    "intermediate": frozenset({"staging", "intermediate"}),
    "marts": frozenset({"staging", "intermediate", "marts"}),
    "kpis": frozenset({"marts", "kpis"}),
}
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("fct_", "dim_"),
    "kpis": ("kpi_",),
}
KPI_COLUMNS = (
    "kpi",
    "name",
    "variant",
    "period",
    "period_start",
    "value",
    "unit",
    "n",
    "numerator",
    "denominator",
    "ci_low",
    "ci_high",
    "coverage",
    "target",
    "status",
    "reportable",
    "reason",
)
CLASSES = ("none", "pseudonym", "personal", "sensitive", "free_text")
CLOCK = re.compile(
    r"\b(current_date|current_timestamp|now\s*\(|today\s*\(|get_current_timestamp)", re.I
)
REF = re.compile(r"ref\(\s*['\"]([^'\"]+)['\"]\s*\)")
SOURCE = re.compile(r"\bsource\(")
COMMENT = re.compile(r"--.*$")


@dataclass(frozen=True)
class Finding:
    """One mistake, where it is and what to do."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def findings(project: Path = PROJECT) -> list[Finding]:
    """Every broken rule in the models of `project`, in the order of the files."""
    models = project / "models"
    layers = {
        path.stem: path.relative_to(models).parts[0] for path in sorted(models.glob("*/**/*.sql"))
    }
    found: list[Finding] = []
    for path in sorted(models.glob("*/**/*.sql")):
        layer = layers[path.stem]
        if layer in ALLOWED_PARENTS:
            found += _sql(path, layer, layers)
            found += _declaration(path, layer)
    for path in sorted(models.glob("*/**/*.yml")):
        is_model = path.stem.startswith(tuple(p for group in PREFIXES.values() for p in group))
        if is_model and path.stem.removesuffix("_unit_tests") not in layers:
            found.append(Finding(path, 1, f"there is no {path.stem}.sql beside this declaration"))
    return found


def _sql(path: Path, layer: str, layers: dict[str, str]) -> Iterator[Finding]:
    lines = path.read_text(encoding="utf-8").splitlines()
    if not path.stem.startswith(PREFIXES[layer]):
        yield Finding(path, 1, f"a model in {layer}/ is called {' or '.join(PREFIXES[layer])}…")
    if not any(line.startswith("-- grain: ") for line in lines[:5]):
        yield Finding(path, 1, "the model does not open with `-- grain: …`")
    for number, line in enumerate(lines, 1):
        code = COMMENT.sub("", line)
        if clock := CLOCK.search(code):
            yield Finding(
                path,
                number,
                f"`{clock.group(1).strip('( ')}` makes yesterday impossible to rebuild; use {{{{ as_of() }}}}",
            )
        if layer != "staging" and SOURCE.search(code):
            yield Finding(path, number, "only staging reads a source(); ref() a staging model")
        for parent in REF.findall(code):
            if parent not in layers:
                yield Finding(
                    path, number, f"ref('{parent}') names no model{_nearest(parent, layers)}"
                )
            elif layers[parent] not in ALLOWED_PARENTS[layer]:
                yield Finding(
                    path,
                    number,
                    f"{layer} must not read {layers[parent]} ({parent}); "
                    f"it may read {', '.join(sorted(ALLOWED_PARENTS[layer])) or 'sources only'}",
                )


def _declaration(sql: Path, layer: str) -> Iterator[Finding]:
    path = sql.with_suffix(".yml")
    if not path.is_file():
        yield Finding(
            sql, 1, f"the model has no {path.name} (description, owner, grain test, columns)"
        )
        return
    text = path.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text) or {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        yield Finding(path, mark.line + 1 if mark else 1, f"this is not YAML: {error.problem}")
        return
    models = [m for m in content.get("models") or () if m.get("name") == sql.stem]
    if len(models) != 1:
        yield Finding(path, 1, f"the file must declare exactly one model called {sql.stem}")
        return
    model, line = models[0], _line(text, f"name: {sql.stem}")
    if not str(model.get("description") or "").strip():
        yield Finding(path, line, "the model has no description")
    if not ((model.get("config") or {}).get("meta") or {}).get("owner"):
        yield Finding(path, line, "the model has no owner (config: {meta: {owner: …}})")
    if "unique_grain" not in text and "one_row" not in text:
        yield Finding(
            path, line, "the model has no grain test (data_tests: unique_grain or one_row)"
        )
    if layer in ("marts", "kpis"):
        yield from _columns(path, text, model)
    if layer == "kpis":
        names = tuple(column.get("name") for column in model.get("columns") or ())
        if names != KPI_COLUMNS:
            wrong = sorted(set(names) ^ set(KPI_COLUMNS)) or ["their order"]
            yield Finding(
                path,
                line,
                f"a KPI has exactly the columns {', '.join(KPI_COLUMNS)}; see {', '.join(map(str, wrong))}",
            )


def _columns(path: Path, text: str, model: dict) -> Iterator[Finding]:
    for column in model.get("columns") or ():
        name = column.get("name")
        line = _line(text, f"name: {name}")
        if not str(column.get("description") or "").strip():
            yield Finding(path, line, f"column {name} has no description")
        if not column.get("data_type"):
            yield Finding(path, line, f"column {name} has no data_type; a mart is a contract")
        privacy = ((column.get("config") or {}).get("meta") or {}).get("class")
        if privacy not in CLASSES:
            yield Finding(
                path,
                line,
                f"column {name} has no privacy class (config: {{meta: {{class: …}}}}), one of {', '.join(CLASSES)}",
            )


def _line(text: str, needle: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if re.search(rf"{re.escape(needle)}\s*$|{re.escape(needle)}[,}}\s]", line):
            return number
    return 1


def _nearest(name: str, layers: dict[str, str]) -> str:
    from rapidfuzz import process

    best = process.extractOne(name, list(layers))
    return f"; did you mean {best[0]}?" if best and best[1] > 60 else ""
