//! Remotes that want to know who asks, and what they give for it.

use amaas_core::ErrorKind::{self, AccessDenied, Corrupt, RemoteUnavailable};

use super::{Case, case, refuse};
use crate::packages::report;
use crate::script::Reply;

/// Every request is answered by a challenge, and tokens are answered like this.
fn challenge(
    name: &'static str,
    kind: ErrorKind,
    header: &'static str,
    token: impl Fn() -> Reply + 'static,
) -> Case {
    case(name, kind, move |site| {
        let token = token();
        site.on("GET /token", move |_| token.clone());
        site.on("", move |request| {
            let host = request.header("host").unwrap();
            let header = header.replace("HERE", &format!("http://{host}"));
            match header.as_str() {
                "" => Reply::status(401),
                _ => Reply::status(401).with("WWW-Authenticate", header),
            }
        });
    })
}

fn of_challenges() -> Vec<Case> {
    let good = || Reply::body("{\"token\":\"t\"}");
    let bearer = "Bearer realm=\"HERE/token\",service=\"s\"";
    vec![
        challenge("basic for ever", AccessDenied, "Basic realm=\"x\"", good),
        challenge("a token for ever", AccessDenied, bearer, good),
        challenge("no challenge", AccessDenied, "", good),
        challenge("an unknown challenge", AccessDenied, "Negotiate", good),
        challenge("a challenge of junk", AccessDenied, "Bearer ===\"", good),
        challenge(
            "tokens from no address",
            Corrupt,
            "Bearer realm=\"x\"",
            good,
        ),
        challenge(
            "tokens from a file",
            Corrupt,
            "Bearer realm=\"file:///etc/passwd\"",
            good,
        ),
        challenge(
            "tokens by a password",
            Corrupt,
            "Bearer realm=\"http://a:b@127.0.0.1:1/\"",
            good,
        ),
        challenge(
            "tokens from nobody",
            RemoteUnavailable,
            "Bearer realm=\"http://127.0.0.1:1/\"",
            good,
        ),
        challenge("a token without end", Corrupt, bearer, || {
            Reply::Endless(b"HTTP/1.1 200 OK\r\n\r\n{\"token\":\"".to_vec())
        }),
        challenge("a token of no JSON", Corrupt, bearer, || Reply::body("t")),
        challenge("an empty token", Corrupt, bearer, || {
            Reply::body("{\"token\":\"\"}")
        }),
        challenge("no token", Corrupt, bearer, || Reply::body("{}")),
        challenge("a token with a line of its own", Corrupt, bearer, || {
            Reply::body("{\"token\":\"t\\r\\nX-Evil: 1\"}")
        }),
        challenge("a token for no time", AccessDenied, bearer, || {
            Reply::body("{\"token\":\"t\",\"expires_in\":0}")
        }),
        challenge("a token for ever and a day", AccessDenied, bearer, || {
            Reply::body("{\"token\":\"t\",\"expires_in\":18446744073709551615}")
        }),
        challenge("tokens refused", AccessDenied, bearer, || {
            Reply::status(401)
        }),
        challenge("tokens elsewhere", AccessDenied, bearer, || {
            Reply::status(302).with("Location", "/elsewhere")
        }),
        challenge("tokens broken", RemoteUnavailable, bearer, || {
            Reply::status(500)
        }),
    ]
}

#[test]
fn hostile_challenges_are_refused_and_change_nothing() {
    report("challenges of remotes", refuse(&of_challenges()));
}
