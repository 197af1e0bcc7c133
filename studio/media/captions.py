"""Captions from the exact times of words: what stands on the screen, from when until when, and as SRT or WebVTT."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from generators.contracts import Word

LINE_CHARS = 42
MAX_LINES = 2
SHORTEST_S, LONGEST_S = 1.0, 6.0
LEAST_S = 0.5  # what stands for less is not read: it joins a neighbour
PAUSE_S = 0.8  # a silence this long ends a caption
_NO_PAUSE_S = 0.03
_SENTENCE_ENDS = tuple(".!?…。！？")
_CLAUSE_ENDS = (*_SENTENCE_ENDS, *",;:—–、，；：")
_WIDE = "[\u2e80-\ud7ff\uff00-\uffef]"  # Chinese, Japanese, Korean: written without spaces
_PUNCTUATION = ".,;:!?…\"'”’»)]"
_TAKEN_FOR_STYLE = str.maketrans({"{": "(", "}": ")", "\\": "/"})
_TIME = re.compile(r"(?:(?<=\d:\d\d:\d\d)|(?<=\d\d:\d\d))[.,](?=\d\d)")
_CLOSERS = "\"'”’»)]」』"


@dataclass(frozen=True)
class Caption:
    """One or two lines of `text`, joined by a newline, on screen from `start_s` to `end_s`; the `words` in them."""

    start_s: float
    end_s: float
    text: str
    words: tuple[Word, ...] = field(default=(), compare=False, repr=False)


def make_captions(words: Sequence[Word], until_s: float | None = None, offset_s: float = 0.0) -> list[Caption]:
    """Group words into captions of at most 2 lines of about 42 characters and 6 s, broken at punctuation.

    `until_s` is the end of the sound the words belong to; a caption shorter than 1 s stays on until then or
    until the next one. `offset_s` is added to every time. Captions never overlap and hold every word once.
    """
    groups = [group for sentence in _sentences(words) for group in _split(sentence)]
    end_of_all_s = math.inf if until_s is None else max(until_s, words[-1].end_s if words else 0.0)
    captions = []
    for group, following in zip_longest(groups, groups[1:]):
        latest_s = following[0].start_s if following else end_of_all_s
        end_s = min(max(group[-1].end_s, group[0].start_s + SHORTEST_S), latest_s)
        captions.append(_caption(group[0].start_s + offset_s, end_s + offset_s, group))
    return join_short(captions)


def join_short(captions: Iterable[Caption]) -> list[Caption]:
    """The same, with those on screen for under half a second in one with a neighbour, where that fits."""
    joined, i = list(captions), 0
    while i < len(joined):
        is_short = joined[i].end_s - joined[i].start_s < LEAST_S
        near = [k for k in (i - 1, i) if is_short and 0 <= k < len(joined) - 1 and _fit_in_one(*joined[k : k + 2])]
        if near:
            i = min(near, key=lambda k: joined[k + 1].start_s - joined[k].end_s)
            first, second = joined[i : i + 2]
            joined[i : i + 2] = [_caption(first.start_s, second.end_s, first.words + second.words)]
        else:
            i += 1
    return joined


def _fit_in_one(first: Caption, second: Caption) -> bool:
    return second.end_s - first.start_s <= LONGEST_S and _fits([*first.words, *second.words])


def _caption(start_s: float, end_s: float, words: Sequence[Word]) -> Caption:
    return Caption(start_s, end_s, "\n".join(_lines(list(words))), tuple(words))


def as_written(words: Sequence[Word], text: str) -> list[Word]:
    """The words with the punctuation that `text`, to which their character offsets point, has around them.

    Words that no space parts there, as in “well-known”, become one.
    """
    if not text or not all(word.char_start < word.char_end <= len(text) for word in words):
        return list(words)
    written: list[Word] = []
    for before, word, after in zip([None, *words], words, [*words[1:], None], strict=False):
        start = _reach_back(text, word.char_start, before.char_end if before else 0)
        end = _reach_on(text, word.char_end, after.char_start if after else len(text))
        if written and written[-1].char_end == start and not _is_wide(text[start]):
            start, word = written[-1].char_start, replace(word, start_s=written.pop().start_s)
        written.append(replace(word, text=text[start:end], char_start=start, char_end=end))
    return written


def _is_wide(letter: str) -> bool:
    return re.fullmatch(_WIDE, letter) is not None


def _reach_back(text: str, at: int, border: int) -> int:
    """Where the opening quotes and brackets before a word begin, if they begin behind a space."""
    start = at
    while start > border and not (text[start - 1].isalnum() or text[start - 1].isspace()):
        start -= 1
    return start if start == 0 or text[start - 1].isspace() else at


def _reach_on(text: str, at: int, border: int) -> int:
    """Where what follows a word ends: its comma or full stop, a dash that stands alone, closing quotes."""
    end = at
    while end < border and not text[end].isalnum():
        end += 1
    gap = text[at:end]
    if end < len(text) and any(letter.isspace() for letter in gap):  # what sticks to the next word is the next word's
        gap = gap[: max(i for i, letter in enumerate(gap) if letter.isspace())]
    elif end < border:  # it sticks to what nobody says, such as the </b> behind a word
        gap = gap[: len(gap) - len(gap.lstrip(_PUNCTUATION))]
    return at + len(gap.rstrip())


def to_srt(captions: Iterable[Caption]) -> str:
    """Captions as a SubRip file, in signs that every player shows (see `_shown`)."""
    blocks = [
        f"{i}\n{_clock(c.start_s, ',')} --> {_clock(c.end_s, ',')}\n{_shown(c.text)}\n"
        for i, c in enumerate(captions, start=1)
    ]
    return "\n".join(blocks)


def to_vtt(captions: Iterable[Caption]) -> str:
    """Captions as a WebVTT file, in signs that every player shows (see `_shown`)."""
    escape = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
    blocks = [
        f"{_clock(c.start_s, '.')} --> {_clock(c.end_s, '.')}\n{_shown(c.text).translate(escape)}\n" for c in captions
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _shown(text: str) -> str:
    """The text without what players and their parsers take for something else.

    They hide what stands in braces or in a tag, break lines at \\N, and take an arrow, or two times in one line, for
    the times of the next caption, and a last line of digits for its number.
    """
    text = re.sub("-{2,}>", "→", text).translate(_TAKEN_FOR_STYLE)
    if re.search(r"<[^>]*>|<[^\W\d]|</", text):
        text = text.replace("<", "‹").replace(">", "›")
    if len(_TIME.findall(text)) > 1:
        text = _TIME.sub("·", text)
    return re.sub(r"\n(?=\d+$)", " ", text)


def _clock(time_s: float, point: str) -> str:
    total_ms = round(max(0.0, time_s) * 1000)
    minutes, ms = divmod(total_ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}{point}{ms % 1000:03d}"


def _sentences(words: Sequence[Word]) -> list[list[Word]]:
    """Words up to each sentence end or long pause."""
    sentences: list[list[Word]] = [[]]
    for word, following in zip_longest(words, words[1:]):
        sentences[-1].append(word)
        pause_s = following.start_s - word.end_s if following else 0.0
        if following and (_ends_sentence(word, pause_s) or pause_s >= PAUSE_S):
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def _ends_sentence(word: Word, pause_s: float) -> bool:
    """Whether a sentence ends with a word; a full stop that no pause follows belongs to an abbreviation ("Dr. Lee")."""
    return _ends_with(word, _SENTENCE_ENDS) and not (_ends_with(word, (".",)) and pause_s < _NO_PAUSE_S)


def _split(words: list[Word]) -> list[list[Word]]:
    """Halve a run of words at its best place until every piece fits two lines and six seconds."""
    if len(words) == 1 or _fits(words):
        return [words]
    cut = min(range(1, len(words)), key=lambda i: _cost(words, i))
    return _split(words[:cut]) + _split(words[cut:])


def _cost(words: list[Word], cut: int) -> float:
    """How bad a cut before word `cut` is: far from the middle is bad, behind punctuation is good."""
    off_middle = abs(_length(words[:cut]) - _length(words[cut:])) / _length(words)
    return off_middle - (0.6 if _ends_with(words[cut - 1], _CLAUSE_ENDS) else 0.0)


def _fits(words: list[Word]) -> bool:
    lasts_s = words[-1].end_s - words[0].start_s
    return lasts_s <= LONGEST_S and len(_lines(words)) <= MAX_LINES and all(map(_short, _lines(words)))


def _short(line: str) -> bool:
    return len(line) <= LINE_CHARS


def _lines(words: list[Word]) -> list[str]:
    """One line when it is short, else the two most even lines, rather broken behind punctuation."""
    whole = _text(words)
    if _short(whole) or len(words) == 1:
        return [whole]
    cut = min(range(1, len(words)), key=lambda i: _line_cost(words, i))
    return [_text(words[:cut]), _text(words[cut:])]


def _line_cost(words: list[Word], cut: int) -> tuple[bool, float]:
    first, second = _text(words[:cut]), _text(words[cut:])
    return second.isdecimal() or not (_short(first) and _short(second)), _cost(words, cut)


def _text(words: list[Word]) -> str:
    text = " ".join(" ".join(word.text.split()) for word in words)
    text = re.sub("[\x00-\x1f\x7f-\x9f]", "", text)
    return re.sub(
        r"(?<=[\u2e80-\ud7ff\uff00-\uffef]) (?=[\u2e80-\ud7ff\uff00-\uffef])", "", text
    )  # no spaces in Chinese


def _length(words: list[Word]) -> int:
    return max(1, len(_text(words)))


def _ends_with(word: Word, ends: tuple[str, ...]) -> bool:
    return word.text.rstrip(_CLOSERS).endswith(ends)
