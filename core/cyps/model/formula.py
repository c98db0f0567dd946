"""Formulas: the drivers that a formula string declares, in the words of `collapse`.

formulaic parses; nothing is evaluated and no design matrix is made.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.cells import Cells, collapse
from cyps.errors import CypsError
from cyps.model.multilevel import fit_cells
from cyps.model.result import CovarianceType, MultilevelFit
from cyps.model.three_levels import fit_three_levels

_EFFECT = re.compile(r"\(\s*([^()|]*?)\s*\|\|?\s*([^()|]+?)\s*\)")
_JOINED = re.compile(rf"\+\s*{_EFFECT.pattern}|{_EFFECT.pattern}\s*\+")


@dataclass(frozen=True, slots=True)
class Formula:
    """What a formula declares.

    Attributes
    ----------
    events : left of the tilde
    drivers : with effects of their own, in order
    interactions : names multiplied
    references : reference category by driver; categorical : those inside C()
    group, small_area : of (1|group) or (1|group/small_area)
    """

    events: str
    drivers: tuple[str, ...]
    interactions: tuple[tuple[str, ...], ...]
    references: Mapping[str, str]
    categorical: tuple[str, ...]
    group: str
    small_area: str | None


def read_formula(formula: str) -> Formula:
    """Translate a formula such as `y ~ sex + C(age, ref="6-7") + idaci + fsm:idaci + (1|la)`.

    `a*b` and `(a + b)**2` are spelt out; `C(x)` makes a category of a number;
    `(1|la/lsoa)` asks for three levels.

    Raises
    ------
    CypsError
        For what cells cannot hold, by name: functions of columns, random slopes, no
        intercept, no group.

    Examples
    --------
    >>> read_formula('CIN ~ sex + C(age, ref="6-7") + idaci + fsm:idaci + (1|la)').interactions
    (('fsm', 'idaci'),)
    """
    from formulaic.errors import FormulaicError
    from formulaic.parser import DefaultFormulaParser

    effects = _EFFECT.findall(formula)
    fixed = _EFFECT.sub("1", _JOINED.sub("", formula))
    if "|" in fixed:
        raise CypsError(f"The formula has a '|' outside of (1|group): {formula}")
    if re.search(r"(?<![\w.])\.(?![\w.])", fixed):
        raise CypsError(f"'.' stands for no columns here: name the drivers. It was: {formula}")
    try:
        terms = DefaultFormulaParser().get_terms(fixed)
    except (FormulaicError, SyntaxError) as error:
        said = str(error).splitlines()[0]
        raise CypsError(f"The formula cannot be read: {said} It was: {formula}") from error
    if not hasattr(terms, "lhs"):
        raise CypsError(f"The formula needs the events left of a tilde: y ~ ...; it is {formula}")
    group, small_area = _groups(effects)
    left = [factor for term in terms.lhs for factor in term.factors]
    if len(left) != 1 or left[0].eval_method.value != "lookup":
        raise CypsError(
            "Left of the tilde stands one column of events; give the number of children of a "
            "cell as trials='column'."
        )
    found = _Terms({}, [])
    names = [tuple(found.driver(factor) for factor in term.factors) for term in terms.rhs]
    names = [tuple(name for name in parts if name) for parts in names]
    if () not in names:
        raise CypsError("A model without intercept cannot be fitted on cells. Leave out 0 or -1.")
    return Formula(
        events=str(left[0].expr),
        drivers=tuple(parts[0] for parts in names if len(parts) == 1),
        interactions=tuple(parts for parts in names if len(parts) > 1),
        references=found.references,
        categorical=tuple(dict.fromkeys(found.categorical)),
        group=group,
        small_area=small_area,
    )


def _groups(effects: Sequence[tuple[str, str]]) -> tuple[str, str | None]:
    """Group and small area of the random effects."""
    if not effects:
        raise CypsError(
            "The formula names no group: add (1|la), with la the column of the authority."
        )
    for left, right in effects:
        if left != "1":
            raise CypsError(
                f"({left}|{right}) asks for slopes that differ between groups, which this model "
                "does not have. Write (1|group), and an interaction where a slope differs."
            )
    names = [re.split(r"[/:]", right) for _, right in effects]
    levels = [name.strip() for name in dict.fromkeys(part for parts in names for part in parts)]
    nested = len(effects) == 1 or (len(effects) == 2 and len(names[0]) == 1)
    if len(levels) > 2 or not nested or any(not re.fullmatch(r"\w+", name) for name in levels):
        raise CypsError(
            "Groups are (1|la) for two levels or (1|la/lsoa) for three; cells hold no others."
        )
    if len(levels) == 1 and len(names[0]) != 1:
        raise CypsError("Groups are (1|la) for two levels or (1|la/lsoa) for three.")
    return levels[0], levels[1] if len(levels) == 2 else None


@dataclass(slots=True)
class _Terms:
    references: dict[str, str]
    categorical: list[str]

    def driver(self, factor: Any) -> str:  # noqa: ANN401 - formulaic's Factor
        """Name of a factor's driver; "" for the intercept."""
        kind, text = factor.eval_method.value, str(factor.expr)
        if kind == "lookup":
            return text
        if kind == "literal" and text == "1":
            return ""
        call = ast.parse(text, mode="eval").body if kind == "python" else None
        if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "C" and call.args):
            raise CypsError(
                f"'{text}' is computed inside the formula, which cells cannot hold. Make it a "
                "column of the table first and name that."
            )
        name = call.args[0]
        if not isinstance(name, ast.Name):
            raise CypsError(f"'{text}' must name one column: C(age) or C(age, ref='6-7').")
        self.categorical.append(name.id)
        reference = _reference(call, text)
        if reference is not None:
            if self.references.get(name.id, reference) != reference:
                raise CypsError(f"Driver '{name.id}' has two reference categories in the formula.")
            self.references[name.id] = reference
        return name.id


