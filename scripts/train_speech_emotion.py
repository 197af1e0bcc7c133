"""Train `checkpoints/weights/speech_emotion`, the head of `emotion_embed/readers/speech.py`, and measure it honestly.

    python scripts/train_speech_emotion.py --data DIR --work DIR [--seed 0]       # trains, writes the weights
    python scripts/train_speech_emotion.py --data DIR --work DIR --evaluate       # leave-one-speaker-out, the table

`--data` holds `speech_emotion/{emodb,crema_d}`, `speech_plain/ljspeech` and `speech_face/grid_s1`; `--work` keeps the
features (the first run takes about a quarter of an hour on two cores).

Labels are soft: of a clip that only 70 % of EmoDB's listeners recognised, a part goes to what CREMA-D's listeners
confuse with it. Every clip is also heard faster and slower, in noise and through a narrow line, whole and one second of
it.

Kokoro's voices, which speak with the prosody that our own voice generator gives each feeling, are SYNTHETIC. With very
soft labels they tell the heads that foreign speech is not neutral for being foreign; LJSpeech and GRID, which are read
without feeling, that it is not sad either. The neutral clips of all of them also tell what differs between speakers
and recordings: the directions that are projected out.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize


from emotion_embed import taxonomy
from emotion_embed.readers.prosody_features import SUMMARY_NAMES
from emotion_embed.readers.speech import LABELS, SpeechReader, speech_frames
from emotion_embed.signals.audio import Audio, read_audio
from scripts.evaluation.results import write_section

WEIGHTS = Path(__file__).parents[1] / "checkpoints" / "weights" / "speech_emotion"
RATE_HZ = 16_000
LETTERS = dict(
    zip("WLEAFNT", LABELS, strict=True)
)  # EmoDB's letters for anger, boredom, disgust, fear, joy, neutral, sadness
N_NUISANCE = 30
RIDGE = 0.06
SOFTNESS = 0.25  # how much of what listeners confuse the heads are taught; all of it costs .04 of recall
N_AXES, FAMILIAR_PERCENTILE = 48, 95.0
OTHERS_SHARE = (
    0.4  # how far the label of a clip of other voices is believed; the rest is neutral and CREMA-D's confusions
)
STRANGE_POWER = 4.0  # how fast answers get flatter off the familiar; `--domains` tries it on corpora left out
HELD_OUT_VOICES = ("am_puck", "am_onyx", "af_nova", "bf_lily", "im_nicola")
VARIANTS = ("plain", "rate", "rate", "noise", "line")
SENTENCES = {
    "en": (
        "The parcel lies on the kitchen table.", "She will bring the papers on Wednesday.",
        "They carried the chairs upstairs together.", "In seven hours it will be time.",
        "He has been at the office since noon.", "The washing is hanging on the line.",
        "Tonight I could tell him about it.", "At weekends we always drove home.",
    ),
    "es": ("El paquete está sobre la mesa de la cocina.", "Ella traerá los papeles el miércoles."),
    "fr": ("Le paquet est sur la table de la cuisine.", "Elle apportera les papiers mercredi."),
    "it": ("Il pacco è sul tavolo della cucina.", "Lei porterà le carte mercoledì."),
    "pt": ("O pacote está na mesa da cozinha.", "Ela vai trazer os papéis na quarta-feira."),
}  # fmt: skip


@dataclass
class Clips:
    """Pooled features (n, 2066) with the speaker and the label of each clip, and what was done to it."""

    features: np.ndarray
    speakers: np.ndarray
    labels: np.ndarray
    names: np.ndarray
    variants: np.ndarray

    @property
    def seconds(self) -> np.ndarray:
        """How long each clip is, (n,): all were cut to two seconds."""
        return np.where(np.char.endswith(self.variants.astype(str), "-second"), 1.0, 2.0)

    def where(self, mask: np.ndarray) -> Clips:
        return Clips(*(getattr(self, f)[mask] for f in self.__dataclass_fields__))


# Sound ----------------------------------------------------------------------------------------------------------------


def varied(samples: np.ndarray, variant: str, rng: np.random.Generator) -> np.ndarray:
    """The clip as another microphone, room or tape speed would give it."""
    from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

    if variant == "rate":
        return resample_poly(samples, 100, int(rng.integers(92, 109)))
    if variant == "noise":
        noise = sosfilt(
            butter(1, rng.uniform(300, 3000), "low", fs=RATE_HZ, output="sos"), rng.standard_normal(len(samples))
        )
        level = np.sqrt(np.square(samples).mean() / np.square(noise).mean() / 10 ** (rng.uniform(1, 2.5)))
        return rng.uniform(0.2, 1) * (samples + level * noise)
    if variant == "line":
        band = butter(3, [rng.uniform(60, 250), rng.uniform(3200, 7500)], "band", fs=RATE_HZ, output="sos")
        times_s = np.arange(RATE_HZ // 4) / RATE_HZ
        room = rng.standard_normal(len(times_s)) * np.exp(-times_s / rng.uniform(0.03, 0.1))
        room *= rng.uniform(0.05, 0.35) / np.sqrt(np.square(room).sum())
        room[0] = 1
        return 0.8 * fftconvolve(sosfilt(band, samples), room)[: len(samples)]
    return samples


def pooled(samples: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Features of the whole clip and of one second inside it."""
    frames = speech_frames(Audio(np.clip(samples, -1, 1).astype(np.float32), RATE_HZ))
    start = int(rng.integers(0, max(1, len(frames.states) - 50)))
    return [frames.pooled(), frames.pooled(start, min(start + 50, len(frames.states)))]


