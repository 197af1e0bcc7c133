"""Live Link Face CSV, in which motion is handed on: a row for each frame, with its timecode, the 52 channels of ARKit,
and the angles of head and eyes in radians."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from checkpoints.errors import BadInput
from checkpoints.notices import notice
from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS
from generators.contracts import Motion
from generators.motion.rig.gaze import EYE_RANGE_DEG
from generators.motion.rig.resampling import LONGEST_BRIDGE_S, resampled
from generators.motion.timecodes import USUAL_FPS, Placing, UntoldRate, is_timecode, place_rows, write_timecodes

CHANNEL_COLUMNS = tuple(name[0].upper() + name[1:] for name in ARKIT_CHANNELS)
HEAD_COLUMNS = ("HeadYaw", "HeadPitch", "HeadRoll")
_EYE_COLUMNS = ("LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll")
_N_VALUES = len(CHANNEL_COLUMNS) + len(HEAD_COLUMNS) + len(_EYE_COLUMNS)
_SELDOM_WRITTEN = ("TongueOut", *HEAD_COLUMNS)
_MOST_ROWS = 30 * 60 * 60
_NOTHING = {"", "-", "nan", "null", "none", "na", "n/a", "#n/a"}
_BUSY = 6  # values other than 0 in a row: what is seen on a face; fewer are set by hand, and may well be 0 all
_SUDDEN = 3.0
_HEAD_SIGNS = np.array([1.0, -1.0, 1.0])  # Live Link Face counts pitch downwards
_EYE_RANGE_RAD = math.radians(EYE_RANGE_DEG)
_OVER, _FAR_OVER = 0.05, 1.0  # beyond 0..1: what is cut without a word, and what is no amount any more


@dataclass(frozen=True)
class Recording:
    """The rows of a file that show a face: `times_s` (n,) rise, counted from its first row on; `channels` (n, 52) 0..1
    in the order of `ARKIT_CHANNELS`; `head_rad` (n, 3) yaw, pitch, roll as the file has them. `duration_s`: of all
    rows; `fps`: how many a second has."""

    times_s: np.ndarray
    channels: np.ndarray
    head_rad: np.ndarray
    duration_s: float
    fps: float


@dataclass(frozen=True)
class _Table:
    """The cells of a file: `columns` says where those we know stand, `rows` have their numbers, the header's being 1
    where it stands first."""

    path: str | Path
    header: list[str]
    columns: dict[str, int]
    rows: list[tuple[int, list[str]]]

    def cells(self, name: str) -> list[str]:
        return [_cell(row, self.columns.get(name)) for _, row in self.rows]

    def bad_cell(self, row: int, name: str, what: str) -> BadInput:
        number, cells = self.rows[row]
        column = self.header[self.columns[name]].strip()
        cell = _cell(cells, self.columns[name]).strip()
        said = f"“{cell[:40]}” {what}" if cell else "the cell is empty"
        return BadInput(f"{self.path}, row {number}, column {column}: {said}.")


def is_motion_file(path: str | Path) -> bool:
    """Whether a path names recorded motion (a Live Link Face CSV) and not a video."""
    return Path(path).suffix.lower() == ".csv"


# As `Motion` ----------------------------------------------------------------------------------------------------------


def write_motion_csv(motion: Motion, path: str | Path) -> None:
    """Write a motion as a Live Link Face CSV (61 value columns; angles in radians; eyes from the eyeLook channels)."""
    head_rad = np.radians(motion.head_rotation_deg * _HEAD_SIGNS)
    write_recording(path, motion.fps, motion.blendshapes, head_rad, _eyes_rad(motion))


def _eyes_rad(motion: Motion) -> np.ndarray:
    """Yaw, pitch and roll of the left and of the right eye (n, 6)."""
    look = lambda name: motion.channel("eyeLook" + name)  # noqa: E731
    left_yaw, right_yaw = look("OutLeft") - look("InLeft"), look("InRight") - look("OutRight")
    left_pitch, right_pitch = (look("Down" + side) - look("Up" + side) for side in ("Left", "Right"))
    none = np.zeros(len(motion))
    return np.stack([left_yaw, left_pitch, none, right_yaw, right_pitch, none], axis=1) * _EYE_RANGE_RAD


def read_motion_csv(path: str | Path, fps: float | None = None) -> Motion:
    """Read a Live Link Face CSV as an even `Motion`, its rows where their timecodes say.

    Args:
        path: the file.
        fps: overrides how many rows a second has.

    Raises:
        BadInput: As `read_recording` does.
    """
    recording = read_recording(path, fps)
    times_s = np.arange(max(1, round(recording.duration_s * recording.fps))) / recording.fps
    return motion_at(recording, times_s, recording.fps)


def motion_at(recording: Recording, times_s: np.ndarray, fps: float) -> Motion:
    """The motion of a recording at `times_s` (n,), which lie 1 / `fps` apart; what no row says is held."""
    bridge_s = max(LONGEST_BRIDGE_S, 1.5 / recording.fps)
    even = lambda values: resampled(recording.times_s, values, times_s, bridge_s)  # noqa: E731
    n = len(times_s)
    return Motion(
        fps,
        even(recording.channels).astype(np.float32),
        np.degrees(even(recording.head_rad)) * _HEAD_SIGNS,
        np.zeros((n, 3)),
        np.full(n, 0.5, np.float32),
    )


# Writing --------------------------------------------------------------------------------------------------------------


def write_recording(path: str | Path, fps: float, channels: np.ndarray, head_rad: np.ndarray, eyes_rad: np.ndarray):
    """Write `channels` (n, 52), `head_rad` (n, 3) and `eyes_rad` (n, 6) as a file of 61 values a row."""
    values = np.concatenate([channels, head_rad, eyes_rad], axis=1)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Timecode", "BlendShapeCount", *CHANNEL_COLUMNS, *HEAD_COLUMNS, *_EYE_COLUMNS])
        for code, row in zip(write_timecodes(len(values), fps), values, strict=True):
            writer.writerow([code, _N_VALUES, *(f"{value:.6f}" for value in row)])


# Reading --------------------------------------------------------------------------------------------------------------


def read_recording(path: str | Path, fps: float | None = None) -> Recording:
    """Read a Live Link Face CSV, with commas, semicolons or tabs, columns in any order, with or without the head.

    Its rows lie where their timecodes say; `fps` overrides how many a second has, and where timecodes do not tell,
    rows follow one another at it. Rows that show no face are left out. Raises `BadInput` for what is no such file,
    names the cell that is wrong, and asks for a rate where there is none.
    """
    table = _without_torn_end(_without_copies(_read_table(path)))
    placing = _placing(table, fps)
    table = _Table(path, table.header, table.columns, [table.rows[i] for i in placing.order])
    values = _values(table)
    channels, head_rad = np.split(values, [len(CHANNEL_COLUMNS)], axis=1)
    seen = ~_faceless(values, [cell.strip() == "0" for cell in table.cells("BlendShapeCount")])
    if not seen.any():
        raise BadInput(f"{path} shows no face in any of its rows.")
    channels, head_rad = _amounts(table, channels), _radians(table, head_rad)
    duration_s = float(placing.times_s[-1]) + 1 / placing.fps
    return Recording(placing.times_s[seen], channels[seen], head_rad[seen], duration_s, placing.fps)


def _placing(table: _Table, fps: float | None) -> Placing:
    try:
        placing = place_rows(table.cells("Timecode"))
    except UntoldRate as why:
        if fps is None:
            raise BadInput(_no_rate(table, why)) from None
        rows = np.arange(len(table.rows))
        return Placing(rows, rows / fps, fps)
    if fps is None and not placing.is_told:
        notice(
            f"The timecodes of {table.path} do not tell how many frames a second has: {USUAL_FPS:g} are taken, as Live "
            "Link Face records; --csv-fps says otherwise."
        )
    return placing if fps is None else placing.at_rate(fps)


def _no_rate(table: _Table, why: UntoldRate) -> str:
    if "Timecode" not in table.columns:
        return f"{table.path} has no column Timecode; say with --csv-fps how many frames a second has."
    return f"The timecodes of {table.path} cannot be read: {why}; say with --csv-fps how many frames a second has."


def _read_table(path: str | Path) -> _Table:
    (_, header), *rows = _lines(path) or [(0, [])]
    columns = _known_columns(path, header) if header else {}
    if not rows:
        raise BadInput(f"{path} is not a Live Link Face CSV: it holds no frames.")
    if len(rows) > _MOST_ROWS:
        raise BadInput(f"{path} has {len(rows)} rows, longer than 30 minutes of 60 a second; cut it into parts.")
    for name in _SELDOM_WRITTEN:
        if name in columns and not any(_has_value(row, columns[name]) for _, row in rows):
            del columns[name]
    if not any(name in columns for name in HEAD_COLUMNS):
        notice(f"{path} does not say how the head turns: it keeps still.")
    return _Table(path, header, columns, rows)


def _lines(path: str | Path) -> list[tuple[int, list[str]]]:
    """Numbers and cells of the lines that hold any."""
    text = _text(path)
    skipped = 0
    if text.lower().startswith(("sep=", '"sep=')):  # how a spreadsheet is told what parts the cells
        text, skipped = text.partition("\n")[2], 1
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True)
        return [(reader.line_num + skipped, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise BadInput(f"{path} is not a Live Link Face CSV: {error}.") from None


def _text(path: str | Path) -> str:
    """The text in a file. What we read of it is ASCII, so what else a cell holds may be in any encoding."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be" if raw[:1] == b"\0" else encoding
    return raw.decode(encoding, errors="replace").replace("\r\n", "\n").replace("\r", "\n")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _spellings() -> dict[str, str]:
    """Column names without case and signs, with what we call them; sides may be a letter, as in eyeBlink_L."""
    known = {_plain(name): name for name in (*CHANNEL_COLUMNS, *HEAD_COLUMNS, "BlendShapeCount")}
    known |= {"timecode": "Timecode"}
    sided = [(plain, name) for plain, name in known.items() if name.endswith(("Left", "Right"))]
    return known | {re.sub("eft$|ight$", "", plain): name for plain, name in sided}


