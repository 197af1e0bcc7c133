"""Does the diffused motion speak, feel and live? Measured on voices, actors and clips that no training saw.

    python scripts/evaluate_motion.py --data ../shared/data --work W                    # every table
    python scripts/evaluate_motion.py --data ../shared/data --work W --only lips cost   # some of them
    python scripts/evaluate_motion.py --data ../shared/data --work W --quick            # few clips, to try it
    python scripts/evaluate_motion.py --data ../shared/data --work W --stranger DIR --write

`--work` is where `make_motion_data.py` keeps speech; without any of the held-out voices there, some minutes of them are
spoken first. `--model` is the model to judge (else the product's), `--stranger` the same trained without GRID's talker.
What Whisper hears for the performer by rule is kept in `--work`. OpenFaceFX comes with the extra `evaluate`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

from make_motion_data import grid_clips  # noqa: E402
from roughening import music, noise, sized, whispered  # noqa: E402

from emotion_embed import taxonomy  # noqa: E402
from emotion_embed.signals.audio import Audio  # noqa: E402
from emotion_embed.track import EmotionTrack  # noqa: E402
from generators.contracts import ARKIT_CHANNELS, Speech, join_motion  # noqa: E402
from generators.motion.diffusion import DiffusionMotion, DiffusionMotionConfig  # noqa: E402
from generators.motion.diffusion.configuration import FPS, N_AHEAD, N_NEW  # noqa: E402
from generators.motion.diffusion.motion_space import BROW_COLUMNS, GAP, ROTATION, to_vectors  # noqa: E402
from generators.motion.rig.accents import accents  # noqa: E402
from generators.motion.streaming import stream  # noqa: E402
from generators.timeline import place  # noqa: E402
from scripts import motion_measures as measures  # noqa: E402
from scripts.evaluate_voice import Grid  # noqa: E402
from scripts.motion_measures import GROUPS, Clock, Lips, Oddly, Probe, Ridge, correlation  # noqa: E402
from scripts.motion_stage import (  # noqa: E402
    AS_GRID,
    BLIND,
    ENVELOPE,
    HEARD,
    OPENFACEFX,
    OURS,
    QUICK,
    RATE_HZ,
    STRANGER,
    TEACHER,
    TOLD,
    Clip,
    Material,
    Sizes,
    Stage,
    gaps_of,
    performed,
    plain,
    spread,
    with_pauses,
)
from scripts.results import write_section  # noqa: E402
from scripts.voice_judges import rank_correlation  # noqa: E402
from studio.quality import metrics as self_check  # noqa: E402

FEELINGS = taxonomy.BASIC[1:]
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
ABSENT = "not installed"


# Tables ---------------------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """What one part of the evaluation found: tables, and aims as (what, measured, aim, met)."""

    grids: list[Grid] = field(default_factory=list)
    aims: list[tuple[str, str, str, bool]] = field(default_factory=list)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def number(value: float | None, form: str = ".2f") -> str:
    return "–" if value is None else format(value, form)


def real_lips(stage: Stage, material: Material) -> Found:
    """GRID's talker: whose lips open when his did?"""
    clips, heard = material.grid, spread(material.grid, material.sizes.grid_heard)
    ridge = Ridge.fit(*_grid_training(material))
    curves = {
        "log energy": [measures.frame_energy_db(c.speech.audio, len(c.gap)) for c in clips],
        "ridge on ±0.8 s of log-mel, his other clips": [
            ridge(measures.frame_mels(c.speech.audio, len(c.gap))) for c in clips
        ],
    }
    curves |= {who: stage.all(who, clips) for who in (OPENFACEFX, ENVELOPE)}
    curves |= {HEARD: stage.all(HEARD, heard)} | {who: stage.all(who, clips) for who in (STRANGER, AS_GRID)}
    rows, found = [], {}
    for who, own in curves.items():
        if own is None:
            rows.append((who, ABSENT if who == OPENFACEFX else "not given", *["–"] * 3))
            continue
        own = [v[:, GAP] if v.ndim == 2 else v for v in own]
        pairs = list(zip(own, (c.gap for c in (heard if who == HEARD else clips)), strict=True))
        r = np.array([correlation(a, b) for a, b in pairs])
        found[who] = float(np.median(r))
        size = "–" if who == "log energy" else f"{np.median([a.std() / b.std() for a, b in pairs]):.2f}"
        rows.append((who, f"{found[who]:.3f}", f"{np.percentile(r, 10):.2f}", size, str(len(r))))
    header = ("lips", "median r per clip", "10th percentile", "size of movement / his", "clips")
    title = "Real lips: correlation with the measured lip opening of GRID's talker, clips kept out of training."
    aims = [(f"his lips, median r, {AS_GRID}", f"{found[AS_GRID]:.3f} ({len(clips)} clips)", "≥ 0.90",
             found[AS_GRID] >= 0.9 and len(clips) >= 60)]  # fmt: skip
    strange = found.get(STRANGER)
    aims.append(
        (f"his lips, median r, {STRANGER}", number(strange, ".3f"), "≥ 0.70 (hoped 0.80)", (strange or 0) >= 0.7)
    )
    return Found([Grid(title, header, rows)], aims)


