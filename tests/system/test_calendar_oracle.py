"""The calendar against others who know: Python's zoneinfo, systemd's calendar, and the rules of
schedules and working days written once more, minute by minute and day by day. What they are asked
is drawn from CSID_SEED, which a failure prints. CSID_LONG (make check-long) draws anew, and asks about every
zone of tzdata where otherwise a few are drawn."""

import calendar
import csv
import datetime
import itertools
import os
import random
import subprocess
import zoneinfo
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROBE = Path(os.environ.get("CSID_BUILD", TOP / "build")) / "tests/tools/calendar_probe"
SEED = int(os.environ["CSID_SEED"])
LONG = bool(os.environ.get("CSID_LONG"))
UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
DAY = 86400
ZONES = ["Europe/London", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia",
         "America/St_Johns", "Africa/Casablanca", "America/Nuuk", "Asia/Gaza", "Antarctica/Troll",
         "Pacific/Chatham", "America/Havana", "Asia/Tehran", "America/Asuncion", "Pacific/Kwajalein",
         "Asia/Kathmandu", "UTC"]


@pytest.fixture
def dice(request):
    print(f"CSID_SEED={SEED}")
    return random.Random(f"{SEED}{request.node.name}")


def ask(*questions):
    """The answers, each a list of words."""
    text = "".join("\t".join(map(str, q)) + "\n" for q in questions)
    done = subprocess.run([PROBE], input=text, capture_output=True, text=True, check=True)
    answers = [line.split() for line in done.stdout.splitlines()]
    assert len(answers) == len(questions)
    return answers


def seconds(*when):
    return int((datetime.datetime(*when) - EPOCH).total_seconds())


def offset(zone, t):
    moment = (EPOCH + datetime.timedelta(seconds=t)).replace(tzinfo=UTC)
    return int(moment.astimezone(zone).utcoffset().total_seconds())


# ---- zones ----

def check_offsets(names, start, step, count):
    for name, words in zip(names, ask(*(("offsets", n, start, step, count) for n in names))):
        zone = zoneinfo.ZoneInfo(name)
        for i, word in enumerate(words):
            assert int(word) == offset(zone, start + i * step), (name, start + i * step)
        assert len(words) == count


