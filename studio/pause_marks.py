"""Pauses as people write them, `[pause 1.5s]`, `[2-second pause]`, `[beat]`, `<break time="500ms"/>`, in seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from checkpoints.errors import BadInput

LONGEST_PAUSE_S = 10.0
# What a break of SSML lasts that names its strength, or nothing (a medium one).
STRENGTHS_S = {"none": 0.0, "x-weak": 0.15, "weak": 0.3, "medium": 0.5, "strong": 0.8, "x-strong": 1.2}

_NOUNS_S = {"pause": 0.7, "beat": 0.5, "silence": 1.0, "break": 0.7, "wait": 0.7}
_SHORT_S, _LONG_S = 0.35, 1.5
_COUNTS = {
    "half": 0.5, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10,
}  # fmt: skip
_UNIT_S = {"m": 0.001, "s": 1.0, "min": 60.0}
_MILLISECONDS_FROM = 100  # a bare number so large is meant in milliseconds

_SHORT = r"short(?:er)?|brief(?:ly)?|quick|small|slight(?:ly)?|little|tiny|micro"
_LONG = r"very\s+long|long(?:er)?|lengthy|big|extended|dramatic|awkward|pregnant|uncomfortable"
_HOW = rf"(?P<short>{_SHORT})|(?P<long>{_LONG})|medium|normal|thoughtful|tense"
_NOUN = r"(?P<noun>pause|beat|silence|break|wait)s?"
_UNIT = r"(?:(?P<m>ms|msecs?|millis|milliseconds?)|(?P<min>m|mins?|minutes?)|(?P<s>s|secs?|seconds?))\b"
_COUNT = rf"(?P<count>\d+(?:[.,]\d+)?|[.,]\d+|half(?=\s+a\b)|(?:{'|'.join(_COUNTS)})(?=[\s-]))"
_LENGTH = rf"(?:{_COUNT}(?:\s+an?)?[\s-]*(?:{_UNIT})?)"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:(?:a|the)\s+)?(?:(?:{_HOW})\s+)?{_NOUN}(?:[\s:=,(_-]*(?:(?:for|of|about)\s+)?{_LENGTH}\)?)?",
        rf"(?:an?\s+)?{_LENGTH}[\s-]+(?:of\s+)?(?:(?:{_HOW})\s+)?{_NOUN}",
        rf"{_NOUN}[\s:,-]+(?:{_HOW})",
        rf"(?:(?:{_HOW})\s+)?(?P<noun>pause|beat)s?\s+(?:for|here|to|as|while|before|after|of)\b\D*",
        r"(?P<count>\d+(?:[.,]\d+)?)\s?(?:(?P<m>ms)|(?P<s>s|sec))",
    )
]
_TORN = re.compile(r"pauses?\s*(?:[:=]|[-+]?\s*\d)|-\d\S*\s+pause", re.IGNORECASE)
_NEGATIVE = re.compile(r"(?:^|[\s:=])-\d")


def pause_s(inside: str) -> float | None:
    """How long a pause the inside of a bracket asks for, in seconds; None where it asks for none.

    Raises `BadInput` for a length that is none or above `LONGEST_PAUSE_S`.
    """
    inside = " ".join(inside.split())
    for form in _FORMS:
        if (found := form.fullmatch(inside.rstrip(".!"))) and not _NEGATIVE.search(inside):
            return _checked(_asked_s({"noun": "pause", **found.groupdict()}), f"[{inside}]")
    if _TORN.match(inside):
        raise BadInput(f"[{inside}] is not a pause; write its length in seconds, as in [pause 1.5s].")
    return None


def break_s(attributes: Mapping[str, str]) -> float:
    """How long a break of SSML with these attributes lasts in seconds; errors as for `pause_s`."""
    time = attributes.get("time") or attributes.get("msec", "")
    found = re.fullmatch(rf"\s*\+?{_LENGTH}\s*", time, re.IGNORECASE)
    if found:
        return _checked(_asked_s({"noun": "pause", **found.groupdict()}), f'<break time="{time}"/>')
    return STRENGTHS_S.get(attributes.get("strength", "").strip().lower(), STRENGTHS_S["medium"])


def _asked_s(said: Mapping[str, str | None]) -> float:
    noun, number = (said.get("noun") or "").lower(), said.get("count")
    if not number:
        return _SHORT_S if said.get("short") else _LONG_S if said.get("long") else _NOUNS_S[noun]
    count = _COUNTS.get(number.lower()) or float(number.replace(",", "."))
    if unit := next((unit for unit in _UNIT_S if said.get(unit)), None):
        return count * _UNIT_S[unit]
    if noun == "beat":
        return count * _NOUNS_S["beat"]
    return count * _UNIT_S["m" if count >= _MILLISECONDS_FROM else "s"]


def _checked(length_s: float, written: str) -> float:
    if length_s > LONGEST_PAUSE_S:
        raise BadInput(f"{written} asks for {length_s:g} s of silence; {LONGEST_PAUSE_S:g} s is the longest pause.")
    return length_s
