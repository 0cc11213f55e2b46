//! One request and its answer, through the HTTP library.
//!
//! The trap: the library would follow redirects, resend credentials and turn statuses into errors
//! by itself. All that is switched off: what a remote may make us do is decided in one place.

use std::io::Read;
use std::time::Duration;

use ureq::http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use ureq::http::{Method, Request};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::failure::{nonsense, unreachable};
use super::url::Url;
use crate::{Error, ErrorKind, Result};

/// A silence longer than this ends a request.
const SILENCE: Duration = Duration::from_secs(30);
/// No answer takes longer in all, however it trickles; what came of a blob is kept.
const ONE_ANSWER: Duration = Duration::from_secs(600);
const CONNECT: Duration = Duration::from_secs(15);

/// What is asked for.
#[derive(Clone)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<&'a [u8]>,
    /// In the words of an error: `read a blob`.
    pub(super) action: &'static str,
}

impl<'a> Call<'a> {
    pub(super) fn new(method: Method, url: Url, action: &'static str) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: None,
            action,
        }
    }

    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    #[must_use]
    pub(super) fn body(mut self, bytes: &'a [u8]) -> Self {
        self.body = Some(bytes);
        self
    }
}

/// Sends requests. Clones share connections.
#[derive(Debug, Clone)]
pub(super) struct Wire {
    agent: Agent,
    host: String,
}

impl Wire {
    /// `host` is how errors call the other side; `roots` are PEM certificates to trust in place
    /// of the public ones.
    pub(super) fn new(
        host: &str,
        direct: bool,
        roots: Option<&[u8]>,
        silence: Option<Duration>,
    ) -> Result<Self> {
        let silence = silence.unwrap_or(SILENCE).min(ONE_ANSWER);
        let mut tls = TlsConfig::builder();
        if let Some(pem) = roots {
            tls = tls.root_certs(trusted(pem)?);
        }
        let mut config = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("amaas/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(CONNECT.min(silence)))
            .timeout_recv_response(Some(silence * 2))
            .timeout_recv_body(Some(ONE_ANSWER))
            .timeout_per_read(Some(silence))
            .timeout_per_write(Some(silence))
            .max_idle_connections_per_host(16);
        if direct {
            config = config.proxy(None);
        }
        Ok(Self {
            agent: config.build().new_agent(),
            host: host.to_owned(),
        })
    }

    pub(super) fn send(&self, call: &Call<'_>, authorization: Option<&str>) -> Result<Answer> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(call.url.to_string());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(mut value) = authorization.and_then(|text| HeaderValue::from_str(text).ok()) {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let sent = match call.body {
            Some(body) => request.body(body).map(|request| self.agent.run(request)),
            None => request.body(()).map(|request| self.agent.run(request)),
        };
        let answer = sent
            .map_err(|_cause| nonsense(&self.host, "an address that cannot be asked"))?
            .map_err(|cause| unreachable(&self.host, cause))?;
        let (parts, body) = answer.into_parts();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
            host: self.host.clone(),
        })
    }
}

fn trusted(pem: &[u8]) -> Result<RootCerts> {
    let items: Result<Vec<_>, _> = parse_pem(pem).collect();
    let certificates: Vec<Certificate<'static>> = items
        .unwrap_or_default()
        .into_iter()
        .filter_map(|item| match item {
            PemItem::Certificate(one) => Some(one),
            _ => None,
        })
        .collect();
    if certificates.is_empty() {
        let error = Error::new(
            ErrorKind::InvalidArgument,
            "there is no certificate in the text",
        );
        return Err(error.advise("give certificates in PEM form, as `-----BEGIN CERTIFICATE-----`"));
    }
    Ok(RootCerts::new_with_certs(&certificates))
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    headers: HeaderMap,
    body: Body,
    host: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let all = self.headers.get_all(name).into_iter();
        all.filter_map(|value| value.to_str().ok())
    }

    /// How long the body is said to be.
    pub(super) fn length(&self) -> Option<u64> {
        self.header("content-length")?.parse().ok()
    }

    /// The body, which may have `limit` bytes at most.
    pub(super) fn bytes(self, limit: u64, what: &str) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let host = self.host.clone();
        let read = self
            .into_reader()
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes);
        read.map_err(|cause| unreachable(&host, cause.into()))?;
        if bytes.len() as u64 > limit {
            return Err(nonsense(&host, what).with("limit", limit));
        }
        Ok(bytes)
    }

    pub(super) fn into_reader(self) -> impl Read {
        self.body.into_with_config().limit(u64::MAX).reader()
    }
}
