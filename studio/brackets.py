"""What a pair of brackets in a script means. People paste far more of them than feelings: links, names of speakers,
stage directions, references, times, forum markup, templates. Which of them are spoken is told in `studio.script`.
"""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from functools import lru_cache

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.state import EmotionState, parse_emotion
from studio.directions import is_direction
from studio.pause_marks import pause_s

_FEELINGS = (*taxonomy.names(), *taxonomy.ALIASES)
_NAME = r"[^\W\d_][\w'’-]*"
_STRENGTH = r"\s*:\s*[-+.\w]*"
_LIKENESS, _LIKENESS_SHORT = 0.75, 0.66  # of a misspelt feeling to the feeling, by difflib
_MARK = re.compile(rf"\s*{_NAME}(?:{_STRENGTH})?\s*(?:,\s*{_NAME}(?:{_STRENGTH})?\s*)*")
_TORN_MARK = re.compile(rf"({_NAME})\s*[\s=:]\s*([-+]?\d*\.?\d+)\s*(%?)")


@dataclass(frozen=True)
class Meaning:
    """What stands for a bracket in the spoken text, `words`; the feeling or the pause that begins there; whether it is
    a `speaker`'s name, or else is to be named among what is `left_out`. The bracket takes the text up to `end`."""

    end: int
    words: str = ""
    emotion: EmotionState | None = None
    pause_s: float | None = None
    speaker: str = ""
    left_out: str = ""


