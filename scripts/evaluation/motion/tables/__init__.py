"""One module a table of the evaluation of motion; this one holds what they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from emotion_embed import taxonomy
from scripts.evaluation.tables import Grid

FEELINGS = taxonomy.BASIC[1:]
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
ABSENT = "not installed"


@dataclass
class Found:
    """What one part of the evaluation found: tables, and aims as (what, measured, aim, met)."""

    grids: list[Grid] = field(default_factory=list)
    aims: list[tuple[str, str, str, bool]] = field(default_factory=list)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def number(value: float | None, form: str = ".2f") -> str:
    return "–" if value is None else format(value, form)


def aims_grid(found: Iterable[Found]) -> Grid:
    """Every aim, what was measured, and whether it is met."""
    rows = [(*aim[:3], "yes" if aim[3] else "NO") for one in found for aim in one.aims]
    return Grid("Aims.", ("what", "measured", "aim", "met"), rows)
