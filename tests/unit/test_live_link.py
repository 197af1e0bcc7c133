"""Recorded motion in time: real forms of Live Link Face CSV whose truth is known."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from checkpoints.notices import gathering
from emotion_embed.signals.face_landmarks import ARKIT_CHANNELS, CHANNEL_INDEX
from generators.contracts import Motion
from generators.motion.live_link import read_motion_csv, write_motion_csv
from generators.motion.timecodes import UntoldRate, place_rows, write_timecodes
from generators.motion.tracked import read_recorded_motion

JAW, SMILE = CHANNEL_INDEX["jawOpen"], CHANNEL_INDEX["mouthSmileLeft"]
RATES = [1, 2, 8, 12, 12.5, 15, 23.976, 24, 25, 29.97, 30_000 / 1001, 30, 48, 50, 59.94, 60_000 / 1001, 60]


def jaw_at(time_s):
    """A jaw that tells the time, 12 s at a time."""
    return 0.2 + np.asarray(time_s) % 12 / 20


def made(n, fps, first_s=0.0):
    """Motion whose jaw tells the time, on a face that is never at rest."""
    shapes = np.full((n, 52), 0.1, np.float32)
    shapes[:, JAW] = jaw_at(first_s + np.arange(n) / fps)
    turns = np.zeros((n, 3)) + (3.0, -2.0, 1.0)
    return Motion(fps, shapes, turns, np.zeros((n, 3)), np.zeros(n))


def table(path, n=90, fps=25):
    """Header and rows of a file that the product wrote."""
    write_motion_csv(made(n, fps), path)
    return list(csv.reader(path.open()))


@pytest.fixture
def file(tmp_path):
    """Writes rows, with commas unless told otherwise, and returns the path."""

    def write(rows, delimiter=",", encoding="utf-8", end="\r\n"):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
        path = tmp_path / "take.csv"
        path.write_bytes(text.getvalue().encode(encoding))
        return path

    return write


@pytest.fixture
def rows(tmp_path):
    return table(tmp_path / "m.csv")


def read(path, **options):
    """The motion at 25 frames a second, and what was noticed."""
    notices = []
    with gathering(notices):
        return read_recorded_motion(path, 25.0, **options), notices


def keeps_time(motion, seconds=3.6, tolerance=2e-3):
    """Whether it lasts so long and its jaw tells the right time throughout."""
    times_s = np.arange(len(motion)) / motion.fps
    assert len(motion) == round(seconds * motion.fps)
    assert motion.blendshapes[:, JAW] == pytest.approx(jaw_at(times_s), abs=tolerance)
    return True


def with_codes(rows, codes):
    return [rows[0], *([code, *row[1:]] for code, row in zip(codes, rows[1:], strict=True))]


# Rates ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("n", [2, 22, 200])
def test_what_is_written_comes_back_at_any_rate_and_length(tmp_path, fps, n):
    motion = made(n, fps)
    write_motion_csv(motion, tmp_path / "m.csv")
    back = read_motion_csv(tmp_path / "m.csv")
    assert back.fps == pytest.approx(fps, rel=1e-5)
    assert len(back) == n
    assert back.blendshapes == pytest.approx(motion.blendshapes, abs=1e-4)
    assert back.head_rotation_deg == pytest.approx(motion.head_rotation_deg, abs=1e-3)


@given(st.floats(1, 60), st.integers(3, 400))
@settings(max_examples=60, deadline=None)
def test_timecodes_of_any_rate_tell_it(fps, n):
    placing = place_rows(write_timecodes(n, fps))
    assert placing.is_told
    assert placing.fps == pytest.approx(fps, rel=1e-3)
    assert placing.times_s == pytest.approx(np.arange(n) / fps, abs=2e-3)


def test_the_header_and_the_first_rows_are_the_apps(tmp_path):
    header, first, *_ = table(tmp_path / "m.csv")
    assert header[:3] == ["Timecode", "BlendShapeCount", "EyeBlinkLeft"]
    assert header[-9:-6] == ["HeadYaw", "HeadPitch", "HeadRoll"]
    assert first[:2] == ["00:00:00:00.000", "61"]
    assert (len(header), len(first)) == (63, 63)


@pytest.mark.parametrize(("base", "fps"), [(30, 30 / 1.001), (60, 60 / 1.001)])
@pytest.mark.parametrize("first", [0, 1780, 17_980, 107_880])
def test_drop_frame_timecodes_skip_numbers_and_no_time(base, fps, first):
    codes = [drop_frame(first + i, base) for i in range(240)]
    placing = place_rows(codes)
    assert placing.fps == pytest.approx(fps)
    assert placing.times_s == pytest.approx(np.arange(240) / fps)


def drop_frame(frame, base):
    """SMPTE's drop-frame timecode: two (four) numbers are left out in every minute but the tenth."""
    drop, ten, minute = base // 15, base * 600 - 9 * (base // 15), base * 60 - base // 15
    tens, rest = divmod(frame, ten)
    frame += 9 * drop * tens + (drop * ((rest - drop) // minute) if rest >= drop + minute - drop else 0)
    seconds = frame // base
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d};{frame % base:02d}"


@pytest.mark.parametrize(
    "written",
    [
        lambda s, f: f"10:{17 + s // 60:02d}:{s % 60:02d}:{f:02d}.000",
        lambda s, f: f"0:0:{s}:{f}",
        lambda s, f: f"00:00:{s:02d}.{f * 40:03d}",
        lambda s, f: f"00:00:{s:02d},{f * 40:03d}",
        lambda s, f: f"00:00:{s:02d}:{f * 40:03d}",
        lambda s, f: f"00:00:{s:02d}.{f:02d}",
        lambda s, f: f"{s + f / 25:.2f}",
        lambda s, f: f"{1_700_000_000 + s}.{f * 40:03d}",
        lambda s, f: f" 00:00:{s:02d}:{f:02d} ",
        lambda s, f: f"'00:00:{s:02d}:{f:02d}",
    ],
)
def test_forms_of_timecodes(file, rows, written):
    codes = [written(*divmod(i, 25)) for i in range(90)]
    assert keeps_time(read(file(with_codes(rows, codes)))[0])


def test_a_phone_that_records_at_60_with_parts_of_frames_and_a_jitter(file, tmp_path):
    rng = np.random.default_rng(2)
    times_s = 11 * 3600 + 0.513 + np.arange(216) / 60 + rng.uniform(-0.002, 0.002, 216)
    codes = [f"11:00:{int(t) % 60:02d}:{t % 1 * 60:06.3f}" for t in times_s]
    motion, notices = read(file(with_codes(table(tmp_path / "m.csv", 216, 60), codes)))
    assert keeps_time(motion) and notices == []


def test_timecodes_that_pass_midnight(file, rows):
    codes = [
        f"23:59:{59 - 1 + i // 25:02d}:{i % 25:02d}" if i < 50 else f"00:00:0{i // 25 - 2}:{i % 25:02d}"
        for i in range(90)
    ]
    assert keeps_time(read(file(with_codes(rows, codes)))[0])


def test_rows_in_any_order(file, rows):
    shuffled = np.random.default_rng(0).permutation(rows[1:]).tolist()
    assert keeps_time(read(file([rows[0], *shuffled]))[0])


def test_rows_that_are_there_twice(file, rows):
    assert keeps_time(read(file([*rows, *rows[20:30]]))[0])
    assert keeps_time(read(file([*rows[:9], rows[8], *rows[9:]]))[0])


def test_two_rows_for_each_timecode(file, tmp_path):
    codes = [f"00:00:0{i // 60}:{i % 60 // 2:02d}" for i in range(216)]
    motion = read(file(with_codes(table(tmp_path / "m.csv", 216, 60), codes)))[0]
    assert keeps_time(motion)


def test_timecodes_without_frames_spread_over_their_second(file, rows):
    codes = [f"08:15:{30 + (i + 10) // 25}" for i in range(90)]
    assert keeps_time(read(file(with_codes(rows, codes)))[0])


def test_a_file_of_less_than_a_second_says_that_its_rate_is_a_guess(file, tmp_path):
    rows = table(tmp_path / "m.csv", 20, 60)
    path = file(with_codes(rows, [f"00:00:00:{i:02d}" for i in range(20)]))
    motion, notices = read(path)
    assert len(motion) == round(20 / 60 * 25)
    assert "--csv-fps" in notices[0]
    motion, notices = read(path, csv_fps=25)
    assert len(motion) == 20 and notices == []


def test_a_rate_that_is_said_overrides_and_keeps_the_gaps(file, rows):
    path = file(rows[:30] + rows[45:])
    assert len(read(path)[0]) == 90
    assert len(read(path, csv_fps=50)[0]) == 45
    assert read_motion_csv(path, fps=50).fps == 50


# Gaps and lost faces --------------------------------------------------------------------------------------------------


def test_a_gap_is_held_and_nothing_after_it_comes_early(file, rows):
    motion, notices = read(file(rows[:36] + rows[56:]))
    assert len(motion) == 90
    jaw, true = motion.blendshapes[:, JAW], jaw_at(np.arange(90) / 25)
    assert jaw[:35] == pytest.approx(true[:35], abs=1e-4)
    assert jaw[35:48] == pytest.approx(true[34], abs=1e-4)
    assert (np.diff(jaw) >= -1e-6).all()
    assert jaw[55:] == pytest.approx(true[55:], abs=1e-4)
    assert "0.8 s" in notices[0]


def test_a_short_gap_is_bridged_without_a_word(file, rows):
    motion, notices = read(file(rows[:36] + rows[42:]))
    assert keeps_time(motion) and notices == []


@pytest.mark.parametrize(
    "lost",
    [
        lambda row: [row[0], "0", *[""] * 61],
        lambda row: [row[0], "0"],
        lambda row: [row[0], "0", *[""] * 52, *["0.0"] * 9],
        lambda row: [row[0], "61", *["0.000000"] * 61],
        lambda row: [row[0], "61", *["nan"] * 61],
    ],
)
def test_rows_without_a_face_are_held_over(file, rows, lost):
    motion, notices = read(file([*rows[:36], *map(lost, rows[36:56]), *rows[56:]]))
    jaw, true = motion.blendshapes[:, JAW], jaw_at(np.arange(90) / 25)
    assert jaw[36:48] == pytest.approx(true[34], abs=1e-4)
    assert jaw[56:] == pytest.approx(true[56:], abs=1e-4)
    assert "No face" in notices[0]


def test_a_face_that_comes_late_and_goes_early_is_held_to_both_ends(file, rows):
    none = lambda row: [row[0], "0", *[""] * 61]  # noqa: E731
    jaw = read(file([rows[0], *map(none, rows[1:20]), *rows[20:80], *map(none, rows[80:])]))[0].blendshapes[:, JAW]
    assert len(jaw) == 90
    assert jaw[:19] == pytest.approx(jaw_at(19 / 25), abs=1e-4)
    assert jaw[79:] == pytest.approx(jaw_at(78 / 25), abs=1e-4)


def test_zeros_that_were_set_by_hand_are_a_face_at_rest(file):
    channels = np.zeros((75, 52), np.float32)
    channels[25:50, JAW] = 1
    path = file([])
    write_motion_csv(Motion(25, channels, np.zeros((75, 3)), np.zeros((75, 3)), np.zeros(75)), path)
    motion, notices = read(path)
    assert motion.blendshapes == pytest.approx(channels, abs=1e-5)
    assert notices == []


def test_a_file_without_any_face_is_one_sentence(file, rows):
    with pytest.raises(BadInput, match="no face"):
        read(file([rows[0], *([row[0], "0"] for row in rows[1:])]))


# How tables are written -----------------------------------------------------------------------------------------------


def commas(rows):
    return [rows[0], *([row[0], *(cell.replace(".", ",") for cell in row[1:])] for row in rows[1:])]


def renamed(rows, rename):
    return [[rename(name) for name in rows[0]], *rows[1:]]


def sided(name):
    return name if name in ("MouthLeft", "MouthRight") else name.replace("Left", "_L").replace("Right", "_R")


def shares(rows):
    """The same in per cent, with its sign."""
    cent = lambda cell: f"{float(cell) * 100:.3f}%"  # noqa: E731
    return [rows[0], *([*row[:2], *map(cent, row[2:54]), *row[54:]] for row in rows[1:])]


def picked(rows, keep):
    at = [i for i, name in enumerate(rows[0]) if keep(name)]
    return [[row[i] for i in at] for row in rows]


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (lambda rows: renamed(rows, lambda n: n[0].lower() + n[1:]), {}),
        (lambda rows: renamed(rows, lambda n: n.replace("BlendShapeCount", "BlendshapeCount")), {}),
        (lambda rows: renamed(rows, str.upper), {}),
        (lambda rows: renamed(rows, lambda n: f" {n} "), {}),
        (lambda rows: renamed(rows, sided), {}),
        (lambda rows: [row[::-1] for row in rows], {}),
        (lambda rows: [[*row, "a note, with a comma"] for row in rows], {}),
        (lambda rows: [[row[0], "_neutral" if i == 0 else "0.9", *row[1:]] for i, row in enumerate(rows)], {}),
        (lambda rows: picked(rows, lambda n: n not in ("BlendShapeCount", "TongueOut")), {}),
        (lambda rows: [*rows, [""] * 63, [], [""]], {}),
        (lambda rows: [[], *rows], {}),
        (commas, {"delimiter": ";"}),
        (commas, {"delimiter": "\t"}),
        (commas, {"delimiter": ","}),
        (lambda rows: [["sep=;"], *rows], {"delimiter": ";"}),
        (lambda rows: rows, {"encoding": "utf-8-sig", "end": "\n"}),
        (lambda rows: rows, {"encoding": "utf-16"}),
        (lambda rows: rows, {"encoding": "utf-16-le", "delimiter": "\t"}),
        (lambda rows: [[*row, "für"] for row in rows], {"encoding": "latin-1"}),
        (lambda rows: rows, {"end": "\r"}),
        (shares, {}),
    ],
)  # fmt: skip
def test_tables_as_people_have_them(file, rows, change, options):
    motion, notices = read(file(change(rows), **options))
    assert keeps_time(motion) and notices == []
    assert motion.blendshapes[:, SMILE] == pytest.approx(0.1, abs=1e-4)