def _reference(call: ast.Call, text: str) -> str | None:
    """The reference of C(x, ref="a"), C(x, Treatment("a")) or C(x, contr.treatment("a"))."""
    rest = [*call.args[1:], *(word.value for word in call.keywords)]
    words = {word.arg for word in call.keywords}
    if not rest:
        return None
    value = rest[0]
    if isinstance(value, ast.Call) and ast.unparse(value.func) in ("Treatment", "contr.treatment"):
        inside = [*value.args, *(word.value for word in value.keywords)]
        value = inside[0] if len(inside) == 1 else value
    elif not words <= {"ref", "reference"} or not words:
        value = call
    if len(rest) != 1 or not isinstance(value, ast.Constant):
        raise CypsError(
            f"'{text}' codes its categories in another way than by a reference. Write "
            "C(age, ref='6-7')."
        )
    return str(value.value)


def collapse_formula(
    formula: str,
    table: pd.DataFrame,
    *,
    areas: pd.DataFrame | None = None,
    area_key: str | None = None,
    area: Sequence[str] = (),
    trials: str | None = None,
    frequency: str | None = None,
) -> Cells:
    """Count the children of a table as a formula declares them.

    Whose property a driver is, is looked up: it is the authority's where it is the same
    throughout each, else the area's where `areas` has it, `area` names it or it is the same
    throughout each small area (`area_key`), else the child's.

    Parameters
    ----------
    formula : see `read_formula`
    table, areas, area_key, area, trials, frequency : see `cyps.cells.collapse`
    """
    asked = read_formula(formula)
    key = area_key or asked.small_area
    _check_nested(asked, table)
    names = tuple(dict.fromkeys([*asked.drivers, *(n for t in asked.interactions for n in t)]))
    table = _as_categories(table, asked.categorical)
    areas = None if areas is None else _as_categories(areas, asked.categorical)
    level = {name: _level(name, table, areas, key, asked.group, area) for name in names}
    # An interaction's part without an effect of its own is looked up by collapse, which takes
    # the child's way for it; that only counts more patterns.
    return collapse(
        table,
        events=asked.events,
        child=[name for name in asked.drivers if level[name] == "child"],
        area=[name for name in asked.drivers if level[name] == "area"],
        authority=[name for name in asked.drivers if level[name] == "authority"],
        interactions=asked.interactions,
        references=asked.references,
        group=asked.group,
        trials=trials,
        frequency=frequency,
        areas=areas,
        area_key=key,
    )


