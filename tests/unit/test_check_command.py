"""`mien check` on what is no clip, or with a report or phones that are none."""

import json

import pytest

from ui.cli import run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "note.txt").write_text("This is no video.")
    (tmp_path / "list.mp4").write_bytes(b"no video either")
    (tmp_path / "list.report.json").write_text("[1, 2]")
    (tmp_path / "torn.mp4").write_bytes(b"no video either")
    (tmp_path / "torn.report.json").write_text('{"phones": [')
    (tmp_path / "odd.mp4").write_bytes(b"no video either")
    (tmp_path / "odd.report.json").write_text(json.dumps({"phones": [["p"]], "request": {"text": "Hi."}}))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "clip"),
        (["nowhere.mp4"], "nowhere.mp4"),
        (["note.txt"], "note.txt"),
        (["list.mp4"], "list.report.json is no report"),
        (["torn.mp4"], "torn.report.json is no JSON"),
        (["odd.mp4"], "The phones of odd.mp4"),
        (["note.txt", "--phones", "nowhere.json"], "no file nowhere.json"),
        (["note.txt", "--phones", "note.txt"], "note.txt is no JSON"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(arguments, said, folder, capsys):
    before = sorted(folder.iterdir())
    assert run(["check", *arguments]) == 2
    out, err = capsys.readouterr()
    assert said in err and out == "" and len(err.splitlines()) == 1
    assert sorted(folder.iterdir()) == before
