"""Utterances whose sounds are known word by word: GRID's talker, LJSpeech, and who is held out of every training."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_embed.signals.audio import Audio
from emotion_embed.signals.recordings import read_audio
from generators.voice.align.alignment import RATE_HZ, PhoneModel, align
from generators.voice.frontend.g2p import phonemize_words

HELD_OUT_VOICES = frozenset({"am_puck", "am_onyx", "af_nova", "bf_lily", "im_nicola"})
HELD_OUT_GRID = 6  # every 6th clip


@dataclass(frozen=True)
class Utterance:
    """Speech with its sounds word by word: `words` lists (symbol, start_s, end_s), times NaN where unknown."""

    audio: Audio
    words: list[list[tuple[str, float, float]]]

    def symbols(self) -> list[list[str]]:
        return [[symbol for symbol, _, _ in word] for word in self.words]

    def realigned(self, model: PhoneModel, slack_s: float | None = None) -> Utterance | None:
        """With times found by `model`, near the present ones if `slack_s` is given; None where it cannot be."""
        anchors_s = [(word[0][1], word[-1][2]) for word in self.words] if slack_s else None
        spans = align(model.log_likelihoods(self.audio), self.symbols(), anchors_s, slack_s or 0.0)
        if spans is None:
            return None
        timed = [
            [(s, *span) for s, span in zip(word, own, strict=True)]
            for word, own in zip(self.symbols(), spans, strict=True)
        ]
        return Utterance(self.audio, timed)


def read_grid(folder: Path, held_out: bool) -> Iterator[tuple[str, Utterance]]:
    """(clip, utterance) of the GRID talker; each word's first and last sound carry its given times."""
    with open(folder / "words.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    for i, clip in enumerate(sorted({row["clip"] for row in rows})):
        if (i % HELD_OUT_GRID == 0) != held_out:
            continue
        words = []
        for row in (r for r in rows if r["clip"] == clip and r["word"] not in ("sil", "sp")):
            said = ["eɪ"] if row["word"] == "a" else _symbols(row["word"], "en-gb")[0]
            words.append([(s, float(row["start_s"]), float(row["end_s"])) for s in said])
        yield clip, Utterance(read_audio(folder / "audio" / f"{clip}.flac", RATE_HZ), words)


def read_ljspeech(folder: Path) -> Iterator[Utterance]:
    """LJSpeech with its transcripts; no times."""
    for line in (folder / "transcripts.tsv").read_text(encoding="utf-8").splitlines():
        clip, _, text = line.partition("\t")
        words = [[(s, np.nan, np.nan) for s in word] for word in _symbols(text, "en-us")]
        yield Utterance(read_audio(folder / f"{clip}.flac", RATE_HZ), words)


def _symbols(text: str, language: str) -> list[list[str]]:
    return [[p.symbol for p in word.phones] for word in phonemize_words(text, language) if word.phones]
