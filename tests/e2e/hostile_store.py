#!/usr/bin/env python3
"""A server that takes what is pushed to it and answers in a hostile way. At most a minute for each client.

usage: hostile_store.py KIND; prints its port.
KIND: endless (a body), drops (a byte of the body now and then), bomb (gzip), heads (lines of a head), interim (answers with
100), controls (a message that controls terminals).
"""

import os
import socket
import sys
import threading
import time
import zlib


def bomb():
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"\0" * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(200)) + packer.flush()


def answer(kind, client):
    if kind == "endless":
        client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b"A" * 0x10000 + b"\r\n"
    elif kind == "drops":
        client.sendall(b"HTTP/1.1 422 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b"1\r\nA\r\n"
    elif kind == "bomb":
        packed = bomb()
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)
        return
    elif kind == "heads":
        client.sendall(b"HTTP/1.1 200 OK\r\n")
        piece = b"X-Filler: " + b"a" * 1000 + b"\r\n"
    elif kind == "interim":
        piece = b"HTTP/1.1 100 Continue\r\n\r\n" * 100
    else:
        text = b"\x1b]0;owned\x07\x9b31m\r\nprofiler: forged"
        client.sendall(b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
        return
    end = time.monotonic() + 60
    while time.monotonic() < end:
        client.sendall(piece)
        if kind == "drops":
            time.sleep(1)


def serve(kind, client):
    try:
        client.settimeout(10)
        received = b""
        while b"\r\n\r\n" not in received:
            received += client.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length"))
        while len(body) < length:
            body += client.recv(65536)
        answer(kind, client)
    except OSError:
        pass
    client.close()


def main():
    server = socket.create_server(("127.0.0.1", 0))
    os.write(1, f"{server.getsockname()[1]}\n".encode())
    while True:
        client, _ = server.accept()
        threading.Thread(target=serve, args=(sys.argv[1], client), daemon=True).start()


if __name__ == "__main__":
    main()
