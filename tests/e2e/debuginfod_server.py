#!/usr/bin/env python3
"""Runs a command beside a debuginfod server on loopback, and prints what was asked of the server.

usage: debuginfod_server.py DIRECTORY COMMAND...: DIRECTORY/buildid/ID/debuginfo and .../executable are served; DIRECTORY/status is
answered instead if it is there; with DIRECTORY/silent each answer takes longer than the command. Ends as the command.
"""

import http.server
import os
import subprocess
import sys
import threading

over = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.path, flush=True)
        directory = sys.argv[1]
        if os.path.exists(directory + "/silent"):
            over.wait(60)
        try:
            with open(directory + "/status", encoding="ascii") as file:
                self.send_error(int(file.read()))
            return
        except FileNotFoundError:
            pass
        try:
            with open(directory + os.path.normpath(self.path), "rb") as file:
                body = file.read()
        except FileNotFoundError:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = dict(os.environ, DEBUGINFOD_URLS=f"http://127.0.0.1:{server.server_port}/")
status = subprocess.run(sys.argv[2:], env=environment, timeout=50, check=False).returncode
over.set()
sys.exit(status)
