"""Roman numbers, told from words and letters by what stands before them; and the letter A, told from the article."""

from __future__ import annotations

import re

from generators.voice.frontend import numerals
from generators.voice.frontend.context import Context
from generators.voice.frontend.english.grammar import END, STARTERS, patterns, words
from generators.voice.frontend.english.signs import formula
from generators.voice.frontend.g2p import is_word_char

# What is counted in Roman numbers, one: "Chapter IV" is four.
_COUNTED = words(
    "chapter part section act volume vol book war phase type level appendix figure fig bowl episode season article art"
    " title mark mk class grade stage scene tier page p pp canto psalm lesson unit module step table category division"
    " group case factor generation gen edition number no series round annex exhibit schedule amendment olympiad"
    " movement symphony sonata opus nerve complex band zone region area line item study trial experiment option plan"
    " paragraph clause rule form species variant version game day week year corps apollo gemini saturn photosystem"
    " ch sec pt bk sc ep para"
)
# Works and things that come in numbers; any other name before a Roman number is taken for a ruler's or an heir's.
_SERIES = words(
    "rocky rambo creed fantasy wars civilization auto story souls quest evil saga kombat craft duty fighter diablo"
    " jaws halloween predator terminator alien saw scream thor pentium falcon vatican caesar's basel euro ultima"
    " warcraft godfather gate superman spider-man ghostbusters gladiator shrek die hard trek park future dragon"
    " hunter kingdom effect hearts heroes empires ages age tomb raider doom quake hawk pro max plus windows"
    " macintosh apple ipad iphone canon leica nikon sputnik columbia titan ariane atlas delta challenger tiger"
    " panzer leopard merkava challenge project operation program club team company street school room hall block"
    " center centre library army fleet legion"
)
_TITLES = words(
    "king queen pope emperor empress tsar czar tsarina kaiser sultan shah prince princess pharaoh duke archduke caliph"
    " khedive antipope patriarch king's saint elector count lord"
)
# Where the letter X would be as likely, only these are rulers; so too before the pronoun I.
_RULERS = words(
    "henry louis charles george elizabeth edward richard james william philip john paul pius benedict napoleon nicholas"
    " alexander catherine francis frederick gregory leo clement innocent urban ramesses ivan robert mary peter leopold"
    " alfonso ferdinand otto wilhelm haakon harald christian gustav ramses seti darius xerxes artaxerxes ptolemy"
    " antiochus seleucus mithridates constantine justinian theodosius manuel selassie umberto joseph maximilian cyrus"
)
_ORDERED = words("century centuries dynasty congress olympiad corps legion army edition airborne")
# Verbs that make an I before them the pronoun.
_FIRST_PERSON = words(
    "am have will would can could do don't didn't like liked love loved think thought want wanted read wrote know knew"
    " hate saw need needed went got said say see feel felt mean hope wish guess remember always just really"
)
_FOR_VEINS = words(
    "drip drips fluid fluids line lines bag bags antibiotics therapy access catheter infusion infusions pole"
)
# Where X or I after them is a number more often than a letter or a pronoun.
_SURELY_COUNTED = words(
    "chapter part section act volume book war phase type level appendix figure bowl episode season article title mark"
    " mk class grade stage scene tier page p pp factor nerve canto psalm rocky apollo gemini symphony sonata"
)
_LISTING = words("and or to &")
_NOT_NUMBERS = words("IV XX XXX XL XI VI")  # alone these are more often letters


def _roman(context: Context, found: re.Match) -> list[str] | None:
    """A Roman number as a cardinal after what is counted, as an ordinal after a name or before a century."""
    numeral, possessive = found[1], found[2] or ""
    value = numerals.roman(numeral.upper())
    if not value:
        return None
    spoken = _spoken_numeral(context, numeral, value, found.end())
    return [*spoken[:-1], spoken[-1] + possessive] if spoken else None


