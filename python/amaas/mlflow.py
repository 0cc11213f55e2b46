"""MLflow: a version as a ``pyfunc`` model, with everything in it that it needs.

>>> reviews = service.load("sentiment@1.1.0")
>>> amaas.mlflow.log_model(reviews, name="sentiment")
>>> mlflow.pyfunc.load_model("models:/sentiment/1").predict(frame)

The trap: what is logged is a copy of the version. It follows no alias and needs no registry.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import mlflow.pyfunc

import amaas
from amaas._columns import columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Model", "log_model", "save_model"]


class Model(mlflow.pyfunc.PythonModel):  # type: ignore[misc,name-defined,unused-ignore]
    """A version as MLflow runs it."""

    def __init__(self, reference: str) -> None:
        self.reference = reference

    def load_context(self, context: Any) -> None:
        """Unpack the version and load it; MLflow does this once."""
        self._folder = TemporaryDirectory(prefix="amaas-")
        amaas.Registry(self._folder.name).import_archive(context.artifacts["version"])
        self._route = amaas.Service(self._folder.name).load(self.reference)

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Answer the texts of the first column; ``params`` are the options of the call."""
        import pandas as pd

        texts = model_input.iloc[:, 0]
        return pd.DataFrame(columns(self._route, texts, params or {}), index=model_input.index)


def save_model(route: amaas.Route, path: str, **options: Any) -> None:
    """Write the version that ``route`` answers from as an MLflow model; options are MLflow's."""
    with TemporaryDirectory() as folder:
        mlflow.pyfunc.save_model(path, **_model(route, folder), **options)


def log_model(route: amaas.Route, **options: Any) -> Any:
    """Log the version that ``route`` answers from; options are those of MLflow's ``log_model``."""
    with TemporaryDirectory() as folder:
        return mlflow.pyfunc.log_model(**_model(route, folder), **options)


def _model(route: amaas.Route, folder: str) -> dict[str, Any]:
    archive = str(Path(folder, "version.tar"))
    registry, reference = route.registry, f"{route.name}@{route.version}"
    registry.export(archive, only=[reference])
    requirements = [f"amaas=={amaas.__version__}"]
    return {
        "python_model": Model(reference),
        "artifacts": {"version": archive},
        "pip_requirements": requirements,
    }
