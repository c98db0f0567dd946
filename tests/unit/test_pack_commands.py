"""`cyps pack` and `cyps settle --use PACK` as their user meets them, in 50 columns."""

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from cyps.cli import main
from cyps.pack import Standing, read_pack, write_pack
from made_models import made_cells, made_children, made_fit, packed
from plain_files import AUTHORITIES, SPEND, baseline_rows, changed, use_rows, without, write_csv

CORPUS = Path(__file__).parents[1] / "golden" / "packs"
TRUST = CORPUS / "trust.toml"
COMPLETE = CORPUS / "v2-complete.cyps.zip"
WORDS = ("--status", "published", "--statement", "Typed.", "--source", "Annex F",
         "--created", "2026-11-20")  # fmt: skip
TABLE = [
    ["driver", "level", "category", "CIN", "CIN_se", "p"],
    ["Intercept", "", "", -3.5, 0.1, 0],
    ["sex", "child", "female", "reference", "", ""],
    ["sex", "child", "male", 0.1, 0.02, 0],
]


def run(*args, columns="50"):
    return CliRunner().invoke(main, [str(arg) for arg in args], env={"COLUMNS": columns})


def one_line(text):
    return " ".join(text.split())


def fits(output, columns=50):
    long = [line for line in output.splitlines() if len(line.rstrip()) > columns]
    assert long == []


@pytest.fixture
def use_pack(tmp_path):
    path = tmp_path / "use.cyps.zip"
    use = write_csv(tmp_path / "use.csv", use_rows())
    done = run("pack", "from-use", use, *WORDS, "--out", path)
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture
def key(tmp_path):
    done = run("pack", "keys", "new", "--out", tmp_path / "key.pem", columns="200")
    (tmp_path / "trust.toml").write_text("\n".join(done.output.splitlines()[-2:]))
    return tmp_path / "key.pem"


# --- show


def test_show_begins_with_status_and_state():
    done = run("pack", "show", COMPLETE, "--trust", TRUST)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "Complete (illustrative)"
    assert lines[1].startswith("Signed by Corpus on 2026-11-21")
    text = one_line(done.output)
    for told in (
        "Says nothing of any authority.", "Coefficients and use, 3 authorities of 2024.",
        "Fitted on 20,000 children of 3 authorities and 40 small areas.",
        "1 entries of the gradient that would tell of fewer than 12 children are 0; it is not told",
        "- sex (child): male; reference female", "- idaci (area): a number",
        "CIN Sigma 0.31; children with the event: 812. converged",
        "Intercept -3.5000", "Metric Children CIN 7,331 CARE 1,154",
    ):  # fmt: skip
        assert told in text
    assert read_pack(COMPLETE).content_hash in done.output.replace("\n", "")


@pytest.mark.parametrize("pack", sorted(CORPUS.glob("*.zip")), ids=lambda path: path.name)
def test_everything_that_is_shown_fits_a_narrow_terminal(pack):
    for args in (("show", pack), ("verify", pack), ("diff", COMPLETE, pack)):
        done = run("pack", *args)
        assert done.exit_code == 0, done.output
        fits(done.output)


def test_show_says_what_cannot_be_had():
    text = one_line(run("pack", "show", CORPUS / "v2-imported.cyps.zip").output)
    assert "Uncertainty of shares is not available" in text
    assert "children with the event: not told" in text
    assert "Sigma unknown" in text
    shares = one_line(run("pack", "show", CORPUS / "v2-shares.cyps.zip").output)
    assert "Use without a model, 3 authorities of 2024" in shares
    assert "Metric Sum of shares CIN 1.000000 CARE 1.000000" in shares


# --- verify


def test_verify_without_a_trust_file_asks_whether_the_pack_is_whole():
    done = run("pack", "verify", CORPUS / "v2-imported.cyps.zip")
    assert done.exit_code == 0
    assert "is whole: no table differs from its manifest. Unsigned" in one_line(done.output)
    signed = run("pack", "verify", COMPLETE)
    assert signed.exit_code == 0
    assert "no trust file was given" in one_line(signed.output)


