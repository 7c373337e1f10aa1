"""Find the governed question behind plain words, or say that there is none.

Knows the catalogue's phrasings and how words are compared. Must not know how a question is computed, and never invents a
feature, an event or a number: what it cannot place it leaves out or asks for. Lexical, deterministic, offline.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from dashboards.catalogue import Catalogue, Question, load
from dashboards.catalogue.words import SAME, STOPWORDS, TIME_WORDS
from dashboards.since import asked_since

if TYPE_CHECKING:
    from dashboards.published import Published, Session

SURE = 0.60  # below this score nothing is answered
MARGIN = 0.04  # a runner-up this close makes a weak match unsure
STRONG = 0.78  # at this score the margin no longer matters
NEARLY = 82  # a feature or event written this much alike is the one meant
UNKNOWN = 0.45  # more than this share of unknown words is another subject


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


@dataclass(frozen=True)
class Entry:
    """One phrasing of one question as the set of its words."""

    question_id: str
    words: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Index:
    """All phrasings and how telling each word is."""

    entries: tuple[Entry, ...]
    weight: dict[str, float]
    vocabulary: dict[str, frozenset[str]]
    heaviest: float


def find(
    text: str, published: Published | None = None, catalogue: Catalogue | None = None
) -> Match | NoMatch:
    """The question that plain words ask, with parameters read from them, or the three nearest."""
    known = catalogue or load()
    names = names_of(published) if published is not None else Names()
    sentence = _clean(text[:500])
    if sentence.replace(" ", "_") in known.questions:
        return Match(sentence.replace(" ", "_"), {}, 1.0)
    entities, rest = _entities(sentence, names)
    index = _index(known)
    words = _words(rest) + [entity for entity, _ in entities]
    ranked = _ranked(words, rest, index)
    nearest = tuple(question for question, _ in ranked[:3])
    best, score = ranked[0] if ranked else ("", 0.0)
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    unsure = score < SURE or (score < STRONG and score - second < MARGIN)
    if unsure or _unknown_share(words, index) > UNKNOWN:
        listed = "; ".join(f"{known.questions[q].asks} ({q})" for q in nearest)
        return NoMatch(nearest, f"no governed question answers that. Nearest: {listed}")
    question = known.questions[best]
    params, missing, choices = _params(question, sentence, entities, names, published)
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
                features |= {_clean(feature): feature, _clean(name or feature): feature}
        if published.has("marts.fct_event_days"):
            for (event,) in session.run(
                "select distinct event_name from marts.fct_event_days where event_name is not null"
            ):
                events[_clean(event)] = event
        if published.has("marts.dim_experiments"):
            for key, name in session.run(
                "select experiment_id, name from marts.dim_experiments where experiment_id is not null"
            ):
                experiments |= {_clean(key): key, _clean(name or key): key}
        properties = _column(session, published, "marts.dim_event_properties", "property")
        releases = _column(session, published, "marts.dim_releases", "release")
    return Names(features, events, experiments, properties, releases)


def _column(session: Session, published: Published, table: str, column: str) -> dict[str, str]:
    if not published.has(table):
        return {}
    rows = session.run(f"select distinct {column} from {table} where {column} is not null")  # noqa: S608
    return {_clean(value): value for (value,) in rows}


def _clean(text: str) -> str:
    """Lower case, no punctuation, one space; accents stay, for the phrasings of other languages have them too."""
    text = (
        unicodedata.normalize("NFKC", text)
        .lower()
        .replace("a/b", "ab")
        .replace("_", " ")
        .replace("-", " ")
    )
    return " ".join(re.sub(r"[^\w\s]", " ", text).split())


def _words(text: str) -> list[str]:
    """The telling words, each as its idea; order does not matter."""
    found: dict[str, None] = {}
    for word in text.split():
        if word in STOPWORDS or len(word) == 1 and word.isalpha() or word in ("re", "ll", "ve"):
            continue
        stem = SAME.get(word) or SAME.get(_stem(word)) or _stem(word)
        if stem not in STOPWORDS:
            found[stem] = None
    return list(found)


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 5 and word.endswith("ing"):
        return word[:-3]
    if len(word) > 4 and word.endswith("ed") and not word.endswith("eed"):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss") and not word.endswith("us"):
        return word[:-1]
    return word


@functools.lru_cache(maxsize=4)
def _index_of(questions: tuple[tuple[str, tuple[str, ...]], ...]) -> Index:
    entries = [
        Entry(question, tuple(_words(_clean(text))), _clean(text))
        for question, texts in questions
        for text in texts
    ]
    spread: dict[str, set[str]] = {}
    for entry in entries:
        for word in entry.words:
            spread.setdefault(word, set()).add(entry.question_id)
    total = len(questions)
    weight = {word: math.log(1 + total / len(where)) for word, where in spread.items()}
    vocabulary: dict[str, set[str]] = {}
    for entry in entries:
        vocabulary.setdefault(entry.question_id, set()).update(entry.words)
    return Index(
        tuple(entries),
        weight,
        {q: frozenset(w) for q, w in vocabulary.items()},
        max(weight.values(), default=1.0),
    )


def _index(catalogue: Catalogue) -> Index:
    questions = []
    for question in catalogue.questions.values():
        extra = tuple(f"{word} {meaning}" for word, meaning in question.synonyms.items())
        questions.append(
            (
                question.id,
                (question.asks, question.id.replace("_", " "), *question.phrasings, *extra),
            )
        )
    return _index_of(tuple(questions))


def _ranked(words: list[str], sentence: str, index: Index) -> list[tuple[str, float]]:
    """Every question with its best score, best first."""
    if not words:
        return []
    from rapidfuzz import fuzz

    alike = {word: _alike(word, index) for word in words}
    asked = {word: _weight(word, alike[word], index) for word in words}
    whole = math.fsum(asked.values())
    union = {
        question: math.fsum(
            asked[w] * max((s for known, s in alike[w].items() if known in vocabulary), default=0.0)
            for w in words
        )
        / whole
        for question, vocabulary in index.vocabulary.items()
    }
    best: dict[str, float] = {}
    for entry in index.entries:
        if not entry.words:
            continue
        met = math.fsum(
            asked[w] * max((alike[w].get(known, 0.0) for known in entry.words), default=0.0)
            for w in words
        )
        phrase = {known: index.weight[known] for known in entry.words}
        covered = math.fsum(
            weight * max((alike[w].get(known, 0.0) for w in words), default=0.0)
            for known, weight in phrase.items()
        )
        score = (
            0.45 * met / whole
            + 0.25 * covered / math.fsum(phrase.values())
            + 0.30 * union[entry.question_id]
        )
        if entry.text == sentence:
            score = 1.0
        elif score > 0.4:
            score = max(score, 0.97 * fuzz.ratio(sentence, entry.text) / 100)
        best[entry.question_id] = max(best.get(entry.question_id, 0.0), score)
    return sorted(best.items(), key=lambda item: (-item[1], item[0]))


def _alike(word: str, index: Index) -> dict[str, float]:
    """The known words that are written like this one, with how much; short words must be exact."""
    from rapidfuzz.distance import DamerauLevenshtein

    if word in index.weight:
        return {word: 1.0}
    if len(word) < 4:
        return {}
    found = {}
    for known in index.weight:
        if sorted(known) == sorted(word) and known[0] == word[0]:
            found[known] = 0.9  # letters swapped
            continue
        if abs(len(known) - len(word)) <= 2 and len(known) >= 5:
            allowed = 1 if max(len(word), len(known)) < 7 else 2
            distance = DamerauLevenshtein.distance(word, known, score_cutoff=allowed)
            if distance <= allowed and (word[0] == known[0] or distance == 1 and len(word) > 5):
                found[known] = 1 - 0.1 * distance
    return found


def _weight(word: str, alike: Mapping[str, float], index: Index) -> float:
    if word in TIME_WORDS or word.isdigit():
        return 0.25 * index.heaviest
    return max((index.weight[known] for known in alike), default=index.heaviest)


def _unknown_share(words: list[str], index: Index) -> float:
    """How much of what was asked is in no phrasing of any question."""
    telling = [w for w in words if w not in TIME_WORDS and not w.isdigit()]
    unknown = [w for w in telling if not _alike(w, index)]
    return len(unknown) / len(telling) if telling else 1.0


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
    if published is not None and question.range == "recent" and "unit" not in params:
        params |= _range(sentence, published)
    missing: list[str] = []
    choices: dict[str, tuple[str, ...]] = {}
    if question.id == "feature_usage" and not {"feature", "event"} & params.keys():
        missing.append("feature")
        choices["feature"] = tuple(dict.fromkeys(names.features.values())) or tuple(
            names.events.values()
        )
    for name, parameter in question.params.items():
        if parameter.required and name not in params:
            missing.append(name)
            if name == "experiment":
                choices[name] = tuple(dict.fromkeys(names.experiments.values()))
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


def _range(sentence: str, published: Published) -> dict[str, str]:
    """`from` and `to` of "last month", "last 30 days" and the like, before the data's last complete day."""
    from dashboards.engine.periods import Calendar

    if published.data_through is None:
        return {}
    calendar = Calendar(str(published.settings["timezone"]), int(published.settings["week_start"]))
    today = calendar.to_local(published.data_through).date()
    if " yesterday " in f" {sentence} ":
        return {"from": (today - timedelta(days=1)).isoformat(), "to": today.isoformat()}
    if found := re.search(r"\b(?:last|past|previous) (\d{1,3}) days?\b", sentence):
        return {
            "from": (today - timedelta(days=int(found[1]))).isoformat(),
            "to": today.isoformat(),
        }
    if found := re.search(r"\b(?:last|past|previous) (?:(\d{1,2}) )?(week|month)s?\b", sentence):
        unit, count = found[2], int(found[1] or 1)
        index = calendar.index(unit, published.data_through)
        return {"from": calendar.label(unit, index - count), "to": calendar.label(unit, index)}
    return {}


def texts(questions: Iterable[Question]) -> list[str]:
    """What each question asks, for a list to choose from."""
    return [question.asks for question in questions]
