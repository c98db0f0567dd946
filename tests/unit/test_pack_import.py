"""Published tables become packs: complete, partial and wrong in every way that matters."""

import numpy as np
import pytest

from cyps.errors import CypsError
from cyps.pack import PackError, pack_bytes, read_pack, write_pack
from cyps.pack.importing import PackWords, pack_of_parameters, pack_of_use, read_use_table
from cyps.pack.parameter_table import read_parameters
from cyps.returns import AuthorityList, ReturnsError
from plain_files import use_rows, write_csv, write_xlsx

HEAD = ["driver", "level", "category", "CIN", "CIN_se", "CARE", "CARE_se"]
ROWS = [
    ["idaci", "area", "", 2.5, 0.3, 3, 0.4],
    ["sex", "child", "male", 0.1, 0.02, -0.2, 0.03],
    ["Intercept", "", "", -3.5, 0.1, "−5.25", 0.2],
    ["sex", "child", "female", "reference", "", "reference", ""],
    ["age", "child", "6-7", 0, "", 0, ""],
    ["age", "child", "8-9", 0, 0.01, "1e-1", 0.05],
    ["sigma", "", "", 0.3, "", 0.4, ""],
]
LABELS = ("Intercept", "sex[male]", "age[8-9]", "idaci")
COEFFICIENTS = [[-3.5, -5.25], [0.1, -0.2], [0.0, 0.1], [2.5, 3.0]]
ERRORS = [[0.1, 0.2], [0.02, 0.03], [0.01, 0.05], [0.3, 0.4]]
LISTED = AuthorityList(2025)


@pytest.fixture
def table(tmp_path):
    """A table file: HEAD and ROWS with rows changed, taken out or added."""

    def write(rows=ROWS, head=HEAD, name="table.csv"):
        return write_csv(tmp_path / name, [head, *rows])

    return write


def with_cell(driver, category, column, value, rows=ROWS):
    at = HEAD.index(column)
    return [
        [value if i == at and (row[0], row[2]) == (driver, category) else cell
         for i, cell in enumerate(row)]
        for row in rows
    ]  # fmt: skip


def two_metrics(tmp_path):
    return write_csv(tmp_path / "use.csv", [row[:4] for row in use_rows()])


def words(**changes):
    told = {
        "name": "Imported", "status": "published", "statement": "Typed.", "source": "Annex F",
        "created": "2026-11-20", "year": 2025,
    }  # fmt: skip
    return PackWords(**(told | changes))


def test_a_complete_table(table):
    read = read_parameters(table())
    assert [driver.name for driver in read.drivers] == ["sex", "age", "idaci"]
    assert read.drivers[0].categories == ("female", "male")
    assert [driver.level for driver in read.drivers] == ["child", "child", "area"]
    assert read.coefficients.tolist() == COEFFICIENTS
    assert read.errors.tolist() == ERRORS
    assert read.sigma == {"CIN": 0.3, "CARE": 0.4}
    assert read.unread == ()


def test_other_names_an_excel_sheet_and_titles_above(tmp_path):
    head = ["Variable", "Level", "Category", "CIN coefficient", "CIN standard error", "p value",
            "CARE log odds", "CARE std error"]  # fmt: skip
    rows = [[*row[:5], 0.01, *row[5:]] for row in ROWS]
    rows[5][6] = 0.1  # a number in Excel, not the text 1e-1
    path = write_xlsx(tmp_path / "annex.xlsx", [head, *rows], above=[["Table F.3"], []])
    read = read_parameters(path)
    assert read.coefficients.tolist() == COEFFICIENTS
    assert read.errors.tolist() == ERRORS
    assert read.unread == ("p value",)


def test_a_marked_reference_lets_others_be_zero(tmp_path):
    rows = [[*row, "yes" if row[2] in {"female", "6-7"} else ""] for row in ROWS]
    rows = [[0 if cell == "reference" else cell for cell in row] for row in rows]
    rows[5][3:7] = [0, "", 0, ""]  # a real zero
    path = write_csv(tmp_path / "t.csv", [[*HEAD, "reference"], *rows])
    read = read_parameters(path, with_errors=False)
    assert read.drivers[1].categories == ("6-7", "8-9")
    assert read.coefficients[2].tolist() == [0.0, 0.0]