def emodb_clips(folder: Path, kept: Path, seed: int) -> Clips:
    """All of EmoDB in every variant, whole ("plain", …) and one second of it ("plain-second", …)."""
    if not kept.exists():
        rng = np.random.default_rng(seed)
        rows, names, variants = [], [], []
        for file in sorted((folder / "flac").glob("*.flac")):
            samples = read_audio(file, RATE_HZ).samples
            for variant in VARIANTS:
                for features, suffix in zip(pooled(varied(samples, variant, rng), rng), ("", "-second"), strict=True):
                    rows.append(features)
                    names.append(file.stem)
                    variants.append(variant + suffix)
        np.savez(kept, features=np.array(rows), names=names, variants=variants)
    with np.load(kept) as data:
        names = data["names"]
        labels = np.array([LABELS.index(LETTERS[name[5]]) for name in names])
        return Clips(data["features"], np.array([n[:2] for n in names]), labels, names, data["variants"])


def other_voices(data: Path, work: Path, seed: int) -> Clips:
    """Neutral reading by LJSpeech, GRID and Kokoro, and Kokoro with the prosody of each feeling."""
    kept = work / "other_voices.npz"
    if not kept.exists():
        rng = np.random.default_rng(seed)
        rows, speakers, labels = [], [], []
        for speaker, label, samples in (*_read_aloud(data, rng), *_synthesised(work, rng)):
            rows.append(pooled(samples, rng)[0])
            speakers.append(speaker)
            labels.append(label)
        np.savez(kept, features=np.array(rows), speakers=speakers, labels=labels)
    with np.load(kept) as found:
        n = len(found["labels"])
        return Clips(found["features"], found["speakers"], found["labels"], found["speakers"], np.array(["plain"] * n))


def _read_aloud(data: Path, rng: np.random.Generator):
    neutral = LABELS.index("neutral")
    for file in sorted((data / "speech_plain" / "ljspeech").glob("*.flac")):
        samples = read_audio(file, RATE_HZ).samples
        for start in range(0, min(3 * 40_000, len(samples) - 36_000), 40_000):
            yield "ljspeech", neutral, varied(samples[start : start + 36_000], str(rng.choice(VARIANTS)), rng)
    for file in sorted((data / "speech_face" / "grid_s1" / "audio").glob("*.flac"))[::3]:
        yield "grid", neutral, varied(read_audio(file, RATE_HZ).samples[6000:42_000], str(rng.choice(VARIANTS)), rng)


def _synthesised(work: Path, rng: np.random.Generator):
    from emotion_embed.state import parse_emotion
    from generators.contracts import join_speech
    from generators.voice.kokoro.pipeline import KokoroVoice

    folder = work / "kokoro"
    folder.mkdir(parents=True, exist_ok=True)
    kokoro = KokoroVoice.from_pretrained()
    for voice in (v for v in kokoro.voices() if v.name[0] in "abefip"):
        for label in (*LABELS, "neutral"):
            text = str(rng.choice(SENTENCES[voice.language.split("-")[0]]))
            kept = folder / f"{voice.name}-{label}-{abs(hash_of(text)) % 10_000}.npy"
            if not kept.exists():
                prosody = _ruled_prosody(parse_emotion(label))
                speech = join_speech(kokoro.stream(text, voice=voice.name, prosody=prosody))
                np.save(kept, speech.audio.resampled(RATE_HZ).samples.astype(np.float16))
            samples = np.load(kept, allow_pickle=False).astype(np.float32)[: 4 * RATE_HZ]
            yield f"kokoro-{voice.name}", LABELS.index(label), samples


