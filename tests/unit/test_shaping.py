"""A feeling put into finished speech, on a synthetic voice whose pitch, sounds and pauses are known."""

import numpy as np
import pytest

from checkpoints.errors import BadInput
from emotion_embed.signals.audio import Audio
from generators.contracts import Phone, Speech, Word
from generators.voice.prosody.prosody import N_STYLE, Prosody
from generators.voice.prosody.vocoder import TREMOR_HZ, shape
from tests.sounds import level_db

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module", autouse=True)
def pyworld():
    pytest.importorskip("pyworld", reason="the extra piper is not installed", exc_type=ImportError)


RATE_HZ = 22_050
PITCH_HZ = 120.0
# symbol, start, end, stress, word; a pause of 0.3 s parts the phrases
SOUNDS = [
    ("l", 0.10, 0.20, 0, 0),
    ("ɑ", 0.20, 0.45, 2, 0),
    ("s", 0.45, 0.55, 0, 1),
    ("ə", 0.55, 0.70, 0, 1),
    ("m", 1.00, 1.10, 0, 2),
    ("eɪ", 1.10, 1.40, 1, 2),
    ("n", 1.40, 1.60, 0, 3),
    ("u", 1.60, 1.90, 0, 3),
]
END_S = 2.1


@pytest.fixture(scope="module")
def speech():
    """Pulses at a gently swaying pitch through two resonances, noise for the s, silence elsewhere."""
    from scipy.signal import lfilter

    n = int(END_S * RATE_HZ)
    times_s = np.arange(n) / RATE_HZ
    rng = np.random.default_rng(0)
    pitch_hz = PITCH_HZ * 2 ** (0.15 * np.sin(2 * np.pi * 0.8 * times_s))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    pulses = sum(np.cos(k * phase) for k in range(1, 80)) + 0.05 * rng.standard_normal(n)
    for centre_hz, width_hz in ((650, 90), (1500, 120), (2600, 180)):
        radius, angle = np.exp(-np.pi * width_hz / RATE_HZ), 2 * np.pi * centre_hz / RATE_HZ
        pulses = lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], pulses)
    hiss = 0.02 * rng.standard_normal(n)
    loud = np.zeros(n)
    samples = np.zeros(n)
    for symbol, start_s, end_s, _, _ in SOUNDS:
        inside = (times_s >= start_s) & (times_s < end_s)
        loud += inside
        samples += inside * (hiss if symbol == "s" else pulses / np.abs(pulses).max() * 0.5)
    samples *= np.convolve(loud, np.hanning(220) / np.hanning(220).sum(), "same")
    samples += 1e-5 * rng.standard_normal(n)
    phones = [Phone(symbol, a, b, stress, word) for symbol, a, b, stress, word in SOUNDS]
    words = []
    for i, text in enumerate(["la", "sa", "may", "new"]):
        own = [p for p in phones if p.word_index == i]
        words.append(Word(text, own[0].start_s, own[-1].end_s, 5 * i, 5 * i + len(text)))
    return Speech(Audio(samples.astype(np.float32), RATE_HZ), tuple(phones), tuple(words))


def between(speech, start_s, end_s):
    rate_hz = speech.audio.sample_rate_hz
    return speech.audio.samples[int(start_s * rate_hz) : int(end_s * rate_hz)].astype(np.float64)


def semitones(speech, start_s, end_s):
    """Pitch by autocorrelation every 10 ms, in semitones over `PITCH_HZ`."""
    samples, found = between(speech, start_s, end_s), []
    for at in range(0, len(samples) - 882, 220):
        frame = samples[at : at + 882] - samples[at : at + 882].mean()
        correlation = np.fft.irfft(np.abs(np.fft.rfft(frame, 16_384)) ** 2)[:368]
        correlation /= np.maximum(1 - np.arange(368) / 882, 0.2)
        low = RATE_HZ // 400
        peaks = [i for i in range(low, 367) if correlation[i] == correlation[i - 1 : i + 2].max()]
        lag = next((i for i in peaks if correlation[i] > 0.85 * correlation[low:].max()), 0)  # not twice the period
        if 0 < lag < 367 and correlation[lag] > 0.4 * correlation[0]:
            a, b, c = correlation[lag - 1 : lag + 2]
            found.append(12 * np.log2(RATE_HZ / (lag + 0.5 * (a - c) / (a - 2 * b + c)) / PITCH_HZ))
    return np.array(found)


def of_phone(speech, i):
    phone = speech.phones[i]
    return semitones(speech, phone.start_s + 0.02, phone.end_s - 0.02)


def tilt_db(samples):
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return 10 * np.log10(power[(hz > 1900) & (hz < 6000)].sum() / power[(hz > 60) & (hz < 520)].sum())


