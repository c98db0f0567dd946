"""The Calculation sheets, one a year: one lettered step a column, from use to whole pounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Bands, Protection, Settlement
from cyps.settlement.solution import TIE, Solution
from cyps.settlement.summaries import change_ranks, pounds_below, rounded_change_rate
from cyps_workbooks.damping_rows import (
    BANDS,
    FLOOR_AND_CEILING,
    NO_DAMPING,
    OUTSIDE_PAYS,
    PACE,
    PROPORTIONAL,
    PROTECTION,
    YES,
)
from cyps_workbooks.damping_values import method_in_force
from cyps_workbooks.factors_sheet import factor_range
from cyps_workbooks.inputs_sheet import baseline_formula
from cyps_workbooks.layout import FIRST_ROW, FLAGS, HEAD_ROW, TOTAL_ROW, WEIGHTS, Layout
from cyps_workbooks.page import Draft, Page, new_page

LETTER_ROW, WORDS_ROW, WEIGHT_ROW = 7, 8, 9

OUTSIDE = f"{PROTECTION}, paid by {OUTSIDE_PAYS}"
"""What the cell of the method in force says where outside pays for protection."""

_METHOD = FLAGS["method"]
_AS_IT_IS = f'OR({_METHOD}="{NO_DAMPING}",{_METHOD}="{OUTSIDE}")'
_PACE, _PROPORTIONAL = f'{_METHOD}="{PACE}"', f'{_METHOD}="{PROPORTIONAL}"'


def draw_calculation(
    draft: Draft, year: int, lines: Solution, sound: str, weights: Sequence[str] = ()
) -> None:
    """Draw the Calculation of a year; `sound` is the condition that its inputs can be used.

    `weights` are the formulas of the cost weights, where they are not those of the sheet Weights.
    """
    page = new_page(draft, draft.layout.calculations[year])
    formats, layout = draft.formats, draft.layout
    page.authority_rows()
    page.banner(draft.of_year("Calculation", year), 3 + len(layout.steps), split=True)
    _flags(page, year, sound)
    page.text(4, 3, "Each column is one step, lettered. The same formula stands in every row, "
                    "and its meaning stands above the column in words.")  # fmt: skip
    page.text(5, 3, f"Steps from {layout.letter_of['needs_share']} on stay blank while an input "
                    f"cannot be used (sheet {_verdict_sheet(layout)}); steps from "
                    f"{layout.letter_of['factor']} on also while the rule cannot be kept with this "
                    "pot.")  # fmt: skip
    page.sheet.set_row(WORDS_ROW, 80)
    page.text(LETTER_ROW, 0, "Step", formats.heading())
    page.text(WORDS_ROW, 0, "In words", formats.heading())
    page.text(WEIGHT_ROW, 0, "Cost weight used", formats.heading())
    page.sheet.set_row(HEAD_ROW, 34)
    formulas = step_formulas(layout, year, baseline_formula(page, year))
    numbers = step_numbers(draft.settlements[year][1], lines, layout)
    for letter, step in layout.steps:
        col = layout.calculation(step.key)
        page.sheet.set_column(col, col, _WIDTHS.get(step.kind, 17))
        page.text(LETTER_ROW, col, letter, formats.letter())
        page.text(WORDS_ROW, col, step.words.format_map(layout.letter_of), formats.words())
        page.text(HEAD_ROW, col, step.header, formats.head(number=True))
        form = formats.beside(right=True) if step.kind == "word" else formats.cell(step.kind)
        page.column(col, formulas[step.key], form, numbers[step.key])
    _weights_and_totals(page, year, numbers, weights)
    page.sheet.print_across()  # all steps of some authorities, then of the next
    page.finish(pages_wide=4)


def _verdict_sheet(layout: Layout) -> str:
    return layout.verdict.split("!")[0].strip("'")


def _flags(page: Page, year: int, sound: str) -> None:
    layout, formats = page.draft.layout, page.draft.formats
    fits = layout.damping("out_floor_fits", year)
    method, payer = layout.damping("method", year), layout.damping("payer", year)
    engine = method_in_force(page.draft.settlements[year][1].scenario.damping)
    for row, label, formula, seen in (
        (4, "Can every input be used?", f'=IF({sound},"Yes","No")', "Yes"),
        (5, "Can the pot be settled?", f'=IF({FLAGS["sound"]}="Yes",{fits},"No")', "Yes"),
        (6, "Method in force", f'=IF({method}="{PROTECTION}",{method}&", paid by "&{payer},'
                               f'{method}&"")', engine),
    ):  # fmt: skip
        page.text(row, 1, label, formats.of(bold=True))
        page.formula(row, 2, formula, formats.of(bold=True), seen)


_NO_TOTAL = {
    "group", "place", "least", "most", "base", "leaves", "meets", "total_leaving", "total_meeting",
    "stands", "factor", "remainder", "order", "rate", "rank",
}  # fmt: skip
_WIDTHS = {
    "pence": 20, "limit pence": 20, "never pence": 22, "millionths": 27, "count": 15, "limit": 15,
    "word": 18, "scaling": 20,
}  # fmt: skip


def _weights_and_totals(
    page: Page, year: int, numbers: Mapping[str, ArrayLike], weights: Sequence[str]
) -> None:
    layout, settlement = page.draft.layout, page.draft.settlements[year][1]
    for m in range(len(layout.metrics)):
        formula = weights[m] if weights else f"={WEIGHTS}!$G${layout.metric_first + m}"
        weight = page.draft.formats.cell("weight")
        page.formula(WEIGHT_ROW, 3 + m, formula, weight, settlement.weights[m])
    for _, step in layout.steps:
        col = layout.calculation(step.key)
        if step.key in _NO_TOTAL:
            page.text(TOTAL_ROW, col, "", page.draft.formats.total())
        else:
            total = float(np.asarray(numbers[step.key], dtype=np.float64).sum())
            page.total(col, step.kind, total, limited=step.key == "upper")


def step_formulas(layout: Layout, year: int, baseline: str) -> dict[str, str]:
    """The formula of every step of a year; `{r}` stands for the authority's row."""
    name = {step.key: xl_col_to_name(layout.calculation(step.key)) for _, step in layout.steps}
    n = {key: f"{col}{{r}}" for key, col in name.items()}
    use = [layout.use(m) for m in range(len(layout.metrics))]
    metrics = {
        f"metric {m}": f"={sheet}!{xl_col_to_name(col)}{{r}}/{sheet}!{xl_col_to_name(col)}$11"
        for m, (sheet, col) in enumerate(use)
    }
    last_metric = xl_col_to_name(2 + len(layout.metrics))
    sound = {
        "needs_share": f"SUMPRODUCT(D{{r}}:{last_metric}{{r}},D$10:{last_metric}$10)",
        "costed": _costed(layout, year, n["needs_share"]),
        "share": f"{n['costed']}/{name['costed']}$11",
        "target": f"{n['share']}*{layout.pot(year)}",
        "baseline": baseline,
        **_rates(layout, year, n),
        **_limits(layout, year, n),
        **_solved(layout, year, n, name),
    }
    settles = {
        "factor": f"INDEX({factor_range(layout, 'factor', year)},{n['group']})",
        "damped": f"MIN({n['upper']},MAX({n['lower']},"
                  f"{n['fixed']}+{n['factor']}*{n['moving_slope']}))",
        "top_up": f'IF({_METHOD}="{OUTSIDE}",MAX(0,{n["floor_amount"]}-{n["damped"]}),0)',
        **_pounds(layout, year, n, name),
    }  # fmt: skip
    return {
        **metrics,
        **{key: f'=IF({FLAGS["sound"]}="Yes",{formula},"")' for key, formula in sound.items()},
        **{key: f'=IF({FLAGS["settles"]}="Yes",{formula},"")' for key, formula in settles.items()},
        "rank": f'=IF(ISNUMBER({n["rate"]}),{_place(layout, name["rate"])},"")',
    }


