"""The committed templates are the workbooks that would be drawn now, and hold no real figure."""

from __future__ import annotations

import re
import shutil
import zipfile

from cyps.geography import LAST_YEAR, authorities
from cyps_workbooks.checks import check_structure
from cyps_workbooks.kept.verdict import check_workbook
from cyps_workbooks.templates import FOLDER, differing, made_up, templates
from workbooks.engines import IronCalc
from workbooks.workbook_cells import column

NAME = "settlement-made-up.xlsx"
MADE_UP = "Every number is made up"


def test_committed_templates_are_the_ones_drawn_now():
    """If this fails: python -m cyps_workbooks.templates renews them."""
    assert differing() == []
    assert {path.name for path in FOLDER.glob("*.xlsx")} == set(templates())


def test_one_changed_cell_would_be_seen(tmp_path):
    name = NAME
    for other in set(templates()) - {name}:
        shutil.copy(FOLDER / other, tmp_path / other)
    with zipfile.ZipFile(FOLDER / name) as old, zipfile.ZipFile(tmp_path / name, "w") as new:
        for part in old.namelist():
            content = old.read(part)
            if part == "xl/worksheets/sheet2.xml":
                changed = re.sub(rb"<v>[0-9.]+</v>", b"<v>7</v>", content, count=1)
                assert changed != content
                content = changed
            new.writestr(part, content)
    assert differing(tmp_path) == [f"{name}: xl/worksheets/sheet2.xml"]
    (tmp_path / name).unlink()
    assert differing(tmp_path) == [f"{name}: not there"]


def test_a_template_is_small_sound_and_says_that_it_is_made_up():
    path = FOLDER / NAME
    assert path.stat().st_size < 150_000
    assert check_structure(path) == []
    verdict = check_workbook(path)
    assert verdict.sound, [finding.line() for finding in verdict.findings]
    assert all(MADE_UP in year.scenario.statement for _, year in verdict.years)


def test_nobody_of_it_exists_and_another_engine_agrees():
    engine = IronCalc()
    engine.open(FOLDER / NAME)
    engine.recalculate()
    assert engine.errors() == []
    pounds = [int(x) for x in column(engine.grids()["Results"], "Pounds", 12)]
    assert pounds == made_up().pounds.tolist()
    listed = {place.name for place in authorities(LAST_YEAR)}
    assert not listed & set(column(engine.grids()["Results"], "Authority", 12))
