#!/usr/bin/env python3
"""The disk is full, then has room again; it fails, then works again. The real server, which is never started again.

While the disk is full: no change is taken and none is half done, each refusal is a clean 503; people's records are read, and each
look is on record, as long as the reserve lasts; then reading ends with a clean 503 too. The public directory and what to do in an
emergency always answer. With room again, everything goes on. Whatever was acknowledged is there and the record verifies.

The control: without a reserve, reading stops at once. If it does not, the disk was not full and this run proves nothing.

The small disk is a file system in memory that only the server sees (`unshare`): no right beyond one's own is needed where
the system lets users have name spaces. The disk that fails is scripts/assurance/power_loss/record.c with FAIL_WHILE.

Usage: THROUGHLINE_BIN=target/debug/throughline scripts/assurance/failing_disk.py
"""
import errno
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "power_loss"))
import load  # noqa: E402
from here import DATABASE, free_port, made_world, recorder_in, wait_until_ready  # noqa: E402

DISK_MB, RESERVE_MB, READS_AT_LEAST, BACK_WITHIN_S = 24, 4, 20, 15


class Wrong(Exception):
    """Something that must hold does not."""


def holds(what, true):
    if not true:
        raise Wrong(what)


class Visitor:
    """One person in a browser, as far as this needs one."""

    def __init__(self, port):
        self.port, self.cookies = port, {}

    def ask(self, method, path, fields=None, headers=None):
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        head = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} if self.cookies else {}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            head |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        line.request(method, path, body, head | (headers or {}))
        answer = line.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        line.close()
        return answer.status, text


class Server:
    """The program on a disk of its own, with everything that is asked of it."""

    def __init__(self, program, made, world, scratch, name, reserve, preload=None):
        self.world, self.program, self.scratch = world, program, scratch
        self.port, self.disk = free_port(), scratch / f"{name}-disk"
        self.disk.mkdir()
        self.config = scratch / f"{name}.toml"
        self.config.write_text(
            f'[server]\nbind = "127.0.0.1:{self.port}"\nbase_url = "http://127.0.0.1:{self.port}"\n'
            f'[database]\nsqlite = "{self.disk}/{DATABASE}"\nreserve_mb = {reserve}\n[keys]\nfile = "{made}/root.key"\n'
            f'[mail]\nfolder = true\n[log]\nlevel = "warn"\n',
            encoding="utf-8",
        )
        space = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--mount"]
        preloaded = " ".join(f"{key}='{value}'" for key, value in (preload or {}).items())
        inside = (
            f"mount -t tmpfs -o size={DISK_MB}m none '{self.disk}' && cp '{made}/{DATABASE}' '{self.disk}/' && "
            f"exec env {preloaded} '{program}' serve --config '{self.config}'"
        )
        self.log = open(scratch / f"{name}.log", "wb")
        self.running = subprocess.Popen([*space, "sh", "-c", inside], stdout=self.log, stderr=self.log)
        wait_until_ready(self.running, self.port)
        # The disk as the server sees it.
        self.seen = pathlib.Path(f"/proc/{self.running.pid}/root{self.disk}")
        self.coach = Visitor(self.port)
        self.coach.ask("GET", "/sign-in")
        signed = self.coach.ask("POST", "/sign-in/demo", {"csrf": "", "account": world["lead"]})
        holds(f"the coach signs in: {signed[0]}", signed[0] == 303)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running.kill()
        self.running.wait()
        self.log.close()

    def program_asks(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.world['sender']}", "Content-Type": "application/json", "Idempotency-Key": os.urandom(8).hex()}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        line.request(method, path, json.dumps(body) if body else None, headers)
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, text

    def change(self):
        body = {"site": self.world["site"], "lead": self.world["lead"], "person": {"chosen": "Robin"}}
        return self.program_asks("POST", "/api/v1/cases", body)

    def read(self, case):
        return self.program_asks("GET", f"/api/v1/cases/{case}")[0]

    def what_needs_no_write_answers(self, when):
        public = Visitor(self.port)
        for path, who in (("/find-help", public), ("/", public), ("/api/oruk/v3/services?per_page=1", public), ("/emergency", self.coach)):
            status, text = who.ask("GET", path)
            holds(f"{path} answers {when}: {status}", status == 200)
            holds(f"{path} names 999 {when}", path != "/emergency" or "999" in text)

    def refuses_changes(self, when):
        for _ in range(3):
            status, text = self.change()
            holds(f"a change is refused with 503 {when}: {status} {text}", status == 503)

    def goes_on(self, when):
        begun = time.monotonic()
        while self.change()[0] != 201:
            holds(f"changes are taken again {when}", time.monotonic() - begun < BACK_WITHIN_S)
            time.sleep(0.2)
        return time.monotonic() - begun

    def everything_is_there(self, acks):
        for _, kind, reference in acks:
            if kind == "case":
                holds("what was acknowledged is there", self.read(reference) == 200)
        said = subprocess.run(["nsenter", "-t", str(self.running.pid), *(["-U"] if os.geteuid() else []), "-m", self.program, "audit", "verify", "--config", str(self.config)], capture_output=True, text=True, check=False)
        holds(f"the record verifies: {said.stdout}{said.stderr}", said.returncode == 0)


