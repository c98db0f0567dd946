"""What an officer might type, as cells to set and as the settlement years it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from cyps.errors import CypsError
from cyps.needs import ServiceAreaSpend
from cyps.settlement import (
    Band,
    Bands,
    Floor,
    FloorAndCeiling,
    PaceOfChange,
    Proportional,
    Protection,
    Settlement,
    Transition,
    Undamped,
    Year,
    settle_years,
)
from cyps_workbooks.layout import weight_name

Years = list[tuple[str, Settlement]]


@dataclass(frozen=True)
class WhatIf:
    """`cells`: defined name -> rows of values typed there; `years`: what the engine makes of it."""

    name: str
    years: Years
    cells: dict[str, list] = field(default_factory=dict)
    chosen: str | None = None


class Typing:
    """Collects what is typed, in the cells and for the engine alike."""

    def __init__(self, name: str, base: Years):
        self.name, self.base, self.cells, self.chosen = name, base, {}, None
        self.scenario, self.use = base[0][1].scenario, base[0][1].use
        self.years = [as_year(base, k) for k in range(len(base))]

    # --- what holds in every year
    def spend(self, pounds, metrics=None):
        old = self.scenario.spend
        metrics = metrics or [line.metric for line in old]
        self.cells["in_spend"] = [float(x) for x in pounds]
        self.cells["in_spend_metric"] = list(metrics)
        lines = zip(old, metrics, pounds, strict=True)
        spend = tuple(ServiceAreaSpend(o.service_area, m, float(p)) for o, m, p in lines)
        self.scenario = replace(self.scenario, spend=spend)
        return self

    def weights(self, amounts):
        metrics = self.use.metrics
        for metric, amount in zip(metrics, amounts, strict=True):
            self.cells[weight_name(metric)] = [float(amount)]
        spend = tuple(
            ServiceAreaSpend(m, m, float(a)) for m, a in zip(metrics, amounts, strict=True)
        )
        self.scenario = replace(self.scenario, spend=spend)
        return self

    def choose(self, name):
        self.cells["in_authority"] = [name]
        self.chosen = name
        return self

    # --- what is the same in every year, or given for one
    def pot(self, *pounds):
        return self._change("in_pot", [[int(p) for p in self._each(pounds)]],
                            [{"pot": int(p)} for p in self._each(pounds)])  # fmt: skip

    def baseline(self, pounds):
        """The first year's; later years follow it, or what each got the year before."""
        pounds = np.asarray(pounds, dtype=float)
        self.scenario = replace(self.scenario, baseline=pounds)
        rest = [self.years[k].baseline == "previous" for k in range(1, len(self.years))]
        self.cells["in_baseline"] = [[float(x)] * (1 + len(rest)) for x in pounds]
        return self

    def area_cost(self, factors):
        """The same in every year: one factor an authority, or a column for each metric."""
        factors = np.asarray(factors, dtype=float)
        metrics = self.use.metrics if factors.ndim > 1 else ()
        rows = factors.reshape(len(factors), -1).tolist()
        self.cells["in_area_cost"] = [row * len(self.years) for row in rows]
        self.scenario = replace(self.scenario, area_cost=factors, area_cost_metrics=metrics)
        self.years = [replace(year, area_cost=None) for year in self.years]
        return self

    def rule(self, *rules):
        rules = self._each(rules)
        for name, rows in rule_cells(rules, self.scenario.codes).items():
            self.cells[name] = rows
        self.years = [
            replace(year, damping=rule) for year, rule in zip(self.years, rules, strict=True)
        ]
        return self

    def floor(self, rate):
        return self.rule(Floor(floor=float(rate)))

    def transition(self, *transitions):
        transitions = self._each(transitions)
        for name, rows in transition_cells(transitions, self.scenario.codes).items():
            self.cells[name] = rows
        self.years = [
            replace(year, transition=one) for year, one in zip(self.years, transitions, strict=True)
        ]
        return self

    def previous(self):
        """Every later year begins with what each got the year before."""
        self.cells["in_baseline_from"] = [["previous"] * (len(self.years) - 1)]
        later = [replace(year, baseline="previous") for year in self.years[1:]]
        self.years = [self.years[0], *later]
        return self

    def _each(self, values):
        return list(values) if len(values) > 1 else [values[0]] * len(self.years)

    def _change(self, name, rows, changes):
        self.cells[name] = rows
        self.years = [
            replace(year, **change) for year, change in zip(self.years, changes, strict=True)
        ]
        return self

    def done(self) -> WhatIf:
        years = list(settle_years(self.scenario, self.years, self.use))
        return WhatIf(self.name, years, dict(self.cells), self.chosen)


def as_year(base: Years, k: int) -> Year:
    """One year of what was settled, as the engine is told of it."""
    label, settlement = base[k]
    scenario = settlement.scenario
    given = k == 0 or np.array_equal(scenario.baseline, base[0][1].scenario.baseline)
    return Year(
        label, scenario.pot, scenario.damping, scenario.transition,
        baseline="given" if given else "previous", area_cost=scenario.area_cost,
        area_cost_metrics=scenario.area_cost_metrics,
    )  # fmt: skip


