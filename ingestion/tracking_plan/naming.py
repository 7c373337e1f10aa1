"""Judges names of events and properties, with reasons, and folds names that mean the same into one.

Knows: the convention object_verb_past and what a name may not carry. Must not know: a plan, data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.tracking_plan.verbs import BASES, NOT_PAST, NOUNS, PARTICLES, PASTS, past_of

MAX_NAME = 64
# object_verb_past, in lower case with underscores: report_published, teammate_invited
SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
VENDOR_PREFIX = re.compile(
    r"^(\$+|\[amplitude\]|amplitude|mixpanel|mp|posthog|ph|ga4?|gtm|fb|pendo)(?=[\s_.:-]|(?<=[$\]]))[\s_.:-]*",
    re.IGNORECASE,
)
DATE = re.compile(r"(?<!\d)((19|20)\d{2}([-_. ]?(0[1-9]|1[0-2])([-_. ]?[0-3]\d)?)?)(?!\d)")
ID = re.compile(
    r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|(?<![a-z0-9])(?=[a-f]*\d)[0-9a-f]{8,}(?![a-z0-9])|\d{3,}"
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z]+|[A-Z]")
# Letters of other alphabets that look like Latin ones.
_ALIKE, _LATIN = "аеорсухіјѕԁһӏкмтвнαορνιτκυχ", "aeopcyxijsdhlkmtbhaopvitkux"
LOOKALIKES = str.maketrans(_ALIKE + _ALIKE.upper(), _LATIN + _LATIN.upper())

PERSONAL = {
    "email": "an e-mail address", "mail": "an e-mail address", "e_mail": "an e-mail address",
    "phone": "a telephone number", "mobile_number": "a telephone number", "telephone": "a telephone number", "msisdn": "a telephone number",
    "first_name": "a person's name", "last_name": "a person's name", "full_name": "a person's name", "surname": "a person's name",
    "user_name": "a person's name", "username": "a person's name", "customer_name": "a person's name",
    "street": "an address", "address": "an address", "postal_code": "an address", "postcode": "an address", "zip_code": "an address",
    "ip": "an IP address", "ip_address": "an IP address", "latitude": "a place", "longitude": "a place", "lat": "a place", "lng": "a place",
    "birthday": "a date of birth", "birth_date": "a date of birth", "date_of_birth": "a date of birth", "dob": "a date of birth",
    "ssn": "a national id", "passport": "a national id", "tax_id": "a national id",
    "iban": "a bank account", "card_number": "a payment card", "credit_card": "a payment card", "cvv": "a payment card",
    "password": "a secret", "passwd": "a secret", "token": "a secret", "secret": "a secret", "api_key": "a secret",
}  # fmt: skip
# What is said about a person's data is not the data: has_email, is_mobile.
ABOUT = ("is", "has", "had", "was")


@dataclass(frozen=True)
class Reason:
    """Why a name breaks the convention: a short code, and words that say how to put it right."""

    code: str
    message: str


def audit(name: str) -> list[Reason]:
    """What is wrong with the name of an event; empty when nothing is."""
    return [*_spelling(name), *_grammar(name)]


def audit_property(name: str) -> list[Reason]:
    """What is wrong with the key of a property; a vendor's own keys keep their `$`."""
    return [] if name.startswith("$") else list(_spelling(name))


def looks_personal(name: str) -> str | None:
    """What personal data the key of a property looks like it holds, or None."""
    parts = words(name)
    if parts[:1] and parts[0] in ABOUT:
        return None
    # Only what the key ends with says what its value is: user_email, but not email_subject.
    endings = ("_".join(parts[-size:]) for size in (3, 2, 1))
    return next((PERSONAL[ending] for ending in endings if ending in PERSONAL), None)


def words(name: str) -> list[str]:
    """The words of a name in lower case, whatever separates them: `Sign Up`, `signUp` and `sign_up` are two."""
    return [word.casefold() for word in WORD.findall(_plain(name))]


