"""The settings of the Piper voice."""

from __future__ import annotations

from dataclasses import dataclass

from checkpoints.errors import BadInput


@dataclass(frozen=True)
class PiperConfig:
    """How text is cut and how sound is levelled.

    `threads`: CPU threads of the model. `speech_level_dbfs`: RMS of the spoken parts of a neutral sentence.
    `peak`: true peaks stay under it, 0..1. `lead_s` and `tail_s`: what is kept of the model's own sound before a part's
    first phone and behind its last. `first_part_tokens`, `second_part_tokens`, `part_tokens`: a sentence of more sounds
    than this is cut at a clause border; the first parts are short so that sound comes early. `longest_part_tokens`:
    never more, so that a part stays under half a minute.
    """

    threads: int = 2
    speech_level_dbfs: float = -20.0
    peak: float = 0.89
    lead_s: float = 0.1
    tail_s: float = 0.12
    first_part_tokens: int = 80
    second_part_tokens: int = 160
    part_tokens: int = 220
    longest_part_tokens: int = 320

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise BadInput(f"threads is {self.threads}; it must be at least 1.")
        if not 0 < self.peak <= 1:
            raise BadInput(f"peak is {self.peak}; it must be above 0 and at most 1.")
        if not 20 <= self.first_part_tokens <= self.longest_part_tokens <= 510:
            raise BadInput("A part may have from 20 to 510 tokens, the first at most as many as the longest.")
