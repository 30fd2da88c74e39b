"""Programs that open cases, take down words, send referrals and answer them, all at once, and note when each was acknowledged."""
import http.client
import json
import threading
import time
import uuid

WORKERS = 4
AT_MOST_S = 600
# An answer that says "not now": nothing was done, and the same is asked again.
BUSY = {409, 412, 429, 503}


class Load:
    def __init__(self, port, world):
        self.port, self.world, self.stop = port, world, threading.Event()
        self.lock, self.acks, self.wrong = threading.Lock(), [], []

    def run(self, until):
        """Works until so many writes are acknowledged. Gives them: (when in ns, kind, reference)."""
        threads = [threading.Thread(target=self.work, daemon=True) for _ in range(WORKERS)]
        for thread in threads:
            thread.start()
        begun = time.monotonic()
        while len(self.acks) < until and not self.wrong and time.monotonic() - begun < AT_MOST_S:
            time.sleep(0.05)
        self.stop.set()
        for thread in threads:
            thread.join(60)
        if self.wrong:
            raise SystemExit(f"the load was not understood: {self.wrong[0]}")
        if len(self.acks) < until:
            raise SystemExit(f"only {len(self.acks)} writes were acknowledged in {AT_MOST_S} s")
        return sorted(self.acks)

    def work(self):
        line, turn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), 0
        while not self.stop.is_set():
            turn += 1
            try:
                self.help(line, "inbox" if turn % 2 else "linked")
            except (OSError, http.client.HTTPException) as gone:
                if not self.stop.is_set():
                    self.wrong.append(f"the server went away: {gone}")
                return
            except AssertionError as wrong:
                self.wrong.append(wrong)
                return

    def ask(self, line, who, method, path, body=None, **headers):
        head = {"Authorization": f"Bearer {self.world[who]}", "Content-Type": "application/json"}
        head |= {name.replace("_", "-"): value for name, value in headers.items()}
        for _ in range(200):
            line.request(method, path, json.dumps(body) if body is not None else None, head)
            answer = line.getresponse()
            said = answer.read()
            if answer.status not in BUSY:
                break
            time.sleep(0.02)
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {said[:200]}"
        return answer, said

    def done(self, kind, reference):
        now = time.monotonic_ns()
        with self.lock:
            self.acks.append((now, kind, reference))

    def help(self, line, to):
        world = self.world
        body = {"site": world["site"], "lead": world["lead"], "person": {"chosen": "Robin"}}
        key = lambda: str(uuid.uuid4())
        case = json.loads(self.ask(line, "sender", "POST", "/api/v1/cases", body, Idempotency_Key=key())[1])["reference"]
        self.done("case", case)
        self.ask(line, "sender", "POST", f"/api/v1/cases/{case}/statement", {"words": "I owe rent."}, Idempotency_Key=key())
        self.done("statement", case)
        order = {
            "service": world[to], "need": world["need"], "items": ["chosen_name", "statement"], "struck": [], "statement": 1,
            "seen_alone": True, "how": "spoken", "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a",
        }
        sent = self.ask(line, "sender", "POST", f"/api/v1/cases/{case}/referrals", order, Idempotency_Key=key())[1]
        referral = json.loads(sent)["reference"]
        self.done("referral", referral)
        if to == "inbox":
            path = f"/api/v1/referrals/{referral}"
            seen = self.ask(line, "service", "GET", path)[0].headers["ETag"]
            self.ask(line, "service", "POST", f"{path}/answer", {"answer": "accept", "name": "Rhian"}, If_Match=seen)
            self.done("accepted", referral)
