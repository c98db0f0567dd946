"""The bridge on the sheet My authority: from what it had, or its children, to its pounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cyps.explain import StepsToPounds, steps_to_pounds
from cyps.explain.steps_to_pounds import whole
from cyps_workbooks.layout import RESULTS, USE, Layout
from cyps_workbooks.page import Page
from cyps_workbooks.results_sheet import chosen
from cyps_workbooks.style import SOFT

HEADS = (
    "Step", "Amount after it (£)", "Step (£)", "Label in the chart",
    "Held (£)", "Total (£)", "Rise (£)", "Fall (£)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BridgeRows:
    """Zero-based rows of the start and of the end."""

    first: int
    last: int


def draw_bridge(page: Page, row: int, place: int) -> BridgeRows:
    """Draw the bridge from `row` on; every step is a formula of the figures of the year shown."""
    formats, layout = page.draft.formats, page.draft.layout
    way = steps_to_pounds(page.draft.settlement, page.draft.population)
    page.text(row, 0, "Bridge to the pounds", formats.heading())
    page.text(row, 1, "In this order, each step with all before it. Whole pounds of the running "
                      "amount, so that the steps add up.")  # fmt: skip
    _start_share(page, row + 1, way, place)
    share, row = f"$B${row + 2}", row + 2
    page.sheet.set_row(row, 34)
    for col, head in enumerate(HEADS):
        page.text(row, col, head, formats.head(number=col not in (0, 3), indent=int(col == 3)))
    first = row + 1
    running = way.running[place]
    formulas = [_start(layout, share), *_amounts(layout, share, first)]
    labels: list[str | tuple[str, str]] = [_started_from(page), *_labels(layout)]
    steps = way.steps[place].tolist()
    for k, (label, formula) in enumerate(zip(labels, formulas, strict=True)):
        at = first + k
        _label(page, at, label, k)
        page.formula(at, 1, f'=IF(my_row>0,{formula},"")', formats.cell("pounds"), running[k])
        _step(page, at, steps[k - 1] if k else None)
        said = _said(page, k, label, running[k] if k == 0 else steps[k - 1])
        _chart_label(page, at, k, said)
        before = running[k - 1] if k else 0.0
        _bars(page, at, (_whole(before), _whole(running[k])) if k else None, running[k])
    at = first + len(labels)
    page.text(at, 0, "Pounds", formats.total())
    page.formula(at, 1, f"=B{at}", formats.total("pounds"), running[-1])
    total = f'=IF(my_row>0,SUM(C{first + 2}:C{at}),"")'
    page.formula(at, 2, total, formats.total("pounds change"), sum(steps))
    end = _said(page, 0, "Pounds", running[-1])
    formula = (
        f'=IF(my_row>0,$A{at + 1}&"  £"&TEXT(ROUND({_rounded(at + 1)}/10000,0)/100,"0.00")&"m","")'
    )
    label = formats.of(bold=True, bg_color=SOFT, indent=1)
    page.formula(at, 3, formula, label, end)
    for col, part, seen in ((4, "0", 0), (5, f"B{at + 1}", running[-1]), (6, "0", 0), (7, "0", 0)):
        page.formula(at, col, f'=IF(my_row>0,{part},"")', formats.total("pounds"), seen)
    return BridgeRows(first, at)


def _whole(amount: float) -> int:
    return int(whole(np.array([amount]))[0])


def _rounded(r: int) -> str:
    """Whole pounds; to 6 decimals first, so that half a pound is half a pound in any engine."""
    return f"ROUND(ROUND(B{r},6),0)"


def _started_from(page: Page) -> tuple[str, str]:
    with_children = page.draft.population is not None
    seen = "Share of children x pot" if with_children else "Baseline"
    return '=IF(children_given="Yes","Share of children x pot","Baseline")', seen


def _labels(layout: Layout) -> list[str]:
    return [
        "Pot: share of baseline x pot", *(f"Use of {metric}" for metric in layout.metrics),
        "Cost weights", "Area cost", "Damping and phasing", "Whole pounds",
    ]  # fmt: skip


def _mine(layout: Layout, header: str) -> str:
    return f"INDEX({layout.column(RESULTS, layout.result(header))},my_row)"


def _pot(layout: Layout) -> str:
    return chosen([layout.pot(year) for year in range(len(layout.years))], "0")


def _start_share(page: Page, row: int, way: StepsToPounds, place: int) -> None:
    layout = page.draft.layout
    children = layout.column(USE, layout.children)
    baseline = layout.column(RESULTS, layout.result("Baseline"))
    page.text(row, 0, "Share that the bridge starts from")
    formula = (
        f'=IF(my_row>0,IF(children_given="Yes",INDEX({children},my_row)/SUM({children}),'
        f'IF(SUM({baseline})>0,INDEX({baseline},my_row)/SUM({baseline}),0)),"")'
    )
    page.formula(row, 1, formula, page.draft.formats.cell("share"), way.share[place])
    page.text(row, 2, "of the baseline, or of the children where the sheet Use has them",
              page.draft.formats.of(indent=1))  # fmt: skip


def _start(layout: Layout, share: str) -> str:
    return f'IF(children_given="Yes",{share}*{_pot(layout)},{_mine(layout, "Baseline")})'


def _amounts(layout: Layout, share: str, first: int) -> list[str]:
    """The running amount after each step, as formulas; `first` is the row of the start."""
    pot, many = _pot(layout), len(layout.metrics)
    return [
        f"{share}*{pot}",
        *(
            f"B{first + 2 + m}+({_mine(layout, f'Share of {metric}')}-{share})*{pot}/{many}"
            for m, metric in enumerate(layout.metrics)
        ),
        f"{_mine(layout, 'Needs share')}*{pot}",
        _mine(layout, "Target"),
        _mine(layout, "Damped"),
        _mine(layout, "Pounds"),
    ]


def _label(page: Page, row: int, label: str | tuple[str, str], k: int) -> None:
    form = page.draft.formats.cell()
    if isinstance(label, tuple):
        page.formula(row, 0, label[0], form, label[1])
    elif k == 1:
        with_children = page.draft.population is not None
        formula = f'=IF(children_given="Yes","Pot: in the start already","{label}")'
        page.formula(row, 0, formula, form,
                     "Pot: in the start already" if with_children else label)  # fmt: skip
    else:
        page.text(row, 0, label, form)


def _step(page: Page, row: int, step: int | None) -> None:
    form = page.draft.formats.cell("pounds change")
    if step is None:
        page.text(row, 2, "", form)
        return
    formula = f'=IF(my_row>0,{_rounded(row + 1)}-{_rounded(row)},"")'
    page.formula(row, 2, formula, form, step)


def _said(page: Page, k: int, label: str | tuple[str, str], amount: float) -> str:
    """The label in the chart as the engine's numbers make it."""
    words = label[1] if isinstance(label, tuple) else label
    if k == 1:
        words = "Pot: in the start already" if page.draft.population is not None else words
    sign = "" if k == 0 else "-" if amount < 0 else "+"
    millions = np.floor(_whole(abs(amount)) / 10_000 + 0.5) / 100
    return f"{words}  {sign}£{millions:.2f}m"


def _chart_label(page: Page, row: int, k: int, said: str) -> None:
    r = row + 1
    amount = f"C{r}" if k else _rounded(r)
    sign = f'IF({amount}<0,"-","+")&' if k else ""
    formula = (
        f'=IF(my_row>0,$A{r}&"  "&{sign}"£"&TEXT(ROUND(ABS({amount})/10000,0)/100,"0.00")&"m","")'
    )
    page.formula(row, 3, formula, page.draft.formats.beside(), said)


def _bars(page: Page, row: int, ends: tuple[int, int] | None, start: float) -> None:
    """What the chart draws: a part that is held unseen, a total, a rise or a fall."""
    r, form = row + 1, page.draft.formats.cell("pounds")
    if ends is None:
        parts = (("0", 0), (f"B{r}", start), ("0", 0), ("0", 0))
    else:
        before, after = ends
        parts = (
            (f"MIN({_rounded(r - 1)},{_rounded(r)})", min(ends)),
            ("0", 0),
            (f"MAX(0,C{r})", max(0, after - before)),
            (f"MAX(0,-C{r})", max(0, before - after)),
        )
    for col, (part, seen) in enumerate(parts, start=4):
        page.formula(row, col, f'=IF(my_row>0,{part},"")', form, seen)
