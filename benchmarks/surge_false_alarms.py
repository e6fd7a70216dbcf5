"""False alarms of the surge test and of its rivals when nothing changes, and what they catch.

    python benchmarks/surge_false_alarms.py [--quick]

Reproduces the simulation of method.md §2. An indicator's daily stories are negative-binomial with a
variance of twice the mean (φ = 2), and follow the weekdays as the HealthMap study found the news to do
(Saturday −58 %, Sunday −66 %, Monday −15 %). All items of its sources follow the same weekdays, with a
scatter of 10 % of their own. Nothing else ever changes, so that every alarm is false. A day with an
alarm is one alarm.

EARS C1 and C2 are those of R's surveillance::earsC: more than mean + z(.999) · max(sd, minSigma) of 7
days, which end yesterday (C1) or three days ago (C2). The EMM ratio is a count of more than twice the
mean of the last 14 days, and at least 2. "Watch" and "warning" are the levels of iwmon.surge.judge
(p < .01 and p < .001, with their other conditions; each story is from a group of its own), asked at the
end of the day. "p only" is its probability without the other conditions. "Or intraday" counts a day
also if its running count reaches watch, measured by the weekday's usual volume, at any poll.

Then each is given a step to three times the mean, which begins on a random weekday, and three days to
catch it. ± is one standard error. "*" marks what differs from method.md by more than 3 of them and half
a unit of its last digit. method.md's own simulation has noise too: tests without any freedom, such as C2
and the EMM ratio, differ from it by up to 4 points of per cent and a tenth.

What differs for a reason: at 30 a day, watch takes twice the usual and warning three times, which is
rarer than p < .01 and p < .001. Elsewhere the rate is above α · 30 = 0.3 because dispersion is estimated
from 28 days, and because (Σy + .5) / (ΣN + 1) and the capping of past counts make the usual a little too
small: by 1/29 for what is frequent.

Exits with 1 if our watch gives more than 0.5 false alarms an indicator in 30 days at any mean.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iwmon import surge
from iwmon.model import Level
from iwmon.surge import Day

MEANS = (0.2, 1, 3, 10, 30)  # stories a day
DISPERSION = 2.0
SHAPE = (0.85, 1, 1, 1, 1, 0.42, 0.34)  # Monday to Sunday
ITEMS, SCATTER = 2_000, 0.1  # a weekday's volume, and its standard deviation as a share
HISTORY = surge.BASELINE + surge.LAG  # days before the first that is judged
STEP, STEP_DAYS = 3, 3  # times the mean; days to catch it in
MOST = 0.5  # false alarms in 30 days
BATCH = 60  # days that are drawn and judged in one go

# method.md §2: false alarms in 30 days, and the chance to catch the step, by mean
METHOD: dict[str, tuple[float, ...]] = {
    "C1": (2.0, 1.6, 1.2, 0.5, 0.1),
    "C2": (2.1, 1.7, 1.2, 0.6, 0.1),
    "C2 minSigma 1": (0.2, 1.0, 1.2, 0.6, 0.1),
    "EMM ratio": (1.3, 5.5, 4.7, 1.9, 0.2),
    "watch": (0.4, 0.4, 0.3, 0.3, 0.3),
    "warning": (0.08, 0.06, 0.05, 0.00, 0.03),
}
METHOD |= {"p only .01": METHOD["watch"], "p only .001": METHOD["warning"]}  # it does not say which
METHOD_CAUGHT: dict[str, tuple[float, ...]] = {
    "C2": (0.41, 0.57, 0.66, 0.89),
    "EMM ratio": (0.36, 0.88, 0.94, 0.98),
    "watch": (0.19, 0.30, 0.63, 1.00),
    "p only .01": (0.19, 0.30, 0.63, 1.00),
}


# ---------------------------------------------------------------- the news


def negative_binomial(mean: float, dice: random.Random) -> int:
    """A Poisson count whose own mean is gamma-distributed, so that the variance is DISPERSION · mean."""
    limit = math.exp(-dice.gammavariate(mean / (DISPERSION - 1), DISPERSION - 1))
    count, product = 0, dice.random()
    while product > limit:
        count += 1
        product *= dice.random()
    return count


def days_of(mean: float, count: int, dice: random.Random, step_at: int | None = None) -> list[Day]:
    """Days in a row from a random weekday on; from `step_at` on with STEP times the mean."""
    scale, start = mean / statistics.fmean(SHAPE), dice.randrange(7)
    days = []
    for number in range(count):
        weekday = SHAPE[(start + number) % 7]
        times = STEP if step_at is not None and number >= step_at else 1
        volume = max(1, round(ITEMS * weekday * dice.gauss(1, SCATTER)))
        days.append(Day(negative_binomial(scale * weekday * times, dice), volume, covered=True))
    return days


# ---------------------------------------------------------------- the tests

Alarms = dict[str, bool]  # by the name of the test
Z = statistics.NormalDist().inv_cdf(0.999)


def ears(reference: Sequence[Day], today: Day, least_sigma: float) -> bool:
    counts = [day.stories for day in reference]
    return today.stories > statistics.fmean(counts) + Z * max(statistics.stdev(counts), least_sigma)


def emm(reference: Sequence[Day], today: Day) -> bool:
    return today.stories >= 2 and today.stories > 2 * statistics.fmean(day.stories for day in reference)


def alarms(past: Sequence[Day], today: Day) -> Alarms:
    """Which tests call today an alarm. A day without stories is none for any of them."""
    if not today.stories:
        return {}
    judged = surge.judge(past, today, None, today.stories, complete=True)
    running = surge.judge(past, today, None, today.stories)
    return {
        "C1": ears(past[-7:], today, 0),
        "C2": ears(past[-9:-2], today, 0),
        "C2 minSigma 1": ears(past[-9:-2], today, 1),
        "EMM ratio": emm(past[-14:], today),
        "watch": judged.level is not Level.QUIET,
        "warning": judged.level.rank >= Level.WARNING.rank,
        "p only .01": judged.p < 0.01,
        "p only .001": judged.p < 0.001,
        "or intraday": max(judged.level.rank, running.level.rank) > 0,
    }


NAMES = (*METHOD, "or intraday")


# ---------------------------------------------------------------- the measurement


@dataclass(frozen=True)
class Estimate:
    """A mean over independent batches, and its standard error."""

    value: float
    error: float

    @classmethod
    def of(cls, batches: Sequence[float]) -> Estimate:
        return cls(statistics.fmean(batches), statistics.stdev(batches) / math.sqrt(len(batches)))

    def differs(self, figure: float, rounding: float) -> bool:
        return abs(self.value - figure) > 3 * self.error + rounding


def measure(
    draw: Callable[[], list[Alarms]], batches: int, worth: Callable[[list[bool]], float]
) -> dict[str, Estimate]:
    """Each test's estimate: what its alarms on the days of a batch are worth."""
    values: dict[str, list[float]] = {name: [] for name in NAMES}
    for _ in range(batches):
        days = draw()
        for name in NAMES:
            values[name].append(worth([day.get(name, False) for day in days]))
    return {name: Estimate.of(batch) for name, batch in values.items()}


