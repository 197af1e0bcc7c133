"""Recorded motion that people bring: Live Link Face CSV files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from scripts.evaluation.inputs.cases import Trial, into, mien

CSV = "Live Link CSV"
TRIALS: list[Trial] = []
trial = into(TRIALS)

Table = list[list[str]]


N_ROWS, FPS = 90, 25


def jaw_at(time_s: np.ndarray | float) -> np.ndarray:
    return 0.2 + np.asarray(time_s) % 12 / 20


def code(frame: int, base: int, mark: str = ":") -> str:
    """The timecode of a frame, counted from midnight."""
    s = frame // base
    return f"{s // 3600 % 24:02d}:{s // 60 % 60:02d}:{s % 60:02d}{mark}{frame % base:02d}"


def table(n: int = N_ROWS, fps: float = FPS, codes: Sequence[str] | None = None) -> Table:
    """Header and rows as the app writes them; timecodes HH:MM:SS:FF.fff from the hour of ten on."""
    from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS

    names = [name[0].upper() + name[1:] for name in ARKIT_CHANNELS]
    angles = [
        "HeadYaw",
        "HeadPitch",
        "HeadRoll",
        *(f"{s}Eye{a}" for s in ("Left", "Right") for a in ("Yaw", "Pitch", "Roll")),
    ]
    if codes is None:
        codes = [f"10:00:{i // round(fps):02d}:{i % round(fps):02d}.000" for i in range(n)]
    rows = [["Timecode", "BlendShapeCount", *names, *angles]]
    for i, code in enumerate(codes):
        values = np.full(61, 0.08)
        values[names.index("JawOpen")] = jaw_at(i / fps)
        rows.append([code, "61", *(f"{value:.8f}" for value in values)])
    return rows


def save(folder: Path, rows: Table, delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    path = folder / "take.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def jaw_of(path: Path, fps: float = 25.0) -> np.ndarray:
    from generators.motion.tracked import read_recorded_motion

    return read_recorded_motion(path, fps).channel("jawOpen")


def keeps_time(folder: Path, rows: Table, seconds: float = N_ROWS / FPS, tolerance: float = 6e-3, **how: str) -> None:
    """The file lasts so long and the jaw is where it was at every time."""
    jaw = jaw_of(save(folder, rows, **how))
    assert len(jaw) == round(seconds * 25), f"{len(jaw) / 25:.2f} s, not {seconds:.2f} s"
    error = np.abs(jaw - jaw_at(np.arange(len(jaw)) / 25)).max()
    assert error < tolerance, f"the jaw is {error:.3f} off"


def refuses(folder: Path, rows: Table, *says: str, **how: str) -> None:
    """One sentence with these words, through the command line."""
    save(folder, rows, **how)
    done = mien(folder, "reenact", "take.csv", "--size", "128", "-o", "c.mp4")
    assert done.returncode == 2, f"exit status {done.returncode}"
    assert all(word.lower() in done.stderr.lower() for word in says), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and not (folder / "c.mp4").exists()


def coded(write: Callable[[int, int], str], n: int = N_ROWS, fps: int = FPS) -> Table:
    return table(n, fps, [write(*divmod(i, fps)) for i in range(n)])


def changed(rows: Table, change: Callable[[list[str]], list[str]], first: int = 1, last: int | None = None) -> Table:
    return [*rows[:first], *map(change, rows[first:last]), *(rows[last:] if last else [])]


def renamed(rename: Callable[[str], str]) -> Table:
    header, *rows = table()
    return [[rename(name) for name in header], *rows]


def without(*endings: str) -> Table:
    rows = table()
    at = [i for i, name in enumerate(rows[0]) if not name.endswith(endings)]
    return [[row[i] for i in at] for row in rows]


def commas(rows: Table) -> Table:
    return changed(rows, lambda row: [row[0], *(cell.replace(".", ",") for cell in row[1:])])


def empty(row: list[str]) -> list[str]:
    return [row[0], "0", *[""] * 61]


def gap_is_held(folder: Path, rows: Table, first: int, last: int) -> None:
    """All else is in its place, and between these rows the jaw stays where it was and is there in time."""
    jaw, true = jaw_of(save(folder, rows)), jaw_at(np.arange(N_ROWS) / 25)
    assert len(jaw) == N_ROWS, f"{len(jaw) / 25:.2f} s, not {N_ROWS / 25:.2f} s"
    assert np.abs(jaw[:first] - true[:first]).max() < 3e-3 and np.abs(jaw[last:] - true[last:]).max() < 3e-3
    assert (np.diff(jaw) > -1e-6).all() and jaw[first:last].max() <= true[last] + 1e-6


def round_trip(n: int, fps: float) -> Callable[[Path], None]:
    """Motion that the product writes lasts as long when it is read."""

    def check(folder: Path) -> None:
        from generators.contracts import Motion
        from generators.motion.live_link import read_motion_csv, write_motion_csv

        shapes = np.full((n, 52), 0.1, np.float32)
        shapes[:, 17] = jaw_at(np.arange(n) / fps)
        still = np.zeros((n, 3))
        write_motion_csv(Motion(fps, shapes, still + 1, still, np.zeros(n)), folder / "m.csv")
        back = read_motion_csv(folder / "m.csv")
        lasts_s = len(back) / back.fps
        assert abs(lasts_s - n / fps) < 0.02 + 1e-3 * n / fps, f"{lasts_s:.2f} s, not {n / fps:.2f} s"
        assert len(back) == n and np.abs(back.blendshapes - shapes).max() < 1e-3

    return check


for _n, _fps in [
    (22, 25),
    (100, 12.5),
    (90, 23.976),
    (300, 29.97),
    (400, 59.94),
    (10, 60),
    (40, 48),
    (3, 1),
    (30, 15),
    (9, 24),
]:
    trial(CSV, f"{_n} frames at {_fps:g} fps come back")(round_trip(_n, _fps))


_TIMED: dict[str, Callable[[], Table]] = {
    "60 fps": lambda: table(216, 60),
    "30 fps that begin within a second": lambda: table(108, 30, [code(1_079_987 + i, 30) + ".000" for i in range(108)]),
    "milliseconds behind a point": lambda: coded(lambda s, f: f"00:00:{s:02d}.{f * 40:03d}"),
    "frames with no fraction": lambda: coded(lambda s, f: f"01:02:{s + 3:02d}:{f:02d}"),
    "one digit each": lambda: coded(lambda s, f: f"0:0:{s}:{f}"),
    "over midnight": lambda: table(codes=[code(24 * 90_000 - 37 + i, 25) for i in range(N_ROWS)]),
    "over a full hour": lambda: table(codes=[code(11 * 90_000 - 37 + i, 25) for i in range(N_ROWS)]),
    "drop-frame timecodes": lambda: table(108, 30 / 1.001, [code(i, 30, ";") for i in range(108)]),
    "drop-frame over a minute": lambda: table(
        108, 30 / 1.001, [code(1770 + i + 2 * (i > 29), 30, ";") for i in range(108)]
    ),
    "parts of frames that tremble": lambda: table(
        216, 60, [f"{code(i, 60)}.{round(500 + 300 * np.sin(7 * i)):03d}" for i in range(216)]
    ),
    "every second row of 50 fps": lambda: coded(lambda s, f: f"10:00:{s:02d}:{f * 2:02d}.000"),
    "rows in a wrong order": lambda: [(rows := table())[0], *rows[40:], *rows[1:40]],
    "rows from last to first": lambda: [(rows := table())[0], *rows[:0:-1]],
    "a row that is there twice": lambda: [*(rows := table())[:30], rows[29], *rows[30:]],
    "camelCase": lambda: renamed(lambda name: name[0].lower() + name[1:]),
    "small letters": lambda: renamed(str.lower),
    "the old spelling of the count": lambda: renamed(lambda name: name.replace("BlendShape", "Blendshape")),
    "52 channels and no head": lambda: without("Yaw", "Pitch", "Roll"),
    "no count": lambda: without("Count"),
    "columns from right to left": lambda: [row[::-1] for row in table()],
    "a column _neutral and a note": lambda: [
        [*row, "0.1" if i else "_neutral", "hm, good" if i else "Note"] for i, row in enumerate(table())
    ],
    "empty lines at the end": lambda: [*table(), [], [""] * 63, []],
    "spaces around names": lambda: renamed(lambda name: f" {name} "),
    "a last row that was cut off": lambda: [*table(), table(91)[-1][:9]],
}  # fmt: skip


for _name, _made in _TIMED.items():
    trial(CSV, _name)(lambda folder, made=_made: keeps_time(folder, made()))


_WRITTEN = {
    "semicolons and decimal commas": {"delimiter": ";"},
    "tabs and decimal commas": {"delimiter": "\t"},
    "quoted cells with decimal commas": {"delimiter": ","},
}


for _name, _how in _WRITTEN.items():
    trial(CSV, _name)(lambda folder, how=_how: keeps_time(folder, commas(table()), **how))


for _encoding in ("utf-8-sig", "utf-16"):
    trial(CSV, f"in {_encoding}")(lambda folder, encoding=_encoding: keeps_time(folder, table(), encoding=encoding))


for _end in ("\n", "\r"):
    trial(CSV, f"lines that end in {_end!r}")(lambda folder, end=_end: keeps_time(folder, table(), end=end))


@trial(CSV, "15 rows are missing")
def _missing_rows(folder: Path) -> None:
    rows = table()
    gap_is_held(folder, rows[:36] + rows[51:], 35, 50)


@trial(CSV, "a second and a half is missing")
def _long_gap(folder: Path) -> None:
    rows = table()
    gap_is_held(folder, rows[:26] + rows[64:], 25, 63)


@trial(CSV, "rows of empty cells")
def _empty_rows(folder: Path) -> None:
    gap_is_held(folder, changed(table(), empty, 36, 51), 35, 50)


@trial(CSV, "rows of nothing but a timecode")
def _bare_rows(folder: Path) -> None:
    gap_is_held(folder, changed(table(), lambda row: [row[0], "0"], 36, 51), 35, 50)


@trial(CSV, "rows of zeros")
def _zero_rows(folder: Path) -> None:
    gap_is_held(folder, changed(table(), lambda row: [*row[:2], *["0.00000000"] * 61], 36, 51), 35, 50)


@trial(CSV, "no face at first")
def _late_face(folder: Path) -> None:
    jaw = jaw_of(save(folder, changed(table(), empty, 1, 21)))
    assert len(jaw) == N_ROWS and np.abs(jaw[:20] - jaw_at(20 / 25)).max() < 3e-3


@trial(CSV, "zeros set by hand stay zeros")
def _poses(folder: Path) -> None:
    rows = [[row[0], "61", *["0"] * 61] if i else row for i, row in enumerate(table())]
    for row in rows[31:61]:
        row[rows[0].index("JawOpen")] = "1"
    jaw = jaw_of(save(folder, rows))
    assert jaw[:29].max() < 0.01 and jaw[31:59].min() > 0.99 and jaw[61:].max() < 0.01


@trial(CSV, "per cent")
def _percent(folder: Path) -> None:
    keeps_time(
        folder, changed(table(), lambda row: [*row[:2], *(f"{100 * float(c):.4f}" for c in row[2:54]), *row[54:]])
    )


@trial(CSV, "a head in degrees")
def _degrees(folder: Path) -> None:
    from generators.motion.live_link import read_motion_csv

    path = save(folder, changed(table(), lambda row: [*row[:54], "10", "-5", "8", *row[57:]]))
    assert np.allclose(read_motion_csv(path).head_rotation_deg, (10, 5, 8), atol=0.1)


_BAD_CELLS = {"abc": "“abc” is not a number", "": "empty", "12,5.3": "not a number", "nan": "not a number"}


for _cell, _said in _BAD_CELLS.items():

    @trial(CSV, f"a cell is {_cell!r}")
    def _bad_cell(folder: Path, cell: str = _cell, said: str = _said) -> None:
        rows = table()
        rows[13][rows[0].index("JawOpen")] = cell
        refuses(folder, rows, "row 14", "JawOpen", said)


_UNTOLD = {
    "timecodes that are words": lambda: table(codes=["soon"] * N_ROWS),
    "timecodes that stand still": lambda: table(codes=["00:00:00:00.000"] * N_ROWS),
    "no timecodes": lambda: without("Timecode"),
    "frame numbers": lambda: table(codes=[str(i) for i in range(N_ROWS)]),
    "two takes in one": lambda: (
        [*table(), *changed(table(), lambda row: row)[1:60]][:100] + [["10:00:00:05.000", *table()[3][1:]]]
    ),
}


for _name, _made in _UNTOLD.items():
    trial(CSV, f"{_name} ask for --csv-fps")(lambda folder, made=_made: refuses(folder, made(), "--csv-fps"))


@trial(CSV, "--csv-fps says what timecodes do not")
def _csv_fps(folder: Path) -> None:
    save(folder, table(20, codes=["?"] * 20))
    done = mien(folder, "reenact", "take.csv", "--csv-fps", "20", "--size", "128", "-o", "c.mp4", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["frames"] == 25, done.stderr


@trial(CSV, "a rate that is a guess is said")
def _guess(folder: Path) -> None:
    save(folder, table(30, 60, [f"00:00:00:{i:02d}" for i in range(30)]))
    done = mien(folder, "reenact", "take.csv", "--size", "128", "-o", "c.mp4")
    assert done.returncode == 0 and "--csv-fps" in done.stderr, done.stderr


@trial(CSV, "the header spells the count as the app does")
def _header(folder: Path) -> None:
    round_trip(30, 25)(folder)
    assert (folder / "m.csv").read_text().startswith("Timecode,BlendShapeCount,EyeBlinkLeft,")


def dropped(n: int, lost: float) -> Table:
    """A phone's 60 fps with parts of frames, of whose rows a share is lost here and there."""
    rows = table(n, 60, [f"{code(36_017 * 60 + 41 + i, 60)}.{(137 * i) % 900:03d}" for i in range(n)])
    keep = np.random.default_rng(5).random(n) > lost
    keep[[0, -1]] = True
    return [rows[0], *(row for row, kept in zip(rows[1:], keep, strict=True) if kept)]


