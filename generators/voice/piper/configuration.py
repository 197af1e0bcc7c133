"""The settings of the Piper voice."""

from __future__ import annotations

from dataclasses import dataclass

from generators.voice.frontend.chunks import ThreadedPartSettings


@dataclass(frozen=True)
class PiperConfig(ThreadedPartSettings):
    """As `PartSettings` says; its longest parts stay under half a minute."""
