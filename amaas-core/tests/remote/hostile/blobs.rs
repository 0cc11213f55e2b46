//! Blobs that are others, longer, shorter, late or elsewhere.

use amaas_core::ErrorKind::{
    self, AccessDenied, Corrupt, Overloaded, RemoteUnavailable, Unsupported,
};

use super::{Case, case, head, refuse};
use crate::packages::report;
use crate::script::Reply;

/// The weights are answered like this.
fn blob(name: &'static str, kind: ErrorKind, reply: impl Fn(&[u8]) -> Reply + 'static) -> Case {
    case(name, kind, move |site| {
        let reply = reply(&site.blobs[&site.weights]);
        let part = format!("GET /v2/acme/ner/blobs/{}", site.weights);
        site.on(&part, move |_| reply.clone());
    })
}

fn of_blobs() -> Vec<Case> {
    let close = || [head("200 OK"), b"Connection: close\r\n\r\n".to_vec()].concat();
    vec![
        blob("other bytes of the same length", Corrupt, |good| {
            Reply::body(vec![b'x'; good.len()])
        }),
        blob("one bit flipped", Corrupt, |good| {
            let mut bytes = good.to_vec();
            bytes[2500] ^= 1;
            Reply::body(bytes)
        }),
        blob("shorter and says so", Corrupt, |good| {
            Reply::body(&good[1..])
        }),
        blob("longer and says so", Corrupt, |good| {
            Reply::body([good, b"x"].concat())
        }),
        blob("nothing and says so", Corrupt, |_| Reply::body("")),
        blob("longer without a length", Corrupt, move |good| {
            Reply::Raw([&close()[..], good, b"more"].concat())
        }),
        blob("without end", Corrupt, move |_| Reply::Endless(close())),
        blob("a length out of all reason", Corrupt, |_| {
            Reply::Endless(
                [
                    head("200 OK"),
                    b"Content-Length: 18446744073709551615\r\n\r\n".to_vec(),
                ]
                .concat(),
            )
        }),
        blob("a length that is none", Corrupt, |good| {
            Reply::body(good).with("Content-Length", "many")
        }),
        blob("a negative length", Corrupt, |good| {
            Reply::body(good).with("Content-Length", "-1")
        }),
        blob("always cut at the same place", RemoteUnavailable, |good| {
            let length = format!("Content-Length: {}\r\n\r\n", good.len());
            Reply::Raw([&head("200 OK")[..], length.as_bytes(), &good[..2000]].concat())
        }),
        blob("silent after the head", RemoteUnavailable, |good| {
            let length = format!("Content-Length: {}\r\n\r\n", good.len());
            Reply::Silent([&head("200 OK")[..], length.as_bytes()].concat())
        }),
        blob("silent after a few bytes", RemoteUnavailable, |good| {
            let length = format!("Content-Length: {}\r\n\r\n", good.len());
            Reply::Silent([&head("200 OK")[..], length.as_bytes(), &good[..7]].concat())
        }),
        blob("silent in the head", RemoteUnavailable, |_| {
            Reply::Silent(b"HTTP/1.1 2".to_vec())
        }),
        blob("silent at once", RemoteUnavailable, |_| {
            Reply::Silent(Vec::new())
        }),
        blob("closed at once", RemoteUnavailable, |_| {
            Reply::Raw(Vec::new())
        }),
        blob("a head without end", Corrupt, |_| {
            Reply::Endless(b"HTTP/1.1 200 OK\r\nX: ".to_vec())
        }),
        blob("not HTTP", Corrupt, |_| {
            Reply::Raw(b"SSH-2.0-x\r\n\r\n".to_vec())
        }),
        blob("a broken chunk", Corrupt, |_| {
            Reply::Raw(
                [
                    head("200 OK"),
                    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx".to_vec(),
                ]
                .concat(),
            )
        }),
        blob("chunks without end", Corrupt, |_| {
            let chunks = [&b"10\r\n0123456789abcdef\r\n"[..]; 1000].concat();
            Reply::Raw(
                [
                    head("200 OK"),
                    b"Transfer-Encoding: chunked\r\n\r\n".to_vec(),
                    chunks,
                ]
                .concat(),
            )
        }),
        blob("missing", Corrupt, |_| Reply::status(404)),
        blob("forbidden", AccessDenied, |_| Reply::status(403)),
        blob("broken for ever", RemoteUnavailable, |_| Reply::status(500)),
        blob("busy for ever", Overloaded, |_| Reply::status(429)),
        blob("busy for a million years", Overloaded, |_| {
            Reply::status(429).with("Retry-After", "31556926000000")
        }),
        blob("busy until a word", RemoteUnavailable, |_| {
            Reply::status(503).with("Retry-After", "tomorrow")
        }),
        blob("a teapot", Unsupported, |_| Reply::status(418)),
        blob("no content", Unsupported, |_| Reply::status(204)),
        blob("a part that nobody asked for", Unsupported, |good| {
            Reply::Good(206, Vec::new(), good[5..].to_vec())
                .with("Content-Range", "bytes 5-4999/5000")
        }),
        blob("a redirect to itself", Corrupt, |_| {
            Reply::status(302).with("Location", "/v2/acme/ner/blobs/again")
        }),
        blob("a redirect to a file", Corrupt, |_| {
            Reply::status(302).with("Location", "file:///etc/passwd")
        }),
        blob("a redirect with a password", Corrupt, |_| {
            Reply::status(302).with("Location", "http://me:secret@127.0.0.1/")
        }),
        blob("a redirect to nowhere", Corrupt, |_| Reply::status(307)),
        blob("a redirect to another host by two slashes", Corrupt, |_| {
            Reply::status(301).with("Location", "//127.0.0.1:1/x")
        }),
        blob("a proxy's redirect", Unsupported, |_| Reply::status(305)),
    ]
}

#[test]
fn hostile_blobs_are_refused_and_change_nothing() {
    report("blobs of remotes", refuse(&of_blobs()));
}