def _grid_training(material: Material) -> tuple[np.ndarray, np.ndarray]:
    """Log-mel around each frame (n, 1640) and lip gap (n,) of the talker's other clips."""
    clips = list(grid_clips(material.data / "speech_face" / "grid_s1", held_out=False))
    features = [measures.frame_mels(Audio(samples, RATE_HZ), len(vectors)) for _, samples, vectors in clips]
    return np.concatenate(features), np.concatenate([vectors[:, GAP] for *_, vectors in clips])


def real_speech(stage: Stage, material: Material) -> Found:
    """Held-out real voices: what the lips do at the sounds, whoever performs."""
    clips = material.real
    audios, phones = [c.speech.audio for c in clips], [c.speech.phones for c in clips]
    like = gaps_of(stage.all(TEACHER, clips))
    performers = (ENVELOPE, OPENFACEFX, HEARD, OURS, BLIND, TOLD, TEACHER)
    found: dict[str, Lips] = {}
    for who in performers:
        performances = stage.all(who, clips)
        if performances is not None:
            found[who] = measures.lips_of(gaps_of(performances), audios, phones, like)
    rows = [(who, *_lip_cells(found.get(who))) for who in performers]
    some = found[BLIND]
    header = (
        "lips", f"p b m closed ({some.n_closing})", f"open vowels open ({some.n_open_vowels})", "lag, ms",
        "r with the teacher", "‰ a frame in silence", "parted in silence", "jitter, ‰", "speed, 1/s",
    )  # fmt: skip
    n_s = sum(audio.duration_s for audio in audios)
    deaf = sum(not stage.heard(clip).phones for clip in clips)
    title = (
        f"Real speech kept out of training: {len(clips)} clips, {n_s:.0f} s, EmoDB's actors and LJSpeech. "
        f"In {deaf} of them the performer by rule hears nobody without phones."
    )
    return Found([Grid(title, header, rows)], _lip_aims(found))


def _lip_cells(lips: Lips | None) -> tuple[str, ...]:
    if lips is None:
        return (ABSENT, *["–"] * 7)
    return (
        percent(lips.closed), percent(lips.opened), number(lips.lag_ms, "+.0f"), number(lips.likeness),
        number(lips.still, ".1f"), percent(lips.parted), f"{lips.jitter:.1f}", f"{lips.speed:.2f}",
    )  # fmt: skip


def _lip_aims(found: dict[str, Lips]) -> list[tuple[str, str, str, bool]]:
    lips = found[BLIND]
    aims = [
        ("p b m closed, real speech, sound alone", percent(lips.closed), "≥ 85 %", (lips.closed or 0) >= 0.85),
        ("open vowels open, the same", percent(lips.opened), "≥ 80 %", (lips.opened or 0) >= 0.8),
        ("lag, the same", f"{number(lips.lag_ms, '+.0f')} ms", "−60 … +40 ms", measures.outside_ms(lips) == 0),
        ("r with the teacher, the same", number(lips.likeness), "≥ 0.75", (lips.likeness or 0) >= 0.75),
    ]
    for ours, who in ((BLIND, ENVELOPE), (BLIND, OPENFACEFX), (BLIND, HEARD), (OURS, HEARD)):
        behind = measures.behind_in(found[ours], found[who]) if who in found else [ABSENT]
        aims.append((f"{ours}: not behind {who}", "behind in " + ", ".join(behind) if behind else "ahead",
                     "in no lip measure", not behind))  # fmt: skip
    return aims


# Feelings -------------------------------------------------------------------------------------------------------------


def learn_probe(stage: Stage, clips: Sequence[Clip]) -> Probe:
    """From the teacher's motions at full strength, each with dice of its own."""
    asked = [(clip, feeling) for clip in clips for feeling in FEELINGS]
    performances = [stage.vectors(TEACHER, clip, feeling, 1.0, 1000 + i) for i, (clip, feeling) in enumerate(asked)]
    return Probe.fit(performances, [FEELINGS.index(feeling) for _, feeling in asked])


