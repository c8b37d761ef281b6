"""A long round: ``PYTHONPATH=tests python -m nasty --cases 100000 --seed 3``."""

from __future__ import annotations

import argparse
import collections
import resource
import time

from nasty.harness import Case, Deck, run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m nasty", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="scripts whose name fits this pattern")
    parser.add_argument("--memory", type=float, default=6.0, help="GB that the process may take")
    parser.add_argument("--simulate", type=float, default=0.0, metavar="MS",
                        help="also simulate what passes the checks, on Brian2")
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--show", type=int, default=60, help="kinds of faults that are shown")
    given = parser.parse_args()
    most = int(given.memory * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    deck = Deck(given.seed, given.only)
    faults: dict[str, list[tuple[int, Case, str]]] = collections.defaultdict(list)
    answers: collections.Counter[str] = collections.Counter()
    began = time.monotonic()
    done = 0
    for number in range(given.first, given.first + given.cases):
        if time.monotonic() - began > given.minutes * 60:
            break
        outcome = run(deck.case(number), given.simulate)
        done += 1
        if outcome.fault:
            faults[f"{outcome.fault} [{outcome.detail[:160]}]"].append(
                (number, outcome.case, outcome.detail))
        else:
            answers[outcome.answered] += 1
    spent = time.monotonic() - began
    for fault, cases in sorted(faults.items(), key=lambda kv: -len(kv[1]))[:given.show]:
        print(f"{len(cases):6} {fault}")
        for number, case, _ in cases[:3]:
            print(f"         {number}: {case}")
    wrong = sum(map(len, faults.values()))
    print(f"{done} cases in {spent:.0f} s, {wrong} faults of {len(faults)} kinds; "
          + ", ".join(f"{n} {a}" for a, n in answers.most_common()))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
