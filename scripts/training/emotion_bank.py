"""Train `checkpoints/weights/emotion_bank`: feelings without speakers.

    python -m scripts.training.emotion_bank --data DIR --work DIR [--seed 0]      # trains, writes the weights
    python -m scripts.training.emotion_bank --data DIR --work DIR --evaluate      # what linear probes read, the table

`--work` is that of `scripts.training.speech` (its features are used); the text and speech models must be there.

The emotion bank learns from EmoDB's voices (all variants, soft labels) and from states: sentences of GoEmotions as the
text model reads them, prototypes of all feelings of the taxonomy, and mixtures of them. Both paths end in one space, of
which a shared decoder must tell the feeling through the bank of codes while an adversary must not tell the speaker.
`--evaluate` holds it against the opposite, a linear discriminant of speakers (EmoDB, Kokoro's SYNTHETIC voices,
LJSpeech, GRID) after all linear traces of the feeling were erased. Needs `pip install "mien-studio[train]"`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional

from emotion_embed import taxonomy
from emotion_embed.bank import DIMENSION, input_names, state_inputs
from emotion_embed.readers.speech import LABELS, SpeechReader
from emotion_embed.state import EmotionState
from scripts import ROOT
from scripts.command_line import options_of
from scripts.evaluation.metrics import unweighted_recall
from scripts.evaluation.results import publish
from scripts.training.speech.features import Clips, acted_clips, other_voices
from scripts.training.speech.heads import build
from scripts.training.speech.labels import other_soft_targets, soft_targets

WEIGHTS = ROOT / "checkpoints" / "weights" / "emotion_bank"
N_CODES, TEMPERATURE = 64, 4.0
FEELING_NAMES, N_STATE_INPUTS = input_names()[:-4], len(input_names())
N_IDENTITY_AXES, IDENTITY_DIMENSION = 192, 40
EPOCHS, BATCH, LEARNING_RATE = 30, 128, 1e-3
ADVERSARY, COMMITMENT, ALIGNMENT, PRIOR = 0.6, 0.25, 0.3, 2e-3


class Reversed(torch.autograd.Function):
    """Identity whose gradient is turned around (Ganin et al. 2016)."""

    @staticmethod
    def forward(context, x, strength):  # noqa: ANN001, ANN205
        context.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(context, gradient):  # noqa: ANN001, ANN205
        return -context.strength * gradient, None


class Bank(nn.Module):
    """Both paths, the codes, the decoder of feelings and the adversary that looks for speakers."""

    def __init__(self, n_voice_inputs: int, n_speakers: int) -> None:
        super().__init__()
        self.state_hidden = nn.Linear(N_STATE_INPUTS, 64)
        self.state_mean, self.state_log_variance = nn.Linear(64, DIMENSION), nn.Linear(64, DIMENSION)
        self.voice_mean, self.voice_log_variance = (nn.Linear(n_voice_inputs, DIMENSION) for _ in range(2))
        nn.init.normal_(self.voice_mean.weight, std=0.01)
        nn.init.zeros_(self.voice_log_variance.weight)
        self.codes = nn.Parameter(torch.randn(N_CODES, DIMENSION))
        self.decoder = nn.Linear(DIMENSION, len(FEELING_NAMES))
        self.adversary = nn.Sequential(nn.Linear(DIMENSION, 64), nn.ReLU(), nn.Linear(64, n_speakers))

    def state(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        hidden = torch.tanh(self.state_hidden(x))
        return self.state_mean(hidden), self.state_log_variance(hidden).clamp(-6, 2)

    def voice(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = functional.dropout(x, 0.3, self.training)
        return self.voice_mean(x), self.voice_log_variance(x).clamp(-6, 2)

    def read(self, z: torch.Tensor) -> torch.Tensor:
        distances = torch.cdist(z, self.codes).square()
        return torch.softmax(-distances / TEMPERATURE, 1) @ self.codes

    def loss(
        self, mean: torch.Tensor, log_variance: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        z = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        told = functional.cross_entropy(self.decoder(self.read(z)), target)
        nearest = self.codes[torch.cdist(z, self.codes).argmin(1)]
        quantised = functional.mse_loss(nearest, z.detach()) + COMMITMENT * functional.mse_loss(z, nearest.detach())
        prior = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()
        return told + quantised + PRIOR * prior, z


def fit_bank(voice: np.ndarray, targets: np.ndarray, speakers: np.ndarray, states: np.ndarray, seed: int) -> Bank:
    """Train on voices (n, 2066) with soft targets (n, feelings) and speakers, and states (m, 60) that are their own."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    names, which = np.unique(speakers, return_inverse=True)
    bank = Bank(voice.shape[1], len(names))
    optimizer = torch.optim.AdamW(bank.parameters(), lr=LEARNING_RATE, weight_decay=0.02)
    voice_t, targets_t, which_t = torch.from_numpy(voice), torch.from_numpy(targets), torch.from_numpy(which)
    states_t = torch.from_numpy(states)
    steps = EPOCHS * (len(voice) // BATCH)
    # What would be said of the same feeling as a state: both paths shall end at one place.
    twins = torch.from_numpy(np.stack([_twin(row) for row in targets]))
    bank.train()
    for step in range(steps):
        pick = torch.from_numpy(rng.integers(0, len(voice), BATCH))
        other = torch.from_numpy(rng.integers(0, len(states), BATCH))
        mean, log_variance = bank.voice(voice_t[pick])
        voice_loss, z = bank.loss(mean, log_variance, targets_t[pick])
        state_mean, state_log_variance = bank.state(states_t[other])
        state_loss, _ = bank.loss(state_mean, state_log_variance, states_t[other, : len(FEELING_NAMES)])
        twin_mean, _ = bank.state(twins[pick])
        strength = ADVERSARY * min(1.0, 3 * step / steps)
        speaker_loss = functional.cross_entropy(bank.adversary(Reversed.apply(z, strength)), which_t[pick])
        loss = voice_loss + state_loss + ALIGNMENT * functional.mse_loss(mean, twin_mean.detach()) + speaker_loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 200 == 100:
            _revive(bank, z.detach(), rng)
    _erase_speakers(bank.eval(), voice_t, targets.argmax(1), which)
    return bank


@torch.no_grad()
def _erase_speakers(bank: Bank, voice: torch.Tensor, labels: np.ndarray, speakers: np.ndarray) -> None:
    """Take what linear trace of the speaker the adversary left out of the voice's path (LEACE, Belrose et al. 2023),
    feeling by feeling, so that what tells feelings apart stays."""
    z = bank.voice(voice)[0].numpy().astype(float)
    centre, rest, who = z.mean(0), z.copy(), np.eye(speakers.max() + 1)[speakers]
    for label in np.unique(labels):
        own = labels == label
        rest[own] -= rest[own].mean(0)
        who[own] -= who[own].mean(0)
    values, vectors = np.linalg.eigh(np.cov(z.T) + 1e-4 * np.eye(DIMENSION))
    whiten, unwhiten = (vectors * values**power @ vectors.T for power in (-0.5, 0.5))
    told, strength, _ = np.linalg.svd(whiten @ rest.T @ who / len(z), full_matrices=False)
    told = told[:, strength > 1e-4]
    keep = torch.from_numpy(np.eye(DIMENSION) - unwhiten @ told @ told.T @ whiten).float()
    middle = torch.from_numpy(centre).float()
    bank.voice_mean.weight.copy_(keep @ bank.voice_mean.weight)
    bank.voice_mean.bias.copy_(keep @ (bank.voice_mean.bias - middle) + middle)


def _revive(bank: Bank, z: torch.Tensor, rng: np.random.Generator) -> None:
    """Codes that nothing is near to are put where something is."""
    with torch.no_grad():
        used = torch.bincount(torch.cdist(z, bank.codes).argmin(1), minlength=N_CODES)
        for code in torch.nonzero(used == 0).flatten().tolist()[:8]:
            bank.codes[code] = z[int(rng.integers(len(z)))] + 0.05 * torch.randn(DIMENSION)


def _twin(target: np.ndarray) -> np.ndarray:
    distribution = {name: float(p) for name, p in zip(FEELING_NAMES, target, strict=True) if p > 1e-3}
    return _state_row(distribution)


def _state_row(distribution: dict[str, float]) -> np.ndarray:
    total = sum(distribution.values())
    distribution = {name: p / total for name, p in distribution.items()}
    mean, _ = taxonomy.vad_moments(distribution)
    basic = taxonomy.basic_distribution(distribution)
    weights = {n: float(w) for n, w in zip(taxonomy.BASIC[1:], basic[1:], strict=True) if w > 0.005}
    return state_inputs(EmotionState(weights, distribution, tuple(mean.tolist())))


def states_to_learn(data: Path, seed: int) -> np.ndarray:
    """States (m, 60): sentences as the text model reads them, prototypes at all strengths, and mixtures of two."""
    from emotion_embed.readers.text import load_text_reader

    rng = np.random.default_rng(seed)
    lines = (data / "text_emotion" / "goemotions" / "train.tsv").read_text(encoding="utf-8").splitlines()[:4000]
    reader = load_text_reader()
    rows = [_state_row(dict(e.distribution)) for e in reader._english([line.split("\t")[0] for line in lines])]
    for name in FEELING_NAMES:
        for strength in (0.3, 0.5, 0.7, 0.85, 1.0) * 4:  # GoEmotions has thousands of some, these must not drown
            rows.append(_state_row({name: strength, "neutral": 1 - strength + 1e-6}))
    for _ in range(1500):
        one, other = rng.choice(FEELING_NAMES, 2)
        share = float(rng.uniform(0.2, 0.8))
        rows.append(_state_row({str(one): share, str(other): 1 - share} if one != other else {str(one): 1.0}))
    return np.array(rows, np.float32)


def over_feelings(targets: np.ndarray) -> np.ndarray:
    """Soft labels over EmoDB's seven as ones over all feelings, (n, feelings) float32."""
    out = np.zeros((len(targets), len(FEELING_NAMES)), np.float32)
    out[:, [FEELING_NAMES.index(label) for label in LABELS]] = targets
    return out


# Identity -------------------------------------------------------------------------------------------------------------


def fit_identity(features: np.ndarray, speakers: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    """A linear discriminant of speakers on features (n, 2066) whose feeling was erased; labels −1 are not known."""
    mean, scale = features.mean(0), features.std(0) + 1e-4
    x = (features - mean) / scale
    values, vectors = np.linalg.eigh(x.T @ x / len(x))
    axes = vectors[:, ::-1][:, :N_IDENTITY_AXES]
    z = x @ axes
    known = labels >= 0
    one_hot, seen = np.eye(len(LABELS))[labels[known]], z[known].copy()
    for speaker in np.unique(speakers[known]):
        own = speakers[known] == speaker
        seen[own] -= seen[own].mean(0)
        one_hot[own] -= one_hot[own].mean(0)
    felt, strength, _ = np.linalg.svd(seen.T @ one_hot / len(seen), full_matrices=False)
    felt = felt[:, strength > 1e-3 * strength[0]]
    erased = np.eye(N_IDENTITY_AXES) - felt @ felt.T
    y = z @ erased
    names = np.unique(speakers)
    centres = np.array([y[speakers == s].mean(0) for s in names])
    within = sum((y[speakers == s] - c).T @ (y[speakers == s] - c) for s, c in zip(names, centres, strict=True)) / len(
        y
    )
    ridge = 0.2 * np.trace(within) / N_IDENTITY_AXES
    values, vectors = np.linalg.eigh(within + ridge * np.eye(N_IDENTITY_AXES))
    unmix = vectors / np.sqrt(values)
    _, _, turns = np.linalg.svd((centres - centres.mean(0)) @ unmix, full_matrices=False)
    projection = axes @ erased @ unmix @ turns[:IDENTITY_DIMENSION].T
    out = x @ projection
    return {"mean": mean, "scale": scale, "projection": projection, "centre": out.mean(0), "spread": out.std(0) + 1e-6}


def identity_of(weights: dict[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    x = (features - weights["mean"]) / weights["scale"]
    out = (x @ weights["projection"] - weights["centre"]) / weights["spread"]
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)


# Measuring ------------------------------------------------------------------------------------------------------------


def probe(known: np.ndarray, truth: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """What a linear probe trained on `known` says of `asked`."""
    scaler = StandardScaler().fit(known)
    model = LogisticRegression(C=0.05 if known.shape[1] > 100 else 1.0, max_iter=400, class_weight="balanced")
    return model.fit(scaler.transform(known), truth).predict(scaler.transform(asked))


def evaluate(
    clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray, states: np.ndarray, seed: int
) -> str:
    """The table: probes for the feeling on speakers never heard, probes for the speaker on sentences never heard."""
    plain = clips.variants == "plain"
    rows: dict[str, list] = {key: [] for key in ("truth", "full", "emotion", "identity")}
    for speaker in np.unique(clips.speakers):
        kept, asked = clips.speakers != speaker, (clips.speakers == speaker) & plain
        weights, config = build(clips.where(kept), others, targets[kept], other_targets)
        reader = SpeechReader(weights, config)
        x = reader.projected(clips.features).astype(np.float32)
        bank = fit_bank(x[kept], over_feelings(targets[kept]), clips.speakers[kept], states, seed)
        with torch.no_grad():
            z = bank.voice(torch.from_numpy(x))[0].numpy()
        mix = np.concatenate([clips.features[kept], others.features])
        ids = fit_identity(mix, np.concatenate([clips.speakers[kept], others.speakers]),
                           np.concatenate([clips.labels[kept], others.labels]))  # fmt: skip
        identity = identity_of(ids, clips.features)
        rows["truth"].append(clips.labels[asked])
        for name, space in (("full", clips.features), ("emotion", z), ("identity", identity)):
            rows[name].append(probe(space[kept], clips.labels[kept], space[asked]))
        sys.stdout.write(f"without speaker {speaker}: done\n")
        sys.stdout.flush()
    truth = np.concatenate(rows.pop("truth"))
    feeling = {name: unweighted_recall(truth, np.concatenate(found)) for name, found in rows.items()}
    speaker = _speaker_probes(clips, others, targets, other_targets, states, seed)
    n_speakers = len(np.unique(clips.speakers))
    return "\n".join(
        [
            *HEADING,
            f"| space | feeling (UAR, chance {1 / 7:.3f}) | speaker (UAR, chance {1 / n_speakers:.3f}) |",
            "|---|---|---|",
            f"| all features (2066) | {feeling['full']:.3f} | {speaker['full']:.3f} |",
            f"| emotion embedding (32) | {feeling['emotion']:.3f} | {speaker['emotion']:.3f} |",
            f"| identity embedding (40) | {feeling['identity']:.3f} | {speaker['identity']:.3f} |",
        ]
    )


HEADING = (
    "`scripts.training.emotion_bank --evaluate`, EmoDB: what a linear probe reads. The feeling of actors whom neither",
    "bank nor probe ever heard; the speaker from sentences that neither ever heard.",
    "",
)


def _speaker_probes(
    clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray, states: np.ndarray, seed: int
) -> dict[str, float]:
    """Who speaks, from sentences that neither the banks nor the probe were trained on: five folds of two sentences."""
    plain = clips.variants == "plain"
    texts = np.array([name[2:5] for name in clips.names])
    folds = np.array_split(np.unique(texts), 5)
    truth, found = [], {"full": [], "emotion": [], "identity": []}
    for fold in folds:
        asked = np.isin(texts, fold)
        kept = ~asked
        weights, config = build(clips.where(kept), others, targets[kept], other_targets)
        x = SpeechReader(weights, config).projected(clips.features).astype(np.float32)
        bank = fit_bank(x[kept], over_feelings(targets[kept]), clips.speakers[kept], states, seed)
        with torch.no_grad():
            z = bank.voice(torch.from_numpy(x))[0].numpy()
        mix = np.concatenate([clips.features[kept], others.features])
        ids = fit_identity(mix, np.concatenate([clips.speakers[kept], others.speakers]),
                           np.concatenate([clips.labels[kept], others.labels]))  # fmt: skip
        spaces = {"full": clips.features, "emotion": z, "identity": identity_of(ids, clips.features)}
        truth.append(clips.speakers[asked & plain])
        for name, space in spaces.items():
            found[name].append(probe(space[kept], clips.speakers[kept], space[asked & plain]))
        sys.stdout.write(f"without sentences {', '.join(fold)}: done\n")
        sys.stdout.flush()
    return {name: unweighted_recall(np.concatenate(truth), np.concatenate(said)) for name, said in found.items()}


# Writing --------------------------------------------------------------------------------------------------------------


def name_codes(bank: Bank, states: np.ndarray) -> list[str]:
    """What each code stands for: the feelings that the decoder tells from it, the two likeliest with their shares."""
    with torch.no_grad():
        told = torch.softmax(bank.decoder(bank.codes), 1).numpy()
    names = []
    for row in told:
        order = np.argsort(-row)[:3]
        names.append(", ".join(f"{FEELING_NAMES[i]} {row[i]:.0%}" for i in order if row[i] > 0.08))
    return names


def write(bank: Bank, states: np.ndarray) -> None:
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    tensors = {"codes": bank.codes, "decoder_weight": bank.decoder.weight.T, "decoder_bias": bank.decoder.bias}
    for name in ("state_hidden", "state_mean", "state_log_variance", "voice_mean", "voice_log_variance"):
        layer = getattr(bank, name)
        tensors |= {f"{name}_weight": layer.weight.T, f"{name}_bias": layer.bias}
    arrays = {k: np.ascontiguousarray(v.detach().numpy(), np.float32) for k, v in tensors.items()}
    save_file(arrays, WEIGHTS / "emotion.safetensors")
    config = {"dimension": DIMENSION, "temperature": TEMPERATURE, "code_names": name_codes(bank, states)}
    (WEIGHTS / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = options_of(__doc__, data=True, work="keeps features and results")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--write", action="store_true", help="with --evaluate: write docs/RESULTS.md")
    args = parser.parse_args()
    clips = acted_clips(args.data / "speech_emotion" / "emodb", args.work / "emodb.npz", args.seed)
    others = other_voices(args.data, args.work, args.seed)
    targets, other_targets = soft_targets(clips, args.data), other_soft_targets(others.labels, args.data)
    states = states_to_learn(args.data, args.seed)
    if args.evaluate:
        others = other_voices(args.data, args.work, args.seed)
        other_targets = other_soft_targets(others.labels, args.data)
        text = evaluate(clips, others, targets, other_targets, states, args.seed)
        publish("emotion_bank", "Feeling and identity apart", text, args.write)
        return
    x = SpeechReader.load().projected(clips.features).astype(np.float32)
    bank = fit_bank(x, over_feelings(targets), clips.speakers, states, args.seed)
    write(bank, states)


if __name__ == "__main__":
    main()