def roughness(samples):
    """How little one period of the voice above 2 kHz resembles the next, 0..1, over 20 ms each."""
    from scipy.signal import butter, sosfiltfilt

    bright, n = sosfiltfilt(butter(4, 2000, "highpass", fs=RATE_HZ, output="sos"), samples), 441
    lags = range(RATE_HZ // 150, RATE_HZ // 100)
    alike = [
        max(np.corrcoef(bright[at : at + n], bright[at + lag : at + lag + n])[0, 1] for lag in lags)
        for at in range(0, len(bright) - n - max(lags), n)
    ]
    return 1 - np.mean(alike)


def test_the_plain_prosody_leaves_every_sample(speech):
    for prosody in (None, Prosody(), [(0, Prosody())], lambda offset: Prosody()):
        assert shape(speech, prosody) is speech


def test_pitch_moves_by_what_is_asked_and_times_stay(speech):
    for asked in (4.0, -3.0):
        moved = shape(speech, Prosody(pitch_semitones=asked))
        for i in (1, 3, 5, 7):
            assert np.median(of_phone(moved, i)) - np.median(of_phone(speech, i)) == pytest.approx(asked, abs=0.5)
        assert moved.phones == speech.phones and moved.words == speech.words
        assert len(moved.audio.samples) == len(speech.audio.samples)


def test_range_widens_and_flattens_the_melody(speech):
    spread = lambda s: np.std(np.concatenate([of_phone(s, i) for i in (1, 3, 5, 7)]))  # noqa: E731
    assert spread(shape(speech, Prosody(pitch_range=2.0))) > 1.5 * spread(speech)
    assert spread(shape(speech, Prosody(pitch_range=0.3))) < 0.6 * spread(speech)


@pytest.mark.parametrize("rate", [0.7, 1.4])
def test_pace_stretches_everything_and_every_time_with_it(speech, rate):
    changed = shape(speech, Prosody(rate=rate))
    assert changed.audio.duration_s == pytest.approx(END_S / rate, abs=0.01)
    for before, after in zip((*speech.phones, *speech.words), (*changed.phones, *changed.words), strict=True):
        assert (after.start_s, after.end_s) == pytest.approx((before.start_s / rate, before.end_s / rate), abs=0.01)
    phone = changed.phones[4]  # the m after the pause is where its time says
    assert level_db(between(changed, phone.start_s - 0.08, phone.start_s - 0.03)) < -60
    assert level_db(between(changed, phone.start_s + 0.03, phone.end_s)) > -40
    assert np.median(of_phone(changed, 5)) == pytest.approx(np.median(of_phone(speech, 5)), abs=0.5)


def test_pauses_alone_change_no_sound(speech):
    longer, shorter = (shape(speech, Prosody(pause_scale=scale)) for scale in (2.0, 0.5))
    for changed, pause_s in ((longer, 0.6), (shorter, 0.15)):
        assert changed.phones[4].start_s - changed.phones[3].end_s == pytest.approx(pause_s, abs=0.002)
        for before, after in zip(speech.phones, changed.phones, strict=True):
            margin_s = 0.01
            a = between(speech, before.start_s + margin_s, before.end_s - margin_s)
            b = between(changed, after.start_s + margin_s, after.end_s - margin_s)
            n = min(len(a), len(b))
            assert max(abs(len(a) - len(b)), 1) <= 2 and np.abs(np.abs(a).max() - np.abs(b).max()) < 1e-3
            assert n > 100
    assert longer.audio.duration_s == pytest.approx(END_S + 0.3, abs=0.002)


def test_loudness_follows_energy(speech):
    quiet, loud = (shape(speech, Prosody(energy_db=energy)) for energy in (-6.0, 6.0))
    change = level_db(quiet.audio.samples) - level_db(speech.audio.samples)
    assert change == pytest.approx(-6, abs=1.5)
    assert level_db(loud.audio.samples) > level_db(speech.audio.samples) + 3
    assert np.abs(loud.audio.samples).max() <= 0.99


def test_accents_lift_stressed_vowels_alone(speech):
    lifted = shape(speech, Prosody(accent_semitones=4.0))
    rise = lambda i: np.median(of_phone(lifted, i)) - np.median(of_phone(speech, i))  # noqa: E731
    assert rise(1) == pytest.approx(4.0, abs=0.7)
    assert rise(5) == pytest.approx(2.0, abs=0.7)  # secondary stress
    assert rise(7) == pytest.approx(0.0, abs=0.5)


def test_the_melody_turns_at_the_end_of_each_phrase(speech):
    falling = shape(speech, Prosody(final_semitones=-5.0))
    for first, last in ((0, 3), (4, 7)):
        moved = of_phone(falling, last)[-4:].mean() - of_phone(speech, last)[-4:].mean()
        assert moved == pytest.approx(-4.6, abs=1.2)
        assert of_phone(falling, first).mean() == pytest.approx(of_phone(speech, first).mean(), abs=0.5)


def test_only_the_last_syllable_of_a_phrase_is_lengthened(speech):
    drawn = shape(speech, Prosody(final_lengthening=1.5))
    ratio = lambda i: (drawn.phones[i].end_s - drawn.phones[i].start_s) / (SOUNDS[i][2] - SOUNDS[i][1])  # noqa: E731
    assert [round(ratio(i), 1) for i in range(8)] == [1, 1, 1, 1.5, 1, 1, 1, 1.5]


def test_vowels_and_stressed_ones_can_last_longer(speech):
    drawn = shape(speech, Prosody(vowel_lengthening=1.2, accent_lengthening=1.5))
    ratio = lambda i: (drawn.phones[i].end_s - drawn.phones[i].start_s) / (SOUNDS[i][2] - SOUNDS[i][1])  # noqa: E731
    assert [round(ratio(i), 1) for i in range(8)] == [1, 1.8, 1, 1.2, 1, 1.2, 1, 1.2]


def test_a_phrase_can_fall_from_its_beginning_to_its_end(speech):
    falling = shape(speech, Prosody(declination_semitones=6.0))
    for first, last in ((0, 3), (4, 7)):
        for i, towards in ((first, 1), (last, -1)):
            assert 1.0 < towards * (of_phone(falling, i).mean() - of_phone(speech, i).mean()) < 3.2


def test_each_band_of_the_spectrum_can_be_raised(speech):
    raised = shape(speech, Prosody(spectrum_db=(0.0,) * 6 + (8.0,) * 4))
    assert tilt_db(raised.audio.samples) - tilt_db(speech.audio.samples) == pytest.approx(8.0, abs=2.5)


def test_what_only_a_model_can_follow_is_plain_here(speech):
    assert shape(speech, Prosody(energy_contrast=1.5, style=(1.0,) * N_STYLE)) is speech


def test_tremor_shakes_the_pitch_at_its_own_speed(speech):
    slow = shape(speech, Prosody(rate=0.5))
    shaking = shape(speech, Prosody(rate=0.5, tremor_semitones=1.5))
    span_s = (shaking.phones[4].start_s + 0.1, shaking.phones[7].end_s - 0.1)
    calm, curve = semitones(slow, *span_s), semitones(shaking, *span_s)
    n = min(len(calm), len(curve))
    difference = curve[:n] - calm[:n] - np.mean(curve[:n] - calm[:n])
    power = np.abs(np.fft.rfft(difference * np.hanning(n), 4096))
    loudest_hz = np.fft.rfftfreq(4096, 220 / RATE_HZ)[int(np.argmax(power))]
    assert loudest_hz == pytest.approx(TREMOR_HZ, abs=0.7)
    assert np.ptp(difference) > 1.5


def test_tension_tilts_the_spectrum_and_keeps_the_level(speech):
    vowel = lambda s: between(s, s.phones[5].start_s + 0.03, s.phones[5].end_s - 0.03)  # noqa: E731
    same = shape(speech, Prosody(pitch_semitones=0.01))
    for asked in (6.0, -6.0):
        tilted = shape(speech, Prosody(tension_db=asked))
        assert tilt_db(vowel(tilted)) - tilt_db(vowel(same)) == pytest.approx(asked, abs=2.0)
        assert level_db(vowel(tilted)) == pytest.approx(level_db(vowel(same)), abs=1.5)


def test_breath_puts_noise_into_the_voice(speech):
    vowel = lambda s: between(s, s.phones[5].start_s + 0.05, s.phones[5].end_s - 0.05)  # noqa: E731
    clean, half, full = (
        roughness(vowel(shape(speech, Prosody(pitch_semitones=0.01, aspiration=b)))) for b in (0, 0.5, 1)
    )
    assert clean < half < full and full > 0.6


def test_words_can_each_have_their_own_way(speech):
    changed = shape(speech, [(0, Prosody()), (10, Prosody(pitch_semitones=5.0))])
    assert np.median(of_phone(changed, 0)) == pytest.approx(np.median(of_phone(speech, 0)), abs=0.5)
    assert np.median(of_phone(changed, 7)) - np.median(of_phone(speech, 7)) == pytest.approx(5.0, abs=0.5)


def test_the_same_twice_is_the_same(speech):
    prosody = Prosody(1.1, 2, 1.3, 2, 0.8, 1, 2, 1.2, 0.5, 3, 0.3, 1.1, 1.1, 1)
    once, again = shape(speech, prosody), shape(speech, prosody)
    assert np.array_equal(once.audio.samples, again.audio.samples)
    assert once.phones == again.phones and np.abs(once.audio.samples).max() < 1


def test_silence_a_moment_and_nothing_are_taken_as_they_are(speech):
    changed = Prosody(rate=0.8, aspiration=0.5, energy_db=3)
    for n in (RATE_HZ, RATE_HZ // 20):
        mute = Speech(Audio(np.zeros(n, np.float32), RATE_HZ), (Phone("ɑ", 0.0, n / RATE_HZ),), ())
        assert np.abs(shape(mute, changed).audio.samples).max() < 1e-3
    wordless = Speech(speech.audio)
    assert shape(wordless, changed) is wordless
    with pytest.raises(BadInput, match="finite"):
        shape(speech, Prosody(rate=float("nan")))
