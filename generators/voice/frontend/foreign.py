"""Numbers in other languages than English, with the signs, currencies and units around them."""

from __future__ import annotations

import re

from generators.voice.frontend.english.grammar import one_of

# num2words' names of Kokoro's languages; the others' digits are left to espeak.
_LANGUAGES = {"es": "es", "fr": "fr", "it": "it", "pt": "pt_BR", "de": "de", "ja": "ja"}
_LONGEST_NUMBER = 15
_PERCENT_IN_HINDI = "प्रतिशत"
# What is spoken for a sign or a unit; one and many where they differ; "to" joins a range, "cents" an amount's cents.
_SPOKEN = {
    "es": {
        "+": "más", "-": "menos", "±": "más menos", "~": "unos", "<": "menos de", ">": "más de", "≤": "como máximo",
        "≥": "como mínimo", "=": "igual a", "×": "por", "÷": "entre", "to": "a", "cents": "con", "%": "por ciento",
        "€": "euro|euros", "$": "dólar|dólares", "£": "libra|libras", "¥": "yen|yenes",
        "°C": "grado Celsius|grados Celsius", "°": "grado|grados",
        "km/h": "kilómetro por hora|kilómetros por hora", "km": "kilómetro|kilómetros",
        "m": "metro|metros", "cm": "centímetro|centímetros", "mm": "milímetro|milímetros", "kg": "kilo|kilos",
        "g": "gramo|gramos", "l": "litro|litros", "h": "hora|horas", "min": "minuto|minutos", "s": "segundo|segundos",
    },
    "fr": {
        "+": "plus", "-": "moins", "±": "plus ou moins", "~": "environ", "<": "moins de", ">": "plus de",
        "≤": "au plus", "≥": "au moins", "=": "égale", "×": "fois", "÷": "divisé par", "to": "à", "cents": "",
        "%": "pour cent", "€": "euro|euros", "$": "dollar|dollars", "£": "livre|livres", "¥": "yen|yens",
        "°C": "degré Celsius|degrés Celsius", "°": "degré|degrés", "km/h": "kilomètre-heure|kilomètres-heure",
        "km": "kilomètre|kilomètres", "m": "mètre|mètres", "cm": "centimètre|centimètres",
        "mm": "millimètre|millimètres", "kg": "kilo|kilos", "g": "gramme|grammes", "l": "litre|litres",
        "h": "heure|heures", "min": "minute|minutes", "s": "seconde|secondes",
    },
    "de": {
        "+": "plus", "-": "minus", "±": "plus minus", "~": "etwa", "<": "kleiner als", ">": "größer als",
        "≤": "höchstens", "≥": "mindestens", "=": "gleich", "×": "mal", "÷": "durch", "to": "bis", "cents": "",
        "%": "Prozent", "€": "Euro", "$": "Dollar", "£": "Pfund", "¥": "Yen", "°C": "Grad Celsius", "°": "Grad",
        "km/h": "Kilometer pro Stunde", "km": "Kilometer", "m": "Meter", "cm": "Zentimeter", "mm": "Millimeter",
        "kg": "Kilogramm", "g": "Gramm", "l": "Liter", "h": "Stunde|Stunden", "min": "Minute|Minuten",
        "s": "Sekunde|Sekunden",
    },
    "it": {
        "+": "più", "-": "meno", "±": "più o meno", "~": "circa", "<": "meno di", ">": "più di", "≤": "al massimo",
        "≥": "almeno", "=": "uguale a", "×": "per", "÷": "diviso", "to": "a", "cents": "e", "%": "per cento",
        "€": "euro", "$": "dollaro|dollari", "£": "sterlina|sterline", "¥": "yen", "°C": "grado Celsius|gradi Celsius",
        "°": "grado|gradi", "km/h": "chilometro orario|chilometri orari", "km": "chilometro|chilometri",
        "m": "metro|metri", "cm": "centimetro|centimetri", "mm": "millimetro|millimetri", "kg": "chilo|chili",
        "g": "grammo|grammi", "l": "litro|litri", "h": "ora|ore", "min": "minuto|minuti", "s": "secondo|secondi",
    },
    "pt": {
        "+": "mais", "-": "menos", "±": "mais ou menos", "~": "cerca de", "<": "menos de", ">": "mais de",
        "≤": "no máximo", "≥": "no mínimo", "=": "igual a", "×": "vezes", "÷": "dividido por", "to": "a", "cents": "e",
        "%": "por cento", "R$": "real|reais", "€": "euro|euros", "$": "dólar|dólares", "£": "libra|libras",
        "¥": "iene|ienes", "°C": "grau Celsius|graus Celsius", "°": "grau|graus",
        "km/h": "quilômetro por hora|quilômetros por hora", "km": "quilômetro|quilômetros", "m": "metro|metros",
        "cm": "centímetro|centímetros", "mm": "milímetro|milímetros", "kg": "quilo|quilos", "g": "grama|gramas",
        "l": "litro|litros", "h": "hora|horas", "min": "minuto|minutos", "s": "segundo|segundos",
    },
}  # fmt: skip
_SAME = {"−": "-", "–": "-", "≈": "~", "∼": "~"}
_MONEY = ("R$", "€", "$", "£", "¥")
_UNITS = ("%", "°C", "°", "km/h", "km", "m", "cm", "mm", "kg", "g", "l", "h", "min", "s")
_NUMBER = r"\d+(?:[.,]\d+)*"
_AMOUNT = re.compile(
    rf"(?P<sign>[-−–+±~≈∼<>≤≥=×÷](?= ?[{re.escape(''.join(_MONEY[1:]))}R]?\$? ?\d))? ?(?P<before>{one_of(_MONEY)})? ?"
    rf"(?P<low>{_NUMBER})(?: ?[-–] ?(?P<high>{_NUMBER})(?![\d-]))?"
    rf"(?: ?(?P<behind>{one_of(_MONEY)}|%|°C?|(?:{one_of(_UNITS[3:])})(?![^\W_])))?(?![^\W_])"
)


