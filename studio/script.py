r"""A text with its feelings written in it: `[sadness:0.6] I heard about your dog. [hope] He had a *good* life.`

What counts as a mark: square brackets around one or more names separated by commas, each one word with at most
a colon and a strength behind it (`[joy]`, `[joy:0.6]`, `[joy:0.7,sadness:0.3]`). A name in there that nobody
knows is an error, because a misspelt mark must not be read aloud. Brackets that hold something else, such as
`[1]`, `[…]` or `[see below]`, are text and stay as they are.

What counts as emphasis: one to three asterisks around words of one line, touching them inside and no letter or
digit outside (`*good*`, `**very good**`). Other asterisks (`2*3`, `* an item`, `footnote*`) are text.

`\[`, `\]`, `\*`, `\<` and `\\` are the characters themselves. A text whose first tag is `<speak>` is SSML (see
`studio.ssml`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.state import EmotionState, parse_emotion
from studio.ssml import from_ssml, is_ssml

_TOKEN = re.compile(r"\\([\[\]\\*<])|\[([^\[\]\\]*)\]")
_NAME = r"[^\W\d_][\w'-]*"
_STRENGTH = r"\s*:\s*[-+.\w]*"
_MARK = re.compile(rf"\s*{_NAME}(?:{_STRENGTH})?\s*(?:,\s*{_NAME}(?:{_STRENGTH})?\s*)*")
_FORGOTTEN_COLON = re.compile(rf"\s*({_NAME})[\s=]+([-+]?[\d.]+)\s*")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\r\n]*)(?<=[^\s*])\1(?![\w*])")


@dataclass(frozen=True)
class Mark:
    """From the character `char_offset` of the plain text on, the speaker feels `emotion`."""

    char_offset: int
    emotion: EmotionState


@dataclass(frozen=True)
class Script:
    """Plain `text` as it is spoken, its `marks` in the order of the text, and its `emphases`: ranges (char_start,
    char_end) of the plain text that are emphasised, in order and apart from each other."""

    text: str
    marks: tuple[Mark, ...] = ()
    emphases: tuple[tuple[int, int], ...] = ()


def parse_script(marked_text: str) -> Script:
    r"""Split a text with inline marks into what is spoken, what is felt and what is emphasised.

    Raises `BadInput` when a mark names an unknown emotion (near ones are listed) or a strength outside 0..1.
    """
    if is_ssml(marked_text):
        marked_text = from_ssml(marked_text)
    plain: list[str] = []
    marks: list[Mark] = []
    literal: list[int] = []  # where asterisks stand that are text
    length = at = 0
    for token in _TOKEN.finditer(marked_text):
        escaped, inside = token.groups()
        emotion = _emotion_of(inside) if inside is not None else None
        piece = marked_text[at : token.start()] + (escaped or ("" if emotion is not None else token.group()))
        plain.append(piece)
        length += len(piece)
        at = token.end()
        if escaped == "*":
            literal.append(length - 1)
        if emotion is not None:
            marks.append(Mark(length, emotion))
            at += _space_to_drop(plain, marked_text, at)
    plain.append(marked_text[at:])
    return _with_emphases("".join(plain), marks, literal)


def write_script(script: Script) -> str:
    """The inverse of `parse_script`: the text with its marks and emphases written in, signs of its own escaped."""
    signs = [(start, 2, "*") for start, _ in script.emphases] + [(end, 0, "*") for _, end in script.emphases]
    for mark in script.marks:
        at_word_start = mark.char_offset == 0 or script.text[mark.char_offset - 1].isspace()
        signs.append((mark.char_offset, 1, f"[{mark.emotion}]" + (" " if at_word_start else "")))
    pieces, at = [], 0
    for offset, _, sign in sorted(signs, key=lambda s: s[:2]):  # at one place: an end, marks, a beginning
        pieces += [_escape(script.text[at:offset]), sign]
        at = offset
    written = "".join([*pieces, _escape(script.text[at:])])
    return written.replace("<", r"\<", 1) if is_ssml(written) else written


def _escape(text: str) -> str:
    return re.sub(r"[\[\]\\*]", r"\\\g<0>", text)


def _with_emphases(text: str, marks: list[Mark], literal: list[int]) -> Script:
    """Take the asterisks of emphasis out of a text and move its marks along; `literal` asterisks stay."""
    masked = list(text)
    for at in literal:
        masked[at] = "."
    starts: list[int] = []  # of the asterisks to take out
    ends: list[int] = []
    for found in _EMPHASIS.finditer("".join(masked)):
        if any(char.isalnum() for char in found[2]):
            starts += [found.start(), found.end(2)]
            ends += [found.end(1), found.end()]
    taken = [0, *accumulate(end - start for start, end in zip(starts, ends, strict=True))]

    def moved(offset: int) -> int:
        n_before = bisect_left(starts, offset)
        inside = max(0, ends[n_before - 1] - offset) if n_before else 0
        return offset - taken[n_before] + inside

    kept = "".join(text[start:end] for start, end in zip([0, *ends], [*starts, len(text)], strict=True))
    emphases = zip(map(moved, ends[::2]), map(moved, starts[1::2]), strict=True)
    return Script(kept, tuple(Mark(moved(mark.char_offset), mark.emotion) for mark in marks), tuple(emphases))


def _space_to_drop(plain: list[str], marked_text: str, at: int) -> int:
    """1 when the space behind a mark stood there for the mark's sake, so that two spaces do not meet."""
    before = next((piece[-1] for piece in reversed(plain) if piece), " ")
    return int(before.isspace() and marked_text[at : at + 1].isspace())


def _emotion_of(inside: str) -> EmotionState | None:
    """The feeling that a bracket names, or None when the bracket is part of the text."""
    forgotten = _FORGOTTEN_COLON.fullmatch(inside)
    if forgotten and _is_known(forgotten[1]):
        raise BadInput(f"The mark [{inside}] lacks its colon; write [{forgotten[1]}:{forgotten[2]}].")
    if not _MARK.fullmatch(inside):
        return None
    try:
        return parse_emotion(inside)
    except BadInput as error:
        raise BadInput(f"{str(error).rstrip('.')} (to have a bracket read aloud, write \\[).") from None


def _is_known(name: str) -> bool:
    try:
        taxonomy.canonical(name)
    except BadInput:
        return False
    return True
