r"""Shares of variance of three levels: intraclass correlations as standard deviations.

An intraclass correlation is :math:`s^2 / (s^2 + \pi^2/3)` with, for two children of a group,
:math:`s^2 = \sigma^2 (\pi^2/3) / (\tau^2 + \pi^2/3)` and, for two of a small area,
:math:`s^2 = \sigma^2 + \tau^2`. Intervals are made for :math:`s` as for any standard deviation:
those symmetric in its logarithm are symmetric in the logit of the correlation.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

CHILD_VARIANCE = np.pi**2 / 3
"""Of a child's own part of the latent response: the standard logistic distribution's."""


class ShareOfVariance(ABC):
    """A correlation's `s` as a function of log sigma and log tau, and the ways that leave it."""

    @abstractmethod
    def log(self, logs: NDArray[np.float64]) -> float:
        """Log s; -inf where it vanished."""

    @abstractmethod
    def slope(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of log s by log sigma and log tau, (2,)."""

    @abstractmethod
    def left(self, logs: NDArray[np.float64]) -> float:
        """The one number that is left to move when s is held."""

    @abstractmethod
    def held(self, log_s: float, left: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log sigma and log tau with s held, and their slopes by what is left, (2,) each."""


class OfGroup(ShareOfVariance):
    """Of two children of a group; log tau is left when it is held."""

    def log(self, logs: NDArray[np.float64]) -> float:
        """Log s; -inf where sigma vanished."""
        return float(logs[0] - np.log1p(np.exp(2 * logs[1]) / CHILD_VARIANCE) / 2)

    def slope(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of log s by log sigma and log tau, (2,)."""
        tau_squared = np.exp(2 * logs[1])
        return np.array([1.0, -tau_squared / (tau_squared + CHILD_VARIANCE)])

    def left(self, logs: NDArray[np.float64]) -> float:
        """Log tau."""
        return float(logs[1])

    def held(self, log_s: float, left: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log sigma and log tau with s held, and their slopes by log tau, (2,) each."""
        tau_squared = np.exp(2 * left)
        log_sigma = log_s + np.log1p(tau_squared / CHILD_VARIANCE) / 2
        rising = tau_squared / (tau_squared + CHILD_VARIANCE)
        return np.array([log_sigma, left]), np.array([rising, 1.0])


class OfSmallArea(ShareOfVariance):
    """Of two children of a small area; the logarithm of tau / sigma is left when it is held."""

    def log(self, logs: NDArray[np.float64]) -> float:
        """Log s; -inf where both vanished."""
        return float(np.logaddexp(*(2 * logs)) / 2)

    def slope(self, logs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of log s by log sigma and log tau, (2,)."""
        return np.asarray(np.exp(2 * (logs - self.log(logs))))

    def left(self, logs: NDArray[np.float64]) -> float:
        """Log of tau / sigma; NaN where both vanished."""
        with np.errstate(invalid="ignore"):
            return float(logs[1] - logs[0])

    def held(self, log_s: float, left: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log sigma and log tau with s held, and their slopes by what is left, (2,) each."""
        logs = log_s - np.logaddexp(0, [2 * left, -2 * left]) / 2
        of_areas = 1 / (1 + np.exp(-2 * left))
        return logs, np.array([-of_areas, 1 - of_areas])


SHARES: dict[str, ShareOfVariance] = {"icc": OfGroup(), "area_icc": OfSmallArea()}
"""By their names in `MultilevelFit.heterogeneity`."""
