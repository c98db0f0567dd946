"""Quantiles: how many standard errors an interval reaches, normal or Student's t.

Degrees of freedom are between-within: a driver of whole groups rests on the groups, however many
children each has; a driver that differs within them on the children (with three levels, a small
area's on the small areas).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cyps.cells import AuthorityDriver, Term
from cyps.errors import CypsError
from cyps.model.estimates import normal_quantile
from cyps.model.fitted import Fitted
from cyps.pack import Interaction

Quantiles = Literal["normal", "t"]

_GROUP, _AREA, _CHILD = "group", "area", "child"


def check_quantiles(quantiles: object) -> None:
    """Refuse what is neither of the two."""
    if quantiles not in ("normal", "t"):
        raise CypsError(f"quantiles is {quantiles!r}. It is 'normal' or 't'.")


def degrees_of_freedom(fit: Fitted) -> NDArray[np.int64]:
    """Of each coefficient, (k,), between-within.

    Errors robust to what groups share ("cluster") rest on the groups whatever the driver; without
    effects of groups (plain, dummies) other errors rest on the children.

    Raises
    ------
    CypsError
        When there are no more groups (or small areas) than coefficients of theirs.
    """
    levels = _levels(fit)
    n_groups, n_areas = len(fit.groups), len(fit.small_areas)
    if fit.cov_type == "cluster":
        left = {_GROUP: n_groups - levels.count(_GROUP)}
        levels = [_GROUP] * len(levels)
    elif fit.estimator in ("plain", "dummies"):
        own = n_groups - 1 if fit.estimator == "dummies" else 0
        left = {_CHILD: fit.children - own - len(levels)}
        levels = [_CHILD] * len(levels)
    elif fit.estimator == "three levels":
        left = {
            _GROUP: n_groups - levels.count(_GROUP),
            _AREA: n_areas - n_groups - levels.count(_AREA),
            _CHILD: fit.children - n_areas - levels.count(_CHILD),
        }
    else:
        levels = [_GROUP if level == _GROUP else _CHILD for level in levels]
        left = {
            _GROUP: n_groups - levels.count(_GROUP),
            _CHILD: fit.children - n_groups - levels.count(_CHILD),
        }
    found = np.array([left[level] for level in levels], np.int64)
    if found.min() < 1:
        raise CypsError(
            f"{n_groups} groups leave no degrees of freedom for what is asked of them, so that "
            "Student's t has no quantiles. Leave out drivers, or take quantiles='normal'."
        )
    return found


def reach(fit: Fitted, alpha: float, quantiles: Quantiles) -> NDArray[np.float64]:
    """How many standard errors each coefficient's interval reaches, (k,)."""
    check_quantiles(quantiles)
    normal = normal_quantile(alpha)
    if quantiles == "normal":
        return np.full(len(fit.labels), normal)
    from scipy.special import stdtrit  # slow to load

    return np.asarray(-stdtrit(degrees_of_freedom(fit), alpha / 2))


def reach_of_deviation(fit: Fitted, alpha: float, quantiles: Quantiles, name: str) -> float:
    """The same of a standard deviation: as a driver of groups, or of small areas ("area_sigma")."""
    check_quantiles(quantiles)
    normal = normal_quantile(alpha)
    if quantiles == "normal":
        return normal
    from scipy.special import stdtrit  # slow to load

    n_groups, levels = len(fit.groups), _levels(fit)
    left = n_groups - levels.count(_GROUP)
    if name == "area_sigma":
        left = len(fit.small_areas) - n_groups - levels.count(_AREA)
    if left < 1:
        raise CypsError(
            f"{n_groups} groups leave no degrees of freedom for {name}, so that Student's t has "
            "no quantiles. Leave out drivers, or take quantiles='normal'."
        )
    return float(-stdtrit(left, alpha / 2))


def _levels(fit: Fitted) -> list[str]:
    """Whose property each coefficient's driver is; the intercept is the groups'."""
    return [_GROUP] + [_level(term) for term in fit.drivers for _ in term.labels]


def _level(term: Term) -> str:
    """An interaction is a property of the lowest of its parts."""
    parts = term.parts if isinstance(term, Interaction) else (term,)
    whose = {_GROUP if isinstance(part, AuthorityDriver) else part.level for part in parts}
    return next(level for level in (_CHILD, _AREA, _GROUP) if level in whose)
