//! Redaction: what is found, what is not, what becomes of it, and how much of a labelled set.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use amaas_core::clock::SystemClock;
use amaas_core::model::{Dimension, Port, Signature};
use amaas_core::privacy::{Action, Redactor, Sensitive};
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::service::WarmUp;
use amaas_core::{Call, Dtype, ErrorKind, LoadSettings, Service, Tensor};
use fastrand::Rng;
use proptest::prelude::*;

use crate::serving::{World, summing};
use crate::support::say;

fn masked(text: &str) -> String {
    let redactor = Redactor::builder().names(["Ada Lovelace", "李雷", "Ann"]);
    redactor.build().unwrap().redact(text).into_text()
}

#[test]
fn each_kind_is_found_where_it_is() {
    let cases = [
        ("write to ada@example.org.", "write to [EMAIL]."),
        ("ada@example.org.9", "[EMAIL].9"),
        ("<ada.l+x@mail.example.co.uk>", "<[EMAIL]>"),
        ("jörg@bücher.example", "[EMAIL]"),
        ("call +49 (30) 1234-5678!", "call [PHONE]!"),
        ("(415) 555-2671 or 415-555-2671", "[PHONE] or [PHONE]"),
        ("手机 138 1234 5678, 010-62345678", "手机 [PHONE], [PHONE]"),
        ("card 4111 1111 1111 1111.", "card [CARD]."),
        ("5500-0000-0000-0004/3782 822463 10005", "[CARD]/[CARD]"),
        ("pay DE89 3704 0044 0532 0130 00 now", "pay [IBAN] now"),
        ("GB82WEST12345698765432", "[IBAN]"),
        ("ssn 219-09-9999, 219 09 9999", "ssn [SSN], [SSN]"),
        ("身份证 11010519491231002X", "身份证 [CHINA_ID]"),
        (
            "from 192.168.0.1:80 to [2001:db8::1]",
            "from [IP]:80 to [[IP]]",
        ),
        ("::1 and fe80::1:2.", "[IP] and [IP]."),
        ("ada lovelace met 李雷", "[NAME] met [NAME]"),
    ];
    for (text, expected) in cases {
        assert_eq!(masked(text), expected);
    }
}

#[test]
fn what_only_looks_like_it_stays() {
    let stays = [
        "ada at example dot org",
        "a@b",
        "@example.org",
        "x@1.2",
        "4111 1111 1111 1112",
        "order 1234567890123",
        "1111111111111111111111111",
        "GB81WEST12345698765432",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "219-00-9999",
        "219-09-0000",
        "110105194912310021",
        "110105194913310021",
        "256.1.1.1",
        "1.2.3",
        "12:30:45",
        "std::fs::read",
        "::",
        "Annual",
        "Hannah",
        "2024-01-02 09:30",
        "v1.2.3-rc.4",
        "3.14159265358979",
        "550e8400-e29b-41d4-a716-446655440000",
    ];
    for text in stays {
        assert_eq!(masked(text), text);
    }
}

#[test]
fn what_overlaps_goes_as_a_whole() {
    let redactor = Redactor::builder()
        .names(["ada", "example"])
        .build()
        .unwrap();
    assert_eq!(redactor.redact("ada@example.org").text(), "[EMAIL]");
    let redactor = Redactor::builder()
        .names(["Ada Lovelace 4111"])
        .build()
        .unwrap();
    let text = "Ada Lovelace 4111 1111 1111 1111";
    assert_eq!(redactor.redact(text).text(), "[NAME]");
}