class Brackets:
    """The brackets of one text and what they mean."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._closed_tags = {tag.lower() for tag in re.findall(r"\[/([A-Za-z]+)\]", text)}
        self._link_names = {found[1].strip().lower() for found in LINK_DEFINITION.finditer(text)}
        self._is_dialogue = _SPOKEN_LINE.search(text) is not None
        self._is_transcript = len(_TIMED_LINE.findall(text)) > 1

    def meaning(self, start: int, end: int) -> Meaning | None:
        """That of the bracket `text[start:end]`; None where it is text. `BadInput` for a mark that is misspelt."""
        place = _Place(self.text, start, end, self.text[start + 1 : end - 1].strip())
        if not place.inside:
            return None
        readers = (self._tag, self._link, self._mark, self._sign, self._label, self._time, self._part_of_sentence)
        for read in readers:
            if meaning := read(place):
                return meaning
        return _direction(place)

    def _tag(self, at: _Place) -> Meaning | None:
        """Tags of forums, `[b]bold[/b]`, which nobody misses."""
        tag = _TAG.fullmatch(at.inside)
        if tag and (tag[1] or tag[2] == "*" or tag[2].lower() in self._closed_tags):
            closing = _EMBEDDED.match(at.text, at.start)
            return Meaning(closing.end() if closing else at.end, "\n" if tag[2] == "*" else "")
        return None

    def _link(self, at: _Place) -> Meaning | None:
        if target := _TARGET.match(at.text, at.end):
            return Meaning(target.end(), at.inside)
        name = _LINK_NAME.match(at.text, at.end)
        known = name and (name[1] or at.inside).strip().lower() in self._link_names
        if name and (
            known or not (at.touches_word or at.inside[0].isdigit() or _is_mark(at.inside) or _is_mark(name[1]))
        ):
            return Meaning(name.end(), at.inside)
        return Meaning(at.end, at.inside) if at.inside.lower() in self._link_names else None

    def _sign(self, at: _Place) -> Meaning | None:
        """What blogs, lists and footnotes need and nobody says."""
        if _SHORTCODE.fullmatch(at.inside):
            return Meaning(at.end, left_out=at.written)
        if at.inside in ("x", "X") and at.begins_line:
            return Meaning(at.end)
        if at.inside[0] == "^":
            return Meaning(at.end + (at.following == ":"))
        return None

    def _mark(self, at: _Place) -> Meaning | None:
        if (length_s := pause_s(at.inside)) is not None:
            return Meaning(at.end, pause_s=length_s)
        if _MARK.fullmatch(at.inside):
            return _feelings(at)
        torn = _TORN_MARK.fullmatch(at.inside)
        if torn and (name := torn[1] if _is_feeling(torn[1]) else _near_feeling(torn[1])):
            strength = f"{float(torn[2]) / 100:g}" if torn[3] else torn[2]
            raise BadInput(f"The mark [{at.inside}] is torn; write [{name}:{strength}].")
        return None

    def _label(self, at: _Place) -> Meaning | None:
        """The name of who speaks, `[Anna]:`, `[Mr. Smith]`, `[ANNA:]`, at the beginning of a line or sentence."""
        if not (at.begins_speech or self._is_dialogue) or not _WHO.fullmatch(at.inside.rstrip(":： ")):
            return None
        colon = _COLON.match(at.text, at.end)
        if colon or at.inside[-1] in ":：" or (at.begins_line and _ROLE.fullmatch(at.inside)):
            return Meaning(colon.end() if colon else at.end, speaker=at.inside.rstrip(":： "))
        return None

    def _time(self, at: _Place) -> Meaning | None:
        """When a line of a transcript is said, `[00:12]`; a time of day in a sentence is text."""
        found = _TIME.fullmatch(at.inside)
        if found and (self._is_transcript or found["exact"]) and at.begins_line:
            return Meaning(at.end, left_out=at.written)
        return None

    def _part_of_sentence(self, at: _Place) -> Meaning | None:
        """What an editor put into a sentence, `[T]he dog[s] of [the] man`, and what refers to notes, `said.[1]`."""
        small = _CONTRACTED.sub("", at.inside.lower()) in _SMALL_WORDS and at.inside not in ("May", "Will")
        if (small and not at.touches_word) or (at.inside == "I" and not at.begins_speech):
            return Meaning(at.end, at.inside)
        if at.inside.isalpha() and len(at.inside) < 3 and at.leads_into_word:
            return Meaning(at.end, at.inside)
        if at.touches_word and at.inside in _ENDINGS:
            return Meaning(at.end, at.inside)
        if _REFERENCE.fullmatch(at.inside) and at.follows_sentence and not at.leads_into_word:
            return Meaning(at.end, left_out=at.written)
        return None


@dataclass(frozen=True)
class _Place:
    """A bracket in its `text`, from `start` to `end`, and what is `inside` without spaces around it."""

    text: str
    start: int
    end: int
    inside: str

    @property
    def written(self) -> str:
        return self.text[self.start : self.end]

    @property
    def following(self) -> str:
        return self.text[self.end : self.end + 1]

    @property
    def _line_before(self) -> str:
        """What stands before it in its line, without other brackets there; of a long line the last of it."""
        before = self.text[max(0, self.start - _NEAR) : self.start].rpartition("\n")[2]
        return re.sub(r"\[[^\[\]]*\][:：]?", "", before)

    @property
    def begins_line(self) -> bool:
        return _LINE_START.fullmatch(self._line_before) is not None

    @property
    def begins_speech(self) -> bool:
        return self.begins_line or self._line_before.rstrip(" \"'”’»)*_")[-1:] in tuple(".!?…。！？")

    @property
    def touches_word(self) -> bool:
        return self.text[self.start - 1 : self.start].isalnum()

    @property
    def leads_into_word(self) -> bool:
        return self.following.isalnum()

    @property
    def follows_sentence(self) -> bool:
        """Whether a word, with what closes it, touches the bracket; other references may stand between."""
        return _WORD_END.search(self.text[max(0, self.start - _NEAR) : self.start]) is not None


_NEAR = 200  # characters; how far is looked back
_LINE_START = re.compile(r"[\s>*_#\-•‣▪–\d.)|]*")
_TARGET = re.compile(
    r"\(\s*(?:<[^<>\n]*>|(?=[^()\s]*[/.#:@?=])[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)|\(\)"
)
_LINK_NAME = re.compile(r"\[([^\[\]\n]*)\]")
# Where a link of Markdown leads that is written `[text][name]`: a line of its own, `[name]: https://…`.
LINK_DEFINITION = re.compile(
    r"^ {0,3}\[([^\[\]\n^]+)\]:[ \t]*<?(?:(?:https?|ftp|mailto):|www\.|[./#])\S*"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*$",
    re.MULTILINE,
)
_EMBEDDED = re.compile(r"\[(img|youtube|video|media)\b[^\[\]]*\][^\[\]]*\[/\1\]", re.IGNORECASE)
_TAG = re.compile(r"(/?)\s*([A-Za-z][A-Za-z0-9]*|\*)(?:\s*=[^\]]*|(?:\s+\w+=(?:\"[^\"]*\"|'[^']*'|\S+))+)?")
_SHORTCODE = re.compile(r"[\w-]+=\S+|[a-z][\w-]*(?:\s+[\w-]+=(?:\"[^\"]*\"|'[^']*'|\S+))+\s*/?", re.IGNORECASE)
_WHO = re.compile(r"[^\W_](?:[\w.'’&#-]|(?: |, ?|/)(?=[^\W_])| ?\((?=[^\W_])|\)$){0,39}")
_SPOKEN_LINE = re.compile(r"^[\s>*_-]*\[[^\[\]\n]{1,40}\][*_ ]*[:：](?!//)", re.MULTILINE)
_COLON = re.compile(r"[*_ ]*[:：][*_]*(?!//)")
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Sir|Lady|Lord|Captain|Col|Gen|Sgt|Rev|Hon|St)"
_ROLE = re.compile(
    rf"{_TITLE}\b\.?(?: [A-Z][\w.'’-]*){{1,3}}"
    r"|(?:speaker|host|guest|narrator|interviewer|interviewee|moderator|caller|participant|voice|agent|customer|person"
    r"|man|woman|boy|girl|male|female|child|reporter|anchor|presenter|announcer)[ _-]*(?:\d{1,3}|[A-Z]|over)?",
    re.IGNORECASE,
)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?"
_TIME = re.compile(
    rf"(?P<exact>0?0:\d{{2}}|\d{{1,2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,3}})?|\d{{1,2}}:\d{{2}}[.,]\d{{1,3}}"
    rf"|{_CLOCK}\s*(?:-+>?|–|—|→|to)\s*{_CLOCK})|{_CLOCK}"
)
_TIMED_LINE = re.compile(rf"^\s*\[{_CLOCK}\]", re.MULTILINE)
_WORD_END = re.compile(r"(?:[^\W\d_]{2}|\d[.,]|%)[)\"'”’»*_]*[.,;:!?…]?[)\"'”’»*_]*(?:\[[^\[\]]{1,12}\])*$")
_REFERENCE = re.compile(
    r"(?:(?:note|notes|nb|ref|refs|fn|p|pp|fig)\.?\s*)?[1-9]\d{0,3}(?:\s*[-–,;:]\s*\d{1,4})*|[a-z]|[ivx]{1,5}|\*+|[†‡§]",
    re.IGNORECASE,
)
_CONTRACTED = re.compile(r"(?:['’](?:s|re|ve|ll|d|m)|n['’]t)$")
_ENDINGS = frozenset(["s", "es", "ed", "d", "ing", "er", "ers", "ly", "n", "en", "r", "ies", "'s", "’s"])
# No stage direction is one of these: an editor put them there, or they hide an address from robots.
_SMALL_WORDS = frozenset([
    "an", "the", "this", "that", "these", "those", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us",
    "them", "my", "your", "his", "its", "our", "their", "who", "which", "what", "and", "or", "but", "nor", "so",
    "if", "then", "than", "as", "of", "in", "on", "at", "to", "by", "for", "from", "with", "about", "into", "over",
    "under", "between", "is", "are", "was", "were", "be", "been", "being", "am", "has", "have", "had", "do", "does",
    "did", "will", "would", "can", "could", "shall", "should", "may", "might", "must", "not", "no", "dot",
])  # fmt: skip


# --- feelings -----------------------------------------------------------------------------------------------------


def _feelings(at: _Place) -> Meaning | None:
    """Names with strengths: feelings, misspelt feelings (`BadInput`), and other words, which are left out."""
    is_name = at.inside[0].isupper() and at.following in (":", "：")
    named = [(part, *part.partition(":")[::2]) for part in at.inside.split(",")]
    known = [part for part, name, _ in named if _is_feeling(name)]
    wrong = next((name for _, name, strength in named if _near_feeling(name, sure=_is_number(strength))), None)
    if known or (wrong and not is_name):
        try:
            emotion = parse_emotion(wrong if wrong and not is_name else ",".join(known))
        except BadInput as error:
            raise BadInput(f"{str(error).rstrip('.')} (to have a bracket read aloud, write \\[).") from None
        colon = _COLON.match(at.text, at.end) if at.begins_speech else None
        left_out = at.written if len(known) < len(named) else ""
        return Meaning(colon.end() if colon else at.end, emotion=emotion, left_out=left_out)
    return None


def _is_number(strength: str) -> bool:
    return re.fullmatch(r"\s*[01]?\.?\d*\s*", strength) is not None and bool(strength.strip())


def _is_feeling(name: str) -> bool:
    return name.strip().lower() in _FEELINGS


def _is_mark(inside: str) -> bool:
    """Whether a bracket is surely none of the two that make a link."""
    return pause_s(inside) is not None or _is_feeling(re.split("[:,]", inside)[0]) or is_direction(inside)


@lru_cache(maxsize=1024)
def _near_feeling(name: str, sure: bool = False) -> str | None:
    """The feeling that a name misspells; None for a feeling, and for a word or a name of its own.

    One that is `sure` to be meant as a feeling, since a strength goes with it, may be a word of its own.
    """
    word = name.strip().lower()
    if _is_feeling(word) or (not sure and word in _known_words()):
        return None
    near = difflib.get_close_matches(word, _FEELINGS, n=3, cutoff=_LIKENESS if len(word) > 3 else _LIKENESS_SHORT)
    return next((feeling for feeling in near if feeling[0] == word[0] and not _is_a_form_of(word, feeling)), None)


def _is_a_form_of(word: str, feeling: str) -> bool:
    """Whether a word is not misspelt but another one, such as `fearfully` or `aww`."""
    if any(word.endswith(ending) and not feeling.endswith(ending) for ending in ("ing", "ly", "s", "ful")):
        return True
    return len(word) == 3 and word[1] == word[2]


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    """Some 20,000 words and names of English: what the reader of feelings in texts knows."""
    path = checkpoints.weights_path("text_emotion") / "tokenizer.json"
    return frozenset(json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"])


# --- stage directions ---------------------------------------------------------------------------------------------


def _direction(at: _Place) -> Meaning | None:
    """A bracket of one word that nobody knows, or of several that tell what is seen or heard: left out."""
    words = at.inside.split()
    letters = [char for char in at.inside if char.isalpha()]
    single_letters = at.inside.isascii() and all(len(word) == 1 for word in re.findall(r"\w+", at.inside))
    if not letters or single_letters:
        return None
    one_word = re.fullmatch(rf"{_NAME}(?:{_STRENGTH})?[.!?…]*", at.inside) or _MARK.fullmatch(at.inside)
    shouted = len(words) > 1 and len(letters) > 4 and all(map(str.isupper, letters)) and not at.text.isupper()
    if one_word or shouted or is_direction(at.inside):
        return Meaning(at.end, left_out=at.written)
    return None
