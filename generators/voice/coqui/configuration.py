"""The settings of the Coqui voices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from checkpoints.errors import BadInput


@dataclass(frozen=True)
class CoquiConfig:
    """How text is cut, how sound is levelled, and what the user has agreed to.

    `accept_licence`: keys of licences that the user accepts, with commas between, "cpml" for XTTS (None: only those in
    MIEN_ACCEPT_LICENCE). `models_folder`: where `coqui:NAME` is looked for (None: `coqui` in the product's cache).
    `seed`: both models draw at random; the same seed and text give the same sound. `speech_level_dbfs`: RMS of the
    spoken parts. `peak`: true peaks stay under it, 0..1. `lead_s` and `tail_s`: what is kept of the model's own
    sound before a part's first phone and behind its last. `first_part_tokens`, `second_part_tokens`, `part_tokens`: a
    sentence of more sounds than this is cut at a clause border; about 15 are a second. `longest_part_tokens`:
    never more, since XTTS was trained on 250 letters or so and speaks at most 400 text tokens.
    """

    accept_licence: str | None = None
    models_folder: Path | None = None
    seed: int = 0
    speech_level_dbfs: float = -20.0
    peak: float = 0.89
    lead_s: float = 0.1
    tail_s: float = 0.12
    first_part_tokens: int = 150
    second_part_tokens: int = 150
    part_tokens: int = 150
    longest_part_tokens: int = 210

    def __post_init__(self) -> None:
        if not 0 < self.peak <= 1:
            raise BadInput(f"peak is {self.peak}; it must be above 0 and at most 1.")
        if not 20 <= self.first_part_tokens <= self.longest_part_tokens <= 300:
            raise BadInput("A part may have from 20 to 300 tokens, the first at most as many as the longest.")
