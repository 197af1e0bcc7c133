"""What the settings of voices allow, and how they come from a request and a machine."""

import time

import pytest

from checkpoints.errors import BadInput
from generators import registry
from generators.spec import RuntimeConfig
from generators.voice.frontend.g2p import PUNCTUATION
from generators.voice.frontend.normalise import iter_sentences, sentences

VOICES = [spec for spec in registry.specs("voice") if spec.config]


@pytest.mark.parametrize("spec", VOICES, ids=lambda spec: spec.name)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("peak", 0), ("peak", 1.2), ("peak", float("nan")), ("speech_level_dbfs", 3), ("lead_s", -0.1), ("tail_s", 9),
        ("first_chunk_tokens", 5), ("chunk_tokens", 10_000), ("longest_chunk_tokens", 0), ("second_chunk_tokens", -1),
    ],
)  # fmt: skip
def test_a_setting_out_of_its_range_is_one_sentence(spec, name, value):
    with pytest.raises(BadInput, match=name) as raised:
        spec.make_config({name: value})
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("spec", VOICES, ids=lambda spec: spec.name)
def test_settings_are_plain_values_that_a_command_line_can_write(spec):
    kinds = {kind.partition(" |")[0] for kind in spec.config_class().__annotations__.values() if "ClassVar" not in kind}
    assert kinds <= {"int", "float", "str", "bool"}
    assert spec.make_config({"first_chunk_tokens": "30"}).first_chunk_tokens == 30


@pytest.mark.parametrize("name", ["kokoro", "piper"])
def test_threads_come_from_the_machine_unless_they_are_named(name):
    spec = registry.spec("voice", name)
    assert spec.make_config({}).n_threads == spec.make_config({}, RuntimeConfig()).n_threads == 2
    assert spec.make_config({}, RuntimeConfig(threads=3)).n_threads == 3
    assert spec.make_config({"threads": 1}, RuntimeConfig(threads=3)).n_threads == 1
    with pytest.raises(BadInput, match="threads"):
        spec.make_config({"threads": -1})


def test_sentences_are_normalised_as_they_are_asked_for():
    text = "One is $5.20. Two is on 3/4/2024! " * 2000
    started = time.process_time()
    lazily = iter_sentences(text)
    assert [word.text for word in next(lazily)] == ["One", "is", "$5.20"]
    first_s = time.process_time() - started
    assert 1 + sum(1 for _ in lazily) == len(sentences(text)) == 4000
    assert first_s < 0.7 * (time.process_time() - started - first_s)


@pytest.mark.parametrize("mark", PUNCTUATION)
def test_every_mark_that_a_voice_hears_survives_the_front_end(mark):
    (sentence, *_) = sentences(f"Wait{mark} I come")
    assert sentence[0].after == mark