def _spoken_numeral(context: Context, numeral: str, value: int, end: int) -> list[str] | None:
    count = numerals.cardinal(str(value))
    if _counts(context, numeral, end):
        return count
    if not numeral.isupper():
        return None
    named = context.words and context.words[-1].text[:1].isupper() and context.previous() not in STARTERS
    if len(numeral) > 1 and not named and context.following(end).lower() in _ORDERED:
        return numerals.ordinal(str(value))
    if len(numeral) > 3 and numeral[0] == "M" and not context.shouting:
        return numerals.year(str(value))
    if numeral == "IV" and context.following(end) in _FOR_VEINS:
        return None
    if not context.words or context.words[-1].after:
        return _alone(numeral, count)
    return _after_name(context, numeral, value, end)


def _counts(context: Context, numeral: str, end: int) -> bool:
    """Whether something counted stands before: Act III, Scene ii, pp. ix–xii, Parts I and II."""
    before = context.recent(3)[::-1]
    if not before or (context.words[-1].after and not _is_roman(before[0])):
        return False
    if before[0] in _LISTING or _is_roman(before[0]):  # the second of several
        earlier = [
            word for word in context.recent(8)[:-1] if not _is_roman(word) and word not in ("and", "or", "to", "&")
        ]
        return bool(earlier) and _singular(earlier[-1]) in _COUNTED and any(map(_is_roman, before)) and numeral != "I"
    if _singular(before[0]) not in _COUNTED or before[0] == "no" and context.words[-1].text[-1] != ".":
        return False
    if numeral.islower():
        return _is_small_numeral(context, numeral, before[0], end)
    if numeral == "I":
        capital = context.words[-1].text[0].isupper() and _singular(before[0]) in _SURELY_COUNTED
        return capital and context.following(end).lower() not in _FIRST_PERSON
    if len(numeral) == 1:
        return numeral == "V" or (numeral == "X" and _singular(before[0]) in _SURELY_COUNTED)
    return not set(numeral) <= set("CDM")


def _is_small_numeral(context: Context, numeral: str, before: str, end: int) -> bool:
    """ii and the like; one letter only where it can hardly be a word."""
    if not re.fullmatch("[ivxl]+", numeral) or numeral == "l":
        return False
    return (
        len(numeral) > 1 or (numeral != "i" or before in ("scene", "p", "pp")) and not context.following(end).isalpha()
    )


def _is_roman(word: str) -> bool:
    return bool(re.fullmatch("[ivxlc]+", word)) and bool(numerals.roman(word.upper()))


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and word not in ("series", "class") else word


def _alone(numeral: str, count: list[str]) -> list[str] | None:
    """III with nothing before it to count."""
    return count if len(numeral) > 1 and set(numeral) <= set("IVX") and numeral not in _NOT_NUMBERS else None


def _after_name(context: Context, numeral: str, value: int, end: int) -> list[str] | None:
    """Henry VIII and Thutmose II are ordinals, Rocky IV and the Saturn V cardinals, Malcolm X a letter."""
    last, before = context.words[-1].text, context.recent(3)[::-1]
    name = before[0].removesuffix("'s")
    count = numerals.cardinal(str(value))
    if not set(numeral) <= set("IVX") or before[0] in STARTERS:
        return None
    if not last[0].isupper() or "." in last.rstrip("."):
        return _alone(numeral, count)
    if name in _RULERS or _TITLES & set(before[1:]):
        return _ordinal_name(value) if _ends_name(context, numeral, end) else None
    things = name in _SERIES or (last.isupper() and not context.shouting)
    if things or before[1:2] == ["the"] or any(map(str.isdecimal, last)):
        return count if numeral not in "IX" else None
    return _ordinal_name(value) if len(numeral) > 1 and numeral not in ("XX", "XXX") else None


def _ends_name(context: Context, numeral: str, end: int) -> bool:
    """Whether a single letter after a ruler's name is neither an initial, as in George V. Higgins, nor the pronoun."""
    following = context.following(end)
    initial = context.clean[end : end + 1] == "." and following[:1].isupper() and following.lower() not in STARTERS
    pronoun = numeral == "I" and following.lower() in _FIRST_PERSON
    return len(numeral) > 1 or not (initial or pronoun)


def _ordinal_name(value: int) -> list[str]:
    return ["the", *numerals.ordinal(str(value))]


