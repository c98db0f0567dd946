"""What one authority's officer sees follows the engine, in two spreadsheet engines."""

from __future__ import annotations

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from cyps.errors import CypsError
from cyps.explain import population_bridge, quartiles, ranks, steps_to_pounds
from cyps.geography import authorities
from cyps.settlement import Bands, Transition, Year, settle, settle_years
from cyps.settlement.rules import Band, Floor
from cyps_workbooks import write_settlement
from cyps_workbooks.authority_charts import FOR_CHARTS
from cyps_workbooks.kept.refreshed import Renewal, open_for_refresh, refresh
from cyps_workbooks.page import Against
from workbooks.made_up import made_up
from workbooks.workbook_cells import column, grids

pytestmark = pytest.mark.slow

SHEET = "My authority"
PLACES = authorities(2025)[:40]
NAMES = [place.name for place in PLACES]


def line(grid, label):
    """The cells right of a label in column A."""
    return next(row[1:] for row in grid if row[0] == label)


def bridge_steps(grid):
    """(label, whole pounds) of every step, and the amounts at both ends."""
    first = next(r for r, row in enumerate(grid) if row[0] == "Step") + 1
    last = next(r for r in range(first, len(grid)) if grid[r][0] == "Pounds")
    steps = [(grid[r][0], grid[r][2]) for r in range(first + 1, last)]
    return steps, grid[first][1], grid[last][1], grid[last][2]


def test_the_bridge_is_the_engines_and_adds_up_to_the_pound(engine, tmp_path):
    settlement = made_up(seed=5, places=PLACES)
    children = np.round(settlement.use.children[:, 0] * 30 + 1000 * np.arange(len(PLACES)))
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", settlement)], path)
    engine.open(path)
    for known in (None, children):
        if known is not None:
            engine.set("in_children", [[float(x)] for x in known])
        way = steps_to_pounds(settlement, known)
        for place in (0, 7, 39):
            engine.set("in_authority", [NAMES[place]])
            engine.recalculate()
            assert engine.errors() == []
            steps, start, end, moved = bridge_steps(engine.grids()[SHEET])
            assert [amount for _, amount in steps] == way.steps[place].tolist()
            assert end == settlement.pounds[place]
            assert moved == sum(amount for _, amount in steps)
            assert int(np.floor(start + 0.5)) + moved == end
    # Each step is what `cyps explain` tells for it, give or take the rounding of two amounts.
    told = population_bridge(settlement, children).contribution[39]
    assert np.abs(way.steps[39][1:] - told).max() <= 1.000001
    assert [label for label, _ in steps][1:4] == ["Use of CIN", "Use of CARE", "Use of CEASED"]


def test_rank_and_quarter_by_share_and_per_child(engine, tmp_path):
    settlement = made_up(seed=6, places=PLACES)
    children = settlement.use.children[:, 0] * 25 * np.linspace(0.8, 1.3, len(PLACES))
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", settlement)], path, population=children)
    engine.open(path)
    each = settlement.pounds / children
    for place in (0, 13, 39):
        engine.set("in_authority", [NAMES[place]])
        engine.recalculate()
        grid = engine.grids()[SHEET]
        for label, amounts in (("Share", settlement.share), ("Pounds per child", each)):
            cells = line(grid, label)
            assert abs(cells[0] - amounts[place]) <= 1e-12 * amounts.max()
            assert cells[3:5] == [ranks(amounts)[place], quartiles(amounts)[place]]
    assert abs(line(grid, "Pounds per child")[2] - settlement.pounds.sum() / children.sum()) < 1e-8
    seen = column(engine.grids()["Results"], "Pounds per child", len(PLACES))
    np.testing.assert_allclose(seen, each, rtol=1e-12)


def test_one_child_figure_missing_blanks_all_of_them(engine, tmp_path):
    settlement = made_up(seed=6, places=PLACES)
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", settlement)], path, population=np.full(len(PLACES), 1000.0))
    engine.open(path)
    engine.set("in_children", [[1000.0]] * 39 + [[""]])
    engine.recalculate()
    assert engine.errors() == []
    seen = engine.grids()
    assert {cell or "" for cell in line(seen[SHEET], "Pounds per child")} == {""}
    assert {cell or "" for cell in column(seen["Results"], "Pounds per child", 40)} == {""}
    assert bridge_steps(seen[SHEET])[1] == settlement.scenario.baseline[0]