def _check_nested(asked: Formula, table: pd.DataFrame) -> None:
    """Small areas lie in one group each: crossed effects, or the wrong order, are refused."""
    group, small = asked.group, asked.small_area
    if small is None or not {group, small} <= set(table.columns):
        return
    several = int((table.groupby(small, observed=True)[group].nunique() > 1).sum())
    if several:
        raise CypsError(
            f"{several:,} of '{small}' lie in more than one '{group}', so that they are no small "
            "areas of it. Write the larger first, such as (1|la/lsoa), and give each small area a "
            "name of its own; effects that cross are not built."
        )


def _as_categories(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Numbers inside C() as text, in the order of the numbers."""
    changed = {}
    for name in names:
        if name in table.columns and pd.api.types.is_numeric_dtype(table[name]):
            as_category = table[name].astype("category")
            changed[name] = as_category.cat.rename_categories(
                [f"{value:g}" for value in as_category.cat.categories]
            )
    return table.assign(**changed) if changed else table


def _level(
    name: str,
    table: pd.DataFrame,
    areas: pd.DataFrame | None,
    key: str | None,
    group: str,
    declared: Sequence[str],
) -> str:
    where = areas if areas is not None and name in areas.columns else table
    if name not in where.columns:
        raise CypsError(f"The formula names '{name}', which is no column of the table.")
    if group in where.columns and _same_within(where, name, group):
        return "authority"
    if where is not table or name in declared:
        return "area"
    if key is not None and key in table.columns and _same_within(table, name, key):
        return "area"
    return "child"


def _same_within(table: pd.DataFrame, name: str, key: str) -> bool:
    code, _ = pd.factorize(table[key])
    value, _ = pd.factorize(table[name])
    _, first, number = np.unique(code, return_index=True, return_inverse=True)
    usual: NDArray[np.integer] = value[first]
    return bool((value == usual[number]).all()) and np.unique(usual).size > 1


def fit_formula(
    formula: str,
    table: pd.DataFrame,
    *,
    areas: pd.DataFrame | None = None,
    area_key: str | None = None,
    area: Sequence[str] = (),
    trials: str | None = None,
    frequency: str | None = None,
    nagq: int = 1,
    cov_type: CovarianceType = "given sigma",
) -> MultilevelFit:
    """Fit what a formula declares: two levels for (1|la), three for (1|la/lsoa).

    Parameters
    ----------
    formula : see `read_formula`
    table, areas, area_key, area, trials, frequency : see `collapse_formula`
    nagq, cov_type : see `fit_cells`

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame({"la": np.repeat(list("ABCDEFGHIJ"), 200)})
    >>> table["age"] = rng.integers(6, 9, 2000)
    >>> table["CIN"] = rng.random(2000) < 0.1 + 0.02 * table["age"]
    >>> fit_formula("CIN ~ C(age, ref='7') + (1|la)", table).labels
    ('Intercept', 'age[6]', 'age[8]')
    """
    cells = collapse_formula(
        formula, table, areas=areas, area_key=area_key, area=area, trials=trials,
        frequency=frequency,
    )  # fmt: skip
    if read_formula(formula).small_area is None:
        return fit_cells(cells, nagq=nagq, cov_type=cov_type)[0]
    return fit_three_levels(cells, nagq=nagq, cov_type=cov_type)[0]
