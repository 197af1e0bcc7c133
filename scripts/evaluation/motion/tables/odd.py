"""Odd sound: silence, noise, music, whispering, other voices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion_embed.signals.audio import Audio
from generators.contracts import Speech
from generators.motion.diffusion.motion_space import GAP
from scripts.evaluation.motion.life_measures import Oddly
from scripts.evaluation.motion.material import RATE_HZ, Clip, Material, plain, with_pauses
from scripts.evaluation.motion.stage import BLIND, TEACHER, Stage
from scripts.evaluation.motion.tables import Found, number, percent
from scripts.evaluation.tables import Grid
from scripts.training.augmentation import music, noise, sized, whispered
from studio.quality import metrics as self_check


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