def feelings(stage: Stage, material: Material) -> Found:
    """Whether the feeling asked for is read from the motion, grows with its strength, and leaves the lips alone."""
    probe = learn_probe(stage, material.training)
    voices = [(f"Kokoro, {TOLD}", TOLD, material.spoken), (f"Kokoro, {TEACHER}", TEACHER, material.spoken),
              (f"real, {BLIND}", BLIND, spread(material.real, material.sizes.spoken))]  # fmt: skip
    voices.append((f"real, {TEACHER}", TEACHER, voices[-1][2]))
    named, fell = {}, {}
    for label, who, clips in voices:
        named[label] = np.array([probe.scores(stage.all(who, clips, f, 1.0)).argmax(1) for f in FEELINGS])
        fell[label] = _closures_by_feeling(stage, who, clips)
    rows = []
    for label, own in named.items():
        neutral, full = fell[label][0], fell[label][1:]
        falls = (f"{100 * (neutral - share):+.1f}" for share in (full.mean(), full.min()))
        rows.append((label, f"{_right(own):.1%}", percent(neutral), percent(full.mean()), *falls, str(own.size)))
    header = ("motion", "feeling named by the probe", "p b m closed, neutral", "at full strength", "fall in points",
              "worst feeling", "clips")  # fmt: skip
    title = f"Feelings at full strength. The probe learned from {7 * len(material.training)} motions of the teacher."
    (told, _, _), blind = voices[0], voices[2][0]
    grids = [Grid(title, header, rows), *(_confusion(label, named[label]) for label in (told, blind))]
    aims = [(f"feeling named, {label}", f"{_right(named[label]):.1%}", "≥ 85 %", _right(named[label]) >= 0.85)
            for label in (told, blind)]  # fmt: skip
    falls = [100 * float(fell[label][0] - np.mean(fell[label][1:])) for label in (told, blind)]
    aims.append(("p b m closed, neutral → full: fall, phones known / sound alone",
                 f"{falls[0]:+.1f} / {falls[1]:+.1f} points", "≤ 3 points", max(falls) <= 3))  # fmt: skip
    grown = strengths(stage, material, probe)
    return Found(grids + grown.grids + [activity(stage, material)], aims + grown.aims)


def _right(named: np.ndarray) -> float:
    """Share named as asked, from (7, clips)."""
    return float((named == np.arange(len(FEELINGS))[:, None]).mean())


def _closures_by_feeling(stage: Stage, who: str, clips: Sequence[Clip]) -> np.ndarray:
    """Share of p b m that close, (8,), neutral first; the limit is the neutral face's own."""
    phones = [clip.speech.phones for clip in clips]
    gaps = [gaps_of(stage.all(who, clips, feeling, 1.0)) for feeling in taxonomy.BASIC]
    limit = self_check.lip_levels(np.concatenate(gaps[0]))[2]
    return np.array([measures.closures(own, phones, limit).mean() for own in gaps])


def _confusion(label: str, named: np.ndarray) -> Grid:
    rows = [(FEELINGS[i], *(str(np.count_nonzero(own == k)) for k in range(len(FEELINGS))), f"{(own == i).mean():.0%}")
            for i, own in enumerate(named)]  # fmt: skip
    return Grid(f"{label}: clips by feeling.", ("asked \\ read", *FEELINGS, "right"), rows)


def strengths(stage: Stage, material: Material, probe: Probe) -> Found:
    """Distance along the probe's direction at each strength, and its order."""
    grids, aims = [], []
    for label, who, clips in (("Kokoro, " + TOLD, TOLD, material.spoken), ("real, " + BLIND, BLIND, material.real)):
        clips = spread(clips, material.sizes.graded)
        rows, orders = [], []
        for k, feeling in enumerate(FEELINGS):
            far = np.array([probe.scores(stage.all(who, clips, feeling, s))[:, k] for s in STRENGTHS])
            orders.append(rank_correlation(np.array(STRENGTHS), far.mean(1)))
            each = [rank_correlation(np.array(STRENGTHS), own) for own in far.T]
            rows.append((feeling, *(f"{d:+.1f}" for d in far.mean(1)), f"{orders[-1]:.2f}", f"{np.mean(each):.2f}"))
        limit = self_check.lip_levels(np.concatenate(gaps_of(stage.all(who, clips))))[2]
        closed = [_closed_at(stage, who, clips, strength, limit) for strength in STRENGTHS]
        rows.append(("p b m closed", *(percent(share) for share in closed), "", ""))
        title = f"Strength, {label}: mean distance along the probe's direction of the feeling, {len(clips)} clips."
        grids.append(Grid(title, ("asked", *(f"{s:g}" for s in STRENGTHS), "ρ", "mean ρ of single clips"), rows))
        aims.append((f"strength seen, least Spearman ρ of 7 feelings, {label}", f"{min(orders):.2f}", "≥ 0.90",
                     min(orders) > 0.899))  # fmt: skip
    return Found(grids, aims)


