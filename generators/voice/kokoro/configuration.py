"""The settings of the Kokoro voice."""

from __future__ import annotations

from dataclasses import dataclass

from generators.voice.frontend.chunks import ThreadedChunkSettings


@dataclass(frozen=True)
class KokoroConfig(ThreadedChunkSettings):
    """How Kokoro speaks: see `ThreadedChunkSettings`. Tokens are those of the model, which takes 510."""

    first_chunk_tokens: int = 40
    second_chunk_tokens: int = 90
