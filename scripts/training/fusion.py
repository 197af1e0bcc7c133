"""Measure how much words, voice and face should count: `checkpoints/weights/fusion/config.json`, and how fusion does.

    python -m scripts.training.fusion --data DIR --work DIR [--seed 0] [--write]

Voice against face: CREMA-D's listeners named what 91 actors meant from the voice alone and from the face alone. Their
votes are pooled with a weight for each; the weights that tell the intended emotion best on half of the actors are kept
and tried on the other half.

Words against voice: nobody has recorded GoEmotions, so sentences of its dev split that our text model reads are paired
with EmoDB clips of the same feeling as a model hears them that never heard their actor (`held_out.npz` of
`scripts.training.speech --evaluate`). Weights and the scale of conflict are set on half of the actors and sentences,
and tried on the other half. Such pairs are made up: words and voice of two people who never met.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emotion_embed import fusion, taxonomy
from emotion_embed.readers.speech import LABELS
from emotion_embed.readers.text import load_text_reader
from emotion_embed.state import Evidence
from scripts import ROOT
from scripts.command_line import options_of
from scripts.evaluation.results import write_section
from scripts.training.corpora.emodb import actor_of, label_of

CONFIG = ROOT / "checkpoints" / "weights" / "fusion" / "config.json"
VOTED = {"ANG": "A", "DIS": "D", "FEA": "F", "HAP": "H", "NEU": "N", "SAD": "S"}
# GoEmotions labels that are one of EmoDB's feelings without a doubt.
SAME = {
    "anger": "anger", "annoyance": "anger", "disgust": "disgust", "fear": "fear", "nervousness": "fear", "joy": "joy",
    "amusement": "joy", "excitement": "joy", "sadness": "sadness", "grief": "sadness", "disappointment": "sadness",
    "neutral": "neutral",
}  # fmt: skip
N_PAIRS = 4000


def read_votes(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Votes (clips, 3, 6) for voice, face and both, what was meant (clips,), and the actor (clips,)."""
    letters = "ADFHNS"
    votes: dict[str, dict[str, np.ndarray]] = {}
    with gzip.open(folder / "tabulatedVotes.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            votes.setdefault(row["fileName"], {})[row[""][0]] = np.array([float(row[k]) for k in letters])
    names = [name for name, own in votes.items() if len(own) == 3]
    meant = np.array([letters.index(VOTED[name.split("_")[2]]) for name in names])
    return np.array([[votes[n][k] for k in "123"] for n in names]), meant, np.array([n.split("_")[0] for n in names])


def smoothed(votes: np.ndarray) -> np.ndarray:
    return (votes + 0.3) / (votes + 0.3).sum(-1, keepdims=True)


def fit_weights(logs: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Weights of each modality's log distribution, (modalities,), at the best likelihood of the truth; by grid."""
    grid = np.linspace(0, 2.5, 26)
    best, found = np.inf, None
    for a in grid:
        for b in grid:
            score = a * logs[:, 0] + b * logs[:, 1]
            score -= score.max(1, keepdims=True)
            value = -(score[np.arange(len(truth)), truth] - np.log(np.exp(score).sum(1))).mean()
            if value < best:
                best, found = value, (a, b)
    return np.array(found)


def accuracy(score: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the classes."""
    said = score.argmax(1)
    return float(np.mean([(said[truth == k] == k).mean() for k in np.unique(truth)]))


def voice_against_face(folder: Path) -> tuple[np.ndarray, list[str]]:
    votes, meant, actors = read_votes(folder)
    train = np.isin(actors, np.unique(actors)[::2])
    shares = smoothed(votes[:, :2])
    logs = np.log(shares) - np.log(shares[train].mean(0))  # listeners say neutral whenever they hear little
    weights = fit_weights(logs[train], meant[train])
    test = ~train
    fused = np.einsum("m,nmc->nc", weights, logs[test])
    rows = [
        ("listeners, voice alone", accuracy(logs[test, 0], meant[test])),
        ("listeners, face alone", accuracy(logs[test, 1], meant[test])),
        ("voice and face alone, fused with our weights", accuracy(fused, meant[test])),
        ("listeners who heard and saw", accuracy(np.log(smoothed(votes[test, 2])), meant[test])),
    ]
    return weights, [f"| {name} | {value:.3f} |" for name, value in rows]


def text_evidence(data: Path) -> tuple[list[Evidence], np.ndarray]:
    """Sentences of GoEmotions' dev split with one clear label, as the text model reads them, and that label."""
    labels = taxonomy.LABEL_SETS["goemotions"]
    rows = [line.split("\t") for line in (data / "text_emotion/goemotions/dev.tsv").read_text("utf-8").splitlines()]
    kept = [(row[0], SAME[labels[int(row[1])]]) for row in rows if "," not in row[1] and labels[int(row[1])] in SAME]
    found = load_text_reader()._english([text for text, _ in kept])
    return found, np.array([LABELS.index(label) for _, label in kept])


def voice_evidence(work: Path) -> tuple[list[Evidence], np.ndarray, np.ndarray]:
    """EmoDB's clips as models hear them that never heard their actor; labels; actors."""
    with np.load(work / "held_out.npz") as data:
        plain = data["variants"] == "plain"
        names, probabilities, reliability = (
            data["names"][plain],
            data["probabilities"][plain],
            data["reliability"][plain],
        )
    found = []
    for p, r in zip(probabilities, reliability, strict=True):
        distribution = taxonomy.from_labels("emodb", p)
        mean, covariance = taxonomy.vad_moments(distribution)
        found.append(
            Evidence("voice", distribution, tuple(mean), covariance, float(r), 1 - float(p[LABELS.index("neutral")]))
        )
    return found, np.array([label_of(n) for n in names]), np.array([actor_of(n) for n in names])


def pairs(texts: np.ndarray, voices: np.ndarray, matched: bool, rng: np.random.Generator) -> np.ndarray:
    """Indices (n, 2) of text and voice of the same feeling, or of two different ones; feelings equally often."""
    shared = [k for k in np.unique(texts) if (voices == k).any()]
    rows = []
    for _ in range(N_PAIRS):
        one = int(rng.choice(shared))
        other = one if matched else int(rng.choice([k for k in shared if k != one]))
        rows.append((rng.choice(np.flatnonzero(texts == one)), rng.choice(np.flatnonzero(voices == other))))
    return np.array(rows)


@dataclass
class Half:
    """Sentences and clips of half of the actors, as they were read, with their labels (numbers in `LABELS`)."""

    texts: list[Evidence]
    text_labels: np.ndarray
    voices: list[Evidence]
    voice_labels: np.ndarray

    def pairs(self, matched: bool, rng: np.random.Generator) -> np.ndarray:
        """Indices (n, 2) of text and voice."""
        return pairs(self.text_labels, self.voice_labels, matched, rng)

    def logs(self, rows: np.ndarray) -> np.ndarray:
        """What each side of the pairs says, times its reliability, (n, 2, 9)."""
        sides = zip((self.texts, self.voices), rows.T, strict=True)
        return np.stack([np.array([_reliable_log(found[i]) for i in own]) for found, own in sides], 1)

    def conflicts(self, rows: np.ndarray) -> np.ndarray:
        """How far the sides of the pairs disagree, (n,)."""
        return np.array([fusion.raw_conflict(self.texts[i], self.voices[j]) for i, j in rows])

    def truth(self, rows: np.ndarray) -> np.ndarray:
        """What the sentences of the pairs were labelled, numbers in `fusion.CORE`."""
        return np.array([fusion.CORE.index(LABELS[self.text_labels[i]]) for i in rows[:, 0]])


def _reliable_log(evidence: Evidence) -> np.ndarray:
    return evidence.reliability * fusion.log_core(fusion.core_distribution(evidence.distribution))


def halves(data: Path, work: Path) -> tuple[Half, Half]:
    """To fit on, and to try on: every other sentence, every other actor."""
    texts, text_labels = text_evidence(data)
    voices, voice_labels, actors = voice_evidence(work)
    first_text, first_voice = np.arange(len(texts)) % 2 == 0, np.isin(actors, np.unique(actors)[::2])
    parts = []
    for text_rows, voice_rows in ((first_text, first_voice), (~first_text, ~first_voice)):
        own_texts = [texts[i] for i in np.flatnonzero(text_rows)]
        own_voices = [voices[i] for i in np.flatnonzero(voice_rows)]
        parts.append(Half(own_texts, text_labels[text_rows], own_voices, voice_labels[voice_rows]))
    return parts[0], parts[1]


def fit(half: Half, face_to_voice: float, rng: np.random.Generator) -> dict:
    """The weights and the scale of conflict; `face_to_voice` is how much a face counts against a voice."""
    matched = half.pairs(True, rng)
    text_weight, voice_weight = fit_weights(half.logs(matched), half.truth(matched))
    conflicts = [half.conflicts(matched), half.conflicts(half.pairs(False, rng))]
    slope, offset = fit_logistic(np.concatenate(conflicts), np.repeat([0.0, 1.0], [len(c) for c in conflicts]))
    weights = {"text": text_weight, "voice": voice_weight, "face": voice_weight * face_to_voice}
    return {
        "weights": {name: round(float(value), 3) for name, value in weights.items()},
        "conflict": {"slope": round(slope, 3), "offset": round(offset, 3)},
    }


def results(half: Half, config: dict, rng: np.random.Generator) -> list[str]:
    """How the weights do on a half that they were not fitted on, as Markdown."""
    matched = half.pairs(True, rng)
    log, truth = half.logs(matched), half.truth(matched)
    fused = config["weights"]["text"] * log[:, 0] + config["weights"]["voice"] * log[:, 1]
    conflict = auc(half.conflicts(half.pairs(False, rng)), half.conflicts(matched))
    return [
        f"| our ears on unseen actors, in pairs | {accuracy(log[:, 1], truth):.3f} |",
        f"| our reading of unseen sentences, in pairs | {accuracy(log[:, 0], truth):.3f} |",
        f"| both fused | {accuracy(fused, truth):.3f} |",
        "",
        f"Mismatched pairs of words and voice show more conflict than matched ones: AUC {conflict:.3f}. "
        f"Weights: {', '.join(f'{name} {value}' for name, value in config['weights'].items())}.",
    ]


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Probability that a mismatched pair shows more conflict than a matched one."""
    values = np.concatenate([positive, negative])
    ranks = values.argsort().argsort().astype(float) + 1
    for value in np.unique(values[np.isin(values, positive) & np.isin(values, negative)]):
        ranks[values == value] = ranks[values == value].mean()
    n, m = len(positive), len(negative)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def fit_logistic(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    from scipy.optimize import minimize

    def loss(ab: np.ndarray) -> float:
        z = ab[0] * x + ab[1]
        return float(np.logaddexp(0, z).mean() - (y * z).mean() + 1e-4 * ab[0] ** 2)

    slope, offset = minimize(loss, np.array([5.0, -2.0])).x
    return float(slope), float(offset)


def main() -> None:
    parser = options_of(__doc__, data=True, work="keeps features and results", write=True)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = np.random.default_rng(args.seed)
    (voice_weight, face_weight), listener_rows = voice_against_face(args.data / "speech_emotion" / "crema_d")
    known, asked = halves(args.data, args.work)
    config = fit(known, face_weight / voice_weight, rng)
    CONFIG.parent.mkdir(parents=True, exist_ok=True)
    CONFIG.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    lines = ["| who tells the feeling | mean recall |", "|---|---|", *listener_rows, *results(asked, config, rng)]
    sys.stdout.write("\n".join(lines) + "\n")
    if args.write:
        write_section("fusion", "Words, voice and face together", "`scripts.training.fusion`.\n\n" + "\n".join(lines))


if __name__ == "__main__":
    main()
