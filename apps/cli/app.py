"""``lab app``: the same studies in a browser, on this machine only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import Annotated

from apps import ROOT
from apps.cli import options as o
from apps.cli.asked import folders
from apps.cli.output import write
from apps.cli.refusal import Refused

ADDRESS, PORT = "127.0.0.1", 8501
PATIENCE = 60.0                                               # seconds a server may take to answer


def app(
    port: Annotated[int | None, o.number("N", "8501 by default, or a free one.")] = None,
    twists: o.Twists = None,
) -> None:
    """Open the lab in a browser: prints its address, serves until Ctrl-C."""
    chosen = _port(port)
    script = ROOT / "apps" / "lab.py"
    if not script.is_file():
        raise Refused("apps/lab.py is missing, so there is no app to start; the commands work without it")
    environment = os.environ | {"LAB_TWISTS": os.pathsep.join(map(str, folders(twists)))}
    # Started in the clone, where .streamlit/config.toml and the packages are, from wherever it is called.
    command = [sys.executable, "-m", "streamlit", "run", str(script), *_flags(chosen)]
    signal.signal(signal.SIGTERM, _end)
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_until_it_listens(server, chosen)
        write(f"The lab is open at http://{ADDRESS}:{chosen} (Ctrl-C ends it)")
        server.wait()
    except KeyboardInterrupt:
        return
    finally:
        _stop(server)
    raise Refused(f"the app ended by itself (exit code {server.returncode}); its last words are above")


def _flags(port: int) -> list[str]:
    settings = {
        "server.address": ADDRESS,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "logger.level": "warning",
    }
    return [f"--{name}={value}" for name, value in settings.items()]


def _end(*_: object) -> None:
    raise KeyboardInterrupt


def _port(asked_for: int | None) -> int:
    """The port asked for if it is free, else 8501 or any free one."""
    if asked_for is not None and not 1 <= asked_for <= 65_535:
        raise Refused(f"--port must be between 1 and 65,535, got {asked_for}")
    for port in (PORT, 0) if asked_for is None else (asked_for,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ADDRESS, port))
                return int(probe.getsockname()[1])
            except OSError:
                continue
    raise Refused(f"port {asked_for} cannot be used; leave --port out, and a free one is taken")


def _wait_until_it_listens(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while server.poll() is None:
        try:
            with socket.create_connection((ADDRESS, port), timeout=1.0):
                return
        except OSError:
            if time.monotonic() > until:
                raise Refused(f"the app did not answer on port {port} within {PATIENCE:.0f} s") from None
            time.sleep(0.1)
    raise Refused(f"the app did not start (exit code {server.returncode}); its last words are above")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, by force if it does not listen."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
