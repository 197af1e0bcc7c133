"""How well recordings are aligned: against hand-made borders, word times, other voices, and a real talker's own lips.

    python -m scripts.evaluation.alignment --data DIR [--work DIR] [--weights DIR]

On speakers that `scripts.training.aligner` held out: EmoDB's hand-made phone borders; Kokoro's phone times (`--work`
as in training); the GRID talker's word times and, most telling, whether his own lips are closed in the /p b m/ that
were aligned from the sound alone. "even" is the way without acoustics: typical durations inside the true word times
(for EmoDB: between true pauses), so it is told more than the aligner is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from emotion_embed.signals.face_track import FaceTrack
from generators.contracts import Phone
from generators.voice.align.alignment import PhoneModel, spread_evenly
from scripts.command_line import options_of
from scripts.training.aligner.speech import read_kokoro
from scripts.training.corpora.emodb import read_emodb
from scripts.training.corpora.utterances import Utterance, read_grid
from studio.quality import metrics as self_check

Method = Callable[[Utterance], Utterance | None]
# Where iBUG's 68 points lie among FaceLandmarker's 478.
_IBUG = {
    33: 36, 160: 37, 158: 38, 133: 39, 153: 40, 144: 41, 362: 42, 385: 43, 387: 44, 263: 45, 373: 46, 380: 47, 82: 61,
    13: 62, 312: 63, 317: 65, 14: 66, 87: 67, 61: 48, 291: 54, 0: 51, 17: 57, 2: 33, 168: 27, 152: 8,
}  # fmt: skip


def even(utterance: Utterance) -> Utterance:
    """Typical durations inside the true word times."""
    words = []
    for word in utterance.words:
        symbols = [symbol for symbol, _, _ in word]
        spans = spread_evenly(symbols, word[0][1], word[-1][2])
        words.append([(s, *span) for s, span in zip(symbols, spans, strict=True)])
    return Utterance(utterance.audio, words)


def border_errors(utterances: Iterable[Utterance], method: Method) -> np.ndarray:
    """Found less true start of every sound in ms, (n,)."""
    errors = []
    for true in utterances:
        found = method(true)
        if found is not None:
            pairs = zip(found.words, true.words, strict=True)
            errors += [a[1] - b[1] for f, t in pairs for a, b in zip(f, t, strict=True)]
    return 1000 * np.array(errors)


def describe(errors_ms: np.ndarray) -> str:
    """One line of a table."""
    size = np.abs(errors_ms)
    within = [f"{100 * (size <= limit + 1e-6).mean():5.1f} %" for limit in (20, 50)]
    return f"mean {size.mean():5.1f} ms, median {np.median(errors_ms):+5.1f} ms, within 20/50 ms {' / '.join(within)}"


def grid_faces(folder: Path) -> dict[str, FaceTrack]:
    """The GRID talker's landmarks as `FaceTrack`s by clip; landmarks that were not kept are NaN."""
    with np.load(folder / "motion.npz", allow_pickle=False) as kept:
        names, offsets, points, fps = kept["clip_names"], kept["frame_offsets"], kept["landmarks68"], float(kept["fps"])
    faces = {}
    for name, first, last in zip(names, offsets[:-1], offsets[1:], strict=True):
        landmarks = np.full((last - first, 478, 3), np.nan, np.float32)
        landmarks[:, list(_IBUG)] = points[first:last][:, list(_IBUG.values())]
        n = last - first
        faces[str(name)] = FaceTrack(
            fps, np.zeros((n, 52)), landmarks, np.ones(n, bool), np.zeros((n, 3)), np.arange(n) / fps
        )
    return faces