def test_ties_in_share_are_ranked_by_code(engine, tmp_path):
    base = made_up(seed=6, places=PLACES[:8])
    use = np.tile(base.use.children[0], (8, 1))
    one = made_up(seed=6, places=PLACES[:8], area_cost=np.ones(8))
    alike = settle(one.scenario, _with(one.use, use))
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", alike)], path)
    engine.open(path)
    for place in (0, 3, 7):
        engine.set("in_authority", [NAMES[place]])
        engine.recalculate()
        assert line(engine.grids()[SHEET], "Share")[3:5] == [place + 1, place * 4 // 8 + 1]


def _with(use, children):
    return type(use)(use.codes, use.metrics, children, use.basis)


def test_peers_are_the_damping_group_where_there_are_groups(engine, tmp_path):
    codes = [place.code for place in PLACES]
    group = {code: ("North" if i % 3 else "South") for i, code in enumerate(codes)}
    one = made_up(
        seed=8, places=PLACES, damping=Floor(floor=-0.3), transition=Transition(group=group)
    )
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", one)], path, chosen=NAMES[1])
    engine.open(path)
    engine.recalculate()
    members = np.array([group[code] == "North" for code in codes])
    seen = engine.grids()
    heads = line(seen[SHEET], "Figure")
    assert heads[:2] == [NAMES[1], "North"]
    assert line(seen[SHEET], "Pounds")[1] == one.pounds[members].sum()
    engine.set("in_use_groups", ["No"])
    engine.recalculate()
    assert line(engine.grids()[SHEET], "Figure")[1] == PLACES[1].region


def test_the_path_has_every_year_whichever_is_shown(engine, tmp_path):
    one = made_up(seed=9, places=PLACES)
    codes = [place.code for place in PLACES]
    bands = Bands(bands={"a": Band(floor=-0.05)}, member=dict.fromkeys(codes, "a"))
    pot, floor = one.scenario.pot, Floor(floor=-0.01)
    years = [
        Year("2025-26", pot, floor),
        Year("2026-27", pot + 9_000_000, bands, baseline="previous"),
        Year("2027-28", pot, floor, baseline="previous"),
    ]
    settled = settle_years(one.scenario, years, one.use)
    path = tmp_path / "settlement.xlsx"
    write_settlement(settled, path)
    engine.open(path)
    engine.set("in_authority", [NAMES[11]])
    for shown in ("2025-26", "2027-28"):
        engine.set("in_year", [shown])
        engine.recalculate()
        assert engine.errors() == []
        seen = engine.grids()[SHEET]
        for label, settlement in settled:
            cells = line(seen, label)
            assert cells[1] == settlement.pounds[11]
            assert abs(cells[2] - settlement.target[11]) <= 1e-12 * settlement.target.max()
            assert abs(cells[4] - (settlement.pounds[11] / settlement.target[11] - 1)) < 1e-12
    steps, *_ = bridge_steps(seen)
    assert [x for _, x in steps] == steps_to_pounds(settled[2][1]).steps[11].tolist()


def test_everybody_is_listed_in_order_of_change(engine, tmp_path):
    settlement = made_up(seed=10, places=PLACES)
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", settlement)], path)
    engine.open(path)
    engine.set("in_floor", [-0.3])
    engine.set("in_authority", [NAMES[4]])
    engine.recalculate()
    assert engine.errors() == []
    grid = engine.grids()["Winners and losers"]
    head = next(r for r, row in enumerate(grid) if row[:2] == ["Region", "Authority"])
    rows = grid[head + 1 : head + 41]
    rates = [row[4] for row in rows]
    assert rates == sorted(rates, reverse=True)
    assert sorted(row[1] for row in rows) == sorted(NAMES)
    region = {place.name: place.region for place in PLACES}
    listed = sorted(set(region.values()))
    for row in rows:
        assert row[0] == region[row[1]]
        across, down, mine = row[FOR_CHARTS : FOR_CHARTS + 3]
        assert (across, down) == (row[4], listed.index(row[0]) + 1)
        assert (mine > 0) is (row[1] == NAMES[4])


def test_what_the_charts_are_drawn_from_is_not_printed_and_says_what_it_is(tmp_path):
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", made_up(places=PLACES))], path)
    book = openpyxl.load_workbook(path)
    page = book["Winners and losers"]
    printed = range_boundaries(page.print_area.rpartition("!")[2].replace("$", ""))
    assert printed == (1, 1, FOR_CHARTS - 1, page.max_row)
    assert page.max_column == FOR_CHARTS + 3
    assert "charts are drawn from" in page.cell(5, FOR_CHARTS + 1).value
    charts = [chart.anchor for chart in page._charts]
    assert len(charts) == 2
    everybody = next(c.row for c in page["A"] if str(c.value).startswith("Everybody"))
    assert all(one.to.col < FOR_CHARTS and one.to.row < everybody - 1 for one in charts)
    assert [found.id for found in page.row_breaks.brk] == [everybody - 1]
    assert page.print_title_rows == f"${everybody + 1}:${everybody + 1}"
    for row in page.iter_rows(max_col=FOR_CHARTS - 1):
        assert not [cell.value for cell in row if cell.value in {"Across", "Down", "Rise", "Fall"}]


@pytest.mark.parametrize("years", [1, 5])
@pytest.mark.parametrize("bridged", [False, True])
def test_it_prints_large_enough_to_read_and_each_table_with_its_chart(tmp_path, years, bridged):
    """Two pages of tables, A4 across, and beside each one of charts."""
    one, path = made_up(places=PLACES), tmp_path / "settlement.xlsx"
    plan = [Year(f"{2025 + k}-{26 + k}", one.scenario.pot, Floor(floor=-0.3)) for k in range(years)]
    settled = settle_years(one.scenario, plan, one.use)
    write_settlement(settled, path, against=Against("B", (("", one),)) if bridged else None)
    page = openpyxl.load_workbook(path)["My authority"]
    assert not page.sheet_properties.pageSetUpPr.fitToPage  # breaks are lost where pages are fitted
    assert page.page_setup.scale * 11 / 100 > 6  # points
    (right,), (below,) = ([found.id for found in b.brk] for b in (page.col_breaks, page.row_breaks))
    columns = [page.column_dimensions["ABCDEFGH"[i]] for i in range(8)]
    wide = {c.min + k: c.width for c in columns if c.min for k in range(c.max - c.min + 1)}
    points = sum((7 * wide.get(i, 14) + 5) * 0.75 for i in range(1, right + 1))
    assert right == 8
    assert points * page.page_setup.scale / 100 < 841 - 0.8 * 72
    assert page.cell(below + 1, 1).value == "Bridge to the pounds"
    last = range_boundaries(page.print_area.rpartition("!")[2].replace("$", ""))[3]
    rows = sum(page.row_dimensions[r].height or 15 for r in range(below + 1, last + 1))
    assert rows * page.page_setup.scale / 100 < 595 - 1.1 * 72
    charts = [chart.anchor for chart in page._charts]
    assert len(charts) == (3 if years > 1 else 2)
    assert [one._from.row >= below for one in charts] == [False, *[True] * (len(charts) - 1)]
    assert charts[0].to.row < below
    assert all(one._from.col >= right for one in charts)


def test_children_of_nobody_are_refused(tmp_path):
    with pytest.raises(CypsError, match="children are not a number above 0"):
        write_settlement(
            [("2025-26", made_up(places=PLACES))], tmp_path / "x.xlsx", population=np.zeros(40)
        )


def test_each_chart_says_what_it_is_in_words(tmp_path):
    import zipfile

    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", made_up(places=PLACES))], path)
    with zipfile.ZipFile(path) as parts:
        drawings = [n for n in parts.namelist() if n.startswith("xl/drawings/drawing")]
        charts = [n for n in parts.namelist() if n.startswith("xl/charts/chart")]
        alternative = "".join(parts.read(name).decode() for name in drawings)
        texts = [parts.read(name).decode() for name in charts]
    assert alternative.count("descr=") == len(charts) == 4
    assert all("<c:title>" in text for text in texts)
    assert sum("£ million" in text or "Change (%)" in text for text in texts) == 4
    assert len(grids(path)["Winners and losers"]) > 40


def test_a_refresh_keeps_the_children_and_the_figures_by_child(tmp_path):
    few = PLACES[:8]
    settlement = made_up(places=few)
    children = np.arange(8) * 100.0 + 1000
    path = tmp_path / "settlement.xlsx"
    write_settlement([("2025-26", settlement)], path, population=children)
    use = _with(settlement.use, settlement.use.children * np.linspace(1, 1.05, 8)[:, None])
    opened, back = open_for_refresh(path)
    renewed = refresh(opened, back, Renewal(use=use, authorities=few, year=2025))
    other = tmp_path / "renewed.xlsx"
    other.write_bytes(renewed.content)
    expected = settle(settlement.scenario, use).pounds / children
    seen = column(grids(other)["Results"], "Pounds per child", 8)
    np.testing.assert_allclose(seen, expected, rtol=1e-12)
