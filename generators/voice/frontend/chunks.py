"""Sentences cut into parts that are spoken one by one, and what the settings of every voice say of parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from checkpoints.errors import BadInput
from generators.voice.frontend.g2p import PUNCTUATION, PhonemizedWord

_CLAUSE_STARTS = frozenset(
    ["and", "but", "or", "because", "that", "which", "who", "when", "while", "if", "so", "although", "where", "until"]
)
_SHORTEST_PART_TOKENS = 15
_STRESS = "ˈˌ"
_RANGES = {
    "speech_level_dbfs": (-60, 0), "lead_s": (0, 2), "tail_s": (0, 2), "second_part_tokens": (20, 10_000),
    "part_tokens": (20, 10_000),
}  # fmt: skip


@dataclass(frozen=True)
class PartSettings:
    """How text is cut and how sound is levelled.

    `speech_level_dbfs`: RMS of the spoken parts of a neutral sentence. `peak`: true peaks stay under it, 0..1. `lead_s`
    and `tail_s`: what is kept of the model's own sound before a part's first phone and behind its last.
    `first_part_tokens`, `second_part_tokens`, `part_tokens`: a sentence of more tokens or sounds than this is cut at a
    clause border; the first parts are short so that sound comes early. `longest_part_tokens`: never more. Raises
    `BadInput` for settings that contradict each other or exceed `most_tokens`, what the model can take.
    """

    speech_level_dbfs: float = -20.0
    peak: float = 0.89
    lead_s: float = 0.1
    tail_s: float = 0.12
    first_part_tokens: int = 80
    second_part_tokens: int = 160
    part_tokens: int = 220
    longest_part_tokens: int = 320
    most_tokens: ClassVar[int] = 510

    def __post_init__(self) -> None:
        if not 0 < self.peak <= 1:
            raise BadInput(f"peak is {self.peak}; it must be above 0 and at most 1.")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise BadInput(f"{name} is {value}; it must be from {low} to {high}.")
        if not 20 <= self.first_part_tokens <= self.longest_part_tokens <= self.most_tokens:
            raise BadInput(
                f"A part may have from 20 to {self.most_tokens} tokens, the first at most as many as the longest."
            )


@dataclass(frozen=True)
class ThreadedPartSettings(PartSettings):
    """The same for a model that runs in so many CPU `threads`."""

    threads: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.threads <= 256:
            raise BadInput(f"threads is {self.threads}; it must be from 1 to 256.")
        super().__post_init__()


def cut(sentences: Iterable[Sequence[PhonemizedWord]], sizes: PartSettings) -> Iterator[list[PhonemizedWord]]:
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
    """A word in pieces that can be spoken in one breath each: one, unless it is a number of a hundred digits or a
    thousand letters without a space."""
    pieces, start, n_tokens = [], 0, len(word.tokens)
    while n_tokens - start + len(word.after) >= longest:
        end = _seam(word, start, start + longest - 2)
        after = "," if word.tokens[end : end + 1] == "," else ""
        pieces.append(replace(_piece(word, start, end), after=after, goes_on=True))
        start = next(phone.token_start for phone in word.phones if phone.token_start >= end)
        start -= word.tokens[start - 1] in _STRESS
    return [*pieces, _piece(word, start, n_tokens)] if pieces else [word]


def _seam(word: PhonemizedWord, start: int, last: int) -> int:
    """Where a piece that begins with token `start` ends, at `last` or before: between two of the words said for it if
    that is not too soon, else before a stressed syllable, else between any two sounds."""
    ends = [p.token_end for p in word.phones[:-1] if start < p.token_end <= last]
    late = [end for end in ends if end > (start + last) / 2]
    parted = [end for end in late if word.tokens[end] in ", "]
    return max(parted or [end for end in late if word.tokens[end] in _STRESS] or ends)


def _piece(word: PhonemizedWord, start: int, end: int) -> PhonemizedWord:
    phones = [
        replace(p, token_start=p.token_start - start, token_end=p.token_end - start)
        for p in word.phones
        if start <= p.token_start < end
    ]
    said, at = [], 0
    for spoken, tokens in zip(word.spoken, word.tokens.split(" "), strict=False):
        first, last = max(start - at, 0), min(end - at, len(tokens))
        if first < last:  # of a word that is cut itself, as many letters as sounds
            said.append(spoken[len(spoken) * first // len(tokens) : len(spoken) * last // len(tokens)])
        at += len(tokens) + 1
    return replace(
        word, tokens=word.tokens[start:end], phones=tuple(phones), spoken=tuple(said), readings=("",) * len(said)
    )


def _part_length(words: Sequence[PhonemizedWord], aim: int, longest: int) -> int:
    """How many words the next part takes: all when they are few, else up to the best border before `aim`."""
    ends, total = [], 0
    for word in words:
        total += len(word.tokens) + len(word.after) + 1
        ends.append(total)
    if total <= aim * 1.4:
        return len(words)
    if len(words) == 1:
        return 1
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