def between_rows(filler: Table) -> Table:
    rows = table()
    return [rows[0], *filler, *rows[1:50], *filler, *rows[50:]]


_BLIND_TIMED: dict[str, Callable[[], Table]] = {
    "10 fps": lambda: table(36, 10),
    "24 fps from the first hour on": lambda: table(96, 24, [code(86_400 + i, 24) + ".000" for i in range(96)])[:87],
    "59.94 fps with dropped numbers": lambda: table(216, 60 / 1.001, [code(i, 60, ";") for i in range(216)]),
    "120 fps": lambda: table(432, 120),
    "one row in ten is lost": lambda: dropped(216, 0.1),
    "times as Python writes them": lambda: coded(lambda s, f: f"0:00:0{s}" + (f".{f * 40_000:06d}" if f else "")),
    "times in quotes of a spreadsheet": lambda: coded(lambda s, f: f"'00:00:{s:02d}:{f:02d}"),
    "empty lines between rows": lambda: between_rows([[], [""] * 63]),
    "capital letters and a space in a name": lambda: renamed(lambda n: n.upper().replace("SHAPEC", "SHAPE C")),
    "underscores in names": lambda: renamed(lambda n: re.sub(r"(?<!^)(?=[A-Z])", "_", n).lower()),
    "51 channels and _neutral": lambda: [
        [*row[:1], "0.0" if i else "_neutral", *row[2:]]
        for i, row in enumerate([row[:53] + row[54:57] for row in table()])
    ],
    "numbers with an exponent": lambda: changed(table(), lambda row: [*row[:2], *(f"{float(c):.6e}" for c in row[2:])]),
    "spaces around numbers": lambda: changed(table(), lambda row: [f"  {cell} " for cell in row]),
    "values a hair under 0": lambda: changed(table(), lambda row: [*row[:4], "-0.0003", *row[5:]]),
    "values a hair over 1": lambda: changed(table(), lambda row: [*row[:4], "1.0000002", *row[5:]]),
    "more decimals than needed": lambda: changed(
        table(), lambda row: [*row[:2], *(c + "00000000001" for c in row[2:])]
    ),
}


