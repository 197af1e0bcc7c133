"""Sentences cut into chunks that are spoken one by one, and what the settings of every voice say of chunks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from checkpoints.errors import BadInput
from generators.voice.frontend.g2p import PhonemizedWord

_CLAUSE_STARTS = frozenset(
    ["and", "but", "or", "because", "that", "which", "who", "when", "while", "if", "so", "although", "where", "until"]
)
_MIN_CHUNK_TOKENS = 15
_FEWEST_TOKENS = 20  # for any setting
_STRESS = "ˈˌ"


@dataclass(frozen=True)
class ChunkSettings:
    """How text is cut into chunks that are spoken one by one, and how their sound is levelled.

    Attributes:
        speech_level_dbfs: RMS of the spoken stretches of a neutral sentence, −40..−6.
        peak: true peaks stay under it, above 0 and up to 1.
        lead_s, tail_s: what is kept of the model's own sound before a chunk's first phone and behind its last, 0..1 s.
        first_chunk_tokens, second_chunk_tokens, chunk_tokens: a sentence of more tokens than this is cut at a clause
            border; the first chunks are short so that sound comes early.
        longest_chunk_tokens: never more, at most `most_tokens`, what the model can take.

    Raises:
        BadInput: A value is out of its range, or they contradict each other.
    """

    speech_level_dbfs: float = -20.0
    peak: float = 0.89
    lead_s: float = 0.1
    tail_s: float = 0.12
    first_chunk_tokens: int = 80
    second_chunk_tokens: int = 160
    chunk_tokens: int = 220
    longest_chunk_tokens: int = 320
    most_tokens: ClassVar[int] = 510

    def __post_init__(self) -> None:
        check_range(self, "speech_level_dbfs", -40, -6)
        check_range(self, "lead_s", 0, 1)
        check_range(self, "tail_s", 0, 1)
        if not 0 < self.peak <= 1:
            raise BadInput(f"peak is {self.peak}; it must be above 0 and at most 1.")
        check_range(self, "longest_chunk_tokens", _FEWEST_TOKENS, self.most_tokens)
        check_range(self, "first_chunk_tokens", _FEWEST_TOKENS, self.longest_chunk_tokens)
        check_range(self, "second_chunk_tokens", _FEWEST_TOKENS, self.most_tokens)
        check_range(self, "chunk_tokens", _FEWEST_TOKENS, self.most_tokens)


@dataclass(frozen=True)
class ThreadedChunkSettings(ChunkSettings):
    """The same for a model on the processor.

    Attributes:
        threads: how many processor threads it takes, 0..256; 0 is two.
    """

    threads: int = 0

    def __post_init__(self) -> None:
        check_range(self, "threads", 0, 256)
        super().__post_init__()

    @property
    def n_threads(self) -> int:
        """How many threads the model gets."""
        return self.threads or 2


def check_range(settings: object, name: str, low: float, high: float) -> None:
    """Raise `BadInput` unless a number among `settings` lies from `low` to `high`."""
    value = getattr(settings, name)
    if not low <= value <= high:
        raise BadInput(f"{name} is {value}; it must be from {low:g} to {high:g}.")


def cut(sentences: Iterable[Sequence[PhonemizedWord]], sizes: ChunkSettings) -> Iterator[list[PhonemizedWord]]:
    """Chunks short enough to speak; the first ones are kept shorter."""
    n_chunks = 0
    for sentence in sentences:
        rest = [piece for word in sentence for piece in _fitting(word, sizes.longest_chunk_tokens)]
        while rest:
            n_tokens = [sizes.first_chunk_tokens, sizes.second_chunk_tokens][n_chunks : n_chunks + 1]
            n_words = _chunk_length(rest, n_tokens[0] if n_tokens else sizes.chunk_tokens, sizes.longest_chunk_tokens)
            yield rest[:n_words]
            rest = rest[n_words:]
            n_chunks += 1


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


def _chunk_length(words: Sequence[PhonemizedWord], aim: int, longest: int) -> int:
    """How many words the next chunk takes: all when they are few, else up to the best border before `aim`."""
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
    if so_far < _MIN_CHUNK_TOKENS or total - so_far < _MIN_CHUNK_TOKENS:
        return -3.0
    if word.after:
        return 2.5 if word.after[0] in ";:—…" else 2.0
    return 0.8 if following.text.lower() in _CLAUSE_STARTS else 0.0