def test_verify_with_a_trust_file_asks_who_vouches():
    good = run("pack", "verify", COMPLETE, "--trust", TRUST, "--year", "2024")
    assert good.exit_code == 0
    assert "Signed by Corpus on 2026-11-21, trusted by trust.toml." in one_line(good.output)
    unsigned = run("pack", "verify", CORPUS / "v2-imported.cyps.zip", "--trust", TRUST)
    assert unsigned.exit_code == 2
    assert "does not pass. Unsigned" in one_line(unsigned.stderr)
    assert unsigned.stdout == ""


def test_verify_says_the_wrong_year():
    done = run("pack", "verify", COMPLETE, "--trust", TRUST, "--year", "2025")
    assert done.exit_code == 2
    assert "Wrong year: the pack is for 2024, not 2025." in one_line(done.stderr)
    assert run("pack", "verify", COMPLETE, "--year", "2025").exit_code == 2


def test_verify_says_a_stranger(tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(f'[signers."X"]\npublic_key = "{"0a" * 32}"\n')
    done = run("pack", "verify", COMPLETE, "--trust", other)
    assert done.exit_code == 2
    assert "unknown signer: it says 'Corpus', whose key is not in other.toml" in one_line(
        done.stderr
    )


def test_verify_says_what_is_no_pack(tmp_path):
    (tmp_path / "x.zip").write_text("no pack")
    done = run("pack", "verify", tmp_path / "x.zip")
    assert done.exit_code == 2
    assert "cannot be opened as a coefficient pack" in one_line(done.stderr)
    assert "Traceback" not in done.output


# --- what a new pack may take the place of


def test_a_new_pack_never_takes_the_place_of_what_it_is_made_from(tmp_path):
    use = write_csv(tmp_path / "use.csv", use_rows())
    table = write_csv(tmp_path / "table.csv", TABLE)
    before = use.read_bytes(), table.read_bytes()
    for made in (
        run("pack", "from-use", use, *WORDS, "--out", use),
        run("pack", "import", table, "--use", use, "--sigma", "CIN=0.3", *WORDS, "--out", table),
        run("pack", "import", table, "--use", use, "--sigma", "CIN=0.3", *WORDS, "--out", use),
    ):
        assert made.exit_code == 2
        assert "is a file that this command reads, and would be lost" in one_line(made.stderr)
    assert before == (use.read_bytes(), table.read_bytes())


def test_a_new_pack_takes_the_place_of_an_unsigned_pack_only(tmp_path, use_pack, key):
    use = tmp_path / "use.csv"
    assert run("pack", "from-use", use, *WORDS, "--out", use_pack).exit_code == 0
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"Dear all")
    foreign = run("pack", "from-use", use, *WORDS, "--out", letter)
    assert "is no coefficient pack, and would be lost" in one_line(foreign.stderr)
    assert letter.read_bytes() == b"Dear all"
    assert run("pack", "sign", use_pack, "--key", key, "--signer", "Me").exit_code == 0
    signed = use_pack.read_bytes()
    again = run("pack", "from-use", use, *WORDS, "--out", use_pack)
    assert "is a pack that Me signed, and the signature would be lost" in one_line(again.stderr)
    assert use_pack.read_bytes() == signed