# What the voice did for a full feeling when these clips were made, before it had manners of its own, which were sought
# with this very ear: rate, semitones, range, dB, pauses; rate, range and pauses as natural logarithms.
_RULES = {
    "joy": (0.09, 2.0, 0.30, 2.0, -0.15), "sadness": (-0.17, -1.6, -0.42, -3.5, 0.45),
    "anger": (0.08, 0.9, 0.22, 4.0, -0.30), "fear": (0.16, 2.4, -0.12, 0.5, -0.10),
    "surprise": (0.02, 2.6, 0.45, 1.5, 0.05), "disgust": (-0.12, -1.2, -0.10, 0.5, 0.20),
    "contempt": (-0.10, -0.9, -0.28, -0.5, 0.15),
}  # fmt: skip


def _ruled_prosody(emotion):
    from generators.voice.prosody.prosody import Prosody

    rules = [weight * np.array(_RULES[name]) for name, weight in emotion.weights.items()]
    rate, semitones, pitch_range, energy_db, pauses = np.sum(rules, axis=0) if rules else np.zeros(5)
    return Prosody(float(np.exp(rate)), semitones, float(np.exp(pitch_range)), energy_db, float(np.exp(pauses)))


def hash_of(text: str) -> int:
    """The same number for the same text on every day, unlike `hash`."""
    import zlib

    return zlib.crc32(text.encode())


# Labels ---------------------------------------------------------------------------------------------------------------


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


# Training -------------------------------------------------------------------------------------------------------------


