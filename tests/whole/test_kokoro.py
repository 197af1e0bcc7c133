"""The Kokoro voice with its real weights."""

import json

import numpy as np
import pytest

import checkpoints
from checkpoints.errors import BadInput, Missing
from emotion_embed.state import parse_emotion
from generators.contracts import join_speech
from generators.voice.catalog import list_voices
from generators.voice.frontend.alphabet import SIGNS
from generators.voice.frontend.g2p import PUNCTUATION
from generators.voice.kokoro import KokoroConfig
from generators.voice.kokoro.graph import OpenedKokoro
from generators.voice.prosody.prosody import PAUSES_S, PLAIN_ROW, Prosody
from generators.voice.prosody.style_bank import prosody_for
from tests.sounds import check_exact_pauses, level_db

pytestmark = pytest.mark.whole
SENTENCE = "The baby papa stopped by a big park, and the puppy kept up."


def speak(kokoro, text=SENTENCE, **options):
    return join_speech(kokoro.stream(text, **options))


def pitch_hz(speech):
    """Median pitch by autocorrelation over voiced frames."""
    samples, rate_hz = speech.audio.samples, speech.audio.sample_rate_hz
    found = []
    for start in range(0, len(samples) - 1200, 600):
        frame = samples[start : start + 1200] - samples[start : start + 1200].mean()
        if np.sqrt(np.mean(frame**2)) < 0.03:
            continue
        power = np.abs(np.fft.rfft(frame, 4096)) ** 2
        correlation = np.fft.irfft(power)[: rate_hz // 60]
        lag = rate_hz // 500 + int(np.argmax(correlation[rate_hz // 500 :]))
        if correlation[lag] > 0.5 * correlation[0]:
            found.append(rate_hz / lag)
    return np.array(found)


def test_nothing_steered_is_bit_for_bit_the_whole_graph(kokoro):
    import onnxruntime

    tokens = "həlˈO wˈɜɹld, ðə bˈAbi kˈɛpt ˌʌp."
    style = kokoro._styles.style("af_heart", len(tokens))
    samples, _, _ = kokoro._synthesise(tokens, "af_heart", np.tile(PLAIN_ROW, (len(tokens) + 2, 1)))
    folder = checkpoints.path("kokoro-v1.0-int8")
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = KokoroConfig().n_threads
    whole = onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])
    ids = np.array([[0, *(vocabulary[t] for t in tokens), 0]], np.int64)
    expected = whole.run(None, {"tokens": ids, "style": style, "speed": np.ones(1, np.float32)})[0]
    assert np.array_equal(samples, expected)


def test_cut_graphs_that_are_damaged_are_cut_anew(tmp_path):
    folder = checkpoints.path("kokoro-v1.0-int8")
    (tmp_path / "model.onnx").symlink_to(folder / "model.onnx")
    OpenedKokoro(tmp_path / "model.onnx", "0" * 64, 1)
    (cut,) = (f for f in tmp_path.iterdir() if f.is_dir())
    whole = (cut / "text.onnx").stat().st_size
    (cut / "text.onnx").write_bytes(b"damaged")
    (cut / "melody.onnx").unlink()
    OpenedKokoro(tmp_path / "model.onnx", "0" * 64, 1)
    assert (cut / "text.onnx").stat().st_size == whole
    assert (cut / "melody.onnx").is_file()


def test_words_and_phones_stand_where_they_are_heard(kokoro):
    text = "Wow! It costs $5.20, " + SENTENCE
    parts = list(kokoro.stream(text))
    assert len(parts) == 2
    hasty = "Wow! No, no: yes, so, I; too, a, b — c, 1,000, at 5 p.m., etc."
    in_haste = list(kokoro.stream(hasty, prosody=Prosody(rate=2.0, pause_scale=0.2)))
    for part in parts + in_haste:
        edges = [edge for phone in part.phones for edge in (phone.start_s, phone.end_s)]
        assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= part.audio.duration_s
        assert all(phone.end_s - phone.start_s >= 0.01 for phone in part.phones)
        for index, word in enumerate(part.words):
            assert (hasty if any(part is other for other in in_haste) else text)[
                word.char_start : word.char_end
            ] == word.text
            own = [phone for phone in part.phones if phone.word_index == index]
            assert (word.start_s, word.end_s) == (own[0].start_s, own[-1].end_s)
    assert [word.text for word in parts[1].words][:3] == ["It", "costs", "$5.20"]


