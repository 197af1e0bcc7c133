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
    words = [word.text for word in session.performance.spoken.words]
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
    again = list(session.say("Sorry."))
    assert again[0].start_s >= first.end_s
    assert len(again) and again[-1].end_s == pytest.approx(session.duration_s)


@pytest.mark.parametrize("ask", [lambda s: s.idle(0), lambda s: s.say(""), lambda s: s.say("Hi.", mood="x")])
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
