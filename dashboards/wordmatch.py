"""How the words of a sentence are compared with the phrasings of the catalogue.

Knows words, stems, synonyms and how telling each word is. Must not know parameters, features or data. Lexical,
deterministic, offline.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.catalogue import Catalogue
from dashboards.catalogue.words import SAME, STOPWORDS, TIME_WORDS


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


def clean(text: str) -> str:
    """Lower case, no punctuation, one space; accents stay, for the phrasings of other languages have them too."""
    text = (
        unicodedata.normalize("NFKC", text)
        .lower()
        .replace("a/b", "ab")
        .replace("_", " ")
        .replace("-", " ")
    )
    return " ".join(re.sub(r"[^\w\s]", " ", text).split())


def telling_words(text: str) -> list[str]:
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
def _built(questions: tuple[tuple[str, tuple[str, ...]], ...]) -> Index:
    entries = [
        Entry(question, tuple(telling_words(clean(text))), clean(text))
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


def index_of(catalogue: Catalogue) -> Index:
    questions = []
    for question in catalogue.questions.values():
        extra = tuple(f"{word} {meaning}" for word, meaning in question.synonyms.items())
        questions.append(
            (
                question.id,
                (question.asks, question.id.replace("_", " "), *question.phrasings, *extra),
            )
        )
    return _built(tuple(questions))


def by_score(words: list[str], sentence: str, index: Index) -> list[tuple[str, float]]:
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


def unknown_share(words: list[str], index: Index) -> float:
    """How much of what was asked is in no phrasing of any question."""
    telling = [w for w in words if w not in TIME_WORDS and not w.isdigit()]
    unknown = [w for w in telling if not _alike(w, index)]
    return len(unknown) / len(telling) if telling else 1.0
