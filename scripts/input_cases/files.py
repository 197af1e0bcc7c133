"""Files that people bring and get: recorded motion (Live Link Face CSV), what lies beside a clip, subtitles."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from scripts.input_cases import Trial, mien

CSV, BESIDE, SUBTITLES = "Live Link CSV", "files beside the clip", "subtitles"
TRIALS: list[Trial] = []
Table = list[list[str]]


def trial(kind: str, name: str) -> Callable:
    """Take a check into `TRIALS`."""
    return lambda check: TRIALS.append(Trial(kind, name, check)) or check


# Live Link CSV: a face whose jaw opens steadily, so that it tells the time, is written by hand and read at 25 fps ----

N_ROWS, FPS = 90, 25


def jaw_at(time_s: np.ndarray) -> np.ndarray:
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


# Files beside the clip ------------------------------------------------------------------------------------------------


def spares(name: str, *arguments: str, make: Callable[[Path], None] | None = None, link: str = "") -> Callable:
    """The file `name`, which `make` makes, is refused as an output in one sentence and stays as it was; a `link` to it
    is named other.csv."""

    def check(folder: Path) -> None:
        path = folder / name
        (make or motion_file)(path)
        before = path.read_bytes()
        if link:
            getattr(folder / "other.csv", link)(path)
        done = mien(folder, *arguments)
        assert path.read_bytes() == before, "it was overwritten"
        assert done.returncode == 2 and "overwrite" in done.stderr, done.stderr
        assert len(done.stderr.strip().splitlines()) == 1 and not list(folder.glob("*.mp4"))

    return check


def motion_file(path: Path) -> None:
    save(path.parent, table(60)).rename(path)


def portrait_file(path: Path) -> None:
    import checkpoints

    shutil.copyfile(checkpoints.path("portrait-astronaut") / "astronaut.png", path)


def sound_file(path: Path) -> None:
    tone = (9000 * np.sin(np.arange(48_000) / 9)).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(tone)


def track_file(path: Path) -> None:
    path.write_text('{"keys": [{"start_s": 0, "emotion": "joy"}]}')


_SMALL = ("--size", "128")
_FOLLOW = ("--motion-csv", "-o", "a.mp4", *_SMALL)
_SPARED = {
    "the motion that is followed": spares("a.motion.csv", "reenact", "a.motion.csv", *_FOLLOW),
    "by a symbolic link": spares("a.motion.csv", "reenact", "other.csv", *_FOLLOW, link="symlink_to"),
    "by a hard link": spares("a.motion.csv", "reenact", "other.csv", *_FOLLOW, link="hardlink_to"),
    "by another spelling": spares("a.motion.csv", "reenact", "../x/./a.motion.csv", *_FOLLOW),
    "a style": spares("a.motion.csv", "render", "Hi.", "--motion-style", "a.motion.csv", *_FOLLOW),
    "a track": spares("a.report.json", "render", "Hi.", "--track", "a.report.json", "-o", "a.mp4", make=track_file),
    "a portrait that is named .srt": spares(
        "a.srt", "render", "Hi.", "-p", "a.srt", "--srt", "-o", "a.mp4", make=portrait_file
    ),
    "a background that is named .vtt": spares(
        "a.vtt", "render", "Hi.", "--background", "a.vtt", "--vtt", "-o", "a.mp4", make=portrait_file
    ),
    "a recording that is named .vtt": spares("a.vtt", "animate", "a.vtt", "--vtt", "-o", "a.mp4", make=sound_file),
}
for _name, _check in _SPARED.items():
    trial(BESIDE, _name)(_check)


def run_in_shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command line with its redirections; `mien` in it is the product."""
    import sys

    return subprocess.run(
        ["sh", "-c", command.replace("mien ", f'"{sys.executable}" -m ui.cli ')],
        cwd=folder, capture_output=True, text=True, timeout=240, env=os.environ, check=False,
    )  # fmt: skip


_REDIRECTED = {
    "a text on stdin": ("a.srt", "mien render - --srt -o a.mp4 --size 128 < a.srt"),
    "a message on stdin": ("t.json", "mien perceive - --track t.json < t.json"),
    "a report where stdout goes": ("a.report.json", "mien say Hi. --json -o a.wav >> a.report.json"),
}
for _name, (_file, _command) in _REDIRECTED.items():

    @trial(BESIDE, _name)
    def _redirected(folder: Path, file: str = _file, command: str = _command) -> None:
        (folder / file).write_text("Hello.\n")
        done = run_in_shell(folder, command)
        assert (folder / file).read_text() == "Hello.\n", "it was overwritten"
        assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1, done.stderr