def amount(clean: str, at: int, language: str) -> tuple[int, list[str]] | None:
    """Where the number at this place of a text ends, with the sign before and the unit behind it, and the words that
    are spoken for it; None where there is none."""
    found = _AMOUNT.match(clean, at)
    if not found:
        return None
    short = language.split("-")[0]
    spoken = _SPOKEN.get(short)
    sign, joined = found["sign"], clean[at - 1 : at].isalnum()
    if sign in ("-", "–") and joined:
        return None
    if spoken is None:
        return _plain(found, short)
    name = found["behind"] or found["before"]
    words = [spoken[_SAME.get(sign, sign)]] if sign else []
    words += _counted(found["low"], found["high"], name, short, spoken)
    return found.end(), " ".join(words).split()


def _plain(found: re.Match, short: str) -> tuple[int, list[str]] | None:
    """A bare number, in Hindi also of percent."""
    if found["sign"] or found["before"]:
        return None
    if found["behind"] == "%" and not found["high"]:
        return found.end(), [*number(found["low"], short), *([_PERCENT_IN_HINDI] if short == "hi" else [])]
    return found.end("low"), number(found["low"], short)


def _counted(low: str, high: str | None, name: str | None, short: str, spoken: dict[str, str]) -> list[str]:
    one, _, many = spoken[name].partition("|") if name else ("", "", "")
    many = many or one
    if high:
        return [*number(low, short), spoken["to"], *number(high, short), many]
    cents = re.fullmatch(r"(.*\d)[.,](\d\d)", low) if name in _MONEY else None
    if cents and int(cents[2]):
        return [*number(cents[1], short), many, spoken["cents"], *number(str(int(cents[2])), short)]
    low = cents[1] if cents else low
    if low == "1" and one and short in _ONE:
        masculine, feminine, ending = _ONE[short]
        return [feminine if one.endswith(ending) else masculine, one]
    return [*number(low, short), one if low == "1" else many]


_ONE = {"de": ("ein", "eine", "e"), "es": ("un", "una", "a"), "it": ("un", "una", "a")}  # before a noun in -e or -a


def number(written: str, short: str) -> list[str]:
    """A number in a language of two letters; where no words are known its digits, which espeak reads."""
    decimal = re.sub(r"\.(?=\d{3}(\D|$))", "", written).replace(",", ".")  # 1.234,5
    plain = written.replace(",", "") if short == "hi" else decimal
    if short not in _LANGUAGES or not re.fullmatch(r"\d+(\.\d+)?", plain) or len(plain) > _LONGEST_NUMBER:
        return [written]
    from num2words import num2words

    value = float(plain) if "." in plain else int(plain)
    return num2words(value, lang=_LANGUAGES[short]).replace(",", "").split()
