"""The checks themselves: what must hold, what is said when it does not, where to go."""

from __future__ import annotations

from dataclasses import dataclass

from cyps.pack import Standing
from cyps.settlement.checks import (
    FAR,
    FAR_CEILING,
    FAR_COST,
    FAR_FLOOR,
    FAR_USE,
    far_area_cost,
    far_ceilings,
    far_floors,
    far_from_baseline,
    far_use,
)
from cyps_workbooks.bridge_sheet import is_current
from cyps_workbooks.compare_sheet import stored_is_whole
from cyps_workbooks.damping_rows import (
    BANDS,
    FLOOR,
    FLOOR_AND_CEILING,
    GROUP_PAYS,
    METHODS,
    NO,
    OUTSIDE_PAYS,
    PACE,
    PROPORTIONAL,
    PROTECTION,
    YES,
)
from cyps_workbooks.factors_sheet import factor_range
from cyps_workbooks.inputs_sheet import GIVEN, PREVIOUS
from cyps_workbooks.layout import BRIDGE, COMPARE, MY_AUTHORITY, RESULTS, Layout, quoted
from cyps_workbooks.pack_sheet import STANDING, vouched
from cyps_workbooks.page import Draft, PackNote


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the sheet Checks.

    `passes` is a condition in cells, `when_ok` plain words, `when_not` a formula
    that gives words, `otherwise` STOP or WARN, `waits` a condition without which the check
    cannot be made, `year` the year it is about, or None, `about` "input" when the settlement
    hangs on it. `seen` and `sentence_seen` are how the check stands when the workbook is written.
    """

    name: str
    passes: str
    when_ok: str
    when_not: str
    place: str
    otherwise: str = "STOP"
    waits: str = ""
    about: str = "result"
    year: int | None = None
    seen: str = "OK"
    sentence_seen: str = ""


def checks(draft: Draft) -> list[Check]:
    """Every check, inputs first: those of every year, then year by year."""
    years = range(len(draft.settlements))
    return [
        *_weight_checks(draft.layout),
        *(check for year in years for check in _input_checks(draft, year)),
        *(check for year in years for check in _damping_checks(draft, year)),
        *_share_checks(draft.layout),
        *(check for year in years for check in _result_checks(draft, year)),
        *_notes(draft),
    ]


def _weight_checks(layout: Layout) -> list[Check]:
    at = layout.inputs()
    lines, metrics = layout.spend_lines, len(layout.metrics)
    weights, counted = layout.weights("F"), layout.weights("B")
    unspent = f"SUMPRODUCT(--({counted}=0),--({weights}=0))"
    good = f'COUNTIF({weights},">=0")'
    facts = (
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
         '"A weight is below zero or not a number, or all are 0. Type numbers of 0 or more under '
         'Mine, or clear the cells to go back to the default."', layout.weights("E")),
        ("Metrics with spend", f"{unspent}=0",
         "Every metric has a service area or a weight of its own.",
         f'{unspent}&" metrics have no service area, so they would get no weight. Give them a '
         'service area or type a weight."', at["in_spend_metric"]),
    )  # fmt: skip
    return [Check(*fact, about="input") for fact in facts]


def _one_number(cell: str, condition: str) -> str:
    return f"IF(ISNUMBER({cell}),{condition},FALSE)"


def _input_checks(draft: Draft, year: int) -> list[Check]:
    layout, n = draft.layout, draft.layout.authorities
    pot, baseline, area_cost = (
        layout.pot(year),
        layout.column(*layout.input_column("baseline", year)),
        layout.area_cost(year),
    )
    factors = n * layout.cost_columns
    good = f'COUNTIF({baseline},">=0")={n}'
    if year:
        chosen, before = layout.baseline_from(year), layout.flag("settles", year - 1)
        good = f'IF({chosen}="{PREVIOUS}",{before}="Yes",IF({chosen}="{GIVEN}",{good},FALSE))'
    not_numbers = (
        f'({n}-COUNTIF({baseline},">=0"))&" baselines are missing, below zero or not numbers. '
        'Type pounds of 0 or more."'
    )
    if year:
        not_numbers = (
            f'IF({chosen}="{PREVIOUS}","The year before cannot be settled, so this year has no '
            f'baseline: mend that year first.",IF({chosen}="{GIVEN}",{not_numbers},'
            f'"Say {GIVEN} or {PREVIOUS} for the baseline."))'
        )
    facts = (
        ("Pot", _one_number(pot, f"IF({pot}>0,{pot}=INT({pot}),FALSE)"),
         "The pot is a whole number of pounds.",
         '"The pot is not a whole number of pounds above 0. Type it without pence."', pot),
        ("Baselines", good, "Every authority has a baseline of 0 or more.", not_numbers, baseline),
        ("Area cost factors", f'COUNTIF({area_cost},">0")={factors}',
         "Every authority has an area cost factor above 0"
         + (" for every metric." if layout.cost_by_metric else "."),
         f'({factors}-COUNTIF({area_cost},">0"))&" area cost factors are missing, zero, below zero '
         'or not numbers. Type 1 where there is no adjustment."', area_cost),
    )  # fmt: skip
    every = (*facts, *_method_facts(layout, year), *_member_facts(layout, year))
    return [
        Check(draft.year_first(name, year), passes, ok, words, place, about="input", year=year)
        for name, passes, ok, words, place in every
    ]


_Fact = tuple[str, str, str, str, str]


def _method_facts(layout: Layout, year: int) -> list[_Fact]:
    at = {
        key: layout.damping(key, year)
        for key in (
            "method", "phasing", "use_groups", "floor", "ceiling", "least", "most",
            "furthest_below", "payer", "deflator",
        )
    }  # fmt: skip

    def unless(methods: tuple[str, ...], condition: str) -> str:
        used = ",".join(f'{at["method"]}="{method}"' for method in methods)
        return f"IF(OR({used}),{condition},TRUE)"

    known = ",".join(f'{at["method"]}="{method}"' for method in METHODS)
    floored = (FLOOR, FLOOR_AND_CEILING, PROPORTIONAL)
    above = _one_number(at["ceiling"], f"{at['ceiling']}>={at['floor']}")
    pace = (
        f"IF(COUNT({at['least']},{at['most']},{at['furthest_below']})=3,"
        f"AND({at['least']}>=-1,{at['most']}>={at['least']},{at['furthest_below']}>=-1,"
        f"{at['furthest_below']}<=0),FALSE)"
    )
    payer = f'OR({at["payer"]}="{GROUP_PAYS}",{at["payer"]}="{OUTSIDE_PAYS}")'
    phasing = _one_number(at["phasing"], f"AND({at['phasing']}>=0,{at['phasing']}<=1)")
    return [
        ("Method", f"OR({known})", "The method is one of the list.",
         '"The method is not one of the list. Choose it there."', at["method"]),
        ("Phasing", f'IF({at["method"]}="{PACE}",TRUE,{phasing})',
         "Phasing is a part from 0% to 100%, or not used.",
         '"Phasing is missing or not between 0% and 100%. Type 100% for none."', at["phasing"]),
        ("Floor", unless(floored, _one_number(at["floor"], f"{at['floor']}>=-1")),
         "The floor is a percentage of -100% or more, or not used.",
         '"The floor is missing, below -100% or not a number. Type a percentage such as -5%."',
         at["floor"]),
        ("Ceiling",
         f'IF({at["method"]}="{FLOOR_AND_CEILING}",{above},IF({at["method"]}="{PROPORTIONAL}",'
         f'IF({at["ceiling"]}="",TRUE,{above}),TRUE))',
         "The ceiling is not below the floor, or not used.",
         '"The ceiling is missing, below the floor or not a number. Type a percentage, such as '
         '10%."',
         at["ceiling"]),
        ("Pace of change", unless((PACE,), pace),
         "Least and most growth and the distance below target can be used, or are not used.",
         '"Least growth (-100% or more), most growth (not below it) or the distance below target '
         '(-100% to 0%) is missing or out of place."', at["least"]),
        ("Payer of protection", unless((PROTECTION,), payer),
         "It is said who pays for protection, or it is not used.",
         '"It is not said who pays for protection. Choose group or outside."', at["payer"]),
        ("Deflator",
         unless((PROTECTION,), _one_number(at["deflator"], f"{at['deflator']}>=-1")),
         "The deflator is a percentage, or not used.",
         '"The deflator is missing or not a number. Type 0% for none."', at["deflator"]),
        ("Damping groups, Yes or No",
         f'OR({at["use_groups"]}="{YES}",{at["use_groups"]}="{NO}")',
         "It is said whether there are damping groups.",
         '"It is not said whether there are damping groups. Choose Yes or No."', at["use_groups"]),
    ]  # fmt: skip


def _member_facts(layout: Layout, year: int) -> list[_Fact]:
    method, grouped = layout.damping("method", year), layout.damping("use_groups", year)
    facts: list[_Fact] = []
    for name, what, used, table, needs in (
        ("Bands", "band", f'{method}="{BANDS}"', "band_members",
         "a band with a floor and no ceiling below it"),
        ("Tiers", "tier", f'{method}="{PROTECTION}"', "tier_members",
         "a tier with a part of 0 or more"),
        ("Groups", "group", f'{grouped}="{YES}"', "group_members", "a damping group of the list"),
    ):  # fmt: skip
        counted = f"SUM({layout.table(table, year)})"
        facts.append(
            (name, f"IF({used},{counted}={layout.authorities},TRUE)",
             f"Every authority is in {needs}, or none is used.",
             f'"{layout.authorities} authorities, and "&{counted}&" are in {needs}. Every one must '
             'be in just one: see the sheet Members, and the names on the sheet Damping."',
             layout.column(*layout.input_column(what, year)))
        )  # fmt: skip
    return facts


def _damping_checks(draft: Draft, year: int) -> list[Check]:
    layout = draft.layout
    problems, fits = (factor_range(layout, key, year) for key in ("problem", "fits"))
    names = factor_range(layout, "name", year)
    first = f'MATCH("No",{fits},0)'
    grouped = f'{layout.damping("use_groups", year)}="{YES}"'
    where = f'IF({grouped},"In the damping group \'"&INDEX({names},{first})&"\': ","")'
    return [
        Check(
            draft.year_first("Rule can be kept", year),
            f'{layout.damping("out_floor_fits", year)}="Yes"',
            "The rule can be kept with this pot.",
            f'{where}&INDEX({problems},{first})&" Damped and Pounds stay blank until then."',
            problems.split(":")[0],
            waits=f'{layout.flag("sound", year)}="Yes"',
            year=year,
        )
    ]


def _share_checks(layout: Layout) -> list[Check]:
    total_share = "ABS(SUM({})-1)<0.000000001"
    shares = ",".join(
        total_share.format(layout.step(f"metric {m}", 0)) for m in range(len(layout.metrics))
    )
    return [
        Check(
            "Shares of each metric", f"AND({shares})", "The shares of each metric sum to 100%.",
            '"The shares of a metric do not sum to 100%. The sheet Use was changed: write the '
            'workbook again."', "Use!$D$11", waits='weights_sound="Yes"',
        ),
        Check(
            "Weights used", total_share.format(layout.weights("G")), "The weights used sum to 1.",
            '"The weights used do not sum to 1."', layout.weights("G"),
            waits='weights_sound="Yes"',
        ),
    ]  # fmt: skip


def _result_checks(draft: Draft, year: int) -> list[Check]:
    layout, n, pot = draft.layout, draft.layout.authorities, draft.layout.pot(year)
    step = {
        key: layout.step(key, year)
        for key in ("share", "target", "damped", "pounds", "top_up_pounds", "floor_amount", "upper")
    }
    of_groups = factor_range(layout, "pounds", year)
    short = f"SUMPRODUCT(--({step['floor_amount']}-{step['pounds']}-{step['top_up_pounds']}>1))"
    over = f"SUMPRODUCT(--({step['pounds']}-{step['upper']}>1))"
    too_many = "The whole pounds do not add up to the pot; pounds too many: "
    sound, settles = (f'{layout.flag(flag, year)}="Yes"' for flag in ("sound", "settles"))
    facts = (
        ("Shares", f"ABS(SUM({step['share']})-1)<0.000000001",
         "The shares of all authorities sum to 100%.",
         '"The shares of all authorities do not sum to 100%."', step["share"], sound),
        ("Targets", f"ABS(SUM({step['target']})-{pot})<0.01", "The targets add up to the pot.",
         '"The targets do not add up to the pot."', step["target"], sound),
        ("Damped amounts", f"ABS(SUM({step['damped']})-{pot})<0.01",
         "The damped amounts add up to the pot, top-ups apart.",
         f'"The damped amounts do not add up to the pot; pounds too many: "'
         f'&TEXT(SUM({step["damped"]})-{pot},"#,##0.00")', step["damped"], settles),
        ("Every authority has pounds", f"COUNT({step['pounds']})={n}",
         "Every authority has a number of pounds.",
         f'({n}-COUNT({step["pounds"]}))&" authorities have no number of pounds."',
         step["pounds"], settles),
        ("Pot shared out", f"SUM({step['pounds']})={pot}",
         "The whole pounds add up to the pot, to the pound.",
         f'"{too_many}"&TEXT(SUM({step["pounds"]})-{pot},"#,##0")', step["pounds"], settles),
        ("Each group has its part", f"SUM({of_groups})={pot}",
         "The damping groups' whole pounds add up to the pot.",
         f'"The damping groups\' whole pounds add up to "&TEXT(SUM({of_groups}),"#,##0")&", not to '
         'the pot."', of_groups, settles),
        ("Nobody below the floor", f"{short}=0",
         "Nobody is below their floor by more than the rounding of a pound, top-ups included.",
         f'{short}&" authorities are below their floor by more than a pound."', step["pounds"],
         settles),
        ("Nobody above the upper limit", f"{over}=0",
         "Nobody is above what the rule allows by more than the rounding of a pound.",
         f'{over}&" authorities are above their upper limit by more than a pound."', step["pounds"],
         settles),
    )  # fmt: skip
    return [
        Check(draft.year_first(name, year), passes, ok, words, place, waits=waits, year=year)
        for name, passes, ok, words, place, waits in facts
    ]


def _notes(draft: Draft) -> list[Check]:
    layout, scenario = draft.layout, draft.settlement.scenario
    used, spent = layout.weights("F"), layout.weights("D")
    typed_over = (
        "A weight under Mine is another than the one from spend. Clear the cell to go back."
    )
    left_out = len(scenario.exclusions)
    excluded = (
        f"{left_out} authorities were left out on purpose; they and the reasons are on the sheet "
        "About. The pot is shared among the others only."
    )
    return [
        Check(
            "Weights typed over spend",
            f"SUMPRODUCT(({used}-{spent}>0.000000000001)+({spent}-{used}>0.000000000001))=0",
            "Every weight follows from spend.",
            f'"{typed_over}"',
            layout.weights("E"), "WARN", waits='weights_sound="Yes"',
            seen="WARN" if draft.weights_typed else "OK",
            sentence_seen=typed_over,
        ),
        *(_without_baseline(draft, year) for year in range(len(draft.settlements))),
        *(check for year in range(len(draft.settlements)) for check in _doubts(draft, year)),
        *(check for year in range(len(draft.settlements)) for check in _limit_doubts(draft, year)),
        Check(
            "Year shown",
            "year_place>0",
            "The year chosen on the sheet Results is in the list.",
            '"The year chosen on the sheet Results is not in this workbook. Choose one from its '
            'list."',
            layout.inputs()["in_year"], "WARN",
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
            "Stored settlement of Compare",
            stored_is_whole(draft),
            "The stored settlement B of the sheet Compare is as it was stored.",
            '"The stored settlement B of the sheet Compare was changed: its pounds do not add up '
            'to its pot. Take the workbook as it was issued."',
            f"{COMPARE}!$A$1", "WARN",
        ),
        *(_snapshot(draft, y) for y in range(len(draft.settlements)) if layout.bridged),
        *([_signature(draft.pack)] if draft.pack is not None else []),
        Check(
            "Authorities left out",
            "FALSE" if left_out else "TRUE",
            "No authority was left out when the workbook was written.",
            f'"{excluded}"',
            "About!$A$1", "WARN",
            seen="WARN" if left_out else "OK", sentence_seen=excluded,
        ),
    ]  # fmt: skip


def _snapshot(draft: Draft, year: int) -> Check:
    """Whether the cells of a year still give what the snapshot was taken of."""
    stale = (
        "The cells of this year have changed since the snapshot on the sheet Bridge was taken, so "
        "its steps no longer lead to these pounds. Refresh the workbook for a new one."
    )
    return Check(
        draft.year_first("Snapshot of Bridge", year),
        is_current(draft, year),
        "The cells give what the snapshot on the sheet Bridge was taken of.",
        f'"{stale}"',
        f"{BRIDGE}!$C$7",
        "WARN",
        waits=f'{draft.layout.flag("settles", year)}="Yes"',
        year=year,
    )


_TO_DO = {
    None: " Write the workbook from the pack with cyps, which looks for one.",
    Standing.UNKNOWN_SIGNER: " Ask the signer for the public key and give a trust file (--trust).",
    Standing.UNSIGNED: " Ask whoever made it for a signed copy, or say on the sheet QA log why it "
                       "may be used.",
    Standing.WRONG_YEAR: " Take a pack of this year, signed for it.",
    Standing.CHANGED: "",
}  # fmt: skip
"""What to do about a signature, after the sentence that says how it stands."""


def _signature(note: PackNote) -> Check:
    """Who vouches for the pack: live on the sheet Pack, whose words may be anybody's."""
    cells, words = vouched(note)
    trusted = note.standing is Standing.TRUSTED
    stops = note.standing in {Standing.WRONG_YEAR, Standing.CHANGED}
    otherwise = "STOP" if stops else "WARN"
    to_do = "" if trusted else _TO_DO[note.standing]
    return Check(
        "Signature of the pack",
        f'{STANDING}="{Standing.TRUSTED.value}"',
        "The pack behind the use is signed, by a signer of the trust file.",
        f'{cells}&"{to_do}"' if to_do else cells,
        STANDING,
        otherwise,
        seen="OK" if trusted else otherwise,
        sentence_seen=f"{words}{to_do}",
    )


