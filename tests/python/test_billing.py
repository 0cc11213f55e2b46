"""The example of two tenants with different prices, in Python and in Rust."""

import subprocess
import sys

import pytest
from conftest import PACKAGES, ROOT

EXPECTED = """\
acme	pays	0.0020 EUR	list
acme	pays	0.0020 EUR	list
acme	pays	0.0020 EUR	list
globex	pays	0.0000 EUR	globex-contract
globex	pays	0.0006 EUR	globex-contract
globex	pays	0.0006 EUR	globex-contract
globex	refused	quota_exceeded
acme	owes	0.0060 EUR	list, 6 rows
acme	total	0.0060 EUR
globex	owes	0.0012 EUR	globex-contract, 6 rows
globex	total	0.0012 EUR
"""
PROGRAMS = {
    "Python": [sys.executable, ROOT / "examples/billing/billing.py"],
    "Rust": [ROOT / "target/debug/billing"],
}


@pytest.mark.parametrize("language", PROGRAMS)
def test_two_tenants_pay_by_their_prices(language, tmp_path):
    command = [*PROGRAMS[language], PACKAGES / "1.0.0", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout == EXPECTED
    assert "<b>globex</b>" in (tmp_path / "globex.html").read_text(encoding="utf-8")
    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("blobs/**/*") if file.is_file())
    assert stored
    assert b"input_ids" not in stored
