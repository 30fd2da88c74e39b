#!/usr/bin/env python3
"""ORUK / HSDS-UK conformance walker.

Walks every endpoint of a running Open Referral UK API and validates every response against the OFFICIAL
schema files (stored copies under crates/exchange/schemas, so no network is needed), following the algorithm of the official
validator (OpenReferralUK/oruk-validator, OpenApiValidationService.cs), then runs a second set of checks the
official validator does NOT make ("extra": envelope arithmetic, paging, filters, CORS, 404s, references).

  pip install jsonschema referencing        # the only third-party packages
  ./conformance.py http://127.0.0.1:8080                       # ORUK 3.0, official sample sizes
  ./conformance.py URL --all                                   # every page and every id
  ./conformance.py URL --json report.json --no-extra

Exit status: 0 = official verdict PASS (level 1) and no extra failure; 1 = level-1 failure;
             2 = level 1 passed, but an extra check failed; 3 = could not run.
"""
import argparse, json, os, random, re, sys, time, urllib.error, urllib.parse, urllib.request, uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

HERE = os.path.dirname(os.path.abspath(__file__))
S = os.path.join(HERE, "..", "..", "crates", "exchange", "schemas")
# profile -> (openapi file, {url prefix: folder}, required paths (level 1))
PROFILES = {
    # what the live validator fetches today: https://openreferraluk.org/specifications/3.0/openapi.json
    "uk-3.0": (f"{S}/oruk-site-2026-03/3.0/openapi.json",
               {"https://openreferraluk.org/specifications/3.0/": f"{S}/oruk-site-2026-03/3.0/"},
               {"/", "/services", "/services/{id}"}),
}

# ---------------------------------------------------------------- formats (Newtonsoft asserts formats, so do we)
fc = FormatChecker(formats=())
UUID_RE = re.compile(r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")
DT_RE = re.compile(r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?$")   # zone optional, as .NET 'K'
EMAIL_RE = re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")


@fc.checks("uuid")
def _uuid(v): return not isinstance(v, str) or bool(UUID_RE.match(v))
@fc.checks("date-time")
def _dt(v): return not isinstance(v, str) or bool(DT_RE.match(v))
@fc.checks("date")
def _d(v): return not isinstance(v, str) or bool(re.match(r"^\d{4}-\d\d-\d\d$", v))
@fc.checks("email")
def _em(v): return not isinstance(v, str) or bool(EMAIL_RE.match(v))
@fc.checks("uri")
def _uri(v):
    if not isinstance(v, str): return True
    p = urllib.parse.urlsplit(v)
    return bool(p.scheme) and not re.search(r"\s", v)


class Http:
    def __init__(self, base, timeout, headers):
        self.base, self.timeout, self.headers, self.n, self.ms = base.rstrip("/"), timeout, headers, 0, []

    def get(self, path, **q):
        url = self.base + path + ("?" + urllib.parse.urlencode(q) if q else "")
        req = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "oruk-conformance/1", **self.headers})
        t = time.perf_counter(); self.n += 1
        try:
            with urllib.request.urlopen(req, timeout=self.timeout) as r:
                body, code, hd = r.read(), r.status, dict((k.lower(), v) for k, v in r.headers.items())
        except urllib.error.HTTPError as e:
            body, code, hd = e.read(), e.code, dict((k.lower(), v) for k, v in e.headers.items())
        except Exception as e:                                  # refused, timed out, ...
            return dict(url=url, code=0, json=None, err=repr(e), headers={})
        self.ms.append((time.perf_counter() - t) * 1000)
        try: j, err = json.loads(body), None
        except Exception as e: j, err = None, f"not JSON: {e}"
        return dict(url=url, code=code, json=j, err=err, headers=hd, raw=body)


def make_registry(prefixes):
    def retrieve(uri):
        for p, folder in prefixes.items():
            if uri.startswith(p):
                rel = uri[len(p):].split("#")[0]
                for cand in (folder + rel, folder + "schema/" + os.path.basename(rel)):
                    if os.path.exists(cand):
                        return Resource.from_contents(json.load(open(cand)), default_specification=DRAFT202012)
        raise KeyError(f"no stored copy of {uri}")
    return Registry(retrieve=retrieve)


