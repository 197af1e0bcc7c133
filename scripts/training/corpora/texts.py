"""Reads the corpora of feelings in texts, for training and for measuring alike."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from emotion_embed import taxonomy

N_GO = len(taxonomy.LABEL_SETS["goemotions"])


def read_goemotions(path: Path) -> tuple[list[str], np.ndarray]:
    """Texts of GoEmotions and their labels (n, 28) bool; several may hold."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    targets = np.zeros((len(rows), N_GO), bool)
    for i, row in enumerate(rows):
        targets[i, [int(label) for label in row[1].split(",")]] = True
    return [row[0] for row in rows], targets


def read_emobank(path: Path, split: str | None) -> tuple[list[str], np.ndarray]:
    """Texts of EmoBank and valence, arousal, dominance (n, 3) on their scale of 1..5; without a split, all of them."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if split is None or row.get("split") == split]
    return [row["text"] for row in rows], np.array([[float(row[axis]) for axis in "VAD"] for row in rows])


def plain_sentences(path: Path) -> list[str]:
    """The first column's plain sentences of a few words."""
    plain = re.compile(r"[^\d\[\]<>@#/\\*_%&=+~^|()\"“”{}$€£-]{12,110}")
    firsts = (line.split("\t")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [sentence for sentence in firsts if plain.fullmatch(sentence)]
