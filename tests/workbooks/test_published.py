"""The published workbook says what was settled, follows the rules, and is the same twice."""

from __future__ import annotations

import os
import subprocess
import zipfile
from dataclasses import replace
from datetime import date

import numpy as np
import openpyxl
import pytest

from cyps.errors import CypsError
from cyps.needs import weights_as_spend
from cyps.settlement import Exclusion, Transition, settle
from cyps_workbooks.checks import check_structure
from cyps_workbooks.published import Publication, check_published, write_published
from cyps_workbooks.published.workbook import published_bytes
from made_settlements import EVERYONE, made, named, rules
from workbooks.engines import libreoffice_missing
from workbooks.made_up import HOSTILE, hostile, made_up

CODES = tuple(place.code for place in EVERYONE[:12])
RULES = rules(CODES)


def written(tmp_path, publication, name="published.xlsx"):
    path = tmp_path / name
    write_published(publication, path)
    return path


def table(path, sheet):
    """Headers without notes, and rows, of a sheet's one table, as openpyxl reads them."""
    page = openpyxl.load_workbook(path)[sheet]
    (found,) = page.tables.values()
    header, *rows = ([cell.value for cell in row] for row in page[found.ref])
    return [" ".join(words.split("\n[note")[0].split()) for words in header], rows


def column(path, sheet, header):
    headers, rows = table(path, sheet)
    return [row[headers.index(header)] for row in rows]


# --- what it says
def test_every_authority_gets_what_was_settled(tmp_path):
    settlement = made_up()
    path = written(tmp_path, Publication((("", settlement),)))
    sheet = "Table_1_Allocations"
    assert column(path, sheet, "Authority code") == ["[z]", *settlement.scenario.codes]
    pounds = column(path, sheet, "Allocation (pounds)")
    assert pounds[1:] == settlement.pounds.tolist()
    assert pounds[0] == sum(pounds[1:]) == settlement.scenario.pot
    for header, expected, step in (
        ("Needs share (%)", settlement.needs_share * 100, 5e-5),
        ("Share after area cost (%)", settlement.share * 100, 5e-5),
        ("Target (pounds)", settlement.target, 0.5),
        ("Baseline (pounds)", settlement.scenario.baseline, 0.5),
        ("Change (pounds)", settlement.change, 0.5),
        ("Change (%)", settlement.change_rate * 100, 5e-3),
    ):
        shown = np.array(column(path, sheet, header)[1:], dtype=float)
        assert np.abs(shown - expected).max() <= step * 1.0001, header


@pytest.mark.parametrize(("sheet", "groups"), [("Table_2_Regions", 10), ("Table_3_Classes", 5)])
def test_groups_add_up_to_all(tmp_path, sheet, groups):
    path = written(tmp_path, Publication((("", made_up()),)))
    _, (total, *rows) = table(path, sheet)
    assert total[0] == "England"
    assert len(rows) == groups  # Inner and Outer London apart
    for at in (1, 6):
        assert total[at] == sum(row[at] for row in rows)


def test_weights_spend_and_use_are_the_settlements(tmp_path):
    settlement = made(1)
    path = written(tmp_path, Publication((("", settlement),)))
    weights = column(path, "Table_4_Cost_weights", "Cost weight (%)")
    assert weights == pytest.approx((settlement.weights * 100).tolist(), abs=5e-5)
    spend = column(path, "Table_5_Spend", "Spend (pounds)")
    assert spend == [round(line.pounds) for line in settlement.scenario.spend]
    for m, metric in enumerate(settlement.use.metrics):
        use = column(path, "Table_6_Use", f"{metric} (children)")
        assert use[1:] == pytest.approx(settlement.use.children[:, m].tolist(), abs=0.05)


