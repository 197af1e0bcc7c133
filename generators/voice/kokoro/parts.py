"""Sentences cut into parts that are spoken one by one, and parts as Kokoro's tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from generators.voice.g2p import PUNCTUATION, PhonemizedWord

_CLAUSE_STARTS = frozenset(
    ["and", "but", "or", "because", "that", "which", "who", "when", "while", "if", "so", "although", "where", "until"]
)
_SHORTEST_PART_TOKENS = 15


@dataclass(frozen=True)
class TokenisedPart:
    """A part's `tokens` as written in Kokoro's alphabet, and where each word's own tokens begin in it."""

    words: Sequence[PhonemizedWord]
    tokens: str
    word_starts: Sequence[int]


def tokenise(words: Sequence[PhonemizedWord]) -> TokenisedPart:
    """Words with spaces between and punctuation behind them; cut off in mid-sentence, a comma keeps the voice up."""
    tokens, starts = "", []
    for word in words:
        tokens += " " if tokens else ""
        starts.append(len(tokens))
        tokens += word.tokens + word.after
    if words and not words[-1].after:
        tokens += ","
    return TokenisedPart(words, tokens, starts)


class PartSizes(Protocol):
    """How many tokens the first, the second and every other part of a text aims at, and how many it never exceeds; the
    settings of every voice that is spoken in parts have them."""

    @property
    def first_part_tokens(self) -> int: ...
    @property
    def second_part_tokens(self) -> int: ...
    @property
    def part_tokens(self) -> int: ...
    @property
    def longest_part_tokens(self) -> int: ...


def cut(sentences: Iterable[Sequence[PhonemizedWord]], sizes: PartSizes) -> Iterator[list[PhonemizedWord]]:
    """Parts short enough to speak; the first ones are kept shorter."""
    n_parts = 0
    for sentence in sentences:
        rest = [piece for word in sentence for piece in _fitting(word, sizes.longest_part_tokens)]
        while rest:
            n_tokens = [sizes.first_part_tokens, sizes.second_part_tokens][n_parts : n_parts + 1]
            n_words = _part_length(rest, n_tokens[0] if n_tokens else sizes.part_tokens, sizes.longest_part_tokens)
            yield rest[:n_words]
            rest = rest[n_words:]
            n_parts += 1


def _fitting(word: PhonemizedWord, longest: int) -> list[PhonemizedWord]:
    """A word of endless length (a thousand letters without a space) loses what cannot be spoken in one breath."""
    if len(word.tokens) + len(word.after) <= longest:
        return [word]
    n = longest - len(word.after)
    phones = tuple(phone for phone in word.phones if phone.token_end <= n)
    return [PhonemizedWord(word.text, word.char_start, word.char_end, word.tokens[:n], phones, word.after)]


def _part_length(words: Sequence[PhonemizedWord], aim: int, longest: int) -> int:
    """How many words the next part takes: all when they are few, else up to the best border before `aim`."""
    ends, total = [], 0
    for word in words:
        total += len(word.tokens) + len(word.after) + 1
        ends.append(total)
    if total <= aim * 1.4:
        return len(words)
    borders = {i + 1: _border(words[i], words[i + 1], ends[i], total) for i in range(len(words) - 1)}
    reachable = [n for n in borders if ends[n - 1] <= min(longest, 2.5 * aim)]
    natural = [n for n in reachable if borders[n] > 0]
    if not natural and total <= longest:
        return len(words)
    return max(natural or reachable or [1], key=lambda n: borders[n] - abs(ends[n - 1] - aim) / aim)


def _border(word: PhonemizedWord, following: PhonemizedWord, so_far: int, total: int) -> float:
    """How natural a breath is between two words."""
    if so_far < _SHORTEST_PART_TOKENS or total - so_far < _SHORTEST_PART_TOKENS:
        return -3.0
    if word.after:
        return 2.5 if word.after[0] in ";:—…" else 2.0
    return 0.8 if following.text.lower() in _CLAUSE_STARTS else 0.0


assert set(";:—…") <= set(PUNCTUATION)
