"""Experiment read-outs (metrics.md, section 5)."""

from __future__ import annotations

import json

import pytest
from scipy import stats

from dashboards.answer import BadParameter


def experiment(arms, registered=("control", "treatment"), weights=None, outcomes=True, **registry):
    """arms: {variant: [value of each unit]}."""
    exposures, values, n = [], [], 0
    for variant, units in arms.items():
        for value in units:
            n += 1
            exposures.append(
                {
                    "experiment_id": "x1",
                    "project": "default",
                    "unit_id": f"u{n}",
                    "variant": variant,
                    "exposed_at": "2024-03-02",
                }
            )
            if outcomes and value is not None:
                values.append(
                    {
                        "experiment_id": "x1",
                        "project": "default",
                        "unit_id": f"u{n}",
                        "metric": "converted",
                        "value": float(value),
                        "occurred_at": None,
                    }
                )
    variants = [{"key": key, "weight": (weights or {}).get(key, 0.5)} for key in registered]
    row = {
        "experiment_id": "x1",
        "project": "default",
        "name": "X",
        "control": "control",
        "variants": json.dumps(variants),
        "primary_metric": "converted",
        "secondary_metrics": "[]",
    }
    return {"dim_experiments": [row | registry], "fct_exposures": exposures, "fct_outcomes": values}


def share(part, whole):
    return [1] * part + [0] * (whole - part)


def test_proportions_by_two_proportion_z_and_lift(world):
    with world(
        tables=experiment({"control": share(100, 1000), "treatment": share(130, 1000)})
    ) as asks:
        answer = asks("experiment_result", experiment="x1")
        control, treatment = answer.rows
        assert (control["variant"], control["lift_absolute"], control["p_value"]) == (
            "control",
            None,
            None,
        )
        assert treatment["mean"] == pytest.approx(0.13)
        assert treatment["lift_absolute"] == pytest.approx(0.03) and treatment[
            "lift_relative"
        ] == pytest.approx(0.3)
        table = [[100, 900], [130, 870]]
        assert treatment["p_value"] == pytest.approx(
            stats.chi2_contingency(table, correction=False).pvalue, abs=1e-9
        )
        assert treatment["ci_low"] < 0.3 < treatment["ci_high"]
        assert treatment["absolute_ci_low"] == pytest.approx(
            0.03 - 1.959964 * (0.09 / 1000 + 0.1131 / 1000) ** 0.5, abs=1e-6
        )
        assert answer.summary["verdict"] == "better"


def test_means_by_welch(world):
    a, b = [1.0, 2.0, 3.0, 4.0, 10.0] * 30, [2.0, 2.5, 3.5, 6.0, 11.0] * 30
    with world(tables=experiment({"control": a, "treatment": b})) as asks:
        row = asks("experiment_result", experiment="x1").rows[1]
        reference = stats.ttest_ind(b, a, equal_var=False)
        interval = reference.confidence_interval()
        assert row["p_value"] == pytest.approx(reference.pvalue, abs=1e-9)
        assert (row["absolute_ci_low"], row["absolute_ci_high"]) == pytest.approx(
            (interval.low, interval.high), abs=1e-9
        )


def test_e1_a_sample_ratio_mismatch_locks_the_decision(world):
    with world(
        tables=experiment({"control": share(100, 1100), "treatment": share(130, 900)})
    ) as asks:
        summary = asks("experiment_result", experiment="x1").summary
        assert summary["srm_alarm"] and summary["verdict"] == "locked"
        assert summary["srm_p_value"] == pytest.approx(stats.chisquare([1100, 900]).pvalue)
    planned = experiment(
        {"control": share(100, 1100), "treatment": share(130, 900)},
        weights={"control": 0.55, "treatment": 0.45},
    )
    with world(tables=planned) as asks:
        assert asks("experiment_result", experiment="x1").summary["srm_p_value"] == pytest.approx(1)


def test_e1_no_verdict_under_a_hundred_exposures(world):
    with world(tables=experiment({"control": share(2, 70), "treatment": share(5, 20)})) as asks:
        summary = asks("experiment_result", experiment="x1").summary
        assert (summary["srm_p_value"], summary["srm_alarm"]) == (None, False)


