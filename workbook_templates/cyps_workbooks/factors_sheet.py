"""The sheet Factors: each damping group of each year, what it shares and its scaling factor."""

from __future__ import annotations

import numpy as np
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Settlement
from cyps.settlement.share_out import ROUNDING
from cyps.settlement.solution import GroupLines
from cyps.settlement.summaries import pounds_below
from cyps_workbooks.damping_rows import (
    FLOOR,
    FLOOR_AND_CEILING,
    NO_DAMPING,
    PACE,
    PROPORTIONAL,
    YES,
)
from cyps_workbooks.layout import FACTORS, FACTORS_HEAD_ROW, FLAGS, Layout, quoted
from cyps_workbooks.page import Draft, Page, new_page

COLUMNS = (
    ("year", "Year", "", "general", 12),
    ("name", "Damping group", "", "general", 30),
    ("place", "Place", "", "count", 8),
    ("authorities", "Authorities", "", "count", 12),
    ("target", "Target (£)", "sum of {target}", "pence", 20),
    ("baseline", "Baseline (£)", "sum of {baseline}", "pounds", 18),
    ("ratio", "Target / baseline", "brings the baseline to the target", "weight", 12),
    ("to_share", "To share (£)", "sum of {phased}", "pence", 20),
    ("least", "At lower limits (£)", "sum of {lower}", "pence", 20),
    ("most", "At upper limits (£)", "sum of {upper}", "limit pence", 20),
    ("fits", "Does it fit?", "", "word", 14),
    ("problem", "What is wrong", "", "general", 60),
    ("nobody_moves", "Starts moving below (£)", "to share; 0 where the lower limits are all of it",
     "pence", 20),
    ("fixed", "Without the factor (£)", "sum of {fixed}", "pence", 20),
    ("moving_slope", "Slope that moves (£)", "sum of {moving_slope}", "pence", 20),
    ("factor", "Scaling factor", "(to share - without the factor) / slope that moves", "scaling",
     16),
    ("damped", "Damped (£)", "sum of {damped}", "pence", 20),
    ("rounded", "Target, to 6 decimals (£)", "", "millionths", 26),
    ("below", "Whole pounds below (£)", "", "pounds", 18),
    ("remainder", "Remainder (£)", "", "remainder", 12),
    ("order", "Order of remainder", "largest first; ties as listed", "count", 12),
    ("pounds", "Pounds of the group (£)", "its part of the pot in whole pounds", "pounds", 18),
    ("left", "Pounds left", "its pounds - sum of {base_pounds}", "count", 10),
    ("spare", "Floors could rise by", "(to share - at lower limits) / baseline", "floor fine", 13),
)  # fmt: skip
_AT = {key: xl_col_to_name(i) for i, (key, *_) in enumerate(COLUMNS)}


def factor_range(layout: Layout, key: str, year: int) -> str:
    """The absolute range of a column of a year's groups, with its sheet."""
    first, last = layout.factor_rows(year)
    return f"{FACTORS}!${_AT[key]}${first + 1}:${_AT[key]}${last + 1}"


def factor_cells(layout: Layout, key: str, year: int) -> list[str]:
    """The same, cell by cell."""
    first, last = layout.factor_rows(year)
    return [f"{FACTORS}!${_AT[key]}${row + 1}" for row in range(first, last + 1)]


def draw_factors(draft: Draft, groups: list[GroupLines]) -> None:
    """Draw the sheet Factors."""
    page = new_page(draft, FACTORS)
    formats, layout = draft.formats, draft.layout
    page.banner("Factors", len(COLUMNS), width=150, split=True)
    page.text(4, 2, "Each damping group shares out its own total. Its factor follows from where "
                    "each authority stands on the sheet Calculation.")  # fmt: skip
    page.text(5, 2, "Without damping groups everybody is in the group of place 1; rows without "
                    "authorities stay blank.")  # fmt: skip
    page.sheet.set_row(FACTORS_HEAD_ROW - 1, 50)
    page.sheet.set_row(FACTORS_HEAD_ROW, 34)
    for col, (key, head, words, kind, width) in enumerate(COLUMNS):
        page.sheet.set_column(col, col, width)
        number = kind != "general"  # words stand right, as numbers do
        page.text(FACTORS_HEAD_ROW - 1, col, words.format_map(layout.letter_of), formats.words())
        beside = 1 if key == "problem" else 0
        page.text(FACTORS_HEAD_ROW, col, head, formats.head(number=number, indent=beside))
    for year, lines in enumerate(groups):
        _year(page, year, lines)
    page.sheet.freeze_panes(FACTORS_HEAD_ROW + 1, 2)
    page.sheet.repeat_rows(FACTORS_HEAD_ROW)
    page.sheet.repeat_columns(0, 1)
    page.finish(pages_wide=2)