#[test]
fn hashes_are_equal_for_equal_values_and_keys() {
    let hashing = |key: &str| {
        let builder = Redactor::builder().act_on_all(Action::Hash).key(key);
        builder.build().unwrap()
    };
    let (one, same, other) = (hashing("one"), hashing("one"), hashing("other"));
    let text = "ada@example.org, ada@example.org, bob@example.org";
    let hidden = one.redact(text).into_text();
    let words: Vec<_> = hidden.split(", ").collect();
    assert_eq!(words[0], words[1]);
    assert_ne!(words[0], words[2]);
    assert_eq!(hidden, same.redact(text).into_text());
    assert_ne!(hidden, other.redact(text).into_text());
    // By the program: printf 'EMAIL\0ada@example.org' | openssl dgst -sha256 -hmac one
    assert_eq!(words[0], "[EMAIL:d0330a2f88fa5509c233ef5faea74dd6]");
    assert_eq!((one == same, one == other), (true, false));
    for builder in [
        Redactor::builder().act(Sensitive::Ip, Action::Hash),
        Redactor::builder().act(Sensitive::Ip, Action::Hash).key(""),
        Redactor::builder().names([" "]),
    ] {
        assert_eq!(
            builder.build().unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
    }
    let secret = Redactor::builder()
        .names(["Ada"])
        .key("secret")
        .build()
        .unwrap();
    let shown = format!("{secret:?} {:?}", secret.redact("Ada"));
    assert!(
        !shown.contains("Ada") && !shown.contains("secret"),
        "{shown}"
    );
}

#[test]
fn placeholders_are_restored_and_never_confused() {
    let redactor = Redactor::builder()
        .act_on_all(Action::Placeholder)
        .build()
        .unwrap();
    let text = "<EMAIL_1> is not a@x.org, but b@x.org is, and a@x.org";
    let redaction = redactor.redact(text);
    assert_eq!(
        redaction.text(),
        "<EMAIL_1> is not <EMAIL_2>, but <EMAIL_3> is, and <EMAIL_2>"
    );
    assert_eq!(redaction.restore(redaction.text()), text);
    let answer = "<EMAIL_3> wrote <EMAIL_1> <EMAIL_4> <<EMAIL_2>> <email_2>";
    assert_eq!(
        redaction.restore(answer),
        "b@x.org wrote <EMAIL_1> <EMAIL_4> <a@x.org> <email_2>"
    );
    let kept = Redactor::builder()
        .act_on_all(Action::Keep)
        .build()
        .unwrap();
    assert_eq!(kept.redact(text).text(), text);
    assert_eq!(kept.redact(text).found(), []);
}

proptest! {
    #[test]
    fn any_text_is_restored(text in "([ -~]|[éß李\\n]|a@b\\.org|<EMAIL_[1-3]>|4111 1111 1111 1111|::1){0,40}") {
        let redactor = Redactor::builder().act_on_all(Action::Placeholder).build().unwrap();
        let redaction = redactor.redact(&text);
        prop_assert_eq!(redaction.restore(redaction.text()), text.clone());
        for (_, range) in redaction.found() {
            prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
        }
        // What was masked is nowhere.
        let masker = Redactor::builder().build().unwrap();
        let hidden = masker.redact(&text).into_text();
        prop_assert!(!hidden.contains("a@b.org"));
    }
}

#[test]
fn a_model_sees_texts_without_what_is_sensitive() {
    let (world, backend) = (World::new(), summing());
    let redactor = Redactor::builder().names(["a"]).build().unwrap();
    let settings = LoadSettings {
        instances: Some(1),
        warm_up: WarmUp::off(),
        redactor: Some(Arc::new(redactor)),
        ..LoadSettings::default()
    };
    // The golden example is its author's, who knew nothing of redaction.
    let golden = "[[golden]]\ntext = \"a b\"\nexpect = [{ label = \"yes\", score = 3.0 }]\ntolerance = 0.001\n";
    let path = world.package("1.0.0", "", golden);
    let builder = world.builder(&backend, Arc::new(SystemClock::default()), settings.clone());
    let service = builder.build().unwrap();
    service.publish(&path).unwrap();
    let route = service.load("words").unwrap();
    let open = service
        .load_with(
            "words",
            LoadSettings {
                redactor: None,
                ..settings
            },
        )
        .unwrap();
    // `a` is 1 and `b` is 2; what is masked is no word that the model knows.
    let score = |route: &amaas_core::Route| route.classify(&["a b"]).unwrap()[0].labels[0].score;
    assert_eq!((score(&open), score(&route)), (3.0, 2.0));
}

/// Texts in tensors, both ways: the model echoes what it is shown.
#[test]
fn texts_in_tensors_are_hidden_from_the_model_and_put_back() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let model = Arc::clone(&seen);
    let port = |name: &str| Port::tensor(name, Dtype::String, [Dimension::named("n")]);
    let signature = Signature {
        inputs: vec![port("x")],
        outputs: vec![port("y")],
    };
    let backend = FakeBackend::new(signature).computing(move |inputs| {
        let texts = inputs[0].1.strings()?.to_vec();
        model.lock().unwrap().extend(texts.iter().cloned());
        let answers = texts.iter().map(|text| format!("{text}, and <NAME_9>"));
        let answers = Tensor::from_strings([texts.len()], answers.collect::<Vec<_>>())?;
        Ok(vec![answers])
    });
    let redactor = Redactor::builder()
        .names(["Ada", "Grace"])
        .act(Sensitive::Name, Action::Placeholder)
        .build()
        .unwrap();
    let settings = LoadSettings {
        instances: Some(1),
        warm_up: WarmUp::off(),
        redactor: Some(Arc::new(redactor)),
        ..LoadSettings::default()
    };
    let builder = Service::builder()
        .settings(settings)
        .backend(Arc::new(backend));
    let service = builder.build().unwrap();
    let graph = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/fixtures/identity_string.onnx"
    );
    let route = service.load(graph).unwrap();
    let texts = ["Ada met Grace", "Grace met ada@example.org", "nobody"];
    let texts = Tensor::from_strings([3], texts).unwrap();
    let expected = ["Ada met Grace", "Grace met [EMAIL]", "nobody"];
    let expected = expected.map(|text| format!("{text}, and <NAME_9>"));
    let ticket = route.submit(&[("x", &texts)], &[], &Call::default());
    for outputs in [route.run(&[("x", &texts)]).unwrap(), ticket.wait().unwrap()] {
        assert_eq!(outputs[0].strings().unwrap(), expected);
        assert_eq!(outputs.usage().bytes_in, 13 + 25 + 6); // as the caller gave them
    }
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen[..3],
        ["<NAME_1> met <NAME_2>", "<NAME_2> met [EMAIL]", "nobody"]
    );
    assert_eq!(seen[3..], seen[..3]);
}

