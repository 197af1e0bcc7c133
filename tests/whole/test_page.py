"""The page in a real browser: it makes a clip, stops when asked, and says what is wrong in a sentence."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.films import probe
from tests.processes import heeding_ctrl_c

pytestmark = pytest.mark.whole
ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONG_TEXT = "This sentence is said again and again. " * 12


@pytest.fixture(scope="module")
def served():
    """The page's address and its runs, served on this machine with warm generators."""
    from studio import Studio
    from ui.web.page import build_page, launch_options
    from ui.web.runs import Runs

    studio = Studio()
    studio.warm_up()
    app, runs = build_page(Runs(studio))
    _, address, _ = app.launch(**launch_options(runs, 0), prevent_thread_lock=True, quiet=True)
    yield address, runs
    app.close(verbose=False)
    runs.close()


@pytest.fixture(scope="module")
def browser():
    executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if executable is None:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def page(served, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served[0])
    page.get_by_role("button", name="Make the clip").wait_for(timeout=30_000)
    yield page
    context.close()
    abroad = [url for url in asked if not url.startswith((served[0], "data:", "blob:"))]
    assert abroad == [], "the page asked somebody else"


def picture(page, name):
    """Keep a screenshot where the environment asks for one."""
    if folder := os.environ.get("MIEN_SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def status(page):
    return page.locator(".mien-status").inner_text()


def wait_for(page, condition, timeout_s):
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, status(page)
        page.wait_for_timeout(50)


def clips(runs):
    return sorted(runs.folder.rglob("*.mp4"))


def test_it_makes_a_clip(page, served):
    before = clips(served[1])
    picture(page, "page")
    page.locator("#text textarea").fill("Hello! Nice to meet you.")
    page.get_by_role("button", name="Make the clip").click()
    wait_for(page, lambda: "%" in status(page), 10)
    picture(page, "making")
    wait_for(page, lambda: "made in" in status(page), 120)
    page.locator("#clip video").wait_for(timeout=10_000)
    seconds = page.locator("#clip video").evaluate(
        "video => new Promise(r => { const f = () => r(video.duration);"
        " video.readyState ? f() : video.addEventListener('loadedmetadata', f); })"
    )
    picture(page, "made")
    made = [path for path in clips(served[1]) if path not in before]
    assert len(made) == 1
    info = probe(made[0])
    assert info.duration_s > 1
    assert seconds == pytest.approx(info.duration_s, abs=0.2)


def test_stop_stops(page, served):
    before = clips(served[1])
    page.locator("#text textarea").fill(LONG_TEXT)
    page.get_by_role("button", name="Make the clip").click()
    wait_for(page, lambda: "Making the clip" in status(page), 60)
    page.get_by_role("button", name="Stop").click()
    wait_for(page, lambda: "Stopped" in status(page), 5)
    assert clips(served[1]) == before
    assert page.get_by_role("button", name="Make the clip").is_enabled()
    assert list(served[1].folder.rglob(".mien-*")) == []


def test_closing_the_page_stops_too(served, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto(served[0])
    page.locator("#text textarea").fill(LONG_TEXT)
    page.get_by_role("button", name="Make the clip").click()
    wait_for(page, lambda: "Making the clip" in status(page), 60)
    context.close()
    deadline = time.monotonic() + 30
    while served[1].running() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert served[1].running() == 0


def test_a_problem_is_one_sentence(page):
    page.locator("#text textarea").fill("[joyy] Hello.")
    page.get_by_role("button", name="Make the clip").click()
    wait_for(page, lambda: "did you mean joy" in status(page), 20)
    picture(page, "problem")
    assert page.get_by_role("button", name="Make the clip").is_enabled()


def test_a_recording_takes_the_place_of_the_text(page):
    page.get_by_label("Recording").check()
    page.locator("#recording").wait_for(timeout=5_000)
    assert not page.locator("#text textarea").is_visible()
    page.get_by_role("button", name="Make the clip").click()
    wait_for(page, lambda: "recording" in status(page), 20)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_the_command_serves_this_machine_only_and_ends_on_ctrl_c():
    command = [sys.executable, "-m", "ui.cli", "studio", "--port", "0", "--no-browser"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=heeding_ctrl_c,
    )
    line = process.stdout.readline()
    assert line.startswith("The studio is at http://127.0.0.1:"), process.stderr.read()
    port = line.split(":")[2].split("/")[0]
    taken = [*command[:-3], "--port", port, "--no-browser"]
    refused = subprocess.run(taken, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert refused.returncode == 2
    assert refused.stderr.splitlines() == [f"Port {port} is taken; choose another with --port, or 0 for any free one."]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert err == ""
