"""What an officer might type, as cells to set and as the scenario it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from cyps.needs import ServiceAreaSpend
from cyps.settlement import Floor, Scenario, Settlement, settle
from cyps_workbooks.layout import weight_name


@dataclass(frozen=True)
class WhatIf:
    """`cells`: defined name -> values typed there; `scenario`: what the engine is given."""

    name: str
    scenario: Scenario
    cells: dict[str, list] = field(default_factory=dict)
    chosen: str | None = None


class Typing:
    """Collects what is typed, in the cells and in the scenario alike."""

    def __init__(self, name: str, base: Settlement):
        self.name, self.base, self.cells = name, base, {}
        self.scenario, self.chosen = base.scenario, None

    def pot(self, pounds):
        self.cells["in_pot"] = [int(pounds)]
        self.scenario = replace(self.scenario, pot=int(pounds))
        return self

    def floor(self, rate):
        self.cells["in_floor"] = [float(rate)]
        self.scenario = replace(self.scenario, damping=Floor(floor=float(rate)))
        return self

    def baseline(self, pounds):
        self.cells["in_baseline"] = [float(x) for x in pounds]
        self.scenario = replace(self.scenario, baseline=np.asarray(pounds, dtype=float))
        return self

    def area_cost(self, factors):
        self.cells["in_area_cost"] = [float(x) for x in factors]
        self.scenario = replace(self.scenario, area_cost=np.asarray(factors, dtype=float))
        return self

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
        metrics = self.base.use.metrics
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

    def done(self) -> WhatIf:
        return WhatIf(self.name, self.scenario, dict(self.cells), self.chosen)


def named_what_ifs(base: Settlement) -> list[WhatIf]:
    """The cases that go wrong first: ties, everyone on the floor, zeros, no floor."""
    n, pot = len(base.scenario.authorities), base.scenario.pot
    hundreds = np.round(base.scenario.baseline, -2)
    halves = np.full(n, 3_000_001.0)
    halves[0] += n % 2
    zero = base.scenario.baseline.copy()
    zero[[3, 7]] = 0.0
    one_metric = [1.0] + [0.0] * (len(base.use.metrics) - 1)
    return [
        Typing("nothing typed but the same pot", base).pot(pot).done(),
        Typing("everyone on the floor", base).baseline(hundreds).pot(hundreds.sum() * 0.98).done(),
        Typing("all remainders tied", base).baseline(halves).floor(-0.5)
        .pot(halves.sum() * 0.5).done(),
        Typing("two without a baseline", base).baseline(zero).done(),
        Typing("no floor", base).floor(-1).done(),
        Typing("one metric only", base).weights(one_metric).done(),
        Typing("a rising floor", base).floor(0.01).choose("Kent").done(),
        Typing("a pot of one pound", base).pot(1).floor(-1).done(),
        Typing("equal area cost", base).area_cost(np.ones(n)).done(),
    ]  # fmt: skip


def random_what_ifs(base: Settlement, how_many: int, seed: int = 20) -> list[WhatIf]:
    """Seeded random typing over several inputs at a time, every one feasible."""
    rng = np.random.default_rng(seed)
    n = len(base.scenario.authorities)
    found = []
    while len(found) < how_many:
        typing = Typing(f"random {len(found) + 1}", base)
        baseline = base.scenario.baseline
        if rng.random() < 0.5:
            baseline = np.round(baseline * rng.lognormal(0, 0.3, n), 2)
            typing.baseline(baseline)
        pot = int(baseline.sum() * rng.uniform(0.9, 1.2))
        typing.pot(pot)
        typing.floor(round(pot / baseline.sum() - 1 - rng.choice([0.0005, 0.01, 0.1, 0.4]), 6))
        kind = rng.integers(3)
        if kind == 0:
            typing.weights(rng.uniform(0, 5, len(base.use.metrics)).round(3))
        elif kind == 1:
            metrics = list(rng.permutation([line.metric for line in base.scenario.spend]))
            typing.spend(rng.uniform(0, 4e9, len(metrics)).round(0), [str(m) for m in metrics])
        if rng.random() < 0.5:
            typing.area_cost(rng.uniform(0.9, 1.4, n).round(4))
        typing.choose(base.scenario.authorities[rng.integers(n)].name)
        found.append(typing.done())
    return found


def settled(what_if: WhatIf, base: Settlement) -> Settlement:
    """What the engine makes of the same typing."""
    return settle(what_if.scenario, base.use)
