"""What is read piece by piece or digit by digit: addresses, file names, product codes, versions, phone numbers."""

from __future__ import annotations

import re

from generators.voice.frontend import numerals
from generators.voice.frontend.context import Context
from generators.voice.frontend.english.grammar import END, NUMBER, patterns, words
from generators.voice.frontend.english.vocabulary import AS_WORDS

_ADDRESS_SIGNS = {".": "dot", "/": "slash", "-": "dash", "_": "underscore", "@": "at", "+": "plus", ":": "colon"}
_DOMAINS = "com|org|net|edu|gov|io|ai|dev|app|info|co|uk|de|fr|eu|us|ca|tv|me|biz"
_PLAIN_WORDS_AS_DOMAIN = frozenset(("me", "us", "ai", "app", "de", "info"))
_FILE_ENDINGS = (
    "pdf docx? xlsx? pptx? odt rtf txt md csv tsv json xml ya?ml toml ini cfg conf log html? css jsx? tsx? py ipynb"
    " java cpp hpp cs rb rs php sh bat exe dll zip tar gz rar 7z iso dmg apk jpe?g png gif svg webp bmp tiff? ico"
    " mp[34] m4a wav flac ogg avi mov mkv webm psd env lock sql db swift kt vue epub srt vtt ttf otf bin dat bak tmp"
).replace(" ", "|")
_DOT_NAMES = (
    "gitignore|gitattributes|github|git|dockerignore|npmrc|htaccess|bashrc|bash_profile|zshrc|vimrc|ssh|com|org|net|io"
)
_SPELLED_PARTS = words("exe avi apk ui id api")


# --- addresses and file names ------------------------------------------------------------------------------------


def _address(context: Context, found: re.Match) -> list[str] | None:
    """Web and mail addresses: their words with dot, slash and at between."""
    address = re.sub(r"^(?:https?://)?(?:www\.)?|[?#].*$", "", found.group()).rstrip("/")
    spoken = []
    for part in re.findall(r"[A-Za-z]+|\d+|[./_@+:-]", address):
        if part in _ADDRESS_SIGNS:
            spoken.append(_ADDRESS_SIGNS[part])
        else:
            spoken += numerals.cardinal(part) if part.isdigit() else [letters_or_word(part)]
    return spoken


def letters_or_word(part: str) -> str:
    """A piece of an address or a code: spelled when it has no vowel, else a word."""
    if len(part) > 1 and not re.search(r"[aeiouyAEIOUY]", part):
        return ".".join(part.upper()) + "."
    return part


def dotted_name(word: str) -> list[str]:
    """node.js and file.txt: dots are said."""
    parts = [part for part in word.split(".") if part]
    return [said for i, part in enumerate(parts) for said in ([] if i == 0 else ["dot"]) + [letters_or_word(part)]]


def _bare_domain(context: Context, found: re.Match) -> list[str] | None:
    name, ending = found.group().split("/")[0].rsplit(".", 1)
    if ending in _PLAIN_WORDS_AS_DOMAIN and name.islower() is False:
        return None  # more likely a missing space after a full stop
    return _address(context, found)


def _file_name(context: Context, found: re.Match) -> list[str] | None:
    """final_report.pdf, song.mp3."""
    return _file_words(found.group())


def _dot_name(context: Context, found: re.Match) -> list[str] | None:
    """.NET, .env, a .pdf file."""
    if found[1] == "NET":
        return ["dot", "net"]
    return None if context.clean[found.start() - 1 : found.start()].isalnum() else ["dot", *_file_words(found[1])]


def _file_words(name: str) -> list[str]:
    spoken: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+|[._]", name):
        if part in _ADDRESS_SIGNS:
            spoken.append(_ADDRESS_SIGNS[part])
        elif part.isdigit():
            spoken += _code_digits(part)
        elif part.lower() in _SPELLED_PARTS:
            spoken.append(".".join(part.upper()) + ".")
        else:
            spoken.append(part.lower() if part in AS_WORDS else letters_or_word(part))
    return spoken


# --- codes -------------------------------------------------------------------------------------------------------


def _code_digits(part: str) -> list[str]:
    if len(part) == 4 and part[:2] in ("19", "20"):
        return numerals.year(part)
    short = len(part) <= 2 or "." in part or part.endswith("00")
    return numerals.cardinal(part) if short else numerals.digits(part)


