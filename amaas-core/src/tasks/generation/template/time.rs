//! The calendar as `strftime` writes it, for templates that tell the model what day it is.
//!
//! The trap: times are in UTC, so that the same request makes the same prompt on every machine.

use std::time::{SystemTime, UNIX_EPOCH};

use minijinja::{Error, ErrorKind};

use crate::clock::Day;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];
/// The most bytes of a format.
const LONGEST: usize = 256;

/// `now` as `format` says, by the directives of C's `strftime` that name parts of a date or time of
/// day.
pub(super) fn format(now: SystemTime, format: &str) -> Result<String, Error> {
    let refused = |why: &'static str| Error::new(ErrorKind::InvalidOperation, why);
    if format.len() > LONGEST {
        return Err(refused("a time format of over 256 bytes"));
    }
    let parts = Parts::of(now);
    let mut text = String::new();
    let mut rest = format.chars();
    while let Some(letter) = rest.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let directive = rest
            .next()
            .ok_or_else(|| refused("a time format ends in `%`"))?;
        // `%-d` is `%d` without the zero in front.
        let (bare, directive) = match directive {
            '-' => (true, rest.next().unwrap_or('-')),
            other => (false, other),
        };
        let part = parts
            .part(directive)
            .ok_or_else(|| refused("an unknown directive of a time"))?;
        text.push_str(if bare {
            part.trim_start_matches('0')
        } else {
            &part
        });
    }
    Ok(text)
}

/// A moment in the parts that people name.
struct Parts {
    /// As `2026-01-31`.
    date: String,
    days: usize,
    seconds: u64,
}

impl Parts {
    fn of(now: SystemTime) -> Self {
        let elapsed = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            date: Day::of(now).to_string(),
            days: (elapsed / 86_400) as usize,
            seconds: elapsed % 86_400,
        }
    }

    fn part(&self, directive: char) -> Option<String> {
        let (year, rest) = self.date.split_once('-')?;
        let (month, day) = rest.split_once('-')?;
        let hour = self.seconds / 3600;
        let name = MONTHS[(month.parse::<usize>().ok()? + 11) % 12];
        let weekday = WEEKDAYS[self.days % 7];
        Some(match directive {
            'Y' => year.to_owned(),
            'y' => year.get(year.len() - 2..)?.to_owned(),
            'm' => month.to_owned(),
            'd' => day.to_owned(),
            'e' => format!("{:>2}", day.trim_start_matches('0')),
            'B' => name.to_owned(),
            'b' | 'h' => name[..3].to_owned(),
            'A' => weekday.to_owned(),
            'a' => weekday[..3].to_owned(),
            'H' => format!("{hour:02}"),
            'I' => format!("{:02}", (hour + 11) % 12 + 1),
            'p' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
            'M' => format!("{:02}", self.seconds / 60 % 60),
            'S' => format!("{:02}", self.seconds % 60),
            'F' => self.date.clone(),
            'T' => format!(
                "{hour:02}:{:02}:{:02}",
                self.seconds / 60 % 60,
                self.seconds % 60
            ),
            'Z' => "UTC".to_owned(),
            '%' => "%".to_owned(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn moments_read_as_strftime_writes_them() {
        let at = |seconds: u64, directives: &str| {
            format(UNIX_EPOCH + Duration::from_secs(seconds), directives).unwrap()
        };
        assert_eq!(
            at(0, "%A, %d %B %Y, %I:%M %p"),
            "Thursday, 01 January 1970, 12:00 AM"
        );
        // 2026-03-07 15:04:05 was a Saturday.
        let then = 1_772_895_845;
        assert_eq!(
            at(then, "%a %b %e %T %Z %y, 100%%"),
            "Sat Mar  7 15:04:05 UTC 26, 100%"
        );
        assert_eq!(at(then, "%F %-d.%-m. %I%p"), "2026-03-07 7.3. 03PM");
    }

    #[test]
    fn formats_that_say_nothing_are_refused() {
        for refused in ["%", "%Q", "%-", &"x".repeat(300)] {
            assert!(format(UNIX_EPOCH, refused).is_err());
        }
    }
}
