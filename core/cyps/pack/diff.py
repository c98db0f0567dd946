"""What changed between two packs: in words, in coefficients, and in every needs share."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyps.needs import (
    ServiceAreaSpend,
    Unweighable,
    cost_weights,
    metric_shares,
    needs_shares,
)
from cyps.pack.contents import MetricModel, Pack
from cyps.pack.use_table import neutral_key


@dataclass(frozen=True, slots=True)
class CoefficientChange:
    """A coefficient in both packs; `in_errors` is its change over the first pack's error."""

    metric: str
    label: str
    before: float
    after: float
    in_errors: float | None


@dataclass(frozen=True, slots=True)
class ShareChange:
    """Needs shares before area cost by both packs, by authority.

    Attributes
    ----------
    codes, names : of the authorities in either pack, in code order
    metrics : metrics in both packs, on which the shares rest
    weights : (n_metrics,), cost weights used, sum to 1
    weights_are : in words, where the weights came from
    before, after : (n_authorities,), sum to 1; not a number for an authority that a pack lacks
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    metrics: tuple[str, ...]
    weights: NDArray[np.float64]
    weights_are: str
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    @property
    def rate(self) -> NDArray[np.float64]:
        """Change of the share over the share before; not a number where that is 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.before > 0, self.after / self.before - 1, np.nan)


@dataclass(frozen=True, slots=True)
class PackDiff:
    """All that differs: `words` a sentence each, largest change of a coefficient first.

    `shares` is None when the packs have no metric in common.
    """

    words: tuple[str, ...]
    coefficients: tuple[CoefficientChange, ...]
    shares: ShareChange | None


def diff_packs(
    before: Pack, after: Pack, *, spend: Sequence[ServiceAreaSpend] | None = None
) -> PackDiff:
    """Compare two packs.

    Parameters
    ----------
    before, after : packs of any kind and version
    spend : national spend for the cost weights. Without it every child of every metric
        weighs the same: a metric's weight is its part of the first pack's use
        (for tables of shares, every metric weighs the same).

    Returns
    -------
    PackDiff
        Changes of coefficients are sized in standard errors of the first pack: a
        size, not a test, because two packs seldom rest on independent children.

    Raises
    ------
    CypsError
        When spend is given for other metrics than the two packs share.
    """
    return PackDiff(
        (*_manifest_words(before, after), *_driver_words(before, after)),
        _coefficient_changes(before, after),
        _share_change(before, after, spend),
    )


def _manifest_words(before: Pack, after: Pack) -> list[str]:
    told = (
        ("Kind", before.kind, after.kind),
        ("Name", before.name, after.name),
        ("Status", before.status, after.status),
        ("Statement", before.statement, after.statement),
        ("Source", before.source, after.source),
        ("Date", before.created, after.created),
        ("Year", before.year, after.year),
        ("Metrics", ", ".join(before.metrics), ", ".join(after.metrics)),
        ("Measure of use", before.use.measure, after.use.measure),
        ("Children of the sample", before.sample_children, after.sample_children),
        ("Authorities of the sample", before.sample_authorities, after.sample_authorities),
        ("Small areas of the sample", before.sample_areas, after.sample_areas),
        ("Quadrature nodes", before.nagq, after.nagq),
        ("Neutralised", _neutralised(before), _neutralised(after)),
    )
    words = [f"{what}: {_said(old)} became {_said(new)}." for what, old, new in told if old != new]
    models = {model.metric: model for model in before.models}
    for model in after.models:
        if model.metric in models:
            words += _model_words(models[model.metric], model)
    words += [f"No longer so: {limit}" for limit in before.limits if limit not in after.limits]
    words += [f"New: {limit}" for limit in after.limits if limit not in before.limits]
    words += _use_words(before, after)
    return words


def _neutralised(pack: Pack) -> str:
    return "; ".join(neutral_key(table.drivers) for table in pack.neutralised) or "nothing"


def _use_words(before: Pack, after: Pack) -> list[str]:
    totals = [
        dict(zip(pack.metrics, pack.use.children.sum(axis=0).tolist(), strict=True))
        for pack in (before, after)
    ]
    same = before.use.measure == after.use.measure == "children"
    words = [
        f"{metric}, use of all authorities: {old:,.0f} children became {totals[1][metric]:,.0f}."
        for metric, old in totals[0].items()
        if same and metric in totals[1] and old != totals[1][metric]
    ]
    old_codes, new_codes = set(before.use.codes), set(after.use.codes)
    lost, new = old_codes - new_codes, new_codes - old_codes
    for which, only, pack in (("first", lost, before), ("second", new, after)):
        names = [n for c, n in zip(pack.use.codes, pack.use.names, strict=True) if c in only]
        if names:
            more = f" and {len(names) - 10} more" if len(names) > 10 else ""
            words.append(f"Authorities only in the {which}: {', '.join(names[:10])}{more}.")
    return words


def _model_words(before: MetricModel, after: MetricModel) -> list[str]:
    told = (
        ("sigma", before.sigma, after.sigma),
        ("sigma of small areas", before.area_sigma, after.area_sigma),
        ("children with the event", before.events, after.events),
        ("verdict", before.verdict, after.verdict),
    )
    return [
        f"{before.metric}, {what}: {_said(old)} became {_said(new)}."
        for what, old, new in told
        if old != new
    ]


