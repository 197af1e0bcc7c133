"""How a script is delivered."""

from emotion_embed.state import parse_emotion
from emotion_embed.track import EmotionKey, EmotionTrack
from generators.voice.prosody.prosody import PLAIN
from generators.voice.prosody.style_bank import prosody_for
from studio.prosody_plan import delivery, emphasised
from studio.request import RenderRequest


def of(text, **fields):
    request = RenderRequest(text=text, **fields)
    return delivery(request, request.script()), request.script().text


def test_nothing_felt_and_nothing_stressed_is_the_plain_voice():
    at, text = of("Nothing happened today.")
    assert all(at(i) == PLAIN for i in range(len(text)))


def test_marks_hold_from_where_they_stand():
    at, text = of("Well. [sadness] He is gone. [joy:0.5] But he lived!")
    assert at(0) == PLAIN
    assert at(text.index("He")) == at(text.index("gone")) == prosody_for(parse_emotion("sadness"))
    assert at(text.index("lived")) == prosody_for(parse_emotion("joy:0.5"))


def test_the_request_speeds_up_and_raises_what_is_felt():
    at, _ = of("[fear] Run!", rate=1.2, pitch=2.0)
    feared = prosody_for(parse_emotion("fear"))
    assert at(0).rate == min(2, feared.rate * 1.2)
    assert at(0).pitch_semitones == feared.pitch_semitones + 2


def test_a_stressed_word_stands_out_of_its_feeling():
    at, text = of("[anger] I told you to *wait* for me.")
    word = text.index("wait")
    assert at(word) == emphasised(at(word - 2)) and at(word + 5) == at(word - 2)
    assert at(word).rate < at(word - 2).rate and at(word).energy_db > at(word - 2).energy_db


def test_a_track_is_followed_at_the_time_at_which_words_are_likely_said():
    track = EmotionTrack(
        (EmotionKey(0.0, parse_emotion("joy")), EmotionKey(2.0, parse_emotion("sadness"), transition_s=0.4))
    )
    request = RenderRequest(text="a" * 200, track="unused.json")
    so_far = (0.0, 0)
    at = delivery(RenderRequest(text="a" * 200), request.script(), track, lambda: so_far)
    assert at(0) == prosody_for(parse_emotion("joy"))
    assert at(60) == prosody_for(parse_emotion("sadness"))  # 4 s at 15 characters a second
    so_far = (1.0, 50)  # it was spoken faster than thought
    assert at(55) == prosody_for(parse_emotion("joy"))