METHOD = {
    Undamped: "No damping", Floor: "Floor", FloorAndCeiling: "Floor and ceiling",
    Proportional: "Proportional", Bands: "Bands", Protection: "Protection",
    PaceOfChange: "Pace of change",
}  # fmt: skip


def rule_cells(rules, codes):
    """What an officer types on the sheets Damping and Members for a rule in each year."""
    cells = {"in_method": [[METHOD[type(rule)] for rule in rules]]}
    for key in ("floor", "ceiling", "least", "most", "payer"):
        values = [getattr(rule, key, None) for rule in rules]
        if any(value is not None for value in values):
            cells[f"in_{key}"] = [["" if value is None else value for value in values]]
    if any(isinstance(rule, PaceOfChange) for rule in rules):
        below = [getattr(rule, "furthest_below", -0.05) for rule in rules]
        cells["in_furthest_below"] = [below]
    for kind, what, parts in ((Bands, "band", "bands"), (Protection, "tier", "tiers")):
        named = [getattr(rule, parts) if isinstance(rule, kind) else {} for rule in rules]
        if any(named):
            names = list(dict.fromkeys(name for one in named for name in one))
            slots = [*names, *[""] * (6 - len(names))]
            cells[f"in_{what}_name"] = slots
            cells |= _slots(what, slots, named)
            member = [rule.member if isinstance(rule, kind) else {} for rule in rules]
            cells[f"in_{what}"] = [[one.get(code, "") for one in member] for code in codes]
    return cells


def _slots(what, slots, named):
    if what == "tier":
        return {"in_tier_part": [[one.get(name, "") for one in named] for name in slots]}
    blank = Band(floor=0)

    def one_of(values, name, key):
        value = getattr(values.get(name, blank), key) if name in values else None
        return "" if value is None else value

    return {
        f"in_band_{key}": [[one_of(one, name, key) for one in named] for name in slots]
        for key in ("floor", "ceiling")
    }


def transition_cells(transitions, codes):
    """What an officer types for phasing and groups in each year."""
    cells = {
        "in_phasing": [[1.0 if one.phasing is None else one.phasing for one in transitions]],
        "in_use_groups": [["No" if one.group is None else "Yes" for one in transitions]],
    }
    groups = sorted({name for one in transitions for name in (one.group or {}).values()})
    if groups:
        cells["in_group_name"] = [*groups, *[""] * (12 - len(groups))]
        cells["in_group"] = [
            [(one.group or {}).get(code, "") for one in transitions] for code in codes
        ]
    return cells


# --- designed and drawn


def named_by(codes, *names):
    """Every code with one of the names in turn."""
    return {code: names[i % len(names)] for i, code in enumerate(codes)}


def every_rule(codes):
    """One or two of each rule, wide enough for a made-up England."""
    tiers = named_by(codes, "cash", "real terms", "most")
    bands = named_by(codes, "urban", "rural", "metropolitan", "rural")
    return {
        "no damping": Undamped(),
        "floor": Floor(floor=-0.05),
        "floor and ceiling": FloorAndCeiling(floor=-0.08, ceiling=0.45),
        "proportional": Proportional(floor=-0.05),
        "proportional, ceiling": Proportional(floor=-0.08, ceiling=0.45),
        "bands": Bands(
            bands={
                "urban": Band(floor=-0.03), "rural": Band(floor=-0.1, ceiling=0.45),
                "metropolitan": Band(floor=-0.2, ceiling=0.6),
            },
            member=bands,
        ),
        "protection": Protection(
            tiers={"cash": 0.9, "real terms": 0.92, "most": 0.85}, member=tiers, payer="group"
        ),
        "protection, outside": Protection(
            tiers={"cash": 1.0, "real terms": 1.02, "most": 0.95}, member=tiers, payer="outside"
        ),
        "pace of change": PaceOfChange(least=-0.15, most=1.2, furthest_below=-0.3),
    }  # fmt: skip


def named_what_ifs(base: Years) -> list[WhatIf]:
    """The cases that go wrong first: ties, everyone on the floor, zeros, no floor."""
    first = base[0][1]
    n, pot = len(first.scenario.authorities), first.scenario.pot
    hundreds = np.round(first.scenario.baseline, -2)
    halves = np.full(n, 3_000_001.0)
    halves[0] += n % 2
    zero = first.scenario.baseline.copy()
    zero[[3, 7]] = 0.0
    one_metric = [1.0] + [0.0] * (len(first.use.metrics) - 1)
    ceiling = FloorAndCeiling(floor=-0.5, ceiling=0.02)
    both = FloorAndCeiling(floor=-0.02, ceiling=-0.02)
    return [
        Typing("nothing typed but the same pot", base).pot(pot).done(),
        Typing("everyone on the floor", base).baseline(hundreds).pot(hundreds.sum() * 0.98)
        .floor(-0.02).done(),
        Typing("everyone at floor and ceiling at once", base).baseline(hundreds)
        .pot(hundreds.sum() * 0.98).rule(both).done(),
        Typing("all remainders tied", base).baseline(halves).floor(-0.5)
        .pot(halves.sum() * 0.5).done(),
        Typing("two without a baseline", base).baseline(zero).done(),
        Typing("no floor", base).floor(-1).done(),
        Typing("one metric only", base).weights(one_metric).done(),
        Typing("a rising floor", base).floor(0.01).choose("Kent").done(),
        Typing("a pot of one pound", base).pot(1).floor(-1).done(),
        Typing("equal area cost", base).area_cost(np.ones(n)).done(),
        Typing("a ceiling that most meet", base).pot(first.scenario.baseline.sum() * 0.97)
        .rule(ceiling).done(),
    ]  # fmt: skip


