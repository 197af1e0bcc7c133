"""What a text feels like: a small transformer over sentences, and which of their words carry the feeling.

English is read by all-MiniLM-L6-v2 fine-tuned on GoEmotions, EmoBank and XED (`checkpoints/weights/text_emotion`);
German, Spanish, French, Italian, Dutch, Polish and Portuguese by letters alone, more roughly, through
`emotion_embed.readers.languages` (`checkpoints/weights/text_emotion_languages`). Any other language is refused.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import checkpoints
from checkpoints.errors import BadInput
from emotion_embed import taxonomy
from emotion_embed.readers import languages
from emotion_embed.readers.text_normalisation import normalise_text
from emotion_embed.signals.onnx_session import open_session, run_arrays
from emotion_embed.state import Evidence

if TYPE_CHECKING:
    import onnxruntime

LONGEST_TEXT = 100_000  # characters: about two hours of speech
UNREAD = "it is in letters that are not read"
_BATCH = 32
_MOST_TOKENS = 128
_MOST_CAUSES = 8
_EXPLAINED_WORDS = 60  # of a sentence; leaving each out costs one more reading
_EXPLAINED_SENTENCES = 12  # of a text, the strongest ones
_MOST_WORDS = 70  # of a sentence; what is longer is cut at a comma or an "and", so that no token is lost
_END = re.compile(r"[.!?…。！？]+[\"'”’)\]]*(?=\s|$)|[。！？]+|\n\s*\n|\n")
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:Dr|Mr|Mrs|Ms|Prof|St|vs|etc|e\.g|i\.e|[ap]\.m|[A-Z])\.$")
_SOFT_CUT = re.compile(r"[,;:]\s|\s(?=(?:and|but|because|so|then|und|aber|y|pero|et|mais|e|ma|en|maar)\s)")
_SHORT_LINE = 50  # letters: a longer line was probably wrapped
_LONG_WORD = re.compile(r"\S{1,40}")  # what has no spaces is cut all the same
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*|[^\w\s]")
_STRONGER = frozenset(
    [
        "very",
        "so",
        "really",
        "extremely",
        "absolutely",
        "totally",
        "completely",
        "incredibly",
        "utterly",
        "damn",
        "fucking",
    ]
)
_WEAKER = frozenset(["slightly", "somewhat", "bit", "little", "kinda", "rather", "fairly", "mildly"])


_LABEL_NAMES = tuple(taxonomy.canonical(label) for label in taxonomy.LABEL_SETS["goemotions"])  # neutral is the last


@dataclass(frozen=True)
class SentenceFeeling:
    """The feeling of the characters `start` to `end` of a text."""

    start: int
    end: int
    evidence: Evidence


@dataclass(frozen=True)
class ModelOutput:
    """Of n sentences: `emotions` (n, 28) probabilities of GoEmotions' labels, several may hold; `vad` (n, 3) in −1..1
    on EmoBank's scale; `plutchik` (n, 8) probabilities of XED's emotions."""

    emotions: np.ndarray
    vad: np.ndarray
    plutchik: np.ndarray


class TextReader:
    """Reads the feeling of texts; hold one and ask it often."""

    def __init__(self, folder: Path, model_file: str = "model.int8.onnx") -> None:
        from tokenizers import Tokenizer

        self.config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._session = _open(folder / model_file)
        self._to_map = np.array(self.config["vad_to_map"])  # (4, 3): EmoBank's narrow scale → the taxonomy's

    def outputs(self, texts: Sequence[str]) -> ModelOutput:
        """What the model says of each text as it stands, each cut after 128 tokens."""
        encoded = [e.ids for e in self._tokenizer.encode_batch([normalise_text(text) for text in texts])]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i]))
        emotions, vad = np.zeros((len(texts), 28)), np.zeros((len(texts), 3))
        plutchik = np.zeros((len(texts), 8))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            ids, mask = _padded([encoded[i] for i in rows])
            emotions[rows], vad[rows], plutchik[rows] = run_arrays(self._session, {"ids": ids, "mask": mask})
        return ModelOutput(emotions, vad, plutchik)

    def read(self, text: str, *, language: str | None = None, explain: bool = True) -> Evidence:
        """The feeling of a whole text: its sentences', the strong ones counting more.

        `language` is an ISO 639-1 code (None: guess). Raises `BadInput` for a text that is empty, longer than 100,000
        characters, or in a language that is not read.
        """
        return combine(self.read_sentences(text, language=language, explain=explain))

    def read_sentences(self, text: str, *, language: str | None = None, explain: bool = True) -> list[SentenceFeeling]:
        """The feeling of each sentence of a text, in order; raises as `read` does. Without `explain` no causes."""
        check_text(text)
        code = languages.check(language, text)
        spans = sentence_spans(text)
        pieces = [text[start:end] for start, end in spans]
        sure = languages.guess(text)["en"] if code == "en" and language is None else 1.0
        if code != "en":
            found = [languages.read(piece, code) for piece in pieces]
        else:
            found = self._english(pieces)
            if explain:
                strongest = sorted(range(len(found)), key=lambda i: -found[i].intensity)[:_EXPLAINED_SENTENCES]
                for i in strongest:
                    found[i] = self._explained(pieces[i], found[i])
        known = [_doubted(e, piece, sure) for e, piece in zip(found, pieces, strict=True)]
        return [SentenceFeeling(start, end, e) for (start, end), e in zip(spans, known, strict=True)]

    def _english(self, pieces: list[str]) -> list[Evidence]:
        said = self.outputs(pieces)
        calibrated = said.emotions ** np.array(self.config["sharpness"])
        rows = []
        for piece, probabilities, vad, certain in zip(pieces, calibrated, said.vad, said.emotions, strict=True):
            distribution = taxonomy.from_labels("goemotions", probabilities + 1e-6)
            mean, covariance = self._vad(distribution, vad)
            neutral = distribution.get("neutral", 0.0)
            rows.append(
                Evidence(
                    "text",
                    distribution,
                    taxonomy.vad_point(mean),
                    covariance,
                    reliability=float(certain.max()),  # how likely the likeliest label holds: trained to be that
                    intensity=float(np.clip((1 - neutral) * emphasis(piece), 0, 1)),
                )
            )
        return rows

    def _vad(self, distribution: dict[str, float], emobank_vad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mean of two readings: where the named feelings lie, and what EmoBank's raters would have said."""
        mean, covariance = taxonomy.vad_moments(distribution)
        direct = np.append(emobank_vad, 1) @ self._to_map
        return np.clip((mean + direct) / 2, -1, 1), covariance

    def _explained(self, piece: str, evidence: Evidence) -> Evidence:
        """With the words that carry the feeling: how much weaker it gets when one of them is left out."""
        words = [m for m in _WORD.finditer(piece) if _may_carry(m.group())][:_EXPLAINED_WORDS]
        label = _strongest_label(evidence.distribution)
        if len(words) < 2 or label is None:
            causes = tuple((m.group(), 1.0) for m in words if m.group()[0].isalnum()) if label is not None else ()
            return replace(evidence, causes=causes, reasons=_reasons(causes, evidence))
        without = [piece[: m.start()] + piece[m.end() :] for m in words]
        probabilities = np.clip(self.outputs([piece, *without]).emotions[:, label], 1e-4, 1 - 1e-4)
        odds = np.log(probabilities / (1 - probabilities))
        drops = odds[0] - odds[1:]
        scale = max(np.abs(drops).max(), 0.5)
        ranked = sorted(zip(words, drops / scale, strict=True), key=lambda item: -abs(item[1]))
        causes = tuple((m.group(), float(weight)) for m, weight in ranked[:_MOST_CAUSES] if abs(weight) >= 0.1)
        return replace(evidence, causes=causes, reasons=_reasons(causes, evidence))


