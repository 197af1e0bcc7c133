"""A conversation: one face says things and lives on in between, without a jump."""

import threading

import numpy as np
import pytest

from checkpoints.errors import BadInput, Cancelled
from studio import Studio
from studio.request import RenderRequest

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def studio():
    return Studio()


def recorded(session):
    """A session that keeps its motion, which a clip keeps for its CSV."""
    object.__setattr__(session.plan.request, "motion_csv", True)
    return session


def test_head_gaze_and_lids_go_on_where_the_last_turn_ended(studio):
    session = recorded(studio.session(size="128", seed=4))
    turns = [
        list(session.say("Good morning! How did you sleep?", emotion="joy:0.7")),
        list(session.idle(1.5)),
        list(session.say(text for text in ("I see.", "[sadness:0.6] That must have been hard."))),
        list(session.idle(0.7)),
    ]
    chunks = [chunk for turn in turns for chunk in turn]
    starts = [chunk.start_s for chunk in chunks]
    assert starts == sorted(starts) and starts[0] == 0
    for before, after in zip(chunks, chunks[1:], strict=False):
        assert after.start_s == pytest.approx(before.end_s)
    assert chunks[-1].end_s == pytest.approx(session.duration_s)

    motions = session.performance.motions
    joins = np.cumsum([len(motion) for motion in motions])[:-1]
    for values in ("head_rotation_deg", "head_translation_cm", "blendshapes"):
        steps = np.abs(np.diff(np.concatenate([getattr(motion, values) for motion in motions]), axis=0)).max(1)
        elsewhere = np.delete(steps, joins - 1)
        assert steps[joins - 1].max() <= elsewhere.max() + 1e-6, values


def test_what_is_said_goes_on_a_sentence_at_a_time_and_words_keep_their_feelings(studio):
    session = studio.session(size="128", motion_generator="procedural")
    arrived, waiting = [], threading.Event()

    def sentences():
        arrived.append("first")
        yield "The first one is there."
        assert waiting.wait(30)
        arrived.append("second")
        yield "[fear] The second comes late."

    chunks = session.say(sentences())
    next(chunks)
    assert arrived == ["first"]  # it is shown before the second one is there
    waiting.set()
    list(chunks)
    words = [word.text for word in session.performance.spoken.words]  # of the last turn
    assert words[0] == "The" and words[-1].startswith("late")
    assert session.performance.spoken.track.keys[-1].emotion.top == "fear"


def test_an_interrupted_turn_is_where_the_next_one_goes_on(studio):
    session = studio.session(size="128", motion_generator="procedural")
    cancel = threading.Event()
    chunks = session.say("This is a rather long sentence that nobody will hear to its end. And another.", cancel=cancel)
    first = next(chunks)
    cancel.set()
    with pytest.raises(Cancelled):
        list(chunks)
    shown_s = session.duration_s
    assert shown_s >= first.end_s
    again = list(session.say("Sorry."))
    assert again[0].start_s == pytest.approx(shown_s)
    assert again[-1].end_s == pytest.approx(session.duration_s)
    frames, samples = (sum(len(part) for part in parts) for parts in (
        [chunk.frames for chunk in again], [chunk.audio.samples for chunk in again],
    ))  # fmt: skip
    assert samples / again[0].audio.sample_rate_hz == pytest.approx(frames / 25, abs=0.05)  # none of the old sentence
    assert np.abs(again[0].frames[0].astype(float) - first.frames[-1]).mean() < 6  # it comes out of the same pose


def test_a_face_that_is_interrupted_comes_out_of_its_pose(studio):
    session = recorded(studio.session(size="128", seed=1))
    chunks = session.say("What an extraordinarily wonderful morning this is! And so on, and so on.", emotion="joy:1")
    for chunk in chunks:
        if chunk.end_s > 1:
            break
    chunks.close()
    n_shown = round(chunk.end_s * 25)
    last = np.concatenate([motion.blendshapes for motion in session.performance.motions])[n_shown - 1]
    n_before = len(session.performance.motions)
    list(session.say("Oh."))
    after = session.performance.motions[n_before].blendshapes
    steps = np.abs(np.diff(after[12:], axis=0)).max()
    assert np.abs(after[0] - last).max() <= max(0.25, 1.5 * steps)


def test_a_feeling_holds_in_voice_and_face_until_another_is_named(studio):
    session = studio.session(size="128", motion_generator="procedural", emotion="joy:0.5")
    list(session.say("Hello.", vad="-0.5,0.6,0.3"))
    asked = session._asked("And again.", {})
    assert (asked.vad, asked.emotion) == ("-0.5,0.6,0.3", None)
    list(session.say("Hm. [sadness]"))
    assert session._asked("And again.", {}).emotion == "sadness:1"
    list(session.idle(0.2))
    assert session.performance.spoken.track.at(1e6).top == "sadness"


def test_a_turn_while_another_is_open_is_refused_and_memory_stays_flat(studio):
    session = studio.session(size="128", motion_generator="procedural")
    chunks = session.say("One moment please.")
    next(chunks)
    with pytest.raises(BadInput, match="being said"):
        next(session.idle(1.0))
    chunks.close()
    for _ in range(4):
        list(session.say("Yes.", emotion="joy:0.3"))
    spoken = session.performance.spoken
    assert len(spoken.words) <= 1 and len(spoken.captions) <= 1


@pytest.mark.parametrize("field", [{"video": "me.mp4"}, {"text": "Hi."}, {"check": True}, {"track": "t.json"}])
def test_what_only_a_clip_has_is_refused(studio, field):
    with pytest.raises(BadInput, match="no use for"):
        studio.session(size="128", **field)


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: s.idle(0), lambda s: s.idle("3"), lambda s: s.say(""), lambda s: s.say("Hi.", mood="x"),
        lambda s: s.say(None), lambda s: s.say([5]), lambda s: s.say("Hi.", rate="fast"),
    ],
)  # fmt: skip
def test_what_a_session_cannot_do_is_one_sentence(studio, ask):
    session = studio.session(size="128", motion_generator="procedural")
    with pytest.raises(BadInput):
        next(ask(session))
    assert list(session.idle(0.2))  # it is not harmed


def test_two_renders_at_once_share_one_portrait(studio, tmp_path):
    stages, done = [], []

    def render(number):
        out = str(tmp_path / f"{number}.mp4")
        request = RenderRequest(text="Hello there.", size="160", motion_generator="procedural", out=out)
        done.append(studio.render(request, progress=lambda stage, *_: stages.append(stage)))

    threads = [threading.Thread(target=render, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2
    assert len(studio._library._portraits._things) <= 2
    assert {clip.path.name for clip in done} == {"0.mp4", "1.mp4"}
    assert done[0].report["frames"] == done[1].report["frames"]
