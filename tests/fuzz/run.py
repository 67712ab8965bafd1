"""The long search: so many hostile answers, and a share of messages, presets, stores and connections beside them.

Each batch has a seed of its own, made of `--seed` and its number, so what was not survived is met again by
`--only NAME:NUMBER`. Prints what became of everything, by kind; the exit status is 1 where anything was not survived.
"""

import argparse
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import count, islice, starmap
from os import cpu_count

from hypothesis import HealthCheck, Phase, seed, settings

BATCH = 200
"""Examples from one seed. Hypothesis varies what it has, so many small batches see more than a big one."""

SHARES = {"answers": 1.0, "pushes": 0.1, "presets": 0.1, "stores": 0.05, "connections": 0.004}
"""Things of each kind for one answer."""

ENOUGH = 3
"""Batches that failed after which a kind is not searched any further."""


def main() -> int:
    """Searches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=100_000, help="hostile answers to make")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other ones")
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1, help="processes")
    parser.add_argument("--only", metavar="NAME[:NUMBER]", default="", help="one kind, or one batch of it")
    options = parser.parse_args()
    kind, _, number = options.only.partition(":")
    if number:
        seen, failure = batch(kind, options.seed, int(number))
        print(failure or seen)
        return 1 if failure else 0
    kinds = [kind] if kind else list(SHARES)
    wanted = {each: max(1, round(options.answers * SHARES[each])) for each in kinds}
    return max([_search(each, wanted[each], options.seed, options.jobs) for each in kinds])


def batch(kind: str, root: int, number: int, examples: int = BATCH) -> tuple[Counter[str], str]:
    """What became of the things in one batch, and what was not survived (nothing: an empty text)."""
    from tests.fuzz import properties

    properties.SEEN.clear()
    look = settings(
        max_examples=examples,
        deadline=None,
        derandomize=False,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        seed(root * 1_000_003 + number)(look(properties.search(kind)))()
    except Exception as found:  # whatever it is, it is what we look for
        return Counter(), "".join(traceback.format_exception(found, limit=-4))
    return Counter(properties.SEEN), ""


def _search(kind: str, wanted: int, root: int, jobs: int) -> int:
    begun = time.monotonic()
    seen: Counter[str] = Counter()
    failed = 0
    with ProcessPoolExecutor(jobs) as pool:
        numbers = count()
        while seen.total() < wanted and failed < ENOUGH:
            works = {number: pool.submit(batch, kind, root, number) for number in islice(numbers, 4 * jobs)}
            for number, work in works.items():
                found, failure = work.result()
                seen.update(found)
                if failure:
                    failed += 1
                    print(f"{failure}\n   again with: --seed {root} --only {kind}:{number}\n", flush=True)
    print(f"{kind}: {seen.total()} in {time.monotonic() - begun:.0f} s, {failed or 'none'} not survived", flush=True)
    print("   " + ", ".join(starmap("{} {}".format, seen.most_common())), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
