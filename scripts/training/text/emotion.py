"""Train the text reader: what a sentence feels like, by a small transformer.

    python -m scripts.training.text.emotion --data DIR --work DIR [--epochs 3] [--seed 1] [--threads 2]

`--data` holds `text_emotion` (GoEmotions, EmoBank, XED). all-MiniLM-L6-v2 learns three things at once from mean-pooled
states: GoEmotions' 28 labels, EmoBank's valence–arousal–dominance and XED's eight Plutchik emotions. The model kept is
a running mean over the last 400 steps or so. It goes to `WORK/model.safetensors`, from which
`scripts.training.text.export` makes what the product carries. About 25 minutes on two idle cores with bfloat16.
Needs the packages of `pip install "mien-studio[train]"`.
"""

from __future__ import annotations

import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

import checkpoints
from emotion_embed.readers.text_normalisation import normalise_text
from scripts.command_line import options_of
from scripts.training.corpora.texts import N_GO, read_emobank, read_goemotions

N_XED = 8
LONGEST_TOKENS = 64
BATCH, LEARNING_RATE, HEAD_RATE, WARM_UP, WEIGHT_DECAY, LAYER_DECAY = 64, 1.6e-4, 1e-3, 0.06, 0.01, 0.88
SHARES = {"go": 1.0, "vad": 2.5, "xed": 0.6}  # how often an epoch sees each corpus
VAD_SPREAD = torch.tensor([0.175, 0.131, 0.105])  # EmoBank's deviations: no axis shall be drowned by another
TASK_WEIGHTS = {"go": 1.0, "vad": 1.0, "xed": 0.5}
NAMES = [
    "Alex",
    "Anna",
    "Ben",
    "Carla",
    "Daniel",
    "Emma",
    "Frank",
    "Grace",
    "Henry",
    "Isabel",
    "Jack",
    "Kate",
    "Liam",
    "Maria",
    "Nora",
    "Omar",
    "Paul",
    "Rosa",
    "Sam",
    "Tom",
]


@dataclass
class Corpus:
    """Sentences with one kind of label: `targets` (n, outputs) float32."""

    task: str
    texts: list[str]
    targets: np.ndarray


def goemotions(path: Path) -> Corpus:
    """GoEmotions: 28 labels, several may hold."""
    texts, labels = read_goemotions(path)
    return Corpus("go", texts, labels.astype(np.float32))


def emobank(path: Path, split: str) -> Corpus:
    """EmoBank: valence, arousal, dominance from 1..5 to −1..1."""
    texts, vad = read_emobank(path, split)
    return Corpus("vad", texts, ((vad - 3) / 2).astype(np.float32))


def read_xed(folder: Path, seed: int = 0) -> tuple[Corpus, Corpus]:
    """XED in English with its neutral lines, and a tenth of it kept apart."""
    rows = [line.rsplit("\t", 1) for line in (folder / "en-annotated.tsv").read_text(encoding="utf-8").splitlines()]
    neutral = [line.split("\t", 1)[1] for line in (folder / "neu_en.txt").read_text(encoding="utf-8").splitlines()]
    texts = [row[0] for row in rows] + neutral
    targets = np.zeros((len(texts), N_XED), np.float32)
    for i, row in enumerate(rows):
        targets[i, [int(label) - 1 for label in row[1].split(",")]] = 1
    order = np.random.default_rng(seed).permutation(len(texts))
    cut = len(order) // 10
    parts = [Corpus("xed", [texts[i] for i in part], targets[part]) for part in (order[cut:], order[:cut])]
    return parts[0], parts[1]


class TextEmotionModel(nn.Module):
    """MiniLM with mean pooling and one linear head for each kind of label."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(0.1)
        self.heads = nn.ModuleDict({"go": nn.Linear(384, N_GO), "vad": nn.Linear(384, 3), "xed": nn.Linear(384, N_XED)})

    def pool(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The mean of the last states over the tokens, (batch, 384)."""
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).to(states.dtype)
        return (states * weights).sum(1) / weights.sum(1)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
        """Logits of `go` (batch, 28) and `xed` (batch, 8), and `vad` (batch, 3) in −1..1."""
        pooled = self.dropout(self.pool(ids, mask))
        return {name: head(pooled).float() for name, head in self.heads.items()}