def _closed_at(stage: Stage, who: str, clips: Sequence[Clip], strength: float, limit: float) -> float:
    """Share of p b m that close under `limit`, over all feelings at one strength."""
    phones = [clip.speech.phones for clip in clips]
    hits = [measures.closures(gaps_of(stage.all(who, clips, f, strength)), phones, limit) for f in FEELINGS]
    return float(np.concatenate(hits).mean())


def activity(stage: Stage, material: Material) -> Grid:
    """Mean of each group of channels and speed of the brows, by feeling, beside the teacher's."""
    groups = ("brows", "cheeks, nose, squint")
    rows = []
    for feeling in taxonomy.BASIC:
        own, taught = (np.concatenate(stage.all(who, material.spoken, feeling, 1.0)) for who in (TOLD, TEACHER))
        cells = [f"{own[:, GROUPS[g]].mean():.3f} ({taught[:, GROUPS[g]].mean():.3f})" for g in groups]
        cells.append(f"{own[:, measures.CORNERS].mean():.3f} ({taught[:, measures.CORNERS].mean():.3f})")
        quick = [np.abs(np.diff(v[:, BROW_COLUMNS], axis=0)).mean() * FPS for v in (own, taught)]
        alike = correlation(own[:, : len(ARKIT_CHANNELS)].mean(0), taught[:, : len(ARKIT_CHANNELS)].mean(0))
        rows.append((feeling, *cells, f"{quick[0]:.3f} ({quick[1]:.3f})", f"{alike:.2f}"))
    header = ("feeling", *groups, "mouth corners", "brow speed, 1/s", "r of all channels' means")
    return Grid("Mean activity by feeling at full strength, phones known; in brackets the teacher's.", header, rows)


# Seeds, windows, life -------------------------------------------------------------------------------------------------


def seeds(stage: Stage, material: Material) -> Found:
    """Five performances of each sentence: where they differ and where not."""
    n = material.sizes.sentences
    told, blind = spread(material.spoken, n), spread(material.real, 4 * n)  # real ones are short
    rows, aims = [], []
    for who, clips in ((TOLD, told), (BLIND, blind), (TEACHER, told)):
        takes = [[stage.vectors(who, clip, seed=seed) for seed in range(5)] for clip in clips]
        turn_deg, brows, gap = (
            float(np.mean([np.std(take, axis=0)[:, columns].mean() for take in takes]))
            for columns in (measures.ALL[ROTATION], BROW_COLUMNS, [GAP])
        )
        alike = np.mean([correlation(a[:, GAP], b[:, GAP]) for t in takes for i, a in enumerate(t) for b in t[:i]])
        limit = self_check.lip_levels(np.concatenate([v[:, GAP] for t in takes for v in t]))[2]
        phones = [clip.speech.phones for clip in clips]
        closed = [float(measures.closures(gaps_of(t[s] for t in takes), phones, limit).mean()) for s in range(5)]
        again = stage.performers[who](clips[0], EmotionTrack(), 0)
        same = bool(np.array_equal(again, takes[0][0]))
        rows.append((who, f"{turn_deg:.2f}", f"{brows:.3f}", f"{gap:.4f}", f"{alike:.3f}",
                     f"{100 * min(closed):.1f} … {100 * max(closed):.1f} %", "yes" if same else "NO"))  # fmt: skip
        if who != TEACHER:
            measured = (
                f"head {turn_deg:.1f}°, brows {brows:.3f}, lips r {alike:.3f}, closures ± {50 * np.ptp(closed):.1f}"
            )
            met = same and turn_deg >= 1 and alike >= 0.9 and np.ptp(closed) <= 0.05
            aims.append((f"5 seeds, {who}", measured, "head ≥ 1°, lips r ≥ 0.9, closures ± 2.5 points", bool(met)))
    header = ("motion", "head, °", "brows", "lip gap", "r of lip gaps", "p b m closed, least … most",
              "same seed, same motion")  # fmt: skip
    title = f"Deviation across 5 seeds, {len(told)} + {len(blind)} sentences."
    return Found([Grid(title, header, rows)], aims)


