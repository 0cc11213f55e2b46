"""The tour is run, cell by cell, as people run it; it is stored without what it showed."""

import nbformat
from conftest import ROOT
from nbclient import NotebookClient

TOUR = ROOT / "examples/tour.ipynb"


def test_the_tour():
    notebook = nbformat.read(TOUR, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs for cell in cells)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": ROOT}}).execute()
    shown = [output for cell in cells for output in cell.outputs if "data" in output]
    html = "".join(output.data.get("text/html", "") for output in shown)
    for word in ("champion → 1.0.0", "1.0.0 → 1.1.0", "Usage", "best first"):
        assert word in html
    assert sum("image/png" in output.data for output in shown) == 3
