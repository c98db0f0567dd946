"""The group Assumptions: what may be typed into the workbook's named cells, and how to go back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cyps.errors import CypsError
from cyps_addin.actions.asked import Asked
from cyps_addin.cells import table
from cyps_addin.declare import Action, Assumption, Cells

if TYPE_CHECKING:
    from cyps_workbooks.kept.opened import Entry, Opened

METHODS: Final = (
    "No damping", "Floor", "Floor and ceiling", "Proportional", "Bands", "Protection",
    "Pace of change",
)  # fmt: skip
"""As the workbook's own picker has them; a test compares the two."""

ASSUMPTIONS: Final[tuple[Assumption, ...]] = (
    Assumption(
        "year", "Year", "The year that the boxes and the results are of",
        "Choose a year of this workbook. It is kept in the cell Year of the sheet Results.",
        "AY", "in_year", "choice", ("years",),
    ),
    Assumption(
        "authority", "Authority", "My authority",
        "Code or name of the authority that the sheet My authority shows.",
        "AA", "in_authority", "words",
    ),
    Assumption(
        "pot", "Pot (£)", "Whole pounds to share out in the year",
        "Type whole pounds such as 8,000,000,000. Kept on the sheet Inputs.",
        "AP", "in_pot", "pounds",
    ),
    Assumption(
        "method", "Damping", "Damping method of the year",
        "Choose one; what each needs stands on the sheet Damping.",
        "AM", "in_method", "choice", METHODS,
    ),
    Assumption(
        "floor", "Floor", "Least change against the baseline",
        "Type a rate such as -5% or 0%. Kept on the sheet Damping.",
        "AF", "in_floor", "rate",
    ),
    Assumption(
        "ceiling", "Ceiling", "Most change against the baseline",
        "Type a rate such as 10%. The methods with a ceiling use it. Kept on the sheet Damping.",
        "AC", "in_ceiling", "rate",
    ),
    Assumption(
        "metric", "Metric", "The metric that the box Weight is of",
        "Choose a metric of this workbook. This changes no cell.",
        "AT", "", "choice", ("metrics",),
    ),
    Assumption(
        "weight", "Weight", "Cost weight of the chosen metric",
        "Type a number of 0 or more; only ratios matter. Blank: the weight from spend.",
        "AW", "in_weight_", "factor",
    ),
    Assumption(
        "area_cost", "Area cost", "Area cost factor of my authority",
        "Type a number above 0; 1 is no adjustment. Kept on the sheet Inputs.",
        "AE", "in_area_cost", "factor",
    ),
)  # fmt: skip
"""Every input that the ribbon shows. Others are typed into the workbook's yellow cells."""

ASSUMPTION: Final = {one.name: one for one in ASSUMPTIONS}

_HEAD = ("cell", "was", "becomes")
_MOST_POT = 10**12


def _assume(asked: Asked) -> Cells:
    """The cells that an assumption is kept in, and what is to be typed into them.

    The text is such as `floor=-5%`, `method=Floor and ceiling`, `weight CIN=0.4`; several are
    separated by semicolons, and the first may be the year that the others are of.
    """
    asked.check_living()
    rows, year, authority = [], asked.year, asked.authority
    for part in asked.text.split(";"):
        name, mark, typed = part.partition("=")
        what, _, metric = name.strip().partition(" ")
        one = ASSUMPTION.get(what.casefold())
        if one is None or not mark or what.casefold() == "metric":
            raise CypsError(
                f"'{part.strip()[:60]}' is no assumption. Write one such as floor=-5%; there are "
                f"{', '.join(a.name for a in ASSUMPTIONS if a.name != 'metric')}."
            )
        value = _value(one, typed.strip(), asked)
        entry = _entry(one, metric.strip(), asked, year, authority)
        if one.name == "year":
            year = asked.labels.index(str(value))
        if one.name == "authority":
            authority = str(value)
        if entry is not None:
            rows.append((entry.place, _now(asked.opened, entry), value))
    return table(_HEAD, rows)


def _entry(one: Assumption, metric: str, asked: Asked, year: int, authority: str) -> Entry:
    """The cell that an assumption is kept in."""
    from cyps_workbooks.layout import weight_name

    opened = asked.opened
    if one.name in {"year", "authority"}:
        return opened.block(one.cells)[0][0]
    if one.name == "weight":
        return opened.block(weight_name(_metric(metric, asked)))[0][0]
    if one.name == "area_cost":
        block = opened.block(one.cells)
        if len(block[0]) != len(asked.labels):
            raise CypsError(
                "This workbook has an area cost factor for each metric. Type them on the sheet "
                "Inputs."
            )
        return block[_row(asked, authority)][year]
    return opened.block(one.cells)[0][year]


