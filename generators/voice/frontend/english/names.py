"""Abbreviations with or without their dot, initials, and words in capitals."""

from __future__ import annotations

import re

from generators.voice.frontend import numerals
from generators.voice.frontend.context import Context
from generators.voice.frontend.english import dates
from generators.voice.frontend.english.grammar import END, STARTERS, patterns, words
from generators.voice.frontend.english.vocabulary import ABBREVIATIONS, AS_WORDS, SHORT_WORDS, SPELLED

# These need no dot to be abbreviations.
BARE = words("mr mrs dr ms prof vs etc jr sr approx dept ltd mk")
_STREETS = words("ave rd blvd ln ct hwy pkwy sq")  # nor do these, with a capital and after a name
# These often close a sentence, so the dot counts for both when a new one seems to begin.
_MAY_END = words("etc inc ltd corp co jr sr a.m p.m al dr st") | _STREETS | dates.SHORT.keys()
# Real words too: they are abbreviations only before a capital or a number.
_ALSO_WORDS = words(
    "mar jun sun mon wed fri est fig gen hon rep col rev ed min max ext temp al no sat dec co p pp ch sec art para eq"
    " ver ft sq nos"
)
_BEFORE_SAINTS = words("mount mt lake fort port east north west south sault cape")
_HOUSE_NUMBER = re.compile(r"\d[A-Za-z]? (?:[A-Z][\w'.]* ){1,3}$")


# --- abbreviations -----------------------------------------------------------------------------------------------


def _abbreviation(context: Context, found: re.Match) -> list[str] | None:
    name, dot = found[1].lower(), found[2]
    if not dot and not (name in BARE or (name in _STREETS and found[1][0].isupper() and _follows_name(context))):
        return None
    if name in dates.SHORT:
        spoken = _day_or_month(context, found)
    elif name in ("dr", "st"):
        spoken = _doctor_or_saint(context, found, name)
    elif name in ("no", "nos"):
        spoken = {"no": "number", "nos": "numbers"}[name] if context.following(found.end())[:1].isdigit() else None
    elif name in _ALSO_WORDS and not _before_capital(context, found.end()):
        return None
    else:
        spoken = ABBREVIATIONS.get(name)
    if spoken is None:
        return None
    return context.end_after(found, spoken.split(), name in _MAY_END)


def _before_capital(context: Context, end: int) -> bool:
    """Before a capital or a number, Roman ones too, as in p. xii."""
    word = context.following(end)
    return word[:1].isupper() or word[:1].isdigit() or (len(word) > 1 and bool(numerals.roman(word.upper())))


def _follows_name(context: Context) -> bool:
    last = context.words[-1] if context.words else None
    return bool(last and last.text[:1].isupper() and not last.after and context.previous() not in STARTERS)


def _day_or_month(context: Context, found: re.Match) -> str | None:
    name = found[1].lower()
    also_word = name in _ALSO_WORDS
    if also_word and (name in ("sat", "sun") or found[1].islower() or not _before_capital(context, found.end())):
        return dates.calendar_word(context, found[1], found.end())
    return dates.SHORT[name]


def _doctor_or_saint(context: Context, found: re.Match, name: str) -> str:
    title, street = {"dr": ("doctor", "drive"), "st": ("saint", "street")}[name]
    before_capital = _before_capital(context, found.end())
    if not _follows_name(context) or context.previous() in _BEFORE_SAINTS:
        return title if before_capital else street
    in_address = _HOUSE_NUMBER.search(context.clean, max(0, found.start() - 60), found.start())
    ends = bool(found[2]) and context.abbreviation_ends(found.end())
    return title if name == "dr" and before_capital and not ends and not in_address else street


def _dotted_letters(context: Context, found: re.Match) -> list[str] | None:
    letters = re.findall(r"[A-Za-z]", found.group())
    name = ".".join(letters).lower()
    if name in ("e.g", "i.e"):
        return ABBREVIATIONS[name].split()
    return context.end_after(found, [".".join(letters).upper() + "."], True)


def _initial(context: Context, found: re.Match) -> list[str] | None:
    """J. in J. R. R. Tolkien; a lone I or a letter after a small word closes its sentence instead."""
    last = context.words[-1].text if context.words else ""
    name_before = not last or last[0].isupper()
    if context.following(found.end()).lower() in STARTERS:
        return None
    return [found[1] + "."] if name_before and found[1] != "I" or re.fullmatch(r"[A-Z]\.?", last) else None


def _degree(context: Context, found: re.Match) -> list[str] | None:
    return [".".join(re.sub(r"\W", "", found.group()).upper()) + "."]


def _with(context: Context, found: re.Match) -> list[str] | None:
    return ["without"] if found.group().lower() == "w/o" else ["with"]


# --- capitals ----------------------------------------------------------------------------------------------------


def _capitals(context: Context, found: re.Match) -> list[str] | None:
    """Acronyms: spelled or said as a word."""
    name, plural = found[1], found[2] or ""
    if name in AS_WORDS:
        return [name.lower() + plural]
    spelled = name in SPELLED or not re.search("[AEIOUY]", name) or (len(name) <= 3 and name not in SHORT_WORDS)
    if context.shouting and (name not in SPELLED or name in ("US", "IT", "AM")):
        spelled = not re.search("[AEIOUY]", name) and len(name) > 1
    if not spelled:
        return [name.lower() + plural]
    return [".".join(name) + "." + ("s" if plural else "")]


def _grade(context: Context, found: re.Match) -> list[str] | None:
    signs = {"+": "plus", "-": "minus", "−": "minus", "#": "sharp", "*": "star"}
    return [found[1] + ".", *(signs[sign] for sign in found[2])]


FIRST_LETTERS = patterns(
    (r"(?:Ph|B|M|D|LL)\.(?:D|Sc|Phil|Eng|Ed|B|M)\.?(?![A-Za-z])", _degree),
    (r"(?:[A-Za-z]\.){2,}(?![A-Za-z])", _dotted_letters),
    (r"w/o?(?=[ \w])", _with),
    (rf"([A-Za-z]+)(\.(?=[A-Z])|\.?{END})", _abbreviation),
)
GRADES = patterns(
    (r"(C)(\+\+|#)(?!\w)", _grade),
    (r"([FJQ])(#)(?!\w)", _grade),
    (r"(A)([*])(?= |$|[,;!?)])(?![^*\n]{0,40}\*)", _grade),
    (r"([A-DF])([+−-])(?=\s|$|[,;!?)]|\.(?:\s|$))", _grade),
)
LETTERS = patterns(
    (r"([A-Z])\.(?= ?[A-Z][A-Za-z.'])", _initial),
    (rf"([A-Z]{{2,}})('?s)?{END}(?!['&-]\w)", _capitals),
)