def test_a_pack_of_a_run_is_signed_into_another_file(tmp_path, use_pack, key):
    digest = hashlib.sha256(use_pack.read_bytes()).hexdigest()
    record = {"tool": {"name": "cyps"}, "outputs": {use_pack.name: digest}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    args = ("pack", "sign", use_pack, "--key", key, "--signer", "Me")
    refused = run(*args)
    assert refused.exit_code == 2
    assert "is one of the results of a run" in one_line(refused.stderr)
    assert hashlib.sha256(use_pack.read_bytes()).hexdigest() == digest
    done = run(*args, "--out", tmp_path / "signed.cyps.zip")
    assert done.exit_code == 0, done.output
    assert "signed.cyps.zip is signed by Me" in one_line(done.output)
    assert hashlib.sha256(use_pack.read_bytes()).hexdigest() == digest
    signed, unsigned = read_pack(tmp_path / "signed.cyps.zip"), read_pack(use_pack)
    assert signed.content_hash == unsigned.content_hash
    assert [s.signer for s in signed.signatures] == ["Me"]
    over = run(*args, "--out", use_pack)
    assert "is a file that this command reads" in one_line(over.stderr)


# --- sign


def test_key_sign_verify(tmp_path, use_pack, key):
    assert run("pack", "verify", use_pack, "--trust", tmp_path / "trust.toml").exit_code == 2
    before = read_pack(use_pack).content_hash
    done = run("pack", "sign", use_pack, "--key", key, "--signer", "Me")
    assert done.exit_code == 0, done.output
    assert "is signed by Me on" in one_line(done.output)
    assert read_pack(use_pack).content_hash == before
    good = run("pack", "verify", use_pack, "--trust", tmp_path / "trust.toml")
    assert good.exit_code == 0, good.output
    assert "Signed by Your name on" in one_line(good.output)


def test_a_key_is_not_overwritten(key):
    before = key.read_bytes()
    done = run("pack", "keys", "new", "--out", key)
    assert done.exit_code == 2
    assert "a key is never overwritten" in one_line(done.stderr)
    assert key.read_bytes() == before


# --- import


def test_import(tmp_path):
    table = write_csv(tmp_path / "annex.csv", TABLE)
    use = write_csv(tmp_path / "u.csv", [row[:3] for row in use_rows()])
    out = tmp_path / "dfe.cyps.zip"
    done = run("pack", "import", table, "--use", use, *WORDS, "--sigma", "CIN=0.3", "--out", out)
    assert done.exit_code == 0, done.output
    text = one_line(done.output)
    assert "dfe.cyps.zip: pack 'dfe' (published). Unsigned" in text
    assert "Uncertainty of shares is not available" in text
    assert "Columns not read: p." in text
    pack = read_pack(out).pack
    assert (pack.source, pack.created, pack.year) == ("Annex F", "2026-11-20", 2025)
    assert pack.models[0].sigma == 0.3
    assert pack.models[0].standard_errors.tolist() == [0.1, 0.02]


COVARIANCE = [
    ["metric", "term", "other term", "value"],
    ["CIN", "Intercept", "Intercept", 0.01],
    ["CIN", "intercept", "sex[male]", -0.001],
    ["cin", "sex[male]", "sex[male]", 0.0004],
]


def import_with(tmp_path, covariance):
    table = write_csv(tmp_path / "annex.csv", TABLE)
    use = write_csv(tmp_path / "u.csv", [row[:3] for row in use_rows()])
    given = write_csv(tmp_path / "covariance.csv", covariance)
    return run("pack", "import", table, "--use", use, *WORDS, "--sigma", "CIN=0.3",
               "--covariance", given, "--out", tmp_path / "dfe.cyps.zip")  # fmt: skip


def test_import_takes_a_covariance(tmp_path):
    done = import_with(tmp_path, COVARIANCE)
    assert done.exit_code == 0, done.output
    pack = read_pack(tmp_path / "dfe.cyps.zip").pack
    assert pack.models[0].covariance.tolist() == [[0.01, -0.001], [-0.001, 0.0004]]
    assert "nor is uncertainty of shares" in one_line(done.output)
    child = run("child", tmp_path / "dfe.cyps.zip", "--with", "sex=male")
    assert "95% interval of the coefficients" in one_line(child.output)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: rows[:-1], "CIN has no covariance of sex[male] with sex[male]"),
        (lambda rows: [*rows, ["CIN", "sex[male]", "Intercept", 0.001]],
         "is 0.001 one way and -0.001 the other. A covariance is symmetric"),
        (lambda rows: [*rows, ["CIN", "sex[boy]", "Intercept", 0.001]],
         "there is no coefficient 'sex[boy]'. There are Intercept, sex[male]"),
        (lambda rows: [*rows, ["REF", "Intercept", "Intercept", 1]], "there is no metric 'REF'"),
        (lambda rows: [*rows, rows[1]], "is there twice"),
        (lambda rows: [*rows[:2], ["CIN", "Intercept", "sex[male]", "c"], rows[3]],
         "'c' is no number"),
        (lambda rows: [*rows[:2], ["CIN", "Intercept", "sex[male]", -0.003], rows[3]],
         "are not a covariance, because some sum of coefficients would have a variance below"),
        (lambda rows: [*rows[:3], ["CIN", "sex[male]", "sex[male]", 0.04]],
         "the standard error of CIN sex[male] is 0.2, and the parameter table says 0.02"),
        (lambda rows: [["metric", "term", "value"], *(r[:2] + r[3:] for r in rows[1:])],
         "there is no column 'other term'"),
    ],
)  # fmt: skip
def test_a_covariance_that_cannot_be_is_said(tmp_path, change, says):
    done = import_with(tmp_path, change(COVARIANCE))
    assert done.exit_code == 2
    assert says in one_line(done.output)
    assert not (tmp_path / "dfe.cyps.zip").exists()


