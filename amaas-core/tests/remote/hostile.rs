//! Remotes that lie, loop, trickle or flood: each gives a typed error in bounded time, the store is
//! as it was, and the same handle takes the next good package.

mod blobs;
mod challenges;
mod manifests;
mod pages;
mod pushes;

use std::time::Duration;

use amaas_core::ErrorKind::{self, Corrupt};
use amaas_core::registry::remote::Credentials;

use crate::packages::{Home, snapshot};
use crate::site::{MANIFEST, Site};
use crate::support::{builder, partials, remote};

type Spoil = Box<dyn Fn(&mut Site)>;
type Case = (&'static str, ErrorKind, Spoil);

fn case(name: &'static str, kind: ErrorKind, spoil: impl Fn(&mut Site) + 'static) -> Case {
    (name, kind, Box::new(spoil))
}

fn head(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: {MANIFEST}\r\n").into_bytes()
}

/// What counts: the list, the layouts for other tools, and what is not on its way.
fn state(home: &Home) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let counts = |path: &std::path::Path| {
        let path = path.display().to_string();
        !path.contains("/blobs/") && !path.contains("/temporary/")
    };
    let all = snapshot(home.registry.root()).into_iter();
    all.filter(|(path, _)| counts(path)).collect()
}

/// How many were refused, which is all of them.
fn refuse(all: &[Case]) -> usize {
    let (ner, any) = ("ner".parse().unwrap(), "^1".parse().unwrap());
    let good = Site::new().serve();
    for (name, kind, spoil) in all {
        let home = Home::new();
        home.publish("other", "1.0.0");
        let before = state(&home);
        let mut site = Site::new();
        spoil(&mut site);
        let script = site.serve();
        let short = name.starts_with("silent");
        let silence = Duration::from_millis(if short { 200 } else { 20_000 });
        let spoilt = builder(script.port)
            .credentials(Credentials::new("me", "hush-hush"))
            .silence(silence)
            .parallel(1)
            .open()
            .unwrap();
        let error = spoilt.pull(&home.registry, &ner, &any).unwrap_err();
        assert_eq!(error.kind(), *kind, "{name}: {}", error.report());
        assert!(error.remedy().is_some(), "{name}: {error}");
        assert!(!error.report().contains("hush"), "{name}: {error}");
        assert_eq!(state(&home), before, "{name}");
        if *kind == Corrupt {
            assert_eq!(partials(&home.registry).len(), 0, "{name}");
        }
        let pulled = remote(good.port).pull(&home.registry, &ner, &any).unwrap();
        home.registry.package(&pulled.digest).unwrap();
    }
    all.len()
}