def _said(value: str | float | None) -> str:
    if value is None:
        return "not given"
    if isinstance(value, str):
        return f"'{value}'"
    return f"{value:,}" if isinstance(value, int) and value > 9999 else f"{value:g}"


def _driver_words(before: Pack, after: Pack) -> list[str]:
    old, new = ({driver.name: driver for driver in pack.drivers} for pack in (before, after))
    words = [f"Driver '{name}' was taken out." for name in old if name not in new]
    words += [f"Driver '{name}' is new." for name in new if name not in old]
    for name in (name for name in old if name in new):
        was, now = old[name], new[name]
        if was.level != now.level:
            words.append(f"Driver '{name}' was of the {was.level}, and is of the {now.level}.")
        gone = [c for c in was.categories if c not in now.categories]
        added = [c for c in now.categories if c not in was.categories]
        words += [f"'{name}' lost its category '{category}'." for category in gone]
        words += [f"'{name}' has a new category '{category}'." for category in added]
        if was.categories[:1] != now.categories[:1]:
            old_one, new_one = (d.categories[0] if d.categories else None for d in (was, now))
            words.append(
                f"The reference of '{name}' was {_said(old_one)}, and is {_said(new_one)}: its "
                "coefficients and the intercept cannot be compared one by one."
            )
    return words


def _coefficient_changes(before: Pack, after: Pack) -> tuple[CoefficientChange, ...]:
    models = {model.metric: model for model in after.models}
    after_labels = {label: i for i, label in enumerate(after.labels)}
    comparable = set(before.labels) - _of_changed_reference(before, after)
    changes = []
    for model in before.models:
        other = models.get(model.metric)
        if other is None:
            continue
        errors = model.standard_errors
        for i, label in enumerate(before.labels):
            if label not in comparable or label not in after_labels:
                continue
            old = float(model.coefficients[i])
            new = float(other.coefficients[after_labels[label]])
            if old != new:
                error = None if errors is None else float(errors[i])
                sized = (new - old) / error if error else None
                changes.append(CoefficientChange(model.metric, label, old, new, sized))
    return tuple(
        sorted(
            changes, key=lambda c: -abs(c.after - c.before if c.in_errors is None else c.in_errors)
        )
    )


def _of_changed_reference(before: Pack, after: Pack) -> set[str]:
    """Labels whose meaning moved with a reference category: the intercept's too."""
    new = {driver.name: driver for driver in after.drivers}
    moved = [
        driver
        for driver in before.drivers
        if driver.name in new and driver.categories[:1] != new[driver.name].categories[:1]
    ]
    names = {driver.name for driver in moved}
    for pack in (before, after):  # effects of drivers that meet are told at each other's reference
        for joint in pack.interactions:
            if names & {part.name for part in joint.parts}:
                moved += [joint, *(d for d in pack.own_drivers if d in joint.parts)]
    labels = {label for driver in moved for label in driver.labels}
    return labels | {"Intercept"} if moved else labels


def _share_change(
    before: Pack, after: Pack, spend: Sequence[ServiceAreaSpend] | None
) -> ShareChange | None:
    metrics = tuple(metric for metric in before.metrics if metric in after.metrics)
    if not metrics:
        return None
    weights, weights_are = _weights(before, metrics, spend)
    name_of = {
        code: name
        for pack in (after, before)
        for code, name in zip(pack.use.codes, pack.use.names, strict=True)
    }
    codes = tuple(sorted(name_of))
    return ShareChange(
        codes,
        tuple(name_of[code] for code in codes),
        metrics,
        weights,
        weights_are,
        _shares(before, metrics, weights, codes),
        _shares(after, metrics, weights, codes),
    )


def _weights(
    before: Pack, metrics: tuple[str, ...], spend: Sequence[ServiceAreaSpend] | None
) -> tuple[NDArray[np.float64], str]:
    if spend is not None:
        try:
            return cost_weights(spend, metrics), "cost weights from the spend file"
        except Unweighable as error:
            told = f"{error} Both packs have {', '.join(metrics)}."
            raise Unweighable(told, error.metric) from None
    totals = before.predicted_use().children.sum(axis=0)
    used = np.array([totals[before.metrics.index(metric)] for metric in metrics])
    what = "no spend file: every child of every metric weighs the same, by the first pack's use"
    return np.asarray(used / used.sum()), what


def _shares(
    pack: Pack, metrics: tuple[str, ...], weights: NDArray[np.float64], codes: tuple[str, ...]
) -> NDArray[np.float64]:
    columns = [pack.metrics.index(metric) for metric in metrics]
    shares = needs_shares(metric_shares(pack.predicted_use())[:, columns], weights)
    by_code = dict(zip(pack.use.codes, shares.tolist(), strict=True))
    return np.array([by_code.get(code, np.nan) for code in codes])


def shares_csv(changed: ShareChange) -> bytes:
    """Shares by both packs as CSV: code, name, share before and after, change, rate of change.

    An authority that a pack lacks has an empty cell there.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["code", "name", "share_before", "share_after", "change", "change_rate"])
    columns = (changed.before, changed.after, changed.after - changed.before, changed.rate)
    for code, name, *numbers in zip(changed.codes, changed.names, *columns, strict=True):
        cells = ["" if np.isnan(number) else repr(float(number)) for number in numbers]
        writer.writerow([code, name, *cells])
    return text.getvalue().encode()
