"""What a text feels like, with the committed weights: labels, causes, negation, emoji, languages, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkpoints.errors import BadInput
from emotion_embed.fusion import CORE, core_distribution
from emotion_embed.readers import languages, text
from emotion_embed.readers.text_normalisation import normalise_text


@pytest.fixture(scope="module")
def reader():
    return text.load_text_reader()


def core(evidence, *names):
    return sum(core_distribution(evidence.distribution)[CORE.index(name)] for name in names)


@pytest.mark.parametrize(
    ("message", "feeling"),
    [
        ("I got the job, I'm so happy!", "joy"),
        ("My grandmother died this morning and I miss her.", "sadness"),
        ("How dare you lie to me, you make me furious!", "anger"),
        ("I'm terrified of what might happen tonight.", "fear"),
        ("Wow, I did not see that coming!", "surprise"),
        ("That is disgusting, it made me feel sick.", "disgust"),
        ("The meeting is at three in room twelve.", "neutral"),
    ],
)
def test_plain_cases(reader, message, feeling):
    found = core_distribution(reader.read(message).distribution)
    assert CORE[int(found.argmax())] == feeling


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("I love the way you sing this song.", "love"),
        ("The weather was fine but the food was disgusting.", "disgusting"),
        ("Thank you for the flowers on my desk.", "Thank"),
        ("My sister is afraid of the dog next door.", "afraid"),
        ("I am so proud of you and your brother.", "proud"),
        ("Sorry, I forgot your birthday again.", "Sorry"),
    ],
)
def test_the_cause_is_found(reader, message, cause):
    causes = reader.read(message).causes
    assert causes[0][0] == cause and causes[0][1] > 0.5


@pytest.mark.parametrize(
    ("plain", "negated"),
    [
        ("I am happy with the result.", "I am not happy with the result at all."),
        ("This is a good idea.", "This is not a good idea."),
        ("I like it.", "I don't like it."),
    ],
)
def test_negation_turns_the_valence(reader, plain, negated):
    assert reader.read(plain).vad_mean[0] > 0.15 > reader.read(negated).vad_mean[0]


def test_emphasis_raises_and_hedging_lowers_the_intensity(reader):
    plain = reader.read("I am happy.").intensity
    assert reader.read("I am SO HAPPY!!!").intensity > plain > reader.read("I am a little happy.").intensity


@pytest.mark.parametrize(
    ("message", "feeling"), [("😭😭 my dog", "sadness"), ("haha 😂😂", "joy"), ("🤬🤬 again", "anger")]
)
def test_emoji_are_read(reader, message, feeling):
    found = core_distribution(reader.read(message).distribution)
    assert CORE[int(found[1:].argmax()) + 1] == feeling


def test_a_long_text_becomes_a_track(reader):
    story = "What a wonderful morning, I love it! Then the phone rang. My father had died. I cried for hours."
    sentences = reader.read_sentences(story)
    assert [story[s.start : s.end] for s in sentences] == [
        "What a wonderful morning, I love it!", "Then the phone rang.", "My father had died.", "I cried for hours.",
    ]  # fmt: skip
    assert sentences[0].evidence.vad_mean[0] > 0.3 > -0.2 > sentences[2].evidence.vad_mean[0]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Ich bin heute sehr traurig, weil mein Hund gestorben ist.", "de"),
        ("Estoy muy contento de verte otra vez.", "es"),
        ("Je suis tellement en colère contre toi.", "fr"),
        ("Sono molto felice di essere qui con voi.", "it"),
        ("Ik ben zo bang voor wat er gaat gebeuren.", "nl"),
        ("Bardzo się boję tego, co się stanie.", "pl"),
        ("Estou muito feliz por você ter vindo.", "pt"),
        ("I am very happy to see you again.", "en"),
    ],
)
def test_languages_are_told_apart_and_read(reader, message, code):
    assert languages.check(None, message) == code
    evidence = reader.read(message)
    assert sum(evidence.distribution.values()) == pytest.approx(1, abs=1e-3)
    assert code == "en" or evidence.reliability < 0.5  # the seven are weaker and say so


@pytest.mark.parametrize(
    ("message", "language", "sentence"),
    [
        ("", None, "empty"), ("  \n ", None, "empty"), ("x" * 1_000_000, None, "1,000,000 characters"),
        ("今日はとても嬉しいです", None, "letters that are not read"), ("hello there", "tr", "are not read"),
        ("Hej jag är mycket glad över att vara här idag", None, "cannot be told which language"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_one_sentence(reader, message, language, sentence):
    with pytest.raises(BadInput, match=sentence):
        reader.read(message, language=language)


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=80))
def test_any_text_gives_a_sound_answer_or_one_sentence(reader, message):
    try:
        evidence = reader.read(message)
    except BadInput as error:
        assert str(error).endswith(".")
        return
    assert sum(evidence.distribution.values()) == pytest.approx(1, abs=1e-3)
    assert np.isfinite(evidence.vad_mean).all() and 0 <= evidence.intensity <= 1 and 0 <= evidence.reliability <= 1


@given(st.text(max_size=200))
def test_sentences_cover_every_letter_in_order(message):
    spans = text.sentence_spans(message)
    assert all(start <= end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in zip(spans[:-1], spans[1:], strict=True))
    covered = "".join(message[start:end] for start, end in spans)
    assert [c for c in covered if c.isalnum()] == [c for c in message if c.isalnum()]


def test_batches_change_nothing(reader):
    messages = ["I am glad.", "Why would anybody do such a thing to a child, tell me that?", "ok"]
    together = reader.outputs(messages)
    for i, message in enumerate(messages):
        alone = reader.outputs([message])
        # int8 activations are scaled per batch, so neighbours move a little; a mix-up would move everything
        assert np.abs(alone.emotions[0] - together.emotions[i]).max() < 0.06


def test_normalising():
    assert normalise_text("soooo  good\n😭") == "soo good loudly crying face"
    assert normalise_text("👍🏽") == "thumbs up"


@pytest.mark.parametrize(
    ("message", "sentences"),
    [
        ("I paid 3.50 to Dr. Smith. It was fine.", ["I paid 3.50 to Dr. Smith.", "It was fine."]),
        ("A line that was wrapped by an editor because it was long\nand goes on.", 1),
        ("Dear Ann\nThank you!", ["Dear Ann", "Thank you!"]),
        ("First.\n\nSecond", ["First.", "Second"]),
        ("word " * 200, 3),
    ],
)
def test_sentences_end_where_they_end(message, sentences):
    found = [message[start:end] for start, end in text.sentence_spans(message)]
    assert found == sentences if isinstance(sentences, list) else len(found) == sentences


def test_the_end_of_a_long_sentence_is_read_too(reader):
    long = "I like apples and bread and tea and the sea " * 15 + "but I hate everything and I want to die"
    assert reader.read_sentences(long)[-1].evidence.vad_mean[0] < 0
