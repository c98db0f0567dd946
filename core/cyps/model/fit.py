"""Maximise the likelihood: Newton's method with a verdict and a log of every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cyps.model.laplace import Evaluation, laplace, slope_in_variance
from cyps.model.problem import Problem
from cyps.model.quadrature import adaptive_quadrature

# Newton decrement g'H^-1 g at which to stop: every coefficient is then within 3e-6 standard
# errors of the maximum.
TOLERANCE = 1e-11
_MOST_STEPS = 100
# After this many steps the approximate Newton matrix is not good enough (small
# samples); from there on the exact curvature is taken.
_APPROXIMATE_STEPS = 12
# A driver that moves the log odds by more than this over its range (a factor of 3 million
# in the odds) is on its way to infinity.
_FARTHEST = 15.0
_START_SIGMA = 0.3
# While a step in the coefficients still gains this much, the effects stand for drivers that
# are not in yet, and sigma is left alone.
_FAR = 1000.0
# Below this decrement the likelihood is a parabola, and what the last step saw can be trusted.
_NEAR = 0.1
# A column of which others explain all but this part of its information adds nothing.
_ALIASED = 1e-9
_NOTHING = 1e-9
# A standard deviation this small cannot be told from none at all.
_NO_SIGMA = 1e-3
# While the squares of the groups' reliabilities (how much of an effect its own children tell)
# add up to less, the likelihood is all but a straight line in the variance.
_NEXT_TO_NONE = 0.01


@dataclass(frozen=True, slots=True)
class FitStep:
    """One step of a fit: log-likelihood, sigma, Newton decrement and length of the step taken."""

    number: int
    loglik: float
    sigma: float
    decrement: float
    step: float


@dataclass(frozen=True, slots=True)
class Maximum:
    """Where the likelihood is highest, on the problem's standardised columns.

    `verdict` says in words why the search ended; `converged` whether it is a maximum;
    `vanishing` that it was left because sigma was on its way to 0.
    """

    beta: NDArray[np.float64]
    log_sigma: float
    evaluation: Evaluation
    converged: bool
    verdict: str
    log: tuple[FitStep, ...]
    vanishing: bool = False


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where a search begins: coefficients (k,), log sigma and the groups' effects."""

    beta: NDArray[np.float64]
    log_sigma: float
    effect: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Secant:
    """The last step taken and by how much the gradient fell along it, (k + 1,) each."""

    step: NDArray[np.float64]
    fall: NDArray[np.float64]

    def corrected(self, information: NDArray[np.float64]) -> NDArray[np.float64]:
        """Information that agrees with what was seen along the last step (BFGS).

        Newton's matrix leaves out how coefficients and sigma hang together; nearly all
        of what it lacks lies along the step, so that one correction makes a slow, steady
        approach a fast one.
        """
        curved = float(self.step @ self.fall)
        along = information @ self.step
        expected = float(self.step @ along)
        if expected > _NEAR or not 0.2 * expected < curved < 5 * expected:
            return information
        return np.asarray(
            information
            - np.outer(along, along) / expected
            + np.outer(self.fall, self.fall) / curved
        )


Likelihood = Callable[[NDArray[np.float64], float, NDArray[np.float64]], Evaluation]


@dataclass(frozen=True, slots=True)
class Columns:
    """What a verdict calls the last columns: labels and extents; none for those before."""

    labels: tuple[str, ...]
    extent: NDArray[np.float64]


def likelihood_of(problem: Problem, nagq: int = 1) -> Likelihood:
    """The approximate likelihood as a function of coefficients, log sigma and a first guess."""

    def likelihood(
        beta: NDArray[np.float64], log_sigma: float, effect: NDArray[np.float64]
    ) -> Evaluation:
        if nagq == 1:
            return laplace(problem, beta, log_sigma, effect)
        return adaptive_quadrature(problem, beta, log_sigma, effect, nagq)

    return likelihood


