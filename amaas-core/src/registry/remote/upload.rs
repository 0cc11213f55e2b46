//! One blob from the store to the remote: mounted where the remote has it elsewhere, else sent in
//! chunks, and taken up after a cut at the place that the remote names.
//!
//! Format: OCI distribution specification 1.1, "Pushing blobs".
//!
//! The trap: after a cut only the remote knows how much came through. It is asked; where it
//! cannot tell, the upload begins anew.

use std::io::{self, Read};

use ureq::http::Method;

use super::client::{Attempts, Client};
use super::failure::{Failed, busy, damaged};
use super::repository::Repository;
use super::transfer::Transfer;
use super::url::Url;
use super::wire::{Answer, Call};
use crate::model::Digest;
use crate::registry::disk::Disk;
use crate::registry::oci::{Descriptor, corrupt};
use crate::{Error, ErrorKind, Result};

/// No remote may ask for larger chunks: each is held in memory.
const LARGEST_CHUNK: u64 = 64 << 20;
const ACTION: &str = "write a blob";

/// Sends blobs of one store to one repository.
pub(super) struct Upload<'a> {
    pub(super) repository: &'a Repository<'a>,
    pub(super) disk: &'a Disk,
    pub(super) transfer: &'a Transfer<'a>,
    pub(super) chunk: u64,
}

/// An upload that the remote knows of.
struct Session {
    url: Url,
    offset: u64,
    chunk: u64,
    /// The blob's file, and how much of it was read.
    reader: Option<(u64, Box<dyn Read + Send>)>,
}

