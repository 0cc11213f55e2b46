//! Names that nobody types by mistake: each is refused when it is read, before a path or a query
//! is made of it, and what refuses it never repeats control characters.

use amaas_core::ErrorKind::{self, InvalidArgument, NotFound};
use amaas_core::model::{AliasName, Digest, ModelName, PackagePath, Reference, Selector};
use amaas_core::{Error, Result};

use crate::support::{Home, report, snapshot};

/// Wrong as the name of anything.
const NAMES: [&str; 40] = [
    "",
    " ",
    ".",
    "..",
    "...",
    "../ner",
    "/ner",
    "ner/",
    "ner/..",
    "ner\\x",
    "c:ner",
    "~ner",
    "-ner",
    "ner-",
    "_ner",
    "ner.",
    ".ner",
    "n--r",
    "n..r",
    "n-_r",
    "NER",
    "Ner",
    "n er",
    " ner",
    "ner ",
    "ner\n",
    "ner\0",
    "ner\u{1b}[31m",
    "n\u{435}r",
    "\u{feff}ner",
    "ner\u{200b}",
    "ne\u{301}r",
    "ｎｅｒ",
    "日本",
    "ner@1",
    "ner:1",
    "ner%2f",
    "ner?x=1",
    "ner#x",
    "$(ner)",
];

/// Wrong as a digest.
const DIGESTS: [&str; 16] = [
    "",
    "sha256",
    "sha256:",
    "sha256:0",
    "sha256:../../../../etc/passwd",
    "SHA256:0000000000000000000000000000000000000000000000000000000000000000",
    "sha512:0000000000000000000000000000000000000000000000000000000000000000",
    "md5:00000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "sha256:000000000000000000000000000000000000000000000000000000000000000",
    "sha256:00000000000000000000000000000000000000000000000000000000000000000",
    "sha256:000000000000000000000000000000000000000000000000000000000000000A",
    "sha256:000000000000000000000000000000000000000000000000000000000000000g",
    "sha256: 00000000000000000000000000000000000000000000000000000000000000",
    "sha256:0000000000000000000000000000000000000000000000000000000000000000\n",
    "sha256:０００００００００００００００００００００",
];

/// Wrong as what selects a version.
const SELECTORS: [&str; 27] = [
    "",
    "1.0.0.0",
    "V1.0.0",
    "^",
    "~",
    "=",
    "^^1",
    "1 || 2",
    "1 - 2",
    ">1 <2",
    "!=1",
    "latest!",
    "-1",
    "01.0.0",
    "1.0.0-",
    "1.0.0+",
    "1.0.0-rc..1",
    "1.0.0-01",
    "99999999999999999999.0.0",
    "1.0.0\0",
    "1.0.0\n^1",
    "../1.0.0",
    "champion/..",
    "CHAMPION",
    "c",
    "sha256:zz",
    "１.０.０",
];

/// Wrong as the path of a file in a package.
const PATHS: [&str; 30] = [
    "",
    ".",
    "..",
    "/",
    "/x",
    "//x",
    "x/",
    "x//y",
    "./x",
    "x/.",
    "x/./y",
    "../x",
    "x/..",
    "x/../y",
    "x/../../y",
    "..\\x",
    "x\\y",
    "\\x",
    "\\\\host\\x",
    "c:x",
    "c:\\x",
    "x:stream",
    "x*",
    "x?",
    "x|y",
    "<x>",
    "\"x\"",
    "x\0",
    "x\n",
    "x\u{85}",
];

fn refused<T: std::fmt::Debug>(text: &str, answer: Result<T>, kind: ErrorKind) {
    let error: Error = answer.expect_err(text);
    assert_eq!(error.kind(), kind, "{text:?}: {error}");
    assert!(error.remedy().is_some(), "{text:?}: {error}");
    assert!(
        error.report().len() < 2000,
        "{text:?} is repeated at length"
    );
    let shown = error.to_string();
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

#[test]
fn hostile_names_are_refused_when_they_are_read() {
    let (home, mut cases) = (Home::new(), 0);
    home.publish("ner", "1.0.0");
    let before = snapshot(home.registry.root());
    let long = "n".repeat(100_000);
    let names = || NAMES.into_iter().chain([long.as_str()]);
    for text in names() {
        refused(text, text.parse::<ModelName>(), InvalidArgument);
        refused(text, text.parse::<AliasName>(), InvalidArgument);
        cases += 2;
    }
    let digits = "0".repeat(100_000);
    for text in DIGESTS.into_iter().chain([digits.as_str()]) {
        refused(text, text.parse::<Digest>(), InvalidArgument);
        cases += 1;
    }
    let comparators = "^1,".repeat(10_000);
    for text in SELECTORS.into_iter().chain([comparators.as_str()]) {
        refused(text, text.parse::<Selector>(), InvalidArgument);
        cases += 1;
    }
    let deep = "x/".repeat(600) + "x";
    let wide = "x".repeat(256);
    for text in PATHS.into_iter().chain([deep.as_str(), wide.as_str()]) {
        refused(text, text.parse::<PackagePath>(), InvalidArgument);
        cases += 1;
    }
    for name in names().filter(|name| !name.contains(['/', '\\', '@']) && !name.starts_with('.')) {
        let text = format!("{name}@^1");
        refused(&text, text.parse::<Reference>(), InvalidArgument);
        cases += 1;
    }
    report("names, digests, selectors and paths", cases);

    // What is well formed and not there is looked for and not found; nothing is made of it.
    let name = "ner".parse().unwrap();
    for selector in [
        "^18446744073709551615",
        "<0.0.1",
        "con",
        "index.json",
        "lock",
    ] {
        let selector = selector.parse().unwrap();
        let answer = home.registry.resolve(&name, &selector);
        refused(&selector.to_string(), answer, NotFound);
    }
    for name in ["index.json", "oci-layout", "lock", "blobs", "con", "nul"] {
        refused(name, home.registry.model(&name.parse().unwrap()), NotFound);
    }
    assert_eq!(snapshot(home.registry.root()), before);
    home.registry
        .resolve(&name, &"^1".parse().unwrap())
        .unwrap();
}
