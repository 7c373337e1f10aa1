"""The catalogue of governed questions, found in folders.

Knows where declarations lie and that ids are unique. Adding a question is adding its two files.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from dashboards.answer import UnknownQuestion
from dashboards.catalogue.declaration import DeclarationError, Question, read_question
from dashboards.catalogue.parameters import nearest

__all__ = ["Catalogue", "DeclarationError", "Question", "load"]

QUESTIONS = Path(__file__).resolve().parent.parent / "questions"


@dataclass(frozen=True)
class Catalogue:
    """Every question by id, in the order of their ids."""

    questions: dict[str, Question]

    def get(self, question_id: str) -> Question:
        """The question, or an error that names the nearest one."""
        if question_id in self.questions:
            return self.questions[question_id]
        close = nearest(question_id, list(self.questions))
        raise UnknownQuestion(
            f"there is no question `{question_id[:80]}`; the nearest is `{close}`. All: {', '.join(self.questions)}"
        )


@functools.lru_cache(maxsize=4)
def load(folder: Path = QUESTIONS) -> Catalogue:
    """Read all declarations under `folder`."""
    found: dict[str, Question] = {}
    for path in sorted(folder.glob("*/*.yml"), key=lambda p: p.stem):
        question = read_question(path)
        if question.id in found:
            raise DeclarationError(
                f"{path}:1: the id `{question.id}` is already used by {found[question.id].twin.with_suffix('.yml')}"
            )
        found[question.id] = question
    return Catalogue(found)
