//! Weights that stand out, looked for wherever a process leaves something behind: the store, files
//! for a while, open descriptors and all that is logged, after an encrypted package was published,
//! loaded by ONNX Runtime, used and let go.
//!
//! In a process of its own, whose folder for temporary files is its own too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::fmt::{Debug, Write as _};
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use amaas_core::privacy::{Key, Keys, Recipients};
use amaas_core::service::PublishOptions;
use amaas_core::{ErrorKind, Service, Tensor};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

const ROOT: &str = "AMAAS_TEST_CANARY";
const RECIPIENT: &str = "age12rufrxp88d4praeu7pzmgu4n6qfv4emr9srhlf5lmx55j0448quqmsjpye";
const IDENTITY: &str = "AGE-SECRET-KEY-1SS3N6Z0UNX63CU0JA3VZHA99TGLHDPMXZZAYJDPFZXL8R3Y43MQS9HCMEH";

/// Four numbers that no other file has next to each other.
const CANARY: [f32; 4] = [1234.567, -7.654_321e-12, 98_765.43, 3.210_987e17];

fn bytes() -> Vec<u8> {
    CANARY
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

/// Two of them are enough to be found.
fn shows(bytes_there: &[u8]) -> bool {
    let canary = bytes();
    let halves = [&canary[..8], &canary[8..]];
    halves
        .iter()
        .any(|half| bytes_there.windows(8).any(|window| window == *half))
}

fn package(root: &Path) -> PathBuf {
    let folder = root.join("package");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(fixtures.join("external.onnx"), folder.join("model.onnx")).unwrap();
    fs::write(folder.join("external.bin"), bytes()).unwrap();
    let text = "schema = 1\n[package]\nname = \"canary\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n";
    fs::write(folder.join("amaas.toml"), text).unwrap();
    folder
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => files(&entry.path(), found),
            kind if kind.is_file() => found.push(entry.path()),
            _ => {}
        }
    }
}

/// Every file below `folder` that shows the canary, and how many were looked at.
fn search(folder: &Path) -> (Vec<PathBuf>, usize) {
    let mut all = Vec::new();
    files(folder, &mut all);
    let count = all.len();
    all.retain(|path| shows(&fs::read(path).unwrap()));
    (all, count)
}

/// Every descriptor of this process that leads to bytes with the canary, deleted files among them.
fn descriptors() -> Vec<PathBuf> {
    let open = fs::read_dir("/proc/self/fd").unwrap();
    let open = open.map(|entry| entry.unwrap().path());
    open.filter(|path| fs::metadata(path).is_ok_and(|facts| facts.is_file()))
        .filter(|path| fs::read(path).is_ok_and(|there| shows(&there)))
        .collect()
}

/// Whether this text, which is none of them itself, lies anywhere that the process can write to.
fn remembers(text: &[u8]) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let memory = fs::File::open("/proc/self/mem").unwrap();
    let mut buffer = vec![0; 1 << 20];
    let step = buffer.len() - text.len();
    let mut shows = |from: u64, to: u64| {
        (from..to).step_by(step).any(|at| {
            let wanted = buffer.len().min((to - at) as usize);
            let count = memory.read_at(&mut buffer[..wanted], at).unwrap_or(0);
            let mut starts = buffer[..count].iter().enumerate();
            starts.any(|(at, byte)| *byte == text[0] && buffer[at..count].starts_with(text))
        })
    };
    maps.lines().any(|line| {
        let (range, rest) = line.split_once(' ').unwrap();
        let (from, to) = range.split_once('-').unwrap();
        let number = |digits| u64::from_str_radix(digits, 16).unwrap();
        rest.starts_with("rw") && shows(number(from), number(to))
    })
}

#[test]
#[ignore = "run by the other test, in a process of its own"]
fn child() {
    let root = PathBuf::from(std::env::var_os(ROOT).unwrap());
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let package = package(&root.join("author"));
    let store = root.join("store");
    let service = |keys: Keys| Service::builder().registry(&store).keys(keys).build();
    let recipients = Recipients::keys([RECIPIENT]).unwrap();
    let options = PublishOptions::default().encrypted_for(recipients);
    let stranger = service(Keys::default()).unwrap();
    stranger.publish_with(&package, &options).unwrap();
    assert_eq!(
        stranger.load("canary").unwrap_err().kind(),
        ErrorKind::KeyDenied
    );

    let keys = Keys::ask(|_| Key::identities(IDENTITY));
    let service = service(keys).unwrap();
    let route = service.load("canary").unwrap();
    let one = Tensor::from_vec([1, 2], vec![1.0_f32, 0.0]).unwrap();
    let outputs = route.run(&[("x", &one)]).unwrap();
    let (_, row) = outputs.iter().next().unwrap();
    let row: Vec<_> = row.view::<f32>().unwrap().iter().copied().collect();
    assert_eq!(row, CANARY[..2]); // it was there, and it was used
    assert_eq!(descriptors(), Vec::<PathBuf>::new(), "in use");
    drop((outputs, route, service));
    assert_eq!(descriptors(), Vec::<PathBuf>::new(), "after use");
    assert!(!remembers(IDENTITY.as_bytes()), "the key was wiped");
    let kept = IDENTITY.to_owned(); // the search finds what is there to be found
    assert!(remembers(IDENTITY.as_bytes()));
    drop(kept);

    let log = log.0.lock().unwrap();
    assert!(log.contains("canary"), "the log has heard of the model");
    let words = CANARY.map(|number| number.to_string());
    let told = words.iter().find(|word| log.contains(word.as_str()));
    assert_eq!(told, None);
    assert!(!shows(log.as_bytes()) && !log.contains("AGE-SECRET"));

    // The search finds what is there to be found.
    let plain = fs::File::open(package.join("external.bin")).unwrap();
    assert_eq!(descriptors().len(), 1);
    drop(plain);
}

#[test]
fn encrypted_weights_are_found_nowhere_after_use() {
    let home = tempfile::tempdir().unwrap();
    let temporary = home.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(ROOT, home.path())
        .env("TMPDIR", &temporary)
        .env("XDG_CACHE_HOME", home.path().join("cache"))
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(!shows(&output.stdout) && !shows(&output.stderr));
    let (found, count) = search(home.path());
    assert_eq!(found, [home.path().join("author/package/external.bin")]);
    assert!(count > 5, "{count}");
}

/// Everything that is told at any level, events and spans alike.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut log = self.0.lock().unwrap();
        writeln!(log, "{}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
