"""Functions on packs and settlements: the core's numbers, handles that last, errors in kind."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cyps.explain import bridge, compare, predict_child, uncertainty
from cyps.geography import GROUPINGS, grouping
from cyps.pack import read_pack
from cyps.settlement import FloorAndCeiling, settle
from cyps.settlement.checks import checks
from cyps.settlement.record import to_json
from cyps.settlement.summaries import totals_by
from cyps_addin import ErrorValue, answer, call, library, run_action
from cyps_addin.functions import explaining
from made_settlements import made

PACKS = Path(__file__).resolve().parents[1] / "golden" / "packs"


@pytest.fixture
def settlement():
    return made(seed=3, n=12)


@pytest.fixture
def scenario(settlement):
    return str(library.add_settlement(settlement))


def column(amounts):
    return [[x] for x in np.asarray(amounts).tolist()]


def test_allocations_and_shares_are_the_settlement_s(settlement, scenario):
    assert call("CYPS_ALLOCATIONS", scenario) == column(settlement.pounds)
    assert call("CYPS_ALLOCATIONS", scenario, None, "Damped") == column(
        settlement.damped.allocation
    )
    assert call("CYPS_SHARE", scenario) == column(settlement.share)
    assert call("CYPS_SHARE", scenario, "", "needs share") == column(settlement.needs_share)
    assert call("CYPS_SHARE", scenario, None, "care") == column(settlement.metric_share[:, 1])
    assert [row[0] for row in call("CYPS_AUTHORITIES", scenario)] == list(settlement.scenario.codes)


def test_authorities_by_code_or_name_in_any_direction(settlement, scenario):
    two = settlement.scenario.authorities[2], settlement.scenario.authorities[5]
    pounds = settlement.pounds[[2, 5]].tolist()
    for words in ([a.code for a in two], [a.name.upper() for a in two]):
        assert call("CYPS_ALLOCATIONS", scenario, [words]) == [pounds]
        assert call("CYPS_ALLOCATIONS", scenario, [[w] for w in words]) == [[p] for p in pounds]
    assert call("CYPS_ALLOCATIONS", scenario, two[0].name) == pounds[0]


def test_years_stand_beside_one_another_even_if_an_authority_moves(settlement, scenario):
    fewer = made(seed=4, n=11)
    later = str(library.add_settlement(fewer))
    codes = [[code] for code in fewer.scenario.codes[::-1]]
    both = call("CYPS_ALLOCATIONS", [[scenario, later]], codes)
    assert both == [
        [a, b]
        for a, b in zip(
            settlement.pounds[:11][::-1].tolist(), fewer.pounds[::-1].tolist(), strict=True
        )
    ]
    gone = answer("CYPS_ALLOCATIONS", [[scenario, later]])
    assert gone.error is ErrorValue.NOT_AVAILABLE


def test_a_what_if_is_the_settlement_made_anew(settlement, scenario):
    choices = [["pot", settlement.scenario.pot + 1000], ["Floor", -0.04], ["ceiling", 0.5],
               ["area cost", "none"], ["weight CIN", 0.5], ["weight CARE", 0.25],
               ["weight CEASED", 0.25], [None, None]]  # fmt: skip
    handle = call("CYPS_SCENARIO", scenario, choices)
    found = library.settlement_of(handle)
    assert found.weights.tolist() == [0.5, 0.25, 0.25]
    expected = settle(
        replace(
            settlement.scenario,
            pot=settlement.scenario.pot + 1000,
            damping=FloorAndCeiling(floor=-0.04, ceiling=0.5),
            area_cost=np.ones(12),
            spend=found.scenario.spend,
        ),
        settlement.use,
    )
    assert found.pounds.tolist() == expected.pounds.tolist()
    assert call("CYPS_SCENARIO", scenario, choices) == handle
    assert call("CYPS_SCENARIO", scenario) == scenario
    assert found.scenario.notes[0].startswith("What-if: typed in a workbook's cells: pot ")


def test_a_pack_in_a_what_if_brings_its_use():
    pack = call("CYPS_PACK", "sample")
    base = library.settlement_of(call("CYPS_SCENARIO", "sample"))
    found = library.settlement_of(call("CYPS_SCENARIO", "sample", [["pack", pack]]))
    assert found.use.children.tolist() == base.use.children.tolist()
    assert "nobody vouches" in found.use.basis


@pytest.mark.parametrize(
    ("choices", "error", "says"),
    [
        ([["pot", 1]], "#NUM!", "highest floor that fits"),
        ([["pot", 10.5]], "#VALUE!", "pence"),
        ([["purse", 1]], "#VALUE!", "no choice 'purse'"),
        ([["floor", None]], "#VALUE!", "has no value"),
        ([["floor", 0], ["FLOOR", 0]], "#VALUE!", "comes twice"),
        ([["floor", -2]], "#VALUE!", "between -100% and +1000%"),
        ([["weight CIN", 1]], "#VALUE!", "Give a weight for each"),
        ([["weight CIN", 1], ["weight CARE", 1], ["weight CEASED", 1]], "#VALUE!", "add up to 3"),
        ([["pot"]], "#VALUE!", "two columns"),
        ([["pack", "cyps:pack:x#0000000000000000"]], "#N/A", "not in this machine's library"),
    ],
)
def test_choices_that_cannot_be(scenario, choices, error, says):
    given = answer("CYPS_SCENARIO", scenario, choices)
    assert str(given.error) == error
    assert says in given.why


def test_explanations_are_the_core_s(settlement, scenario):
    other = settle(
        replace(settlement.scenario, pot=settlement.scenario.pot + 50_000), settlement.use
    )
    after = str(library.add_settlement(other))
    beside = compare(settlement, other)
    shown = call("CYPS_COMPARE", scenario, after)
    assert [row[4] for row in shown[1:]] == beside.change.tolist()
    made_bridge = bridge(settlement, other)
    steps = dict(call("CYPS_BRIDGE", scenario, after, settlement.scenario.codes[3])[1:])
    assert steps["pot"] == made_bridge.of("pot")[3]
    assert sum(v for k, v in steps.items() if k not in {"before", "after"}) == pytest.approx(
        steps["after"] - steps["before"], abs=1e-6
    )
    whole = call("CYPS_BRIDGE", scenario, after)
    assert whole[0] == ["code", "name", "before", *made_bridge.components, "after"]
    assert len(whole) == 13
    lines = call("CYPS_TRACE", scenario, settlement.scenario.codes[3])
    assert lines[-1][3] == settlement.pounds[3]
    assert [row[1] for row in call("CYPS_CHECKS", scenario)[1:]] == [
        check.state for check in checks(settlement)
    ]


def test_uncertainty_comes_from_the_pack_or_is_not_available():
    sample, pack = call("CYPS_SCENARIO", "sample"), call("CYPS_PACK", "sample")
    found = uncertainty(library.pack_of(pack).pack, library.settlement_of(sample).scenario)
    shown = call("CYPS_UNCERTAINTY", sample, pack, "leeds")
    assert shown[1][3:6] == [found.share_error[2], found.share.low[2], found.share.high[2]]
    bare = call("CYPS_PACK", str(PACKS / "v2-without-errors.cyps.zip"))
    refused = answer("CYPS_UNCERTAINTY", sample, bare)
    assert refused.error is ErrorValue.NOT_AVAILABLE
    assert "holds no covariance" in refused.why


def test_groups_and_regions_add_up(settlement, scenario):
    codes = [[code] for code in settlement.scenario.codes]
    names = [["a"], ["b"]] * 6
    shown = call("CYPS_GROUP_TOTALS", scenario, names, codes)
    assert [row[0] for row in shown] == ["group", "a", "b", "All authorities"]
    assert shown[1][5] == settlement.pounds[::2].sum()
    assert shown[1][5] + shown[2][5] == shown[3][5] == settlement.scenario.pot
    assert call("CYPS_GROUP_TOTALS", scenario)[-1][5] == settlement.scenario.pot
    turned = call("CYPS_GROUP_TOTALS", scenario, names[::-1], codes[::-1])
    assert turned == shown


def test_groups_that_have_a_name(settlement, scenario):
    for name in GROUPINGS:
        by = grouping(name, settlement.scenario.authorities)
        shown = call("CYPS_GROUP_TOTALS", scenario, name.upper())[1:-1]
        assert {row[0]: row[5] for row in shown} == {
            total.name: total.pounds for total in totals_by(settlement, by)
        }
    some = call("CYPS_GROUP_TOTALS", scenario, [["a"], ["a"]], [["Hartlepool"], ["E06000003"]])
    assert [row[:2] for row in some[1:]] == [["a", 2], ["In none", 10], ["All authorities", 12]]
    assert answer("CYPS_GROUP_TOTALS", scenario, "shoe").error is ErrorValue.VALUE


def test_an_authority_beside_its_neighbours(settlement, scenario, tmp_path):
    codes, pounds = settlement.scenario.codes, settlement.pounds
    by_name = call("CYPS_NEIGHBOURS", scenario, codes[1], [[codes[4], codes[2]]])
    assert [row[5] for row in by_name[1:]] == [
        pounds[1], pounds[4], pounds[2], pounds[4] + pounds[2],
    ]  # fmt: skip
    file = tmp_path / "neighbours.csv"
    file.write_text(f"code,SN1,SN2,SN3\n{codes[1]},{codes[4]},E10000016,{codes[2]}\n", "utf-8")
    assert call("CYPS_NEIGHBOURS", scenario, codes[1], str(file)) == by_name
    for refused in (
        answer("CYPS_NEIGHBOURS", scenario, codes[0], str(file)),
        answer("CYPS_NEIGHBOURS", scenario, codes[0], str(tmp_path / "none.csv")),
        answer("CYPS_NEIGHBOURS", scenario, codes[0], "Atlantis"),
    ):
        assert refused.error is ErrorValue.NOT_AVAILABLE


def test_use_with_drivers_neutralised_is_what_the_pack_holds():
    path = PACKS / "v3-neutral.cyps.zip"
    pack, packed = call("CYPS_PACK", str(path)), read_pack(path).pack
    assert packed.neutralised
    for table in packed.neutralised:
        typed = [[driver, how.upper()] for driver, how in table.drivers]
        assert call("CYPS_USE", pack, None, None, [*typed, [None, None]]) == (
            table.use.children.tolist()
        )
    plain = packed.use.children.tolist()
    assert call("CYPS_USE", pack, None, None, [[None, None]]) == plain
    nobody = answer("CYPS_USE", pack, None, None, [["no such driver", "average"]])
    assert (nobody.error, "no such driver" in nobody.why) == (ErrorValue.NOT_AVAILABLE, True)
    for wrong in ([["sex", "gone"]], [["sex"]]):
        assert answer("CYPS_USE", pack, None, None, wrong).error is ErrorValue.VALUE


def test_use_and_rates_of_a_pack():
    path = PACKS / "v2-complete.cyps.zip"
    pack = call("CYPS_PACK", str(path))
    children = read_pack(path).pack.use.children
    assert call("CYPS_USE", pack) == children.tolist()
    assert call("CYPS_USE", pack, [["Hartlepool", "E10000016"]], "care") == [
        children[[0, 2], 1].tolist()
    ]
    assert call("CYPS_USE_RATE", pack, 20_000, "Hartlepool", "CIN") == [
        [pytest.approx(children[0, 0] / 2, rel=1e-15)]
    ]
    assert dict(call("CYPS_PACK_INFO", pack)[1:])["state"] == "signed by an unknown signer"
    shares = call("CYPS_PACK", str(PACKS / "v2-shares.cyps.zip"))
    refused = answer("CYPS_USE_RATE", shares, [[1], [1], [1]])
    assert refused.error is ErrorValue.NOT_AVAILABLE
    assert "shares of use, not numbers of children" in refused.why


def test_a_child_s_probability_is_the_core_s_and_stays_out_of_the_log(own_data):
    pack = call("CYPS_PACK", "sample")
    told = {"sex": "male", "idaci": 0.25}
    expected = predict_child(library.pack_of(pack).pack, told)
    shown = call("CYPS_CHILD", pack, [["sex", "Male"], ["idaci", 0.25], [None, None]])
    assert [row[:2] for row in shown[1:]] == [[x.metric, x.probability] for x in expected]
    assert [tuple(row[2:4]) for row in shown[1:]] == [x.interval for x in expected]
    for child, says in (
        ([["sex", "male"]], "'idaci' is missing"),
        ([["sex", "other"], ["idaci", 0.1]], "'sex' cannot be 'other'"),
        ([["shoe", 1]], "There is no driver 'shoe'"),
        ([["sex", None]], "has no level"),
    ):
        given = answer("CYPS_CHILD", pack, child)
        assert given.error is ErrorValue.VALUE
        assert says in given.why
    assert says in call("CYPS_LAST_ERROR")
    log = (own_data / "cyps_addin.log").read_text("utf-8")
    assert "sex" not in log
    assert log.count("CYPS_CHILD: #VALUE!") == 4
    bare = call("CYPS_PACK", str(PACKS / "v2-shares.cyps.zip"))
    assert answer("CYPS_CHILD", bare, [["sex", 1]]).error is ErrorValue.NOT_AVAILABLE


def test_names_are_taken_in_any_case_and_with_the_blanks_that_pasting_leaves():
    pack, scenario = call("CYPS_PACK", "Sample\u00a0"), call("CYPS_SCENARIO", " SAMPLE ")
    assert call("CYPS_SHARE", scenario.upper(), "LEEDS\u00a0") == call(
        "CYPS_SHARE", scenario, "Leeds"
    )
    assert call("CYPS_USE", pack, "e08000035 ", "cin\u00a0") == call(
        "CYPS_USE", pack, "Leeds", "CIN"
    )
    plain = call("CYPS_CHILD", pack, [["sex", "female"], ["idaci", 0.2]])
    assert call("CYPS_CHILD", pack, [["Sex ", "FEMALE\u00a0"], [" IDACI", 0.2]]) == plain
    assert answer("CYPS_CHILD", pack, [["sex", "female"], ["SEX", "male"]]).error is not None


def test_the_trust_file_of_the_library_counts(own_data):
    pack = call("CYPS_PACK", str(PACKS / "v2-complete.cyps.zip"))
    (own_data / "trust.toml").write_bytes((PACKS / "trust.toml").read_bytes())
    assert call("CYPS_PACK_INFO", pack, "state") == "signed and trusted"


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("CYPS_SHARE", "cyps:scenario:x#0123456789abcdef"), "#N/A", "not in this machine's"),
        (("CYPS_SHARE", "nonsense"), "#N/A", "is not the handle of a scenario"),
        (("CYPS_SHARE", None), "#VALUE!", "scenario is missing"),
        (("CYPS_SHARE", "cyps:pack:x#0123456789abcdef"), "#N/A", "of a pack, not of a scenario."),
        (("CYPS_SCENARIO", "results"), "#VALUE!", "neither a handle nor a whole path"),
        (("CYPS_SCENARIO", "/no/such/folder"), "#N/A", "There is no settlement in"),
        (("CYPS_PACK", "here.cyps.zip"), "#VALUE!", "not a whole path"),
        (("CYPS_PACK", "/no/such.cyps.zip"), "#N/A", "There is no file"),
        (("CYPS_PACK", __file__), "#N/A", "cannot be opened as a coefficient pack"),
    ],
)
def test_handles_and_files_that_are_not_there(arguments, error, says):
    given = answer(*arguments)
    assert str(given.error) == error
    assert says in given.why


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("CYPS_SHARE", "Ledes"), "#N/A", "Ledes"),
        (("CYPS_SHARE", [["Hartlepool"], [None]]), "#VALUE!", "a cell of the range is blank"),
        (("CYPS_SHARE", None, "shoe"), "#VALUE!", "Choose one of share, needs share, CIN"),
        (("CYPS_ALLOCATIONS", None, "money"), "#VALUE!", "Choose one of pounds"),
        (("CYPS_TRACE", "Hartlepool", "shoe"), "#N/A", "There is no line 'shoe'"),
        (("CYPS_GROUP_TOTALS", [["a"], ["b"]]), "#VALUE!", "Group has 2 cells for 12 authorities"),
    ],
)
def test_unknown_names_in_a_settlement(scenario, arguments, error, says):
    name, *rest = arguments
    given = answer(name, scenario, *rest)
    assert str(given.error) == error
    assert says.casefold() in given.why.casefold()


def test_a_handle_survives_a_restart_and_the_loss_of_its_file(settlement, tmp_path):
    folder = tmp_path / "results" / "2026-27"
    folder.mkdir(parents=True)
    (folder / "settlement.json").write_text(to_json(settlement.scenario, settlement.use), "utf-8")
    handle = call("CYPS_SCENARIO", str(tmp_path / "results"))
    (folder / "settlement.json").unlink()
    code = f"from cyps_addin import call; print(call('CYPS_ALLOCATIONS', {handle!r}))"
    anew = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(anew.stdout) == column(settlement.pounds)


def test_a_folder_of_years_gives_a_handle_a_year(settlement, tmp_path):
    for year in ("2026-27", "2027-28"):
        folder = tmp_path / year
        folder.mkdir()
        told = replace(settlement.scenario, title=f"Made, {year}")
        (folder / "settlement.json").write_text(to_json(told, settlement.use), "utf-8")
    handles = call("CYPS_SCENARIO", str(tmp_path))
    assert [h[0].split("#")[0] for h in handles] == [
        "cyps:scenario:made-2026-27",
        "cyps:scenario:made-2027-28",
    ]


def test_a_changed_library_is_not_believed(scenario):
    [(_, path)] = library.listed()
    path.write_bytes(path.read_bytes().replace(b"Made up.", b"Made  up"))
    library.forget()
    given = answer("CYPS_ALLOCATIONS", scenario)
    assert given.error is ErrorValue.NOT_AVAILABLE
    assert "was changed after it was written" in given.why


def test_nothing_is_settled_or_bridged_twice(scenario, settlement, monkeypatch):
    other = str(
        library.add_settlement(settle(replace(settlement.scenario, pot=10**8), settlement.use))
    )
    settled, bridged = [], []
    monkeypatch.setattr(library, "settle", lambda *a: settled.append(1) or settle(*a))
    monkeypatch.setattr(explaining, "bridge", lambda *a: bridged.append(1) or bridge(*a))
    for code in settlement.scenario.codes:
        call("CYPS_BRIDGE", scenario, other, code)
        call("CYPS_ALLOCATIONS", scenario, code)
    assert (len(settled), len(bridged)) == (2, 1)


def test_the_last_error_is_told_and_logged_without_cells(scenario, own_data):
    answer("CYPS_DAMP", [[1], ["a secret"]], [[1], [2]], 0)
    answer("CYPS_SHARE", scenario, "Lede")
    assert call("CYPS_LAST_ERROR").startswith("CYPS_SHARE: #N/A No authority of this settlement")
    log = (own_data / "cyps_addin.log").read_text("utf-8")
    assert log.count("\n") == 2
    assert "CYPS_DAMP: #VALUE! Target: row 2, column 1" in log


def test_a_fault_of_ours_is_an_error_value_and_no_traceback(scenario, monkeypatch):
    monkeypatch.setattr(library, "settlement_of", lambda _: 1 / 0)
    given = answer("CYPS_ALLOCATIONS", scenario)
    assert given.error is ErrorValue.VALUE
    assert given.why == "This is a fault in cyps, not in your cells (ZeroDivisionError)."


def test_actions_load_and_list(settlement, tmp_path):
    record = tmp_path / "settlement.json"
    record.write_text(to_json(settlement.scenario, settlement.use), "utf-8")
    handle = dict(run_action("load", str(record))[1:])["scenario"]
    pack = dict(run_action("load", str(PACKS / "v2-complete.cyps.zip"))[1:])["pack"]
    assert [row[3] for row in run_action("library")[1:]] == [pack, handle]
    assert dict(run_action("about")[1:])["last error"]
    with pytest.raises(ValueError, match=r"is neither of the two\. Choose a pack"):
        run_action("load", __file__)
