"""Pack: take coefficients and predicted use through the door, and nothing smaller."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from cyps.cells import (
    SMALLEST_COUNT,
    AuthorityDriver,
    Cells,
    Interaction,
    Term,
    driver_blocks,
)
from cyps.errors import CypsError
from cyps.geography import authorities
from cyps.model.neutral import driver_means, few_differ, neutral_cells
from cyps.model.prediction import predict_use
from cyps.model.result import MultilevelFit
from cyps.model.solvable import NeutralCells, solvable
from cyps.pack import Driver, MetricModel, Neutral, NeutralisedUse, Pack, UseTable


def make_pack(
    fits: Sequence[MultilevelFit],
    children: Cells,
    *,
    name: str,
    status: str,
    statement: str,
    source: str,
    created: str,
    year: int,
    sample_areas: int,
    neutralise: Sequence[Mapping[str, Neutral]] = (),
) -> Pack:
    """Put fits together with the use that they predict for all children.

    Parameters
    ----------
    fits : one a metric, all converged
    children : cells of every child to predict for, grouped by GSS code
    name, status, statement, source, created, year : what the pack says of itself
    sample_areas : how many small areas the fits rest on
    neutralise : combinations of drivers to predict with as well, each driver put at its
        "reference", "average" or "own average" (see `neutral_cells`), such as
        `[{"ethnicity": "reference"}, {"ethnicity": "reference", "fsm": "average"}]`

    Raises
    ------
    CypsError
        When there is no fit or one did not converge, a group is no authority of that
        year, an authority has too few children to be published, counts of a few of them could
        be solved for from its use alone, or a driver cannot be neutralised as asked.
    """
    if not fits:
        raise CypsError("There is no fit to pack. Fit at least one metric.")
    for fit in fits:
        if not fit.converged:
            raise CypsError(
                f"The fit of {fit.metric} cannot be packed: {fit.verdict}. Mend the model first."
            )
    drivers = _packed_drivers(fits)
    check_packable(children, year, neutralise)
    name_of = {authority.code: authority.name for authority in authorities(year)}
    hidden = _rests_on_few(children)
    combinations = _combinations(children, neutralise)
    neutral = [
        NeutralCells(
            neutral_cells(children, each), ~np.isin(children.groups, few_differ(children, each))
        )
        for each in combinations
    ]
    solved = solvable(children, fits, hidden, neutral)
    _refuse_solved_use(children, solved.use_alone)
    # Blank whole rows: with one entry less, others may still do.
    hidden |= solved.with_gradient[:, None]
    names = tuple(name_of[code] for code in children.groups)
    use = _use_table(children, fits, names, hidden)
    means = driver_means(children)
    means[_few_of_all(children)] = np.nan
    return Pack(
        name=name,
        status=status,
        statement=statement,
        source=source,
        created=created,
        year=year,
        drivers=drivers,
        models=tuple(_model(fit) for fit in fits),
        use=use,
        neutralised=tuple(
            _neutralised(
                each.cells, fits, combination, names, each.shown & ~solved.without_gradient
            )
            for combination, each in zip(combinations, neutral, strict=True)
        ),
        driver_means=means,
        sample_children=fits[0].children,
        sample_authorities=len(fits[0].groups),
        sample_areas=sample_areas,
        nagq=fits[0].nagq,
    )


def _refuse_solved_use(children: Cells, solved: NDArray[np.bool_]) -> None:
    if not solved.any():
        return
    named = [code for code, told in zip(children.groups, solved.tolist(), strict=True) if told]
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    raise CypsError(
        f"The predicted use of {', '.join(named[:5])}{more} would tell of single children: there "
        "are so few combinations of drivers that their numbers, some below "
        f"{SMALLEST_COUNT}, can be solved for from the use and the coefficients. Put categories "
        "together, pack fewer metrics, or leave out the authority."
    )


def check_packable(
    children: Cells, year: int, neutralise: Sequence[Mapping[str, Neutral]] = ()
) -> None:
    """Refuse children whose use no pack may tell, before any model is fitted.

    Parameters
    ----------
    children : cells of every child to predict for, grouped by GSS code
    year : of the pack
    neutralise : combinations of drivers to predict with as well

    Raises
    ------
    CypsError
        When a group is no authority of that year, an authority has too few children to be
        published, or a driver cannot be neutralised as asked.
    """
    known = {authority.code for authority in authorities(year)}
    strangers = [code for code in children.groups if code not in known]
    if strangers:
        raise CypsError(
            f"{', '.join(strangers[:5])} is no authority of {year}. Group children by the GSS "
            "codes of that year's authorities."
        )
    tiny = [
        code
        for code, count in zip(children.groups, children.group_children, strict=True)
        if count < SMALLEST_COUNT
    ]
    if tiny:
        raise CypsError(
            f"{', '.join(tiny[:5])} has fewer than {SMALLEST_COUNT} children, so that its "
            "predicted use would tell of single ones. Leave it out of the children to predict for."
        )
    _combinations(children, neutralise)


def _use_table(
    children: Cells,
    fits: Sequence[MultilevelFit],
    names: tuple[str, ...],
    hidden: NDArray[np.bool_],
) -> UseTable:
    """Predicted use of some children; `hidden` (n_groups, k) are the entries not to show."""
    predicted = predict_use(children, fits)
    gradient = np.array([use.gradient for use in predicted])
    gradient[:, hidden] = 0.0
    return UseTable(
        codes=children.groups,
        names=names,
        metrics=tuple(fit.metric for fit in fits),
        children=np.column_stack([use.children for use in predicted]),
        gradient=gradient,
        smallest_count=SMALLEST_COUNT,
        suppressed=int(hidden.sum()) * len(fits),
        hidden=np.broadcast_to(hidden, gradient.shape).copy(),
    )


def _combinations(
    children: Cells, neutralise: Sequence[Mapping[str, Neutral]]
) -> list[dict[str, Neutral]]:
    """What to neutralise, in the order of the drivers, each combination once."""
    order = [driver.name for driver in children.drivers]
    found: list[dict[str, Neutral]] = []
    for combination in neutralise:
        if not combination:
            raise CypsError(
                "Nothing is to be neutralised in one of the combinations. Leave it out."
            )
        neutral_cells(children, combination)
        ordered = {name: combination[name] for name in order if name in combination}
        if ordered not in found:
            found.append(ordered)
    return found


def _neutralised(
    neutral: Cells,
    fits: Sequence[MultilevelFit],
    combination: Mapping[str, Neutral],
    names: tuple[str, ...],
    shown: NDArray[np.bool_],
) -> NeutralisedUse:
    """Predicted use with drivers neutralised, of the authorities it does not tell too much of.

    `shown` (n_groups,) are these.
    """
    kept = np.flatnonzero(shown).tolist()
    if not kept:
        raise CypsError(
            f"{', '.join(combination)} cannot be neutralised: in every authority fewer than "
            f"{SMALLEST_COUNT} children differ by it, whom the use would tell of, or counts below "
            f"{SMALLEST_COUNT} could be solved for from it."
        )
    predicted = predict_use(neutral, fits)
    # No gradient: beside that of the use as it is, it would tell of those who are few in a
    # category and differ by the driver.
    use = UseTable(
        codes=tuple(neutral.groups[j] for j in kept),
        names=tuple(names[j] for j in kept),
        metrics=tuple(fit.metric for fit in fits),
        children=np.column_stack([use.children for use in predicted])[kept],
    )
    return NeutralisedUse(tuple(combination.items()), use)


def _few_of_all(children: Cells) -> NDArray[np.bool_]:
    """Which coefficients' means over all children (k,) tell of too few of them."""
    return np.asarray(_rests_on_few(children, [(0, len(children.groups))])[0])


