"""The macros of lift's statistics give the figures that spec §8.6 works out, whichever model calls them."""

from typing import Any

import duckdb
import pytest

from tests.support.simulated_experiments import MACROS


def value_of(macro: str, *arguments: float | str) -> Any:
    """What DuckDB makes of a macro's expression, its arguments as doubles."""
    texts = [argument if isinstance(argument, str) else f"{argument}::double" for argument in arguments]
    with duckdb.connect() as connection:
        return connection.execute(f"select {getattr(MACROS, macro)(*texts)}").fetchall()[0][0]


@pytest.mark.parametrize(
    ("arms", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_s_interval_is_that_of_his_paper(arms: tuple[int, ...], low: float, high: float) -> None:
    """A Wald interval, or bounds that are swapped, would call noise a lift where rates are near 0 or 1."""
    assert value_of("newcombe_low", *arms) == pytest.approx(low, abs=5e-5)
    assert value_of("newcombe_high", *arms) == pytest.approx(high, abs=5e-5)


def test_the_example_of_a_thousand_profiles() -> None:
    """Spec §8.6: 56/800 - 8/200, and what it could have shown."""
    assert value_of("newcombe_low", 56, 800, 8, 200) == pytest.approx(-0.01013, abs=5e-6)
    assert value_of("newcombe_high", 56, 800, 8, 200) == pytest.approx(0.05787, abs=5e-6)
    assert value_of("minimum_detectable_effect", 8, 800, 200) == pytest.approx(0.0434, abs=5e-5)


def test_the_hand_example_s_interval() -> None:
    """Spec §8.6: 3 of 8 against 1 of 2."""
    assert value_of("newcombe_low", 3, 8, 1, 2) == pytest.approx(-0.595237, abs=5e-7)
    assert value_of("newcombe_high", 3, 8, 1, 2) == pytest.approx(0.391072, abs=5e-7)


def test_the_sample_ratio_is_suspected_only_where_both_arms_are_expected_to_have_five() -> None:
    """Spec §8.6: 850 to 150 at 20 %; spec §8.3: null under 5, either way round."""
    assert value_of("sample_ratio_statistic", 850, 150, 20) == pytest.approx(15.625)
    assert value_of("sample_ratio_statistic", 25, 0, 20) == pytest.approx(5 + 25 / 20)
    assert value_of("sample_ratio_statistic", 24, 0, 20) is None
    assert value_of("sample_ratio_statistic", 0, 24, 80) is None


def test_nothing_is_said_of_what_has_no_variance() -> None:
    """Spec §8.3 and §8.4: no always-valid bounds where V = 0, no detectable effect where nobody or everybody orders."""
    assert value_of("always_valid_margin", 0, 0.02) is None
    assert value_of("minimum_detectable_effect", 0, 800, 200) is None
    assert value_of("minimum_detectable_effect", 200, 800, 200) is None
    # V = τ² = 0.01: √(2 · 0.01 · 0.02 / 0.01 · (ln 20 + ½ ln 2)) = √(0.04 · 3.3423059) = 0.3656395
    assert value_of("always_valid_margin", 0.01, 0.1) == pytest.approx(0.3656395, abs=5e-8)
