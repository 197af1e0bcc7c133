"""Make what `train_motion.py` learns from: sound, the feeling asked for, and the motion that goes with both.

    python scripts/make_motion_data.py speak   --data DIR --work W [--minutes 40] [--seed 0] [--voice-generator piper]
    python scripts/make_motion_data.py perform --data DIR --work W [--seed 0] [--part 0/2] [--only grid]

`speak` lets Kokoro (any of its readable voices, half of the time in the manner of a random feeling) or Piper read
sentences; it may run several times with other seeds. `perform` strings utterances together with pauses, changes tempo
and size of the voice, lets the procedural performer act them with its dice rolled anew (gains, blinks, seed, track of
feelings), roughens the sound (rooms, noise, other voices, music, telephones, clipping, whispering) and keeps, window by
window, what Whisper's encoder hears and what is to be moved. LJSpeech is aligned with its words; EmoDB has hand-made
borders. GRID's talker is real: his own tracked face is the motion. Held out for `evaluate_motion.py`: the voices,
EmoDB's actors and GRID's clips that `train_phone_aligner.py` holds out too.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parent))

from roughening import roughened, sized, whispered  # noqa: E402
from train_phone_aligner import HELD_OUT_GRID, HELD_OUT_VOICES, _sentences, read_emodb, read_ljspeech  # noqa: E402

from emotion_embed import taxonomy  # noqa: E402
from emotion_embed.signals.audio import Audio, read_audio  # noqa: E402
from emotion_embed.state import EmotionState, parse_emotion  # noqa: E402
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.contracts import ARKIT_CHANNELS, CHANNEL_INDEX, Phone, Speech, join_speech  # noqa: E402
from generators.motion.diffusion import conditioning as conditions  # noqa: E402
from generators.motion.diffusion.audio_features import DEFAULT_EARS, SAMPLES_PER_FRAME, Ears, load_ears  # noqa: E402
from generators.motion.diffusion.conditioning import felt, spoken  # noqa: E402
from generators.motion.diffusion.configuration import FPS, N_BEFORE, N_NEW, N_WINDOW  # noqa: E402
from generators.motion.diffusion.motion_space import GAP, ROTATION, TRANSLATION, to_vectors  # noqa: E402
from generators.motion.procedural import ProceduralMotion, ProceduralMotionConfig  # noqa: E402
from generators.motion.streaming import stream  # noqa: E402
from generators.timeline import place  # noqa: E402

RATE_HZ = 16_000
HOP = N_NEW  # from window to window
EMODB_LETTERS = {"W": "anger", "L": "boredom", "E": "disgust", "A": "fear", "F": "joy", "T": "sadness", "N": "neutral"}
BASICS = taxonomy.BASIC[1:]


# Speech ---------------------------------------------------------------------------------------------------------------


def speak(data: Path, work: Path, minutes: float, seed: int, generator: str) -> None:
    """Speak sentences until `minutes` of this seed lie in `work`, one npz an utterance."""
    rng = np.random.default_rng(seed)
    voice = _load_voice(generator)
    names = [v.name for v in voice.voices() if v.name[0] in "abefip"] if generator == "kokoro" else ["en_US-joe-medium"]
    shares = np.array([4.0 if name[0] in "ab" else 1.0 for name in names])
    english = _sentences(data / "text_emotion" / "goemotions" / "train.tsv")
    others = {key: _sentences(data / "text_emotion" / "xed" / f"{code}-projections.tsv") for key, code in _OTHERS}
    total_s, i = 0.0, 0
    (work / "speech").mkdir(parents=True, exist_ok=True)
    while total_s < 60 * minutes:
        name = str(rng.choice(names, p=shares / shares.sum()))
        text = str(rng.choice(others.get(name[0], english)))
        feeling = "neutral" if rng.random() < 0.45 else str(rng.choice([*BASICS, "boredom"]))
        emotion = f"{feeling}:{rng.uniform(0.3, 1.0):.2f}"
        rate = float(rng.uniform(0.85, 1.2))
        file = work / "speech" / f"{generator}-{seed}-{i:05d}-{name}.npz"
        i += 1
        if not file.exists():
            _speak_one(voice, file, text, name, emotion, rate)
        with np.load(file) as kept:
            total_s += len(kept["samples"]) / RATE_HZ
        if i % 20 == 0:
            sys.stderr.write(f"{generator} {seed}: {total_s / 60:.1f} of {minutes} minutes\n")


_OTHERS = (("e", "es"), ("f", "fr"), ("i", "it"), ("p", "pt"))


def _load_voice(generator: str) -> object:
    if generator == "kokoro":
        from generators.voice.kokoro import KokoroConfig, KokoroVoice

        return KokoroVoice.from_pretrained(config=KokoroConfig(threads=1))
    from generators.voice.piper import PiperVoice

    return PiperVoice.from_pretrained()


def _speak_one(voice: object, file: Path, text: str, name: str, emotion: str, rate: float) -> None:
    from generators.voice.prosody.style_bank import prosody_for

    prosody = prosody_for(parse_emotion(emotion))
    speech = join_speech(voice.stream(text, voice=name, prosody=replace(prosody, rate=prosody.rate * rate)))
    samples = np.clip(speech.audio.resampled(RATE_HZ).samples * 32767, -32768, 32767).astype(np.int16)
    np.savez(
        file,
        samples=samples,
        emotion=np.array(emotion),
        symbols=np.array([p.symbol for p in speech.phones]),
        times_s=np.array([(p.start_s, p.end_s) for p in speech.phones]),
        stress=np.array([p.stress for p in speech.phones]),
        words=np.array([p.word_index for p in speech.phones]),
    )


@dataclass(frozen=True)
class Spoken:
    """An utterance at 16 kHz whose phones are known, who said it and how it was meant."""

    speech: Speech
    speaker: str
    emotion: EmotionState


def read_spoken(work: Path, held_out: bool) -> list[Spoken]:
    """What `speak` left, of the voices held out or of the others."""
    found = []
    for file in sorted((work / "speech").glob("*.npz")):
        name = file.stem.split("-", 3)[3]
        if (name in HELD_OUT_VOICES) != held_out:
            continue
        with np.load(file) as kept:
            rows = zip(kept["symbols"], kept["times_s"], kept["stress"], kept["words"], strict=True)
            phones = tuple(Phone(str(s), float(t[0]), float(t[1]), int(st), int(w)) for s, t, st, w in rows)
            audio = Audio(kept["samples"].astype(np.float32) / 32767, RATE_HZ)
            found.append(Spoken(Speech(audio, phones), name, parse_emotion(str(kept["emotion"]))))
    return found


def read_real(data: Path, held_out: bool) -> list[Spoken]:
    """EmoDB with its borders and its actors' feelings, and LJSpeech aligned with its words (every 6th held out)."""
    from generators.voice.align.alignment import PhoneModel

    found = []
    emodb = data / "speech_emotion" / "emodb"
    names = [f.stem for f in sorted((emodb / "flac").glob("*.flac")) if any((emodb / "lablaut").glob(f.stem + "*"))]
    for name, utterance in read_emodb_named(emodb, held_out, names):
        letter = EMODB_LETTERS[name[5]]
        found.append(Spoken(_speech(utterance), "emodb" + name[:2], parse_emotion(f"{letter}:0.8")))
    model = PhoneModel.load()
    for i, utterance in enumerate(read_ljspeech(data / "speech_plain" / "ljspeech")):
        aligned = utterance.realigned(model) if (i % 6 == 0) == held_out else None
        if aligned is not None:
            found.append(Spoken(_speech(aligned), "ljspeech", parse_emotion("neutral")))
    return found


