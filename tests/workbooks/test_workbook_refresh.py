"""`cyps workbook refresh`: another use, and nothing of what people typed lost or hidden."""

from __future__ import annotations

import csv
import itertools
import json
from dataclasses import replace

import numpy as np
import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.comments import Comment

from cyps.cli import main
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.needs import Use
from cyps.pack import pack_bytes
from cyps.settlement import Band, Bands, Exclusion, Floor, Protection, Year, settle, settle_years
from cyps_workbooks import PackNote, write_settlement
from cyps_workbooks.kept import open_settlement, read_back
from cyps_workbooks.kept.carried import Newcomer
from cyps_workbooks.kept.refreshed import open_for_refresh, refresh
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.kept.who import Renewal
from cyps_workbooks.layout import Layout
from workbooks.engines import IronCalc
from workbooks.kept_files import edited, patched, sheet_part
from workbooks.made_up import made_up
from workbooks.made_up_pack import made_up_pack
from workbooks.what_ifs import named_by, random_what_ifs
from workbooks.workbook_cells import corner, grids, named_places

FEW = authorities(2025)[:14]
CODES = tuple(place.code for place in FEW)
LABELS = ("2025-26", "2026-27", "2027-28")


@pytest.fixture(scope="module")
def one():
    return made_up(seed=3, places=FEW)


@pytest.fixture(scope="module")
def base(one):
    return [(LABELS[0], one)]


@pytest.fixture(scope="module")
def three(one):
    years = [Year(label, one.scenario.pot + k, Floor(floor=-0.3)) for k, label in enumerate(LABELS)]
    return list(settle_years(one.scenario, years, one.use))


def another_use(settlement, seed=8):
    children = settlement.use.children
    drawn = np.random.default_rng(seed).lognormal(0, 0.1, children.shape)
    return Use(settlement.use.codes, settlement.use.metrics, children * drawn, "another use")


def renewed(path, use, *, places=FEW, gone=(), **more):
    opened, back = open_for_refresh(path)
    before = path.read_bytes()
    made = refresh(opened, back, Renewal(use, tuple(places), 2025, tuple(gone), **more))
    assert path.read_bytes() == before
    return made


def cells(path, name):
    """What stands in a named block, blank as nothing."""
    sheet, area = named_places(path)[name]
    grid, at = grids(path)[sheet], corner(area)
    full = [[*row, *[""] * (at.col + at.cols - len(row))] for row in grid]
    full += [[""] * (at.col + at.cols)] * (at.row + at.rows - len(full))
    return [
        [x if x != "" else None for x in row[at.col : at.col + at.cols]]
        for row in full[at.row : at.row + at.rows]
    ]


def assert_every_cell_is_what_it_would_calculate(path):
    """The values that were saved are those an engine works out from formulas and inputs."""
    engine = IronCalc()
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    saved, worked_out = grids(path), engine.grids()
    for name, grid in saved.items():
        for r, row in enumerate(grid):
            for c, value in enumerate(row):
                theirs = worked_out[name][r][c] if c < len(worked_out[name][r]) else ""
                if isinstance(value, float):
                    # A remainder is what is left of a large amount, to 6 decimals.
                    close = abs(value - theirs) <= 2e-6 + 1e-9 * abs(value)
                    assert close, (name, r + 1, c + 1, value, theirs)
                else:
                    assert (theirs or "") == value, (name, r + 1, c + 1, value, theirs)


def write(made, folder):
    path = folder / "new.xlsx"
    path.write_bytes(made.content)
    return path


