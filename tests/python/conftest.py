"""What several test files share."""

from pathlib import Path

import amaas
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "models/sentiment"


@pytest.fixture(scope="session")
def registry(tmp_path_factory):
    """A registry with both versions of `sentiment`, and the alias `classic` on the older."""
    root = tmp_path_factory.mktemp("registry")
    with amaas.Service(root) as service:
        for version in ("1.0.0", "1.1.0"):
            service.publish(PACKAGES / version)
        service.alias("sentiment", "classic", "1.0.0")
    return root
