"""What the patterns of English share: pieces of regular expressions and the words that begin sentences.

A pattern is a regular expression with a function that says what is spoken where it matches, or None when it is
something else there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from generators.voice.frontend import units
from generators.voice.frontend.context import Context

Read = Callable[[Context, re.Match], list[str] | None]
Pattern = tuple[re.Pattern, Read]


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def patterns(*pairs: tuple[str, Read]) -> tuple[Pattern, ...]:
    """Compiled expressions, each with what reads its matches."""
    return tuple((re.compile(pattern), read) for pattern, read in pairs)


def is_counted(word: str) -> bool:
    """Whether a word behind a number looks like what is counted, a plural in small letters."""
    return word == "people" or (word.islower() and len(word) > 3 and word[-1] == "s" and word not in _NO_PLURALS)


_NO_PLURALS = words("this does goes was less across always perhaps besides towards unless plus minus versus says")


def one_of(choices: Iterable[str]) -> str:
    """A regular expression for any of these, the longest first."""
    return "|".join(sorted(map(re.escape, choices), key=len, reverse=True))


END = r"(?![^\W_])"  # no letter or digit follows
NUMBER = r"(?:\d{1,3}(?:[,']\d{3})+(?!\d)(?:\.\d+)?|\d{1,2}(?:,\d\d){1,5},\d{3}(?!\d)|\d+(?:\.\d+)?|\.\d+)"
CURRENCY = one_of([*units.CURRENCIES, "¢", *units.CURRENCY_CODES])
CURRENCY_SIGNS = re.escape("".join(units.CURRENCIES) + "¢")
UNIT = one_of(units.UNITS)

STARTERS = words(
    "the a an it he she we they you i this that these those there but and so if in on at what when why how where"
    " who my his her our their its after before then now yes no not as for with from all some everyone everybody"
    " someone somebody nobody nothing something everything please turn take call go come meet let let's don't did do"
    " does is are was were have has can could would should however meanwhile also still today tomorrow yesterday"
    " later once since while because although both each every most many such here maybe perhaps only just even"
    " finally suddenly to by about during until another it's i'm he's she's that's there's we're they're"
)