@lru_cache(maxsize=1)
def load_text_reader() -> TextReader:
    """The reader with the weights that come with the product; loaded once per process."""
    return TextReader(checkpoints.weights_path("text_emotion"))


def check_text(text: str) -> None:
    """Raise `BadInput` for a text in which there is nothing to feel, or far too much."""
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"The text has {len(text):,} characters; {LONGEST_TEXT:,} is the most, so cut it.")
    if not normalise_text(text):
        raise BadInput("The text is empty: there is nothing in it to read.")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence. A full stop ends one only before a space and not in "Dr." or "3.50", a line break
    only behind a mark, on an empty line or behind a short line; what runs on for over 70 words is cut."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(text):
        if _ends_here(text, start, match):
            spans += _trimmed(text, start, match.end())
            start = match.end()
    spans += _trimmed(text, start, len(text))
    merged: list[tuple[int, int]] = []
    for span in spans:
        if merged and not any(letter.isalnum() or ord(letter) > 0x2190 for letter in text[span[0] : span[1]]):
            merged[-1] = (merged[-1][0], span[1])  # a lonely "..." or ")"
        else:
            merged.append(span)
    return [part for span in merged for part in _cut(text, *span)] or [(0, len(text))]


def _ends_here(text: str, start: int, match: re.Match) -> bool:
    mark = match.group()
    if not mark.startswith("\n"):
        return not (mark == "." and _ABBREVIATION.search(text[start : match.end()][-8:]))
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
    return mark.count("\n") > 1 or len(line.strip()) < _SHORT_LINE


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    piece = text[start:end]
    first, last = start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
    return [(first, last)] if last > first else []