for _name, _made in _BLIND_TIMED.items():
    trial(CSV, _name)(lambda folder, made=_made: keeps_time(folder, made()))


_LOST: dict[str, Callable[[list[str]], list[str]]] = {
    "cells of a lost face are null": lambda row: [row[0], "0", *["null"] * 61],
    "a lost face still has a head at 0": lambda row: [row[0], "0", *[""] * 52, *["0.0"] * 9],
    "a lost face is 0 in a busy file": lambda row: [row[0], "0", *["0"] * 61],
    "a lost face is -": lambda row: [row[0], "61", *["-"] * 61],
}


for _name, _lost in _LOST.items():
    trial(CSV, _name)(lambda folder, lost=_lost: gap_is_held(folder, changed(table(), lost, 41, 51), 40, 50))


_REFUSED: dict[str, tuple[Callable[[], Table], tuple[str, ...]]] = {
    "a column is twice there": (lambda: [[*row, row[19]] for row in table()], ("two columns", "JawOpen")),
    "a channel is not there": (lambda: without("MouthClose"), ("MouthClose",)),
    "an amount of 7": (
        lambda: changed(table(), lambda row: [*row[:19], "7", *row[20:]], 5, 6), ("row 6", "JawOpen", "7"),
    ),
    "a head that is no number": (
        lambda: changed(table(), lambda row: [*row[:54], "left", *row[55:]], 8, 9), ("row 9", "HeadYaw"),
    ),
    "another table": (lambda: [["start", "end", "text"], ["0", "1", "Hello."]], ("Live Link Face",)),
    "40 minutes without rows": (
        lambda: [*table(), *table(50, 25, [code(90_000 * 11 + i, 25) for i in range(50)])[1:]], ("30 minutes",),
    ),
}  # fmt: skip


for _name, (_made, _says) in _REFUSED.items():
    trial(CSV, _name)(lambda folder, made=_made, says=_says: refuses(folder, made(), *says))
