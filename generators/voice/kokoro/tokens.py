"""Chunks of a text as Kokoro's tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generators.voice.frontend.g2p import PhonemizedWord


@dataclass(frozen=True)
class TokenisedChunk:
    """A chunk's `tokens` as written in Kokoro's alphabet, and where each word's own tokens begin in it."""

    words: Sequence[PhonemizedWord]
    tokens: str
    word_starts: Sequence[int]


def tokenise(words: Sequence[PhonemizedWord]) -> TokenisedChunk:
    """Words with spaces between and punctuation behind them; cut off in mid-sentence, a comma keeps the voice up."""
    tokens, starts = "", []
    for word in words:
        tokens += " " if tokens else ""
        starts.append(len(tokens))
        tokens += word.tokens + word.after
    if words and not words[-1].after:
        tokens += ","
    return TokenisedChunk(words, tokens, starts)
