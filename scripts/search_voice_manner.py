"""Find the manners of a voice: what to change in the plain voice so that a feeling is heard in it.

A response-surface search (Box & Wilson 1951). Each round speaks neutral sentences with random manners around the best
known ones and lets several judges listen at once; a quadratic ridge model of every judge over the 54 parameters then
says where all of them would be content, and the next round looks there:

- the project's own ear (`emotion_embed.readers.speech`), which reads Whisper's states and was trained on actors;
- an acoustic judge: pitch, loudness, tempo, and level and movement of ten bands, each against the same voice's plain
  speech, weighted by logistic regression on EmoDB (whose actors are taken against their own neutral speech);
- the speaker encoder GE2E (Wan et al. 2018, Resemblyzer's weights): the voice must stay the same person;
- DNSMOS (Reddy et al. 2021, speechmos' weights), for naturalness, and a leash on the size of the change;
- Whisper base: the words must still be understood (asked from the fifth round on).

The second judge of `scripts/evaluate_voice.py`, its sentences and its voices are not used here.

    python scripts/search_voice_manner.py design   --work W [--n 400 --seed 1]
    python scripts/search_voice_manner.py round    --work W --round 2 [--n 180 --seed 2 --spread 0.4 --feelings fear …]
    python scripts/search_voice_manner.py fit      --work W --data ../shared/data [--feelings … --write]
    python scripts/search_voice_manner.py validate --work W --data ../shared/data
    python scripts/search_voice_manner.py export   --work W

`design` and `round` may run several times at once with other seeds. Needs the extra evaluate, and
`pip install --no-deps resemblyzer`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from emotion_embed.readers.prosody_features import prosody_frames, summarise  # noqa: E402
from emotion_embed.readers.speech import LABELS, load_speech_reader, speech_frames  # noqa: E402
from emotion_embed.signals.asr import transcribe  # noqa: E402
from emotion_embed.signals.audio import Audio, read_audio  # noqa: E402
from generators.contracts import join_speech  # noqa: E402
from generators.voice.prosody.prosody import COLUMNS, N_COLUMNS, N_STYLE, PLAIN, SPECTRUM, STYLE  # noqa: E402
from generators.voice.prosody.spectral_eq import BAND_EDGES_HZ, N_BANDS  # noqa: E402
from scripts.results import write_section  # noqa: E402
from scripts.voice_judges import naturalness  # noqa: E402
from studio.quality.metrics import word_error_rate  # noqa: E402

SENTENCES = (
    "The box with the papers is on the table.", "We will meet at the station at seven.",
    "They put the chairs back in the hall.", "She told me about it on the phone.",
    "The train to the city leaves at noon.", "He left his coat in the other room.",
    "I have seen the new house by the river.", "In the evening they came home again.",
    "The letter arrived here on Tuesday morning.", "It has been standing there since last week.",
)  # fmt: skip
VOICES = (
    "af_bella", "af_jessica", "af_kore", "af_river", "af_sky", "am_adam", "am_echo", "am_fenrir", "am_michael",
    "am_onyx", "am_puck", "bf_emma", "bf_isabella", "bm_george", "bm_daniel",
    "af_alloy", "af_aoede", "af_sarah", "bf_lily", "bm_fable",  # from the seventh round on
)  # fmt: skip
# Name, step of the search, and farthest value in steps; of factors the natural logarithm.
_STEPS = (
    ("rate", 0.22, 1.0), ("vowel_lengthening", 0.15, 1.5), ("final_lengthening", 0.2, 2), ("pitch_semitones", 3, 1.7),
    ("pitch_range", 0.4, 2), ("accent_semitones", 1.5, 2), ("final_semitones", 2.5, 2),
    ("declination_semitones", 2, 2), ("tremor_semitones", 0.4, 1.5), ("energy_contrast", 0.25, 1.5),
    ("aspiration", 0.3, 2), ("accent_lengthening", 0.15, 1.5),
)  # fmt: skip
PARAMETERS = (
    *(name for name, _, _ in _STEPS),
    *(f"band_{i}" for i in range(N_BANDS)),
    *(f"style_{i}" for i in range(N_STYLE)),
)
STEP = np.array([*(step for _, step, _ in _STEPS), *[4.0] * N_BANDS, *[1.0] * N_STYLE])
FARTHEST = np.array(
    [*(far for _, _, far in _STEPS), *[1.8] * N_BANDS, *[1.8] * (N_STYLE // 2), *[1.6] * (N_STYLE // 2)]
)
SLOWEST = 1.6  # in steps; words that are drawn out or rushed further are no longer understood
NEVER_NEGATIVE = [PARAMETERS.index(name) for name in ("tremor_semitones", "aspiration")]
NEUTRAL = LABELS.index("neutral")
SOUGHT = [i for i, label in enumerate(LABELS) if label != "neutral"]
# Loudness and pauses are not heard by judges that level what they hear: from the reviews of Scherer (2003) and Juslin
# & Laukka (2003), in dB and as natural logarithm.
LOUDNESS_AND_PAUSES = {
    "joy": (2.0, -0.15), "sadness": (-3.5, 0.45), "anger": (4.0, -0.3), "fear": (0.5, -0.1), "disgust": (0.5, 0.2),
    "boredom": (-2.0, 0.4), "surprise": (1.5, 0.05), "contempt": (-0.5, 0.15),
}  # fmt: skip


def manner_of(theta: np.ndarray) -> np.ndarray:
    """Parameters (54,) of the search as a manner (N_COLUMNS,) of `generators.voice.prosody.style_bank`."""
    manner = np.zeros(N_COLUMNS)
    for i, (name, _, _) in enumerate(_STEPS):
        manner[COLUMNS[name]] = theta[i]
    manner[COLUMNS["pitch_range"]] = np.log(max(0.1, 1 + theta[PARAMETERS.index("pitch_range")]))
    manner[SPECTRUM] = theta[len(_STEPS) : len(_STEPS) + N_BANDS]
    manner[STYLE] = theta[len(_STEPS) + N_BANDS :]
    return manner


# Speaking and listening -----------------------------------------------------------------------------------------------


class Stage:
    """The voice and the judges that listen to each clip as it is spoken."""

    def __init__(self) -> None:
        from generators.voice.kokoro import KokoroConfig, KokoroVoice

        self.kokoro = KokoroVoice.from_pretrained(config=KokoroConfig(threads=1))
        self.encoder = speaker_encoder()

    def play(self, voice: str, sentence: str, theta: np.ndarray) -> dict[str, np.ndarray]:
        """Everything the judges need to know of one clip."""
        from generators.voice.prosody.style_bank import with_manner

        prosody = with_manner(PLAIN, manner_of(theta)) if theta.any() else PLAIN
        speech = join_speech(self.kokoro.stream(sentence, voice=voice, prosody=prosody))
        first, last = speech.words[0].start_s, speech.words[-1].end_s
        rate_hz = speech.audio.sample_rate_hz
        samples = speech.audio.samples[int(max(0, first - 0.1) * rate_hz) : int((last + 0.1) * rate_hz)]
        sound = Audio(samples, rate_hz).resampled(16_000).samples
        frames = speech_frames(Audio(sound, 16_000))
        heard = " ".join(word.text for word in transcribe(Audio(sound, 16_000), "en").words)
        return {
            "own": frames.pooled(), "acoustic": acoustics(sound), "speaker": self.encoder(sound),
            "mos": np.array(list(naturalness(Audio(sound, 16_000)).values())),
            "errors": min(1.0, word_error_rate(sentence, heard, "en")), "sound": (sound * 30_000).astype(np.int16),
        }  # fmt: skip


def speaker_encoder():
    """A function from 16 kHz samples to who speaks, (256,) of length 1 (Resemblyzer, without its voice detector)."""
    import sys
    import types

    sys.modules.setdefault("webrtcvad", types.ModuleType("webrtcvad"))  # only its preprocessing would need it
    from resemblyzer import VoiceEncoder

    encoder = VoiceEncoder("cpu", verbose=False)
    return lambda sound: encoder.embed_utterance(sound / (np.sqrt(np.mean(np.square(sound))) + 1e-9) * 0.03)


def acoustics(sound: np.ndarray) -> np.ndarray:
    """Pitch, loudness and tempo, and of ten bands the level, its spread, and its movement, (58,), from 16 kHz."""
    prosody = summarise(prosody_frames(Audio(sound.astype(np.float32), 16_000)))
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, 256), 512)[::160] * np.hanning(512)
    power = np.square(np.abs(np.fft.rfft(frames, axis=1)))
    level = power.sum(1)
    power = power[level > np.percentile(level, 95) * 1e-3]
    hz = np.fft.rfftfreq(512, 1 / 16_000)
    edges = list(zip(BAND_EDGES_HZ, BAND_EDGES_HZ[1:], strict=False))
    bands = np.stack([power[:, (hz >= low) & (hz < high)].sum(1) for low, high in edges], axis=1)
    levels = 10 * np.log10(bands + 1e-9)
    shares = levels - 10 * np.log10(bands.sum(1, keepdims=True) + 1e-9)
    movement = np.abs(np.diff(levels, axis=0)).mean(0)
    return np.concatenate([prosody, shares.mean(0), shares.std(0), levels.std(0), movement]).astype(np.float32)


@dataclass(frozen=True)
class AcousticJudge:
    """Logistic regression over `acoustics` against the speaker's plain speech."""

    mean: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    bias: np.ndarray

    @classmethod
    def trained(cls, data: Path, work: Path) -> AcousticJudge:
        kept = work / "acoustic_judge.npz"
        if not kept.exists():
            np.savez(kept, **_train_acoustic_judge(data))
        with np.load(kept) as found:
            return cls(**{name: found[name] for name in found.files})

    def logits(self, rows: np.ndarray, plain: np.ndarray) -> np.ndarray:
        """(n, 7) over `LABELS`, not normalised."""
        return (rows - plain - self.mean) / self.scale @ self.weight + self.bias


