//! Lists that lead elsewhere, say nothing or never end, and redirects without end.

use std::sync::atomic::{AtomicUsize, Ordering};

use amaas_core::ErrorKind::{self, Corrupt, NotFound};
use serde_json::json;

use super::{Case, case, refuse};
use crate::packages::report;
use crate::script::Reply;

fn tags(name: &'static str, kind: ErrorKind, reply: impl Fn() -> Reply + 'static) -> Case {
    case(name, kind, move |site| {
        let reply = reply();
        site.on("GET /v2/acme/ner/tags/list", move |_| reply.clone());
    })
}

fn of_redirects_and_pages() -> Vec<Case> {
    let counted = AtomicUsize::new(0);
    let pages = std::sync::Arc::new(counted);
    vec![
        case("redirects without end", Corrupt, |site| {
            let part = format!("GET /v2/acme/ner/blobs/{}", site.weights);
            site.on(&part, |request| {
                Reply::status(307).with("Location", format!("{}x", request.path))
            });
        }),
        case("pages without end", Corrupt, move |site| {
            let pages = std::sync::Arc::clone(&pages);
            site.on("GET /v2/acme/ner/tags/list", move |_| {
                let page = pages.fetch_add(1, Ordering::SeqCst);
                let body = json!({"tags": [format!("1.{page}.0")]}).to_string();
                Reply::body(body).with(
                    "Link",
                    format!("</v2/acme/ner/tags/list?last={page}>; rel=\"next\""),
                )
            });
        }),
        tags("a page that leads to itself", Corrupt, || {
            Reply::body(json!({"tags": ["1.0.0"]}).to_string())
                .with("Link", "</v2/acme/ner/tags/list>; rel=\"next\"")
        }),
        tags("empty pages without end", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "</v2/acme/ner/tags/list>; rel=\"next\"")
        }),
        tags("a page elsewhere", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "<http://127.0.0.1:1/v2/x>; rel=\"next\"")
        }),
        tags("a page in a file", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "<file:///etc/passwd>; rel=\"next\"")
        }),
        tags("a page of no address", Corrupt, || {
            Reply::body("{\"tags\":[]}").with("Link", "next")
        }),
        tags("a list of no JSON", Corrupt, || Reply::body("<html>")),
        tags("a list of no UTF-8", Corrupt, || Reply::body([0xff, 0xfe])),
        tags("a list of numbers", Corrupt, || {
            Reply::body("{\"tags\":[1]}")
        }),
        tags("a list that is an array", Corrupt, || Reply::body("[]")),
        tags("a list nested without end", Corrupt, || {
            Reply::body("[".repeat(100_000))
        }),
        tags("a list of a million tags", Corrupt, || {
            let all: Vec<_> = (0..1_000_000).map(|n| n.to_string()).collect();
            Reply::body(json!({ "tags": all }).to_string())
        }),
        tags("a list without end", Corrupt, || {
            Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n{\"tags\":[\"".to_vec())
        }),
        tags("a list of junk", NotFound, || {
            let junk = [
                "",
                "..",
                "../../x",
                "1.0",
                "v1.0.0",
                "sha256-abc.sig",
                "\u{0}",
                "1.0.0+x",
            ];
            Reply::body(json!({ "tags": junk }).to_string())
        }),
        tags("no list", NotFound, || Reply::body("{\"tags\":null}")),
        tags("an empty list", NotFound, || Reply::body("{}")),
        tags("no repository", NotFound, || Reply::status(404)),
        tags("a version whose manifest is missing", NotFound, || {
            Reply::body(json!({"tags": ["1.0.0", "1.5.0"]}).to_string())
        }),
    ]
}

#[test]
fn hostile_redirects_and_pages_are_refused_and_change_nothing() {
    let refused = refuse(&of_redirects_and_pages());
    report("redirects and pages of remotes", refused);
}
