"""Does learned attention over time hear feelings better than mean and deviation? Leave one of EmoDB's actors out.

    python -m scripts.research.pooling --data DIR [--write]

The same two layers of Whisper, the same training (AdamW, dropout, label smoothing), clips as they are and in noise;
once pooled by mean and deviation, once by four learned attention heads (attentive statistics, Okabe et al. 2018). Needs
`pip install "mien-studio[train]"`; about ten minutes on one core.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from emotion_embed.readers.speech import LABELS, speech_frames
from emotion_embed.signals.audio import Audio
from scripts.command_line import options_of
from scripts.evaluation.metrics import unweighted_recall
from scripts.evaluation.results import publish
from scripts.training.augmentation import varied
from scripts.training.corpora.emodb import RATE_HZ, emodb_clips

N_HEADS, EPOCHS, BATCH, LONGEST = 4, 14, 48, 104


class PooledClassifier(nn.Module):
    """States (batch, time, 1024) and their mask to seven logits, pooled by attention or evenly."""

    def __init__(self, attentive: bool) -> None:
        super().__init__()
        self.attentive = attentive
        first, last = nn.Linear(1024, 32), nn.Linear(32, N_HEADS)
        self.score = nn.Sequential(first, nn.Tanh(), last)
        nn.init.zeros_(last.weight)
        width = 2048 * (N_HEADS if attentive else 1)
        self.norm, self.out = nn.BatchNorm1d(width, affine=False), nn.Linear(width, len(LABELS))
        nn.init.zeros_(self.out.weight)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = states.float()
        even = (mask / mask.sum(1, keepdim=True))[..., None]
        weights = torch.softmax(self.score(states) + mask.log()[..., None], 1) if self.attentive else even
        mean = torch.einsum("btk,btd->bkd", weights, states)
        deviation = (torch.einsum("btk,btd->bkd", weights, states * states) - mean**2).clamp(1e-6).sqrt()
        pooled = torch.cat([mean, deviation], 2).flatten(1)
        return self.out(nn.functional.dropout(self.norm(pooled), 0.5, self.training))


def frames_of(folder: Path) -> tuple[torch.Tensor, torch.Tensor, np.ndarray, np.ndarray]:
    """States (n, 104, 1024) float16, masks (n, 104), labels and actors: all clips as they are, then all in noise."""
    clips, rng = emodb_clips(folder), np.random.default_rng(0)
    states, masks = (
        np.zeros((2 * len(clips), LONGEST, 1024), np.float16),
        np.zeros((2 * len(clips), LONGEST), np.float32),
    )
    for i, (variant, clip) in enumerate((v, c) for v in ("plain", "noise") for c in clips):
        samples = np.clip(varied(clip.audio().samples, variant, rng), -1, 1).astype(np.float32)
        found = speech_frames(Audio(samples, RATE_HZ)).states[:LONGEST]
        states[i, : len(found)], masks[i, : len(found)] = found, 1
    inside = states[masks > 0][::5].astype(np.float32)
    for i in range(len(states)):
        states[i] = (states[i] - inside.mean(0)) / inside.std(0)
    labels = np.array([clip.label for clip in clips] * 2)
    return torch.from_numpy(states), torch.from_numpy(masks), labels, np.array([clip.actor for clip in clips] * 2)


def recall(attentive: bool, data: tuple, seed: int) -> float:
    """UAR over the actors, each read by a model that never heard them; clips as they are."""
    states, masks, labels, actors = data
    n = len(labels) // 2
    found, targets = np.zeros(n, int), torch.from_numpy(labels)
    for actor in np.unique(actors):
        torch.manual_seed(seed)
        kept, asked = np.flatnonzero(actors != actor), np.flatnonzero(actors[:n] == actor)
        counts = np.bincount(labels[kept], minlength=len(LABELS))
        weights = torch.tensor(counts.sum() / (len(LABELS) * counts), dtype=torch.float32)
        model = PooledClassifier(attentive)
        optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.3)
        for epoch in range(EPOCHS):
            model.train()
            order = np.random.default_rng(epoch).permutation(kept)
            for start in range(0, len(order) - 8, BATCH):
                rows = torch.from_numpy(order[start : start + BATCH])
                logits = model(states[rows], masks[rows])
                loss = nn.functional.cross_entropy(logits, targets[rows], weight=weights, label_smoothing=0.1)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        model.eval()
        with torch.no_grad():
            found[asked] = model(states[asked], masks[asked]).argmax(1).numpy()
    return unweighted_recall(labels[:n], found)


def main() -> None:
    parser = options_of(__doc__, data=True, write=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    data = frames_of(args.data / "speech_emotion" / "emodb")
    even, attentive = recall(False, data, args.seed), recall(True, data, args.seed)
    text = (
        "`scripts.research.pooling`: trained alike on EmoDB, each actor left out, a head that pools two layers of "
        f"Whisper by mean and deviation reaches UAR {even:.3f}, one with four learned attention heads {attentive:.3f}. "
        "The product pools by mean and deviation, and lets a committee of such heads vote."
    )
    publish("pooling", "What was tried: attention over time", text, args.write)


if __name__ == "__main__":
    main()
