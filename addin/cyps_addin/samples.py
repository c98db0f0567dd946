"""A made-up pack and a made-up settlement, to try every function without a file."""

from __future__ import annotations

from functools import cache

import numpy as np

from cyps.geography import authorities
from cyps.needs import ServiceAreaSpend
from cyps.pack import Driver, MetricModel, Pack, UseTable, pack_bytes
from cyps.settlement import Floor, Scenario, Settlement, settle

_STATEMENT = "Made up to try functions with; it says nothing of any authority."
_WHO = tuple(a for a in authorities(2025) if a.name in {"Hartlepool", "Derby", "Leeds"})


@cache
def sample_pack() -> tuple[str, str, bytes]:
    """Name, content hash and bytes of a pack of two metrics with covariance and gradient.

    Examples
    --------
    >>> name, digest, content = sample_pack()
    >>> name, len(digest), content[:2]
    ('Sample', 64, b'PK')
    """
    pack = _pack()
    content, digest = pack_bytes(pack)
    return pack.name, digest, content


def _pack() -> Pack:
    # Written out, not computed: the handle must be the same whatever does the sums.
    covariance = np.array([[0.0025, 0.0, -0.0025], [0.0, 0.0004, 0.0], [-0.0025, 0.0, 0.0125]])
    children = np.array([[300.0, 90.0], [1200.0, 400.0], [2500.0, 510.0]])
    shape = np.array([[1.0, 0.50, 0.30], [1.0, 0.52, 0.25], [1.0, 0.51, 0.22]])
    models = (
        MetricModel("CIN", np.array([-3.5, 0.1, 2.5]), covariance, 0.3, None, 4000, "made up"),
        MetricModel("CARE", np.array([-5.2, 0.3, 3.0]), covariance, 0.4, None, 1000, "made up"),
    )
    use = UseTable(
        codes=tuple(a.code for a in _WHO),
        names=tuple(a.name for a in _WHO),
        metrics=("CIN", "CARE"),
        children=children,
        gradient=np.array([children[:, [m]] * shape for m in range(2)]),
        smallest_count=10,
    )
    drivers = (Driver("sex", "child", ("female", "male")), Driver("idaci", "area"))
    return Pack(
        "Sample", "illustrative", _STATEMENT, "the add-in", "2026-01-01", 2025, drivers, models, use
    )


@cache
def sample_settlement() -> Settlement:
    """Hartlepool, Derby and Leeds share a million pounds by the sample pack's use.

    Examples
    --------
    >>> sample_settlement().pounds.sum()
    np.int64(1000000)
    """
    scenario = Scenario(
        title="Sample",
        status="illustrative",
        statement=_STATEMENT,
        year=2025,
        authorities=_WHO,
        spend=(
            ServiceAreaSpend("Made-up support", "CIN", 600.0),
            ServiceAreaSpend("Made-up care", "CARE", 400.0),
        ),
        area_cost=np.array([1.0, 1.02, 1.05]),
        baseline=np.array([95_000.0, 280_000.0, 600_000.0]),
        pot=1_000_000,
        damping=Floor(floor=-0.02),
        notes=("Everything: made up.",),
    )
    return settle(scenario, _pack().predicted_use("Made up."))
