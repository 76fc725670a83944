"""A newcomer's way through the app in a real Chromium, against a server of its own."""

from __future__ import annotations

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apps import ROOT

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
KNOWN = re.compile(r"/(_stcore/health|_stcore/host-config)$")      # a deep link looks for both and finds none
SECONDS = 90_000
MOST_WORDS = 120
SEEN = "document.querySelector('.rl-verdict')?.innerText + document.querySelector('.rl-home')?.innerText"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server on a free port of the loopback, with an empty home, stopped at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="ranking-lab-browser-") as home:
        log = Path(home) / "log"
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "apps/lab.py"),
                   f"--server.port={port}", "--server.headless=true"]  # fmt: skip
        with log.open("w") as out:
            server = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | {"LAB_HOME": home}, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            _until_it_answers(server, f"http://127.0.0.1:{port}", log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _until_it_answers(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if server.poll() is not None:
            raise RuntimeError(log.read_text())
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with sync_api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


class Visitor:
    """A fresh browser profile that notes errors, and requests that leave the machine."""

    def __init__(self, browser: Any, address: str, width: int = 1440, height: int = 900, dark: bool = False):
        self.address, self.bad = address, []
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        self.page = self.context.new_page()
        self.page.set_default_timeout(SECONDS)
        self.page.on("request", self._request)
        self.page.on("response", self._response)
        self.page.on("pageerror", lambda error: self.bad.append(f"page error: {error}"))
        self.page.on("console", self._console)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", self.address.replace("http", "ws"))):
            self.bad.append(f"left the machine: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 400 and not KNOWN.search(response.url):
            self.bad.append(f"{response.status}: {response.url}")

    def _console(self, message: Any) -> None:
        if message.type == "error" and "404" not in message.text:
            self.bad.append(f"console: {message.text}")

    def open(self, path: str = "/") -> float:
        """Go there; seconds until the heading stands."""
        began = time.monotonic()
        self.page.goto(self.address + path)
        self.page.wait_for_selector("h1")
        return time.monotonic() - began

    def text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.text_content())

    def leave(self) -> None:
        self.context.close()
        assert self.bad == []


@pytest.fixture
def visit(browser: Any, address: str) -> Callable[..., Visitor]:
    return lambda **how: Visitor(browser, address, **how)


def test_product_guess_reveal_slide_and_send_the_link(visit, figure):
    """Two clicks to the verdict; page and numbers follow the slider; the link shows the same elsewhere."""
    v = visit()
    page = v.page
    heading = v.open()
    began = time.monotonic()
    page.wait_for_selector(".rl-panel")
    drawn = heading + time.monotonic() - began
    figure(f"first page, nothing stored yet: heading {heading:.1f} s, drawn {drawn:.1f} s")
    words = len(_words(page))
    figure(f"first screen: {words} words outside the drawn product")
    assert words <= MOST_WORDS
    assert page.locator(".rl-verdict").count() == 0
    page.get_by_role("radio", name="5 s sooner", exact=True).click()
    page.wait_for_selector(".rl-verdict")
    page.wait_for_function("!document.querySelector('.rl-verdict').innerText.includes('asking')")
    said = v.text(".rl-verdict")
    assert "Top-20 metric: blind" in said and "You: 5 s sooner" in said
    page.wait_for_selector("[data-testid=stVegaLiteChart] svg, [data-testid=stVegaLiteChart] canvas")

    for name in ("How mixed is the page?", "How often are we told tonight's mood?"):
        slow = _slide(page, name)
        middle = statistics.median(slow)
        figure(f"slider to page and numbers, {name} median {middle * 1e3:.0f} ms of {len(slow)}")
        assert middle < 0.9                  # three times the goal: the machine may be busy
    assert "diversity=" in page.url and "mood_visible=" in page.url and "guess=" in page.url

    before = v.text(".rl-verdict"), v.text(".rl-home")
    other = visit()
    other.open(page.url.removeprefix(v.address))
    other.page.wait_for_selector(".rl-verdict")
    other.page.wait_for_function("t => document.querySelector('.rl-home').textContent === t", arg=before[1])
    other.page.wait_for_function("t => document.querySelector('.rl-verdict').textContent === t", arg=before[0])
    other.leave()

    page.get_by_role("link", name="About").click()
    page.wait_for_selector("h1:has-text('What you see here')")
    page.get_by_role("link", name="Product").click()
    page.wait_for_selector(".rl-verdict")
    assert v.text(".rl-home") == before[1]
    v.leave()


def _words(page: Any) -> list[str]:
    """Words in the first viewport outside the drawn product, the navigation and closed lists included."""
    found = page.evaluate("""() => {
        const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), said = [];
        while (walk.nextNode()) {
            const e = walk.currentNode.parentElement;
            if (!e || e.closest('.rl-home, style, script, noscript')) continue;
            const box = e.getBoundingClientRect(), clear = {opacityProperty: true, visibilityProperty: true};
            if (box.width < 2 || box.top >= innerHeight || !e.checkVisibility(clear)) continue;
            said.push(walk.currentNode.textContent);
        }
        return said.join(' ');
    }""")
    return re.findall(r"[\w’'.:%]*\w", found)


def _slide(page: Any, name: str) -> list[float]:
    """Arrow keys on a slider: seconds from the key to a changed page and verdict."""
    slider = page.get_by_role("slider", name=name)
    slider.focus()
    times = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight", "ArrowLeft", "ArrowRight"):
        old = page.evaluate(SEEN)
        began = time.monotonic()
        page.keyboard.press(key)
        page.wait_for_function(
            f"old => ({SEEN}) !== old && !!document.querySelector('.rl-home')", arg=old, polling="raf"
        )
        times.append(time.monotonic() - began)
        page.wait_for_timeout(300)
    return times


def test_an_experiment_is_cancelled_run_reloaded_and_its_link_reopened(visit, figure):
    v = visit()
    page = v.page
    v.open("/experiment?seed=3")
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("text=Cancelled; nothing was kept.")

    began = time.monotonic()
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_selector("[data-testid=stProgress]")
    figure(f"run to first progress: {time.monotonic() - began:.1f} s")
    page.get_by_role("radio", name="10 % sooner", exact=True).click()
    page.wait_for_url("**run=**")
    page.reload()
    page.wait_for_selector(".rl-verdict")
    figure(f"600 people × 14 days, cold world: {time.monotonic() - began:.1f} s to the verdict")

    page.get_by_role("spinbutton", name="Days").fill("13")
    page.get_by_role("spinbutton", name="Days").press("Tab")
    began = time.monotonic()
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_selector(".rl-verdict:has-text('13 days')")
    figure(f"600 people × 13 days, warm world: {time.monotonic() - began:.1f} s to the verdict")
    said = v.text(".rl-verdict")
    other = visit()
    other.open(page.url.removeprefix(v.address))
    other.page.wait_for_selector(".rl-verdict:has-text('13 days')")
    assert other.text(".rl-verdict") == said
    other.leave()
    v.leave()


def test_a_twist_is_found_and_its_numbers_come_from_a_run(visit, figure):
    v = visit()
    v.open("/?case=late-night")
    v.page.wait_for_selector("h1:has-text('22:00')")
    v.page.get_by_role("radio", name="no difference").click()
    began = time.monotonic()
    v.page.get_by_role("button", name=re.compile("Show who is right")).click()
    v.page.wait_for_selector(".rl-verdict")
    figure(f"a twist's numbers: {time.monotonic() - began:.1f} s")
    assert "case=late-night" in v.page.url
    v.leave()


@pytest.mark.parametrize("look", ("light", "dark", "phone"))
@pytest.mark.parametrize(
    ("path", "ready"),
    (
        ("/?guess=no+difference", ".rl-verdict"),
        ("/experiment", "text=Page A"),
        ("/experiment?expect=no+difference&seed=3&run=again", ".rl-verdict"),
        ("/about", "h2"),
    ),
)
def test_nothing_serious_for_axe_in_light_dark_and_on_a_phone(visit, axe, look, path, ready):
    size = {"width": 390, "height": 844} if look == "phone" else {}
    v = visit(dark=look == "dark", **size)
    v.open(path)
    v.page.wait_for_selector(ready)
    v.page.wait_for_timeout(1_500)
    v.page.evaluate(axe)
    found = v.page.evaluate("axe.run(document)")["violations"]
    grave = [(x["id"], x["nodes"][0]["html"][:200]) for x in found if x["impact"] in ("serious", "critical")]
    assert grave == []
    assert v.page.evaluate("document.documentElement.scrollWidth") <= v.page.evaluate("innerWidth")
    v.leave()
