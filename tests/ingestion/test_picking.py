"""Bytes that are picked by flags, by polars' core or by numpy."""

from __future__ import annotations

import numpy as np
import pytest

from ingestion.formats import picking


def test_the_core_of_the_polars_in_the_lock_is_found():
    assert picking.core() is not None, "proving lines takes twice as long: look where it is now"


@pytest.mark.parametrize("size", [0, 1, 7, 64, 1000, 100_003])
@pytest.mark.parametrize("with_core", [True, False])
def test_every_byte_with_a_flag_is_picked_in_order(monkeypatch, size, with_core):
    if not with_core:
        monkeypatch.setattr(picking, "core", lambda: None)
    chance = np.random.default_rng(size)
    text = np.frombuffer(chance.integers(0, 256, size, np.uint8).tobytes(), np.uint8)
    for flags in (chance.random(size) < 0.3, np.zeros(size, bool), np.ones(size, bool)):
        assert picking.picked(text, flags).tobytes() == text[flags].tobytes()