def code_words(code: str) -> list[str]:
    """Letters and digits in one word, as MP3, COVID-19 or GPT-4."""
    spoken: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+(?:\.\d+)*", code):
        if part == "s" and spoken:
            spoken[-1] = numerals.plural(spoken[-1])
        elif part.count(".") > 1:
            spoken += _version_words(part)
        elif part[0].isdigit():
            spoken += _code_digits(part)
        elif part.isupper() and part not in AS_WORDS:
            spoken.append(".".join(part) + ".")
        else:
            spoken.append(part.lower() if part in AS_WORDS else letters_or_word(part))
    return spoken


def _mixed_code(context: Context, found: re.Match) -> list[str] | None:
    return code_words(found.group())


_PLAIN_SCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹", "01234567890123456789")


def _formula_of_chemistry(context: Context, found: re.Match) -> list[str] | None:
    """CO₂ and H₂O as CO2 and H2O, Ca²⁺ with its charge."""
    charge = {"⁺": ["plus"], "⁻": ["minus"]}.get(found.group()[-1], [])
    plain = found.group().translate(_PLAIN_SCRIPT)
    spoken: list[str] = []
    for part in re.findall(r"[A-Za-z]+|\d+", plain):
        spoken += numerals.cardinal(part) if part.isdigit() else [".".join(part.upper()) + "."]
    return spoken + charge


def _indexed(context: Context, found: re.Match) -> list[str] | None:
    """x₁ or log₂."""
    return [found[1], *numerals.cardinal(found[2].translate(_PLAIN_SCRIPT))]


def _prefix(context: Context, found: re.Match) -> list[str] | None:
    """The first half of mid-1990s, pre-1914 or sub-$100: the number is read by itself."""
    return [found[1]]


# --- versions and internet addresses -----------------------------------------------------------------------------


def _version(context: Context, found: re.Match) -> list[str] | None:
    parts = found.group().split(".")
    if len(parts) == 4 and all(int(part) < 256 for part in parts) and context.previous() not in _VERSIONS:
        return _internet_address(parts)
    return _version_words(found.group())


_VERSIONS = words("version v ver release build section §")


def _version_words(version: str) -> list[str]:
    parts = version.split(".")
    return [word for i, part in enumerate(parts) for word in ([] if i == 0 else ["point"]) + numerals.cardinal(part)]


def _internet_address(parts: list[str]) -> list[str]:
    """192.168.1.1 as one ninety-two dot one sixty-eight dot one dot one."""
    spoken: list[str] = []
    for part in parts:
        spoken += ["dot"] if spoken else []
        spoken += numerals.pairs(part) if len(part) == 3 else numerals.cardinal(part)
    return spoken


# --- phone numbers and identities --------------------------------------------------------------------------------


def _digit_groups(context: Context, found: re.Match) -> list[str] | None:
    """Digit by digit, with a short pause between the groups."""
    spoken: list[str] = ["plus"] if found.group().startswith("+") else []
    groups = re.findall(r"\d+|[A-Z]+", found.group())
    for group in groups:
        spoken += numerals.digits(group) if group.isdecimal() else [_spoken_letters(group)]
        if group is not groups[-1]:
            spoken[-1] += ","
    return spoken


def _spoken_letters(group: str) -> str:
    return group.lower() if len(group) > 2 else ".".join(group) + "."


def _long_groups(context: Context, found: re.Match) -> list[str] | None:
    """Groups of different lengths, as in an ISBN: at least nine digits, after a plus eight."""
    digits = sum(map(str.isdecimal, found.group()))
    return _digit_groups(context, found) if digits > 8 or (digits == 8 and found.group()[0] == "+") else None


_CALLING = words(
    "call calls called calling dial dials dialed dialled dialing dialling ring rang phone phoned phoning text texted"
    " texting emergency hotline helpline"
)
_CALLED = words("call calls caller callers operator operators dispatcher dispatchers emergency center centre hotline")
_SERVICES = words("911 999 112 111 101 000 110 119 118 211 311 411 511 611 711 811 988 105 113 114 117 122 155 190")
_IDENTITIES = words(
    "id ids account order ticket case invoice reference ref tracking serial confirmation booking code pin password"
    " passcode otp passport license licence zip postcode isbn issn ein ssn vin imei sku"
)
_TELEPHONES = words("call phone telephone tel mobile cell fax dial text number whatsapp")
_SECRETS = words("pin code passcode password otp")


