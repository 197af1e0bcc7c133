"""Timecodes: how they are written, and when the rows of a file that has them lie, whatever its rate.

A timecode HH:MM:SS:FF.fff tells the rate of its frames only where it passes from one second to the next.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

USUAL_FPS = 60.0  # Live Link Face records so
_DAY_S, _DROPPING_DAY_S = 86_400.0, 2_589_408 * 1.001 / 30
_CODE = re.compile(r"(\d{1,2})[:;](\d{1,2})[:;](\d{1,2})(?:([:;.,])(\d+)(?:[.,](\d+))?)?", re.ASCII)
_SECONDS = re.compile(r"(\d+)[.,](\d+)", re.ASCII)
_NEAR = 4e-4  # of a rate: 30 and 29.97 lie 1e-3 apart


class UntoldRate(ValueError):
    """Timecodes that place no row; the message is a clause that says why, such as “they stand still”."""


@dataclass(frozen=True)
class Placing:
    """When rows lie: `order` (n,) puts them in time, `times_s` (n,) then rise from 0 on, `fps` is how many a second
    has. `is_told`: whether the timecodes say so, or it is only what is usual."""

    order: np.ndarray
    times_s: np.ndarray
    fps: float
    is_told: bool = True

    def at_rate(self, fps: float) -> Placing:
        """The same rows and gaps at another rate."""
        return Placing(self.order, self.times_s * (self.fps / fps), fps)


def write_timecodes(n_rows: int, fps: float) -> list[str]:
    """Timecodes of frames at any rate, in fractions of a frame where it is no whole number.

    They begin at 0; those of a clip too short to pass a full second begin a frame before one, to tell their rate.
    """
    base = math.ceil(fps - 1e-6)
    first_s = max(0.0, 1 - 1 / fps) if n_rows - 1 < fps else 0.0
    return [_written(first_s + i / fps, base) for i in range(n_rows)]


def _written(time_s: float, base: int) -> str:
    seconds, thousandths = divmod(round(time_s * base * 1000), base * 1000)
    hours, minutes = seconds // 3600 % 24, seconds // 60 % 60
    return f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}:{thousandths // 1000:02d}.{thousandths % 1000:03d}"


def is_timecode(code: str) -> bool:
    """Whether `place_rows` can read it."""
    return _parsed(code) is not None


def place_rows(codes: Sequence[str]) -> Placing:
    """When the rows of these timecodes lie: by the clock, over midnight too, those that share one evenly in it.

    Reads HH:MM:SS:FF and HH:MM:SS:FF.fff, drop-frame (;) too, HH:MM:SS.mmm, HH:MM:SS and seconds with decimals.
    Raises `UntoldRate` where they do not tell.
    """
    parsed = [_parsed(code) for code in codes]
    if None in parsed:
        code = codes[parsed.index(None)].strip()
        raise UntoldRate(f"“{code[:40]}” is not a timecode such as 00:00:01:24.000" if code else "some are missing")
    if len(set(parsed)) == 1 and len(codes) > 1:
        raise UntoldRate("they stand still")
    clock_s, day_s, is_told = _clock(*(np.array(column) for column in zip(*parsed, strict=True)))
    order = _from_the_longest_pause(clock_s, day_s)
    shared = np.diff(clock_s[order]) == 0
    if (shared & (np.diff(order) != 1)).any():
        raise UntoldRate("they begin again, as in a second take")
    times_s = _spread(np.where(clock_s < clock_s[order[0]], clock_s + day_s, clock_s)[order])
    return Placing(order, times_s - times_s[0], _rate(times_s), is_told)


def _parsed(code: str) -> tuple[int, float, bool, bool] | None:
    """Whole seconds, what is left, whether that is a part of a second (else frames), and whether frames are dropped."""
    code = code.strip().strip("'\"")  # quotes keep a spreadsheet from making something else of it
    if match := _SECONDS.fullmatch(code):
        return int(match[1]), float("0." + match[2]), True, False
    match = _CODE.fullmatch(code)
    if match is None or int(match[2]) > 59 or int(match[3]) > 59:
        return None
    seconds = (int(match[1]) * 60 + int(match[2])) * 60 + int(match[3])
    mark, rest, fraction = match[4], match[5], match[6]
    if rest is None or (len(rest) > 2 and fraction is None):
        return seconds, float("0." + (rest or "0")), True, False
    return seconds, float(f"{rest}.{fraction or 0}"), False, mark == ";"


def _clock(
    seconds: np.ndarray, rest: np.ndarray, is_part: np.ndarray, is_dropping: np.ndarray
) -> tuple[np.ndarray, float, bool]:
    """Time of day of every row (n,) and how long a day is, both in s, and whether the length of a frame is told."""
    seconds = seconds % round(_DAY_S)
    if is_part.all():
        return seconds + rest, _DAY_S, True
    base, is_told = _frames_a_second(seconds, rest)
    if not is_dropping.any() or base > 60:
        return np.where(is_part, seconds + rest, seconds + rest / base), _DAY_S, is_told
    base = 30 if base <= 30 else 60
    minutes = seconds // 60
    dropped = base // 15 * (minutes - minutes // 10)
    return (seconds * base + rest - dropped) * 1.001 / base, _DROPPING_DAY_S, is_told


def _frames_a_second(seconds: np.ndarray, frames: np.ndarray) -> tuple[int, bool]:
    """How many frames the timecodes count in a second, and whether they tell: where a second ends, they do."""
    seconds, frames = np.unique(np.stack([seconds, frames], axis=1), axis=0).T
    steps, passed = np.diff(frames), np.diff(seconds)
    usual_step = np.median(steps[passed == 0]) if (passed == 0).any() else 1.0
    least = math.floor(frames.max()) + 1
    counted, times = np.unique(np.round(usual_step - steps[passed == 1]), return_counts=True)
    if not len(counted):
        return max(least, round(USUAL_FPS)), len(frames) == 1
    mostly = counted[times == times.max()].max()  # where rows are missing too few are counted, never too many
    return max(least, int(mostly)), True


def _from_the_longest_pause(clock_s: np.ndarray, day_s: float) -> np.ndarray:
    """The order of rows in time: around the clock, from the end of its longest pause on."""
    order = np.argsort(clock_s, kind="stable")
    rising = clock_s[order]
    pauses_s = np.append(np.diff(rising), rising[0] + day_s - rising[-1])
    return np.roll(order, -1 - int(np.argmax(pauses_s)))


def _spread(times_s: np.ndarray) -> np.ndarray:
    """Rising times of which some are the same, with those evenly in the step of the clock that they share.

    The first step may have been entered late: its rows lie at its end.
    """
    ticks, first, counts = np.unique(times_s, return_index=True, return_counts=True)
    if len(ticks) == len(times_s):
        return times_s
    tick_s, usual = float(np.median(np.diff(ticks))), float(np.median(counts))
    inner = np.arange(len(times_s)) - np.repeat(first, counts)
    per_tick = np.repeat(np.maximum(counts, usual), counts)
    inner = inner + np.where(np.arange(len(times_s)) < counts[0], max(0.0, usual - counts[0]), 0.0)
    return times_s + inner / per_tick * tick_s


def _rate(times_s: np.ndarray) -> float:
    """Rows a second, those that are missing counted; the usual rate for one row."""
    if len(times_s) == 1:
        return USUAL_FPS
    steps_s = np.diff(times_s)
    fps = float(np.round(steps_s / np.median(steps_s)).sum() / steps_s.sum())
    known = (round(fps), round(2 * fps) / 2, round(fps * 1.001) / 1.001)
    nearest = min(known, key=lambda rate: abs(rate - fps))
    return float(nearest) if abs(nearest - fps) < _NEAR * fps else fps
