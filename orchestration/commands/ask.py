"""productops ask: a governed number, by the question's id or in plain words."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from orchestration.errors import USAGE, CommandError, usage_error
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dashboards.published import Published

EXAMPLES = """examples:
  productops ask active_users --param period=week
  productops ask funnel --param 'steps=["signup","view","buy"]' --param window=7d --format csv
  productops ask "what was retention last month?"
  productops ask funnel --param 'steps=["signup","buy"]' --explain-difference
  productops ask --list
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "question", nargs="*", metavar="ID|WORDS", help="a question id, or plain words"
    )
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="may be repeated; lists and objects are JSON",
    )
    parser.add_argument(
        "--format", choices=("json", "table", "csv"), help="default: table on a terminal, else json"
    )
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument(
        "--as-of", metavar="INSTANT", help="answer as if asked then (default: the data's own end)"
    )
    parser.add_argument(
        "--explain-difference",
        action="store_true",
        help="beside the answer, what each vendor's definition gives, by which rule and for how many people",
    )
    parser.add_argument("--as", dest="who", metavar="ID", help="who asks (a people id)")
    parser.add_argument("--version", help="a published version other than the current one")
    parser.add_argument("--list", action="store_true", help="list the questions")


def execute(arguments: argparse.Namespace, settings: Settings) -> int:
    from dashboards.answer import UsageError
    from dashboards.published import NoVersion, open_version, without_pandas

    if arguments.list or not arguments.question:
        return _list(arguments)
    given = _parameters(arguments.param)
    if arguments.explain_difference and arguments.format == "csv":
        raise usage_error(
            "--explain-difference has no CSV form",
            "a CSV holds the rows of one answer",
            "--format json",
        )
    try:
        with (
            without_pandas(),
            open_version(settings.paths.published, arguments.version) as published,
        ):
            question_id, found = _find(" ".join(arguments.question), published)
            params = {**found, **given}
            answer = _answer(published, question_id, params, arguments, settings)
            if arguments.explain_difference:
                from dashboards.differences import with_differences

                answer = with_differences(published, answer, params, arguments.as_of)
    except UsageError as error:
        raise usage_error(
            error.message, "the question was not asked", "productops ask --list"
        ) from error
    except NoVersion as error:
        raise CommandError(
            "NO_VERSION",
            str(error),
            "questions are answered from what is published",
            "productops run",
        ) from error
    form = arguments.format or ("json" if arguments.json or not sys.stdout.isatty() else "table")
    print(
        {"json": answer.to_json, "csv": answer.to_csv, "table": answer.to_table}[form](),
        end="" if form == "csv" else "\n",
    )
    return 0


def _answer(
    published: Published,
    question_id: str,
    params: dict[str, Any],
    arguments: argparse.Namespace,
    settings: Settings,
) -> Any:
    from dashboards import catalogue, question_log
    from dashboards.ask import ask
    from dashboards.catalogue.subjects import subjects

    ask_id = question_log.new_ask_id()
    who = arguments.who or settings.user or question_log.UNKNOWN_PERSON
    # Only a person at a terminal makes an episode; a script that reads a number is not a question asked.
    channel = "terminal" if sys.stdin.isatty() and sys.stdout.isatty() else "api"

    def log(kind: str, **more: Any) -> None:
        try:
            question_log.append(
                settings.paths.app_db, kind, ask_id, question_id, who=who, channel=channel, **more
            )
        except Exception as unwritable:  # a full disk must not keep the answer from the person
            print(f"note: the question log could not be written: {unwritable}", file=sys.stderr)

    question = catalogue.load().get(question_id)
    log("asked", about=subjects(question, params))
    answer = ask(published, question_id, params, as_of=arguments.as_of)
    log("answered", complete=bool(answer.rows))
    return answer


def _find(text: str, published: Published) -> tuple[str, dict[str, Any]]:
    """The question that is meant. One word is an id; more words go to the finder, which may say that there is none."""
    if " " not in text.strip():
        return text.strip(), {}
    from dashboards.finder import Match, find

    found = find(text, published)
    if isinstance(found, Match):
        print(f"asking: {found.question_id}", file=sys.stderr)
        return found.question_id, dict(found.params)
    near = [str(item) for item in found.nearest]
    raise CommandError(
        "NO_QUESTION",
        f"no question answers {text!r}",
        "only governed questions are answered; the nearest are " + ", ".join(near),
        f"productops ask {near[0]}" if near else "productops ask --list",
        see="docs/reference/questions.md",
        exit_code=USAGE,
    )


def _parameters(pairs: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise usage_error(
                f"--param {pair!r} is not NAME=VALUE",
                "there is no name or no =",
                "--param period=week",
            )
        found[name] = _value(name, value)
    return found


def _value(name: str, text: str) -> Any:
    """Lists and objects are JSON; everything else is text that the question's own type reads."""
    if text[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise usage_error(
            f"--param {name} is not valid JSON: {error}",
            "lists and objects are JSON",
            f'--param \'{name}=["a", "b"]\'',
        ) from error


def _list(arguments: argparse.Namespace) -> int:
    from dashboards import catalogue

    items = list(catalogue.load().questions.values())
    if arguments.json or arguments.format == "json":
        print(json.dumps({"questions": [{"id": q.id, "asks": q.asks} for q in items]}, indent=1))
    else:
        for question in items:
            print(f"{question.id:<24} {question.asks}")
    return 0