def rule_what_ifs(base: Years) -> list[WhatIf]:
    """Each rule with and without phasing and groups, all typed into one workbook."""
    codes = base[0][1].scenario.codes
    groups = named_by(codes, "north", "south", "Ynys Môn a'r tir mawr")
    found = []
    pot = round(base[0][1].scenario.baseline.sum() * 1.08)
    for name, rule in every_rule(codes).items():
        for phasing in (None, 1 / 3):
            for group in (None, groups):
                if phasing and isinstance(rule, PaceOfChange):
                    continue
                words = f"{name}, phasing {phasing}, {'groups' if group else 'no groups'}"
                typing = Typing(words, base).pot(pot).rule(rule)
                typing.transition(Transition(phasing, group))
                found.append(typing.done())
    return found


def random_rule(rng, codes):
    """A rule with drawn limits, wide enough to be kept more often than not."""
    floor = round(float(-rng.choice([0.01, 0.05, 0.1, 0.3])), 4)
    ceiling = round(float(rng.choice([0.1, 0.3, 0.8])), 4)
    kind = rng.integers(8)
    if kind == 0:
        return Undamped()
    if kind == 1:
        return Floor(floor=floor)
    if kind == 2:
        return FloorAndCeiling(floor=floor, ceiling=ceiling)
    if kind == 3:
        return Proportional(floor=floor, ceiling=ceiling if rng.random() < 0.5 else None)
    if kind == 4:
        names = [f"band {i}" for i in range(rng.integers(1, 6))]
        bands = {
            name: Band(floor=floor * (i + 1) / 3, ceiling=ceiling if rng.random() < 0.5 else None)
            for i, name in enumerate(names)
        }
        return Bands(bands=bands, member={c: str(rng.choice(names)) for c in codes})
    if kind in {5, 6}:
        names = [f"tier {i}" for i in range(rng.integers(1, 6))]
        tiers = {name: round(1 + floor * (i + 1) / 2, 6) for i, name in enumerate(names)}
        payer = "group" if kind == 5 else "outside"
        member = {c: str(rng.choice(names)) for c in codes}
        return Protection(tiers=tiers, member=member, payer=payer)
    return PaceOfChange(least=floor, most=ceiling + 0.4, furthest_below=-0.3)


def random_what_ifs(base: Years, how_many: int, seed: int = 20) -> list[WhatIf]:
    """Seeded random typing over several inputs at a time, every one feasible."""
    rng = np.random.default_rng(seed)
    codes = base[0][1].scenario.codes
    n, years = len(codes), len(base)
    found: list[WhatIf] = []
    while len(found) < how_many:
        typing = Typing(f"random {len(found) + 1}", base)
        baseline = base[0][1].scenario.baseline
        if rng.random() < 0.5:
            baseline = np.round(baseline * rng.lognormal(0, 0.15, n), 2)
            typing.baseline(baseline)
        if years > 1 and rng.random() < 0.6:
            typing.previous()
        typing.pot(*(int(baseline.sum() * rng.uniform(0.98, 1.15)) for _ in range(years)))
        rules = [random_rule(rng, codes) for _ in range(years)]
        typing.rule(*rules)
        group = None
        if rng.random() < 0.4:
            names = [f"group {i:02d}" for i in range(rng.integers(1, 13))]
            group = {code: str(rng.choice(names)) for code in codes}
        typing.transition(*(
            Transition(
                None if isinstance(rule, PaceOfChange) or rng.random() < 0.5
                else round(float(rng.uniform(0, 1)), 4),
                group,
            )
            for rule in rules
        ))  # fmt: skip
        kind = rng.integers(3)
        if kind == 0:
            typing.weights(rng.uniform(0, 5, len(base[0][1].use.metrics)).round(3))
        elif kind == 1:
            metrics = list(rng.permutation([line.metric for line in base[0][1].scenario.spend]))
            typing.spend(rng.uniform(0, 4e9, len(metrics)).round(0), [str(m) for m in metrics])
        if rng.random() < 0.5:
            typing.area_cost(rng.uniform(0.9, 1.4, n).round(4))
        typing.choose(base[0][1].scenario.authorities[rng.integers(n)].name)
        try:
            found.append(typing.done())
        except CypsError:
            continue  # a rule that cannot be kept: tested by itself
    return found
