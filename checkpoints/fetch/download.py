"""How sets get into the cache: whole, verified, once, however many threads and processes ask."""

from __future__ import annotations

import errno
import hashlib
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from checkpoints.entries import CheckpointFile, CheckpointSet, Source
from checkpoints.errors import Missing
from checkpoints.fetch.session import CancelToken, FetchCancelled, FetchSession, SourceFailed, Torn, offline_switch
from checkpoints.fetch.sources import describe, forget, is_cached, stream

Progress = Callable[[str, int, int], None]
Check = Callable[[CheckpointFile, Path], bool]

_WORKERS = 4
_PATIENCE_S = 0.7
_PATIENCE_FOR_REMOVAL_S = 5.0
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


def has_size(file: CheckpointFile, path: Path) -> bool:
    """Whether `path` is a file of the right size: cheap, and enough for what was verified when it came."""
    try:
        return path.is_file() and path.stat().st_size == file.size_bytes
    except OSError:
        return False


def is_whole(file: CheckpointFile, path: Path) -> bool:
    """Whether every byte at `path` is right."""
    if not has_size(file, path):
        return False
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def lacking_files(entry: CheckpointSet, folder: Path, check: Check) -> list[CheckpointFile]:
    """The files of a set that `check` does not find in `folder`."""
    return [file for file in entry.files if not check(file, folder / file.path)]


def fetch_sets(entries: Sequence[CheckpointSet], root: Path, check: Check, progress: Progress | None) -> None:
    """Bring what `check` misses of these sets into the cache at `root`; one `Missing` speaks for all that failed."""
    cancel, lock = CancelToken(), threading.Lock()

    def report(name: str, done_bytes: int, total_bytes: int) -> None:
        if progress:
            with lock:
                progress(name, done_bytes, total_bytes)

    fetches = [_SetFetch(entry, root, check, cancel, report) for entry in entries]
    failures = _run_all([fetch.run for fetch in fetches], cancel)
    if failures:
        names, first = [failure.name for failure in failures], failures[0]
        raise Missing(
            f"{', '.join(names)} could not be had ({first.reason}): "
            f"{first.remedy} and run `mien checkpoints pull {' '.join(names)}`."
        ) from first


@dataclass
class _Failure(Exception):
    """A set that could not be had: why, and what to do before asking for it again."""

    name: str
    reason: str
    remedy: str


def _run_all(tasks: Sequence[Callable[[], None]], cancel: CancelToken) -> list[_Failure]:
    """Run the tasks in a few threads and return the failures; anything else that is raised stops them all.

    The threads are daemons and only the caller waits for them: an interrupt gets through at once, and a thread that
    hangs on a dead connection cannot hold the program back. What it leaves is a partial file, taken up next time.
    """
    waiting, outcomes = queue.SimpleQueue(), queue.SimpleQueue()
    for task in tasks:
        waiting.put(task)

    def work() -> None:
        with suppress(queue.Empty):
            while not cancel.is_set():
                task = waiting.get_nowait()
                try:
                    outcomes.put(task())
                except BaseException as error:  # carried over to the thread that asked
                    outcomes.put(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(_WORKERS, len(tasks)))]
    for thread in threads:
        thread.start()
    failures = []
    try:
        for _ in tasks:
            outcome = outcomes.get()
            if isinstance(outcome, _Failure):
                failures.append(outcome)
            elif outcome is not None:
                raise outcome
    finally:
        cancel.set()
        _await(threads, cancel)
    return failures


def _await(threads: Sequence[threading.Thread], cancel: CancelToken) -> None:
    """Wait a moment for threads that have been called off, longer where a program must end and files be removed."""
    start_s = time.monotonic()
    for thread in threads:
        while thread.is_alive():
            waited_s = time.monotonic() - start_s
            if waited_s > (_PATIENCE_FOR_REMOVAL_S if cancel.unremoved else _PATIENCE_S):
                return
            thread.join(0.05)


