"""Rows over time of which only the newest are kept, so that memory stays flat however long somebody speaks."""

from __future__ import annotations

import numpy as np


class RollingBuffer:
    """Rows on a clock of their own: samples, or frames.

    Attributes:
        first: the number of the oldest row that is kept.
        values: the rows (n, …) from it on.
    """

    def __init__(self, *width: int) -> None:
        self.first, self.values = 0, np.zeros((0, *width), np.float32)

    @property
    def end(self) -> int:
        """The number of the row that comes next."""
        return self.first + len(self.values)

    def append(self, values: np.ndarray) -> None:
        """Add rows behind the newest."""
        self.values = np.concatenate([self.values, values])

    def append_at(self, start: int, values: np.ndarray) -> None:
        """Add rows that begin at row `start`, a rounding away from the end: one too many gives way, one that lacks is
        zero."""
        kept = self.values[: max(0, start - self.first)]
        gap = np.zeros((max(0, start - self.end), *self.values.shape[1:]), np.float32)
        self.values = np.concatenate([kept, gap, values])

    def between(self, start: int, end: int) -> np.ndarray:
        """Rows `start` to `end`, zero where there are none."""
        found = np.zeros((end - start, *self.values.shape[1:]), np.float32)
        low, high = max(start, self.first), min(end, self.end)
        if high > low:
            found[low - start : high - start] = self.values[low - self.first : high - self.first]
        return found

    def trim(self, start: int) -> None:
        """Let go of rows before `start`."""
        drop = max(0, start - self.first)
        self.values, self.first = self.values[drop:], self.first + drop