/// A stage before a log: what is written is what may be shown, and the way back does not leave.
#[test]
fn a_line_is_redacted_before_it_is_logged() {
    let redactor = Redactor::builder().names(["Ada"]).build().unwrap();
    let mut log = String::new();
    for line in [
        "Ada logged in from 10.0.0.7",
        "card 4111 1111 1111 1111 declined",
    ] {
        writeln!(log, "{}", redactor.redact(line).into_text()).unwrap();
    }
    assert_eq!(log, "[NAME] logged in from [IP]\ncard [CARD] declined\n");
}

/// A longer name that goes on as another word hides no shorter one.
#[test]
fn names_that_overlap_are_all_found() {
    let names = ["Ann", "Ann Lee", "Lee Roy", "Roy Ann Lee Ann"];
    let redactor = Redactor::builder().names(names).build().unwrap();
    for (text, expected) in [
        ("Ann Leeds", "[NAME] Leeds"),
        ("Ann Lee Roy", "[NAME]"),
        ("Annabel Lee Roy Ann Leed", "Annabel [NAME] [NAME] Leed"),
        ("Roy Ann Lee Anna", "Roy [NAME] Anna"),
    ] {
        assert_eq!(redactor.redact(text).text(), expected, "{text}");
    }
}

/// However many names overlap, what is found has become one before it is kept: of a text that is four
/// times as long there is four times as much to keep.
#[test]
fn many_names_that_overlap_take_no_more_than_the_text() {
    let names: Vec<_> = (1..200).map(|words| vec!["ab"; words].join(" ")).collect();
    let redactor = Redactor::builder().names(names).build().unwrap();
    for seed in [
        "ab ",
        "ab",
        "ab-",
        "<NAME_1>",
        "4111 1111 1111 1111 ",
        "a@b.",
        "1.1.1.",
    ] {
        let kept = [20_000, 80_000].map(|bytes| {
            let text = seed.repeat(bytes / seed.len());
            let counted = allocation_counter::measure(|| drop(redactor.redact(&text)));
            counted.bytes_max as f64
        });
        assert!(kept[1] <= 8.0 * kept[0] + 65_536.0, "{seed}: {kept:?}");
        assert!(kept[1] <= 100.0 * 80_000.0, "{seed}: {kept:?}");
    }
}

