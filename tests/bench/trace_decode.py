"""A trace of libprofiler, packet by packet, for scripts: the wire format by hand, the field numbers of
encoder/perfetto.proto."""

import collections
import gzip
import struct

Event = collections.namedtuple("Event", "tid time type category name flows ended stack notes sample counter track")
BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4


def fields(data):
    """Yields (number, value): int for varints and fixed words, bytes for the rest."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = struct.unpack_from("<Q", data, at)[0], at + 8
        elif kind == 2:
            size, at = varint(data, at)
            if at + size > len(data):
                raise ValueError("a message is cut short")
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {kind}")
        yield number, value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def text(value):
    return value.decode("utf-8", "replace")


class Trace:
    """`events` in the order of the file, `threads` {tid: name}, `process` (pid, name)."""

    def __init__(self, path):
        self.threads, self.process, self.clock = {}, None, {}
        self.tids, self.tracks, self.names = {}, {}, {}
        self.frames, self.mappings, self.paths, self.stacks, self.functions = {}, {}, {}, {}, {}
        self.events = []
        with gzip.open(path) as file:
            packets = [value for number, value in fields(file.read()) if number == 1]
        self.packet_count = len(packets)
        for packet in packets:
            for number, value in fields(packet):
                if number == 61:
                    self.take_symbols(value)
        for packet in packets:
            self.take(dict(fields(packet)))

    def take_symbols(self, data):
        module = dict(fields(data)).get(1, b"")
        for number, value in fields(data):
            if number != 3:
                continue
            lines = [text(dict(fields(line)).get(1, b"")) for n, line in fields(value) if n == 2]
            self.names[module, dict(fields(value)).get(1, 0)] = lines

    def take(self, packet):
        sequence = packet.get(10, 0)
        if 12 in packet:
            self.take_interned(sequence, packet[12])
        if 60 in packet:
            self.take_track(sequence, dict(fields(packet[60])))
        if 59 in packet:
            self.tracks[sequence] = dict(fields(dict(fields(packet[59])).get(11, b""))).get(11)
        if 11 in packet:
            self.take_event(sequence, packet.get(8, 0), packet[11])
        if 66 in packet:
            sample = dict(fields(packet[66]))
            self.events.append(Event(sample.get(3), packet.get(8, 0), 0, "", "", [], [],
                                     (sequence, sample.get(4, 0)), {}, True, 0, None))

    def take_track(self, sequence, track):
        if 4 in track:
            thread = dict(fields(track[4]))
            self.tids[sequence] = thread.get(2)
            self.threads[thread.get(2)] = text(thread.get(5, b""))
        if 3 in track:
            process = dict(fields(track[3]))
            self.process = (process.get(1), text(process.get(6, b"")))

    def take_interned(self, sequence, data):
        kinds = {17: self.paths, 5: self.functions}
        for number, value in fields(data):
            each = dict(fields(value))
            key = (sequence, each.get(1, 0))
            if number in kinds:
                kinds[number][key] = each.get(2, b"")
            elif number == 19:
                self.mappings[key] = each.get(7, 0)
            elif number == 6:
                self.frames[key] = (each.get(3, 0), each.get(4, 0), each.get(2, 0))
            elif number == 7:
                self.stacks[key] = [v for n, v in fields(value) if n == 2]

    def take_event(self, sequence, time, data):
        event, flows, ended, notes = {}, [], [], {}
        for number, value in fields(data):
            if number == 47:
                flows.append(value)
            elif number == 48:
                ended.append(value)
            elif number == 4:
                note = dict(fields(value))
                what = next((note[n] for n in (3, 4, 7) if n in note), None)
                notes[text(note.get(10, b""))] = text(note[6]) if 6 in note else signed(what or 0)
            else:
                event[number] = value
        stack = (sequence, event[56]) if 56 in event else None
        self.events.append(Event(self.tids.get(sequence), time, event.get(9, 0), text(event.get(22, b"")),
                                 text(event.get(23, b"")), flows, ended, stack, notes, False,
                                 event.get(30, 0), event.get(11, self.tracks.get(sequence))))

    def functions_of(self, stack):
        """Leaf first."""
        if stack is None:
            return []
        result = []
        for frame in reversed(self.stacks.get(stack, [])):
            mapping, address, function = self.frames[stack[0], frame]
            path = self.paths.get((stack[0], self.mappings.get((stack[0], mapping), 0)), b"")
            names = self.names.get((path, address))
            own = text(self.functions.get((stack[0], function), b""))
            result += names or [own or f"{text(path).rsplit('/', 1)[-1]}+{address:#x}"]
        return result