impl Upload<'_> {
    /// Makes sure that the remote has the blob. What is damaged here is never sent.
    pub(super) fn send(&self, blob: &Descriptor, elsewhere: Option<&str>) -> Result<()> {
        if self.repository.has_blob(&blob.digest, blob.size)? {
            self.transfer.report(blob, 0, blob.size);
            return Ok(());
        }
        if !self.disk.holds_blob(&blob.digest, blob.size)? {
            return Err(corrupt(format!("`{}` is missing or damaged", blob.digest)));
        }
        let (mut attempts, mut session, mut sent) = (Attempts::new(), None, 0);
        let (mut known, mut best) = (0, 0);
        loop {
            self.transfer.check()?;
            let step = self.step(blob, &mut session, elsewhere, &mut sent);
            let now = session
                .as_ref()
                .map_or(0, |session: &Session| session.offset);
            match step {
                Ok(true) => break,
                Ok(false) => {
                    self.transfer.report(blob, known, now);
                    if now > best {
                        (attempts, best) = (Attempts::new(), now);
                    }
                    known = now;
                }
                Err(failed) => {
                    self.client().rest(&mut attempts, failed)?;
                    session = session.and_then(|session| self.ask(session));
                    let is_there =
                        session.is_none() && self.repository.has_blob(&blob.digest, blob.size)?;
                    if is_there {
                        break;
                    }
                }
            }
        }
        self.transfer.report(blob, known, blob.size);
        if sent > 0 || blob.size == 0 {
            self.transfer.moved(sent);
        }
        Ok(())
    }

    /// Goes one request further; true when the blob is there.
    fn step(
        &self,
        blob: &Descriptor,
        session: &mut Option<Session>,
        elsewhere: Option<&str>,
        sent: &mut u64,
    ) -> Result<bool, Failed> {
        let Some(open) = session else {
            *session = self.start(blob, elsewhere)?;
            return Ok(session.is_none());
        };
        let left = blob.size.saturating_sub(open.offset);
        let length = left.min(open.chunk);
        let bytes = self.part(blob, open, length)?;
        *sent += length;
        if length == left && (open.offset == 0 || length == 0) {
            self.finish(blob, open, &bytes)?;
            return Ok(true);
        }
        self.patch(open, &bytes)?;
        Ok(false)
    }

    /// The next bytes of the blob. Only after a cut are those before them read again.
    fn part(&self, blob: &Descriptor, session: &mut Session, length: u64) -> Result<Vec<u8>> {
        let (offset, mut bytes) = (session.offset, Vec::new());
        let mut file = match session.reader.take() {
            Some((position, file)) if position == offset => file,
            _ => {
                let mut file = self.disk.open_blob(&blob.digest)?;
                io::copy(&mut (&mut file).take(offset), &mut io::sink())
                    .map_err(|cause| unread(blob, cause))?;
                file
            }
        };
        let read = (&mut file).take(length).read_to_end(&mut bytes);
        match read.map_err(|cause| unread(blob, cause))? as u64 {
            read if read == length => session.reader = Some((offset + length, file)),
            _ => return Err(corrupt(format!("`{}` was cut off", blob.digest))),
        }
        Ok(bytes)
    }

    /// Opens an upload; `None` when the remote had the blob in another repository.
    fn start(&self, blob: &Descriptor, elsewhere: Option<&str>) -> Result<Option<Session>, Failed> {
        let mut url = self.repository.url("blobs/uploads/");
        let mut scope = self.repository.scope.clone();
        if let Some(from) = elsewhere.filter(|from| *from != self.repository.path) {
            url = url
                .with("mount", &blob.digest.to_string())
                .with("from", from);
            scope = format!("{scope} repository:{from}:pull");
        }
        let call = Call::new(Method::POST, url, ACTION).body(b"");
        let answer = self.client().once(&call, &scope)?;
        match answer.status {
            201 => Ok(None),
            202 => {
                let asked = answer.header("oci-chunk-min-length");
                let least = asked.and_then(|text| text.parse().ok()).unwrap_or(0);
                let url = self.location(&call.url, &answer)?;
                Ok(Some(Session {
                    url,
                    offset: 0,
                    chunk: self.chunk.max(least).min(LARGEST_CHUNK),
                    reader: None,
                }))
            }
            _ => Err(self.client().unexpected(&call, answer).into()),
        }
    }

    fn patch(&self, session: &mut Session, bytes: &[u8]) -> Result<(), Failed> {
        let last = session.offset + bytes.len() as u64 - 1;
        let call = Call::new(Method::PATCH, session.url.clone(), ACTION)
            .header("content-type", "application/octet-stream")
            .header("content-range", format!("{}-{last}", session.offset))
            .body(bytes);
        let answer = self.accepted(&call)?;
        session.url = self.location(&session.url, &answer)?;
        let (before, after) = (session.offset, last + 1);
        session.offset = match received(&answer) {
            Some(received) if received > before && received <= after => received,
            Some(_) => {
                return Err(self
                    .client()
                    .nonsense("a range that was not asked for")
                    .into());
            }
            None => after,
        };
        Ok(())
    }

    fn finish(&self, blob: &Descriptor, session: &Session, bytes: &[u8]) -> Result<(), Failed> {
        let url = session.url.clone().with("digest", &blob.digest.to_string());
        let call = Call::new(Method::PUT, url, ACTION)
            .header("content-type", "application/octet-stream")
            .body(bytes);
        let answer = self.accepted(&call)?;
        let told = answer
            .header("docker-content-digest")
            .map(str::parse::<Digest>);
        match told {
            Some(Ok(theirs)) if theirs != blob.digest => {
                let theirs = theirs.to_string();
                Err(damaged(&self.client().host, &blob.digest, &theirs).into())
            }
            _ => Ok(()),
        }
    }

    /// Sends; an upload that the remote has forgotten is worth another try.
    fn accepted(&self, call: &Call<'_>) -> Result<Answer, Failed> {
        let answer = self.client().once(call, &self.repository.scope)?;
        match answer.status {
            201 | 202 | 204 => Ok(answer),
            404 | 416 => Err(busy(&self.client().host, answer.status, None)),
            _ => Err(self.client().unexpected(call, answer).into()),
        }
    }

    /// Where an upload stands after a cut; `None` where that cannot be told.
    fn ask(&self, session: Session) -> Option<Session> {
        let call = Call::new(Method::GET, session.url.clone(), ACTION);
        let answer = self.client().once(&call, &self.repository.scope).ok()?;
        if answer.status != 204 {
            return None;
        }
        let url = match answer.header("location") {
            Some(_) => self.location(&session.url, &answer).ok()?,
            None => session.url,
        };
        let offset = received(&answer)?;
        Some(Session {
            url,
            offset,
            ..session
        })
    }

    fn location(&self, here: &Url, answer: &Answer) -> Result<Url> {
        let found = answer.header("location").and_then(|to| here.join(to));
        found.ok_or_else(|| self.client().nonsense("no safe place to write to"))
    }

    fn client(&self) -> &Client {
        self.repository.client
    }
}

/// How many bytes the remote has, by its `Range: 0-last`. An empty upload says `0-0` as well as
/// one of a single byte does; nobody sends chunks of one byte.
fn received(answer: &Answer) -> Option<u64> {
    let range = answer.header("range")?;
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let last: u64 = range.strip_prefix("0-")?.parse().ok()?;
    Some(if last == 0 { 0 } else { last.checked_add(1)? })
}

fn unread(blob: &Descriptor, cause: io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read `{}`", blob.digest))
        .because(cause)
        .advise("see the cause")
}
