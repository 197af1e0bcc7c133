"""Numbers with all that stands around them: signs, money, units, ranges, fractions, powers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from generators.voice import numerals, units
from generators.voice.english import dates
from generators.voice.english.grammar import (
    CURRENCY,
    CURRENCY_SIGNS,
    END,
    NUMBER,
    UNIT,
    is_counted,
    one_of,
    patterns,
    words,
)

if TYPE_CHECKING:
    from generators.voice.text import Reader

# --- numbers written the European way ----------------------------------------------------------------------------

_FOREIGN = re.compile(
    r"(?<![\w.,])(?:\d{1,3}(?:(?:\.\d{3})+,\d{1,3}|(?:\.\d{3}){2,})(?!\d|[.,]\d)"  # 1.234,5 or 8.000.000
    r"|\d{1,3}\.\d{3}(?= ?€)"
    r"|\d{1,3},\d\d(?!\w|[.,]\d| (?:and|or|&) )|0,\d+(?!\w|,\d)"
    rf"|\d+,\d{{1,2}}(?=[-–]\d+,\d{{1,2}}(?!\d)|[ ]?(?:(?:{UNIT}|million|billion){END}|[%{CURRENCY_SIGNS}°])))"
    rf"|€ ?\d{{1,3}}\.\d{{3}}(?!\d|[.,]\d)|(?<=[{CURRENCY_SIGNS}])\d+,\d{{1,2}}(?!\d|,\d)"
)
_ANY_FOREIGN = re.compile(r"\d[.,]\d")
_SWAPPED = str.maketrans({".": "'", ",": "."})


def in_english_numbers(clean: str) -> str:
    """The text with numbers such as 8.000.000 and 29,99 written as in English, character for character."""
    if not _ANY_FOREIGN.search(clean):
        return clean
    return _FOREIGN.sub(lambda found: found.group().translate(_SWAPPED), clean)


# --- money and measures ------------------------------------------------------------------------------------------

_ABOUT_MANY = words(
    "people users followers views subscribers customers downloads viewers visitors fans players members copies"
    " children jobs tonnes barrels listeners readers employees workers votes households homes dollars parameters"
    " tokens accounts streams plays likes"
)
_LABELS = words("apartment apt room flat unit seat row gate class grade pencil section block suite platform route")
_DETERMINERS = words("a the this my our your his her their")
_RUNS = words("run race walk video videos resolution tv monitor display screen gold carat ultra camera footage")


def _names(sign: str) -> tuple[str, str, str, str]:
    if sign == "¢":
        return ("cent", "cents", "", "")
    return units.CURRENCIES.get(sign) or units.CURRENCY_CODES[sign]


def _range_words(low: str, high: str | None, british: bool) -> list[str]:
    return numerals.cardinal(low, british) + (["to", *numerals.cardinal(high, british)] if high else [])


def _per(found: re.Match) -> list[str]:
    return units.per(found["per"]) if found["per"] else []


def _money(reader: Reader, found: re.Match) -> list[str] | None:
    names, low, high = _names(found["currency"]), found["low"], found["high"]
    magnitude = units.MAGNITUDES.get(found["magnitude"] or "", "")
    sign = _BEFORE_AMOUNTS[found["sign"]].split() if found["sign"] else []
    if high and formula(reader, found.start(), found.end()):
        return None
    if high or found["adjective"] == "-":
        name = names[0 if found["adjective"] == "-" else 1]
        spoken = [*_range_words(low, high, reader.british), *magnitude.split(), *name.split()]
    else:
        spoken = numerals.money(names, low, magnitude, reader.british)
    return sign + spoken + _per(found)


def _measure(reader: Reader, found: re.Match) -> list[str] | None:
    low, high, unit, magnitude = found["low"], found["high"], found["unit"], found["magnitude"]
    if formula(reader, found.start(), found.end()):
        if high:
            return None
        if unit == "x":
            return [*numerals.cardinal(low, reader.british), "X"]
    one, many = units.UNITS[unit]
    single = found["join"] == "-" or (low in ("1", "1.0") and not high and not magnitude)
    if high == low:
        spoken = [*numerals.cardinal(low, reader.british), *numerals.cardinal(low, reader.british)]
    else:
        spoken = _range_words(low, high, reader.british)
    return [*spoken, *([magnitude] if magnitude else []), *(one if single else many).split(), *_per(found)]


def _large(reader: Reader, found: re.Match) -> list[str] | None:
    """5M, 3K, 2.5B, 7bn: thousands and so on, unless the letter is a name, as in 4K video or Apartment 2B."""
    number, letter, following = found["low"], found["magnitude"].strip(), reader.following(found.end())
    counting = following.lower() in _ABOUT_MANY or is_counted(following)
    named = {
        "K": number in ("4", "8", "401")
        or reader.previous() in ("a", "the", "this", "my", "our", "your", "his", "her"),
        "M": number == "3",
        "B": len(number) == 1 or reader.previous() in _LABELS,
        "T": "." not in number,
        "m": True,
    }
    if not counting and (named.get(letter.upper() if letter == "k" else letter) or following.lower() in _RUNS):
        return None
    if found["high"] and formula(reader, found.start(), found.end()):
        return None
    return [*_range_words(number, found["high"], reader.british), units.MAGNITUDES[letter], *_per(found)]


def _unit_alone(reader: Reader, found: re.Match) -> list[str] | None:
    """km/h or m² without a number before it."""
    return [*units.UNITS[found["unit"]][1].split(), *_per(found)]


def _degrees_of(reader: Reader, found: re.Match) -> list[str] | None:
    return units.UNITS[found.group().replace("º", "°")][1].split()


_RANGE = rf"(?P<low>{NUMBER})(?:(?:[ ]?[-–~][ ]?|—)(?P<high>{NUMBER})(?!\d))?"
_MONEY_MAGNITUDE = rf"(?:(?P<adjective>[ -]?)(?P<magnitude>{one_of(units.MAGNITUDES)}){END})?"
_COUNTED_BY = one_of(
    [*units.UNITS, *units.PER, *words("day hour week month year night person user minute second head")]
)
_PER = (
    rf"(?:(?:/| / (?=(?:{_COUNTED_BY}){END}))"
    rf"(?P<per>(?:{UNIT}){END}|(?!(?:[a-z]+[^su])s{END})[A-Za-z]{{2,}}|[dy]{END}))?"
)
_CODES = one_of(units.CURRENCY_CODES)

# --- signs -------------------------------------------------------------------------------------------------------

SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "×": "times", "÷": "divided by", "±": "plus or minus", "≈": "about",
    "≤": "at most", "≥": "at least", "§": "section", "%": "percent", "°": "degrees", "→": "to", "@": "at",
    "≠": "does not equal", "√": "the square root of", "∞": "infinity", "π": "pi", "−": "minus", "¶": "paragraph",
}  # fmt: skip
_BEFORE_AMOUNTS = SIGNS | {
    "-": "minus", "–": "minus", "~": "about", "∼": "about", "≃": "about", "≅": "about", "<": "less than",
    ">": "greater than", "<=": "at most", ">=": "at least", "=<": "at most", "⩽": "at most", "⩾": "at least",
    "≦": "at most", "≧": "at least", "+/-": "plus or minus", "+-": "plus or minus", "==": "equals",
    "!=": "does not equal", "*": "times", "√": "the square root of", "∓": "minus or plus",
}  # fmt: skip
_SIGN = rf"({one_of(_BEFORE_AMOUNTS.keys() - set('&§%°→@∞π¶'))})([ ]*)"
_AMOUNT_AHEAD = rf"(?=[-−+±~]?(?:(?:{CURRENCY}) ?)?[-−+]?\.?(?:\d|[{''.join(numerals.VULGAR_FRACTIONS)}]))"
_OPERATORS = frozenset(":=([<>±~≈≤≥*×÷/+")
# One character after another, so that a long one costs no more than its length.
_FORMULA = rf"(?:[ \d.,+\-−–*/×÷^√π()²³{CURRENCY_SIGNS}]|(?<![A-Za-z])[A-Za-z](?![A-Za-z])){{0,80}}"
_FORMULA_AHEAD = re.compile(_FORMULA + "[=≈≠≤≥](?!>)")
_FORMULA_BEHIND = re.compile("[=≈≠≤≥]" + _FORMULA + "$")


def formula(reader: Reader, start: int, end: int) -> bool:
    """Whether the place belongs to something like 5 - 3 = 2, where a hyphen is a minus and an x a letter."""
    return bool(
        _FORMULA_AHEAD.match(reader.clean, end) or _FORMULA_BEHIND.search(reader.clean, max(0, start - 80), start)
    )


def _sign(reader: Reader, found: re.Match) -> list[str] | None:
    """A sign before an amount. Where a hyphen is a dash, a bullet or joins what stands around it, it is no minus."""
    sign, gap = found.groups()
    start = found.start()
    before = reader.clean[start - 1 : start]
    if sign in "-–" and not _is_minus(reader, start, found.end(), before, gap):
        return None
    if sign in "~∼" and (before.isdecimal() or (gap and reader.previous()[-1:].isdecimal())):
        return ["to"]
    if sign == "*" and not (reader.previous()[-1:].isdecimal() and (gap or before.isdecimal())):
        return None
    if before == sign and sign in "+<>":
        return None
    return _BEFORE_AMOUNTS[sign].split()


def _is_minus(reader: Reader, start: int, end: int, before: str, gap: str) -> bool:
    last = reader.clean[:start].rstrip(" ")[-1:] if before == " " else before
    if before.isalnum() or before in tuple(")]%°²³\"'"):
        return formula(reader, start, end)
    if gap:
        return last in _OPERATORS or (bool(last) and formula(reader, start, end))
    return before not in tuple("-–—") or reader.clean[start - 2 : start - 1].isalnum()


def _minus_letter(reader: Reader, found: re.Match) -> list[str] | None:
    """a - b = c"""
    return ["minus"] if formula(reader, found.start(), found.end()) else None


def _plus_behind(reader: Reader, found: re.Match) -> list[str] | None:
    """18+ or Disney+."""
    return ["plus"] if reader.clean[found.start() - 1 : found.start()].isalnum() else None


def _currency_alone(reader: Reader, found: re.Match) -> list[str] | None:
    before = reader.clean[found.start() - 1 : found.start()]
    return _names(found.group())[0].split() if before in ("", " ", "(") else None


def _arrow(reader: Reader, found: re.Match) -> list[str] | None:
    return ["to"] if reader.words else None


def _section(reader: Reader, found: re.Match) -> list[str] | None:
    return [("section" if found[1][0] == "§" else "paragraph") + ("s" if len(found[1]) > 1 else "")]


# --- ranges, ratios, sizes ---------------------------------------------------------------------------------------


def _range(reader: Reader, found: re.Match) -> list[str] | None:
    low, high = found[1], found[2]
    if formula(reader, found.start(), found.end()):
        return None
    if low == high:
        return [*numerals.cardinal(low, reader.british), *numerals.cardinal(high, reader.british)]  # fifty-fifty
    if _DAY.fullmatch(low) and _DAY.fullmatch(high) and _in_month(reader, found.end()):
        return [*numerals.ordinal(low), "to", *numerals.ordinal(high)]
    years = len(low) == 4 and len(high) in (2, 4) and (low + high).isdecimal()
    spoken = [*(numerals.year(low) if years else numerals.cardinal(low, reader.british)), "to"]
    return spoken + (numerals.year(high) if years and len(high) == 4 else numerals.cardinal(high, reader.british))


_DAY = re.compile("0?[1-9]|[12][0-9]|3[01]")


def _in_month(reader: Reader, end: int) -> bool:
    return reader.previous() in dates.MONTH_NAMES or reader.following(end).lower() in dates.MONTH_NAMES


def _ratio(reader: Reader, found: re.Match) -> list[str] | None:
    parts = found.group().split(":")
    return [word for i, part in enumerate(parts) for word in [*(["to"] if i else []), *numerals.cardinal(part)]]


def _compared_letters(reader: Reader, found: re.Match) -> list[str] | None:
    """x < y; between longer words > leads from menu to menu."""
    return _BEFORE_AMOUNTS[found[1]].split() if len(reader.previous()) == 1 or reader.previous().isdecimal() else None


def _resolution(reader: Reader, found: re.Match) -> list[str] | None:
    """1920x1080."""
    return [*numerals.pairs(found[1]), "by", *numerals.pairs(found[2])]


def _lines(reader: Reader, found: re.Match) -> list[str] | None:
    """1080p."""
    return [*numerals.pairs(found[1]), found[2].upper()]


def _size(reader: Reader, found: re.Match) -> list[str] | None:
    """One side of 4x4 or 10 × 15 cm; what follows is read by itself. A spaced × between bare numbers is times."""
    number, unit, last = found["low"], found["unit"].strip(), found["last"]
    sides = bool(unit) or last in units.LENGTHS or (not last and found["cross"] != " × ")
    if found["power"] or not sides or formula(reader, found.start(), found.end()):
        return [*numerals.cardinal(number, reader.british), "times"]
    marks = {"": "", "'": "feet", '"': "inches"}
    said = marks[unit] if unit in marks else units.UNITS[unit][1]
    return [*numerals.cardinal(number, reader.british), *said.split(), "by"]


# --- fractions, powers, feet and inches --------------------------------------------------------------------------


def _fraction(reader: Reader, found: re.Match) -> list[str] | None:
    whole, top, bottom, unit = found[1], int(found[2]), int(found[3]), found[4]
    said = numerals.fraction(top, bottom)
    if whole:
        said = [*numerals.cardinal(whole), "and", *(["a", *said[1:]] if top == 1 else said)]
    return said + (units.UNITS[unit][1 if whole else 0].split() if unit else [])


def _vulgar(reader: Reader, found: re.Match) -> list[str] | None:
    top, bottom = numerals.VULGAR_FRACTIONS[found[2]]
    said, unit = numerals.fraction(top, bottom), found[3]
    if found[1]:
        said = [*numerals.cardinal(found[1]), "and", *(["a", *said[1:]] if top == 1 else said)]
    return said + (units.UNITS[unit][1 if found[1] else 0].split() if unit else [])


_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPTS = "[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"


def power_words(exponent: str) -> list[str]:
    """`²` or `6` as squared, to the power of six."""
    plain = exponent.translate(_SUPERSCRIPT)
    if plain in ("2", "3"):
        return ["squared" if plain == "2" else "cubed"]
    minus = ["minus"] if plain[0] in "-−" else []
    return ["to", "the", "power", "of", *minus, *numerals.cardinal(plain.lstrip("-−+"))]


def _power(reader: Reader, found: re.Match) -> list[str] | None:
    """10^6, always to the power of; 10⁶ and 5²."""
    number, caret, exponent = found[1], found[2], found[3]
    if caret and exponent in ("2", "3"):
        return [*numerals.cardinal(number), "to", "the", "power", "of", *numerals.cardinal(exponent)]
    return [*numerals.cardinal(number), *power_words(exponent)]


_FUNCTIONS = words("sin cos tan log ln exp")


def _power_of_letter(reader: Reader, found: re.Match) -> list[str] | None:
    """x², mc² or x^2; behind a longer word the figure is the number of a footnote, which nobody says."""
    pi, base, exponent = found[1], found[2], found[3] or found[4]
    if len(base) > 2 and base not in _FUNCTIONS:
        return [base] if found[3] else None
    letters = base if base in _FUNCTIONS or (len(base) == 1 and base not in "aA") else ".".join(base.upper()) + "."
    return [*(["pi"] if pi else []), letters, *power_words(exponent)]


def _power_behind(reader: Reader, found: re.Match) -> list[str] | None:
    """The exponent of (a + b)²."""
    return power_words(found.group()) if reader.clean[found.start() - 1 : found.start()] in tuple(")]") else None


def _feet_and_inches(reader: Reader, found: re.Match) -> list[str] | None:
    """5'11" is a height; more than eleven inches are seconds."""
    small = found[2] if "." not in found[2] else found[2].split(".")[0]
    if int(small) > 11:
        return [word for word in numerals.duration(0, int(found[1]), int(small)) if word != "and"]
    return [*numerals.cardinal(found[1]), "foot", *numerals.cardinal(found[2])]


