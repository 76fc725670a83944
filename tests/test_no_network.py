"""Tests and imports stay on this machine."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = "192.0.2.1"                                     # TEST-NET-1: documentation only, routed nowhere

IMPORT_EVERYTHING = """
import importlib, pkgutil, sys

def watch(event, args):
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        raise RuntimeError(f"{event} {args} while importing")

sys.addaudithook(watch)
for top in ("core", "data", "casestudies"):
    package = importlib.import_module(top)
    for module in pkgutil.walk_packages(package.__path__, top + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            print(module.name)
"""


@pytest.mark.parametrize("host", [ELSEWHERE, "example.org", "::ffff:192.0.2.1"])
def test_nothing_beyond_the_loopback_can_be_reached(host):
    with pytest.raises(RuntimeError, match="tests run offline"):
        socket.create_connection((host, 80), timeout=1)


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_bare_socket_is_guarded_too(method):
    with socket.socket() as s, pytest.raises(RuntimeError, match="tests run offline"):
        getattr(s, method)((ELSEWHERE, 80))


def test_a_datagram_is_guarded_too():
    with socket.socket(type=socket.SOCK_DGRAM) as s, pytest.raises(RuntimeError, match="tests run offline"):
        s.sendto(b"", (ELSEWHERE, 9))


def test_the_loopback_is_open():
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client:
        assert client.getpeername()[0] == "127.0.0.1"


@pytest.mark.slow
def test_importing_asks_the_network_for_nothing():
    """In a fresh interpreter, where an audit hook sees what C code does as well."""
    done = subprocess.run([sys.executable, "-c", IMPORT_EVERYTHING], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "core.rng" in done.stdout.split()
