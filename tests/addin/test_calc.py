"""LibreOffice Calc as a host: every function in real cells, installed as a person would."""

from __future__ import annotations

import json

import pytest

from addin.calc_host import Calc, cyps, own_folder
from addin.shown_tables import body
from cyps.settlement import floor_damped
from cyps.settlement.record import to_json
from cyps_addin import CELL_FUNCTIONS, call
from cyps_addin.cells import column
from cyps_addin.error_values import ErrorValue
from cyps_addin.examples import in_calc, run_example
from cyps_addin.generators.oxt import MENU
from cyps_workbooks import write_settlement, write_what_if
from made_settlements import made
from plain_files import SPEND, baseline_rows, use_rows, write_csv
from workbooks.engines import libreoffice_missing

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(libreoffice_missing()), reason=libreoffice_missing() or "-"),
]
NOT_AVAILABLE, VALUE, NUMBER, DIVISION = (f"error {n}" for n in (32767, 519, 503, 532))


@pytest.fixture(scope="module")
def base():
    with own_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def calc(base):
    profile = base / "profile"
    code, said = cyps("addin", "install", "--libreoffice", "--profile", profile, base=base)
    assert code == 0, said
    host = Calc(profile, base / "data")
    host("new")
    yield host
    host.close()


def type_in(calc, area, rows):
    calc("set", sheet="Sheet1", range=area, values=rows)


@pytest.mark.parametrize("function", CELL_FUNCTIONS, ids=lambda f: f.name)
def test_every_function_gives_the_engine_s_value_in_cells(calc, function):
    if function.name == "CYPS_LAST_ERROR":
        calc.formula('=CYPS_SHARE("x")')
        [[told]] = calc.formula("=CYPS_LAST_ERROR()")
        assert told.startswith("CYPS_SHARE: #N/A 'x' is not the handle of a scenario")
        return
    value = run_example(function.example)
    rows = value if isinstance(value, list) else [[value]]
    shown = calc.formula(in_calc(function.example), len(rows), len(rows[0]))
    largest = max((abs(x) for row in rows for x in row if isinstance(x, float)), default=1.0)
    for given, expected in zip(shown, rows, strict=True):
        for one, other in zip(given, expected, strict=True):
            if isinstance(other, ErrorValue):
                assert one == NOT_AVAILABLE
            elif isinstance(other, str):
                assert one == other
            else:
                assert one == pytest.approx(other, abs=1e-12 * largest)


def test_a_cell_that_changes_is_computed_anew(calc):
    type_in(calc, "A1:B5", [[96, 100], [215, 200], [170, 150], [49, 50], [510, 500]])
    type_in(calc, "C1", [[0.01]])
    calc("array", range="D1:D5", formula="=CYPS_DAMP(A1:A5;B1:B5;C1)")
    for floor in (0.01, -0.03, 0.02):
        type_in(calc, "C1", [[floor]])
        shown = [row[0][0] for row in calc("cells", range="D1:D5")]
        expected = floor_damped([96, 215, 170, 49, 510], [100, 200, 150, 50, 500], floor)
        assert shown == expected.allocation.tolist()
    type_in(calc, "C1", [[0.2]])
    assert [row[0][2] for row in calc("cells", range="D1:D5")] == [503] * 5
    [[told]] = calc.formula("=CYPS_LAST_ERROR(C1)")
    assert "The highest floor that fits is 4.0" in told
    calc("array", range="D1:D5", formula="")


def test_errors_are_real_ones(calc):
    type_in(calc, "A11:A13", [[1], [""], [3]])
    assert calc.formula('=CYPS_SHARE(CYPS_SCENARIO("sample");"Nowhere")') == [[NOT_AVAILABLE]]
    assert calc.formula("=CYPS_RANK(A11:A13)") == [[VALUE]]
    assert calc.formula("=CYPS_DAMP({1};{9};0)") == [[NUMBER]]
    assert calc.formula("=IF(ISNA(CYPS_SHARE(1));6;5)") == [[6.0]]
    assert calc.formula("=IFERROR(CYPS_DAMP({1};{9};0);7)") == [[7.0]]
    assert calc.formula("=CYPS_RATE({1|1};{4|0};1)", 2) == [[0.25], [NOT_AVAILABLE]]
    assert calc.formula("=CYPS_RANK(1/0)") == [[DIVISION]]


def test_whole_columns_are_cut_where_they_end(calc):
    type_in(calc, "E1:E3", [[5], [9], [7]])
    assert calc.formula("=CYPS_RANK(E:E)", 3) == [[3.0], [1.0], [2.0]]


