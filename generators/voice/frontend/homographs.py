"""English words that are written alike and said in two ways: which one is meant, told by the words around it.

Three tables in `homographs_data` hold what is known, one thing a line:

- `readings.tsv`: a word, the name of a reading (v verb, n noun, a adjective, or one of its own), its sounds in American
  and in British, written as espeak writes them. Forms on -s follow from a word that is also a verb.
- `rules.tsv`: a word, a reading, and a pattern; the first that is found in the sentence decides. `_` stands for the
  word, `@` where it is a name by its capital, `{V}` for any word of that class.
- `classes.tsv`: a word class, whether its words are of "only" this one, and the words.

Where no rule decides, one of three log-linear models does (`checkpoints/weights/homographs`, made by
`scripts.training.text.homographs`): whether a word is a verb here, whether one on -s is, and whether "read" is past.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import checkpoints

_TABLES = Path(__file__).with_name("homographs_data")
_NAMES = frozenset(["august", "job", "nice", "polish", "reading"])  # other words when they are names
_WINDOW = 8  # how many words away a finite verb still matters
_ENDS = frozenset(".!?")
_FINITE = frozenset(["MODAL", "DO", "BE", "HAVE", "Vs", "V", "ed", "SUBJ'"])
_SUFFIXES = {
    "ing": "ing", "ed": "ed", "ly": "ly", "'s": "'s",
    **dict.fromkeys(["tion", "sion", "ness", "ment", "ity", "ance", "ence", "ship", "ism"], "N"),
    **dict.fromkeys(["ful", "ous", "ive", "able", "ible", "less", "al", "ic", "ish"], "A"),
    "ize": "V", "ify": "V",
}  # fmt: skip


def readings(words: Sequence[str], marks: Sequence[str] = ()) -> list[str]:
    """The name of the reading of every word of a sentence, "" for words that have only one; `marks` are the
    punctuation after each word."""
    found = [i for i, word in enumerate(words) if _entry(word.lower())]
    chosen = [""] * len(words)
    if not found:
        return chosen
    tokens, places = _tokens(words, marks)
    for i in found:
        chosen[i] = _choose(tokens, places[i])
    return chosen


def ipa(word: str, reading: str, american: bool) -> str:
    """The sounds of a word in one of its readings, as espeak writes them; "" where it has only one."""
    word = word.lower()
    entry = _entry(word)
    if not reading or not entry:
        return ""
    said = _readings()[entry][reading][0 if american else 1]
    return said if entry == word else said + _s_after(said, american)


def amended(said: str, words: Sequence[str], meant: Sequence[str], language: str) -> str:
    """`said`, another espeak's IPA of these words (without ties), with every word in the reading that is `meant`."""
    at = 0
    for word, reading in zip(words, meant, strict=True):
        if not reading or not language.startswith("en"):
            continue
        options = _readings()[_entry(word.lower())]
        right, *others = (ipa(word, name, is_american(language)).replace("^", "") for name in (reading, *options))
        if found := re.compile(rf"(?<!\S)(?:{'|'.join([right, *others])})(?!\w)").search(said, at):
            said = said[: found.start()] + right + said[found.end() :]
            at = found.start() + len(right)
    return said


def is_american(language: str) -> bool:
    """Which of the two columns of sounds an English language reads; all but American ones read the British."""
    return language.lower().replace("_", "-") in ("en", "en-us")


# --- tables -------------------------------------------------------------------------------------------------------


def rows(name: str) -> list[list[str]]:
    """The cells of a table beside this module, line by line."""
    return [line.split("\t") for line in (_TABLES / name).read_text(encoding="utf-8").splitlines()]


@lru_cache(maxsize=1)
def _readings() -> dict[str, dict[str, tuple[str, str]]]:
    """Word to readings to American and British sounds; a word's first reading is the one to fall back on."""
    table: dict[str, dict[str, tuple[str, str]]] = {}
    for word, reading, american, british in rows("readings.tsv"):
        table.setdefault(word, {})[reading] = (american, british)
    return table


