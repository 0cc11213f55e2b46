//! Classifies sentences: what a Rust program that embeds amaas starts from.
//!
//! `classify REFERENCE SENTENCE…` with the registry in `AMAAS_HOME`. One line per sentence, tab
//! separated: language, reference, version, label, score, tokens, microseconds, placement.

use std::time::Instant;

use amaas_core::{ClassifyOptions, Error, ErrorKind, Service};

fn main() {
    if let Err(error) = classify() {
        eprintln!("{}", error.report());
        std::process::exit(1);
    }
}

fn classify() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let reference = arguments.next().ok_or_else(|| {
        Error::new(ErrorKind::InvalidArgument, "no model is named")
            .advise("call `classify sentiment@^1 \"I loved it\"`")
    })?;
    let service = Service::builder().build()?;
    let route = service.load(&reference)?;
    for sentence in arguments {
        let started = Instant::now();
        let classified = route.classify_with(&[sentence], &ClassifyOptions::default())?;
        let elapsed = started.elapsed().as_micros();
        let best = &classified.answers[0].labels[0];
        println!(
            "Rust\t{reference}\t{}\t{}\t{:.6}\t{}\t{elapsed}\t{}",
            classified.usage.version,
            best.label,
            best.score,
            classified.usage.tokens,
            route.lease().placement(),
        );
    }
    Ok(())
}
