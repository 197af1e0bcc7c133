"""All files of a clip appear together or not at all, and never beside one that they do not belong to."""

import ast
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkpoints.errors import BadInput, MienError
from studio.media.files import write_json
from studio.media.publish import Publication

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = (".mp4", ".srt", ".motion.csv", ".report.json")
# Stores of what was computed once, which no user named.
CACHES = {"generators/head/mesh/analysis_cache.py", "generators/voice/kokoro/graph.py"} | {
    f"generators/motion/diffusion/training/{name}.py"
    for name in ("learning", "windows")  # what a stopped run goes on from
}
THE_DOOR = "studio/media/publish.py"


def put(folder, content, suffixes=SUFFIXES):
    for suffix in suffixes:
        (folder / f"clip{suffix}").write_text(content)


def found(folder):
    """Names and contents, and what is hidden as well."""
    return {file.name: file.read_text() if file.is_file() else "a folder" for file in folder.iterdir()}


def stage(files, content="new", suffixes=SUFFIXES):
    for suffix in suffixes:
        files.path(suffix).write_text(content)


def whole(content, suffixes=SUFFIXES):
    return {f"clip{suffix}": content for suffix in suffixes}


@pytest.mark.parametrize("before", [None, "old"])
def test_all_files_appear_together(tmp_path, before):
    if before:
        put(tmp_path, before)
    with Publication(tmp_path / "clip.mp4") as files:
        stage(files)
        assert {name for name in found(tmp_path) if not name.startswith(".")} == set(whole(before) if before else ())
        files.publish()
        assert found(tmp_path) == whole("new")
    assert found(tmp_path) == whole("new")


def test_a_staged_file_has_its_final_name_and_lies_on_the_same_disk(tmp_path):
    with Publication(tmp_path / "a.b.MP4") as files:
        assert files.path() == files.path(".mp4")
        assert (files.path().name, files.path(".srt").name) == ("a.b.MP4", "a.b.srt")
        assert files.path().parent.parent == tmp_path and files.path().parent.name.startswith(".")


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, None])
@pytest.mark.parametrize("before", [None, "old"])
def test_without_publishing_nothing_is_left(tmp_path, before, error):
    out = tmp_path / "new" / "deep" / "clip.mp4"
    if before:
        out.parent.mkdir(parents=True)
        put(out.parent, before)
    try:
        with Publication(out) as files:
            stage(files)
            if error:
                raise error
    except (RuntimeError, KeyboardInterrupt):
        assert error
    assert (found(out.parent) == whole(before)) if before else (found(tmp_path) == {})


def test_what_was_not_written_is_not_published(tmp_path):
    put(tmp_path, "old")
    with pytest.raises(MienError, match=r"clip\.srt was never written"), Publication(tmp_path / "clip.mp4") as files:
        files.path().write_text("new")
        files.path(".srt")
        files.publish()
    with pytest.raises(MienError, match=r"clip\.mp4"), Publication(tmp_path / "clip.mp4") as files:
        files.path(".srt").write_text("new")
        files.publish()
    assert found(tmp_path) == whole("old")


def _renames(monkeypatch, n_good, error=None):
    """Let `n_good` renames pass; the next raises `error`."""
    real, calls = Path.replace, []

    def replace(self, target):
        calls.append(self)
        if len(calls) == n_good + 1 and error is not None:
            raise error
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    return calls


@pytest.mark.parametrize("n_good", range(len(SUFFIXES)))
@pytest.mark.parametrize("before", [(), (".mp4",), (".mp4", ".report.json"), SUFFIXES])
@pytest.mark.parametrize("error", [PermissionError(errno.EPERM, "Operation not permitted"), KeyboardInterrupt()])
def test_one_that_cannot_be_put_in_place_undoes_all(tmp_path, monkeypatch, n_good, before, error):
    put(tmp_path, "old", before)
    _renames(monkeypatch, n_good, error)
    expected = BadInput if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected), Publication(tmp_path / "clip.mp4") as files:
        stage(files)
        files.publish()
    assert found(tmp_path) == whole("old", before)


