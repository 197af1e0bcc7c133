"""Bytes of a file at an address, taken up in the middle where that helps, from hosts that answer."""

from __future__ import annotations

import functools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from checkpoints.fetch.session import FetchSession, SourceFailed, Torn

CONNECT_TIMEOUT_S = 5.0
_REMEMBERED_S = 300.0


def skipping(blocks: Iterator[bytes], n_bytes: int) -> Iterator[bytes]:
    """The blocks without their first `n_bytes` bytes."""
    for block in blocks:
        if n_bytes < len(block):
            yield block[n_bytes:]
        n_bytes = max(0, n_bytes - len(block))


def stream_url(url: str, start: int, session: FetchSession) -> Iterator[bytes]:
    """What lies at `url` from the byte `start` on; `Torn` when the connection breaks after some of it."""
    import httpx

    host, silent = urlsplit(url).hostname or "", True
    check_host(url, session)
    # Compressed replies would make ranges and sizes mean something else.
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        with session.client.stream("GET", url, headers=headers) as response:
            if response.status_code not in (200, 206):
                raise SourceFailed(f"{host} answered {response.status_code}")
            whole = response.status_code == 200
            if not whole and not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
                raise SourceFailed(f"{host} sent another range than the one asked for")
            for block in skipping(response.iter_raw(), start if whole else 0):
                silent = False
                yield block
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
        raise session.mark_unavailable(host, f"{host} cannot be reached") from error
    except httpx.HTTPError as error:
        if silent:  # not again for every file of a set
            session.mark_unavailable(host, f"{host} does not answer")
        raise Torn(f"{host} broke off") from error


def check_host(url: str, session: FetchSession) -> None:
    """Raise `SourceFailed` when nobody answers where `url` lies, which is found out once."""
    import urllib.request

    address = urlsplit(url)
    host = address.hostname or ""
    session.check_available(host)
    proxied = urllib.request.getproxies().get(address.scheme) and not urllib.request.proxy_bypass(host)
    port = address.port or (443 if address.scheme == "https" else 80)
    if not proxied and not _answers(host, port, int(time.monotonic() / _REMEMBERED_S)):
        raise session.mark_unavailable(host, f"{host} cannot be reached")


@functools.lru_cache(maxsize=64)
def _answers(host: str, port: int, period: int) -> bool:
    """Whether anybody listens there, known within 5 s whatever the resolver does, and asked once per `period`."""
    reached = threading.Event()

    def knock() -> None:
        with suppress(OSError), socket.create_connection((host, port), CONNECT_TIMEOUT_S):
            reached.set()

    thread = threading.Thread(target=knock, daemon=True)
    thread.start()
    thread.join(CONNECT_TIMEOUT_S)
    return reached.is_set()