def read_emodb_named(folder: Path, held_out: bool, names: Sequence[str]) -> Iterator[tuple[str, object]]:
    """(clip, utterance) of `read_emodb`, found again by their sound, since that gives no names."""
    sounds = {}
    for name in names:
        audio = read_audio(folder / "flac" / f"{name}.flac", RATE_HZ)
        sounds[audio.samples.tobytes()] = name
    for utterance in read_emodb(folder, held_out):
        yield sounds[utterance.audio.samples.tobytes()], utterance


def _speech(utterance: object) -> Speech:
    phones = [
        Phone(symbol, start_s, end_s, 0, i) for i, word in enumerate(utterance.words) for symbol, start_s, end_s in word
    ]
    return Speech(utterance.audio, tuple(phones))


# Performing -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Performance:
    """Sound as it is heard, and what is moved: `samples` (n,) at 16 kHz, `vectors` (frames, 59), `emotion`
    (frames, 7) weights, `phones`, and whose face it is. `has_emotion` is whether it is known what was felt."""

    samples: np.ndarray
    vectors: np.ndarray
    emotion: np.ndarray
    phones: Sequence[Phone]
    talker: str
    speaker: str
    has_emotion: bool = True
    style: np.ndarray | None = None  # where it is known from more than this


def performances(spoken: Sequence[Spoken], n: int, rng: np.random.Generator) -> Iterator[Performance]:
    """`n` performances of some 10 s, each of one speaker."""
    by_speaker: dict[str, list[Spoken]] = {}
    for utterance in spoken:
        by_speaker.setdefault(utterance.speaker, []).append(utterance)
    lengths = {name: sum(u.speech.audio.duration_s for u in own) for name, own in by_speaker.items()}
    names = list(by_speaker)
    shares = np.sqrt([lengths[name] for name in names])
    for _ in range(n):
        own = by_speaker[str(rng.choice(names, p=shares / shares.sum()))]
        yield perform(own, spoken, rng)