def maximise(problem: Problem, nagq: int = 1, start: StartingPoint | None = None) -> Maximum:
    """Fit one metric by maximum likelihood.

    Parameters
    ----------
    problem : from `problem_of`
    nagq : nodes a group; 1 is the Laplace approximation
    start : where to begin, such as another metric's maximum; by default the
        overall rate, no drivers and a standard deviation of 0.3
    """
    columns = Columns(problem.labels, problem.extent)
    likelihood = likelihood_of(problem, nagq)
    found = search(columns, likelihood, start or plain_start(problem), may_vanish=True)
    if found.vanishing or (found.converged and np.exp(found.log_sigma) < _NO_SIGMA):
        found = _next_to_none(problem, columns, likelihood, found)
    return _if_finite(found)


def _if_finite(found: Maximum) -> Maximum:
    """Groups that all have the event or have it not drive sigma to infinity."""
    if not np.exp(found.log_sigma) > _FARTHEST:
        return found
    verdict = (
        "not converged: sigma runs off to infinity, because in (nearly) every group nobody or "
        "everybody has the event. Put groups together, or fit the plain model"
    )
    return replace(found, converged=False, verdict=verdict)


def _next_to_none(
    problem: Problem, columns: Columns, likelihood: Likelihood, found: Maximum
) -> Maximum:
    """Is sigma 0, or only small? The log scale never reaches 0, so the plain model is asked.

    Where the likelihood falls from sigma = 0 on, that is a maximum: on the boundary. In very
    small groups there can be a higher hill further out: a search from there is made as well.
    """
    effect = found.evaluation.effect
    plain = search(columns, likelihood, StartingPoint(found.beta, -np.inf, effect))
    if not plain.converged:
        return found if found.converged else plain
    if found.vanishing and slope_in_variance(problem, plain.evaluation) > 0:
        near = StartingPoint(plain.beta, found.log_sigma, effect)
        found = search(columns, likelihood, near)
        if found.converged and np.exp(found.log_sigma) >= _NO_SIGMA:
            return found
    far = StartingPoint(plain.beta, 0.0, effect)
    apart = search(columns, likelihood, far, may_vanish=True)
    ends = [end for end in (plain, found, apart) if end.converged]
    best = max(ends, key=lambda end: end.evaluation.loglik + (1e-6 if end is plain else 0))
    if best is not plain:
        return best
    return replace(
        plain,
        verdict=f"{plain.verdict}; no variation between groups is left (sigma = 0, from where "
        "the likelihood falls)",
        log=_numbered(found.log + plain.log),
    )


def _numbered(log: Sequence[FitStep]) -> tuple[FitStep, ...]:
    return tuple(replace(step, number=number) for number, step in enumerate(log))


def plain_start(problem: Problem) -> StartingPoint:
    """The overall rate, no drivers and a standard deviation of 0.3."""
    children = float(problem.cell_arrays[3].sum(dtype=np.int64))
    rate = problem.group_events.sum() / children
    beta = np.zeros(problem.events_by_column.size)
    beta[0] = np.log(rate / (1 - rate))
    return StartingPoint(beta, float(np.log(_START_SIGMA)), np.zeros(problem.n_groups))


