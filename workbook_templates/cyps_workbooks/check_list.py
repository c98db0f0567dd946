"""The checks themselves: what must hold, what is said when it does not, where to go."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.settlement import Settlement
from cyps_workbooks.layout import CHECKS, MY_AUTHORITY, RESULTS, Layout, quoted

CHECK_FLAGS = {"inputs_sound": f"{CHECKS}!$B$6", "can_settle": f"{CHECKS}!$B$7"}
"""Named cells that say Yes or No and that the other sheets' formulas ask."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the sheet Checks.

    `passes` is a condition in cells, `when_ok` plain words, `when_not` a formula
    that gives words, `otherwise` STOP or WARN, `waits` the name of a flag without
    which the check cannot be made, `about` "input" when the settlement hangs on it.
    `seen` and `sentence_seen` are how the check stands when the workbook is written.
    """

    name: str
    passes: str
    when_ok: str
    when_not: str
    place: str
    otherwise: str = "STOP"
    waits: str = ""
    about: str = "result"
    seen: str = "OK"
    sentence_seen: str = ""


def checks(layout: Layout, settlement: Settlement) -> list[Check]:
    """Every check, inputs first."""
    return [
        *_input_checks(layout),
        *_floor_checks(),
        *_result_checks(layout),
        *_notes(layout, settlement),
    ]


def _input_checks(layout: Layout) -> list[Check]:
    at = layout.inputs()
    n, lines = layout.authorities, layout.spend_lines
    weights, counted = layout.weights("E"), layout.weights("B")
    metrics = len(layout.metrics)
    unspent = f"SUMPRODUCT(--({counted}=0),--({weights}=0))"
    good = f'COUNTIF({weights},">=0")'
    whole = "IF(ISNUMBER(in_pot),IF(in_pot>0,in_pot=INT(in_pot),FALSE),FALSE)"
    facts = (
        ("Pot", whole, "The pot is a whole number of pounds.",
         '"The pot is not a whole number of pounds above 0. Type it without pence."', at["in_pot"]),
        ("Baselines", f'COUNTIF(in_baseline,">=0")={n}',
         "Every authority has a baseline of 0 or more.",
         f'({n}-COUNTIF(in_baseline,">=0"))&" baselines are missing, below zero or not numbers. '
         'Type pounds of 0 or more."', at["in_baseline"]),
        ("Area cost factors", f'COUNTIF(in_area_cost,">0")={n}',
         "Every authority has an area cost factor above 0.",
         f'({n}-COUNTIF(in_area_cost,">0"))&" area cost factors are missing, zero, below zero or '
         'not numbers. Type 1 where there is no adjustment."', at["in_area_cost"]),
        ("Spend", f'COUNTIF(in_spend,">=0")={lines}',
         "Every service area has a spend of 0 or more.",
         f'({lines}-COUNTIF(in_spend,">=0"))&" lines of spend are missing, below zero or not '
         'numbers. Type pounds of 0 or more."', at["in_spend"]),
        ("Metric of each service area", f"SUM({counted})={lines}",
         "Every service area has a metric of this workbook.",
         f'({lines}-SUM({counted}))&" service areas have no metric of this workbook, so their '
         'spend would count for nothing. Choose from the list."', at["in_spend_metric"]),
        ("Weights to use", f"IF({good}={metrics},SUM({weights})>0,FALSE)",
         "Every weight is a number of 0 or more and one at least is above 0.",
         '"A weight is missing, below zero or not a number, or all are 0. Type numbers of 0 or '
         'more, or retype the formulas shown beside them."', weights),
        ("Metrics with spend", f"{unspent}=0",
         "Every metric has a service area or a weight of its own.",
         f'{unspent}&" metrics have no service area, so they would get no weight. Give them a '
         'service area or type a weight."', at["in_spend_metric"]),
        ("Floor", "IF(ISNUMBER(in_floor),in_floor>=-1,FALSE)",
         "The floor is a percentage of -100% or more.",
         '"The floor is missing, below -100% or not a number. Type a percentage such as -5%."',
         at["in_floor"]),
    )  # fmt: skip
    return [Check(*fact, about="input") for fact in facts]


def _floor_checks() -> list[Check]:
    return [
        Check(
            "Floor can be paid for",
            'floor_fits="Yes"',
            "The floors together cost no more than the pot.",
            '"A floor of "&TEXT(in_floor,"0.0000%")&" cannot be paid for: it would cost more than '
            'the pot. The highest floor that fits is "&TEXT(highest_floor,"0.000000%")&". Lower '
            'the floor or raise the pot; Damped and Pounds stay blank until then."',
            "Damping!$B$7",
            waits="inputs_sound",
        )
    ]


def _result_checks(layout: Layout) -> list[Check]:
    def column(header: str) -> str:
        return layout.column(RESULTS, layout.result(header))

    pounds, share, target = column("Pounds"), column("Share"), column("Target")
    floor, total_share = layout.step("floor_amount"), "ABS(SUM({})-1)<0.000000001"
    short = f"SUMPRODUCT(--({floor}-{pounds}>1))"
    shares = ",".join(
        total_share.format(layout.step(f"metric {m}")) for m in range(len(layout.metrics))
    )
    moved = "The whole pounds do not add up to the pot; pounds too many: "
    facts = (
        ("Shares of each metric", f"AND({shares})", "The shares of each metric sum to 100%.",
         '"The shares of a metric do not sum to 100%. The sheet Use was changed: write the '
         'workbook again."', "Use!$D$11", "inputs_sound"),
        ("Weights used", total_share.format(layout.weights("F")), "The weights used sum to 1.",
         '"The weights used do not sum to 1."', layout.weights("F"), "inputs_sound"),
        ("Shares", total_share.format(share), "The shares of all authorities sum to 100%.",
         '"The shares of all authorities do not sum to 100%."', share, "inputs_sound"),
        ("Targets", f"ABS(SUM({target})-in_pot)<0.01", "The targets add up to the pot.",
         '"The targets do not add up to the pot."', target, "inputs_sound"),
        ("Every authority has pounds", f"COUNT({pounds})={layout.authorities}",
         "Every authority has a number of pounds.",
         f'({layout.authorities}-COUNT({pounds}))&" authorities have no number of pounds."',
         pounds, "can_settle"),
        ("Pot shared out", f"SUM({pounds})=in_pot",
         "The whole pounds add up to the pot, to the pound.",
         f'"{moved}"&TEXT(SUM({pounds})-in_pot,"#,##0")', pounds, "can_settle"),
        ("Nobody below the floor", f"{short}=0",
         "Nobody is below their floor by more than the rounding of a pound.",
         f'{short}&" authorities are below their floor by more than a pound."', pounds,
         "can_settle"),
    )  # fmt: skip
    return [
        Check(name, passes, ok, words, place, waits=waits)
        for name, passes, ok, words, place, waits in facts
    ]


def _notes(layout: Layout, settlement: Settlement) -> list[Check]:
    scenario = settlement.scenario
    used, spent = layout.weights("E"), layout.weights("D")
    zeros = int((scenario.baseline == 0).sum())
    without = (
        " authorities have a baseline of 0: the floor does not protect them and they have no "
        "rate of change."
    )
    left_out = len(scenario.exclusions)
    excluded = (
        f"{left_out} authorities were left out on purpose; they and the reasons are on the sheet "
        "About. The pot is shared among the others only."
    )
    return [
        Check(
            "Weights typed over spend",
            f"SUMPRODUCT(--(ABS({used}-{spent})>0.000000000001))=0",
            "Every weight follows from spend.",
            '"A weight is typed over the one that spend gives. To go back, retype the formula '
            'shown beside it."',
            used, "WARN", waits="inputs_sound",
        ),
        Check(
            "Authorities without a baseline",
            'COUNTIF(in_baseline,0)=0',
            "Every authority has a baseline above 0.",
            f'COUNTIF(in_baseline,0)&"{without}"',
            layout.inputs()["in_baseline"], "WARN", waits="inputs_sound",
            seen="WARN" if zeros else "OK", sentence_seen=f"{zeros}{without}",
        ),
        Check(
            "My authority",
            f"COUNTIF({layout.column(RESULTS, 1)},in_authority)>0",
            "The chosen authority is in the list.",
            '"The name chosen on the sheet My authority is not in this settlement. Choose one from '
            'its list."',
            f"{quoted(MY_AUTHORITY)}!$B$5", "WARN",
        ),
        Check(
            "Authorities left out",
            "FALSE" if left_out else "TRUE",
            "No authority was left out when the workbook was written.",
            f'"{excluded}"',
            "About!$A$1", "WARN",
            seen="WARN" if left_out else "OK", sentence_seen=excluded,
        ),
    ]  # fmt: skip