@pytest.mark.parametrize("voice", ["af_heart", "am_michael", "bf_emma"])
def test_closures_of_p_are_quiet_and_vowels_loud(kokoro, voice):
    speech = speak(kokoro, voice=voice)
    rate_hz = speech.audio.sample_rate_hz

    def quietest(phone):
        samples = speech.audio.samples[int(phone.start_s * rate_hz) : int(phone.end_s * rate_hz)]
        return min(level_db(samples[i : i + 240]) for i in range(0, len(samples) - 240, 120))

    closures = [quietest(p) for p in speech.phones if p.symbol in "ptk"]
    vowels = [quietest(p) for p in speech.phones if p.symbol in ("eɪ", "ɑ", "ɪ", "æ", "ʌ", "ɑː", "ɒ") and p.stress]
    assert np.median(vowels) - np.median(closures) > 8


def test_each_control_does_what_it_says(kokoro):
    plain = speak(kokoro)
    spoken_s = lambda speech: speech.words[-1].end_s - speech.words[0].start_s  # noqa: E731
    assert spoken_s(plain) / spoken_s(speak(kokoro, prosody=Prosody(rate=1.25))) == pytest.approx(1.25, rel=0.08)
    assert spoken_s(plain) / spoken_s(speak(kokoro, prosody=Prosody(rate=0.8))) == pytest.approx(0.8, rel=0.08)
    higher = pitch_hz(speak(kokoro, prosody=Prosody(pitch_semitones=4)))
    assert 12 * np.log2(np.median(higher) / np.median(pitch_hz(plain))) == pytest.approx(4, abs=1)
    spread = lambda speech: np.std(np.log2(pitch_hz(speech)))  # noqa: E731
    flat, wide = (spread(speak(kokoro, prosody=Prosody(pitch_range=r))) for r in (0.4, 1.5))
    assert flat < 0.75 * spread(plain) < spread(plain) < wide
    quiet = speak(kokoro, prosody=Prosody(energy_db=-6))
    assert level_db(quiet.audio.samples) - level_db(plain.audio.samples) == pytest.approx(-6, abs=1.5)
    slow = speak(kokoro, prosody=Prosody(pause_scale=2.0))
    comma = next(i for i, word in enumerate(plain.words) if word.text == "park")
    gap = lambda speech: speech.words[comma + 1].start_s - speech.words[comma].end_s  # noqa: E731
    assert gap(slow) == pytest.approx(2 * gap(plain), rel=0.15)  # between parts


def test_pauses_inside_a_part_follow_their_scale(kokoro):
    def pause_s(scale):
        speech = speak(kokoro, "We looked at the sea; the boats were gone.", prosody=Prosody(pause_scale=scale))
        words, rate_hz = speech.words, speech.audio.sample_rate_hz
        gap = slice(int(words[4].end_s * rate_hz), int((words[5].start_s - 0.02) * rate_hz))
        assert level_db(speech.audio.samples[gap]) < -38
        return words[5].start_s - words[4].end_s

    assert pause_s(1.0) > 0.1
    assert pause_s(2.0) == pytest.approx(2 * pause_s(1.0), rel=0.1)
    assert pause_s(0.5) == pytest.approx(0.5 * pause_s(1.0), rel=0.2)


def test_pauses_that_are_asked_for_are_exact(kokoro):
    check_exact_pauses(lambda text, pauses: speak(kokoro, text, pauses=pauses))