def _feet(reader: Reader, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1]), "foot" if found[1] == "1" else "feet"]


def _inches(reader: Reader, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1]), "inch" if found[1] == "1" else "inches"]


def _inch_mark(reader: Reader, found: re.Match) -> list[str] | None:
    """27" where no quotation is open; before a noun it is a 27 inch monitor."""
    line_start = reader.clean.rfind("\n", 0, found.start()) + 1
    open_quote = reader.clean.count('"', line_start, found.start()) % 2
    if open_quote and reader.original[found.end() - 1] != "″":
        return None
    following = reader.following(found.end()) if found["space"] is not None else ""
    single = found[1] == "1" or (following.isalpha() and following.lower() not in _AFTER_INCHES)
    return [*numerals.cardinal(found[1]), "inch" if single else "inches"]


_AFTER_INCHES = words("wide tall long deep thick high by x and or in of from to at is are was were for on with than")


_COMPASS = {"N": "north", "S": "south", "E": "east", "W": "west"}


def _angle(reader: Reader, found: re.Match) -> list[str] | None:
    """40° 26' 46" N."""
    spoken: list[str] = []
    for count, name in zip(found.groups()[:3], ("degree", "minute", "second"), strict=True):
        if count:
            spoken += [*numerals.cardinal(str(int(count)) if count.isdecimal() else count)]
            spoken.append(name if count == "1" else name + "s")
    return spoken + ([_COMPASS[found[4]]] if found[4] else [])