def _cut(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A sentence in parts of at most 70 words, at a comma or conjunction where there is one in the second half."""
    parts = []
    while len(words := list(_LONG_WORD.finditer(text, start, end))) > _MOST_WORDS:
        latest = words[_MOST_WORDS].start()
        cuts = [m.end() for m in _SOFT_CUT.finditer(text, words[_MOST_WORDS // 2].start(), latest)]
        at = cuts[-1] if cuts else latest
        parts += _trimmed(text, start, at)
        start = at
    return parts + _trimmed(text, start, end)


def emphasis(text: str) -> float:
    """How much a sentence's manner raises or lowers its feeling, 0.5..1.25: capitals, marks, drawn-out and
    strengthening words ("SO happy!!!") against weakening ones ("a bit sad")."""
    words = re.findall(r"[^\W\d_]+", text)
    shouted = [w for w in words if len(w) > 1 and w.isupper()]
    lower = {word.lower() for word in words}
    score = 0.85
    score += 0.15 * min(1.0, 3 * len(shouted) / max(1, len(words)))
    score += 0.05 * min(3, text.count("!"))
    score += 0.10 * bool(re.search(r"([^\W\d_])\1{2,}", text))
    score += 0.10 * bool(lower & _STRONGER)
    score -= 0.30 * bool(lower & _WEAKER)
    return float(np.clip(score, 0.5, 1.25))


def combine(sentences: Sequence[SentenceFeeling]) -> Evidence:
    """One evidence of several sentences: means weighted by length and by how much each one feels."""
    if len(sentences) == 1:
        return sentences[0].evidence
    found = [sentence.evidence for sentence in sentences]
    lengths = np.array([sentence.end - sentence.start for sentence in sentences], float)
    weights = np.sqrt(lengths) * (0.15 + np.array([e.intensity for e in found]))
    weights *= np.array([e.reasons != (UNREAD,) for e in found]) + 1e-9
    weights /= weights.sum()
    distribution: dict[str, float] = {}
    for weight, evidence in zip(weights, found, strict=True):
        for name, probability in evidence.distribution.items():
            distribution[name] = distribution.get(name, 0.0) + float(weight * probability)
    means = np.array([e.vad_mean for e in found])
    mean = weights @ means
    spread = ((means - mean) * weights[:, None]).T @ (means - mean)
    covariance = spread + np.einsum("n,nij->ij", weights, np.array([e.vad_covariance for e in found]))
    causes = _strongest_causes(found)
    whole = Evidence(
        "text",
        distribution,
        taxonomy.vad_point(mean),
        covariance,
        float(weights @ [e.reliability for e in found]),
        float(weights @ [e.intensity for e in found]),
        causes=causes,
    )
    top = _strongest_label(distribution)
    own = [e for e in found if _strongest_label(e.distribution) == top]  # "hate" does not carry the love beside it
    return replace(whole, reasons=_reasons(_strongest_causes(own), whole))


def _doubted(evidence: Evidence, piece: str, sure: float) -> Evidence:
    """Trusted less where there is little to read: numbers and marks, unknown letters, perhaps another language."""
    if not languages.in_known_letters(piece):
        flat = dict.fromkeys(taxonomy.BASIC, 1 / len(taxonomy.BASIC))
        mean, covariance = taxonomy.vad_moments(flat)
        return Evidence("text", flat, taxonomy.vad_point(mean), covariance, 0.0, 0.0, (UNREAD,))
    readable = any(letter.isalpha() for letter in normalise_text(piece))
    trust = (0.4 + 0.6 * min(1.0, 2 * sure)) if readable else 0.1
    return replace(evidence, reliability=evidence.reliability * trust)


def _strongest_causes(found: Sequence[Evidence]) -> tuple[tuple[str, float], ...]:
    """The words that carry most, each once."""
    rows = sorted(((w, v * e.intensity) for e in found for w, v in e.causes), key=lambda row: -abs(row[1]))
    once: dict[str, tuple[str, float]] = {}
    for word, value in rows:
        once.setdefault(word.lower(), (word, value))
    return tuple(once.values())[:_MOST_CAUSES]


def _may_carry(word: str) -> bool:
    """Words, emoji, and the marks that shout or wonder; a comma feels nothing."""
    return word[0].isalnum() or word in "!?" or unicodedata.category(word[0]) == "So"


def _strongest_label(distribution: Mapping[str, float]) -> int | None:
    """The GoEmotions label that the feeling is explained for: the likeliest that is not neutral."""
    strongest = max(range(len(_LABEL_NAMES) - 1), key=lambda i: distribution.get(_LABEL_NAMES[i], 0.0))
    return strongest if distribution.get(_LABEL_NAMES[strongest], 0.0) > 0.05 else None


def _reasons(causes: Sequence[tuple[str, float]], evidence: Evidence) -> tuple[str, ...]:
    carrying = [word for word, weight in causes if weight > 0.25][:4]
    if not carrying or evidence.intensity < 0.2:
        return ()
    top = max((n for n in evidence.distribution if n != "neutral"), key=evidence.distribution.__getitem__)
    return (f"the words {', '.join(f'“{word}”' for word in carrying)} carry {top}",)


def _padded(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask


def _open(path: Path) -> onnxruntime.InferenceSession:
    return open_session(path)  # on one thread: sentences are short, a second costs more than it brings
