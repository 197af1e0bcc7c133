r"""A text with its feelings written in it: `[sadness:0.6] I heard about your dog. [hope] He had a good life.`

What counts as a mark: square brackets around one or more names separated by commas, each one word with at most
a colon and a strength behind it (`[joy]`, `[joy:0.6]`, `[joy:0.7,sadness:0.3]`). A name in there that nobody
knows is an error, because a misspelt mark must not be read aloud. Brackets that hold something else, such as
`[1]`, `[…]` or `[see below]`, are text and stay as they are. `\[`, `\]` and `\\` are the characters themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.state import EmotionState, parse_emotion

_TOKEN = re.compile(r"\\([\[\]\\])|\[([^\[\]\\]*)\]")
_NAME = r"[^\W\d_][\w'-]*"
_STRENGTH = r"\s*:\s*[-+.\w]*"
_MARK = re.compile(rf"\s*{_NAME}(?:{_STRENGTH})?\s*(?:,\s*{_NAME}(?:{_STRENGTH})?\s*)*")
_FORGOTTEN_COLON = re.compile(rf"\s*({_NAME})[\s=]+([-+]?[\d.]+)\s*")


@dataclass(frozen=True)
class Mark:
    """From the character `char_offset` of the plain text on, the speaker feels `emotion`."""

    char_offset: int
    emotion: EmotionState


@dataclass(frozen=True)
class Script:
    """Plain `text` as it is spoken, and its `marks` in the order of the text."""

    text: str
    marks: tuple[Mark, ...] = ()


def parse_script(marked_text: str) -> Script:
    r"""Split a text with inline marks into what is spoken and what is felt.

    Raises `BadInput` when a mark names an unknown emotion (near ones are listed) or a strength outside 0..1.
    """
    plain: list[str] = []
    marks: list[Mark] = []
    length = at = 0
    for token in _TOKEN.finditer(marked_text):
        escaped, inside = token.groups()
        emotion = _emotion_of(inside) if inside is not None else None
        piece = marked_text[at : token.start()] + (escaped or ("" if emotion is not None else token.group()))
        plain.append(piece)
        length += len(piece)
        at = token.end()
        if emotion is not None:
            marks.append(Mark(length, emotion))
            at += _space_to_drop(plain, marked_text, at)
    plain.append(marked_text[at:])
    return Script("".join(plain), tuple(marks))


def write_script(script: Script) -> str:
    """The inverse of `parse_script`: the text with its marks written in, brackets of its own escaped."""
    pieces, at = [], 0
    for mark in script.marks:
        pieces.append(_escape(script.text[at : mark.char_offset]))
        at = mark.char_offset
        at_word_start = at == 0 or script.text[at - 1].isspace()
        pieces.append(f"[{mark.emotion}]" + (" " if at_word_start else ""))
    return "".join([*pieces, _escape(script.text[at:])])


def _escape(text: str) -> str:
    return re.sub(r"[\[\]\\]", r"\\\g<0>", text)


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
