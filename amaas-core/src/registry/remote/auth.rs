//! Answering challenges, and keeping the answers.
//!
//! Formats: bearer tokens as the distribution project's token specification describes them, by
//! GET with user and password, by POST with an identity token.
//!
//! The trap: a remote may ask again and again. Each request is answered once; a second challenge
//! means that the credentials do not do.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use ureq::http::Method;

use super::challenge::Challenge;
use super::credentials::{Credentials, Secret};
use super::failure::{Failed, busy, denied, nonsense};
use super::url::{Url, pair};
use super::wire::{Answer, Call, Wire};
use crate::clock::Clock;

const MAX_TOKEN: u64 = 1 << 20;
/// How long a token holds when nothing is said, and what is taken off what is said.
const SHORTEST: u64 = 60;
const MARGIN: u64 = 10;
const ACTION: &str = "fetch a token";

/// What to send with the requests of each scope.
pub(super) struct Auth {
    credentials: Credentials,
    host: String,
    held: Mutex<HashMap<String, Held>>,
}

#[derive(Clone)]
struct Held {
    header: String,
    until: Option<Instant>,
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.credentials.fmt(f)
    }
}

impl Auth {
    pub(super) fn new(host: &str, credentials: Credentials) -> Self {
        Self {
            credentials,
            host: host.to_owned(),
            held: Mutex::default(),
        }
    }

    pub(super) fn is_anonymous(&self) -> bool {
        self.credentials.is_anonymous()
    }

    /// The header that did for this scope before and has not run out.
    pub(super) fn held(&self, scope: &str, now: Instant) -> Option<String> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let one = held.get(scope)?;
        one.until
            .is_none_or(|until| now < until)
            .then(|| one.header.clone())
    }

    /// Answers the challenge in `answer`, which came from `asked`.
    pub(super) fn answer(
        &self,
        answer: &Answer,
        asked: &Url,
        scope: &str,
        wire: &Wire,
        clock: &dyn Clock,
    ) -> Result<String, Failed> {
        let challenge = Challenge::choose(answer.headers("www-authenticate"));
        let held = match challenge {
            Some(Challenge::Basic) => self.basic().map(|header| Held {
                header,
                until: None,
            }),
            Some(Challenge::Bearer { realm, service }) => {
                let realm = Url::parse(&realm)
                    .filter(|realm| realm.is_secure() || !asked.is_secure())
                    .ok_or_else(|| nonsense(&self.host, "a place for tokens that is not safe"))?;
                Some(self.token(realm, service.as_deref(), scope, wire, clock)?)
            }
            None => None,
        };
        let held = held.ok_or_else(|| denied(&self.host, "enter", self.is_anonymous()))?;
        let header = held.header.clone();
        let mut all = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(scope.to_owned(), held);
        Ok(header)
    }

    fn basic(&self) -> Option<String> {
        match &self.credentials.0 {
            Secret::Password { user, password } => {
                let pair = STANDARD.encode(format!("{user}:{password}"));
                Some(format!("Basic {pair}"))
            }
            _ => None,
        }
    }

    fn token(
        &self,
        realm: Url,
        service: Option<&str>,
        scope: &str,
        wire: &Wire,
        clock: &dyn Clock,
    ) -> Result<Held, Failed> {
        let answer = match &self.credentials.0 {
            Secret::Identity(token) => {
                let form = [
                    pair("grant_type", "refresh_token"),
                    pair("client_id", "amaas"),
                    pair("service", service.unwrap_or_default()),
                    pair("scope", scope),
                    pair("refresh_token", token),
                ]
                .join("&");
                let call = Call::new(Method::POST, realm, ACTION)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form.as_bytes());
                wire.send(&call, None)?
            }
            _ => {
                let realm = service.map_or(realm.clone(), |name| realm.with("service", name));
                let realm = scope
                    .split(' ')
                    .fold(realm, |realm, one| realm.with("scope", one));
                wire.send(
                    &Call::new(Method::GET, realm, ACTION),
                    self.basic().as_deref(),
                )?
            }
        };
        self.read(answer, clock)
    }

    fn read(&self, answer: Answer, clock: &dyn Clock) -> Result<Held, Failed> {
        match answer.status {
            200 => {}
            429 | 500.. => return Err(busy(&self.host, answer.status, None)),
            _ => return Err(denied(&self.host, "enter", self.is_anonymous()).into()),
        }
        let bytes = answer.bytes(MAX_TOKEN, "a token without end")?;
        let token: Token = serde_json::from_slice(&bytes)
            .map_err(|_cause| nonsense(&self.host, "a token that cannot be read"))?;
        let text = token.token.or(token.access_token).unwrap_or_default();
        if text.is_empty() || !text.bytes().all(|c| c.is_ascii_graphic()) {
            return Err(nonsense(&self.host, "a token that cannot be used").into());
        }
        let seconds = token.expires_in.unwrap_or(SHORTEST).clamp(MARGIN, 86_400) - MARGIN;
        Ok(Held {
            header: format!("Bearer {text}"),
            until: clock.now().checked_add(Duration::from_secs(seconds)),
        })
    }
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}
