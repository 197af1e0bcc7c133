"""How English writes what it does not spell out: numbers, dates, money, abbreviations, capitals, addresses.

`LETTER_PATTERNS` and `PATTERNS` pair a pattern with a function that says what is spoken where it matches, or None
when it is something else there. Order decides: the first that has an answer is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from generators.voice import colloquial, numerals

if TYPE_CHECKING:
    from generators.voice.text import Reader

    Read = Callable[[Reader, re.Match], list[str] | None]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- vocabulary --------------------------------------------------------------------------------------------------

_ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miz", "mx": "mix", "prof": "professor", "jr": "junior", "sr": "senior",
    "vs": "versus", "etc": "et cetera", "e.g": "for example", "i.e": "that is", "approx": "approximately",
    "dept": "department", "est": "established", "fig": "figure", "figs": "figures", "inc": "incorporated",
    "ltd": "limited", "corp": "corporation", "gen": "general", "sgt": "sergeant", "capt": "captain",
    "lt": "lieutenant", "col": "colonel", "rev": "reverend", "hon": "honorable", "sen": "senator",
    "rep": "representative", "gov": "governor", "pres": "president", "mt": "mount", "ave": "avenue",
    "blvd": "boulevard", "rd": "road", "jan": "January", "feb": "February", "mar": "March", "apr": "April",
    "jun": "June", "jul": "July", "aug": "August", "sep": "September", "sept": "September", "oct": "October",
    "nov": "November", "dec": "December", "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday",
    "thu": "Thursday", "thurs": "Thursday", "fri": "Friday", "cf": "compare", "vol": "volume",
    "ed": "editor", "eds": "editors", "min": "minute", "max": "maximum", "hrs": "hours", "secs": "seconds",
    "ext": "extension", "tel": "telephone", "asst": "assistant", "assn": "association", "govt": "government",
    "misc": "miscellaneous", "temp": "temperature", "avg": "average", "messrs": "messieurs", "mme": "madame",
    "co": "company", "apt": "apartment", "p": "page", "pp": "pages", "ch": "chapter", "sec": "section",
    "tbsp": "tablespoons", "tsp": "teaspoons", "bros": "brothers", "univ": "university", "al": "al",
    "ca": "circa", "viz": "namely",
}  # fmt: skip
# These need no dot to be abbreviations.
_BARE = _names("mr mrs dr ms prof vs etc jr sr approx dept ltd")
# These often close a sentence, so the dot counts for both when a new one seems to begin.
_MAY_END = _names("etc inc ltd corp co jr sr a.m p.m al")
# Real words too: they are abbreviations only before a capital or a number.
_ALSO_WORDS = _names(
    "mar jun sun mon wed fri est fig gen hon rep col rev ed min max ext temp al no sat dec co p pp ch sec"
)
STARTERS = _names(
    "the a an it he she we they you i this that these those there but and so if in on at what when why how where"
    " who my his her our their its after before then now yes no not as for with from all some"
)
_AS_WORDS = _names(  # written in capitals, said as a word
    "NASA NATO UNESCO UNICEF FIFA OPEC AIDS COVID RAM ROM PIN SIM GIF JPEG JSON LASER RADAR SCUBA ASAP ISO NAFTA"
    " LAN WAN CAPTCHA MIDI SWAT OK ASEAN NASDAQ HIPAA OSHA FEMA IKEA LEGO TED GAN BERT CUDA YAML TOML BASIC SARS"
    " MERS DOS BIOS CAD NIMBY YOLO FOMO SONAR MIEN"
)
_SPELLED = _names(  # words otherwise, but said letter by letter
    "AI US UK EU UN UAE USA IT ID UI UX API CEO CFO CTO CIO IOU IP IQ EQ AM PM AD BC VIP DIY FAQ ETA OS IOS URL"
    " EV EKG ER HR PR TV DJ MC UV UFO AA AC IPO IPA IRA USB SUV NGO NBA NHL AR VR XR OLED LED ROI APR EMI IEEE"
    " ACM SAT"
)
_COUNTED = _names(
    "chapter part section act volume book war phase type level appendix figure bowl episode season article title"
    " rocky mark class grade stage scene tier"
)
_RULERS = _names(
    "henry louis charles george elizabeth edward richard james william philip john paul pius benedict napoleon"
    " nicholas alexander catherine francis frederick gregory leo clement innocent urban ramesses ivan robert"
)
SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "×": "times", "÷": "divided by", "±": "plus or minus", "≈": "about",
    "≤": "at most", "≥": "at least", "§": "section", "%": "percent", "°": "degrees", "→": "to", "@": "at",
    "≠": "does not equal", "√": "the square root of", "∞": "infinity", "π": "pi",
}  # fmt: skip
_ADDRESS_SIGNS = {".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", "+": "plus", ":": "colon"}
_DOMAINS = "com|org|net|edu|gov|io|ai|dev|app|info|co|uk|de|fr|eu|us|ca|tv|me|biz"
_PLAIN_WORDS_AS_DOMAIN = frozenset(("me", "us", "ai", "app", "de", "info"))

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_END = r"(?![^\W_])"  # no letter or digit follows
_UNITS = "|".join(sorted(map(re.escape, numerals.UNITS), key=len, reverse=True))
CURRENCY_SIGNS = re.escape("".join(numerals.CURRENCIES))
_CURRENCY_CODES = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_MAGNITUDES = "|".join(sorted(numerals.MAGNITUDES, key=len, reverse=True))
_MONTH_NAMES = frozenset(m.lower() for m in numerals.MONTHS) | _names(
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)


# --- readers -----------------------------------------------------------------------------------------------------


def _address(reader: Reader, found: re.Match) -> list[str] | None:
    """Web and mail addresses: their words with dot, slash and at between."""
    address = re.sub(r"^(?:https?://)?(?:www\.)?|[?#].*$", "", found.group()).rstrip("/")
    spoken = []
    for part in re.findall(r"[A-Za-z]+|\d+|[./_@+:-]", address):
        if part in _ADDRESS_SIGNS:
            spoken.append(_ADDRESS_SIGNS[part])
        else:
            spoken += numerals.cardinal(part) if part.isdigit() else [_letters_or_word(part)]
    return spoken


def _letters_or_word(part: str) -> str:
    """A piece of an address or a code: spelled when it has no vowel, else a word."""
    if len(part) > 1 and not re.search(r"[aeiouyAEIOUY]", part):
        return ".".join(part.upper()) + "."
    return part


def dotted_name(word: str) -> list[str]:
    """node.js and file.txt: dots are said."""
    parts = [part for part in word.split(".") if part]
    return [said for i, part in enumerate(parts) for said in ([] if i == 0 else ["dot"]) + [_letters_or_word(part)]]


def _bare_domain(reader: Reader, found: re.Match) -> list[str] | None:
    name, ending = found.group().split("/")[0].rsplit(".", 1)
    if ending in _PLAIN_WORDS_AS_DOMAIN and name.islower() is False:
        return None  # more likely a missing space after a full stop
    return _address(reader, found)


def _abbreviation(reader: Reader, found: re.Match) -> list[str] | None:
    name, dot = found[1].lower(), found[2]
    word = reader.following(found.end())
    before_capital = word[:1].isupper() or word[:1].isdigit()
    if not dot and name not in _BARE:
        return None
    if name in ("dr", "st"):
        spoken = _doctor_or_saint(reader, name, before_capital)
    elif name == "no":
        spoken = "number" if dot and word[:1].isdigit() else None
    elif name in _ALSO_WORDS and not before_capital:
        return None
    else:
        spoken = _ABBREVIATIONS.get(name)
    if spoken is None:
        return None
    return _end_after(reader, found, spoken.split(), name in _MAY_END or name in ("dr", "st"))


def _doctor_or_saint(reader: Reader, name: str, before_capital: bool) -> str:
    title, street = {"dr": ("doctor", "drive"), "st": ("saint", "street")}[name]
    after_name = reader.words and reader.words[-1].text[:1].isupper() and reader.previous() not in STARTERS
    return (
        street
        if after_name and not reader.words[-1].after and not (name == "dr" and before_capital)
        else (title if before_capital else street)
    )


def _end_after(reader: Reader, found: re.Match, spoken: list[str], may_end: bool) -> list[str]:
    """Hand on `spoken`, closing the sentence behind it where its dot is the full stop as well."""
    if found.group().endswith(".") and may_end and reader.abbreviation_ends(found.end()):
        reader.add(found.start(), found.end(), spoken)
        reader.pause(".")
        reader.end_sentence()
        return []
    return spoken


def _dotted_letters(reader: Reader, found: re.Match) -> list[str] | None:
    letters = re.findall(r"[A-Za-z]", found.group())
    name = ".".join(letters).lower()
    if name in ("e.g", "i.e"):
        return _ABBREVIATIONS[name].split()
    return _end_after(reader, found, [".".join(letters).upper() + "."], True)


def _initial(reader: Reader, found: re.Match) -> list[str] | None:
    """J. in J. R. R. Tolkien; a lone I or a letter after a small word closes its sentence instead."""
    last = reader.words[-1].text if reader.words else ""
    name_before = not last or last[0].isupper()
    if reader.following(found.end()).lower() in STARTERS:
        return None
    return [found[1] + "."] if name_before and found[1] != "I" or re.fullmatch(r"[A-Z]\.?", last) else None


def _capitals(reader: Reader, found: re.Match) -> list[str] | None:
    """Acronyms: spelled or said as a word."""
    name, plural = found[1], found[2] or ""
    if numerals.roman(name) and (value := _roman(reader, name)):
        return value
    if name in _AS_WORDS:
        return [name.lower() + plural]
    spelled = name in _SPELLED or not re.search("[AEIOUY]", name) or (len(name) <= 3 and name not in _SHORT_WORDS)
    if reader.shouting and (name not in _SPELLED or name in ("US", "IT", "AM")):
        spelled = not re.search("[AEIOUY]", name) and len(name) > 1
    if not spelled:
        return [name.lower() + plural]
    return [".".join(name) + "." + ("s" if plural else "")]


_SHORT_WORDS = _names(
    "THE AND YOU ARE NOT BUT FOR ALL CAN HAS HAD HER HIS HIM ONE OUR OUT DAY GET HOW MAN NEW NOW OLD SEE TWO WAY"
    " WHO BOY DID ITS LET PUT SAY SHE TOO USE YES NO SO GO DO BE BY HE IF IN IS OF ON OR TO UP WE MY ME AN AS AT"
    " WHY BIG BAD END FAR FUN GOD GUY HEY HOT JOB LOT LOW MAD MAY MOM DAD NOR OFF OH OWN PAY RED RUN SAD SIT SIX"
    " TEN TOP TRY WAR WAS WIN WON YET AGO ANY ASK BED BOX BUY CAR CUT EAT EYE FEW AIR WOW"
)


def _roman(reader: Reader, name: str) -> list[str] | None:
    value, before = numerals.roman(name), reader.previous()
    if before in _COUNTED:
        return numerals.cardinal(str(value))
    if before in _RULERS:
        return ["the", *numerals.ordinal(str(value))]
    return None


def _mixed_code(reader: Reader, found: re.Match) -> list[str] | None:
    """Letters and digits in one word, as MP3, COVID-19 or GPT-4."""
    spoken: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+(?:\.\d+)*", found.group()):
        if part == "s" and spoken:
            spoken[-1] = numerals.plural(spoken[-1])
        elif part.count(".") > 1:
            spoken += _version_words(part)
        elif part[0].isdigit():
            short = len(part) <= 2 or "." in part or part.endswith("00")
            spoken += numerals.cardinal(part) if short else numerals.digits(part)
        elif part.isupper() and part not in _AS_WORDS:
            spoken.append(".".join(part) + ".")
        else:
            spoken.append(part.lower() if part in _AS_WORDS else _letters_or_word(part))
    return spoken


def _iso_date(reader: Reader, found: re.Match) -> list[str] | None:
    return _date(reader, found[1], int(found[2]), int(found[3]))


def _slash_date(reader: Reader, found: re.Match) -> list[str] | None:
    month, day = int(found[1]), int(found[2])
    if reader.british or month > 12:
        month, day = day, month
    return _date(reader, found[3], month, day)


def _date(reader: Reader, year: str, month: int, day: int) -> list[str] | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if len(year) == 2:
        year = ("20" if int(year) < 50 else "19") + year
    return numerals.date(year, month, day, reader.british)


def _clock(reader: Reader, found: re.Match) -> list[str] | None:
    half = (found[3] or "").lower() + "m" if found[3] else ""
    return _end_after(reader, found, numerals.clock(int(found[1]), int(found[2] or 0), half), bool(half))


def _money(reader: Reader, found: re.Match) -> list[str] | None:
    minus, sign, amount, magnitude = found.groups()
    return (["minus"] if minus else []) + numerals.money(sign, amount, magnitude or "", reader.british)


def _money_behind(reader: Reader, found: re.Match) -> list[str] | None:
    return numerals.money(found[2], found[1], "", reader.british)


def _percent(reader: Reader, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1], reader.british), "percent"]


def _measure(reader: Reader, found: re.Match) -> list[str] | None:
    return numerals.measure(found[1], found[2], reader.british)


def _phone_number(reader: Reader, found: re.Match) -> list[str] | None:
    spoken: list[str] = ["plus"] if found.group().startswith("+") else []
    groups = re.findall(r"\d+", found.group())
    for i, group in enumerate(groups):
        spoken += numerals.digits(group)
        if i < len(groups) - 1:
            spoken[-1] += ","
    return spoken


def _version(reader: Reader, found: re.Match) -> list[str] | None:
    return _version_words(found.group())


def _version_words(version: str) -> list[str]:
    parts = version.split(".")
    return [word for i, part in enumerate(parts) for word in ([] if i == 0 else ["point"]) + numerals.cardinal(part)]


def _range(reader: Reader, found: re.Match) -> list[str] | None:
    low, high, tail = found[1], found[2], found[3] or ""
    if low == high:
        return [*numerals.cardinal(low, reader.british), *numerals.cardinal(high, reader.british)]  # fifty-fifty
    years = len(low) == 4 and len(high) in (2, 4) and "," not in found.group()
    spoken = [*(numerals.year(low) if years else numerals.cardinal(low, reader.british)), "to"]
    spoken += numerals.year(high) if years and len(high) == 4 else numerals.cardinal(high, reader.british)
    return spoken + (["percent"] if tail.strip() == "%" else numerals.UNITS[tail.strip()][1].split() if tail else [])


def _ratio(reader: Reader, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1]), "to", *numerals.cardinal(found[2])]


def _power(reader: Reader, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1]), "to", "the", "power", "of", *numerals.cardinal(found[2])]


def _plural_number(reader: Reader, found: re.Match) -> list[str] | None:
    spoken = numerals.cardinal(found[1])
    spoken = spoken[1:] if spoken[0] == "one" and len(spoken) == 2 else spoken  # hundreds
    return [*spoken[:-1], numerals.plural(spoken[-1])]


def _coded_money(reader: Reader, found: re.Match) -> list[str] | None:
    code, amount = (found[1], found[2]) if found[1] else (found[4], found[3])
    return numerals.money(_CURRENCY_CODES[code], amount, "", reader.british)


def _world_war(reader: Reader, found: re.Match) -> list[str] | None:
    return ["World", "War", {"I": "one", "1": "one"}.get(found[1], "two")]


def _grade(reader: Reader, found: re.Match) -> list[str] | None:
    signs = {"+": "plus", "-": "minus", "#": "sharp"}
    return [found[1] + ".", *(signs[sign] for sign in found[2])]


def _inches(reader: Reader, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1]), "inch" if found[1] == "1" else "inches"]


def _times(reader: Reader, found: re.Match) -> list[str] | None:
    return ["times"] if reader.words and reader.words[-1].text[-1:].isdecimal() else None


def _fraction(reader: Reader, found: re.Match) -> list[str] | None:
    whole, top, bottom = found[1], int(found[2]), int(found[3])
    if whole:
        said = numerals.fraction(top, bottom)
        return [*numerals.cardinal(whole), "and", *(["a", *said[1:]] if top == 1 else said)]
    return numerals.fraction(top, bottom)


def _vulgar(reader: Reader, found: re.Match) -> list[str] | None:
    top, bottom = numerals.VULGAR_FRACTIONS[found[2]]
    said = numerals.fraction(top, bottom)
    if not found[1]:
        return said
    return [*numerals.cardinal(found[1]), "and", *(["a", *said[1:]] if top == 1 else said)]


def _ordinal(reader: Reader, found: re.Match) -> list[str] | None:
    return numerals.ordinal(found[1], reader.british)


def _decade(reader: Reader, found: re.Match) -> list[str] | None:
    return numerals.decade(found[1])


def _number(reader: Reader, found: re.Match) -> list[str] | None:
    number = found[1]
    bare = number.isdigit()
    if bare and len(number) == 4 and (1100 <= int(number) <= 1999 or 2000 <= int(number) <= 2099):
        return numerals.year(number, reader.british)
    day = bare and len(number) <= 2 and 1 <= int(number) <= 31
    if day and (reader.previous() in _MONTH_NAMES or reader.following(found.end()).lower() in _MONTH_NAMES):
        return numerals.ordinal(number)
    return numerals.cardinal(number, reader.british)


def _negative(reader: Reader, found: re.Match) -> list[str] | None:
    if reader.clean[found.start() - 1 : found.start()] not in ("", " ", "(", "\n"):
        return None
    return ["minus", *numerals.cardinal(found[1], reader.british)]


def _hash(reader: Reader, found: re.Match) -> list[str] | None:
    return ["number", *numerals.cardinal(found[1])] if found[1] else ["hashtag"]


def _about(reader: Reader, found: re.Match) -> list[str] | None:
    return ["about"]


def _compare(reader: Reader, found: re.Match) -> list[str] | None:
    return ["less", "than"] if found.group().startswith("<") else ["greater", "than"]


def _feet_and_inches(reader: Reader, found: re.Match) -> list[str] | None:
    return [*numerals.cardinal(found[1]), "foot", *numerals.cardinal(found[2])]


def _degree(reader: Reader, found: re.Match) -> list[str] | None:
    return [".".join(re.sub(r"\W", "", found.group()).upper()) + "."]


def _with(reader: Reader, found: re.Match) -> list[str] | None:
    return ["without"] if found.group().lower() == "w/o" else ["with"]


def _patterns(*pairs: tuple[str, Read]) -> list[tuple[re.Pattern, Read]]:
    return [(re.compile(pattern), read) for pattern, read in pairs]


# In this order at every place that begins with a letter, and at every other place.
LETTER_PATTERNS = _patterns(
    (r"(?:https?://|www\.)[^\s<>\"')\]]*[A-Za-z0-9/]", _address),
    (r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", _address),
    (rf"(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+(?:{_DOMAINS})(?:/[A-Za-z0-9/_.-]*[A-Za-z0-9/_-])?{_END}", _bare_domain),
    (r"(?:Ph|B|M|D|LL)\.(?:D|Sc|Phil|Eng|Ed|B|M)\.?(?![A-Za-z])", _degree),
    (r"(?:[A-Za-z]\.){2,}(?![A-Za-z])", _dotted_letters),
    (colloquial.WITH_SIGNS, colloquial.with_signs),
    (r"w/o?(?=[ \w])", _with),
    (rf"([A-Za-z]+)(\.(?=[A-Z])|\.?{_END})", _abbreviation),
    (rf"WW(II?|[12]){_END}", _world_war),
    (rf"(USD|EUR|GBP|JPY|INR) ?({_NUMBER}){_END}()()", _coded_money),
    (r"(C)(\+\+|#)(?!\w)", _grade),
    (r"([A-DF])([+-])(?=\s|$|[,;!?)]|\.(?:\s|$))", _grade),
    (r"([A-Z])\.(?= ?[A-Z][A-Za-z.'])", _initial),
    (r"[A-Za-z]+-?\d+(?:\.\d+)*(?:-?[A-Za-z]+|-?\d+)*" + _END, _mixed_code),
    (rf"([A-Z]{{2,}})('?s)?{_END}(?!['-]\w)", _capitals),
    (rf"(V|X){_END}", lambda reader, found: _roman(reader, found[1])),
)
PATTERNS = _patterns(
    (r"[A-Za-z0-9][\w.+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", _address),
    (rf"(\d{{4}})-(\d\d)-(\d\d){_END}", _iso_date),
    (rf"(\d{{1,2}})/(\d{{1,2}})/(\d{{4}}|\d\d){_END}(?!/)", _slash_date),
    (rf"([01]?\d|2[0-4]):([0-5]\d)(?::[0-5]\d)?(?: ?([aApP])\.?[mM](?:\.|{_END}))?(?!\d)", _clock),
    (rf"(1[0-2]|[1-9])() ?([aApP])(?:\.[mM]\.|[mM]{_END})", _clock),
    (rf"(\d{{1,3}}):(\d{{1,3}}){_END}(?!:)", _ratio),
    (rf"()()({_NUMBER}) ?(USD|EUR|GBP|JPY|INR){_END}", _coded_money),
    (rf"([-−]?)(?:US|USD|CA|A)?([{CURRENCY_SIGNS}]) ?({_NUMBER})(?: ?({_MAGNITUDES}){_END})?", _money),
    (rf"({_NUMBER}) ?([{CURRENCY_SIGNS}])", _money_behind),
    (
        r"(?:\+?\d{1,3}[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)|\+\d{1,3}(?: \d{2,5}){2,5}"
        r"|\d{3}-(?:\d\d-)?\d{4}(?![\d-])",
        _phone_number,
    ),
    (rf"(\d[\d,.]{{0,20}}\d|\d) ?[–—-] ?(\d[\d,.]{{0,20}}\d|\d)( ?%| ?(?:{_UNITS}){_END})?{_END}(?![/-]\d)", _range),
    (rf"([-−]?{_NUMBER}) ?(?:%|percent{_END})", _percent),
    (rf"(\d+)(?:st|nd|rd|th){_END}", _ordinal),
    (rf"'?(\d0|\d\d\d0)'?s{_END}", _decade),
    (rf"(\d{{3,6}})s{_END}", _plural_number),
    (rf"(\d+)\^(\d+){_END}", _power),
    (r"(\d+(?:\.\d+)?) ?in\.(?= [a-z])", _inches),
    (rf"(?:(\d+) )?(\d{{1,3}})/(\d{{1,3}}){_END}(?!/)", _fraction),
    (r"(\d)'(\d{1,2})(?:\"|''|(?!\w))", _feet_and_inches),
    (rf"(\d*) ?([{''.join(numerals.VULGAR_FRACTIONS)}])", _vulgar),
    (rf"\d+(?:\.\d+){{2,}}{_END}", _version),
    (rf"([-−]?{_NUMBER}) ?({_UNITS}){_END}(?!'\w)(?:\.(?= [a-z]))?", _measure),
    (rf"({_NUMBER})-?[A-Za-z]+(?:-?\d+)*{_END}", _mixed_code),
    (rf"[-−+]({_NUMBER}){_END}", _negative),
    (rf"({_NUMBER})", _number),
    (rf"#(?:(\d+){_END})?(?=\w|\b)", _hash),
    (r"'n'?(?= )", lambda reader, found: ["and"]),
    (r"[*](?= ?\d)", _times),
    (r"~(?=\d)", _about),
    (r"[<>](?= ?\d)", _compare),
)