def _packed_drivers(fits: Sequence[MultilevelFit]) -> tuple[Driver | Interaction, ...]:
    """The drivers as a pack has them, where its format can hold this model."""
    for fit in fits:
        if fit.estimator == "dummies":
            raise CypsError(
                f"The fit of {fit.metric} has a dummy for each group in place of one standard "
                "deviation, which a pack cannot hold. Pack a multilevel fit (fit_cells)."
            )
    single = {
        term.name: _packed_driver(term)
        for term in fits[0].drivers
        if not isinstance(term, Interaction)
    }
    return tuple(
        _packed_interaction(term, single) if isinstance(term, Interaction) else single[term.name]
        for term in fits[0].drivers
    )


def _packed_driver(term: Term) -> Driver:
    level = "authority" if isinstance(term, AuthorityDriver) else term.level
    return Driver(term.name, level, term.categories)


def _packed_interaction(term: Interaction, single: Mapping[str, Driver]) -> Interaction:
    alone = [part.name for part in term.parts if part.name not in single]
    if alone:
        raise CypsError(
            f"The interaction '{term.name}' cannot be packed without the effect of {alone[0]} "
            f"itself: a reader would take its effect for 0 everywhere. Add {alone[0]} to the model."
        )
    return Interaction(tuple(single[part.name] for part in term.parts))