def test_words_can_each_have_their_own_way(kokoro):
    border = SENTENCE.index("and")
    changed = speak(kokoro, prosody=[(0, Prosody()), (border, Prosody(rate=0.7, energy_db=-8))])
    plain = speak(kokoro)
    before = [w for w in plain.words if w.char_end < border]
    assert changed.words[len(before) - 1].end_s == pytest.approx(before[-1].end_s, abs=0.06)
    tail = lambda speech: speech.words[-1].end_s - speech.words[len(before)].start_s  # noqa: E731
    assert tail(changed) / tail(plain) == pytest.approx(1 / 0.7, rel=0.12)
    cut = lambda speech: int(speech.words[len(before) + 1].start_s * speech.audio.sample_rate_hz)  # noqa: E731
    assert level_db(changed.audio.samples[cut(changed) :]) < level_db(plain.audio.samples[cut(plain) :]) - 5


def test_sound_is_level_quiet_at_the_edges_and_the_same_every_time(kokoro):
    parts = list(
        kokoro.stream("Yes. This is a rather longer sentence about nothing much at all! Why?", voice="am_puck")
    )
    assert len(parts) == 3
    for part in parts:
        samples = part.audio.samples
        assert samples.dtype == np.float32 and np.abs(samples).max() <= 0.9
        assert abs(samples[0]) < 1e-3 and abs(samples[-1]) < 1e-3
        loud = np.array([level_db(samples[i : i + 240]) for i in range(0, len(samples) - 240, 240)])
        spoken = loud[loud > loud.max() - 30]
        assert 10 * np.log10(np.mean(10 ** (spoken / 10))) == pytest.approx(-20, abs=1.5)
    again = list(
        kokoro.stream("Yes. This is a rather longer sentence about nothing much at all! Why?", voice="am_puck")
    )
    assert all(np.array_equal(a.audio.samples, b.audio.samples) for a, b in zip(parts, again, strict=True))


def test_a_long_sentence_comes_in_parts_the_first_one_short(kokoro):
    text = (
        "When the rain had stopped at last, and the clouds were drifting away over the hills, we opened the door, "
        "stepped out into the wet garden, and listened to the birds, which had begun to sing as if it were spring."
    )
    parts = list(kokoro.stream(text))
    assert len(parts) > 1 and parts[0].audio.duration_s < 5
    words = [word for part in parts for word in part.words]
    assert [word.text for word in words] == [word.strip(",.") for word in text.split()]


@pytest.mark.parametrize("voice", ["ef_dora", "ff_siwis", "hf_alpha", "if_sara", "pf_dora", "bm_george"])
def test_every_readable_language_speaks(kokoro, voice):
    text = {
        "e": "Hola, ¿cómo estás?",
        "f": "Bonjour à tous.",
        "h": "नमस्ते दुनिया।",
        "i": "Ciao a tutti.",
        "p": "Olá, mundo.",
    }
    speech = speak(kokoro, text.get(voice[0], "Hello, world."), voice=voice)
    assert 0.6 < speech.audio.duration_s < 5 and len(speech.words) >= 2


def test_a_word_without_end_and_every_ending_are_spoken(kokoro):
    assert speak(kokoro, "a" * 900).audio.duration_s > 1
    for ending in PAUSES_S:
        assert speak(kokoro, f"Hello{ending}").words[0].text == "Hello"


@pytest.mark.parametrize("text", ["今天天气很好。", "ありがとうございます", "Hi! 我很高兴认识你。"])
def test_signs_that_no_voice_reads_are_refused(kokoro, text):
    with pytest.raises(BadInput, match="Chinese or Japanese"):
        kokoro.stream(text)


@pytest.mark.parametrize("text", ["", " \n", "😀🎉", "?!...", "—"])
def test_nothing_to_say_is_one_clear_sentence_before_any_work(kokoro, text):
    with pytest.raises(BadInput, match="no words"):
        kokoro.stream(text)