def load_pretrained(folder: Path) -> TextEmotionModel:
    """all-MiniLM-L6-v2 with fresh heads."""
    config = BertConfig.from_json_file(folder / "config.json")
    config.attention_probs_dropout_prob = 0.0  # a sixth of the time of a step, for nothing measurable
    model = TextEmotionModel(config)
    weights = {k: v for k, v in load_file(folder / "model.safetensors").items() if not k.startswith("pooler.")}
    lacking = model.encoder.load_state_dict(weights, strict=False)
    if [k for k in lacking.missing_keys if "position_ids" not in k]:
        raise RuntimeError(f"The weights of MiniLM lack {lacking.missing_keys}.")
    model.encoder.embeddings.word_embeddings.weight.requires_grad_(False)  # rare words keep what MiniLM knows of them
    return model


def load_tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST_TOKENS)
    return tokenizer


def augmented(text: str, rng: np.random.Generator) -> str:
    """GoEmotions hides names behind [NAME]; users write names."""
    while "[NAME]" in text:
        text = text.replace("[NAME]", str(rng.choice(NAMES)) if rng.random() < 0.5 else "[name]", 1)
    return text


def batches(rows: list[tuple[list[int], int]], size: int, rng: np.random.Generator | None) -> list[list[int]]:
    """Indices of rows, neighbours in length together; shuffled where `rng` is given."""
    order = np.arange(len(rows)) if rng is None else rng.permutation(len(rows))
    chunk = size * 50
    parts = []
    for start in range(0, len(order), chunk):
        block = sorted(order[start : start + chunk], key=lambda i: len(rows[i][0]))
        parts += [block[i : i + size] for i in range(0, len(block), size)]
    if rng is not None:
        rng.shuffle(parts)
    return parts