def _costed(layout: Layout, year: int, needs_share: str) -> str:
    """The needs share times area cost; where that differs by metric, metric by metric."""
    sheet, col = layout.input_column("area_cost", year)
    first, last = (xl_col_to_name(c) for c in (col, col + layout.cost_columns - 1))
    if not layout.cost_by_metric:
        return f"{needs_share}*{sheet}!{first}{{r}}"
    metric = xl_col_to_name(2 + len(layout.metrics))
    return f"SUMPRODUCT(D{{r}}:{metric}{{r}},D$10:{metric}$10,{sheet}!{first}{{r}}:{last}{{r}})"


def _rates(layout: Layout, year: int, n: Mapping[str, str]) -> dict[str, str]:
    """Group, phasing, and the least and most change of each authority."""
    field = {
        key: layout.damping(key, year)
        for key in ("use_groups", "phasing", "floor", "ceiling", "least", "most")
    }

    def member(what: str) -> str:
        sheet, col = layout.input_column(what, year)
        return f"{sheet}!{xl_col_to_name(col)}{{r}}"

    def place(table: str, what: str) -> str:
        names = layout.table_names(table)
        first = names.split(":")[0]
        return f"SUMPRODUCT(({names}={member(what)})*(ROW({names})-ROW({first})+1))"

    ceiling = f"INDEX({layout.table('band_ceiling', year)},{n['place']})"
    ratio = f"INDEX({factor_range(layout, 'ratio', year)},{n['group']})"
    w = field["phasing"]
    return {
        "group": f'IF({field["use_groups"]}="{YES}",{place("group_members", "group")},1)',
        "phased": f"IF({_PACE},{n['target']},IF({w}=1,{n['target']},"
                  f"(1-{w})*{n['baseline']}*{ratio}+{w}*{n['target']}))",
        "place": f'IF({_METHOD}="{BANDS}",{place("band_floor", "band")},'
                 f'IF(LEFT({_METHOD},{len(PROTECTION)})="{PROTECTION}",'
                 f'{place("tier_part", "tier")},""))',
        "least": f'IF({_METHOD}="{BANDS}",INDEX({layout.table("band_floor", year)},{n["place"]}),'
                 f'IF(ISNUMBER({n["place"]}),'
                 f"INDEX({layout.table('tier_in_force', year)},{n['place']})-1,"
                 f'IF({_PACE},{field["least"]},IF({_METHOD}="{NO_DAMPING}",-1,{field["floor"]}))))',
        "most": f'IF({_METHOD}="{BANDS}",IF({ceiling}="","",{ceiling}),IF({_PACE},{field["most"]},'
                f'IF(OR({_METHOD}="{FLOOR_AND_CEILING}",{_PROPORTIONAL}),'
                f'IF({field["ceiling"]}="","",{field["ceiling"]}),"")))',
    }  # fmt: skip