def _year(page: Page, year: int, lines: GroupLines) -> None:
    layout, formats = page.draft.layout, page.draft.formats
    first, last = layout.factor_rows(year)
    numbers = _numbers(page.draft.settlements[year][1], lines, layout.group_rows)
    for place in range(1, layout.group_rows + 1):
        row = first + place - 1
        label = layout.years[year] if page.draft.many_years else ""
        page.text(row, 0, label, formats.unruled())
        page.number(row, 2, place, formats.unruled("count"))
        formulas = _formulas(layout, year, row + 1, (first + 1, last + 1))
        for col, (key, _, _, kind, _) in enumerate(COLUMNS):
            if key in formulas:
                form = formats.unruled(kind, right=kind == "word", words=key == "problem")
                page.formula(row, col, "=" + formulas[key], form, numbers[key][place - 1])
    # The sheet says that rows without authorities stay blank; their place and 0 are no news.
    blank = page.draft.workbook.add_format({"num_format": ";;;"})
    rows = f"A{first + 1}:D{last + 1}"
    page.sheet.conditional_format(
        rows, {"type": "formula", "criteria": f"=$D{first + 1}=0", "format": blank}
    )
    page.rule_used(f"A{first + 1}:{list(_AT.values())[-1]}{last + 1}", f"$D{first + 1}>0")
    alert = {"type": "cell", "criteria": "==", "value": '"No"', "format": formats.stop()}
    col = list(_AT).index("fits")
    page.sheet.conditional_format(first, col, last, col, alert)


def _formulas(layout: Layout, year: int, r: int, rows: tuple[int, int]) -> dict[str, str]:
    sheet = quoted(layout.calculations[year])
    sound = f'{sheet}!{FLAGS["sound"]}="Yes"'
    settles = f'{sheet}!{FLAGS["settles"]}="Yes"'
    method = f"{sheet}!{FLAGS['method']}"
    at = {key: f"${col}{r}" for key, col in _AT.items()}
    group = layout.step("group", year)
    names = layout.table_names("group_members")

    def total(key: str) -> str:
        return f"SUMIF({group},{at['place']},{layout.step(key, year)})"

    def place_of(key: str) -> str:
        col = _AT[key]
        return (
            f"RANK({col}{r},{col}${rows[0]}:{col}${rows[1]},0)"
            f"+COUNTIF({col}${rows[0]}:{col}{r},{col}{r})-1"
        )

    slack = f"{ROUNDING:.12f}*MAX({at['to_share']},{at['least']})"
    whole = f'IF({at["place"]}=1,"All authorities","")'
    sums = ("target", "baseline", "least", "fixed", "moving_slope")
    steps = {"least": "lower"}
    when_sound = {
        **{key: total(steps.get(key, key)) for key in sums},
        "most": f"MIN(1E+30,{total('upper')})",
        "to_share": total("phased"),
        "ratio": f"IF({at['baseline']}>0,{at['target']}/{at['baseline']},0)",
        "problem": _problem(layout, year, at, slack, method),
        "nobody_moves": f"IF({at['least']}>={at['to_share']}-{slack},0,{at['to_share']})",
        # One group of all has the pot itself, which a sum of targets only comes near.
        "rounded": f'IF({layout.damping("use_groups", year)}="{YES}",ROUND({at["target"]},6),'
                   f"IF({at['place']}=1,{layout.pot(year)},0))",
        "below": f"INT({at['rounded']})",
        "remainder": f"ROUND({at['rounded']}-{at['below']},6)",
        "order": place_of("remainder"),
        "pounds": f"{at['below']}+IF({at['order']}<={layout.pot(year)}"
                  f"-SUM(${_AT['below']}${rows[0]}:${_AT['below']}${rows[1]}),1,0)",
        "spare": f'IF({at["baseline"]}>0,({at["to_share"]}-{at["least"]})/{at["baseline"]},"")',
    }  # fmt: skip
    none_moves = f'IF(AND({method}="{FLOOR}",{total("headroom")}=0),1,0)'
    when_settled = {
        "factor": f'IF(OR({method}="{NO_DAMPING}",RIGHT({method},7)="outside"),1,'
                  f"IF({at['moving_slope']}>0,({at['to_share']}-{at['fixed']})"
                  f"/{at['moving_slope']},{none_moves}))",
        "damped": total("damped"),
        "left": f"{at['pounds']}-{total('base_pounds')}",
    }  # fmt: skip
    return {
        "name": f'IF({layout.damping("use_groups", year)}="{YES}",INDEX({names},{at["place"]})&"",'
                f"{whole})",
        "authorities": f'IF({sound},COUNTIF({group},{at["place"]}),0)',
        "fits": f'IF({at["authorities"]}>0,IF({at["problem"]}="","Yes","No"),"")',
        **{
            key: f'IF({at["authorities"]}>0,{formula},"")' for key, formula in when_sound.items()
        },
        **{
            key: f'IF({settles},IF({at["authorities"]}>0,{formula},""),"")'
            for key, formula in when_settled.items()
        },
    }  # fmt: skip