def _without_baseline(draft: Draft, year: int) -> Check:
    layout = draft.layout
    baseline = layout.step("baseline", year)
    zeros = int((draft.settlements[year][1].scenario.baseline == 0).sum())
    without = (
        " authorities have a baseline of 0: the floor does not protect them and they have no "
        "rate of change."
    )
    return Check(
        draft.year_first("Authorities without a baseline", year),
        f"COUNTIF({baseline},0)=0",
        "Every authority has a baseline above 0.",
        f'COUNTIF({baseline},0)&"{without}"',
        layout.column(*layout.input_column("baseline", year)),
        "WARN",
        waits=f'{layout.flag("sound", year)}="Yes"',
        year=year,
        seen="WARN" if zeros else "OK",
        sentence_seen=f"{zeros}{without}",
    )


def _doubts(draft: Draft, year: int) -> list[Check]:
    """What can be settled but is hardly meant, as the engine doubts it, live."""
    layout, settlement = draft.layout, draft.settlements[year][1]
    baseline, target = layout.step("baseline", year), layout.step("target", year)
    costs = layout.area_cost(year)
    sound = f'{layout.flag("sound", year)}="Yes"'
    apart = (
        f"SUMPRODUCT(--({baseline}>0),--({target}>0),"
        f"--(({target}>{FAR:g}*{baseline})+({baseline}>{FAR:g}*{target})>0))"
    )
    odd = (
        f"(SUMPRODUCT(--({costs}>{FAR_COST:g}*MEDIAN({costs})))"
        f"+SUMPRODUCT(--({costs}<MEDIAN({costs})/{FAR_COST:g})))"
    )
    apart_words = (
        f" authorities have a target {FAR:g} times their baseline or more, or the reverse. If it "
        "is most of them, baselines and pot are not in one unit: give both in pounds."
    )
    slips = "+".join(
        f"SUMPRODUCT(--({use}>0),--({baseline}>0),--(({target}>0)*(({target}>{FAR:g}*{baseline})"
        f"+({baseline}>{FAR:g}*{target}))=0),--(({use}*MEDIAN({baseline})>"
        f"{FAR_USE:g}*MEDIAN({use})*{baseline})+({FAR_USE:g}*{use}*MEDIAN({baseline})<"
        f"MEDIAN({use})*{baseline})>0))*(MEDIAN({use})>0)*(MEDIAN({baseline})>0)"
        for use in (layout.column(*layout.use(m)) for m in range(len(layout.metrics)))
    )
    slips_words = (
        f" numbers of use are, for each pound of baseline, {FAR_USE:g} times the middle one or "
        "more, or as much below it. Look for thousands and slips: one wrong number moves everybody."
    )
    odd_words = (
        f" area cost factors are {FAR_COST:g} times the middle one or more, or as much below it. "
        "Look for per cent and slips: one wrong factor moves everybody."
    )
    return [
        Check(
            draft.year_first(name, year), f"{count}=0", ok, f'{count}&"{words}"', place, "WARN",
            waits=sound, year=year, seen="WARN" if now else "OK", sentence_seen=f"{now}{words}",
        )
        for name, count, ok, words, place, now in (
            ("Baselines beside targets", apart,
             "Baselines and targets are of one size.", apart_words,
             layout.column(*layout.input_column("baseline", year)),
             int(far_from_baseline(settlement).sum())),
            ("Use beside baselines", f"({slips})",
             "No use is far from all others for its baseline.", slips_words,
             # What is far from its target already is told above.
             layout.column(*layout.use(0)),
             int((far_use(settlement) & ~far_from_baseline(settlement)[:, None]).sum())),
            ("Area cost factors beside each other", odd,
             "No area cost factor is far from all others.", odd_words, costs,
             int(far_area_cost(settlement).sum())),
        )
    ]  # fmt: skip


