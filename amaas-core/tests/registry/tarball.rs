//! Writing tars that no writer would write: every field of every header is ours to lie in.

use amaas_core::model::Digest;

/// A member with a header of its own.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) header: [u8; 512],
    pub(crate) content: Vec<u8>,
    /// What fills up the last block.
    pub(crate) padding: u8,
}

const SIZE: std::ops::Range<usize> = 124..136;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: std::ops::Range<usize> = 157..257;
const PREFIX: std::ops::Range<usize> = 345..500;

impl Member {
    pub(crate) fn new(name: &[u8], content: &[u8]) -> Self {
        let mut header = [0; 512];
        header[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
        header[100..107].copy_from_slice(b"0000644");
        header[136..147].copy_from_slice(b"00000000000");
        header[KIND] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let member = Self {
            header,
            content: content.to_vec(),
            padding: 0,
        };
        let size = format!("{:011o}\0", content.len());
        member.sized(size.as_bytes())
    }

    pub(crate) fn blob(content: &[u8]) -> Self {
        let name = format!("blobs/sha256/{}", Digest::of(content).hex());
        Self::new(name.as_bytes(), content)
    }

    #[must_use]
    pub(crate) fn kind(mut self, kind: u8) -> Self {
        self.header[KIND] = kind;
        self.sealed()
    }

    #[must_use]
    pub(crate) fn link(mut self, target: &[u8]) -> Self {
        self.header[LINK][..target.len()].copy_from_slice(target);
        self.sealed()
    }

    #[must_use]
    pub(crate) fn prefix(mut self, prefix: &[u8]) -> Self {
        self.header[PREFIX][..prefix.len()].copy_from_slice(prefix);
        self.sealed()
    }

    #[must_use]
    pub(crate) fn sized(mut self, field: &[u8]) -> Self {
        self.header[SIZE].fill(0);
        self.header[SIZE][..field.len()].copy_from_slice(field);
        self.sealed()
    }

    #[must_use]
    pub(crate) fn field(mut self, at: usize, bytes: &[u8]) -> Self {
        self.header[at..at + bytes.len()].copy_from_slice(bytes);
        self.sealed()
    }

    #[must_use]
    pub(crate) fn padded_with(mut self, byte: u8) -> Self {
        self.padding = byte;
        self
    }

    pub(crate) fn name(&self) -> String {
        let name = self.header[..100].split(|byte| *byte == 0).next();
        String::from_utf8_lossy(name.unwrap()).into_owned()
    }

    fn sealed(mut self) -> Self {
        self.header[CHECKSUM].fill(b' ');
        let sum: u32 = self.header.iter().map(|byte| u32::from(*byte)).sum();
        self.header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.header);
        to.extend(&self.content);
        to.resize(to.len().next_multiple_of(512), self.padding);
    }
}

/// The tar of these members, with its end.
pub(crate) fn tarball(members: &[Member]) -> Vec<u8> {
    let mut bytes = body(members);
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// As [`tarball`], without its end.
pub(crate) fn body(members: &[Member]) -> Vec<u8> {
    let mut bytes = Vec::new();
    members.iter().for_each(|member| member.write(&mut bytes));
    bytes
}

/// The members of a good tar.
pub(crate) fn members(bytes: &[u8]) -> Vec<Member> {
    let mut members = Vec::new();
    let mut rest = bytes;
    while rest[0] != 0 {
        let size = std::str::from_utf8(&rest[SIZE][..11]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        members.push(Member {
            header: rest[..512].try_into().unwrap(),
            content: rest[512..512 + size].to_vec(),
            padding: 0,
        });
        rest = &rest[512 + size.next_multiple_of(512)..];
    }
    members
}

/// A record of a pax header.
pub(crate) fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length);
    format!("{}{rest}", length.unwrap()).into_bytes()
}
