"""From the trace of what a program wrote, the states that a disk may be in after the power has gone, and what holds in each.

A write is certain only if it was issued before the beginning of a sync of that file that ended; any other may be wholly there,
wholly absent, or torn at 512 bytes. Which of them, chance says: the same in every run with the same seed.
"""
import bisect
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import tempfile

WRITE, SYNCED, TRUNCATE, UNLINK, OPENED, SYNC_BEGUN = range(1, 7)
SECTOR = 512

# What must be there for each kind of acknowledged write.
KEPT = {
    "case": "SELECT reference FROM support_case",
    "statement": "SELECT c.reference FROM statement s JOIN support_case c ON c.person_id = s.person_id",
    "referral": "SELECT reference FROM referral",
    "accepted": "SELECT reference FROM referral WHERE state = 'accepted'",
}
# What must hold together, whatever was lost: each gives the number of rows that stand alone.
TOGETHER = {
    "a referral without its step": "SELECT count(*) FROM referral r WHERE NOT EXISTS (SELECT 1 FROM referral_transition t WHERE t.referral_id = r.id AND t.to_state = 'sent')",
    "a state that no step led to": "SELECT count(*) FROM referral r WHERE NOT EXISTS (SELECT 1 FROM referral_transition t WHERE t.referral_id = r.id AND t.to_state = r.state)",
    "a referral that nobody recorded": "SELECT count(*) FROM referral r WHERE NOT EXISTS (SELECT 1 FROM audit_entry a WHERE a.person_id = r.person_id AND a.action = 'referral_send' AND a.result = 'granted')",
    "a record of a referral that is not there": "SELECT count(*) FROM audit_entry a WHERE a.action = 'referral_send' AND a.result = 'granted' AND a.person_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM referral r WHERE r.person_id = a.person_id)",
    "a link that nobody is told of": "SELECT count(*) FROM referral_link l WHERE NOT EXISTS (SELECT 1 FROM outbox o WHERE o.subject_id IN (l.id, l.referral_id))",
    "a case that nobody recorded": "SELECT count(*) FROM support_case c WHERE NOT EXISTS (SELECT 1 FROM audit_entry a WHERE a.person_id = c.person_id AND a.action IN ('case_open', 'case_change'))",
    "a case without a clock": "SELECT count(*) FROM support_case c WHERE NOT EXISTS (SELECT 1 FROM task t WHERE t.case_id = c.id AND t.kind = 'judge_risk')",
    "a record that is longer or shorter than it says": "SELECT count(*) FROM audit_head h WHERE h.size <> (SELECT count(*) FROM audit_entry a WHERE a.log_id = h.log_id)",
}


def read(trace):
    """The steps of a trace: (when, kind, file name, offset, bytes)."""
    with open(trace, "rb") as file:
        data = file.read()
    steps, at = [], 0
    while at < len(data):
        when, kind, path, offset, length = struct.unpack_from("<QBHQI", data, at)
        at += 23
        name = os.path.basename(data[at:at + path].decode())
        at += path
        body = b""
        if kind == WRITE:
            body = data[at:at + length]
            at += length
            assert len(body) == length, "the trace is cut short"
        steps.append((when, kind, name, offset, body))
    return steps


def put(buffer, kind, offset, body):
    if kind == TRUNCATE:
        if len(buffer) > offset:
            del buffer[offset:]
        else:
            buffer.extend(bytes(offset - len(buffer)))
        return
    if len(buffer) < offset:
        buffer.extend(bytes(offset - len(buffer)))
    buffer[offset:offset + len(body)] = body


class Disk:
    """What is certainly on the disk, and what may be."""

    def __init__(self, before):
        self.certain = {name: bytearray(data) for name, data in before.items()}
        self.perhaps, self.begun = {}, {}

    def step(self, number, kind, name, offset, body):
        waiting = self.perhaps.setdefault(name, [])
        if kind in (WRITE, TRUNCATE):
            waiting.append((number, kind, offset, body))
        elif kind == SYNC_BEGUN:
            self.begun.setdefault(name, []).append(number)
        elif kind == SYNCED:
            begun = self.begun[name].pop(0)
            buffer = self.certain.setdefault(name, bytearray())
            for one in waiting:
                if one[0] < begun:
                    put(buffer, *one[1:])
            self.perhaps[name] = [one for one in waiting if one[0] >= begun]
        elif kind == UNLINK:
            self.certain.pop(name, None)
            self.perhaps[name] = []

    def after_the_power_is_back(self, chance):
        """One state that the files may be in."""
        mode = chance.choice(["none", "some", "first", "all"])
        files = {}
        for name in sorted(set(self.certain) | set(self.perhaps)):
            if name.endswith("-shm"):
                continue
            buffer = bytearray(self.certain.get(name, b""))
            waiting = self.perhaps.get(name, [])
            cut = chance.randrange(len(waiting) + 1)
            for n, (_, kind, offset, body) in enumerate(waiting):
                if mode == "none" or (mode == "first" and n >= cut):
                    break
                if mode == "some":
                    luck = chance.random()
                    if luck < 0.4:
                        continue
                    if luck < 0.6 and kind == WRITE and len(body) > SECTOR:
                        for start in range(0, len(body), SECTOR):
                            if chance.random() < 0.5:
                                put(buffer, WRITE, offset + start, body[start:start + SECTOR])
                        continue
                put(buffer, kind, offset, body)
            files[name] = buffer
        return files