def lips(folder: Path, faces: dict[str, FaceTrack], method: Method) -> str:
    """Word borders, and the real talker's lips within the sounds found."""
    gaps = {clip: self_check.lip_gap(face.landmarks) for clip, face in faces.items()}
    closed, opened, limit = self_check.lip_levels(np.concatenate(list(gaps.values())))
    words_ms, closures, vowels, teeth = [], [], [], []
    for clip, true in read_grid(folder, held_out=True):
        found = method(true)
        if found is None or clip not in gaps:
            continue
        words_ms += [1000 * (f[0][1] - t[0][1]) for f, t in zip(found.words, true.words, strict=True)]
        phones = [Phone(*sound) for word in found.words for sound in word]
        inside = lambda symbols, pick: self_check.phone_gaps(gaps[clip], faces[clip].fps, phones, symbols, pick)  # noqa: B023, E731
        closures += [*inside(self_check.CLOSING, np.min)]
        vowels += [*inside(self_check.OPEN_VOWELS, np.max)]
        teeth += [*inside(self_check.LIP_TO_TEETH, np.min)]
    share = lambda hits: f"{100 * np.mean(hits):.1f} % of {len(hits)}"  # noqa: E731
    return "\n".join(
        [
            f"  word starts: {describe(np.array(words_ms))}",
            f"  p b m closed {share(np.array(closures) <= limit)}",
            f"  open vowels open {share(np.array(vowels) >= closed + max(0.3 * (opened - closed), 0.03))}",
            f"  f v lip to teeth {share(np.array(teeth) <= closed + 2 * (limit - closed))}",
        ]
    )


def real_talker(folder: Path, faces: dict[str, FaceTrack]) -> str:
    """What the instruments of `mien check` say of the real talker."""
    from emotion_embed.signals.recordings import read_audio

    landmarks = np.concatenate([face.landmarks for face in faces.values()])
    gap, lids = self_check.lip_gap(landmarks), self_check.lid_opening(landmarks)
    blinks = self_check.blinks(lids, 25.0)
    energies, curves = [], []
    for clip, face in faces.items():
        energy = self_check.log_energy(read_audio(folder / "audio" / f"{clip}.flac"))
        times_s, frames_s = np.arange(len(energy)) * 0.005, (np.arange(len(face)) + 0.5) / face.fps
        both = (times_s >= frames_s[0]) & (times_s <= frames_s[-1])
        energies.append(energy[both])
        curves.append(np.interp(times_s[both], frames_s, self_check.lip_gap(face.landmarks)))
    lag = self_check.best_lag(energies, curves)
    assert lag is not None, "no clip is long enough, or nothing moves in any"
    lag_ms, r = lag
    closed, opened, limit = self_check.lip_levels(gap)
    lengths = np.percentile([1000 * length_s for _, length_s in blinks], [5, 95])
    jitter = 1000 * np.mean(
        np.concatenate([np.abs(np.diff(self_check.lip_gap(f.landmarks), 2)) for f in faces.values()])
    )
    return (
        f"  closed / open gap {closed:.3f} / {opened:.3f}, closed under {limit:.3f}; lips {lag_ms:+.0f} ms after sound,"
        f" r {r:.2f}; jitter {jitter:.1f} ‰; {len(blinks) / len(gap) * 25 * 60:.0f} blinks a minute of"
        f" {lengths[0]:.0f}–{lengths[1]:.0f} ms"
    )


def main() -> int:
    parser = options_of(__doc__, data=True)
    parser.add_argument("--work", type=Path, help="synthesised speech, as scripts.training.aligner keeps it")
    parser.add_argument("--weights", type=Path, help="another model than the product's")
    args = parser.parse_args()
    model = PhoneModel.load(args.weights)
    methods: dict[str, Method] = {"even": even, "aligned": lambda utterance: utterance.realigned(model)}
    say = lambda line: sys.stdout.write(line + "\n")  # noqa: E731
    emodb, grid = args.data / "speech_emotion" / "emodb", args.data / "speech_face" / "grid_s1"
    faces = grid_faces(grid)
    for name, method in methods.items():
        say(f"{name}\n  EmoDB: {describe(border_errors((u for _, u in read_emodb(emodb, held_out=True)), method))}")
        if args.work:
            say(f"  Kokoro: {describe(border_errors(read_kokoro(args.work, held_out=True), method))}")
        say(lips(grid, faces, method))
    say("real talker\n" + real_talker(grid, faces))
    return 0


if __name__ == "__main__":
    sys.exit(main())
