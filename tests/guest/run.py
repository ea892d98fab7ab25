#!/usr/bin/env python3
"""Records a real guest and holds the recording against what QEMU itself shows of it.

Usage: run.py [WORD]: all tests, or those with the word in their names. Called by `make test-guest`;
docs/guest-tests.md says what is compared. Exit status: 0, or 1 if something failed.
"""

import os
import signal
import sys
import time
import traceback

import pictures
import plan
from guest import GuestError, end
from scene import TRACE, Scene


class Results:
    """One line per check, and the counts."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, problem):
        """A check holds if there is no problem with it: None or an empty text."""
        if problem:
            self.failed += 1
            print(f"FAILED  {name}: {problem}", flush=True)
        else:
            self.passed += 1
            print(f"ok      {name}", flush=True)

    def equal(self, name, expected, got):
        self.check(name, None if expected == got else f"{got!r} instead of {expected!r}")


def test_pictures(results):
    """The comparison itself: one pixel too much is found, and a cursor lies where it should."""
    grey = 80, 60, bytes([100]) * (80 * 60 * 3)
    pixels = bytearray(grey[2])
    pixels[(59 * 80 + 79) * 3 + 2] = 101
    results.equal("one wrong pixel", "1 pixels differ, the first at 79,59: 646465 instead of 646464",
                  pictures.difference(grey, (80, 60, bytes(pixels))))
    results.equal("wrong size", "60x80 instead of 80x60",
                  pictures.difference(grey, (60, 80, grey[2])))
    results.equal("equal pictures", None, pictures.difference(grey, (80, 60, bytes(grey[2]))))
    under = pictures.with_cursor(grey, 70, -60, pictures.plain_cursor)
    changed = [at for at in range(80 * 60) if under[2][at * 3] != 100]
    results.equal("place of a cursor", [y * 80 + x for y in range(4) for x in range(70, 80)], changed)
    # (119 * 119 + 100 * 136 + 127) / 255
    results.equal("blending", 109, under[2][70 * 3])


def frames_of(steps):
    return [plan.frame_name(step.name, head) for step in steps for head in step.heads]


def compare_frames(results, oracle, scene, steps, cursors):
    """Each frame of the replay with both pictures of QEMU: of its own device, and of ours."""
    for step in steps:
        for head in step.heads:
            name = plan.frame_name(step.name, head)
            own = pictures.read_ppm(oracle.path(name + ".ppm"))
            ours = pictures.read_ppm(scene.path(name + ".ppm"))
            frame = pictures.read_png(scene.path(f"frames/{name}.png"))
            results.check(f"{name}: live against QEMU's device", pictures.difference(own, ours))
            if step.cursor:         # which no picture of QEMU shows
                own = pictures.with_cursor(own, *cursors[step.name], step.cursor)
            results.check(f"{name}: replay against QEMU's device", pictures.difference(own, frame))


# What the guest learns of the device, and what its driver has to complain of.
LEARNS = "modetest -M virtio_gpu -c -p"
COMPLAINS = "dmesg | sed -n 's/.*\\*ERROR\\*//p'"


def whole_plan(results, name, steps, heads):
    """The same guest twice: on QEMU's device, and recorded."""
    with Scene(name + "-oracle") as oracle, Scene(name) as scene:
        guest = oracle.booted(heads=heads)
        expected = guest.run(LEARNS)
        plan.play(guest, steps, oracle.path)
        results.equal("guest on QEMU's device ends well", 0, guest.power_off())

        recorder = scene.recorder("--once")
        guest = scene.booted(recorder, heads=heads)
        results.equal("guest sees connectors, modes and EDID", expected, guest.run(LEARNS))
        cursors = plan.play(guest, steps, scene.path, recorder)
        results.equal("guest's driver logs no error", [], guest.run(COMPLAINS))
        results.equal("recorded guest ends well", 0, guest.power_off())
        results.equal("recorder ends with it", 0, end(recorder.process))
        results.equal("trace is complete", False, scene.is_cut_off())
        status, errors, names = scene.replay()
        results.equal("replay answers as recorded", (0, ""), (status, errors))
        results.equal("frames", frames_of(steps), names)
        compare_frames(results, oracle, scene, steps, cursors)


