//! Many threads, one text a request, from Rust: beside sessions of ONNX Runtime by hand.
//!
//! Both sides of a question run in turn in one process; the medians of the pairs are printed and
//! written to `crowd.json`. amaas runs with the settings that a user gets without asking. A word on
//! the command line runs only the questions that have it in their name.
#![expect(
    clippy::expect_used,
    reason = "a bench that cannot start has nothing to measure"
)]
#![expect(clippy::print_stdout, reason = "a bench reports to people")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use amaas_benches::{Sessions, classify, embed, environment, median, tokenizer, write_rows};
use amaas_core::registry::MoveOptions;
use amaas_core::{Classified, Route, Service};

const PAIRS: usize = 5;
const SPAN: Duration = Duration::from_secs(3);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What one side did in one span.
#[derive(Clone, Copy)]
struct Figures {
    /// Requests a second.
    rate: f64,
    /// Milliseconds.
    middle: f64,
    /// Milliseconds.
    p99: f64,
}

/// Runs `call` from so many threads, each on texts of its own.
fn clients(count: usize, texts: &[String], call: &(impl Fn(&str) + Sync)) -> Figures {
    let started = Instant::now();
    let client = |number: usize| {
        let mut times = Vec::new();
        let mut place = number * 31;
        while started.elapsed() < SPAN {
            let began = Instant::now();
            call(&texts[place % texts.len()]);
            times.push(began.elapsed().as_secs_f64() * 1e3);
            place += 1;
        }
        times
    };
    let mut times: Vec<f64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|number| scope.spawn(move || client(number)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().expect("no client panics"))
            .collect()
    });
    let seconds = started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    Figures {
        rate: times.len() as f64 / seconds,
        middle: at(0.5),
        p99: at(0.99),
    }
}

/// Both sides in turn, and the row for the result.
fn compare(
    question: &str,
    count: usize,
    texts: &[String],
    ours: &(impl Fn(&str) + Sync),
    theirs: &(impl Fn(&str) + Sync),
) -> String {
    texts.iter().take(20).for_each(|text| {
        ours(text);
        theirs(text);
    });
    let pairs: Vec<_> = (0..PAIRS)
        .map(|_| (clients(count, texts, ours), clients(count, texts, theirs)))
        .collect();
    let of = |pick: fn(&(Figures, Figures)) -> f64| median(pairs.iter().map(pick));
    let rate = of(|(a, b)| a.rate / b.rate);
    let middle = of(|(a, b)| a.middle / b.middle);
    println!(
        "{question:52} {:8.1}/s p99 {:7.1} ms   by hand {:8.1}/s p99 {:7.1} ms   rate {rate:.3} p50 {middle:.3}",
        of(|(a, _)| a.rate),
        of(|(a, _)| a.p99),
        of(|(_, b)| b.rate),
        of(|(_, b)| b.p99),
    );
    let mut row = String::new();
    write!(
        row,
        "{{\"question\": \"{question}\", \"rate\": {:.1}, \"p99_ms\": {:.2}, \"by_hand_rate\": {:.1}, \"by_hand_p99_ms\": {:.2}, \"rate_ratio\": {rate:.4}, \"p50_ratio\": {middle:.4}}}",
        of(|(a, _)| a.rate), of(|(a, _)| a.p99), of(|(_, b)| b.rate), of(|(_, b)| b.p99),
    )
    .expect("text grows");
    row
}

/// What rows that run together may change in a score; the versions are further apart than that.
const TOLERANCE: f64 = 1e-4;
const VERSIONS: [&str; 2] = ["1.0.0", "1.1.0"];

/// A route that moves between two versions, and what either answers.
struct Moving {
    service: Service,
    route: Route,
    /// The score of each text, by version.
    expected: BTreeMap<(String, String), f64>,
    /// How often it moved; it began at the first version.
    moves: AtomicUsize,
}

impl Moving {
    fn new(home: &Path, texts: &[String]) -> Self {
        let builder = Service::builder().registry(home);
        let service = builder.build().expect("AMAAS_ORT_LIB is set");
        let mut expected = BTreeMap::new();
        for version in VERSIONS {
            let package = root().join("models/sentiment").join(version);
            service.publish(package).expect("the example is whole");
            let route = service.load(&format!("sentiment@{version}"));
            let route = route.expect("it is there");
            for text in texts {
                let score = score(&ask(&route, text));
                expected.insert((version.to_owned(), text.clone()), score);
            }
        }
        point(&service, VERSIONS[0]);
        Self {
            route: service.load("sentiment@live").expect("it is there"),
            service,
            expected,
            moves: AtomicUsize::new(0),
        }
    }

    /// Asks, and looks whether the answer is that of the version which the receipt names.
    fn ask(&self, text: &str) {
        let found = ask(&self.route, text);
        let key = (found.usage.version.to_string(), text.to_owned());
        let off = (score(&found) - self.expected[&key]).abs();
        assert!(off <= TOLERANCE, "an answer of neither version, {off} off");
    }