def _known_columns(path: str | Path, header: Sequence[str]) -> dict[str, int]:
    spellings, columns = _spellings(), {}
    for i, title in enumerate(header):
        name = spellings.get(_plain(title))
        if name in columns:
            raise BadInput(f"{path} has two columns {title.strip()}; one must go.")
        if name is not None:
            columns[name] = i
    lacking = [name for name in CHANNEL_COLUMNS if name not in columns and name not in _SELDOM_WRITTEN]
    if len(lacking) > len(CHANNEL_COLUMNS) // 2:
        raise BadInput(f"{path} is not a Live Link Face CSV: its first line must name channels, such as {lacking[0]}.")
    if lacking:
        more = f" and {len(lacking) - 4} more" if len(lacking) > 4 else ""
        raise BadInput(f"{path} lacks the column{'s' * (len(lacking) > 1)} {', '.join(lacking[:4])}{more}.")
    return columns


def _without_copies(table: _Table) -> _Table:
    """Without rows that are there twice; where timecodes stand still, alike rows are a face that does."""
    if len(set(table.cells("Timecode"))) == 1:
        return table
    once = {tuple(row): (number, row) for number, row in reversed(table.rows)}
    return _Table(table.path, table.header, table.columns, list(once.values())[::-1])


def _without_torn_end(table: _Table) -> _Table:
    """Without a last row that was cut off while it was written."""
    *rows, (_, last) = table.rows
    at = [i for name, i in table.columns.items() if name not in ("Timecode", "BlendShapeCount")]
    is_cut = len(last) <= max(at) < len(rows[-1][1]) if rows else False
    code = _cell(last, table.columns.get("Timecode"))
    if not is_cut or not any(_has_value(last, i) for i in at) and is_timecode(code):
        return table
    notice(f"The last row of {table.path} is cut off, and left out.")
    return _Table(table.path, table.header, table.columns, rows)