def crashes(steps, acks, states, chance):
    """After which steps the power goes: half of them at any, half right after something was acknowledged."""
    times = [step[0] for step in steps]
    matter = [n for n, step in enumerate(steps) if step[1] != OPENED]
    at = [chance.choice(matter) for _ in range(states - states // 2)]
    for _ in range(states // 2):
        when = chance.choice(acks)[0]
        at.append(max(bisect.bisect_left(times, when) - 1, 0))
    return sorted(at)


class Found:
    """What the states came to."""

    def __init__(self):
        self.states = self.losing = self.worst = self.corrupt = self.apart = self.verified = self.unproven = 0
        self.named = set()

    def whole(self):
        return self.losing == self.corrupt == self.apart == self.unproven == 0

    def __str__(self):
        return (
            f"{self.states} crash states: {self.losing} lost an acknowledged write (at worst {self.worst} of them), {self.corrupt} corrupt, "
            f"{self.apart} with rows that stand alone, {self.unproven} of {self.verified} whose audit record does not verify"
            + "".join(f"\n  {name}" for name in sorted(self.named))
        )


def judge(folder, name, must, found):
    """Opens one state as the program would and holds it against what was acknowledged."""
    try:
        with sqlite3.connect(os.path.join(folder, name)) as database:
            if database.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                found.corrupt += 1
            lost = 0
            for kind, sql in KEPT.items():
                there = {row[0] for row in database.execute(sql)}
                lost += sum(1 for of, reference in must if of == kind and reference not in there)
            apart = {what for what, sql in TOGETHER.items() if database.execute(sql).fetchone()[0]}
        database.close()
    except sqlite3.DatabaseError as error:
        found.corrupt += 1
        found.losing += 1
        found.worst = max(found.worst, len(must))
        found.named.add(str(error))
        return
    found.losing += lost > 0
    found.worst = max(found.worst, lost)
    found.apart += bool(apart)
    found.named |= apart


def replay(trace, before, acks, name, states, seed, scratch, verify=None, every=50):
    """Makes the states and judges each. `verify(folder)` says whether the audit record of one holds; it is asked of every
    `every`th. Gives what was found."""
    steps, chance, found = read(trace), random.Random(seed), Found()
    kinds = {kind: sum(1 for step in steps if step[1] == kind) for kind in (WRITE, SYNCED, TRUNCATE)}
    assert kinds[WRITE] > 1000 and acks, f"nothing to lose: {kinds}, {len(acks)} acknowledged"
    print(f"  {len(steps)} steps ({kinds[WRITE]} writes, {kinds[SYNCED]} syncs, {kinds[TRUNCATE]} truncations), {len(acks)} writes acknowledged", flush=True)
    disk, done, when = Disk(before), 0, [ack[0] for ack in acks]
    for at in crashes(steps, acks, states, chance):
        while done <= at:
            _, kind, file, offset, body = steps[done]
            disk.step(done, kind, file, offset, body)
            done += 1
        # Whatever was acknowledged before the next step was acknowledged before the power went.
        until = steps[at + 1][0] if at + 1 < len(steps) else when[-1] + 1
        must = [ack[1:] for ack in acks[:bisect.bisect_left(when, until)]]
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            for file, buffer in disk.after_the_power_is_back(chance).items():
                with open(os.path.join(folder, file), "wb") as into:
                    into.write(buffer)
            if verify and found.states % every == 0:
                with tempfile.TemporaryDirectory(dir=scratch) as beside:
                    copy = shutil.copytree(folder, os.path.join(beside, "data"))
                    found.verified += 1
                    found.unproven += not verify(copy)
            judge(folder, name, must, found)
        found.states += 1
    return found


def audit_verifies(program, key):
    """Asks the program itself whether the audit record of a copy holds."""
    def verify(folder):
        shutil.copy(key, os.path.join(folder, "root.key"))
        said = subprocess.run([program, "audit", "verify", "--data", folder], capture_output=True, text=True, check=False)
        return said.returncode == 0
    return verify