def test_sigma_by_option_and_unknown_sigma(table):
    rows = ROWS[:-1]
    read = read_parameters(table(rows), sigma={"CIN": 0.25, "CARE": None})
    assert read.sigma == {"CIN": 0.25, "CARE": None}


def test_from_table_to_pack_and_back(table, tmp_path):
    use = read_use_table([two_metrics(tmp_path)], LISTED)
    pack = pack_of_parameters(read_parameters(table()), use, words())
    identity = write_pack(pack, tmp_path / "p.cyps.zip")
    loaded = read_pack(tmp_path / "p.cyps.zip")
    assert loaded.content_hash == identity
    again = loaded.pack
    assert again.kind == "coefficients"
    assert again.labels == LABELS
    np.testing.assert_array_equal(
        np.column_stack([m.coefficients for m in again.models]), COEFFICIENTS
    )
    np.testing.assert_array_equal(
        np.column_stack([m.standard_errors for m in again.models]), ERRORS
    )
    assert [m.covariance for m in again.models] == [None, None]
    assert again.use.gradient is None
    assert [m.sigma for m in again.models] == [0.3, 0.4]
    assert any("Uncertainty of shares is not available" in limit for limit in again.limits)
    assert again.use.children[0].tolist() == [1000, 200]
    assert again.predicted_use().basis == "Predicted by pack 'Imported' (published): Typed."
    with pytest.raises(PackError, match="Uncertainty is not available from pack 'Imported'"):
        again.covariances_for("Uncertainty")
    with pytest.raises(PackError, match="holds no gradient of the use table"):
        again.gradient_for("A what-if")


def test_a_packs_own_table_can_be_imported(table, tmp_path):
    import zipfile

    use = read_use_table([two_metrics(tmp_path)], LISTED)
    content, _ = pack_bytes(pack_of_parameters(read_parameters(table()), use, words()))
    (tmp_path / "p.zip").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        (tmp_path / "coefficients.csv").write_bytes(archive.read("coefficients.csv"))
    read = read_parameters(tmp_path / "coefficients.csv", sigma={"CIN": 0.3, "CARE": 0.4})
    assert read.coefficients.tolist() == COEFFICIENTS
    assert read.errors.tolist() == ERRORS


