"""Two tenants on one service: prices, a quota that trips, an encrypted and signed model, invoices.

``billing.py PACKAGE FOLDER``: the folder gets a registry, the ledger and a page for each invoice.
"""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import amaas

HERE = Path(__file__).parent
RECIPIENT = "age10e5320glq73kt0e95zqe9ayz6l4aje6zcuf5dw4gx52u09cnyguq97rlgr"
CALLS = [("acme", 3), ("globex", 4)]
TEXTS = ["I loved it", "A dull, lifeless mess."]


def main(package, folder):
    with service(folder) as author:
        author.publish(package, recipients=[RECIPIENT], sign_with=HERE / "author.key", generation=1)
    with service(
        folder,
        keys=HERE / "identity.txt",
        trust=amaas.Trust([HERE / "author.pub"]),
        prices=HERE / "prices.toml",
        quotas=HERE / "quotas.toml",
        ledger=folder / "usage.db",
    ) as host:
        reviews = host.load("sentiment")
        for tenant, calls in CALLS:
            for _ in range(calls):
                call(reviews, tenant)
        for tenant, _ in CALLS:
            bill(host.ledger, tenant, folder / f"{tenant}.html")


def service(folder, **options):
    return amaas.Service(folder / "registry", instances=1, **options)


def call(reviews, tenant):
    try:
        reviews(TEXTS, tenant=tenant, receipt=told)
    except amaas.QuotaExceeded as refused:
        print(f"{tenant}\trefused\t{refused.kind}")


def told(receipt):
    print(f"{receipt.tenant}\tpays\t{receipt.price} {receipt.currency}\t{receipt.rate}")


def bill(ledger, tenant, page):
    """Print the invoice of this month, and write it as a page."""
    since = datetime.now(UTC).date().replace(day=1)
    until = (since + timedelta(days=31)).replace(day=1)
    invoice = ledger.invoice(tenant, f"{since}", f"{until}")
    for line in invoice.lines:
        print(f"{tenant}\towes\t{line.amount} {line.currency}\t{line.rate}, {line.rows} rows")
    for currency, total in invoice.totals.items():
        print(f"{tenant}\ttotal\t{total} {currency}")
    invoice.write(page)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
