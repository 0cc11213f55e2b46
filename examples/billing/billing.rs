//! Two tenants on one service: prices, a quota that trips, an encrypted and signed model, invoices.
//!
//! `billing PACKAGE FOLDER`: the folder gets a registry, the ledger and a page for each invoice.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use amaas_core::clock::Day;
use amaas_core::privacy::{Keys, PublicKey, Recipients, Signer};
use amaas_core::service::{PublishOptions, Trust};
use amaas_core::usage::{Ledger, PriceTable, Quotas};
use amaas_core::{
    Call, ClassifyOptions, Error, ErrorKind, LoadSettings, Result, Route, Service, ServiceBuilder,
};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/billing");
const RECIPIENT: &str = "age10e5320glq73kt0e95zqe9ayz6l4aje6zcuf5dw4gx52u09cnyguq97rlgr";
const CALLS: [(&str, usize); 2] = [("acme", 3), ("globex", 4)];
const TEXTS: [&str; 2] = ["I loved it", "A dull, lifeless mess."];

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(package), Some(folder)) = (arguments.next(), arguments.next()) else {
        eprintln!("call `billing models/sentiment/1.0.0 FOLDER`");
        std::process::exit(2);
    };
    if let Err(error) = run(&package, &folder) {
        eprintln!("{}", error.report());
        std::process::exit(1);
    }
}

fn run(package: &Path, folder: &Path) -> Result<()> {
    let here = Path::new(HERE);
    let signer = Signer::open(here.join("author.key"))?.generation(1);
    let options = PublishOptions::default()
        .encrypted_for(Recipients::keys([RECIPIENT])?)
        .signed_by(signer);
    service(folder).build()?.publish_with(package, &options)?;

    let ledger = Ledger::open(folder.join("usage.db"))?;
    let host = service(folder)
        .keys(Keys::from_file(here.join("identity.txt")))
        .trust(Trust::require([PublicKey::open(here.join("author.pub"))?]))
        .prices(PriceTable::open(here.join("prices.toml"))?)
        .quotas(Quotas::open(here.join("quotas.toml"))?)
        .ledger(ledger.clone())
        .build()?;
    let reviews = host.load("sentiment")?;
    for (tenant, calls) in CALLS {
        for _ in 0..calls {
            call(&reviews, tenant)?;
        }
    }
    for (tenant, _) in CALLS {
        bill(&ledger, tenant, &folder.join(format!("{tenant}.html")))?;
    }
    Ok(())
}

fn service(folder: &Path) -> ServiceBuilder {
    let settings = LoadSettings {
        instances: Some(1),
        ..LoadSettings::default()
    };
    Service::builder()
        .registry(folder.join("registry"))
        .settings(settings)
}

fn call(reviews: &Route, tenant: &str) -> Result<()> {
    let call = Call {
        tenant: Some(tenant.into()),
        ..Call::default()
    };
    let options = ClassifyOptions {
        call,
        ..ClassifyOptions::default()
    };
    match reviews.classify_with(&TEXTS, &options) {
        Ok(classified) => {
            let price = classified.usage.price.ok_or_else(unpriced)?;
            println!("{tenant}\tpays\t{price}\t{}", price.terms.rate);
            Ok(())
        }
        Err(refused) if refused.kind() == ErrorKind::QuotaExceeded => {
            println!("{tenant}\trefused\t{}", refused.kind().name());
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Prints the invoice of this month, and writes it as a page.
fn bill(ledger: &Ledger, tenant: &str, page: &Path) -> Result<()> {
    let today = Day::of(SystemTime::now());
    let invoice = ledger.invoice(tenant, today.month(), today.next_month())?;
    for line in &invoice.lines {
        let (amount, currency, rate, rows) = (line.amount, &line.currency, &line.rate, line.rows);
        println!("{tenant}\towes\t{amount} {currency}\t{rate}, {rows} rows");
    }
    for (currency, total) in &invoice.totals {
        println!("{tenant}\ttotal\t{total} {currency}");
    }
    invoice.write(page)
}

fn unpriced() -> Error {
    Error::new(ErrorKind::Internal, "a receipt has no price").advise("see prices.toml")
}
