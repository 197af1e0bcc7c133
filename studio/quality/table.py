"""What was measured of a clip as rows for a person: beside each measure the aim, and a real talker's own value."""

from __future__ import annotations

from typing import NamedTuple

from studio.quality.metrics import ClipReport, LifeReport, LipReport

# One real talker (GRID s1, 870 clips of 3 s) by the same instruments, phones by "even": `scripts.evaluation.alignment`.
_REAL_TALKER = {
    "closed": "98 %",
    "open": "98 %",
    "teeth": "71 %",
    "gaps": "-0.002 / 0.144",
    "lag": "+15 ms",
    "r": "0.58",
    "silence": "2.3 ‰",
    "silence_open": "10 %",
    "jitter": "18 ‰, speaking 31",
    "blinks": "51",
    "blink_ms": "75–199 ms",
    "head": "7.6 / 6.2 / 4.2°",
}


class Row(NamedTuple):
    """One measure as text; `aim` and `real_talker` are "" where there is none."""

    name: str
    value: str
    aim: str
    real_talker: str


def table_rows(report: ClipReport) -> list[Row]:
    """Every measure of lips, life and words; counts of phones stand in brackets behind a name."""
    found = [*_lip_rows(report.lips), *_life_rows(report.life), *_sound_rows(report)]
    return [Row(name, value, aim, _REAL_TALKER.get(key, "")) for name, value, aim, key in found]


def _lip_rows(lips: LipReport) -> list[tuple[str, str, str, str]]:
    """Name, value, aim, and the key of the real talker's value."""
    return [
        (f"p b m closed ({lips.n_closing})", _percent(lips.closed_share), "≥ 95 %", "closed"),
        (f"open vowels open ({lips.n_open_vowels})", _percent(lips.open_share), "≥ 85 %", "open"),
        (f"f v lip to teeth ({lips.n_lip_to_teeth})", _percent(lips.lip_to_teeth_share), "", "teeth"),
        ("closed / open gap", f"{lips.closed_gap:.3f} / {lips.open_gap:.3f}", "", "gaps"),
        ("lips after sound", _number(lips.lag_ms, "+.0f", " ms"), "−60…+40 ms", "lag"),
        ("lips with sound, r", _number(lips.lag_r, ".2f"), "", "r"),
        (f"lip motion in silence ({lips.silence_s:.1f} s)", _number(lips.silence_motion, ".2f", " ‰"), "", "silence"),
        ("lips open in silence", _percent(lips.silence_open_share), "", "silence_open"),
        ("lip jitter", f"{lips.jitter:.1f} ‰", "10–30", "jitter"),
    ]


def _life_rows(life: LifeReport) -> list[tuple[str, str, str, str]]:
    blink_ms, (yaw, pitch, roll) = sorted(life.blink_ms), life.head_range_deg
    return [
        ("blinks per minute", f"{life.blinks_per_min:.1f}", "10–25", "blinks"),
        ("blink durations", f"{blink_ms[0]}–{blink_ms[-1]} ms" if blink_ms else "–", "100–400 ms", "blink_ms"),
        ("gaze shifts per minute", f"{life.gaze_shifts_per_min:.0f}", "", "gaze"),
        ("head yaw / pitch / roll", f"{yaw:.1f} / {pitch:.1f} / {roll:.1f}°", "3–20°", "head"),
        ("frozen frames", f"{_percent(life.frozen_share)}, longest {life.longest_frozen_s:.2f} s", "0", "frozen"),
        ("frames without a face", _percent(life.face_lost_share), "0", ""),
    ]


def _sound_rows(report: ClipReport) -> list[tuple[str, str, str, str]]:
    apart_s = _number(report.audio_video_difference_s, ".3f", " s")
    return [
        ("picture against sound", apart_s, f"≤ {1 / report.fps:.3f} s", ""),
        ("word error rate", _percent(report.word_error_rate), "≤ 5 %", ""),
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None, form: str = ".1f", unit: str = "") -> str:
    return "–" if value is None else f"{value:{form}}{unit}"
