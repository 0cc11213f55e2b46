"""The command line as the package brings it: what `tests/cli` of the program cannot show."""

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import amaas
import onnxruntime_extensions
import pytest
from conftest import PACKAGES, ROOT
from test_package import succeeds

MODULE = [sys.executable, "-W", "error", "-m", "amaas"]
SCRIPT = [str(Path(sys.executable).with_name("amaas"))]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("AMAAS_")}


def program(*arguments, home="/nowhere", how=MODULE, **options):
    """Starts the program, which knows nothing of where ONNX Runtime lies but what Python does."""
    return subprocess.Popen(
        [*how, *map(str, arguments)],
        env={**ENVIRONMENT, "AMAAS_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=options.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments, **options):
    """What a command prints, what it complains of, and its exit code."""
    with program(*arguments, **options) as process:
        out, err = process.communicate(timeout=120)
        return out, err, process.returncode


def until(holds, process):
    """Waits for what another process does."""
    while not holds():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)


def threads(process):
    """The names of its threads."""
    names = Path(f"/proc/{process.pid}/task").glob("*/comm")
    return [name.read_text().strip() for name in names]


@pytest.mark.parametrize("how", [MODULE, SCRIPT], ids=["module", "script"])
def test_a_model_is_published_listed_and_run(how, tmp_path):
    out, err, code = run("publish", PACKAGES / "1.1.0", home=tmp_path / "models", how=how)
    assert (code, err) == (0, "")
    assert out.startswith("sentiment@1.1.0 published")
    out, err, code = run("ls", "--json", home=tmp_path / "models", how=how)
    assert (code, err) == (0, "")
    assert json.loads(out)["models"][0]["name"] == "sentiment"
    out, err, code = run("run", "sentiment@^1", "I loved it", home=tmp_path / "models", how=how)
    assert (code, err) == (0, "")
    assert out.startswith("positive ")


def test_it_is_the_program_of_this_version():
    assert run("--version") == (f"amaas {amaas.__version__}\n", "", 0)
    out, err, code = run("--help")
    assert (code, err) == (0, "")
    assert "Usage: amaas " in out


def test_a_model_gets_the_operators_that_are_named():
    model = ROOT / "tests/fixtures/preprocess/bert"
    library = onnxruntime_extensions.get_library_path()
    out, err, code = run("run", model, "good", "--operators", library)
    assert (code, err) == (0, "")
    assert out.startswith("positive ")
    out, err, code = run("run", model, "good")
    assert (out, code) == ("", 5)
    assert "operators" in err
    out, err, code = run("run", model, "good", "--operators", "/nowhere/liboperators.so")
    assert out == ""
    assert "`/nowhere/liboperators.so` does not exist" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "sentimant", "x"], 3, "sentiment"),
        (["run", "sentiment@!!", "x"], 2, "selects no version"),
        (["frobnicate"], 2, "Usage: amaas"),
        (["publish", "nowhere"], 3, "nowhere"),
    ],
)
def test_what_goes_wrong_is_told_on_stderr(registry, arguments, code, words):
    out, err, found = run(*arguments, home=registry)
    assert (out, found) == ("", code)
    assert err.startswith("error: ")
    assert words in err


def test_texts_come_through_a_pipe(registry):
    with program("run", "sentiment", home=registry) as process:
        out, _ = process.communicate("I loved it\nDull and boring\n", timeout=120)
    assert [line.split()[0] for line in out.splitlines()] == ["positive", "negative"]


def test_arguments_may_be_any_bytes(registry):
    out, err, code = run("publish", os.fsdecode(b"/nowhere/\xff"), home=registry)
    assert (out, code) == ("", 3)
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_failure(registry):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer) as gone:
        _, err, code = run("ls", home=registry, stdout=gone)
    assert (code, err) == (0, "")


def test_ctrl_c_ends_a_run():
    endless = ROOT / "tests/fixtures/endless.onnx"
    with program("run", endless, "--input", "-") as process:
        until(lambda: "ctrl-c" in threads(process), process)
        process.stdin.write('{"go": true, "x": [0]}')
        process.stdin.close()
        process.stdin = None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert (out, process.returncode) == ("", 130)
    assert err.startswith("error: ")


def test_ctrl_c_ends_a_command_that_waits_for_others(tmp_path):
    with amaas.Service(tmp_path) as service:
        service.publish(PACKAGES / "1.0.0")
    with (tmp_path / "lock").open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with program("yank", "sentiment@1.0.0", home=tmp_path) as process:
            waits = f"-> FLOCK  ADVISORY  WRITE {process.pid} "
            until(lambda: waits in Path("/proc/locks").read_text(), process)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
    assert (out, err, process.returncode) == ("", "", -signal.SIGINT)
    assert amaas.Registry(tmp_path).versions("sentiment")[0].yanked is None


def on_terminal(code, home):
    """What `code` writes on a standard error that is a terminal."""
    return command_on_terminal([sys.executable, "-W", "error", "-c", code], home)


def command_on_terminal(command, home):
    """What a command writes on a standard error that is a terminal; it must end well."""
    mine, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 80))
    environment = {**os.environ, "AMAAS_HOME": str(home), "TQDM_DISABLE": "", "TERM": "xterm"}
    with os.fdopen(mine, "rb", buffering=0) as terminal:
        process = subprocess.Popen(command, env=environment, stderr=its)
        os.close(its)
        pieces = []
        try:
            while piece := terminal.read(4096):
                pieces.append(piece)
        except OSError:  # how a terminal ends whose other side is closed
            pass
        assert process.wait(timeout=120) == 0, pieces
    return b"".join(pieces).decode()


def test_a_bar_is_shown_on_a_terminal(registry):
    code = "import amaas; amaas.Registry().verify(progress=True)"
    assert "verify: " in on_terminal(code, registry)
    without = f"import sys; sys.modules['tqdm'] = None; {code}"
    assert on_terminal(without, registry) == ""
    assert on_terminal(code.replace("True", "False"), registry) == ""


def test_a_bar_follows_what_is_done(registry):
    from amaas._progress import Bar
    from tqdm import tqdm

    bar = Bar(tqdm, "verify", "bytes")
    report = amaas.Registry(registry).verify(progress=bar)
    assert bar._bar.n == bar._bar.total > 1000
    assert bar._bar.total <= report.bytes
    bar.close()


def test_no_bar_is_shown_elsewhere(registry):
    code = """
        import amaas, sys
        amaas.Registry().verify(progress=True)
        print("tqdm" in sys.modules)
    """
    assert succeeds(code, AMAAS_HOME=str(registry)) == "False"


def test_importing_brings_none_of_this():
    code = """
        import sys
        before = set(sys.modules)
        import amaas
        print(sorted(name for name in set(sys.modules) - before if "amaas" in name))
    """
    assert (
        succeeds(code)
        == "['amaas', 'amaas._amaas', 'amaas._answers', 'amaas._errors', 'amaas._twins']"
    )
