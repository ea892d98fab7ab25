#!/usr/bin/env python3
"""What recording costs a guest: the same guest on QEMU's device and recorded, in turns.

Usage: bench.py [PAIRS]: 7 pairs unless given. Prints one row per pair and the medians; a ratio above
1 is the recorded guest's cost. Called by `make bench-guest`.

boot   seconds from QEMU's start until the console's first page stands
cpu    seconds of processors until then, of QEMU and the recorder together: what a busy machine does
       not change much
flips  pictures of 1024x768 a second that modetest moves, as it counts them itself
"""

import os
import re
import statistics
import sys
import time

import plan
from guest import end
from scene import Scene

FLIP_SECONDS = 4


def processor_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def measure(scene, recorder, log):
    start = time.monotonic()
    guest = scene.booted(recorder, log=log)
    guest.run("text console")
    boot = time.monotonic() - start
    cpu = processor_seconds(guest.process)
    if recorder:
        cpu += processor_seconds(recorder.process)
    guest.run(f"show -v {plan.mode('1024x768')}")
    time.sleep(FLIP_SECONDS)
    rates = [float(found[1]) for line in guest.run("hide")
             if (found := re.fullmatch(r"freq: ([0-9.]+)Hz", line))]
    guest.power_off()
    guest.close()
    return boot, cpu, statistics.median(rates)


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    rows = []
    print("pair      boot: QEMU  recorded  ratio    cpu: QEMU  recorded  ratio"
          "   flips/s: QEMU  recorded  ratio")
    with Scene("bench") as scene:
        for pair in range(pairs):
            sides = {}
            for recorded in (False, True) if pair % 2 == 0 else (True, False):
                recorder = scene.recorder("--once") if recorded else None
                sides[recorded] = measure(scene, recorder, f"{pair}-{recorded}.log")
                if recorder:
                    end(recorder.process, 60)
            boot, cpu, flips = zip(sides[False], sides[True])
            rows.append((*boot, boot[1] / boot[0], *cpu, cpu[1] / cpu[0],
                         *flips, flips[0] / flips[1]))
            show(pair + 1, rows[-1])
    show("median", [statistics.median(column) for column in zip(*rows)])


def show(label, row):
    print("{:<8} {:11.2f} {:9.2f} {:6.3f} {:12.2f} {:9.2f} {:6.3f} {:15.0f} {:9.0f} {:6.3f}"
          .format(label, *row), flush=True)


if __name__ == "__main__":
    sys.exit(main())
