"""The settings of the Kokoro voice."""

from __future__ import annotations

from dataclasses import dataclass

from generators.voice.frontend.chunks import ThreadedPartSettings


@dataclass(frozen=True)
class KokoroConfig(ThreadedPartSettings):
    """As `PartSettings` says; tokens are those of the model, which takes 510."""

    first_part_tokens: int = 40
    second_part_tokens: int = 90
