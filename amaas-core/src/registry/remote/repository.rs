//! One model's repository on the remote: its manifests, tags and blobs.
//!
//! Format: OCI distribution specification 1.1, "Pulling", "Pushing" and "Listing Tags".
//!
//! The trap: a list of tags comes in pages, and each page says where the next one is. A page that
//! brings nothing new would go on for ever.

use std::collections::BTreeSet;

use serde::Deserialize;
use ureq::http::Method;

use super::client::Client;
use super::failure::{damaged, unsettled};
use super::url::Url;
use super::wire::{Answer, Call};
use crate::Result;
use crate::model::Digest;
use crate::registry::oci;

const MAX_PAGES: usize = 1000;
const MAX_TAGS: usize = 1_000_000;
const PAGE: &str = "1000";
const DIGEST: &str = "docker-content-digest";

/// A repository, for reading or for writing as well.
pub(super) struct Repository<'a> {
    pub(super) client: &'a Client,
    pub(super) path: String,
    pub(super) scope: String,
}

/// A manifest as it came, under the digest of its bytes.
pub(super) struct Document {
    pub(super) digest: Digest,
    pub(super) bytes: Vec<u8>,
}

impl<'a> Repository<'a> {
    pub(super) fn new(client: &'a Client, path: String, writes: bool) -> Self {
        let actions = if writes { "pull,push" } else { "pull" };
        Self {
            client,
            scope: format!("repository:{path}:{actions}"),
            path,
        }
    }

    pub(super) fn url(&self, rest: &str) -> Url {
        let path = format!("/v2/{}/{rest}", self.path);
        self.client
            .base
            .join(&path)
            .unwrap_or_else(|| self.client.base.clone())
    }

    pub(super) fn call(&self, call: &Call<'_>) -> Result<Answer> {
        self.client.call(call, &self.scope)
    }

    /// The manifest under a tag or digest, if there is one.
    pub(super) fn manifest(&self, reference: &str) -> Result<Option<Document>> {
        let client = self.client;
        client.trying(|| {
            let call = self.about_manifest(Method::GET, reference, "read a manifest");
            let answer = client.once(&call, &self.scope)?;
            match answer.status {
                200 => {}
                404 => return Ok(None),
                _ => return Err(client.unexpected(&call, answer).into()),
            }
            let kind = answer.header("content-type").unwrap_or_default();
            if kind.split(';').next().map(str::trim) != Some(oci::MANIFEST) {
                return Err(client.nonsense("a manifest of another media type").into());
            }
            let told = told(&answer);
            let bytes = answer.bytes(oci::MAX_DOCUMENT, "a manifest without end")?;
            let digest = Digest::of(&bytes);
            let wanted = reference.parse().ok().or(told);
            match wanted {
                Some(wanted) if wanted != digest => {
                    Err(damaged(&client.host, &wanted, &digest.to_string()).into())
                }
                _ => Ok(Some(Document { digest, bytes })),
            }
        })
    }

    /// Which manifest a tag stands for, if any.
    pub(super) fn digest_of(&self, tag: &str) -> Result<Option<Digest>> {
        let call = self.about_manifest(Method::HEAD, tag, "read a manifest");
        let answer = self.call(&call)?;
        match (answer.status, told(&answer)) {
            (200, Some(digest)) => Ok(Some(digest)),
            (404, _) => Ok(None),
            (200 | 405, _) => Ok(self.manifest(tag)?.map(|found| found.digest)),
            _ => Err(self.client.unexpected(&call, answer)),
        }
    }

    /// Puts a manifest under a tag.
    pub(super) fn put_manifest(&self, tag: &str, bytes: &[u8]) -> Result<()> {
        let call = self
            .about_manifest(Method::PUT, tag, "write a manifest")
            .header("content-type", oci::MANIFEST)
            .body(bytes);
        let answer = self.client.trying(|| {
            let answer = self.client.once(&call, &self.scope)?;
            match answer.status {
                200..=202 => Ok(answer),
                _ => Err(unsettled(self.client.unexpected(&call, answer))),
            }
        })?;
        let ours = Digest::of(bytes);
        match told(&answer) {
            Some(theirs) if theirs != ours => {
                Err(damaged(&self.client.host, &ours, &theirs.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Whether a blob is there, with the right size where that is told.
    pub(super) fn has_blob(&self, digest: &Digest, size: u64) -> Result<bool> {
        let url = self.url(&format!("blobs/{digest}"));
        let call = Call::new(Method::HEAD, url, "look for a blob");
        let answer = self.call(&call)?;
        match (answer.status, answer.length()) {
            (200, Some(found)) if found != size => Err(damaged(
                &self.client.host,
                digest,
                &format!("{found} bytes"),
            )),
            (200, _) => Ok(true),
            (404, _) => Ok(false),
            _ => Err(self.client.unexpected(&call, answer)),
        }
    }

    /// Every tag; `None` where there is no such repository.
    pub(super) fn tags(&self) -> Result<Option<BTreeSet<String>>> {
        let mut all = BTreeSet::new();
        let mut next = Some(self.url("tags/list").with("n", PAGE));
        for _ in 0..MAX_PAGES {
            let Some(url) = next else {
                return Ok(Some(all));
            };
            let Some((tags, link)) = self.page(url)? else {
                return Ok(None);
            };
            let before = all.len();
            all.extend(tags);
            if all.len() > MAX_TAGS || (link.is_some() && all.len() == before) {
                break;
            }
            next = link;
        }
        Err(self.client.nonsense("a list of tags without end"))
    }

    fn page(&self, url: Url) -> Result<Option<(Vec<String>, Option<Url>)>> {
        let call = Call::new(Method::GET, url, "list versions");
        self.client.trying(|| {
            let answer = self.client.once(&call, &self.scope)?;
            match answer.status {
                200 => {}
                404 => return Ok(None),
                _ => return Err(self.client.unexpected(&call, answer).into()),
            }
            let link = self.next(&call.url, &answer)?;
            let bytes = answer.bytes(oci::MAX_DOCUMENT, "a list of tags without end")?;
            let page: Page = serde_json::from_slice(&bytes)
                .map_err(|_cause| self.client.nonsense("a list of tags that cannot be read"))?;
            Ok(Some((page.tags.unwrap_or_default(), link)))
        })
    }

    /// The address in `Link: <…>; rel="next"`, which must stay with this registry.
    fn next(&self, here: &Url, answer: &Answer) -> Result<Option<Url>> {
        let Some(link) = answer.header("link").filter(|link| link.contains("next")) else {
            return Ok(None);
        };
        let target = link
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'));
        let url = target.and_then(|(target, _)| here.join(target));
        match url.filter(|url| url.has_origin_of(&self.client.base)) {
            Some(url) => Ok(Some(url)),
            None => Err(self
                .client
                .nonsense("a list of tags that goes on elsewhere")),
        }
    }

    fn about_manifest(
        &self,
        method: Method,
        reference: &str,
        action: &'static str,
    ) -> Call<'static> {
        let url = self.url(&format!("manifests/{reference}"));
        Call::new(method, url, action).header("accept", oci::MANIFEST)
    }
}

fn told(answer: &Answer) -> Option<Digest> {
    answer.header(DIGEST)?.parse().ok()
}

#[derive(Deserialize)]
struct Page {
    /// Some registries say `null` where there is none.
    tags: Option<Vec<String>>,
}