def windows(stage: Stage, material: Material) -> Found:
    """Whether the joins of windows, and of parts, can be seen in the motion."""
    joins = [(talk, measures.window_starts(talk.n_frames)) for talk in material.talks]
    blind = [(stage.vectors(BLIND, talk, seed=seed), starts) for talk, starts in joins for seed in range(6)]
    taught = [(stage.vectors(TEACHER, talk, seed=seed), starts) for talk, starts in joins for seed in range(6)]
    parts = [_in_parts(stage.model, material.spoken[i::3]) for i in range(3) if material.spoken[i::3]]
    kinds = {
        "windows": (blind, 0), "the same frames, teacher": (taught, 0), "windows and 0.4 s on": (blind, 10),
        "the same, teacher": (taught, 10), "parts, phones known": (parts, 0),
    }  # fmt: skip
    found = {k: {g: measures.seam(r, columns, n) for g, columns in GROUPS.items()} for k, (r, n) in kinds.items()}
    rows = [(g, *(f"{found[k][g][0]:.2f} ± {found[k][g][1]:.2f}" for k in kinds)) for g in GROUPS]
    counts = [sum(len(starts) for _, starts in recordings) for recordings, _ in kinds.values()]
    header = ("channels", *(f"{k} ({n})" for k, n in zip(kinds, counts, strict=True)))
    title = "Second differences at joins over those elsewhere (ratio of means ± standard error; 1 is no seam)."
    surely = {(k, g): found[k][g][0] - found[k][g][1] for k in ("windows", "windows and 0.4 s on") for g in GROUPS}
    worst, group = max(surely, key=surely.__getitem__)
    ratio, error = found[worst][group]
    aim = (f"seams of windows, worst channels ({worst})", f"{ratio:.2f} ± {error:.2f} ({group})",
           "≤ 1.1 within the error", surely[worst, group] <= 1.1)  # fmt: skip
    return Found([Grid(title, header, rows)], [aim])


def _in_parts(model: DiffusionMotion, clips: Sequence[Clip]) -> tuple[np.ndarray, np.ndarray]:
    """Sentences streamed part by part as `render` does, and where parts begin."""
    motions = list(stream(model, place(clip.speech for clip in clips), fps=FPS))
    return to_vectors(join_motion(motions)), np.cumsum([len(m) for m in motions])[:-1]


def life(stage: Stage, material: Material) -> Found:
    """Blinks, gaze, head and brows over minutes, and how near all is to the teacher."""
    talks, rows, lives = material.talks, [], {}
    usual = [stage.vectors(TEACHER, talk, seed=seed) for talk in talks for seed in (0, 1)]
    who_seeds = {TOLD: (0, 1), BLIND: (0, 1), TEACHER: (2, 3), ENVELOPE: (0,), OPENFACEFX: (0,)}
    distances = []
    for who, own_seeds in who_seeds.items():
        performances = [stage.vectors(who, talk, seed=seed) for talk in talks for seed in own_seeds]
        if performances[0] is None:
            distances.append((who, ABSENT, "–"))
            continue
        far = [measures.frechet(performances, usual, c) for c in (measures.ALL, GROUPS["lip opening"])]
        label = f"{who}, other seeds" if who == TEACHER else who
        distances.append((label, *(f"{d:.3f}" for d in far)))
        if who in (TOLD, BLIND, TEACHER):
            lives[who] = measures.life_of(performances)
            rows.append((who, *_life_cells(lives[who]), *_beat_cells(performances, np.repeat(talks, len(own_seeds)))))
    header = ("motion", "blinks / min", "blink, ms (5–95 %)", "gaze shifts / min", "head yaw / pitch / roll, °",
              "head, °/s", "brows, 1/s", "accents met by head (chance)", "by brows (chance)")  # fmt: skip
    n_min = sum(t.speech.audio.duration_s for t in talks) / 60
    grids = [
        Grid(f"Life over {n_min:.1f} minutes, two seeds each, no feeling asked for.", header, rows),
        Grid("Fréchet distance in motion space to the teacher, per number compared; the teacher's own is the floor.",
             ("motion", "all 59 numbers and their changes", "lip gap alone"), distances),
    ]  # fmt: skip
    return Found(grids, [aim for who in (TOLD, BLIND) for aim in _life_aims(who, lives[who])])


def _life_cells(lives: measures.Life) -> tuple[str, ...]:
    blink = "–"
    if len(lives.blink_ms):
        low, middle, high = np.percentile(lives.blink_ms, (5, 50, 95))
        blink = f"{middle:.0f} ({low:.0f}–{high:.0f})"
    return (
        f"{lives.blinks_per_min:.1f}", blink, f"{lives.gaze_shifts_per_min:.0f}",
        " / ".join(f"{d:.1f}" for d in lives.head_range_deg), f"{lives.head_speed_deg_s:.1f}",
        f"{lives.brow_speed:.3f}",
    )  # fmt: skip


