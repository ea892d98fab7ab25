#!/usr/bin/env python3
"""Records what record_aerogpu.c records, from Python, with the standard library alone.

    python3 record_aerogpu.py clear.slt && scanlock replay clear.slt

Recorder is a binding of the calls of record.h that take no structs. Statuses are the exit codes of
the scanlock tool; 0 is success. The recorder keeps its first failure, so one look at the end is
enough; here each call raises it instead.
"""
import ctypes
import struct
import sys

C = ctypes
PROTOTYPES = {
    "open": [C.c_char_p, C.c_char_p, C.c_uint32, C.c_char_p, C.POINTER(C.c_void_p)],
    "describe": [C.c_void_p, C.c_char_p, C.c_char_p],
    "set_option": [C.c_void_p, C.c_char_p, C.c_char_p],
    "set_limits": [C.c_void_p, C.c_uint64, C.c_uint64],
    "add_ram": [C.c_void_p, C.c_uint64, C.c_uint64],
    "memory": [C.c_void_p, C.c_uint64, C.c_char_p, C.c_size_t],
    "mmio_write": [C.c_void_p, C.c_uint32, C.c_uint64, C.c_uint32, C.c_uint64],
    "mmio_read_value": [C.c_void_p, C.c_uint32, C.c_uint64, C.c_uint32, C.c_uint64],
    "vblank": [C.c_void_p, C.c_uint32, C.c_uint64],
    "frame": [C.c_void_p, C.c_char_p],
    "expect_frame": [C.c_void_p, C.c_uint32, C.c_uint32, C.c_uint32, C.c_char_p],
    "expect_fence": [C.c_void_p, C.c_uint64],
    "expect_irq": [C.c_void_p, C.c_uint32, C.c_uint32],
    "note": [C.c_void_p, C.c_char_p],
    "finish": [C.c_void_p, C.c_void_p],
}


class Stats(C.Structure):
    """struct sl_recorder_stats: numbers of 64 bits, in this order."""

    _fields_ = [
        (name, C.c_uint64)
        for name in (
            "events", "frames", "payload_bytes", "written_events", "trace_bytes",
            "backlog_bytes", "peak_backlog_bytes", "waits", "wait_ns", "is_full",
        )
    ]


def load(path="libscanlock.so.0"):
    """The library, with the types of the calls above."""
    library = C.CDLL(path)
    for name, types in PROTOTYPES.items():
        call = getattr(library, "sl_recorder_" + name)
        call.argtypes = types
        call.restype = C.c_int
    library.sl_recorder_error.argtypes = [C.c_void_p]
    library.sl_recorder_error.restype = C.c_char_p
    library.sl_recorder_get_stats.argtypes = [C.c_void_p, C.POINTER(Stats)]
    library.sl_recorder_get_stats.restype = None
    library.sl_recorder_destroy.argtypes = [C.c_void_p]
    library.sl_recorder_destroy.restype = None
    return library


class Recorder:
    """A recording: recorder.memory(gpa, bytes, size), recorder.frame(b"name") and so on."""

    def __init__(self, library, path, device, abi_version, profile=b""):
        self.library = library
        self.handle = C.c_void_p()
        status = library.sl_recorder_open(
            path.encode(), device, abi_version, profile, C.byref(self.handle)
        )
        self.check(status)

    def check(self, status):
        if status != 0:
            text = self.library.sl_recorder_error(self.handle) if self.handle else b"no memory"
            raise OSError(status, (text or b"the trace is full").decode())

    def __getattr__(self, name):
        call = getattr(self.library, "sl_recorder_" + name)
        return lambda *arguments: self.check(call(self.handle, *arguments))

    def stats(self):
        stats = Stats()
        self.library.sl_recorder_get_stats(self.handle, C.byref(stats))
        return stats

    def close(self):
        """Writes what is left; the trace is complete when this returns."""
        try:
            self.check(self.library.sl_recorder_finish(self.handle, None))
        finally:
            self.library.sl_recorder_destroy(self.handle)


RAM_SIZE, RING, FENCE_PAGE, STREAM = 1 << 20, 0x1000, 0x2000, 0x3000
ABI_VERSION, BAR0, CONFIG, INTX = 0x10004, 0, 6, 0xFFFFFFFF
WIDTH, HEIGHT = 64, 48

STREAM_WORDS = [
    0x444D4341, ABI_VERSION, 180, 0, 0, 0,  # header
    0x101, 56, 1, 0, 3, WIDTH, HEIGHT, 1, 1, 0, 0, 0, 0, 0,  # CREATE_TEXTURE2D
    0x400, 48, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0,  # SET_RENDER_TARGETS
    0x600, 36, 1, 0x3F800000, 0x3F000000, 0, 0x3F800000, 0, 0,  # CLEAR
    0x700, 16, 0, 0,  # PRESENT
]


def record(recorder):
    """A driver that starts, and its first submission; what a device would read and answer."""
    stream = struct.pack("<%dI" % len(STREAM_WORDS), *STREAM_WORDS)
    ring = struct.pack("<8I32x", 0x474E5241, ABI_VERSION, 64 + 8 * 64, 8, 64, 0, 0, 1)
    desc = struct.pack("<4IQ2IQ2IQ8x", 64, 0, 0, 0, STREAM, len(stream), 0, 0, 0, 0, 1)
    pixels = bytes([255, 128, 0, 255]) * (WIDTH * HEIGHT)
    recorder.describe(b"record_aerogpu.py", b"the example of docs/recording.md")
    recorder.add_ram(0, RAM_SIZE)
    recorder.mmio_write(CONFIG, 4, 2, 6)
    for register, value in (
        (0x100, RING), (0x108, 64 + 8 * 64), (0x120, FENCE_PAGE), (0x304, 1), (0x10C, 1),
    ):
        recorder.mmio_write(BAR0, register, 4, value)
    # What the doorbell makes the device read, then the doorbell, then what the device does.
    recorder.memory(RING, ring, len(ring))
    recorder.memory(RING + 64, desc, len(desc))
    recorder.memory(STREAM, stream, len(stream))
    recorder.mmio_write(BAR0, 0x200, 4, 1)
    recorder.expect_fence(1)
    recorder.expect_irq(INTX, 1)
    recorder.frame(b"orange")
    recorder.expect_frame(0, WIDTH, HEIGHT, pixels)
    recorder.mmio_write(BAR0, 0x308, 4, 1)
    recorder.expect_irq(INTX, 0)


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: record_aerogpu.py TRACE")
    recorder = Recorder(load(), sys.argv[1], b"aerogpu", ABI_VERSION)
    try:
        record(recorder)
    finally:
        recorder.close()


if __name__ == "__main__":
    main()