def search(
    columns: Columns, likelihood: Likelihood, start: StartingPoint, may_vanish: bool = False
) -> Maximum:
    """Climb from `start` until the gradient vanishes, or say why it does not.

    A start with log sigma = -inf stays there: the plain model. With `may_vanish` the search is
    left where sigma is on its way to 0: in its logarithm gradient and curvature both go to 0
    there, the gradient worth as much as ever, so that the way has no end.
    """
    beta, log_sigma = start.beta, start.log_sigma
    here = likelihood(beta, log_sigma, start.effect)
    log: list[FitStep] = []
    last: Secant | None = None
    for number in range(_MOST_STEPS):
        if may_vanish and _vanishes(here):
            return Maximum(beta, log_sigma, here, False, _VANISHING, tuple(log), vanishing=True)
        direction = _newton_direction(likelihood, beta, log_sigma, here, number, last)
        if direction is None:
            return Maximum(beta, log_sigma, here, False, _stuck(columns, beta, here), tuple(log))
        by_beta, by_log_sigma, decrement = direction
        sigma = float(np.exp(log_sigma))
        if decrement < TOLERANCE:
            log.append(FitStep(number, here.loglik, sigma, decrement, 0.0))
            return _verdict(columns, beta, log_sigma, here, tuple(log))
        if float(here.gradient @ by_beta) > _FAR:
            by_log_sigma = 0.0
        length = min(1.0, 1.5 / max(float(np.abs(by_beta).max()), 1e-9))
        ahead, length = _step(likelihood, beta, log_sigma, here, by_beta, by_log_sigma, length)
        log.append(FitStep(number, here.loglik, sigma, decrement, length))
        if ahead is None:
            verdict = _separated(columns, beta) or _NO_ASCENT
            return Maximum(beta, log_sigma, here, False, verdict, tuple(log))
        taken = length * np.append(by_beta, by_log_sigma)
        last = Secant(taken, _gradient(here) - _gradient(ahead))
        beta, log_sigma, here = beta + taken[:-1], log_sigma + float(taken[-1]), ahead
    verdict = _separated(columns, beta) or f"not converged: stopped after {_MOST_STEPS} steps"
    return Maximum(beta, log_sigma, here, False, verdict, tuple(log))


_VANISHING = "not converged: sigma is on its way to 0"


def _vanishes(here: Evaluation) -> bool:
    """Whether sigma falls where groups' effects are next to nothing."""
    return here.gradient_log_sigma < 0 and here.newton_log_sigma < 2 * _NEXT_TO_NONE


_NO_ASCENT = "not converged: no step along the gradient raises the likelihood"


def _separated(columns: Columns, beta: NDArray[np.float64]) -> str:
    """Which column moves the log odds further than any real driver does, if one does."""
    reach = np.abs(beta[beta.size - columns.extent.size :]) * columns.extent
    if not (reach > _FARTHEST).any():
        return ""
    return (
        f"not converged: the coefficient of '{columns.labels[int(reach.argmax())]}' runs off to "
        "infinity, because it, or a combination with other drivers, has no event or nothing but "
        "events"
    )


def _stuck(columns: Columns, beta: NDArray[np.float64], here: Evaluation) -> str:
    """Why the likelihood is not curved like a hill."""
    constant = [
        f"'{label}'" for label, wide in zip(columns.labels, columns.extent, strict=True) if not wide
    ]
    if constant:
        return f"not converged: {', '.join(constant)} is the same for every child"
    if separated := _separated(columns, beta):
        return separated
    first = ("Intercept",) * (beta.size - len(columns.labels))
    said = aliased(here.newton, first + columns.labels)
    if said:
        return (
            "not converged: "
            + "; ".join(
                f"'{label}' says nothing that {_and(others)} does not say already"
                if others
                else f"'{label}' does not vary within groups"
                for label, others in said
            )
            + ". Leave one of them out"
        )
    return "not converged: the likelihood is flat in some direction"


def _and(labels: Sequence[str]) -> str:
    quoted = [f"'{label}'" for label in labels]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]} together"


def aliased(
    information: NDArray[np.float64],
    labels: Sequence[str],
    size: NDArray[np.float64] | None = None,
) -> list[tuple[str, list[str]]]:
    """Columns that earlier ones determine, each with those it is made of.

    `information` (k, k) is a cross product X'WX: a column whose part not explained by the
    columns before it vanishes is theirs. `size` (k,) is what its diagonal would be before
    anything was taken out of the columns, such as groups' means.
    """
    scale = np.sqrt((np.diag(information) if size is None else size).clip(1e-300))
    matrix = information / np.outer(scale, scale)
    kept: list[int] = []
    found = []
    for i, label in enumerate(labels):
        made_of = np.linalg.solve(matrix[np.ix_(kept, kept)], matrix[kept, i])
        if scale[i] > _NOTHING and matrix[i, i] - made_of @ matrix[kept, i] > _ALIASED:
            kept.append(i)
            continue
        parts = [labels[j] for j, part in zip(kept, made_of, strict=True) if abs(part) > 1e-6]
        found.append((label, parts if scale[i] > _NOTHING else []))
    return found