def _span(context: Context, found: re.Match) -> list[str] | None:
    """Acts I–III, pp. ix–xii."""
    low, high = (numerals.roman(numeral.upper()) for numeral in found.groups())
    before = context.recent(1)
    if not (low and high and before and _singular(before[0]) in _COUNTED):
        return None
    return [*numerals.cardinal(str(low)), "to", *numerals.cardinal(str(high))]


def _world_war(context: Context, found: re.Match) -> list[str] | None:
    return ["World", "War", {"I": "one", "1": "one"}.get(found[1], "two")]


# --- the letter A ------------------------------------------------------------------------------------------------

_LABELLED = words(
    "vitamin plan hepatitis type group grade class section part option team gate block building exhibit appendix annex"
    " schedule level division series side point step question answer choice letter string key note model category"
    " terminal wing row platform hall room size list tier zone unit phase factor protein influenza strep ward lane bus"
    " train route line form draft version figure box column player person party company brand product item sample"
    " variant grades an straight from letters"
)
_JOINS_LETTERS = words("and or is was to plus minus equals through versus vs")


def _letter_a(context: Context, found: re.Match) -> list[str] | None:
    """The letter's name, as in vitamin A, A/B or an A; None for the article."""
    end, clean = found.end(), context.clean
    before, after = clean[found.start() - 1 : found.start()], clean[end : end + 1]
    if after == "-":
        return ["A."] if clean[end + 1 : end + 2].isalpha() else None
    if after == "'" and is_word_char(clean[end + 1 : end + 2] or " "):
        return None
    if after not in (" ", "\n") or before in tuple("/&+=×→<>-–"):
        return ["A."]
    following = context.following(end)
    if context.previous() in _LABELLED and not _opens_clause(context, found.start(), before):
        return ["A."]
    sign = clean[end : end + 2].strip()
    if sign in tuple("=+×→<>≥≤−–—-&") and not clean[end + 2 : end + 3].isdecimal():  # unlike a -3 dB drop
        return ["A" if sign == "=" else "A."]
    if _opens_clause(context, found.start(), before):
        return ["A."] if following.lower() in _JOINS_LETTERS else None
    title = context.shouting or context.words[-1].text[0].isupper() or (following[:1].isupper() and len(following) > 1)
    return ["A."] if following.isalpha() and not title else None


def _variable_a(context: Context, found: re.Match) -> list[str] | None:
    """a + b = c"""
    return ["A."] if formula(context, found.start(), found.end()) else None


def _variable(context: Context, found: re.Match) -> list[str] | None:
    """The x of x+5."""
    return ["A."] if found.group() in "aA" else [found.group()]


def _opens_clause(context: Context, start: int, before: str) -> bool:
    last = before if before != " " else context.clean[:start].rstrip(" ")[-1:]
    return not context.words or bool(context.words[-1].after) or not (last.isalnum() or last in "'.")


def _letters_to(context: Context, found: re.Match) -> list[str] | None:
    """A–Z."""
    return [f"{found[1]}.", "to", f"{found[2]}."]


def _slashed_letters(context: Context, found: re.Match) -> list[str] | None:
    """A/B, with the A as a letter."""
    return ["A." if letter == "A" else letter for letter in found.group().split("/")]


WARS = patterns((rf"WW ?(II?|[12]){END}", _world_war))
LETTERS = patterns(
    (rf"([IVXLCDM]+|[ivxl]+)[-–—]([IVXLCDM]+|[ivxl]+){END}", _span),
    (rf"([IVXLCDM]+|(?<=[ .(–-])[ivxl]+)('s)?{END}(?!'\w|\.\w)", _roman),
    (rf"(?=[A-Z/]{{0,8}}A)[A-Z](?:/[A-Z]){{1,4}}{END}(?!/)", _slashed_letters),
    (rf"([A-Z])(?:–|(?<=A)-(?=Z))([A-Z]){END}", _letters_to),
    (rf"A{END}(?!\.[A-Za-z ])", _letter_a),
    (r"a(?= ?[-+−×÷=<>])", _variable_a),
    (r"[A-Za-z](?=[+−×÷=]\d)", _variable),
)
