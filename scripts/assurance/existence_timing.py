#!/usr/bin/env python3
"""Is a record that is closed to whoever asks told apart, by time alone, from one that is not there? (ASSURANCE E2, NE-07, NE-26)

It starts a demo. A work coach makes two records; one they keep to themselves, from the other they bar the safety lead of the site. As
that lead it opens, in random order, the two and one that nobody made. Status, headers and bytes must be the same, and for each pair
the area under the curve of the times between 0.45 and 0.55: what a guess by time alone is worth.

The control is the same measure with CONTROL_DELAY_S laid on one of the two, and it must fall outside: else the run could not have
noticed anything. A search is not measured here: who looks for more than a hundred people in an hour waits (E4). Nothing else should
run on the machine meanwhile.

Usage: THROUGHLINE_BIN=target/debug/throughline scripts/assurance/existence_timing.py [SAMPLES of each, 2000]
"""
import bisect
import html
import http.client
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

from slow_connections import free_port, wait_until_ready

LOWEST, HIGHEST, CONTROL_DELAY_S = 0.45, 0.55, 0.003
# One visitor may ask for 3,000 pages a minute.
PAUSE_S = 0.02


class Browser:
    """One visitor with cookies, over one connection."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = {}

    def ask(self, method, path, body=None):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        started = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        page = answer.read()
        took = time.perf_counter() - started
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                name, _, rest = value.partition("=")
                self.cookies[name] = rest.split(";")[0]
        return took, answer, page

    def page(self, path):
        _, answer, page = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status, answer.getheader("location"))
        return page.decode()

    def send(self, at, to, holding="", **fields):
        """Sends the form of the page at `at` that goes to `to` and holds some text; gives where it leads."""
        forms = re.findall(rf'<form[^>]*action="{re.escape(to)}".*?</form>', self.page(at), re.S)
        form = next(form for form in forms if holding in form)
        hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
        body = [(name, html.unescape(value)) for name, value in hidden if name not in fields]
        _, answer, page = self.ask("POST", to, urllib.parse.urlencode([*body, *fields.items()]))
        assert answer.status == 303, (to, answer.status, page.decode()[-2000:])
        return answer.getheader("location")


def signed_in(port, role):
    browser = Browser(port)
    buttons = re.findall(r"<form.*?</form>", browser.page("/sign-in"), re.S)
    form = next(form for form in buttons if "/sign-in/demo" in form and re.search(role, form, re.I))
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', form)
    browser.ask("POST", "/sign-in/demo", urllib.parse.urlencode(fields))
    browser.send("/step-up", "/step-up", password="")
    return browser


def prepare(port):
    """Gives the safety lead, and paths of a record that is kept, of one from which they are barred and of none."""
    coach, lead = signed_in(port, "work coach"), signed_in(port, "safety lead")
    name = re.search(r"Signed in as ([^<|]+?)\s*<", lead.page("/today"))[1].strip()
    cases = {}
    for which in ("kept", "barred"):
        case = coach.send("/cases/new", "/cases/new", chosen=f"Zephyrine {which}").split("?")[0]
        assert lead.ask("GET", case)[1].status == 200, "before it is closed the lead of the site sees it"
        cases[which] = case
    at = f"{cases['kept']}/who-may-see"
    coach.send(at, at, 'value="keep"', reason="It is not safe.")
    at = f"{cases['barred']}/who-may-see"
    account = re.search(rf'<option value="([^"]+)"[^>]*>\s*{re.escape(name)}', coach.page(at))[1]
    coach.send(at, at, 'value="bar"', account=account)
    head, reference = cases["kept"].rsplit("/", 1)
    shuffled = reference
    while shuffled == reference:
        shuffled = reference[:-6] + "".join(random.sample(reference[-6:], 6))
    cases["absent"] = f"{head}/{shuffled}"
    return lead, cases


def seen(answer, page, path):
    """What came back but for the time and what was asked for."""
    headers = sorted((name, value) for name, value in answer.getheaders() if name.lower() not in ("date", "set-cookie"))
    return answer.status, tuple(headers), page.replace(path.rsplit("/", 1)[1].encode(), b"")


def measure(browser, cases, samples):
    """Asks for each as often, in random order: the times and everything that was seen."""
    times, shown = {which: [] for which in cases}, {which: set() for which in cases}
    for _ in range(samples):
        for which in random.sample(list(cases), len(cases)):
            took, answer, page = browser.ask("GET", cases[which])
            times[which].append(took)
            shown[which].add(seen(answer, page, cases[which]))
            time.sleep(PAUSE_S)
    return times, shown


def area(present, missing):
    """The chance that one of `present` took longer than one of `missing`."""
    missing = sorted(missing)
    below = sum(bisect.bisect_left(missing, took) + bisect.bisect_right(missing, took) for took in present) / 2
    return below / (len(present) * len(missing))


def run(port, samples):
    browser, cases = prepare(port)
    times, shown = measure(browser, cases, samples)
    faults = []
    for which in ("kept", "barred"):
        curve, same = area(times[which], times["absent"]), shown[which] == shown["absent"]
        medians = [sorted(times[one])[samples // 2] * 1e6 for one in (which, "absent")]
        print(f"{which}: {samples} of each, area under the curve {curve:.3f}, medians {medians[0]:.0f} and {medians[1]:.0f} us, same bytes {same}")
        if not (LOWEST <= curve <= HIGHEST and same):
            faults.append(f"{which}: told apart")
    curve = area([took + CONTROL_DELAY_S for took in times["kept"]], times["absent"])
    print(f"control, {CONTROL_DELAY_S * 1e3:.0f} ms slower: area under the curve {curve:.3f}")
    if LOWEST <= curve <= HIGHEST:
        faults.append("the control was not noticed")
    return faults


def main():
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        words = ["demo", "--data", folder, "--port", str(port), "--seed", "7", "--people", "20", "--no-browser"]
        demo = subprocess.Popen([os.environ["THROUGHLINE_BIN"], *words], stdout=subprocess.DEVNULL)
        try:
            wait_until_ready(demo, f"http://127.0.0.1:{port}")
            faults = run(port, samples)
        finally:
            demo.terminate()
            demo.wait(30)
    if faults:
        sys.exit("; ".join(faults))


if __name__ == "__main__":
    main()
