"""Written words, and what stands around a place in a text: all that the patterns of a language may ask about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class WrittenWord:
    """A word `text` as written at `char_start`…`char_end`, the words `spoken` for it (a comma at the end of one is
    a short pause), and the punctuation that follows it."""

    text: str
    char_start: int
    char_end: int
    spoken: tuple[str, ...]
    after: str = ""


Sentence = tuple[WrittenWord, ...]


class Context(Protocol):
    """A text that is being normalised, at the place that has been reached.

    Attributes:
        original: the text as written.
        clean: the same, character for character, without typographic variety and what is never said.
        british: whether its English is British.
        shouting: whether it is in capitals throughout.
        drawn_out: whether anywhere in it a letter stands three times in a row.
    """

    original: str
    clean: str
    british: bool
    shouting: bool
    drawn_out: bool

    @property
    def words(self) -> Sequence[WrittenWord]:
        """The words of the sentence so far."""
        ...

    def previous(self) -> str:
        """The word before, in lower case; empty at the start of a sentence."""
        ...

    def recent(self, count: int) -> list[str]:
        """Up to `count` words before, the last one last, in lower case."""
        ...

    def following(self, end: int) -> str:
        """The word after a place, empty when none follows in this line."""
        ...

    def abbreviation_ends(self, end: int) -> bool:
        """Whether a sentence closes with the abbreviation that ends at `end`."""
        ...

    def end_after(self, found: re.Match, spoken: list[str], may_end: bool) -> list[str]:
        """Hand on `spoken`, closing the sentence behind it where the dot of `found` is the full stop as well."""
        ...
