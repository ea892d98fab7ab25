"""What the guest draws, step by step, and how a plan is played."""

import re
from collections import namedtuple

import pictures

# name of the frame, commands before and behind it, picture of the cursor or None, heads that are on
Step = namedtuple("Step", "name before after cursor heads", defaults=((), None, (0,)))


def mode(size, head=1):
    """modetest's option for a mode on a head."""
    return f"-s $(nth {head} $connectors)@$(nth {head} $crtcs):{size}"


# As planes of a driver with one head go: first the picture, then the cursor.
PICTURE_PLANE = "-P $(nth 1 $planes)@$(nth 1 $crtcs):1024x768"
CURSOR_PLANE = "-P $(nth 2 $planes)@$(nth 1 $crtcs):64x64-20-9@AR24"

CONSOLE = Step("console", ["text console"])
SMPTE = Step("smpte", [f"show {mode('1024x768')}"], ["hide"])

FULL = [
    CONSOLE,
    SMPTE,
    Step("tiles", [f"show -F tiles {mode('1024x768')}"], ["hide"]),
    Step("gradient", [f"show -F gradient {mode('1024x768')}"], ["hide"]),
    Step("smaller", [f"show {mode('640x480')}"], ["hide"]),
    Step("bands", ["text bands", "bands"]),
    # modetest moves its cursor about, so it is stopped where it happens to be.
    Step("cursor", [f"show -C {mode('1024x768')}", "within 300 cursor", "still"], ["hide"],
         pictures.plain_cursor),
    Step("corner", [f"show {mode('800x600')} {CURSOR_PLANE} -F smpte,tiles"], ["hide"],
         pictures.tiles_cursor),
    Step("atomic", [f"show -a {mode('1024x768')} {PICTURE_PLANE}"], ["hide"]),
    Step("reload", ["unload", "load", "text reload"]),
]

SHORT = [CONSOLE, SMPTE]

# Two modes at once are two places of one picture.
TWO_HEADS = [
    Step("one", ["force 2", "text one"]),
    Step("second", [f"show -F tiles {mode('640x480', head=2)}"], ["hide"], heads=(0, 1)),
    Step("pair", [f"show {mode('1024x768')} {mode('640x480', head=2)}"], ["hide"], heads=(0, 1)),
]


def frame_name(name, head):
    """How the tool names the frame of a head."""
    return name if head == 0 else f"{name}.s{head}"


def play(guest, steps, path, recorder=None):
    """Runs the steps; QEMU's picture of each goes to path(NAME.ppm).

    Returns where the guest's cursor was, {name: (x, y)}.
    """
    cursors = {}
    for step in steps:
        for line in step.before:
            guest.run(line)
        if step.cursor:
            found = re.fullmatch(r"([+-]\d+)([+-]\d+)", guest.run("cursor")[-1])
            cursors[step.name] = int(found[1]), int(found[2])
        if recorder:
            recorder.mark(step.name)
        for head in step.heads:
            guest.dump(path(frame_name(step.name, head) + ".ppm"), head)
        for line in step.after:
            guest.run(line)
    return cursors