def test_with_the_same_use_it_is_the_same_settlement(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    made = renewed(tmp_path / "s.xlsx", one.use)
    assert made.years[0][1].pounds.tolist() == one.pounds.tolist()
    assert made.left == ()
    assert "no authority's pounds moved" in made.changes[-1]
    assert check_workbook(write(made, tmp_path)).findings == ()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_typed_is_settled_with_the_new_use(three, tmp_path, seed):
    """The new workbook is what the engine makes of the typed inputs and the new use."""
    (what_if,) = random_what_ifs(three, 1, seed=seed)
    write_settlement(what_if.years, tmp_path / "s.xlsx")
    use = another_use(three[0][1], seed)
    back = read_back(open_settlement(tmp_path / "s.xlsx"))
    expected = settle_years(back.scenario, back.years, use)
    made = renewed(tmp_path / "s.xlsx", use)
    assert made.left == ()
    for (_, now), (_, then) in zip(made.years, expected, strict=True):
        assert now.pounds.tolist() == then.pounds.tolist()
    path = write(made, tmp_path)
    assert check_workbook(path).findings == ()
    assert_every_cell_is_what_it_would_calculate(path)


TYPED = {
    "Weights__E19": 0.5,
    "Weights__C8": 2.5e9,
    "Damping__B11": 0.4,  # a ceiling, which a floor alone does not use
    "Damping__C12": -0.1,
    "Damping__B16": 0.02,  # a deflator nobody follows
    "Damping__A31": "Urban",
    "Damping__B31": -0.03,
    "Damping__C31": -0.04,
    "Damping__A33": "rural",  # a row left blank between
    "Damping__B33": -0.01,
    "Members__D13": "urban",
    "Members__D14": "rural",
    "Members__H15": "rural",
    "Inputs__E14": 5e7,  # the second year's own baseline
    "Inputs__E7": "previous",
    "Inputs__H20": 1.25,
    "My_authority__B5": FEW[4].name,
}


def test_what_no_method_uses_is_carried_too(three, tmp_path):
    write_settlement(three, tmp_path / "s.xlsx")
    old = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", **TYPED)
    made = renewed(old, another_use(three[0][1]))
    assert made.left == ()
    path = write(made, tmp_path)
    book = grids(path)
    rows = {place: book[place.split("__")[0].replace("_", " ")] for place in TYPED}
    for place, value in TYPED.items():
        at = corner(place.rsplit("__", 1)[1] + ":" + place.rsplit("__", 1)[1])
        assert rows[place][at.row][at.col] == value, place
    verdict = check_workbook(path)
    assert verdict.sound
    assert ["typed over" in finding.words for finding in verdict.findings] == [True]
    assert_every_cell_is_what_it_would_calculate(path)
    again = read_back(open_settlement(path))
    assert again.typed_weights["CIN"] == 0.5
    assert again.lines[0].pounds == 2.5e9


def test_a_deflator_and_its_tiers_are_carried_as_typed(one, tmp_path):
    tiers = Protection(
        tiers={"cash": 0.9, "real": 0.88}, member=named_by(CODES, "cash", "real"), payer="group"
    )
    years = settle_years(one.scenario, [Year("y", one.scenario.pot, tiers)], one.use)
    write_settlement(years, tmp_path / "s.xlsx")
    row = int(named_places(tmp_path / "s.xlsx")["in_tier_real"][1].split(":")[0][1:]) + 1
    deflator = named_places(tmp_path / "s.xlsx")["in_deflator"][1]
    old = edited(
        tmp_path / "s.xlsx", tmp_path / "e.xlsx",
        **{f"Damping__B{row}": "Yes", f"Damping__{deflator}": 0.02},
    )  # fmt: skip
    made = renewed(old, one.use)
    path = write(made, tmp_path)
    assert cells(path, "in_deflator") == [[0.02]]
    assert cells(path, "in_tier_part")[:2] == [[0.9], [0.88]]
    assert cells(path, "in_tier_real")[:2] == [["No"], ["Yes"]]
    assert made.years[0][1].scenario.damping.tiers["real"] == 0.88 * 1.02
    assert check_workbook(path).findings == ()
    assert_every_cell_is_what_it_would_calculate(path)


def test_many_bands_and_a_second_refresh(one, tmp_path):
    names = [f"band {i}" for i in range(9)]
    rule = Bands(bands={name: Band(floor=-0.5) for name in names}, member=named_by(CODES, *names))
    years = settle_years(one.scenario, [Year("y", one.scenario.pot, rule)], one.use)
    write_settlement(years, tmp_path / "s.xlsx")
    first = write(renewed(tmp_path / "s.xlsx", another_use(one, 1)), tmp_path)
    once = first.rename(tmp_path / "once.xlsx")
    made = renewed(once, one.use)
    assert [row[0] for row in cells(write(made, tmp_path), "in_band_name")] == names
    assert made.years[0][1].pounds.tolist() == years[0][1].pounds.tolist()
    notes = [note for note in made.years[0][1].scenario.notes if note.startswith("Refreshed")]
    assert len(notes) == 1
    assert "once.xlsx" in notes[0]


def test_a_formula_that_a_person_typed_is_said(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    old = patched(
        tmp_path / "s.xlsx", tmp_path / "f.xlsx", sheet_part(tmp_path / "s.xlsx", "Inputs"),
        (rb'(<c r="D13"[^>]*>)<v>([^<]*)</v>', rb"\1<f>1000*2</f><v>\2</v>"),
    )  # fmt: skip
    (left,) = renewed(old, one.use).left
    assert left.startswith("Inputs!D13: its formula =1000*2 was not carried; its value")


def test_what_was_looked_at_is_carried_or_said(three, tmp_path):
    write_settlement(three, tmp_path / "s.xlsx")
    old = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", Results__B8=LABELS[2])
    (left,) = renewed(old, three[0][1].use).left
    assert left == "Results!B8: the year shown on Results was '2027-28'; it is '2025-26' now."


def test_an_authority_that_goes_is_named_with_what_was_typed_for_it(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    use = another_use(one)
    made = renewed(tmp_path / "s.xlsx", use, places=FEW[1:])
    assert made.years[0][1].scenario.codes == CODES[1:]
    said = next(change for change in made.changes if change.startswith("Gone"))
    assert said == (
        "Gone: Hartlepool (E06000001) is not on the list of authorities of 2025. Its baseline of "
        f"£{one.scenario.baseline[0]:,.0f} and area cost factor of "
        f"{one.scenario.area_cost[0]:g} went with it."
    )
    assert any(change.startswith("Baselines add up to £") for change in made.changes)
    gone = Exclusion(FEW[0].code, FEW[0].name, "merged")
    made = renewed(tmp_path / "s.xlsx", use, places=FEW[1:], gone=(gone,))
    assert made.years[0][1].scenario.codes == CODES[1:]
    said = next(change for change in made.changes if change.startswith("Left out"))
    assert f"£{one.scenario.baseline[0]:,.0f}" in said
    assert made.left == (
        f"'My authority'!B5: the authority shown was '{FEW[0].name}'; it is '{FEW[1].name}' now.",
    )
    kept = read_back(open_settlement(write(made, tmp_path)))
    assert kept.scenario.baseline.tolist() == one.scenario.baseline[1:].tolist()
    assert kept.scenario.exclusions[-1] == gone


def test_new_and_renamed_authorities_are_named(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    extra = authorities(2025)[14]
    with pytest.raises(CypsError) as refused:
        renewed(tmp_path / "s.xlsx", one.use, places=(*FEW, extra))
    assert (
        f"{extra.name} ({extra.code}) is new in 2025: say --new "
        f'"{extra.code}:baseline=POUNDS" --new "{extra.code}:area_cost=FACTOR"'
    ) in str(refused.value)
    assert f"the new use has nothing for {extra.name}" in str(refused.value)
    other = type(FEW[1])(FEW[1].code, FEW[1].dfe_code, "Another name", FEW[1].region)
    made = renewed(tmp_path / "s.xlsx", one.use, places=(FEW[0], other, *FEW[2:]))
    assert f"Renamed: {FEW[1].name} is Another name ({FEW[1].code})." in made.changes


def test_use_of_other_metrics_or_without_somebody_is_refused(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    other = Use(CODES, ("CIN", "REF", "CARE"), one.use.children, "x")
    with pytest.raises(CypsError, match="The new use is of CIN, REF, CARE, and the workbook"):
        renewed(tmp_path / "s.xlsx", other)
    short = Use(CODES[:-1], one.use.metrics, one.use.children[:-1], "x")
    with pytest.raises(CypsError, match=r"the new use has nothing for .*\(E06000014\)"):
        renewed(tmp_path / "s.xlsx", short)


def test_metrics_in_another_order_are_the_same_use(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    turned = Use(CODES, one.use.metrics[::-1], one.use.children[:, ::-1], "x")
    made = renewed(tmp_path / "s.xlsx", turned)
    assert made.years[0][1].pounds.tolist() == one.pounds.tolist()


def test_area_cost_by_metric_is_carried(one, tmp_path):
    n = len(CODES)
    factors = np.round(np.linspace(0.9, 1.5, 3 * n), 4).reshape(n, 3)
    scenario = replace(one.scenario, area_cost=factors, area_cost_metrics=one.use.metrics)
    issued = [(LABELS[0], settle(scenario, one.use))]
    write_settlement(issued, tmp_path / "s.xlsx")
    gone = Exclusion(FEW[0].code, FEW[0].name, "merged")
    made = renewed(tmp_path / "s.xlsx", another_use(one), places=FEW[1:], gone=(gone,))
    assert made.years[0][1].scenario.area_cost.tolist() == factors[1:].tolist()
    path = write(made, tmp_path)
    assert check_workbook(path).findings[1:] == ()
    assert_every_cell_is_what_it_would_calculate(path)


MORE = authorities(2025)[14]
USE_OF_MORE = np.array([[120.0, 30.0, 12.0]])


def with_more(settlement):
    use = settlement.use
    children = np.vstack([use.children, USE_OF_MORE])
    return Use((*use.codes, MORE.code), use.metrics, children, "another use")


def test_a_newcomer_begins_with_what_is_said_and_others_are_carried_by_code(three, tmp_path):
    write_settlement(three, tmp_path / "s.xlsx", population=np.arange(14) + 1000.0)
    old = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", Inputs__D14=5e7, Members__D13="a, b")
    before = read_back(open_settlement(old))
    use = with_more(three[0][1])
    begins = {MORE.code: Newcomer(baseline=6e7, area_cost=1.25, band="a, b")}
    made = renewed(old, use, places=(*FEW[1:], MORE), newcomers=begins)
    told = " ".join(made.changes)
    assert (
        f"New: {MORE.name} ({MORE.code}) with baseline £60,000,000, area cost factor 1.25, band "
        "a, b, as said with --new. A later year follows the first"
    ) in told
    assert "Gone: Hartlepool (E06000001)" in told
    assert f"Children of {MORE.code} are not known" in " ".join(made.left)
    expected = settle_years(
        replace(
            before.scenario, authorities=(*FEW[1:], MORE),
            baseline=np.append(before.scenario.baseline[1:], 6e7),
            area_cost=np.append(before.scenario.area_cost[1:], 1.25),
        ),
        [
            replace(
                year,
                baseline=year.baseline if isinstance(year.baseline, str)
                else np.append(year.baseline[1:], 6e7),
                area_cost=np.append(year.area_cost[1:], 1.25),
            )
            for year in before.years
        ],
        Use(use.codes[1:], use.metrics, use.children[1:], use.basis),
    )  # fmt: skip
    for (_, now), (_, then) in zip(made.years, expected, strict=True):
        assert now.pounds.tolist() == then.pounds.tolist()
    path = write(made, tmp_path)
    assert cells(path, "in_baseline")[-1] == [6e7] * 3
    assert cells(path, "in_band")[-1] == ["a, b"] * 3
    assert cells(path, "in_children")[-1] == [None]
    assert check_workbook(path).sound
    assert_every_cell_is_what_it_would_calculate(path)


def test_a_newcomer_has_in_a_year_what_is_said_of_it(three, tmp_path):
    write_settlement(three, tmp_path / "s.xlsx")
    use, places = with_more(three[0][1]), (*FEW, MORE)
    own = {LABELS[1]: Newcomer(baseline=7e7), LABELS[2]: Newcomer(area_cost=1.5)}
    begins = {MORE.code: Newcomer(baseline=6e7, area_cost=1.25, by_year=own)}
    made = renewed(tmp_path / "s.xlsx", use, places=places, newcomers=begins)
    assert "in 2026-27 baseline £70,000,000, in 2027-28 area cost factor 1.5" in str(made.changes)
    before = read_back(open_settlement(tmp_path / "s.xlsx"))
    pounds, factors = (6e7, 7e7, 6e7), (1.25, 1.25, 1.5)
    expected = settle_years(
        replace(before.scenario, authorities=places,
                baseline=np.append(before.scenario.baseline, 6e7),
                area_cost=np.append(before.scenario.area_cost, 1.25)),
        [
            replace(year, baseline=np.append(year.baseline, amount),
                    area_cost=np.append(year.area_cost, factor))
            for year, amount, factor in zip(before.years, pounds, factors, strict=True)
        ], use,
    )  # fmt: skip
    for (_, now), (_, then) in zip(made.years, expected, strict=True):
        assert now.pounds.tolist() == then.pounds.tolist()
    path = write(made, tmp_path)
    assert cells(path, "in_baseline")[-1] == list(pounds)
    assert cells(path, "in_area_cost")[-1] == list(factors)
    # What nothing was said of follows the first year.
    rows = open_settlement(path).block("in_baseline")[-1]
    assert [bool(entry.formula) for entry in rows] == [False, False, True]
    assert check_workbook(path).sound
    assert_every_cell_is_what_it_would_calculate(path)


def test_a_year_that_the_workbook_lacks_or_does_not_ask_is_refused(three, tmp_path):
    write_settlement(three, tmp_path / "s.xlsx")
    use, places = with_more(three[0][1]), (*FEW, MORE)
    begins = Newcomer(6e7, 1.25, by_year={"2031-32": Newcomer(baseline=7e7)})
    with pytest.raises(CypsError, match="2031-32 is not a year of the workbook, for E06000015: 20"):
        renewed(tmp_path / "s.xlsx", use, places=places, newcomers={MORE.code: begins})
    one = three[0][1]
    plan = [Year(LABELS[0], one.scenario.pot, Floor(floor=-0.3)),
            Year(LABELS[1], one.scenario.pot, Floor(floor=-0.3), baseline="previous")]  # fmt: skip
    path = tmp_path / "p.xlsx"
    write_settlement(list(settle_years(one.scenario, plan, one.use)), path)
    begins = Newcomer(6e7, 1.25, by_year={LABELS[1]: Newcomer(baseline=7e7)})
    with pytest.raises(CypsError, match="2026-27 begins with what each got the year before, so no"):
        renewed(path, use, places=places, newcomers={MORE.code: begins})


def test_a_newcomer_without_a_needed_band_or_with_an_unknown_one_is_refused(one, tmp_path):
    rule = Bands(
        bands={"urban": Band(floor=-0.5), "Rural, north": Band(floor=-0.4)},
        member=named_by(CODES, "urban", "Rural, north"),
    )
    years = settle_years(one.scenario, [Year("y", one.scenario.pot, rule)], one.use)
    write_settlement(years, tmp_path / "s.xlsx")
    places, use = (*FEW, MORE), with_more(one)
    for begins, words in (
        (Newcomer(baseline=1.0, area_cost=1.0), f'say --new "{MORE.code}:band=NAME"'),
        (Newcomer(1.0, 1.0, band="x"), "'x' is not a band of the workbook, for E06000015: Rural, "),
        (Newcomer(band="urban", area_cost=1.0), f'say --new "{MORE.code}:baseline=POUNDS"'),
    ):
        with pytest.raises(CypsError) as refused:
            renewed(tmp_path / "s.xlsx", use, places=places, newcomers={MORE.code: begins})
        assert words in str(refused.value)
    begins = {MORE.code: Newcomer(1.0, 1.0, band="Rural, north"), CODES[0]: Newcomer(1.0, 1.0)}
    with pytest.raises(CypsError, match="E06000001 is not new in 2025"):
        renewed(tmp_path / "s.xlsx", use, places=places, newcomers=begins)
    del begins[CODES[0]]
    made = renewed(tmp_path / "s.xlsx", use, places=places, newcomers=begins)
    assert made.years[0][1].scenario.damping.member[MORE.code] == "Rural, north"
    verdict = check_workbook(write(made, tmp_path))
    assert verdict.sound
    # A baseline of one pound is doubted, and nothing else.
    assert ["Baselines beside targets" in f.words for f in verdict.findings] == [True]


def test_a_later_year_that_follows_in_part_still_follows(three, tmp_path):
    """Cells typed over stay numbers; the others go on following the first year."""
    write_settlement(three, tmp_path / "s.xlsx")
    whole = [["=D13", "=D13"]]
    sheet, area = named_places(tmp_path / "s.xlsx")["in_baseline"]
    assert (sheet, area) == ("Inputs", "D13:F26")
    old = edited(
        tmp_path / "s.xlsx", tmp_path / "e.xlsx",
        **{
            "Inputs__E7": "given", "Inputs__F7": "given", "Inputs__E14": 5e7, "Inputs__F15": "=E15",
            "Inputs__F16": "=E17", "Members__D13": "x", "Members__F14": "y",
        },
    )  # fmt: skip
    made = renewed(old, three[0][1].use)
    assert [line.split(" was not carried")[0] for line in made.left] == [
        "Inputs!F16: its formula =E17"
    ]
    book = openpyxl.load_workbook(write(made, tmp_path))
    inputs, members = book["Inputs"], book["Members"]
    assert [inputs["E13"].value, inputs["F13"].value] == whole[0]
    assert inputs["E14"].value == 5e7
    assert inputs["F14"].value == "=D14"
    assert inputs["F15"].value == "=E15"
    assert isinstance(inputs["F16"].value, int | float)
    assert [members["E13"].value, members["E14"].value] == ['=D13&""', '=D14&""']
    assert members["F14"].value == "y"
    assert_every_cell_is_what_it_would_calculate(write(made, tmp_path))


def test_a_later_year_typed_alike_does_not_begin_to_follow(three, one, tmp_path):
    write_settlement(three, tmp_path / "s.xlsx")
    typed = {f"Inputs__E{13 + i}": x for i, x in enumerate(one.scenario.baseline.tolist())}
    old = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", Inputs__E7="given", **typed)
    made = renewed(old, one.use)
    book = openpyxl.load_workbook(write(made, tmp_path))
    assert isinstance(book["Inputs"]["E13"].value, int | float)
    assert made.left == ()


STRAY = {
    "QA_log__F3": 'ask Jo, "Ynys Môn"',
    "Change_log__E9": "agreed 3 May",
    "Change_log__A3": "=1+1 said somebody",  # a drawn label's place: row 3 is a formula
    "Glossary__D40": "ŵ" * 255,
    "Inputs__A9": "typed over a label",
    "Checks__H2": 1234.5,
    "Notes__C6": "=SUM(A1)",
    "Change_log__B21": "below the log's head",
}


@pytest.mark.parametrize("with_pack", [False, True])
def test_no_word_outside_the_yellow_cells_is_lost(one, tmp_path, with_pack):
    full = made_up(seed=3)
    pack = made_up_pack(statement='Not for Wales, or "elsewhere". ' + "a " * 120)
    note = PackNote(pack.name, "a" * 64, pack.status, pack.statement, "Unsigned: nobody.", pack)
    settled = [(LABELS[0], full if with_pack else one)]
    places = full.scenario.authorities if with_pack else FEW
    write_settlement(settled, tmp_path / "s.xlsx", pack=note if with_pack else None)
    use = settled[0][1].use
    left = renewed(tmp_path / "s.xlsx", use, places=places).left
    assert [line for line in left if "in_child" not in line] == []
    old = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx")
    book = openpyxl.load_workbook(old)
    for place, value in STRAY.items():
        sheet, cell = place.rsplit("__", 1)
        book[sheet.replace("_", " ")][cell].value = value
    book["Notes"]["C6"].data_type = "f"
    for cell in ("Change log", "A3"), ("QA log", "F3"):
        book[cell[0]][cell[1]].data_type = "s"
    book.save(old)
    made = renewed(old, use, places=places)
    path = write(made, tmp_path)
    told, seen = " ".join((*made.changes, *made.left)), grids(path)
    for place, value in STRAY.items():
        sheet, cell = place.replace("_log", " log").rsplit("__", 1)
        at = corner(f"{cell}:{cell}")
        row = seen[sheet][at.row] if at.row < len(seen[sheet]) else []
        carried = at.col < len(row) and row[at.col] == value
        quoted = f"'{sheet}'" if " " in sheet else sheet
        assert f"{quoted}!{cell}: " in told, place
        assert carried == (place in {"QA_log__F3", "Change_log__E9", "Glossary__D40",
                                     "Checks__H2"}), place  # fmt: skip
        said = f"={value.removeprefix('=')}" if place == "Notes__C6" else value
        assert (str(said) if isinstance(said, str) else "1,234.5") in told, place
    # Carried again by the next one, and the workbook's log has what was not.
    assert check_workbook(path).sound
    log = " ".join(str(row[2]) for row in seen["Change log"] if len(row) > 2)
    assert "typed over a label" in log
    again = renewed(path.rename(tmp_path / "once.xlsx"), use, places=places)
    assert len([c for c in again.changes if c.startswith("Carried to the same cell")]) == 4
    assert again.left == ()


def test_sheets_comments_and_stray_words_are_named_not_dropped_silently(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    book = openpyxl.load_workbook(tmp_path / "s.xlsx")
    book.create_sheet("My sums")["A1"] = 1
    book["Inputs"]["H20"] = "ask Jo"
    book["Inputs"]["D6"].comment = Comment("agreed on 3 May", "J")
    book.save(tmp_path / "e.xlsx")
    made = renewed(tmp_path / "e.xlsx", one.use)
    assert made.left == (
        "The sheet 'My sums' was not drawn by cyps (cells with something in them: 1): copy it over "
        "if you need it.",
        "Inputs!D6: the comment 'agreed on 3 May'.",
    )
    assert made.changes[-1] == (
        "Carried to the same cell, outside the inputs: Inputs!H20: 'ask Jo'."
    )
    assert grids(write(made, tmp_path))["Inputs"][19][7] == "ask Jo"


def test_an_overwritten_formula_is_named_too(base, one, tmp_path):
    write_settlement(base, tmp_path / "s.xlsx")
    part = sheet_part(tmp_path / "s.xlsx", "Calculation")
    old = patched(
        tmp_path / "s.xlsx", tmp_path / "o.xlsx", part, (rb'(<c r="M20"[^>]*>)<f>[^<]*</f>', rb"\1")
    )
    (left,) = renewed(old, one.use).left
    assert left.startswith("Calculation!M20: its formula was overwritten with ")


def test_people_s_text_is_carried_by_name(base, one, tmp_path, monkeypatch):
    """Whatever ranges a sheet registers for people to write in."""
    monkeypatch.setattr(Layout, "texts", lambda _: {"text_log": "Notes!$A$200:$B$203"})
    write_settlement(base, tmp_path / "s.xlsx")
    words = "=1+1 is text, and Ynys Môn too"
    old = edited(tmp_path / "s.xlsx", tmp_path / "e.xlsx", Notes__A200="Agreed", Notes__B203=46_000)
    book = openpyxl.load_workbook(old)
    book["Notes"]["A202"].value = words
    book["Notes"]["A202"].data_type = "s"
    book.save(old)
    made = renewed(old, one.use)
    assert made.left == ()
    path = write(made, tmp_path)
    assert cells(path, "text_log") == [["Agreed", None], [None] * 2, [words, None], [None, 46_000]]
    monkeypatch.setattr(Layout, "texts", lambda _: {"text_log": "Notes!$A$200:$B$202"})
    (left,) = renewed(old, one.use).left[:1]
    assert left.startswith("Notes!A200 (text_log): 'Agreed': the new workbook has fewer cells")


# --- the command


@pytest.fixture(scope="module")
def england():
    return [("2025-26", made_up(seed=3))]


@pytest.fixture
def folder(england, tmp_path):
    write_settlement(england, tmp_path / "settlement.xlsx")
    use = another_use(england[0][1])
    with (tmp_path / "use.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["code", *use.metrics])
        rows.writerows([c, *row] for c, row in zip(use.codes, use.children.round(1), strict=True))
    return tmp_path


def run(*words):
    return CliRunner().invoke(main, ["workbook", "refresh", *map(str, words)])


def test_the_command_writes_beside_and_never_over(folder):
    old = folder / "settlement.xlsx"
    before = old.read_bytes()
    done = run(old, "--use", folder / "use.csv")
    assert done.exit_code == 0, done.stderr
    new = folder / "settlement-refreshed.xlsx"
    assert check_workbook(new).sound
    assert "Use is: CIN: column 'CIN' of use.csv" in done.output
    again = run(old, "--use", folder / "use.csv")
    assert again.exit_code == 2
    assert "is there already, and no workbook is written over" in " ".join(again.stderr.split())
    over = run(old, "--use", folder / "use.csv", "--out", old)
    assert over.exit_code == 2
    assert old.read_bytes() == before
    assert sorted(p.name for p in folder.iterdir()) == [
        "settlement-refreshed.xlsx", "settlement.xlsx", "use.csv",
    ]  # fmt: skip


def test_another_year_s_authorities_by_the_command(tmp_path):
    """Cumbria becomes two, North Yorkshire and Somerset get new codes, from 2024 on."""
    settled = made_up(seed=3, places=authorities(2023), year=2023)
    write_settlement([("2023-24", settled)], tmp_path / "s.xlsx")
    places = authorities(2024)
    lines = [f"{p.code},{100 + i},{20 + i % 7},{9 + i % 5}" for i, p in enumerate(places)]
    (tmp_path / "use.csv").write_text("\n".join(["code,CIN,CARE,CEASED", *lines]) + "\n")
    words = [tmp_path / "s.xlsx", "--use", tmp_path / "use.csv", "--year", "2024"]
    refused = run(*words)
    assert refused.exit_code == 2
    told = " ".join(refused.stderr.split())
    for code, name in (("E06000063", "Cumberland"), ("E06000066", "Somerset")):
        assert f'{name} ({code}) is new in 2024: say --new "{code}:baseline=POUNDS"' in told
    assert sorted(p.name for p in tmp_path.iterdir()) == ["s.xlsx", "use.csv"]
    codes = [f"E060000{k}" for k in (63, 64, 65, 66)]
    begins = [f"{c}:{w}" for c in codes for w in ("baseline=£60,000,000", "area cost=1.05")]
    begins.append("E06000066:area cost@2023-24=1.07")
    done = run(*words, *itertools.chain.from_iterable(("--new", w) for w in begins))
    assert done.exit_code == 0, done.stderr
    told = " ".join(done.output.split())
    assert "New: Cumberland (E06000063) with baseline £60,000,000, area cost factor 1.05" in told
    assert "Gone: Cumbria (E10000006) is not on the list of authorities of 2024" in told
    assert check_workbook(tmp_path / "s-refreshed.xlsx").sound
    kept = read_back(open_settlement(tmp_path / "s-refreshed.xlsx")).scenario
    assert set(kept.codes) == {place.code for place in places}
    before = dict(zip(settled.scenario.codes, settled.scenario.baseline, strict=True))
    for code, baseline in zip(kept.codes, kept.baseline, strict=True):
        assert baseline == before.get(code, 6e7)
    factors = dict(zip(kept.codes, kept.area_cost.tolist(), strict=True))
    assert [factors[code] for code in codes] == [1.05, 1.05, 1.05, 1.07]


@pytest.mark.parametrize(
    "wrong",
    [
        "E06000063",
        "E06000063:x=1",
        "E06000063:baseline=x",
        "E06000063:area_cost=0",
        "E06000063:baseline@=1",
        "E06000063:children@2025-26=1",
    ],
)
def test_what_a_newcomer_cannot_begin_with(folder, wrong):
    done = run(folder / "settlement.xlsx", "--use", folder / "use.csv", "--new", wrong)
    assert done.exit_code == 2
    assert done.stderr.startswith("Error: --new: ")


def test_excluded_by_the_command_and_json(folder):
    done = run(
        folder / "settlement.xlsx", "--use", folder / "use.csv", "--json",
        "--exclude", "E06000053=not applicable", "--out", folder / "new.xlsx",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.output)
    assert any("Left out: Isles of Scilly" in change for change in told["changes"])


def test_with_a_pack_its_use_its_sheets_and_its_words_are_new(folder):
    content, digest = pack_bytes(made_up_pack())
    (folder / "new.cyps.zip").write_bytes(content)
    done = run(folder / "settlement.xlsx", "--pack", folder / "new.cyps.zip")
    assert done.exit_code == 0, done.stderr
    assert "Use is: Predicted by pack 'Made-up pack'" in " ".join(done.output.split())
    new = folder / "settlement-refreshed.xlsx"
    assert check_workbook(new).sound
    record = read_back(open_settlement(new)).records[0]
    assert record[2].children.tolist() == made_up_pack().use.children.tolist()
    assert f"Pack 'Made-up pack': content hash {digest}." in record[1].notes
    assert_every_cell_is_what_it_would_calculate(new)
    # And again with another: of the earlier pack nothing is said any more.
    content, other = pack_bytes(made_up_pack(name="Second"))
    (folder / "second.cyps.zip").write_bytes(content)
    done = run(new, "--pack", folder / "second.cyps.zip", "--out", folder / "third.xlsx")
    assert done.exit_code == 0, done.stderr
    notes = read_back(open_settlement(folder / "third.xlsx")).records[0][1].notes
    assert [digest in note for note in notes].count(True) == 0
    assert any(other in note for note in notes)
    assert "Not carried" not in done.output


def test_a_pack_with_somebody_else_or_for_another_year_is_refused(folder, one):
    write_settlement([(LABELS[0], one)], folder / "few.xlsx")
    (folder / "new.cyps.zip").write_bytes(pack_bytes(made_up_pack())[0])
    done = run(folder / "few.xlsx", "--pack", folder / "new.cyps.zip")
    assert done.exit_code == 2
    assert "has use of E06000015" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Give the new use"),
        (["--use", "use.csv", "--pack", "use.csv"], "Give the new use"),
        (["--pack", "use.csv"], "is not a pack"),
        (["--use", "use.csv", "--out", "new.xls"], "has to end in .xlsx"),
    ],
)
def test_what_the_command_refuses(folder, words, said):
    words = [folder / word if word.startswith(("use", "new")) else word for word in words]
    done = run(folder / "settlement.xlsx", *words)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert sorted(p.name for p in folder.iterdir()) == ["settlement.xlsx", "use.csv"]


def test_an_open_workbook_is_not_refreshed(folder):
    (folder / "~$settlement.xlsx").touch()
    done = run(folder / "settlement.xlsx", "--use", folder / "use.csv")
    assert done.exit_code == 2
    assert "seems to be open: ~$settlement.xlsx" in " ".join(done.stderr.split())


def test_inputs_that_cannot_be_used_are_named_and_nothing_is_written(folder):
    old = edited(folder / "settlement.xlsx", folder / "e.xlsx", Inputs__D6="x", Inputs__D13=None)
    done = run(old, "--use", folder / "use.csv")
    assert done.exit_code == 2
    told = " ".join(done.stderr.split())
    assert "Inputs!D6: the pot is 'x'" in told
    assert "Inputs!D13: the baseline is nothing" in told
    assert not (folder / "e-refreshed.xlsx").exists()