def test_a_file_without_a_head_keeps_it_still_and_says_so(file, rows):
    motion, notices = read(file(picked(rows, lambda name: not name.endswith(("Yaw", "Pitch", "Roll")))))
    assert keeps_time(motion) and "head" in notices[0]
    assert not motion.head_rotation_deg.any()


def test_columns_of_the_head_that_are_empty_are_none(file, rows):
    motion, notices = read(file([rows[0], *([*row[:54], *[""] * 9] for row in rows[1:])]))
    assert keeps_time(motion) and "head" in notices[0]


def test_per_cent_and_degrees_are_told_from_shares_and_radians(file, rows):
    percent = [rows[0], *([*row[:2], *(f"{float(c) * 100:.4f}" for c in row[2:54]), *row[54:]] for row in rows[1:])]
    motion, notices = read(file(percent))
    assert keeps_time(motion) and "per cent" in notices[0]
    degrees = [rows[0], *([*row[:54], *(f"{np.degrees(float(c)) * 3:.4f}" for c in row[54:])] for row in rows[1:])]
    path = file(degrees)
    assert read_motion_csv(path).head_rotation_deg == pytest.approx(np.zeros((90, 3)) + (9, -6, 3), abs=0.01)


def test_values_a_little_over_are_cut_and_that_is_said(file, rows):
    rows[5][2 + JAW] = "1.4"
    motion, notices = read(file(rows))
    assert motion.blendshapes[:, JAW].max() == 1 and "1.40" in notices[0]
    rows[5][2 + JAW] = "1.01"
    assert read(file(rows))[1] == []


