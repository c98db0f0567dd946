"""`cyps child` and the prediction of one child, against the design of all children."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.explain import far_out, outside_bands, predict_child
from cyps.pack import read_pack
from made_models import made_cells, made_children, made_fit, packed, probabilities

CORPUS = Path(__file__).parents[1] / "golden" / "packs"
BY_HAND = CORPUS / "v1-by-hand.cyps.zip"
CHILDREN = made_children(3, 60)
CELLS = made_cells(CHILDREN)
BETA = np.array([-2.0, 0.4, 0.7, -0.9, 2.5, 0.3])
PACK = packed([made_fit(CELLS, BETA), made_fit(CELLS, BETA / 3, "CARE")], CELLS)
DRIVERS = ("sex", "group", "idaci", "urban")


def run(*args, columns=60):
    return CliRunner().invoke(main, [str(a) for a in args], env={"COLUMNS": str(columns)})


def one_line(text):
    return " ".join(text.split())


def test_every_child_of_a_table_is_predicted_as_from_the_table():
    expected = [probabilities(CHILDREN, CELLS, beta) for beta in (BETA, BETA / 3)]
    for i, row in enumerate(CHILDREN.to_dict("records")):
        found = predict_child(PACK, {name: row[name] for name in DRIVERS})
        assert [child.metric for child in found] == ["CIN", "CARE"]
        for child, probability in zip(found, expected, strict=True):
            assert child.probability == pytest.approx(probability[i], rel=1e-13)


def test_terms_add_up_and_multiply():
    child = predict_child(PACK, {"sex": "male", "group": "few", "idaci": "0.2", "urban": "no"})[0]
    assert [term.log_odds for term in child.terms] == [-2.0, 0.4, -0.9, 0.5, 0.0]
    assert child.terms[-1].sum == child.log_odds == pytest.approx(-2.0)
    odds = np.exp(-2.0) * np.prod([term.odds_ratio for term in child.terms[1:]])
    assert child.probability == pytest.approx(odds / (1 + odds), rel=1e-13)
    # The variances of the made-up covariance are 1/100 each: intercept, male, few, 0.2 x idaci.
    assert child.error == pytest.approx(np.sqrt((3 + 0.2**2) / 100))
    low, high = child.interval
    assert low < child.probability < high


def test_the_rest_is_at_the_reference_or_the_mean_and_says_so():
    child = predict_child(PACK, {"group": "some"}, rest_at_reference=True)[0]
    assert [term.level for term in child.terms[:3]] == ["", "female", "some"]
    assert [term.assumed for term in child.terms] == [False, True, False, True, True]
    idaci = child.terms[3]
    assert idaci.value == pytest.approx(CHILDREN["idaci"].mean(), rel=1e-12)
    bare = replace(PACK, driver_means=None)
    with pytest.raises(CypsError, match="'idaci' is a number, and the pack doesn't tell its mean"):
        predict_child(bare, {"group": "some"}, rest_at_reference=True)


def test_everything_wrong_is_said_at_once():
    with pytest.raises(CypsError) as error:
        predict_child(PACK, {"sex": "boy", "idaci": "much", "age": "4"})
    told = str(error.value).splitlines()
    assert told == [
        "There is no driver 'age'; there are sex, group, idaci, urban.",
        "'sex' cannot be 'boy': one of female (the reference), male.",
        "'group' is missing: one of most (the reference), some, few.",
        "'idaci' is a number, and 'much' is none.",
        "'urban' is missing: one of no (the reference), yes.",
    ]


def test_probabilities_far_out_are_not_lost():
    for number, limit in ((1e4, 1.0), (-1e4, 0.0)):
        child = predict_child(PACK, {"idaci": number}, rest_at_reference=True)[0]
        assert child.probability == limit


def test_a_number_on_a_wrong_scale_is_doubted_before_any_probability():
    done = run("child", BY_HAND, "--with", "idaci=25", "--with", "age=10-11", "--with", "sex=Male")
    assert done.exit_code == 0, done.output
    doubt = one_line(done.output).partition("Look at this first: ")[2]
    assert doubt.startswith(
        "idaci = 25 is hardly on the scale of the pack: it alone multiplies or divides the odds of "
        "CIN by 10 to the 27 against 0. If it is a rate from 0 to 1, write 0.25 for 25%. CIN "
    )
    told = json.loads(run("child", BY_HAND, "--with", "idaci=25", "--with", "age=10-11", "--with",
                          "sex=Male", "--json").output)  # fmt: skip
    assert told["notes"][0].startswith("Look at this first: idaci = 25")


def test_a_small_coefficient_does_not_hide_a_wrong_scale():
    mild = packed([made_fit(CELLS, BETA / 100)], CELLS)
    told = {"sex": "male", "group": "few", "urban": "no"}
    assert far_out(mild, predict_child(mild, told | {"idaci": 0.6})) == ()
    (doubt,) = far_out(mild, predict_child(mild, told | {"idaci": 25}))
    mean = CHILDREN["idaci"].mean()
    assert f"the scale of the pack: its mean over all children is {mean:.4g}. If it is a" in doubt
    assert far_out(mild, predict_child(mild, told, rest_at_reference=True)) == ()


@pytest.mark.parametrize("pack", sorted(CORPUS.glob("v[134]*.zip")), ids=lambda path: path.name)
def test_what_a_pack_tells_of_is_never_doubted(pack):
    loaded = read_pack(pack).pack
    numbers = {d.name: 0.3 for d in loaded.own_drivers if not d.categories}
    assert far_out(loaded, predict_child(loaded, numbers, rest_at_reference=True)) == ()


def test_whom_the_bands_leave_out_is_said():
    pack = read_pack(BY_HAND).pack
    assert outside_bands(pack)[0].startswith("age has bands from 6 to 11: nothing is predicted")
    assert outside_bands(PACK) == ()
    with pytest.raises(CypsError, match="No band holds 4: the model knows nothing of such"):
        predict_child(pack, {"age": 4, "sex": "male", "idaci": 0.2})
    with pytest.raises(CypsError, match="9 is in 8-9"):
        predict_child(pack, {"age": 9, "sex": "male", "idaci": 0.2})


def test_the_command_shows_each_term_in_a_narrow_terminal():
    done = run("child", BY_HAND, "--with", "age=10-11", "--with", "sex=Male", "--with", "idaci=0.2")
    assert done.exit_code == 0, done.output
    assert max(map(len, done.output.splitlines())) <= 60
    text = one_line(done.output)
    assert "Unsigned: nobody vouches for this pack." in text
    assert "sex male +0.1000 -3.4000 1.105" in text
    assert "age 10-11 +0.3000 -3.1000 1.350" in text
    assert "idaci (+2.5000 each) 0.2 +0.5000 -2.6000 1.649" in text
    assert "Probability 1 / (1 + exp(2.6000)) = 6.9138%" in text
    assert "The authority's own effect is 0" in text
    assert "age has bands from 6 to 11" in text


def test_json_has_the_numbers_in_full():
    done = run(
        "child", CORPUS / "v3-neutral.cyps.zip", "--with", "ethnic group=some", "--reference",
        "--metric", "care", "--json",
    )  # fmt: skip
    told = json.loads(done.output)
    assert list(told["metrics"]) == ["CARE"]
    care = told["metrics"]["CARE"]
    assert care["terms"][1]["coefficient"] == 1 / 3
    assert care["terms"][2] == {
        "driver": "idaci", "level": "0.1875", "coefficient": 3.75, "value": 0.1875,
        "log_odds": 0.703125, "sum": -5.25 + 1 / 3 + 0.703125,
        "odds_ratio": pytest.approx(np.exp(0.703125)), "assumed": True,
    }  # fmt: skip
    assert told["content_hash"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--with", "sex"], "'sex' does not say what. Write it like fsm=yes"),
        (["--with", "sex=male", "--with", "sex=female"], "'sex' is told twice"),
        (["--metric", "REF", "--reference"], "The pack has no metric REF. It has CIN, CARE"),
        ([], "'sex' is missing: one of female (the reference), male. 'age' is missing"),
    ],
)
def test_mistakes_are_sentences(args, says):
    done = run("child", BY_HAND, *args)
    assert done.exit_code == 2
    assert says in one_line(done.output)


def test_a_pack_of_use_has_no_child():
    done = run("child", CORPUS / "v2-shares.cyps.zip", "--reference")
    assert done.exit_code == 2
    assert "holds use without a model" in one_line(done.output)


def test_an_odds_ratio_without_end_leaves_room_for_the_drivers():
    done = run("child", BY_HAND, "--with", "idaci=25", "--with", "age=10-11", "--with", "sex=Male")
    assert max(map(len, done.output.splitlines())) <= 60
    assert "age 10-11 +0.3000 -3.1000 1.350" in one_line(done.output)
    assert re.search(
        r"idaci \(\+2\.5000 each\) 25 \+62\.5000 \S+ 1\.39e\+27", one_line(done.output)
    )