def _beat_cells(performances: Sequence[np.ndarray], talks: Sequence[Clip]) -> Iterator[str]:
    """Share of the accents that head and brows move with, and of the same at shifted times."""
    for curve in (measures.head_speed, measures.brow_height):
        met = []
        for vectors, talk in zip(performances, talks, strict=True):
            times_s = np.array([a.time_s for a in accents(talk.speech.phones, talk.speech.audio, 0.0)])
            met.append(measures.beats_met(curve(vectors), times_s))
        share, chance = np.mean(met, axis=0)
        yield f"{share:.0%} ({chance:.0%})"


def _life_aims(who: str, lives: measures.Life) -> Iterator[tuple[str, str, str, bool]]:
    """Against the facts of the field: real talkers blink 8–25 times a minute and turn their heads 3–20° per axis."""
    rate, length_ms = lives.blinks_per_min, float(np.median(lives.blink_ms)) if len(lives.blink_ms) else 0.0
    yield (f"blinks a minute, {who}", f"{rate:.1f}, median {length_ms:.0f} ms", "8–25, 60–400 ms",
           8 <= rate <= 25 and 60 <= length_ms <= 400)  # fmt: skip
    low, high = lives.head_range_deg.min(), lives.head_range_deg.max()
    yield f"head range per axis, {who}", f"{low:.1f}–{high:.1f}°", "3–20°", bool(low >= 3 and high <= 20)


# Odd sound and cost ---------------------------------------------------------------------------------------------------


def odd_sounds(material: Material, seconds: float = 20.0) -> dict[str, Speech]:
    """Sound that a studio meets seldom, with its phones where somebody speaks; pauses and the end are silent."""
    rng = np.random.default_rng(0)
    clean = first_seconds(material.spoken, seconds)
    x, n = clean.audio.samples, len(clean.audio.samples)
    other = np.resize(material.real[0].speech.audio.samples, n) * while_speaking(clean)
    loud = np.percentile(np.abs(x), 90)
    with_sound = lambda samples: replace(clean, audio=Audio(samples.astype(np.float32), RATE_HZ))  # noqa: E731
    return {
        "clean": clean,
        "8 kHz": replace(clean, audio=clean.audio.resampled(8000)),
        "clipped": with_sound(np.clip(x, -loud, loud) / loud * 0.9),
        "child's (sized 1.35)": sized(clean, 1.35),
        "whispered": with_sound(whispered(x, rng)),
        "two voices": with_sound(0.5 * x + 0.5 * other),
        "silence": plain(np.zeros(n)),
        "noise": plain(0.05 * noise(n, rng)),
        "music": plain(0.1 * music(n, rng)),
    }


def while_speaking(speech: Speech) -> np.ndarray:
    """1 from sound to sound and 0 in pauses of 0.3 s or more, (samples,)."""
    mask, rate_hz = np.zeros(len(speech.audio.samples)), speech.audio.sample_rate_hz
    nexts_s = [*(phone.start_s for phone in speech.phones[1:]), np.inf]
    for phone, next_s in zip(speech.phones, nexts_s, strict=True):
        end_s = next_s if next_s - phone.end_s < 0.3 else phone.end_s
        mask[round(phone.start_s * rate_hz) : round(end_s * rate_hz)] = 1
    return mask


def first_seconds(clips: Sequence[Clip], seconds: float) -> Speech:
    """Utterances with pauses, whole ones, until `seconds` are full; from the first again where there are too few."""
    chosen, total_s = [], 0.0
    while total_s < seconds:
        chosen.append(clips[len(chosen) % len(clips)].speech)
        total_s += chosen[-1].audio.duration_s + 0.7
    return with_pauses(chosen)


def _odd_cells(one: Oddly) -> tuple[str, ...]:
    closed = f"{(one.delays_ms <= 150).mean():.0%} of {len(one.delays_ms)}" if len(one.delays_ms) else "–"
    delay = f"{np.median(one.delays_ms):.0f}" if len(one.delays_ms) else "–"
    steps = (f"{step:.2f}" for step in one.steps)
    return ("yes" if one.finite else "NO", *steps, closed, delay, number(one.still), percent(one.parted))


