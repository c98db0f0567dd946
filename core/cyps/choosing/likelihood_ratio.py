"""The likelihood-ratio test of two nested fits."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.choosing.share_moves import check_converged
from cyps.errors import CypsError
from cyps.model import MultilevelFit

# Below 0 by no more than what the two searches leave over.
_LEFT_OVER = 1e-3


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """Twice the gain in log-likelihood, and how often chance alone gains so much.

    `p` takes chi-square with `df` degrees of freedom; for drivers of authorities that is too
    ready to find something where authorities are few.
    """

    metric: str
    chi2: float
    df: int
    p: float


def likelihood_ratio(smaller: MultilevelFit, larger: MultilevelFit) -> LikelihoodRatio:
    """Test whether the larger of two nested fits says more than chance would.

    Parameters
    ----------
    smaller, larger : fits of one metric to the same children by the same estimator; the
        coefficients of the smaller are among the larger's

    Raises
    ------
    CypsError
        When they are not nested, or one did not converge.
    """
    for what, one, other in (
        ("metrics", smaller.metric, larger.metric),
        ("estimators", smaller.estimator, larger.estimator),
        ("numbers of nodes", smaller.nagq, larger.nagq),
        ("numbers of children", smaller.children, larger.children),
        ("numbers of events", smaller.events, larger.events),
        ("authorities", smaller.groups, larger.groups),
    ):
        if one != other:
            raise CypsError(
                f"The two fits have different {what}, so their likelihoods cannot be compared."
            )
    if extra := [label for label in smaller.labels if label not in larger.labels]:
        raise CypsError(
            f"The fits are not nested: the larger lacks {', '.join(extra)}, so the ratio of "
            "their likelihoods has no known distribution."
        )
    check_converged((smaller, larger), "A fit to compare")
    df = larger.n_parameters - smaller.n_parameters
    if df == 0:
        raise CypsError("The two fits have the same coefficients; there is nothing to test.")
    chi2 = 2 * (larger.loglik - smaller.loglik)
    if chi2 < -_LEFT_OVER:
        raise CypsError(
            f"The larger fit of {larger.metric} has the lower likelihood, by {-chi2 / 2:,.3g}, "
            "which cannot be of nested fits to the same children. Fit both to the same cells."
        )
    chi2 = max(0.0, chi2)
    from scipy.special import chdtrc  # slow to load

    return LikelihoodRatio(larger.metric, chi2, df, float(chdtrc(df, chi2)))
