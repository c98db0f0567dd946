"""Every pack format ever written keeps loading, with the same numbers to the last bit."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.pack import Standing, read_pack, read_trust

CORPUS = Path(__file__).parents[1] / "golden" / "packs"
PACKS = sorted(path.name.removesuffix(".cyps.zip") for path in CORPUS.glob("*.cyps.zip"))


def loaded_and_told(name):
    told = json.loads((CORPUS / f"{name}.json").read_text(encoding="utf-8"))
    return read_pack(CORPUS / f"{name}.cyps.zip"), told


def test_no_pack_of_the_corpus_is_lost():
    assert PACKS == [
        "v1-by-hand", "v1-fitted", "v2-complete", "v2-imported", "v2-shares", "v2-without-errors",
        "v3-neutral", "v3-unmarked", "v4-joint",
    ]  # fmt: skip


@pytest.mark.parametrize("name", PACKS)
def test_numbers_are_the_ones_that_were_written(name):
    loaded, told = loaded_and_told(name)
    pack = loaded.pack
    assert loaded.content_hash == told["content_hash"]
    assert list(pack.labels) == told["labels"]
    assert [model.metric for model in pack.models] == list(told["metrics"])
    for model in pack.models:
        numbers = told["metrics"][model.metric]
        assert model.coefficients.tolist() == numbers["coefficients"]
        if numbers["covariance"] is None:
            assert model.covariance is None
        else:
            assert model.covariance.tolist() == numbers["covariance"]
        if "standard_errors" in numbers:
            errors = model.standard_errors
            assert (None if errors is None else errors.tolist()) == numbers["standard_errors"]
        for word in ("sigma", "loglik", "events", "verdict"):
            assert getattr(model, word) == numbers[word]
        assert model.area_sigma == numbers.get("area_sigma")
    assert list(pack.use.codes) == told["codes"]
    assert pack.use.children.tolist() == told["children"]
    assert pack.use.suppressed == told["suppressed"]
    sample = (pack.sample_children, pack.sample_authorities, pack.sample_areas, pack.nagq)
    assert list(sample) == told["sample"]
    assert pack.kind == told.get("kind", "coefficients")
    assert pack.use.measure == told.get("measure", "children")


@pytest.mark.parametrize("name", PACKS)
def test_gradients_are_the_ones_that_were_written(name):
    loaded, told = loaded_and_told(name)
    gradient = loaded.pack.use.gradient
    if "gradient_sums" in told:
        np.testing.assert_array_equal(gradient.sum(axis=1), told["gradient_sums"])
    elif told["gradient"] is None:
        assert gradient is None
    else:
        assert gradient.tolist() == told["gradient"]


@pytest.mark.parametrize("name", PACKS)
def test_what_is_hidden_neutralised_or_averaged_is_what_was_written(name):
    loaded, told = loaded_and_told(name)
    pack = loaded.pack
    if "hidden" in told:
        hidden = pack.use.hidden
        assert (None if hidden is None else hidden.tolist()) == told["hidden"]
    elif pack.use.suppressed or pack.use.gradient is None:
        assert pack.use.hidden is None
    else:
        assert not pack.use.hidden.any()
    means = told.get("driver_means")
    if means is None:
        assert pack.driver_means is None
    else:
        assert [None if mean != mean else mean for mean in pack.driver_means.tolist()] == means
    assert [
        {
            "drivers": [list(pair) for pair in table.drivers],
            "codes": list(table.use.codes),
            "children": table.use.children.tolist(),
        }
        for table in pack.neutralised
    ] == told.get("neutralised", [])


@pytest.mark.parametrize("name", PACKS)
def test_states_hold_for_ever(name):
    trust = read_trust(CORPUS / "trust.toml")
    state = read_pack(CORPUS / f"{name}.cyps.zip", trust=trust).state
    signed = name in {"v2-complete", "v2-shares"}
    assert state.standing is (Standing.TRUSTED if signed else Standing.UNSIGNED)


@pytest.mark.parametrize("name", PACKS)
def test_every_pack_can_be_shown_and_signed(name, tmp_path):
    shown = CliRunner().invoke(main, ["pack", "show", str(CORPUS / f"{name}.cyps.zip")])
    assert shown.exit_code == 0, shown.output
    shutil.copy(CORPUS / f"{name}.cyps.zip", tmp_path / "p.cyps.zip")
    CliRunner().invoke(main, ["pack", "keys", "new", "--out", str(tmp_path / "key")])
    signed = CliRunner().invoke(
        main,
        ["pack", "sign", str(tmp_path / "p.cyps.zip"), "--key", str(tmp_path / "key"),
         "--signer", "Another"],
    )  # fmt: skip
    assert signed.exit_code == 0, signed.output
    loaded, _ = loaded_and_told(name)
    assert read_pack(tmp_path / "p.cyps.zip").content_hash == loaded.content_hash
