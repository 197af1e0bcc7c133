"""Which of Whisper's layers hear feelings? Leave one of EmoDB's actors out, with the simplest of heads.

    python -m scripts.research.whisper_layers --data DIR [--write]

Logistic regression on mean and deviation of each layer of the base model, no speaker normalisation. Needs
`pip install "mien-studio[train]"`; about two minutes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from emotion_embed.signals.audio import read_audio
from emotion_embed.signals.whisper_features import RATE_HZ, WhisperEncoder
from scripts.evaluation.metrics import unweighted_recall
from scripts.evaluation.results import write_section

N_LAYERS = 6


def recall(features: np.ndarray, labels: np.ndarray, actors: np.ndarray) -> float:
    """UAR over the actors, each read by a model that never heard them."""
    found = np.empty_like(labels)
    for actor in np.unique(actors):
        kept = actors != actor
        scaler = StandardScaler().fit(features[kept])
        model = LogisticRegression(C=0.03, max_iter=500, class_weight="balanced")
        model.fit(scaler.transform(features[kept]), labels[kept])
        found[~kept] = model.predict(scaler.transform(features[~kept]))
    return unweighted_recall(labels, found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--write", action="store_true", help="write docs/RESULTS.md")
    args = parser.parse_args()
    files = sorted((args.data / "speech_emotion" / "emodb" / "flac").glob("*.flac"))
    encoder = WhisperEncoder.load(N_LAYERS)
    states = [encoder.layers(read_audio(file, RATE_HZ).samples) for file in files]
    pooled = np.array([np.concatenate([s.mean(1), s.std(1)], 1) for s in states])  # (clips, layers, 1024)
    labels, actors = np.array([f.stem[5] for f in files]), np.array([f.stem[:2] for f in files])
    lines = [
        "`python -m scripts.research.whisper_layers`: logistic regression on mean and deviation of each layer, each actor left out.",
        "",
        "| after | UAR |",
        "|---|---|",
    ]
    for layer in range(N_LAYERS + 1):
        name = f"layer {layer}" if layer else "the convolutions"
        lines.append(f"| {name} | {recall(pooled[:, layer], labels, actors):.3f} |")
    sys.stdout.write("\n".join(lines) + "\n")
    if args.write:
        write_section("layers", "What was tried: Whisper's layers", "\n".join(lines))


if __name__ == "__main__":
    main()
