"""Currencies, units and magnitudes: how each is written, and the words that are spoken for it."""

from __future__ import annotations

# Sign → one, many, one hundredth, many hundredths.
CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"),
    "₽": ("rouble", "roubles", "kopeck", "kopecks"),
    "₿": ("bitcoin", "bitcoins", "", ""),
    "₺": ("lira", "lira", "kurush", "kurush"),
    "₴": ("hryvnia", "hryvnias", "kopeck", "kopecks"),
    "₪": ("shekel", "shekels", "agora", "agorot"),
    "₫": ("dong", "dong", "", ""),
    "₱": ("peso", "pesos", "centavo", "centavos"),
    "₦": ("naira", "naira", "kobo", "kobo"),
    "฿": ("baht", "baht", "satang", "satang"),
    "₸": ("tenge", "tenge", "", ""),
    "₵": ("cedi", "cedis", "pesewa", "pesewas"),
}
_DOLLARS = {
    "US": "U.S.", "C": "Canadian", "CA": "Canadian", "A": "Australian", "AU": "Australian", "NZ": "New Zealand",
    "HK": "Hong Kong", "S": "Singapore", "NT": "new Taiwan",
}  # fmt: skip
_DOLLAR_CODES = {
    "CA": "Canadian", "AU": "Australian", "NZ": "New Zealand", "HK": "Hong Kong", "SG": "Singapore", "TW": "new Taiwan",
}  # fmt: skip
# Several characters → the same; these stand before an amount or behind it.
CURRENCY_CODES = {
    "USD": CURRENCIES["$"], "EUR": CURRENCIES["€"], "GBP": CURRENCIES["£"], "JPY": CURRENCIES["¥"],
    "INR": CURRENCIES["₹"], "KRW": CURRENCIES["₩"], "RUB": CURRENCIES["₽"], "BTC": CURRENCIES["₿"],
    "Rs.": CURRENCIES["₹"], "Rs": CURRENCIES["₹"],
    "ILS": CURRENCIES["₪"], "UAH": CURRENCIES["₴"], "THB": CURRENCIES["฿"], "NGN": CURRENCIES["₦"],
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"), "CNY": ("yuan", "yuan", "fen", "fen"),
    "RMB": ("yuan", "yuan", "fen", "fen"), "PLN": ("zloty", "zlotys", "grosz", "groszy"),
    "zł": ("zloty", "zlotys", "grosz", "groszy"), "kr.": ("krone", "kroner", "øre", "øre"),
    "kr": ("krone", "kroner", "øre", "øre"), "Kč": ("koruna", "koruny", "heller", "hellers"),
    "CZK": ("koruna", "koruny", "heller", "hellers"), "Ft": ("forint", "forints", "", ""),
    "HUF": ("forint", "forints", "", ""), "SEK": ("Swedish krona", "Swedish kronor", "ore", "ore"),
    "NOK": ("Norwegian krone", "Norwegian kroner", "ore", "ore"),
    "DKK": ("Danish krone", "Danish kroner", "ore", "ore"), "BRL": ("real", "reais", "centavo", "centavos"),
    "R$": ("real", "reais", "centavo", "centavos"), "MXN": ("Mexican peso", "Mexican pesos", "centavo", "centavos"),
    "ZAR": ("rand", "rand", "cent", "cents"), "AED": ("dirham", "dirhams", "fils", "fils"),
    "SAR": ("riyal", "riyals", "halala", "halalas"), "ETH": ("ether", "ether", "", ""),
    **{f"{code}$": (f"{land} dollar", f"{land} dollars", "cent", "cents") for code, land in _DOLLARS.items()},
    **{f"{code}D": (f"{land} dollar", f"{land} dollars", "cent", "cents") for code, land in _DOLLAR_CODES.items()},
}  # fmt: skip
MAGNITUDES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "mln": "million",
    "mio": "million", "Mio": "million", "bn": "billion", "Bn": "billion", "B": "billion", "b": "billion",
    "tn": "trillion", "T": "trillion", "thousand": "thousand", "million": "million", "billion": "billion",
    "trillion": "trillion", "hundred": "hundred",
}  # fmt: skip

_LENGTHS = {
    "km": ("kilometer", "kilometers"), "cm": ("centimeter", "centimeters"), "mm": ("millimeter", "millimeters"),
    "m": ("meter", "meters"), "µm": ("micrometer", "micrometers"), "nm": ("nanometer", "nanometers"),
    "ft": ("foot", "feet"), "yd": ("yard", "yards"), "mi": ("mile", "miles"),
}  # fmt: skip
LENGTHS = frozenset(_LENGTHS) | {"px", '"', "in"}
_POWERS = {"square": ("²", "2", "^2"), "cubic": ("³", "3", "^3")}
_AREAS = {
    length + sign: (f"{power} {one}", f"{power} {many}")
    for power, signs in _POWERS.items()
    for sign in signs
    for length, (one, many) in (_LENGTHS | {"in": ("inch", "inches")}).items()
}
_SPELLED_AREAS = {
    f"{short}{dot} {length}": (f"{power} {one}", f"{power} {many}")
    for power, short in (("square", "sq"), ("cubic", "cu"))
    for dot in ("", ".")
    for length, (one, many) in (_LENGTHS | {"in": ("inch", "inches")}).items()
}

