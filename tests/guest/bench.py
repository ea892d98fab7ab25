#!/usr/bin/env python3
"""What recording costs a guest: the same guest on QEMU's device and recorded, in turns.

Usage: bench.py [PAIRS]: 7 pairs unless given. Prints one row per pair and the medians; a ratio above
1 is the recorded guest's cost. Called by `make bench-guest`.

boot   seconds from QEMU's start until the console's first page stands
flips  pictures of 1024x768 a second that modetest moves, as it counts them itself
"""

import re
import statistics
import sys
import time

import plan
from guest import end
from scene import Scene

FLIP_SECONDS = 4


def measure(scene, recorder, log):
    start = time.monotonic()
    guest = scene.booted(recorder, log=log)
    guest.run("text console")
    boot = time.monotonic() - start
    guest.run(f"show -v {plan.mode('1024x768')}")
    time.sleep(FLIP_SECONDS)
    rates = [float(found[1]) for line in guest.run("hide")
             if (found := re.fullmatch(r"freq: ([0-9.]+)Hz", line))]
    guest.power_off()
    guest.close()
    return boot, statistics.median(rates)


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rows = []
    print("pair    boot QEMU    recorded  ratio   flips QEMU    recorded  ratio")
    with Scene("bench") as scene:
        for pair in range(pairs):
            sides = {}
            for recorded in (False, True) if pair % 2 == 0 else (True, False):
                recorder = scene.recorder("--once") if recorded else None
                sides[recorded] = measure(scene, recorder, f"{pair}-{recorded}.log")
                if recorder:
                    end(recorder.process, 60)
            boot, flips = zip(sides[False], sides[True])
            rows.append((*boot, boot[1] / boot[0], *flips, flips[0] / flips[1]))
            show(pair + 1, rows[-1])
    show("median", [statistics.median(column) for column in zip(*rows)])


def show(label, row):
    print("{:<7} {:7.2f} s   {:7.2f} s  {:5.3f}   {:8.0f}/s  {:8.0f}/s  {:5.3f}".format(label, *row),
          flush=True)


if __name__ == "__main__":
    sys.exit(main())