# What cannot be read --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("abc", "“abc” is not a number"),
        ("", "the cell is empty"),
        ("nan", "“nan” is not a number"),
        ("inf", "“inf” is not a number"),
        ("0.1.2", "“0.1.2” is not a number"),
        ("35", "“35” is not from 0 to 1"),
        ("-7", "“-7” is not from 0 to 1"),
    ],
)
def test_a_bad_cell_is_named(file, rows, cell, said):
    rows[13][rows[0].index("JawOpen")] = cell
    with pytest.raises(BadInput, match=f"row 14, column JawOpen: {said}"):
        read(file(rows))


@pytest.mark.parametrize(
    "codes",
    [
        ["soon"] * 90,
        [""] * 90,
        [str(i) for i in range(90)],
        ["00:00:00:00.000"] * 90,
        ["00:00:00:00", "00:00:75:00"] * 45,
        [f"00:00:0{i // 25 % 2}:{i % 25:02d}" for i in range(90)],
    ],
)
def test_timecodes_that_do_not_tell_ask_for_a_rate(file, rows, codes):
    path = file(with_codes(rows, codes))
    with pytest.raises(BadInput, match="--csv-fps"):
        read(path)
    assert keeps_time(read(path, csv_fps=25)[0])


def test_a_file_without_timecodes_asks_for_a_rate(file, rows):
    path = file(picked(rows, lambda name: name != "Timecode"))
    with pytest.raises(BadInput, match="no column Timecode.*--csv-fps"):
        read(path)
    assert keeps_time(read(path, csv_fps=25)[0])


def test_one_timecode_that_cannot_be_read_is_shown():
    with pytest.raises(UntoldRate, match="“x:y”"):
        place_rows(["00:00:00:00", "x:y"])


def test_a_last_row_that_was_cut_off_is_left_out(file, rows):
    motion, notices = read(file([*rows, [*rows[-1][:20]]]))
    assert keeps_time(motion) and "last row" in notices[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no frames"),
        (" \n\n", "no frames"),
        ("\x89PNG\r\n\x1a\n\0\0", "must name channels"),
        ("start,end,text\n0,1,hello\n", "must name channels"),
        (",".join(ARKIT_CHANNELS) + "\n", "no frames"),
        (",".join([*ARKIT_CHANNELS, "JawOpen"]) + "\n" + ",".join("0" * 53), "two columns JawOpen"),
        (",".join(ARKIT_CHANNELS[:30]) + "\n" + ",".join("0" * 30), "lacks the columns .* and 17 more"),
    ],
)
def test_what_is_no_such_file_is_one_sentence(tmp_path, text, said):
    (tmp_path / "m.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=said):
        read(tmp_path / "m.csv")
