"""Train `checkpoints/weights/text_emotion_languages`: which language a text is in, and roughly what it feels like.

    python -m scripts.training.text.languages --data DIR [--seed 0]

One logistic regression over hashed n-grams of letters per language of XED, and one that tells the languages apart. A
tenth of each file, a block at its end, is kept apart and measured. Needs `pip install "mien-studio[train]"`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from emotion_embed.readers.languages import N_BUCKETS, NAMES, hashed_ngrams
from scripts import ROOT
from scripts.command_line import options_of
from scripts.evaluation.metrics import macro_f1

WEIGHTS = ROOT / "checkpoints" / "weights" / "text_emotion_languages"
N_EMOTIONS = 8


def read(folder: Path, code: str) -> tuple[list[str], np.ndarray]:
    """Sentences and their Plutchik labels (n, 8)."""
    name = "en-annotated.tsv" if code == "en" else f"{code}-projections.tsv"
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    rows = [line.rsplit("\t", 1) for line in lines if re.search(r"\t[\d, ]+$", line)]
    targets = np.zeros((len(rows), N_EMOTIONS), bool)
    for i, row in enumerate(rows):
        targets[i, [int(label) - 1 for label in row[1].split(",")]] = True
    return [row[0] for row in rows], targets


def matrix(texts: list[str], sizes: tuple[int, ...]) -> csr_matrix:
    rows = [hashed_ngrams(text, sizes) for text in texts]
    starts = np.cumsum([0, *map(len, rows)])
    columns = np.fromiter((c for row in rows for c in row), np.int32, starts[-1])
    values = np.fromiter((v for row in rows for v in row.values()), np.float32, starts[-1])
    return csr_matrix((values, columns, starts), shape=(len(rows), N_BUCKETS))


def best_power(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The power at which probabilities, brought to the sum 1, are nearest to the annotated emotions shared alike."""
    shared = targets / np.maximum(targets.sum(1, keepdims=True), 1)

    def loss(power: float) -> float:
        p = probabilities**power
        return -float((shared * np.log(p / p.sum(1, keepdims=True) + 1e-9)).sum(1).mean())

    grid = np.linspace(0.5, 6, 56)
    return round(float(grid[np.argmin([loss(power) for power in grid])]), 2)


def best_sharpness(scores: np.ndarray, truth: np.ndarray) -> float:
    """The factor on the scores at which the held-out languages are likeliest: n-grams of a line are few and shy."""

    def loss(factor: float) -> float:
        z = factor * (scores - scores.max(1, keepdims=True))
        return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(truth)), truth]).mean())

    grid = np.geomspace(0.5, 10, 40)
    return round(float(grid[np.argmin([loss(factor) for factor in grid])]), 3)


def main() -> None:
    parser = options_of(__doc__, data=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    folder = args.data / "text_emotion" / "xed"
    tensors, f1, chance, sharpness, hit_rate = {}, {}, {}, {}, {}
    all_texts: dict[str, list[list[str]]] = {}
    for code in NAMES:
        texts, targets = read(folder, code)
        cut = len(texts) * 9 // 10
        all_texts[code] = [texts[:cut], texts[cut:]]
        if code == "en":
            continue
        known, kept = matrix(texts[:cut], (2, 3, 4, 5)), matrix(texts[cut:], (2, 3, 4, 5))
        columns, probabilities = [], []
        for k in range(N_EMOTIONS):
            model = LogisticRegression(C=3.0, class_weight="balanced", max_iter=300, random_state=args.seed)
            model.fit(known, targets[:cut, k])
            columns.append(np.append(model.coef_[0], model.intercept_))
            probabilities.append(model.predict_proba(kept)[:, 1])
        tensors[code] = np.stack(columns, 1).astype(np.float16)
        said = np.stack(probabilities, 1)
        sharpness[code] = best_power(said, targets[cut:])
        hit_rate[code] = round(float(targets[cut:][np.arange(len(said)), said.argmax(1)].mean()), 3)
        f1[code] = round(macro_f1(np.stack(probabilities, 1) >= 0.5, targets[cut:]), 3)
        rate = targets[:cut].mean(0)
        chance[code] = round(float((2 * rate / (1 + rate)).mean()), 3)
        sys.stdout.write(f"{code}: macro-F1 {f1[code]} on {len(texts) - cut} kept apart (always all: {chance[code]})\n")
    labels = np.concatenate([[code] * len(parts[0]) for code, parts in all_texts.items()])
    model = LogisticRegression(C=10.0, max_iter=200, random_state=args.seed)
    model.fit(matrix([t for parts in all_texts.values() for t in parts[0]], (1, 2, 3)), labels)
    order = [list(model.classes_).index(code) for code in NAMES]
    tensors["language"] = np.vstack([model.coef_[order].T, model.intercept_[order]]).astype(np.float16)
    kept = [(t, code) for code, parts in all_texts.items() for t in parts[1] if sum(map(str.isalpha, t)) >= 12]
    scores = model.decision_function(matrix([t for t, _ in kept], (1, 2, 3)))
    found = model.classes_[scores.argmax(1)]
    language_sharpness = best_sharpness(scores, np.searchsorted(model.classes_, [code for _, code in kept]))
    accuracy = float(np.mean(found == np.array([code for _, code in kept])))
    sys.stdout.write(f"language told right in {accuracy:.3f} of {len(kept)} sentences of 12 letters or more\n")
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    tensors = {
        name: np.ascontiguousarray(value) for name, value in tensors.items()
    }  # save_file takes bytes as they lie
    save_file(tensors, WEIGHTS / "model.safetensors")
    config = {
        "languages": list(NAMES),
        "macro_f1": f1,
        "always_all_macro_f1": chance,
        "sharpness": sharpness,
        "hit_rate": hit_rate,
        "language_accuracy": round(accuracy, 4),
        "language_sharpness": language_sharpness,
    }
    (WEIGHTS / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