def is_said_in_digits(context: Context, number: str, end: int) -> bool:
    """Whether a bare number is a name: 911 to call, order 48213, or far too long for a count."""
    if number in _SERVICES and _is_called(context, end):
        return True
    recent = context.recent(3)
    if len(number) > 3 and _SECRETS & set(recent):
        return len(number) != 4 or not number.startswith(("19", "20"))
    if len(number) > 4 and _IDENTITIES & set(recent):
        return True
    if len(number) in (5, 6) and "text" in recent and recent[-1] in ("text", "to"):
        return True
    long = 9 if _TELEPHONES & set(recent) else 11
    return len(number) > long and not number.endswith("000")


def _is_called(context: Context, end: int) -> bool:
    following = context.following(end)
    if following == "people" or (
        following.islower() and len(following) > 4 and following[-1] == "s" and following not in _CALLED
    ):
        return False
    return following.lower() in _CALLED or bool(_CALLING & set(context.recent(4)))


_MAIL = r"[A-Za-z0-9][\w.+-]{0,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
_ENDING = rf"\.(?:{_FILE_ENDINGS}|{_FILE_ENDINGS.upper()}){END}(?!\.\w)"
_FILE = r"[A-Za-z0-9][\w-]{0,60}(?:\.[A-Za-z0-9][\w-]{0,20}){0,3}" + _ENDING
_PREFIXES = "mid|pre|post|early|late|sub|top|non|anti|since"

LETTERS = patterns(
    (r"(?:https?://|www\.)[^\s<>\"')\]]*[A-Za-z0-9/]", _address),
    (_MAIL, _address),
    (rf"(?:[A-Za-z0-9][A-Za-z0-9-]{{0,62}}\.)+(?:{_DOMAINS})(?:/[A-Za-z0-9/_.-]*[A-Za-z0-9/_-])?{END}", _bare_domain),
    (_FILE, _file_name),
    (rf"((?i:{_PREFIXES})|[a-z]{{3,}}(?=-(?:[$€£]\d|\d{{4}}s?{END})))-(?=[$€£']?\d)", _prefix),
)


def _time_zone(context: Context, found: re.Match) -> list[str] | None:
    """UTC-5."""
    return [".".join(found[1]) + ".", "plus" if found[2] == "+" else "minus"]


_ELEMENTS = r"(?:[A-Z][a-z]?[₀-₉]*)*"
CODES = patterns(
    (r"(UTC|GMT)([+−-])(?=\d)", _time_zone),
    (
        rf"(?=\w*[₀-₉⁺⁻]){_ELEMENTS}[A-Z][a-z]?(?:[₀-₉]+{_ELEMENTS}[⁰¹²³⁴-⁹]*[⁺⁻]?|[⁰¹²³⁴-⁹]*[⁺⁻])(?!\w)",
        _formula_of_chemistry,
    ),
    (r"([A-Za-z]+)([₀-₉]+)(?!\w)", _indexed),
    (r"[A-Za-z]+-?\d++(?:\.\d++)*+(?:-?[A-Za-z]++|-?\d++)*+" + END, _mixed_code),
)
DOTS = patterns(
    (rf"\.(NET|{_DOT_NAMES}|(?:{_FILE_ENDINGS})){END}", _dot_name),
)
DIGITS = patterns((_MAIL, _address), (_FILE, _file_name))
PHONES = patterns(
    (
        r"(?:\+?\d{1,3}[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)|\+\d{7,15}(?!\d)"
        r"|\d{3}-(?:\d\d-)?\d{4}(?![\d-])|1-\d{3}-[A-Z]{3,}(?:-[A-Z]+)?|97[89]-\d{9}[\dX](?!\w)"
        r"|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,3})?(?![\d-])",
        _digit_groups,
    ),
    (
        r"\+\d{1,3}(?:[ -]?\(0\))?(?:[ -]?\d{2,8}(?=\D|$)){1,6}(?!\d)|\+\d{1,3}(?:\.\d{2,8}){2,5}(?!\d)"
        r"|\(0\d{1,4}\) ?\d{2,8}(?:[ -]\d{2,8}){0,3}(?![\d-])|0\d{1,4}(?:[ -]\d{2,8}){1,5}(?![\d/-])"
        r"|\d{1,5}(?:-\d{1,9}){2,4}(?:-[\dX])?(?![\w-])",
        _long_groups,
    ),
)
VERSIONS = patterns((rf"\d+(?:\.\d+){{2,}}{END}", _version))
DIGIT_CODES = patterns((rf"({NUMBER})-?[A-Za-z]+(?:-?\d++)*+{END}", _mixed_code))
