"""Train `checkpoints/weights/homographs`: whether a word here is a verb, and whether a verb is past.

    python -m scripts.training.text.homographs --data DIR [--seed 0]

Nobody has marked texts for this, and nobody need: words that can only be a verb ("receive"), only a noun or only an
adjective stand where homographs stand, and their neighbours tell which. They are looked up in the sentences of
GoEmotions, XED and EmoBank (`--data`), and those that were written for it in `scripts/homograph_sentences.tsv` count
more. Few weights are wanted, so that each can be read: L1. Needs `pip install "mien-studio[train]"`.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from generators.voice.frontend import homographs
from scripts import ROOT
from scripts.command_line import options_of
from scripts.training.corpora.texts import read_emobank, read_goemotions

WEIGHTS = ROOT / "checkpoints" / "weights" / "homographs"
SENTENCES = Path(__file__).with_name("homograph_sentences.tsv")
WRITTEN_COUNTS = 20.0  # as many as this of the found ones
FEWEST, STRENGTH = 10, 0.3  # times that a feature must occur; the inverse of the L1 penalty
MOST_LEANING = 1.0
_TOKEN = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*|\d[\d.,]*|[.!?;:,—]")


@dataclass(frozen=True)
class Example:
    """A row of words and marks, the place of one word, and whether it is what the model asks."""

    tokens: tuple[str, ...]
    place: int
    holds: bool


def tokens_of(text: str) -> tuple[str, ...]:
    text = text.replace("’", "'").replace("[NAME]", "John").replace("[RELIGION]", "faith")
    return tuple("five" if token[0].isdigit() else token for token in _TOKEN.findall(text))


def texts(data: Path) -> list[str]:
    go = [text for part in ("train", "dev") for text in read_goemotions(data / "goemotions" / f"{part}.tsv")[0]]
    bank = read_emobank(data / "emobank" / "emobank_train_dev.csv", None)[0]
    xed = [
        line.split("\t")[-1 if name == "neu_en.txt" else 0]
        for name in ("en-annotated.tsv", "neu_en.txt")
        for line in (data / "xed" / name).read_text(encoding="utf-8").splitlines()
    ]
    return [*go, *bank, *xed]


def stand_ins() -> dict[str, dict[str, bool]]:
    """For each model the words that stand for homographs, and whether they are what it asks."""
    only: dict[str, list[str]] = {}
    for name, kind, words in homographs.rows("classes.tsv"):
        if kind == "only":
            only[name] = words.split()
    verbs, others = only["V"], [*only["N"], *only["A"]]
    past = [*only["ed"], *only["en"], *(_ed(verb) for verb in verbs if verb.endswith(("e", "er", "ain")))]
    return {
        "verb": dict.fromkeys(others, False) | dict.fromkeys(verbs, True),
        "verb on -s": dict.fromkeys([*map(_s, only["N"]), *only["Ns"]], False)
        | dict.fromkeys([*map(_s, verbs), *only["Vs"]], True),
        "past": dict.fromkeys([*verbs, "go", "take", "give", "know", "write", "tell", "buy", "drive"], False)
        | dict.fromkeys(past, True),
    }


def _s(word: str) -> str:
    return re.sub("(?<=[^aeiou])y$", "ie", word) + ("es" if re.search("(?:s|x|ch|sh)$", word) else "s")


def _ed(word: str) -> str:
    return word + ("d" if word.endswith("e") else "ed")


def found_in(rows: list[tuple[str, ...]], words: dict[str, bool]) -> Iterator[Example]:
    for tokens in rows:
        for i, token in enumerate(tokens):
            first = i == 0 or tokens[i - 1] in ".!?"
            holds = words.get(token.lower())
            if holds is None or (first and holds and token.endswith("s")) or not (token.islower() or first):
                continue  # "Makes sense" is left out: homographs are hardly ever used so
            yield Example(tokens, i, holds)


def written() -> dict[str, list[Example]]:
    """The sentences written for it, each with one word in braces and the name of its reading; without those that a
    rule decides."""
    examples: dict[str, list[Example]] = {"verb": [], "verb on -s": [], "past": []}
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        reading, sentence = line.split("\t")
        before, word, after = re.split("[{}]", sentence)
        tokens, place = tokens_of(before + word + after), len(tokens_of(before))
        model = homographs.model_of(word.lower())
        if model and not homographs.by_rule(tokens, place):
            examples[model].append(Example(tokens, place, reading == ("past" if model == "past" else "v")))
    return examples


def fit(found: list[Example], own: list[Example], seed: int) -> dict[str, float]:
    """The weights of the features that matter, "bias" among them; both answers count alike."""
    examples = [*found, *own]
    rows = [homographs.features(example.tokens, example.place) for example in examples]
    counts = Counter(feature for row in rows[: len(found)] for feature in row)
    index = {feature: i for i, feature in enumerate(f for f, n in counts.items() if n >= FEWEST)}
    columns = [[index[feature] for feature in row if feature in index] for row in rows]
    starts = np.cumsum([0, *map(len, columns)])
    values = csr_matrix((np.ones(starts[-1]), np.concatenate(columns), starts), shape=(len(rows), len(index)))
    holds = np.array([example.holds for example in examples])
    share = holds[: len(found)].mean()
    importance = np.where(holds, 0.5 / share, 0.5 / (1 - share))
    importance[len(found) :] = WRITTEN_COUNTS
    model = LogisticRegression(C=STRENGTH, penalty="l1", solver="liblinear", random_state=seed, max_iter=300)
    model.fit(values, holds, sample_weight=importance)
    weights = {feature: float(model.coef_[0, i]) for feature, i in index.items() if abs(model.coef_[0, i]) >= 0.01}
    return {"bias": float(model.intercept_[0])} | dict(sorted(weights.items()))


def leanings(model: str, rows: list[tuple[str, ...]]) -> dict[str, float]:
    """How much each homograph leans to one reading before its neighbours are seen, in log odds: by expectation and
    maximisation over the places where it stands in the texts, half of FEWEST of either reading taken for seen. Half
    of it is enough: what people try is the rarer reading more often than chance."""
    logits: dict[str, list[float]] = {}
    for tokens in rows:
        for i, token in enumerate(tokens):
            if homographs.model_of(token.lower()) == model and not homographs.by_rule(tokens, i):
                p = homographs.probability(model, tokens, i)
                logits.setdefault(token.lower(), []).append(np.log(p / (1 - p)))
    found = {}
    for word, own in sorted(logits.items()):
        lean = 0.0
        for _ in range(50):
            n_held = (1 / (1 + np.exp(-np.array(own) - lean))).sum() + FEWEST / 2
            lean = float(np.log(n_held / (len(own) + FEWEST - n_held)))
        found[f"word={word}"] = min(max(lean / 2, -MOST_LEANING), MOST_LEANING)
    return found


def write(models: dict[str, dict[str, float]]) -> None:
    rounded = {model: {name: round(weight, 2) for name, weight in models[model].items()} for model in models}
    (WEIGHTS / "config.json").write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")
    homographs._weights.cache_clear()


def main() -> None:
    parser = options_of(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds goemotions/, xed/ and emobank/")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = [tokens_of(text) for text in texts(options.data)]
    own, done = written(), {}
    for model, words in stand_ins().items():
        found = list(found_in(rows, words))
        random.Random(options.seed).shuffle(found)
        tenth = len(found) // 10
        weights = done[model] = fit(found[tenth:], own[model], options.seed)
        write(done)
        right = sum((homographs.probability(model, e.tokens, e.place) > 0.5) == e.holds for e in found[:tenth])
        print(f"{model}: {len(weights)} weights from {len(found)} words; {right / tenth:.3f} right of a tenth left out")
        if model != "past":
            weights |= leanings(model, rows)
            write(done)


if __name__ == "__main__":
    main()