/// One value of a kind, as people write it.
fn value(kind: Sensitive, rng: &mut Rng) -> String {
    let digits =
        |rng: &mut Rng, count: usize| -> String { (0..count).map(|_| rng.digit(10)).collect() };
    match kind {
        Sensitive::Name => ["Ada Lovelace", "李雷", "Ann"][rng.usize(..3)].to_owned(),
        Sensitive::Email => {
            let name: String = (0..rng.usize(1..12)).map(|_| rng.lowercase()).collect();
            let host: String = (0..rng.usize(2..12)).map(|_| rng.lowercase()).collect();
            let ends = ["com", "org", "co.uk", "example"];
            format!(
                "{name}{}@{host}.{}",
                ["", ".b", "+list", "_1"][rng.usize(..4)],
                ends[rng.usize(..4)]
            )
        }
        Sensitive::Phone => match rng.usize(..5) {
            0 => format!("+49 30 {}", digits(rng, 7)),
            1 => format!(
                "+1 {} {} {}",
                rng.u32(200..999),
                rng.u32(100..999),
                digits(rng, 4)
            ),
            2 => format!(
                "({}) {}-{}",
                rng.u32(200..999),
                rng.u32(200..999),
                digits(rng, 4)
            ),
            3 => format!("1{}{}", rng.u32(30..99), digits(rng, 8)),
            _ => format!("0{} {} {}", rng.u32(20..99), digits(rng, 4), digits(rng, 4)),
        },
        Sensitive::Card => {
            let body = format!("{}{}", rng.u32(2..7), digits(rng, 14));
            let all = (0..10)
                .map(|check| format!("{body}{check}"))
                .find(|all| luhn(all))
                .unwrap();
            let gap = ["", " ", "-"][rng.usize(..3)];
            [&all[..4], &all[4..8], &all[8..12], &all[12..]].join(gap)
        }
        Sensitive::Iban => {
            let body = digits(rng, 18);
            // `DE00` at the end: D is 13 and E is 14.
            let rest = format!("{body}131400")
                .bytes()
                .fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97);
            let all = format!("DE{:02}{body}", 98 - rest);
            let groups: Vec<_> = all
                .as_bytes()
                .chunks(4)
                .map(|four| std::str::from_utf8(four).unwrap())
                .collect();
            groups.join(["", " "][rng.usize(..2)])
        }
        Sensitive::Ssn => format!(
            "{:03}-{:02}-{:04}",
            rng.u32(1..600),
            rng.u32(1..100),
            rng.u32(1..10_000)
        ),
        Sensitive::ChinaId => {
            let date = format!(
                "{}{:02}{:02}",
                rng.u32(1930..2020),
                rng.u32(1..13),
                rng.u32(1..29)
            );
            let body = format!("{}{date}{}", rng.u32(110_000..660_000), digits(rng, 3));
            let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
            let sum: u32 = body
                .bytes()
                .zip(weights)
                .map(|(digit, weight)| u32::from(digit - b'0') * weight)
                .sum();
            format!(
                "{body}{}",
                ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum as usize % 11]
            )
        }
        _ => match rng.bool() {
            true => format!(
                "{}.{}.{}.{}",
                rng.u8(..),
                rng.u8(..),
                rng.u8(..),
                rng.u8(..)
            ),
            false => format!("2001:db8:{:x}::{:x}", rng.u16(..), rng.u16(1..)),
        },
    }
}