def test_offsets_over_two_centuries(dice):
    step = 11 * DAY + dice.randrange(DAY)
    check_offsets(ZONES, seconds(1900, 1, 1) + dice.randrange(step), step, 230 * 365 * DAY // step)


def test_offsets_far_beyond_the_table(dice):
    check_offsets(ZONES, seconds(dice.randrange(2150, 9000), 1, 1), 7 * 3600 + dice.randrange(60), 1500)


def test_offsets_of_every_zone(dice):
    names = sorted(line.split("\t")[2].strip() for line in open("/usr/share/zoneinfo/zone.tab")
                   if not line.startswith("#"))
    assert len(names) > 300
    check_offsets(names, seconds(1950, 1, 1) + dice.randrange(DAY), 97 * DAY + dice.randrange(DAY), 560)


def change_list(name, start, end):
    words, = ask(("changes", name, start, 1000))
    return [int(w) for w in words if int(w) < end]


@pytest.mark.parametrize("name", ZONES)
def test_changes(name, dice):
    """At each the offset changes, to the second, and between them it never does."""
    year = dice.randrange(2000, 2060)
    start, end = seconds(year, 1, 1), seconds(year + 2, 1, 1)
    zone, changes = zoneinfo.ZoneInfo(name), []
    for t in range(start + 1800, end, 1800):
        if offset(zone, t - 1800) != offset(zone, t):
            changes.append(next(s for s in range(t - 1799, t + 1)
                                if offset(zone, s) != offset(zone, s - 1)))
    assert change_list(name, start, end) == changes


def offsets_near(zone, wall):
    return {offset(zone, wall + m * 60) for m in range(-1800, 1801, 100)}


def wall_by_search(zone, wall, near):
    """(fit, first, second) of a reading, from nothing but the offsets in force around it."""
    shown = sorted(wall - o for o in near if offset(zone, wall - o) == o)
    if shown:
        return (0 if len(shown) == 1 else 2), shown[0], shown[-1]
    low, high = wall - max(near) - 1, wall - min(near) + 1
    while low < high:
        middle = (low + high) // 2
        if middle + offset(zone, middle) > wall:
            high = middle
        else:
            low = middle + 1
    return 1, low, low


def test_gaps_and_folds(dice):
    """Readings around changes of many years, those of the footer's too."""
    questions, zones = [], []
    for name in ZONES[:-1]:
        changes = change_list(name, seconds(1965, 1, 1), seconds(2150, 1, 1))
        if name == "Pacific/Apia":
            changes.append(seconds(2011, 12, 30, 10))
        for change in dice.sample(changes, min(len(changes), 12)):
            wall = change + offset(zoneinfo.ZoneInfo(name), change) - 3 * 3600
            questions.append(("walls", name, wall // DAY, wall % DAY, 600 + dice.randrange(60), 36))
            zones.append(zoneinfo.ZoneInfo(name))
    seen = set()
    for (_, name, day, second, step, _), zone, words in zip(questions, zones, ask(*questions)):
        for i, word in enumerate(words):
            wall = day * DAY + second + i * step
            expected = wall_by_search(zone, wall, offsets_near(zone, wall))
            assert tuple(map(int, word.split(":"))) == expected, (name, wall)
            seen.add(expected[0])
    assert seen == {0, 1, 2}


# ---- cron ----

FIELDS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 6)}
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
WEEKDAYS = "sun mon tue wed thu fri sat".split()


def draw_part(dice, name):
    """The text of one part of a list and the values it stands for."""
    low, high = FIELDS[name]
    kind = dice.choice(["value", "value", "name", "range", "range/", "value/", "*/"])
    a, b = sorted((dice.randint(low, high), dice.randint(low, high)))
    step = dice.randint(1, max(1, (high - low) // 2))
    names = {"month": dict(enumerate(MONTHS, 1)), "weekday": dict(enumerate(WEEKDAYS))}.get(name)
    if kind == "name" and names:
        return dice.choice([str.upper, str.title, str.lower])(names[a]), {a}
    first, last = {"range": (a, b), "range/": (a, b), "value/": (a, high), "*/": (low, high)}.get(kind, (a, a))
    if not kind.endswith("/"):
        return (f"{a}-{b}" if kind == "range" else f"{a}"), set(range(first, last + 1))
    values = set(range(first, last + 1, step))
    if len(values) < 2:
        return f"{a}", {a}
    return {"range/": f"{a}-{b}", "value/": f"{a}", "*/": "*"}[kind] + f"/{step}", values


def last_of_month(day):
    return calendar.monthrange(day.year, day.month)[1]


def draw_special(dice, name):
    """A part that no list of values can stand for, and which days it names: L, MON#2, MON#L."""
    if name == "day":
        return dice.choice("Ll"), lambda d: d.day == last_of_month(d)
    weekday, week = dice.randrange(8), dice.choice("12345Ll")
    text = f"{dice.choice([str(weekday), (WEEKDAYS + ['sun'])[weekday].upper()])}#{week}"

    def names(d):
        nth = d.day + 7 > last_of_month(d) if week in "Ll" else (d.day - 1) // 7 + 1 == int(week)
        return d.isoweekday() % 7 == weekday % 7 and nth
    return text, names


class Cron:
    """A drawn expression: its text, dom_dow, the values by field, and whether it follows real time."""

    def __init__(self, dice, special=False, minutes=None):
        texts, self.values, self.special = {}, {}, {"day": [], "weekday": []}
        self.dom_dow = dice.choice(["and", "or"]) if special and dice.random() < 0.4 else ""
        free = "" if self.dom_dow else dice.choice(["day", "weekday"])
        for name, (low, high) in FIELDS.items():
            if name == free or dice.random() < {"minute": 0.1, "hour": 0.4, "month": 0.7}.get(name, 0.5):
                texts[name], self.values[name] = "*", set(range(low, high + 1))
                continue
            parts = [draw_part(dice, name) for _ in range(dice.choice([1, 1, 2, 3]))]
            if special and name in self.special and dice.random() < 0.6:
                parts = parts[:dice.randrange(2)]
                drawn = [draw_special(dice, name) for _ in range(dice.choice([1, 1, 2]))]
                self.special[name] = [names for _, names in drawn]
                parts += [(text, set()) for text, _ in drawn]
            texts[name] = ",".join(t for t, _ in parts)
            self.values[name] = set().union(*(v for _, v in parts))
        if minutes:
            texts["minute"], self.values["minute"] = dice.choice(minutes)
        self.text = " ".join(texts.values())
        self.real = texts["minute"][0] == "*" or texts["hour"][0] == "*"

    def is_restricted(self, name):
        low, high = FIELDS[name]
        return self.values[name] != set(range(low, high + 1))

    def on_day(self, day):
        of_month = day.day in self.values["day"] or any(n(day) for n in self.special["day"])
        of_week = day.isoweekday() % 7 in self.values["weekday"] or any(n(day) for n in self.special["weekday"])
        either = self.dom_dow == "or" and self.is_restricted("day") and self.is_restricted("weekday")
        return day.month in self.values["month"] and (of_month or of_week if either else of_month and of_week)

    def matches(self, wall):
        return (wall.minute in self.values["minute"] and wall.hour in self.values["hour"]
                and self.on_day(wall.date()))


class Window:
    """Some days of a zone, minute by minute: what every clock shows, and when it shows what."""

    def __init__(self, name, start, end):
        self.name, self.start, self.end = name, start, end
        zone = zoneinfo.ZoneInfo(name)
        self.real = []      # (instant, wall, fold, reason)
        self.civil = []     # (instant, nominal, reason)
        for t in range(start - start % 60, end, 60):
            local = (EPOCH + datetime.timedelta(seconds=t)).replace(tzinfo=UTC).astimezone(zone)
            wall = local.replace(tzinfo=None, fold=0)
            other = local.replace(fold=1 - local.fold).utcoffset()
            twice = other != local.utcoffset()
            if t >= start:
                self.real.append((t, wall, local.fold, 2 if twice else 0))
        near = {offset(zone, t) for t in range(start - 3 * DAY // 2, end + 3 * DAY // 2, 600)}
        for wall in range(start - start % 60 - 3 * DAY // 2, end + 3 * DAY // 2, 60):
            fit, first, _ = wall_by_search(zone, wall, near)
            if start <= first < end:
                self.civil.append((first, EPOCH + datetime.timedelta(seconds=wall), fit))
        self.civil.sort()

    def times(self, cron):
        if cron.real:
            return [x for x in self.real if cron.matches(x[1])]
        return [(t, wall, 0, reason) for t, wall, reason in self.civil if cron.matches(wall)]

    def has_day_of(self, cron):
        return any(cron.on_day(wall.date()) for _, wall, _, _ in self.real[::720])


def spoken(times):
    return [f"{t}:{(wall - EPOCH).days}:{(wall - EPOCH).seconds}:{fold}:{reason}"
            for t, wall, fold, reason in times]


@pytest.mark.parametrize("name, change", [
    ("Europe/London", (2026, 3, 29)), ("Europe/London", (2026, 10, 25)),
    ("Europe/London", (2095, 3, 27)), ("Australia/Lord_Howe", (2026, 4, 5)),
    ("Australia/Lord_Howe", (2026, 10, 4)), ("Pacific/Apia", (2011, 12, 30)),
    ("Africa/Cairo", (2026, 4, 24)), ("America/St_Johns", (2006, 10, 29))])
def test_cron_at_a_change(name, change, dice):
    start = seconds(*change) - 30 * 3600 + dice.randrange(3600)
    window = Window(name, start, start + 5 * DAY // 2)
    drawn = [Cron(dice, special=True) for _ in range(60)]
    drawn += [c for c in (Cron(dice, special=True) for _ in range(400)) if window.has_day_of(c)][:60]
    expected = [spoken(window.times(c)) for c in drawn]
    assert sum(map(bool, expected)) > 20
    answers = ask(*(("cron", name, start, len(times) + 1, c.dom_dow, c.text)
                    for c, times in zip(drawn, expected)))
    for c, times, words in zip(drawn, expected, answers):
        if words[:1] == ["error:"]:
            assert "never fire" in " ".join(words), c.text
            assert not times
            continue
        assert words[:len(times)] == times, (c.text, c.dom_dow)
        assert all(int(word.split(":")[0]) >= window.end for word in words[len(times):]), c.text


def on_calendar(values):
    """The same times in systemd's words."""
    def listed(name):
        return ",".join(f"{v:02}" for v in sorted(values[name]))
    days = ",".join(WEEKDAYS[v].title() for v in sorted(values["weekday"]))
    return f"{days} *-{listed('month')}-{listed('day')} {listed('hour')}:{listed('minute')}:00 UTC"


def test_cron_as_systemd_reads_it(dice):
    drawn = [Cron(dice) for _ in range(40)]
    start, count = seconds(dice.randrange(1990, 2090), dice.randint(1, 12), 28, 13, 7), 12
    base = (EPOCH + datetime.timedelta(seconds=start - 1)).strftime("%Y-%m-%d %H:%M:%S UTC")
    answers = ask(*(("cron", "UTC", start, count, "", c.text) for c in drawn))
    for c, words in zip(drawn, answers):
        done = subprocess.run(["systemd-analyze", "calendar", f"--base-time={base}", f"--iterations={count}",
                               on_calendar(c.values)], env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
                              capture_output=True, text=True, check=True)
        times = [line.rsplit(": ", 1)[1] for line in done.stdout.splitlines()
                 if line.strip().startswith(("Next elapse:", "Iter. #"))]
        times = [str(seconds(*map(int, t.replace("-", " ").replace(":", " ").split()[1:7])))
                 for t in times if t != "never"]
        assert times or words[:1] == ["error:"], c.text
        if words[:1] != ["error:"]:
            assert [w.split(":")[0] for w in words] == times, c.text


# ---- forty years of every zone ----

FROM, YEARS = datetime.datetime(2026, 1, 1), 40
QUARTERS = [("0", {0}), ("*/15", {0, 15, 30, 45}), ("*/30", {0, 30}), ("15,45", {15, 45}), ("30", {30})]
PECULIAR = ["Europe/London", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"]


def every_zone():
    """The zones of tzdata; of those that are one file under several names, the first."""
    files = {}
    for name in sorted(zoneinfo.available_timezones() - {"localtime"}):
        path = Path("/usr/share/zoneinfo") / name
        if path.is_file():
            files.setdefault(path.read_bytes(), name)
    return sorted(files.values())


def some_zones():
    return sorted({*every_zone(), *PECULIAR}) if LONG else PECULIAR + random.Random(SEED).sample(every_zone(), 2)


def stretches(zone, start, end):
    """(from, until, offset) of constant offset: a change is looked for in every quarter of an hour (in check:
    of a day)."""
    def offset_at(t):
        return datetime.datetime.fromtimestamp(t, zone).utcoffset()

    found, since, step, before = [], start, 900 if LONG else 21600, offset_at(start)
    for t in itertools.chain(range(start + step, end, step), [end]):
        now = offset_at(t)
        if t == end or now != before:
            change = t if t == end else next(s for s in range(t - step + 1, t + 1) if offset_at(s) != before)
            found.append((since, change, int(before.total_seconds())))
            since, before = change, now
    return found


def civil_instants(parts, wall):
    """Of a reading: how it fits and when it fires, from the stretches around it."""
    shown = [wall - o for since, until, o in parts if since <= wall - o < until]
    if shown:
        return (0 if len(shown) == 1 else 2), shown[0]
    return 1, next(since for since, _, o in parts if wall - o < since)


def civil_by_days(cron, parts, start, end):
    times, at_part = [], 0
    for n in range((end - start) // DAY + 4):
        midnight = start - start % DAY + (n - 2) * DAY
        if not cron.on_day((EPOCH + datetime.timedelta(seconds=midnight)).date()):
            continue
        while parts[at_part][1] < midnight - 2 * DAY:
            at_part += 1
        near = parts[at_part:at_part + 4]
        for minute in (60 * h + m for h in cron.values["hour"] for m in cron.values["minute"]):
            wall = midnight + minute * 60
            fit, at = civil_instants(near, wall)
            times.append((at, EPOCH + datetime.timedelta(seconds=wall), 0, fit))
    return sorted(t for t in times if start <= t[0] < end)


def real_by_minutes(cron, parts, start, end):
    """Every quarter of an hour that a clock of the zone shows, stretch by stretch."""
    times, days = [], {}
    for i, (since, until, o) in enumerate(parts):
        first, near = since + o + -(since + o) % 900, parts[max(i - 2, 0):i + 3]
        for wall in range(first, until + o, 900):
            minute = wall % DAY // 60
            if minute // 60 not in cron.values["hour"] or minute % 60 not in cron.values["minute"]:
                continue
            day = wall // DAY
            if day not in days:
                days[day] = cron.on_day((EPOCH + datetime.timedelta(days=day)).date())
            if days[day]:
                shown = [t for a, b, p in near if a <= (t := wall - p) < b]
                times.append((wall - o, EPOCH + datetime.timedelta(seconds=wall), int(shown[0] != wall - o),
                              2 if len(shown) > 1 else 0))
    return [t for t in times if start <= t[0] < end]


def some_years(dice, start, end, years=8):
    """Some of the forty: every quarter of an hour of all of them takes Python half a minute."""
    since = start + dice.randrange((end - start) // DAY - years * 366) * DAY
    return since, since + years * 366 * DAY


@pytest.mark.parametrize("name", some_zones())
def test_forty_years(name, dice):
    zone, start = zoneinfo.ZoneInfo(name), seconds(*FROM.timetuple()[:3])
    end = seconds(FROM.year + YEARS, 1, 1)
    parts = stretches(zone, start - 3 * DAY, end + 3 * DAY)
    assert change_list(name, start, end) == [since for since, _, _ in parts if start < since < end]
    drawn = [Cron(dice, special=True) for _ in range(12)]
    drawn = [c for c in drawn if not c.real][:4 if LONG else 2]
    drawn += [c for c in (Cron(dice, special=True, minutes=QUARTERS) for _ in range(12)) if c.real][:2 if LONG else 1]
    for c in drawn:
        since, until = (start, end) if LONG or not c.real else some_years(dice, start, end)
        near = [p for p in parts if p[0] < until + 3 * DAY and p[1] > since - 3 * DAY]
        expected = (real_by_minutes if c.real else civil_by_days)(c, near, since, until)
        answer, = ask(("cron", name, since, max(len(expected), 1), c.dom_dow, c.text))
        if answer[:1] == ["error:"]:
            assert not expected and "never fire" in " ".join(answer), c.text
            continue
        answer = [word for word in answer if int(word.split(":")[0]) < until]
        assert answer == spoken(expected), (c.text, c.dom_dow)


@pytest.mark.parametrize("name", some_zones())
def test_the_night_of_every_change(name, dice):
    """Hour by hour expressions of the small hours, at each change of forty years (in check: of some)."""
    start = seconds(*FROM.timetuple()[:3])
    changes = change_list(name, start, seconds(FROM.year + YEARS, 1, 1))
    for change in changes if LONG else dice.sample(changes, min(len(changes), 2)):
        window = Window(name, change - 3 * 3600, change + 3 * 3600)
        around = sorted({wall.hour for _, wall, _, _ in window.real})
        for text in ("0,30 {} * * *", "*/15 {} * * *", "30 */2 * * *", "{} * * * *"):
            c = Cron(dice)
            c.text = text.format(dice.choice(around))
            minute, hour = c.text.split()[:2]
            c.values = {n: set(range(low, high + 1)) for n, (low, high) in FIELDS.items()}
            c.values["minute"] = {0, 15, 30, 45} if minute == "*/15" else set(map(int, minute.split(",")))
            c.values["hour"] = (set(range(0, 24, 2)) if hour == "*/2" else
                                set(range(24)) if hour == "*" else {int(hour)})
            c.special, c.dom_dow, c.real = {"day": [], "weekday": []}, "", "*" in (minute[0], hour[0])
            times = spoken(window.times(c))
            answer, = ask(("cron", name, window.start, len(times) + 1, "", c.text))
            assert answer[:len(times)] == times, c.text
            assert all(int(w.split(":")[0]) >= window.end for w in answer[len(times):]), c.text


# ---- working days ----

DIVISIONS = ("england-and-wales", "scotland", "northern-ireland")


def easter(year):
    """Sunday after the full moon of the ecclesiastical calendar, as Knuth tells it (TAOCP 1.3.2)."""
    golden, century = year % 19 + 1, year // 100 + 1
    sunday = 5 * year // 4 - (3 * century // 4 - 12) - 10
    epact = (11 * golden + 20 + (8 * century + 5) // 25 - 5 - (3 * century // 4 - 12)) % 30
    epact += epact == 24 or (epact == 25 and golden > 11)
    moon = 44 - epact if epact <= 23 else 74 - epact
    moon += 7 - (sunday + moon) % 7
    return datetime.date(year, 3, 1) + datetime.timedelta(days=moon - 1)


def holidays_by_rule(division, year):
    date, days = datetime.date, set()
    fixed = {"england-and-wales": [(1, 1), (12, 25), (12, 26)],
             "scotland": [(1, 1), (1, 2), (11, 30), (12, 25), (12, 26)],
             "northern-ireland": [(1, 1), (3, 17), (7, 12), (12, 25), (12, 26)]}[division]
    for month, day in fixed:    # each takes the next day that is free
        d = date(year, month, day)
        while d.weekday() > 4 or d in days:
            d += datetime.timedelta(days=1)
        days.add(d)
    days.add(easter(year) - datetime.timedelta(days=2))
    if division != "scotland":
        days.add(easter(year) + datetime.timedelta(days=1))
    mondays = [d for m in (5, 8) for n in range(1, 32) if (d := date(year, m, n)).weekday() == 0]
    may, august = ([d for d in mondays if d.month == m] for m in (5, 8))
    return days | {may[0], may[-1], august[0] if division == "scotland" else august[-1]}


def test_easter_is_easter():
    assert [easter(y).isoformat() for y in (2017, 2018, 2025, 2285)] == [
        "2017-04-16", "2018-04-01", "2025-04-20", "2285-03-22"]


@pytest.mark.parametrize("division", DIVISIONS)
def test_working_days(division, dice):
    with open(TOP / "etc/bank-holidays.csv", encoding="utf-8") as file:
        listed = {datetime.date.fromisoformat(row[1]) for row in csv.reader(file) if row[0] == division}
    years = {d.year for d in listed}
    assert years == set(range(2011, 2029))
    closed = {d for y in range(1995, 2075) if y not in years for d in holidays_by_rule(division, y)} | listed

    def works(d):
        return d.weekday() < 5 and d not in closed

    def walk(d, n, step):
        while n:
            d += datetime.timedelta(days=step)
            n -= works(d)
        return d

    origin = datetime.date(1970, 1, 1)
    cases = [(datetime.date(2000, 1, 1) + datetime.timedelta(days=dice.randrange(70 * 365)),
              dice.randint(-150, 150)) for _ in range(1500)]
    answers = ask(*(("workday", division, (d - origin).days, n) for d, n in cases))
    for (d, n), (word,) in zip(cases, answers):
        added, clear = (origin + datetime.timedelta(days=int(w)) for w in word.split(":"))
        assert added == walk(d, abs(n), 1 if n > 0 else -1), (d, n)
        step = 1 if n < 0 else -1
        assert clear == walk(d, abs(n), step) + datetime.timedelta(days=step), (d, n)
