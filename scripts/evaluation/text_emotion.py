"""Measure how well texts are read: GoEmotions, EmoBank and XED's languages, the cost of 8 bits, and the speed.

    python -m scripts.evaluation.text_emotion --data DIR [--float DIR] [--write]
    python -m scripts.evaluation.text_emotion --data DIR --goemotions test.tsv --emobank test.csv    # other files

Thresholds are those in the weights' config (from GoEmotions' dev split), so on dev the macro-F1 flatters; "crossed" are
thresholds from one half of the sentences tried on the other.
`--float` is the folder that `scripts.training.text.export --float` left.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

import checkpoints
from emotion_embed import taxonomy
from emotion_embed.readers.text import ModelOutput, TextReader
from scripts.command_line import options_of
from scripts.evaluation.metrics import macro_f1
from scripts.evaluation.results import publish
from scripts.training.corpora.texts import N_GO, read_emobank, read_goemotions


def crossed_f1(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Macro-F1 with thresholds from the even sentences on the odd ones, and the other way round, averaged."""
    grid = np.linspace(0.03, 0.9, 88)
    even = np.arange(len(targets)) % 2 == 0
    scores = []
    for known in (even, ~even):
        best = np.argmax([[_f1(probabilities[known, k] >= t, targets[known, k]) for t in grid] for k in range(N_GO)], 1)
        scores.append(macro_f1(probabilities[~known] >= grid[best], targets[~known]))
    return float(np.mean(scores))


def _f1(said: np.ndarray, truth: np.ndarray) -> float:
    return float(2 * (said & truth).sum() / max(1, said.sum() + truth.sum()))


def ekman_f1(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Macro-F1 over Ekman's six and neutral, each sentence given to the likeliest group."""
    groups = [
        np.argmax(taxonomy.to_labels("ekman", {taxonomy.canonical(n): 1.0})) for n in taxonomy.LABEL_SETS["goemotions"]
    ]
    share = np.zeros((N_GO, 7))
    share[np.arange(N_GO), groups] = 1
    said = np.eye(7, dtype=bool)[(probabilities @ share).argmax(1)]
    return macro_f1(said, (targets @ share) > 0)


def milliseconds_a_sentence(reader: TextReader, texts: list[str]) -> tuple[float, float]:
    """One sentence at a time on one core: median and 95th percentile over 300."""
    for text in texts[:20]:
        reader.outputs([text])
    took = []
    for text in texts[:300]:
        started = time.perf_counter()
        reader.outputs([text])
        took.append(1000 * (time.perf_counter() - started))
    return float(np.median(took)), float(np.percentile(took, 95))


def rows_for(name: str, reader: TextReader, go: tuple, bank: tuple) -> tuple[list[str], ModelOutput]:
    said = reader.outputs(go[0])
    f1 = macro_f1(said.emotions >= np.array(reader.config["thresholds"]), go[1])
    vad = reader.outputs(bank[0]).vad
    r = [np.corrcoef(vad[:, i], bank[1][:, i])[0, 1] for i in range(3)]
    median_ms, slow_ms = milliseconds_a_sentence(reader, go[0])
    crossed, ekman = crossed_f1(said.emotions, go[1]), ekman_f1(said.emotions, go[1])
    row = (
        f"| {name} | {f1:.3f} (crossed {crossed:.3f}) | {ekman:.3f} | {' / '.join(f'{v:.3f}' for v in r)} "
        f"| {median_ms:.1f} ({slow_ms:.1f}) |"
    )
    return [row], said


def main() -> None:
    parser = options_of(__doc__, data=True, write=True)
    parser.add_argument("--float", type=Path)
    parser.add_argument("--goemotions", type=Path, help="another file in GoEmotions' form")
    parser.add_argument("--emobank", type=Path, help="another file in EmoBank's form")
    args = parser.parse_args()
    folder = args.data / "text_emotion"
    go = read_goemotions(args.goemotions or folder / "goemotions" / "dev.tsv")
    bank = read_emobank(args.emobank or folder / "emobank" / "emobank_train_dev.csv", None if args.emobank else "dev")
    lines = [
        f"`scripts.evaluation.text_emotion`, {len(go[0])} of GoEmotions' and {len(bank[0])} of EmoBank's sentences.",
        "", "| | GoEmotions macro-F1, 28 | Ekman's 7 | EmoBank r: V / A / D | ms a sentence, one core (95 %) |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    own, said = rows_for("committed, int8", TextReader(checkpoints.weights_path("text_emotion")), go, bank)
    lines += own
    if args.float:
        other, floats = rows_for("the same, float32", TextReader(args.float, "model.onnx"), go, bank)
        lines += other
        moved = np.abs(said.emotions - floats.emotions).mean(0).max()
        lines.append(f"| how far 8 bits move a label's probability, mean, at most | {moved:.4f} | | | |")
    lines += [
        "| BERT base (paper; re-implementation) | .46; .50 | .64 | | |",
        "| TF-IDF and linear | .458 | | .55 / .40 / .32 | |",
    ]
    config = json.loads((checkpoints.weights_path("text_emotion_languages") / "config.json").read_text("utf-8"))
    scores = ", ".join(f"{code} {value:.2f}" for code, value in config["macro_f1"].items())
    always = np.mean(list(config["always_all_macro_f1"].values()))
    lines += [
        "",
        "Seven languages by their letters, macro-F1 over Plutchik's eight on the last tenth of each of XED's files: "
        f"{scores} (naming all eight every time: {always:.2f}). The language itself is told right in "
        f"{config['language_accuracy']:.1%} of sentences of twelve letters or more.",
    ]
    text = "\n".join(lines)
    publish("text_emotion", "Feelings in texts", text, args.write)


if __name__ == "__main__":
    main()
