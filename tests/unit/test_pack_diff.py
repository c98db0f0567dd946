"""The difference between two packs: every sentence, and numbers worked out by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend
from cyps.pack import Driver, read_pack
from cyps.pack.diff import diff_packs, shares_csv

CORPUS = Path(__file__).parents[1] / "golden" / "packs"


def corpus(name):
    return read_pack(CORPUS / f"{name}.cyps.zip").pack


@pytest.fixture
def pack():
    """Three authorities, CIN and CARE, sex[male] and idaci; standard errors 0.1, 0.02, 0.3."""
    return corpus("v2-imported")


def with_use(pack, children, **changes):
    return replace(pack, use=replace(pack.use, children=np.array(children), **changes))


def test_nothing_changed(pack):
    diff = diff_packs(pack, pack)
    assert (diff.words, diff.coefficients) == ((), ())
    assert not np.any(diff.shares.rate)


def test_coefficients_in_standard_errors_of_the_first_largest_first(pack):
    cin, care = pack.models
    other = replace(
        pack,
        models=(
            replace(cin, coefficients=np.array([-3.45, 0.06, 2.5]), published_errors=np.ones(3)),
            replace(care, coefficients=np.array([-5.25, 1 / 3, 4.0])),
        ),
    )
    changes = diff_packs(pack, other).coefficients
    assert [(c.metric, c.label) for c in changes] == [
        ("CIN", "sex[male]"), ("CIN", "Intercept"), ("CARE", "idaci"),
    ]  # fmt: skip
    assert changes[0].in_errors == pytest.approx(-2)  # -0.04 / 0.02
    assert changes[1].in_errors == pytest.approx(0.5)  # 0.05 / 0.1
    assert changes[2].in_errors is None  # an error of 0 sizes nothing
    assert (changes[2].before, changes[2].after) == (3.75, 4.0)


def test_shares_by_hand(pack):
    before = with_use(pack, [[10, 1], [30, 1], [60, 2]])
    after = with_use(pack, [[20, 1], [30, 1], [50, 2]])
    shares = diff_packs(before, after).shares
    # No spend: 100 children of CIN, 4 of CARE; every child weighs the same.
    assert shares.weights.tolist() == [100 / 104, 4 / 104]
    assert "every child of every metric weighs the same" in shares.weights_are
    hand = [(10 + 1) / 104, (30 + 1) / 104, (60 + 2) / 104]
    np.testing.assert_allclose(shares.before, hand, rtol=1e-15)
    np.testing.assert_allclose(shares.after, [21 / 104, 31 / 104, 52 / 104], rtol=1e-15)
    np.testing.assert_allclose(shares.rate, [10 / 11, 0, -10 / 62], atol=1e-15)


def test_shares_with_spend_by_hand(pack):
    before = with_use(pack, [[10, 1], [30, 1], [60, 2]])
    after = with_use(pack, [[20, 1], [30, 1], [50, 2]])
    spend = [ServiceAreaSpend("a", "CIN", 30.0), ServiceAreaSpend("b", "CARE", 10.0)]
    shares = diff_packs(before, after, spend=spend).shares
    np.testing.assert_allclose(shares.before, [0.1375, 0.2875, 0.575], rtol=1e-14)
    np.testing.assert_allclose(shares.after, [0.2125, 0.2875, 0.5], rtol=1e-14)
    more = [*spend, ServiceAreaSpend("c", "CEASED", 10.0)]
    with pytest.raises(CypsError, match=r"stands for metric CEASED.*Both packs have CIN, CARE\."):
        diff_packs(before, after, spend=more)


def test_tables_of_shares_weigh_metrics_alike():
    pack = corpus("v2-shares")
    assert diff_packs(pack, pack).shares.weights == pytest.approx([0.5, 0.5])


def test_an_authority_that_one_pack_lacks(pack):
    use = pack.use
    fewer = replace(
        pack,
        use=replace(use, codes=use.codes[1:], names=use.names[1:], children=use.children[1:]),
    )
    diff = diff_packs(pack, fewer)
    assert "Authorities only in the first: Hartlepool." in diff.words
    assert np.isnan(diff.shares.after[0])
    assert diff.shares.after[1:].sum() == pytest.approx(1)
    lines = shares_csv(diff.shares).decode().splitlines()
    assert lines[0] == "code,name,share_before,share_after,change,change_rate"
    assert lines[1].startswith("E06000001,Hartlepool,0.0")
    assert lines[1].endswith(",,,")
    back = diff_packs(fewer, pack)
    assert "Authorities only in the second: Hartlepool." in back.words


def test_no_metric_in_common(pack):
    other = replace(
        corpus("v2-shares"), use=replace(corpus("v2-shares").use, metrics=("REF", "CEASED"))
    )
    assert diff_packs(pack, other).shares is None


def test_what_the_manifest_says_in_words(pack):
    cin, care = pack.models
    other = replace(
        pack, name="New", status="assumed", statement="No.", source="b", created="2026-12-01",
        year=2025, sample_children=3_300_000, nagq=7,
        models=(replace(cin, sigma=None, events=9, verdict="typed"), replace(care, sigma=0.5)),
    )  # fmt: skip
    assert diff_packs(pack, other).words == (
        "Name: 'Imported' became 'New'.",
        "Status: 'published' became 'assumed'.",
        "Statement: 'Says nothing of any authority.' became 'No.'.",
        "Source: 'a script' became 'b'.",
        "Date: '2026-11-21' became '2026-12-01'.",
        "Year: 2024 became 2025.",
        "Children of the sample: not given became 3,300,000.",
        "Quadrature nodes: not given became 7.",
        "CIN, sigma: 0.31 became not given.",
        "CIN, children with the event: not given became 9.",
        "CIN, verdict: 'imported' became 'typed'.",
        "CARE, sigma: not given became 0.5.",
    )


def test_another_kind_and_what_can_no_longer_be_had():
    words = diff_packs(corpus("v2-complete"), corpus("v2-shares")).words
    assert "Kind: 'coefficients' became 'use'." in words
    assert "Measure of use: 'children' became 'share'." in words
    assert any(word.startswith("New: No model stands in this pack") for word in words)
    assert "Driver 'sex' was taken out." in words
    back = diff_packs(corpus("v2-imported"), corpus("v2-complete")).words
    assert any(word.startswith("No longer so: Uncertainty of shares is not") for word in back)


def test_use_of_all_authorities_in_words(pack):
    words = diff_packs(pack, with_use(pack, pack.use.children * [2, 1])).words
    assert words == ("CIN, use of all authorities: 7,331 children became 14,663.",)


def test_drivers_in_words(pack):
    sex, idaci = pack.drivers
    other = replace(
        pack,
        drivers=(Driver("sex", "area", ("boy", "female")), Driver("idaci", "area"),
                 Driver("fsm", "child")),
    )  # fmt: skip
    other = replace(other, models=tuple(
        replace(m, coefficients=np.append(m.coefficients, 1.0),
                published_errors=np.append(m.published_errors, 1.0))
        for m in pack.models
    ))  # fmt: skip
    assert other.labels == ("Intercept", "sex[female]", "idaci", "fsm")
    diff = diff_packs(pack, other)
    assert diff.words == (
        "Driver 'fsm' is new.",
        "Driver 'sex' was of the child, and is of the area.",
        "'sex' lost its category 'male'.",
        "'sex' has a new category 'boy'.",
        "The reference of 'sex' was 'female', and is 'boy': its coefficients and the intercept "
        "cannot be compared one by one.",
    )
    number = replace(pack, drivers=(Driver("sex", "child"), idaci))
    assert "The reference of 'sex' was 'female', and is not given: its coefficients" in " ".join(
        diff_packs(pack, number).words
    )
    assert sex.categories == ("female", "male")


def test_a_changed_reference_takes_its_coefficients_out(pack):
    other = replace(
        pack,
        drivers=(Driver("sex", "child", ("unknown", "male")), pack.drivers[1]),
        models=tuple(replace(m, coefficients=m.coefficients + 1) for m in pack.models),
    )
    labels = {c.label for c in diff_packs(pack, other).coefficients}
    assert labels == {"idaci"}