def perform(own: Sequence[Spoken], others: Sequence[Spoken], rng: np.random.Generator) -> Performance:
    """Utterances of one speaker with pauses between them, acted and roughened."""
    parts, pieces, told, at_s = [], [], [], 0.0
    factor = float(np.exp(rng.uniform(-0.2, 0.22))) if rng.random() < 0.4 else 1.0
    while at_s < 9.0:
        gap_s = float(rng.exponential(0.5) + (1.5 if rng.random() < 0.12 else 0.05))
        chosen = own[rng.integers(len(own))]
        speech = sized(chosen.speech, factor)
        silence = np.zeros(int(gap_s * RATE_HZ), np.float32)
        at_s += len(silence) / RATE_HZ
        parts += [silence, speech.audio.samples]
        pieces += list(Speech(speech.audio, speech.phones).later(at_s, 0).phones)
        told.append((at_s, chosen.emotion))
        at_s += speech.audio.duration_s
    clean = Audio(np.concatenate([*parts, np.zeros(int(rng.uniform(0.1, 1.5) * RATE_HZ), np.float32)]), RATE_HZ)
    track = _track(told, clean.duration_s, rng)
    config = ProceduralMotionConfig(
        articulation_gain=float(rng.uniform(0.85, 1.15)), expression_gain=1.0,
        head_gain=float(np.exp(rng.normal(0, 0.3)).clip(0.3, 1.9)), gaze_gain=float(rng.uniform(0.6, 1.4)),
        blink_interval_s=float(rng.uniform(3.0, 5.0)),
    )  # fmt: skip
    placed = place([Speech(clean, tuple(pieces))], track)
    motion = next(stream(ProceduralMotion(config), placed, seed=int(rng.integers(2**31)), fps=FPS))
    emotion = track.sample((np.arange(len(motion)) + 0.5) / FPS).weights
    voice = whispered(clean.samples, rng) if rng.random() < 0.05 else clean.samples
    other = others[rng.integers(len(others))].speech.audio.samples
    return Performance(roughened(voice, other, rng), to_vectors(motion), emotion, pieces, "studio", own[0].speaker)


def _track(told: Sequence[tuple[float, EmotionState]], length_s: float, rng: np.random.Generator) -> EmotionTrack:
    """As the voice feels, half of the time; else a feeling of its own, which may change midway."""
    if rng.random() < 0.5:
        keys = [EmotionKey(max(0.0, start_s - 0.2), emotion) for start_s, emotion in told]
        return EmotionTrack((replace(keys[0], start_s=0.0), *keys[1:]))
    n = int(rng.integers(1, 4))
    starts_s = [0.0, *sorted(rng.uniform(1.5, length_s - 0.5, n - 1))]
    return EmotionTrack(tuple(EmotionKey(s, _feeling(rng), float(rng.uniform(0.3, 0.9))) for s in starts_s))


def _feeling(rng: np.random.Generator) -> EmotionState:
    kind = rng.random()
    if kind < 0.2:
        return EmotionState()
    strength = float(rng.choice([0.25, 0.5, 0.75, 1.0, rng.uniform(0.1, 1.0)]))
    if kind < 0.7:
        return EmotionState({str(rng.choice(BASICS)): strength})
    if kind < 0.85:
        return parse_emotion(f"{rng.choice(taxonomy.names())}:{strength:.2f}")
    first, second = rng.choice(BASICS, 2, replace=False)
    share = float(rng.uniform(0.3, 0.7))
    return EmotionState({str(first): strength * share, str(second): strength * (1 - share)})


