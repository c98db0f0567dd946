"""What an action is asked to do: a text, and a settlement workbook as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cyps.errors import CypsError
from cyps.settlement import Settlement, settle

if TYPE_CHECKING:
    from cyps_workbooks.kept import Opened, ReadBack

# What draws workbooks is loaded by the first action on one: cells must not wait for it.


@dataclass(frozen=True)
class Asked:
    """The text a person gave, and the file that the workbook in front was copied to."""

    text: str = ""
    book: Path | None = None

    @cached_property
    def opened(self) -> Opened:
        """The cells of the workbook.

        Raises
        ------
        CypsError
            When there is none, or it cannot be used.
        """
        from cyps_workbooks.kept import open_settlement

        return open_settlement(self.front)

    @property
    def front(self) -> Path:
        """The file itself, a settlement workbook or a what-if."""
        if self.book is None:
            raise CypsError("This works on a settlement workbook. Open one and try again.")
        return self.book

    @cached_property
    def back(self) -> ReadBack:
        """What its cells say, by the engine's names."""
        from cyps_workbooks.kept import read_back

        return read_back(self.opened)

    @cached_property
    def years(self) -> tuple[tuple[str, Settlement], ...]:
        """Every year, settled by the engine from the cells; nothing the cells show is trusted."""
        return self.back.settle()

    @property
    def labels(self) -> tuple[str, ...]:
        """The years of the workbook."""
        return tuple(label for label, _, _ in self.back.records)

    @cached_property
    def year(self) -> int:
        """Position of the year that is chosen on the sheet Results; the first where none is."""
        from cyps_workbooks.kept.typed_cells import shown_text

        chosen = shown_text(self.opened.block("in_year")[0][0].value)
        return self.labels.index(chosen) if chosen in self.labels else 0

    @property
    def settlement(self) -> Settlement:
        """The settlement of the chosen year."""
        return self.years[self.year][1]

    @property
    def as_issued(self) -> Settlement:
        """The chosen year as the workbook was issued."""
        _, scenario, use = self.back.records[self.year]
        return settle(scenario, use)

    @cached_property
    def authority(self) -> str:
        """The authority that is chosen on the sheet My authority."""
        from cyps_workbooks.kept.typed_cells import shown_text

        return shown_text(self.opened.block("in_authority")[0][0].value)

    def check_living(self) -> None:
        """Raise a `CypsError` for a frozen copy: nothing in it can be changed."""
        from cyps_workbooks.kept.frozen_marks import frozen_since

        if since := frozen_since(self.opened):
            raise CypsError(
                f"{self.opened.path.name} is a frozen copy, made on {since}: it holds values and "
                "follows no input. Open the workbook that it was frozen from."
            )

    def file(self, what: str) -> Path:
        """The file that the person chose."""
        if not self.text.strip():
            raise CypsError(f"No file was chosen. Choose {what}.")
        return Path(self.text.strip()).expanduser()
