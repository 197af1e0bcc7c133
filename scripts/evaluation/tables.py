"""Tables that can be shown and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.evaluation.metrics import confusion


@dataclass(frozen=True)
class Grid:
    """A table that can be shown and written."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def show(self, console) -> None:
        from rich.table import Table

        table = Table(*self.header, title=self.title, title_justify="left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        lines = [self.header, ("---",) * len(self.header), *self.rows]
        return f"{self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def confusion_grid(title: str, labels: Sequence[str], truth: np.ndarray, found: np.ndarray, corner: str) -> Grid:
    """How often each label is called each, and how often rightly; `truth` and `found` (n,) are numbers of `labels`."""
    table = confusion(truth, found, len(labels))
    rows = [
        (label, *(str(n) for n in row), f"{row[i] / row.sum():.0%}")
        for i, (label, row) in enumerate(zip(labels, table, strict=True))
    ]
    return Grid(title, (corner, *labels, "right"), rows)