@trial(BESIDE, "a folder where the subtitles go")
def _folder_in_the_way(folder: Path) -> None:
    (folder / "a.srt").mkdir()
    done = mien(folder, "render", "Hi.", "--srt", "-o", "a.mp4", *_SMALL)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1 and not (folder / "a.mp4").exists()


@trial(BESIDE, "two that would be one")
def _meeting(folder: Path) -> None:
    (folder / "a.srt").symlink_to(folder / "a.vtt")
    done = mien(folder, "render", "Hi.", "--srt", "--vtt", "-o", "a.mp4", *_SMALL)
    assert done.returncode == 2 and len(done.stderr.strip().splitlines()) == 1


@trial(BESIDE, "an edited file goes to a new clip")
def _edited_file_to_new_clip(folder: Path) -> None:
    save(folder, table(12)).rename(folder / "a.motion.csv")
    done = mien(folder, "reenact", "a.motion.csv", "--motion-csv", "-o", "b.mp4", *_SMALL)
    assert done.returncode == 0 and (folder / "b.motion.csv").exists(), done.stderr


@trial(BESIDE, "the same clip is made again over its own files")
def _again(folder: Path) -> None:
    save(folder, table(12))
    for _ in range(2):
        done = mien(folder, "reenact", "take.csv", "--motion-csv", "--srt", "--vtt", "-o", "b.mp4", *_SMALL)
        assert done.returncode == 0, done.stderr


# Subtitles: what players' decoder shows of them -----------------------------------------------------------------------


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)


def shown(text: str, suffix: str) -> list[str]:
    """What libass would show of a subtitle file: its lines without what is hidden."""
    import imageio_ffmpeg

    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", suffix, "-i", "pipe:", "-f", "ass", "-"]
    ass = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout.decode()
    lines = [line.split(",", 9)[9] for line in ass.splitlines() if line.startswith("Dialogue:")]
    return [re.sub(r"\{[^}]*\}", "", re.sub(r"\\[Nnh]", " ", line)) for line in lines]


def captions_of(text: str, word_s: float = 0.3) -> list:
    from generators.contracts import Word
    from studio.media.captions import make_captions

    words = text.split()
    return make_captions(
        [Word(word, i * word_s, (i + 1) * word_s) for i, word in enumerate(words)], len(words) * word_s + 1
    )


def all_is_shown(text: str, hidden: str = "") -> Callable[[Path], None]:
    """Every letter of a text is seen, in SRT and VTT, and in a parser as simple as they come; signs may change."""

    def check(folder: Path) -> None:
        from studio.media.captions import to_srt, to_vtt

        captions = captions_of(text)
        srt, vtt = to_srt(captions), to_vtt(captions)
        for written, suffix in ((srt, "srt"), (vtt, "webvtt")):
            seen = shown(written, suffix)
            assert letters("".join(seen)) == letters(text), seen
            assert len(seen) == len(captions), f"{len(seen)} captions, not {len(captions)}"
            assert written.count("-->") == len(captions), "an arrow in the text"
        _ = (folder / "a.srt").write_text(srt)
        simple = [
            re.sub(r"<[^>]*>|\{[^}]*\}", "", "\n".join(block.split("\n")[2:])) for block in srt.strip().split("\n\n")
        ]
        assert letters("".join(simple)) == letters(text), simple
        assert not re.search(r"\n\d+$", srt.strip().split("\n\n")[-1].split("\n", 2)[2]), (
            "a number for the next caption"
        )

    return check


_SHOWN = {
    "braces": "Look at {this one here} and say {nothing} now.",
    "a brace that never ends": "Press the { key and then go on.",
    "a placement": r"{\an8}Up there it stands.",
    "a colour": r"{\c&HFF0000&}Red are {\r}all my roses.",
    "tags": "He said <i>that</i> and <b>this</b> too.",
    "a font": 'A <font color="red">red</font> word.',
    "a name in angle brackets": "Ask <John Smith> for it.",
    "less and more": "If a < b and c > d then stop.",
    "less than a number": "We need x<5 or y>7 here.",
    "an arrow": "From here --> to there it goes.",
    "a long arrow": "A ----> B is the way.",
    "times": "It says 00:00:01,000 --> 00:00:02,000 on it.",
    "a path": r"Open C:\New\names\hello and look.",
    "a line break of ASS": r"One \N two \n three \h four.",
    "a number alone": "42",
    "a number at the end": "The number that nobody in this old town will ever forget is 1999",
    "NOTE": "NOTE that this is no comment.",
    "STYLE": "STYLE is what he has.",
    "an ampersand": "AT&T and Q&A; &amp; is one sign.",
    "an entity": "Write &lt;b&gt; for bold.",
    "VTT's voices": "<v Bob>Hello there.</v>",
    "VTT's cue times": "Now <00:00:01.000> it comes.",
    "karaoke": r"{\k20}La {\k30}la {\k10}la.",
    "microdvd": "{1}{25}This is text. {y:i}And this.",
    "code": "if (a<b) { return x->y; } else { c[0]; }",
    "separators of lines": "One\u2028two\x0bthree\x85four and five.",
    "emoji and arrows": "I ← you → me <3 {♥}.",
    "mathematics": "The set {1, 2, 3} has 3 members, and {} none.",
}  # fmt: skip
for _name, _text in _SHOWN.items():
    trial(SUBTITLES, _name)(all_is_shown(_text))