def without_speech(rng: np.random.Generator) -> Performance:
    """Silence, noise or music, in which the mouth rests."""
    n = int(rng.uniform(8, 11) * RATE_HZ)
    track = EmotionTrack((EmotionKey(0.0, _feeling(rng)),))
    quiet = Speech(Audio(np.zeros(n, np.float32), RATE_HZ))
    motion = next(stream(ProceduralMotion(), place([quiet], track), seed=int(rng.integers(2**31)), fps=FPS))
    emotion = track.sample((np.arange(len(motion)) + 0.5) / FPS).weights
    samples = roughened(np.zeros(n, np.float32), np.zeros(n, np.float32), rng, silent=True)
    return Performance(samples, to_vectors(motion), emotion, (), "studio", "nobody")


# The real talker ------------------------------------------------------------------------------------------------------


def grid_clips(folder: Path, held_out: bool) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """(clip, samples, vectors) of GRID's talker, every 6th clip held out; see `grid_vectors`."""
    with np.load(folder / "motion.npz", allow_pickle=False) as kept:
        values = {name: kept[name] for name in ("clip_names", "frame_offsets", "blendshapes", "pose", "landmarks68")}
    vectors = grid_vectors(values["blendshapes"].astype(float), values["pose"], values["landmarks68"].astype(float))
    names, offsets = values["clip_names"].astype(str), values["frame_offsets"]
    ranks = {name: i for i, name in enumerate(sorted(names))}
    for name, first, last in zip(names, offsets[:-1], offsets[1:], strict=True):
        if (ranks[name] % HELD_OUT_GRID == 0) == held_out:
            yield name, read_audio(folder / "audio" / f"{name}.flac", RATE_HZ).samples, vectors[first:last]


def grid_vectors(scores: np.ndarray, pose: np.ndarray, points: np.ndarray) -> np.ndarray:
    """What FaceLandmarker saw of the talker, relative to his own face at rest: (frames, 59).

    The lip gap is measured between the inner lips; the jaw follows from it, since FaceLandmarker's own is weak.
    """
    from scipy.spatial.transform import Rotation

    rest = np.percentile(scores, 15, axis=0)
    shapes = np.clip((scores - rest) / (1 - rest), 0, 1)
    lids = [CHANNEL_INDEX["eyeBlinkLeft"], CHANNEL_INDEX["eyeBlinkRight"]]
    shapes[:, lids] = np.clip(shapes[:, lids] / np.percentile(shapes[:, lids], 99.5, axis=0), 0, 1)
    gaps = np.mean([np.linalg.norm(points[:, a] - points[:, b], axis=1) for a, b in ((61, 67), (62, 66), (63, 65))], 0)
    gaps = gaps / np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    closed = np.percentile(gaps, 3)
    gap = gaps - closed - 0.006
    vectors = np.zeros((len(scores), 59))
    vectors[:, : len(ARKIT_CHANNELS)] = shapes
    vectors[:, CHANNEL_INDEX["jawOpen"]] = np.clip(gap / 0.45, 0, 1)
    vectors[:, GAP] = gap
    turn = Rotation.from_matrix(pose[:, :3, :3]).as_euler("YXZ", degrees=True)
    turn = turn - np.median(turn, axis=0)
    vectors[:, ROTATION] = turn * np.array([1.0, -1.0, -1.0])
    vectors[:, TRANSLATION] = pose[:, :3, 3] - np.median(pose[:, :3, 3], axis=0)
    vectors[:, 58] = 0.5
    return vectors.astype(np.float32)


def real_performances(folder: Path, rng: np.random.Generator, n_times: int) -> Iterator[Performance]:
    """The talker's clips, as they are and roughened."""
    clips = list(grid_clips(folder, held_out=False))
    style = conditions.style_of(np.concatenate([vectors for *_, vectors in clips]))  # 3 s would not tell
    for time in range(n_times):
        for _, samples, vectors in clips:
            other = clips[rng.integers(len(clips))][1]
            sound = samples if time == 0 else roughened(samples, other, rng)
            yield Performance(sound, vectors, np.zeros((len(vectors), 7)), (), "grid", "grid_s1", style=style)


# Windows --------------------------------------------------------------------------------------------------------------


