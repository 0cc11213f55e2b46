//! Prompts that are read together, over the decoder that adds up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use amaas_core::clock::ManualClock;
use amaas_core::runtime::Stop;
use amaas_core::runtime::fake::FakeBackend;
use amaas_core::{Call, Error, ErrorKind, GenerateOptions, Generated, Result, Route, Ticket};

use crate::fake::{self, World, add_up, expected, signature};

const KINDS: [(&str, bool); 2] = [("growing", false), ("shared", true)];

/// The tokens of a run, row by row.
type Run = Vec<Vec<i64>>;

/// Nothing is guessed: runs over several tokens read prompts.
fn most(count: usize) -> GenerateOptions {
    GenerateOptions {
        prompt_lookup_num_tokens: Some(0),
        ..fake::most(count)
    }
}

/// What the decoder was asked to read, run by run.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Run>>>);

impl Seen {
    /// Runs over prompts of so many tokens: the tokens of their rows.
    fn prompts(&self, tokens: usize) -> Vec<Run> {
        let runs = self.0.lock().unwrap();
        let runs = runs.iter().filter(|run| run[0].len() == tokens);
        runs.cloned().collect()
    }

    fn shapes(&self, tokens: usize) -> Vec<usize> {
        self.prompts(tokens).iter().map(Vec::len).collect()
    }
}

/// The decoder; `look` sees each run before it, and may let it fail.
fn watched(
    shared: bool,
    look: impl Fn(&Run) -> Result<()> + Send + Sync + 'static,
) -> (FakeBackend, Seen) {
    let seen = Seen::default();
    let list = seen.clone();
    let backend = FakeBackend::new(signature()).computing(move |inputs| {
        let ids = inputs.iter().find(|(name, _)| *name == "input_ids");
        let ids = ids.unwrap().1.view::<i64>()?;
        let rows = ids.outer_iter();
        let run: Run = rows.map(|row| row.iter().copied().collect()).collect();
        list.0.lock().unwrap().push(run.clone());
        look(&run)?;
        add_up(inputs, shared)
    });
    (backend, seen)
}

/// Lets all of these come while a text of one token is being read; it is over when they are taken in.
fn at_once(
    backend: &FakeBackend,
    route: &Route,
    texts: &[(&str, GenerateOptions)],
) -> Vec<Ticket<Generated>> {
    beside(backend, route, 1, texts).1
}

/// As [`at_once`], and that text goes on to so many tokens.
fn beside(
    backend: &FakeBackend,
    route: &Route,
    count: usize,
    texts: &[(&str, GenerateOptions)],
) -> (Ticket<Generated>, Vec<Ticket<Generated>>) {
    let gate = backend.hold();
    let first = route.submit_generate(vec!["a".to_owned()], &most(count));
    backend.wait_for_held(1);
    let submit = |(prompt, options): &(&str, GenerateOptions)| {
        route.submit_generate(vec![(*prompt).to_owned()], options)
    };
    let tickets = texts.iter().map(submit).collect();
    drop(gate);
    (first, tickets)
}

fn text(ticket: &Ticket<Generated>) -> String {
    ticket.wait().unwrap().answers.remove(0).text
}

fn repeated(word: &str, count: usize) -> String {
    vec![word; count].join(" ")
}

fn until(stop: &Stop, count: usize) -> GenerateOptions {
    GenerateOptions {
        call: Call::until(stop),
        ..most(count)
    }
}

#[test]
fn prompts_of_one_length_are_read_in_one_run() {
    for (kind, shared) in KINDS {
        let (backend, seen) = watched(shared, |_| Ok(()));
        let route = World::new(kind, "1.0.0").load(&backend);
        let prompts = ["a b c", "c c d", "e f g", "j b i"];
        let texts = prompts.map(|prompt| (prompt, most(9)));
        let (first, tickets) = beside(&backend, &route, 9, &texts);
        for (prompt, ticket) in prompts.iter().zip(tickets) {
            let generated = ticket.wait().unwrap();
            assert_eq!(generated.answers[0].text, expected(prompt, 9), "{kind}");
        }
        assert_eq!(text(&first), expected("a", 9), "{kind}");
        assert_eq!(seen.shapes(3), [4], "{kind}: one run of four rows");
    }
}