def _limits(layout: Layout, year: int, n: Mapping[str, str]) -> dict[str, str]:
    """The rule as lower and upper limit, base and slope."""
    furthest = layout.damping("furthest_below", year)
    U = f"{n['baseline']}*(1+{n['most']})"
    return {
        "floor_amount": f"{n['baseline']}*(1+{n['least']})",
        "cost": f"MAX(0,{n['floor_amount']}-{n['phased']})",
        "headroom": f"MAX(0,{n['phased']}-{n['floor_amount']})",
        "lower": f"IF({_AS_IT_IS},{n['phased']},IF({_PACE},"
                 f"MAX({n['floor_amount']},{n['phased']}*(1+{furthest})),{n['floor_amount']}))",
        "upper": f"IF({_AS_IT_IS},{n['phased']},"
                 f"IF({_PACE},MAX({n['lower']},MIN({U},{n['phased']})),"
                 f"IF({n['phased']}>IF({_PROPORTIONAL},0,{n['floor_amount']}),"
                 f'IF({n["most"]}="",1E+30,{U}),{n["floor_amount"]})))',
        "base": f"IF({_AS_IT_IS},{n['phased']},IF({_PROPORTIONAL},0,{n['floor_amount']}))",
        "slope": f"IF({_AS_IT_IS},0,IF({_PROPORTIONAL},{n['phased']},{n['headroom']}))",
        "leaves": f"IF({n['slope']}>0,MAX(0,({n['lower']}-{n['base']})/{n['slope']}),1E+30)",
        "meets": f"IF({n['slope']}>0,IF({n['upper']}<1E+30,"
                 f"({n['upper']}-{n['base']})/{n['slope']},1E+30),1E+30)",
    }  # fmt: skip


def _solved(
    layout: Layout, year: int, n: Mapping[str, str], name: Mapping[str, str]
) -> dict[str, str]:
    """The group's total at each authority's own factors, and where it stands at the end."""
    first, last = FIRST_ROW + 1, layout.last_row + 1
    all_of = {key: f"{col}${first}:{col}${last}" for key, col in name.items()}

    def group_total(point: str) -> str:
        p = n[point]
        return (
            f"IF({p}<1E+30,SUMPRODUCT(({all_of['group']}={n['group']})*("
            f"({p}<={all_of['leaves']})*{all_of['lower']}+({p}>{all_of['leaves']})*("
            f"({p}<{all_of['meets']})*({all_of['base']}+{p}*{all_of['slope']})"
            f"+({p}>={all_of['meets']})*{all_of['upper']}))),1E+30)"
        )

    def of_group(key: str) -> str:
        return f"INDEX({factor_range(layout, key, year)},{n['group']})"

    return {
        "total_leaving": group_total("leaves"),
        "total_meeting": group_total("meets"),
        "stands": f'IF({n["total_leaving"]}>={of_group("nobody_moves")},"least",'
                  f'IF({n["total_meeting"]}<{of_group("to_share")}*{TIE:.14f},"most","moves"))',
        "fixed": f'IF({n["stands"]}="least",{n["lower"]},'
                 f'IF({n["stands"]}="most",{n["upper"]},{n["base"]}))',
        "moving_slope": f'IF({n["stands"]}="moves",{n["slope"]},0)',
    }  # fmt: skip


