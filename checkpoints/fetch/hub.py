"""Files and whole repositories of the Hugging Face Hub, through its own client.

The client brings one cache that the user's other programs share, their login, models behind an agreement, and the
Hub's chunked storage. What it fetches stays in its cache; a set's files are copied from there, so that neither cache
can spoil the other, and `snapshot` uses a repository where it lies.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from checkpoints.entries import Hub
from checkpoints.errors import BadInput, Missing
from checkpoints.fetch.https import check_host
from checkpoints.fetch.session import CancelToken, FetchCancelled, FetchSession, SourceFailed, offline_switch

_BLOCK_BYTES = 1 << 20
_FIRST_REPLY_TIMEOUT_S = 20.0
_POLL_S = 0.2


def stream_file(source: Hub, start: int, session: FetchSession) -> Iterator[bytes]:
    """The bytes of a file from `start` on, fetched into the Hub's cache where it is not there yet."""
    with open(cached_file(source) or _fetch_file(source, session), "rb") as content:
        content.seek(start)
        while block := content.read(_BLOCK_BYTES):
            yield block


def cached_file(source: Hub) -> Path | None:
    """Where the file lies in the Hub's cache, if it does."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(source.repository, source.filename, revision=source.revision)
    return Path(found) if isinstance(found, str) else None


def forget_file(source: Hub) -> None:
    """Remove a spoilt file from the Hub's cache."""
    if place := cached_file(source):
        place.resolve().unlink(missing_ok=True)
        place.unlink(missing_ok=True)


def snapshot(
    repository: str,
    revision: str,
    patterns: Sequence[str] = ("*",),
    progress: Callable[[int, int], None] = lambda done_bytes, total_bytes: None,
) -> Path:
    """The folder of a whole repository in the Hub's cache, for models too large to have twice.

    Args:
        repository: Its name on the Hub, `owner/model`.
        revision: The commit (40 hexadecimal digits), so that the same request has the same weights.
        patterns: What to fetch of it, as shell patterns of its paths.
        progress: Told (done_bytes, total_bytes).

    Raises:
        BadInput: There is no such repository or revision, or it holds nothing of that kind.
        Missing: It cannot be had now: no network, an agreement to accept first, or a switch that forbids the network.
    """
    if switch := offline_switch():
        return _cached_snapshot(repository, revision, patterns, switch)
    session = FetchSession(Path(), CancelToken())
    try:
        check_host(_endpoint(), session)
        sizes = _sizes(repository, revision, patterns)
        if not sizes:
            raise BadInput(f"{repository} at {revision} holds nothing like {', '.join(patterns)}.")
        done_bytes = 0
        for name, size_bytes in sizes.items():
            session.report = lambda n, before=done_bytes: progress(before + n, sum(sizes.values()))
            place = _fetch_file(Hub(repository, revision, name), session)
            done_bytes += size_bytes
            progress(done_bytes, sum(sizes.values()))
    except SourceFailed as error:
        raise Missing(f"{repository} could not be had ({error}): see to that and ask again.") from error
    return place.parents[name.count("/")]


def _cached_snapshot(repository: str, revision: str, patterns: Sequence[str], switch: str) -> Path:
    from huggingface_hub import errors, snapshot_download

    try:
        place = snapshot_download(repository, revision=revision, allow_patterns=[*patterns], local_files_only=True)
    except (errors.LocalEntryNotFoundError, errors.HFValidationError) as error:
        raise Missing(
            f"{repository} is not in the Hub's cache and {switch} is set: unset {switch} when online."
        ) from error
    return Path(place)


def _sizes(repository: str, revision: str, patterns: Sequence[str]) -> dict[str, int]:
    """The size in bytes of every file of a repository that fits a pattern."""
    from huggingface_hub import HfApi, errors
    from huggingface_hub.hf_api import RepoFile

    try:
        tree = HfApi(endpoint=_endpoint()).list_repo_tree(repository, recursive=True, revision=revision)
        sizes = {entry.path: entry.size for entry in tree if isinstance(entry, RepoFile)}
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        if isinstance(error, errors.GatedRepoError):
            raise _failure(error, repository) from error
        raise BadInput(f"There is no {repository} at {revision} on the Hub.") from error
    except Exception as error:  # the Hub's client changes its HTTP library, and so its errors, between versions
        raise _failure(error, repository) from error
    return {path: size for path, size in sizes.items() if any(fnmatch(path, pattern) for pattern in patterns)}


