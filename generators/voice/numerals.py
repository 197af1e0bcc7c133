"""Numbers, dates, money and measures as the words that are spoken for them."""

from __future__ import annotations

import re

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LONGEST_NUMBER = 15  # more digits than that are read one by one

# Sign or code → one, many, one hundredth, many hundredths.
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₽": ("rouble", "roubles", "kopeck", "kopecks"),
}
MAGNITUDES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "bn": "billion", "B": "billion",
    "b": "billion", "tn": "trillion", "T": "trillion", "thousand": "thousand", "million": "million",
    "billion": "billion", "trillion": "trillion",
}  # fmt: skip

# Written unit → one, many.
UNITS = {
    "km/h": ("kilometer per hour", "kilometers per hour"), "mph": ("mile per hour", "miles per hour"),
    "m/s": ("meter per second", "meters per second"), "km": ("kilometer", "kilometers"),
    "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"), "m": ("meter", "meters"),
    "µm": ("micrometer", "micrometers"), "nm": ("nanometer", "nanometers"), "kg": ("kilogram", "kilograms"),
    "g": ("gram", "grams"), "mg": ("milligram", "milligrams"), "lbs": ("pound", "pounds"), "lb": ("pound", "pounds"),
    "oz": ("ounce", "ounces"), "ft": ("foot", "feet"), "yd": ("yard", "yards"), "mi": ("mile", "miles"),
    "l": ("liter", "liters"), "L": ("liter", "liters"), "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"), "ms": ("millisecond", "milliseconds"), "s": ("second", "seconds"),
    "sec": ("second", "seconds"), "min": ("minute", "minutes"), "h": ("hour", "hours"), "hr": ("hour", "hours"),
    "hrs": ("hours", "hours"), "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"), "GHz": ("gigahertz", "gigahertz"), "kB": ("kilobyte", "kilobytes"),
    "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"), "GB": ("gigabyte", "gigabytes"),
    "TB": ("terabyte", "terabytes"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "V": ("volt", "volts"), "dB": ("decibel", "decibels"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℃": ("degree Celsius", "degrees Celsius"), "°": ("degree", "degrees"), "m²": ("square meter", "square meters"),
    "km²": ("square kilometer", "square kilometers"), "m³": ("cubic meter", "cubic meters"),
    "px": ("pixel", "pixels"), "fps": ("frame per second", "frames per second"), "x": ("times", "times"),
    "kcal": ("kilocalorie", "kilocalories"), "GW": ("gigawatt", "gigawatts"), "MW": ("megawatt", "megawatts"),
}  # fmt: skip
_DENOMINATORS = {2: ("half", "halves"), 4: ("quarter", "quarters")}
VULGAR_FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8),
    "⅞": (7, 8), "⅙": (1, 6),
}  # fmt: skip

# num2words' names of Kokoro's languages; the others' digits are left to espeak.
_LANGUAGES = {"es": "es", "fr": "fr", "it": "it", "pt": "pt_BR", "de": "de", "ja": "ja"}
_PERCENT = {
    "es": "por ciento",
    "fr": "pour cent",
    "it": "per cento",
    "pt": "por cento",
    "hi": "प्रतिशत",
    "de": "Prozent",
}


def _words(text: str, british: bool = False) -> list[str]:
    text = text.replace(",", "")
    return (text if british else text.replace(" and ", " ")).split()


def cardinal(number: str, british: bool = False) -> list[str]:
    """`12`, `1,234` or `-3.50` in English words; numbers of more than 15 digits and `007` digit by digit."""
    from num2words import num2words

    sign = ["minus"] if number[0] in "-−" else []
    whole, _, fraction = number.lstrip("-−+").replace(",", "").partition(".")
    whole = whole or "0"
    if len(whole) > _LONGEST_NUMBER or (len(whole) > 1 and whole[0] == "0"):
        spoken = digits(whole)
    else:
        spoken = _words(num2words(int(whole)), british)
    return sign + spoken + (["point", *digits(fraction)] if fraction else [])


def digits(number: str) -> list[str]:
    """Every digit by itself; other characters are left out."""
    return [_DIGITS[int(c)] for c in number if c.isdecimal()]


def ordinal(number: str, british: bool = False) -> list[str]:
    """`21` as twenty-first."""
    from num2words import num2words

    number = number.replace(",", "")
    if len(number) > _LONGEST_NUMBER:
        return digits(number)
    return _words(num2words(int(number), to="ordinal"), british)


