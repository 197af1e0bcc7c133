"""Signs of arithmetic: + − ± ~ < = × and their like before amounts, between letters and by themselves."""

from __future__ import annotations

import re

from generators.voice.frontend import numerals, units
from generators.voice.frontend.context import Context
from generators.voice.frontend.english.grammar import CURRENCY, CURRENCY_SIGNS, END, is_counted, one_of, patterns, words

SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "×": "times", "÷": "divided by", "±": "plus or minus", "≈": "about",
    "≤": "at most", "≥": "at least", "§": "section", "%": "percent", "°": "degrees", "→": "to", "@": "at",
    "≠": "does not equal", "√": "the square root of", "∞": "infinity", "π": "pi", "−": "minus", "¶": "paragraph",
}  # fmt: skip
WORDS = SIGNS | {
    "-": "minus", "–": "minus", "~": "about", "∼": "about", "≃": "about", "≅": "about", "<": "less than",
    ">": "greater than", "<=": "at most", ">=": "at least", "=<": "at most", "⩽": "at most", "⩾": "at least",
    "≦": "at most", "≧": "at least", "+/-": "plus or minus", "+-": "plus or minus", "==": "equals",
    "!=": "does not equal", "*": "times", "√": "the square root of", "∓": "minus or plus",
}  # fmt: skip
_ARITHMETIC = WORDS.keys() - set("&§%°→@∞π¶")
_SIGN = rf"({one_of(_ARITHMETIC)})([ ]*)"
_AMOUNT_AHEAD = rf"(?=[-−+±~]?(?:(?:{CURRENCY}) ?)?[-−+]?\.?(?:\d|[{''.join(numerals.VULGAR_FRACTIONS)}]))"
_OPERATORS = frozenset(":=([<>±~≈≤≥*×÷/+")
# One character after another, so that a long one costs no more than its length.
_FORMULA = rf"(?:[ \d.,+\-−–*/×÷^√π()²³{CURRENCY_SIGNS}]|(?<![A-Za-z])[A-Za-z](?![A-Za-z])){{0,80}}"
_FORMULA_AHEAD = re.compile(_FORMULA + "[=≈≠≤≥](?!>)")
_FORMULA_BEHIND = re.compile("[=≈≠≤≥]" + _FORMULA + "$")


def formula(context: Context, start: int, end: int) -> bool:
    """Whether the place belongs to something like 5 - 3 = 2, where a hyphen is a minus and an x a letter."""
    return bool(
        _FORMULA_AHEAD.match(context.clean, end) or _FORMULA_BEHIND.search(context.clean, max(0, start - 80), start)
    )


def _sign(context: Context, found: re.Match) -> list[str] | None:
    """A sign before an amount. Where a hyphen is a dash, a bullet or joins what stands around it, it is no minus."""
    sign, gap = found.groups()
    start = found.start()
    before = context.clean[start - 1 : start]
    if sign in "-–" and not _is_minus(context, start, found.end(), before, gap):
        return None
    if sign in "~∼" and (before.isdecimal() or (gap and context.previous()[-1:].isdecimal())):
        return ["to"]
    if sign == "*" and not (context.previous()[-1:].isdecimal() and (gap or before.isdecimal())):
        return None
    if before == sign and sign in "+<>":
        return None
    return WORDS[sign].split()


def _is_minus(context: Context, start: int, end: int, before: str, gap: str) -> bool:
    abbreviated = before == "." and bool(context.words) and context.words[-1].char_end == start
    quoted = before in tuple("\"'") and context.clean[start - 2 : start - 1].isalnum()
    if abbreviated or quoted or before.isalnum() or before in tuple(")]%°²³"):
        return formula(context, start, end)
    if gap:
        last = context.clean[:start].rstrip(" ")[-1:] if before == " " else before
        return last in _OPERATORS or (bool(last) and formula(context, start, end))
    return before not in tuple("-–—") or context.clean[start - 2 : start - 1].isalnum()


def _minus_letter(context: Context, found: re.Match) -> list[str] | None:
    """a - b = c"""
    return ["minus"] if formula(context, found.start(), found.end()) else None


def _plus_behind(context: Context, found: re.Match) -> list[str] | None:
    """18+ or Disney+."""
    return ["plus"] if context.clean[found.start() - 1 : found.start()].isalnum() else None


def _arrow(context: Context, found: re.Match) -> list[str] | None:
    return ["to"] if context.words else None


def _slash(context: Context, found: re.Match) -> list[str] | None:
    """The slash of 100 / 4 = 25."""
    return ["divided", "by"] if formula(context, found.start(), found.end()) else None


def _slash_per(context: Context, found: re.Match) -> list[str] | None:
    """The end of 500 requests/s: how many in a time."""
    last = context.words[-1] if context.words else None
    if not last or last.char_end != found.start():
        return None
    return units.per(found[1]) if is_counted(last.spoken[-1]) or "per" in last.spoken else None


def _section(context: Context, found: re.Match) -> list[str] | None:
    return [("section" if found[1][0] == "§" else "paragraph") + ("s" if len(found[1]) > 1 else "")]


def _compared_letters(context: Context, found: re.Match) -> list[str] | None:
    """x < y; between longer words > leads from menu to menu."""
    if context.clean[found.start() - 1 : found.start()] in ("<", ">"):
        return None
    return WORDS[found[1]].split() if len(context.previous()) == 1 or context.previous().isdecimal() else None


_AMOUNT = patterns((_SIGN + _AMOUNT_AHEAD, _sign))
_LETTER = patterns((r"[-–−](?= ?[A-Za-z](?![A-Za-z]))", _minus_letter))
_TIMES = one_of(words("s sec min h hr day week month year yr hour minute second night"))
# The patterns where each sign stands; phone numbers go before those of +.
BY_SIGN = {
    **dict.fromkeys({sign[0] for sign in _ARITHMETIC}, _AMOUNT),
    **dict.fromkeys("–−", (*_AMOUNT, *_LETTER)),
    **dict.fromkeys("<>", (*_AMOUNT, *patterns((r"([<>]=?) ?(?=[A-Za-z](?![A-Za-z]))", _compared_letters)))),
    **dict.fromkeys("§¶", patterns((r"(§§?|¶¶?) ?(?=\w)", _section))),
    "-": (*patterns((r"-+>(?= ?\w)", _arrow)), *_AMOUNT, *_LETTER),
    "+": (*_AMOUNT, *patterns((r"\+(?![\w+])", _plus_behind))),
    "=": (*patterns((r"=+>", lambda context, found: [])), *_AMOUNT),
    "/": patterns((r"/ ?(?=\d)", _slash), (rf"/({_TIMES}){END}", _slash_per)),
}
