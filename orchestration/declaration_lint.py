"""All that is declared by files, checked together: models, questions, company files.

Knows which lint looks at what, and proves of each question that it runs: against a published version with the shape that
the marts declare and no rows. Must not know any model, question or rule by name.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import yaml

from orchestration import model_lint

if TYPE_CHECKING:
    from dashboards.catalogue import Question
    from dashboards.published import Published

CLONE = Path(__file__).resolve().parents[1]
QUESTIONS = CLONE / "dashboards" / "questions"
MODELS = CLONE / "dbt_project" / "models"
PLACE = re.compile(r"LINE \d+: (.*)")
EMPTY_VERSION = "v000000"


def findings(company_dir: Path | None = None) -> list[str]:
    """`file:line: what is wrong` for each mistake; empty when all is well."""
    found = [str(finding) for finding in model_lint.findings()]
    if not found:  # questions run on the declared marts, so those come first
        found += question_findings()
    if company_dir is not None and (company_dir / "settings.yml").is_file():
        found += company_findings(company_dir)
    return found


def question_findings(questions_dir: Path = QUESTIONS, models_dir: Path = MODELS) -> list[str]:
    """Declarations that cannot be read, and questions that do not run on the declared marts."""
    from dashboards import catalogue, published

    try:
        loaded = catalogue.load(questions_dir)
    except catalogue.DeclarationError as error:
        return [str(error)]
    with tempfile.TemporaryDirectory(prefix="productops-check-") as folder:
        write_empty_version(Path(folder), models_dir)
        with published.open_version(Path(folder)) as version:
            return [
                finding
                for question in loaded.questions.values()
                for finding in _run(version, question)
            ]


def company_findings(company_dir: Path) -> list[str]:
    """What the company's own files get wrong."""
    from ingestion import company

    try:
        company.load(company_dir)
    except company.CompanyError as error:
        return str(error).splitlines()
    return []


def write_empty_version(published_dir: Path, models_dir: Path = MODELS) -> None:
    """A published version with every declared mart and KPI, its columns and types, and one row of settings."""
    folder = published_dir / EMPTY_VERSION
    folder.mkdir(parents=True)
    with duckdb.connect(folder / "warehouse.duckdb") as connection:
        for layer in ("marts", "kpis"):
            connection.execute(f"create schema {layer}")
            for path in sorted((models_dir / layer).glob("**/*.yml")):
                content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
                for model in content.get("models") or ():
                    columns = ", ".join(f'"{c["name"]}" {c["data_type"]}' for c in model["columns"])
                    connection.execute(f'create table {layer}."{model["name"]}" ({columns})')
        connection.execute(
            "insert into marts.dim_settings by name select 'check' as company, 'UTC' as timezone, 1 as week_start, "
            "30 as session_timeout_minutes, 5 as minimum_group_size, 'company' as identity_scope, "
            "true as unplanned_counts_as_active"
        )
        connection.execute(
            "insert into marts.dim_data_through by name select timestamp '2024-01-01' as data_through_at, "
            "0::bigint as built_from_loads"
        )
    definitions: dict[str, object] = {
        "version": EMPTY_VERSION,
        "created_at": "2024-01-01T00:00:00",
        "data_through": "2024-01-01T00:00:00",
        "models": {},
        "tests": {"passed": 0, "failed": 0, "warned": []},
        "gates": [],
        "sources": [],
        "held": None,
    }
    (folder / "definitions.json").write_text(json.dumps(definitions), encoding="utf-8")
    (published_dir / "CURRENT").write_text(EMPTY_VERSION, encoding="utf-8")


def _run(version: Published, question: Question) -> Iterator[str]:
    from dashboards.answer import UsageError
    from dashboards.ask import ask

    if any(parameter.required for parameter in question.params.values()):
        return
    try:
        answer = ask(version, question.id, {})
    except UsageError:
        return  # it needs a parameter, and says so
    except (duckdb.Error, ValueError, KeyError) as error:
        yield f"{question.twin}:{_line(question.twin, str(error))}: {str(error).splitlines()[0]}"
        return
    declared = {column.name for column in question.columns}
    for row in answer.rows[:1]:
        if surplus := sorted(set(row) - declared):
            yield f"{question.twin.with_suffix('.yml')}:1: the twin gives {', '.join(surplus)}, which `columns` does not declare"


def _line(path: Path, message: str) -> int:
    place = PLACE.search(message)
    if place:
        wanted = place.group(1).strip().strip(".")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if wanted and (wanted in line or (line.strip() and line.strip() in wanted)):
                return number
    return 1