@dataclass
class _SetFetch:
    """The fetching of one set into `root`."""

    entry: CheckpointSet
    root: Path
    check: Check
    cancel: CancelToken
    report: Progress

    @property
    def folder(self) -> Path:
        return self.root / self.entry.name

    @property
    def scratch(self) -> Path:
        # In the same file system as the folder, so that a finished file gets there by one rename.
        return self.root / ".partial" / self.entry.name

    def run(self) -> None:
        """Fetch what lacks, raising `_Failure` when that is impossible."""
        name = self.entry.name
        if not lacking_files(self.entry, self.folder, self.check):
            self.report(name, self.entry.size_bytes, self.entry.size_bytes)
            return
        if switch := offline_switch():
            raise _Failure(name, f"it is not in the cache and {switch} is set", f"unset {switch} when online")
        try:
            for folder in (self.folder, self.scratch, self.root / ".locks"):
                folder.mkdir(parents=True, exist_ok=True)
            with _alone(self.root / ".locks" / f"{name}.lock", self.cancel):
                self._run_alone()
        except OSError as error:
            raise self._failure(error) from error

    def _run_alone(self) -> None:
        lacking = lacking_files(self.entry, self.folder, self.check)  # another process may have been faster
        if shutil.disk_usage(self.root).free < sum(file.size_bytes for file in lacking):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.scratch.mkdir(parents=True, exist_ok=True)
        self._remove_archives()  # of a process that was killed
        try:
            with FetchSession(self.scratch, self.cancel) as session:
                self._fetch_files(lacking, session)
        finally:
            self._remove_archives()
            self.cancel.unremoved.discard(self.scratch)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _fetch_files(self, lacking: list[CheckpointFile], session: FetchSession) -> None:
        total_bytes = self.entry.size_bytes
        done_bytes = total_bytes - sum(file.size_bytes for file in lacking)
        for file in lacking:
            session.report = lambda n, before=done_bytes, size=file.size_bytes: self.report(
                self.entry.name, before + min(n, size), total_bytes
            )
            tried = _fetch_file(file, self.folder / file.path, session)
            if tried:
                reasons = ", ".join(dict.fromkeys(tried))
                raise _Failure(self.entry.name, f"{file.path}: {reasons}", "see to one of them")
            done_bytes += file.size_bytes
            self.report(self.entry.name, done_bytes, total_bytes)

    def _remove_archives(self) -> None:
        """Leave only partial files in the scratch folder, which the next try takes up."""
        for left_over in self.scratch.iterdir():
            if left_over.is_dir():
                shutil.rmtree(left_over, ignore_errors=True)

    def _failure(self, error: OSError) -> _Failure:
        if error.errno in _FULL:
            megabytes = max(1, 2 * self.entry.size_bytes // 10**6)
            remedy = f"free {megabytes} MB there or set MIEN_CACHE to a roomier folder"
            return _Failure(self.entry.name, f"the disk of {self.root} is full", remedy)
        reason = f"{error.filename or self.root}: {error.strerror or error}"
        return _Failure(self.entry.name, reason, "set MIEN_CACHE to a folder that can be written")


@contextmanager
def _alone(lock_path: Path, cancel: CancelToken) -> Iterator[None]:
    """Hold a lock against other threads and processes; `FetchCancelled` when called off while waiting for it."""
    import filelock

    lock = filelock.FileLock(lock_path)
    while not lock.is_locked:
        if cancel.is_set():
            raise FetchCancelled
        with suppress(filelock.Timeout):
            lock.acquire(timeout=0.2)
    try:
        yield
    finally:
        lock.release()


def _fetch_file(file: CheckpointFile, target: Path, session: FetchSession) -> list[str]:
    """Try the sources in order until one gives the right bytes; return why each failed when none did, else nothing."""
    part, tried = session.folder / f"{file.sha256}.part", []
    for source in file.sources:
        try:
            _bring(source, file, part, session)
        except SourceFailed as error:
            tried.append(str(error))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)  # atomic: both lie in one file system
        _settle(target.parent)
        return []
    return tried


def _bring(source: Source, file: CheckpointFile, part: Path, session: FetchSession) -> None:
    """Fill `part` up with bytes of `source` and check all; when old bytes spoil it, start afresh once."""
    old = is_cached(source) or (part.exists() and part.stat().st_size > 0)
    _fill(source, file, part, session)
    if old and not is_whole(file, part):
        part.unlink()
        forget(source)
        _fill(source, file, part, session)
    if not is_whole(file, part):
        part.unlink()
        raise SourceFailed(f"{describe(source)} sent other bytes than the catalogue's")


def _fill(source: Source, file: CheckpointFile, part: Path, session: FetchSession) -> None:
    """Append to `part` until it has its size; a connection that breaks is taken up again as long as bytes come."""
    try:
        with open(part, "ab") as out:
            while (before_bytes := out.tell()) < file.size_bytes:
                try:
                    _append(stream(source, before_bytes, session), out, file.size_bytes, session)
                except Torn:
                    if out.tell() == before_bytes:
                        raise
                else:
                    if out.tell() < file.size_bytes:
                        raise SourceFailed(f"{describe(source)} sent too little")
            out.flush()
            os.fsync(out.fileno())
    finally:
        if part.is_file() and part.stat().st_size == 0:
            part.unlink()


def _append(blocks: Iterator[bytes], out: IO[bytes], size_bytes: int, session: FetchSession) -> None:
    for block in blocks:
        session.check_cancelled()
        out.write(block[: size_bytes - out.tell()])
        session.report(out.tell())
        if out.tell() == size_bytes:
            return


def _settle(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system has a way to."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
