"""The Piper voice with its real weights."""

import json
import shutil

import numpy as np
import pytest

import checkpoints
from checkpoints.errors import BadInput, Missing
from generators import registry, spec
from generators.contracts import join_speech
from generators.voice.piper import PiperConfig, PiperVoice
from generators.voice.piper.graph import opened_graph
from generators.voice.prosody.prosody import Prosody
from tests.sounds import check_exact_pauses, level_db

pytestmark = [pytest.mark.whole, pytest.mark.extras]
SENTENCE = "The baby papa stopped by a big park, and the puppy kept up."
HASTY = "Wow! No, no: yes, so, I; too, a, b — c, 1,000, at 5 p.m., etc."
FELT = Prosody(1.1, 2, 1.3, 2, 0.9, 1, 2, 1.2, 0.3, 3, 0.2)


@pytest.fixture(scope="module")
def piper():
    pytest.importorskip("piper", reason="the extra piper is not installed")
    pytest.importorskip("pyworld", reason="the extra piper is not installed", exc_type=ImportError)
    return PiperVoice.from_pretrained()


@pytest.fixture
def own_voice(piper, tmp_path):
    """A user's own voice, in a folder with spaces: joe under another name."""
    folder = checkpoints.path("piper-en-us-joe-medium")
    model = tmp_path / "my voices" / "mine.onnx"
    model.parent.mkdir()
    shutil.copyfile(folder / "en_US-joe-medium.onnx", model)
    shutil.copyfile(folder / "en_US-joe-medium.onnx.json", f"{model}.json")
    return model


def speak(piper, text=SENTENCE, **options):
    return join_speech(piper.stream(text, **options))


def pitch_hz(speech):
    """Every 5 ms, NaN where there is no voice."""
    import pyworld

    samples, rate_hz = speech.audio.samples.astype(np.float64), speech.audio.sample_rate_hz
    rough, times_s = pyworld.dio(samples, rate_hz, 60, 600)
    found = pyworld.stonemask(samples, rough, times_s, rate_hz)
    return np.where(found > 0, found, np.nan)


def spoken_s(speech):
    return speech.words[-1].end_s - speech.words[0].start_s


def letters(text):
    return "".join(c for c in text.lower() if c.isalnum())


def closures_and_vowels_db(speech):
    """The quietest 10 ms of each p t k and of each stressed vowel, medians in dBFS."""
    rate_hz = speech.audio.sample_rate_hz

    def quietest(phone):
        samples = speech.audio.samples[int(phone.start_s * rate_hz) : int(phone.end_s * rate_hz)]
        return min(level_db(samples[i : i + 220]) for i in range(0, max(1, len(samples) - 220), 110))

    closures = [quietest(p) for p in speech.phones if p.symbol in "ptk"]
    vowels = [quietest(p) for p in speech.phones if p.symbol in ("eɪ", "ɑ", "ɪ", "æ", "ʌ") and p.stress]
    return np.median(closures), np.median(vowels)


def test_words_and_phones_stand_where_they_are_heard(piper):
    for text, prosody in (
        ("Wow! It costs $5.20, " + SENTENCE, None),
        (HASTY, None),
        (HASTY, Prosody(rate=2.0, pause_scale=0.2)),
        (SENTENCE, FELT),
    ):
        parts = list(piper.stream(text, prosody=prosody))
        for part in parts:
            edges = [edge for phone in part.phones for edge in (phone.start_s, phone.end_s)]
            assert edges == sorted(edges) and edges[0] >= 0 and edges[-1] <= part.audio.duration_s
            assert all(phone.end_s - phone.start_s >= 0.004 for phone in part.phones)
            for index, word in enumerate(part.words):
                assert text[word.char_start : word.char_end] == word.text
                own = [phone for phone in part.phones if phone.word_index == index]
                assert (word.start_s, word.end_s) == (own[0].start_s, own[-1].end_s)
    assert [word.text for word in list(piper.stream("Wow! It costs $5.20."))[1].words] == ["It", "costs", "$5.20"]


@pytest.mark.parametrize("prosody", [None, FELT, Prosody(rate=0.75)])
def test_closures_of_p_are_quiet_and_vowels_loud(piper, prosody):
    closures_db, vowels_db = closures_and_vowels_db(speak(piper, prosody=prosody))
    assert vowels_db - closures_db > 12