def _train_acoustic_judge(data: Path) -> dict[str, np.ndarray]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    from scripts.train_speech_emotion import LETTERS

    files = sorted((data / "speech_emotion" / "emodb" / "flac").glob("*.flac"))
    rows = np.array([acoustics(read_audio(file, 16_000).samples) for file in files])
    labels = np.array([LABELS.index(LETTERS[file.stem[5]]) for file in files])
    actors = np.array([file.stem[:2] for file in files])
    plain = {actor: rows[(actors == actor) & (labels == NEUTRAL)].mean(0) for actor in set(actors)}
    rows = rows - np.array([plain[actor] for actor in actors])
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(C=0.03, max_iter=3000, class_weight="balanced").fit(scaler.transform(rows), labels)
    return {"mean": scaler.mean_, "scale": scaler.scale_, "weight": model.coef_.T, "bias": model.intercept_}


# Rounds ---------------------------------------------------------------------------------------------------------------


def run_round(work: Path, name: str, plan: list[tuple[str, str, np.ndarray, int]]) -> None:
    """Speak a plan of (voice, sentence, theta, sought label or −1) and keep what the judges need."""
    stage, done = Stage(), []
    out = work / f"clips-{name}.npz"
    for i, (voice, sentence, theta, label) in enumerate(plan):
        clip = stage.play(voice, sentence, theta)
        sound = clip.pop("sound")
        place = {"voice": VOICES.index(voice), "sentence": SENTENCES.index(sentence), "theta": theta, "sought": label}
        done.append({**place, **clip, "length": len(sound), "sound": sound})
        if i % 20 == 19 or i == len(plan) - 1:
            rows = {key: np.array([d[key] for d in done]) for key in done[0] if key != "sound"}
            half = out.with_suffix(".half.npz")
            np.savez(half, **rows, sound=np.concatenate([d["sound"] for d in done]))
            half.replace(out)
            Console().print(f"{name}: {i + 1} of {len(plan)}")


