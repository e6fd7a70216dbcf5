"""Thirty days on a fake clock, with 200 kills: every alert accounted for, none lost, and nobody flooded.

Real: the SQLite file, the store, `pipeline.advance`, the dispatcher, and kill -9 of the process that runs
them. Made up: the clock, 400 feeds and their news, 60 indicators over 8 judgements, 9 receivers, and the
service behind them, which keeps its own record outside the process. In the 30 days there are three crises,
two outages of sources, six hours without Slack (in a crisis), a weekend of silence over one judgement, nine
hours in which iwmon does not run, acknowledgements and rejections by people, answers that never come, and
the night in which the clocks go back. The night in which they go forward is five months away, so it is in a
second stretch, of 5 days, with a crisis, 35 kills and all the rest.

A third of the kills meet a message that has arrived and has not been answered; the others fall anywhere.
Where exactly is left to chance, so the figures differ a little from run to run; the laws must hold in each.
They are checked from the outside: the service's record against the ledger and against a replay of the
recorded steps. The baseline is the same alerts sent one by one, at once, to whoever is routed to.

Exits with 1 if a target is missed.

    python benchmarks/thirty_days.py [--quick]

--quick: 3 days with one such night, 20 kills and three crises.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

import structlog

from simulation import accounts, running, world

SHOWN = 5  # faults of one figure


def played(plan: world.Plan) -> tuple[list[accounts.Figure], float]:
    """The table of a plan, and the seconds that it took."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run = running.Run(plan, world.configured(), Path(folder))
        running.simulate(run)
        return accounts.figures(accounts.closed(run)), time.perf_counter() - began


def show(plan: world.Plan, figures: list[accounts.Figure], seconds: float) -> bool:
    """Print a table; whether all its targets are met."""
    print(f"{plan.name}: {world.FEEDS} feeds, {world.INDICATORS} indicators, {seconds:.0f} s")
    good = True
    for one in figures:
        print(f"  {one.name}: {one.value}")
        if one.faults is None:
            continue
        print(f"    target: {one.target}: {'MISSED' if one.faults else 'met'}")
        for fault in one.faults[:SHOWN]:
            print(f"      {fault}")
        if len(one.faults) > SHOWN:
            print(f"      and {len(one.faults) - SHOWN} more")
        good = good and not one.faults
    return good


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="3 days and 20 kills")
    plans = [world.THREE] if parser.parse_args().quick else [world.THIRTY, world.MARCH]
    with multiprocessing.get_context("spawn").Pool(len(plans)) as pool:
        found = pool.imap(played, plans)
        good = [show(plan, *result) for plan, result in zip(plans, found, strict=True)]
    return 0 if all(good) else 3


if __name__ == "__main__":
    sys.exit(main())
