"""Seven more languages for texts, read by their letters: which one it is, and roughly what it feels like.

Hashed n-grams of letters and one linear layer for each language, trained on XED's projected annotations (Öhman et
al. 2020), whose labels were carried over from English subtitles and are noisy. Weaker than English by far: the model
card says how much. Source of the hashing: Weinberger et al. 2009.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from functools import lru_cache

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.readers.text_normalisation import normalise_text
from emotion_embed.softmax import softmax
from emotion_embed.state import Evidence

NAMES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese",
}  # fmt: skip
N_BUCKETS = 1 << 15
_SURE = 0.9  # probability from which a guessed language is believed
_MAYBE_ENGLISH = 0.15
_LONG = 30  # letters from which a language must be told
_SHORT, _SHORTEST = 12, 6  # letters: what is shorter hardly tells its language, or not at all
_SURE_IF_SHORT = 0.98


def check(language: str | None, text: str) -> str:
    """The ISO 639-1 code of a text's language, as told or guessed; `BadInput` when it is none that is read."""
    known = ", ".join(f"{name} ({code})" for code, name in NAMES.items())
    if not in_known_letters(text):
        raise BadInput(f"The text is in letters that are not read; known languages are {known}.")
    if language is not None:
        code = language.lower().replace("_", "-").split("-")[0]
        if code not in NAMES:
            raise BadInput(f"Feelings in the language “{language}” are not read; known are {known}.")
        return code
    n_letters = sum(map(str.isalpha, text))
    if n_letters < _SHORTEST:
        return "en"
    found = guess(text)
    code = max(found, key=found.__getitem__)
    if found[code] >= (_SURE if n_letters >= _SHORT else _SURE_IF_SHORT):
        return code
    if found["en"] >= _MAYBE_ENGLISH or n_letters < _LONG:
        return "en"  # names, slang and typing errors look foreign to a reader of letters
    raise BadInput(f"It cannot be told which language the text is in; if it is one of {known}, name it.")


def in_known_letters(text: str) -> bool:
    """Whether most letters of a text are Latin; also where there are none."""
    letters = [letter for letter in unicodedata.normalize("NFKC", text) if letter.isalpha()]
    foreign = sum(1 for letter in letters if "LATIN" not in unicodedata.name(letter, ""))
    return foreign <= 0.5 * len(letters)


def guess(text: str) -> dict[str, float]:
    """How likely each of the eight languages is, by code; sums to 1."""
    weights = _weights()
    scores = _features(text[:2000], (1, 2, 3)) @ weights["language"][:-1] + weights["language"][-1]
    probabilities = softmax(_config()["language_sharpness"] * scores)
    return dict(zip(_config()["languages"], probabilities.tolist(), strict=True))


def read(text: str, code: str) -> Evidence:
    """The feeling of one sentence in `code`, one of `NAMES` but not "en"."""
    probabilities = plutchik(text, code)
    distribution = taxonomy.from_labels("plutchik", probabilities ** _config()["sharpness"][code] + 1e-6)
    neutral = float(np.prod(1 - probabilities) ** 0.5)  # XED's projections hold no neutral lines
    distribution = {name: p * (1 - neutral) for name, p in distribution.items()} | {"neutral": neutral}
    mean, covariance = taxonomy.vad_moments(distribution)
    reliability = float(_config()["hit_rate"][code])  # how often the likeliest emotion is one of the annotated
    return Evidence("text", distribution, taxonomy.vad_point(mean), covariance, reliability, 1 - neutral)


def plutchik(text: str, code: str) -> np.ndarray:
    """Probabilities of Plutchik's eight emotions (8,), several may hold."""
    weights = _weights()[code]
    return 1 / (1 + np.exp(-(_features(text, (2, 3, 4, 5)) @ weights[:-1] + weights[-1])))


def _features(text: str, sizes: tuple[int, ...]) -> np.ndarray:
    out = np.zeros(N_BUCKETS, np.float32)
    for bucket, value in hashed_ngrams(text, sizes).items():
        out[bucket] = value
    return out


def hashed_ngrams(text: str, sizes: tuple[int, ...]) -> dict[int, float]:
    """Buckets of the n-grams of letters inside words, with sublinear counts, scaled to length 1."""
    counts: dict[int, int] = {}
    for word in re.findall(r"[^\W\d_]+|[!?…]+|\.\.+", normalise_text(text).lower()):
        framed = f" {word} "
        for size in sizes:
            for i in range(len(framed) - size + 1):
                bucket = zlib.crc32(framed[i : i + size].encode()) % N_BUCKETS
                counts[bucket] = counts.get(bucket, 0) + 1
    values = {bucket: 1 + float(np.log(count)) for bucket, count in counts.items()}
    length = sum(v * v for v in values.values()) ** 0.5
    return {bucket: value / length for bucket, value in values.items()}


@lru_cache(maxsize=1)
def _weights() -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    folder = checkpoints.weights_path("text_emotion_languages")
    return {name: value.astype(np.float32) for name, value in load_file(folder / "model.safetensors").items()}


@lru_cache(maxsize=1)
def _config() -> dict:
    folder = checkpoints.weights_path("text_emotion_languages")
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))