def test_without_standard_errors(table, tmp_path):
    head = [name for name in HEAD if not name.endswith("_se")]
    rows = [[*row[:4], row[5]] for row in ROWS]
    rows[5][3] = 0.01  # a zero without an error would be a reference
    path = table(rows, head)
    with pytest.raises(
        ReturnsError, match=r"CIN has coefficients .* but no standard errors"
    ) as all_:
        read_parameters(path)
    assert "CARE has coefficients ('CARE')" in str(all_.value)
    read = read_parameters(path, with_errors=False)
    assert read.errors is None
    use = read_use_table([two_metrics(tmp_path)], LISTED)
    write_pack(pack_of_parameters(read, use, words()), tmp_path / "p.zip")
    pack = read_pack(tmp_path / "p.zip").pack
    assert pack.models[0].standard_errors is None
    assert "Standard errors of the coefficients were not given." in pack.limits


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (ROWS[:2] + ROWS[3:], "there is no intercept. Add a row with 'Intercept' as its driver"),
        ([*ROWS, ROWS[2]], "row 9: a second intercept"),
        ([*ROWS, ROWS[6]], "row 9: a second sigma"),
        (ROWS[:3] + ROWS[4:], "driver 'sex' has no reference category. Give one row"),
        (
            [*ROWS, ["sex", "child", "unknown", 0, "", 0, ""]],
            r"'sex' has more than one reference category \('female' and 'unknown'\)",
        ),
        (ROWS[:1] + ROWS[2:], "driver 'sex' has no category besides its reference"),
        (ROWS[:6], "sigma of CIN, the standard deviation of the authority effects, is missing"),
        (with_cell("sigma", "", "CARE", "", ROWS), "sigma of CARE.*--sigma CARE=unknown"),
        (with_cell("sigma", "", "CARE", 12), "sigma of CARE is 12.0; it is between 0 and 10"),
        (with_cell("sigma", "", "CARE", -1), "sigma of CARE is -1.0; it is between"),
        (
            with_cell("sex", "male", "CARE", ""),
            "row 3, column 'CARE': the coefficient of CARE for sex male is missing",
        ),
        (
            with_cell("idaci", "", "CIN_se", ""),
            "row 2, column 'CIN_se': the standard error of CIN for idaci is missing",
        ),
        (
            [["idaci", "area", "", "", "", "", ""], *ROWS[1:]],
            "the standard error of CARE for idaci is missing",
        ),
        (with_cell("Intercept", "", "CIN", ""), "the coefficient of CIN for Intercept is missing"),
        (with_cell("sex", "male", "CIN", "0.1***"), r"'0\.1\*\*\*' is not a plain number"),
        (with_cell("sex", "male", "CIN", "(0.1)"), r"'\(0\.1\)' is not a plain number"),
        (with_cell("sex", "male", "CIN", "0,1"), "'0,1' is not a plain number"),
        (with_cell("sex", "male", "CIN", "1e999"), "'1e999' is not a plain number"),
        (with_cell("sex", "male", "CIN", "nan"), "'nan' is not a plain number"),
        (with_cell("sex", "male", "CIN_se", "-0.1"), "a standard error is never below zero"),
        (with_cell("sex", "male", "level", "family"), "the level of driver 'sex' is not clear"),
        (with_cell("sex", "male", "level", "area"), "the level of driver 'sex' is not clear"),
        (with_cell("idaci", "", "level", ""), "the level of driver 'idaci' is not clear"),
        (with_cell("sex", "male", "driver", ""), "row 3, column 'driver': '' names no driver"),
        (with_cell("sex", "male", "driver", "reference"), "'reference' names no driver"),
        (with_cell("sex", "male", "category", ""), "'sex' needs one row for each category"),
        (with_cell("age", "8-9", "category", "6-7"), "'6-7' is empty or comes twice"),
    ],
)
def test_what_is_missing_or_wrong_is_asked_for_by_name(table, rows, says):
    with pytest.raises(ReturnsError, match=says):
        read_parameters(table(rows))


def test_everything_that_is_missing_is_told_at_once(table):
    with pytest.raises(ReturnsError) as all_:
        read_parameters(table([ROWS[1]]))
    assert [str(problem).partition(": ")[2][:35] for problem in all_.value.problems] == [
        "there is no intercept. Add a row wi",
        "driver 'sex' has no reference categ",
        "sigma of CIN, the standard deviatio",
        "sigma of CARE, the standard deviati",
    ]


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ([*HEAD[:3], "CIN", "CIN_se", "x", "CARE_se"], "CARE has standard errors .* but no coeffi"),
        (
            [*HEAD[:3], "CIN", "CIN_se", "CARE odds ratio", "y"],
            "'CARE odds ratio' holds odds ratio",
        ),
        ([*HEAD[:3], "a", "b", "c", "d"], "no column holds coefficients"),
        ([*HEAD[:3], "CIN", "CIN_se", "CIN coefficient", "y"], "could all be 'CIN'"),
        (["driver", "x", *HEAD[2:]], "there is no column 'level'"),
        (["name", *HEAD[1:]], "no header row was found"),
    ],
)
def test_columns_that_are_missing_or_twice_are_named(table, head, says):
    with pytest.raises(CypsError, match=says):
        read_parameters(table(head=head))


def test_marks_that_contradict_are_said(tmp_path):
    rows = [[*row, "yes" if row[0] == "idaci" else ""] for row in ROWS]
    with pytest.raises(ReturnsError, match="marked as the reference, but has a coefficient"):
        read_parameters(write_csv(tmp_path / "t.csv", [[*HEAD, "reference"], *rows]))
    rows = [[*row, "perhaps"] for row in ROWS]
    with pytest.raises(ReturnsError, match="'perhaps' says neither yes nor no"):
        read_parameters(write_csv(tmp_path / "t.csv", [[*HEAD, "reference"], *rows]))