def test_an_older_file_is_not_lost_where_it_cannot_be_put_back(tmp_path, monkeypatch):
    put(tmp_path, "old")

    def fail(self, target):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(BadInput, match="Input/output error"), Publication(tmp_path / "clip.mp4") as files:
        stage(files)
        files.publish()
    kept = [file for file in tmp_path.rglob("clip*") if file.read_text() == "old"]
    assert {file.name for file in kept} == set(whole("old"))


@pytest.mark.parametrize("links", [True, False])
def test_no_moment_shows_files_of_two_clips_together(tmp_path, monkeypatch, links):
    """Looked at before and after every step that changes the folder: a process may be killed at each."""
    put(tmp_path, "old")
    seen = []

    def watched(owner, name):
        real = getattr(owner, name)

        def step(*arguments, **options):
            seen.append({n: t for n, t in found(tmp_path).items() if not n.startswith(".")})
            result = real(*arguments, **options)
            seen.append({n: t for n, t in found(tmp_path).items() if not n.startswith(".")})
            return result

        monkeypatch.setattr(owner, name, step)

    def no_links(*arguments, **options):
        raise OSError(errno.EPERM, "no hard links here")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    for owner, name in ((Path, "replace"), (Path, "rename"), (os, "link")):
        watched(owner, name)
    with Publication(tmp_path / "clip.mp4") as files:
        stage(files)
        files.publish()
    assert len(seen) >= 2 * len(SUFFIXES)
    assert all(len(set(names.values())) <= 1 for names in seen)
    assert not links or all("clip.mp4" in names for names in seen)
    assert all(names == whole("new") for names in seen if names.get("clip.report.json") == "new")


