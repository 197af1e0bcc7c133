"""Where a speaker pauses and for how long: at the ends of sentences by nature, elsewhere because a script says so."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from zlib import crc32

import numpy as np

from generators.contracts import Speech, Word, join_speech
from generators.voice.frontend.chunks import ChunkSettings, cut
from generators.voice.frontend.g2p import PhonemizedWord
from generators.voice.prosody.prosody import COLUMNS, PAUSES_S

Pauses = Sequence[tuple[int, float]]  # (char_offset, seconds) of silences that are asked for, in the order of the text

_SENTENCE_ENDS = tuple(".!?…")
# The longer the sentences around it, the longer the breath: characters of both, and the factor.
_BREATH = ((20, 70, 170, 300), (0.78, 0.92, 1.1, 1.3))
_VARIATION = 0.08
_LINE_S, _PARAGRAPH_S = 0.15, 0.5  # what a new line and a blank line add
_LONGEST_S = 1.8
_PARAGRAPH = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Gaps:
    """The silences around a chunk, in seconds from sound to sound.

    `before_s`: that before its first word, where it must be exact. `behind_s`: that behind its last word up to the
    sound of the next chunk, whose first `lead_s` are the next chunk's own: for the neutral voice, or to be kept exactly
    where it `is_exact`.
    """

    behind_s: float
    lead_s: float = 0.0
    is_exact: bool = False
    before_s: float | None = None

    def tail_s(self, settings: np.ndarray) -> float:
        """The silence that this chunk ends with, with the prosody of its last word, `settings` (N_COLUMNS,).

        Who speaks faster pauses for a shorter time, but not by as much.
        """
        if self.is_exact:
            return self.behind_s - self.lead_s
        gap_s = self.behind_s * settings[COLUMNS["pause_scale"]] / settings[COLUMNS["rate"]] ** 0.5
        return min(gap_s, max(_LONGEST_S, self.behind_s)) - self.lead_s


Chunk = tuple[Sequence[PhonemizedWord], Gaps]  # what a model speaks at once, and the silences around it


def with_pause_marks(text: str, pauses: Pauses) -> str:
    """`text` with a semicolon in place of the space at each pause that no punctuation marks: as long as before, but
    what stands on both sides of it is not read as one, as three numbers in a row might be."""
    chars = list(text)
    for offset, _ in pauses:
        at = offset - 1 if text[offset - 1 : offset] == " " else offset
        if text[at : at + 1] == " " and text[:at].strip() and text[at - 1] not in ".,;:!?…—–- \n":
            chars[at] = ";"
    return "".join(chars)


def chunked(
    sentences: Iterable[Sequence[PhonemizedWord]], text: str, pauses: Pauses, sizes: ChunkSettings
) -> Iterator[Chunk]:
    """The chunks of `text` that are spoken one by one, each with its silences. A pause that is asked for ends a chunk:
    the models run short phrases together, and silence put into that would cut sounds in two."""
    asked = _Asked(pauses)
    upcoming = cut(_cut_at(asked, sentences), sizes)
    words = next(upcoming, None)
    before_s = asked.between(-1, words[0].char_start) if words else None
    while words is not None:
        following = next(upcoming, None)
        asked_s = asked.between(words[-1].char_start, following[0].char_start if following else len(text))
        if asked_s is None:
            yield words, Gaps(_natural_s(words, following, text) + sizes.lead_s, sizes.lead_s, before_s=before_s)
            before_s = None
        else:
            lead_s = min(sizes.lead_s, asked_s) if following else 0.0
            yield words, Gaps(asked_s, lead_s, True, before_s)
            before_s = lead_s
        words = following


def speeches(chunks: Iterable[Chunk], speak: Callable[[Sequence[PhonemizedWord], Gaps], Speech]) -> Iterator[Speech]:
    """What `speak` makes of each chunk; the chunks of a word that was too long for one are one `Speech`."""
    held: list[Speech] = []
    for words, gaps in chunks:
        held.append(speak(words, gaps))
        if not words[-1].goes_on:
            yield held[0] if len(held) == 1 else _whole(join_speech(held))
            held = []


def _whole(speech: Speech) -> Speech:
    """The same, the pieces of a word taken for one word."""
    words: list[Word] = []
    owners = []
    for word in speech.words:
        if words and words[-1].char_start == word.char_start:
            words[-1] = replace(words[-1], end_s=word.end_s)
        else:
            words.append(word)
        owners.append(len(words) - 1)
    phones = tuple(replace(phone, word_index=owners[phone.word_index]) for phone in speech.phones)
    return Speech(speech.audio, phones, tuple(words))


def _cut_at(asked: _Asked, sentences: Iterable[Sequence[PhonemizedWord]]) -> Iterator[Sequence[PhonemizedWord]]:
    """The sentences, cut where pauses are asked for; a comma keeps the voice up there."""
    for sentence in sentences:
        first = 0
        for i, (word, following) in enumerate(pairwise(sentence)):
            if asked.between(word.char_start, following.char_start) is not None:
                mark = word.after if word.after[:1] in _SENTENCE_ENDS else ","
                yield [*sentence[first:i], replace(word, after=mark)]
                first = i + 1
        yield sentence[first:]


class _Asked:
    """The pauses that are asked for, by their place."""

    def __init__(self, pauses: Pauses) -> None:
        self._offsets = [offset for offset, _ in pauses]
        self._lengths_s = [length_s for _, length_s in pauses]

    def between(self, after: int, until: int) -> float | None:
        """All of them behind the character `after` and up to `until` together; None where there is none."""
        first, end = bisect_right(self._offsets, after), bisect_right(self._offsets, until)
        return sum(self._lengths_s[first:end]) if first < end else None


def _natural_s(words: Sequence[PhonemizedWord], following: Sequence[PhonemizedWord] | None, text: str) -> float:
    """The silence of the neutral voice between two chunks, in seconds; the same for the same text."""
    mark = words[-1].after[:1]
    pause_s = PAUSES_S.get(mark, PAUSES_S["."])
    if following is None or mark not in _SENTENCE_ENDS:
        return pause_s
    start, end = words[0].char_start, following[-1].char_end
    chance = crc32(text[start:end].encode("utf-8", "replace")) / 2**31 - 1  # −1..1
    between = text[words[-1].char_end : following[0].char_start]
    more_s = _PARAGRAPH_S if _PARAGRAPH.search(between) else _LINE_S if "\n" in between else 0.0
    return (pause_s + more_s) * float(np.interp(end - start, *_BREATH)) * (1 + _VARIATION * chance)
