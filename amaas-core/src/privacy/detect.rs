//! Finding what is sensitive: a pattern for what may be it, then a check of digits and borders.
//!
//! Sources: RFC 5321 (e-mail), E.164 (phone), ISO/IEC 7812-1 (cards), ISO 13616 and ISO 7064 MOD
//! 97-10 (IBAN), the rules of the SSA (SSN), GB 11643 and ISO 7064 MOD 11-2 (identity numbers of
//! China), RFC 4291 (IPv6).
//!
//! The trap: a search that comes back often and looks far ahead each time takes quadratic time on a
//! text made for it. So no pattern can match more than a fixed number of bytes, and each search begins
//! behind the begin of the one before.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use regex::Regex;

use super::redactor::Sensitive;
use crate::{Error, ErrorKind, Result};

/// Where something sensitive lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) kind: Sensitive,
    pub(super) range: Range<usize>,
}

/// One pattern, and whether what it matches is what it looks like.
pub(super) struct Detector {
    kind: Sensitive,
    pattern: Regex,
    check: Check,
}

/// How much of a match, from its begin, is it; `None` when nothing is.
type Check = fn(&str) -> Option<usize>;

/// Every pattern. `À-ɏ` are the letters of Latin script beyond ASCII.
const PATTERNS: [(Sensitive, &str, Check); 12] = [
    (
        Sensitive::Email,
        r"[A-Za-z0-9À-ɏ._%+-]{1,64}@[A-Za-z0-9À-ɏ-]{1,63}(?:\.[A-Za-z0-9À-ɏ-]{1,63}){1,8}",
        email,
    ),
    (
        Sensitive::Iban,
        r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}",
        iban,
    ),
    (Sensitive::ChinaId, r"[1-9][0-9]{16}[0-9Xx]", china),
    (Sensitive::Card, r"[2-6](?:[ -]?[0-9]){12,18}", card),
    (Sensitive::Ssn, r"[0-9]{3}-[0-9]{2}-[0-9]{4}", ssn),
    (Sensitive::Ssn, r"[0-9]{3} [0-9]{2} [0-9]{4}", ssn),
    (Sensitive::Ip, r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", version_4),
    (
        Sensitive::Ip,
        r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,41}",
        version_6,
    ),
    (
        Sensitive::Phone,
        r"\+[1-9](?:[ ./()-]{0,2}[0-9]){6,14}",
        whole,
    ),
    (
        Sensitive::Phone,
        r"(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[0-9]{3}[ .-][0-9]{4}",
        whole,
    ),
    (
        Sensitive::Phone,
        r"1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}",
        whole,
    ),
    (
        Sensitive::Phone,
        r"0{1,2}[1-9][0-9]{0,3}[ /-][0-9]{2,4}(?:[ -]?[0-9]{2,4}){1,3}",
        whole,
    ),
];

/// The detectors of `kinds`.
pub(super) fn detectors(kinds: &[Sensitive]) -> Result<Vec<Detector>> {
    let wanted = PATTERNS.iter().filter(|(kind, ..)| kinds.contains(kind));
    wanted
        .map(|(kind, pattern, check)| {
            let pattern = Regex::new(pattern).map_err(|cause| {
                let message = format!("the pattern of `{}` is wrong", kind.name());
                Error::new(ErrorKind::Internal, message).because(cause)
            })?;
            Ok(Detector {
                kind: *kind,
                pattern,
                check: *check,
            })
        })
        .collect()
}

impl Detector {
    /// Adds what is found to `spans`; an address that is longer than any may be goes in part, too.
    /// Says how many searches that took.
    pub(super) fn find(&self, text: &str, spans: &mut Vec<Span>) -> usize {
        let (mut at, mut searches) = (0, 1);
        while let Some(found) = self.pattern.find_at(text, at) {
            searches += 1;
            let (start, candidate) = (found.start(), found.as_str());
            let is_begin = match self.kind {
                Sensitive::Email => true,
                Sensitive::Phone => is_border_before(text, start) && !goes_on(&text[..start]),
                _ => is_border_before(text, start),
            };
            let length = is_begin
                .then(|| (self.check)(candidate))
                .flatten()
                .filter(|length| is_border_after(text, start + length));
            match length {
                Some(length) => {
                    let range = start..start + length;
                    at = range.end;
                    spans.push(Span {
                        kind: self.kind,
                        range,
                    });
                }
                None => at = start + candidate.chars().next().map_or(1, char::len_utf8),
            }
        }
        searches
    }
}

/// Whether no word ends right before `at`.
pub(super) fn is_border_before(text: &str, at: usize) -> bool {
    !text[..at].chars().next_back().is_some_and(joins)
}

/// Whether no word goes on at `at`.
pub(super) fn is_border_after(text: &str, at: usize) -> bool {
    !text[at..].chars().next().is_some_and(joins)
}

/// Whether a number ends here that what follows belongs to: `219-` or `3.`.
fn goes_on(before: &str) -> bool {
    let rest = before.strip_suffix(['-', '.', '/']);
    rest.is_some_and(|rest| rest.ends_with(|sign: char| sign.is_ascii_digit()))
}

/// Whether a letter or digit makes one word with what stands next to it: those of scripts that
/// write without spaces do not.
fn joins(letter: char) -> bool {
    let spaceless = matches!(letter,
        '\u{0e00}'..='\u{0eff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}');
    letter.is_alphanumeric() && !spaceless
}