def test_sigma_for_a_strange_metric_is_said(table):
    with pytest.raises(ReturnsError, match="sigma is given for REF, which has no coefficients"):
        read_parameters(table(), sigma={"REF": 0.3})


def test_metrics_of_table_and_use_must_agree(table, tmp_path):
    parameters = read_parameters(table())
    one = write_csv(tmp_path / "one.csv", [row[:3] for row in use_rows()])
    with pytest.raises(CypsError, match="has coefficients of CARE, but the use table has no"):
        pack_of_parameters(parameters, read_use_table([one], LISTED), words())
    three = write_csv(tmp_path / "three.csv", use_rows())
    with pytest.raises(CypsError, match=r"The use table has CEASED, but table\.csv has no coeff"):
        pack_of_parameters(parameters, read_use_table([three], LISTED), words())


def test_words_that_no_pack_may_have_are_said(tmp_path):
    use = read_use_table([two_metrics(tmp_path)], LISTED)
    for wrong in ({"name": ""}, {"created": "yesterday"}, {"statement": "\x1b[2J"}):
        pack = pack_of_use(use, words(**wrong))
        with pytest.raises(PackError, match="cannot be written: what it says of itself is wrong"):
            write_pack(pack, tmp_path / "p.zip")
    assert not (tmp_path / "p.zip").exists()


# --- use without a model


def shares(rows):
    head, *body = rows
    total = [sum(row[i] for row in body) for i in range(2, len(head))]
    return [head, *([*row[:2], *(n / t for n, t in zip(row[2:], total, strict=True))]
                    for row in body)]  # fmt: skip


def test_use_without_a_model(tmp_path):
    use = read_use_table([write_csv(tmp_path / "u.csv", use_rows())], LISTED)
    write_pack(pack_of_use(use, words()), tmp_path / "p.zip")
    pack = read_pack(tmp_path / "p.zip").pack
    assert (pack.kind, pack.labels, pack.models) == ("use", (), ())
    assert pack.metrics == ("CIN", "CARE", "CEASED")
    assert pack.use.children.tolist() == [row[2:] for row in use_rows()[1:]]
    assert pack.limits[0].startswith("No model stands in this pack")
    assert "Given by pack 'Imported', without a model" in pack.predicted_use().basis


def test_shares_without_a_model(tmp_path):
    path = write_csv(tmp_path / "u.csv", shares(use_rows()))
    use = read_use_table([path], LISTED, measure="share")
    write_pack(pack_of_use(use, words()), tmp_path / "p.zip")
    pack = read_pack(tmp_path / "p.zip").pack
    assert pack.use.measure == "share"
    assert pack.use.children.sum(axis=0) == pytest.approx([1, 1, 1])
    assert "Its numbers are shares, not children" in pack.predicted_use().basis
    with pytest.raises(CypsError, match="The use of CIN adds up to 1 children in all"):
        read_use_table([path], LISTED)
    with pytest.raises(CypsError, match="The shares of CIN add up to 234396, not 1"):
        read_use_table([write_csv(tmp_path / "n.csv", use_rows())], LISTED, measure="share")


def test_a_metric_twice_and_missing_authorities_are_said(tmp_path):
    path = write_csv(tmp_path / "u.csv", use_rows())
    again = write_csv(tmp_path / "v.csv", use_rows())
    with pytest.raises(ReturnsError, match=r"CIN was already read from u\.csv"):
        read_use_table([path, again], LISTED)
    short = write_csv(tmp_path / "s.csv", use_rows()[:-1])
    with pytest.raises(ReturnsError, match="no number of CIN for 1 of the 153 authorities"):
        read_use_table([short], LISTED)


def test_shares_are_printed_rounded_and_may_miss_1_by_a_little(tmp_path):
    for factor, passes in ((1.0009, True), (0.9991, True), (1.0012, False), (0.9988, False)):
        head, *body = shares(use_rows())
        rows = [head, *([*row[:2], *(n * factor for n in row[2:])] for row in body)]
        path = write_csv(tmp_path / "u.csv", rows)
        if passes:
            read_use_table([path], LISTED, measure="share")
        else:
            with pytest.raises(CypsError, match=r"not 1\. Give them as fractions"):
                read_use_table([path], LISTED, measure="share")
