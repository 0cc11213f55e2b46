"""The example web host as a user would run it: a process of its own, real HTTP, many clients."""

import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import amaas
import pytest
from conftest import ROOT

EXAMPLE = ROOT / "examples/flask_classify.py"
TEXTS = ["A warm, funny and moving film.", "Dull and lifeless.", "", "žluťoučký kůň", "🎬"] * 40


@pytest.fixture(scope="module")
def address(registry):
    """Where the example listens, on a port that the system picked."""
    command = [sys.executable, "-m", "flask", "--app", EXAMPLE, "run", "--port", "0"]
    environment = {**os.environ, "AMAAS_HOME": str(registry), "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    lines = []
    for line in server.stdout:
        lines.append(line)
        if found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", line):
            break
    else:
        pytest.fail("the example did not start:\n" + "".join(lines))
    drain = threading.Thread(target=server.stdout.read)
    drain.start()
    yield found[1]
    server.terminate()
    server.wait(timeout=30)
    drain.join()
    server.stdout.close()


def post(address, body, kind="application/json"):
    """Status and parsed body of the answer."""
    headers = {"Content-Type": kind}
    request = urllib.request.Request(f"{address}/classify", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_the_example_is_short():
    assert len(EXAMPLE.read_text().splitlines()) < 25


def test_parallel_clients_get_what_python_gets(address, registry):
    def ask(text):
        return post(address, json.dumps({"text": text}).encode())

    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(ask, TEXTS))
    with amaas.Service(registry) as service:
        expected = service.load("sentiment@^1")(TEXTS)
    assert answers == [(200, {"label": answer["label"]}) for answer in expected]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "send JSON"),
        (b"{", "send JSON"),
        (b"[]", "send JSON"),
        (b'"text"', "send JSON"),
        (b"{}", '"text"'),
        (b'{"texts": "a"}', '"text"'),
        (b'{"text": 7}', '"text"'),
        (b'{"text": null}', '"text"'),
        (b'{"text": ["a"]}', '"text"'),
        (b"\xff\xfe", "send JSON"),
        (b'{"text": "\\ud83c"}', "not Unicode"),
        (json.dumps({"text": "very " * 1000}).encode(), "tokens where the model takes"),
    ],
)
def test_wrong_requests(address, body, words):
    status, answer = post(address, body)
    assert (status, list(answer)) == (400, ["error"])
    assert words in answer["error"]


def test_another_content_type(address):
    status, answer = post(address, b'{"text": "a"}', "text/plain")
    assert status == 400
    assert "send JSON" in answer["error"]