def test_a_public_key_is_not_wrapped(tmp_path, use_pack):
    made = run("pack", "keys", "new", "--out", tmp_path / "k.pem", columns="50").output
    line = made.splitlines()[-1]
    assert line.startswith('public_key = "')
    assert len(line) == len('public_key = ""') + 64
    signed = run("pack", "sign", use_pack, "--key", tmp_path / "k.pem", "--signer", "Me").output
    assert line.split('"')[1] in signed.splitlines()


def test_import_asks_for_sigma_and_takes_unknown(tmp_path):
    table = write_csv(tmp_path / "annex.csv", TABLE)
    use = write_csv(tmp_path / "u.csv", [row[:3] for row in use_rows()])
    args = ("pack", "import", table, "--use", use, *WORDS, "--out", tmp_path / "p.cyps.zip")
    asked = run(*args)
    assert asked.exit_code == 2
    assert "say --sigma CIN=0.3" in one_line(asked.stderr)
    assert not (tmp_path / "p.cyps.zip").exists()
    assert run(*args, "--sigma", "cin=unknown").exit_code == 0
    wrong = run(*args, "--sigma", "CIN=much", columns="200")
    assert wrong.exit_code == 2
    assert "'CIN=much' is no sigma" in wrong.output
    twice = run(*args, "--sigma", "CIN=1", "--sigma", "CIN=2", columns="200")
    assert "CIN is given twice" in twice.output


def test_left_out_authorities_are_said_in_the_source(tmp_path):
    use = write_csv(tmp_path / "u.csv", without(use_rows(), "E06000053"))
    out = tmp_path / "p.cyps.zip"
    missing = run("pack", "from-use", use, *WORDS, "--out", out)
    assert missing.exit_code == 2
    assert "no number of CIN for 1 of the 153" in one_line(missing.stderr)
    done = run("pack", "from-use", use, *WORDS, "--exclude", "E06000053=too small", "--out", out)
    assert done.exit_code == 0, done.output
    pack = read_pack(out).pack
    assert len(pack.use.codes) == 152
    assert pack.source == "Annex F. Left out: Isles of Scilly (E06000053): too small"


def test_a_wrong_date_is_said(tmp_path):
    use = write_csv(tmp_path / "u.csv", use_rows())
    done = run(
        "pack", "from-use", use, *WORDS[:-1], "last week", "--out", tmp_path / "p.cyps.zip"
    )  # fmt: skip
    assert done.exit_code == 2
    assert (
        "'last week' is not a date. Write it with year, month and day, like 2026-02-10."
        in one_line(done.stderr)
    )


# --- diff