def fit_head(x: np.ndarray, targets: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax regression on soft targets, classes weighing alike: weight (d, 7) and bias (7,)."""
    n, d = x.shape
    counts = np.bincount(labels, minlength=len(LABELS))
    weights = (n / (len(LABELS) * np.maximum(counts, 1)))[labels][:, None] / n

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weight, bias = flat[:-7].reshape(d, 7), flat[-7:]
        logits = x @ weight.astype(np.float32) + bias
        logits -= logits.max(1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
        error = (np.exp(log_p) - targets) * weights
        gradient = x.T @ error.astype(np.float32) + RIDGE * weight
        value = -(weights * targets * log_p).sum() + 0.5 * RIDGE * np.square(weight).sum()
        return float(value), np.concatenate([gradient.ravel(), error.sum(0)]).astype(np.float64)

    found = minimize(loss, np.zeros(d * 7 + 7), jac=True, method="L-BFGS-B", options={"maxiter": 120})
    return found.x[:-7].reshape(d, 7).astype(np.float32), found.x[-7:].astype(np.float32)


def nuisance_directions(clips: Clips, others: Clips, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Orthonormal directions (30, d) along which the same neutral reading differs between speakers."""
    neutral = LABELS.index("neutral")
    centres = []
    for group in (clips, others):
        for speaker in np.unique(group.speakers):
            own = group.features[(group.speakers == speaker) & (group.labels == neutral)]
            if len(own) >= 2:
                centres.append(((own - mean) / scale).mean(0))
    centred = np.array(centres) - np.mean(centres, 0)
    return np.linalg.svd(centred, full_matrices=False)[2][:N_NUISANCE]


def build(
    clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray
) -> tuple[dict[str, np.ndarray], dict]:
    """Weights and configuration: one head for every speaker of `clips` that is left out, and calibration on them.

    The heads learn from `others` too, by `other_targets` (n, 7).
    """
    mean, scale = clips.features.mean(0), clips.features.std(0) + 1e-4
    weights = {"mean": mean, "scale": scale, "nuisance": nuisance_directions(clips, others, mean, scale)}
    z = (clips.features - mean) / scale
    x = (z - z @ weights["nuisance"].T @ weights["nuisance"]).astype(np.float32)
    y = (others.features - mean) / scale
    y = (y - y @ weights["nuisance"].T @ weights["nuisance"]).astype(np.float32)
    heads, held_logits, held_labels = [], [], []
    whole = clips.seconds > 1
    for speaker in np.unique(clips.speakers):
        kept = clips.speakers != speaker
        heads.append(
            fit_head(
                np.concatenate([x[kept], y]),
                np.concatenate([targets[kept], other_targets]),
                np.concatenate([clips.labels[kept], others.labels]),
            )
        )
        own = ~kept & whole
        held_logits.append(x[own] @ heads[-1][0] + heads[-1][1])
        held_labels.append(clips.labels[own])
    weights["weight"] = np.stack([w for w, _ in heads])
    weights["bias"] = np.stack([b for _, b in heads])
    centre, axes = main_axes(x[whole])
    weights |= {"centre": centre, "axes": axes}
    summaries = np.concatenate([clips.features[whole], others.features])[:, -len(SUMMARY_NAMES) :]
    config = {
        "labels": list(LABELS),
        "temperature": best_temperature(np.concatenate(held_logits), np.concatenate(held_labels)),
        "familiar_radius": familiar_radius(x, clips.speakers, clips.seconds),
        "strange_power": STRANGE_POWER,
        "prosody_mean": summaries.mean(0).tolist(),
        "prosody_scale": (summaries.std(0) + 1e-4).tolist(),
    }
    return weights, config


def main_axes(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre (d,) and the 48 directions (48, d) that explain most of familiar voices."""
    centre = x.mean(0)
    values, vectors = np.linalg.eigh((x - centre).T @ (x - centre))
    return centre, np.ascontiguousarray(vectors[:, ::-1][:, :N_AXES].T)


def familiar_radius(x: np.ndarray, speakers: np.ndarray, seconds: np.ndarray) -> tuple[float, float]:
    """What the axes of the other speakers leave unexplained of a speaker, at the 95th percentile: the a and b of
    a + b / seconds through the whole clips and the single seconds."""
    left = np.zeros(len(x))
    for speaker in np.unique(speakers):
        centre, axes = main_axes(x[(speakers != speaker) & (seconds > 1)])
        own = x[speakers == speaker] - centre
        left[speakers == speaker] = np.sqrt(np.square(own - own @ axes.T @ axes).mean(1))
    whole, second = (np.percentile(left[seconds == s], FAMILIAR_PERCENTILE) for s in (2.0, 1.0))
    return float(2 * whole - second), float(2 * (second - whole))


def best_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature at which held-out speakers' likelihood is best, classes weighing alike."""
    counts = np.bincount(labels, minlength=len(LABELS))
    row_weights = 1 / counts[labels]

    def loss(temperature: float) -> float:
        scaled = logits / temperature
        log_p = (
            scaled
            - np.log(np.exp(scaled - scaled.max(1, keepdims=True)).sum(1, keepdims=True))
            - scaled.max(1, keepdims=True)
        )
        return -float((row_weights * log_p[np.arange(len(labels)), labels]).sum())

    grid = np.geomspace(0.3, 3, 60)
    return float(grid[np.argmin([loss(t) for t in grid])])


# Measuring ------------------------------------------------------------------------------------------------------------


def unweighted_recall(truth: np.ndarray, found: np.ndarray) -> float:
    return float(np.mean([(found[truth == label] == label).mean() for label in np.unique(truth)]))


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, n_bins: int = 10) -> float:
    """Expected calibration error over `n_bins` of equal width (Guo et al. 2017)."""
    sure, right = probabilities.max(1), probabilities.argmax(1) == truth
    bins = np.minimum((sure * n_bins).astype(int), n_bins - 1)
    return float(
        sum((bins == b).mean() * abs(sure[bins == b].mean() - right[bins == b].mean()) for b in np.unique(bins))
    )


def leave_one_speaker_out(
    clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of every clip and variant, by a model that never heard its speaker: probabilities (n, 7), reliability (n,)."""
    out, reliability = np.zeros((len(clips.labels), len(LABELS))), np.zeros(len(clips.labels))
    for speaker in np.unique(clips.speakers):
        kept = clips.speakers != speaker
        weights, config = build(clips.where(kept), others, targets[kept], other_targets)
        reader = SpeechReader(weights, config)
        out[~kept] = reader.probabilities(clips.features[~kept], clips.seconds[~kept])
        for i in np.flatnonzero(~kept):
            reliability[i] = reader.evidence(clips.features[i : i + 1], clips.seconds[i : i + 1]).reliability
        sys.stdout.write(f"without speaker {speaker}: done\n")
        sys.stdout.flush()
    return out, reliability


def table(clips: Clips, probabilities: np.ndarray) -> str:
    """Recall, calibration and arousal by variant, as Markdown."""
    high = {"anger": 1, "fear": 1, "joy": 1, "disgust": 0.5, "neutral": 0, "boredom": -1, "sadness": -1}
    arousal = np.array([taxonomy.FEELINGS[label].vad[1] for label in LABELS])
    lines = [
        "| heard as | UAR | calibration error | arousal, r with the actors' classes | valence, r |",
        "|---|---|---|---|---|",
    ]
    valence = np.array([taxonomy.FEELINGS[label].vad[0] for label in LABELS])
    for variant in dict.fromkeys(clips.variants):
        rows = clips.variants == variant
        p, truth = probabilities[rows], clips.labels[rows]
        r = np.corrcoef(p @ arousal, [high[LABELS[i]] for i in truth])[0, 1]
        r_valence = np.corrcoef(p @ valence, valence[truth])[0, 1]
        lines.append(
            f"| {variant} | {unweighted_recall(truth, p.argmax(1)):.3f} | {calibration_error(p, truth):.3f} "
            f"| {r:.2f} | {r_valence:.2f} |"
        )
    return "\n".join(lines)


def domain_table(clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray) -> str:
    """Neutral speech of a corpus that no part of the model was told of: what is said of it, and how surely."""
    corpora = np.array([speaker.split("-")[0] for speaker in others.speakers])
    neutral = LABELS.index("neutral")
    lines = [
        "| neutral speech of a corpus left out | strangeness | likeliest feeling | its probability | neutral |",
        "|---|---|---|---|---|",
    ]
    for corpus in dict.fromkeys(corpora):
        weights, config = build(clips, others.where(corpora != corpus), targets, other_targets[corpora != corpus])
        reader = SpeechReader(weights, config)
        features = others.features[(corpora == corpus) & (others.labels == neutral)]
        p, strange = reader.probabilities(features, 2.0), np.median(reader.strangeness(features, 2.0))
        top, sure = LABELS[int(p.mean(0).argmax())], p.max(1).mean()
        lines.append(f"| {corpus} ({len(p)}) | {strange:.2f} | {top} | {sure:.2f} | {p[:, neutral].mean():.2f} |")
    return "\n".join([*lines, "", _synthetic_arousal(clips, others, targets, other_targets)])


def _synthetic_arousal(clips: Clips, others: Clips, targets: np.ndarray, other_targets: np.ndarray) -> str:
    """Whether the prosody of feelings is heard in synthetic voices that were left out."""
    held = np.isin(np.char.partition(others.speakers.astype(str), "-")[:, 2], HELD_OUT_VOICES)
    weights, config = build(clips, others.where(~held), targets, other_targets[~held])
    p = SpeechReader(weights, config).probabilities(others.features[held], 2.0)
    arousal = np.array([taxonomy.FEELINGS[label].vad[1] for label in LABELS])
    r = np.corrcoef(p @ arousal, arousal[others.labels[held]])[0, 1]
    recall = unweighted_recall(others.labels[held], p.argmax(1))
    return (
        f"Of {len(HELD_OUT_VOICES)} SYNTHETIC voices that were left out, speaking with the prosody of each feeling, "
        f"arousal is heard with r {r:.2f}, and the feeling with UAR {recall:.2f} (chance .14)."
    )


HEADING = (
    "`scripts/train_speech_emotion.py --evaluate --domains`: EmoDB, each of 8 actors read by a model that never heard "
    "them, no speaker normalisation; 408 clips of 2 s as they are, and each faster or slower, in noise, through a "
    "narrow line, and one second of it."
)
ANCHORS = (
    "Anchors, the same way without speaker normalisation: linear on log-mel statistics UAR .66; logistic regression on "
    "mean and deviation of Whisper tiny's last encoder layer .78."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--domains", action="store_true", help="with --evaluate: also leave each other corpus out")
    parser.add_argument("--write", action="store_true", help="with --evaluate: write docs/RESULTS.md")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    clips = emodb_clips(args.data / "speech_emotion" / "emodb", args.work / "emodb.npz", args.seed)
    others = other_voices(args.data, args.work, args.seed)
    targets, other_targets = soft_targets(clips, args.data), other_soft_targets(others.labels, args.data)
    if args.evaluate:
        probabilities, reliability = leave_one_speaker_out(clips, others, targets, other_targets)
        np.savez(
            args.work / "held_out.npz", probabilities=probabilities, reliability=reliability, names=clips.names,
            variants=clips.variants,
        )  # fmt: skip
        text = table(clips, probabilities)
        text = f"{HEADING}\n\n{text}\n\n{ANCHORS}"
        if args.domains:
            text += "\n\n" + domain_table(clips, others, targets, other_targets)
        sys.stdout.write(text + "\n")
        if args.write:
            write_section("speech_emotion", "Feelings in the voice", text)
        return
    from safetensors.numpy import save_file

    weights, config = build(clips, others, targets, other_targets)
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    half = {
        k: np.ascontiguousarray(v, np.float32 if k in ("mean", "scale") else np.float16) for k, v in weights.items()
    }
    save_file(half, WEIGHTS / "model.safetensors")
    (WEIGHTS / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"temperature {config['temperature']:.2f}, familiar radius {config['familiar_radius']}\n")


if __name__ == "__main__":
    main()
