"""The settings of the Piper voice."""

from __future__ import annotations

from dataclasses import dataclass

from generators.voice.frontend.chunks import ThreadedChunkSettings


@dataclass(frozen=True)
class PiperConfig(ThreadedChunkSettings):
    """How Piper speaks: see `ThreadedChunkSettings`. Its longest chunks stay under half a minute."""
