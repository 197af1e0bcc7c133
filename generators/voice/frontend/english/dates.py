"""Dates, times of day, lengths of time and years."""

from __future__ import annotations

import re

from generators.voice.frontend import numerals
from generators.voice.frontend.context import Context
from generators.voice.frontend.english.grammar import END, UNIT, is_counted, patterns, words

_MONTHS = {month[:3].lower(): month for month in numerals.MONTHS} | {"sept": "September"}
_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "tues": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "thur": "Thursday",
    "thurs": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
MONTH_NAMES = frozenset(map(str.lower, numerals.MONTHS)) | frozenset(_MONTHS)
SHORT = {short: name for short, name in (_MONTHS | _DAYS).items() if short != "may"}
_CALENDAR = {**SHORT, **{name.lower(): name for name in (*numerals.MONTHS, *_DAYS.values())}}
ENDS_OF_SPANS = frozenset(_CALENDAR) | words("bc ad bce ce b.c a.d noon midnight")
# Names or words as well: these are read out only among dates.
_ALSO_WORDS = words("jan mar jun dec mon wed sat sun fri")
_BEFORE_DAYS = words("on every next last this until till from by since each through mid early late")
_BEFORE_TIMES = words("at by until till from before after since past now")
_BEFORE_YEARS = words(
    "in since by year until till from between of before after around circa ca c spring summer autumn fall winter"
)
_ERAS = words("AD BC CE BCE A.D B.C")
_BEFORE_SECONDS = words("for takes take took in wait waited every within under about after lasts lasted another")

_LASTING = words("timer delay timeout interval limit clip break rest rule ad window countdown pause plank sprint")

_SHORT_NAMES = (
    r"(?:[Jj]an|[Ff]eb|[Mm]ar|[Aa]pr|[Jj]u[nl]|[Aa]ug|[Ss]ept?|[Oo]ct|[Nn]ov|[Dd]ec|[Mm]on|[Tt]ues?|[Ww]ed"
    r"|[Tt]hu(?:rs?)?|[Ff]ri|[Ss]at|[Ss]un|JAN|FEB|MAR|APR|JU[NL]|AUG|SEPT?|OCT|NOV|DEC|MON|TUE|WED|THU|FRI|SAT|SUN)"
)
_LONG_NAMES = "|".join((*numerals.MONTHS, *sorted(set(_DAYS.values()))))
CALENDAR_NAME = rf"(?:(?:{_LONG_NAMES})|{_SHORT_NAMES}\.?)(?![\w'])"
_ANOTHER_NAME = re.compile(rf" ?(?:[,/&]|and|or|to) ?(?:\d{{1,2}}(?:st|nd|rd|th)? )?{CALENDAR_NAME}")
_HALF = rf" ?([aApP])(?:\.[mM]\.|\.?[mM]{END})"
_TIME = r"(1[0-2]|0?[1-9])(?:[:.]([0-5]\d))?"


# --- dates -------------------------------------------------------------------------------------------------------


def _date(context: Context, year: str, month: int, day: int) -> list[str] | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    if len(year) == 2:
        year = ("20" if int(year) < 50 else "19") + year
    return numerals.date(year, month, day, context.british)


def _year_first(context: Context, found: re.Match) -> list[str] | None:
    return _date(context, found[1], int(found[3]), int(found[4]))


def _year_last(context: Context, found: re.Match) -> list[str] | None:
    """Month before day, in Britain and between dots day before month."""
    month, _, day, year = int(found[1]), found[2], int(found[3]), found[4]
    if (
        len(year) == 2
        and found[2] != "/"
        and (len(found[1]) < 2 or len(found[3]) < 2 or context.previous() in _VERSIONS)
    ):
        return None
    if (context.british or found[2] == "." or month > 12) and day <= 12:
        month, day = day, month
    return _date(context, year, month, day)


_VERSIONS = words("version v ver release build")


def _time_stamp(context: Context, found: re.Match) -> list[str] | None:
    """2025-03-04T10:30Z, as machines write it."""
    day = _date(context, found[1], int(found[2]), int(found[3]))
    if day is None or int(found[4]) > 24:
        return None
    seconds, zone = int(found[6] or 0), found[7] or ""
    spoken = [*day, "at", *_clock_words(int(found[4]), int(found[5]), seconds)]
    if zone:
        spoken.append("U.T.C.")
    if zone[1:]:
        hours, minutes = int(zone[1:3]), int(zone[-2:])
        spoken += ["plus" if zone[0] == "+" else "minus", *numerals.cardinal(str(hours))]
        spoken += numerals.cardinal(str(minutes)) if minutes else []
    return spoken


def _month_and_year(context: Context, found: re.Match) -> list[str] | None:
    """2025-03 or 03/2025; 2010-11 and 2024/25 are two years one after the other."""
    year, month = found["year"], found["month"]
    if int(month) == (int(year) + 1) % 100:
        return None
    return [numerals.MONTHS[int(month) - 1], *numerals.year(year, context.british)]


