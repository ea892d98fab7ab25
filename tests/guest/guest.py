"""A Linux guest under QEMU without KVM, driven line by line, and a recorder beside it.

Both are children that end with this process. Every wait has a bound; what passes it is a GuestError.
"""

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")

# nokaslr and cryptomgr.notests save time; nothing may blink, blank or print over the picture.
KERNEL_WORDS = ("console=ttyS0 quiet nokaslr cryptomgr.notests "
                "vt.global_cursor_default=0 consoleblank=0")


class GuestError(Exception):
    """The guest, QEMU or the recorder did not do what the test is about."""


def _die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def _start(command, log, **options):
    log.write("$ " + " ".join(command) + "\n")
    log.flush()
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                            preexec_fn=_die_with_parent, **options)


def end(process, seconds=10):
    """Waits for a child's own end and returns its status; kills it if that takes too long."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise GuestError(f"{process.args[0]} did not end within {seconds} s") from None


def qemu_version():
    """(major, minor) of QEMU, or None without one."""
    if not shutil.which(QEMU):
        return None
    text = subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=True).stdout
    major, minor = text.split("version ")[1].split(".")[:2]
    return int(major), int(minor)


def build_shim(work):
    """The library that lets QEMU before 8.0 have vhost-user-gpu without KVM, or None if not needed."""
    if qemu_version() >= (8, 0):
        return None
    shim = os.path.join(work, "kvm_shim.so")
    subprocess.run([os.environ.get("CC", "cc"), "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2",
                    "-shared", "-fPIC", "-o", shim, os.path.join(HERE, "kvm_shim.c"), "-ldl"],
                   check=True)
    return shim


class Recorder:
    """`scanlock record` on a socket of its own, with a FIFO through which frames are named."""

    def __init__(self, scanlock, trace, log_name, *options, program=()):
        self.folder = tempfile.mkdtemp(prefix="scanlock-guest-")
        self.socket = os.path.join(self.folder, "gpu")
        fifo = os.path.join(self.folder, "marks")
        os.mkfifo(fifo)
        self.marks = os.open(fifo, os.O_RDWR)
        self.log = open(log_name, "w", encoding="utf-8")
        self.process = _start([*program, scanlock, "record", "--vhost-user-gpu", self.socket,
                               "-o", trace, "--marks", fifo, *options], self.log)
        deadline = time.monotonic() + 10
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.close()
                raise GuestError(f"the recorder made no socket, see {log_name}")
            time.sleep(0.02)

    def mark(self, name):
        """Names what stands on the screen now."""
        os.write(self.marks, name.encode() + b"\n")
        time.sleep(0.3)

    def stop(self, number):
        """Sends a signal and returns the recorder's status."""
        self.process.send_signal(number)
        return end(self.process)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.marks)
        self.log.close()
        shutil.rmtree(self.folder)


class Guest:
    """One boot. `device` is an argument of -device; a recorder gives the device its back end."""

    def __init__(self, work, device, log_name, recorder=None, shim=None, memory_mib=256):
        self.log = open(log_name, "w", encoding="utf-8", errors="replace")
        self.serial, serial_far = socket.socketpair()
        self.qmp, qmp_far = socket.socketpair()
        self.partial = {self.serial: b"", self.qmp: b""}
        command = [
            QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-vga", "none",
            "-cpu", "max", "-smp", "1", "-m", str(memory_mib),
            "-machine", "q35,accel=tcg,memory-backend=ram",
            "-object", f"memory-backend-memfd,id=ram,size={memory_mib}M,share=on",
            "-kernel", os.path.join(work, "vmlinux"), "-initrd", os.path.join(work, "initramfs"),
            "-append", KERNEL_WORDS,
            "-chardev", f"socket,id=serial,fd={serial_far.fileno()}", "-serial", "chardev:serial",
            "-chardev", f"socket,id=qmp,fd={qmp_far.fileno()}", "-mon", "chardev=qmp,mode=control",
        ]
        if recorder:
            command += ["-chardev", f"socket,id=gpu,path={recorder.socket}"]
            device += ",chardev=gpu"
        command += ["-device", device + ",id=screen"]
        environment = dict(os.environ)
        if recorder and shim:
            environment["LD_PRELOAD"] = shim
        self.process = _start(command, self.log, env=environment,
                              pass_fds=(serial_far.fileno(), qmp_far.fileno()))
        serial_far.close()
        qmp_far.close()
        self.monitor("qmp_capabilities")

    def _line(self, stream, deadline):
        """The next whole line of a socket."""
        while b"\n" not in self.partial[stream]:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stream], [], [], left)[0]:
                raise GuestError("no answer in time")
            data = stream.recv(65536)
            if not data:
                raise GuestError("QEMU is gone")
            self.partial[stream] += data
        line, self.partial[stream] = self.partial[stream].split(b"\n", 1)
        return line.decode(errors="replace").rstrip("\r")

    def _until(self, word, seconds):
        """Lines of the serial port up to the one that starts with `word`, that one included."""
        deadline = time.monotonic() + seconds
        lines = []
        while not lines or not lines[-1].startswith(word):
            lines.append(self._line(self.serial, deadline))
            self.log.write(lines[-1] + "\n")
            self.log.flush()
        return lines

    def boot(self, seconds=120):
        """Waits until the guest takes commands; returns the kernel's version."""
        return self._until("@ready", seconds)[-1].split()[1]

    def run(self, line, seconds=60):
        """Runs a command of the guest and returns the lines that it prints."""
        self.log.write(f"> {line}\n")
        self.serial.sendall(line.encode() + b"\n")
        *output, done = self._until("@done", seconds)
        if done != "@done 0":
            raise GuestError(f"in the guest: {line}: {done}")
        return output

    def monitor(self, name, **arguments):
        """A command to QEMU itself, in the words of its QMP reference."""
        request = {"execute": name, "arguments": arguments}
        self.qmp.sendall(json.dumps(request).encode() + b"\n")
        deadline = time.monotonic() + 30
        while True:
            answer = json.loads(self._line(self.qmp, deadline))
            if "error" in answer:
                raise GuestError(f"QEMU: {name}: {answer['error']['desc']}")
            if "return" in answer:
                return

    def dump(self, name, head=0):
        """What QEMU shows of a head, as a PPM file."""
        self.monitor("screendump", filename=os.path.abspath(name), device="screen", head=head)

    def reboot(self):
        """The whole machine starts over, QEMU stays; returns when the guest takes commands again."""
        self.serial.sendall(b"reboot -f\n")
        self.boot()

    def power_off(self):
        """Ends the guest as its user would; returns QEMU's status."""
        self.serial.sendall(b"poweroff -f\n")
        return end(self.process, 30)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.serial.close()
        self.qmp.close()
        self.log.close()