def test_e2_units_in_several_variants_are_removed_counted_and_above_one_percent_lock(world):
    for twice, verdict in ((2, "no difference shown"), (6, "locked")):
        tables = experiment({"control": share(50, 200), "treatment": share(52, 200)})
        tables["fct_exposures"] += [
            {
                "experiment_id": "x1",
                "project": "default",
                "unit_id": f"u{n}",
                "variant": "treatment",
                "exposed_at": "2024-03-03",
            }
            for n in range(1, twice + 1)
        ]
        with world(tables=tables) as asks:
            answer = asks("experiment_result", experiment="x1")
            assert (answer.summary["multi_variant_units"], answer.rows[0]["units"]) == (
                twice,
                200 - twice,
            )
            assert answer.summary["verdict"] == verdict


def test_e3_only_outcomes_after_the_first_exposure_count(world):
    tables = experiment({"control": share(0, 60), "treatment": share(0, 60)}, outcomes=False)
    for n, at in ((1, "2024-03-01"), (2, "2024-03-03"), (3, None), (2, "2024-03-04")):
        tables["fct_outcomes"].append(
            {
                "experiment_id": None,
                "project": "default",
                "unit_id": f"u{n}",
                "metric": "converted",
                "value": 1.0,
                "occurred_at": at,
            }
        )
    tables["fct_exposures"].append(
        {
            "experiment_id": "x1",
            "project": "default",
            "unit_id": "u1",
            "variant": "control",
            "exposed_at": "2024-03-05",
        }
    )
    with world(tables=tables) as asks:
        assert asks("experiment_result", experiment="x1").rows[0]["mean"] == pytest.approx(3 / 60)


@pytest.mark.parametrize(
    ("arms", "reason"),
    [
        ({"control": share(5, 200)}, "one arm"),
        ({}, "no exposed users"),
        ({"control": [1] * 100, "treatment": [1] * 100}, "does not vary"),
        ({"treatment": share(5, 200)}, "one arm"),
    ],
)
def test_e11_what_cannot_be_analysed_has_a_reason_and_no_p_value(world, arms, reason):
    with world(tables=experiment(arms)) as asks:
        answer = asks("experiment_result", experiment="x1")
        assert answer.summary["verdict"] == "cannot be analysed"
        assert any(reason in text for text in answer.summary["reasons"])
        assert all(row["p_value"] is None for row in answer.rows)
        assert "NaN" not in answer.to_json()


def test_case_102_no_conversion_in_the_control_gives_no_relative_lift_and_no_crash(world):
    with world(tables=experiment({"control": share(0, 200), "treatment": share(9, 200)})) as asks:
        row = asks("experiment_result", experiment="x1").rows[1]
        assert row["lift_relative"] is None and row["ci_low"] is None
        assert row["lift_absolute"] == pytest.approx(0.045) and 0 < row["p_value"] < 0.01


def test_variants_that_nobody_registered_are_left_out_and_said(world):
    tables = experiment(
        {"control": share(10, 100), "treatment": share(10, 100), "ghost": share(1, 10)}
    )
    with world(tables=tables) as asks:
        answer = asks("experiment_result", experiment="x1")
        assert [row["variant"] for row in answer.rows] == ["control", "treatment"]
        assert answer.summary["excluded_units"] == 10 and any(
            "ghost" in r for r in answer.summary["reasons"]
        )


def test_case_108_several_treatments_are_adjusted_by_holm(world):
    tables = experiment(
        {"control": share(100, 500), "b": share(140, 500), "c": share(125, 500)},
        registered=("control", "b", "c"),
        weights={"control": 1, "b": 1, "c": 1},
    )
    with world(tables=tables) as asks:
        _, b, c = asks("experiment_result", experiment="x1").rows
        assert b["p_value_adjusted"] == pytest.approx(2 * b["p_value"])
        assert c["p_value_adjusted"] == pytest.approx(max(c["p_value"], 2 * b["p_value"]))


def test_unknown_experiments_metrics_and_methods_are_errors(world):
    with world(tables=experiment({"control": share(1, 10), "treatment": share(1, 10)})) as asks:
        for more in (
            {"experiment": "x9"},
            {"experiment": "x1", "metric": "revenu"},
            {"experiment": "x1", "method": "bayesian"},
            {"experiment": "x1", "cuped": "true"},
            {},
        ):
            with pytest.raises(BadParameter):
                asks("experiment_result", **more)


