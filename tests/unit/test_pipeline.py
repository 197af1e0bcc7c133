import threading
import time

import numpy as np
import pytest

from checkpoints.errors import BadInput, Cancelled
from studio import runtime
from studio.runtime import Background, Soundtrack, StageClock, Stop


def test_items_come_in_order_and_no_further_ahead_than_asked():
    made = []

    def count():
        for i in range(20):
            made.append(i)
            yield i

    items = Background(count(), 3, Stop(), "count")
    iterator = iter(items)
    assert next(iterator) == 0
    time.sleep(0.2)
    assert len(made) <= 1 + 3 + 1
    assert list(iterator) == list(range(1, 20))
    items.join(2)


def test_an_error_comes_out_as_itself():
    def fail():
        yield 1
        raise BadInput("no")

    iterator = iter(Background(fail(), 2, Stop(), "fail"))
    assert next(iterator) == 1
    with pytest.raises(BadInput, match="no"):
        next(iterator)


def test_stopping_ends_the_thread_and_the_wait():
    stop = Stop()

    def endless():
        while True:
            yield np.zeros(10)

    items = Background(endless(), 2, stop, "endless")
    next(iter(items))
    stop.set()
    items.join(2)
    assert "mien-stage-endless" not in [thread.name for thread in threading.enumerate()]
    with pytest.raises(Cancelled):
        next(iter(items))


def test_a_stopped_generator_is_closed_in_its_own_thread():
    stop, closed_in = Stop(), []

    def endless():
        try:
            while True:
                yield 0
        finally:
            closed_in.append(threading.current_thread().name)

    items = Background(endless(), 2, stop, "closing")
    next(iter(items))
    stop.set()
    items.join(2)
    assert closed_in == ["mien-stage-closing"]


def test_the_clock_counts_only_the_work_inside(monkeypatch):
    clock, now_s = StageClock(), [100.0]
    monkeypatch.setattr(runtime.time, "perf_counter", lambda: now_s[0])

    def work():
        for _ in range(3):
            now_s[0] += 2
            yield 0

    for _ in clock.timed("work", work()):
        now_s[0] += 5
    assert clock.totals_s["work"] == 6


def test_sound_is_taken_up_to_a_time_without_loss():
    track, rng = Soundtrack(), np.random.default_rng(0)
    blocks = [rng.normal(size=n).astype(np.float32) for n in (100, 7, 393)]
    for block in blocks:
        track.append(block, 100)
    taken = [track.take(t) for t in (0.5, 0.5, 1.23, 4.0)] + [track.take(None)]
    assert [len(t.samples) for t in taken] == [50, 0, 73, 277, 100]
    assert np.array_equal(np.concatenate([t.samples for t in taken]), np.concatenate(blocks))
    with pytest.raises(ValueError, match="rate"):
        track.append(blocks[0], 200)


def test_a_render_that_ends_leaves_the_users_event_alone():
    cancel = threading.Event()
    stop = Stop(cancel)
    stop.set()
    assert stop.is_set()
    assert not cancel.is_set()
    cancel.set()
    assert Stop(cancel).is_set()
