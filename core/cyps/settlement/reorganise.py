"""Reorganise: merge or split authorities within a settlement, with the total as it was.

Both are one thing: what old authority j has goes to new authority i in parts that add up
to 1 over i. Use, baseline and children go by their own parts. With N_j the needs share
before area cost, p_ij the part of it that goes to i, and A_j the area cost factor,

    N'_i = sum_j p_ij N_j        A'_i = (sum_j p_ij N_j A_j) / N'_i

so that sum_i N'_i A'_i = sum_j N_j A_j (sum_i p_ij = 1): the divisor that makes shares add
up to 1 again stays as it was, and with it the share and target of everybody who is not
reorganised. A merged authority has the sum of its parts' targets, a split one's parts share
its target out. Area cost by metric goes metric by metric in the same way. What damping
makes of it is another thing: it depends on how far each authority is from its baseline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.geography import Authority
from cyps.needs import Use, cost_weights, metric_shares
from cyps.settlement.apply import Transition
from cyps.settlement.rules import Bands, DampingRule, Protection
from cyps.settlement.scenario import Scenario, in_order_of_metrics
from cyps.settlement.years import Year

_GSS = re.compile(r"E[0-9]{8}")


@dataclass(frozen=True, slots=True)
class Merge:
    """Authorities that become one.

    `into` may have the code of one of its parts, and one part alone is given a new code.
    `reason` is said on every output.
    """

    into: Authority
    parts: tuple[str, ...]
    reason: str = ""

    @property
    def gone(self) -> tuple[str, ...]:
        """Codes that end."""
        return self.parts

    @property
    def come(self) -> tuple[Authority, ...]:
        """The authorities that there are instead."""
        return (self.into,)


@dataclass(frozen=True, slots=True)
class Split:
    """An authority that becomes several, by a stated key.

    Attributes
    ----------
    code : the old authority
    into : the new ones; one may have the old code
    use : array (n_new, n_metrics), part of the use of each metric, columns sum to 1
    baseline, population : arrays (n_new,), part of the baseline and of the children, sum to 1
    key : what these parts are and where they are from, in words
    reason : said on every output
    """

    code: str
    into: tuple[Authority, ...]
    use: NDArray[np.float64]
    baseline: NDArray[np.float64]
    population: NDArray[np.float64]
    key: str
    reason: str = ""

    def __post_init__(self) -> None:
        for name in ("use", "baseline", "population"):
            parts = np.array(getattr(self, name), dtype=np.float64)
            fits = parts.ndim == (2 if name == "use" else 1) and len(parts) == len(self.into)
            if not fits or not (np.isfinite(parts) & (parts >= 0)).all():
                raise CypsError(
                    f"The {name} of {self.code} is not split among {len(self.into)} authorities: "
                    "each needs a part of 0 or more."
                )
            total = parts.sum(axis=0)
            if (np.abs(total - 1) > 1e-9).any():
                raise CypsError(
                    f"The parts of the {name} of {self.code} add up to "
                    f"{', '.join(f'{x:.6g}' for x in np.atleast_1d(total))}, not to 1."
                )
            object.__setattr__(self, name, parts)

    @property
    def gone(self) -> tuple[str, ...]:
        """Codes that end."""
        return (self.code,)

    @property
    def come(self) -> tuple[Authority, ...]:
        """The authorities that there are instead."""
        return self.into


Change = Merge | Split


@dataclass(frozen=True, slots=True)
class Reorganised:
    """What a settlement is made of, after some authorities were merged or split.

    `population` is an array (n_authorities,) or None; `years` are those that were given,
    with their rules, baseline and area cost for the new authorities.
    """

    scenario: Scenario
    use: Use
    population: NDArray[np.float64] | None
    years: tuple[Year, ...]


def reorganise(
    scenario: Scenario,
    use: Use,
    changes: Sequence[Change],
    population: NDArray[np.float64] | None = None,
    years: Sequence[Year] = (),
) -> Reorganised:
    """Merge and split authorities, one change after the other.

    Use, baseline and children are added or shared out; the area cost factors leave the sum
    of adjusted needs as it was. So totals are unchanged, and so are the shares and targets of
    everybody else (to the last digits of floating point). Damped amounts can change.

    Parameters
    ----------
    scenario, use : as for `settle`
    changes : merges and splits, each seeing what those before it made
    population : array (n_authorities,), children, if any
    years : years whose rules, groups, baseline and area cost follow

    Returns
    -------
    Reorganised
        authorities in code order; a note for each change says "assumed" and by what key

    Raises
    ------
    CypsError
        When an authority is not in the settlement, a code is taken, or parts that are merged
        have different bands, tiers or damping groups.

    Examples
    --------
    >>> from cyps.settlement import settle
    >>> from cyps.settlement.example import example
    >>> one = example()
    >>> both = Authority("E06900001", "", "Both", "North East")
    >>> merged = reorganise(one.scenario, one.use, [Merge(both, one.scenario.codes)])
    >>> settle(merged.scenario, merged.use).pounds.tolist()
    [100]
    """
    row = {code: i for i, code in enumerate(use.codes)}
    if set(row) != set(scenario.codes):
        raise CypsError("Use and scenario must name the same authorities to be reorganised.")
    children = use.children[[row[code] for code in scenario.codes]]
    now = Reorganised(
        scenario,
        Use(scenario.codes, use.metrics, children, use.basis),
        population,
        tuple(years),
    )
    for change in changes:
        _check(change, now.scenario)
        now = _changed(now, change)
    return now


@dataclass(frozen=True, slots=True)
class _Links:
    """What goes from which old row to which new one, and in what part.

    Arrays have a row for each link; `use` is (n_links, n_metrics).
    """

    n_new: int
    old: NDArray[np.int64]
    new: NDArray[np.int64]
    use: NDArray[np.float64]
    baseline: NDArray[np.float64]
    population: NDArray[np.float64]

    def moved(self, amount: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
        """Amounts of the new authorities: (n_new, ...) from (n_old, ...)."""
        there = np.zeros((self.n_new, *amount.shape[1:]))
        np.add.at(there, self.new, amount[self.old] * part)
        return there

    def area_cost(
        self, factor: NDArray[np.float64], needs: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The mean factor of each new authority by the needs that come to it.

        `factor` is (n_old,) or (n_old, n_metrics), `needs` (n_links,) or (n_links, n_metrics)
        likewise. Where only one old authority's needs come, its factor stays to the bit.
        """
        shape = (self.n_new, *factor.shape[1:])
        total, adjusted, plain, count = (np.zeros(shape) for _ in range(4))
        np.add.at(total, self.new, needs)
        np.add.at(adjusted, self.new, needs * factor[self.old])
        np.add.at(plain, self.new, factor[self.old])
        np.add.at(count, self.new, 1.0)
        mean = plain / count
        weighted = np.divide(adjusted, total, out=mean.copy(), where=total > 0)
        return np.asarray(np.where(count == 1, mean, weighted))


