//! One blob from the remote into the store, hashed while it comes, taken up again after a cut.
//!
//! The trap: the remote decides what comes. A body may be longer than the blob, shorter, another
//! one, or start elsewhere than asked; none of that gets further than the partial file.

use std::io::Read;
use std::time::{Duration, SystemTime};

use ureq::http::Method;

use super::client::Attempts;
use super::failure::{Failed, damaged, unreachable};
use super::repository::Repository;
use super::transfer::Transfer;
use super::wire::{Answer, Call};
use crate::registry::disk::Disk;
use crate::registry::oci::Descriptor;
use crate::registry::partial::Partial;
use crate::{Error, ErrorKind, Result};

const PIECE: usize = 256 << 10;
/// A request that brought this much has not failed, however it ended.
const PROGRESS: u64 = 1 << 20;
/// How long to wait before looking again for what somebody else fetches.
const GLANCE: Duration = Duration::from_millis(100);

/// Fetches blobs of one repository into one store.
pub(super) struct Download<'a> {
    pub(super) repository: &'a Repository<'a>,
    pub(super) disk: &'a Disk,
    pub(super) transfer: &'a Transfer<'a>,
    /// By the store's clock: what is here already counts as written now.
    pub(super) now: SystemTime,
}

impl Download<'_> {
    /// Makes sure that the blob is in the store, whole.
    pub(super) fn fetch(&self, blob: &Descriptor) -> Result<()> {
        loop {
            if self.disk.holds_blob(&blob.digest, blob.size)? {
                self.disk.refresh(&blob.digest, self.now);
                self.transfer.report(blob, 0, blob.size);
                return Ok(());
            }
            match self.disk.resume(&blob.digest)? {
                // Somebody else was done between the two looks.
                Some(partial) if self.disk.holds_blob(&blob.digest, blob.size)? => {
                    partial.discard()?;
                    continue;
                }
                Some(partial) => return self.complete(blob, partial),
                None => {}
            }
            self.transfer.check()?;
            self.repository.client.pause(GLANCE)?;
        }
    }

    /// Keeps what the next attempt can go on with, and nothing else.
    fn complete(&self, blob: &Descriptor, mut partial: Partial) -> Result<()> {
        match self.receive_all(blob, &mut partial) {
            Ok(fetched) => {
                partial.finish()?;
                self.transfer.moved(fetched);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Corrupt || partial.length() == 0 => {
                partial.discard().and(Err(error))
            }
            Err(error) => Err(error),
        }
    }

    /// A file that somebody left behind may hold anything, so it gets one more try from its start.
    fn receive_all(&self, blob: &Descriptor, partial: &mut Partial) -> Result<u64> {
        if partial.length() > blob.size {
            partial.restart()?;
        }
        let taken_up = partial.length();
        self.transfer.report(blob, 0, taken_up);
        let mut fetched = self.fill(blob, partial)?;
        if partial.found() != blob.digest && taken_up > 0 {
            self.transfer.report(blob, partial.length(), 0);
            partial.restart()?;
            fetched += self.fill(blob, partial)?;
        }
        if partial.found() == blob.digest {
            return Ok(fetched);
        }
        let found = partial.found().to_string();
        Err(damaged(&self.repository.client.host, &blob.digest, &found))
    }

    /// Fetches what is missing, and says how much that was.
    fn fill(&self, blob: &Descriptor, partial: &mut Partial) -> Result<u64> {
        let client = self.repository.client;
        let (mut attempts, mut fetched) = (Attempts::new(), 0);
        while partial.length() < blob.size {
            let before = partial.length();
            let ended = self.request(blob, partial, &mut fetched);
            if partial.length() >= before + PROGRESS {
                attempts = Attempts::new();
            }
            match ended {
                Ok(()) => {}
                Err(failed) => client.rest(&mut attempts, failed)?,
            }
        }
        Ok(fetched)
    }

    fn request(
        &self,
        blob: &Descriptor,
        partial: &mut Partial,
        fetched: &mut u64,
    ) -> Result<(), Failed> {
        let client = self.repository.client;
        let url = self.repository.url(&format!("blobs/{}", blob.digest));
        let mut call = Call::new(Method::GET, url, "read a blob");
        if partial.length() > 0 {
            call = call.header("range", format!("bytes={}-", partial.length()));
        }
        let answer = client.once(&call, &self.repository.scope)?;
        match answer.status {
            206 if starts_at(&answer, partial.length()) => {}
            200 | 206 | 416 if partial.length() > 0 => {
                self.transfer.report(blob, partial.length(), 0);
                partial.restart()?;
                if answer.status != 200 {
                    return Ok(());
                }
            }
            200 => {}
            404 => return Err(self.missing(blob).into()),
            _ => return Err(client.unexpected(&call, answer).into()),
        }
        self.receive(blob, partial, answer, fetched)
    }

    fn receive(
        &self,
        blob: &Descriptor,
        partial: &mut Partial,
        answer: Answer,
        fetched: &mut u64,
    ) -> Result<(), Failed> {
        let host = &self.repository.client.host;
        let missing = blob.size - partial.length();
        if let Some(length) = answer.length().filter(|length| *length != missing) {
            let found = format!("{length} bytes in place of {missing}");
            return Err(damaged(host, &blob.digest, &found).into());
        }
        let mut body = answer.into_reader();
        let mut piece = vec![0; PIECE];
        loop {
            self.transfer.check()?;
            let read = body
                .read(&mut piece)
                .map_err(|cause| unreachable(host, cause.into()))?;
            if read == 0 {
                break;
            }
            if read as u64 > blob.size - partial.length() {
                return Err(damaged(host, &blob.digest, "more bytes than it has").into());
            }
            partial.write(&piece[..read])?;
            *fetched += read as u64;
            self.transfer
                .report(blob, partial.length() - read as u64, partial.length());
        }
        if partial.length() == blob.size {
            return Ok(());
        }
        let cut = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
        Err(unreachable(host, cut.into()).into())
    }

    fn missing(&self, blob: &Descriptor) -> Error {
        let what = format!("a manifest whose blob `{}` it does not have", blob.digest);
        self.repository.client.nonsense(&what)
    }
}

/// Whether a partial answer starts where it was asked to.
fn starts_at(answer: &Answer, offset: u64) -> bool {
    let range = answer.header("content-range").unwrap_or_default();
    let start = range
        .strip_prefix("bytes ")
        .and_then(|range| range.split_once('-'));
    start.is_some_and(|(start, _)| start.parse() == Ok(offset))
}