def design(work: Path, n: int, seed: int) -> None:
    """Every voice plain, then random manners all around the plain voice."""
    rng = np.random.default_rng(seed)
    plain = _plain(VOICES, seed)
    random = [
        (str(rng.choice(VOICES)), str(rng.choice(SENTENCES)), _around(rng, np.zeros(len(STEP)), 1.0), -1)
        for _ in range(n)
    ]
    run_round(work, f"1-{seed}", plain + random)


def _plain(voices: Sequence[str], seed: int) -> list[tuple[str, str, np.ndarray, int]]:
    return [
        (voice, SENTENCES[(3 * i + 3 * k + seed) % len(SENTENCES)], np.zeros(len(STEP)), -1)
        for i, voice in enumerate(voices)
        for k in range(3)
    ]


def next_round(work: Path, number: int, n: int, seed: int, spread: float, feelings: Sequence[str]) -> None:
    """Manners around the best that were found, at half to more than full strength; voices that are new also plain."""
    rng = np.random.default_rng(seed)
    with np.load(work / "best.npz") as best:
        centres = {label: best[LABELS[label]] for label in SOUGHT}
    plan = _plain([voice for i, voice in enumerate(VOICES) if i not in _voices_heard_plain(work)], seed)
    sought = [LABELS.index(feeling) for feeling in feelings]
    for i in range(n):
        label = sought[i % len(sought)]
        theta = _around(rng, centres[label] * rng.uniform(0.8, 1.15), spread)
        plan.append((str(rng.choice(VOICES)), str(rng.choice(SENTENCES)), theta, label))
    run_round(work, f"{number}-{seed}", plan)