def odd(stage: Stage, material: Material) -> Found:
    """Sound alone: nothing breaks, nothing jumps, lips rest where nobody speaks."""
    sounds = odd_sounds(material)
    limits = {
        who: self_check.lip_levels(stage.vectors(who, Clip("odd clean", sounds["clean"]))[:, GAP])[2]
        for who in (BLIND, TEACHER)
    }
    perform = lambda who, name: stage.vectors(who, Clip(f"odd {name}", sounds[name]))  # noqa: E731
    found = {name: Oddly.of(perform(BLIND, name), speech, limits[BLIND]) for name, speech in sounds.items()}
    taught = Oddly.of(perform(TEACHER, "clean"), sounds["clean"], limits[TEACHER])
    rows = [(name, *_odd_cells(one)) for name, one in {f"clean, {TEACHER}": taught, **found}.items()]
    header = ("sound", "finite", "largest turn in a frame, °", "of lip gap", "pauses closed after 150 ms",
              "median delay, ms", "lips, ‰ a frame", "lips parted")  # fmt: skip
    steps = np.max([one.steps for one in found.values()], axis=0)
    delays_ms = np.concatenate([one.delays_ms for one in found.values()])
    parted, closed = max(one.parted or 0.0 for one in found.values()), float((delays_ms <= 150).mean())
    finite = all(one.finite for one in found.values())
    aims = [
        ("odd sound: all numbers finite", "yes" if finite else "NO", "yes", finite),
        ("largest step, head / lip gap", f"{steps[0]:.2f}° / {steps[1]:.2f}", "≤ 1.5 × the teacher's",
         bool((steps <= 1.5 * np.array(taught.steps)).all())),
        ("mouth closed 150 ms after the last sound", f"{closed:.0%} of {len(delays_ms)} pauses", "all", closed == 1),
        ("lips parted in silence, noise, music", percent(parted), "0 %", parted == 0),
    ]  # fmt: skip
    return Found([Grid("Odd sound; the model is told no phones.", header, rows)], aims)


def cost(stage: Stage, material: Material) -> Found:
    """Time, look-ahead and memory with onnxruntime on this machine."""
    speech = first_seconds(material.spoken, 30.0)
    runs = [_cost_of(stage.model, Speech(speech.audio)) for _ in range(4)][1:]
    hearing, network, whole, cores, window_ms = np.median(runs, axis=0)
    rss_mb, ten_s, steps = long_talk(stage.model, material)
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    grown_mb = float(np.max(rss_mb[1:]) - rss_mb[0]) if len(rss_mb) > 1 else 0.0
    rows = [
        ("hearing (Whisper's encoder), time / speech", f"{hearing:.3f}"),
        ("network, time / speech", f"{network:.3f}"),
        ("all, time / speech", f"{whole:.3f}"),
        ("all, core seconds / speech", f"{cores:.3f}"),
        (f"a window of at most {N_NEW / FPS:.1f} s, ms", f"{window_ms:.0f}"),
        ("look-ahead, ms", f"{1000 * N_AHEAD / FPS:.0f}"),
        (f"{material.sizes.minutes:g} minutes, time / speech", f"{ten_s / 60 / material.sizes.minutes:.3f}"),
        ("memory grown after the first minute, MB", f"{grown_mb:.0f} (at the end {rss_mb[-1] - rss_mb[0]:+.0f})"),
        ("largest step there, head / lip gap", f"{steps[0]:.2f}° / {steps[1]:.2f}"),
    ]
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"backend {stage.model.backend}, {cpus} cores, OMP_NUM_THREADS {threads}"
    title = f"Cost of a recording of {speech.audio.duration_s:.0f} s, median of 3: {machine}."
    aims = [
        ("time / speech, all", f"{whole:.3f} ({cores:.3f} core seconds)", "≤ 0.08", whole <= 0.08),
        ("look-ahead", f"{1000 * N_AHEAD / FPS:.0f} ms", "≤ 200 ms", N_AHEAD / FPS <= 0.2),
        (f"memory grown over {material.sizes.minutes:g} minutes", f"{grown_mb:.0f} MB", "≤ 20 MB", grown_mb <= 20),
    ]
    return Found([Grid(title, ("what", "measured"), rows)], aims)


def _cost_of(model: DiffusionMotion, speech: Speech) -> tuple[float, float, float, float, float]:
    """Per second of speech: seconds of hearing, of the network, of all, core seconds; ms a window."""
    clock = Clock()
    network, ears = clock.timed("network", model._network), clock.timed("hearing", model.ears)
    with patch.object(model, "_network", network), patch.object(model, "ears", ears):
        start_s, start_core_s = time.perf_counter(), time.process_time()
        performed(model, speech, EmotionTrack(), 0)
        whole_s, core_s = time.perf_counter() - start_s, time.process_time() - start_core_s
    hearing_s, network_s = (sum(clock.spent_s[name]) for name in ("hearing", "network"))
    per_s, n_windows = speech.audio.duration_s, len(clock.spent_s["hearing"])
    return hearing_s / per_s, network_s / per_s, whole_s / per_s, core_s / per_s, 1000 * whole_s / n_windows