@pytest.mark.parametrize("prosody", [None, FELT, Prosody(0.8, -2, 0.6, -3, 1.4, 0, -2, 1.2, 0.4, -4, 0.4)])
def test_the_words_are_understood(piper, prosody):
    from emotion_embed.signals.asr import transcribe

    text = "Doctor Smith read twenty books; he liked most of them. Why are you leaving so early tomorrow?"
    heard = transcribe(speak(piper, text, prosody=prosody).audio, "en").text
    said = [letters(word) for word in text.split()]
    ears = [letters(word) for word in heard.replace("Dr.", "Doctor").replace("20", "twenty").split()]
    assert ears == said


def test_pauses_that_are_asked_for_are_exact(piper):
    check_exact_pauses(lambda text, pauses: speak(piper, text, pauses=pauses))


def test_numbers_are_read_out_and_understood(piper):
    from emotion_embed.signals.asr import transcribe

    heard = transcribe(speak(piper, "I paid $5.20. In 1999 we had 23 cats!").audio, "en").text
    assert letters(heard) in ("ipaid520in1999wehad23cats", "ipaid520in1999wehadtwentythreecats")


def test_the_plain_voice_is_the_same_every_time_and_needs_no_vocoder(piper):
    text = "Yes. This is a rather longer sentence about nothing much at all! Why?"
    parts, again = (list(piper.stream(text, prosody=prosody)) for prosody in (None, Prosody()))
    assert len(parts) == 3
    assert all(np.array_equal(a.audio.samples, b.audio.samples) for a, b in zip(parts, again, strict=True))
    assert np.array_equal(next(piper.stream("Why?")).audio.samples, parts[2].audio.samples)  # whatever came before
    for part in parts:
        samples = part.audio.samples
        assert samples.dtype == np.float32 and np.abs(samples).max() <= 0.9
        assert abs(samples[0]) < 1e-3 and abs(samples[-1]) < 1e-3
        loud = np.array([level_db(samples[i : i + 240]) for i in range(0, len(samples) - 240, 240)])
        spoken = loud[loud > loud.max() - 30]
        assert 10 * np.log10(np.mean(10 ** (spoken / 10))) == pytest.approx(-20, abs=1.5)


def test_each_control_does_what_it_says(piper):
    plain = speak(piper)
    for rate in (1.25, 0.8):
        assert spoken_s(plain) / spoken_s(speak(piper, prosody=Prosody(rate=rate))) == pytest.approx(rate, rel=0.1)
    higher = pitch_hz(speak(piper, prosody=Prosody(pitch_semitones=4)))
    n = min(len(higher), len(pitch_hz(plain)))
    assert np.nanmedian(12 * np.log2(higher[:n] / pitch_hz(plain)[:n])) == pytest.approx(4, abs=0.5)
    spread = lambda speech: np.nanstd(np.log2(pitch_hz(speech)))  # noqa: E731
    flat, wide = (spread(speak(piper, prosody=Prosody(pitch_range=r))) for r in (0.4, 1.5))
    assert flat < 0.85 * spread(plain) < spread(plain) < wide
    quiet = speak(piper, prosody=Prosody(energy_db=-6))
    assert level_db(quiet.audio.samples) - level_db(plain.audio.samples) == pytest.approx(-6, abs=1.5)
    assert np.abs(speak(piper, prosody=Prosody(pitch_semitones=2, energy_db=8)).audio.samples).max() <= 0.9
    slow = speak(piper, prosody=Prosody(pause_scale=2.0))
    gap = lambda speech: speech.words[8].start_s - speech.words[7].end_s  # noqa: E731
    assert plain.words[7].text == "park" and gap(plain) > 0.1
    assert gap(slow) == pytest.approx(2 * gap(plain), rel=0.1)


def test_words_can_each_have_their_own_way(piper):
    border = SENTENCE.index("and")
    plain, changed = speak(piper), speak(piper, prosody=[(0, Prosody()), (border, Prosody(rate=0.7, energy_db=-8))])
    n = sum(word.char_end < border for word in plain.words)
    tail = lambda speech: speech.words[-1].end_s - speech.words[n].start_s  # noqa: E731
    head = lambda speech: speech.words[n - 1].end_s - speech.words[0].start_s  # noqa: E731
    assert head(changed) / head(plain) == pytest.approx(1, rel=0.1)
    assert tail(changed) / tail(plain) == pytest.approx(1 / 0.7, rel=0.12)