def _has_value(row: Sequence[str], column: int) -> bool:
    return _cell(row, column).strip().lower() not in _NOTHING


def _cell(row: Sequence[str], column: int | None) -> str:
    return row[column] if column is not None and column < len(row) else ""


def _values(table: _Table) -> np.ndarray:
    """Channels and head angles (n, 55) of every row; NaN where it shows no face, 0 in columns that are not there."""
    names = [name for name in (*CHANNEL_COLUMNS, *HEAD_COLUMNS) if name in table.columns]
    values = np.zeros((len(table.rows), len(CHANNEL_COLUMNS) + len(HEAD_COLUMNS)))
    at = [(*CHANNEL_COLUMNS, *HEAD_COLUMNS).index(name) for name in names]
    for i, (_, row) in enumerate(table.rows):
        if any(_has_value(row, table.columns[name]) for name in names if name in CHANNEL_COLUMNS):
            values[i, at] = [_value(table, i, name) for name in names]
        else:
            values[i] = np.nan
    return values


def _value(table: _Table, row: int, name: str) -> float:
    number = _number(_cell(table.rows[row][1], table.columns[name]))
    if not math.isfinite(number):
        raise table.bad_cell(row, name, "is not a number")
    return number


def _number(cell: str) -> float:
    """What a cell says, NaN if that is no number: a comma may stand for the point, % for hundredths."""
    cell = cell.strip().replace("\u2212", "-")
    share, cell = (0.01, cell[:-1]) if cell.endswith("%") else (1.0, cell)
    try:
        return share * float(cell.replace(",", ".") if cell.count(",") == 1 else cell)
    except ValueError:
        return math.nan


