"""What the runs of the API against its own description send besides what was made up: the secret of a program, references that
exist, versions that were seen. Without them every answer is 401, 404 or 412, and proves nothing of what lies behind.

Of three calls of an operation one is sound in all its parts, one has made-up words in a call that is sound otherwise, and one is
made up but for the secret. Every tenth is left as it was made up, secret and all. What each operation answered is counted;
run.py reads the counts.
"""
import atexit
import collections
import itertools
import json
import os
import threading
import uuid

import requests
import schemathesis

BASE = os.environ["API_BASE"]
with open(os.environ["API_WORLD"], encoding="utf-8") as file:
    WORLD = json.load(file)

lock = threading.Lock()
turns = collections.defaultdict(itertools.count)
answers = collections.defaultdict(collections.Counter)
local = threading.local()


class NotReady(Exception):
    """A step before the call itself did not do what it does for everybody."""


def ask(secret, method, path, body=None, **headers):
    """One request by a program, which must succeed."""
    if not hasattr(local, "session"):
        local.session = requests.Session()
    said = local.session.request(
        method, BASE + path, json=body, timeout=20,
        headers={"Authorization": f"Bearer {secret}", **{name.replace("_", "-"): value for name, value in headers.items()}},
    )
    if not 200 <= said.status_code < 300:
        raise NotReady(f"{method} {path}: {said.status_code} {said.text}")
    return said


def key():
    return str(uuid.uuid4())


def sender(method, path, body=None, **headers):
    return ask(WORLD["sender"], method, path, body, **headers)


def service(method, path, body=None, **headers):
    return ask(WORLD["service"], method, path, body, **headers)


def person():
    return {"site": WORLD["site"], "lead": WORLD["lead"], "person": {"chosen": "Robin", "born": "1990-02-03"}}


def case():
    """A case of its own with words to send."""
    made = sender("POST", "/api/v1/cases", person(), Idempotency_Key=key()).json()["reference"]
    sender("POST", f"/api/v1/cases/{made}/statement", {"words": "I owe rent.\nI want to stay."}, Idempotency_Key=key())
    return made


def order(to):
    return {
        "service": WORLD[to], "need": WORLD["need"], "items": ["chosen_name", "statement"], "struck": [2], "statement": 1,
        "seen_alone": True, "how": "spoken", "basis": "consent_6_1_a", "art9": "explicit_consent_9_2_a",
    }


def referral(to="inbox", of=None):
    """A referral of its own, sent."""
    of = of or case()
    return sender("POST", f"/api/v1/cases/{of}/referrals", order(to), Idempotency_Key=key()).json()["reference"]


def seen(one):
    """The version, as the one who sent it sees it."""
    return sender("GET", f"/api/v1/sent/{one}").headers["ETag"]


def opened(one):
    """The version, as the service sees it."""
    return service("GET", f"/api/v1/referrals/{one}").headers["ETag"]


def accepted():
    one = referral()
    service("POST", f"/api/v1/referrals/{one}/answer", {"answer": "accept", "name": "Rhian"}, If_Match=opened(one))
    return one


def two_offers():
    """Two referrals for one need: the first accepted, the other held until the person has chosen."""
    of = case()
    first, other = referral("inbox", of), referral("linked", of)
    service("POST", f"/api/v1/referrals/{first}/answer", {"answer": "accept", "name": "Rhian"}, If_Match=opened(first))
    return first, other


def first_offer():
    first, _ = two_offers()
    return {"path": {"referral": first}, "headers": {"If-Match": seen(first)}}


def held_offer():
    first, other = two_offers()
    no = {"via": "person", "answer": {"answer": "person_declines"}}
    sender("POST", f"/api/v1/sent/{first}/answer", no, If_Match=seen(first))
    return {"path": {"referral": other}, "headers": {"If-Match": seen(other)}}


def in_line():
    """One that stands in line behind another service."""
    of = case()
    sender("POST", f"/api/v1/cases/{of}/referrals", {**order("inbox"), "next": [WORLD["linked"]]}, Idempotency_Key=key())
    rows = sender("GET", "/api/v1/sent").json()["referrals"]
    one = next(row["reference"] for row in rows if row["state"] == "in_line")
    return {"path": {"referral": one}, "headers": {"If-Match": seen(one)}}


def of_case(body=None, once=True):
    def sound():
        return {"path": {"case": case()}, "headers": {"Idempotency-Key": key()} if once else {}, "body": body}
    return sound


def sent(body=None):
    def sound():
        one = referral()
        return {"path": {"referral": one}, "headers": {"If-Match": seen(one)}, "body": body}
    return sound


def received():
    one = referral()
    return {"path": {"referral": one}, "headers": {"If-Match": opened(one)}, "body": {"answer": "accept", "name": "Rhian"}}


def helped():
    one = accepted()
    return {"path": {"referral": one}, "headers": {"If-Match": opened(one)}, "body": {"outcome": "first_contact"}}


def of_kind(body=None):
    """Bed, of a case of its own, before anything was said about it."""
    def sound():
        one = case()
        tag = sender("GET", f"/api/v1/cases/{one}/right-now/bed").headers["ETag"]
        return {"path": {"case": one, "kind": "bed"}, "headers": {"If-Match": tag} if body else {}, "body": body}
    return sound