def _verdict(
    columns: Columns,
    beta: NDArray[np.float64],
    log_sigma: float,
    here: Evaluation,
    log: tuple[FitStep, ...],
) -> Maximum:
    if separated := _separated(columns, beta):
        return Maximum(beta, log_sigma, here, False, separated, log)
    verdict = "converged: the gradient vanishes, to 3 millionths of a standard error"
    return Maximum(beta, log_sigma, here, True, verdict, log)


def _gradient(here: Evaluation) -> NDArray[np.float64]:
    return np.append(here.gradient, here.gradient_log_sigma)


def _newton_direction(
    likelihood: Likelihood,
    beta: NDArray[np.float64],
    log_sigma: float,
    here: Evaluation,
    number: int,
    last: Secant | None,
) -> tuple[NDArray[np.float64], float, float] | None:
    """Step in coefficients and log sigma, and the decrement; None where it cannot be had."""
    free_sigma = np.isfinite(log_sigma)
    gradient = _gradient(here) if free_sigma else here.gradient
    information = here.newton
    if free_sigma:
        information = np.zeros((gradient.size, gradient.size))
        information[:-1, :-1] = here.newton
        information[-1, -1] = max(here.newton_log_sigma, 1e-12)
        if last is not None:
            information = last.corrected(information)
    if number >= _APPROXIMATE_STEPS and free_sigma:
        exact = observed_information(likelihood, beta, log_sigma, here)
        if np.linalg.eigvalsh(exact)[0] > 0:
            information = exact
    scale = np.sqrt(np.diag(information).clip(1e-300))
    if np.linalg.eigvalsh(information / np.outer(scale, scale))[0] < 1e-10:
        return None
    step: NDArray[np.float64] = np.asarray(np.linalg.solve(information, gradient), np.float64)
    decrement = float(gradient @ step)
    if not free_sigma:
        return step, 0.0, decrement
    # The step in log sigma is exact where the effects' mean square is known: from a ratio r
    # of it to sigma^2 Newton goes (r - 1) / 2, while log(r) / 2 is meant.
    return step[:-1], float(np.log(max(1 + 2 * step[-1], 0.1)) / 2), decrement


def _step(
    likelihood: Likelihood,
    beta: NDArray[np.float64],
    log_sigma: float,
    here: Evaluation,
    by_beta: NDArray[np.float64],
    by_log_sigma: float,
    length: float,
) -> tuple[Evaluation | None, float]:
    """Halve the step until the likelihood rises (to rounding)."""
    slack = 1e-9 * max(1.0, abs(here.loglik))
    for _ in range(30):
        effect = here.effect + length * (
            here.effect_by_beta @ by_beta + here.effect_by_log_sigma * by_log_sigma
        )
        ahead = likelihood(
            beta + length * by_beta, log_sigma + length * by_log_sigma, np.clip(effect, -6, 6)
        )
        if ahead.loglik >= here.loglik - slack:
            return ahead, length
        length /= 2
    return None, 0.0


def observed_information(
    likelihood: Likelihood, beta: NDArray[np.float64], log_sigma: float, here: Evaluation
) -> NDArray[np.float64]:
    """Minus the second derivatives by (coefficients, log sigma), (k + 1, k + 1).

    Central differences of the exact gradient, each parameter moved by a
    twentieth of its standard error.
    """
    at = np.append(beta, log_sigma)
    diagonal = np.append(np.diag(here.newton), max(here.newton_log_sigma, 1e-3))
    reach = 0.05 / np.sqrt(diagonal)
    rows = []
    for i, distance in enumerate(reach):
        gradients = []
        for sign in (1, -1):
            moved = at.copy()
            moved[i] += sign * distance
            there = likelihood(moved[:-1], float(moved[-1]), here.effect)
            gradients.append(np.append(there.gradient, there.gradient_log_sigma))
        rows.append((gradients[1] - gradients[0]) / (2 * distance))
    information = np.array(rows)
    return np.asarray((information + information.T) / 2)