@lru_cache(maxsize=1)
def _classes() -> dict[str, str]:
    return {word: name for name, _, words in rows("classes.tsv") for word in words.split()}


@lru_cache(maxsize=1)
def _patterns() -> dict[str, list[tuple[str, str]]]:
    patterns: dict[str, list[tuple[str, str]]] = {}
    for word, reading, pattern in rows("rules.tsv"):
        patterns.setdefault(word, []).append((reading, pattern))
    return patterns


@cache
def _rules(word: str) -> list[tuple[str, re.Pattern]]:
    """A word's rules, compiled when it is met first: all of them would take longer than a sentence."""
    words_of: dict[str, list[str]] = {}
    for member, name in _classes().items() if word in _patterns() else ():
        words_of.setdefault(name, []).append(member)
    full = lambda pattern: re.sub(r"\{([A-Za-z]+)\}", lambda found: "|".join(words_of[found[1]]), pattern)  # noqa: E731
    return [(name, re.compile(full(pattern), re.IGNORECASE)) for name, pattern in _patterns().get(word, ())]


@lru_cache(maxsize=1)
def _weights() -> dict[str, dict[str, float]]:
    return json.loads((checkpoints.weights_path("homographs") / "config.json").read_text(encoding="utf-8"))


@lru_cache(maxsize=20_000)
def _entry(word: str) -> str:
    """The line of the table for a word in small letters: its own or that of the verb it is a form of; "" for none."""
    table = _readings()
    if word in table:
        return word
    stems = [word[:-1]] if word.endswith("s") else []
    if word.endswith(("sses", "shes")):
        stems.append(word[:-2])
    return next((stem for stem in stems if "v" in table.get(stem, ())), "")


def _s_after(said: str, american: bool) -> str:
    if said[-1] in "szʃʒ":
        return "ᵻz" if american else "ɪz"
    return "s" if said[-1] in "ptkfθ" else "z"


# --- which reading ------------------------------------------------------------------------------------------------


def _tokens(words: Sequence[str], marks: Sequence[str]) -> tuple[list[str], list[int]]:
    """Words and marks in one row, and where each word stands in it."""
    tokens: list[str] = []
    places: list[int] = []
    for i, word in enumerate(words):
        places.append(len(tokens))
        tokens.append(word.rstrip(",") or ",")
        mark = marks[i][:1] if i < len(marks) else ""
        tokens += [mark] if mark else [","] if word.endswith(",") else []
    return tokens, places


def _choose(tokens: Sequence[str], i: int) -> str:
    if reading := by_rule(tokens, i):
        return reading
    word = tokens[i].lower()
    options = list(_readings()[_entry(word)])
    model = model_of(word)
    if model and probability(model, tokens, i) > 0.5:
        return "past" if model == "past" else "v"
    return next((reading for reading in options if model and reading in ("n", "a")), options[0])


def model_of(word: str) -> str:
    """Which model tells the readings of a word in small letters apart where no rule does; "" for none."""
    entry = _entry(word)
    options = _readings().get(entry, {}).keys()
    if options == {"v", "past"}:
        return "past" if entry == word else ""
    if "v" not in options or not options & {"n", "a"}:
        return ""
    return "verb" if entry == word else "verb on -s"


def by_rule(tokens: Sequence[str], i: int) -> str:
    """The reading that a rule gives the word at place `i` of a row of words and marks; "" where none does."""
    word = tokens[i].lower()
    rules = _rules(word)
    if not rules:
        return ""
    sign = "@" if word in _NAMES and _is_name(tokens, i) else "_"
    context = " ".join([*tokens[:i], sign, *tokens[i + 1 :]])
    return next((reading for reading, pattern in rules if pattern.search(context)), "")