def suggest(name: str) -> str:
    """The name as the convention would have it, as far as that can be told; a proposal, for a person to judge."""
    parts = words(VENDOR_PREFIX.sub("", name)) or ["event"]
    if not any(_is_past(part) for part in parts[1:]):
        if _verb_first(parts):
            parts = [*parts[1:], parts[0]]
        at = len(parts) - 1 - (len(parts) > 1 and parts[-1] in PARTICLES)
        if parts[at] in BASES and not _is_past(parts[at]):
            parts[at] = past_of(BASES[parts[at]])
    return "_".join(parts)


def fold(name: str) -> str:
    """Case, separators, look-alike letters and the tense of known verbs folded away; names that fold alike are nearly the same.

    Plurals stay: `reports_viewed` is often the list and `report_viewed` the report. A caller reports, it never merges.
    """
    parts = words(name)
    joined = "".join(BASES.get(part, part) for part in parts)
    if len(parts) == 1:  # reportpublished
        for size in range(len(joined) - 2, 4, -1):
            if joined[-size:] in BASES:
                return joined[:-size] + BASES[joined[-size:]]
    return joined or _plain(name).casefold()


def _spelling(name: str) -> Iterator[Reason]:
    shown = name if len(name) <= MAX_NAME else f"{name[:40]}…"
    if len(name) > MAX_NAME:
        yield Reason(
            "too_long", f"`{shown}` has {len(name)} characters; {MAX_NAME} are enough for a name"
        )
    if _plain(name) != name:
        yield Reason(
            "hidden_characters",
            "it has blanks around it, characters that cannot be seen, or letters that look like others; type it anew",
        )
    prefix = VENDOR_PREFIX.match(name)
    if prefix and prefix.group() != name:
        yield Reason(
            "vendor_prefix",
            f"`{prefix.group()}` is a tool's prefix; name what happened, the tool's spelling belongs in `seen_as`",
        )
    elif not SNAKE.fullmatch(name):
        yield Reason("case", "it is not lower case words with underscores")
    lower = name.casefold()
    date = DATE.search(lower)
    if date:
        yield Reason(
            "date_in_name",
            f"`{date.group()}` is a date; a name outlives it, so make it a property or the plan's dates",
        )
    number = ID.search(DATE.sub("", lower))
    if number:
        yield Reason(
            "id_in_name",
            f"`{number.group()[:20]}` looks like an id; one name per id can never be counted, so make it a property",
        )


def _grammar(name: str) -> Iterator[Reason]:
    parts = words(VENDOR_PREFIX.sub("", name))
    if len(parts) < 2:
        yield Reason("one_word", "it says no thing and what happened to it, like report_published")
        return
    if any(_is_past(part) for part in parts[1:]):
        return
    if _verb_first(parts):
        yield Reason("order", f"the verb `{parts[0]}` comes first; put the thing before it")
    elif _is_past(parts[0]):
        yield Reason("order", f"it says what happened, `{' '.join(parts[:2])}`, but not to what")
    else:
        verb = _last_word(parts)
        if verb in BASES:
            yield Reason("tense", f"`{verb}` is not past; write `{past_of(BASES[verb])}`")
        else:
            yield Reason("no_verb", "it has no verb in the past tense, like published or opened")


def _last_word(parts: list[str]) -> str:
    return parts[-2] if len(parts) > 1 and parts[-1] in PARTICLES else parts[-1]


def _verb_first(parts: list[str]) -> bool:
    first = parts[0]
    is_verb = _is_past(first) or (first in BASES and BASES[first] not in NOUNS)
    return is_verb and len(parts) > 1 and parts[1] not in PARTICLES


def _is_past(word: str) -> bool:
    return word in PASTS or (len(word) > 3 and word.endswith("ed") and word not in NOT_PAST)


def _plain(name: str) -> str:
    """The name as it looks: compatibility forms and look-alikes as Latin, nothing invisible, no blanks around."""
    if name.isascii() and name.isprintable():
        return name.strip()
    seen = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", name)
        if unicodedata.category(letter) not in ("Cf", "Cc")
    )
    if any("a" <= letter.casefold() <= "z" for letter in seen):
        seen = seen.translate(LOOKALIKES)
    return seen.strip()
