r"""A text with its feelings written in it: `[sadness:0.6] I heard about your dog. [hope] He had a *good* life.`

What counts as a mark: square brackets around one or more feelings separated by commas, each with at most a colon and
a strength behind it (`[joy]`, `[joy:0.6]`, `[joy:0.7,sadness:0.3]`). A feeling that is misspelt (`[joyy]`) is an error.

What is a pause: `[pause]`, `[beat]`, `[long pause]`, `[pause 1.5s]`, `[500ms pause]` and the like, and SSML's
`<break time="1.5s"/>`. It is kept exactly; several in a row add up; 10 s are the most that one may ask for.

What is not spoken: a speaker's name (`[Anna]:`), other single words that are no feeling (`[laughs]`, `[sic]`,
`[Name]`), what tells of sounds, looks and scenes (`[soft music]`, `[Verse 1]`), references that touch a word
(`said.[1]`), times of a transcript, templates (`{name}`), forum tags, and where links lead. Of a link its text is read.
Whoever asks is told what was left out (`Script.remarks`).

Brackets that hold something else, such as `[1]`, `[…]` or `[see below]`, are text and stay as they are.

What counts as emphasis: one to three asterisks around words of one line, touching them inside and no letter or
digit outside (`*good*`, `**very good**`). Other asterisks (`2*3`, `* an item`, `footnote*`) are text.

`\[`, `\]`, `\*`, `\<` and `\\` are the characters themselves. A text whose first tag is `<speak>` is SSML (see
`studio.ssml`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from emotion_embed.state import EmotionState
from studio.brackets import LINK_DEFINITION, Brackets, Meaning
from studio.directions import is_direction
from studio.pause_marks import break_s, pause_s
from studio.ssml import attributes_of, from_ssml, is_ssml

_TOKEN = re.compile(
    r"\\(?P<escaped>[\[\]\\*<])"
    r"|(?P<colour>(?:\x1b|\^\[)\[[0-?]*[ -/]*[@-~])"
    rf"|(?P<definition>{LINK_DEFINITION.pattern})"
    r"|(?P<tag></?break\b[^<>]*>)"
    r"|(?P<badge>\[!\[(?P<alternative>[^\[\]\n]*)\]\([^()\s]*\)\]\([^()\s]*\))"
    r"|(?P<wiki>!?\[\[(?:[^\[\]|\n]*\|)?(?P<shown>[^\[\]|\n]*)\]\](?:\([^()\s]*\))?)"
    r"|(?P<template>\$?\{\{?\s*(?P<variable>[^\W\d_][\w.-]+)\s*\}?\})"
    r"|!?(?P<bracket>\[[^\[\]\\]*\])",
    re.MULTILINE | re.IGNORECASE,
)
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\r\n]*)(?<=[^\s*])\1(?![\w*])")
_NAMED_AT_MOST = 8


@dataclass(frozen=True)
class Mark:
    """From the character `char_offset` of the plain text on, the speaker feels `emotion`."""

    char_offset: int
    emotion: EmotionState


@dataclass(frozen=True)
class Pause:
    """Silence of exactly `length_s` before the character `char_offset` of the plain text."""

    char_offset: int
    length_s: float


@dataclass(frozen=True)
class Script:
    """Plain `text` as it is spoken, its `marks` in the order of the text, its `emphases`: ranges (char_start, char_end)
    of the plain text that are emphasised, in order and apart from each other; its `pauses` in order; the names of
    `speakers` and the brackets `left_out` that are not spoken, each once, as they stand."""

    text: str
    marks: tuple[Mark, ...] = ()
    emphases: tuple[tuple[int, int], ...] = ()
    pauses: tuple[Pause, ...] = ()
    speakers: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def remarks(self) -> list[str]:
        """What a user should know of what is not spoken, in sentences."""
        said = []
        if self.speakers:
            said.append(f"Names of speakers are not spoken, and one voice says all: {_listed(self.speakers)}.")
        if self.left_out:
            said.append(f"Left out as not meant to be spoken: {_listed(self.left_out)} (to have one read, write \\[).")
        return said


def parse_script(marked_text: str) -> Script:
    r"""Split a text with inline marks into what is spoken, what is felt, what is emphasised and where it pauses.

    Raises `BadInput` when a mark misspells an emotion (near ones are listed), has a strength outside 0..1, or asks for
    too long a pause.
    """
    return _Parser(from_ssml(marked_text) if is_ssml(marked_text) else marked_text).parse()


class _Parser:
    """Walks once through a marked text and gathers what is spoken and what is not."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0  # up to here it is read
        self._plain: list[str] = []
        self._length = 0
        self._literal: list[int] = []  # where asterisks stand that are text
        self._marks: list[Mark] = []
        self._pauses: list[Pause] = []
        self._speakers: dict[str, None] = {}
        self._left_out: dict[str, None] = {}

    def parse(self) -> Script:
        brackets = Brackets(self._text)
        for token in _TOKEN.finditer(self._text):
            if token.start() < self._at:
                continue  # the bracket before took it
            if escaped := token["escaped"]:
                self._say_up_to(token.start(), token.end())
                self._literal += [self._length] if escaped == "*" else []
                self._say(escaped)
            elif meaning := self._meaning(token, brackets):
                self._take(token.start(), meaning)
        self._say(self._text[self._at :])
        return self._script()

    def _meaning(self, token: re.Match, brackets: Brackets) -> Meaning | None:
        if token["bracket"]:
            return brackets.meaning(token.start("bracket"), token.end())
        if token["tag"] and token["tag"][1] != "/":
            return Meaning(token.end(), pause_s=break_s(attributes_of(token["tag"])))
        if token["wiki"]:
            return _of_wiki(token)
        if token["template"]:
            length_s = pause_s(token["variable"])
            return Meaning(token.end(), pause_s=length_s, left_out=token["template"] if length_s is None else "")
        return Meaning(token.end(), token["alternative"] or "")

    def _take(self, start: int, meaning: Meaning) -> None:
        """Say, feel, pause or leave out what a bracket from `start` on means."""
        if meaning.words:
            self._say_up_to(start, meaning.end)
            self._say(meaning.words)
            return
        start, end = self._bare(start, meaning)
        if meaning.emotion is None and _CLOSING.match(self._text, end):
            start = self._at + len(self._text[self._at : start].rstrip(" \t"))
        self._say_up_to(start, end)
        self._note(meaning)
        if meaning.emotion is not None:
            self._at += self._last().isspace() and self._text[self._at : self._at + 1].isspace()
        else:
            self._close_gap(parts_words=bool(meaning.left_out or meaning.speaker or meaning.pause_s))
        if meaning.pause_s:
            self._pauses.append(Pause(self._length, meaning.pause_s))

    def _note(self, meaning: Meaning) -> None:
        if meaning.emotion is not None:
            self._marks.append(Mark(self._length, meaning.emotion))
        if meaning.speaker:
            self._speakers[meaning.speaker] = None
        if meaning.left_out:
            self._left_out[meaning.left_out] = None

    def _bare(self, start: int, meaning: Meaning) -> tuple[int, int]:
        """Where what vanishes begins and ends, with asterisks that stood there for its sake: `**[Anna]:** Hi`."""
        text, end = self._text, meaning.end
        while start > self._at and (sign := text[start - 1]) in "*_":
            both = text[end : end + 1] == sign
            if not (both or meaning.speaker):  # whose colon may have taken the others
                break
            start, end = start - 1, end + both
        return start, end

    def _close_gap(self, parts_words: bool) -> None:
        """Where something was left out, no spaces meet, no line is empty, and words that it parted stay apart."""
        last = self._last()
        if last.isspace():
            if spaces := _SPACES.match(self._text, self._at):
                self._at = spaces.end()
            if last == "\n" and (line_end := _LINE_END.match(self._text, self._at)):
                self._at = line_end.end()
        elif parts_words and self._text[self._at : self._at + 1].isalnum() and (last.isalnum() or last in ".,;:!?…"):
            self._say(" ")

    def _say(self, text: str) -> None:
        self._plain.append(text)
        self._length += len(text)

    def _say_up_to(self, start: int, end: int) -> None:
        """Say what is left before `start`, and go on at `end`."""
        self._say(self._text[self._at : start])
        self._at = end

    def _last(self) -> str:
        """What was said last; a new line at the beginning."""
        return next((piece[-1] for piece in reversed(self._plain) if piece), "\n")

    def _script(self) -> Script:
        text, emphases, moved = _without_asterisks("".join(self._plain), self._literal)
        marks = tuple(Mark(moved(mark.char_offset), mark.emotion) for mark in self._marks)
        pauses = tuple(Pause(moved(pause.char_offset), pause.length_s) for pause in self._pauses)
        return Script(text, marks, emphases, pauses, tuple(self._speakers), tuple(self._left_out))