/// Luhn's formula as its patent says it: double every second digit from the right.
fn luhn(number: &str) -> bool {
    let doubled = |(place, digit): (usize, u8)| {
        let digit = u32::from(digit - b'0');
        if place % 2 == 1 {
            digit * 2 / 10 + digit * 2 % 10
        } else {
            digit
        }
    };
    number.bytes().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// Something harmless that looks a little like it.
fn decoy(rng: &mut Rng) -> String {
    match rng.usize(..8) {
        0 => format!(
            "{}-{:02}-{:02}",
            rng.u32(1990..2030),
            rng.u32(1..13),
            rng.u32(1..29)
        ),
        1 => format!("v{}.{}.{}", rng.u32(..20), rng.u32(..20), rng.u32(..99)),
        2 => format!("${}.{:02}", rng.u32(1..99_999), rng.u32(..100)),
        3 => format!("order {}", rng.u64(10_000..99_999_999)),
        4 => format!(
            "{:02}:{:02}:{:02}",
            rng.u32(..24),
            rng.u32(..60),
            rng.u32(..60)
        ),
        5 => format!(
            "{:08x}-{:04x}-4{:03x}",
            rng.u32(..),
            rng.u16(..),
            rng.u16(..4096)
        ),
        6 => format!("room {} @ {}", rng.u32(1..999), rng.u32(1..12)),
        _ => format!("{}°, {}%", rng.u32(..360), rng.u32(..100)),
    }
}

/// Sentences with values and decoys at known places; recall and precision are printed for the
/// summary of a whole run.
#[test]
fn a_labelled_set_is_found() {
    let mut rng = Rng::with_seed(2026);
    let redactor = Redactor::builder()
        .names(["Ada Lovelace", "李雷", "Ann"])
        .build()
        .unwrap();
    let glue = [
        "I wrote that ",
        " is what ",
        ", then ",
        " or (",
        ") and ",
        ": ",
        "; 这是",
        " — ",
    ];
    let mut tally: BTreeMap<Sensitive, (u32, u32, u32)> = BTreeMap::new();
    for _ in 0..2_000 {
        let (mut text, mut expected) = (String::new(), Vec::new());
        for _ in 0..rng.usize(1..6) {
            text.push_str(glue[rng.usize(..glue.len())]);
            text.push(' ');
            if rng.bool() {
                text.push_str(&decoy(&mut rng));
            } else {
                let kind = Sensitive::ALL[rng.usize(..Sensitive::ALL.len())];
                let start = text.len();
                text.push_str(&value(kind, &mut rng));
                expected.push((kind, start..text.len()));
            }
            text.push(' ');
        }
        let redaction = redactor.redact(&text);
        for label in &expected {
            let entry = tally.entry(label.0).or_default();
            entry.0 += 1;
            entry.1 += u32::from(redaction.found().contains(label));
        }
        for found in redaction.found() {
            tally.entry(found.0).or_default().2 += 1;
        }
    }
    for (kind, (labelled, right, found)) in &tally {
        let recall = f64::from(*right) / f64::from(*labelled);
        let precision = f64::from(*right) / f64::from(*found);
        say(&format!(
            "redaction: {}: {labelled} labelled, recall {recall:.3}, precision {precision:.3}",
            kind.name()
        ));
        assert!(
            recall >= 0.98 && precision >= 0.98,
            "{kind:?}: {recall} {precision}"
        );
    }
    assert_eq!(tally.len(), Sensitive::ALL.len());
}