@pytest.mark.parametrize("kind", RULES)
def test_each_damping_rule_is_told_and_passes_the_checker(tmp_path, kind):
    grouped = Transition(None, named(CODES, "north", "south")) if kind == "floor" else None
    settlement = made(2, rule=RULES[kind], transition=grouped)
    path = written(tmp_path, Publication((("", settlement),)))
    assert check_published(path) == []
    headers, rows = table(path, "Table_7_Damping")
    told = {
        (row[0], row[2]): row[headers.index("Value (unit in the column before)")] for row in rows
    }
    assert told[("Pot", "All authorities")] == settlement.scenario.pot
    top_up = told[("Top-up from outside the pot", "All authorities")]
    assert top_up == settlement.top_up.sum()
    allocations, _ = table(path, "Table_1_Allocations")
    assert ("Top-up from outside the pot (pounds)" in allocations) == bool(top_up)
    assert ("Damping group" in allocations) == (grouped is not None)
    assert ("Band" in allocations) == (kind == "bands")
    assert ("Protection tier" in allocations) == (kind in {"protection", "outside"})
    if kind == "floor":
        factors = {settlement.damped.factor[i].round(6) for i in range(12)}
        assert {told[("Scaling factor", f"Group {g}")] for g in ("north", "south")} == factors
        assert told[("Floor, least change from the baseline", "All authorities")] == -5.0


def test_years_stand_one_after_the_other(tmp_path):
    years = (("2026-27", made(1)), ("2027-28", made(1, rule=RULES["floor and ceiling"])))
    path = written(tmp_path, Publication(years, title="Two years"))
    assert check_published(path) == []
    labels = column(path, "Table_1_Allocations", "Year")
    assert labels == ["2026-27"] * 13 + ["2027-28"] * 13
    pounds = column(path, "Table_1_Allocations", "Allocation (pounds)")
    assert pounds[1:13] == years[0][1].pounds.tolist()
    assert pounds[14:] == years[1][1].pounds.tolist()


def test_comparison_gives_both_and_the_difference(tmp_path):
    old, new = made(1), made(1, pot=20_000_000)
    path = written(tmp_path, Publication((("", new),), against=(("", old),)))
    assert check_published(path) == []
    sheet = "Table_8_Comparison"
    assert column(path, sheet, "Allocation before (pounds)")[1:] == old.pounds.tolist()
    assert column(path, sheet, "Allocation after (pounds)")[1:] == new.pounds.tolist()
    change = (new.pounds - old.pounds).tolist()
    assert column(path, sheet, "Change from before (pounds)") == [sum(change), *change]


def test_other_years_cannot_be_compared():
    with pytest.raises(CypsError, match="not of the same years: 2026, 2027 and a single year"):
        Publication((("2026", made(1)), ("2027", made(1))), against=(("", made(1)),))


def test_years_of_other_use_are_not_put_into_one_table_of_use():
    with pytest.raises(CypsError, match="The year 2027 has other use, spend or exclusions"):
        Publication((("2026", made(1)), ("2027", made(2))))


def test_who_was_left_out_is_a_table_of_its_own(tmp_path):
    settlement = made_up(
        places=EVERYONE[:5], exclusions=(Exclusion("E06000053", "Isles of Scilly", "too few"),)
    )
    path = written(tmp_path, Publication((("", settlement),)))
    assert check_published(path) == []
    assert table(path, "Table_8_Left_out") == (
        ["Authority", "Authority code", "Reason"],
        [["Isles of Scilly", "E06000053", "too few"]],
    )
    cover = [row[0].value for row in openpyxl.load_workbook(path)["Cover_sheet"]]
    assert "1 authority was left out; Table 8 says which and why." in cover


def test_no_baseline_has_no_rate_of_change(tmp_path):
    settlement = made(1, baseline=np.array([0.0] + [1e6] * 11), pot=20_000_000)
    path = written(tmp_path, Publication((("", settlement),)))
    assert column(path, "Table_1_Allocations", "Change (%)")[1] == "[z]"
    assert check_published(path) == []


def test_cover_says_what_a_person_gave_and_what_is_missing(tmp_path):
    bare = Publication((("", made(1)),))
    assert bare.missing == ("a contact", "a date of publication")
    full = Publication(
        (("", made(1)),), contact=("Finance", "a@example.gov.uk"), published=date(2026, 4, 1)
    )
    assert full.missing == ()
    cover = [row[0].value for row in openpyxl.load_workbook(written(tmp_path, full))["Cover_sheet"]]
    at = cover.index("Date of publication")
    assert cover[at + 1] == "1 April 2026"
    at = cover.index("Contact")
    assert cover[at + 1 : at + 3] == ["Finance", "a@example.gov.uk"]
    assert "Illustrative. Made up." in cover