def windows_of(performance: Performance, ears: Ears, rng: np.random.Generator) -> Iterator[dict[str, np.ndarray]]:
    """Windows of the model over a performance. The first begins where nothing was before."""
    vectors, n_frames = performance.vectors, len(performance.vectors)
    style = conditions.style_of(vectors) if performance.style is None else performance.style
    emotion = felt(performance.emotion)
    first_start = -N_BEFORE if rng.random() < 0.5 else -int(rng.integers(0, N_BEFORE))
    for start in range(first_start, max(1, n_frames - N_BEFORE - 15), HOP):
        low, high = max(0, start), min(n_frames, start + N_WINDOW)
        inside = slice(low - start, high - start)
        motion = np.zeros((N_WINDOW, vectors.shape[1]), np.float32)
        motion[inside] = vectors[low:high]
        feeling = np.zeros((N_WINDOW, emotion.shape[1]), np.float32)
        feeling[inside] = emotion[low:high]
        valid = np.zeros(N_WINDOW, np.uint8)
        valid[inside] = 1
        has_phones = len(performance.phones) > 0 or performance.speaker == "nobody"
        yield {
            "audio": ears(cut_sound(performance.samples, start)).astype(np.float16),
            "motion": motion.astype(np.float16), "emotion": feeling.astype(np.float16), "valid": valid,
            "phones": spoken(performance.phones, start, N_WINDOW).astype(np.float16), "style": style,
            "talker": np.array(performance.talker == "grid"), "has_phones": np.array(has_phones),
            "has_emotion": np.array(performance.has_emotion),
        }  # fmt: skip


def cut_sound(samples: np.ndarray, first_frame: int) -> np.ndarray:
    """The sound of one window, (64000,), silence where there is none."""
    start, n = first_frame * SAMPLES_PER_FRAME, N_WINDOW * SAMPLES_PER_FRAME
    low, high = max(0, start), min(len(samples), start + n)
    cut = np.zeros(n, np.float32)
    if high > low:
        cut[low - start : high - start] = samples[low:high]
    return cut


def keep(work: Path, name: str, source: Iterator[Performance], ears: Ears, rng: np.random.Generator) -> None:
    """Windows of all performances, in files of some hundred."""
    (work / "windows").mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, np.ndarray]] = []
    n_files = n_windows = 0

    def write() -> None:
        nonlocal n_files
        half = work / "windows" / f"{name}-{n_files:03d}.half.npz"
        np.savez(half, **{key: np.stack([row[key] for row in rows]) for key in rows[0]})
        half.replace(work / "windows" / f"{name}-{n_files:03d}.npz")
        n_files += 1
        rows.clear()

    for performance in source:
        for window in windows_of(performance, ears, rng):
            rows.append(window)
            n_windows += 1
        if len(rows) >= 400:
            write()
            sys.stderr.write(f"{name}: {n_windows} windows\n")
    if rows:
        write()
    sys.stderr.write(f"{name}: {n_windows} windows\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("speak", "perform"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="keeps speech and windows")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--voice-generator", choices=("kokoro", "piper"), default="kokoro")
    parser.add_argument("--only", choices=("spoken", "real", "grid", "nothing"), nargs="+", default=None)
    parser.add_argument("--ears", default=DEFAULT_EARS, help="what is heard through, see `diffusion.ears.load_ears`")
    parser.add_argument("--n", type=int, default=900, help="performances of synthetic voices; of real ones a third")
    args = parser.parse_args()
    if args.step == "speak":
        speak(args.data, args.work, args.minutes, args.seed, args.voice_generator)
        return 0
    rng, ears = np.random.default_rng(args.seed), load_ears(args.ears)
    wanted = args.only or ["spoken", "real", "grid", "nothing"]
    if "grid" in wanted:
        keep(
            args.work, f"grid-{args.seed}", real_performances(args.data / "speech_face" / "grid_s1", rng, 2), ears, rng
        )
    if "nothing" in wanted:
        keep(args.work, f"nothing-{args.seed}", (without_speech(rng) for _ in range(args.n // 20)), ears, rng)
    if "real" in wanted:
        real = read_real(args.data, held_out=False)
        keep(args.work, f"real-{args.seed}", performances(real, args.n // 3, rng), ears, rng)
    if "spoken" in wanted:
        spoken_ = read_spoken(args.work, held_out=False)
        keep(args.work, f"spoken-{args.seed}", performances(spoken_, args.n, rng), ears, rng)
    return 0


if __name__ == "__main__":
    sys.exit(main())
