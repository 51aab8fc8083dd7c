#!/usr/bin/env python3
"""A server that takes what is pushed to it, as Pyroscope's /ingest does, and writes it down.

usage: push_server.py DIRECTORY [CERTIFICATE KEY]; prints its port. Answers with the status (and what it
says after a space) in DIRECTORY/status, if there is one; of what it took, N.json has the query and the headers, N.pb.gz the
profile, N.config what came with it.
"""

import base64
import email.parser
import http.server
import json
import os
import ssl
import sys
import time
import urllib.parse


def asked_for(path):
    """The status and the words to answer with: the file comes, is filled and goes at any moment."""
    while True:
        try:
            with open(path, encoding="ascii") as file:
                number, _, answer = file.read().partition(" ")
        except FileNotFoundError:
            return 200, ""
        if number:
            return int(number), answer
        time.sleep(0.001)


class Taker(http.server.BaseHTTPRequestHandler):
    count = 0

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        directory = sys.argv[1]
        status, answer = asked_for(directory + "/status")
        if status == 200:
            self.take(directory, body)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"" if status == 200 else (answer or "not today\nor ever").replace("NAME", self.path).encode())

    def take(self, directory, body):
        Taker.count += 1
        url = urllib.parse.urlsplit(self.path)
        user = self.headers.get("Authorization", "")
        if user.startswith("Basic "):
            user = base64.b64decode(user[6:]).decode()
        name = f"{directory}/{Taker.count}"
        message = email.parser.BytesParser().parsebytes(
            b"Content-Type: " + self.headers["Content-Type"].encode() + b"\r\n\r\n" + body)
        for part in message.get_payload():
            field = part.get_param("name", header="Content-Disposition")
            ending = {"profile": ".pb.gz", "sample_type_config": ".config"}[field]
            with open(name + ending, "wb") as file:
                file.write(part.get_payload(decode=True))
        facts = dict(urllib.parse.parse_qsl(url.query), path=url.path, user=user)
        with open(name + ".json", "w", encoding="utf-8") as file:
            json.dump(facts, file)


def main():
    server = http.server.HTTPServer(("127.0.0.1", 0), Taker)
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    os.write(1, f"{server.server_port}\n".encode())
    server.serve_forever()


if __name__ == "__main__":
    main()
