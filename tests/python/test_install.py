"""What is installed: from the archive of sources, into an environment of its own."""

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import amaas
import pytest
from conftest import PACKAGES, ROOT

OURS = Path(sysconfig.get_path("purelib"))
# What is built for the tests already is used again: the code is the same, if not the speed.
ENVIRONMENT = {
    **os.environ,
    "CARGO_TARGET_DIR": str(ROOT / "target"),
    "MATURIN_PEP517_ARGS": "--profile dev",
    "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}",
}


def run(*command, cwd):
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    run("maturin", "sdist", "--out", folder, cwd=ROOT)
    [archive] = folder.iterdir()
    return archive


@pytest.fixture(scope="module")
def installed(sources, tmp_path_factory):
    """The interpreter of an environment that has amaas, and sees what it depends on."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=True)
    python = home / "bin/python"
    place = run(python, "-c", "import sysconfig as s; print(s.get_path('purelib'))", cwd=home)
    Path(place.strip(), "ours.pth").write_text(f"{OURS}\n")
    options = (
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--ignore-installed",
        "--no-cache-dir",
    )
    run(python, "-m", "pip", "install", *options, sources, cwd=home)
    return python


def test_the_sources_have_what_is_needed_and_no_more(sources):
    with tarfile.open(sources) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
        about = archive.extractfile(f"amaas-{amaas.__version__}/PKG-INFO").read()
    assert {"pyproject.toml", "Cargo.lock", "python/amaas/py.typed", "LICENSE-MIT"} <= set(names)
    assert not [name for name in names if name.endswith(".so") or name.startswith("target")]
    metadata = message_from_bytes(about)
    assert (metadata["Name"], metadata["Version"]) == ("amaas", amaas.__version__)
    extras = {"dask", "gpu", "mlflow", "plot", "progress", "ray", "spark"}
    assert extras <= set(metadata.get_all("Provides-Extra"))
    needed = [one for one in metadata.get_all("Requires-Dist") if "extra" not in one]
    assert [one.split(">")[0] for one in needed] == ["numpy", "onnxruntime"]


def test_what_was_installed_works(installed, tmp_path):
    code = """
import sys, amaas
service = amaas.Service(sys.argv[1])
service.publish(sys.argv[2])
print(amaas.__file__, service.load("sentiment")("I loved it")[0]["label"])
"""
    file, label = run(installed, "-c", code, tmp_path, PACKAGES / "1.0.0", cwd=tmp_path).split()
    assert Path(file).is_relative_to(installed.parents[1])
    assert label == "positive"


def test_the_programs_are_there(installed, tmp_path):
    for command in ([installed.with_name("amaas")], [installed, "-m", "amaas"]):
        told = run(*command, "doctor", cwd=tmp_path)
        assert "onnxruntime" in told.lower().replace(" ", "")
        assert amaas.__version__ in told


def test_the_wheel_is_for_every_python_and_many_linuxes(tmp_path):
    run("maturin", "build", "--quiet", "--profile", "dev", "--out", tmp_path, cwd=ROOT)
    [wheel] = tmp_path.iterdir()
    name = rf"amaas-{re.escape(amaas.__version__)}-cp311-abi3-manylinux_2_\d+_\w+\.whl"
    assert re.fullmatch(name, wheel.name), wheel.name
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {"amaas/_amaas.abi3.so", "amaas/_amaas.pyi", "amaas/py.typed"} <= names


def test_doctor_warns_where_two_packages_share_a_folder(monkeypatch):
    from amaas import _runtime

    monkeypatch.setattr(_runtime, "version", lambda name: "1.0")
    assert ("warning", _runtime.BOTH) in _runtime.about()
    monkeypatch.undo()
    facts = dict(_runtime.about())
    assert facts["python"].startswith(sys.version.split()[0])
    assert facts["onnxruntime-gpu"] == "not there"
    assert "warning" not in facts