def _fetch_file(source: Hub, session: FetchSession) -> Path:
    """Fetch in a thread of its own, so that a host that takes the connection and then says nothing is given up."""
    check_host(_endpoint(), session)
    call = _ClientCall(source, session)
    thread = threading.Thread(target=call.run, daemon=True)
    thread.start()
    deadline_s = time.monotonic() + _FIRST_REPLY_TIMEOUT_S
    while thread.is_alive():
        thread.join(_POLL_S)
        session.check_cancelled()
        if time.monotonic() > deadline_s and call.give_up_unanswered():
            raise session.mark_unavailable(_host(), f"{_host()} does not answer")
    return call.outcome.result()


class _ClientCall:
    """One call of the Hub's client, which may be given up as long as nothing has been answered."""

    def __init__(self, source: Hub, session: FetchSession) -> None:
        self.source, self.session = source, session
        self.outcome: Future[Path] = Future()
        self._lock, self._answered, self._given_up = threading.Lock(), False, False

    def run(self) -> None:
        from huggingface_hub import hf_hub_download

        bar = type("ProgressBar", (_ProgressBar,), {"call": self})
        options: dict[str, Any] = {"revision": self.source.revision, "endpoint": _endpoint(), "tqdm_class": bar}
        try:
            self.outcome.set_result(Path(hf_hub_download(self.source.repository, self.source.filename, **options)))
        except FetchCancelled as error:
            self.outcome.set_exception(error)
        except Exception as error:  # the Hub's client changes its HTTP library, and so its errors, between versions
            self.outcome.set_exception(_failure(error, self.source.repository))

    def give_up_unanswered(self) -> bool:
        """Give up unless bytes have begun to come; whether that was done."""
        with self._lock:
            self._given_up = not self._answered
            return self._given_up

    def report(self, n_bytes: int) -> None:
        """Tell the session how many bytes have come; `FetchCancelled` when none are wanted any more."""
        with self._lock:
            self._answered = True
            if self._given_up:
                raise FetchCancelled
        self.session.check_cancelled()
        self.session.report(n_bytes)


class _ProgressBar:
    """What the Hub's client takes for a progress bar, made when the host has answered."""

    call: _ClientCall

    def __init__(self, *_: object, initial: int = 0, total: int | None = None, **__: object) -> None:
        self.n, self.total = initial, total
        self.update(0)

    def __enter__(self) -> _ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is shown, so nothing is to be closed."""

    def update(self, n: float | None = 1) -> None:
        """Count `n` more bytes of the file."""
        self.n += int(n or 0)
        self.call.report(self.n)

    def update_transfer(self, n: float | None = 1) -> None:
        """Bytes on the wire are counted apart by the client, and by nobody here."""

    def set_postfix_str(self, *_: object, **__: object) -> None:
        """A speed for the eye."""

    set_transfer_postfix_str = set_postfix_str
    close = __exit__


def _failure(error: Exception, repository: str) -> SourceFailed:
    """What went wrong in a few words; the client hands on a fault of the network as the cause of another."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        words = f"{repository} is for those who accept its conditions on the Hub and run `hf auth login`"
    elif (status := _status(error) or _status(error.__cause__)) is not None:
        words = f"{_host()} answered {status}"
    elif isinstance(error, errors.LocalEntryNotFoundError):
        words = f"{_host()} cannot be reached"
    else:
        words = f"the Hub's client says “{next(iter(str(error).strip().splitlines()), type(error).__name__)}”"
    failure = SourceFailed(words)
    failure.__cause__ = error
    return failure


def _status(error: BaseException | None) -> int | None:
    return getattr(getattr(error, "response", None), "status_code", None)


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _host() -> str:
    return urlsplit(_endpoint()).hostname or _endpoint()