@trial(SUBTITLES, "plain words are as they were")
def _plain_words(folder: Path) -> None:
    from studio.media.captions import to_srt

    text = "Well, it's “fine” – 5 % more (or less): a/b, 3:16,17 & [so] on…"
    assert " ".join(to_srt(captions_of(text)).split("\n")[2:4]).strip() == text


@trial(SUBTITLES, "no caption is under half a second")
def _short_captions(folder: Path) -> None:
    from generators.contracts import Word
    from studio.media.captions import make_captions

    rng = np.random.default_rng(0)
    words, at = [], 0.0
    said = "No! Stop. Yes? I see. Go! Now. Why? Ok. Come on. Ha! Wait. Who? Me? You! Fine. So be it. Right. Hm."
    for text in said.split():
        lasts_s = float(rng.uniform(0.1, 0.3))
        words.append(Word(text, at, at + lasts_s))
        at += lasts_s + float(rng.uniform(0.03, 0.15))
    captions = make_captions(words, at)
    assert " ".join(c.text.replace("\n", " ") for c in captions).split() == [w.text for w in words]
    assert min(c.end_s - c.start_s for c in captions) >= 0.5
    assert max(c.end_s - c.start_s for c in captions) <= 6
    assert all(len(line) <= 42 for c in captions for line in c.text.split("\n"))


@trial(SUBTITLES, "of a real clip")
def _of_a_clip(folder: Path) -> None:
    done = mien(folder, "render", r"Press {any key} now, Bob.", "--srt", "--vtt", "-o", "a.mp4", *_SMALL)
    assert done.returncode == 0, done.stderr
    for suffix, kind in ((".srt", "srt"), (".vtt", "webvtt")):
        seen = shown((folder / "a").with_suffix(suffix).read_text(encoding="utf-8"), kind)
        assert letters("".join(seen)) == "PressanykeynowBob", seen


# Written after the product had been mended, without a look at it ------------------------------------------------------


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

trial(CSV, "utf-16-be with tabs")(
    lambda folder: keeps_time(
        folder, [["\ufeffTimecode", *table()[0][1:]], *table()[1:]], delimiter="\t", encoding="utf-16-be"
    )
)

_BLIND_SHOWN = {
    "a comment of HTML": "This <!-- is not --> hidden.",
    "a break of HTML": "One<br>two<br/>three.",
    "quotes of angles": "He said <<come in>> and >>> went.",
    "three dots and braces": "So {...} and {…} it {[goes]}.",
    "a backslash at the end": "Ends with C:\\",
    "nested braces": "f{g{h}} and }{ too.",
    "a heart and more": "I <3 you >3 times.",
    "other scripts": "مرحبا {بالعالم} 你好 {世界} привет <мир>.",
    "short times": "From 00:01 --> 00:02 and 01:02.50 to 03:04.50 it is.",
    "position of SubRip": "X1:40 X2:600 Y1:20 Y2:50 is text.",
    "a template": "Dear {{name}}, your ${amount} of %s is <b>due</b>.",
}
for _name, _text in _BLIND_SHOWN.items():
    trial(SUBTITLES, _name)(all_is_shown(_text))


def _linked_folder(folder: Path) -> None:
    (folder / "real").mkdir()
    motion_file(folder / "real" / "a.motion.csv")
    (folder / "link").symlink_to(folder / "real")
    before = (folder / "real" / "a.motion.csv").read_bytes()
    done = mien(folder, "reenact", "real/a.motion.csv", "--motion-csv", "-o", "link/a.mp4", *_SMALL)
    assert (folder / "real" / "a.motion.csv").read_bytes() == before, "it was overwritten"
    assert done.returncode == 2 and "overwrite" in done.stderr


trial(BESIDE, "through a folder that is a link")(_linked_folder)
trial(BESIDE, "a text that is perceived")(
    spares("a.json", "perceive", "a.json", "--track", "a.json", make=lambda path: path.write_text("I am glad."))
)
trial(BESIDE, "a picture that is perceived, by a link")(
    spares("a.png", "perceive", "--face", "other.csv", "--plot", "a.png", make=portrait_file, link="hardlink_to")
)
trial(BESIDE, "a background of the demo")(
    spares("d.srt", "demo", "--background", "d.srt", "--srt", "-o", "d.mp4", make=portrait_file)
)
