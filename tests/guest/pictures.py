"""Pictures of a guest: QEMU's PPM files, the tool's PNG files, and what lies under a cursor.

A picture is (width, height, pixels), pixels being R, G, B bytes of rows from the top.
"""

import struct
import zlib

CURSOR_SIZE = 64


def read_ppm(name):
    with open(name, "rb") as file:
        data = file.read()
    magic, width, height, depth = data.split(maxsplit=4)[:4]
    if magic != b"P6" or depth != b"255":
        raise ValueError(f"{name}: not a binary PPM of 8 bits")
    width, height = int(width), int(height)
    return width, height, data[len(data) - width * height * 3:]


def read_png(name):
    """Reads what the tool writes: RGBA of 8 bits, rows as they are or as differences to the last."""
    with open(name, "rb") as file:
        data = file.read()
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, *form = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += size + 12
    if form != [8, 6, 0, 0, 0]:
        raise ValueError(f"{name}: not RGBA of 8 bits")
    stream = zlib.decompress(packed)
    row, rows, step = bytes(width * 4), [], 1 + width * 4
    for start in range(0, len(stream), step):
        kind, coded = stream[start], stream[start + 1:start + step]
        if kind == 0:
            row = coded
        elif kind == 2:
            row = bytes((a + b) & 255 for a, b in zip(coded, row)) if any(coded) else row
        else:
            raise ValueError(f"{name}: filter {kind}")
        rows.append(row)
    rgba = b"".join(rows)
    if rgba[3::4].strip(b"\xff"):
        raise ValueError(f"{name}: not opaque")
    pixels = bytearray(width * height * 3)
    for channel in range(3):
        pixels[channel::3] = rgba[channel::4]
    return width, height, bytes(pixels)


def difference(expected, got):
    """None if two pictures are equal, else what differs, in words."""
    if expected[:2] != got[:2]:
        return "{}x{} instead of {}x{}".format(*got[:2], *expected[:2])
    if expected[2] == got[2]:
        return None
    width = expected[0]
    differing = [at for at in range(len(expected[2]) // 3)
                 if expected[2][at * 3:at * 3 + 3] != got[2][at * 3:at * 3 + 3]]
    y, x = divmod(differing[0], width)
    first = differing[0] * 3
    return (f"{len(differing)} pixels differ, the first at {x},{y}: {got[2][first:first + 3].hex()} "
            f"instead of {expected[2][first:first + 3].hex()}")


def with_cursor(picture, x, y, cursor):
    """The picture with a cursor at x, y; cursor(column, row) is (R, G, B, A), alpha straight."""
    width, height, pixels = picture
    pixels = bytearray(pixels)
    for row in range(max(0, -y), min(CURSOR_SIZE, height - y)):
        for column in range(max(0, -x), min(CURSOR_SIZE, width - x)):
            *colour, alpha = cursor(column, row)
            at = ((y + row) * width + x + column) * 3
            for channel in range(3):
                below = pixels[at + channel]
                pixels[at + channel] = (colour[channel] * alpha + below * (255 - alpha) + 127) // 255
    return width, height, bytes(pixels)


def plain_cursor(_column, _row):
    """modetest's plain pattern: every byte is 0x77."""
    return 0x77, 0x77, 0x77, 0x77


def tiles_cursor(column, row):
    """modetest's tiles in one tile: black, the first quarter half transparent."""
    return 0, 0, 0, 127 if column < CURSOR_SIZE // 2 and row < CURSOR_SIZE // 2 else 255
