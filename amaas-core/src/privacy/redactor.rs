//! Taking what is sensitive out of a text, before a model, a log or a trace sees it.
//!
//! ```
//! use amaas_core::privacy::{Action, Redactor, Sensitive};
//!
//! let redactor = Redactor::builder()
//!     .names(["Ada Lovelace"])
//!     .act(Sensitive::Name, Action::Placeholder)
//!     .act(Sensitive::Card, Action::Hash)
//!     .key("of this deployment")
//!     .build()?;
//! let redaction = redactor.redact("Ada Lovelace (ada@example.org) paid with 4111 1111 1111 1111");
//! assert!(redaction.text().starts_with("<NAME_1> ([EMAIL]) paid with [CARD:"));
//! assert_eq!(redaction.restore("<NAME_1> paid"), "Ada Lovelace paid");
//! # Ok::<(), amaas_core::Error>(())
//! ```
//!
//! Everything is looked for at once, and where two overlap both go. The time taken is linear in the
//! text, whatever is in it.
//!
//! The trap: this finds what has a form. A name that nobody gave, an address in words or a number
//! written out stays: redaction lessens what is told, it does not make a text anonymous.

use std::collections::HashMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use aho_corasick::AhoCorasick;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::detect::{self, Detector, Span};
use super::redaction::{Numbers, Redaction};
use crate::{Error, ErrorKind, Result};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Sensitive {
    /// A name that the host gave.
    Name,
    /// An e-mail address.
    Email,
    /// A phone number: international, or as written in the US, in China or with a leading 0.
    Phone,
    /// The number of a payment card, with a right check digit.
    Card,
    /// An IBAN, with right check digits.
    Iban,
    /// A social security number of the US, with its dashes or spaces.
    Ssn,
    /// An identity number of China, 18 digits with a date and a right check digit.
    ChinaId,
    /// An address of IPv4 or IPv6.
    Ip,
}

impl Sensitive {
    /// All there is.
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::Ssn,
        Self::ChinaId,
        Self::Ip,
    ];

    /// As texts call it in place of what was there.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Card => "CARD",
            Self::Iban => "IBAN",
            Self::Ssn => "SSN",
            Self::ChinaId => "CHINA_ID",
            Self::Ip => "IP",
        }
    }
}

impl FromStr for Sensitive {
    type Err = Error;

    /// The kind of this name, in capitals or not.
    fn from_str(text: &str) -> Result<Self> {
        let mut all = Self::ALL.into_iter();
        let named = all.find(|kind| kind.name().eq_ignore_ascii_case(text));
        named.ok_or_else(|| {
            let names = Self::ALL.map(|kind| kind.name().to_ascii_lowercase());
            let message = format!("`{text}` is nothing that is looked for");
            Error::new(ErrorKind::InvalidArgument, message)
                .advise(format!("use one of `{}`", names.join("`, `")))
        })
    }
}

/// What becomes of what was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Action {
    /// `[EMAIL]`: nothing of it stays.
    #[default]
    Mask,
    /// `[EMAIL:` and 32 hexadecimal digits `]`: HMAC-SHA256 with the redactor's key, cut to 128 bits.
    /// Equal values stay equal, for whoever counts them.
    Hash,
    /// `<EMAIL_1>`, which [`Redaction::restore`] turns back; equal values have equal numbers.
    Placeholder,
    /// It stays.
    Keep,
}

impl FromStr for Action {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "mask" => Ok(Self::Mask),
            "hash" => Ok(Self::Hash),
            "placeholder" => Ok(Self::Placeholder),
            "keep" => Ok(Self::Keep),
            _ => {
                let message = format!("`{text}` is nothing that a redactor does");
                Err(Error::new(ErrorKind::InvalidArgument, message)
                    .advise("use `mask`, `hash`, `placeholder` or `keep`"))
            }
        }
    }
}

/// What a redactor does; two that do the same are equal.
#[derive(Clone, PartialEq, Default)]
struct Rules {
    actions: HashMap<Sensitive, Action>,
    names: Vec<String>,
    key: Option<Zeroizing<Vec<u8>>>,
}

impl Rules {
    fn action(&self, kind: Sensitive) -> Action {
        self.actions.get(&kind).copied().unwrap_or_default()
    }

    /// What is looked for.
    fn wanted(&self) -> Vec<Sensitive> {
        let all = Sensitive::ALL.into_iter();
        all.filter(|kind| self.action(*kind) != Action::Keep)
            .collect()
    }

    fn check(&self) -> Result<()> {
        let mut wanted = self.wanted().into_iter();
        let hashes = wanted.any(|kind| self.action(kind) == Action::Hash);
        if hashes && self.key.as_ref().is_none_or(|key| key.is_empty()) {
            let error = Error::new(ErrorKind::InvalidArgument, "there is no key to hash with");
            return Err(error.advise("give one that stays the same while hashes are compared"));
        }
        if self.names.iter().any(|name| name.trim().is_empty()) {
            let error = Error::new(ErrorKind::InvalidArgument, "an empty name is everywhere");
            return Err(error.advise("leave it out"));
        }
        Ok(())
    }
}

/// Settings of a redactor: everything is looked for and masked, unless said otherwise.
#[derive(Clone, Default)]
pub struct RedactorBuilder(Rules);

impl RedactorBuilder {
    /// What becomes of this kind.
    #[must_use]
    pub fn act(mut self, kind: Sensitive, action: Action) -> Self {
        self.0.actions.insert(kind, action);
        self
    }