def test_a_killed_process_leaves_older_files_to_be_found(tmp_path):
    put(tmp_path, "old")
    code = (
        "import os, signal, sys; from pathlib import Path; from studio.media.publish import Publication\n"
        "real = Path.replace\n"
        "def replace(self, target):\n"
        "    real(self, target)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "Path.replace = replace\n"
        "with Publication(sys.argv[1]) as files:\n"
        "    for suffix in ('.mp4', '.srt', '.motion.csv', '.report.json'):\n"
        "        files.path(suffix).write_text('new')\n"
        "    files.publish()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "clip.mp4")], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert {name: text for name, text in found(tmp_path).items() if not name.startswith(".")} == {"clip.mp4": "new"}
    assert {f.name for f in tmp_path.glob(".mien-*/.before/*") if f.read_text() == "old"} == set(whole("old"))


def test_ctrl_c_while_a_clip_is_written_leaves_nothing(tmp_path):
    code = (
        "import sys, time; from studio.media.publish import Publication\n"
        "with Publication(sys.argv[1]) as files:\n"
        "    files.path().write_text('new')\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "clip.mp4")], cwd=ROOT, stderr=subprocess.DEVNULL
    )
    give_up = time.monotonic() + 60
    while not list(tmp_path.glob(".mien-*/clip.mp4")) and time.monotonic() < give_up:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    process.wait(60)
    assert found(tmp_path) == {}


def test_signing_sees_every_file_and_may_change_and_add_some(tmp_path):
    def sign(folder):
        assert {file.name for file in folder.iterdir()} == set(whole("new"))
        (folder / "clip.mp4").write_text("signed")
        (folder / "clip.c2pa").write_text("manifest")

    with Publication(tmp_path / "clip.mp4", sign=sign) as files:
        stage(files)
        files.publish()
    assert found(tmp_path) == whole("new") | {"clip.mp4": "signed", "clip.c2pa": "manifest"}


def test_what_cannot_be_signed_is_not_published(tmp_path):
    def sign(folder):
        raise MienError("There is no key.")

    put(tmp_path, "old")
    with pytest.raises(MienError, match="no key"), Publication(tmp_path / "clip.mp4", sign=sign) as files:
        stage(files)
        files.publish()
    assert found(tmp_path) == whole("old")


def test_a_full_disk_is_one_sentence(tmp_path):
    put(tmp_path, "old")
    with pytest.raises(BadInput, match=r"clip\.mp4 cannot be written: the disk is full"):  # noqa: SIM117
        with Publication(tmp_path / "clip.mp4") as files:
            files.path().symlink_to("/dev/full")  # every write there fails as on a full disk
            write_json(files.path(), {"long": "x" * 100_000})
    assert found(tmp_path) == whole("old")


def test_a_folder_in_the_way_is_told_before_any_work(tmp_path):
    (tmp_path / "clip.srt").mkdir()
    with pytest.raises(BadInput, match="is a folder"), Publication(tmp_path / "clip.mp4") as files:
        files.path(".srt")
    (tmp_path / "clip.mp4").mkdir()
    with pytest.raises(BadInput, match="is a folder"), Publication(tmp_path / "clip.mp4"):
        pass
    assert found(tmp_path) == {"clip.srt": "a folder", "clip.mp4": "a folder"}


def test_a_write_protected_file_stays(tmp_path):
    put(tmp_path, "old")
    (tmp_path / "clip.mp4").chmod(0o444)
    with pytest.raises(BadInput, match="write-protected"), Publication(tmp_path / "clip.mp4"):
        pass
    (tmp_path / "clip.srt").chmod(0o444)
    with pytest.raises(BadInput, match="write-protected"), Publication(tmp_path / "clip.wav") as files:
        files.path(".srt")
    assert found(tmp_path) == whole("old")


@pytest.mark.parametrize("aim", ["there.mp4", "nowhere.mp4"])
def test_a_link_is_replaced_and_not_what_it_points_to(tmp_path, monkeypatch, aim):
    (tmp_path / "there.mp4").write_text("theirs")
    (tmp_path / "there.mp4").chmod(0o444)
    (tmp_path / "clip.mp4").symlink_to(aim)
    (tmp_path / "clip.srt").symlink_to(aim)

    with monkeypatch.context() as patch, pytest.raises(BadInput), Publication(tmp_path / "clip.mp4") as files:
        _renames(patch, 1, OSError(errno.EIO, "Input/output error"))
        stage(files, suffixes=(".mp4", ".srt"))
        files.publish()
    assert (tmp_path / "clip.mp4").readlink() == (tmp_path / "clip.srt").readlink() == Path(aim)

    with Publication(tmp_path / "clip.mp4") as files:
        stage(files, suffixes=(".mp4", ".srt"))
        files.publish()
    assert found(tmp_path) == {"there.mp4": "theirs", "clip.mp4": "new", "clip.srt": "new"}
    assert not (tmp_path / "clip.mp4").is_symlink()


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file" / "clip.mp4", tmp_path / "file" / "deep" / "clip.mp4", tmp_path / ("a" * 300)):
        with pytest.raises(BadInput, match="written"), Publication(out):
            pass
    assert found(tmp_path) == {"file": ""}


def test_somebody_elses_file_in_a_new_folder_stays(tmp_path):
    with pytest.raises(KeyError), Publication(tmp_path / "new" / "clip.mp4"):
        (tmp_path / "new" / "theirs").write_text("")
        raise KeyError
    assert found(tmp_path / "new") == {"theirs": ""}


def renaming_calls(source):
    """Where something gives a file another name: `os.replace`, `shutil.move`, or `path.replace(target)`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "shutil"):
            if {alias.name for alias in node.names} & {"replace", "rename", "renames", "move"}:
                yield node.lineno
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of_a_path = (
                node.func.attr == "replace"
                and len(node.args) == 1
                and not node.keywords
                and not isinstance(node.args[0], ast.Starred)
            )
            of_a_module = ast.unparse(node.func) in ("os.replace", "shutil.move")
            if of_a_path or of_a_module or node.func.attr in ("rename", "renames"):
                yield node.lineno


def test_only_one_module_gives_files_their_names():
    modules = [file for package in ("studio", "ui", "generators") for file in (ROOT / package).rglob("*.py")]
    named = {str(file.relative_to(ROOT)) for file in modules if list(renaming_calls(file.read_text(encoding="utf-8")))}
    assert named - CACHES == {THE_DOOR}


@pytest.mark.parametrize(
    "line",
    ["os.replace(a, b)", "half.replace(path)", "Path(a).rename(b)", "shutil.move(a, b)", "from os import rename"],
)
def test_the_rule_sees_every_way_to_rename(line):
    assert list(renaming_calls(line))
    assert not list(renaming_calls("text.replace('a', 'b')\nreplace(request, out=1)\nwhen.replace(hour=1)"))