def _voices_heard_plain(work: Path) -> set[int]:
    heard: set[int] = set()
    for file in (f for f in work.glob("clips-*.npz") if ".half" not in f.name):
        with np.load(file) as found:
            heard.update(found["voice"][(found["theta"] == 0).all(1)].tolist())
    return heard


def _around(rng: np.random.Generator, centre: np.ndarray, spread: float) -> np.ndarray:
    """Most of the parameters moved, some left, so that each one's own effect shows."""
    moved = rng.random(len(STEP)) < 0.7
    theta = centre + spread * STEP * rng.standard_normal(len(STEP)) * moved
    theta[NEVER_NEGATIVE] = np.maximum(theta[NEVER_NEGATIVE], 0)
    return theta


# The response surface -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Clips:
    """What was tried so far, and every judge's answers: `own` and `acoustic` logits (n, 7) with mean 0, `same` (n,)
    the cosine to the voice's plain speech, `natural` (n, 2) the share of its DNSMOS, `errors` (n,) the
    share of words that Whisper got wrong, NaN where it was not asked."""

    round: np.ndarray
    voice: np.ndarray
    sentence: np.ndarray
    theta: np.ndarray
    sought: np.ndarray
    own: np.ndarray
    acoustic: np.ndarray
    same: np.ndarray
    natural: np.ndarray
    errors: np.ndarray

    @classmethod
    def heard(cls, work: Path, judge: AcousticJudge) -> Clips:
        files = sorted(work.glob("clips-*.npz"))
        raw: dict[str, list] = {}
        for file in (f for f in files if ".half" not in f.name):
            with np.load(file) as found:
                for key in ("voice", "sentence", "theta", "sought", "own", "acoustic", "speaker", "mos"):
                    raw.setdefault(key, []).append(found[key])
                raw.setdefault("errors", []).append(
                    found["errors"] if "errors" in found else np.full(len(found["voice"]), np.nan)
                )
                raw.setdefault("round", []).append(np.full(len(found["voice"]), int(file.stem.split("-")[1])))
        rows = {key: np.concatenate(values) for key, values in raw.items()}
        is_plain = (rows["theta"] == 0).all(1)
        plain = np.array([rows["acoustic"][is_plain & (rows["voice"] == v)].mean(0) for v in range(len(VOICES))])
        who = np.array([rows["speaker"][is_plain & (rows["voice"] == v)].mean(0) for v in range(len(VOICES))])
        who /= np.linalg.norm(who, axis=1, keepdims=True)
        mos = np.array([rows["mos"][is_plain & (rows["voice"] == v)].mean(0) for v in range(len(VOICES))])
        own = load_speech_reader().votes(rows["own"]).mean(0)
        acoustic = judge.logits(rows["acoustic"], plain[rows["voice"]])
        return cls(
            rows["round"], rows["voice"], rows["sentence"], rows["theta"], rows["sought"],
            own - own.mean(1, keepdims=True), acoustic - acoustic.mean(1, keepdims=True),
            (rows["speaker"] * who[rows["voice"]]).sum(1), rows["mos"] / mos[rows["voice"]], rows["errors"],
        )  # fmt: skip