def _faceless(values: np.ndarray, counts_none: Iterable[bool]) -> np.ndarray:
    """Which rows (n,) show no face: empty ones, and those of nothing but 0 where a face is never at 0 by itself."""
    empty, zero = np.asarray(np.isnan(values).any(axis=1)), np.asarray(~values.any(axis=1))
    seen = values[~empty & ~zero]
    if zero.any() and len(seen) and not (_is_busy(seen) or _ends_suddenly(values, zero | empty)):
        zero &= np.fromiter(counts_none, bool)
    return empty | zero if len(seen) else empty


def _is_busy(seen: np.ndarray) -> bool:
    return float(np.median(np.count_nonzero(seen, axis=1))) >= _BUSY


def _ends_suddenly(values: np.ndarray, gone: np.ndarray) -> bool:
    """Whether what moves smoothly otherwise is 0 from one row to the next."""
    steps, both, one = np.abs(np.diff(values, axis=0)), ~gone[1:] & ~gone[:-1], gone[1:] != gone[:-1]
    usual, falls = np.nanmax(steps[both], initial=0.0), np.nanmax(steps[one], initial=0.0)
    return bool(usual > 0 and falls > _SUDDEN * usual)


def _amounts(table: _Table, channels: np.ndarray) -> np.ndarray:
    """Channels as amounts 0..1; those in per cent are told by how many lie far over 1."""
    high = channels > 1 + _FAR_OVER
    if high.sum() > 0.2 * (channels > 0).sum():
        notice(f"The channels of {table.path} are taken as per cent.")
        channels, high = channels / 100, channels > 100 * (1 + _FAR_OVER)
    wrong = np.argwhere(high | (channels < -_FAR_OVER))
    if len(wrong):
        raise table.bad_cell(wrong[0][0], CHANNEL_COLUMNS[wrong[0][1]], "is not from 0 to 1")
    if (channels > 1 + _OVER).any() or (channels < -_OVER).any():
        notice(f"Channels of {table.path} from {np.nanmin(channels):.2f} to {np.nanmax(channels):.2f} are cut to 0..1.")
    return np.clip(channels, 0, 1)


def _radians(table: _Table, head: np.ndarray) -> np.ndarray:
    """Angles in radians; those in degrees are told by how many are too large for it."""
    wide = np.abs(head) > math.pi
    if wide.any() and np.nanpercentile(np.abs(head), 90) > 0.8:
        notice(f"The angles of {table.path} are taken as degrees.")
        head, wide = np.radians(head), np.abs(head) > 180
    wrong = np.argwhere(wide)
    if len(wrong):
        raise table.bad_cell(wrong[0][0], HEAD_COLUMNS[wrong[0][1]], "is not an angle in radians")
    return head
