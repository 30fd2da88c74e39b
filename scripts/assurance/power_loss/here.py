"""What the runs with a lost power, a full disk and a failing one share: an invented world, a recorder, a server that is ready."""
import json
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

DATABASE = "throughline.db"
# When the invented world ends: the same in every run.
NOW = "2026-11-20T12:00:00Z"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(server, port):
    for _ in range(600):
        if server.poll() is not None:
            sys.exit(f"the server ended with {server.returncode}")
        try:
            if urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).status == 200:
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("the server was not ready in a minute")


def made_world(program, scratch):
    """A small invented world with two programs let in. Gives its folder and what the programs know."""
    made, programs = scratch / "made", scratch / "programs.json"
    subprocess.run(
        [program, "demo", "--data", made, "--only-make", "--people", "30", "--seed", "7", "--no-browser", "--programs", programs, "--now", NOW],
        check=True, stdout=subprocess.DEVNULL,
    )
    return made, json.loads(programs.read_text(encoding="utf-8"))


def recorder_in(scratch):
    """The recorder, compiled."""
    recorder, source = scratch / "record.so", pathlib.Path(__file__).resolve().parent / "record.c"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", recorder, source, "-ldl", "-lpthread"], check=True)
    return recorder
