"""What English speakers write as they talk: short forms of chats, exclamations, letters drawn out ("Sooo", "Hmmmm")."""

from __future__ import annotations

import re
from itertools import product

from generators.voice.frontend.context import Context
from generators.voice.frontend.g2p import exclamation


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- short forms --------------------------------------------------------------------------------------------------

# The words are said, for capitals too.
_PHRASES = {
    "btw": "by the way", "idk": "I don't know", "brb": "be right back", "imo": "in my opinion",
    "imho": "in my humble opinion", "tbh": "to be honest", "ngl": "not gonna lie", "afaik": "as far as I know",
    "afaict": "as far as I can tell", "ttyl": "talk to you later", "smh": "shaking my head", "irl": "in real life",
    "jk": "just kidding", "thx": "thanks", "tnx": "thanks", "thnx": "thanks", "pls": "please", "plz": "please",
    "ikr": "I know, right", "nvm": "never mind", "omw": "on my way", "lmk": "let me know", "hmu": "hit me up",
    "hbu": "how about you", "wbu": "what about you", "wyd": "what are you doing", "wym": "what do you mean",
    "wdym": "what do you mean", "wdyt": "what do you think", "ofc": "of course", "obvs": "obviously",
    "srsly": "seriously", "tmrw": "tomorrow", "bday": "birthday", "fwiw": "for what it's worth",
    "iirc": "if I recall correctly", "icymi": "in case you missed it", "iykyk": "if you know, you know",
    "istg": "I swear to God", "tysm": "thank you so much", "tyvm": "thank you very much", "ily": "I love you",
    "ilysm": "I love you so much", "gtg": "got to go", "g2g": "got to go", "sry": "sorry", "nbd": "no big deal",
    "tfw": "that feeling when", "ymmv": "your mileage may vary", "iow": "in other words",
    "otoh": "on the other hand", "hth": "hope that helps", "ttys": "talk to you soon", "lol": "lol",
    "rofl": "rofl", "rotfl": "rofl", "gr8": "great", "l8r": "later", "2nite": "tonight", "2moro": "tomorrow",
    "4ever": "forever",
}  # fmt: skip
# The same, but in capitals or as a name they are something else.
_SMALL_PHRASES = {
    "u": "you", "r": "are", "ur": "your", "ty": "thank you", "yw": "you're welcome", "np": "no problem",
    "rn": "right now", "msg": "message", "msgs": "messages", "txt": "text", "abt": "about", "obv": "obviously",
    "dw": "don't worry", "bc": "because", "fr": "for real", "w8": "wait", "b4": "before", "m8": "mate", "ez": "easy",
    "ik": "I know", "idc": "I don't care", "cya": "see ya", "ppl": "people", "eta": "E.T.A.",
}  # fmt: skip
# Said letter by letter, with an s for several.
_LETTERS = {
    name + several: ".".join(name).upper() + "." + several
    for name in _names(
        "wtf wth omg omfg lmao lmfao fyi asap aka rsvp diy faq dm tldr nsfw sfw tba tbd tbc eod bff afk tmi stfu gtfo"
        " wfh ftw ffs tgif fml ootd gg"
    )
    for several in ("", "s")
}
_SHORT_FORMS = frozenset([*_PHRASES, *_SMALL_PHRASES, *_LETTERS])
_WITH_SIGNS = {"b/c": "because", "n/a": "N.A.", "w/e": "whatever", "c/o": "care of", "tl;dr": "T.L.D.R."}
WITH_SIGNS = r"(?:[bB]/[cC]|[nN]/[aA]|[wW]/[eE]|[cC]/[oO]|[tT][lL];[dD][rR])(?![^\W_]|[/;])"
_NO_YOU_AFTER = _names("letter letters vitamin vowel variable the a an")
_PEOPLE = _names("u you we they ur your my our how what where who when why there these those things people guys")
_IN_FORMULA = re.compile(r"[@(^_\[]| ?[=*<>≤≥]")  # behind a name in a formula or an address
_CAPITAL_CRIES = _names(  # other capitals are names
    "HMM GRR BRR SHH EWW AWW AAH UHH UMM UHM PFFT PSST OW OWW ZZZ MHM MM-HMM HMPH TSK PFF MWAH MUAH HOORAY YEAH TADA"
    " HEHEHE MMM"
)


def with_signs(context: Context, found: re.Match) -> list[str]:
    """b/c, TL;DR and the like."""
    return _WITH_SIGNS[found.group().lower()].split()