def test_diff(tmp_path, use_pack):
    other = tmp_path / "other.cyps.zip"
    rows = changed(use_rows(), "E06000017", "CIN", 4000)
    use = write_csv(tmp_path / "v.csv", rows)
    run("pack", "from-use", use, *WORDS, "--name", "Other", "--out", other)
    spend = write_csv(tmp_path / "spend.csv", SPEND)
    out = tmp_path / "moved.csv"
    done = run("pack", "diff", use_pack, other, "--spend", spend, "--out", out)
    assert done.exit_code == 0, done.output
    text = one_line(done.output)
    assert "First: Unsigned: nobody vouches for this pack. Second: Unsigned" in text
    assert "- Name: 'use' became 'Other'." in text
    assert "Weights: CIN 35.7%, CARE 25.0%, CEASED 39.3% (cost weights from the spend" in text
    rise = text[text.index("Rise most") :]
    assert rise.split("Change ")[1].startswith("Rutland")
    with out.open(encoding="utf-8", newline="") as file:
        moved = {row["code"]: row for row in csv.DictReader(file)}
    assert len(moved) == 153
    i = [a.code for a in AUTHORITIES].index("E06000017")
    cin = [row[2] for row in use_rows()[1:]]
    hand = 10 / 28 * (4000 / (sum(cin) - cin[i] + 4000) - cin[i] / sum(cin))
    assert float(moved["E06000017"]["change"]) == pytest.approx(hand, rel=1e-12)


def test_diff_of_a_pack_with_itself(use_pack):
    done = run("pack", "diff", use_pack, use_pack)
    assert one_line(done.output) == "The two packs are the same, to the last digit."


def test_diff_says_a_wrong_spend_file(tmp_path, use_pack):
    spend = write_csv(tmp_path / "spend.csv", SPEND[:-1])
    done = run("pack", "diff", use_pack, COMPLETE, "--spend", spend)
    assert done.exit_code == 2
    assert "no spend for service area 7" in one_line(done.stderr)


# --- settle


@pytest.fixture
def settled(tmp_path):
    spend = write_csv(tmp_path / "spend.csv", SPEND)
    baseline = write_csv(tmp_path / "baseline.csv", baseline_rows())

    def settle(*args):
        return run(
            "settle", "--spend", spend, "--baseline", baseline, "--pot", "220,000,000",
            "--floor", "-5%", "--out", tmp_path / "out", *args,
        )  # fmt: skip

    return settle


def test_a_pack_settles_as_its_table_does(tmp_path, settled, use_pack):
    done = settled("--use", use_pack)
    assert done.exit_code == 0, done.output
    from_pack = (tmp_path / "out" / "results.csv").read_bytes()
    settled("--use", tmp_path / "use.csv")
    assert (tmp_path / "out" / "results.csv").read_bytes() == from_pack


def test_name_hash_status_and_state_reach_every_output(tmp_path, settled, use_pack, key):
    run("pack", "sign", use_pack, "--key", key, "--signer", "Me")
    done = settled("--use", use_pack, "--trust", tmp_path / "trust.toml")
    assert done.exit_code == 0, done.output
    identity = read_pack(use_pack).content_hash
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["pack"]["content_hash"] == identity
    assert record["pack"]["name"] == "use"
    assert record["pack"]["status"] == "published"
    assert record["pack"]["state"] == "signed and trusted"
    state = record["pack"]["state_in_words"]
    assert state.startswith("Signed by Your name on")
    notes = (tmp_path / "out" / "notes.txt").read_text(encoding="utf-8")
    assert identity in notes
    assert state in notes
    book = CalamineWorkbook.from_path(tmp_path / "out" / "settlement.xlsx")
    sheet = str(book.get_sheet_by_name("Notes").to_python())
    assert identity in sheet
    assert state in sheet
    used = [str(row[0]) for row in book.get_sheet_by_name("Use").to_python()]
    assert state.rstrip(".") in " ".join(used)  # wrapped into rows
    assert state in one_line(done.output)


def test_a_pack_of_another_year_is_said_in_every_banner(tmp_path, settled):
    use = write_csv(tmp_path / "u.csv", use_rows())  # the lists of 2024 and 2025 are the same
    old = tmp_path / "old.cyps.zip"
    run("pack", "from-use", use, *WORDS, "--year", "2024", "--out", old)
    done = settled("--use", old)
    assert done.exit_code == 0, done.output
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["pack"]["state"] == Standing.WRONG_YEAR.value
    assert record["statement"].startswith("Wrong year: the pack is for 2024, not 2025.")
    book = CalamineWorkbook.from_path(tmp_path / "out" / "settlement.xlsx")
    assert "Wrong year: the pack is for 2024" in str(book.get_sheet_by_name("Results").to_python())