def _model(fit: MultilevelFit) -> MetricModel:
    return MetricModel(
        fit.metric, fit.coefficients, fit.covariance, fit.sigma, fit.loglik, fit.events,
        fit.verdict, area_sigma=fit.area_sigma,
    )  # fmt: skip


def _rests_on_few(
    children: Cells, parts: Sequence[tuple[int, int]] | None = None
) -> NDArray[np.bool_]:
    """Which gradient entries (n_parts, k) tell of fewer than the smallest count of children.

    A part is the groups from the first to before the last; by default each group is one. A
    category's entry is the sum of p(1 - p) over its children: from a handful of
    them their number could be worked out. Whatever is hidden stands, together with the
    reference category, behind the difference of the intercept's entry and those shown: so
    categories are hidden, the smallest first, until none or enough children stand there.
    A number's entry is hidden where only a handful of children differ from all others, and
    those of an interaction where a handful are in one of its combinations, or in none.
    """
    if parts is None:
        parts = [(group, group + 1) for group in range(len(children.groups))]
    hidden = np.zeros((len(parts), len(children.labels)), dtype=bool)
    for number, (first, last) in enumerate(parts):
        counts: dict[str, NDArray[np.float64]] = {}
        own: dict[str, NDArray[np.int64]] = {}
        for block in driver_blocks(children):
            rows = slice(block.start[first], block.start[last])
            of_rows, values = block.children[rows], block.values[rows]
            counts[block.driver.name] = of_rows @ (values != 0)
            own[block.driver.name] = block.columns
            if isinstance(block.driver, Interaction):
                unshown = {name for name, columns in own.items() if hidden[number, columns].any()}
                hide = _hide_interaction(block.driver, of_rows, values, counts, unshown)
            elif block.driver.categories:
                hide = _hide_categories(of_rows, values)
            else:
                hide = _hide_number(of_rows, values)
            hidden[number, block.columns] = hide
    return hidden


def _hide_interaction(
    term: Interaction,
    children: NDArray[np.int64],
    values: NDArray[np.float64],
    counts: Mapping[str, NDArray[np.float64]],
    unshown: Collection[str],
) -> NDArray[np.bool_]:
    """All entries of an interaction, or none: what is left beside those shown tells, too.

    Behind a part's own entry less those of its combinations stand the children of the part
    that are in no combination; `counts` holds how many children each part's own columns have.
    """
    every = np.ones(values.shape[1], dtype=bool)
    if len(term.parts) > 2:  # their differences are too many to follow
        return every
    if any(part.name in unshown for part in term.parts):
        # Where all of a hidden category's children are in combinations, those add up to it.
        return every
    met = counts[term.name].reshape([len(part.labels) for part in term.parts])
    behind = [met, children.sum() - met.sum()]
    for axis, part in enumerate(term.parts):
        behind.append(counts[part.name] - met.sum(axis=1 - axis))
    if any(((count > 0) & (count < SMALLEST_COUNT)).any() for count in map(np.asarray, behind)):
        return every
    if all(part.categories for part in term.parts):
        return ~every
    return np.array([_hide_number(children, column[:, None])[0] for column in values.T])


def _hide_categories(children: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    counts = children @ values
    hide = (counts > 0) & (counts < SMALLEST_COUNT)
    behind = float(children.sum() - counts[~hide].sum())
    while 0 < behind < SMALLEST_COUNT and (counts[~hide] > 0).any():
        smallest = int(np.where(hide | (counts == 0), np.inf, counts).argmin())
        hide[smallest] = True
        behind += counts[smallest]
    return np.asarray(hide)


def _hide_number(children: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    _, place = np.unique(values[:, 0], return_inverse=True)
    usual = np.bincount(place, children).max()
    return np.array([0 < children.sum() - usual < SMALLEST_COUNT])