def _named_month(context: Context, found: re.Match) -> list[str] | None:
    """5-Oct-2024 or Oct-5-2024."""
    month = _MONTHS.get(found["month"][:3].lower())
    return _date(context, found["year"], numerals.MONTHS.index(month) + 1, int(found["day"])) if month else None


def _month_and_day(context: Context, found: re.Match) -> list[str] | None:
    """on 12/25: only where a date is expected, since it looks like a fraction."""
    if context.previous() not in ("on", "since", "until", "dated", "due"):
        return None
    month, day = int(found[1]), int(found[2])
    if (context.british or month > 12) and day <= 12:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    spoken_day = numerals.ordinal(str(day))
    if context.british:
        return ["the", *spoken_day, "of", numerals.MONTHS[month - 1]]
    return [numerals.MONTHS[month - 1], *spoken_day]


def _calendar_name(context: Context, found: re.Match) -> list[str] | None:
    """Oct or Tue without a dot; with one they are abbreviations."""
    name = calendar_word(context, found[1], found.end())
    return [name] if name else None


def _after_day_or_year(context: Context, end: int) -> bool:
    """5 Jan and 2021 Jan, but not 2021, Jan Smith."""
    if not context.words or context.words[-1].after:
        return False
    year = re.fullmatch(r"\d{4}", context.previous()) and not context.following(end)[:1].isupper()
    return bool(year or re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)?", context.previous()))


def calendar_word(context: Context, written: str, end: int) -> str | None:
    """The month or day that `written` stands for: where a day, a year or another such name is near, and anywhere if
    it is no word itself."""
    name = written.lower()
    near_number = context.following(end)[:1].isdecimal() or _after_day_or_year(context, end)
    if written.islower():
        return SHORT[name] if name in _MONTHS and name != "mar" and near_number else None
    if (context.shouting or (written.isupper() and len(written) > 2)) and not near_number and name in _MONTHS:
        return None
    listed = _ANOTHER_NAME.match(context.clean, end) or _ends_list_of_names(context, end - len(written))
    sure = near_number or listed or name not in _ALSO_WORDS or context.previous() in _BEFORE_DAYS
    return SHORT[name] if sure else None


def _ends_list_of_names(context: Context, start: int) -> bool:
    """Whether another name stands before, with a comma, a slash or "and" between."""
    *_, before, last = ["", "", *context.recent(2)]
    if last in ("and", "or", "to", "&"):
        return before in _CALENDAR
    return last in _CALENDAR and (bool(context.words[-1].after) or context.clean[start - 1] == "/")


def _span_of_names(context: Context, found: re.Match) -> list[str] | None:
    """Mon-Fri or January–March."""
    first, last = (_CALENDAR.get(name.lower().rstrip(".")) for name in found.groups())
    return [first, "to", last] if first and last else None


# --- times -------------------------------------------------------------------------------------------------------


def _clock_words(hour: int, minute: int, second: int = 0, half: str = "") -> list[str]:
    if not second:
        return numerals.clock(hour, minute, half)
    seconds = ["and", *numerals.cardinal(str(second)), "second" if second == 1 else "seconds"]
    return [*numerals.clock(hour, minute), *seconds, *([half] if half else [])]


def _half(letter: str | None) -> str:
    return f"{letter.lower()}m" if letter else ""


def _clock(context: Context, found: re.Match) -> list[str] | None:
    half = _half(found[3])
    return context.end_after(found, numerals.clock(int(found[1]), int(found[2] or 0), half), bool(half))


def _clock_with_seconds(context: Context, found: re.Match) -> list[str] | None:
    """14:05:30 is a time of day, 1:05:30 or 00:05:30 how long something took, unless the words around say more."""
    hour, minute, second, half = int(found[1]), int(found[2]), int(found[3]), _half(found[4])
    if half or context.previous() in _BEFORE_TIMES or (len(found[1]) == 2 and 0 < hour < 24):
        spoken = _clock_words(hour, minute, second, ".".join(half) + "." if half else "")
        return context.end_after(found, spoken, bool(half))
    return numerals.duration(hour, minute, second)


def _lap(context: Context, found: re.Match) -> list[str] | None:
    """1:45.32."""
    return [*numerals.clock(int(found[1]), int(found[2])), "point", *numerals.digits(found[3])]


def _span_of_times(context: Context, found: re.Match) -> list[str] | None:
    """7-9pm."""
    first, minute, last, last_minute, half = found.groups()
    low = numerals.clock(int(first), int(minute)) if int(minute or 0) else numerals.cardinal(str(int(first)))
    high = numerals.clock(int(last), int(last_minute or 0), _half(half))
    return context.end_after(found, [*low, "to", *high], True)


def _hours_h_minutes(context: Context, found: re.Match) -> list[str] | None:
    """19h30 is a time of day, 1h30 a length of time."""
    hour, minute = int(found[1]), int(found[2])
    if context.previous() in _BEFORE_TIMES or 6 < hour < 25:
        return numerals.clock(hour, minute)
    return [word for word in numerals.duration(hour, minute, 0) if word != "and"]


_DURATION_UNITS = {"d": "day", "h": "hour", "m": "minute", "s": "second"}


