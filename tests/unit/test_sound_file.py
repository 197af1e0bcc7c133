"""Sound files: every format holds what was written."""

import av
import numpy as np
import pytest
import soundfile

from checkpoints.errors import BadInput
from emotion_embed.signals.recordings import read_audio
from studio.media.audio_file import FORMATS, SYNTHETIC_NOTE, sound_file
from studio.media.publish import Publication


def chirp(rate_hz, seconds=1.3):
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.4 * np.sin(2 * np.pi * (200 + 300 * time_s) * time_s)).astype(np.float32)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("rate_hz", [22_050, 24_000, 48_000])
def test_what_is_written_is_read_back(tmp_path, suffix, rate_hz):
    path, sound = tmp_path / f"a take: 2{suffix}", chirp(rate_hz)
    with sound_file(path, rate_hz) as write:
        for start in range(0, len(sound), 1234):
            write(sound[start : start + 1234])
        write(sound[:0])
    back = read_audio(path, rate_hz).samples
    assert abs(len(back) - len(sound)) <= rate_hz * 0.002
    n = min(len(back), len(sound))
    assert np.corrcoef(back[:n], sound[:n])[0, 1] > (0.999 if FORMATS[suffix].lossy else 0.9999999)
    assert np.sqrt(np.mean(back**2)) == pytest.approx(np.sqrt(np.mean(sound**2)), rel=0.02)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    with av.open(str(path.absolute())) as container:
        notes = container.metadata | container.streams.audio[0].metadata
    assert SYNTHETIC_NOTE in notes.values()


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
def test_others_can_read_it(tmp_path, suffix):
    with sound_file(tmp_path / f"a{suffix}", 24_000) as write:
        write(chirp(24_000))
    samples, _ = soundfile.read(tmp_path / f"a{suffix}")
    assert len(samples) and np.abs(samples).max() == pytest.approx(0.4, abs=0.03)


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_sound_is_the_same_file(tmp_path, suffix):
    for name in ("one", "two"):
        with sound_file(tmp_path / (name + suffix), 24_000) as write:
            write(chirp(24_000))
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_is_one_sentence(tmp_path, suffix):
    with pytest.raises(BadInput, match="the disk is full"), Publication(tmp_path / f"a{suffix}") as files:
        files.path().symlink_to("/dev/full")  # every write there fails as on a full disk
        with sound_file(files.path(), 24_000) as write:
            write(chirp(24_000, 20))
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_loud_is_clipped_and_does_not_wrap(tmp_path):
    with sound_file(tmp_path / "a.wav", 24_000) as write:
        write(np.array([2.0, -2.0] * 5000, np.float32))
    samples, _ = soundfile.read(tmp_path / "a.wav")
    assert samples[0] > 0.99 and samples[1] < -0.99
