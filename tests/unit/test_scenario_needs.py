"""Cost weights and area cost in scenario files, from the file to the results."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from cyps.cli import main
from cyps.errors import CypsError
from cyps.settlement.from_files import request_from_scenario
from cyps.settlement.from_files.request import read_requested
from cyps.settlement.scenario_file import read_scenario
from plain_files import AUTHORITIES, SPEND, baseline_rows, use_rows, write_csv
from spend_lines import section_251_rows, with_head

TOP = 'format = 1\ntitle = "Trial"\npot = 220_000_000\n'
FILES = '[files]\nuse = "use.csv"\nbaseline = "baseline.csv"\n'
DAMPING = '[damping]\nkind = "floor"\nfloor = -0.2\n'
WEIGHTS = """
[weights]
CIN = 0.54
CARE = 0.37
CEASED = 0.09
source = "A paper"
status = "assumed"
dated = 2026-11-21
"""
AREA_COST = """
[area_cost]
source = "A paper"
status = "illustrative"
[area_cost.weights.CIN]
labour = 0.7
[area_cost.weights.CARE]
labour = 0.5
rates = 0.1
[area_cost.weights.CEASED]
labour = 0.6
"""


@pytest.fixture
def folder(tmp_path):
    write_csv(tmp_path / "use.csv", use_rows())
    write_csv(tmp_path / "spend.csv", SPEND)
    write_csv(tmp_path / "baseline.csv", baseline_rows())
    rows = [[a.code, 1 + i / 500, 2 - i / 200] for i, a in enumerate(AUTHORITIES)]
    write_csv(tmp_path / "aca.csv", [["code", "labour", "rates"], *rows])
    write_csv(
        tmp_path / "s251.csv",
        with_head(section_251_rows("2017-18"), section_251_rows(pounds=lambda *_: 3000.0)),
    )
    return tmp_path


def written(folder, *parts, top=TOP, files=FILES, name="scenario.toml"):
    path = folder / name
    path.write_text("\n".join([top, files, DAMPING, *parts]), encoding="utf-8")
    return path


def settled(path):
    out = path.parent / "out"
    done = CliRunner().invoke(
        main, ["settle", str(path), "--out", str(out)], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, done.output
    record = json.loads((out / "run.json").read_text(encoding="utf-8"))
    return record, (out / "notes.txt").read_text(encoding="utf-8"), out


def test_typed_weights_are_the_weights(folder):
    record, notes, out = settled(written(folder, WEIGHTS))
    assert record["results"]["weights"] == {"CIN": 0.54, "CARE": 0.37, "CEASED": 0.09}
    assert (
        "Spend: weights were typed, CIN 0.54, CARE 0.37, CEASED 0.09: "
        "assumed, 2026-11-21: A paper." in notes
    )
    assert [line["pounds"] for line in record["spend"]] == [540_000, 370_000, 90_000]
    assert "spend" not in [given["role"] for given in record["inputs"]]
    assert (out / "settlement.xlsx").is_file()


def test_years_of_section_251_are_averaged_and_recorded(folder):
    path = written(
        folder, top=f'{TOP}spend_years = ["2017-18", "2018-19"]\n',
        files=FILES + 'spend = "s251.csv"\n',
    )  # fmt: skip
    record, notes, _ = settled(path)
    lines = record["spend_lines"]
    assert {line["year"] for line in lines} == {"2017-18", "2018-19"}
    assert {line["counted"] for line in lines} == {"included", "left out", "total"}
    assert len(record["spend_totals"]) == 14
    assert "the mean of 2 years" in notes


def test_an_own_map_is_an_input_with_a_hash(folder):
    spend = folder / "s251.csv"
    args = ["weights", str(spend), "--years", "2018-19", "--write-map", str(folder / "map.csv")]
    assert CliRunner().invoke(main, args).exit_code == 0
    path = written(
        folder, top=f'{TOP}spend_years = ["2018-19"]\n',
        files=FILES + 'spend = "s251.csv"\nspend_map = "map.csv"\n',
    )  # fmt: skip
    record, _, _ = settled(path)
    assert [i["file"] for i in record["inputs"] if i["role"] == "spend map"] == ["map.csv"]
    # By options it is the same.
    options = ["--use", "use.csv", "--spend", "s251.csv", "--spend-map", "map.csv"]
    options += ["--spend-years", "2018-19", "--baseline", "baseline.csv"]
    given = [str(folder / part) if part.endswith(".csv") else part for part in options]
    more = ["--pot", "220000000", "--floor", "-20%", "--title", "Trial", "--out"]
    done = CliRunner().invoke(main, ["settle", *given, *more, str(folder / "again")])
    assert done.exit_code == 0, done.output
    assert (folder / "again" / "results.csv").read_bytes() == (
        folder / "out" / "results.csv"
    ).read_bytes()


def test_unit_costs_in_place_of_spend(folder):
    rows = [["service_area", "count", "unit", "unit_cost"]]
    rows += [[n, 1000 * n, "children", 50] for n in range(1, 8)]
    write_csv(folder / "costs.csv", rows)
    record, notes, _ = settled(written(folder, files=FILES + 'unit_costs = "costs.csv"\n'))
    assert record["results"]["weights"]["CEASED"] == pytest.approx(11 / 28)
    assert "1,000 children x £50" in notes


def test_components_make_factors_by_metric(folder):
    path = written(folder, AREA_COST, files=FILES + 'spend = "spend.csv"\narea_cost = "aca.csv"\n')
    record, notes, out = settled(path)
    assert "Area cost: components of aca.csv by weight (illustrative: A paper). CIN: 0.7" in notes
    assert "No workbook" not in notes
    assert (out / "settlement.xlsx").is_file()
    told = json.loads((out / "settlement.json").read_text(encoding="utf-8"))
    assert told["area_cost_metrics"] == ["CIN", "CARE", "CEASED"]
    last = told["authorities"][-1]["area_cost_by_metric"]
    labour, rates = 1 + 152 / 500, 2 - 152 / 200
    np.testing.assert_allclose(
        last, [0.7 * labour + 0.3, 0.5 * labour + 0.1 * rates + 0.4, 0.6 * labour + 0.4]
    )
    # Every line of its trace is there, from the folder.
    done = CliRunner().invoke(main, ["trace", str(out), "E06000001", "share"])
    assert done.exit_code == 0, done.output
    assert "area_cost_CARE" in done.output or "Area cost factor of CARE" in done.output
    assert record["options"]["area_cost"] == "from file"


def test_one_set_of_component_weights_keeps_the_workbook(folder):
    cost = '[area_cost]\nsource = "us"\nstatus = "assumed"\n[area_cost.weights.all]\nlabour = 0.7\n'
    path = written(folder, cost, files=FILES + 'spend = "spend.csv"\narea_cost = "aca.csv"\n')
    assert (settled(path)[2] / "settlement.xlsx").is_file()


def test_a_year_has_components_of_its_own(folder):
    rows = [["code", "labour", "rates"], *([a.code, 1, 1] for a in AUTHORITIES)]
    write_csv(folder / "flat.csv", rows)
    years = '[[years]]\nlabel = "one"\n[[years]]\nlabel = "two"\nfiles.area_cost = "flat.csv"\n'
    path = written(
        folder, AREA_COST, years, files=FILES + 'spend = "spend.csv"\narea_cost = "aca.csv"\n'
    )
    out = folder / "out"
    done = CliRunner().invoke(main, ["settle", str(path), "--out", str(out)])
    assert done.exit_code == 0, done.output
    told = json.loads((out / "two" / "settlement.json").read_text(encoding="utf-8"))
    assert told["authorities"][0]["area_cost_by_metric"] == [1, 1, 1]
    assert sum(note.startswith("Area cost:") for note in told["notes"]) == 1


def test_weights_in_place_of_an_extended_scenarios_spend(folder):
    written(folder, files=FILES + 'spend = "spend.csv"\n')
    other = folder / "typed.toml"
    other.write_text('extends = "scenario.toml"\n' + WEIGHTS, encoding="utf-8")
    with pytest.raises(CypsError, match=r"has files.spend and weights: .*remove"):
        read_scenario(other)
    other.write_text('extends = "scenario.toml"\nremove = ["files.spend"]\n' + WEIGHTS, "utf-8")
    assert read_scenario(other).choices.files.spend is None


BOTH = FILES + 'spend = "spend.csv"\n'


@pytest.mark.parametrize(
    ("files", "part", "says"),
    [
        (FILES, "", r"it must say cost weights in one way, and has none"),
        (
            FILES, WEIGHTS.replace("0.09", "0.08"),
            r"'weights' add up to 0\.99, not 1 \(CIN 0\.54, CARE 0\.37, CEASED 0\.08\)",
        ),
        (FILES, WEIGHTS.replace("0.54", "-0.54"), r"'weights' \(CIN -0\.54.*0 or more"),
        (FILES, WEIGHTS.replace("0.54", '"54%"'), r"'weights\.CIN' is '54%'; it must be a number"),
        (FILES, WEIGHTS.replace('source = "A paper"', ""), r"'weights\.source' is missing"),
        (FILES, WEIGHTS.replace("assumed", "guessed"), r"'weights\.status' is 'guessed'"),
        (FILES + 'spend_map = "m.csv"\n', WEIGHTS, r"has files\.spend_map, which is for files\.sp"),
        (BOTH, AREA_COST, r"\[area_cost\].* no file of them"),
        (
            BOTH + 'area_cost = "aca.csv"\n', AREA_COST.replace("0.5", "0.95"),
            r"'area_cost\.weights' add up to 1\.05 for CARE",
        ),
        (
            BOTH + 'area_cost = "aca.csv"\n', AREA_COST.replace("weights.CIN", "weights.1"),
            r"must all be by metric, or all by service area.*1, CARE, CEASED",
        ),
        (
            BOTH + 'area_cost = "aca.csv"\n', AREA_COST.replace("weights.CIN", "weights.CHILD"),
            r"'area_cost\.weights\.CHILD",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_said(folder, files, part, says):
    with pytest.raises(CypsError) as told:
        read_scenario(written(folder, part, files=files))
    assert re.search(says, re.sub(r" \(line \d+\)", "", str(told.value)))


def test_typed_weights_for_other_metrics_than_use(folder):
    path = written(folder, WEIGHTS.replace("CEASED", "REF"))
    done = CliRunner().invoke(main, ["settle", str(path), "--out", str(folder / "out")])
    assert done.exit_code == 2
    assert " ".join(done.stderr.split()) == (
        "Error: 2 problems in the files: 1. scenario.toml, [weights]: a weight is typed for REF, "
        "but use.csv has only CIN, CARE, CEASED. Take it out, or give its use. 2. scenario.toml, "
        "[weights]: no weight is typed for CEASED, which use.csv has. Type one (0 is allowed if "
        "you mean it)."
    )


REF = "stands for metric REF, but use.csv has only CIN, CARE, CEASED. Change the mapping"


@pytest.mark.parametrize(
    ("spend", "says"),
    [
        (
            [["service_area", "metric", "spend"],
             [1, "CIN", 5], [2, "REF", 4], [3, "CARE", 2], [5, "CEASED", 1], [4, "REF", 3]],
            [r"own\.csv, row 3, column 'metric' \(and 1 more\): spend on '2: Safeg.*" + REF],
        ),
        (
            [["activity", "metric", "count", "unit", "unit_cost"], ["Triage", "REF", 5, "weeks", 3],
             ["Visits", "CIN", 5, "weeks", 3], ["Foster", "CARE", 5, "weeks", 3]],
            [r"own\.csv, row 2: spend on 'Triage .*" + REF,
             r"own\.csv: no spend line stands for CEASED, so it would get no weight"],
        ),
        (
            [["service_area", "spend"], *([n, 0] for n in range(1, 8))],
            [r"own\.csv: cost weights \(CIN 0, CARE 0, CEASED 0\) must be"],
        ),
    ],
)  # fmt: skip
def test_spend_that_makes_no_weights_is_told_by_file_and_row(folder, spend, says):
    write_csv(folder / "own.csv", spend)
    path = written(folder, files=f'{FILES}spend = "own.csv"\n')
    with pytest.raises(CypsError) as told:
        read_requested(request_from_scenario(path))
    for said in says:
        assert re.search(said, str(told.value))
    assert len(told.value.__cause__.problems) == len(says)


def test_a_line_of_a_map_that_use_has_not_is_told_by_the_rows_of_the_map(folder):
    path = folder / "map.csv"
    done = CliRunner().invoke(
        main, ["weights", str(folder / "s251.csv"), "--years", "2017-18", "--write-map", str(path)]
    )
    assert done.exit_code == 0
    rows = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    head = rows[0]
    wanted = [i for i, row in enumerate(rows, 1) if row[head.index("service_area")] == "2"]
    text = "\n".join(
        ",".join("REF" if i in wanted and at == head.index("metric") else cell
                 for at, cell in enumerate(row))
        for i, row in enumerate(rows, 1)
    )  # fmt: skip
    path.write_text(text, encoding="utf-8")
    files = f'{FILES}spend = "s251.csv"\nspend_map = "map.csv"\n'
    own = written(folder, files=files, top=f'{TOP}spend_years = ["2017-18"]\n')
    with pytest.raises(CypsError) as told:
        read_requested(request_from_scenario(own))
    more = f" (and {len(wanted) - 1} more)" if wanted[1:] else ""
    assert f"map.csv, row {wanted[0]}, column 'metric'{more}: spend on '2: " in str(told.value)


def test_a_use_table_that_cannot_be_read_is_no_reason_to_doubt_the_spend(folder):
    (folder / "use.csv").write_text("code,CIN\nE06000001,1\nE06000001,1,5\n", encoding="utf-8")
    path = written(folder, files=f'{FILES}spend = "spend.csv"\n')
    with pytest.raises(CypsError) as told:
        read_requested(request_from_scenario(path))
    assert "use.csv, row 3: the row has more cells" in str(told.value)
    assert "stands for" not in str(told.value)