def test_bad_requests(kokoro):
    with pytest.raises(BadInput, match="more than an hour"):
        kokoro.stream("word " * 12_000)
    with pytest.raises(BadInput, match="af_heart"):
        kokoro.stream("Hello", voice="af_hart")
    with pytest.raises(Missing, match="kanji"):
        kokoro.stream("こんにちは", voice="jf_alpha")
    with pytest.raises(Missing, match="Mandarin"):
        kokoro.stream("你好", language="zh")
    with pytest.raises(BadInput, match="language"):
        kokoro.stream("Hello", language="klingon")
    with pytest.raises(BadInput, match="finite"):
        kokoro.stream("Hello", prosody=Prosody(rate=float("nan")))


def test_the_voice_knows_every_sign_that_reading_can_give():
    vocabulary = json.loads((checkpoints.path("kokoro-v1.0-int8") / "vocab.json").read_text(encoding="utf-8"))["vocab"]
    assert SIGNS | set(PUNCTUATION) | {" "} <= set(vocabulary)


def test_every_ready_voice_has_its_style(kokoro):
    folder = checkpoints.path("kokoro-voices")
    voices = [voice for voice in list_voices() if voice.generator == "kokoro"]
    assert len(voices) == 54
    assert all((folder / f"{voice.name}.bin").is_file() for voice in voices if voice.ready)
    assert kokoro.voices() == voices


@pytest.mark.parametrize("voice", ["af_heart", "am_eric"])
def test_strength_none_is_the_plain_voice_to_the_last_sample(kokoro, voice):
    plain = speak(kokoro, voice=voice)
    for emotion in ("anger:0", "neutral", "boredom:0"):
        same = speak(kokoro, voice=voice, prosody=prosody_for(parse_emotion(emotion)))
        assert np.array_equal(same.audio.samples, plain.audio.samples) and same.phones == plain.phones


@pytest.mark.parametrize("emotion", ["anger", "boredom", "disgust", "fear", "joy", "sadness"])
def test_phones_stay_where_they_are_heard_in_every_manner(kokoro, emotion):
    speech = speak(kokoro, prosody=prosody_for(parse_emotion(emotion)))
    edges = [edge for phone in speech.phones for edge in (phone.start_s, phone.end_s)]
    assert edges == sorted(edges) and edges[-1] <= speech.audio.duration_s
    rate_hz = speech.audio.sample_rate_hz
    levels = {"closed": [], "open": []}
    for phone in speech.phones:
        sound = speech.audio.samples[int(phone.start_s * rate_hz) : int(phone.end_s * rate_hz)]
        if phone.symbol in "pbtk" and len(sound) > 480:
            levels["closed"].append(min(level_db(sound[i : i + 240]) for i in range(0, len(sound) - 240, 120)))
        elif phone.stress and len(sound) > 480:
            levels["open"].append(level_db(sound))
    assert np.median(levels["open"]) - np.median(levels["closed"]) > 8


def test_feelings_cross_over_in_mid_sentence_without_a_click(kokoro):
    text = "We had waited for the letter and then it came at last."
    prosody = [(0, prosody_for(parse_emotion("sadness"))), (text.index("then"), prosody_for(parse_emotion("joy")))]
    speech = speak(kokoro, text, prosody=prosody)
    steps = np.abs(np.diff(speech.audio.samples))
    plain_steps = np.abs(np.diff(speak(kokoro, text).audio.samples))
    assert steps.max() < 2 * plain_steps.max()
    sad, joyful = speech.words[2].end_s - speech.words[0].start_s, speech.words[-1].end_s - speech.words[-3].start_s
    plain = speak(kokoro, text)
    assert sad > 1.1 * (plain.words[2].end_s - plain.words[0].start_s)
    assert joyful < 1.1 * (plain.words[-1].end_s - plain.words[-3].start_s)


def test_a_manner_that_changes_with_every_word_is_bounded(kokoro):
    feelings = [prosody_for(parse_emotion(f"joy:{i / 12:.2f}")) for i in range(13)]
    words = SENTENCE.split()
    starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    speech = speak(kokoro, prosody=[(int(start), feelings[i]) for i, start in enumerate(starts)])
    assert len(speech.words) == len(words) and np.isfinite(speech.audio.samples).all()
