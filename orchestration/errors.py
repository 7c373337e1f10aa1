"""The one shape of every error that a person sees, and the exit codes.

Knows the four parts of a message. Must not know any command, nor print.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

OK = 0
FAILURE = 1
USAGE = 2
HELD = 3
PARTIAL = 4
BUSY = 75
INTERRUPTED = 130


@dataclass(eq=False)  # not frozen: contextlib sets __traceback__ on what passes through it
class CommandError(Exception):
    """A failure that explains itself: what happened, why, the command that fixes it, where to read more."""

    code: str
    what: str
    why: str
    fix: str
    see: str = "docs/runbook.md"
    exit_code: int = FAILURE

    def __str__(self) -> str:
        return (
            f"{self.code}: {self.what}\nwhy: {self.why}\nfix: {self.fix}\nsee: "
            f"{self.see}#{self.code.lower()}"
        )

    def as_dict(self) -> dict[str, object]:
        """The same for --json."""
        return {
            "code": self.code,
            "what": self.what,
            "why": self.why,
            "fix": self.fix,
            "see": f"{self.see}#{self.code.lower()}",
        }


def printable(text: str) -> str:
    """No terminal escape from a file name, a declaration or a payload reaches the terminal."""
    return "".join(c if c == "\n" or c.isprintable() else repr(c)[1:-1] for c in text)


def usage_error(what: str, why: str, fix: str) -> CommandError:
    """An error in how a command was called: exit 2."""
    return CommandError("USAGE", what, why, fix, see="docs/reference/commands.md", exit_code=USAGE)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like this one, or none when nothing is near."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return found[0] if found else None