def _problem(layout: Layout, year: int, at: dict[str, str], slack: str, method: str) -> str:
    """Why a group cannot be settled and what mends it; empty where it can."""
    over = f"{at['least']}-{at['to_share']}"
    unspent = f"{at['to_share']}-{at['most']}"
    floor, phasing = layout.damping("floor", year), layout.damping("phasing", year)
    one_floor = ",".join(f'{method}="{name}"' for name in (FLOOR, FLOOR_AND_CEILING, PROPORTIONAL))
    group = layout.step("group", year)
    capped = (
        f"SUMIFS({layout.step('baseline', year)},{group},{at['place']},{layout.step('slope', year)}"
        f',">0",{layout.step("upper", year)},"<1000000000000000")'
    )
    highest = f'TEXT(INT(({floor}-({over})/{at["baseline"]})*100000000)/100000000,"0.000000%")'
    points = f'TEXT(-INT(-({over})/{at["baseline"]}*100000000)/1000000,"0.000000")'
    rise = f'TEXT(-INT(-({unspent})/({capped})*100000000)/100000000,"0.000000%")'
    cost = f'"They cost £"&TEXT({over},"#,##0")&" more than there is to share. "'
    too_high = (
        f'IF(OR({one_floor}),"A floor of "&TEXT({floor},"0.0000%")&" cannot be paid for. "&{cost}'
        f'&"The highest floor that fits is "&{highest}&". Lower the floor or raise the pot.",'
        f'IF({method}="{PACE}","Least growth and lifts cannot be paid for. "&{cost}'
        '&"Lower the least growth, or let authorities stay further below target.",'
        f'"The floors cannot be paid for. "&{cost}&"Lower every floor (or protected part) by "'
        f'&{points}&" percentage points, or raise the pot."))'
    )
    too_low = (
        f'IF({method}="{PACE}","The most growth","The ceilings")&" leave £"&TEXT({unspent},"#,##0")'
        f'&" unspent. "&IF({method}="{PACE}","Raise the most growth, or lower the pot.",'
        f'IF({capped}>0,"Raise every ceiling by at least "&{rise}&" of the baseline, or lower the '
        'pot.","Give those without a baseline no ceiling, or lower the pot."))'
    )
    targets = layout.step("target", year)
    return (
        f'IF(AND({at["baseline"]}=0,OR({method}="{PACE}",{phasing}<1)),'
        '"Every baseline is 0, and this starts from the baseline.",'
        f'IF(AND({method}="{PACE}",COUNTIFS({group},{at["place"]},{targets},"<=0")>0),'
        '"Distance from target needs every target to be above 0.",'
        f"IF({over}>{slack},{too_high},IF({unspent}>{slack},{too_low},"
        '""))))'
    )


def _numbers(settlement: Settlement, lines: GroupLines, rows: int) -> dict[str, list[object]]:
    """The engine's own values, a row for each place; a place without authorities is blank."""
    used = len(lines.names)
    grouped = settlement.scenario.transition.group is not None
    below = pounds_below(settlement.damped.allocation).base
    codes = settlement.scenario.codes
    group = settlement.scenario.transition.group or dict.fromkeys(codes, lines.names[0])
    of_each = np.array([group[code] for code in codes])
    left = [int(lines.pounds[g]) - int(below[of_each == lines.names[g]].sum()) for g in range(used)]
    slack = ROUNDING * np.maximum(lines.to_share, lines.least)
    has_baseline = lines.baseline > 0
    divisor = np.where(has_baseline, lines.baseline, 1.0)
    full: dict[str, list[object]] = {
        "name": [name if grouped else "All authorities" for name in lines.names],
        "fits": ["Yes"] * used,
        "problem": [""] * used,
        "ratio": np.where(has_baseline, lines.target / divisor, 0.0).tolist(),
        "nobody_moves": np.where(
            lines.least >= lines.to_share - slack, 0.0, lines.to_share
        ).tolist(),
        "spare": np.where(
            has_baseline, (lines.to_share - lines.least) / divisor, np.nan
        ).tolist(),
        "left": list(left),
    }  # fmt: skip
    for key, *_ in COLUMNS:
        if key not in full and hasattr(lines, key):
            full[key] = getattr(lines, key).tolist()
    return {
        key: [*values, *[0 if key == "authorities" else ""] * (rows - used)]
        for key, values in full.items()
    }