def test_a_long_sentence_comes_in_parts_and_a_word_without_end_is_spoken(piper):
    text = (
        "When the rain had stopped at last, and the clouds were drifting away over the hills, we opened the door, "
        "stepped out into the wet garden, and listened to the birds, which had begun to sing as if it were spring."
    )
    parts = list(piper.stream(text))
    assert len(parts) > 1 and parts[0].audio.duration_s < 8
    assert [w.text for part in parts for w in part.words] == [word.strip(",.") for word in text.split()]
    assert speak(piper, "a" * 900).audio.duration_s > 1
    for ending in (*".!?…;:—,", ""):
        assert speak(piper, f"Hello{ending}").words[0].text == "Hello"


def test_a_voice_of_ones_own_speaks(piper, own_voice):
    assert np.array_equal(speak(piper, voice=str(own_voice)).audio.samples, speak(piper).audio.samples)
    assert speak(piper, "Guten Tag, zusammen.", voice=str(own_voice), language="de").words[1].text == "Tag"


def test_a_voice_that_tells_no_times_is_aligned_by_its_sound(piper, own_voice):
    import onnx

    model = onnx.load(str(own_voice))
    model.graph.node.append(onnx.helper.make_node("Ceil", ["scales"], ["another"]))  # which one counts is not clear
    onnx.save(model, str(own_voice))
    speech, exact = speak(piper, voice=str(own_voice)), speak(piper)
    assert [w.text for w in speech.words] == [w.text for w in exact.words]
    apart_s = [abs(a.start_s - b.start_s) for a, b in zip(speech.words, exact.words, strict=True)]
    assert np.median(apart_s) < 0.05 and max(apart_s) < 0.2
    closures_db, vowels_db = closures_and_vowels_db(speech)
    assert vowels_db - closures_db > 12


def test_a_voice_that_is_torn_is_one_clear_sentence(piper, own_voice):
    settings = own_voice.with_name("mine.onnx.json")
    whole, good = own_voice.read_bytes(), settings.read_text(encoding="utf-8")
    changed = json.loads(good)
    changed["audio"] = {"sample_rate": "fast"}
    for text in ("", good[:300], "[]", "{}", json.dumps(changed), good.replace('"phoneme_id_map"', '"other"')):
        settings.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match="torn|describe"):
            piper.stream("Hello", voice=str(own_voice))
    settings.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match="torn"):
        piper.stream("Hello", voice=str(own_voice))
    settings.unlink()
    with pytest.raises(BadInput, match="mine.onnx.json is missing"):
        piper.stream("Hello", voice=str(own_voice))
    settings.write_text(good, encoding="utf-8")
    for data in (b"", whole[: len(whole) // 2], b"not a model"):
        own_voice.write_bytes(data)
        with pytest.raises(BadInput, match="mine.onnx is torn"):
            piper.stream("Hello", voice=str(own_voice))
    own_voice.unlink()
    with pytest.raises(BadInput, match="no Piper voice at"):
        piper.stream("Hello", voice=str(own_voice))


def test_bad_requests(piper):
    for text in ("", " \n", "😀🎉", "?!...", "—"):
        with pytest.raises(BadInput, match="no words"):
            piper.stream(text)
    with pytest.raises(BadInput, match="more than an hour"):
        piper.stream("word " * 12_000)
    with pytest.raises(BadInput, match="en_US-joe-medium"):
        piper.stream("Hello", voice="af_heart")
    with pytest.raises(BadInput, match="language"):
        piper.stream("Hello", language="klingon")
    with pytest.raises(BadInput, match="finite"):
        piper.stream("Hello", prosody=Prosody(rate=float("nan")))
    with pytest.raises(BadInput, match="Chinese or Japanese"):
        piper.stream("今天天气很好。")
    with pytest.raises(BadInput, match="threads"):
        PiperConfig(threads=-1)


def test_the_noise_of_the_graph_is_fixed(piper):
    import onnx

    graph = onnx.load_from_string(
        opened_graph(checkpoints.path("piper-en-us-joe-medium") / "en_US-joe-medium.onnx")
    ).graph
    assert not [node for node in graph.node if node.op_type.startswith("Random")]
    assert len(graph.output) == 2


def test_the_registry_names_it_and_what_it_lacks(monkeypatch):
    assert "piper" in registry.names("voice")
    monkeypatch.setattr(spec, "find_spec", lambda name: None)
    with pytest.raises(Missing, match=r'pip install "mien-studio\[piper\]"'):
        registry.load("voice", "piper")