def year(number: str, british: bool = False) -> list[str]:
    """`1984` as nineteen eighty-four, `1905` as nineteen oh five, `2000`…`2009` as plain numbers."""
    value = int(number)
    hundreds, rest = divmod(value, 100)
    if not 1000 < value < 10_000 or (hundreds % 10 == 0 and rest < 10):
        return cardinal(number, british)
    if rest == 0:
        return [*cardinal(str(hundreds)), "hundred"]
    return [*cardinal(str(hundreds)), *(["oh"] if rest < 10 else []), *cardinal(str(rest))]


def decade(number: str) -> list[str]:
    """`1990` or `90` (of 1990s, '90s) as nineteen nineties."""
    spoken = year(number) if len(number) == 4 else cardinal(str(int(number) or 2000))
    return [*spoken[:-1], plural(spoken[-1])]


def plural(number_word: str) -> str:
    """`twenty` as twenties, `seven` as sevens, `six` as sixes."""
    if number_word.endswith("y"):
        return number_word[:-1] + "ies"
    return number_word + ("es" if number_word.endswith("x") else "s")


def clock(hour: int, minute: int, half: str = "") -> list[str]:
    """Hours and minutes; `half` is am, pm or empty."""
    spoken = cardinal(str(hour))
    if minute:
        spoken += (["oh"] if minute < 10 else []) + cardinal(str(minute))
    elif not half:
        spoken += ["o'clock"] if 0 < hour <= 12 else ["hundred"] if hour else ["hundred"]
    return spoken + ([".".join(half) + "."] if half else [])


def money(sign: str, amount: str, magnitude: str = "", british: bool = False) -> list[str]:
    """`$5.20` as five dollars and twenty cents, `$3.5 million` as three point five million dollars."""
    one, many, one_cent, many_cents = CURRENCIES[sign]
    whole, _, fraction = amount.replace(",", "").partition(".")
    if magnitude:
        return [*cardinal(amount, british), MAGNITUDES[magnitude], many]
    if len(fraction) not in (0, 2):
        return [*cardinal(amount, british), many]
    cents = int(fraction or 0)
    spoken_cents = [*cardinal(str(cents)), one_cent if cents == 1 else many_cents] if cents else []
    if int(whole or 0) == 0 and cents:
        return spoken_cents
    return [*cardinal(whole, british), one if int(whole) == 1 else many, *(["and"] if cents else []), *spoken_cents]


def measure(amount: str, unit: str, british: bool = False) -> list[str]:
    """`5 km` as five kilometers."""
    one, many = UNITS[unit]
    return [*cardinal(amount, british), *(one if amount.strip("-−+") in ("1", "1.0") else many).split()]


def fraction(top: int, bottom: int) -> list[str]:
    """`3/4` as three quarters; large ones as three over seventy."""
    if (top, bottom) in ((24, 7), (9, 11)) or top == bottom:  # said as two numbers, as 20/20
        return [*cardinal(str(top)), *cardinal(str(bottom))]
    if not 1 < bottom <= 20 or top >= bottom:
        return [*cardinal(str(top)), "over", *cardinal(str(bottom))]
    one, many = _DENOMINATORS.get(bottom) or (ordinal(str(bottom))[-1], ordinal(str(bottom))[-1] + "s")
    return [*cardinal(str(top)), one if top == 1 else many]


def date(year_number: str, month: int, day: int, british: bool = False) -> list[str]:
    """A calendar date: March fifth twenty twenty-four, in Britain the fifth of March."""
    spoken_day, spoken_year = ordinal(str(day)), year(year_number)
    if british:
        return ["the", *spoken_day, "of", MONTHS[month - 1], *spoken_year]
    return [MONTHS[month - 1], *spoken_day, *spoken_year]


_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def roman(numeral: str) -> int:
    """The value of a Roman numeral up to a few hundred; 0 when it is not well formed."""
    if not re.fullmatch(r"C{0,3}(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})", numeral) or not numeral:
        return 0
    values = [_ROMAN[c] for c in numeral]
    return sum(-v if any(w > v for w in values[i + 1 : i + 2]) else v for i, v in enumerate(values))


def foreign_number(number: str, language: str, percent: bool = False) -> list[str]:
    """A number in another language than English; where no words are known its digits, which espeak reads."""
    short = language.split("-")[0]
    plain = number.replace("\u202f", "").replace("\xa0", "")
    if short == "hi":
        plain = plain.replace(",", "")
    else:  # 1.234,5
        plain = re.sub(r"\.(?=\d{3}(\D|$))", "", plain)
        plain = plain.replace(",", ".")
    spoken = [number]
    if short in _LANGUAGES and re.fullmatch(r"\d+(\.\d+)?", plain) and len(plain) <= _LONGEST_NUMBER:
        from num2words import num2words

        value = float(plain) if "." in plain else int(plain)
        spoken = num2words(value, lang=_LANGUAGES[short]).replace(",", "").split()
    return spoken + (_PERCENT.get(short, "").split() if percent else [])