def judged(days: Sequence[Day]) -> list[Alarms]:
    return [alarms(days[at - HISTORY : at], days[at]) for at in range(HISTORY, len(days))]


def false_alarms(mean: float, batches: int, dice: random.Random) -> dict[str, Estimate]:
    """In 30 days, by test."""
    return measure(
        lambda: judged(days_of(mean, HISTORY + BATCH, dice)), batches, lambda days: 30 * sum(days) / len(days)
    )


def caught(mean: float, batches: int, dice: random.Random) -> dict[str, Estimate]:
    """The chance of an alarm on any of the days after the step, by test."""
    return measure(lambda: judged(days_of(mean, HISTORY + STEP_DAYS, dice, HISTORY)), batches, any)


def report(found: Sequence[dict[str, Estimate]], figures: dict[str, tuple[float, ...]], unit: float) -> None:
    """A row a test: ours ± its error, and method.md's figure in brackets. `unit`: 100 for per cent."""
    print(f"  {'mean/day':16}" + "".join(f"{mean:>22}" for mean in MEANS))
    for name in NAMES:
        cells = []
        for number, by_name in enumerate(found):
            one = by_name[name]
            cell = f"{one.value * unit:.2f} ± {one.error * unit:.2f}" if unit == 1 else f"{one.value:.0%}"
            if number < len(figures.get(name, ())):
                figure = figures[name][number]
                fine = 0.005 if unit != 1 or figures[name] is METHOD["warning"] else 0.05
                cell += f" ({figure * unit:g}){'*' if one.differs(figure, fine) else ' '}"
            else:
                cell += " " * 7
            cells.append(f"{cell:>22}")
        print(f"  {name:16}" + "".join(cells))


def main() -> int:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="fewer days")
    quick = arguments.parse_args().quick
    dice = random.Random(20221010)
    start = time.perf_counter()
    batches, steps = (100, 400) if quick else (1_000, 4_000)
    quiet = [false_alarms(mean, batches, dice) for mean in MEANS]
    print(f"false alarms an indicator in 30 days ({batches * BATCH:,} days a mean; method.md in brackets)")
    report(quiet, METHOD, 1)
    print(f"chance to catch a step to {STEP} times within {STEP_DAYS} days ({steps:,} steps a mean)")
    report([caught(mean, steps, dice) for mean in MEANS], METHOD_CAUGHT, 100)
    most = max(by_name["watch"].value for by_name in quiet)
    print(f"target: at most {MOST} false watches in 30 days at any mean (α · 30 = 0.3)")
    print(f"result: {most:.2f}: {'met' if most <= MOST else 'MISSED'} ({time.perf_counter() - start:.0f} s)")
    return 0 if most <= MOST else 3


if __name__ == "__main__":
    sys.exit(main())
