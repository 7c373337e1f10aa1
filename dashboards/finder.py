"""Find the governed question behind plain words, or say that there is none.

Knows which questions, parameters and names words can mean. Must not know how a question is computed, and never invents a
feature, an event or a number: what it cannot place it leaves out or asks for. Lexical, deterministic, offline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboards.account_words import COLUMNS, Accounts, asked_accounts
from dashboards.catalogue import Catalogue, Question, load
from dashboards.catalogue.words import SAME, STOPWORDS
from dashboards.since import asked_range, asked_since, newest_release
from dashboards.wordmatch import by_score, clean, index_of, telling_words, unknown_share

if TYPE_CHECKING:
    from dashboards.published import Published, Session

SURE = 0.60  # below this score nothing is answered
MARGIN = 0.04  # a runner-up this close makes a weak match unsure
STRONG = 0.78  # at this score the margin no longer matters
NEARLY = 82  # a feature or event written this much alike is the one meant
UNKNOWN = 0.45  # more than this share of unknown words is another subject
NEED_A_USE = ("feature_usage", "feature_adoption")  # a feature or an event


@dataclass(frozen=True)
class Match:
    """The question that was found, the parameters read from the words, and what is still missing."""

    question_id: str
    params: dict[str, Any]
    score: float
    alternatives: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class NoMatch:
    """No governed question fits; the three nearest, to choose from."""

    nearest: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Names:
    """The features and events of a version, for reading them out of a sentence. Names by what people may write."""

    features: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    experiments: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    releases: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def find(
    text: str, published: Published | None = None, catalogue: Catalogue | None = None
) -> Match | NoMatch:
    """The question that plain words ask, with parameters read from them, or the three nearest."""
    known = catalogue or load()
    names = names_of(published) if published is not None else Names()
    sentence = clean(text[:500])
    if sentence.replace(" ", "_") in known.questions:
        return Match(sentence.replace(" ", "_"), {}, 1.0)
    accounts, sentence = asked_accounts(sentence, names.accounts)
    entities, rest = _entities(sentence, names)
    index = index_of(known)
    words = telling_words(rest) + [entity for entity, _ in entities]
    ranked = by_score(words, rest, index)
    nearest = tuple(question for question, _ in ranked[:3])
    best, score = ranked[0] if ranked else ("", 0.0)
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    unsure = score < SURE or (score < STRONG and score - second < MARGIN)
    if unsure or unknown_share(words, index) > UNKNOWN:
        listed = "; ".join(f"{known.questions[q].asks} ({q})" for q in nearest)
        return NoMatch(nearest, f"no governed question answers that. Nearest: {listed}")
    question = known.questions[best]
    params, missing, choices = _params(question, sentence, entities, names, published)
    params |= _of_accounts(question, accounts)
    return Match(best, params, round(score, 3), nearest[1:], missing, choices)


def names_of(published: Published) -> Names:
    """The features, events and experiments of a version."""
    with published.session() as session:
        features: dict[str, str] = {}
        events: dict[str, str] = {}
        experiments: dict[str, str] = {}
        if published.has("marts.dim_features"):
            for feature, name in session.run(
                "select feature, name from marts.dim_features where feature is not null"
            ):
                features |= {clean(feature): feature, clean(name or feature): feature}
        if published.has("marts.fct_event_days"):
            for (event,) in session.run(
                "select distinct event_name from marts.fct_event_days where event_name is not null"
            ):
                events[clean(event)] = event
        if published.has("marts.dim_experiments"):
            for key, name in session.run(
                "select experiment_id, name from marts.dim_experiments where experiment_id is not null"
            ):
                experiments |= {clean(key): key, clean(name or key): key}
        properties = _column(session, published, "marts.dim_event_properties", "property")
        releases = _column(session, published, "marts.dim_releases", "release")
        accounts = {c: _column(session, published, "marts.dim_accounts", c) for c in COLUMNS}
    return Names(features, events, experiments, properties, releases, accounts)


def _of_accounts(question: Question, accounts: Accounts | None) -> dict[str, Any]:
    """The accounts that the words name, as a condition where the question takes one."""
    return {"where": [accounts.condition]} if accounts is not None and question.where else {}


def _column(session: Session, published: Published, table: str, column: str) -> dict[str, str]:
    if not published.has(table):
        return {}
    rows = session.run(f"select distinct {column} from {table} where {column} is not null")  # noqa: S608
    return {clean(value): value for (value,) in rows}


def _entities(sentence: str, names: Names) -> tuple[list[tuple[str, str]], str]:
    """Features, events and experiments named in the sentence, and the sentence without them."""
    found: list[tuple[str, str]] = []
    rest = f" {sentence} "
    for kind, known in (
        ("experiment", names.experiments),
        ("feature", names.features),
        ("event", names.events),
        ("property", _properties(sentence, names)),
        ("release", names.releases),
    ):
        for written in sorted(known, key=len, reverse=True):
            if (
                written
                and written not in STOPWORDS
                and SAME.get(written) not in ("user", "hit")
                and f" {written} " in rest
            ):
                found.append((kind, known[written]))
                rest = rest.replace(f" {written} ", " ", 1)
    rest = " ".join(rest.split())
    close = None if found else _close(rest, names)
    if close is not None:
        found.append((close[0], close[1]))
        rest = f" {rest} ".replace(f" {close[2]} ", " ", 1).strip()
    return found, rest


def _properties(sentence: str, names: Names) -> Mapping[str, str]:
    """Properties that may be meant; one plain word like "plan" only where the sentence is about a property."""
    if f" {sentence} ".count(" property ") or sentence.endswith(" mean"):
        return names.properties
    return {written: name for written, name in names.properties.items() if " " in written}


def _params(
    question: Question,
    sentence: str,
    entities: list[tuple[str, str]],
    names: Names,
    published: Published | None,
) -> tuple[dict[str, Any], tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Parameters that the words give, the ones still missing, and what could fill them."""
    params: dict[str, Any] = {}
    padded = f" {sentence} "
    for preset in question.presets:
        if any(f" {word} " in padded for word in preset.get("words", ())):
            params |= {key: value for key, value in preset["params"].items() if key not in params}
    for kind, value in entities:
        if (
            kind in question.params
            and kind not in params
            and not (kind == "event" and "feature" in params)
        ):
            params[kind] = value
    named = [value for kind, value in entities if kind in ("property", "feature")]
    if question.id == "glossary" and named:
        params["text"] = named[0]
    if "since" in question.params and published is not None:
        params |= asked_since(sentence, entities, published)
    if published is not None and question.range_in_words and "unit" not in params:
        params |= asked_range(sentence, published)
    missing: list[str] = []
    choices: dict[str, tuple[str, ...]] = {}
    if question.id == "launch_effect" and "release" not in params and "feature" in params:
        params["release"] = params.pop("feature")
    if "release" in question.params and "release" not in params and published is not None:
        newest = newest_release(sentence, published)
        params |= {"release": newest} if newest else {}
    if question.id in NEED_A_USE and not {"feature", "event"} & params.keys():
        missing.append("feature")
        choices["feature"] = tuple(dict.fromkeys(names.features.values())) or tuple(
            names.events.values()
        )
    for name, parameter in question.params.items():
        if parameter.required and name not in params:
            missing.append(name)
            if name == "experiment":
                choices[name] = tuple(dict.fromkeys(names.experiments.values()))
            elif name == "release":
                launches = [*names.features.values(), *names.releases.values()]
                choices[name] = tuple(dict.fromkeys(launches))
            elif name == "steps":
                choices[name] = tuple(names.events.values())
    return params, tuple(missing), choices


def _close(sentence: str, names: Names) -> tuple[str, str, str] | None:
    """A feature or event written nearly like words of the sentence; only when it is clear which."""
    from rapidfuzz import fuzz

    words = [
        w
        for w in sentence.split()
        if w not in STOPWORDS
        and SAME.get(w) not in ("user", "hit")
        and w not in ("feature", "event")
    ]
    spans = [
        " ".join(words[a:b])
        for a in range(len(words))
        for b in range(a + 1, min(a + 4, len(words)) + 1)
    ]
    scored = [
        (fuzz.ratio(span, written), kind, value, span)
        for kind, known in (("feature", names.features), ("event", names.events))
        for written, value in known.items()
        for span in spans
        if len(span) >= 5
    ]
    best = max(scored, key=lambda item: item[0], default=None)
    return best[1:] if best and best[0] >= NEARLY else None


def texts(questions: Iterable[Question]) -> list[str]:
    """What each question asks, for a list to choose from."""
    return [question.asks for question in questions]
