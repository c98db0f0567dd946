"""The truth that synthetic England is drawn from: made-up coefficients, known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SEX: Final = ("female", "male")
AGE: Final = ("6-7", "8-9", "10-11", "12-13", "14-15", "16-17")
FSM: Final = ("not eligible", "eligible")

# The 17 minor ethnic groups of NR TWG 19-04, the reference first.
ETHNICITY: Final = (
    "White British",
    "White Irish",
    "Traveller of Irish heritage or Gypsy/Roma",
    "Any other White background",
    "White and Black Caribbean",
    "White and Black African",
    "White and Asian",
    "Any other mixed background",
    "Indian",
    "Pakistani",
    "Bangladeshi",
    "Any other Asian background",
    "Black Caribbean",
    "Black African",
    "Any other Black background",
    "Chinese",
    "Any other or unknown",
)

CHILD_DRIVERS: Final = {"sex": SEX, "age": AGE, "ethnicity": ETHNICITY, "fsm": FSM}
AREA_DRIVERS: Final = (
    "idaci",
    "limited_activities",
    "low_qualifications",
    "overcrowded",
    "density",
)

_AGE_EFFECT = (0.05, 0.12, 0.25, 0.42, 0.30)
_ETHNICITY_EFFECT = (
    0.15, 0.65, -0.25, 0.35, 0.05, -0.30, 0.10, -0.85,
    -0.60, -0.75, -0.35, 0.30, -0.05, 0.05, -1.00, 0.20,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MetricTruth:
    """True coefficients of one metric, log odds, and the spread of authority effects.

    `categories` holds the effects of each child driver without its reference;
    `slopes` those of the area drivers, per unit of the driver.
    """

    intercept: float
    categories: dict[str, tuple[float, ...]]
    slopes: dict[str, float]
    sigma: float

    @property
    def coefficients(self) -> dict[str, float]:
        """Every coefficient by the label that a fit gives it."""
        labelled = {"Intercept": self.intercept}
        for driver, effects in self.categories.items():
            names = CHILD_DRIVERS[driver][1:]
            labelled |= {
                f"{driver}[{name}]": effect for name, effect in zip(names, effects, strict=True)
            }
        return labelled | self.slopes


def _metric(
    intercept: float, spread: float, fsm: float, slopes: tuple[float, ...], sigma: float
) -> MetricTruth:
    return MetricTruth(
        intercept,
        {
            "sex": (spread * 0.12,),
            "age": tuple(spread * effect for effect in _AGE_EFFECT),
            "ethnicity": tuple(spread * effect for effect in _ETHNICITY_EFFECT),
            "fsm": (fsm,),
        },
        dict(zip(AREA_DRIVERS, slopes, strict=True)),
        sigma,
    )


# Intercepts were set so that 2.7, 0.6, 0.3 and 3.5% of the default England's children
# have the event (tests hold the rates).
TRUTH: Final[dict[str, MetricTruth]] = {
    "CIN": _metric(-5.175, 1.0, 1.05, (2.3, 5.5, 0.9, 0.8, -0.0010), 0.28),
    "CARE": _metric(-7.057, 1.2, 1.35, (2.5, 6.5, 1.0, 0.6, -0.0016), 0.33),
    "CEASED": _metric(-7.535, 1.1, 1.20, (2.2, 5.5, 0.8, 0.4, -0.0012), 0.30),
    "REF": _metric(-4.793, 0.9, 0.85, (2.0, 4.5, 0.8, 0.8, -0.0008), 0.40),
}
