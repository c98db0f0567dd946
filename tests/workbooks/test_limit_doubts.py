"""The lines of Checks that doubt a ceiling or a floor: on and off as it is typed."""

from __future__ import annotations

import pytest

from cyps.geography import authorities
from cyps.settlement import Band, Bands, FloorAndCeiling, Proportional
from cyps.settlement.checks import far_ceilings, far_floors
from cyps_workbooks import write_settlement
from cyps_workbooks.kept import open_settlement, read_back
from workbooks.engines import (
    Gnumeric,
    gnumeric_missing,
)
from workbooks.kept_files import as_seen
from workbooks.made_up import made_up
from workbooks.workbook_cells import corner, grids, named_places

PLACES = authorities(2025)[:8]
MEMBER = {place.code: "AB"[k % 2] for k, place in enumerate(PLACES)}
BANDS = Bands(bands={"A": Band(floor=-0.9), "B": Band(floor=-0.1, ceiling=5)}, member=MEMBER)
LIMITS = ("Size of the ceiling", "Size of the floor")
TYPED_LIMITS = [
    ({}, ("OK", "OK")),
    ({"in_method": "Floor and ceiling", "in_ceiling": 10.0}, ("WARN", "OK")),
    ({"in_ceiling": 1.0}, ("OK", "OK")),
    ({"in_method": "Proportional", "in_ceiling": 1.01}, ("WARN", "OK")),
    ({"in_ceiling": ""}, ("OK", "OK")),
    ({"in_floor": -0.9}, ("OK", "WARN")),
    ({"in_method": "Floor", "in_ceiling": 10.0}, ("OK", "WARN")),
    ({"in_floor": -1.0}, ("OK", "OK")),
    ({"in_floor": -0.5}, ("OK", "OK")),
    ({"in_method": "Floor and ceiling", "in_ceiling": "x"}, ("WAIT", "WAIT")),
]


def limit_lines(seen):
    return {row[0]: row[1] for row in seen["Checks"] if row[0] in LIMITS}


def test_a_ceiling_or_floor_in_per_cent_is_doubted_while_it_stands(tmp_path, engine):
    """Typed one after another; the line is the engine's own doubt of what the cells say."""
    path = tmp_path / "s.xlsx"
    write_settlement([("2025-26", made_up(seed=3, places=PLACES))], path)
    engine.open(path)
    for typed, expected in TYPED_LIMITS:
        for name, value in typed.items():
            engine.set(name, [value])
        engine.recalculate()
        assert tuple(limit_lines(engine.grids()).values()) == expected, typed
        if "WAIT" not in expected:
            back = read_back(as_seen(open_settlement(path), engine, []))
            rule = back.years[0].damping
            assert tuple(
                "WARN" if far else "OK" for far in (far_ceilings(rule), far_floors(rule))
            ) == expected  # fmt: skip


def test_the_limits_of_bands_are_doubted(tmp_path, engine):
    path = tmp_path / "s.xlsx"
    write_settlement([("2025-26", made_up(seed=3, places=PLACES, damping=BANDS))], path)
    assert set(limit_lines(grids(path)).values()) == {"WARN"}
    engine.open(path)
    engine.recalculate()
    assert [row[:3] for row in engine.grids()["Checks"] if row[0] in LIMITS] == [
        row[:3] for row in grids(path)["Checks"] if row[0] in LIMITS
    ]
    rows = named_places(path)["in_band_ceiling"]
    blank = [""] * (corner(rows[1]).rows - 2)
    engine.set("in_band_ceiling", [[x] for x in ("", 0.9, *blank)])
    engine.recalculate()
    assert limit_lines(engine.grids()) == {LIMITS[0]: "OK", LIMITS[1]: "WARN"}
    engine.set("in_band_floor", [[x] for x in (-0.2, -0.1, *blank)])
    engine.recalculate()
    assert limit_lines(engine.grids()) == {LIMITS[0]: "OK", LIMITS[1]: "OK"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (FloorAndCeiling(floor=-0.6, ceiling=2.0), ("WARN", "WARN")),
        (Proportional(floor=-0.1), ("OK", "OK")),
        (BANDS, ("WARN", "WARN")),
    ],
)
def test_a_third_engine_gives_the_same(rule, expected, tmp_path):
    if missing := gnumeric_missing():
        pytest.skip(missing)
    engine, path = Gnumeric(tmp_path), tmp_path / "s.xlsx"
    write_settlement([("2025-26", made_up(seed=3, places=PLACES, damping=rule))], path)
    engine.open(path)
    engine.recalculate()
    assert engine.errors() == []
    assert tuple(limit_lines(engine.grids()).values()) == expected
    assert limit_lines(grids(path)) == limit_lines(engine.grids())
