"""Leave to do what the product never decides for its user: to clone a person's voice, to accept a licence.

Both are asked here, in the core, so that no way into the product goes past them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from checkpoints.errors import BadInput, Missing

LICENCE_SWITCH = "MIEN_ACCEPT_LICENCE"
LONGEST_STATEMENT = 300  # characters
_EXAMPLE = 'for example consent="Ada Lovelace, 2026-11-02" (on the command line --i-have-consent)'


@dataclass(frozen=True)
class Consent:
    """Who agreed that their voice is cloned, when, and the statement's own words."""

    who: str
    when: str
    text: str

    def to_dict(self) -> dict[str, str]:
        """As it stands in a clip's report."""
        return asdict(self)


@dataclass(frozen=True)
class Licence:
    """A licence that its user has to accept: the short `key` to accept it with, its `name`, and what it `allows`."""

    key: str
    name: str
    allows: str


CPML = Licence("cpml", "Coqui Public Model License 1.0.0", "non-commercial use only")


def check_consent(statement: str | None) -> Consent:
    """The consent that a statement of the form "who, when" gives.

    Raises `BadInput` where there is none, and where it does not name both a person and a date or time.
    """
    if statement is None or (isinstance(statement, str) and not statement.strip()):
        raise BadInput(
            "Cloning a voice from a recording needs the consent of whose voice it is: say who gave it and when, "
            f"{_EXAMPLE}."
        )
    if not isinstance(statement, str) or len(statement) > LONGEST_STATEMENT or not statement.isprintable():
        raise BadInput(f"A consent is one line of at most {LONGEST_STATEMENT} characters, {_EXAMPLE}.")
    text = " ".join(statement.split())
    who, when = _who_and_when(text)
    if not _names_somebody(who):
        raise BadInput(f"The consent “{text}” does not say who gave it; name the person, then when, {_EXAMPLE}.")
    if not when:
        raise BadInput(f"The consent “{text}” does not say when it was given; add a date or time, {_EXAMPLE}.")
    return Consent(who, when, text)


def check_licence(licence: Licence, what: str, accepted: str | Iterable[str] | None = None) -> None:
    """Raise `Missing` unless the user accepts `licence` for `what`: its key in `accepted` or in MIEN_ACCEPT_LICENCE."""
    given = [accepted] if isinstance(accepted, str) else list(accepted or ())
    given += os.environ.get(LICENCE_SWITCH, "").split(",")
    if licence.key in {key.strip().lower() for key in given}:
        return
    raise Missing(
        f"{what} is under the {licence.name} ({licence.allows}), which only you can accept: read it, then set "
        f'{LICENCE_SWITCH}={licence.key} or pass accept_licence="{licence.key}".'
    )


# --- who and when -------------------------------------------------------------------------------------------------

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
# Unmistakable wherever they stand: 2026-11-02, 2.11.2026, 2 November, November 2026, 15:30, 3 pm.
_DATE = re.compile(
    r"\b\d{4}-\d{1,2}(?:-\d{1,2})?(?:[T ]\d{1,2}:\d{2}\S*)?\b|\b\d{1,2}[./]\s?\d{1,2}[./]\s?(?:\d{2,4})?"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s(?:of\s)?(?:{_MONTHS})\b\.?(?:,?\s\d{{4}}\b)?"
    rf"|\b(?:{_MONTHS})\b\.?\s(?:\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s\d{{4}}\b)?|\d{{4}}\b)"
    r"|\b(?:19|20)\d{2}\b|\b\d{1,2}:\d{2}(?:\s?[ap]\.?m\b)?|\b\d{1,2}\s?[ap]\.?m\b",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|today|yesterday|tonight|now"
    r"|(?:this|last)\s(?:morning|afternoon|evening|night|week|month|year|spring|summer|autumn|winter)"
    r"|heute|gestern|hoy|ayer|aujourd[’']hui|hier|oggi|ieri|hoje|ontem)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"^(?:on|at|in|since|as\sof|by|from|am|vom)\b|\b(?:on|at|in|since|as\sof|by|just|am|vom)$", re.I)
_NOBODY = frozenset(
    ["yes", "yeah", "ok", "okay", "true", "i", "agree", "agreed", "consent", "given", "none", "nobody", "no"]
)


def _who_and_when(text: str) -> tuple[str, str]:
    """The statement parted into a person and a time, either empty where it has none."""
    found = min(filter(None, (_DATE.search(text), _DAY.search(text))), key=lambda match: match.start(), default=None)
    if found is None:
        return text.strip(" ,;"), ""
    before, after = _plain(text[: found.start()]), _plain(text[found.end() :])
    if before:
        return before, text[found.start() :].strip(" ,;")
    return after, found[0].strip(" ,;")


def _plain(part: str) -> str:
    part = part.strip(" ,;.:()–—-")
    return _LINK.sub("", part).strip(" ,;.:()–—-")


def _names_somebody(who: str) -> bool:
    """Whether there is a word that is not merely a yes."""
    words = re.findall(r"[^\W\d_]+", who.lower())
    return any(word not in _NOBODY for word in words) and sum(len(word) for word in words) > 1
