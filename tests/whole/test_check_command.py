"""`mien check` on a clip that the product made."""

import json
import subprocess
import sys

import pytest

from studio import Studio

pytestmark = pytest.mark.whole
TEXT = "My brother Paul bought a small farm above the bay. Every morning he feeds five sheep and a pony."


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    out = tmp_path_factory.mktemp("clips") / "a clip.v2.mp4"
    Studio().speak(TEXT, size="256", out=out)
    return out


def check(clip, *options):
    command = [sys.executable, "-m", "ui.cli", "check", str(clip), *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_its_own_report_tells_phones_and_words(clip):
    done = check(clip, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["lips"]["n_closing"] >= 4 and found["lips"]["closed_share"] > 0.8
    assert found["word_error_rate"] < 0.2 and "farm" in found["heard"]
    assert found["size"] == [256, 256] and found["audio_video_difference_s"] < 0.05


def test_a_person_gets_a_table_with_aims(clip):
    done = check(clip, "--no-words", "--quiet")
    assert done.returncode == 0 and done.stderr == ""
    assert "p b m closed" in done.stdout and "≥ 95 %" in done.stdout and "heard:" not in done.stdout


def test_another_text_and_other_phones_are_believed(clip, tmp_path):
    alone = tmp_path / "alone.mp4"
    alone.write_bytes(clip.read_bytes())
    (tmp_path / "phones.json").write_text(json.dumps([["m", 0.2, 0.3], ["p", 1.0, 1.1, 0, 1]]))
    done = check(alone, "--json", "--phones", tmp_path / "phones.json", "--text", "Nothing of the kind was said.")
    found = json.loads(done.stdout)
    assert found["lips"]["n_closing"] == 2 and found["word_error_rate"] > 0.5
    assert json.loads(check(alone, "--json").stdout)["heard"] is None
