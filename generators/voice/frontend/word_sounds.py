"""Which sounds of a clause belong to which of its words.

espeak hears a whole clause, so that "the" before a vowel and linking sounds come out right, but it also merges
words ("of the" → ʌvðə) and splits others. Each clause is therefore aligned, sound by sound, with its words spoken
alone, and every sound is handed to the word it belongs to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from generators.voice.frontend import espeak, letters
from generators.voice.frontend.alphabet import VOWELS

# One sound as espeak writes it: stress, letters tied by ^, and marks (length, nasal, palatal, syllabic …).
SOUND = re.compile(r"[ˈˌ]*[^\W\dˈˌːʰʲ˞](?:[\u0300-\u036fːʰʲˑ˞]|\^[^\W\d])*")
_SWITCH = re.compile(r"\([^)\s]*\)")  # (en)…(fr): espeak's notes that it reads a foreign word


def _split_sounds(written: str) -> list[list[str]]:
    """espeak's groups, each as its list of sounds."""
    written = unicodedata.normalize("NFD", _SWITCH.sub("", written.replace("(^", "(").replace("^n)", "n)")))
    written = written.replace("c\u0327", "ç").replace("-", "")
    return [sounds for group in written.split() if (sounds := SOUND.findall(group))]


@lru_cache(maxsize=20_000)
def _sounds_alone(word: str, language: str) -> tuple[str, ...]:
    return tuple(sound for group in _split_sounds(espeak.ipa(word, language)) for sound in group)


_MOST_TOGETHER = 100  # words without a mark between: who belongs to whom takes time as their square


def sounds_per_word(words: Sequence[str], language: str) -> list[tuple[str, ...]]:
    """Each word's sounds in the company of the others; what other languages read is heard on its own."""
    if len(words) <= _MOST_TOGETHER and all(letters.is_ordinary(word, language) for word in words):
        return _sounds_together(words, language)
    pieces = [(i, *piece) for i, word in enumerate(words) for piece in letters.pieces(word, language)]
    foreign = {k: _sounds_alone(part, reader) for k, (_, part, reader) in enumerate(pieces) if reader != language}
    parts = [_stand_in(foreign[k], language) if k in foreign else part for k, (_, part, _) in enumerate(pieces)]
    heard: list[tuple[str, ...]] = []
    for first in range(0, len(parts) if len(foreign) < len(parts) else 0, _MOST_TOGETHER):
        heard += _sounds_together(parts[first : first + _MOST_TOGETHER], language)
    sounds: list[tuple[str, ...]] = [()] * len(words)
    for k, (i, _, _) in enumerate(pieces):
        sounds[i] += foreign[k] if k in foreign else heard[k]
    return sounds


def _stand_in(sounds: Sequence[str], language: str) -> str:
    """A syllable for a foreign word, so that those beside it are read as before one that begins like it."""
    opens_with_vowel = bool(sounds) and sounds[0].lstrip("ˈˌ")[0] in VOWELS
    return ("ば", "あ")[opens_with_vowel] if language == "ja" else ("ba", "ab")[opens_with_vowel]


def _sounds_together(words: Sequence[str], language: str) -> list[tuple[str, ...]]:
    alone = [_sounds_alone(word, language) for word in words]
    groups = _split_sounds(espeak.ipa(" ".join(words), language))
    heard = [i for i, sounds in enumerate(alone) if sounds]
    if len(groups) == len(heard) and all(_similar(group, alone[i]) for group, i in zip(groups, heard, strict=True)):
        found = dict(zip(heard, groups, strict=True))
    else:
        found = _hand_out(groups, alone)
    return [tuple(found.get(i) or alone[i]) for i in range(len(words))]


def _similar(group: Sequence[str], alone: Sequence[str]) -> bool:
    """Whether a group of the clause can be this word: it begins alike and is about as long."""
    same_start = _mismatch(group[0], alone[0]) < 1
    return same_start and abs(len(group) - len(alone)) <= 1


def _hand_out(groups: Sequence[Sequence[str]], alone: Sequence[Sequence[str]]) -> dict[int, list[str]]:
    """Align the clause's sounds with those of its words spoken alone; each goes to the word it was aligned with."""
    clause = [(sound, g) for g, group in enumerate(groups) for sound in group]
    single = [(sound, w) for w, sounds in enumerate(alone) for sound in sounds]
    partner = _align([s for s, _ in clause], [s for s, _ in single])
    owners: list[int | None] = [None if j is None else single[j][1] for j in partner]
    for step in (1, -1):  # a sound without partner goes with its neighbour in the same group, the earlier one first
        order = range(len(clause)) if step == 1 else range(len(clause) - 1, -1, -1)
        for i in order:
            before = i - step
            if owners[i] is None and 0 <= before < len(clause) and clause[before][1] == clause[i][1]:
                owners[i] = owners[before]
    found: dict[int, list[str]] = {}
    for (sound, _), owner in zip(clause, owners, strict=True):
        if owner is not None:
            found.setdefault(owner, []).append(sound)
    return found


_GAP = 0.8


def _align(left: Sequence[str], right: Sequence[str]) -> list[int | None]:
    """For every item of `left` the index of its partner in `right`, or None: least-cost alignment, in order."""
    rows, columns = len(left) + 1, len(right) + 1
    cost = [[(i + j) * _GAP if not i or not j else 0.0 for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        above, row = cost[i - 1], cost[i]
        for j in range(1, columns):
            change = above[j - 1] + _mismatch(left[i - 1], right[j - 1])
            row[j] = min(change, above[j] + _GAP, row[j - 1] + _GAP)
    partner: list[int | None] = [None] * len(left)
    i, j = rows - 1, columns - 1
    while i and j:
        if cost[i][j] == cost[i - 1][j - 1] + _mismatch(left[i - 1], right[j - 1]):
            i, j = i - 1, j - 1
            partner[i] = j
        elif cost[i][j] == cost[i - 1][j] + _GAP:
            i -= 1
        else:
            j -= 1
    return partner


@lru_cache(maxsize=20_000)
def _mismatch(a: str, b: str) -> float:
    """How unlike two sounds are, 0..1.6: vowels of one word often weaken, consonants rarely turn into vowels."""
    a, b = a.lstrip("ˈˌ"), b.lstrip("ˈˌ")
    if a == b:
        return 0.0
    a_is_vowel, b_is_vowel = a[0] in VOWELS, b[0] in VOWELS
    if a_is_vowel != b_is_vowel:
        return 1.6
    if a[0] == b[0]:
        return 0.2
    if a_is_vowel:
        return 0.5
    return 0.3 if {a[0], b[0]} <= set("tdɾʔ") or {a[0], b[0]} <= set("szʃʒ") else 1.0
