"""Which of Whisper's layers hear feelings? Leave one of EmoDB's actors out, with the simplest of heads.

    python -m scripts.research.whisper_layers --data DIR [--write]

Logistic regression on mean and deviation of each layer of the base model, no speaker normalisation. Needs
`pip install "mien-studio[train]"`; about two minutes.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from emotion_embed.signals.whisper_features import WhisperEncoder
from scripts.command_line import options_of
from scripts.evaluation.metrics import unweighted_recall
from scripts.evaluation.results import publish
from scripts.training.corpora.emodb import emodb_clips

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
    parser = options_of(__doc__, data=True, write=True)
    args = parser.parse_args()
    clips = emodb_clips(args.data / "speech_emotion" / "emodb")
    encoder = WhisperEncoder.load(N_LAYERS)
    states = [encoder.layers(clip.audio().samples) for clip in clips]
    pooled = np.array([np.concatenate([s.mean(1), s.std(1)], 1) for s in states])  # (clips, layers, 1024)
    labels, actors = np.array([clip.label for clip in clips]), np.array([clip.actor for clip in clips])
    lines = [
        "`scripts.research.whisper_layers`: logistic regression on each layer's mean and deviation, actors left out.",
        "",
        "| after | UAR |",
        "|---|---|",
    ]
    for layer in range(N_LAYERS + 1):
        name = f"layer {layer}" if layer else "the convolutions"
        lines.append(f"| {name} | {recall(pooled[:, layer], labels, actors):.3f} |")
    publish("layers", "What was tried: Whisper's layers", "\n".join(lines), args.write)


if __name__ == "__main__":
    main()