class Run:
    def __init__(self, a):
        self.a = a
        f, prefixes, self.required = PROFILES[a.profile]
        self.api = json.load(open(f)); self.v1 = a.profile == "v1"
        reg = make_registry(prefixes)
        self.reg = reg.with_resource("urn:openapi", Resource.from_contents(self.api, default_specification=DRAFT202012))
        self.http = Http(a.base_url, a.timeout, dict(h.split(":", 1) for h in a.header))
        self.results = []          # official checks: one per request
        self.extra = []            # (name, ok|None, detail)
        self.validators = {}
        self.ids, self.first = {}, {}
        self.list_key = "content" if self.v1 else "contents"
        self.total_pages_key = "totalPages" if self.v1 else "total_pages"

    # ---- schema lookup
    def schema_ptr(self, path):
        for code, r in self.api["paths"][path]["get"]["responses"].items():
            if code == "200":
                for ct in r.get("content", {}):
                    p = "/".join(x.replace("~", "~0").replace("/", "~1") for x in ("paths", path, "get", "responses", code, "content", ct, "schema"))
                    return {"$ref": "urn:openapi#/" + urllib.parse.quote(p, safe="/~")}
        return None

    def validate(self, path, instance):
        if path not in self.validators:
            sch = self.schema_ptr(path)
            self.validators[path] = Draft202012Validator(sch, registry=self.reg, format_checker=fc) if sch else None
        v = self.validators[path]
        if v is None: return ["no schema"]
        out, seen = [], set()
        for e in v.iter_errors(instance):
            where = ".".join("[]" if isinstance(x, int) else str(x) for x in e.absolute_path)   # validator strips indexes, one error per path
            if where in seen: continue
            seen.add(where); out.append(f"{where or '(root)'}: {e.message[:160]}")
            if len(out) >= 50: break
        return out

    def record(self, path, r, warn=()):
        req = path in self.required
        errs = []
        if r["code"] == 0: errs = [f"no answer: {r['err']}"]
        elif not 200 <= r["code"] < 300: errs = [f"HTTP {r['code']}"]
        elif r["json"] is None: errs = [r["err"]]
        else: errs = self.validate(path, r["json"])
        missing = not req and r["code"] in (404, 501, 503)      # acceptable for optional endpoints (OptionalEndpointExtensions.cs)
        st = "absent" if missing else ("pass" if not errs else ("fail" if req else "warn"))
        if st == "pass" and warn: st = "warn"
        self.results.append(dict(path=path, url=r["url"], level=1 if req else 2, status=st, errors=list(errs) + list(warn)))
        return r["json"] if 200 <= r["code"] < 300 else None

    # ---- official walk
    def walk(self):
        paths = [p for p, o in self.api["paths"].items() if "get" in o]
        for p in [p for p in paths if "{" not in p]:
            names = [self.deref(q).get("name") for q in self.api["paths"][p]["get"].get("parameters", [])]
            if "page" not in names:
                j = self.record(p, self.http.get(p)); self.collect(p, j); continue
            r = self.http.get(p, page=1)
            j = r["json"] if isinstance(r["json"], (dict, list)) else None
            n = self.items(j)
            j = self.record(p, r, ["EMPTY_FEED_WARNING: 0 items"] if j is not None and n == 0 and r["code"] == 200 else ())
            self.first[p] = (r, j); self.collect(p, j)
            tp = (j or {}).get(self.total_pages_key) if isinstance(j, dict) else None
            if isinstance(tp, int) and tp > 1:
                todo = range(2, tp + 1) if self.a.all else sorted({max(1, tp // 2), tp} - {1})
                for r2 in self.pmap(lambda k: self.http.get(p, page=k), todo):
                    self.collect(p, self.record(p, r2))
        for p in [p for p in paths if "{" in p]:
            root = "/" + p.strip("/").split("/")[0]
            ids = self.ids.get(root, [])
            if not ids:
                self.results.append(dict(path=p, url="", level=1 if p in self.required else 2, status="not-tested",
                                         errors=["NO_IDS_AVAILABLE (the official validator also counts this as NOT failed)"]))
                continue
            pick = ids if self.a.all else random.Random(self.a.seed).sample(ids, min(self.a.ids, len(ids)))
            for r in self.pmap(lambda i: self.http.get(re.sub(r"\{[^}]+\}", urllib.parse.quote(str(i), safe=""), p)), pick):
                self.record(p, r)

    def pmap(self, f, xs):
        with ThreadPoolExecutor(self.a.concurrency) as ex: return list(ex.map(f, xs))

    def deref(self, q):
        while "$ref" in q:
            node = self.api
            for k in re.sub(r"^#/?", "", q["$ref"]).split("/"): node = node[k]    # the spec also writes "#components/..."
            q = node
        return q

    def items(self, j):
        if isinstance(j, list): return len(j)
        for k in ("data", "items", "results", "content", "contents"):
            if isinstance((j or {}).get(k), list): return len(j[k])
        return 0

    def rows(self, j):
        if isinstance(j, list): return j
        return (j or {}).get(self.list_key) or [] if isinstance(j, dict) else []

    def collect(self, p, j):
        self.ids.setdefault(p, []).extend(x["id"] for x in self.rows(j) if isinstance(x, dict) and x.get("id"))

    # ---- checks the official validator does not make
    def x(self, name, ok, detail=""): self.extra.append((name, ok, str(detail)[:300]))

    def extras(self):
        g, a = self.http.get, self.a
        root = g("/")
        for p in ("/", "/services"):
            r = root if p == "/" else g(p)
            self.x(f"CORS Access-Control-Allow-Origin: * on {p}", r["headers"].get("access-control-allow-origin") == "*", r["headers"].get("access-control-allow-origin"))
            self.x(f"Content-Type application/json on {p}", "application/json" in r["headers"].get("content-type", ""), r["headers"].get("content-type"))
        if not self.v1:
            v = (root["json"] or {}).get("version", "") if isinstance(root["json"], dict) else ""
            num = re.sub(r"(?i)HSDS-UK-|v", "", str(v)).strip()
            ok = bool(re.fullmatch(r"\d+(\.\d+)?", num))
            self.x("'/' version parses as the validator parses it (else it silently validates as v1.0)", ok, v)
        svc = g("/services", page=1, per_page=5)["json"]
        if isinstance(svc, dict): self.envelope("/services", svc, 5)
        else: self.x("/services answers a JSON object", False, type(svc).__name__)
        for p, (r, j) in self.first.items():
            if isinstance(j, dict) and p != "/services" and r["code"] == 200: self.envelope(p, j, None)
        K = dict(tot="totalElements", tp="totalPages") if self.v1 else dict(tot="total_items", tp="total_pages")
        total = (svc or {}).get(K["tot"]) if isinstance(svc, dict) else None
        # page past the end
        if isinstance(svc, dict) and isinstance(svc.get(K["tp"]), int):
            r = g("/services", page=svc[K["tp"]] + 1, per_page=5)
            self.x("page past the end: 200, no rows, empty=true (or 404)", r["code"] == 404 or (r["code"] == 200 and not self.rows(r["json"]) and (r["json"] or {}).get("empty") is not False), f"HTTP {r['code']}, {len(self.rows(r['json']))} rows")
        for bad in ("page=0", "page=-1", "page=abc", "per_page=0", "per_page=1000000"):
            k, v = bad.split("="); r = g("/services", **{k: v})
            self.x(f"/services?{bad} is not a 5xx", r["code"] and r["code"] < 500, f"HTTP {r['code']}")
        # unknown id
        r = g("/services/" + str(uuid.uuid4())); self.x("unknown service id answers 404", r["code"] == 404, f"HTTP {r['code']}")
        r = g("/services/not-a-uuid"); self.x("malformed service id answers 4xx", 400 <= r["code"] < 500, f"HTTP {r['code']}")
        # paging covers everything once
        if isinstance(total, int) and total <= a.max_walk:
            seen, p = [], 1
            while True:
                j = g("/services", page=p, per_page=100)["json"]
                rows = self.rows(j); seen += [x.get("id") for x in rows if isinstance(x, dict)]
                if not rows or (isinstance(j, dict) and (j.get("last_page") or j.get("last"))) or p > 10000: break
                p += 1
            c = Counter(seen)
            self.x("paging: every id once (no repeats between pages)", max(c.values(), default=0) <= 1, [k for k, n in c.items() if n > 1][:3])
            self.x(f"paging: ids seen == {K['tot']}", len(c) == total, f"{len(c)} of {total}")
        # filters that real feeds silently ignore
        rows = self.rows(svc); t = lambda **q: (lambda j: (j or {}).get(K["tot"]) if isinstance(j, dict) else None)(g("/services", per_page=1, **q)["json"])
        if total:
            nonsense = "zqxj" + uuid.uuid4().hex[:8]
            self.x(f"{'text' if self.v1 else 'search'}=<nonsense> finds nothing", t(**{"text" if self.v1 else "search": nonsense}) == 0)
            if rows and rows[0].get("name"):
                word = max(re.findall(r"[A-Za-z]{4,}", rows[0]["name"]) or [rows[0]["name"]], key=len)
                n = t(**{"text" if self.v1 else "search": word}); self.x("search=<word of a listed name> finds something", bool(n), f"{word!r}: {n}")
            unk = str(uuid.uuid4())
            if not self.v1:
                self.x("modified_after=2099 finds nothing", t(modified_after="2099-01-01T00:00:00Z") == 0)
                self.x("taxonomy_term_id=<unknown> finds nothing", t(taxonomy_term_id=unk) == 0)
                self.x("taxonomy_id=<unknown> finds nothing", t(taxonomy_id=unk) == 0)
                self.x("organization_id=<unknown> finds nothing", t(organization_id=unk) == 0)
                oid = next((x.get("organization_id") or (x.get("organization") or {}).get("id") for x in rows), None)
                if oid:
                    j = g("/services", organization_id=oid, per_page=50)["json"]; got = {x.get("organization_id") or (x.get("organization") or {}).get("id") for x in self.rows(j)}
                    self.x("organization_id=<listed> answers only that organization", got == {oid}, list(got)[:3])
                r = g("/services", minimal="true", per_page=5)["json"]
                ks = set().union(*[set(x) for x in self.rows(r)] or [set()])
                self.x("minimal=true answers id and last_modified only", bool(ks) and ks <= {"id", "last_modified", "modified_date"}, sorted(ks)[:8])
                r = g("/services", full="true", per_page=2)["json"]
                ks = set().union(*[set(x) for x in self.rows(r)] or [set()])
                self.x("full=true nests children in the list", bool(ks & {"service_at_locations", "schedules", "contacts", "service_areas", "attributes", "languages", "cost_options"}), sorted(ks)[:12])
                r = g("/services", format="ndjson")
                lines = [l for l in r.get("raw", b"").splitlines() if l.strip()]
                def isj(l):
                    try: return isinstance(json.loads(l), dict)
                    except Exception: return False
                self.x("format=ndjson answers one object a line", r["code"] == 200 and len(lines) == total and all(isj(l) for l in lines[:50]), f"{len(lines)} lines for {total}")
                for q in (dict(minimum_age=200), dict(maximum_age=-5)): self.x(f"/services?{urllib.parse.urlencode(q)} is not a 5xx", g("/services", **q)["code"] < 500)
                for bad in ("ZZ99 9ZZ", "notapostcode"):
                    r = g("/service_at_locations", postcode=bad, proximity=1000); self.x(f"service_at_locations?postcode={bad} is not a 5xx", r["code"] < 500, f"HTTP {r['code']}")
        # list/detail agreement and references
        bad_ref = nulls = 0; n = 0
        for i in (self.ids.get("/services") or [])[: a.ids]:
            d = g("/services/" + urllib.parse.quote(str(i), safe=""))["json"]
            if not isinstance(d, dict): continue
            n += 1
            if d.get("id") != i: bad_ref += 1
            o = d.get("organization") or {}
            if d.get("organization_id") and o.get("id") and d["organization_id"] != o["id"]: bad_ref += 1
            for s in d.get("service_at_locations") or []:
                if s.get("service_id") and s["service_id"] != i: bad_ref += 1
                if s.get("location_id") and (s.get("location") or {}).get("id") not in (None, s["location_id"]): bad_ref += 1
            nulls += count_empty(d)
        if n:
            self.x("detail answers the id asked for; nested ids agree with *_id fields", bad_ref == 0, f"{bad_ref} disagreements in {n}")
            self.x("optional fields without a value are omitted (not null, '' or [])", nulls == 0, f"{nulls} null/empty values in {n} services")

    def envelope(self, p, j, per_page):
        if self.v1: need = ["totalElements", "totalPages", "number", "size", "first", "last"]
        else: need = ["total_items", "total_pages", "page_number", "size", "first_page", "last_page", "empty"]
        miss = [k for k in need + [self.list_key] if k not in j]
        self.x(f"{p}: envelope has all its fields (schema requires NONE of them)", not miss, miss)
        if miss: return
        rows = self.rows(j)
        tot, tp, num, size, first, last = (j[k] for k in need[:6])
        self.x(f"{p}: size == number of rows", size == len(rows), f"{size} vs {len(rows)}")
        if per_page: self.x(f"{p}: per_page={per_page} is honoured", len(rows) <= per_page and (len(rows) == per_page or tot <= per_page or last), len(rows))
        self.x(f"{p}: first/last/empty flags agree with the counts", first == (num in (1,) if not self.v1 else num in (0, 1)) and last == (num >= tp) and (self.v1 or j["empty"] == (not rows)), f"page {num}/{tp} first={first} last={last}")
        if per_page: self.x(f"{p}: total_pages == ceil(total/per_page)", tp == max(-(-tot // per_page), 1 if tot else tp), f"{tp} for {tot}/{per_page}")


def count_empty(x):
    if isinstance(x, dict): return sum((v is None or v == "" or v == [] or v == {}) or 0 for v in x.values()) + sum(count_empty(v) for v in x.values())
    if isinstance(x, list): return sum(count_empty(v) for v in x)
    return 0


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("base_url"); ap.add_argument("--profile", choices=PROFILES, default="uk-3.0")
    ap.add_argument("--all", action="store_true", help="every page and every id, not first/middle/last and 10 ids")
    ap.add_argument("--ids", type=int, default=10); ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--max-walk", type=int, default=20000); ap.add_argument("--concurrency", type=int, default=4)
    ap.add_argument("--timeout", type=float, default=30); ap.add_argument("--header", action="append", default=[])
    ap.add_argument("--no-extra", action="store_true"); ap.add_argument("--json"); ap.add_argument("-v", "--verbose", action="store_true")
    a = ap.parse_args()
    r = Run(a)
    if r.http.get("/services")["code"] == 0: print("no server at", a.base_url); return 3
    t = time.time(); r.walk()
    if not a.no_extra: r.extras()
    by = {}
    for x in r.results: by.setdefault((x["level"], x["path"]), Counter())[x["status"]] += 1
    print(f"{a.base_url}  profile {a.profile}  {r.http.n} requests in {time.time()-t:.1f}s")
    print("OFFICIAL CHECKS (schema, status, page walk)")
    for (lv, p), c in sorted(by.items()):
        print(f"  L{lv} {p:30s} " + "  ".join(f"{k}={v}" for k, v in sorted(c.items())))
        shown = Counter(e for x in r.results if x["path"] == p for e in x["errors"])
        for e, n in shown.most_common(None if a.verbose else 6): print(f"        {n:4d} x {e}")
    l1 = [x for x in r.results if x["level"] == 1]; fails = [x for x in l1 if x["status"] == "fail"]
    cnt = Counter(x["status"] for x in r.results)
    print(f"  responses checked {len(r.results)}: " + ", ".join(f"{k} {v}" for k, v in sorted(cnt.items())))
    print("  OFFICIAL VERDICT:", "FAIL" if fails else ("PASS with warnings" if cnt["warn"] or cnt["absent"] or cnt["not-tested"] else "PASS"))
    bad = [x for x in r.extra if x[1] is False]
    if not a.no_extra:
        print(f"EXTRA CHECKS: {sum(1 for x in r.extra if x[1])} pass, {len(bad)} fail")
        for n, ok, d in r.extra:
            if a.verbose or not ok: print(f"  {'ok  ' if ok else 'FAIL'} {n}" + (f"   [{d}]" if d and not ok else ""))
    if r.http.ms:
        ms = sorted(r.http.ms); print(f"latency ms: median {ms[len(ms)//2]:.1f}  p95 {ms[int(len(ms)*.95)-1]:.1f}  max {ms[-1]:.1f}")
    if a.json:
        json.dump(dict(base=a.base_url, profile=a.profile, official=r.results, extra=[dict(check=n, ok=o, detail=d) for n, o, d in r.extra],
                       summary=dict(official=dict(cnt), level1_failed=len(fails), extra_failed=len(bad))), open(a.json, "w"), indent=1)
    return 1 if fails else (2 if bad else 0)


if __name__ == "__main__":
    sys.exit(main())
