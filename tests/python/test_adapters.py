"""The adapters stay adapters; what they do on their engines is in tests/engines."""

import pytest
from conftest import ROOT


@pytest.mark.parametrize("engine", ["ray", "spark", "dask", "mlflow"])
def test_an_adapter_is_short(engine):
    lines = (ROOT / f"python/amaas/{engine}.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 80