def _duration(context: Context, found: re.Match) -> list[str] | None:
    """2h 30m or 1m20s: beside hours or seconds, m is minutes."""
    parts = [(count, unit) for count, unit in zip(found.groups(), "dhms", strict=True) if count]
    if len(parts) < 2:
        return None
    spoken: list[str] = []
    for count, unit in parts:
        spoken += [*numerals.cardinal(str(int(count))), _DURATION_UNITS[unit] + ("" if int(count) == 1 else "s")]
    return spoken


def _dotted_clock(context: Context, found: re.Match) -> list[str] | None:
    """at 7.30, as Britons write it."""
    hour, minute = int(found[1]), int(found[2])
    if not context.british or context.previous() not in _BEFORE_TIMES - {"since", "is", "was"} or hour > 23:
        return None
    return numerals.clock(hour, minute)


# --- years -------------------------------------------------------------------------------------------------------


def is_year(context: Context, number: str, end: int) -> bool:
    """Whether a bare number of four digits is a year: 1100 to 2099 always, others where a year is expected."""
    value = int(number)
    if 1100 <= value <= 1999 or 2000 <= value <= 2099:
        return True
    following = context.following(end)
    if following in _ERAS or context.previous() in ("ad", "year"):
        return True
    return 1000 < value < 2500 and _year_expected(context) and not is_counted(context.following(end))


def _year_expected(context: Context) -> bool:
    """After "in", a month, "October 14," or another year and "to"."""
    before, *_ = [*context.recent(2), ""]
    if context.previous() in _BEFORE_YEARS or context.previous() in MONTH_NAMES:
        return True
    if context.previous() in ("to", "and", "or"):
        return len(before) == 4 and before.isdecimal() and "thousand" not in context.words[-2].spoken
    return before in MONTH_NAMES and context.previous().isdecimal()


def _decade(context: Context, found: re.Match) -> list[str] | None:
    """1990s, '90s or the 20s; "for 20s" is seconds."""
    if found.group()[0] != "'" and len(found[1]) == 2 and (found[1] == "10" or _are_seconds(context, found.end())):
        return None
    return numerals.decade(found[1])


def _are_seconds(context: Context, end: int) -> bool:
    return context.previous() in _BEFORE_SECONDS or context.following(end) in _LASTING


def _circa(context: Context, found: re.Match) -> list[str] | None:
    return [{"c": "circa", "b": "born", "d": "died"}[found[1]]]


_YEAR = r"(?P<year>(?:1[0-9]|20)\d\d)"
LETTERS = patterns(
    (rf"(?P<month>{_SHORT_NAMES}|{_LONG_NAMES})-(?P<day>\d\d?)-(?P<year>\d{{4}}){END}", _named_month),
    (rf"({CALENDAR_NAME})(?: ?[-–—] ?)({CALENDAR_NAME})", _span_of_names),
    (rf"({_SHORT_NAMES})(?![\w'.])", _calendar_name),
    (rf"(c|b|d)\.(?= ?\d{{3,4}}{END})", _circa),
)
DIGITS = patterns(
    (r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?(?!\w)", _time_stamp),
    (rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){END}(?!\2\d)", _year_first),
    (rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d\d){END}(?!\2\d)", _year_last),
    (rf"(?P<day>\d\d?)[-/](?P<month>[A-Za-z]{{3,9}})[-/](?P<year>\d{{4}}|\d\d){END}", _named_month),
    (rf"{_YEAR}[-/](?P<month>0[1-9]|1[0-2]){END}(?![-/]\d)", _month_and_year),
    (rf"(?P<month>0?[1-9]|1[0-2])/{_YEAR}{END}(?!/)", _month_and_year),
    (rf"([01]?\d|2[0-4]):([0-5]\d):([0-5]\d)(?:{_HALF})?(?!\d)", _clock_with_seconds),
    (rf"(\d?\d):([0-5]\d)\.(\d{{1,3}}){END}", _lap),
    (rf"{_TIME} ?[-–—] ?{_TIME}{_HALF}", _span_of_times),
    (rf"([01]?\d|2[0-4]):([0-5]\d)(?:{_HALF})?(?!\d)", _clock),
    (rf"(1[0-2]|0?[1-9])(?:\.([0-5]\d))?{_HALF}", _clock),
    (rf"([01]?\d|2[0-4])h([0-5]\d){END}", _hours_h_minutes),
    (
        r"(?:(\d+) ?d(?![A-Za-z]) ?)?(?:(\d+) ?h(?:rs?)?(?![A-Za-z]),? ?)?(?:(\d+) ?m(?:ins?)?(?![A-Za-z]),? ?)?"
        r"(?:(\d+) ?s(?:ecs?)?(?!\w))?(?<! )",
        _duration,
    ),
    (rf"(\d{{1,2}})/(\d{{1,2}}){END}(?!/)", _month_and_day),
    (rf"(\d{{1,2}})\.([0-5]\d){END}(?![.,]\d| ?(?:{UNIT}|million|billion|percent))", _dotted_clock),
    (rf"'?(\d0|\d\d\d0)'?s{END}", _decade),
)
QUOTES = patterns((rf"'?(\d0|\d\d\d0)'?s{END}", _decade))