def test_prior_experiments_are_found_by_words_with_lift_and_citations(world):
    tables = experiment(
        {"control": share(100, 500), "treatment": share(140, 500)},
        name="One page checkout",
        end_date="2024-03-10",
        decision="ship",
        learning="Fewer pages help",
    )
    tables["dim_experiments"].append(
        {
            "experiment_id": "x2",
            "name": "Checkout colour",
            "area": "growth",
            "prior_experiments": '[{"id": "x1", "kind": "builds_on"}, {"id": "x2", "kind": "builds_on"}]',
        }
    )
    with world(tables=tables) as asks:
        rows = asks("prior_experiments", text="one page checkout").rows
        assert rows[0]["experiment_id"] == "x1" and rows[0]["cited_by"] == 1
        assert rows[0]["lift_relative"] == pytest.approx(0.4)
        assert asks("prior_experiments", text="zebra migration").rows == []
        with pytest.raises(BadParameter, match="growth"):
            asks("prior_experiments", area="grwoth")


def test_e6_a_fixed_horizon_test_that_is_read_early_is_flagged(world):
    arms = {"control": share(100, 1000), "treatment": share(130, 1000)}
    for registry, flagged in (
        ({"end_date": "2024-03-20"}, True),
        ({"start_date": "2024-03-01", "planned_duration_days": 5}, False),
        ({"planned_sample_size": 5000}, True),
    ):
        with world(tables=experiment(arms, **registry), data_through="2024-03-10") as asks:
            reasons = asks("experiment_result", experiment="x1").summary["reasons"]
            assert any("planned" in text for text in reasons) is flagged
            assert (
                asks("experiment_result", experiment="x1", method="sequential").summary["reasons"]
                == []
            )


def test_e6_sequential_intervals_are_wider_and_agree_with_their_p_value(world):
    with world(
        tables=experiment({"control": share(100, 1000), "treatment": share(150, 1000)})
    ) as asks:
        fixed = asks("experiment_result", experiment="x1").rows[1]
        anytime = asks("experiment_result", experiment="x1", method="sequential").rows[1]
        assert (
            anytime["absolute_ci_low"]
            < fixed["absolute_ci_low"]
            < fixed["absolute_ci_high"]
            < anytime["absolute_ci_high"]
        )
        assert anytime["p_value"] > fixed["p_value"] and anytime["method"] == "sequential"
        assert (anytime["p_value"] < 0.05) == (anytime["absolute_ci_low"] > 0)


def test_case_107_daily_looks_at_a_a_tests_give_at_most_five_percent_false_wins():
    import random

    from dashboards.engine.statistics import Arm, compare, compare_anytime

    dice, runs = random.Random(11), 300
    wins = {compare: 0, compare_anytime: 0}
    for _ in range(runs):
        totals, seen = [0, 0], dict.fromkeys(wins, False)
        for day in range(1, 21):
            for arm in (0, 1):
                totals[arm] += sum(dice.random() < 0.2 for _ in range(100))
            for how in wins:
                p = how(
                    *(Arm(100 * day, total / (100 * day), 0.0, True) for total in totals)
                ).p_value
                seen[how] |= p is not None and p < 0.05
        for how in wins:
            wins[how] += seen[how]
    assert wins[compare_anytime] / runs <= 0.05 < wins[compare] / runs


def test_e9_sample_size_of_a_share_as_power_prop_test_has_it(world):
    events = [(f"u{n}", "open", "2024-03-10T10:00") for n in range(280)]
    with world(
        events, tables=experiment({"control": share(20, 100), "treatment": share(20, 100)})
    ) as asks:
        # R: power.prop.test(p1 = .10, p2 = .12, power = .8) gives n = 3840.85
        answer = asks("sample_size", baseline=0.1, mde_relative=0.2)
        row = answer.rows[0]
        assert (row["units_per_variant"], row["days"], row["feasible"]) == (3841, 769, False)
        fits = answer.summary["mde_absolute_that_fits"]
        again = asks("sample_size", baseline=0.1, mde_absolute=fits).rows[0]
        assert (again["days"], again["feasible"]) == (56, True)
        measured = asks("sample_size", metric="converted", mde_absolute=0.1).rows[0]
        assert measured["units_per_variant"] == 253  # 2 * (1.95996 + 0.84162)^2 * 0.16080 / 0.01
        for wrong in (
            {},
            {"baseline": 0.1},
            {"baseline": 0, "mde_relative": 0.1},
            {"baseline": 0.9, "mde_absolute": 0.2},
            {"metric": "x", "mde_absolute": 1},
        ):
            with pytest.raises(BadParameter):
                asks("sample_size", **wrong)