def _is_name(tokens: Sequence[str], i: int) -> bool:
    """Whether a capital marks a name: not at the beginning, nor in a heading where most words have one."""
    others = [token for j, token in enumerate(tokens) if j != i and j and token[0].isalpha()]
    n_capitals = sum(token[0].isupper() and token != "I" for token in others)
    return i > 0 and tokens[i - 1] not in _ENDS and tokens[i][0].isupper() and n_capitals * 2 <= len(others)


# --- the models ---------------------------------------------------------------------------------------------------


def probability(model: str, tokens: Sequence[str], i: int) -> float:
    """What a model gives the word at place `i` of a row of words and marks, 0..1."""
    weights = _weights()[model]
    seen = ["bias", f"word={tokens[i].lower()}", *features(tokens, i)]
    return 1 / (1 + math.exp(-sum(weights.get(feature, 0.0) for feature in seen)))


def features(tokens: Sequence[str], i: int) -> list[str]:
    """What the models look at: the words and the classes of words beside the word at place `i`, alone and together,
    and whether there is a finite verb before or after it in its clause."""
    word_2, word_1, word1, word2 = (_word_at(tokens, j) for j in (i - 2, i - 1, i + 1, i + 2))
    class_3, class_2, class_1, class1, class2 = (_class_at(tokens, i + j, i) for j in (-3, -2, -1, 1, 2))
    before = _finite(tokens, range(i - 1, max(-1, i - 1 - _WINDOW), -1), i)
    after = _finite(tokens, range(i + 1, min(len(tokens), i + 1 + _WINDOW)), i)
    return [
        f"w-1={word_1}", f"w-2={word_2}", f"w1={word1}", f"w2={word2}", f"w-2-1={word_2} {word_1}",
        f"w12={word1} {word2}", f"c-1={class_1}", f"c-2={class_2}", f"c1={class1}", f"c2={class2}",
        f"c-2-1={class_2} {class_1}", f"c-11={class_1} {class1}", f"c12={class1} {class2}",
        f"c-3-2-1={class_3} {class_2} {class_1}",
        f"c-2-11={class_2} {class_1} {class1}", f"c-112={class_1} {class1} {class2}", f"w-1c1={word_1} {class1}",
        f"c-1w1={class_1} {word1}", f"v-={before}", f"v+={after}", f"v-c-1={before} {class_1}",
        f"v+c-1={after} {class_1}", f"v-+c-1={bool(before)} {bool(after)} {class_1}",
        f"v-+c-2-1={bool(before)} {bool(after)} {class_2} {class_1}",
    ]  # fmt: skip


def _word_at(tokens: Sequence[str], j: int) -> str:
    return "<" if j < 0 else ">" if j >= len(tokens) else tokens[j].lower()


def _class_at(tokens: Sequence[str], j: int, i: int) -> str:
    if j < 0 or (j < i and tokens[j] in _ENDS):
        return "<"
    return ">" if j >= len(tokens) else _class(tokens[j], j == 0 or tokens[j - 1] in _ENDS)


def _finite(tokens: Sequence[str], places: range, i: int) -> str:
    """The class of the nearest finite verb on the way through `places`, "" where the clause ends before one."""
    for j in places:
        name = _class_at(tokens, j, i)
        if name in _FINITE:
            return name
        if name == "SUB" or not name[0].isalpha() and name != "'s" or (name == "CONJ" and j > i):
            return ""
    return ""


@lru_cache(maxsize=20_000)
def _class(token: str, first: bool) -> str:
    """A word's class: from the table, by its ending, or "CAP" for a name, "s" and "x" for what is not known."""
    word = token.lower()
    if not word[0].isalpha():
        return word
    classes = _classes()
    if word in classes:
        return classes[word]
    if token[0].isupper() and not first:
        return "CAP"
    for ending, name in _SUFFIXES.items():
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return name
    if word.endswith("s") and not word.endswith("ss"):
        stems = [word[:-1], word[:-2]] if re.search("(?:s|x|z|ch|sh|o)es$", word) else [word[:-1]]
        known = next((classes[stem] for stem in stems if stem in classes), "")
        return {"V": "Vs", "N": "Ns"}.get(known, "s")
    return "x"