# Written unit → one, many.
UNITS = _LENGTHS | _AREAS | _SPELLED_AREAS | {
    "mph": ("mile per hour", "miles per hour"), "kph": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    **dict.fromkeys(("m/s²", "m/s^2", "m/s2"), ("meter per second squared", "meters per second squared")),
    "kg": ("kilogram", "kilograms"), "g": ("gram", "grams"), "mg": ("milligram", "milligrams"),
    **dict.fromkeys(("µg", "mcg"), ("microgram", "micrograms")),
    "lbs": ("pound", "pounds"), "lb": ("pound", "pounds"), "oz": ("ounce", "ounces"),
    "tbsp": ("tablespoon", "tablespoons"), "tsp": ("teaspoon", "teaspoons"), "pts": ("point", "points"),
    "fl oz": ("fluid ounce", "fluid ounces"), "gal": ("gallon", "gallons"), "ha": ("hectare", "hectares"),
    "l": ("liter", "liters"), "L": ("liter", "liters"), "cl": ("centiliter", "centiliters"),
    **dict.fromkeys(("dl", "dL"), ("deciliter", "deciliters")),
    **dict.fromkeys(("ml", "mL"), ("milliliter", "milliliters")),
    **dict.fromkeys(("µl", "µL"), ("microliter", "microliters")),
    "ns": ("nanosecond", "nanoseconds"), "µs": ("microsecond", "microseconds"), "ms": ("millisecond", "milliseconds"),
    **dict.fromkeys(("s", "sec", "secs"), ("second", "seconds")),
    **dict.fromkeys(("min", "mins"), ("minute", "minutes")), **dict.fromkeys(("h", "hr", "hrs"), ("hour", "hours")),
    **dict.fromkeys(("yr", "yrs"), ("year", "years")), **dict.fromkeys(("wk", "wks"), ("week", "weeks")),
    **dict.fromkeys(("mo", "mos"), ("month", "months")),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "THz": ("terahertz", "terahertz"),
    **dict.fromkeys(("kB", "KB"), ("kilobyte", "kilobytes")), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"), "PB": ("petabyte", "petabytes"),
    "Mbit": ("megabit", "megabits"), "Gbit": ("gigabit", "gigabits"),
    **dict.fromkeys(("kbps", "Kbps"), ("kilobit per second", "kilobits per second")),
    "Mbps": ("megabit per second", "megabits per second"), "Gbps": ("gigabit per second", "gigabits per second"),
    "mW": ("milliwatt", "milliwatts"), "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"),
    "MW": ("megawatt", "megawatts"), "GW": ("gigawatt", "gigawatts"), "Wh": ("watt hour", "watt hours"),
    "kWh": ("kilowatt hour", "kilowatt hours"), "MWh": ("megawatt hour", "megawatt hours"),
    "mV": ("millivolt", "millivolts"), "V": ("volt", "volts"), "kV": ("kilovolt", "kilovolts"),
    "mA": ("milliamp", "milliamps"), "mAh": ("milliamp hour", "milliamp hours"), "kJ": ("kilojoule", "kilojoules"),
    "kN": ("kilonewton", "kilonewtons"), "Pa": ("pascal", "pascals"), "hPa": ("hectopascal", "hectopascals"),
    "kPa": ("kilopascal", "kilopascals"), "MPa": ("megapascal", "megapascals"), "Ω": ("ohm", "ohms"),
    "kΩ": ("kilohm", "kilohms"), "mol": ("mole", "moles"), "mmol": ("millimole", "millimoles"),
    "mmHg": ("millimeter of mercury", "millimeters of mercury"), "lm": ("lumen", "lumens"),
    "ppm": ("part per million", "parts per million"), "dB": ("decibel", "decibels"),
    "°C": ("degree Celsius", "degrees Celsius"), "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "° C": ("degree Celsius", "degrees Celsius"), "° F": ("degree Fahrenheit", "degrees Fahrenheit"),
    "℃": ("degree Celsius", "degrees Celsius"), "℉": ("degree Fahrenheit", "degrees Fahrenheit"),
    "°": ("degree", "degrees"), "px": ("pixel", "pixels"), "MP": ("megapixel", "megapixels"),
    "fps": ("frame per second", "frames per second"), "x": ("times", "times"), "kcal": ("kilocalorie", "kilocalories"),
    "cal": ("calorie", "calories"), "%": ("percent", "percent"), "‰": ("per mille", "per mille"),
    "¢": ("cent", "cents"),
}  # fmt: skip
_LOOKALIKES = {"µ": "\u03bc", "Ω": "\u2126", "°": "º"}  # often written for the sign
UNITS |= {unit.replace(*pair): said for unit, said in UNITS.items() for pair in _LOOKALIKES.items()}
# What may stand behind a slash for the one of which so many are counted, besides the units and plain words.
PER = {
    "d": "day", "y": "year", "yr": "year", "mo": "month", "wk": "week", "hr": "hour", "h": "hour", "s": "second",
    "sec": "second", "min": "minute", "pp": "person", "sqft": "square foot", "sqm": "square meter",
}  # fmt: skip


def per(unit: str) -> list[str]:
    """`hr` or `m²` (behind a slash) as per hour, per square meter; a plain word stays itself."""
    return ["per", *(PER.get(unit) or UNITS.get(unit, (unit, ""))[0]).split()]
