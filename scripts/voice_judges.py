"""Judges of an emotional voice: a second ear that no search for manners may use, who speaks, how natural it is.

    python scripts/voice_judges.py --data ../shared/data --work DIR     # the second ear on actors it never heard

The second ear measures for itself what it hears, without Whisper and without `emotion_embed.readers.prosody_features`:
cepstra, spectral contrast and flux, melody, loudness, timing, balance, harmonics and modulation, each as the difference
from the same speaker's neutral speech; a logistic regression names the feeling. The difference is what lets it go from
German actors in a studio to an English synthetic voice. It was taught by the same actors as the first ear and as the
acoustic judge of the search, whose features are of the same kind as some of these: what all of them believe wrongly of those
actors, it will not notice.

Keep it out of any search: a judge that was searched on is no judge.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from emotion_embed import taxonomy  # noqa: E402
from emotion_embed.signals.audio import Audio, read_audio  # noqa: E402
from emotion_embed.signals.onnx_session import open_session  # noqa: E402
from emotion_embed.signals.vad import speech_regions  # noqa: E402

LABELS = taxonomy.LABEL_SETS["emodb"]
NEUTRAL = LABELS.index("neutral")
LETTERS = "WLEAFNT"  # EmoDB's, in the order of LABELS
RATE_HZ, HOP, WINDOW, N_FFT = 16_000, 160, 400, 512
FRAMES_PER_S = RATE_HZ / HOP
HEARD_DB = 30.0  # below the loudest frames; what is softer is room and pause
# EmoDB's clips were each brought to one peak, so the noise of the room tells how softly the actor spoke. A common noise
# above it hides that: no other voice has this room.
FLOOR_DB = -35.0
RATES = (1.0, 1.064, 0.943)  # tape speeds at which the second ear hears each actor
STRENGTH_C, CLIP = 0.03, 2.5
CLEARLY = 0.3  # on an axis of valence–arousal–dominance, −1..1


# Features of the second ear -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sound:
    """100 frames a second: `power` (257, n) over the speech's mean, above the floor; its `level_db` (n,), which frames
    are `heard` and `voiced` (n,), and the `pitch_hz` (n,), NaN where there is none."""

    samples: np.ndarray
    power: np.ndarray
    level_db: np.ndarray
    heard: np.ndarray
    voiced: np.ndarray
    pitch_hz: np.ndarray

    @property
    def pitch_st(self) -> np.ndarray:
        """Semitones over 100 Hz, 0 where there is no pitch."""
        return 12 * np.log2(np.where(np.isfinite(self.pitch_hz), self.pitch_hz, 100.0) / 100)

    def band_db(self, low_hz: float, high_hz: float) -> np.ndarray:
        frequency_hz = np.arange(len(self.power)) * RATE_HZ / N_FFT
        return _db(self.power[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].sum(0))


def voice_features(audio: Audio) -> np.ndarray:
    """What the second ear notices in a clip, (175,); no level, no noise floor."""
    sound = _analysed(audio.resampled(RATE_HZ).samples)
    parts = (_cepstra, _contrast, _spectrum, _melody, _loudness, _timing, _balance, _harmonics, _modulation)
    return np.nan_to_num(np.concatenate([part(sound) for part in parts])).astype(np.float32)


def _analysed(samples: np.ndarray) -> _Sound:
    import librosa

    samples = np.ascontiguousarray(samples, np.float32)
    power = np.abs(librosa.stft(samples, n_fft=N_FFT, hop_length=HOP, win_length=WINDOW)) ** 2
    level_db = _db(power.sum(0))
    heard = level_db > np.percentile(level_db, 95) - HEARD_DB
    power = power / power[:, heard].sum(0).mean() + 10 ** (FLOOR_DB / 10) / len(power)
    pitch_hz, _, _ = librosa.pyin(
        samples, fmin=65, fmax=600, sr=RATE_HZ, frame_length=1024, hop_length=HOP, resolution=0.2
    )
    n = power.shape[1]
    pitch_hz = np.pad(pitch_hz[:n], (0, max(0, n - len(pitch_hz))), constant_values=np.nan)
    voiced = np.isfinite(pitch_hz) & heard
    if voiced.sum() < 10:  # whispered: every feature below needs some frames
        voiced, pitch_hz = heard, np.where(np.isfinite(pitch_hz), pitch_hz, 100.0)
    return _Sound(samples, power, _db(power.sum(0)), heard, voiced, pitch_hz)


def _db(power: np.ndarray) -> np.ndarray:
    return 10 * np.log10(power + 1e-12)


def _cepstra(sound: _Sound) -> np.ndarray:
    import librosa

    bank = librosa.filters.mel(sr=RATE_HZ, n_fft=N_FFT, n_mels=40, fmin=60, fmax=7600)
    cepstra = librosa.feature.mfcc(S=_db(bank @ sound.power / bank.sum(1, keepdims=True)), n_mfcc=20)
    moves = [librosa.feature.delta(cepstra, width=5, order=order, mode="nearest") for order in (1, 2)]
    still = cepstra[1:, sound.heard]  # the first is the level
    return np.concatenate([still.mean(1), still.std(1), *(move[:, sound.heard].std(1) for move in moves)])


def _contrast(sound: _Sound) -> np.ndarray:
    import librosa

    amplitude = np.sqrt(sound.power)
    contrast = librosa.feature.spectral_contrast(S=amplitude, sr=RATE_HZ, n_fft=N_FFT, fmin=100, n_bands=6)
    heard = contrast[:, sound.heard]
    return np.concatenate([heard.mean(1), heard.std(1)])


def _spectrum(sound: _Sound) -> np.ndarray:
    """Flux, onsets, flatness, roll-off, middle and width of the spectrum."""
    import librosa

    bank = librosa.filters.mel(sr=RATE_HZ, n_fft=N_FFT, n_mels=40, fmin=60, fmax=7600)
    step = np.diff(_db(bank @ sound.power / bank.sum(1, keepdims=True)), axis=1, prepend=np.nan)
    step[:, 0] = 0
    shape = {"S": np.sqrt(sound.power)}
    rows = np.array(
        [
            np.sqrt(np.square(step).mean(0)),
            np.maximum(step, 0).mean(0),
            10 * np.log10(librosa.feature.spectral_flatness(**shape)[0]),
            np.log2(librosa.feature.spectral_rolloff(sr=RATE_HZ, **shape)[0] + 50),
            np.log2(librosa.feature.spectral_centroid(sr=RATE_HZ, **shape)[0] + 50),
            np.log2(librosa.feature.spectral_bandwidth(sr=RATE_HZ, **shape)[0] + 50),
        ]
    )[:, sound.heard]
    return np.concatenate([rows.mean(1), rows.std(1), np.percentile(rows, 90, axis=1)])


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """First and one past the last index of each stretch of true values."""
    edges = np.diff(np.r_[0, mask.astype(int), 0])
    return list(zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True))


def _slope(values: np.ndarray, times_s: np.ndarray) -> float:
    return float(np.clip(np.polyfit(times_s, values, 1)[0], -30, 30)) if np.ptp(values) > 0 else 0.0


def _melody(sound: _Sound) -> np.ndarray:
    semitones, voiced = sound.pitch_st, sound.voiced
    pitch = semitones[voiced]
    steps = np.diff(semitones)[voiced[1:] & voiced[:-1]] if len(pitch) > 1 else np.zeros(1)
    steps = steps if len(steps) else np.zeros(1)
    third = max(1, len(pitch) // 3)
    stretches = [semitones[a:b] for a, b in _runs(voiced) if b - a >= 6] or [np.zeros(6)]
    slopes = [np.polyfit(np.arange(len(s)) / FRAMES_PER_S, s, 1)[0] for s in stretches]
    trembling = [np.std(s - np.convolve(np.pad(s, 4, mode="edge"), np.ones(9) / 9, "valid")) for s in stretches]
    spans = [np.ptp(s) for s in stretches]
    return np.array([
        pitch.mean(), pitch.std(), *np.percentile(pitch, [5, 25, 50, 75, 95]),
        _slope(pitch, np.flatnonzero(voiced) / FRAMES_PER_S), np.abs(steps).mean(), np.clip(steps, -3, 3).std(),
        pitch[-third:].mean() - pitch[:third].mean(), pitch[-third:].mean() - pitch.mean(),
        np.mean(spans), np.max(spans), np.mean(slopes), np.mean(np.abs(slopes)), np.mean(trembling),
    ])  # fmt: skip


def _loudness(sound: _Sound) -> np.ndarray:
    level, heard = sound.level_db, sound.heard
    loud = level[heard]
    first, last = np.flatnonzero(heard)[[0, -1]]
    return np.array([
        loud.std(), *(np.percentile(loud, [5, 25, 75, 95]) - np.median(loud)),
        np.abs(np.diff(level))[heard[1:]].mean(), level[sound.voiced].std(), heard[first : last + 1].mean(),
        level[sound.voiced].mean() - loud.mean(),
    ])  # fmt: skip


def _timing(sound: _Sound) -> np.ndarray:
    """Syllables, voiced stretches and pauses for every second of speech."""
    from scipy.signal import find_peaks

    heard_at = np.flatnonzero(sound.heard)
    span_s = np.ptp(heard_at) / FRAMES_PER_S + 0.01
    smooth = np.hanning(9) / np.hanning(9).sum()
    levels = (sound.level_db, sound.band_db(300, 2500))
    peaks = [len(find_peaks(np.convolve(level, smooth, "same"), prominence=3.0)[0]) for level in levels]
    lengths_s = np.array([(b - a) / FRAMES_PER_S for a, b in _runs(sound.voiced)])
    n_voiced, n_pauses = sound.voiced.sum(), (np.diff(heard_at) > 8).sum()
    return np.array([
        peaks[0] / span_s, peaks[1] / span_s, len(lengths_s) / span_s, lengths_s.mean(), lengths_s.std(),
        lengths_s.max(), n_voiced / sound.heard.sum(), n_voiced / span_s / FRAMES_PER_S, n_pauses / span_s,
    ])  # fmt: skip


def _balance(sound: _Sound) -> np.ndarray:
    """Levels of high bands over low ones where there is voice, and where there is only noise."""
    peak_low, peak_high = _db(sound.power[:64].max(0)), _db(sound.power[64:160].max(0))  # below and above 2 kHz
    rows = np.array(
        [
            sound.band_db(1000, 5000) - sound.band_db(50, 1000),
            peak_low - peak_high,
            sound.band_db(0, 500) - sound.band_db(500, 1500),
            sound.band_db(500, 1500) - sound.band_db(1500, 4000),
            sound.band_db(4000, 8000) - sound.band_db(0, 4000),
            sound.band_db(2000, 4000) - sound.band_db(0, 1000),
        ]
    )
    voiced, noise = rows[:, sound.voiced], rows[:, sound.heard & ~sound.voiced]
    return np.concatenate([voiced.mean(1), voiced.std(1), noise.mean(1) if noise.shape[1] > 5 else np.zeros(6)])


def _harmonics(sound: _Sound) -> np.ndarray:
    """The first harmonics' levels against each other, and harmonics over noise."""
    import librosa

    n_fft, window = 2048, 800
    spectrum = np.abs(librosa.stft(sound.samples, n_fft=n_fft, hop_length=HOP, win_length=window)) ** 2
    spectrum, pitch_hz = spectrum[:, : len(sound.voiced)][:, sound.voiced], sound.pitch_hz[sound.voiced]
    columns = np.arange(len(pitch_hz))

    def level_of(harmonic: int) -> np.ndarray:
        middle = np.round(pitch_hz * harmonic * n_fft / RATE_HZ).astype(int)
        return _db(np.max([spectrum[np.clip(middle + k, 0, n_fft // 2), columns] for k in range(-2, 3)], axis=0))

    first, second, third = (level_of(k) for k in (1, 2, 3))
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(np.hanning(window), n_fft))))
    correlation = np.fft.irfft(spectrum, axis=0) / np.maximum(own / own[0], 1e-3)[:, None]
    lags = np.clip(np.round(RATE_HZ / pitch_hz).astype(int), 1, window // 2 - 1)
    ratio = np.max([correlation[lags + k, columns] for k in (-1, 0, 1)], axis=0) / np.maximum(correlation[0], 1e-12)
    ratio = np.clip(ratio, 0.01, 0.995)
    clear_db = 10 * np.log10(ratio / (1 - ratio))
    gaps = (first - second, first - third)
    return np.array([*(f(g) for g in gaps for f in (np.mean, np.std)), clear_db.mean(), clear_db.std(),
                     np.percentile(clear_db, 10)])  # fmt: skip


def _modulation(sound: _Sound) -> np.ndarray:
    """Shares of slow and fast swings in the loudness, dB."""
    first, last = np.flatnonzero(sound.heard)[[0, -1]]
    swing = np.maximum(sound.level_db, sound.level_db.max() - 40)[first : last + 1]
    power = np.square(np.abs(np.fft.rfft((swing - swing.mean()) * np.hanning(len(swing)), 1024)))
    frequency_hz = np.fft.rfftfreq(1024, 1 / FRAMES_PER_S)
    share = lambda low, high: power[(frequency_hz >= low) & (frequency_hz < high)].sum()  # noqa: E731
    whole = share(0.8, 30) + 1e-9
    return np.array([10 * np.log10(share(*b) / whole + 1e-3) for b in ((0.8, 2), (2, 4), (4, 7), (7, 12), (12, 30))])


# The second ear -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heard:
    """Clips of several speakers: `features` (n, d), who speaks (n,), `labels` (n,) as numbers of `LABELS`."""

    features: np.ndarray
    speakers: np.ndarray
    labels: np.ndarray


def relative_to_neutral(heard: Heard) -> np.ndarray:
    """The features less the mean of the same speaker's neutral clips, (n, d).

    A neutral clip is left out of its own mean: it would otherwise be known by its small distance. Each speaker needs
    two neutral clips.
    """
    out = np.array(heard.features, float)
    for speaker in np.unique(heard.speakers):
        own = heard.speakers == speaker
        neutral = np.flatnonzero(own & (heard.labels == NEUTRAL))
        if len(neutral) < 2:
            raise ValueError(f"{speaker} has {len(neutral)} neutral clips; two are needed.")
        total = heard.features[neutral].astype(float).sum(0)
        out[own] = heard.features[own] - total / len(neutral)
        out[neutral] = heard.features[neutral] - (total - heard.features[neutral]) / (len(neutral) - 1)
    return out


class SecondJudge:
    """Names the feeling of clips from how they differ from their speaker's neutral ones."""

    def __init__(self, relative: np.ndarray, labels: np.ndarray) -> None:
        from sklearn.linear_model import LogisticRegression

        self._scale = relative.std(0) + 1e-9
        self._model = LogisticRegression(C=STRENGTH_C, class_weight="balanced", max_iter=1000)
        self._model.fit(self._scaled(relative), labels)

    def _scaled(self, relative: np.ndarray) -> np.ndarray:
        return np.clip(relative / self._scale, -CLIP, CLIP)  # one odd feature must not outvote the rest

    def probabilities(self, relative: np.ndarray) -> np.ndarray:
        """Over `LABELS`, (n, 7)."""
        out = np.zeros((len(relative), len(LABELS)))
        out[:, self._model.classes_] = self._model.predict_proba(self._scaled(relative))
        return out


def emodb(data: Path, work: Path) -> list[Heard]:
    """EmoDB at each of `RATES`, the true one first; features are kept in `work`."""
    from scipy.signal import resample_poly

    work.mkdir(parents=True, exist_ok=True)
    kept = work / f"second_judge-{code_hash([Path(__file__)])}.npz"
    files = sorted((data / "speech_emotion" / "emodb" / "flac").glob("*.flac"))
    if not files and not kept.exists():
        raise SystemExit(f"There are no clips of EmoDB under {data}.")
    if not kept.exists():
        rows = []
        for file in files:
            samples = read_audio(file, RATE_HZ).samples
            speeds = [samples if rate == 1 else resample_poly(samples, 1000, round(1000 * rate)) for rate in RATES]
            rows.append([voice_features(Audio(s.astype(np.float32), RATE_HZ)) for s in speeds])
        np.savez(kept, features=np.array(rows), names=np.array([file.stem for file in files]))
    with np.load(kept) as found:
        names, features = found["names"], found["features"]
    speakers = np.array([name[:2] for name in names])
    labels = np.array([LETTERS.index(name[5]) for name in names])
    return [Heard(features[:, i], speakers, labels) for i in range(len(RATES))]


def train_second_judge(corpora: Sequence[Heard], without: str = "") -> SecondJudge:
    """The judge from all speeds of all speakers but one."""
    rows = [(relative_to_neutral(c)[c.speakers != without], c.labels[c.speakers != without]) for c in corpora]
    return SecondJudge(np.concatenate([x for x, _ in rows]), np.concatenate([y for _, y in rows]))


def leave_one_speaker_out(corpora: Sequence[Heard]) -> np.ndarray:
    """What a judge that never heard its speaker calls each clip of the first corpus, (n,)."""
    plain = corpora[0]
    relative, found = relative_to_neutral(plain), np.zeros(len(plain.labels), int)
    for speaker in np.unique(plain.speakers):
        own = plain.speakers == speaker
        found[own] = train_second_judge(corpora, speaker).probabilities(relative[own]).argmax(1)
    return found


# Who speaks, and how natural ------------------------------------------------------------------------------------------


class SpeakerEncoder:
    """GE2E (Wan et al. 2018) with the weights of the package resemblyzer, whose own code needs webrtcvad."""

    def __init__(self) -> None:
        import torch

        spec = find_spec("resemblyzer")
        if spec is None or not spec.submodule_search_locations:
            raise SystemExit("The judge of speakers needs resemblyzer: pip install --no-deps resemblyzer.")
        file = Path(spec.submodule_search_locations[0]) / "pretrained.pt"
        state = torch.load(file, map_location="cpu", weights_only=True)["model_state"]
        self._lstm, self._linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
        self._lstm.load_state_dict({k.removeprefix("lstm."): v for k, v in state.items() if k.startswith("lstm.")})
        self._linear.load_state_dict({k: state[f"linear.{k}"] for k in ("weight", "bias")})

    def embed(self, audio: Audio) -> np.ndarray:
        """Who speaks, (256,) of length 1: the mean over stretches of 1.6 s of the speech, all at one level."""
        import librosa
        import torch

        samples = _speech_only(audio.resampled(RATE_HZ))
        samples = samples * (10 ** (-30 / 20) / np.sqrt(np.square(samples).mean() + 1e-10))
        mel = librosa.feature.melspectrogram(y=samples, sr=RATE_HZ, n_fft=400, hop_length=160, n_mels=40).T
        mel = np.pad(mel, ((0, max(0, 160 - len(mel))), (0, 0))).astype(np.float32)
        starts = np.unique([*range(0, len(mel) - 159, 77), len(mel) - 160])
        with torch.no_grad():
            _, (hidden, _) = self._lstm(torch.from_numpy(np.array([mel[s : s + 160] for s in starts])))
            parts = torch.relu(self._linear(hidden[-1])).numpy()
        return _unit(_unit(parts).mean(0))


def _speech_only(audio: Audio) -> np.ndarray:
    rate_hz = audio.sample_rate_hz
    parts = [audio.samples[round(a * rate_hz) : round(b * rate_hz)] for a, b in speech_regions(audio)]
    return np.concatenate(parts) if parts else audio.samples


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


@lru_cache(maxsize=1)
def load_speaker_encoder() -> SpeakerEncoder:
    """Loaded once per process."""
    return SpeakerEncoder()


def naturalness(audio: Audio) -> dict[str, float]:
    """DNSMOS (Reddy et al. 2021), 1..5: `p808` for the whole, `ovrl` by P.835. A proxy: networks that guess what
    listeners would say of noisy telephony, not listeners, and not made for synthetic voices.

    Over the first 9 s, shorter sounds repeated; speechmos itself slides windows over the repetitions, which takes ten
    times as long. Speech is brought to one level before, since loudness is a part of feelings here and not of quality.
    """
    import librosa

    p808, p835 = _dnsmos()
    sound = audio.resampled(RATE_HZ).samples
    sound = np.resize(sound, _DNSMOS_SAMPLES) if len(sound) < _DNSMOS_SAMPLES else sound[:_DNSMOS_SAMPLES]
    sound = (sound * (_DNSMOS_RMS / (np.sqrt(np.mean(np.square(sound))) + 1e-9))).astype(np.float32)
    bands = librosa.feature.melspectrogram(y=sound[:-160], sr=RATE_HZ, n_fft=321, hop_length=160, n_mels=120)
    bands = ((librosa.power_to_db(bands, ref=np.max) + 40) / 40).T.astype(np.float32)
    raw = float(p835.run(None, {"input_1": sound[None]})[0][0][2])
    return {
        "p808": float(p808.run(None, {"input_1": bands[None]})[0][0][0]),
        "ovrl": float(np.polyval(_DNSMOS_TO_SCALE, raw)),
    }


_DNSMOS_SAMPLES, _DNSMOS_RMS = int(9.01 * RATE_HZ), 0.075
_DNSMOS_TO_SCALE = (-0.06766283, 1.11546468, 0.04602535)  # speechmos' polynomial for the overall P.835


@lru_cache(maxsize=1)
def _dnsmos() -> tuple:
    """The networks of P.808 and P.835, from speechmos' package."""
    import speechmos

    folder = Path(speechmos.__file__).parent / "dnsmos_models"
    names = ("model_v8.onnx", "sig_bak_ovr.onnx")
    return tuple(open_session(folder / name) for name in names)


# Measures -------------------------------------------------------------------------------------------------------------


def confusion(truth: np.ndarray, found: np.ndarray) -> np.ndarray:
    """How often each label (rows) is called each (columns), (7, 7)."""
    table = np.zeros((len(LABELS), len(LABELS)), int)
    np.add.at(table, (truth, found), 1)
    return table


def unweighted_recall(table: np.ndarray) -> float:
    """The mean over the labels that occur of how many of each are named right."""
    asked = table.sum(1)
    return float((np.diag(table)[asked > 0] / asked[asked > 0]).mean())


def clear_pairs(axis: int) -> list[tuple[int, int]]:
    """Pairs of labels (lower, higher) whose places in the taxonomy lie `CLEARLY` apart on an axis (0 valence, 1
    arousal)."""
    place = [taxonomy.FEELINGS[label].vad[axis] for label in LABELS]
    return [(i, k) for i in range(len(LABELS)) for k in range(len(LABELS)) if place[k] - place[i] >= CLEARLY]


def order_kept(heard: np.ndarray, axis: int) -> np.ndarray:
    """Which of `clear_pairs` are heard in the right order: `heard` (…, 7) by label → (…, pairs) of bool."""
    low, high = np.array(clear_pairs(axis)).T
    return heard[..., high] > heard[..., low]


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's, 0 where one of the two does not move."""
    from scipy.stats import spearmanr

    return 0.0 if np.ptp(a) == 0 or np.ptp(b) == 0 else float(spearmanr(a, b).statistic)


def likeness(vectors: np.ndarray, plain: np.ndarray) -> float:
    """Mean cosine between unit vectors of each sentence (n, d) and the plain ones (n, d) of every *other* sentence."""
    table = vectors @ plain.T
    return float(table[~np.eye(len(table), dtype=bool)].mean())


def code_hash(sources: Iterable[Path], data: Mapping[str, bytes] | None = None) -> str:
    """A short hash of what Python files do, whatever their comments and layout, and of other bytes."""
    total = hashlib.sha256()
    for file in sorted(sources):
        total.update(ast.dump(ast.parse(file.read_text(encoding="utf-8"))).encode())
    for name, content in sorted((data or {}).items()):
        total.update(name.encode() + content)
    return total.hexdigest()[:12]


def main() -> None:
    from rich.console import Console

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    corpora = emodb(args.data, args.work)
    table = confusion(corpora[0].labels, leave_one_speaker_out(corpora))
    console = Console()
    console.print(f"EmoDB, each actor by a judge that never heard them: UAR {unweighted_recall(table):.3f}")
    for label, row in zip(LABELS, table, strict=True):
        console.print(f"{label:9}" + " ".join(f"{n:3}" for n in row))


if __name__ == "__main__":
    main()
