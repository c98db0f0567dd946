"""Options as an officer types them: pounds, rates, exclusions."""

from __future__ import annotations

import datetime
import re

import click

from cyps.errors import CypsError
from cyps.returns.amounts import signed_amount

_LARGEST_POT = 10**12


class AnyCase(click.Choice[str]):
    """One of several words, however capitals, blanks, hyphens and underscores are written."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Give the word as it is listed."""
        written = {_plain(choice): choice for choice in self.choices}
        return super().convert(written.get(_plain(str(value)), value), param, ctx)


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]", "", word.casefold())


def whole_pot(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Give whole pounds from 8000000000, 8,000,000,000 or £8,000,000,000."""
    if value is None:
        return None
    text = value.strip().removeprefix("£").strip()
    if re.fullmatch(r"(\d{1,3}(,\d{3})+|\d+)\.\d*", text):
        raise click.BadParameter(f"'{value}' has pence. A pot is in whole pounds.", ctx, param)
    if not re.fullmatch(r"\d{1,3}(,\d{3})+|\d+", text):
        raise click.BadParameter(
            f"'{value}' is not an amount of whole pounds. Write it like 8,000,000,000.", ctx, param
        )
    pot = int(text.replace(",", "")[:20])
    if not 0 < pot <= _LARGEST_POT:
        raise click.BadParameter(
            f"'{value}' is not a pot: it must be above 0, up to {_LARGEST_POT:,} pounds.",
            ctx,
            param,
        )
    return pot


def year_ending(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Give a year by the 31 March in which it ends; of 2024-25 say which of the two is meant."""
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"\d{4}", text):
        return int(text)
    words = "is not a year. Write it with four digits, like 2025."
    years = re.fullmatch(r"(\d{4})\s*[-/\u2013]\s*(\d{2}|\d{4})", text)
    if years is not None and str(ends := int(years[1]) + 1).endswith(years[2]):
        words = f"is a financial year. Write the year in which it ends: {ends}."
    raise click.BadParameter(f"'{text}' {words}", ctx, param)


def rate(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Give a change as a fraction from -0.05 or -5%."""
    if value is None:
        return None
    text = value.strip()
    try:
        number = signed_amount(text.removesuffix("%"))
    except CypsError:
        raise click.BadParameter(
            f"'{value}' is not a rate. Write it like -0.05 or -5%.", ctx, param
        ) from None
    if text.endswith("%"):
        number /= 100
    elif abs(number) > 1:
        raise click.BadParameter(
            f"'{value}' would be {number:.0%}. Write {number:g}% if you mean per cent.", ctx, param
        )
    if number < -1:
        raise click.BadParameter(
            f"'{value}' is a fall by more than everything. The lowest floor is -100%.", ctx, param
        )
    return number


def printable(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Give text for outputs: something in it, and nothing that a terminal would obey."""
    if value is not None and (not value.strip() or not value.isprintable()):
        raise click.BadParameter(
            f"{value!r} is empty or has a character that cannot be printed. Type it anew.",
            ctx,
            param,
        )
    return value


def exclusions(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """Give codes and reasons from CODE=reason, each code once."""
    by_code: dict[str, str] = {}
    for value in values:
        code, _, reason = value.partition("=")
        code, reason = code.strip().upper(), " ".join(reason.split())
        if not code or not reason:
            raise click.BadParameter(
                f"'{value}' does not say why. Write CODE=reason, for example "
                '--exclude E06000053="use not applicable".',
                ctx,
                param,
            )
        printable(ctx, param, reason)
        if code in by_code:
            raise click.BadParameter(f"{code} is given twice. Give each code once.", ctx, param)
        by_code[code] = reason
    return tuple(sorted(by_code.items()))


def day(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime.date | None:
    """Give a date from 2026-02-10; 10/02/2026 is asked back, for it may be read in two ways."""
    if value is None:
        return None
    try:
        return datetime.date.fromisoformat(value.strip())
    except ValueError:
        raise click.BadParameter(_other_date(value.strip()), ctx, param) from None


def _other_date(text: str) -> str:
    """What to write in place of a date in another form: the day first, as it is written here."""
    found = re.fullmatch(r"(\d{1,2})[/.\- ](\d{1,2}|[A-Za-z]{3,9})[/.\- ](\d{4}|\d{2})", text)
    if found is not None:
        day_of_month, month, year = found.groups()
        form = f"%d %{'m' if month.isdigit() else 'b'} %{'Y' if len(year) == 4 else 'y'}"
        named = month if month.isdigit() else month[:3]
        try:
            meant = datetime.datetime.strptime(f"{day_of_month} {named} {year}", form).date()
        except ValueError:
            pass
        else:
            return f"'{text}' is not in the form year-month-day: write the date as {meant}."
    return f"'{text}' is not a date. Write it with year, month and day, like 2026-02-10."


def newcomers(
    ctx: click.Context, param: click.Parameter, values: tuple[str, ...]
) -> dict[str, dict[str, dict[str, str | float]]]:
    """Give what authorities begin with, by code, year and field, from CODE:FIELD@YEAR=VALUE.

    What holds in every year is under the year "".
    """
    found: dict[str, dict[str, dict[str, str | float]]] = {}
    for value in values:
        place, equals, told = value.partition("=")
        code, _, what = (part.strip() for part in place.partition(":"))
        what, at, year = (part.strip() for part in what.partition("@"))
        code, what, told = code.upper(), what.lower().replace(" ", "_"), told.strip()
        wrong = what not in (*_NUMBERS, *_NAMES) or bool(at) != bool(year)
        if not (code and equals and told) or wrong or (at and what == "children"):
            raise click.BadParameter(
                f"'{value}' does not say what an authority begins with. Write CODE:FIELD=VALUE, "
                'for example --new "E06000063:baseline=52,000,000", or CODE:FIELD@YEAR=VALUE for '
                f"a year of its own (not of children). Fields: {', '.join((*_NUMBERS, *_NAMES))}.",
                ctx,
                param,
            )
        own = found.setdefault(code, {}).setdefault(year, {})
        if what in own:
            named = f"{what} of {code}{f' in {year}' if year else ''}"
            raise click.BadParameter(f"{named} is given twice.", ctx, param)
        printable(ctx, param, told)
        own[what] = _number_of(ctx, param, code, what, told) if what in _NUMBERS else told
    return found


_NUMBERS, _NAMES = ("baseline", "area_cost", "children"), ("band", "tier", "group")


def _number_of(
    ctx: click.Context, param: click.Parameter, code: str, what: str, told: str
) -> float:
    try:
        number = signed_amount(told.removeprefix("£"))
    except CypsError:
        number = -1.0
    if number < 0 or (number == 0 and what != "baseline"):
        least = "0 or more" if what == "baseline" else "above 0"
        raise click.BadParameter(
            f"{what} of {code} is '{told}'. It has to be a number {least}.", ctx, param
        )
    return number


def listed_years(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Give years from 2017-18,2018-19, each once."""
    years = [year.strip() for year in (value or "").split(",") if year.strip()]
    if len(set(years)) < len(years):
        raise click.BadParameter(f"'{value}' has a year twice. Give each once.", ctx, param)
    return tuple(years)