def test_a_pack_that_lacks_authorities_is_said(settled):
    done = settled("--use", COMPLETE)
    assert done.exit_code == 2
    text = one_line(done.stderr)
    assert "v2-complete.cyps.zip: no use for 150 of the 153 authorities of 2025" in text
    assert "--exclude CODE=reason" in text


def test_an_excluded_authority_of_a_pack_is_left_out(tmp_path, settled, use_pack):
    done = settled("--use", use_pack, "--exclude", "E06000017=a reason")
    assert done.exit_code == 0, done.output
    from_pack = (tmp_path / "out" / "results.csv").read_text(encoding="utf-8")
    assert "E06000017" not in from_pack
    settled("--use", tmp_path / "use.csv", "--exclude", "E06000017=a reason")
    assert (tmp_path / "out" / "results.csv").read_text(encoding="utf-8") == from_pack


def test_a_pack_beside_another_use_file_is_said(tmp_path, settled, use_pack):
    done = settled("--use", use_pack, "--use", tmp_path / "use.csv")
    assert done.exit_code == 2
    assert "holds the use of every metric. Give it alone." in one_line(done.stderr)


def test_trust_without_a_pack_is_said(tmp_path, settled, use_pack):
    assert use_pack.exists()
    done = settled("--use", tmp_path / "use.csv", "--trust", TRUST)
    assert done.exit_code == 2
    assert "no use comes from a pack" in one_line(done.stderr)


def test_a_changed_pack_does_not_settle(tmp_path, settled, use_pack):
    shutil.copy(use_pack, tmp_path / "b.cyps.zip")
    content = bytearray((tmp_path / "b.cyps.zip").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "b.cyps.zip").write_bytes(bytes(content))
    done = settled("--use", tmp_path / "b.cyps.zip")
    assert done.exit_code == 2
    assert "b.cyps.zip" in done.stderr
    assert "Traceback" not in done.output


def test_a_scenario_holds_a_pack_by_its_content_hash(tmp_path, settled, use_pack, key):
    assert settled  # wrote the other files
    identity = read_pack(use_pack).content_hash
    scenario = tmp_path / "s.toml"
    text = f"""
format = 1
title = "By hash"
year = 2025
pot = 220_000_000
[files]
use = ["use.cyps.zip"]
spend = "spend.csv"
baseline = "baseline.csv"
[sha256]
"use.cyps.zip" = "{identity}"
[damping]
kind = "floor"
floor = -0.05
"""
    scenario.write_text(text)
    done = run("settle", scenario, "--out", tmp_path / "a")
    assert done.exit_code == 0, done.output
    run("pack", "sign", use_pack, "--key", key, "--signer", "Me")
    signed = run("settle", scenario, "--trust", tmp_path / "trust.toml", "--out", tmp_path / "b")
    assert signed.exit_code == 0, signed.output
    results = [(tmp_path / out / "results.csv").read_bytes() for out in "ab"]
    assert results[0] == results[1]
    assert "Signed by Your name" in (tmp_path / "b" / "notes.txt").read_text(encoding="utf-8")
    scenario.write_text(text.replace(identity, "0" * 64))
    other = run("settle", scenario, "--out", tmp_path / "c")
    assert other.exit_code == 2
    assert "its content hash is" in one_line(other.stderr)


