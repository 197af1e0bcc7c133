"""Any voice to motion by diffusion, part by part: sound, phones where they are known, and feeling in, `Motion` out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import checkpoints
from checkpoints.errors import BadInput, Missing
from emotion_embed.signals.onnx_session import open_session
from emotion_embed.signals.whisper_features import RATE_HZ
from generators.contracts import Motion, Phone, Speech
from generators.motion.diffusion import conditioning as conditions
from generators.motion.diffusion.audio_features import DEFAULT_EARS, SAMPLES_PER_FRAME, WINDOW_SAMPLES, Ears, load_ears
from generators.motion.diffusion.beats import Nods
from generators.motion.diffusion.blinks import Blinks
from generators.motion.diffusion.configuration import FPS, N_AHEAD, N_BEFORE, N_NEW, N_WINDOW, STYLE_NAMES, parse_style
from generators.motion.diffusion.configuration import DiffusionMotionConfig as Config
from generators.motion.diffusion.motion_space import (
    BLINK_COLUMNS,
    BROW_COLUMNS,
    FEELING_COLUMNS,
    GAP,
    GAZE_COLUMNS,
    HEAD_COLUMNS,
    LIP_COLUMNS,
    N_MOTION,
    SPEECH_COLUMNS,
    to_motion,
    to_vectors,
)
from generators.motion.diffusion.sampling import Network, Window, empty, sample_window
from generators.motion.procedural.pipeline import Feelings
from generators.motion.procedural.visemes import VISEMES

WEIGHTS = "motion_diffusion"
LEAST_REFERENCE_S = 2.0
# Lips that stay between these gaps (interocular distances) for so many frames rest; a closure is pressed, and shorter.
REST_GAPS, REST_FRAMES = (-0.011, 0.025), 6
LABIALS = frozenset(symbol for symbol, viseme in VISEMES.items() if viseme.seal == "lips")
PRESSED_GAP = -0.008
_FACE_COLUMNS = np.setdiff1d(np.arange(52), np.concatenate([SPEECH_COLUMNS, BLINK_COLUMNS, GAZE_COLUMNS]))
# Channels, within how many frames they are brought together at a join, and whether their pace is too.
_JOINS = ((HEAD_COLUMNS, 14, 1.0), (_FACE_COLUMNS, 8, 1.0), (GAZE_COLUMNS, 5, 0.0))
HEAD_SIGMA_FRAMES, BROW_SIGMA_FRAMES = 2.0, 0.8
_NOBODY = dict.fromkeys(("own_style", "lacking_style"), [0.0] * len(STYLE_NAMES))
_NOBODY["usual_style"] = list(conditions.USUAL_STYLE)


@dataclass(frozen=True)
class Statistics:
    """What brings motion (59,) and style (talkers, 5) to the model's units, and the noise of each channel (59,).

    Of the person whom the model follows, each (5,) and zeros for nobody in particular: `own_style`, what the model is
    told, and `lacking_style`, what of it the model has not learned and is to be helped with; `usual_style`, how much it
    moves then without a feeling, in deviations of the training's.
    """

    mean: np.ndarray
    scale: np.ndarray
    noise_scale: np.ndarray
    style_mean: np.ndarray
    style_scale: np.ndarray
    own_style: np.ndarray
    lacking_style: np.ndarray
    usual_style: np.ndarray

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Statistics:
        """From lists or arrays by name."""
        return cls(**{name: np.asarray(values[name], np.float32) for name in cls.__dataclass_fields__})


class DiffusionMotion:
    """Motion sampled from sound and feeling. Make it with `DiffusionMotion.load()`.

    Any seed gives another performance, the same seed the same one. With phone times the lips are exact; without, they
    are heard.
    """

    def __init__(self, network: Network, ears: Ears, statistics: Statistics, config: Config, backend: str) -> None:
        self.config, self.backend, self.ears = config, backend, ears
        self._network, self._statistics = network, statistics
        asked = np.array([getattr(config, name) for name in STYLE_NAMES])
        self._style = conditions.style_row(np.clip(statistics.own_style + asked, -2.5, 2.5), config.talker)
        self._gains = conditions.gains(np.clip(statistics.lacking_style + asked, -2.5, 2.5))

    @classmethod
    def load(
        cls,
        progress: Callable[[str, int, int], None] | None = None,
        config: Config | None = None,
        folder: str | Path | None = None,
    ) -> DiffusionMotion:
        """Open the model that comes with the product, or one in a `folder` that `scripts/train_motion.py` wrote.

        Fetches Whisper's weights where they are absent. Raises `Missing` when they, or what else the model hears
        through, cannot be had, `BadInput` when the folder holds no such model.
        """
        config = config or Config()
        folder = Path(folder) if folder is not None else checkpoints.weights_path(WEIGHTS)
        try:
            described = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            statistics = Statistics.of(_NOBODY | described | described["statistics"])
        except (OSError, ValueError, KeyError) as error:
            raise BadInput(f"{folder} holds no motion model: {error}.") from error
        ears = load_ears(described.get("audio_features", DEFAULT_EARS), progress)
        if _wants_torch(config.backend):
            return cls(_torch_network(folder), ears, statistics, config, _torch_device())
        return cls(_onnx_network(folder, config.threads), ears, statistics, config, "onnx")

    def with_config(self, **changes: Any) -> DiffusionMotion:
        """The same model with other settings (its backend stays)."""
        config = replace(self.config, **changes)
        return DiffusionMotion(self._network, self.ears, self._statistics, config, self.backend)

    def styled(self, style: str) -> DiffusionMotion:
        """The same model in a style such as "head:1,emotion_guidance:1.5"; see `parse_style`."""
        return self.with_config(**parse_style(style))

    def like(self, reference: Motion) -> DiffusionMotion:
        """The same model moving as much as in a `reference` of at least 2 s; `BadInput` for a shorter one."""
        if len(reference) < LEAST_REFERENCE_S * reference.fps:
            raise BadInput(f"The reference motion is {len(reference) / reference.fps:.1f} s; it must be 2 s or more.")
        vectors = _resampled(to_vectors(reference), reference.fps, FPS)
        s = self._statistics
        amounts = (conditions.style_of(vectors) - s.style_mean[0]) / s.style_scale[0] - s.usual_style
        amounts = np.clip(amounts, -2, 2)
        return self.with_config(**{n: float(v) for n, v in zip(STYLE_NAMES, amounts, strict=True)})

    def stream(self, parts: Iterable[Speech], track: Feelings, *, seed: int = 0, fps: float = 25.0) -> Iterator[Motion]:
        """One `Motion` per part, as parts come; all frames together are round(seconds of sound × `fps`).

        A window of at most 2.8 s is sampled at a time and hears 0.2 s beyond its end, within its part. Raises
        `ValueError` for an `fps` that is not positive.
        """
        if not fps > 0:
            raise ValueError(f"fps is {fps}; it must be positive.")
        performers = [(_Performer(self, seed), track)]
        if self.config.emotion_guidance != 1:
            performers.append((_Performer(self, seed), _Unfeeling()))
        rate_hz, n_samples, n_frames = 0, 0.0, 0
        for speech in parts:
            rate_hz = rate_hz or speech.audio.sample_rate_hz
            start_s = n_samples / rate_hz
            n_samples += len(speech.audio.samples) * (rate_hz / speech.audio.sample_rate_hz)
            last = round(n_samples / rate_hz * fps)
            for performer, felt in performers:
                performer.hear(speech, start_s, felt)
            acted = [performer.vectors(n_frames, last, fps, felt) for performer, felt in performers]
            yield to_motion(_exaggerated(*acted, guidance=self.config.emotion_guidance), fps)
            n_frames = last


class _Unfeeling:
    """The track of somebody who feels nothing."""

    def sample(self, times_s: np.ndarray) -> np.ndarray:
        return np.zeros((len(times_s), conditions.N_BASIC))


def _exaggerated(felt: np.ndarray, unfelt: np.ndarray | None = None, guidance: float = 1.0) -> np.ndarray:
    """The same performance with its feeling `guidance` times as strong, where that touches neither lips nor head.

    A whole performance is held against the same without a feeling (the same noise), and not window against window as
    `MotionDiffusionPipeline` does: a face that came out stronger would be what came before to the next window, which
    then takes it back.
    """
    if unfelt is None:
        return felt
    felt = felt.copy()
    more = guidance * (felt[:, FEELING_COLUMNS] - unfelt[:, FEELING_COLUMNS])
    felt[:, FEELING_COLUMNS] = unfelt[:, FEELING_COLUMNS] + more
    return felt


class _Performer:
    """Everything that lives on from window to window, on the model's clock of 25 frames a second."""

    def __init__(self, model: DiffusionMotion, seed: int) -> None:
        self.network, self.ears, self.statistics = model._network, model.ears, model._statistics
        self.config, self.style, self.gains = model.config, model._style, model._gains
        self.rng = np.random.default_rng(seed)
        self.samples = np.zeros(0, np.float32)  # at 16 kHz, from `first_sample` on
        self.first_sample = 0
        self.phones: list[Phone] = []
        self.made = np.zeros((0, N_MOTION), np.float32)  # in the model's units, from frame `first_made` on
        self.plain = self.made  # the last of the same performance without noise
        self.shown = self.made  # the same in natural units, lids at rest
        self.first_made = 0
        self.blinks, self.nods = Blinks(), Nods(seed, model._gains * np.float32(self.config.liveliness))

    @property
    def n_made(self) -> int:
        return self.first_made + len(self.made)

    def hear(self, speech: Speech, start_s: float, track: Feelings) -> None:
        """Take in the next part, which starts at `start_s`."""
        sound = speech.audio.resampled(RATE_HZ).samples
        lacking = round(start_s * RATE_HZ) - self.first_sample - len(self.samples)  # roundings of earlier parts
        pad = np.zeros(max(0, lacking), np.float32)
        self.samples = np.concatenate([self.samples[: len(self.samples) + min(0, lacking)], pad, sound])
        self.phones += speech.later(start_s, 0).phones
        self.nods.hear(speech, start_s, track)

    def vectors(self, first: int, last: int, fps: float, track: Feelings) -> np.ndarray:
        """Vectors (last − first, 59) in natural units, one for each frame at `fps`."""
        if last <= first:
            return np.zeros((0, N_MOTION), np.float32)
        times = (np.arange(first, last) + 0.5) * FPS / fps - 0.5  # on the model's clock
        self._make_until(int(np.ceil(times[-1] - 1e-6)) + 1, track)
        out = _interpolated(self.shown, np.clip(times - self.first_made, 0, len(self.shown) - 1))
        self._forget(int(np.floor(times[-1])))
        times_s = (times + 0.5) / FPS
        return self.nods.put_in(self.blinks.put_in(out, times_s), times_s)

    def _make_until(self, n_frames: int, track: Feelings) -> None:
        """Sample windows, about equally long, until `n_frames` are made."""
        lacking = n_frames - self.n_made
        n_windows = -(-lacking // N_NEW)
        for i in range(n_windows):
            n_new = -(-(n_frames - self.n_made) // (n_windows - i))
            config, window, start = self.config, self._window(n_new, track), self.n_made - N_BEFORE
            sampled = sample_window(self.network, window, self._noise(), config.n_steps, config.audio_guidance)
            sampled = _joined(_settled(sampled, window), window)
            sampled[N_BEFORE:, SPEECH_COLUMNS] = self._plain(window, n_new)[N_BEFORE:, SPEECH_COLUMNS]
            natural = sampled * self.statistics.scale + self.statistics.mean
            new = slice(N_BEFORE, N_BEFORE + n_new)
            rows = np.flatnonzero(window.valid)
            inside = slice(N_BEFORE - rows[0], N_BEFORE - rows[0] + n_new)
            lips = _pressed(self._styled(_at_rest(natural[rows])), self.phones, start + rows[0])
            shown = self.blinks.taken_out(lips, start + rows[0], inside)
            self.made = np.concatenate([self.made, sampled[new]])
            self.shown = np.concatenate([self.shown, shown[inside]])

    def _plain(self, window: Window, n_new: int) -> np.ndarray:
        """The window (100, 59) again without noise, after a past without noise: what sound decides is taken from it,
        so that no seed touches the lips."""
        before = window.before.copy()
        before[N_BEFORE - len(self.plain) : N_BEFORE] = self.plain
        window, still = replace(window, before=before), empty(N_MOTION)
        made = sample_window(self.network, window, still, self.config.n_lip_steps, self.config.audio_guidance)
        self.plain = np.concatenate([self.plain, made[N_BEFORE : N_BEFORE + n_new]])[-N_BEFORE:]
        return made

    def _styled(self, vectors: np.ndarray) -> np.ndarray:
        """Vectors (n, 59) in natural units, as large as the style asks; lips that touch keep touching."""
        styled = vectors * self.gains
        styled[:, GAP] = np.where(vectors[:, GAP] > 0, styled[:, GAP], vectors[:, GAP])
        return styled

    def _noise(self) -> np.ndarray:
        scale = self.statistics.noise_scale * np.float32(self.config.liveliness)
        scale[LIP_COLUMNS] = self.statistics.noise_scale[LIP_COLUMNS]
        return self.rng.standard_normal((N_WINDOW, N_MOTION), np.float32) * scale

    def _window(self, n_new: int, track: Feelings) -> Window:
        start = self.n_made - N_BEFORE
        before, known, valid = empty(N_MOTION), np.zeros(N_WINDOW, np.float32), np.zeros(N_WINDOW, np.float32)
        kept = self.made[-N_BEFORE:]
        before[N_BEFORE - len(kept) : N_BEFORE] = kept
        known[N_BEFORE - len(kept) : N_BEFORE] = 1
        valid[N_BEFORE - len(kept) : N_BEFORE + n_new + N_AHEAD] = 1
        times_s = np.maximum((start + np.arange(N_WINDOW) + 0.5) / FPS, 0)
        told = conditions.spoken(self.phones, start, N_WINDOW) if self.phones else conditions.unknown_sounds(N_WINDOW)
        emotion = conditions.felt(track.sample(times_s))
        heard = self.ears(self._sound(start, self.n_made + n_new + N_AHEAD))
        return Window(before, known, valid, heard, told, emotion, self.style)

    def _sound(self, start: int, end: int) -> np.ndarray:
        """The sound from frame `start` up to `end` as a whole window, (64000,), silence where there is none."""
        sound = np.zeros(WINDOW_SAMPLES, np.float32)
        first = start * SAMPLES_PER_FRAME
        low = max(first, self.first_sample)
        high = min(self.first_sample + len(self.samples), end * SAMPLES_PER_FRAME)
        if high > low:
            sound[low - first : high - first] = self.samples[low - self.first_sample : high - self.first_sample]
        return sound

    def _forget(self, frame: int) -> None:
        """Let go of what no window will ask for, so that memory stays flat."""
        keep_from = min(self.n_made - N_BEFORE, frame) - 1
        drop = max(0, keep_from - self.first_made)
        self.made, self.shown, self.first_made = self.made[drop:], self.shown[drop:], self.first_made + drop
        first_sample = max(self.first_sample, (self.n_made - N_BEFORE) * SAMPLES_PER_FRAME)
        self.samples, self.first_sample = self.samples[first_sample - self.first_sample :], first_sample
        self.phones = [p for p in self.phones if p.end_s > (self.n_made - N_BEFORE - 1) / FPS]


def _settled(sampled: np.ndarray, window: Window) -> np.ndarray:
    """A window (100, 59) without the tremor of a few hundredths of a second that sampling leaves in head, breath and
    brows, and without glances of a single frame."""
    from scipy.ndimage import gaussian_filter1d, median_filter

    rows, settled = np.flatnonzero(window.valid), sampled.copy()
    for columns, sigma_frames in ((HEAD_COLUMNS, HEAD_SIGMA_FRAMES), (BROW_COLUMNS, BROW_SIGMA_FRAMES)):
        at = np.ix_(rows, columns)
        settled[at] = gaussian_filter1d(sampled[at], sigma_frames, axis=0, mode="nearest")
    at = np.ix_(rows, GAZE_COLUMNS)
    settled[at] = median_filter(sampled[at], (3, 1), mode="nearest")
    return np.where(window.known[:, None] > 0, window.before, settled)


def _joined(sampled: np.ndarray, window: Window) -> np.ndarray:
    """A window (100, 59) that goes on where and as fast as what came before it ended.

    Slow channels move less in a frame than the network errs; what it errs at the join fades out within half a second.
    The lips are left to the sound, lids to `lids.Blinks`; a gaze may begin to move at once.
    """
    if window.known[N_BEFORE - 2] == 0:
        return sampled
    joined = sampled.copy()
    for columns, n_frames, keeps_pace in _JOINS:
        last, first = sampled[N_BEFORE - 2 : N_BEFORE, columns], sampled[N_BEFORE : N_BEFORE + 2, columns]
        pace = keeps_pace * (last[1] - last[0])
        off, off_pace = last[1] + pace - first[0], pace - keeps_pace * (first[1] - first[0])
        t = (np.arange(n_frames) / n_frames)[:, None]
        fade = (1 + 2 * t) * (1 - t) ** 2 * off + n_frames * t * (1 - t) ** 2 * off_pace  # Hermite's cubic to 0
        joined[N_BEFORE : N_BEFORE + n_frames, columns] += fade
    return joined


def _at_rest(vectors: np.ndarray) -> np.ndarray:
    """Vectors (n, 59) in natural units whose lips, where they hardly part for a while, do not quiver but rest."""
    from scipy.ndimage import binary_opening, gaussian_filter1d

    gap = vectors[:, GAP]
    still = binary_opening((gap > REST_GAPS[0]) & (gap < REST_GAPS[1]), np.ones(REST_FRAMES), border_value=0)
    share = np.minimum(gaussian_filter1d(still.astype(float), 1.0, mode="nearest"), still)[:, None]
    rested = vectors.copy()
    rested[:, SPEECH_COLUMNS] *= 1 - share
    return rested


def _pressed(vectors: np.ndarray, phones: Iterable[Phone], first: int) -> np.ndarray:
    """Vectors (n, 59) of frame `first` on, whose lips touch in every p, b and m: one of a frame may be sampled ajar."""
    pressed = vectors.copy()
    for phone in phones:
        low, high = (int(np.round(time_s * FPS)) - first for time_s in (phone.start_s, phone.end_s))
        middle = int(0.5 * (phone.start_s + phone.end_s) * FPS) - first
        inside = slice(max(0, min(low, middle)), max(high, middle + 1))  # frames whose middle it covers, at least one
        if phone.symbol not in LABIALS or not 0 <= middle < len(pressed) or pressed[inside, GAP].min() <= 0:
            continue
        for frame, share in ((middle - 1, 0.5), (middle, 1.0), (middle + 1, 0.5)):
            if 0 <= frame < len(pressed):
                pressed[frame, GAP] += share * min(0.0, PRESSED_GAP - pressed[frame, GAP])
    return pressed


def _interpolated(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rows of `values` (n, d) at fractional places, without overshoot; whole places are taken as they are."""
    whole = np.round(at).astype(int)
    if np.allclose(at, whole, atol=1e-6):
        return values[whole]
    from scipy.interpolate import PchipInterpolator

    return PchipInterpolator(np.arange(len(values)), values, axis=0)(at).astype(np.float32)


def _resampled(values: np.ndarray, fps: float, wanted_fps: float) -> np.ndarray:
    n = round(len(values) / fps * wanted_fps)
    at = np.clip((np.arange(n) + 0.5) * fps / wanted_fps - 0.5, 0, len(values) - 1)
    return _interpolated(values, at)


# Backends -------------------------------------------------------------------------------------------------------------


def _onnx_network(folder: Path, threads: int) -> Network:
    try:
        session = open_session(folder / "model.onnx", threads=threads)
    except Exception as error:  # onnxruntime's own errors have no common type
        raise BadInput(f"{folder / 'model.onnx'} cannot be opened: {error}.") from error
    names = [given.name for given in session.get_inputs()]
    return lambda inputs: session.run(None, {name: inputs[name] for name in names})[0]


def _wants_torch(backend: str) -> bool:
    """Whether to run through torch: when asked for, or where there is a CUDA device for it.

    torch is not imported to find that out: that takes seconds, and half imported it trips SciPy in other threads.
    """
    if backend != "auto":
        return backend == "torch"
    if find_spec("torch") is None or find_spec("diffusers") is None or not any(Path("/dev").glob("nvidia[0-9]*")):
        return False
    import torch

    return torch.cuda.is_available()


def _torch_device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def _torch_network(folder: Path) -> Network:
    try:
        import torch

        from generators.motion.diffusion.diffusers_pipeline import MotionDiffusionPipeline
    except ModuleNotFoundError as error:
        raise Missing('The backend torch needs diffusers: pip install "mien-studio[diffusion]".') from error
    device = _torch_device()
    pipeline = MotionDiffusionPipeline.from_pretrained(folder, dtype=torch.float32).to(device)
    pipeline.transformer.eval()

    def network(inputs: dict[str, np.ndarray]) -> np.ndarray:
        with torch.inference_mode():
            given = {name: torch.from_numpy(value).to(device) for name, value in inputs.items()}
            return pipeline.transformer(**given).float().cpu().numpy()

    return network
