"""The made-up England never changes by itself: people compare workbooks made from it."""

import hashlib

import numpy as np

from cyps.settlement.illustration import illustration
from cyps.settlement.record import to_json

RECORD = "0e6194fd3f8a62ea2ced8166c3d4531760c5d2d28cbd1faaac65b2759dbde788"


def test_the_illustration_is_the_one_of_earlier_versions():
    """A change here is a change of everybody's example: renew the hash only if that is meant."""
    made = illustration()
    text = to_json(made.scenario, made.use)
    assert hashlib.sha256(text.encode()).hexdigest() == RECORD


def test_everybody_has_use_money_and_some_are_on_the_floor():
    made = illustration()
    assert (made.use.children > 0).all()
    assert made.pounds.sum() == made.scenario.pot
    change = made.pounds / made.scenario.baseline - 1
    assert np.isclose(change, -0.05, atol=1e-6).sum() > 5
    assert (change > 0).sum() > 50