def long_talk(model: DiffusionMotion, material: Material) -> tuple[list[float], float, np.ndarray]:
    """Minutes streamed in parts of about 20 s: memory in MB after each minute, seconds spent, and the largest steps."""
    import psutil

    process, part = psutil.Process(), Speech(first_seconds(material.spoken, 20.0).audio)
    n_parts = int(60 * material.sizes.minutes / part.audio.duration_s) + 1
    steps, rss_mb, done_s = np.zeros(2), [], 0.0
    start_s = time.perf_counter()
    for motion in stream(model, place(part for _ in range(n_parts)), fps=FPS):
        steps = np.maximum(steps, measures.largest_jumps(to_vectors(motion)))
        done_s += len(motion) / FPS
        if done_s >= 60 * (len(rss_mb) + 1):
            rss_mb.append(process.memory_info().rss / 2**20)
    spent_s = time.perf_counter() - start_s
    return rss_mb or [process.memory_info().rss / 2**20], spent_s * 60 * material.sizes.minutes / done_s, steps


# All together ---------------------------------------------------------------------------------------------------------

TABLES: dict[str, Callable[[Stage, Material], Found]] = {
    "lips": real_lips,
    "speech": real_speech,
    "emotion": feelings,
    "seeds": seeds,
    "windows": windows,
    "life": life,
    "odd": odd,
    "cost": cost,
}

HEADING = (
    "`scripts/evaluate_motion.py`: motion itself is measured, not pictures. Nothing heard here was in a training: "
    "GRID's clips, EmoDB's actors, LJSpeech's utterances and Kokoro's voices are those that `train_phone_aligner.py` "
    "and `make_motion_data.py` hold out. EmoDB's actors all say the same ten sentences, though, so their voices are "
    "new and their words are not, and LJSpeech is one reader whose other utterances were trained on. GRID's talker is "
    "one man with a real face: the first table is the only one against nature. In all others the motion is held "
    "against phones, or against the performer by rule, which taught the diffusion how feelings, head and eyes move: "
    "being like it is no proof of being like people. The model without GRID's clips has met no real face at all. "
    "“Sound alone” is told no phones; “words heard” is told what Whisper and the aligner make of the same sound, as"
    " `mien animate` does. Accents are found by the function that places the nods where phones are known: that they"
    " are met says that the nods are seen, not that a listener would put them there. OpenFaceFX is asked for what "
    "it makes of sound without a transcript. Closed and open are judged by each performer's own range of lips, as "
    "`evaluate_clip.py` judges a finished clip."
)


TITLES = {
    "lips": "Motion: one real man's lips",
    "speech": "Motion: real speech without text",
    "emotion": "Motion: feelings",
    "seeds": "Motion: five seeds",
    "windows": "Motion: where windows join",
    "life": "Motion: head, lids and gaze",
    "odd": "Motion: odd sound",
    "cost": "Motion: what it costs",
}


def aims_grid(found: Iterable[Found]) -> Grid:
    """Every aim, what was measured, and whether it is met."""
    rows = [(*aim[:3], "yes" if aim[3] else "NO") for one in found for aim in one.aims]
    return Grid("Aims.", ("what", "measured", "aim", "met"), rows)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="another model than the product's")
    parser.add_argument("--stranger", type=Path, help="a model that was trained without GRID's talker")
    parser.add_argument("--only", choices=TABLES, nargs="+", default=list(TABLES))
    parser.add_argument("--quick", action="store_true", help="few clips")
    parser.add_argument("--write", action="store_true", help="write docs/RESULTS.md")
    args = parser.parse_args()
    if args.write and (args.quick or not args.stranger):
        parser.error("only whole tables are written, with --stranger")
    return args


def main() -> None:
    from rich.console import Console

    args, console = arguments(), Console()
    load = lambda folder: DiffusionMotion.from_pretrained(folder, config=DiffusionMotionConfig(backend="onnx"))  # noqa: E731
    stage = Stage(args.work, load(args.model), load(args.stranger) if args.stranger else None)
    material = Material(args.data, args.work, QUICK if args.quick else Sizes())
    found = {}
    for name in args.only:
        start_s = time.perf_counter()
        found[name] = TABLES[name](stage, material)
        for grid in found[name].grids:
            grid.show(console)
        console.print(f"{name}: {time.perf_counter() - start_s:.0f} s\n", style="dim")
        if args.write:
            write_section("motion", "Motion by diffusion", HEADING)
            grids = (aims_grid([found[name]]), *found[name].grids)
            write_section(f"motion-{name}", TITLES[name], "\n\n".join(grid.markdown() for grid in grids))
    aims_grid(found.values()).show(console)


if __name__ == "__main__":
    main()
