"""The settings of the Coqui voices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from generators.voice.frontend.chunks import PartSettings


@dataclass(frozen=True)
class CoquiConfig(PartSettings):
    """How text is cut, how sound is levelled (as `PartSettings` says), and what the user has agreed to.

    `accept_licence`: keys of licences that the user accepts, with commas between, "cpml" for XTTS (None: only those in
    MIEN_ACCEPT_LICENCE). `models_folder`: where `coqui:NAME` is looked for (None: `coqui` in the product's cache).
    `seed`: both models draw at random; the same seed and text give the same sound. About 15 sounds are a second; XTTS
    was trained on 250 letters or so and speaks at most 400 text tokens.
    """

    accept_licence: str | None = None
    models_folder: Path | None = None
    seed: int = 0
    first_part_tokens: int = 150
    second_part_tokens: int = 150
    part_tokens: int = 150
    longest_part_tokens: int = 210
    most_tokens: ClassVar[int] = 300