def as_talked(context: Context, start: int, end: int) -> list[str] | None:
    """What is said for the word at `start`…`end` where it is a short form, an exclamation or has letters drawn out;
    None for any other."""
    word = context.clean[start:end]
    plain = drawn_in(word) if context.drawn_out else ""
    key = plain or word.lower()
    cry = exclamation(key)
    if not (plain or cry or key in _SHORT_FORMS) or _IN_FORMULA.match(context.clean, end):
        return None
    if key in _SHORT_FORMS:
        return _short_form(context, plain or word, key, end) or ([plain] if plain else None)
    is_name = word.isupper() and not (TRIPLED.search(word) or word in _CAPITAL_CRIES)
    return None if is_name else [cry or key]


def _short_form(context: Context, word: str, key: str, end: int) -> list[str] | None:
    said = _LETTERS.get(key) or _PHRASES.get(key) or _SMALL_PHRASES.get(word)
    if not said or (word.istitle() and context.words and word[1:]):
        return None
    return said.split() if _fits(context, key, end) else None


def _fits(context: Context, key: str, end: int) -> bool:
    """Whether those of the short forms that are often something else can be meant."""
    before, following = context.previous(), context.following(end)
    if key == "u":
        return before not in _NO_YOU_AFTER
    if key == "r":
        return before in _PEOPLE or following.lower() in _PEOPLE
    if key in ("jk", "imo"):
        return not following.istitle()
    return key != "bc" or not before[-1:].isdigit()


# --- letters drawn out --------------------------------------------------------------------------------------------

TRIPLED = re.compile(r"([a-z])\1\1", re.IGNORECASE)
_RUN = re.compile(r"([a-z])\1*|[^a-z]")
_AS_IT_STANDS = re.compile(r"[IVXLCDM]+(?:'s)?|([A-Z])\1\1|[xw]+|[ivx]+")  # numerals, the rating AAA, www
_CRIES = {"a": "ah", "o": "ooh", "u": "uh", "e": "eek"}
_MOST_RUNS = 5
_OF_LETTERS = re.compile(r"[A-Za-z'-]{3,60}")  # a longer one is no word of talk, and is spoken for as long as it is
# These keep a letter twice; any other word keeps it once.
_DOUBLED = _names(
    "good goodness cool look looks looking looked too soon food noon moon room boo zoo woo woot school mood book cook"
    " took foot root tool fool pool hoop loop boom doom zoom bloom broom smooth proof roof goose loose choose door"
    " floor poor blood stood wood hood shoot tooth see seen free sweet sweetie need needed feel feeling week weeks"
    " feet been three tree green keep sleep sleepy deep meet meeting bee beer cheese cheers queen teen between agree"
    " street speed seed bleed creepy weekend all call tell well hell hello kill will still full really yell ball fall"
    " tall small wall bull pull chill spell smell sell bell till thrill hill doll roll troll skull dull actually"
    " finally totally literally basically especially usually beautifully hopefully follow yellow silly million off"
    " stuff puff cliff coffee offer boss miss pass kiss less mess guess bless class loss cross dress stress press grass"
    " glass massive happy happily puppy apple happen happened funny sunny dinner winner bunny sorry hurry worry cherry"
    " terrible horrible tomorrow pretty better butter little bottle matter buddy daddy middle add odd yummy mommy"
    " mummy summer comment jazz buzz fuzz pizza puzzle dizzy rabbit bubble hobby whee wee yoohoo moo goo freezing"
    " amazeballs yippee wheel keeping seeing oof ooh oops"
    " whoops woohoo boohoo eek eep geez jeez sheesh yeesh creep beep peep poof scoop cheer goodnight goodbye"
)


def drawn_in(word: str) -> str:
    """A word in small letters without those that draw it out: "Sooo" is so, "goood" good; empty where it has none."""
    if not (TRIPLED.search(word) and _OF_LETTERS.fullmatch(word)) or _AS_IT_STANDS.fullmatch(word):
        return ""
    if exclamation(word.lower()):
        return ""
    runs = [found.group() for found in _RUN.finditer(word.lower())]
    n_long = sum(len(run) > 2 for run in runs)
    choices = [(run,) if len(run) < 3 else (2 * run[0], run[0])[n_long > _MOST_RUNS :] for run in runs]
    spellings = ["".join(chosen) for chosen in product(*choices)]
    known = next((spelling for spelling in spellings if spelling in _DOUBLED or exclamation(spelling)), "")
    return known or (_CRIES.get(spellings[-1], "") if len(runs) == 1 else spellings[-1])
