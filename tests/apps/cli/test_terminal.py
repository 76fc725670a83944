"""The command as a process: a closed pipe, Ctrl-C, a quick help page, the address of the app."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LAB = [sys.executable, "-m", "apps.cli"]
LONG = "ab netflix-home --users 2000 --days 364 --set world.history_days=35 --no-truth".split()
posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


def start(*argv: str, **changes: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | changes
    # Where the tests run in the background of a shell, SIGINT is ignored and children inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [*LAB, *argv], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
    finally:
        signal.signal(signal.SIGINT, before)


@posix
def test_a_reader_who_has_had_enough_is_no_error():
    lab = start("cases", "netflix-home")
    assert lab.stdout is not None
    lab.stdout.close()
    assert lab.stderr is not None
    assert lab.stderr.read() == ""
    assert lab.wait(30) in (0, 141)


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_the_shell_closed_is_no_error(closed):
    """And what was meant for it does not come out of the other one."""
    for argv, code in (("data list --json", 0), ("cases", 0), ("ab nothing", 2)):
        command = f"exec {shlex.join(LAB)} {argv} {closed}"
        done = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        assert "lab: " not in done.stdout


@posix
def test_an_endless_import_that_prints_does_not_spoil_the_answer(tmp_path):
    """It goes on printing in its thread until the process ends, long after the answer."""
    loop = "while True:\n    print('noise')\n    time.sleep(0.001)\n"
    (tmp_path / "endless.py").write_text("import time\n" + loop)
    lab = start("cases", "--json", "--twists", str(tmp_path))
    out, err = lab.communicate(timeout=60)
    assert lab.returncode == 0, err[-500:]
    assert [Path(p["file"]).name for p in json.loads(out)["problems"]] == ["endless.py"]
    assert "noise" in err


@posix
@pytest.mark.parametrize("out", [False, True], ids=["plain", "with --out"])
def test_ctrl_c_is_one_line_and_leaves_nothing_behind(tmp_path, out):
    """Stopped in the middle of the days: nothing unfinished stays, in the store or beside --out."""
    home = tmp_path / "home"
    where = ["--out", str(tmp_path / "run")] if out else []
    lab = start(*LONG, "--fresh", *where, LAB_HOME=str(home))
    until = time.monotonic() + 60
    while not list(home.glob("runs/burn-ins/[!.]*")) and time.monotonic() < until:
        time.sleep(0.1)
    time.sleep(0.5)
    lab.send_signal(signal.SIGINT)
    printed, said = lab.communicate(timeout=60)
    assert lab.returncode == 130, said
    assert printed == ""
    assert said.splitlines()[-1].startswith("lab: stopped")
    assert "Traceback" not in said
    assert not list(home.glob("runs/arms/*"))
    assert [p.name for p in tmp_path.iterdir()] == ["home"]


def test_help_does_not_wait_for_numpy():
    """Seconds vary with the machine; what is imported does not."""
    code = "import sys; from apps.cli import main; main(['--help']); main(['ab', '--usrs', '5']); " \
        "sys.exit(bool({'numpy', 'pandas', 'numba'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True).returncode == 0


def test_threads_and_kernels_are_settled_before_numpy(tmp_path):
    code = "import os; from apps import kernel_folder, prepare; prepare(); " \
        "print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['NUMBA_CACHE_DIR'] == str(kernel_folder()))"
    bare = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS") and k != "NUMBA_CACHE_DIR"}
    for cache, kept in ((tmp_path / "cache", "True"), (Path("/dev/null"), "False")):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
            env=bare | {"XDG_CACHE_HOME": str(cache)}, check=True,
        )  # fmt: skip
        assert done.stdout.split() == ["1", kept]


@posix
@pytest.mark.skipif(not (ROOT / "apps" / "lab.py").is_file(), reason="there is no app yet")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_app_prints_its_address_serves_and_ends(stop):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lab = start("app", "--port", str(port))
    assert lab.stdout is not None
    line = lab.stdout.readline()
    assert f"http://127.0.0.1:{port}" in line
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=10) as reply:
        assert reply.status == 200
    lab.send_signal(stop)
    rest, said = lab.communicate(timeout=30)
    assert lab.returncode in (0, 130), said
    assert "Traceback" not in said
    assert rest == ""
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_port_that_is_taken_is_refused_by_name():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _, said = start("app", "--port", str(port)).communicate(timeout=30)
        assert f"port {port} cannot be used" in said
