"""The ladder of reminders, worked out anew from its description: on which days a date is spoken of."""
import csv
from datetime import date, timedelta
from pathlib import Path

DAY = timedelta(days=1)
with open(Path(__file__).parents[2] / "etc/bank-holidays.csv", encoding="utf-8") as lines:
    HOLIDAYS = {date.fromisoformat(row[1]) for row in csv.reader(lines) if row and row[0] == "england-and-wales"}


def works(day):
    return day.weekday() < 5 and day not in HOLIDAYS


def on_or_before(day):
    while not works(day):
        day -= DAY
    return day


def on_or_after(day):
    while not works(day):
        day += DAY
    return day


def working_days_after(day, count):
    while count:
        day += DAY
        count -= works(day)
    return day


def steps(due, until, before=(28, 14, 7, 1, 0), after=(1,), every=5, any_day=False):
    """(day, name) of every step of a date up to `until`, in order."""
    if any_day:
        found = [(due - days * DAY, f"T-{days}") for days in before] + [(due + d * DAY, f"T+{d}") for d in after]
        times = range(1, (until - due).days) if every and after else ()
        found += [(due + (after[-1] + n * every) * DAY, f"T+{after[-1]}+{n * every}d") for n in times]
        return [(on, step) for on, step in found if on <= until]
    send_by = on_or_before(due)
    found = [(on_or_before(send_by - days * DAY), f"T-{days}") for days in before]
    found += [(on_or_after(due + days * DAY), f"T+{days}") for days in after]
    day, name, times = found[-1][0], found[-1][1], 0
    while every and after and day <= until:
        day, times = working_days_after(day, every), times + 1
        found.append((day, f"{name}+{times * every}wd"))
    return [(on, step) for on, step in found if on <= until]