def test_arguments_may_be_ranges_arrays_names_or_left_out(calc):
    type_in(calc, "A21:B22", [[96, 100], [104, 100]])
    calc("name", name="our_target", range="A21:A22")
    calc("name", name="our_baseline", range="B21:B22")
    expected = [[100.0], [100.0]]
    for formula in (
        "=CYPS_DAMP(A21:A22;B21:B22;0)", "=CYPS_DAMP(our_target;our_baseline;0)",
        "=CYPS_DAMP({96|104};{100|100};0)", "=CYPS_DAMP(our_target;B21:B22;0;;;)",
    ):  # fmt: skip
        assert calc.formula(formula, 2) == expected, formula


def test_a_scenario_s_text_stands_in_cells(calc, base):
    where = base / "text"
    where.mkdir(exist_ok=True)
    write_csv(where / "use.csv", use_rows())
    write_csv(where / "spend.csv", SPEND)
    write_csv(where / "baseline.csv", baseline_rows())
    text = [
        "format = 1", "title = 'Typed'", "", "pot = 220_000_000", "[files]",
        *(f"{role} = '{where}/{role}.csv'" for role in ("use", "spend", "baseline")),
        "[damping]", "kind = 'floor'", "floor = -0.05",
    ]  # fmt: skip
    type_in(calc, f"A31:A{30 + len(text)}", [[line] for line in text])
    [[handle]] = calc.formula(f"=CYPS_SCENARIO(A31:A{30 + len(text)})")
    assert handle == call("CYPS_SCENARIO", [[line] for line in text])
    type_in(calc, "A34", [["pots = 5"]])
    assert calc.formula(f"=CYPS_SCENARIO(A31:A{30 + len(text)})") == [[VALUE]]
    [[told]] = calc.formula("=CYPS_LAST_ERROR(A34)")
    assert "'pots' (line 4) is not a key" in told


def test_a_settlement_of_every_authority_comes_into_cells(calc, base):
    settlement = made(seed=8, n=153)
    folder = base / "results"
    folder.mkdir(exist_ok=True)
    (folder / "settlement.json").write_text(
        to_json(settlement.scenario, settlement.use), encoding="utf-8"
    )
    formula = f'=CYPS_ALLOCATIONS(CYPS_SCENARIO("{folder}");"";"damped")'
    assert calc.formula(formula, 153) == column(settlement.damped.allocation)


def test_the_function_wizard_tells_what_the_registry_says(calc):
    for function in CELL_FUNCTIONS:
        told = calc("describe", name=function.name)
        assert told["description"].startswith(function.summary)
        assert [a[1] for a in told["arguments"] or ()] == [
            a.description for a in function.arguments
        ]


@pytest.mark.parametrize(
    ("name", "form"), [("kept.ods", "calc8"), ("kept.xlsx", "Calc MS Excel 2007 XML")]
)
def test_a_formula_survives_in_a_file(calc, base, name, form):
    calc("set_formulas", sheet="Sheet1", range="G1", values=[["=CYPS_RANK({5|9})"]])
    calc("save", path=str(base / "data" / name), filter=form)
    calc("open", path=str(base / "data" / name))
    calc("recalculate")
    [[formula]] = calc("formulas", sheet="Sheet1", range="G1")
    [[[number, _, error]]] = calc("cells", range="G1")
    assert (number, error) == (2.0, 0), formula
    calc("new")


@pytest.fixture
def book(calc, base):
    """A settlement workbook open as in a window."""
    path = base / "open.xlsx"
    write_settlement([("2025-26", made(seed=8, n=8))], path)
    path.chmod(0o666)  # LibreOffice may run as another user, and would open it to read only
    calc("shown", path=str(path))
    yield path
    calc("new")


def choose(calc, action):
    calc("menu", entry=f"service:{MENU}?{action}")


def test_the_menu_puts_shares_of_what_is_typed_on_a_new_sheet(calc, book):
    before, content = calc("sheets"), book.read_bytes()
    calc("set", sheet="Weights", range="E15:E17", values=[[1], [0], [0]])
    choose(calc, "shares")
    choose(calc, "shares")
    assert calc("sheets") == [*before, "CYPS Shares", "CYPS Shares 2"]
    shown = calc("read", sheet="CYPS Shares")
    use = made(seed=8, n=8).use.children[:, 0]
    assert shown[0][:3] == ["code", "name", "share of CIN"]
    needs = shown[0].index("needs share")
    assert calc("texts", sheet="CYPS Shares")[1][needs].endswith("%")
    assert [row[needs] for row in body(shown)] == pytest.approx(
        (use / use.sum()).tolist(), rel=1e-12
    )
    assert book.read_bytes() == content, "the file is as it was"