#[test]
fn no_run_reads_more_than_a_piece() {
    let (backend, seen) = watched(true, |_| Ok(()));
    let route = World::new("shared", "1.0.0").load(&backend);
    let prompts = ["a", "b", "c", "d"].map(|word| repeated(word, 60));
    let texts: Vec<_> = prompts.iter().map(|prompt| (&**prompt, most(2))).collect();
    let (first, tickets) = beside(&backend, &route, 40, &texts);
    for (prompt, ticket) in prompts.iter().zip(tickets) {
        assert_eq!(text(&ticket), expected(prompt, 2));
    }
    assert_eq!(text(&first), expected("a", 40));
    assert_eq!(seen.shapes(60), [2, 2], "128 tokens between two steps");
}

#[test]
fn prompts_of_any_length_write_what_each_writes_alone() {
    for (kind, shared) in KINDS {
        let (backend, seen) = watched(shared, |_| Ok(()));
        let route = World::new(kind, "1.0.0").load(&backend);
        // Some of each length end with their first token, in front, between and behind the others.
        let lengths = [3, 150, 3, 3, 7, 150, 7, 3, 7, 290, 3, 3, 150, 1, 1, 3];
        let counts = [1, 30, 5, 1, 9, 1, 1, 20];
        let mut prompts = Vec::new();
        for (place, length) in lengths.into_iter().enumerate() {
            let words =
                (0..length).map(|word| char::from(b'a' + ((word * word + place) % 10) as u8));
            let words: Vec<_> = words.map(String::from).collect();
            prompts.push((words.join(" "), counts[place % counts.len()]));
        }
        let texts: Vec<_> = prompts
            .iter()
            .map(|(prompt, count)| (&**prompt, most(*count)))
            .collect();
        let (first, tickets) = beside(&backend, &route, 60, &texts);
        for ((prompt, count), ticket) in prompts.iter().zip(tickets) {
            let length = prompt.len();
            assert_eq!(text(&ticket), expected(prompt, *count), "{kind}, {length}");
        }
        assert_eq!(text(&first), expected("a", 60));
        assert!(seen.shapes(3).iter().any(|rows| *rows > 1), "{kind}");
    }
}

