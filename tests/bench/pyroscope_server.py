"""A Pyroscope server on loopback for scripts/judge push, with a data directory of its own that outlives its stops."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

RINGS = ["distributor.ring", "compactor.ring", "store-gateway.sharding-ring", "query-scheduler.ring",
         "overrides-exporter.ring"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self, program, directory):
        os.makedirs(directory)
        self.directory, self.process, self.begun = directory, None, time.time()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # All on loopback, nothing reported elsewhere, and its own profiles left out.
        self.command = [
            os.path.abspath(program), "-target=all", "-usage-stats.enabled=false", "-self-profiling.disable-push=true",
            "-server.http-listen-address=127.0.0.1", f"-server.http-listen-port={port}",
            "-server.grpc-listen-address=127.0.0.1", f"-server.grpc-listen-port={free_port()}",
            "-memberlist.bind-addr=127.0.0.1", f"-memberlist.bind-port={free_port()}",
            "-memberlist.advertise-addr=127.0.0.1",
            "-ring.store=inmemory", "-ingester.lifecycler.addr=127.0.0.1", "-query-frontend.instance-addr=127.0.0.1",
            "-storage.backend=filesystem", "-storage.filesystem.dir=" + os.path.join(directory, "shared"),
            "-pyroscopedb.data-path=" + os.path.join(directory, "data"), "-pyroscopedb.retention-policy-disable=true"]
        for ring in RINGS:
            self.command += [f"-{ring}.store=inmemory", f"-{ring}.instance-addr=127.0.0.1"]

    def start(self):
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log)
        end = time.monotonic() + 90
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urllib.request.urlopen(self.url + "/ready", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        with open(os.path.join(self.directory, "log"), encoding="utf-8") as log:
            raise RuntimeError("the server does not start:\n" + "".join(log.readlines()[-20:]))

    def stop(self):
        """As an operator stops it: what it holds in memory goes to the data directory."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(90)
            self.process = None

    def ask(self, method, **query):
        query |= {"start": int((self.begun - 60) * 1000), "end": int((time.time() + 60) * 1000)}
        request = urllib.request.Request(f"{self.url}/querier.v1.QuerierService/{method}", json.dumps(query).encode(),
                                         {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def label_values(self, name):
        return self.ask("LabelValues", name=name).get("names", [])

    def profile_types(self):
        return [kind["ID"] for kind in self.ask("ProfileTypes").get("profileTypes", [])]

    def merged(self, kind, selector):
        """The total of a profile type, and the names of its functions."""
        profile = self.ask("SelectMergeProfile", profileTypeID=kind, labelSelector=selector)
        strings = profile.get("stringTable", [])
        total = sum(int(sample["value"][0]) for sample in profile.get("sample", []))
        return total, {strings[int(function.get("name", 0))] for function in profile.get("function", [])}