RIDGE = 25.0
NEAR_WEIGHT = 12.0  # clips that sought the same feeling count more: the surface is bent
OWN_SOFTNESS, ACOUSTIC_SOFTNESS = 1.3, 1.0
OWN_WEIGHT, ACOUSTIC_WEIGHT = 1.6, 0.3  # from the seventh round on; 1 and 0.5 before, when the own ear lagged behind
FLOOR_WEIGHTS = (150.0, 100.0, 100.0)
CAUTION = 2.0
MOST_ERRORS, ERRORS_WEIGHT = -0.04, 300.0  # below nothing, since the surface flatters


def _terms(z: np.ndarray) -> np.ndarray:
    return np.hstack([z, 0.5 * np.clip(z, -3, 3) ** 2])


@dataclass(frozen=True)
class Surface:
    """The judges' answers (18,) as `weight` (108, 18) over `_terms` of the parameters in steps and a `constant`, and
    how unsure that is: the `spread` (108, 108) of a Bayesian ridge and what is left over, `noise`."""

    weight: np.ndarray
    constant: np.ndarray
    spread: np.ndarray
    noise: float

    @classmethod
    def of(cls, clips: Clips, label: int) -> Surface:
        from sklearn.linear_model import Ridge

        z = clips.theta / STEP
        voices, sentences = np.eye(len(VOICES))[clips.voice], np.eye(len(SENTENCES))[clips.sentence]
        answers = np.hstack([clips.own, clips.acoustic, 5 * clips.same[:, None], 5 * clips.natural])
        near = 1 + (NEAR_WEIGHT - 1) * (clips.sought == label)
        terms = _terms(z)
        n = terms.shape[1]
        rows = np.hstack([terms, 2 * voices, sentences])
        model = Ridge(alpha=RIDGE).fit(rows, answers, sample_weight=near)
        by_voice, by_sentence = model.coef_[:, n : n + len(VOICES)], model.coef_[:, n + len(VOICES) :]
        centred = terms - np.average(terms, axis=0, weights=near)
        spread = np.linalg.inv(centred.T @ (near[:, None] * centred) / near.mean() + RIDGE * np.eye(n))
        noise = float(np.std((answers - model.predict(rows))[clips.sought == label][:, label]))
        constant = model.intercept_ + 2 * by_voice.mean(1) + by_sentence.mean(1)
        asked = np.isfinite(clips.errors)
        words = Ridge(alpha=RIDGE).fit(terms[asked], clips.errors[asked], sample_weight=near[asked])
        weight = np.column_stack([model.coef_[:, :n].T, words.coef_])
        return cls(weight, np.append(constant, words.intercept_), spread, noise if np.isfinite(noise) else 1.0)

    def answers(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(18,) and its slope (54, 18)."""
        n = len(z)
        slope = self.weight[:n] + np.clip(z, -3, 3)[:, None] * self.weight[n:]
        return _terms(z[None])[0] @ self.weight + self.constant, slope

    def doubt(self, z: np.ndarray) -> tuple[float, np.ndarray]:
        """By how much an answer may be wrong, and its slope (54,)."""
        terms, n = _terms(z[None])[0], len(z)
        leaning = self.spread @ terms
        size = np.sqrt(terms @ leaning) + 1e-9
        return self.noise * size, self.noise * (leaning[:n] + np.clip(z, -3, 3) * leaning[n:]) / size


def best_manner(clips: Clips, label: int, leash: float, least: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """The parameters that content all judges most, and what they would then answer, (18,). `least` are
    the cosine to the plain voice and the share of its naturalness that are wanted."""
    from scipy.optimize import minimize

    surface = Surface.of(clips, label)

    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        (answers, slope), (doubt, doubt_slope) = surface.answers(z), surface.doubt(z)
        # The best of many guesses is a guess too high: what is little known has to promise more.
        total, gradient = leash * z @ z + CAUTION * doubt, 2 * leash * z + CAUTION * doubt_slope
        for part, factor, softness in (
            (slice(0, 7), OWN_WEIGHT, OWN_SOFTNESS),
            (slice(7, 14), ACOUSTIC_WEIGHT, ACOUSTIC_SOFTNESS),
        ):
            p = np.exp(softness * (answers[part] - answers[part].max()))
            p /= p.sum()
            total -= factor * np.log(p[label] + 1e-12)
            gradient = gradient + factor * softness * slope[:, part] @ (p - np.eye(7)[label])
        for k, wanted, factor in zip((14, 15, 16), (least[0], *[least[1]] * 2), FLOOR_WEIGHTS, strict=True):
            lacking = max(0.0, wanted - answers[k] / 5)
            total += factor * lacking**2
            gradient = gradient - 2 * factor * lacking * slope[:, k] / 5
        wrong = max(0.0, answers[17] - MOST_ERRORS)
        return total + ERRORS_WEIGHT * wrong**2, gradient + 2 * ERRORS_WEIGHT * wrong * slope[:, 17]

    low = -FARTHEST
    low[NEVER_NEGATIVE] = 0
    low[PARAMETERS.index("rate")] = -SLOWEST
    bounds = list(zip(low, FARTHEST, strict=True))
    found = minimize(loss, np.zeros(len(STEP)), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x * STEP, surface.answers(found.x)[0]


def fit(work: Path, data: Path, feelings: Sequence[str], leash: float, least: tuple[float, float], write: bool) -> None:
    """Print how far the rounds came and keep the best manners of `feelings` for the next; others stay as they were."""
    clips = Clips.heard(work, AcousticJudge.trained(data, work))
    curves = learning_curves(clips)
    best = dict(np.load(work / "best.npz")) if (work / "best.npz").exists() else {}
    table = Table(
        "feeling",
        "own margin",
        "acoustic margin",
        "same voice",
        "P.808",
        "P.835",
        "errors",
        "steps away",
        title="expected of the best",
    )
    for label in (LABELS.index(feeling) for feeling in feelings):
        theta, answers = best_manner(clips, label, leash, least)
        best[LABELS[label]] = theta
        margins = [part[label] - np.delete(part, label).max() for part in (answers[:7], answers[7:14])]
        size = np.linalg.norm(theta / STEP)
        table.add_row(
            LABELS[label],
            *(f"{m:.2f}" for m in margins),
            *(f"{answers[k] / 5:.2f}" for k in (14, 15, 16)),
            f"{answers[17]:.2f}",
            f"{size:.1f}",
        )
    np.savez(work / "best.npz", **best)
    (work / "curves.json").write_text(json.dumps(curves, indent=1))
    Console().print(table)
    if write:
        write_section("manner-search", "How the manners of the voice were found", curves_markdown(curves))


def curves_markdown(curves: list[dict]) -> str:
    """The learning curves as a table, a line for a round."""
    kinds = ("own", "acoustic", "same_voice", "natural")
    head = ["round", "clips", "own ear", "acoustic judge", "same voice", "DNSMOS", "own ear, by feeling"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for number in sorted({row["round"] for row in curves}):
        rows = [row for row in curves if row["round"] == number]
        clips = [row["clips"] for row in rows]
        means = [f"{np.average([row[kind] for row in rows], weights=clips):.2f}" for kind in kinds]
        by_feeling = ", ".join(f"{row['feeling']} {row['own']:.2f}" for row in rows)
        lines.append(f"| {number} | {sum(clips)} | {' | '.join(means)} | {by_feeling} |")
    return CURVES_HEADING + "\n\n" + "\n".join(lines)


CURVES_HEADING = (
    "`scripts/search_voice_manner.py fit --write`: what the judges of the search said of the clips of each round "
    "(fifteen voices, from round 7 on twenty, ten sentences; manners at 0.5 to 1.25 of full strength with noise on "
    "them, so full strength does better). Round 1 was spread at random around the plain voice. From round 5 on the "
    "optimum was kept to what is well known, close to the plain voice's DNSMOS and slow enough to be understood, "
    "which costs the own ear what it had heard in rushed fear and drawn-out sadness. After round 8, in which the own "
    "ear counted more, only disgust, fear and sadness were taken from the new optimum: there the voice keeps more of "
    "its DNSMOS and of itself; anger (at 1.15 of its strength), boredom and joy stay as of round 6. Same voice: "
    "cosine of GE2E to the voice's plain speech (.94 among plain clips); DNSMOS as a share of plain."
)


def learning_curves(clips: Clips) -> list[dict]:
    """For every round after the first: how often each judge named what was sought."""
    curves = []
    table = Table("round", "feeling", "clips", "own", "acoustic", "same voice", "natural", title="what was heard")
    for number in sorted(set(clips.round)):
        for label in SOUGHT:
            own = (clips.round == number) & (clips.sought == label)
            if own.any():
                row = {
                    "round": int(number), "feeling": LABELS[label], "clips": int(own.sum()),
                    "own": float(np.mean(clips.own[own].argmax(1) == label)),
                    "acoustic": float(np.mean(clips.acoustic[own].argmax(1) == label)),
                    "same_voice": float(clips.same[own].mean()), "natural": float(clips.natural[own].mean()),
                }  # fmt: skip
                curves.append(row)
                table.add_row(
                    str(number),
                    LABELS[label],
                    str(row["clips"]),
                    *(f"{row[k]:.2f}" for k in ("own", "acoustic", "same_voice", "natural")),
                )
    Console().print(table)
    return curves


# The chosen manners ---------------------------------------------------------------------------------------------------


def validate(work: Path, seed: int, n: int, scales: tuple[float, ...]) -> None:
    """The best manners at several strengths on fresh pairs of a search voice and a sentence, every judge asked."""
    rng = np.random.default_rng(seed)
    stage, judge, reader = Stage(), AcousticJudge.trained(Path(), work), load_speech_reader()
    pairs = [(str(rng.choice(VOICES)), str(rng.choice(SENTENCES))) for _ in range(n)]

    def listen(theta: np.ndarray) -> list[dict]:
        return [stage.play(voice, sentence, theta) for voice, sentence in pairs]

    plain = listen(np.zeros(len(STEP)))
    table = Table("feeling", "strength", "own", "acoustic", "same voice", "P.808", "P.835", "words wrong")
    with np.load(work / "best.npz") as best:
        for label in SOUGHT:
            for scale in scales:
                clips = list(zip(listen(scale * best[LABELS[label]]), plain, strict=True))
                cells = (
                    np.mean([reader.votes(c["own"][None]).mean(0)[0].argmax() == label for c, _ in clips]),
                    np.mean([judge.logits(c["acoustic"], p["acoustic"]).argmax() == label for c, p in clips]),
                    np.mean([c["speaker"] @ p["speaker"] for c, p in clips]),
                    *np.mean([c["mos"] / p["mos"] for c, p in clips], axis=0),
                    np.mean([c["errors"] - p["errors"] for c, p in clips]),
                )
                table.add_row(LABELS[label], f"{scale:.2f}", *(f"{cell:.2f}" for cell in cells))
    Console().print(table)


def style_axes() -> np.ndarray:
    """Axes of the manner space, (2, 16, 128): the principal components of the voices' timbre and prosody halves, each
    as long as one standard deviation of the voices along it."""
    import checkpoints

    folder = checkpoints.path("kokoro-voices")
    rows = np.array([np.fromfile(f, np.float32).reshape(-1, 256)[40] for f in _voice_files(folder)])
    axes = []
    for half in (rows[:, :128], rows[:, 128:]):
        _, lengths, directions = np.linalg.svd(half - half.mean(0), full_matrices=False)
        axes.append(directions[: N_STYLE // 2] * (lengths[: N_STYLE // 2, None] / np.sqrt(len(rows))))
    return np.array(axes, np.float32)


def _voice_files(folder: Path) -> list[Path]:
    from generators.voice.catalog import list_voices

    return [folder / f"{voice.name}.bin" for voice in list_voices() if voice.generator == "kokoro"]


def export(work: Path, strengths: dict[str, float]) -> None:
    """Write the bank of manners with the product's weights."""
    from safetensors.numpy import save_file

    import checkpoints
    from generators.voice.prosody.style_bank import feeling_key

    with np.load(work / "best.npz") as best:
        codes = {name: manner_of(strengths.get(name, 1.0) * best[name]) for name in best.files}
    # No judge here knows these two: set between their neighbours in valence and arousal, with what the reviews say.
    codes["surprise"] = 0.55 * codes["joy"] + 0.35 * codes["fear"]
    codes["surprise"][COLUMNS["final_semitones"]] += 2.0
    codes["contempt"] = 0.45 * codes["boredom"] + 0.4 * codes["disgust"]
    for name, (loudness_db, pauses) in LOUDNESS_AND_PAUSES.items():
        codes[name][[COLUMNS["energy_db"], COLUMNS["pause_scale"]]] = loudness_db, pauses
    names = ["neutral", *sorted(codes)]
    folder = checkpoints.weights_path("voice_manner")
    folder.mkdir(exist_ok=True)
    rows = np.array([np.zeros(N_COLUMNS), *(codes[n] for n in names[1:])], np.float32)
    save_file(
        {
            "keys": np.array([feeling_key(n) for n in names], np.float32),
            "codes": rows,
            "axes": np.ascontiguousarray(style_axes()),
        },
        folder / "model.safetensors",
    )
    config = {"names": names, "temperature": ATTENTION_TEMPERATURE, "strengths": strengths}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    Console().print(f"{len(names)} codes are in {folder}")


ATTENTION_TEMPERATURE = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("design", "round", "fit", "validate", "export"))
    parser.add_argument("--work", type=Path, required=True, help="a folder that keeps clips and results")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--round", type=int, default=2)
    parser.add_argument("--n", type=int, default=180)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spread", type=float, default=0.4)
    parser.add_argument(
        "--feelings", nargs="+", choices=[LABELS[i] for i in SOUGHT], default=[LABELS[i] for i in SOUGHT]
    )
    parser.add_argument("--leash", type=float, default=0.004)
    parser.add_argument("--least-same", type=float, default=0.77)
    parser.add_argument("--least-natural", type=float, default=0.93)
    parser.add_argument("--write", action="store_true", help="fit: put the learning curves into docs/RESULTS.md")
    parser.add_argument("--scales", type=float, nargs="+", default=[0.8, 1.0, 1.2])
    parser.add_argument("--strengths", type=json.loads, default={}, help='for example {"anger": 1.1}')
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if args.step == "design":
        design(args.work, args.n, args.seed)
    elif args.step == "round":
        next_round(args.work, args.round, args.n, args.seed, args.spread, args.feelings)
    elif args.step == "fit":
        fit(args.work, args.data, args.feelings, args.leash, (args.least_same, args.least_natural), args.write)
    elif args.step == "validate":
        validate(args.work, args.seed, args.n, tuple(args.scales))
    else:
        export(args.work, args.strengths)


if __name__ == "__main__":
    main()
