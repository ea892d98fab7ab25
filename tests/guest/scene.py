"""A folder for one test, with what makes guests, recorders and replays in it."""

import contextlib
import json
import os
import shutil
import subprocess

from guest import Guest, Recorder, build_shim

SCANLOCK = os.path.join(os.environ.get("BUILD", "build"), "scanlock")
WORK = "build/guest"        # whatever the build, there is one guest

ORACLE = "virtio-gpu-pci"
RECORDED = "vhost-user-gpu-pci"
TRACE = "trace.slt"


def tool(*arguments):
    """Runs the tool; returns status, standard output and standard error."""
    done = subprocess.run([SCANLOCK, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


class Scene:
    def __init__(self, name):
        self.folder = os.path.join(WORK, "out", name)
        self.shim = build_shim(WORK)
        self.stack = contextlib.ExitStack()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def path(self, name):
        return os.path.join(self.folder, name)

    def recorder(self, *options, trace=None):
        trace = self.path(TRACE) if trace is None else trace
        return self.stack.enter_context(contextlib.closing(
            Recorder(SCANLOCK, trace, self.path("recorder.log"), *options)))

    def guest(self, recorder=None, heads=1, log="guest.log", **options):
        """A guest with QEMU's own device, or with a recorder as its device."""
        device = f"{RECORDED if recorder else ORACLE},max_outputs={heads}"
        return self.stack.enter_context(contextlib.closing(
            Guest(WORK, device, self.path(log), recorder, self.shim, **options)))

    def booted(self, recorder=None, **options):
        """A guest that has loaded its driver; options are those of guest()."""
        guest = self.guest(recorder, **options)
        guest.boot()
        guest.run("load")
        return guest

    def replay(self):
        """Replays the trace, frames go to frames/: status, lines on errors, names of the frames."""
        status, output, errors = tool("replay", self.path(TRACE), "-o", self.path("frames"))
        names = [line.split()[3] for line in output.splitlines() if line.startswith("frame ")]
        return status, errors.strip(), names

    def is_cut_off(self):
        status, output, errors = tool("info", "--json", self.path(TRACE))
        return json.loads(output)["truncated"] if status == 0 else errors.strip()
