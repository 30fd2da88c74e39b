#!/usr/bin/env python3
"""The power goes, at every moment, without pulling a plug: nothing that was acknowledged may be lost.

The real server works while programs use its API; every write and every wait for the disk is recorded. From
the record come thousands of states that the disk might be in had the power gone. In each: whatever was acknowledged is there,
the database is whole, referral, step, record and message stand together, and the audit record of a sample verifies.

The control: the same load, recorder and judge over a server that is careless with the disk (crates/cli/examples/careless.rs,
`synchronous=NORMAL` and `OFF`) must find losses. If it finds none there, this run proves nothing, and fails.

Usage: THROUGHLINE_BIN=target/debug/throughline CARELESS_BIN=target/debug/examples/careless scripts/assurance/power_loss.py
POWER_STATES says how many states (2,000), POWER_WRITES how many acknowledged writes to lose (400), POWER_SEED which chance (1).
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "power_loss"))
import load  # noqa: E402
import replay  # noqa: E402
from here import DATABASE, free_port, made_world, recorder_in, wait_until_ready  # noqa: E402

def traced(command, folder, port, world, recorder, writes):
    """Runs a server under the recorder while the load lasts, then kills it. Gives the acknowledged writes and the trace."""
    trace = folder.parent / f"{folder.name}.trace"
    env = {**os.environ, "LD_PRELOAD": str(recorder), "RECORD_FILES": str(folder / DATABASE), "RECORD_TO": str(trace)}
    with open(folder.parent / f"{folder.name}.log", "wb") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        wait_until_ready(server, port)
        return load.Load(port, world).run(writes), trace
    finally:
        server.kill()
        server.wait()


def main():
    program, careless = (str(pathlib.Path(os.environ[name]).resolve()) for name in ("THROUGHLINE_BIN", "CARELESS_BIN"))
    states, writes, seed = (int(os.environ.get(name, usual)) for name, usual in (("POWER_STATES", 2000), ("POWER_WRITES", 400), ("POWER_SEED", 1)))
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    failed = False
    with tempfile.TemporaryDirectory(prefix="throughline-power-", dir=memory) as scratch:
        scratch = pathlib.Path(scratch)
        recorder, (made, world) = recorder_in(scratch), made_world(program, scratch)
        before = {file.name: file.read_bytes() for file in made.iterdir() if file.name.startswith(DATABASE)}
        for mode in ("FULL", "NORMAL", "OFF"):
            folder, port = scratch / mode, free_port()
            shutil.copytree(made, folder)
            real = [program, "serve", "--data", folder, "--bind", f"127.0.0.1:{port}"]
            command = real if mode == "FULL" else [careless, mode.lower(), folder, str(port)]
            print(f"synchronous={mode}", flush=True)
            acks, trace = traced(command, folder, port, world, recorder, writes if mode == "FULL" else min(writes, 120))
            verify = replay.audit_verifies(program, made / "root.key") if mode == "FULL" else None
            found = replay.replay(trace, before, acks, DATABASE, states if mode == "FULL" else min(states, 200), seed, scratch, verify)
            print(f"  {found}", flush=True)
            if mode == "FULL":
                failed |= not found.whole() or not found.verified
            elif not found.losing:
                print(f"  the control failed: nothing was lost at {mode}, so the run above proves nothing")
                failed = True
            trace.unlink()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