# --- neutralised drivers


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A pack of everybody with neutralised use, and the files and scenario of a settlement."""
    folder = tmp_path_factory.mktemp("neutral")
    children = made_children(5, 153 * 120, 153)
    # Areas of their own, so that no use is withheld as one to solve for counts.
    children["idaci"] = np.random.default_rng(5).uniform(0.05, 0.6, len(children)).round(4)
    # In one authority only three are not in the reference category.
    of_last = children.index[children["la"] == AUTHORITIES[-1].code]
    children.loc[of_last, "group"] = "most"
    children.loc[of_last[:3], "group"] = "some"
    cells = made_cells(children, ("CIN", "CARE", "CEASED"))
    beta = np.array([-3.0, 0.4, 0.7, -0.9, 2.5, 0.3])
    fits = [made_fit(cells, beta * f, m) for m, f in (("CIN", 1), ("CARE", 1.2), ("CEASED", 1.3))]
    fits = [replace(f, coefficients=f.coefficients * [1, 0, 1, 1, 1, 1]) for f in fits]
    pack = packed(
        fits, cells, neutralise=[{"group": "reference"}, {"sex": "average"}, {"idaci": "average"}]
    )
    write_pack(pack, folder / "use.cyps.zip")
    write_csv(folder / "spend.csv", SPEND)
    write_csv(folder / "baseline.csv", baseline_rows())
    return folder


SCENARIO = """format = 1
title = "Made up"
pot = 220_000_000
[files]
use = "use.cyps.zip"
spend = "spend.csv"
baseline = "baseline.csv"
[damping]
kind = "none"
[neutralise]
"""


def settle_neutral(folder, name, more=""):
    (folder / f"{name}.toml").write_text(SCENARIO + more)
    return run("settle", folder / f"{name}.toml", "--no-workbook", "--out", folder / name)


def results(folder):
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_scenario_settles_on_neutralised_use(country):
    assert settle_neutral(country, "plain").exit_code == 0
    # No coefficient of sex: neutralising it moves nothing.
    done = settle_neutral(country, "sex", 'sex = "average"')
    assert done.exit_code == 0, done.output
    assert "Predicted with everybody at the national average of sex" in one_line(done.output)
    plain, sex = (results(country / name) for name in ("plain", "sex"))
    assert [row["pounds"] for row in plain] == [row["pounds"] for row in sex]
    done = settle_neutral(country, "idaci", 'idaci = "average"')
    idaci = results(country / "idaci")
    table = read_pack(country / "use.cyps.zip").pack.neutralised[2].use
    assert [float(row["use_CARE"]) for row in idaci] == table.children[:, 1].tolist()
    assert [row["pounds"] for row in plain] != [row["pounds"] for row in idaci]
    record = json.loads((country / "idaci" / "run.json").read_text())
    assert record["pack"]["neutralised"] == {"idaci": "average"}


def test_what_was_not_packed_is_said_with_what_was(country):
    done = settle_neutral(country, "both", 'idaci = "average"\nsex = "average"')
    assert done.exit_code == 2
    said = one_line(done.output)
    assert (
        'It holds { group = "reference" }; { sex = "average" }; { idaci = "average" }: take one'
        in said
    )
    assert not (country / "both").exists()


def test_an_authority_that_would_tell_too_much_is_to_be_left_out(country):
    done = settle_neutral(country, "group", 'group = "reference"')
    assert done.exit_code == 2
    code = AUTHORITIES[-1].code
    assert "would tell of too few children: leave them out" in one_line(done.output)
    assert code in done.output
    without = f'group = "reference"\n[exclude]\n{code} = "few children"'
    done = settle_neutral(country, "group", without)
    assert done.exit_code == 0, done.output


def test_show_lists_what_was_neutralised(country):
    shown = one_line(run("pack", "show", country / "use.cyps.zip").output)
    name = AUTHORITIES[-1].name
    assert f'{{ group = "reference" }}: without {name}, where fewer than 10' in shown
    assert '{ idaci = "average" }: every authority' in shown


def test_tables_have_no_driver_to_neutralise(country):
    write_csv(country / "use.csv", use_rows())
    text = SCENARIO.replace("use.cyps.zip", "use.csv") + 'sex = "average"'
    (country / "t.toml").write_text(text)
    done = run("settle", country / "t.toml", "--out", country / "t")
    assert "neutralises sex, but its use comes from tables" in one_line(done.output)


def test_a_scenario_names_its_trust_file(country):
    (country / "trust.toml").write_bytes(TRUST.read_bytes())
    text = SCENARIO.replace("pot =", 'trust = "trust.toml"\npot =')
    (country / "trusting.toml").write_text(text)
    done = run("settle", country / "trusting.toml", "--no-workbook", "--out", country / "tr")
    assert done.exit_code == 0, done.output
    (country / "none.toml").write_text(text.replace("trust.toml", "nowhere.toml"))
    done = run("settle", country / "none.toml", "--no-workbook", "--out", country / "n")
    assert done.exit_code == 2
    assert "There is no trust file" in one_line(done.output)
