#!/usr/bin/env python3
"""Lists the events of a .slt trace: usage: slt_reader.py FILE

A second reader, written from docs/trace-format.md and sharing nothing with the first: the standard
library, and the zstd tool to expand the whole stream at once. It walks the frames, so it needs no
index; if there is one, it must agree. Page hashes are left to readers that have XXH3.
"""

import hashlib
import struct
import subprocess
import sys

PAGE = 4096
MASK = (1 << 64) - 1
P1, P2, P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P4, P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def rotate(value, count):
    return (value << count | value >> (64 - count)) & MASK


def xxh64_round(lane, word):
    return rotate((lane + word * P2) & MASK, 31) * P1 & MASK


def xxh64(data):
    at, size = 0, len(data)
    if size >= 32:
        lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        while size - at >= 32:
            words = struct.unpack_from("<4Q", data, at)
            lanes = [xxh64_round(lane, word) for lane, word in zip(lanes, words)]
            at += 32
        h = sum(rotate(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            h = ((h ^ xxh64_round(0, lane)) * P1 + P4) & MASK
    else:
        h = P5
    h = (h + size) & MASK
    for shape, step in (("<Q", 8), ("<I", 4), ("<B", 1)):
        while size - at >= step:
            (word,) = struct.unpack_from(shape, data, at)
            at += step
            if step == 8:
                h = (rotate(h ^ xxh64_round(0, word), 27) * P1 + P4) & MASK
            elif step == 4:
                h = (rotate(h ^ word * P1 & MASK, 23) * P2 + P3) & MASK
            else:
                h = rotate(h ^ word * P5 & MASK, 11) * P1 & MASK
    h = (h ^ h >> 33) * P2 & MASK
    h = (h ^ h >> 29) * P3 & MASK
    return h ^ h >> 32


class Damaged(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Damaged(what)


def skippable(data, at):
    """The tag and the fields of the frame at an offset, and where the next frame starts."""
    need(len(data) - at >= 12, "cut off")
    magic, size = struct.unpack_from("<II", data, at)
    need(magic == 0x184D2A53, f"no skippable frame at {at:#x}")
    payload = data[at + 8 : at + 8 + size]
    need(len(payload) == size, "cut off")
    need(struct.unpack("<Q", payload[-8:])[0] == xxh64(payload[:-8]), f"checksum at {at:#x}")
    return payload[:4].decode("latin-1"), payload[4:-8], at + 8 + size


def list_metadata(fields):
    """Prints them and returns the minor version."""
    major, minor = struct.unpack_from("<HH", fields)
    need(major == 1, f"version {major}.{minor}")
    at = 4
    while at < len(fields):
        number, size = struct.unpack_from("<II", fields, at)
        value = fields[at + 8 : at + 8 + size]
        at += 8 + size
        names = {1: "device", 3: "profile", 4: "producer", 5: "provenance"}
        if number in names:
            print(f"{names[number]} {value[:-1].decode()}")
        elif number == 2:
            print(f"abi {struct.unpack('<I', value)[0]:#x}")
        elif number == 6:
            for region in struct.iter_unpack("<QQ", value):
                print("ram {:#x} {:#x}".format(*region))
        elif number == 7:
            print("option {} {}".format(*value.decode().split("\0")[:2]))
        else:
            need(minor > 1, f"metadata field {number}")
    return minor


def walk(data, at):
    """The heads of all complete chunks, the totals in the index if there is one, and the end."""
    chunks, indexed = [], None
    try:
        while at < len(data):
            tag, fields, end = skippable(data, at)
            if tag == "SLTC":
                head = struct.unpack("<IIIIIQQ", fields)
                need(len(data) - end >= head[0], "cut off")
                chunks.append(head)
                end += head[0]
            elif tag == "SLTI":
                indexed = struct.unpack_from("<IQQQQ", fields)[1:]
            at = end
    except Damaged as error:
        if str(error) != "cut off":
            raise
    return chunks, indexed, at


def describe(payload):
    return f"{len(payload)} {hashlib.sha256(payload).hexdigest()}"


class Content:
    """The expanded chunks of a trace, and every page stored in them."""

    def __init__(self, data, chunks, end):
        out = subprocess.run(["zstd", "-dcq"], input=data[:end], stdout=subprocess.PIPE, check=True)
        self.records, self.pages, at = [], [], 0
        for _, size, page_count, event_count, _, first_event, first_page in chunks:
            need(first_page == len(self.pages), "first page")
            content = out.stdout[at : at + size]
            at += size
            for i in range(page_count):
                self.pages.append(content[i * PAGE : (i + 1) * PAGE])
            self.records.append((first_event, event_count, content[page_count * (PAGE + 16) :]))
        need(at == len(out.stdout), "the chunks are not all of the stream")

    def payload(self, record, at, size, address):
        head = -address % PAGE
        if size < head + PAGE:
            return record[at : at + size], at + size
        tail = (size - head) % PAGE
        pieces = [record[at : at + head]]
        last = record[at + head : at + head + tail]
        at += head + tail
        whole = (size - head) // PAGE
        while whole:
            count, reference = struct.unpack_from("<IQ", record, at)
            at += 12
            need(0 < count <= whole, "run")
            whole -= count
            if reference:
                pieces += self.pages[reference - 1 : reference - 1 + count]
            else:
                pieces.append(bytes(PAGE * count))
        result = b"".join(pieces + [last])
        need(len(result) == size, "payload")
        return result, at


def event(content, record, at, minor):
    """The line of the record at an offset, and the offset of the next."""
    kind = record[at]
    (word,) = struct.unpack_from("<I", record, at + 4)
    if kind == 1:
        (gpa,) = struct.unpack_from("<Q", record, at + 8)
        payload, end = content.payload(record, at + 16, word, gpa)
        return f"mem {gpa:#x} {describe(payload)}", end
    if kind == 2:
        space, size, flags = struct.unpack_from("<BBB", record, at + 1)
        offset, value = struct.unpack_from("<QQ", record, at + 8)
        verb = "read" if flags & 1 else "write"
        known = f"{value:#x}" if flags & 2 else "?"
        return f"mmio {verb} {space} {size} {offset:#x} {known}", at + 24
    if kind == 3:
        base, queue, size = struct.unpack_from("<HII", record, at + 2)
        desc, avail, used = struct.unpack_from("<QQQ", record, at + 16)
        return f"vring {queue} {size} {desc:#x} {avail:#x} {used:#x} {base}", at + 40
    if kind == 4:
        return f"notify {word}", at + 8
    if kind == 5:
        return f"vblank {word} {struct.unpack_from('<Q', record, at + 8)[0]}", at + 16
    if kind in (6, 8):
        payload, end = content.payload(record, at + 8, word, 0)
        return f"{'frame' if kind == 6 else 'note'} {describe(payload)}", end
    if kind == 7:
        head, size, value = struct.unpack_from("<IIQ", record, at + 8)
        need(record[at + 1] <= (5 if minor == 0 else 6), f"kind {record[at + 1]}")
        payload, end = content.payload(record, at + 24, size, 0)
        return f"expect {record[at + 1]} {word} {head} {value:#x} {describe(payload)}", end
    if kind == 9:
        return "display {} {} {}".format(*struct.unpack_from("<III", record, at + 4)), at + 16
    if kind == 10:
        return "reset", at + 8
    if kind == 11:
        (size,) = struct.unpack_from("<H", record, at + 2)
        name = record[at + 8 : at + 8 + size]
        payload, end = content.payload(record, at + 8 + size, word, 0)
        return f"attach {describe(name)} {describe(payload)}", end
    if kind == 12 and minor >= 1:
        regions = struct.iter_unpack("<QQ", record[at + 8 : at + 8 + 16 * word])
        text = "".join(f" {gpa:#x}+{size:#x}" for gpa, size in regions)
        return f"ram{text}", at + 8 + 16 * word
    if kind == 13 and minor >= 1:
        return f"features {struct.unpack_from('<Q', record, at + 8)[0]:#x}", at + 16
    raise Damaged(f"event type {kind}")


def main():
    with open(sys.argv[1], "rb") as stream:
        data = stream.read()
    tag, fields, at = skippable(data, 0)
    need(tag == "SLTH", "no header")
    minor = list_metadata(fields)
    chunks, indexed, end = walk(data, at)
    content = Content(data, chunks, end)
    number = 0
    for first_event, event_count, records in content.records:
        need(first_event == number, "first event")
        at = 0
        for _ in range(event_count):
            line, at = event(content, records, at, minor)
            print(f"{number} {line}")
            number += 1
        need(at == len(records), "bytes after the last event of a chunk")
    if indexed:
        need(indexed[:3] == (number, len(content.pages), len(chunks)), "index")
    print("complete" if indexed else "cut off")


main()
