"""Summary: a fit as plain text, laid out as statsmodels does."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from cyps.errors import CypsError
from cyps.model.few_groups import few_groups
from cyps.model.fitted import Fitted
from cyps.model.heterogeneity import heterogeneity
from cyps.model.inference import coefficient_table
from cyps.model.quantiles import Quantiles, degrees_of_freedom

_WIDTH = 79
_TITLE = {
    "multilevel": "Two-level logistic regression",
    "three levels": "Three-level logistic regression",
    "plain": "Logistic regression without group effects",
    "dummies": "Logistic regression with a dummy for each group",
}
_ERRORS = {
    "given sigma": "given sigma",
    "observed": "observed information",
    "cluster": "robust, by group",
}


def summary_text(fit: Fitted, alpha: float, quantiles: Quantiles) -> str:
    """The whole summary, 79 columns wide; a label that is too long is broken."""
    table = _coefficients(fit, alpha, quantiles)
    groups = _between_groups(fit, alpha, quantiles)
    width = max(_WIDTH, *(len(line) for line in (*table, *groups)))
    double, single = "=" * width, "-" * width
    lines = [
        _TITLE[fit.estimator].center(width).rstrip(),
        double,
        *_head(fit, width, quantiles),
        double,
    ]
    lines += [table[0], single, *table[1:], double]
    if groups:
        lines += [*groups, double]
    lines += textwrap.wrap(fit.verdict, width)
    lines += textwrap.wrap(_few(fit, quantiles), width)
    return "\n".join(lines)


def _few(fit: Fitted, quantiles: Quantiles) -> str:
    robust, by_t = fit.cov_type == "cluster", quantiles == "t"
    told = few_groups(len(fit.groups), fit.estimator, robust, by_t=by_t)
    return told if by_t or not told else f"{told} Longer ones: quantiles='t'."


def _head(fit: Fitted, width: int, quantiles: Quantiles) -> list[str]:
    how = "Laplace" if fit.nagq == 1 else f"quadrature, {fit.nagq} nodes"
    if fit.estimator in ("plain", "dummies"):
        how = "maximum likelihood"
    left = [
        ("Metric:", fit.metric),
        ("Estimator:", how),
        ("Groups:", f"{len(fit.groups):,}"),
        ("Converged:", "yes" if fit.converged else "NO"),
        ("Errors:", _errors(fit)),
    ]
    right = [
        ("Children:", f"{fit.children:,}"),
        ("With the event:", f"{fit.events:,}"),
        ("Log-likelihood:", f"{fit.loglik:,.4f}"),
        ("AIC:", f"{fit.aic:,.3f}"),
        ("BIC:", f"{fit.bic:,.3f}"),
    ]
    if quantiles == "t":
        left.append(("Quantiles:", "Student's t"))
        df = dict.fromkeys(degrees_of_freedom(fit).tolist())
        right.append(("Degrees of freedom:", ", ".join(f"{each:,}" for each in df)))
    half = width // 2 - 1
    return [
        f"{a}{b:>{half - len(a)}}   {c}{d:>{width - half - 3 - len(c)}}"
        for (a, b), (c, d) in zip(left, right, strict=True)
    ]


def _errors(fit: Fitted) -> str:
    if fit.estimator in ("plain", "dummies") and fit.cov_type != "cluster":
        return "observed information"
    return _ERRORS[fit.cov_type]


def _lines(table: pd.DataFrame) -> list[str]:
    """A heading, then each row behind its label; the last part of a label has the numbers."""
    heading, *rows = str(table.to_string(index=False, na_rep="-")).split("\n")
    room = min(max(map(len, table.index)), max(_WIDTH - len(heading) - 2, 12))
    lines = [f"{'':<{room}}  {heading}"]
    for label, row in zip(table.index, rows, strict=True):
        *before, last = textwrap.wrap(label, room, subsequent_indent="  ")
        lines += [*before, f"{last:<{room}}  {row}"]
    return lines


def _ends(alpha: float) -> tuple[str, str]:
    return f"[{alpha / 2:.3g}", f"{1 - alpha / 2:.3g}]"


def _coefficients(fit: Fitted, alpha: float, quantiles: Quantiles) -> list[str]:
    of = coefficient_table(fit, alpha, quantiles)
    letter = "z" if quantiles == "normal" else "t"
    lower, upper = _ends(alpha)
    table = pd.DataFrame(
        {
            "coef": of["coefficient"].map("{:.4f}".format),
            "std err": of["std_error"].map("{:.4f}".format),
            letter: of[letter].map("{:.3f}".format),
            f"P>|{letter}|": of["p"].map("{:.3f}".format),
            lower: of["lower"].map("{:.4f}".format),
            upper: of["upper"].map("{:.4f}".format),
            "odds ratio": np.exp(of["coefficient"]).map("{:.4g}".format),
        }
    )
    return _lines(table.replace("nan", "-"))


def _between_groups(fit: Fitted, alpha: float, quantiles: Quantiles) -> list[str]:
    if fit.estimator in ("plain", "dummies"):
        return []
    lower, upper = _ends(alpha)
    try:
        table = heterogeneity(fit, alpha, "wald", quantiles)
    except CypsError:  # not converged, or without its cells: the estimates alone
        table = pd.DataFrame({"estimate": {"sigma": fit.sigma}, 0: np.nan, 1: np.nan})
    table.index = [_WORDS.get(name, name) for name in table.index]
    table.columns = ["estimate", lower, upper]
    return _lines(table.map("{:.4f}".format).replace("nan", "-"))


_WORDS = {
    "sigma": "sigma, groups",
    "area_sigma": "sigma, small areas",
    "icc": "ICC, groups",
    "area_icc": "ICC, small areas",
    "median_odds_ratio": "median odds ratio, groups",
    "area_median_odds_ratio": "median odds ratio, small areas",
}
