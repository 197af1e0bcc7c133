"""Leave to do what the product never decides for its user: to clone a person's voice, to accept a licence.

Both are asked here, in the core, so that no way into the product goes past them.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from checkpoints.errors import BadInput, Missing

LICENCE_SWITCH = "MIEN_ACCEPT_LICENCE"
LONGEST_NAME = 300  # characters
_EXAMPLE = 'for example --i-have-consent "Ada Lovelace" --consent-date 2026-11-02 (in Python consent and consent_date)'
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOBODY = frozenset(
    ["yes", "yeah", "ok", "okay", "true", "i", "agree", "agreed", "consent", "given", "none", "nobody", "no"]
)


@dataclass(frozen=True)
class Consent:
    """A person's leave to let their voice speak.

    Attributes:
        who: who gave it, a name or a sentence that holds one; one line of at most 300 characters.
        date: the day on which it was given, ISO 8601 (YYYY-MM-DD), not in the future.

    Raises:
        BadInput: `who` names nobody, or `date` is no such day.
    """

    who: str
    date: str

    def __post_init__(self) -> None:
        if not _is_a_line(self.who):
            raise BadInput(f"Who consents is one line of at most {LONGEST_NAME} characters, {_EXAMPLE}.")
        if not _names_somebody(self.who):
            raise BadInput(f"The consent “{self.who}” does not say who gave it; name the person, {_EXAMPLE}.")
        if not _is_a_line(self.date) or not _DATE.fullmatch(self.date):
            raise BadInput(f"The date of the consent is “{self.date}”; write it as 2026-11-02: year, month, day.")
        try:
            day = datetime.date.fromisoformat(self.date)
        except ValueError:
            raise BadInput(f"The date of the consent is “{self.date}”, a day that no calendar has.") from None
        if day > datetime.date.today():
            raise BadInput(f"The date of the consent is {self.date}, which is still to come.")

    def to_dict(self) -> dict[str, str]:
        """As it stands in a clip's report."""
        return asdict(self)


@dataclass(frozen=True)
class Licence:
    """A licence that its user has to accept: the short `key` to accept it with, its `name`, and what it `allows`."""

    key: str
    name: str
    allows: str


def check_consent(who: str | None, date: str | None) -> Consent:
    """The consent that two fields of a request give; `BadInput` where one is absent or wrong, see `Consent`."""
    if who is None or (isinstance(who, str) and not who.strip()):
        raise BadInput(
            "Cloning a voice from a recording needs the consent of whose voice it is: say who gave it and when, "
            f"{_EXAMPLE}."
        )
    if date is None or (isinstance(date, str) and not date.strip()):
        raise BadInput(f"The consent of {who} has no date; say when it was given, {_EXAMPLE}.")
    return Consent(who if not _is_a_line(who) else " ".join(who.split()), date.strip())


def check_licence(licence: Licence, what: str, accepted: str | Iterable[str] | None = None) -> None:
    """Raise `Missing` unless the user accepts `licence` for `what`: its key in `accepted` or in MIEN_ACCEPT_LICENCE."""
    given = [accepted] if isinstance(accepted, str) else list(accepted or ())
    given += os.environ.get(LICENCE_SWITCH, "").split(",")
    if licence.key in {key.strip().lower() for key in given}:
        return
    raise Missing(
        f"{what} is under the {licence.name} ({licence.allows}), which only you can accept: read it, then set "
        f"{LICENCE_SWITCH}={licence.key} or give --voice.accept-licence {licence.key}."
    )


def _is_a_line(text: object) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST_NAME and text.isprintable()


def _names_somebody(who: str) -> bool:
    """Whether there is a word that is not merely a yes."""
    words = re.findall(r"[^\W\d_]+", who.lower())
    return any(word not in _NOBODY for word in words) and sum(len(word) for word in words) > 1
