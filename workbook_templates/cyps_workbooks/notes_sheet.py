"""The sheet Notes: sources, method with its references, and limits."""

from __future__ import annotations

from collections.abc import Iterable

from cyps.settlement.checks import doubts
from cyps_workbooks.layout import NOTES, NOTES_ROW, NOTES_ROWS
from cyps_workbooks.page import Draft, Page, new_page

WIDTH = 150

METHOD = (
    "Shares are formed metric by metric, then put together by cost weight, so that only the ratio "
    "of the weights matters [1, paragraphs 9-12].",
    "Cost weight: national spend of the service areas that a metric stands for, over the spend of "
    "all service areas [1, paragraphs 9-12].",
    "Area cost: the needs share times the authority's factor, made to sum to 1 again.",
    "Phasing: part of the way from the baseline, first brought to the target's total, to the "
    "target. It comes before the rule; pace of change is a transition of its own and has none.",
    "Floor, ceiling, bands, protection paid by the group: only the part of a target above the "
    "floor is scaled; for a floor alone by 1 - cost / headroom.",
    "Proportional form: every target is scaled alike within the limits.",
    "Pace of change: least growth for all, then in proportion to the way to target, nobody growing "
    "by more than the most, past the target, or staying further below it than is allowed.",
    "One solution behind all of them: damped = base + factor x slope within a lower and an upper "
    "limit. What the group would get is worked out at every point where somebody leaves or meets a "
    "limit; from that follows who moves, and the factor: exact, without trying.",
    "Protection from outside: a top-up on a line of its own, on top of the pot, rounded up.",
    "Damping groups: each shares out its own total; the groups' whole pounds are shared out first.",
    "Whole pounds: largest remainder. Amounts are rounded to 6 decimals first (half away from "
    "zero); ties go to the lower code.",
    "A rule that cannot be kept with the pot gives no settlement: Damped, Pounds and what follows "
    "from them turn blank, a check turns red and row 3 of every sheet says so.",
)

REFERENCES = (
    "[1] Needs and Redistribution Technical Working Group, NR TWG 19-04, children's services.",
)

LIMITS = (
    "A share says how need compares between authorities, not how much is needed in all.",
    "Shares of actual use carry each authority's own practice; only use predicted with every "
    "authority behaving alike is a measure of relative need. See the basis on the sheet Use.",
    "Changes against a baseline can be large without being errors: a new formula moves some "
    "authorities by half of what they had.",
)


def draw_notes(draft: Draft) -> None:
    """Draw the sheet Notes."""
    page = new_page(draft, NOTES)
    scenario, pack = draft.settlement.scenario, draft.pack
    page.sheet.set_column(0, 0, 130)
    page.banner("Notes", 1)
    page.text(NOTES_ROW - 1, 0, "Notes of your own", page.draft.formats.heading())
    for own in range(NOTES_ROW, NOTES_ROW + NOTES_ROWS):
        page.sheet.set_row(own, 30)
        page.sheet.write_blank(own, 0, None, page.draft.formats.note())
    row = _section(page, NOTES_ROW + NOTES_ROWS + 1, "Sources", sources(draft))
    if pack is not None:
        lines = (
            f"{pack.name} ({pack.status}). {pack.statement}",
            *([pack.state] if pack.state else []),
            f"Content hash {pack.content_hash}",
        )
        row = _section(page, row, "Pack", lines)
    row = _section(page, row, "To know of it, as issued", to_know(draft))
    row = _section(page, row, "Method", METHOD)
    row = _section(page, row, "References", REFERENCES)
    left_out = [f"{x.code} {x.name}: {x.reason}" for x in scenario.exclusions] or ["Nobody."]
    row = _section(page, row, "Left out", left_out)
    row = _section(page, row, "What the numbers do not mean", LIMITS)
    page.finish(one_page=row <= 70)


def to_know(draft: Draft) -> list[str]:
    """What the engine says beside the numbers: what they are, and what it doubts."""
    scenario = draft.settlement.scenario
    doubted = [
        draft.year_first(doubt, year)
        for year, (_, settlement) in enumerate(draft.settlements)
        for doubt in doubts(settlement)
    ]
    none = "Baselines, pot, use and area cost factors are of sizes that go together."
    return [f"{scenario.status.capitalize()}. {scenario.statement}", *(doubted or [none])]


def _section(page: Page, row: int, title: str, lines: Iterable[str]) -> int:
    page.text(row, 0, title, page.draft.formats.heading())
    return page.paragraphs(row + 1, list(lines), WIDTH) + 1


def sources(draft: Draft) -> list[str]:
    """Notes of all years once; of one year after its label."""
    every = [settlement.scenario.notes for _, settlement in draft.settlements]
    common = [note for note in every[0] if all(note in notes for notes in every)]
    own = [
        f"{label}: {note}"
        for (label, _), notes in zip(draft.settlements, every, strict=True)
        for note in notes
        if note not in common
    ]
    return [f"Use: {draft.settlement.use.basis}", *common, *own]