# --- counting words ----------------------------------------------------------------------------------------------


def _ordinal(reader: Reader, found: re.Match) -> list[str] | None:
    return numerals.ordinal(found[1], reader.british)


def _plural_number(reader: Reader, found: re.Match) -> list[str] | None:
    spoken = numerals.cardinal(found[1])
    spoken = spoken[1:] if spoken[0] == "one" and len(spoken) == 2 else spoken  # hundreds
    return [*spoken[:-1], numerals.plural(spoken[-1])]


_UNIT_TAIL = rf"(?: ?({UNIT}){END})?"
_LENGTH = one_of(length for length in units.LENGTHS if length.isalpha())
_SIZE = (
    rf"(?!0x)(?P<low>{NUMBER})(?P<unit>[\"']| ?(?:{_LENGTH})|)(?P<cross> ?[x×] ?)"
    rf"(?=(?P<power>10(?:\^|{_SUPERSCRIPTS}))|{NUMBER}[\"']?(?: ?[x×] ?{NUMBER})?(?: ?(?P<last>{UNIT}){END})?)"
)

LETTERS = patterns(
    (rf"(?P<currency>{_CODES})[ ]?(?P<sign>[-−+]?){_RANGE}{_MONEY_MAGNITUDE}{END}{_PER}", _money),
    (r"(?P<unit>km|mi|m|ft|mg|g|kg|[kMGT]B|[MG]bit|L|l)/(?P<per>h|hr|s|min|dL|L|l|kg|m[²³]|ha)(?![\w/])", _unit_alone),
    (r"(?P<unit>(?:km|cm|mm|m|ft|in|mi)[²³])(?P<per>(?!))?(?!\w)", _unit_alone),
    (rf"(π?)([A-Za-z]+)(?:({_SUPERSCRIPTS})|\^\(?(-?\d+)\)?)(?!\w)", _power_of_letter),
)
MONEY = patterns((rf"(?P<currency>{CURRENCY})[ ]?(?P<sign>[-−+]?){_RANGE}{_MONEY_MAGNITUDE}{_PER}", _money))
DIGITS = patterns(
    (rf"\d{{1,3}}(?::\d{{1,3}})+{END}(?!:)", _ratio),
    (r"(\d{1,3})° ?(\d{1,2})'(?: ?(\d{1,2}(?:\.\d+)?)(?:\"|''))?(?: ?([NSEW])(?!\w))?", _angle),
    (r"(\d+(?:\.\d+)?)[°º]()() ?([NSEW])(?!\w)", _angle),
    (rf"(\d{{3,4}})[x×](\d{{3,4}}){END}", _resolution),
    (rf"(480|576|720|1080|1440|2160|4320)([pi]){END}", _lines),
    (_SIZE, _size),
    (rf"{_RANGE}{_MONEY_MAGNITUDE}(?P<sign>)[ ]?(?P<currency>{CURRENCY}){END}{_PER}", _money),
)
_MEASURE = (
    rf"{_RANGE}(?: (?P<magnitude>thousand|million|billion|trillion))?(?P<join>[ ]?|-(?=[A-Za-z]{{2}}|[mh]\b))"
    rf"(?P<unit>%|(?:{UNIT}){END})(?!'\w){_PER}(?:\.(?= [a-z]))?"
)
BEHIND_PHONES = patterns(
    (rf"(\d+)(?:st|nd|rd|th){END}", _ordinal),
    (rf"(\d{{3,6}})s{END}", _plural_number),
    (_MEASURE, _measure),
    (rf"({NUMBER})(?: ?[–-] ?|—)({NUMBER})(?!\d){END}(?![/-]\d)", _range),
    (rf"{_RANGE}(?P<magnitude> ?(?:bn|Bn|tn|mn|mln)|[kKMBTm]){END}{_PER}", _large),
    (rf"({NUMBER})(\^)\(?([-−]?\d+)\)?{END}", _power),
    (rf"({NUMBER})()({_SUPERSCRIPTS})", _power),
    (r"(\d+(?:\.\d+)?) ?in\.(?= [a-z])", _inches),
    (r"(\d{1,2})' ?(\d{1,2}(?:\.\d+)?)(?:\"|'')", _feet_and_inches),
    (r"(\d{1,2})'(\d{1,2})(?![\w.])", _feet_and_inches),
    (rf"({NUMBER})(?:'|'')(?=(?: (?:tall|long|wide|deep|high|by|x)\b| ?[x×] ?\d))", _feet),
    (rf"({NUMBER})\"(?P<space>(?= ))?(?!\w)", _inch_mark),
    (rf"(?:(\d+)[ -])?(\d{{1,3}})/(\d{{1,3}}){END}(?!/){_UNIT_TAIL}", _fraction),
)
VULGAR = patterns((rf"(\d*)[ ]?([{''.join(numerals.VULGAR_FRACTIONS)}]){_UNIT_TAIL}", _vulgar))
LEADING_POINT = patterns(
    (r"(?<![\w.)])(?=\.\d)" + _MEASURE, _measure),
    (r"(?<![\w.)])(\.\d+)", lambda reader, found: numerals.cardinal(found[1])),
)
BEFORE_AMOUNTS = patterns((_SIGN + _AMOUNT_AHEAD, _sign))
BEFORE_AMOUNTS_FIRST = "".join({sign[0] for sign in _BEFORE_AMOUNTS} - set("&§%°→@∞π¶"))
MINUS_BEFORE_LETTERS = patterns((r"[-–−](?= ?[A-Za-z](?![A-Za-z]))", _minus_letter))
PLUS_BEHIND = patterns((r"\+(?![\w+])", _plus_behind))
ARROWS = patterns((r"-+>(?= ?\w)", _arrow))
CURRENCY_ALONE = patterns((rf"[{CURRENCY_SIGNS}](?=[ ).,?!]|$)", _currency_alone))
POWERS_BEHIND = patterns((_SUPERSCRIPTS, _power_behind))
DEGREES = patterns((rf"[°º][CF]{END}", _degrees_of))
SECTIONS = patterns((r"(§§?|¶¶?) ?(?=\w)", _section))
COMPARED_LETTERS = patterns((r"([<>]=?) ?(?=[A-Za-z](?![A-Za-z]))", _compared_letters))