def _limit_doubts(draft: Draft, year: int) -> list[Check]:
    """A ceiling or floor that hardly limits anybody: a percentage that was meant as one."""
    layout, rule = draft.layout, draft.settlements[year][1].scenario.damping
    method = layout.damping("method", year)
    ceiling, floor = (layout.damping(key, year) for key in ("ceiling", "floor"))
    ceilings, floors = (layout.table(key, year) for key in ("band_ceiling", "band_floor"))
    below = f'"<"&({FAR_FLOOR:g})'  # joined, because in a text 0.5 is not a number everywhere

    def none_far(methods: tuple[str, ...], is_number: str, far: str, of_bands: str) -> str:
        used = ",".join(f'{method}="{name}"' for name in methods)
        return (
            f"IF(OR({used}),IF({is_number},NOT({far}),TRUE),"
            f'IF({method}="{BANDS}",{of_bands}=0,TRUE))'
        )

    return [
        Check(
            draft.year_first(name, year), passes, ok, f'"{words}"', place, "WARN",
            waits=f'{layout.flag("sound", year)}="Yes"', year=year,
            seen="WARN" if now else "OK", sentence_seen=words,
        )
        for name, passes, ok, words, place, now in (
            ("Size of the ceiling",
             none_far((FLOOR_AND_CEILING, PROPORTIONAL), f"ISNUMBER({ceiling})",
                      f"{ceiling}>{FAR_CEILING:g}", f'COUNTIF({ceilings},">{FAR_CEILING:g}")'),
             f"No ceiling is above {FAR_CEILING:+.0%}, or none is used.",
             f"A ceiling is above {FAR_CEILING:+.0%}: it lets an authority have more than twice "
             "its baseline, so that it hardly limits anybody. Ten per cent is 10%, not 10.",
             ceiling, far_ceilings(rule)),
            ("Size of the floor",
             none_far((FLOOR, FLOOR_AND_CEILING, PROPORTIONAL), f"ISNUMBER({floor})",
                      f"AND({floor}>-1,{floor}<{FAR_FLOOR:g})",
                      f'(COUNTIF({floors},{below})-COUNTIF({floors},"<=-1"))'),
             f"No floor is below {FAR_FLOOR:.0%}, but for -100%, which is none.",
             f"A floor is below {FAR_FLOOR:.0%}: it lets an authority lose more than half of its "
             "baseline, so that it hardly protects anybody. No floor at all is -100%.",
             floor, far_floors(rule)),
        )
    ]  # fmt: skip
