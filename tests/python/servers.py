"""Registries and their like on this machine, started for one test and ended with it."""

import os
import shutil
import socket
import subprocess
import threading
from contextlib import contextmanager, suppress
from functools import cache

import pytest

USER, PASSWORD = "ali", "open sesame"
HASH = "$2b$04$abcdefghijklmnopqrstuu/LVz6MZlItEy42I2juLihZ66HnQx/cy"  # of PASSWORD, as bcrypt
AUTH = "auth:\n  htpasswd:\n    realm: test\n    path: {folder}/users\n"
CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}/data}}}}
http: {{addr: "127.0.0.1:0"}}
"""


@cache
def has(tool):
    """Whether a tool is here. One that is missing is named; with STRICT=1 that is a failure."""
    found = shutil.which(tool) is not None
    missing = f"missing: {tool} (on Debian: apt-get install {tool})"
    assert found or os.environ.get("STRICT") != "1", missing
    return found


@contextmanager
def docker_registry(folder, password=False):
    """Debian's `docker-registry` at a port of its own choice, which is what this gives."""
    if not has("docker-registry"):
        pytest.skip("left out for the lack of a tool: docker-registry")
    (folder / "users").write_text(f"{USER}:{HASH}\n")
    config = folder / "config.yml"
    config.write_text((CONFIG + AUTH * password).format(folder=folder))
    server = subprocess.Popen(
        ["docker-registry", "serve", str(config)],
        env={**os.environ, "OTEL_TRACES_EXPORTER": "none"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield port_of(server)
    finally:
        server.kill()
        server.wait()
        server.stderr.close()


def port_of(server):
    """The port that a server says it listens on; what it says later is thrown away."""
    said = []
    for line in server.stderr:
        said.append(line)
        _, found, rest = line.partition("listening on 127.0.0.1:")
        if found:
            threading.Thread(target=lambda: [*server.stderr], daemon=True).start()
            return int("".join(digit for digit in rest[:5] if digit.isdigit()))
    raise AssertionError(f"docker-registry ended: {''.join(said)}")


@contextmanager
def trickling(port, after):
    """A way to `port` that lets `after` bytes come back and then next to nothing, for ever."""
    left = [after]
    stop = threading.Event()

    def back(source, target):
        for piece in iter(lambda: source.recv(16 << 10), b""):
            for start in range(0, len(piece), 1 << 10):
                part = piece[start : start + (1 << 10)]
                left[0] -= len(part)
                if left[0] < 0 and stop.wait(0.05):
                    return
                target.sendall(part)

    def forth(source, target):
        for piece in iter(lambda: source.recv(16 << 10), b""):
            target.sendall(piece)

    def copy(copier, source, target):
        with suppress(OSError):
            copier(source, target)
        for side in (source, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def serve(listener):
        with suppress(OSError):
            while True:
                near = listener.accept()[0]
                far = socket.create_connection(("127.0.0.1", port))
                sockets.extend((near, far))
                for arguments in ((forth, near, far), (back, far, near)):
                    threads.append(threading.Thread(target=copy, args=arguments))
                    threads[-1].start()

    sockets, threads = [], []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=serve, args=(listener,))
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for one in sockets:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()
            for one in sockets:
                one.close()
