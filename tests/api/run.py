#!/usr/bin/env python3
"""The API against its own OpenAPI description, as programs that are let in.

    throughline demo --data NEW --port 8080 --no-browser --programs WORLD.json
    tests/api/run.py http://127.0.0.1:8080 WORLD.json

Fails when an answer is not what the description says, when anything answers 5xx, and when an operation never succeeded: an
operation that only ever answered 401 or 404 was not tested.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
# Operations that cannot succeed here, each with the reason why. Reviewed; empty is right.
NEVER_SUCCEEDS = {}
# What a run must be able to see at all.
REFUSED = [None, "Bearer tlc_nobody", "Bearer "]


def status(url, authorization):
    request = urllib.request.Request(url)
    if authorization is not None:
        request.add_header("Authorization", authorization)
    try:
        return urllib.request.urlopen(request, timeout=20).status
    except urllib.error.HTTPError as refused:
        return refused.code


def judged(operations, counts):
    """The lines to print and what is wrong."""
    lines, wrong = [], []
    for operation in operations:
        answered = {int(code): n for code, n in counts.get(operation, {}).items()}
        done = sum(n for code, n in answered.items() if 200 <= code < 300)
        lines.append(f"  {operation:46} " + "  ".join(f"{code}: {n}" for code, n in sorted(answered.items())))
        if done == 0 and operation not in NEVER_SUCCEEDS:
            wrong.append(f"{operation} never succeeded")
        if done and operation in NEVER_SUCCEEDS:
            wrong.append(f"{operation} succeeds now: take it off the list in tests/api/run.py")
    wrong += [f"{operation} is on the list but not in the API" for operation in NEVER_SUCCEEDS if operation not in operations]
    return lines, wrong


def main():
    base, world = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    for authorization in REFUSED:
        if status(f"{base}/api/v1/referrals", authorization) != 401:
            sys.exit(f"whoever comes with {authorization!r} is let in")
    with urllib.request.urlopen(f"{base}/api/openapi.json", timeout=20) as answer:
        document = json.load(answer)
    operations = [f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods]
    with tempfile.TemporaryDirectory(prefix="throughline-api-") as folder:
        counts = pathlib.Path(folder) / "counts.json"
        run = [
            str(pathlib.Path(sys.executable).parent / "schemathesis"), "run", f"{base}/api/openapi.json", "--url", base,
            "--max-examples", "20", "--seed", "7", "--generation-deterministic", "--no-color", "--workers", "2",
            "--request-timeout", "20",
            "--checks", "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance",
        ]
        more = {
            "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1",
            "API_BASE": base, "API_WORLD": str(world), "API_COUNTS": str(counts),
        }
        # From a folder of its own, where its notes may stay.
        ended = subprocess.run(run, cwd=folder, env={**os.environ, **more}, check=False).returncode
        found = json.loads(counts.read_text(encoding="utf-8")) if counts.exists() else {}
    # Read above; schemathesis does not ask for the document that it was given.
    found.setdefault("GET /api/openapi.json", {"200": 1})
    lines, wrong = judged(operations, found)
    print("What each operation answered:")
    print("\n".join(lines))
    for problem in wrong:
        print(f"WRONG {problem}")
    succeeded = len(operations) - len(wrong)
    print(f"{len(operations)} operations, {succeeded} succeeded at least once")
    sys.exit(1 if ended or wrong else 0)


if __name__ == "__main__":
    main()