    /// What becomes of every kind.
    #[must_use]
    pub fn act_on_all(self, action: Action) -> Self {
        Sensitive::ALL
            .into_iter()
            .fold(self, |builder, kind| builder.act(kind, action))
    }

    /// Names to look for, as whole words, in capitals or not (for letters of ASCII).
    #[must_use]
    pub fn names<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.0.names.extend(names.into_iter().map(Into::into));
        self
    }

    /// The secret that hashes are made with. Without it nobody can try out what a hash stands for.
    #[must_use]
    pub fn key(mut self, key: impl AsRef<[u8]>) -> Self {
        self.0.key = Some(Zeroizing::new(key.as_ref().to_vec()));
        self
    }

    /// The redactor.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty name, and for [`Action::Hash`] without a key.
    pub fn build(self) -> Result<Redactor> {
        let rules = self.0;
        rules.check()?;
        let wanted = rules.wanted();
        let names = match wanted.contains(&Sensitive::Name) {
            true => &rules.names[..],
            false => &[],
        };
        let names = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(names)
            .map_err(|cause| {
                Error::new(ErrorKind::InvalidArgument, "there are too many names").because(cause)
            })?;
        Ok(Redactor {
            detectors: detect::detectors(&wanted)?,
            rules,
            names,
        })
    }
}

impl fmt::Debug for RedactorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedactorBuilder({} names)", self.0.names.len())
    }
}

/// Takes what is sensitive out of texts; used from any number of threads.
pub struct Redactor {
    rules: Rules,
    names: AhoCorasick,
    detectors: Vec<Detector>,
}

impl PartialEq for Redactor {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

/// Without the names, which are sensitive, and without the key.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} names)", self.rules.names.len())
    }
}

impl Redactor {
    /// One that looks for everything and masks it.
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder::default()
    }

    /// `text` without what is sensitive in it.
    pub fn redact(&self, text: &str) -> Redaction {
        let mut redaction = Redaction::default();
        self.redact_into(text, &mut Numbers::beside([text]), &mut redaction);
        redaction
    }

    /// These texts, and one way back for all: equal values have equal placeholders in each of them.
    pub(crate) fn redact_together<'a>(
        &self,
        texts: impl Iterator<Item = &'a str> + Clone,
    ) -> (Vec<String>, Redaction) {
        let (mut back, mut numbers) = (Redaction::default(), Numbers::beside(texts.clone()));
        let redact = |text| {
            self.redact_into(text, &mut numbers, &mut back);
            std::mem::take(&mut back.text)
        };
        let texts = texts.map(redact).collect();
        back.found.clear(); // places in several texts
        back.replaced.clear();
        (texts, back)
    }

    fn redact_into(&self, text: &str, numbers: &mut Numbers, redaction: &mut Redaction) {
        let mut shown = 0;
        for span in self.spans(text) {
            let value = &text[span.range.clone()];
            redaction.text.push_str(&text[shown..span.range.start]);
            let before = redaction.text.len();
            self.replace(span.kind, value, numbers, redaction);
            redaction.replaced.push(before..redaction.text.len());
            shown = span.range.end;
            redaction.found.push((span.kind, span.range));
        }
        redaction.text.push_str(&text[shown..]);
    }

    /// Everything sensitive, in order and apart: what overlaps has become one.
    fn spans(&self, text: &str) -> Vec<Span> {
        let mut spans = self.names(text);
        for detector in &self.detectors {
            detector.find(text, &mut spans);
        }
        spans.sort_by_key(|span| (span.range.start, usize::MAX - span.range.end));
        let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match apart.last_mut() {
                Some(last) if span.range.start < last.range.end => {
                    last.range.end = last.range.end.max(span.range.end);
                }
                _ => apart.push(span),
            }
        }
        apart
    }

    /// Every name that stands as whole words; what overlaps has become one, so that there are no more of
    /// them than words, however many names there are.
    fn names(&self, text: &str) -> Vec<Span> {
        let mut apart: Vec<Span> = Vec::new();
        for found in self.names.find_overlapping_iter(text) {
            let mut range = found.range();
            let is_whole = detect::is_border_before(text, range.start)
                && detect::is_border_after(text, range.end);
            if !is_whole {
                continue;
            }
            // They come in the order of their ends.
            while let Some(last) = apart.pop_if(|last| last.range.end > range.start) {
                range.start = range.start.min(last.range.start);
            }
            let kind = Sensitive::Name;
            apart.push(Span { kind, range });
        }
        apart
    }

    fn replace(&self, kind: Sensitive, value: &str, numbers: &mut Numbers, to: &mut Redaction) {
        let name = kind.name();
        match self.rules.action(kind) {
            Action::Hash => {
                let _ = write!(to.text, "[{name}:{}]", self.hash(kind, value));
            }
            Action::Placeholder => {
                let placeholder = numbers.placeholder(kind, value);
                to.text.push_str(&placeholder);
                to.originals.insert(placeholder, value.to_owned());
            }
            Action::Mask | Action::Keep => {
                let _ = write!(to.text, "[{name}]");
            }
        }
    }

    fn hash(&self, kind: Sensitive, value: &str) -> String {
        let key = self.rules.key.as_ref().map_or(&[][..], |key| key);
        // A key of any length is one; without any, nothing is told.
        let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(key) else {
            return String::new();
        };
        hmac.update(kind.name().as_bytes());
        hmac.update(&[0]);
        hmac.update(value.as_bytes());
        let code = hmac.finalize().into_bytes();
        code.iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