# --- what it is
def test_no_text_becomes_a_formula_or_a_link(tmp_path):
    settlement = hostile()
    publication = Publication(
        (("", settlement),), against=(("", settlement),), title="=1+1", contact=HOSTILE,
        author="=cmd()",
    )  # fmt: skip
    path = written(tmp_path, publication)
    assert check_published(path) == []
    book = openpyxl.load_workbook(path)
    for page in book:
        for row in page:
            for cell in row:
                assert cell.data_type != "f", cell.coordinate
                link = cell.hyperlink
                assert link is None or (link.target is None and link.location in links(book))
    names = column(path, "Table_1_Allocations", "Authority")[1:]
    assert names == list(HOSTILE)
    assert [row[0] for row in table(path, "Table_7_Left_out")[1]] == list(HOSTILE)


def links(book):
    return {f"'{name}'!A1" for name in book.sheetnames}


def test_metrics_with_one_name_are_refused(tmp_path):
    settlement = made(1, metrics=("CIN", "cin"))
    with pytest.raises(CypsError, match="two columns called"):
        write_published(Publication((("", settlement),)), tmp_path / "twice.xlsx")
    assert not list(tmp_path.iterdir())


def test_the_same_settlement_gives_the_same_bytes():
    publication = Publication((("", made(1)),))
    assert published_bytes(publication) == published_bytes(publication)


def test_structure_is_sound_but_for_the_lack_of_locks(tmp_path):
    path = written(tmp_path, Publication((("", made_up()),)))
    faults = {found.fault for found in check_structure(path)}
    assert all("locked" in fault or "protect" in fault for fault in faults), faults


def test_headings_and_language_are_what_excel_knows(tmp_path):
    path = written(tmp_path, Publication((("", made(1)),)))
    with zipfile.ZipFile(path) as parts:
        styles, core = (parts.read(n).decode() for n in ("xl/styles.xml", "docProps/core.xml"))
    assert '<cellStyle name="Heading 1" xfId="1" builtinId="16"/>' in styles
    assert "<dc:language>en-GB</dc:language>" in core
    book = openpyxl.load_workbook(path)
    assert {page["A1"].style for page in book} == {"Heading 1"}
    assert book.properties.language == "en-GB"


@pytest.mark.slow
def test_a_copy_that_libreoffice_saved_loses_only_the_tags_of_its_titles(tmp_path):
    missing = libreoffice_missing()
    if missing:
        pytest.skip(missing)
    path = written(tmp_path, Publication((("", made_up()),)))
    out = tmp_path / "saved"
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out,
         f"-env:UserInstallation=file://{tmp_path}/profile", path],
        check=True, capture_output=True, timeout=120, env=os.environ | {"HOME": str(tmp_path)},
    )  # fmt: skip
    found = check_published(out / path.name)
    assert {breach.rule for breach in found} == {"titles"}
    assert {breach.fault for breach in found} == {
        "the title is not tagged with the cell style Heading 1"
    }


def test_area_cost_by_metric_and_typed_weights_are_published_as_what_they_are(tmp_path):
    settlement = made(1)
    metrics = settlement.use.metrics
    rng = np.random.default_rng(1)
    scenario = replace(
        settlement.scenario,
        area_cost=rng.uniform(0.9, 1.2, (12, len(metrics))),
        area_cost_metrics=metrics,
        spend=weights_as_spend(dict(zip(metrics, (0.5, 0.3, 0.2), strict=True)), "assumed: us"),
    )
    settlement = settle(scenario, settlement.use)
    path = written(tmp_path, Publication((("", settlement),)))
    assert check_published(path) == []
    assert column(path, "Table_4_Cost_weights", "Cost weight (%)") == [50, 30, 20]
    areas = column(path, "Table_5_Spend", "Service area")
    assert all(words.startswith("Typed weight of") and "assumed: us" in words for words in areas)
    shown = np.array(column(path, "Table_1_Allocations", "Share after area cost (%)")[1:])
    assert np.abs(shown - settlement.share * 100).max() <= 5e-5
