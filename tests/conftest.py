"""What every test stands on: no network, one BLAS thread, its own LAB_HOME, a line for what is missing."""

from __future__ import annotations

import os

from apps import prepare

# Before NumPy is imported: two BLAS threads give other bits than one, and kernels are kept where `lab` does.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
prepare()

import ipaddress
import logging
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

# The same examples for everybody, and no verdict on a busy machine's speed.
settings.register_profile("lab", derandomize=True, deadline=None)
settings.load_profile("lab")

LOCAL_NAMES = {None, "", "localhost", "localhost.localdomain", "ip6-localhost"}
LINES = "figures"


class NetworkRefused(RuntimeError):
    """Not an OSError: a library that retries or falls back on those must not hide it."""


# --- the surroundings -------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """One LAB_HOME for the whole run: workers start after this, inherit it and share its stored runs."""
    os.environ.pop("LAB_TWISTS", None)
    if not hasattr(config, "workerinput"):
        os.environ["LAB_HOME"] = tempfile.mkdtemp(prefix="ranking-lab-tests-")
    logger = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    logger.addFilter(lambda record: "missing ScriptRunContext" not in record.getMessage())


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["LAB_HOME"], ignore_errors=True)


@pytest.fixture(scope="session")
def lab_home() -> Path:
    """The folder that LAB_HOME names during tests; stored runs are shared by all workers."""
    return Path(os.environ["LAB_HOME"])


# --- no network -------------------------------------------------------------------------------------------


def is_local(host: object) -> bool:
    """Whether a host is this machine. A name other than localhost is not: finding out would ask a server."""
    if isinstance(host, bytes):
        host = host.decode()
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def refuse(what: object) -> NoReturn:
    raise NetworkRefused(f"a test tried to reach {what!r}; tests run offline, only the loopback is open")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connecting, sending or looking up a name beyond the loopback raises `NetworkRefused`."""

    def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, *args: Any) -> Any:
            address = args[-1]                                            # sendto(data, [flags,] address)
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
                refuse(address)
            return method(self, *args)

        return call

    lookup = socket.getaddrinfo

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_local(host):
            refuse(host)
        return lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


# --- what a machine may lack ------------------------------------------------------------------------------


def missing(sentence: str, requirement: str) -> NoReturn:
    """Skip with one line; where the environment variable ``requirement`` is set, an error instead."""
    if os.environ.get(requirement):
        pytest.fail(f"{sentence} ({requirement} is set)", pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of raw data sets that LAB_MIRROR names."""
    folder = os.environ.get("LAB_MIRROR", "")
    if not folder or not Path(folder).is_dir():
        missing("no real data: LAB_MIRROR names no folder of raw data sets", "LAB_REQUIRE_DATA")
    return Path(folder)


@pytest.fixture(scope="session")
def raw(mirror: Path) -> Callable[[str], Path]:
    """``raw("ml-latest-small")``: that data set's folder in the mirror."""

    def folder(name: str) -> Path:
        if not (mirror / name).is_dir():
            missing(f"no real data: LAB_MIRROR has no folder {name}", "LAB_REQUIRE_DATA")
        return mirror / name

    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium or Chrome, for Playwright's ``executable_path``."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    missing("no browser: install Chromium (Debian: apt install chromium)", "LAB_REQUIRE_BROWSER")


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, to be evaluated in a page before ``axe.run(document)``."""
    installed = Path(__file__).resolve().parents[1] / "node_modules/axe-core/axe.min.js"
    path = Path(os.environ.get("LAB_AXE") or installed)
    if not path.is_file():
        missing("no axe-core: run `npm install --no-save axe-core`, or set LAB_AXE", "LAB_REQUIRE_BROWSER")
    return path.read_text(encoding="utf-8")


# --- figures worth reading --------------------------------------------------------------------------------


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """``figure("slider to text, median: 180 ms")``: a line printed at the end, also from a worker."""
    return lambda line: record_property(LINES, line)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.getreports(kind)]
    lines = [(r.nodeid, text) for r in reports for name, text in r.user_properties if name == LINES]
    if lines:
        terminalreporter.section("figures")
        for node, text in lines:
            terminalreporter.write_line(f"{node}: {text}")
