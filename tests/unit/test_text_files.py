"""A file that a person wrote in TOML: what is said of the slips that are made most."""

from __future__ import annotations

import pytest

from cyps.errors import CypsError
from cyps.returns.text_files import read_toml


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pot = 8,000,000,000", r"line 2\. Write a number without commas"),
        ("floor = -5%", r"line 2\. Write a percentage as a fraction, such as -0\.05"),
        ("floor = -2.5 %", r"line 2\. Write a percentage as a fraction"),
        ("pot = \u00a38000", r"line 2\. Write pounds without the \u00a3 sign"),
        ("title = \u201cOurs\u201d", r"line 2\. Quotes have to be straight"),
        ("use = [\u201cuse.csv\u201d]", r"line 2\. Quotes have to be straight"),
        ('use = "C:\\data\\use.csv"', r"line 2\. In a path write / in place of"),
        ("kind = floor", r'line 2\. Text has to stand in quotes, such as "floor"'),
        ("references = { sex = female }", r"line 2\. Text has to stand in quotes"),
        # What is none of these keeps the parser's words, and an apostrophe is no slip.
        ('title = "Derby\u2019s trial', r"Illegal character .* \(at line 2, column 23\)"),
        ("child = [1, 2", r"\(at end of document\)|\(at line 2"),
        ("code", r"Expected '=' .*\(at line 2, column 5\)"),
    ],
)
def test_a_slip_is_told_with_its_line_and_what_to_write(tmp_path, line, said):
    path = tmp_path / "s.toml"
    path.write_text(f"format = 1\n{line}\n", encoding="utf-8")
    with pytest.raises(CypsError, match=rf"^s\.toml is not written in TOML: .*{said}") as found:
        read_toml(path, "scenario file")
    assert found.value.__cause__ is None


def test_what_is_toml_has_no_slips(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("a = 8_000\nb = 'C:\\data'  # = 5%, = 8,000\n", encoding="utf-8")
    assert read_toml(path, "scenario file") == {"a": 8000, "b": "C:\\data"}
