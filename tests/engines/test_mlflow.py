"""MLflow: saved, and loaded where there is no registry."""

import os
import shutil

import amaas
import amaas.mlflow
import mlflow
import pandas as pd
from conftest import ROOT, TEXTS, same


def test_a_version_is_saved_and_loaded(tmp_path, route, expected):
    amaas.mlflow.save_model(route, str(tmp_path / "model"))
    model = mlflow.pyfunc.load_model(str(tmp_path / "model"))
    found = model.predict(pd.DataFrame({"text": TEXTS}))
    assert same(TEXTS, found["score"], expected)


def test_what_was_logged_needs_no_registry(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "runs").as_uri())
    with amaas.Service(tmp_path / "registry") as service:
        service.publish(ROOT / "models/sentiment/1.0.0")
        with mlflow.start_run():
            logged = amaas.mlflow.log_model(service.load("sentiment"), name="sentiment")
    shutil.rmtree(tmp_path / "registry")
    os.environ.pop("AMAAS_HOME", None)
    model = mlflow.pyfunc.load_model(logged.model_uri)
    assert model.predict(pd.DataFrame({"text": ["I loved it"]}))["label"][0] == "positive"
