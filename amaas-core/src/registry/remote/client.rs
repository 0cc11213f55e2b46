//! Requests to one registry: signed, sent again where that helps, redirected where that is safe.
//!
//! The trap: only what may succeed the next time is tried again, and only a few times. A refusal
//! that is tried again is an attack on somebody's registry.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::Method;

use super::auth::Auth;
use super::failure::{Failed, busy, cancelled, denied, nonsense, refused};
use super::url::Url;
use super::wire::{Answer, Call, Wire};
use crate::Result;
use crate::clock::Clock;

const MAX_REDIRECTS: usize = 5;
const MAX_MESSAGE: u64 = 64 << 10;
/// How often a request is sent at most.
const ATTEMPTS: u32 = 5;
const FIRST_REST: Duration = Duration::from_millis(500);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// How long a cancellation may go unseen while waiting.
const GLANCE: Duration = Duration::from_millis(100);

/// Says whether to stop.
pub(super) type Stop = Arc<dyn Fn() -> bool + Send + Sync>;

/// The other side. Clones share connections and tokens.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) host: String,
    pub(super) base: Url,
    pub(super) wire: Wire,
    pub(super) auth: Arc<Auth>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: Option<Stop>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("host", &self.host)
            .field("auth", &self.auth)
            .finish_non_exhaustive()
    }
}

/// How often something may still be tried, and how long to wait before.
pub(super) struct Attempts {
    left: u32,
    rest: Duration,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self {
            left: ATTEMPTS - 1,
            rest: FIRST_REST,
        }
    }
}

impl Client {
    /// Sends until it is answered, within reason.
    pub(super) fn call(&self, call: &Call<'_>, scope: &str) -> Result<Answer> {
        self.trying(|| self.once(call, scope))
    }

    /// Does something until it works, within reason.
    pub(super) fn trying<T>(&self, mut work: impl FnMut() -> Result<T, Failed>) -> Result<T> {
        let mut attempts = Attempts::new();
        loop {
            match work() {
                Ok(done) => return Ok(done),
                Err(failed) => self.rest(&mut attempts, failed)?,
            }
        }
    }

    /// Waits before the next attempt; an error where none would help or none is left.
    pub(super) fn rest(&self, attempts: &mut Attempts, failed: Failed) -> Result<()> {
        if !failed.error.is_retryable() || attempts.left == 0 {
            return Err(failed.error);
        }
        attempts.left -= 1;
        let rest = failed.after.unwrap_or(attempts.rest).min(LONGEST_REST);
        attempts.rest = (attempts.rest * 2).min(LONGEST_REST);
        self.pause(rest)
    }

    /// Waits, unless the caller wants no more.
    pub(super) fn pause(&self, mut rest: Duration) -> Result<()> {
        while !rest.is_zero() {
            self.check()?;
            self.clock.sleep(rest.min(GLANCE));
            rest = rest.saturating_sub(GLANCE);
        }
        self.check()
    }

    /// An error once the caller wants no more.
    pub(super) fn check(&self) -> Result<()> {
        match &self.stop {
            Some(stop) if stop() => Err(cancelled()),
            _ => Ok(()),
        }
    }

    /// Sends once; what is worth another try is an error that says so.
    pub(super) fn once(&self, call: &Call<'_>, scope: &str) -> Result<Answer, Failed> {
        self.check()?;
        let held = self.auth.held(scope, self.clock.now());
        let (answer, there) = self.follow(call, held.as_deref())?;
        if answer.status != 401 || !there.has_origin_of(&self.base) {
            return self.judge(call, answer);
        }
        let header = self
            .auth
            .answer(&answer, &there, scope, &self.wire, &*self.clock)?;
        let (answer, _) = self.follow(call, Some(&header))?;
        self.judge(call, answer)
    }

    /// Sends, and goes where the answer says; credentials stay with the first origin.
    fn follow(&self, call: &Call<'_>, header: Option<&str>) -> Result<(Answer, Url), Failed> {
        let mut call = call.clone();
        for _ in 0..=MAX_REDIRECTS {
            let own = call.url.has_origin_of(&self.base);
            let answer = self.wire.send(&call, header.filter(|_| own))?;
            let moved = matches!(answer.status, 301 | 302 | 303 | 307 | 308);
            if !moved || (call.method != Method::GET && call.method != Method::HEAD) {
                return Ok((answer, call.url));
            }
            let target = answer.header("location").and_then(|to| call.url.join(to));
            call.url = target.ok_or_else(|| nonsense(&self.host, "a redirect that is not safe"))?;
        }
        Err(nonsense(&self.host, "redirects without end").into())
    }

    fn judge(&self, call: &Call<'_>, answer: Answer) -> Result<Answer, Failed> {
        let status = answer.status;
        match status {
            401 | 403 => Err(denied(&self.host, call.action, self.auth.is_anonymous()).into()),
            429 | 500.. => {
                let after = answer
                    .header("retry-after")
                    .and_then(|text| text.parse().ok());
                Err(busy(&self.host, status, after.map(Duration::from_secs)))
            }
            200..=299 | 400..=499 => Ok(answer),
            _ => Err(refused(&self.host, status, call.action, None).into()),
        }
    }

    /// The error for an answer that was not hoped for.
    pub(super) fn unexpected(&self, call: &Call<'_>, answer: Answer) -> crate::Error {
        let status = answer.status;
        let code = code(answer);
        refused(&self.host, status, call.action, code.as_deref())
    }

    pub(super) fn nonsense(&self, what: &str) -> crate::Error {
        nonsense(&self.host, what)
    }
}

/// The registry's own word for it, such as `NAME_INVALID`.
fn code(answer: Answer) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        errors: Vec<One>,
    }
    #[derive(Deserialize)]
    struct One {
        code: String,
    }
    let bytes = answer.bytes(MAX_MESSAGE, "an error without end").ok()?;
    let message: Message = serde_json::from_slice(&bytes).ok()?;
    let code = message.errors.into_iter().next()?.code;
    let is_word = code.len() <= 64 && code.bytes().all(|c| c.is_ascii_uppercase() || c == b'_');
    is_word.then_some(code)
}
