"""Soft labels: what listeners confuse with what."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np

from emotion_embed.readers.speech import LABELS
from scripts.training.speech.features import Clips

SOFTNESS = 0.25  # how much of what listeners confuse the heads are taught; all of it costs .04 of recall
OTHERS_SHARE = 0.4  # how far the label of a clip of other voices is believed; the rest: neutral, CREMA-D's confusions


def confusions(folder: Path) -> np.ndarray:
    """What CREMA-D's listeners (voice alone) hear instead of each label, (7, 7), rows summing to 1, diagonal 0.

    Boredom is not in CREMA-D: it is confused as neutral is, with a little sadness.
    """
    letters = {"A": "anger", "D": "disgust", "F": "fear", "H": "joy", "N": "neutral", "S": "sadness"}
    asked = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "joy", "NEU": "neutral", "SAD": "sadness"}
    table = np.zeros((len(LABELS), len(LABELS)))
    with gzip.open(folder / "tabulatedVotes.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row[""].startswith("1"):
                true = LABELS.index(asked[row["fileName"].split("_")[2]])
                votes = {LABELS.index(name): float(row[letter]) for letter, name in letters.items()}
                for label, count in votes.items():
                    table[true, label] += count / sum(votes.values())
    bored, neutral, sad = (LABELS.index(name) for name in ("boredom", "neutral", "sadness"))
    table[bored] = table[neutral]
    table[bored, neutral], table[bored, sad] = table[neutral].sum() / 2, table[neutral].sum() / 4
    np.fill_diagonal(table, 0)
    return table / table.sum(1, keepdims=True)


def soft_targets(clips: Clips, data: Path) -> np.ndarray:
    """The label of each clip as a distribution (n, 7): what listeners recognised, the rest as CREMA-D confuses it."""
    folder = data / "speech_emotion"
    with open(folder / "emodb" / "human_recognition.tsv", encoding="utf-8") as file:
        recognised = {
            row["clip"]: float(row["recognised_percent"]) / 100 for row in csv.DictReader(file, delimiter="\t")
        }
    shares = 1 - SOFTNESS * (1 - np.array([recognised.get(name, 0.9) for name in clips.names]))
    table = confusions(folder / "crema_d")[clips.labels]
    return shares[:, None] * np.eye(len(LABELS))[clips.labels] + (1 - shares)[:, None] * table


def other_soft_targets(labels: np.ndarray, data: Path) -> np.ndarray:
    """The same for other voices (n, 7), by what was asked of them: the prosody of a feeling is not the feeling."""
    eye, table = np.eye(len(LABELS)), confusions(data / "speech_emotion" / "crema_d")
    rest = 0.6 * eye[LABELS.index("neutral")] + 0.4 * table[labels]
    return OTHERS_SHARE * eye[labels] + (1 - OTHERS_SHARE) * rest
