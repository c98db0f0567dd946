"""Errors and intervals of a fit, whatever its estimator: who is asked for which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cyps.errors import CypsError
from cyps.model.algebra import inverse
from cyps.model.concentrated import dummies_covariance
from cyps.model.estimates import log_scale_interval
from cyps.model.fitted import CovarianceType, Fitted, IntervalMethod
from cyps.model.information import sandwich
from cyps.model.nested_profile import DeviationProfile, NestedCoefficientProfile, ShareProfile
from cyps.model.nested_standing import DEVIATIONS, NestedStanding, stand_nested
from cyps.model.profile import CoefficientProfile, SigmaProfile
from cyps.model.profile_ends import HeldCoefficient, end_of, ends_of_sigma
from cyps.model.quantiles import Quantiles, degrees_of_freedom, reach, reach_of_deviation
from cyps.model.shares_of_variance import SHARES
from cyps.model.standing import stand

SigmaIntervals = dict[str, tuple[float, float, float]]


def covariance_of(fit: Fitted, cov_type: CovarianceType) -> NDArray[np.float64]:
    """Covariance of the coefficients on their own scale, (k, k), of any kind."""
    if cov_type not in ("given sigma", "observed", "cluster"):
        raise CypsError(f"cov_type is {cov_type!r}. It is 'given sigma', 'observed' or 'cluster'.")
    if fit.estimator == "dummies":
        return dummies_covariance(fit, cov_type)
    if fit.estimator == "three levels":
        return _three_levels_covariance(fit, cov_type)
    at = stand(fit)
    T, k = at.problem.to_own_scale, at.beta.size
    if cov_type == "given sigma":
        return np.asarray(T @ inverse(at.here.newton) @ T.T)
    covariance = inverse(at.information)
    if cov_type == "cluster":
        covariance = sandwich(covariance, at.scores)
    return np.asarray(T @ covariance[:k, :k] @ T.T)


def _three_levels_covariance(fit: Fitted, cov_type: CovarianceType) -> NDArray[np.float64]:
    stands = stand_nested(fit)
    T, k = stands.nested.problem.to_own_scale, stands.at.size - 2
    if cov_type == "given sigma":
        return np.asarray(T @ inverse(stands.here.newton) @ T.T)
    covariance = inverse(stands.information)
    if cov_type == "cluster":
        covariance = sandwich(covariance, stands.here.scores[:, stands.free])
    return np.asarray(T @ covariance[:k, :k] @ T.T)


def sigma_intervals(
    fit: Fitted, alpha: float, method: IntervalMethod, quantiles: Quantiles = "normal"
) -> SigmaIntervals:
    """Each standard deviation between groups: estimate, lower and upper end.

    With three levels also the deviations that stand for the intraclass correlations.
    """
    if method not in ("wald", "profile"):
        raise CypsError(f"method is {method!r}. It is 'wald' or 'profile'.")
    if fit.estimator in ("plain", "dummies"):
        raise CypsError(
            f"The {fit.estimator} model estimates no standard deviation between groups."
        )
    if fit.estimator == "three levels":
        return _three_levels_sigma_intervals(fit, alpha, method, quantiles)
    target = reach_of_deviation(fit, alpha, quantiles, "sigma")
    if method == "wald" and fit.sigma == 0:
        return {"sigma": (0.0, np.nan, np.nan)}
    at = stand(fit)
    variance = float(inverse(at.information)[-1, -1]) if fit.sigma > 0 else np.nan
    if method == "wald":
        return {"sigma": log_scale_interval(fit.sigma, variance, target)}
    ends = ends_of_sigma(SigmaProfile(at), fit.sigma, variance, target, "sigma")
    return {"sigma": (fit.sigma, *ends)}


def _three_levels_sigma_intervals(
    fit: Fitted, alpha: float, method: IntervalMethod, quantiles: Quantiles
) -> SigmaIntervals:
    stands = stand_nested(fit)
    found = {}
    for name, log, variance in _logs_of_deviations(stands):
        sigma = float(np.exp(log))
        target = reach_of_deviation(fit, alpha, quantiles, name)
        if method == "wald":
            found[name] = log_scale_interval(sigma, variance, target)
        else:
            profile = (ShareProfile if name in SHARES else DeviationProfile)(stands, name)
            found[name] = (sigma, *ends_of_sigma(profile, sigma, variance, target, name))
    return found


def _logs_of_deviations(stands: NestedStanding) -> Iterator[tuple[str, float, float]]:
    """Name, logarithm and its variance (NaN where it vanished) of what intervals are asked for."""
    logs, covariance = stands.at[-2:], stands.covariance_of_logs()
    for name, i in DEVIATIONS.items():
        yield name, float(logs[i]), float(covariance[i, i])
    for name, share in SHARES.items():
        if not np.isfinite(share.log(logs)):
            yield name, -np.inf, np.nan
            continue
        slope = share.slope(logs)
        # A deviation that vanished has no spread, and no weight.
        yield name, share.log(logs), float(slope @ np.nan_to_num(covariance) @ slope)


def coefficient_table(fit: Fitted, alpha: float, quantiles: Quantiles) -> pd.DataFrame:
    """Wald's errors, tests and intervals; see `MultilevelFit.coefficient_table`."""
    half = reach(fit, alpha, quantiles) * fit.bse
    table = pd.DataFrame({"coefficient": fit.params, "std_error": fit.bse})
    if quantiles == "normal":
        table["z"], table["p"] = fit.zvalues, fit.pvalues
    else:
        from scipy.special import stdtr  # slow to load

        table["df"] = degrees_of_freedom(fit)
        table["t"] = fit.zvalues
        table["p"] = 2 * stdtr(table["df"], -table["t"].abs())
    return table.assign(lower=fit.params - half, upper=fit.params + half)


def profile_intervals(
    fit: Fitted, labels: Sequence[str], alpha: float, quantiles: Quantiles
) -> pd.DataFrame:
    """Profile intervals of some coefficients on their own scale: columns 0 and 1."""
    targets = reach(fit, alpha, quantiles).tolist()
    profile_of = _profiles(fit)
    rows = []
    for label in labels:
        i = fit.labels.index(label)
        profile = profile_of(i)
        ends = [end_of(profile.signed_root, targets[i], side, label) for side in (-1, 1)]
        rows.append([fit.coefficients[i] + end * profile.spread for end in ends])
    return pd.DataFrame(rows, index=list(labels), columns=[0, 1])


def _profiles(fit: Fitted) -> Callable[[int], HeldCoefficient]:
    if fit.estimator == "three levels":
        stands = stand_nested(fit)
        return lambda i: NestedCoefficientProfile(stands, i)
    if fit.estimator == "dummies":
        raise CypsError(
            "Profile intervals are there for two and three levels and the plain model, not for "
            "dummies; take method='wald'."
        )
    at = stand(fit)
    return lambda i: CoefficientProfile(at, i)