def _changed(now: Reorganised, change: Change) -> Reorganised:
    scenario, use = now.scenario, now.use
    stay = [a for a in scenario.authorities if a.code not in change.gone]
    places = tuple(sorted((*stay, *change.come)))
    links = _links(change, scenario.codes, tuple(a.code for a in places), len(use.metrics))
    shares, weights = metric_shares(use), cost_weights(scenario.spend, use.metrics)
    by_metric = links.use * shares[links.old]

    def area_cost(factor: NDArray[np.float64], own: tuple[str, ...]) -> NDArray[np.float64]:
        factor = in_order_of_metrics(factor, own, use.metrics)
        # One factor goes by all needs, a factor for each metric of use by that metric's.
        return links.area_cost(factor, by_metric @ weights if factor.ndim == 1 else by_metric)

    codes = tuple(place.code for place in places)
    factor = area_cost(scenario.area_cost, scenario.area_cost_metrics)
    own_factors = any(year.area_cost is not None for year in now.years)
    told = None if own_factors else factor[codes.index(change.come[0].code)]
    after = replace(
        scenario,
        authorities=places,
        area_cost=factor,
        area_cost_metrics=use.metrics if factor.ndim > 1 else (),
        baseline=links.moved(scenario.baseline, links.baseline),
        damping=_rule_after(scenario.damping, change),
        transition=_transition_after(scenario.transition, change),
        notes=(*scenario.notes, _note(change, scenario, told)),
    )
    return Reorganised(
        after,
        Use(codes, use.metrics, links.moved(use.children, links.use), use.basis),
        None if now.population is None else links.moved(now.population, links.population),
        tuple(
            replace(
                year,
                damping=_rule_after(year.damping, change),
                transition=_transition_after(year.transition, change),
                area_cost=None
                if year.area_cost is None
                else area_cost(year.area_cost, year.area_cost_metrics),
                area_cost_metrics=use.metrics if year.area_cost_metrics else (),
                baseline=year.baseline
                if isinstance(year.baseline, str)
                else links.moved(year.baseline, links.baseline),
            )
            for year in now.years
        ),
    )