def test_frames(results):
    whole_plan(results, "frames", plan.FULL, 1)


def test_heads(results):
    whole_plan(results, "heads", plan.TWO_HEADS, 2)


def compare_with_live(results, scene, names):
    """Frames of the replay with what QEMU showed of them while they were recorded."""
    for name in names:
        results.check(f"{name}: replay against live", pictures.difference(
            pictures.read_ppm(scene.path(name + ".ppm")),
            pictures.read_png(scene.path(f"frames/{name}.png"))))


def check_trace(results, scene, steps):
    """A complete trace with these frames, which replays as it was recorded."""
    results.equal("trace is complete", False, scene.is_cut_off())
    status, errors, names = scene.replay()
    results.equal("replay answers as recorded", (0, ""), (status, errors))
    results.equal("frames", frames_of(steps), names)
    compare_with_live(results, scene, names)


def power_off(results, guest, recorder):
    """A guest that ends, and a recorder for one guest."""
    results.equal("guest ends well", 0, guest.power_off())
    results.equal("recorder ends with it", 0, end(recorder.process))


def start_flipping(guest):
    """Hundreds of pictures a second, as long as nobody stops it."""
    guest.run(f"show -v {plan.mode('1024x768')}")
    time.sleep(1)


def test_sigkill(results):
    """A recorder that is killed leaves what it had written."""
    with Scene("sigkill") as scene:
        recorder = scene.recorder()
        guest = scene.booted(recorder)
        plan.play(guest, plan.SHORT, scene.path, recorder)
        start_flipping(guest)
        results.equal("recorder dies", -signal.SIGKILL, recorder.stop(signal.SIGKILL))
        guest.close()
        results.equal("trace is cut off", True, scene.is_cut_off())
        status, errors, names = scene.replay()
        results.equal("replay of what is there", 0, status)
        results.check("replay says so", None if "cut off" in errors else errors or "not a word")
        results.equal("frames", frames_of(plan.SHORT), names)
        compare_with_live(results, scene, names)


def stopped_by(results, name, number):
    with Scene(name) as scene:
        recorder = scene.recorder()
        guest = scene.booted(recorder)
        plan.play(guest, plan.SHORT, scene.path, recorder)
        start_flipping(guest)
        results.equal("recorder ends well", 0, recorder.stop(number))
        guest.close()
        check_trace(results, scene, plan.SHORT)


def test_sigterm(results):
    stopped_by(results, "sigterm", signal.SIGTERM)


def test_sigint(results):
    stopped_by(results, "sigint", signal.SIGINT)


def test_guest_killed(results):
    """A QEMU that disappears in the middle of everything costs the trace nothing."""
    with Scene("guest-killed") as scene:
        recorder = scene.recorder("--once")
        guest = scene.booted(recorder)
        plan.play(guest, plan.SHORT, scene.path, recorder)
        start_flipping(guest)
        guest.process.send_signal(signal.SIGKILL)
        end(guest.process)
        results.equal("recorder ends with it", 0, end(recorder.process))
        check_trace(results, scene, plan.SHORT)


def test_reconnect(results):
    """Two guests in turn, one recorder, one trace; the first is killed."""
    first = [step._replace(name="first-" + step.name) for step in plan.SHORT]
    second = [step._replace(name="second-" + step.name) for step in plan.SHORT]
    with Scene("reconnect") as scene:
        recorder = scene.recorder()
        guest = scene.booted(recorder, log="first.log")
        plan.play(guest, first, scene.path, recorder)
        guest.close()
        guest = scene.booted(recorder, log="second.log")
        plan.play(guest, second, scene.path, recorder)
        results.equal("second guest ends well", 0, guest.power_off())
        results.equal("recorder ends well", 0, recorder.stop(signal.SIGTERM))
        check_trace(results, scene, first + second)


