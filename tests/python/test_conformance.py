"""One suite, three faces: see tests/conformance.md."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import amaas
import pytest

ROOT = Path(__file__).parents[2]
CASES = tomllib.loads((ROOT / "tests/conformance.toml").read_text())["case"]

DRIVERS = {
    "Rust": [ROOT / "target/debug/driver"],
    "C": [ROOT / "build/driver"],
    "Python": [sys.executable, ROOT / "tests/python/driver.py"],
}


# The key that opens what is encrypted for it is in tests/fixtures/identity.txt.
RECIPIENT = "age12rufrxp88d4praeu7pzmgu4n6qfv4emr9srhlf5lmx55j0448quqmsjpye"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A registry with both versions of `sentiment`, an alias, and a model that is encrypted."""
    root = tmp_path_factory.mktemp("conformance")
    with amaas.Service(root) as service:
        for version in ("1.0.0", "1.1.0"):
            service.publish(ROOT / "models/sentiment" / version)
        service.alias("sentiment", "classic", "1.0.0")
        service.publish(ROOT / "tests/fixtures/inference", recipients=[RECIPIENT])
    return root


def ask(face, reference, home, requests):
    """The answers of one driver, each split into its fields."""
    done = subprocess.run(
        [*DRIVERS[face], reference],
        input="".join(f"{request}\n" for request in requests),
        env={**os.environ, "AMAAS_HOME": str(home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def agrees(found, expected, tolerance):
    """Fields are equal, or hold numbers that agree to so much."""
    if found == expected:
        return True
    pairs = list(
        zip(found.replace("=", ",").split(","), expected.replace("=", ",").split(","), strict=False)
    )
    return len(found.split(",")) == len(expected.split(",")) and all(
        same(pair, tolerance) for pair in pairs
    )


def same(pair, tolerance):
    """Two words, or two numbers close together."""
    try:
        a, b = map(float, pair)
    except ValueError:
        return pair[0] == pair[1]
    return a == pytest.approx(b, rel=tolerance, abs=tolerance, nan_ok=True)


@pytest.mark.parametrize("face", DRIVERS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case, face, home):
    [*answers] = ask(face, case["model"], home, [case["request"]])
    [answer] = answers
    expected = case["answer"].split("\t")
    if expected[0] == "error":
        assert answer[:2] == expected[:2], answer
        for words in expected[2:]:
            assert words in answer[2]
        return
    assert len(answer) == len(expected), answer
    for found, field in zip(answer, expected, strict=True):
        assert agrees(found, field, case.get("tolerance", 1e-6)), (answer, expected)


@pytest.mark.parametrize("face", DRIVERS)
def test_a_failed_request_leaves_the_next_unharmed(face, home):
    requests = [
        "classify\t0\tI loved it",
        "classify\t1\tI loved it",
        "nonsense",
        "classify\t1\tI loved it",
    ]
    answers = ask(face, "sentiment@1.1.0", home, requests)
    assert [answer[0] for answer in answers] == ["error", "ok", "error", "ok"]
    assert answers[1] == answers[3]
