"""How numbers are written: golden cases (case 166); and in which colour a change."""

from __future__ import annotations

from datetime import datetime

import pytest

from dashboards import wording
from dashboards.snapshots import sentences
from dashboards.snapshots.headline import Headline


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (wording.share(0.314), "31.4%"),
        (wording.share(0.99999), ">99.9%"),
        (wording.share(1), "100.0%"),
        (wording.share(0.00001), "<0.1%"),
        (wording.share(0), "0.0%"),
        (wording.share(None), "–"),
        (wording.share(float("nan")), "–"),
        (wording.count(1_000_000_000_000), "1,000,000,000,000"),
        (wording.number(-0.0), "0"),
        (wording.number(-0.04, 1), "0.0"),
        (wording.number(-12.5), "−12.5"),
        (wording.change_points(-0.018), "−1.8 pp"),
        (wording.change_points(0.00001), "±0.0 pp"),
        (wording.change_rate(0.021), "+2.1%"),
        (wording.interval(0.303, 0.326), "30.3–32.6%"),
        (wording.interval(-0.28, -0.26, 0), "−28% to −26%"),
        (wording.interval(0.78, 0.996, 0), "78% to >99%"),
        (wording.duration(45), "45 s"),
        (wording.duration(108), "1:48"),
        (wording.duration(79_200), "22 h"),
        (wording.duration(93_600), "1 d 2 h"),
        (wording.period("2026-11-09", "week"), "9–15 Nov 2026"),
        (wording.period("2025-12-29", "week"), "29 Dec 2025–4 Jan 2026"),
        (wording.period("2026-10-01", "quarter"), "Q4 2026"),
        (
            wording.instant(datetime(2026, 11, 15, 22, 59), "Europe/Berlin"),
            "Sun 15 Nov 2026, 23:59",
        ),
    ],
)
def test_case_166_a_number_reads_as_decided(written: str, text: str) -> None:
    assert written == text


@pytest.mark.parametrize(
    ("value", "state", "colour"), [(0.81, "warn", "good"), (0.70, "good", "warn")]
)
def test_a_change_is_coloured_by_its_direction_and_not_by_the_target(value, state, colour):
    """As in the design: a rise that is still under target is green, a fall that is still on target is not."""
    headline = Headline(
        "k1", "Answered", "kpis", {}, value=value, before=0.75, state=state, is_clear_change=True
    )
    (told, *_) = sentences.changed([headline])
    assert (told.state, told.size[0]) == (colour, "▲" if value > 0.75 else "▼")