def test_reboot(results):
    """The machine is reset under the device; then the ids start over."""
    with Scene("reboot") as scene:
        recorder = scene.recorder("--once")
        guest = scene.booted(recorder)
        plan.play(guest, plan.SHORT, scene.path, recorder)
        guest.reboot()
        guest.run("load")
        after = [plan.Step("after", ["text after"])]
        plan.play(guest, after, scene.path, recorder)
        power_off(results, guest, recorder)
        check_trace(results, scene, plan.SHORT + after)


def test_memory(results):
    """Memory in two regions, rings and pictures above 4 GiB."""
    with Scene("memory") as scene:
        recorder = scene.recorder("--once")
        guest = scene.booted(recorder, memory_mib=4608)
        plan.play(guest, plan.SHORT, scene.path, recorder)
        power_off(results, guest, recorder)
        check_trace(results, scene, plan.SHORT)


def test_pause(results):
    """QEMU stops the queues and starts them where they were; nothing of the device is lost."""
    with Scene("pause") as scene:
        recorder = scene.recorder("--once")
        guest = scene.booted(recorder)
        guest.run("text before")
        guest.monitor("stop")
        time.sleep(0.5)
        guest.monitor("cont")
        steps = [plan.Step("kept", ["printf 'and after' >/dev/tty1", "sleep 1"]), plan.SMPTE]
        plan.play(guest, steps, scene.path, recorder)
        power_off(results, guest, recorder)
        check_trace(results, scene, steps)


def test_display_info(results):
    """The guest takes the sizes that the recorder says, and both heads without being forced to."""
    with Scene("display-info") as scene:
        recorder = scene.recorder("--once", "--display-info", "800x600,640x480")
        guest = scene.booted(recorder, heads=2)
        modes = guest.run("cat /sys/class/drm/card0-Virtual-1/modes | head -n 1; "
                          "cat /sys/class/drm/card0-Virtual-2/modes | head -n 1")
        results.equal("preferred modes", ["800x600", "640x480"], modes)
        steps = [plan.CONSOLE._replace(heads=(0, 1))]
        plan.play(guest, steps, scene.path, recorder)
        power_off(results, guest, recorder)
        check_trace(results, scene, steps)


def test_until_frames(results):
    """The recorder leaves by itself when it has what it was asked for."""
    with Scene("until-frames") as scene:
        recorder = scene.recorder("--until-frames", "1")
        guest = scene.booted(recorder)
        guest.run(plan.CONSOLE.before[0])
        recorder.mark("console")
        results.equal("recorder ends well", 0, end(recorder.process))
        guest.close()
        results.equal("trace is complete", False, scene.is_cut_off())
        results.equal("replay", (0, "", ["console"]), scene.replay())


def test_max_size(results):
    """A trace that may not grow further is complete, and the recorder says why it left."""
    limit = 64 * 1024
    with Scene("max-size") as scene:
        recorder = scene.recorder("--max-size", str(limit))
        guest = scene.booted(recorder)
        guest.run(plan.CONSOLE.before[0])
        recorder.mark("console")
        try:
            start_flipping(guest)
        except GuestError:
            pass                    # its device went away
        results.equal("recorder ends", 0, end(recorder.process))
        guest.close()
        size = os.path.getsize(scene.path(TRACE))
        results.check("size", None if size <= limit else f"{size} bytes, {limit} allowed")
        results.equal("trace is complete", False, scene.is_cut_off())
        results.equal("replay", (0, ""), scene.replay()[:2])


TESTS = [test_pictures, test_frames, test_heads, test_memory, test_reboot, test_pause,
         test_reconnect, test_guest_killed, test_sigkill, test_sigterm, test_sigint, test_display_info,
         test_until_frames, test_max_size]


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    results = Results()
    for test in TESTS:
        name = test.__name__.removeprefix("test_").replace("_", " ")
        if word not in name:
            continue
        start = time.monotonic()
        print(f"== {name}", flush=True)
        try:
            test(results)
        except GuestError as problem:
            results.check(name, str(problem))
        except Exception:           # one test's mistake is not the end of the others
            results.check(name, traceback.format_exc())
        print(f"        {time.monotonic() - start:.0f} s", flush=True)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