#[test]
fn a_newcomer_that_is_given_up_leaves_the_others_alone() {
    for (kind, shared) in KINDS {
        let [long, behind] = [Stop::new(), Stop::new()];
        let stops = [long.clone(), behind.clone()];
        let (backend, seen) = watched(shared, move |run| {
            // As soon as the first piece of the long prompt is read.
            if run[0].starts_with(&[3; 128]) {
                stops.iter().for_each(Stop::raise);
            }
            Ok(())
        });
        let route = World::new(kind, "1.0.0").load(&backend);
        let prompts = [("c", 200), ("d", 200), ("e", 210)];
        let prompts = prompts.map(|(word, count)| repeated(word, count));
        let texts = [
            (&*prompts[0], until(&long, 9)),
            (&*prompts[1], most(9)),
            (&*prompts[2], until(&behind, 9)),
        ];
        let (first, tickets) = beside(&backend, &route, 40, &texts);
        let [long, goes_on, behind] = <[_; 3]>::try_from(tickets).unwrap();
        assert_eq!(long.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(behind.wait().unwrap_err().kind(), ErrorKind::Cancelled);
        assert_eq!(text(&goes_on), expected(&prompts[1], 9), "{kind}");
        assert_eq!(text(&first), expected("a", 40), "{kind}");
        assert_eq!(seen.prompts(128), [[[3; 128]], [[4; 128]]], "{kind}");
        assert_eq!(seen.prompts(72), [[[4; 72]]], "{kind}");
    }
}

#[test]
fn one_that_waits_at_the_desk_is_given_up_before_its_run() {
    let stop = Stop::new();
    let raised = stop.clone();
    let (backend, seen) = watched(true, move |run| {
        if run[0] == [2, 2] {
            raised.raise();
        }
        Ok(())
    });
    let route = World::new("shared", "1.0.0").load(&backend);
    let texts = [
        ("c c c", most(4)),
        ("d d d", until(&stop, 4)),
        ("e e e", most(4)),
        ("b b", most(4)),
    ];
    let tickets = at_once(&backend, &route, &texts);
    for ((prompt, _), ticket) in texts.iter().zip(tickets) {
        match ticket.wait() {
            Ok(generated) => assert_eq!(generated.answers[0].text, expected(prompt, 4)),
            Err(error) => assert_eq!((*prompt, error.kind()), ("d d d", ErrorKind::Cancelled)),
        }
    }
    assert_eq!(seen.prompts(3), [[[3; 3], [5; 3]]]);
}

#[test]
fn a_prompt_that_makes_a_run_fail_ends_alone() {
    for (kind, shared) in KINDS {
        let (backend, seen) = watched(shared, move |run| {
            if run[0].len() < 3 || !run.iter().flatten().any(|id| *id == 10) {
                return Ok(());
            }
            assert!(shared, "a run that panics");
            Err(Error::new(ErrorKind::InferenceFailed, "a run that fails"))
        });
        let route = World::new(kind, "1.0.0").load(&backend);
        let prompts = ["a b c", "j j j", "c d e", "b b c"];
        let texts = prompts.map(|prompt| (prompt, most(6)));
        let (first, tickets) = beside(&backend, &route, 20, &texts);
        for (prompt, ticket) in prompts.iter().zip(tickets) {
            match ticket.wait() {
                Ok(generated) => {
                    assert_ne!(*prompt, "j j j");
                    assert_eq!(generated.answers[0].text, expected(prompt, 6), "{kind}");
                }
                Err(error) => {
                    assert_eq!(*prompt, "j j j", "{kind}: {error}");
                    let wanted = [ErrorKind::Internal, ErrorKind::InferenceFailed];
                    assert_eq!(error.kind(), wanted[usize::from(shared)]);
                }
            }
        }
        assert_eq!(text(&first), expected("a", 20), "{kind}");
        assert_eq!(seen.shapes(3), [4, 1, 1, 1, 1], "{kind}");
    }
}

#[test]
fn receipts_share_the_run_of_their_prompts() {
    let clock = Arc::new(ManualClock::new());
    let time = Arc::clone(&clock);
    let (backend, seen) = watched(false, move |run| {
        time.advance(Duration::from_millis(if run[0].len() == 3 {
            40
        } else {
            1
        }));
        Ok(())
    });
    let world = World::new("growing", "1.0.0");
    let (_service, route) = world.load_with(&backend, |builder| builder.clock(clock));
    let texts = ["a a a", "b b b", "c c c", "d d d"].map(|prompt| (prompt, most(1)));
    for ticket in at_once(&backend, &route, &texts) {
        let usage = ticket.wait().unwrap().usage;
        assert_eq!(usage.computed, Duration::from_millis(10));
        assert_eq!((usage.together, usage.rows), (4, 1));
        assert_eq!((usage.tokens, usage.tokens_out), (3, 1));
    }
    assert_eq!(seen.shapes(3), [4]);
}

#[test]
fn no_tenant_takes_all_places_of_a_group() {
    let (backend, seen) = watched(true, |_| Ok(()));
    let route = World::new("shared", "1.0.0").load(&backend);
    let by = |tenant: &str| GenerateOptions {
        call: Call {
            tenant: Some(tenant.into()),
            ..Call::default()
        },
        ..most(2)
    };
    let mut texts: Vec<_> = (0..8).map(|_| ("c c c", by("many"))).collect();
    texts.push(("d d d", by("few")));
    texts.push(("e e e", by("some")));
    let tickets = at_once(&backend, &route, &texts);
    for ((prompt, _), ticket) in texts.iter().zip(tickets) {
        assert_eq!(text(&ticket), expected(prompt, 2));
    }
    let group = &seen.prompts(3)[0];
    assert_eq!(group.len(), 5, "{group:?}");
    assert!(
        group.contains(&vec![4; 3]) && group.contains(&vec![5; 3]),
        "{group:?}"
    );
}