def closed():
    """A case that is closed: what stands before closing is what nobody has told."""
    one = case()
    tag = sender("GET", f"/api/v1/cases/{one}").headers["ETag"]
    return one, sender("POST", f"/api/v1/cases/{one}/close", If_Match=tag).headers["ETag"]


def to_close():
    one = case()
    return {"path": {"case": one}, "headers": {"If-Match": sender("GET", f"/api/v1/cases/{one}").headers["ETag"]}}


def to_reopen():
    one, tag = closed()
    return {"path": {"case": one}, "headers": {"If-Match": tag}}


CONTACT = {
    "channel": "phone_mobile", "verdict": "safe", "value": "07700 900123", "answered_by": "only_them", "shared_account": "no",
    "windows": [[1, 540, 720]],
}

# How each operation is asked when everything about it is right. One that is not here has never succeeded: run.py fails.
SOUND = {
    "GET /api/openapi.json": lambda: {},
    "POST /api/v1/find": lambda: {"body": {"text": "advice", "limit": 5}},
    "POST /api/v1/cases": lambda: {"headers": {"Idempotency-Key": key()}, "body": person()},
    "POST /api/v1/cases/search": lambda: {"body": {"name": "Robin"}},
    "GET /api/v1/cases/{case}": of_case(once=False),
    "GET /api/v1/cases/{case}/story": of_case(once=False),
    "POST /api/v1/cases/{case}/needs": of_case({"need": "debt"}),
    "POST /api/v1/cases/{case}/statement": of_case({"words": "I want to stay."}),
    "POST /api/v1/cases/{case}/contacts": of_case(CONTACT),
    "POST /api/v1/cases/{case}/packet": of_case({"service": WORLD["inbox"], "need": WORLD["need"]}, once=False),
    "POST /api/v1/cases/{case}/referrals": of_case(order("inbox")),
    "GET /api/v1/cases/{case}/right-now": of_case(once=False),
    "GET /api/v1/cases/{case}/right-now/{kind}": of_kind(),
    "POST /api/v1/cases/{case}/right-now/{kind}": of_kind({"answer": "unavailable"}),
    "GET /api/v1/cases/{case}/children": of_case(once=False),
    "POST /api/v1/cases/{case}/children": of_case({"chosen": "Sam", "born": "2019-05-01"}),
    "POST /api/v1/cases/{case}/children/asked": of_case({"answer": "not_known"}),
    "GET /api/v1/cases/{case}/risk": of_case(once=False),
    "GET /api/v1/cases/{case}/looks": of_case(once=False),
    "POST /api/v1/cases/{case}/close": to_close,
    "POST /api/v1/cases/{case}/reopen": to_reopen,
    "GET /api/v1/tasks": lambda: {},
    "GET /api/v1/sent": lambda: {},
    "GET /api/v1/sent/{referral}": lambda: {"path": {"referral": referral()}},
    "POST /api/v1/sent/{referral}/answer": sent({"via": "phone", "answer": {"answer": "waitlist", "days": 10}}),
    "POST /api/v1/sent/{referral}/choose": first_offer,
    "POST /api/v1/sent/{referral}/ask-again": held_offer,
    "POST /api/v1/sent/{referral}/ask-now": in_line,
    "POST /api/v1/sent/{referral}/withdraw": sent(),
    "POST /api/v1/sent/{referral}/code": lambda: {"path": {"referral": referral("linked")}},
    "GET /api/v1/referrals": lambda: {},
    "GET /api/v1/referrals/{referral}": lambda: {"path": {"referral": referral()}},
    "POST /api/v1/referrals/{referral}/answer": received,
    "POST /api/v1/referrals/{referral}/outcome": helped,
}


def secret(label):
    return WORLD["service"] if "/api/v1/referrals" in label else WORLD["sender"]


def real(body):
    """A made-up body with the references in it put right."""
    if isinstance(body, dict):
        places = {"site": WORLD["site"], "lead": WORLD["lead"], "service": WORLD["inbox"], "need": WORLD["need"]}
        return {name: places.get(name, value) for name, value in body.items()}
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    label = case.operation.label
    with lock:
        turn = next(turns[label])
    if turn % 10 == 9:
        return
    case.headers["Authorization"] = f"Bearer {secret(label)}"
    if turn % 3 == 2 or label not in SOUND:
        return
    sound = SOUND[label]()
    case.path_parameters = dict(sound.get("path", {}))
    for name, value in sound.get("headers", {}).items():
        case.headers[name] = value
    if turn % 3 == 1:
        if sound.get("body") is not None:
            case.body = real(case.body)
        return
    case.query, case.cookies = {}, {}
    if sound.get("body") is not None:
        case.media_type, case.body = "application/json", sound["body"]


@schemathesis.hook
def after_call(context, case, response):
    with lock:
        answers[case.operation.label][response.status_code] += 1


@atexit.register
def write():
    with open(os.environ["API_COUNTS"], "w", encoding="utf-8") as out:
        json.dump({label: dict(counts) for label, counts in answers.items()}, out)
