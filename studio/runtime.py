"""What lets the stages of a render run at the same time: threads with short queues, a clock, and growing sound; and
`Run`, which holds all that belongs to one piece of work and ends with it."""

from __future__ import annotations

import contextvars
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

import numpy as np

from checkpoints.errors import Cancelled
from checkpoints.notices import gathering
from emotion_embed.signals.audio import Audio
from studio.library import Library, WeightsProgress

Item = TypeVar("Item")
# progress(stage, done, total): "weights …" counts bytes, "portrait" is 0 then 1, "watching" the share of a video that
# is followed, "video" counts seconds.
Progress = Callable[[str, float, float], None]
_END_S = 0.8  # how long a stage inside one long native call is waited for; then it ends by itself
_POLL_S = 0.1  # how often a waiting stage looks whether it shall stop


class Stop:
    """Says whether a render shall stop: because its user set `cancel`, or because it ended by itself."""

    def __init__(self, cancel: threading.Event | None = None) -> None:
        self._cancel, self._own = cancel or threading.Event(), threading.Event()

    def set(self) -> None:
        """End this render; the user's own event is left as it is."""
        self._own.set()

    def is_set(self) -> bool:
        """Whether to stop."""
        return self._own.is_set() or self._cancel.is_set()


class Background(Generic[Item]):
    """Runs an iterator in its own thread, at most `depth` items ahead of whoever iterates over this.

    An error in the thread comes out of the iteration as itself. `stop` is shared by all stages of a render: once
    it is set, the thread ends and the iteration raises `Cancelled`. Context variables are those of whoever made this.
    """

    def __init__(self, items: Iterable[Item], depth: int, stop: Stop, name: str):
        self._items, self._stop = items, stop
        self._queue: queue.Queue = queue.Queue(depth)
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._run,), name=f"mien-stage-{name}", daemon=True
        )
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        while True:
            kind, value = self._get()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value

    def join(self, timeout_s: float) -> None:
        """Wait for the thread to end (it does once `stop` is set or its iterator is through)."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(("item", item)):
                    return
            self._put(("end", None))
        except BaseException as error:  # whatever it is, it belongs to the one who waits for the items
            self._put(("error", error))
        finally:
            if close := getattr(self._items, "close", None):
                close()  # a generator lets go of what it holds, here in its own thread

    def _put(self, message: tuple) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(message, timeout=_POLL_S)
                return True
            except queue.Full:
                continue
        return False

    def _get(self) -> tuple:
        while True:
            raise_if_set(self._stop)
            try:
                return self._queue.get(timeout=_POLL_S)
            except queue.Empty:
                continue


def raise_if_set(stop: Stop) -> None:
    """Raise `Cancelled` once the user asked to stop."""
    if stop.is_set():
        raise Cancelled("Stopped; nothing half-written is left.")


class StageClock:
    """Adds up how long each stage works, in seconds of wall time."""

    def __init__(self) -> None:
        self.totals_s: dict[str, float] = defaultdict(float)

    def timed(self, stage: str, items: Iterable[Item]) -> Iterator[Item]:
        """The same items; the time that getting each one takes is booked on `stage`."""
        iterator = iter(items)
        while True:
            started = time.perf_counter()
            try:
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self.add(stage, time.perf_counter() - started)
            yield item

    @contextmanager
    def measured(self, stage: str) -> Iterator[None]:
        """Book on `stage` what the context takes."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - started)

    def add(self, stage: str, seconds: float) -> None:
        """Book time on a stage."""
        self.totals_s[stage] += seconds


class Soundtrack:
    """Sound that one thread appends and another takes away, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks: list[np.ndarray] = []
        self._taken = 0
        self.sample_rate_hz: int | None = None
        self.n_samples = 0

    @property
    def duration_s(self) -> float:
        """Length of everything appended so far, in seconds."""
        return self.n_samples / self.sample_rate_hz if self.sample_rate_hz else 0.0

    def append(self, samples: np.ndarray, sample_rate_hz: int) -> None:
        """Add samples (n,); the rate must stay the same."""
        with self._lock:
            if self.sample_rate_hz not in (None, sample_rate_hz):
                raise ValueError(f"The sound changes its rate from {self.sample_rate_hz} to {sample_rate_hz} Hz.")
            self.sample_rate_hz = sample_rate_hz
            self._blocks.append(samples)
            self.n_samples += len(samples)

    def take(self, until_s: float | None) -> Audio:
        """The sound from where the last `take` ended up to `until_s` (None: all there is), float32.

        Raises:
            ValueError: Nothing was appended yet.
        """
        with self._lock:
            if self.sample_rate_hz is None:
                raise ValueError("There is no sound yet.")
            joined = np.concatenate(self._blocks) if self._blocks else np.zeros(0, np.float32)
            n = len(joined) if until_s is None else round(until_s * self.sample_rate_hz) - self._taken
            head, rest = joined[: max(0, n)], joined[max(0, n) :]
            self._blocks = [rest] if len(rest) else []
            self._taken += len(head)
            return Audio(head.astype(np.float32, copy=False), self.sample_rate_hz)

    def drop(self) -> None:
        """Forget what nobody took; the next `take` goes on behind it."""
        with self._lock:
            self._blocks, self._taken = [], self.n_samples


class Run:
    """One render, sound or turn of a conversation at work: thrown away when it is done.

    Attributes:
        library: where generators and portraits come from.
        progress: who is told how far it is.
        stop: says whether to stop.
        clock: how long each stage works.
        notices: what its user should know, gathered from every stage.
        started: when it began, on `time.perf_counter`.
    """

    def __init__(
        self,
        library: Library,
        progress: Progress | None = None,
        cancel: threading.Event | None = None,
        notices: Sequence[str] = (),
    ) -> None:
        self.library, self.progress, self.stop = library, progress or _ignore, Stop(cancel)
        self.clock, self.notices, self.started = StageClock(), list(notices), time.perf_counter()
        self._threads: list[Background] = []
        self.raise_if_stopped()

    def background(self, items: Iterable[Item], depth: int, name: str) -> Background[Item]:
        """Run a stage in a thread of its own, which ends with this run."""
        with gathering(self.notices):
            self._threads.append(Background(items, depth, self.stop, name))
        return self._threads[-1]

    def one(self, stage: str, make: Callable[[], Item]) -> Item:
        """What `make` returns, made in a thread of its own so that it can be cancelled."""
        return next(iter(self.background((make() for _ in range(1)), 1, stage)))

    def fetch(self, names: Iterable[str]) -> None:
        """Have these sets of weights here before any work begins; raises `Missing` where one cannot be had."""
        import checkpoints

        for name in [name for name in names if not checkpoints.is_present(name)]:
            self.one("weights", lambda name=name: checkpoints.path(name, progress=of_weights(self.progress)))

    def raise_if_stopped(self) -> None:
        """Raise `Cancelled` once the user asked to stop."""
        raise_if_set(self.stop)

    def elapsed_s(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.started

    def end(self) -> None:
        """Stop every stage and wait for its thread, though not for one inside a long native call."""
        self.stop.set()
        deadline = time.monotonic() + _END_S
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()


def of_weights(progress: Progress) -> WeightsProgress:
    """The same progress, told of downloads: the stage is "weights NAME", counted in bytes."""
    return lambda name, done_bytes, total_bytes: progress(f"weights {name}", done_bytes, total_bytes)


def _ignore(stage: str, done: float, total: float) -> None:
    """Progress that nobody watches."""
