"""A service with prices and a ledger, from Python."""

import sqlite3

import amaas
import pytest
from conftest import PACKAGES

PRICES = """
schema = 1
version = "7"
currency = "EUR"

[[rate]]
name = "rows"
row = "0.1"
"""


@pytest.fixture
def prices(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text(PRICES)
    return path


def test_what_tenants_use_is_in_the_ledger_once(tmp_path, prices):
    ledger = tmp_path / "usage.db"
    with amaas.Service(prices=prices, ledger=ledger, strict=True) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        reviews(["I loved it", "I did not"], tenant="acme")
        for _ in range(2):
            reviews("I loved it", tenant="acme", idempotency="one")
        reviews("I loved it")
        with pytest.raises(amaas.InvalidArgument, match="tenant"):
            reviews("I loved it", tenant="a\nb")
    with sqlite3.connect(ledger) as found:
        rows = found.execute("SELECT tenant, rows, amount, currency, idempotency FROM receipts")
        assert rows.fetchall() == [
            ("acme", 2, "0.200000", "EUR", None),
            ("acme", 1, "0.100000", "EUR", "one"),
            ("", 1, "0.100000", "EUR", None),
        ]


def test_a_bad_table_names_its_line(prices):
    prices.write_text(PRICES.replace('"0.1"', "0.1"))
    with pytest.raises(amaas.InvalidArgument, match="line: 8") as caught:
        amaas.Service(prices=prices)
    assert caught.value.context["line"] == "8"


def test_a_ledger_that_cannot_be_opened_says_so(tmp_path):
    with pytest.raises(amaas.Io, match="ledger"):
        amaas.Service(ledger=tmp_path)
