"""Words that are written alike and said in two ways: which of the two comes out of the front end.

`homographs.tsv` holds sentences with one word in braces and the name of its reading. What a reading sounds like stands
here once more, on its own, as a pattern over Kokoro's letters: American on odd lines, British on even ones.
"""

from __future__ import annotations

import re
from pathlib import Path

from scripts.evaluation.inputs.cases import Trial

_VOWEL = "[AIOQWYaeiouæɑɐɒɔəɛɜɪʊʌᵻᵊ]"
_FIRST = f"^[^ˈˌ]*(?<!{_VOWEL})ˈ"  # the stress stands before the first vowel
_LAST = f"^[^ˈ]*{_VOWEL}[^ˈ]*ˈ"  # a vowel stands before it
_SHIFT = {"n": _FIRST, "v": _LAST}
_VOICED = {"n": "s([ᵻɪ]z)?$", "v": "(^|[^ᵻɪ])z([ᵻɪ]z)?$"}
_ATE = {"n": "əts?$", "v": "Ats?$"}
_ED = {"ed": "[^ᵻɪ][dt]$", "id": "[ᵻɪ]d$"}
_HEARD: dict[str, dict[str, str]] = {
    **dict.fromkeys(["use", "excuse", "house", "abuse", "misuse"], _VOICED),
    **dict.fromkeys(
        ["advocate", "animate", "appropriate", "approximate", "articulate", "associate", "coordinate", "delegate"], _ATE
    ),
    **dict.fromkeys(["deliberate", "duplicate", "elaborate", "estimate", "graduate", "intimate", "moderate"], _ATE),
    "separate": _ATE,
    **dict.fromkeys(["learned", "blessed", "aged", "beloved", "crooked", "dogged"], _ED),
    "alternate": {"n": "nət$", "v": "nˌAt"},
    "close": {"a": "s$", "v": "z$", "n": "z$"},
    "closes": {"v": "zᵻz|zɪz"},
    "houses": {"v": "zᵻz$|zɪz$"},
    "live": {"a": "lˈIv", "v": "lˈɪv"},
    "lives": {"n": "lˈIvz", "v": "lˈɪvz"},
    "read": {"v": "ɹˈi", "past": "ɹˈɛd"},
    "reading": {"v": "ɹˈi", "Reading": "ɹˈɛd"},
    "lead": {"n": "lˈi", "metal": "lˈɛd"},
    "wind": {"n": "wˈɪ", "v": "wˈI"},
    "tear": {"n": "tˈ[iɪ]", "v": "tˈɛ"},
    "bow": {"n": "bˈ[OQ]", "v": "bˈW"},
    "row": {"n": "ɹˈ[OQ]", "quarrel": "ɹˈW"},
    "sow": {"n": "sˈW", "v": "sˈ[OQ]"},
    "wound": {"n": "wˈu", "past": "wˈW"},
    "bass": {"n": "bˈA", "fish": "bˈ[æa]s"},
    "dove": {"n": "dˈʌ", "past": "dˈ[OQ]"},
    "does": {"v": "dˈ?ʌ", "deer": "dˈ[OQ]"},
    "minute": {"n": "mˈɪ", "a": "mIn"},
    "polish": {"n": "pˈ[ɑɒ]", "Polish": "pˈ[OQ]"},
    "august": {"n": "^ˈ", "a": "^[^ˈ]"},
    "job": {"n": "ˈ[ɑɒ]", "Job": "ˈ[OQ]"},
    "nice": {"a": "nˈI", "Nice": "nˈi"},
    "resume": {"v": "zj?ˈu", "n": "ɹˈɛ.*A$"},
    "used": {"v": "jˈuː?zd", "habit": "jˈuː?st"},
    "number": {"n": "mb", "numb": "mə"},
    "putting": {"v": "pˈʊ", "golf": "pˈʌ"},
    "mouth": {"n": "θ$", "v": "ð$"},
    "invalid": {"a": "væ|vˈæ|vˈa", "n": "^ˈɪn"},
    "axes": {"n": "[ᵻɪ]z$", "lines": "iː?z$"},
    "moped": {"n": "ɛd$", "past": "pt$"},
    "buffet": {"n": "A$", "v": "ɪt$"},
}


def _readings() -> list[tuple[str, str, str]]:
    """Sentence, word and the name of its reading."""
    lines = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8").splitlines()
    parted = [(reading, *re.split("[{}]", sentence)) for reading, sentence in (line.split("\t") for line in lines)]
    return [(before + "{" + word + "}" + after, word, reading) for reading, before, word, after in parted]


def _heard(word: str, reading: str) -> re.Pattern:
    word = word.lower()
    stem = word if word in _HEARD else word.removesuffix("s")
    return re.compile(_HEARD.get(stem, _SHIFT)[reading])


def _trial(sentence: str, word: str, reading: str, language: str) -> Trial:
    def check(_: Path) -> None:
        from generators.voice.frontend.frontend import phonemize_text

        place = sentence.index("{")
        said = phonemize_text(sentence.replace("{", "").replace("}", ""), language)
        tokens = next(w.tokens for words in said for w in words if w.char_start <= place < w.char_end)
        assert _heard(word, reading).search(tokens), f"{word} is said {tokens}, not as {reading}"

    return Trial("homographs", sentence, check)


TRIALS = [_trial(*case, "en-gb" if i % 2 else "en-us") for i, case in enumerate(_readings())]
