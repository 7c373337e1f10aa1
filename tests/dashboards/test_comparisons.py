"""Comparing groups: published figures of the methods, exact decomposition, groups too small to show, power."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest

from dashboards.engine.comparisons import benjamini_hochberg, newcombe, phi, share_test
from dashboards.engine.decomposition import Part, effects, total
from dashboards.engine.groups import OTHER, shown_as
from dashboards.engine.power import Design, smallest_effect, total_units
from dashboards.engine.sensitivity import explained


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [  # Newcombe 1998, table II, method 10
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 20), 0.6791, 1.0000),
    ],
)
def test_newcombe_gives_the_published_intervals(counts, low, high):
    assert newcombe(*counts) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_shares_are_tested_by_z_and_thin_ones_by_fisher():
    # the lady who tastes tea: 3 of 4 against 1 of 4
    assert share_test(3, 4, 1, 4) == pytest.approx(34 / 70)
    # 75 % of 40 against 40 % of 60: z is 3.4403
    assert share_test(30, 40, 24, 60) == pytest.approx(math.erfc(3.4403 / math.sqrt(2)), rel=1e-3)
    assert share_test(0, 10, 0, 10) is None and share_test(1, 1, 0, 0) is None
    assert newcombe(1, 2, 0, 0) is None


def test_phi_is_the_correlation_of_two_facts():
    assert phi(8, 10, 2, 10) == pytest.approx(0.6)
    assert phi(10, 10, 0, 10) == 1 and phi(5, 10, 5, 10) == 0
    assert phi(10, 10, 10, 10) is None


def test_benjamini_hochberg_steps_up_over_those_that_exist():
    found = benjamini_hochberg([0.01, None, 0.04, 0.03, 0.005])
    assert found == [pytest.approx(0.02), None, 0.04, 0.04, pytest.approx(0.02)]


def test_rule_D6_effects_add_up_to_the_change():
    dice = random.Random(6)
    for _ in range(200):
        names = [f"s{n}" for n in range(dice.randint(1, 9))]
        sides = [
            {
                name: Part(units, dice.randint(0, 10 * units))
                for name in names
                if (units := dice.choice([0, 1, 7, 500, 90_000]))
            }
            for _ in range(2)
        ]
        for is_count in (True, False):
            before, after = map(total, sides)
            if not is_count and not (before.units and after.units):
                continue
            told = effects(*sides, is_count=is_count)
            exact = [Fraction(int(p.total), 1 if is_count else p.units) for p in (before, after)]
            assert math.fsum(e.whole for e in told) == pytest.approx(
                float(exact[1] - exact[0]), abs=1e-9
            )


def test_rule_D6_a_segment_that_was_not_there_is_mix_alone():
    told = effects({"a": Part(4, 2)}, {"a": Part(4, 2), "b": Part(4, 4)}, is_count=False)
    assert {e.name: (e.mix, e.rate) for e in told} == {
        "a": (pytest.approx(0.0625), 0),
        "b": (pytest.approx(0.1875), 0),
    }


def test_groups_under_the_minimum_are_one_row_from_which_none_can_be_worked_out():
    assert shown_as({"a": (9,), "b": (6,)}, 5) == {"a": "a", "b": "b"}
    # a lone small group takes the next one with it; two that are small together as well
    assert shown_as({"a": (9,), "b": (6,), "c": (2,)}, 5) == {"a": "a", "b": OTHER, "c": OTHER}
    assert shown_as({"a": (9,), "b": (6,), "c": (1,), "d": (2,)}, 5)["b"] == OTHER
    assert shown_as({"a": (9,), "c": (3,), "d": (4,)}, 5) == {"a": "a", "c": OTHER, "d": OTHER}
    # small in one of two periods is small; nobody is not a group
    assert shown_as({"a": (9, 9), "b": (9, 2), "c": (0, 9)}, 5) == {"a": "a", "b": OTHER, "c": OTHER}  # fmt: skip
    # the twenty-first largest is no secret, but one too many
    many = {f"g{n:02d}": (100 - n,) for n in range(22)}
    assert sum(name == OTHER for name in shown_as(many, 5).values()) == 2


def test_rule_E9_the_smallest_effect_needs_just_the_units_there_are():
    for mean, deviation in ((0.2, None), (0.9, None), (3.5, 7.0), (0.0, None)):
        for design in (Design(), Design(0.01, 0.9, 0.2)):
            effect = smallest_effect(design, mean, deviation, 2188)
            assert effect is not None
            assert total_units(design, mean, deviation, effect) == pytest.approx(2188, rel=1e-9)
    # 1,094 per variant find 20 % against 25 %
    assert smallest_effect(Design(), 0.2, None, 2188) == pytest.approx(0.05, abs=1e-4)
    assert smallest_effect(Design(), 0.95, None, 20) is None  # a share cannot pass one
    assert smallest_effect(Design(), 1.0, 0.0, 20) is None and smallest_effect(Design(), 0.5, None, 0) is None  # fmt: skip


def test_what_weekdays_explain_is_the_share_of_the_variance_between_them():
    assert explained([[1, 1], [3, 3]]) == 1 and explained([[1, 3], [1, 3]]) == 0
    assert explained([[2, 2], [2]]) is None and explained([[1, 2]]) is None
