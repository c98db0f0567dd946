"""Numbers as people write them, and each kind of cell that is no number."""

import pytest

from cyps.returns.amounts import NotAnAmount, amount, signed_amount


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("12", 12),
        ("1234.5", 1234.5),
        ("1,234,567", 1234567),
        ("£1,234.50", 1234.5),
        ("£ 20", 20),
        (" 7 ", 7),
        (".5", 0.5),
        ("1.2E+07", 12_000_000),
        ("+3", 3),
    ],
)
def test_numbers(text, value):
    assert amount(text) == value


@pytest.mark.parametrize("symbol", ["c", "x", "z", "k", ":", "u", "[c]", "[x]", "C", " z "])
def test_a_symbol_is_never_a_zero(symbol):
    with pytest.raises(NotAnAmount, match=r"symbol for .* cannot stand for 0"):
        amount(symbol)


def test_each_symbol_has_its_own_meaning():
    told = set()
    for symbol in ("c", "x", "z", "k", ":", "u"):
        with pytest.raises(NotAnAmount) as error:
            amount(symbol)
        told.add(str(error.value).split("symbol for ")[1])
    assert len(told) == 6


@pytest.mark.parametrize("text", ["-5", "(5)", "-£5", "£-5", "−5", "(1,200)"])
def test_below_zero_is_refused(text):
    with pytest.raises(NotAnAmount, match=r"below zero"):
        amount(text)
    assert signed_amount(text) < 0


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-inf", "Infinity", "#DIV/0!"])
def test_not_finite_is_refused(text):
    with pytest.raises(NotAnAmount, match=r"not a finite number"):
        amount(text)


@pytest.mark.parametrize("text", ["1e999", "1e16", "9" * 400])
def test_absurdly_large_is_refused(text):
    with pytest.raises(NotAnAmount, match=r"too large to be an amount"):
        amount(text)


def test_empty_is_not_zero():
    with pytest.raises(NotAnAmount, match=r"empty.*not the same as 0"):
        amount("  ")


def test_a_percentage_is_refused():
    with pytest.raises(NotAnAmount, match=r"percentage"):
        amount("12%")


@pytest.mark.parametrize(
    "text",
    ["n/a", "about 5", "1,23", "12,3456", "1.234.567", "1 million", "TRUE", "0x10", "--5", "٣"],
)
def test_text_is_refused(text):
    with pytest.raises(NotAnAmount, match=r"is not a number"):
        amount(text)
