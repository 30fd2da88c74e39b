#!/usr/bin/env python3
"""A thousand connections that never finish their request, or never begin one, and one honest visitor.

Holds: the honest visitor's 99th percentile stays under 500 ms, and every slow connection is closed within 10 s of opening:
those that send a line a second, and those that say nothing, one letter, or the beginning of HTTP/2.
Without a header time-out in the server none is ever closed: that is what this run exists to notice. Then it is told to stop
while such connections are open, and must have ended within 20 s.

Usage: THROUGHLINE_BIN=target/debug/throughline scripts/assurance/slow_connections.py
"""
import os
import resource
import selectors
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

CONNECTIONS, CLOSED_WITHIN_S, HONEST_P99_MS, STOPPED_WITHIN_S = 1000, 10.0, 500.0, 20.0
# How a visitor begins, and whether they then dribble a header a second or say no more.
BEGINNINGS = [
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", True),
    (b"", False),
    (b"P", False),
    (b"PRI * HT", False),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(demo, url):
    for _ in range(600):
        if demo.poll() is not None:
            sys.exit(f"the demo ended with {demo.returncode}")
        try:
            if urllib.request.urlopen(f"{url}/readyz", timeout=2).status == 200:
                return
        except OSError:
            time.sleep(0.2)
    sys.exit("the demo was not ready in two minutes")


def attack(port, url):
    """Returns (how many were closed in time, by how they began; the honest visitor's times in ms)."""
    selector, open_since, began_with, honest = selectors.DefaultSelector(), {}, {}, []
    closed = {begun: 0 for begun, _ in BEGINNINGS}
    for n in range(CONNECTIONS):
        begun, dribbles = BEGINNINGS[n % len(BEGINNINGS)]
        slow = socket.create_connection(("127.0.0.1", port), timeout=10)
        slow.setblocking(False)
        if begun:
            slow.send(begun)
        open_since[slow] = time.monotonic()
        began_with[slow] = (begun, dribbles)
        selector.register(slow, selectors.EVENT_READ)
    began = dribbled = time.monotonic()
    while open_since and time.monotonic() - began < CLOSED_WITHIN_S + 5:
        for key, _ in selector.select(timeout=0.05):
            try:
                ended = key.fileobj.recv(4096) == b""
            except OSError:
                ended = True
            if ended:
                begun, _ = began_with.pop(key.fileobj)
                closed[begun] += time.monotonic() - open_since.pop(key.fileobj) <= CLOSED_WITHIN_S
                selector.unregister(key.fileobj)
                key.fileobj.close()
        if time.monotonic() - dribbled >= 1:
            dribbled = time.monotonic()
            for slow in [slow for slow in open_since if began_with[slow][1]]:
                try:
                    slow.send(b"X-A: b\r\n")
                except OSError:
                    pass  # closed by the server: the next read says so
        asked = time.monotonic()
        urllib.request.urlopen(f"{url}/readyz", timeout=10).read()
        honest.append((time.monotonic() - asked) * 1000)
    return closed, honest


def stop(demo, port):
    """Tells it to stop while silent visitors are inside; returns how many seconds it took."""
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(100)]
    asked = time.monotonic()
    demo.terminate()
    try:
        demo.wait(timeout=STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        return float("inf")
    finally:
        for visitor in silent:
            visitor.close()
    return time.monotonic() - asked


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, CONNECTIONS * 3)), hard))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="throughline-slow-") as data:
        binary = os.environ.get("THROUGHLINE_BIN", "target/debug/throughline")
        words = ["demo", "--data", data, "--port", str(port), "--seed", "7", "--people", "20", "--no-browser"]
        demo = subprocess.Popen([binary, *words], stdout=subprocess.DEVNULL)
        try:
            wait_until_ready(demo, url)
            closed, honest = attack(port, url)
            stopped = stop(demo, port)
        except OSError as shut_out:
            sys.exit(f"an honest connection was shut out: {shut_out}")
        finally:
            demo.kill()
            demo.wait(timeout=30)
    honest.sort()
    p99 = honest[int(len(honest) * 0.99)]
    for begun, dribbles in BEGINNINGS:
        more = ", then a header a second" if dribbles else ", then nothing"
        print(f"closed within {CLOSED_WITHIN_S:.0f} s: {closed[begun]} of {CONNECTIONS // len(BEGINNINGS)} that sent {begun!r}{more}")
    print(f"honest visitor: {len(honest)} asked, 99th percentile {p99:.1f} ms; stopped in {stopped:.1f} s")
    if sum(closed.values()) < CONNECTIONS or p99 > HONEST_P99_MS:
        sys.exit("the server does not shake off slow connections")
    if stopped > STOPPED_WITHIN_S:
        sys.exit("the server does not stop while silent visitors are inside")


if __name__ == "__main__":
    main()
