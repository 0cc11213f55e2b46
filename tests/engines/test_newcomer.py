"""The part of docs/newcomer.md that needs an engine."""

import sys

import ray
from conftest import ROOT

sys.path.append(str(ROOT / "tests/python"))


def test_run_on_ray(tmp_path, monkeypatch):
    from newcomer import execute, settle_in

    settle_in(tmp_path)
    monkeypatch.chdir(tmp_path)
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        names = {}
        for title in ("Classify", "Pin a version", "Run on Ray"):
            execute(title, names)
        assert names["labels"] == {"positive"}
    finally:
        ray.shutdown()