def _metric(name: str, asked: Asked) -> str:
    metrics = asked.back.use.metrics
    found = {m.casefold(): m for m in metrics}.get(name.casefold())
    if found is None:
        raise CypsError(
            f"There is no metric '{name[:40]}'. Name one of {', '.join(metrics)}, as in "
            f"weight {metrics[0]}=0.4."
        )
    return found


def _row(asked: Asked, authority: str) -> int:
    """Position of an authority, by code or name."""
    wanted = " ".join(authority.split()).casefold()
    for i, place in enumerate(asked.back.scenario.authorities):
        if wanted in {place.code.casefold(), place.name.casefold()}:
            return i
    raise CypsError(
        f"This workbook has no authority '{authority[:60]}'. Give a GSS code such as "
        f"{asked.back.scenario.codes[0]} or a name as on the sheet Results."
    )


def _value(one: Assumption, typed: str, asked: Asked) -> Cells:
    """What is typed, as the cell takes it."""
    if one.kind == "choice":
        choices = asked.labels if one.name == "year" else one.choices
        found = {choice.casefold(): choice for choice in choices}.get(typed.casefold())
        if found is None:
            raise CypsError(f"{one.label} is '{typed[:40]}'. Choose one of: {', '.join(choices)}.")
        return found
    if one.kind == "words":
        return asked.back.scenario.authorities[_row(asked, typed)].name
    if one.name in {"ceiling", "weight"} and not typed:
        return ""
    return _number(one, typed)


def _number(one: Assumption, typed: str) -> float:
    needed = {
        "pounds": "whole pounds above 0, such as 8,000,000,000",
        "rate": "a rate from -100% to 1,000%, such as -5%",
        "factor": "a number of 0 or more, such as 1.05",
    }[one.kind]
    plain = typed.replace(",", "").replace(" ", "").replace("−", "-").removeprefix("£")
    found = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+))(%?)", plain[:40])
    number = float(found[1]) / (100 if found[2] else 1) if found else float("nan")
    if one.kind == "rate" and found and not found[2] and abs(number) >= 1:
        raise CypsError(
            f"{one.label} is '{typed[:40]}', which would be {number:,.0%}. Write the percent sign, "
            f"such as {plain[:40]}%."
        )
    fits = {
        "pounds": 0 < number <= _MOST_POT and number == int(number) if found else False,
        "rate": -1 <= number <= 10,
        "factor": number >= 0 and (one.name == "weight" or number > 0),
    }[one.kind]
    if not fits:
        raise CypsError(f"{one.label} is '{typed[:40]}'. Type {needed}.")
    return number


def _now(opened: Opened, entry: Entry) -> Cells:
    value = opened.followed(entry).value
    return "" if value is None else value


def _reset(asked: Asked) -> Cells:
    """Every input that is not as the workbook was issued, and what it was."""
    from cyps_workbooks.kept.as_issued import changed_inputs

    asked.check_living()
    choices = {"in_year", "in_authority", "in_child"}
    rows = [
        (now.place, _now(asked.opened, now), _then(then))
        for name, then, now in changed_inputs(asked.opened, _issued(asked))
        if name not in choices
    ]
    return table(_HEAD, rows)


def _then(entry: Entry) -> Cells:
    if entry.formula is not None:
        return f"={entry.formula}"
    return "" if entry.value is None else entry.value


def _issued(asked: Asked) -> Opened:
    from cyps.settlement import settle
    from cyps_workbooks.kept.opened import Opened
    from cyps_workbooks.published.reading import read_workbook_bytes
    from cyps_workbooks.settlement_workbook import settlement_bytes

    settled = [(label, settle(scenario, use)) for label, scenario, use in asked.back.records]
    return Opened.of(asked.opened.path, read_workbook_bytes(settlement_bytes(settled)))


def writes(rows: Cells) -> Iterator[tuple[str, Cells]]:
    """Place and content of every cell that a table of `writes` names.

    Examples
    --------
    >>> list(writes([["cell", "was", "becomes"], ["Inputs!D6", 1.0, 2.0]]))
    [('Inputs!D6', 2.0)]
    """
    for place, _, becomes in rows[1:]:
        yield place, becomes


ACTIONS: tuple[Action, ...] = (
    Action(
        "assume", "Assume", "", "Change an assumption",
        "Asked by the boxes: a text such as floor=-5%.", "", "", _assume, on_book=True,
        needs=("living",), writes=True,
    ),
    Action(
        "reset", "Reset to published", "Assumptions",
        "Every input as the workbook was issued",
        "Says how many cells differ from those it was issued with, asks, and puts them back; "
        "formulas that were typed over, too.",
        "AR", "Refresh", _reset, on_book=True,
        needs=("living",), writes=True,
    ),
)  # fmt: skip
"""Actions that change inputs."""
