#!/usr/bin/python3
"""Throws requests at a csid: methods, targets, headers and bodies made from include/commands.def and broken
at random. Not part of `make check`; best with a build under AddressSanitizer:

    make fuzz, or CSID_BUILD=BUILD tests/fuzz/requests.py --seconds 120

Ends with 1 at the first answer that is no answer: csid gone, a sanitizer's word, a status of our own fault,
a body that is not what its type says, a reading or a dry run that wrote, a request that held up the loop.
The seed and the last requests are printed, so that the same can be thrown again.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter, deque
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))
import harness  # noqa: E402
from records import add_all  # noqa: E402

COMMANDS = [(c.method, c.path, c.flags, c.arguments) for c in harness.commands.table() if c.path]
REFS = ["1", "2", "99", "0", "body:1", "visit:1", ":1"]

ODD = ["", "-", "0", "-1", "1e9", "4294967297", "999999999999999", "9223372036854775808", "\0", "\x1b[31m", "\xff",
       "a/b", "../..", "%", "%s%n", "&=?#", "\u202e\u2066", "\U0001f600", "漢" * 300, "e\u0301" * 50, "x" * 4000,
       "x" * 4001, " ", "\r\n", "\t", '"', "'", "null", "true", "a=b", "=", "a=https://x.example/" + "y" * 300]
LIKELY = {
    "DATE": ["today", "2017-10-01", "0001-01-01", "9999-12-31", "+99999wd", "-99999wd", "31/12/2026", "fri", "2017-02-29"],
    "TIME": ["2017-08-31T06:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2017-03-26 01:30", "today"],
    "HH:MM": ["14:00", "9:30", "23:59", "24:00"],
    "OFFSET": ["+70wd", "-5clear", "+99999wd", "+12m", "-99999d", "+99999y"],
    "DURATION": ["1s", "26h", "1d12h", "36525d", "36526d"], "PERIOD": ["3m", "2w", "1y", "99999m", "1q"],
    "REF": ["5.12", "1.1", "bromley-2016:5.12", "none:1"], "SLUG": ["bromley-2016", "-", "director", "new-role"],
    "ROLE": ["director", "improvement-board-chair", "no-such"], "rating": ["red", "amber", "green", "unrated", "blue"],
    "status": ["in-progress", "complete", "suspended", "agreed"], "state": ["queued", "accepted", "in doubt"],
    "kind": ["monitoring", "peer", "board", "sub group", "adviser", "other"], "grade": ["good", "Inadequate"], "framework": ["sif", "ilacs"], "basis": ["permanent", "acting"],
    "NUMBER": ["61.5", "-3", "0", "999999999.9999", "1e3"], "MONTH": ["2017-09", "Sep 2017", "9999-12", "0001-01", "Q3 2017"],
    "polarity": ["higher", "lower"], "comparator": ["none", "england"], "MEASURE": REFS,
    "N": ["1", "5", "0", "2147483648", "99999999999"], "EXPR...": ["30 8 * * 1-5", "@daily", "0 0 29 2 *", "* * * * *"],
    "ZONE": ["Europe/London", "Australia/Lord_Howe", "../../etc/passwd"], "KEY": ["due", "days-over", "rating"],
    "ADDRESS": ["a@x.example", "ü@x.example", "A <a@x.example>"], "TITLE=LINK": ["T=https://x.example/1", "=", "T=ftp:x"],
    "COLUMN=FIELD": ["Action=title", "=", "x=y"], "NAME": ["overdue", "visits", "deadlines", "rag"],
    "ID": REFS, "BODY": REFS, "INSPECTION": REFS, "INSTRUMENT": REFS, "DOCUMENT": REFS, "EDITION": REFS, "FILE": ["plan.csv"],
}
QUESTIONS = re.findall(r"^QUESTION\((\w+), (\w+),", (harness.TOP / "daemon/api/wizard.def").read_text(), re.M)
ANSWERS = {
    "CHOICE": ["ilacs", "SIF", "none", "improvement notice", "statutory-direction", "adviser", "yes"],
    "DATE": LIKELY["DATE"], "PERIOD": ["Jan 2019", "Q4 9999", "2019", "ongoing", *LIKELY["DATE"]], "EVERY": LIKELY["PERIOD"],
    "TEXT": ["Improvement Board"], "PERSON": ["Jo <jo@x.example>", "jo@x.example"],
    "LIST": ["A: good; B: inadequate", "A: good\nA: good", "::;;:"],
}
SHEET = b"ref,priority,action,due,rating,owner_email\n5.12,5,Changed,2018-01-01,red,o@x.example\n7.1,7,New,,green,\n"


def word(rng, name, meta):
    """A value for an argument of that name and kind: mostly one that is understood."""
    if rng.random() < 0.1:
        return "".join(rng.choice(ODD) for _ in range(rng.randint(1, 2)))
    return rng.choice(LIKELY.get(name) or LIKELY.get(meta) or ["A text", "two\nlines", str(rng.randint(0, 40))])


def arguments(spec):
    """(member, meta, needed, repeats) of each word of the arguments language."""
    for one in spec.split():
        needed, one = one[0] != "[", one.strip("[]")
        repeats, one = one.endswith("...") and one[0] == "-", one.removesuffix("...")
        name, _, meta = one.partition("=")
        if name[0] != "-":
            meta = name
        yield name.lstrip("-").lower().replace("-", "_"), meta, needed, repeats


def member(rng, name, meta, repeats):
    value = word(rng, name, meta) if meta else rng.choice([True, False, 1, "yes"])
    if meta == "N" and value.isdigit() and rng.random() < 0.7:
        value = int(value)
    if repeats or rng.random() < 0.02:
        value = [value] * rng.randint(0, 70)
    return rng.choice([None, 1.5, {}, [[]], 2**63 - 1]) if rng.random() < 0.03 else value


def answers(rng):
    """A wizard's body and its type: JSON, or YAML whose texts are JSON's."""
    body = {name: rng.choice(ODD if rng.random() < 0.02 else ANSWERS[kind]) for name, kind in QUESTIONS
            if kind == "CHOICE" or rng.random() < 0.4}
    kind = rng.choice(["application/json", "application/yaml"])
    text = json.dumps(body, ensure_ascii=False) if kind.endswith("json") else \
        "".join(f"{name}: {json.dumps(text)}\n" for name, text in body.items())
    return text.encode("utf-8", "surrogatepass"), kind


def wizard(rng, path):
    raw, kind = answers(rng)
    query = rng.choice(["", "?dry_run=1", "?yes=true", "?answers=x", "?dry_run=1&width=80&color=1", "?format=csv"])
    return "POST", path + query, {**headers(rng), "Content-Type": kind}, broken(rng, raw)


def make(rng):
    """One request: method, target, headers, body."""
    method, path, flags, spec = rng.choice(COMMANDS)
    if "WIZARD" in flags:
        return wizard(rng, path)
    values = {name: (meta, repeats) for name, meta, needed, repeats in arguments(spec)
              if needed or rng.random() < 0.4 or "{" + name + "}" in path}
    for name in re.findall(r"\{(\w+)\}", path):
        meta, _ = values.pop(name, ("SLUG", False))
        path = path.replace("{" + name + "}", quote(word(rng, name, meta), safe=rng.choice(["", ":"])) or "-")
    if rng.random() < 0.05 and values:
        values.pop(rng.choice(sorted(values)))
    query, body = [], {}
    for name, (meta, repeats) in values.items():
        if method == "GET" or "FILE" in spec or rng.random() < 0.05:
            query.append(f"{name}={quote(word(rng, name, meta))}" if meta else name)
        else:
            body[name] = member(rng, name, meta, repeats)
    for name, choices in (("format", ["json", "csv", "table", "text", "xml", "%ff"]), ("color", ["1", "0"]),
                          ("width", ["20", "21", "33", "60", "80", "200", "1000", "-1", "x"]), ("dry_run", ["1", "0", ""])):
        if rng.random() < 0.3:
            query.append(f"{name}={rng.choice(choices)}")
    if rng.random() < 0.05:
        query.append(rng.choice(["", "&", "=", "%", "nonsense=1", "x" * 3000, *query]))
    raw = SHEET if "FILE" in spec else json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if method == "GET" and rng.random() < 0.95:
        raw = None
    if rng.random() < 0.05:
        method = rng.choice(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"])
    return method, path + ("?" + "&".join(query) if query else ""), headers(rng), broken(rng, raw)


def headers(rng):
    odd = {"Accept": ["*/*", "text/plain", "text/csv;q=0.5, text/*;q=0.9", "text/html", "text/calendar", ";;q=nan", ",, ,", "text/csv;q=1e999"],
           "If-Match": ["*", '"1"', '"2"', "W/\"1\"", "1", '"99999999999999999999"', "\xff"],
           "Idempotency-Key": ["k", "k" * 200, "k" * 201, "\xe9", "1"], "Content-Type": ["text/csv", "application/json", "application/yaml"]}
    return {name: rng.choice(values) for name, values in odd.items() if rng.random() < 0.15}


def broken(rng, raw):
    """The body, sometimes with bytes changed, cut or doubled."""
    if raw is None or rng.random() < 0.85:
        return raw
    raw = bytearray(raw)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(raw) + 1)
        choice = rng.randrange(3)
        if choice == 0:
            raw[at:at] = rng.choice([b"\0", b"\xff", b"{", b"[" * 3000, b'"', b"\\u0000", b"1" * 30, raw[:at]])
        else:
            del raw[at:at + (1 if choice == 1 else rng.randint(1, 30))]
    return bytes(raw)


# Our own fault is no answer to anything that can be asked; journal verify may say it of a broken chain, here it is whole.
OURS = {500, 501, 502, 507}


def fault(csid, method, target, answer, seconds, wrote, slow_s):
    """What is wrong with an answer, or None."""
    kind = answer.headers.get("content-type", "")
    if answer.status in OURS:
        return "our own fault"
    if answer.status >= 400 and method != "HEAD" and kind != "application/problem+json":
        return "no problem+json"
    if wrote and (method in ("GET", "HEAD") or "dry_run=1" in target or answer.status >= 400):
        return "it wrote"
    if seconds > slow_s and not re.search("import|clock", target):
        return f"it held up the loop for {seconds:.2f} s"
    if method == "HEAD":
        return None
    text = answer.body.decode()
    if "json" in kind:
        got = json.loads(text)
        if answer.status >= 400 and not (got.get("detail") and got.get("title")):
            return "a problem without its reason"
    if "plain" in kind and re.search("[\0-\b\v-\x1a\x1c-\x1f\x7f-\x9f]", re.sub("\x1b\\[[0-9;]*m", "", text)):
        return "control characters"
    link = re.match(r"<([^>]*)>", answer.headers.get("link", ""))
    if link and csid.get(link[1]).status != 200:
        return "the next page is not there: " + link[1]
    return None


def prepared(folder):
    csid = harness.Csid(folder).start()
    csid.notify.close()  # nobody reads it here, and a full one would hold csid up
    csid.import_plan()
    for words in (("role", "assign", "improvement-board-chair", "--name", "I", "--email", "chair@x.example"),
                  ("deadline", "add", "A report", "--due", "2017-10-01", "--every", "3m", "--role", "director")):
        csid.ctl(*words)
    add_all(csid)
    return csid


def written(csid):
    """How far the journal is with what we did; csid itself may write at any time."""
    return csid.sql("SELECT max(seq) FROM journal WHERE who = ?", harness.me())


def throw(csid, rng, seconds, slow_s, last):
    ends, seen = time.monotonic() + seconds, Counter()
    while time.monotonic() < ends:
        request = make(rng)
        last.append(request)
        method, target, head, body = request
        if "clock" in target and rng.random() < 0.97:  # a clock centuries ahead leaves nothing to ask
            continue
        before = written(csid)
        began = time.monotonic()
        try:
            answer = csid.request(method, target, body, head)
        except UnicodeEncodeError:  # http.client's own refusal
            continue
        took = time.monotonic() - began
        found = fault(csid, method, target, answer, took, written(csid) != before, slow_s)
        if found:
            print(f"{found}: {method} {target} {head} {body}\n-> {answer.status} {answer.headers}\n{answer.body[:2000]}")
            return seen, 1
        seen[answer.status] += 1
    return seen, 0


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=random.randrange(10**6))
    options.add_argument("--slow", type=float, default=1.0, help="seconds that one request may hold up the loop")
    o = options.parse_args()
    folder, last = harness.scratch(), deque(maxlen=5)
    csid = prepared(folder)
    try:
        seen, status = throw(csid, random.Random(o.seed), o.seconds, o.slow, last)
        csid.stop()
    except Exception as e:
        print(f"{type(e).__name__}: {e}\nlast:", *last, sep="\n")
        print(csid.stderr[-5000:])
        seen, status = {}, 1
    finally:
        if csid.running:
            csid.kill()
    print(f"seed {o.seed}: {sum(seen.values())} requests, by status {dict(sorted(seen.items()))}")
    harness.remove(folder)
    return status


if __name__ == "__main__":
    sys.exit(main())