def _pounds(
    layout: Layout, year: int, n: Mapping[str, str], name: Mapping[str, str]
) -> dict[str, str]:
    first, last = FIRST_ROW + 1, layout.last_row + 1
    group, remainder = (f"{name[k]}${first}:{name[k]}${last}" for k in ("group", "remainder"))
    left = f"INDEX({factor_range(layout, 'left', year)},{n['group']})"
    return {
        "rounded": f"ROUND({n['damped']},6)",
        "base_pounds": f"INT({n['rounded']})",
        "remainder": f"ROUND({n['rounded']}-{n['base_pounds']},6)",
        "order": f"SUMPRODUCT(({group}={n['group']})*(({remainder}>{n['remainder']})"
                 f"+({remainder}={n['remainder']})*(ROW({remainder})<=ROW({n['remainder']}))))",
        "pounds": f"{n['base_pounds']}+IF({n['order']}<={left},1,0)",
        "top_up_pounds": f"ROUNDUP(ROUND({n['top_up']},6),0)",
        "rate": f"IF({n['baseline']}>0,ROUND(({n['pounds']}-{n['baseline']})/{n['baseline']},10),"
                '"")',
    }  # fmt: skip


def _place(layout: Layout, col: str) -> str:
    first, last = FIRST_ROW + 1, layout.last_row + 1
    return (
        f"RANK({col}{{r}},{col}${first}:{col}${last},0)"
        f"+COUNTIF({col}${first}:{col}{{r}},{col}{{r}})-1"
    )


def step_numbers(settlement: Settlement, lines: Solution, layout: Layout) -> dict[str, ArrayLike]:
    """The engine's own numbers for every step, an array (n_authorities,) each."""
    damped, below = settlement.damped, pounds_below(settlement.damped.allocation)
    ranks = change_ranks(settlement).astype(float)
    ranks[ranks == 0] = float("nan")
    metrics = {f"metric {m}": column for m, column in enumerate(settlement.metric_share.T)}
    of_line = (
        "group", "phased", "least", "most", "lower", "upper", "base", "slope", "leaves", "meets",
        "total_leaving", "total_meeting", "stands", "fixed", "moving_slope",
    )  # fmt: skip
    return metrics | {key: getattr(lines, key) for key in of_line} | {
        "needs_share": settlement.needs_share,
        "costed": _costed_numbers(settlement),
        "share": settlement.share,
        "target": settlement.target,
        "baseline": settlement.scenario.baseline,
        "place": _places(settlement, layout),
        "floor_amount": damped.floor_amount,
        "cost": damped.cost,
        "headroom": damped.headroom,
        "factor": damped.factor,
        "damped": damped.allocation,
        "top_up": damped.top_up,
        "rounded": below.rounded,
        "base_pounds": below.base,
        "remainder": below.remainder,
        "order": _order_in_group(settlement, lines),
        "pounds": settlement.pounds,
        "top_up_pounds": settlement.top_up,
        "rate": rounded_change_rate(settlement),
        "rank": ranks,
    }  # fmt: skip


def _costed_numbers(settlement: Settlement) -> ArrayLike:
    cost = settlement.area_cost
    if cost.ndim == 1:
        return settlement.needs_share * cost
    return (settlement.metric_share * cost) @ settlement.weights


def _places(settlement: Settlement, layout: Layout) -> ArrayLike:
    rule, codes = settlement.scenario.damping, settlement.scenario.codes
    if isinstance(rule, Bands | Protection):
        names = layout.bands if isinstance(rule, Bands) else layout.tiers
        return np.array([names.index(rule.member[code]) + 1 for code in codes])
    return np.full(len(codes), np.nan)


def _order_in_group(settlement: Settlement, lines: Solution) -> ArrayLike:
    order = np.empty(lines.group.size, dtype=np.int64)
    for number in np.unique(lines.group):
        members = lines.group == number
        order[members] = pounds_below(settlement.damped.allocation[members]).order
    return order
