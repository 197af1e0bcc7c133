"""Recordings as speech: sounds where they sound, whatever the microphone; parts that make up the whole."""

from dataclasses import replace

import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed.signals.asr import transcribe
from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, join_speech
from generators.voice.align.alignment import PhoneModel, align, spread_evenly
from generators.voice.align.refine import refine
from generators.voice.recording.transcribed import cut_in_pauses, read_recording, stream_recording

pytestmark = pytest.mark.whole
TEXT = "The morning market opens early, and people bring apples, plums and bread."


@pytest.fixture(scope="module")
def speech(kokoro):
    return join_speech(kokoro.stream(TEXT, voice="am_puck"))  # a voice that the aligner was not trained on


def start_errors_s(found, true):
    assert [p.symbol for p in found] == [p.symbol for p in true]
    return np.array([p.start_s - q.start_s for p, q in zip(found, true, strict=True)])


def test_sounds_are_found_where_they_sound(speech):
    read = read_recording(speech.audio, text=TEXT, language="en-us")
    errors_s = np.abs(start_errors_s(read.phones, speech.phones))
    assert errors_s.mean() < 0.035
    assert (errors_s <= 0.05).mean() > 0.85
    assert [TEXT[w.char_start : w.char_end] for w in read.words] == [w.text for w in read.words]


def test_the_words_are_heard_without_a_text(speech):
    read = read_recording(speech.audio)
    assert [w.text.strip(".,").lower() for w in read.words] == [w.strip(".,").lower() for w in TEXT.split()]
    assert np.abs(start_errors_s(read.phones, speech.phones)).mean() < 0.035


def test_alignment_beats_spreading_evenly(speech):
    members = [[p for p in speech.phones if p.word_index == i] for i in range(len(speech.words))]
    symbols = [[p.symbol for p in word] for word in members]
    by_ear = align(PhoneModel.load().log_likelihoods(speech.audio), symbols)
    evenly = [spread_evenly(s, w[0].start_s, w[-1].end_s) for s, w in zip(symbols, members, strict=True)]
    error_s = lambda spans: np.mean(  # noqa: E731
        [
            abs(a[0] - p.start_s)
            for own, word in zip(spans, members, strict=True)
            for a, p in zip(own, word, strict=True)
        ]
    )
    assert error_s(by_ear) < 0.04  # although the even way was told the words' times
    assert error_s(by_ear) < 1.5 * error_s(evenly)


@pytest.mark.parametrize("change", ["8 kHz", "48 kHz", "noise", "quiet"])
def test_other_microphones(speech, change):
    audio = speech.audio
    if change.endswith("kHz"):
        audio = audio.resampled(1000 * int(change.split()[0]))
    elif change == "noise":
        noise = np.random.default_rng(0).normal(size=len(audio.samples)) * 0.003
        audio = Audio((audio.samples + noise).astype(np.float32), audio.sample_rate_hz)
    else:
        audio = Audio(audio.samples * np.float32(0.02), audio.sample_rate_hz)
    read = read_recording(audio, text=TEXT, language="en-us")
    assert read.audio.sample_rate_hz == audio.sample_rate_hz
    assert len(read.audio.samples) == len(audio.samples)
    assert np.abs(start_errors_s(read.phones, speech.phones)).mean() < 0.05


def test_parts_are_the_whole(speech):
    pause = np.zeros(int(0.8 * speech.audio.sample_rate_hz), np.float32)
    samples = np.concatenate([*[speech.audio.samples, pause] * 8])
    audio = Audio(samples, speech.audio.sample_rate_hz)
    told = []
    parts = list(stream_recording(audio, language="en", progress=told.append))
    assert len(parts) > 1
    assert max(part.audio.duration_s for part in parts) <= 26
    assert np.array_equal(np.concatenate([part.audio.samples for part in parts]), samples)
    assert told == sorted(told)
    assert told[-1] == 1
    whole = join_speech(parts)
    starts_s = np.array([p.start_s for p in whole.phones])
    assert (np.diff(starts_s) > 0).all()
    assert abs(len(whole.words) - 8 * len(speech.words)) <= 8
    offsets = [w.char_start for w in whole.words]
    assert offsets == sorted(set(offsets))


def test_a_text_given_runs_through_all_parts(speech):
    pause = np.zeros(int(0.8 * speech.audio.sample_rate_hz), np.float32)
    audio = Audio(np.concatenate([*[speech.audio.samples, pause] * 4]), speech.audio.sample_rate_hz)
    text = " ".join([TEXT] * 4)
    words = read_recording(audio, text=text, language="en").words
    assert [text[w.char_start : w.char_end] for w in words] == [w.text for w in words]
    assert len(words) == 4 * len(speech.words)
    period_s = speech.audio.duration_s + 0.8
    firsts = [words[i * len(speech.words)].start_s - i * period_s for i in range(4)]
    assert np.ptp(firsts) < 0.15


