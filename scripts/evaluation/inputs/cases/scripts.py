"""Scripts as people paste them: brackets that are no feelings, pauses that are asked for, gaps between sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from scripts.evaluation.inputs.cases import Trial, mien

BRACKETS, PAUSES, GAPS = "brackets that are no feelings", "pauses that are asked for", "gaps between sentences"
# What is written, and the plain words that are to be spoken for it.
_SPOKEN = [
    ("[laughs] I can't believe it.", "I can't believe it."),
    ("He said [sic] that they was late.", "He said that they was late."),
    ("[whispers] Come closer.", "Come closer."),
    ("[music]\nWelcome back to the show.", "Welcome back to the show."),
    ("That was the [inaudible] of it.", "That was the of it."),
    ("Thank you all! [applause] [cheers] Good night.", "Thank you all! Good night."),
    ("[smiling] Nice to meet you.", "Nice to meet you."),
    ("[crosstalk] One at a time, please.", "One at a time, please."),
    ("It is the largest lake in Europe.[citation needed]", "It is the largest lake in Europe."),
    ("[Anna]: Where have you been?\n[Tom]: At the bank.", "Where have you been?\nAt the bank."),
    ("[ANNA] Where have you been?", "Where have you been?"),
    ("**[Mr. Smith]:** Good morning, class.", "Good morning, class."),
    ("[Speaker 1]: Hello there. [Speaker 2]: Hello yourself.", "Hello there. Hello yourself."),
    ("[Host]: Welcome.\n[Dr. Lee]: Thank you.", "Welcome.\nThank you."),
    ("[NARRATOR (V.O.)]: It was a dark night.", "It was a dark night."),
    ("Read the [docs](https://example.com/docs) first.", "Read the docs first."),
    ("Go to [our page](https://en.wikipedia.org/wiki/Foo_(bar)) now.", "Go to our page now."),
    ('Ask the [helpdesk](mailto:a@b.org "Mail us") today.', "Ask the helpdesk today."),
    ("Our ![logo](img/logo.png) is new.", "Our logo is new."),
    ("See the [manual][m] for more.\n\n[m]: https://example.com/manual", "See the manual for more."),
    ("The [guide] helps.\n\n[guide]: https://example.com", "The guide helps."),
    ("As [[Albert Einstein|Einstein]] said in [[Bern]].", "As Einstein said in Bern."),
    ("The earth is round[1] and old.[2][3]", "The earth is round and old."),
    ("He was right.[^1] We know.", "He was right. We know."),
    ("Prices rose[a] again.", "Prices rose again."),
    ("- [x] Buy milk\n- [ ] Sell eggs", "- Buy milk\n- Sell eggs"),
    ("[00:12] Hello, everybody.\n[00:15] Today we cook.", "Hello, everybody.\nToday we cook."),
    ("[00:01:02] Hello, everybody.", "Hello, everybody."),
    ("[Verse 1]\nThe sun comes up.\n[Chorus]\nAnd I go down.", "The sun comes up.\nAnd I go down."),
    ("Hello [Name], welcome back.", "Hello, welcome back."),
    ("Hello {name}, welcome back.", "Hello, welcome back."),
    ("Hello {{first_name}}, welcome back.", "Hello, welcome back."),
    ("This is [b]very[/b] [i]important[/i] news.", "This is very important news."),
    ("See [url=https://example.com]this page[/url] now.", "See this page now."),
    ("[quote]We did it.[/quote] That is all.", "We did it. That is all."),
    ("\x1b[31mRed\x1b[0m is a colour.", "Red is a colour."),
    ("[sighs] I know. [clears throat] Let us go on.", "I know. Let us go on."),
    ("[soft piano music] Good evening.", "Good evening."),
    ("[MUSIC PLAYING] Good evening.", "Good evening."),
    ("[door slams] Who was that?", "Who was that?"),
    ("*[laughs]* Who was that?", "Who was that?"),
    ("[T]he dog[s] ran to [the] man.", "The dogs ran to the man."),
    ("Write to john [at] example, please.", "Write to john at example, please."),
    ("[laughing softly]: You again!", "You again!"),
    ("[gallery ids=\"1,2\"] Look at these.", "Look at these."),
    ("Really?[laughs] No.", "Really? No."),
    ("[in a low voice] Do not move.", "Do not move."),
    ("[sarcastic] How nice of you.", "How nice of you."),
    ("[Sam] I have no idea. [sorry] Go on.", "I have no idea. Go on."),
    ("[rires] Bonjour, Marie.", "Bonjour, Marie."),
    ("The list [1] and the note [see below] stay.", "The list [1] and the note [see below] stay."),
]  # fmt: skip
_FELT = [
    ("[excited] We won! [sad] They lost.", "We won! They lost.", ["excitement:1", "sadness:1"]),
    ("[happy, whispering] We won!", "We won!", ["joy:1"]),
    ("[joy]: We won!", "We won!", ["joy:1"]),
    ("[anger:0.5] Stop. [laughs] Go.", "Stop. Go.", ["anger:0.5"]),
]
_MISSPELT = [
    ("[joyy] We won!", "joy"),
    ("[sadnes:0.5] They lost.", "sadness"),
    ("[hapy] We won!", "happy"),
    ("[suprised] You here?", "surprised"),
    ("[dissapointed] They lost.", "disappointed"),
    ("[joy:0.5,feer:0.3] They lost.", "fear"),
]


def _read(text: str) -> list:
    from generators.voice.frontend.frontend import phonemize_text

    return [[(word.tokens, word.after) for word in sentence] for sentence in phonemize_text(text)]


def _parsed(written: str):
    from checkpoints.errors import BadInput
    from studio.script import parse_script

    try:
        return parse_script(written)
    except BadInput as error:
        raise AssertionError(f"{written!r} is refused: {error}") from error


def _speaks(written: str, spoken: str, felt: list[str] | None = None) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        script = _parsed(written)
        assert _read(script.text) == _read(spoken), f"{written!r} is read as {script.text!r}"
        if felt is not None:
            assert [str(mark.emotion) for mark in script.marks] == felt, script.marks

    return check


def _suggests(written: str, feeling: str) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        from checkpoints.errors import BadInput
        from studio.script import parse_script

        try:
            script = parse_script(written)
        except BadInput as error:
            assert feeling in str(error).partition("did you mean")[2], error
        else:
            raise AssertionError(f"{written!r} passes as {script.text!r}")

    return check


def _tells_what_is_left_out(folder: Path) -> None:
    written = "[Anna]: Well, [laughs] I see [sic]. [laughs]"
    run = mien(folder, "say", written, "--out", "a.wav")
    assert run.returncode == 0, run.stderr
    warnings = json.loads((folder / "a.report.json").read_text())["warnings"]
    assert any("Anna" in warning for warning in warnings), warnings
    assert sum("[laughs]" in warning for warning in warnings) == 1, warnings
    assert any("[sic]" in warning for warning in warnings) and "[laughs]" in run.stderr, run.stderr


def _escaped_is_spoken(folder: Path) -> None:
    assert _parsed(r"He wrote \[sic\] there.").text == "He wrote [sic] there."


# --- sounds -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _studio():
    from studio import Studio

    return Studio()


def _say(folder: Path, text: str, **options) -> tuple[np.ndarray, int, dict]:
    """Samples, their rate and the report of a spoken text."""
    import soundfile

    from checkpoints.errors import BadInput

    try:
        sound = _studio().say(text, out=str(folder / "said.wav"), **options)
    except BadInput as error:
        raise AssertionError(f"{text!r} is refused: {error}") from error
    samples, rate_hz = soundfile.read(sound.path, dtype="float32")
    return samples, rate_hz, sound.report


def _levels_db(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """RMS of 5 ms around every millisecond."""
    window, step = round(0.005 * rate_hz), rate_hz / 1000
    sums = np.cumsum(np.pad(np.square(samples, dtype=np.float64), (window, window)))
    at = (np.arange(int(len(samples) / step)) * step).astype(int) + window
    return 10 * np.log10((sums[at + window // 2] - sums[at - window // 2]) / window + 1e-12)


def _silences_s(samples: np.ndarray, rate_hz: int, least_s: float = 0.1) -> list[float]:
    """Lengths of all stretches 32 dB and more under loud speech, in order."""
    levels = _levels_db(samples, rate_hz)
    quiet = np.flatnonzero(levels < np.percentile(levels[levels > levels.max() - 30], 75) - 32)
    stretches = np.split(quiet, np.flatnonzero(np.diff(quiet) > 1) + 1)
    return [len(stretch) / 1000 for stretch in stretches if len(stretch) >= least_s * 1000]


def _pauses_for(written: str, spoken: str, *wanted_s: float, **options) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        samples, rate_hz, report = _say(folder, written, **options)
        said = "".join(char for word, *_ in report["words"] for char in word.lower() if char.isalnum())
        assert said == "".join(char for char in spoken.lower() if char.isalnum()), said
        found_s = _silences_s(samples, rate_hz)
        for length_s in wanted_s:
            near_s = min(found_s, key=lambda found: abs(found - length_s), default=0.0)
            assert abs(near_s - length_s) <= 0.03, f"{length_s} s is asked for, {found_s} are there"
        times_s = [time_s for _, start_s, end_s, *_ in report["phones"] for time_s in (start_s, end_s)]
        between_s = np.diff([0.0, *times_s, len(samples) / rate_hz])[::2]
        for length_s in wanted_s:
            assert np.abs(between_s - length_s).min() <= 0.02, "the phones know nothing of the pause"

    return check


def _captions_rest(folder: Path) -> None:
    from studio.media.captions import make_captions

    *_, report = _say(folder, "Here we are. [pause 3s] There they go.")
    from generators.contracts import Word

    first, second = make_captions([Word(*word) for word in report["words"]])
    assert second.start_s - first.end_s > 1.9 and "pause" not in first.text + second.text


def _too_long(folder: Path) -> None:
    run = mien(folder, "say", "Wait. [pause 60s] Now.", "--out", "a.wav")
    assert run.returncode == 2 and "10" in run.stderr and not (folder / "a.wav").exists(), run.stderr


def _nothing_is_heard(folder: Path) -> None:
    from emotion_embed.signals.asr import transcribe
    from emotion_embed.signals.audio import Audio

    samples, rate_hz, _ = _say(folder, "We will see you tomorrow. [pause 5s] Good night, my friend.")
    heard = [word.text.strip(" .,").lower() for word in transcribe(Audio(samples, rate_hz), "en").words]
    assert heard == ["we", "will", "see", "you", "tomorrow", "good", "night", "my", "friend"], heard


# --- gaps ---------------------------------------------------------------------------------------------------------

_STORY = (
    "Yes. Then we walked along the river, past the old mill, until it was nearly dark. Why? Nobody ever told us. "
    "We came home… It was late.\n\nThe next morning was quite another thing. Rain fell."
)


def _gaps_s(folder: Path, text: str = _STORY, **options) -> list[float]:
    """Seconds from word to word between the sentences of a text."""
    *_, report = _say(folder, text, **options)
    words, at, gaps = report["words"], 0, []
    for word, following in zip(words, words[1:], strict=False):
        at = text.index(word[0], at) + len(word[0])
        if text[at : at + 1] in tuple(".!?…"):
            gaps.append(following[1] - word[2])
    return gaps


def _they_differ(folder: Path) -> None:
    gaps_s = _gaps_s(folder)
    assert len(gaps_s) == 7 and np.std(gaps_s[:4]) > 0.015, gaps_s
    assert all(0.25 < gap_s < 1.5 for gap_s in gaps_s), gaps_s


def _a_paragraph_takes_longer(folder: Path) -> None:
    gaps_s = _gaps_s(folder)
    assert gaps_s[5] > 1.4 * np.median(gaps_s), gaps_s


def _dots_take_longer(folder: Path) -> None:
    plain_s, dots_s = (_gaps_s(folder, f"We came home very late{mark} It was cold.")[0] for mark in (".", "…"))
    assert dots_s > plain_s + 0.08, (plain_s, dots_s)


def _short_answers_come_faster(folder: Path) -> None:
    short_s = _gaps_s(folder, "Yes. No.")[0]
    long_s = _gaps_s(folder, "We walked along the river until it was nearly dark. Then we turned and came home.")[0]
    assert short_s < 0.92 * long_s, (short_s, long_s)


def _changed_by(least: float, most: float, **options) -> Callable[[Path], None]:
    def check(folder: Path) -> None:
        ratio = sum(_gaps_s(folder, **options)) / sum(_gaps_s(folder))
        assert least < ratio < most, ratio

    return check


def _no_gap_is_dead(folder: Path) -> None:
    samples, rate_hz, _ = _say(folder, _STORY)
    frames = samples[: len(samples) // 240 * 240].reshape(-1, 240)
    levels = 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-12)
    assert -85 < levels.min() < -50 and np.ptp(levels[levels < -60]) < 25, (levels.min(), np.percentile(levels, 5))
    pauses = np.concatenate([samples[-round(0.2 * rate_hz) :], samples[: round(0.05 * rate_hz)]])
    assert np.abs(np.diff(pauses)).max() < 4e-3


def _the_same_again(folder: Path) -> None:
    (first, *_), (second, *_) = _say(folder, _STORY[:120]), _say(folder, _STORY[:120])
    assert np.array_equal(first, second) and np.ptp(_gaps_s(folder)) > 0.1


TRIALS = [
    *(Trial(BRACKETS, written[:60], _speaks(written, spoken)) for written, spoken in _SPOKEN),
    *(Trial(BRACKETS, written[:60], _speaks(written, spoken, felt)) for written, spoken, felt in _FELT),
    *(Trial(BRACKETS, written[:60], _suggests(written, feeling)) for written, feeling in _MISSPELT),
    Trial(BRACKETS, "what is left out is told", _tells_what_is_left_out),
    Trial(BRACKETS, "an escaped bracket is spoken", _escaped_is_spoken),
    Trial(PAUSES, "a second between words", _pauses_for("Hello [pause 1s] world.", "Hello world", 1.0)),
    Trial(PAUSES, "by default", _pauses_for("I see [pause 0.9s] you now.", "I see you now", 0.9)),
    Trial(PAUSES, "with a colon, at the start", _pauses_for("[pause:1.5] Hello there.", "Hello there", 1.5)),
    Trial(PAUSES, "milliseconds", _pauses_for("Big [pause 800ms] apple trees.", "Big apple trees", 0.8)),
    Trial(PAUSES, "length first, at the end", _pauses_for("Good night. [1.5s pause]", "Good night", 1.5)),
    Trial(PAUSES, "between sentences", _pauses_for("We won. [pause 2s] They lost.", "We won They lost", 2.0)),
    Trial(PAUSES, "two add up", _pauses_for("One [pause 1s][pause 500ms] more.", "One more", 1.5)),
    Trial(PAUSES, "several", _pauses_for("Three [pause 1s] two [pause 1.2s] one.", "three two one", 1.0, 1.2)),
    Trial(PAUSES, "a break without speak", _pauses_for('So <break time="1.3s"/> here.', "So here", 1.3)),
    Trial(PAUSES, "SSML", _pauses_for('<speak>So <break time="700ms"/> here.</speak>', "So here", 0.7)),
    Trial(PAUSES, "in words", _pauses_for("So [two-second pause] here.", "So here", 2.0)),
    Trial(PAUSES, "in a feeling", _pauses_for("[sadness] Gone [pause 1s] for ever.", "Gone for ever", 1.0)),
    Trial(PAUSES, "at another rate", _pauses_for("Hello [pause 1s] world.", "Hello world", 1.0, rate=1.6)),
    Trial(PAUSES, "another voice", _pauses_for("Hello [pause 1s] world.", "Hello world", 1.0, voice="bm_george")),
    Trial(PAUSES, "numbers", _pauses_for("I count 3 [pause 1s] 2 [pause 1.4s] 1.", "I count 3 2 1", 1.0, 1.4)),
    Trial(PAUSES, "captions rest", _captions_rest),
    Trial(PAUSES, "too long a pause", _too_long),
    Trial(PAUSES, "nothing is heard in it", _nothing_is_heard),
    Trial(GAPS, "they differ", _they_differ),
    Trial(GAPS, "a paragraph", _a_paragraph_takes_longer),
    Trial(GAPS, "three dots", _dots_take_longer),
    Trial(GAPS, "short answers", _short_answers_come_faster),
    Trial(GAPS, "sadness lingers", _changed_by(1.3, 2.5, emotion="sadness")),
    Trial(GAPS, "joy hurries", _changed_by(0.6, 0.92, emotion="joy")),
    Trial(GAPS, "anger hurries", _changed_by(0.55, 0.92, emotion="anger")),
    Trial(GAPS, "a fast rate", _changed_by(0.5, 0.9, rate=1.6)),
    Trial(GAPS, "a slow rate", _changed_by(1.1, 2.0, rate=0.7)),
    Trial(GAPS, "no gap is dead", _no_gap_is_dead),
    Trial(GAPS, "the same again", _the_same_again),
]