    /// Moves to the other version each 100 ms until `done`; nobody holds it, so it is loaded anew. How
    /// often it moved.
    fn swap_until(&self, done: &AtomicBool) -> usize {
        let pace = Duration::from_millis(100);
        let before = self.moves.load(Ordering::Relaxed);
        while !done.load(Ordering::Relaxed) {
            let next = Instant::now() + pace;
            let moves = self.moves.fetch_add(1, Ordering::Relaxed) + 1;
            point(&self.service, VERSIONS[moves % 2]);
            assert!(self.route.update().expect("both serve"));
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
        self.moves.load(Ordering::Relaxed) - before
    }
}

fn ask(route: &Route, text: &str) -> Classified {
    let options = Default::default();
    route
        .classify_with(&[text], &options)
        .expect("no request fails")
}

fn score(found: &Classified) -> f64 {
    let mut labels = found.answers[0].labels.iter();
    let positive = labels.find(|label| label.label == "positive");
    positive.map_or(0.0, |label| label.score)
}

fn point(service: &Service, version: &str) {
    let registry = service.registry().expect("it was named");
    let (name, alias) = ("sentiment".parse(), "live".parse());
    let (name, alias) = (name.expect("a name"), alias.expect("a name"));
    let version = version.parse().expect("a version");
    let moved = registry.set_alias(&name, &alias, &version, &MoveOptions::default());
    moved.expect("it is there");
}

/// A swap every 100 ms under eight threads, against the same threads without.
fn swaps(texts: &[String]) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let texts = &texts[..64];
    let moving = Moving::new(home.path(), texts);
    let call = |text: &str| moving.ask(text);
    let swapping = || {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let swapper = scope.spawn(|| moving.swap_until(&done));
            let figures = clients(8, texts, &call);
            done.store(true, Ordering::Relaxed);
            (figures, swapper.join().expect("it does not panic"))
        })
    };
    let pairs: Vec<_> = (0..PAIRS)
        .map(|_| (swapping(), clients(8, texts, &call)))
        .collect();
    let ratio = median(pairs.iter().map(|((a, _), b)| a.p99 / b.p99));
    let during = median(pairs.iter().map(|((a, _), _)| a.p99));
    let steady = median(pairs.iter().map(|(_, b)| b.p99));
    let swaps = median(pairs.iter().map(|((_, swaps), _)| *swaps as f64));
    let pace = swaps / SPAN.as_secs_f64();
    println!(
        "{:52} p99 {ratio:.3} of the steady state's ({during:.1} beside {steady:.1} ms), {pace:.1} swaps a second, each loads",
        "a swap every 100 ms under 8 threads"
    );
    format!(
        "{{\"question\": \"swaps\", \"p99_ratio\": {ratio:.4}, \"p99_ms\": {during:.3}, \"steady_p99_ms\": {steady:.3}, \"swaps_per_second\": {pace:.2}}}"
    )
}

fn embedding(route: &Route) -> impl Fn(&str) + Sync {
    |text| drop(route.embed(&[text]).expect("the model runs"))
}

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .find(|word| !word.starts_with("--"))
        .unwrap_or_default();
    let wants = |question: &str| question.contains(&wanted);
    let lines = std::fs::read_to_string(root().join("models/sentiment/held-out.tsv"))
        .expect("it is committed");
    let texts: Vec<String> = lines
        .lines()
        .skip(1)
        .filter_map(|line| Some(line.split('\t').nth(2)?.to_owned()))
        .collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let environment = environment().expect("AMAAS_ORT_LIB is set");
    let service = Service::builder().build().expect("AMAAS_ORT_LIB is set");
    let mut rows = Vec::new();

    let package = root().join("models/minilm/all-minilm-l6-v2/1.0.0");
    let words = tokenizer(&package.join("tokenizer.json")).expect("it is there");
    let by_hand = |count, threads| {
        Sessions::open(&environment, &package.join("model.onnx"), count, threads).expect("it loads")
    };
    let open = || {
        service
            .load(&package.display().to_string())
            .expect("it loads")
    };
    for (count, (sessions, threads)) in [
        (1, (1, cores)),
        (2, (cores, 1)),
        (16, (cores, 1)),
        (128, (cores, 1)),
    ] {
        let question = format!("embed {count} clients, {sessions} sessions of {threads}");
        if wants(&question) {
            let (route, raw) = (open(), by_hand(sessions, threads));
            let theirs = |text: &str| drop(embed(&raw, &words, text).expect("the model runs"));
            rows.push(compare(
                &question,
                count,
                &texts,
                &embedding(&route),
                &theirs,
            ));
        }
    }

    let package = root().join("models/sentiment/1.0.0");
    let words = tokenizer(&package.join("tokenizer.json")).expect("it is there");
    for count in [1, 64] {
        let question = format!("sentiment {count} clients, {cores} sessions of 1");
        if wants(&question) {
            let route = service
                .load(&package.display().to_string())
                .expect("it loads");
            let raw = Sessions::open(&environment, &package.join("model.onnx"), cores, 1)
                .expect("it loads");
            let ours = |text: &str| drop(route.classify(&[text]).expect("the model runs"));
            let theirs = |text: &str| {
                classify(&raw, &words, text).expect("the model runs");
            };
            rows.push(compare(&question, count, &texts, &ours, &theirs));
        }
    }
    if wants("swaps") {
        rows.push(swaps(&texts));
    }
    write_rows("crowd", &rows);
}