def fill(folder):
    """Takes every byte that is left."""
    file = os.open(folder / "filler", os.O_WRONLY | os.O_CREAT)
    for size in (1 << 16, 4096, 512, 1):
        try:
            while True:
                os.write(file, bytes(size))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    os.close(file)


def full(program, made, world, scratch):
    with Server(program, made, world, scratch, "full", RESERVE_MB) as server:
        acks = load.Load(server.port, world).run(60)
        case = next(reference for _, kind, reference in acks if kind == "case")
        holds("a record is read", server.read(case) == 200)
        fill(server.seen)
        # What is left in the log's own file is used first.
        taken = 0
        while server.change()[0] == 201:
            taken += 1
        server.refuses_changes("while the disk is full")
        holds("the reserve was given up", not (server.seen / "throughline.reserve").exists())
        reads = 0
        while server.read(case) == 200 and reads < 5000:
            reads += 1
            if reads == READS_AT_LEAST:
                server.what_needs_no_write_answers("while the reserve lasts")
                server.refuses_changes("while the reserve lasts")
            if reads == 200:
                # All that is left of the reserve goes too.
                fill(server.seen)
        holds(f"records are read while the reserve lasts: {reads}", reads >= READS_AT_LEAST)
        ended = server.read(case)
        holds(f"then reading ends with a clean 503: {ended}", ended == 503)
        server.what_needs_no_write_answers("when the reserve is gone")
        server.refuses_changes("when the reserve is gone")
        (server.seen / "filler").unlink()
        back = server.goes_on("when there is room again")
        holds("a record is read again", server.read(case) == 200)
        server.everything_is_there(acks)
        print(f"full disk: {len(acks)} acknowledged before, {taken} changes more until it was full, {reads} looks on record while the reserve lasted, back {back:.1f} s after there was room; nothing lost", flush=True)
    with Server(program, made, world, scratch, "bare", 0) as server:
        acks = load.Load(server.port, world).run(20)
        case = next(reference for _, kind, reference in acks if kind == "case")
        fill(server.seen)
        while server.change()[0] == 201:
            pass
        reads = 0
        while server.read(case) == 200 and reads < READS_AT_LEAST:
            reads += 1
        holds(f"the control: without a reserve reading stops ({reads} looks)", reads < READS_AT_LEAST)
        print(f"control, no reserve: reading ended after {reads} looks", flush=True)


def failing(program, made, world, scratch, recorder):
    switch = scratch / "fail"
    name = "failing"
    preload = {"LD_PRELOAD": recorder, "RECORD_FILES": scratch / f"{name}-disk" / DATABASE, "FAIL_WHILE": switch}
    with Server(program, made, world, scratch, name, RESERVE_MB, preload) as server:
        acks = load.Load(server.port, world).run(40)
        case = next(reference for _, kind, reference in acks if kind == "case")
        for what in ("EIO", "EDQUOT"):
            switch.write_text(str(getattr(errno, what)), encoding="utf-8")
            server.refuses_changes(f"while every write fails with {what}")
            looked = server.read(case)
            holds(f"nothing is shown that cannot be recorded: {looked}", looked == 503)
            server.what_needs_no_write_answers(f"while every write fails with {what}")
            switch.unlink()
            back = server.goes_on(f"after {what}")
            holds("a record is read again", server.read(case) == 200)
            print(f"{what} on every write: refused cleanly, back {back:.1f} s after it", flush=True)
        server.everything_is_there(acks)


def main():
    program = str(pathlib.Path(os.environ["THROUGHLINE_BIN"]).resolve())
    with tempfile.TemporaryDirectory(prefix="throughline-disk-") as scratch:
        scratch = pathlib.Path(scratch)
        made, world = made_world(program, scratch)
        try:
            full(program, made, world, scratch)
            failing(program, made, world, scratch, recorder_in(scratch))
        except Wrong as wrong:
            for log in scratch.glob("*.log"):
                print(f"-- {log.name}:", *log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:], sep="\n")
            sys.exit(f"WRONG {wrong}")


if __name__ == "__main__":
    main()
