"""When each sound of known words is heard, from the times of the phonemes that Piper read."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from generators.voice.align.alignment import spread_evenly
from generators.voice.frontend.g2p import PhonemizedWord

Span = tuple[float, float]
_MARKS = "ːˑʰʲ˞"  # belong to the sound before them
_SAME = str.maketrans({"ɾ": "t", "ʔ": "t", "r": "ɹ", "g": "ɡ", "ɫ": "l", "ᵻ": "ɪ", "ɐ": "ə", "ᵊ": "ə", "ɜ": "ə"})


def spans_of_words(
    words: Sequence[PhonemizedWord], phonemes: Sequence[tuple[str, float, float]]
) -> list[list[Span]] | None:
    """Start and end in seconds of every sound of every word, in order; None when hardly any is among the phonemes.

    Both come from espeak, but of two makes, and ours has been respelled here and there. Letters that agree give their
    times; those between share the time that is left by their typical durations.
    """
    letters = [
        (letter, w, i)
        for w, word in enumerate(words)
        for i, p in enumerate(word.phones)
        for letter in _letters(p.symbol)
    ]
    read = _sounds(phonemes)
    ours, theirs = "".join(letter for letter, _, _ in letters), "".join(letter for letter, _, _ in read)
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    if not ours or not theirs or matcher.ratio() < 0.4:
        return None
    times: list[Span] = []
    for group, start_s, end_s in _groups(matcher.get_opcodes(), read):
        times += spread_evenly(ours[group], start_s, end_s)
    spans: list[list[Span]] = [[] for _ in words]
    for (_, w, i), (start_s, end_s) in zip(letters, times, strict=True):
        if i == len(spans[w]):
            spans[w].append((start_s, end_s))
        else:  # the second half of a diphthong or affricate
            spans[w][i] = (spans[w][i][0], end_s)
    return spans


def _letters(symbol: str) -> str:
    """A symbol's letters as they are compared: "tʃ" is two, marks are left out."""
    plain = unicodedata.normalize("NFD", symbol)
    return "".join(c for c in plain if c.isalpha() and c not in _MARKS).translate(_SAME) or "ə"


def _sounds(phonemes: Sequence[tuple[str, float, float]]) -> list[tuple[str, float, float]]:
    """The letters among the phonemes. Stress belongs to the sound behind it, marks and digits to the one before, and
    the time of a space between words to both its neighbours; punctuation is a pause."""
    sounds: list[tuple[str, float, float]] = []
    begun_s: float | None = None
    for phoneme, start_s, end_s in phonemes:
        letters = _letters(phoneme) if phoneme[0].isalpha() and phoneme[0] not in _MARKS else ""
        touching = bool(sounds) and sounds[-1][2] == start_s
        if letters:
            edges = [(k / len(letters)) for k in range(len(letters) + 1)]
            first_s = start_s if begun_s is None else begun_s
            at = [first_s + edge * (end_s - first_s) for edge in edges]
            sounds += zip(letters, at[:-1], at[1:], strict=True)
            begun_s = None
        elif phoneme in "ˈˌ":
            begun_s = start_s if begun_s is None else begun_s
        elif touching and phoneme == " ":
            begun_s = (start_s + end_s) / 2
            sounds[-1] = (*sounds[-1][:2], begun_s)
        elif touching and (phoneme in _MARKS or phoneme.isdigit() or unicodedata.combining(phoneme[0])):
            sounds[-1] = (*sounds[-1][:2], end_s)
        else:
            begun_s = None
    return sounds


def _groups(
    opcodes: Sequence[tuple[str, int, int, int, int]], read: Sequence[tuple[str, float, float]]
) -> list[tuple[slice, float, float]]:
    """Stretches of our letters, end to end, with the time that each shares.

    Letters of ours that were not read share the time of those before them (at the start, of those behind); sounds
    that are not ours lengthen those before them, unless a pause parts them.
    """
    groups: list[tuple[slice, float, float]] = []
    for kind, first, last, read_first, read_last in opcodes:
        if kind == "equal":
            pairs = zip(range(first, last), read[read_first:read_last], strict=True)
            groups += [(slice(i, i + 1), start_s, end_s) for i, (_, start_s, end_s) in pairs]
        elif kind == "replace":
            groups.append((slice(first, last), read[read_first][1], read[read_last - 1][2]))
        elif kind == "delete" and groups:
            before, start_s, end_s = groups[-1]
            groups[-1] = (slice(before.start, last), start_s, end_s)
        elif kind == "insert" and groups and groups[-1][2] == read[read_first][1]:
            before, start_s, _ = groups[-1]
            groups[-1] = (before, start_s, read[read_last - 1][2])
    if groups:
        first_group, start_s, end_s = groups[0]
        groups[0] = (slice(0, first_group.stop), start_s, end_s)
    return groups
