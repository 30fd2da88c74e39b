#!/usr/bin/env python3
"""Bits flip on the disk, one at a time, all over the file of an invented world: `audit verify` finds them (PO4, decision 0027).

A flip counts when a table, read by itself, gives another answer than before or none; a bit of unused room changes nothing. At least
99 in 100 of those that count must be found.

The control: the same flips in the same world without the indexes that hold what no other index does. If as many are found, this run
proves nothing.

Usage: THROUGHLINE_BIN=target/debug/throughline scripts/assurance/bit_flips.py [FLIPS]
"""
import hashlib
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "power_loss"))
from here import DATABASE, made_world  # noqa: E402

FLIPS, SEED, LEAST_PERCENT = 1_000, 7, 99


def held(file):
    """A digest of what each table holds, read from the table alone; None where it cannot be read."""
    digests = {}
    try:
        with sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True) as database:
            database.text_factory = bytes
            # By the names that SQLite goes by: those of the schema's text, not of the column beside it.
            listed = database.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name")
            tables = [name.decode() for (name,) in listed]
            for table in tables:
                digest = digests[table] = hashlib.sha256()
                for row in database.execute(f"SELECT rowid, * FROM {table} NOT INDEXED ORDER BY rowid"):
                    digest.update(repr(row).encode())
    except (sqlite3.Error, UnicodeDecodeError):
        # The second: the words of an error that repeat what cannot be read.
        return None
    return {table: digest.digest() for table, digest in digests.items()}


def found(program, world):
    """Whether the check of the record says that something is wrong."""
    done = subprocess.run([program, "audit", "verify", "--data", world, "--json"], capture_output=True, timeout=300)
    return done.returncode != 0


def flip_all(program, world, flips, say=True):
    """How many of these flips counted, and how many of those were found."""
    file = world / DATABASE
    whole = file.read_bytes()
    truth, counted, seen = held(file), 0, 0
    chance = random.Random(SEED)
    if truth is None or found(program, world):
        sys.exit("the world is not whole before anything was flipped")
    while counted < flips:
        bit = chance.randrange(len(whole) * 8)
        with file.open("r+b") as out:
            out.seek(bit // 8)
            out.write(bytes([whole[bit // 8] ^ (1 << bit % 8)]))
        now = held(file)
        if now != truth:
            counted += 1
            if found(program, world):
                seen += 1
            elif say:
                print(f"bit {bit} was not found; it is in {[name for name in truth if now is None or now.get(name) != truth[name]]}", flush=True)
        # Opening may have changed more than the one byte.
        for end in ("-wal", "-shm"):
            pathlib.Path(f"{file}{end}").unlink(missing_ok=True)
        file.write_bytes(whole)
    return counted, seen


def at_rest(file, also=""):
    """One file, nothing beside it, no unused pages."""
    database = sqlite3.connect(file)
    for name in [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE name LIKE 'whole\\_%' ESCAPE '\\'")]:
        if also == "bare":
            database.execute(f"DROP INDEX {name}")
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.execute("VACUUM")
    database.close()


def main():
    program = os.environ["THROUGHLINE_BIN"]
    flips = int(sys.argv[1]) if len(sys.argv) > 1 else FLIPS
    with tempfile.TemporaryDirectory(prefix="throughline-flips-") as folder:
        made, _ = made_world(program, pathlib.Path(folder))
        bare = pathlib.Path(folder) / "bare"
        at_rest(made / DATABASE)
        shutil.copytree(made, bare)
        at_rest(bare / DATABASE, "bare")
        counted, seen = flip_all(program, made, flips)
        print(f"{seen} of {counted} flips that changed something were found ({100 * seen / counted:.2f} %)", flush=True)
        counted_bare, seen_bare = flip_all(program, bare, max(flips // 5, 50), say=False)
        print(f"control, without those indexes: {seen_bare} of {counted_bare} ({100 * seen_bare / counted_bare:.2f} %)")
        if seen * 100 < counted * LEAST_PERCENT:
            sys.exit(f"fewer than {LEAST_PERCENT} in 100 were found")
        if seen_bare * 100 >= counted_bare * LEAST_PERCENT:
            sys.exit("the control found as many: this run proves nothing")


if __name__ == "__main__":
    main()