@pytest.mark.parametrize(
    ("action", "sheet", "head"),
    [("allocations", "CYPS Allocations", "code"), ("my_authority", "CYPS My authority", "line"),
     ("compare", "CYPS Compare", "code"), ("bridge", "CYPS Bridge", "code"),
     ("checks", "CYPS Checks", "state"), ("qa_log", "CYPS QA log", "item"),
     ("info", "CYPS What it rests on", "item"), ("library", "CYPS Library", "kind"),
     ("diagnostics", "CYPS Diagnostics", "check"), ("guide", "CYPS Guide", "page"),
     ("about", "CYPS About", "item")],
)  # fmt: skip
@pytest.mark.usefixtures("book")
def test_entries_of_the_menu_show_their_tables(calc, action, sheet, head):
    choose(calc, action)
    assert calc("sheets")[-1] == sheet
    assert calc("read", sheet=sheet)[0][0] == head


def test_a_what_if_can_be_checked_and_no_results_are_made_of_it(calc, base):
    path = base / "open.xlsx"
    write_what_if("2025-26", made(seed=8, n=8), path)
    path.chmod(0o666)
    calc("shown", path=str(path))
    before = calc("sheets")
    choose(calc, "shares")
    assert calc("sheets") == before
    choose(calc, "checks")
    assert calc("sheets") == [*before, "CYPS Checks"]
    assert calc("read", sheet="CYPS Checks")[1][2].startswith("SOUND")
    calc("new")


def test_a_workbook_that_can_only_be_read_gets_no_sheet(calc, book):
    """Its table goes into a new workbook."""
    book.chmod(0o444)
    calc("shown", path=str(book))
    before = calc("sheets")
    choose(calc, "shares")
    assert calc("sheets") == before
    assert calc("front") == ["Sheet1", "CYPS Shares"]


@pytest.mark.usefixtures("book")
def test_a_workbook_whose_structure_is_protected_gets_no_sheet(calc):
    calc("protect")
    before = calc("sheets")
    choose(calc, "shares")
    assert calc("sheets") == before
    assert calc("front") == ["Sheet1", "CYPS Shares"]


@pytest.mark.usefixtures("calc")
def test_status_says_whether_cells_can_be_computed(base):
    profile = base / "profile"
    settings = profile / "user" / "cyps_addin.json"
    code, said = cyps("addin", "status", "--libreoffice", "--profile", profile, base=base)
    assert code == 0, said
    assert "It answers: cyps" in said
    before = settings.read_text()
    try:
        for told, says in (
            (json.dumps({"python": "/no/python"}), "It does not answer"),
            ("{}", "does not say which Python computes"),
        ):
            settings.write_text(told)
            code, said = cyps("addin", "status", "--libreoffice", "--profile", profile, base=base)
            assert (code, says in said) == (1, True), said
    finally:
        settings.write_text(before)


def test_installed_is_installed_again_and_removed_and_said():
    with own_folder() as base:
        profile = base / "profile"
        for words, code, says in (
            ("status", 1, "Not installed"),
            ("install", 0, "Start LibreOffice anew"),
            ("install", 0, "Start LibreOffice anew"),
            ("uninstall", 0, "Removed from LibreOffice"),
            ("uninstall", 2, "Not installed"),
            ("status", 1, "Not installed"),
        ):
            given, said = cyps("addin", words, "--libreoffice", "--profile", profile, base=base)
            assert (given, says in said) == (code, True), said
        assert not (profile / "user" / "cyps_addin.json").exists()


def test_without_its_settings_a_cell_says_what_to_do():
    with own_folder() as base:
        profile = base / "profile"
        code, said = cyps("addin", "install", "--libreoffice", "--profile", profile, base=base)
        assert code == 0, said
        (profile / "user" / "cyps_addin.json").unlink()
        host = Calc(profile, base / "data")
        try:
            host("new")
            assert host.formula("=CYPS_VERSION()") == [[VALUE]]
            [[told]] = host.formula("=CYPS_LAST_ERROR()")
            assert "cyps_addin.json does not say which Python computes" in told
        finally:
            host.close()