def _links(
    change: Change, before: tuple[str, ...], after: tuple[str, ...], n_metrics: int
) -> _Links:
    row, place = ({code: i for i, code in enumerate(codes)} for codes in (before, after))
    stay = [code for code in before if code not in change.gone]
    if isinstance(change, Merge):
        ends = [(part, change.into.code) for part in change.parts]
        use, baseline, population = np.ones((len(ends), n_metrics)), *(np.ones(len(ends)),) * 2
    else:
        ends = [(change.code, new.code) for new in change.into]
        use, baseline, population = change.use, change.baseline, change.population
        if use.shape[1] != n_metrics:
            raise CypsError(
                f"The split of {change.code} has parts for {use.shape[1]} metrics, and the use "
                f"table has {n_metrics}."
            )
    whole = np.ones(len(stay))
    return _Links(
        n_new=len(after),
        old=np.array([row[code] for code in [*stay, *(old for old, _ in ends)]]),
        new=np.array([place[code] for code in [*stay, *(new for _, new in ends)]]),
        use=np.vstack([np.ones((len(stay), n_metrics)), use]),
        baseline=np.append(whole, baseline),
        population=np.append(whole, population),
    )


def _rule_after(rule: DampingRule, change: Change) -> DampingRule:
    match rule:
        case Bands():
            member = _labels_after(rule.member, change, "band")
            return rule.model_copy(update={"member": member})
        case Protection():
            member = _labels_after(rule.member, change, "protection tier")
            return rule.model_copy(update={"member": member})
    return rule


def _transition_after(transition: Transition, change: Change) -> Transition:
    if transition.group is None:
        return transition
    return replace(transition, group=_labels_after(transition.group, change, "damping group"))


def _labels_after(of: Mapping[str, str], change: Change, what: str) -> dict[str, str]:
    """Labels of the new authorities: their own where given, else what their parts had."""
    stay = {code: label for code, label in of.items() if code not in change.gone}
    labels = sorted({of[code] for code in change.gone if code in of})
    for place in change.come:
        if place.code in stay:
            continue
        if len(labels) > 1:
            raise CypsError(
                f"{place.name} ({place.code}) is made of authorities of different {what}s "
                f"({', '.join(labels)}). Give {place.code} a {what} of its own, beside theirs."
                if place.code not in change.gone
                else f"{place.name} keeps the code {place.code} and is made of authorities of "
                f"different {what}s ({', '.join(labels)}). Give them all the same one."
            )
        if labels:
            stay[place.code] = labels[0]
    return stay


def _check(change: Change, scenario: Scenario) -> None:
    come = [place.code for place in change.come]
    if len(set(change.gone)) != len(change.gone) or not change.gone:
        raise CypsError(f"A merge into {come[0]} must name each of its parts once.")
    if isinstance(change, Split) and len(come) < 2:
        raise CypsError(f"The split of {change.code} must name two authorities or more.")
    if len(set(come)) != len(come):
        raise CypsError(f"The split of {change.gone[0]} names a new authority twice.")
    excluded = {x.code: x.name for x in scenario.exclusions}
    for code in change.gone:
        if code in excluded:
            raise CypsError(
                f"{excluded[code]} ({code}) cannot be merged or split: it is left out of this "
                "settlement. Take it in again, or leave it out of the reorganisation."
            )
        if code not in scenario.codes:
            raise CypsError(
                f"'{code}' cannot be merged or split: no authority of this settlement has that "
                "code at that point. Splits come before merges, each in its order."
            )
    for place in change.come:
        if not _GSS.fullmatch(place.code):
            raise CypsError(
                f"'{place.code}' cannot be the code of {place.name}: a GSS code is E and eight "
                "digits. Where there is none yet, make one up, such as E06900001."
            )
        if (place.code in scenario.codes and place.code not in change.gone) or (
            place.code in excluded
        ):
            raise CypsError(
                f"{place.code} cannot be the code of {place.name}: another authority has it."
            )


def _note(change: Change, before: Scenario, factor: NDArray[np.float64] | None) -> str:
    """What was done, for every output; no `factor` where years have factors of their own."""
    name = {place.code: f"{place.name} ({place.code})" for place in before.authorities}
    old = _and([name[code] for code in change.gone])
    new = _and([f"{place.name} ({place.code})" for place in change.come])
    why = f" {change.reason.rstrip('.')}." if change.reason else ""
    if isinstance(change, Split):
        return (
            f"Reorganised (assumed): {old} split into {new}, {change.key.rstrip('.')}. Each has "
            f"the old area cost factor.{why}"
        )
    shown = "" if factor is None else f" {', '.join(f'{x:.14g}' for x in np.atleast_1d(factor))}"
    return (
        f"Reorganised (assumed): {old} made one, {new}: use, baseline and children added up; "
        f"area cost factor{shown}, the mean of theirs by needs, "
        f"which leaves everybody else's share and target as they were.{why}"
    )


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
