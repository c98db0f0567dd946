"""The sheet Calculation: one lettered step a column, from use to whole pounds."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.typing import ArrayLike
from xlsxwriter.utility import xl_col_to_name

from cyps.settlement import Settlement
from cyps.settlement.summaries import change_ranks, pounds_below, rounded_change_rate
from cyps_workbooks.layout import CALCULATION, FIRST_ROW, HEAD_ROW, TOTAL_ROW, WEIGHTS, Layout
from cyps_workbooks.page import Draft, Page, new_page

LETTER_ROW, WORDS_ROW, WEIGHT_ROW = 7, 8, 9


def draw_calculation(draft: Draft) -> None:
    """Draw the sheet Calculation."""
    page = new_page(draft, CALCULATION)
    formats, layout = draft.formats, draft.layout
    page.authority_rows()
    page.banner("Calculation", 3 + len(layout.steps), split=True)
    page.text(4, 2, "Each column is one step, lettered. The same formula stands in every row, "
                    "and its meaning stands above the column in words.")  # fmt: skip
    page.text(5, 2, "Steps from (b) on stay blank while an input cannot be used (sheet Checks); "
                    "steps (j) to (q) also stay blank while the floor does not fit.")  # fmt: skip
    page.sheet.set_row(WORDS_ROW, 50)
    page.text(LETTER_ROW, 0, "Step", formats.heading())
    page.text(WORDS_ROW, 0, "In words", formats.heading())
    page.text(WEIGHT_ROW, 0, "Cost weight used", formats.heading())
    page.sheet.set_row(HEAD_ROW, 34)
    formulas, numbers = step_formulas(layout), step_numbers(draft.settlement)
    for letter, step in layout.steps:
        col = layout.calculation(step.key)
        page.sheet.set_column(col, col, _WIDTHS.get(step.kind, 17))
        page.text(LETTER_ROW, col, letter, formats.letter())
        page.text(WORDS_ROW, col, step.words, formats.words())
        page.text(HEAD_ROW, col, step.header, formats.head(number=True))
        page.column(col, formulas[step.key], formats.cell(step.kind), numbers[step.key])
    _weights_and_totals(page, numbers)
    page.sheet.repeat_columns(0, 1)
    page.finish(pages_wide=2)


_NO_TOTAL = {"remainder", "order", "rate", "rank"}
_WIDTHS = {"pence": 20, "millionths": 27}


def _weights_and_totals(page: Page, numbers: Mapping[str, ArrayLike]) -> None:
    layout, settlement = page.draft.layout, page.draft.settlement
    for m in range(len(layout.metrics)):
        formula = f"={WEIGHTS}!$F${layout.metric_first + m}"
        weight = page.draft.formats.cell("weight")
        page.formula(WEIGHT_ROW, 3 + m, formula, weight, settlement.weights[m])
    for _, step in layout.steps:
        col = layout.calculation(step.key)
        if step.key in _NO_TOTAL:
            page.text(TOTAL_ROW, col, "", page.draft.formats.total())
        else:
            page.total(col, step.kind, float(sum(numbers[step.key])))  # type: ignore[arg-type]


def step_formulas(layout: Layout) -> dict[str, str]:
    """The formula of every step; `{r}` stands for the authority's row."""
    name = {step.key: xl_col_to_name(layout.calculation(step.key)) for _, step in layout.steps}
    first, last = FIRST_ROW + 1, layout.last_row + 1
    last_metric = xl_col_to_name(2 + len(layout.metrics))

    def sound(formula: str) -> str:
        return f'=IF(inputs_sound="Yes",{formula},"")'

    def settles(formula: str) -> str:
        return f'=IF(can_settle="Yes",{formula},"")'

    def place(key: str) -> str:
        col = name[key]
        return (
            f"RANK({col}{{r}},{col}${first}:{col}${last},0)"
            f"+COUNTIF({col}${first}:{col}{{r}},{col}{{r}})-1"
        )

    n = {key: f"{col}{{r}}" for key, col in name.items()}
    metrics = {
        f"metric {m}": f"=Use!{xl_col_to_name(3 + m)}{{r}}/Use!{xl_col_to_name(3 + m)}$11"
        for m in range(len(layout.metrics))
    }
    return metrics | {
        "needs_share": sound(f"SUMPRODUCT(D{{r}}:{last_metric}{{r}},D$10:{last_metric}$10)"),
        "costed": sound(f"{n['needs_share']}*Inputs!E{{r}}"),
        "share": sound(f"{n['costed']}/{name['costed']}$11"),
        "target": sound(f"{n['share']}*in_pot"),
        "baseline": sound("Inputs!D{r}"),
        "floor_amount": sound(f"{n['baseline']}*(1+in_floor)"),
        "cost": sound(f"MAX(0,{n['floor_amount']}-{n['target']})"),
        "headroom": sound(f"MAX(0,{n['target']}-{n['floor_amount']})"),
        "damped": settles(
            f"IF({n['target']}<={n['floor_amount']},{n['floor_amount']},"
            f"{n['floor_amount']}+scaling_factor*({n['target']}-{n['floor_amount']}))"
        ),
        "rounded": settles(f"ROUND({n['damped']},6)"),
        "base": settles(f"INT({n['rounded']})"),
        "remainder": settles(f"ROUND({n['rounded']}-{n['base']},6)"),
        "order": settles(place("remainder")),
        "pounds": settles(f"{n['base']}+IF({n['order']}<=pounds_left,1,0)"),
        "rate": settles(
            f'IF({n["baseline"]}>0,ROUND(({n["pounds"]}-{n["baseline"]})/{n["baseline"]},10),"")'
        ),
        "rank": f'=IF(ISNUMBER({n["rate"]}),{place("rate")},"")',
    }


def step_numbers(settlement: Settlement) -> dict[str, ArrayLike]:
    """The engine's own numbers for every step, an array (n_authorities,) each."""
    damped, below = settlement.damped, pounds_below(settlement.damped.allocation)
    ranks = change_ranks(settlement).astype(float)
    ranks[ranks == 0] = float("nan")
    metrics = {f"metric {m}": column for m, column in enumerate(settlement.metric_share.T)}
    return metrics | {
        "needs_share": settlement.needs_share,
        "costed": settlement.needs_share * settlement.scenario.area_cost,
        "share": settlement.share,
        "target": settlement.target,
        "baseline": settlement.scenario.baseline,
        "floor_amount": damped.floor_amount,
        "cost": damped.cost,
        "headroom": damped.headroom,
        "damped": damped.allocation,
        "rounded": below.rounded,
        "base": below.base,
        "remainder": below.remainder,
        "order": below.order,
        "pounds": settlement.pounds,
        "rate": rounded_change_rate(settlement),
        "rank": ranks,
    }