fn whole(candidate: &str) -> Option<usize> {
    Some(candidate.len())
}

/// Up to the last label that has letters, two or more.
fn email(candidate: &str) -> Option<usize> {
    let (mut rest, host) = (candidate, candidate.find('@')?);
    while let Some((before, label)) = rest.rsplit_once('.').filter(|(one, _)| one.len() > host) {
        let letters = label.chars().filter(|letter| letter.is_alphabetic());
        if letters.count() >= 2 {
            return Some(rest.len());
        }
        rest = before;
    }
    None
}

/// The longest beginning that ends where a group of characters does, and passes.
fn longest(candidate: &str, passes: impl Fn(&str) -> bool) -> Option<usize> {
    let is_end =
        |end: usize| is_border_after(candidate, end) && !candidate[..end].ends_with([' ', '-']);
    let mut ends = (1..=candidate.len()).rev().filter(|end| is_end(*end));
    ends.find(|end| passes(&candidate[..*end]))
}

fn digits(text: &str) -> impl DoubleEndedIterator<Item = u32> + '_ {
    text.chars().filter_map(|digit| digit.to_digit(10))
}

/// 13 to 19 digits whose last is the check digit of Luhn's formula.
fn card(candidate: &str) -> Option<usize> {
    longest(candidate, |number| {
        let count = digits(number).count();
        let sum: u32 = digits(number)
            .rev()
            .enumerate()
            .map(|(place, digit)| match place % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            })
            .sum();
        (13..=19).contains(&count) && sum.is_multiple_of(10)
    })
}

/// 15 to 34 characters that, with the first four moved to the end, leave 1 modulo 97.
fn iban(candidate: &str) -> Option<usize> {
    longest(candidate, |text| {
        let signs: Vec<_> = text.chars().filter_map(|sign| sign.to_digit(36)).collect();
        let turned = signs.iter().skip(4).chain(signs.iter().take(4));
        let rest = turned.fold(0, |rest, sign| match sign {
            0..10 => (rest * 10 + sign) % 97,
            _ => (rest * 100 + sign) % 97,
        });
        (15..=34).contains(&signs.len()) && rest == 1
    })
}

fn ssn(candidate: &str) -> Option<usize> {
    let all: Vec<_> = digits(candidate).collect();
    let number = |range: Range<usize>| {
        all.get(range)
            .map(|part| part.iter().fold(0, |number, digit| number * 10 + digit))
    };
    let (area, group, serial) = (number(0..3)?, number(3..5)?, number(5..9)?);
    let given = area != 0 && area != 666 && area < 900 && group != 0 && serial != 0;
    given.then_some(candidate.len())
}

fn china(candidate: &str) -> Option<usize> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let (year, month, day) = (
        candidate.get(6..10)?.parse::<u32>().ok()?,
        candidate.get(10..12)?.parse::<u32>().ok()?,
        candidate.get(12..14)?.parse::<u32>().ok()?,
    );
    let is_date =
        (1850..=2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let sum: u32 = digits(candidate)
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = CHECKS.get(sum as usize % 11)?;
    let last = candidate.bytes().last()?.to_ascii_uppercase();
    (is_date && last == *check).then_some(candidate.len())
}

fn version_4(candidate: &str) -> Option<usize> {
    candidate.parse::<Ipv4Addr>().ok().map(|_| candidate.len())
}

fn version_6(candidate: &str) -> Option<usize> {
    let text = candidate.trim_end_matches('.');
    let short = text.strip_suffix(':').filter(|rest| !rest.ends_with(':'));
    let text = short.unwrap_or(text);
    let has_digit = text.contains(|sign: char| sign.is_ascii_hexdigit());
    let parsed = text.parse::<Ipv6Addr>().ok().filter(|_| has_digit);
    parsed.map(|_| text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What no pattern exceeds in bytes, so that no search looks further ahead.
    const MOST: usize = 4096;

    #[test]
    fn no_pattern_looks_ahead_without_a_bound() {
        for (kind, pattern, _) in PATTERNS {
            let parsed = regex_syntax::parse(pattern).unwrap();
            let most = parsed.properties().maximum_len();
            assert!(most.is_some_and(|most| most <= MOST), "{kind:?}: {most:?}");
        }
    }

    /// Each search begins behind the one before: there are no more of them than characters.
    #[test]
    fn hostile_texts_take_no_more_searches_than_they_have_characters() {
        let hostile = [
            "1",
            "1 ",
            "1-",
            "4111 1111 1111 1112 ",
            "a@",
            "a@b.",
            "@",
            "a.",
            "+",
            "+1",
            "0 ",
            "::",
            "f:",
            "1.",
            "1.1.1.",
            "GB00 ",
            "AA00",
            "9-",
            "123-45-678",
            "(2",
            "110101199003071",
            "é@é.",
        ];
        let kinds = Sensitive::ALL;
        let mut most = 0.0_f64;
        for seed in hostile {
            let text = seed.repeat(200_000 / seed.len());
            for detector in detectors(&kinds).unwrap() {
                let mut spans = Vec::new();
                let searches = detector.find(&text, &mut spans);
                let characters = text.chars().count();
                assert!(searches <= characters + 2, "{:?} on {seed}", detector.kind);
                most = most.max(searches as f64 / characters as f64);
            }
        }
        assert!(most <= 1.01, "{most}");
    }
}