def test_a_minute_without_a_pause_is_cut_all_the_same(speech):
    samples = np.tile(speech.audio.samples[: int(speech.words[-1].end_s * speech.audio.sample_rate_hz)], 8)
    cuts = list(cut_in_pauses(Audio(samples, speech.audio.sample_rate_hz)))
    assert cuts[0][0] == 0
    assert cuts[-1][1] == pytest.approx(len(samples) / speech.audio.sample_rate_hz)
    assert all(a[1] == b[0] for a, b in zip(cuts[:-1], cuts[1:], strict=True))
    assert max(end_s - start_s for start_s, end_s in cuts) <= 28


def test_another_text_is_refused(speech):
    with pytest.raises(BadInput, match="not what is said"):
        read_recording(speech.audio, text="Nobody ever spoke this sentence about seven green submarines.")


@pytest.mark.parametrize("kind", ["silence", "noise"])
def test_no_speech_is_refused(kind):
    rng = np.random.default_rng(0)
    samples = rng.normal(size=48_000) * (0.1 if kind == "noise" else 1e-5)
    with pytest.raises(BadInput, match=r"silent|No speech"):
        read_recording(Audio(samples.astype(np.float32), 16_000))


def test_a_fifth_of_a_second(speech):
    start = int(speech.words[1].start_s * speech.audio.sample_rate_hz)
    short = Audio(speech.audio.samples[start : start + speech.audio.sample_rate_hz // 5], speech.audio.sample_rate_hz)
    try:
        read = read_recording(short, language="en")
    except BadInput as error:
        assert "speech" in str(error)
    else:
        assert all(0 <= p.start_s < p.end_s <= short.duration_s + 1e-6 for p in read.phones)


def test_a_language_that_kokoro_does_not_speak(kokoro):
    """German read by an English voice: the words are given, the sounds German."""
    text = "Das Brot liegt auf dem Tisch."
    spoken = join_speech(kokoro.stream(text, voice="af_bella", language="de"))
    read = read_recording(spoken.audio, text=text, language="de")
    assert np.median(np.abs(start_errors_s(read.phones, spoken.phones))) < 0.04


def test_refining_moves_sounds_back_to_where_they_are(speech):
    moved = tuple(Phone(p.symbol, p.start_s + 0.06, p.end_s + 0.06, p.stress, p.word_index) for p in speech.phones)
    late = type(speech)(speech.audio, moved, speech.words)
    mended = refine(late)
    assert np.abs(start_errors_s(mended.phones, speech.phones)).mean() < 0.035
    assert [w.text for w in mended.words] == [w.text for w in speech.words]


def said(kokoro, text, voice, pause_s, times):
    """A sentence said several times: its sound once, and all with pauses between."""
    once = join_speech(kokoro.stream(text, voice=voice)).audio
    pause = np.zeros(round(pause_s * once.sample_rate_hz), np.float32)
    return once, Audio(np.concatenate([once.samples, *[pause, once.samples] * (times - 1)]), once.sample_rate_hz)


@pytest.mark.parametrize(
    ("text", "voice", "pause_s", "times"),
    [
        ("We should go home now.", "am_michael", 0.4, 4),
        ("Where are you going tonight?", "bf_emma", 0.7, 2),
        ("It was not my fault.", "am_michael", 0.6, 3),
    ],
)
@pytest.mark.parametrize("given", [False, True])
def test_a_sentence_said_again_has_its_words_again(kokoro, text, voice, pause_s, times, given):
    """Whisper by itself writes each of these once."""
    once, audio = said(kokoro, text, voice, pause_s, times)
    words = read_recording(audio, language="en", text=" ".join([text] * times) if given else None).words
    plain = [word.text.lower().strip(".?,!") for word in words]
    assert plain == text.lower().strip(".?").split() * times
    starts_s = np.array([word.start_s for word in words]).reshape(times, -1)
    assert np.ptp(starts_s - np.arange(times)[:, None] * (once.duration_s + pause_s), axis=0).max() < 0.15


def test_speech_that_no_word_covers_moves_by_its_sounds(speech, monkeypatch):
    from generators.voice.recording import transcribed as recording

    def half_deaf(audio, language):
        heard = transcribe(audio, language)
        return replace(heard, words=heard.words[:4])

    monkeypatch.setattr(recording, "transcribe", half_deaf)
    read = read_recording(speech.audio, language="en")
    assert len(read.words) == 4
    wordless = [phone for phone in read.phones if phone.start_s > read.words[-1].end_s + 0.1]
    said = [phone for phone in speech.phones if phone.start_s > read.words[-1].end_s + 0.1]
    assert 0.6 * len(said) < len(wordless) < 1.3 * len(said)
    assert {phone.word_index for phone in wordless} == {3}
    assert [p.start_s for p in read.phones] == sorted(p.start_s for p in read.phones)
