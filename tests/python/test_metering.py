"""Receipts, prices, quotas, a ledger and metrics, from Python."""

import asyncio
import csv
import re
import sqlite3
from decimal import Decimal

import amaas
import numpy as np
import pyarrow.parquet
import pytest
from conftest import PACKAGES, ROOT

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


QUOTAS = """
schema = 1

[tenant.small]
rows_per_day = 2

[tenant.poor]
money_per_day = "0.2"

[tenant.closed]
in_flight = 0
"""


@pytest.fixture
def quotas(tmp_path):
    path = tmp_path / "quotas.toml"
    path.write_text(QUOTAS)
    return path


def test_every_call_gives_its_receipt_to_who_asks(prices):
    with amaas.Service(prices=prices, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        receipts = []
        plain = reviews(["I loved it", "I did not"])
        assert reviews(["I loved it", "I did not"], tenant="acme", receipt=receipts.append) == plain
        ids = np.zeros((3, 100), np.int32)
        reviews.run({"input_ids": ids}, receipt=receipts.append)

        async def later():
            await reviews.classify_async("I loved it", receipt=receipts.append)
            await reviews.run_async({"input_ids": ids}, receipt=receipts.append)

        asyncio.run(later())
        list(reviews.map(["a", "b", "c"], batch=2, receipt=receipts.append))
        assert [one.rows for one in receipts[:4]] == [2, 3, 1, 3]
        assert sum(one.rows for one in receipts[4:]) == 3
        first, run = receipts[:2]
        assert (first.tenant, first.model, first.version) == ("acme", "sentiment", "1.0.0")
        assert first.digest == reviews.digest
        assert (first.task, run.task) == ("text-classification", None)
        assert (first.requests, first.together, first.tokens_out) == (1, 1, 0)
        assert first.tokens > 0
        assert first.bytes_in == 19
        assert first.bytes_out > 0
        assert run.bytes_in == ids.nbytes
        assert run.tokens == 0
        assert first.computed_seconds > 0
        assert first.loaded_seconds == 0
        assert first.placement == "CPUExecutionProvider"
        assert (first.price, first.currency) == (Decimal("0.200000"), "EUR")
        assert (first.rate, first.price_table, first.repeated) == ("rows", "7", False)
        assert "price=Decimal('0.200000')" in repr(first)
        assert reviews.usage.requests == 1 + len(receipts)


def test_an_embedding_gives_its_receipt(tmp_path):
    with amaas.Service(instances=1) as service:
        encoder = service.load(str(ROOT / "tests" / "fixtures" / "encoder"))
        receipts = []
        encoder.embed(["a b", "c"], receipt=receipts.append)
        encoder("a b", receipt=receipts.append)

        async def later():
            await encoder.embed_async("a b", receipt=receipts.append)

        asyncio.run(later())
        assert [one.rows for one in receipts] == [2, 1, 1]
        assert {one.task for one in receipts} == {"text-embedding"}
        assert all(one.price is None and one.currency is None for one in receipts)


def test_a_service_tells_of_each_receipt(prices, monkeypatch):
    heard = []
    with amaas.Service(prices=prices, on_receipt=heard.append, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        reviews(["I loved it", "I did not"], tenant="acme")
        with pytest.raises(TypeError):
            reviews(7)

        async def later():
            await reviews.classify_async("I loved it")

        asyncio.run(later())
        with reviews.keep_for("acme"):
            pass
    assert [(one.tenant, one.rows, one.requests) for one in heard] == [
        ("acme", 2, 1),
        (None, 1, 1),
        ("acme", 0, 0),
    ]
    assert [one.price for one in heard] == [Decimal("0.2"), Decimal("0.1"), Decimal(0)]

    def refuse(receipt):
        raise LookupError(receipt.model)

    raised = []
    monkeypatch.setattr("sys.unraisablehook", raised.append)
    with amaas.Service(on_receipt=refuse, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        assert reviews("I loved it")[0]["label"] == "positive"
    assert [type(one.exc_value) for one in raised] == [LookupError]
    with pytest.raises(TypeError, match="on_receipt must be a function"):
        amaas.Service(on_receipt=7)


def test_who_takes_receipts_may_end_the_call():
    def refuse(receipt):
        raise LookupError(receipt.model)

    with amaas.Service(instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        with pytest.raises(LookupError, match="sentiment"):
            reviews("I loved it", receipt=refuse)
        with pytest.raises(TypeError, match="receipt must be a function"):
            reviews("I loved it", receipt=7)

        async def later():
            with pytest.raises(LookupError, match="sentiment"):
                await reviews.classify_async("I loved it", receipt=refuse)

        asyncio.run(later())


def test_quotas_and_budgets_trip(prices, quotas):
    with amaas.Service(prices=prices, quotas=quotas, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        two = ["I loved it", "I did not"]
        reviews(two, tenant="small")
        with pytest.raises(amaas.QuotaExceeded, match="rows a day") as caught:
            reviews(two, tenant="small")
        assert caught.value.retryable
        assert 0 < caught.value.retry_after <= 86_400
        with pytest.raises(amaas.QuotaExceeded, match="under way"):
            reviews(two, tenant="closed")
        reviews(two, tenant="poor")
        with pytest.raises(amaas.BudgetExhausted, match="a day is spent") as caught:
            reviews(two, tenant="poor")
        assert 0 < caught.value.retry_after <= 86_400

        async def later():
            with pytest.raises(amaas.BudgetExhausted):
                await reviews.classify_async(two, tenant="poor")

        asyncio.run(later())
        standing = service.standing("poor")
        assert (standing.rows_today, standing.spent_today) == (2, Decimal("0.200000"))
        assert standing.spent_this_month == Decimal("0.200000")
        assert standing.used["rows"]["row"] == 2
        assert service.standing().rows_today == 0


def test_a_bad_quota_table_names_its_line(quotas):
    quotas.write_text(QUOTAS.replace('"0.2"', "0.2"))
    with pytest.raises(amaas.InvalidArgument, match="line: 8"):
        amaas.Service(quotas=quotas)


def test_a_tenant_pays_for_what_is_kept_loaded(prices):
    prices.write_text(PRICES + 'loaded = "3600"\n')
    with amaas.Service(prices=prices, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        with pytest.raises(amaas.InvalidArgument, match="tenant"):
            reviews.keep_for("a\nb")
        with reviews.keep_for("acme") as tenancy:
            receipt = tenancy.settle()
            assert receipt.tenant == "acme"
            assert receipt.requests == 0
            assert receipt.loaded_seconds > 0
            assert receipt.price > 0
        with pytest.raises(amaas.Closed, match="tenancy"):
            tenancy.settle()
        assert service.standing("acme").spent_today >= receipt.price


def test_a_ledger_tells_sums_exports_and_invoices(tmp_path, prices):
    path = tmp_path / "usage.db"
    with amaas.Service(prices=prices, ledger=path, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        for tenant in ("acme", "acme", None):
            reviews(["I loved it", "I did not"], tenant=tenant)
        # What waits to be written is settled before the answer.
        sums = service.ledger.sums(by=["tenant"])
        assert [(one.tenant, one.requests) for one in sums] == [("", 1), ("acme", 2)]
        assert sums[1].amount == Decimal("0.400000")
        assert sums[1].currency == "EUR"
        ledger = service.ledger
    with pytest.raises(amaas.Closed):
        _ = service.ledger
    assert ledger.sums()[0].requests == 3  # it goes on without the service

    ledger = amaas.Ledger(path)
    assert len(ledger.sums(by=["model", "day", "rate"], tenant="acme", since="2000-01-01")) == 1
    assert ledger.sums(until="2000-01-01") == []
    with pytest.raises(amaas.InvalidArgument, match="`colour`"):
        ledger.sums(by=["colour"])
    with pytest.raises(amaas.InvalidArgument, match="`today` is no day"):
        ledger.sums(since="today")
    with pytest.raises(amaas.InvalidArgument, match="does not tell what to write"):
        ledger.export(tmp_path / "receipts.xls")
    with pytest.raises(amaas.NotFound, match="no ledger"):
        amaas.Ledger(tmp_path / "nothing.db")

    invoice = ledger.invoice("acme", "2000-01-01", "3000-01-01")
    assert invoice.totals == {"EUR": Decimal("0.400000")}
    assert (invoice.tenant, invoice.since, invoice.until) == ("acme", "2000-01-01", "3000-01-01")
    assert [(one.model, one.rate, one.rows) for one in invoice.lines] == [("sentiment", "rows", 4)]
    assert invoice.to_csv().startswith("model,rate,requests")
    assert "<b>acme</b>" in invoice._repr_html_()
    invoice.write(tmp_path / "acme.html")
    assert (tmp_path / "acme.html").read_text() == invoice.to_html()


def test_parquet_holds_what_csv_holds(tmp_path, prices):
    path = tmp_path / "usage.db"
    with amaas.Service(prices=prices, ledger=path, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        reviews(["I loved it", "I did not"], tenant="acmé", idempotency="one")
        reviews.run({"input_ids": np.zeros((3, 100), np.int32)})
        assert service.ledger.export(tmp_path / "receipts.csv") == 2
        assert service.ledger.export(tmp_path / "receipts.parquet") == 2
        assert service.ledger.export(tmp_path / "none.parquet", tenant="nobody") == 0
    with (tmp_path / "receipts.csv").open(encoding="utf-8") as file:
        expected = list(csv.DictReader(file))
    table = pyarrow.parquet.read_table(tmp_path / "receipts.parquet")
    assert table.column_names == list(expected[0])
    assert pyarrow.types.is_decimal(table.schema.field("amount").type)
    assert pyarrow.parquet.read_table(tmp_path / "none.parquet").num_rows == 0

    def text(name, value):
        match name:
            case "at":
                return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            case "amount":
                return value
            case _:
                return "" if value is None else str(value)

    for row, wanted in zip(table.to_pylist(), expected, strict=True):
        wanted = wanted | {"amount": Decimal(wanted["amount"])}
        assert {name: text(name, value) for name, value in row.items()} == wanted
    assert sum(table.column("amount").to_pylist()) == Decimal("0.5")


def test_metrics_are_a_page_that_parses_and_tells_no_secrets(tmp_path, prices, quotas):
    with amaas.Service(prices=prices, quotas=quotas, instances=1) as service:
        reviews = service.load(str(PACKAGES / "1.0.0"))
        reviews(["canary-text", "I did not"], tenant="canary-tenant", key="canary-key")
        with pytest.raises(amaas.QuotaExceeded):
            reviews("canary-text", tenant="closed")
        page = service.metrics_text()
    assert "canary" not in page
    assert "closed" not in page
    found = {}
    for line in page.splitlines():
        if not line.startswith("#"):
            sample = re.fullmatch(r"(\w+)(?:\{(.*)\})? ([0-9.e+-]+)", line)
            assert sample, line
            found[sample[1], sample[2]] = float(sample[3])
    model = 'gen_ai_request_model="sentiment"'
    assert found["amaas_requests_total", model] == 1
    assert found["amaas_rows_total", model] == 2
    failed = f'{model},error_type="quota_exceeded"'
    assert found["amaas_request_failures_total", failed] == 1
    assert found["gen_ai_server_request_duration_seconds_count", model] == 1
    assert found["amaas_model_loaded", f'{model},amaas_model_version="1.0.0"'] == 1