def padded(ids: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, ids))
    tokens, mask = torch.zeros(len(ids), longest, dtype=torch.long), torch.zeros(len(ids), longest, dtype=torch.long)
    for i, row in enumerate(ids):
        tokens[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return tokens, mask


def optimizer_for(model: TextEmotionModel) -> torch.optim.Optimizer:
    """AdamW whose rate falls from the heads to the embeddings, layer by layer."""
    groups: dict[tuple[float, float], list] = {}
    n_layers = model.encoder.config.num_hidden_layers
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if name.startswith("heads."):
            rate = HEAD_RATE
        else:
            depth = int(name.split("layer.")[1].split(".")[0]) + 1 if "layer." in name else 0
            rate = LEARNING_RATE * LAYER_DECAY ** (n_layers - depth)
        decay = WEIGHT_DECAY if parameter.dim() > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return torch.optim.AdamW(
        [{"params": p, "lr": rate, "weight_decay": decay} for (rate, decay), p in groups.items()], fused=True
    )


def task_loss(task: str, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    if task == "vad":
        return ((output - target) / VAD_SPREAD).square().mean()
    return functional.binary_cross_entropy_with_logits(output, target) * output.shape[1] / 4


def train(
    model: TextEmotionModel,
    corpora: list[Corpus],
    tokenizer: Tokenizer,
    epochs: int,
    seed: int,
    dev: Corpus | None = None,
) -> TextEmotionModel:
    """Multi-task training; returns the running mean of the weights."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    optimizer = optimizer_for(model)
    base_rates = [group["lr"] for group in optimizer.param_groups]
    steps = int(sum(math.ceil(SHARES[c.task] * len(c.texts) / BATCH) for c in corpora)) * epochs
    step, began = 0, time.time()
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    for epoch in range(epochs):
        model.train()
        plan: list[tuple[Corpus, list[tuple[list[int], int]], list[int]]] = []
        for corpus in corpora:
            wanted = int(SHARES[corpus.task] * len(corpus.texts))
            chosen = np.concatenate([rng.permutation(len(corpus.texts)) for _ in range(math.ceil(SHARES[corpus.task]))])
            texts = [normalise_text(augmented(corpus.texts[i], rng)) for i in chosen[:wanted]]
            rows = list(zip((e.ids for e in tokenizer.encode_batch(texts)), chosen, strict=False))
            plan += [(corpus, rows, batch) for batch in batches(rows, BATCH, rng)]
        total = 0.0
        for at in rng.permutation(len(plan)):
            corpus, rows, batch = plan[at]
            share = min(1.0, step / (WARM_UP * steps)) * max(0.02, 1 - step / steps)
            for group, rate in zip(optimizer.param_groups, base_rates, strict=True):
                group["lr"] = rate * share
            ids, mask = padded([rows[i][0] for i in batch])
            which = [rows[i][1] for i in batch]
            target = torch.from_numpy(corpus.targets[which])
            with torch.autocast("cpu", torch.bfloat16):
                output = model(ids, mask)[corpus.task]
            loss = task_loss(corpus.task, output, target)
            optimizer.zero_grad(set_to_none=True)
            (TASK_WEIGHTS[corpus.task] * loss).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            total += float(loss.detach())
            if step % 20 == 0:  # a running mean over about the last 400 steps generalises better than the last step
                for name, value in model.state_dict().items():
                    if value.dtype.is_floating_point and "word_embeddings" not in name:
                        average[name].lerp_(value, 0.05 if step > 400 else 1.0)
            if step % 200 == 0:
                say(f"  step {step}/{steps}, loss {total / 200:.3f}, {time.time() - began:.0f} s")
                total = 0.0
        if dev is not None:
            macro_f1 = macro_f1_tuned(predict(model, dev.texts, tokenizer)["go"], dev.targets)[0]
            say(f"  epoch {epoch}: dev macro-F1 at its own thresholds {macro_f1:.4f}")
    model.load_state_dict(average)
    return model


@torch.no_grad()
def predict(model: TextEmotionModel, texts: list[str], tokenizer: Tokenizer) -> dict[str, np.ndarray]:
    """Probabilities of `go` and `xed`, and `vad`, for each text."""
    model.eval()
    rows = [(e.ids, i) for i, e in enumerate(tokenizer.encode_batch([normalise_text(t) for t in texts]))]
    outputs = {"go": np.zeros((len(rows), N_GO), np.float32), "vad": np.zeros((len(rows), 3), np.float32),
               "xed": np.zeros((len(rows), N_XED), np.float32)}  # fmt: skip
    for batch in batches(rows, 128, None):
        ids, mask = padded([rows[i][0] for i in batch])
        with torch.autocast("cpu", torch.bfloat16):
            result = model(ids, mask)
        for task, value in result.items():
            outputs[task][batch] = (value if task == "vad" else value.sigmoid()).numpy()
    return outputs


def macro_f1_tuned(probabilities: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
    """Macro-F1 at each label's best threshold, and those thresholds (labels,)."""
    grid = np.linspace(0.03, 0.9, 88)
    scores = np.zeros((len(grid), targets.shape[1]))
    for i, threshold in enumerate(grid):
        said = probabilities >= threshold
        hit = (said * targets).sum(0)
        scores[i] = 2 * hit / np.maximum(said.sum(0) + targets.sum(0), 1)
    smooth = np.array([np.convolve(np.pad(c, 2, mode="edge"), np.ones(5) / 5, "valid") for c in scores.T]).T
    best = smooth.argmax(0)  # the middle of a plateau, not a lucky spike
    return float(scores[best, np.arange(len(best))].mean()), grid[best]


def report(model: TextEmotionModel, dev: dict[str, Corpus], tokenizer: Tokenizer, name: str) -> None:
    go = predict(model, dev["go"].texts, tokenizer)["go"]
    vad = predict(model, dev["vad"].texts, tokenizer)["vad"]
    xed = predict(model, dev["xed"].texts, tokenizer)["xed"]
    rs = [np.corrcoef(vad[:, i], dev["vad"].targets[:, i])[0, 1] for i in range(3)]
    say(
        f"{name}: GoEmotions dev macro-F1 {macro_f1_tuned(go, dev['go'].targets)[0]:.4f}, EmoBank dev r "
        f"{rs[0]:.3f} {rs[1]:.3f} {rs[2]:.3f}, XED macro-F1 {macro_f1_tuned(xed, dev['xed'].targets)[0]:.4f}"
    )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = options_of(__doc__, data=True, work="keeps features and results")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--minilm", type=Path, help="folder of all-MiniLM-L6-v2; without it, from the catalogue")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)  # the fresh heads, too
    folder = args.minilm or checkpoints.path("minilm-l6-v2")
    tokenizer = load_tokenizer(folder)
    text = args.data / "text_emotion"
    xed, xed_dev = read_xed(text / "xed")
    emobank_csv = text / "emobank" / "emobank_train_dev.csv"
    corpora = [goemotions(text / "goemotions" / "train.tsv"), emobank(emobank_csv, "train"), xed]
    dev = {"go": goemotions(text / "goemotions" / "dev.tsv"), "vad": emobank(emobank_csv, "dev"), "xed": xed_dev}
    model = train(load_pretrained(folder), corpora, tokenizer, args.epochs, args.seed, dev["go"])
    save_file(model.state_dict(), args.work / "model.safetensors")
    report(model, dev, tokenizer, "model")


if __name__ == "__main__":
    main()
