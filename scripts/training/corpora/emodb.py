"""EmoDB: ten actors' clips with one feeling each, and the hand-made borders of their sounds.

Folders are `speech_emotion/emodb` of `--data`: `flac/` with the clips, `lablaut/` with the borders.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from emotion_embed import taxonomy
from emotion_embed.signals.audio import Audio
from emotion_embed.signals.recordings import read_audio
from scripts.training.corpora.utterances import Utterance

RATE_HZ = 16_000
LABELS = taxonomy.LABEL_SETS["emodb"]
NEUTRAL = LABELS.index("neutral")
HELD_OUT_ACTORS = frozenset({"11", "13", "14"})  # of everything that learns from borders
_LETTERS = "WLEAFNT"  # of a clip's name, in the order of LABELS


@dataclass(frozen=True)
class EmodbClip:
    """One clip, known by the name of its file, such as 03a01Fa: actor, sentence, feeling, take."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def actor(self) -> str:
        return actor_of(self.name)

    @property
    def label(self) -> int:
        """The feeling's number in `LABELS`."""
        return label_of(self.name)

    def audio(self) -> Audio:
        """The sound at 16 kHz."""
        return read_audio(self.path, RATE_HZ)


def actor_of(name: str) -> str:
    """Two digits."""
    return name[:2]


def label_of(name: str) -> int:
    """The feeling's number in `LABELS`."""
    return _LETTERS.index(name[5])


def emodb_clips(folder: Path) -> list[EmodbClip]:
    """Every clip, by name."""
    return [EmodbClip(path) for path in sorted((folder / "flac").glob("*.flac"))]


# EmoDB's own signs → IPA; what is not named is itself.
_IPA = {
    "I": "ɪ", "U": "ʊ", "E": "ɛ", "N": "ŋ", "@": "ə", "S": "ʃ", "6": "ɐ", "C": "ç", "aI": "aɪ", "4": "ʁ", "O": "ɔ",
    "X": "ʁ", "Y": "ʏ", "aU": "aʊ", "i6": "i", "B": "β", "V": "v", "?": "ʔ", "H": "h", "9": "œ", "OY": "ɔʏ", "D": "ð",
    "L": "l", "R": "ʁ", "E6": "ɛ", "a6": "a", "G": "ɣ", "AO": "aʊ", "aO": "aʊ", "ao": "aʊ", "I6": "ɪ", "@6": "ɐ",
}  # fmt: skip
_BORDER = re.compile(r"\s*([\d.]+)\s+-?\d+ ?(.*)")


def read_emodb(folder: Path, held_out: bool) -> Iterator[tuple[EmodbClip, Utterance]]:
    """The clips with hand-made borders, a "word" being the sounds between two pauses."""
    for clip in emodb_clips(folder):
        borders = next((folder / "lablaut").glob(clip.name + "*"), None)
        if borders is None or (clip.actor in HELD_OUT_ACTORS) != held_out:
            continue
        audio = clip.audio()
        words = _words(borders.read_text(encoding="latin-1"), audio.duration_s)
        if words:
            yield clip, Utterance(audio, words)


def _words(text: str, duration_s: float) -> list[list[tuple[str, float, float]]]:
    """Sounds from one label file. A label's time is where it begins; + and − only colour the sound before them, and
    a stop's closure, burst and breath are one sound."""
    found = [match for line in text.partition("#")[2].splitlines() if (match := _BORDER.match(line))]
    rows = sorted((float(m[1]), m[2].split("\t")[0].strip().split(" ")[0]) for m in found)
    words: list[list[tuple[str, float, float]]] = [[]]
    if not rows:
        return []
    for (start_s, sign), (end_s, _) in zip(rows, [*rows[1:], (duration_s, "")], strict=True):
        end_s = min(end_s, duration_s)
        if end_s - start_s < 1e-4:
            continue
        last = words[-1][-1] if words[-1] else None
        plain = re.sub(r"(?<=^.)asp$", "", sign.lstrip("!_"))
        symbol = _IPA.get(plain, plain)
        if sign in (".", ":") or sign.startswith("("):
            words += [[]] if last else []
        elif last and (not plain or sign[0] in "+-" or (plain != sign and symbol == last[0])):
            words[-1][-1] = (last[0], last[1], end_s)
        elif plain and sign[0] not in "+-":
            words[-1].append((symbol, start_s, end_s))
    return [word for word in words if word]