_SPACES = re.compile(r"[ \t]*")
_LINE_END = re.compile(r"\r?\n")
_CLOSING = re.compile(r"[.,;:!?…)”»]+(?=[\s\"'”’»)\[]|$)")
_NO_PAGE = re.compile(r"\s*(?:file|image|category|media)\s*:", re.IGNORECASE)


def _of_wiki(token: re.Match) -> Meaning:
    """What is read of a link in double brackets: `[[Page]]`, `[[Page#part]]`, `[[Page|these words]]`."""
    shown = token["shown"].partition("#")[0].strip()
    if (
        token["wiki"][0] == "!"
        or shown.isdigit()
        or not shown
        or _NO_PAGE.match(token["wiki"][2:])
        or is_direction(shown)
    ):
        return Meaning(token.end(), left_out=token["wiki"])
    if (length_s := pause_s(shown)) is not None:
        return Meaning(token.end(), pause_s=length_s)
    return Meaning(token.end(), shown)


def _without_asterisks(
    text: str, literal: Sequence[int]
) -> tuple[str, tuple[tuple[int, int], ...], Callable[[int], int]]:
    """The text without asterisks of emphasis, what they emphasise in it, and where an offset moves with them; those at
    `literal` offsets stay."""
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
    return kept, tuple(zip(map(moved, ends[::2]), map(moved, starts[1::2]), strict=True)), moved


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_AT_MOST
    return ", ".join(names[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
