//! A registry for each test, and command lines run on it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a registry to be, gone when dropped.
pub(crate) struct Home {
    folder: TempDir,
}

/// How a command line ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Home {
    /// Nothing is there yet.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    /// Both versions of the sentiment model are there.
    pub(crate) fn published() -> Self {
        let home = Self::empty();
        for version in ["1.0.0", "1.1.0"] {
            home.says(&["publish", &sentiment(version)]);
        }
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn registry(&self) -> String {
        self.path("registry").display().to_string()
    }

    /// Writes a file and says its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// A package of a graph of the fixtures; `tail` goes to the end of its manifest.
    pub(crate) fn package(&self, folder: &str, graph: &str, tail: &str) -> String {
        self.file(
            &format!("{folder}/model.onnx"),
            fs::read(fixture(graph)).unwrap(),
        );
        let manifest = format!(
            "schema = 1\n[package]\nname = \"small\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n{tail}"
        );
        self.file(&format!("{folder}/amaas.toml"), manifest);
        self.path(folder).display().to_string()
    }

    /// Changes one byte of the largest blob, the graph of the second version.
    pub(crate) fn damage(&self) {
        let blobs = fs::read_dir(self.path("registry/blobs/sha256")).unwrap();
        let blobs = blobs.map(|blob| blob.unwrap().path());
        let largest = blobs
            .max_by_key(|path| path.metadata().unwrap().len())
            .unwrap();
        let mut bytes = fs::read(&largest).unwrap();
        bytes[1000] ^= 1;
        fs::remove_file(&largest).unwrap();
        fs::write(&largest, bytes).unwrap();
    }

    /// Runs a command line in this process, on this registry.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let registry = ["--registry", &self.registry()].map(str::to_owned);
        let arguments = arguments.iter().map(ToString::to_string);
        call(
            ["amaas".to_owned()]
                .into_iter()
                .chain(arguments)
                .chain(registry),
        )
    }

    /// The answer of a command line that must succeed without a word beside it.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(
            (ended.code, &*ended.err),
            (0, ""),
            "{arguments:?}: {ended:?}"
        );
        ended.out
    }

    /// The same as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.says(&arguments)).unwrap()
    }

    /// The code and the JSON of a command line that must fail without an answer.
    pub(crate) fn refuses(&self, arguments: &[&str]) -> (u8, Value) {
        let ended = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ended.out, "", "{arguments:?}");
        (ended.code, serde_json::from_str(&ended.err).unwrap())
    }
}

pub(crate) fn call(arguments: impl Iterator<Item = String>) -> Ended {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = amaas_cli::run(arguments, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        code,
        out: text(out),
        err: text(err),
    }
}

/// The path of something in the repository.
pub(crate) fn repository(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join(path).display().to_string()
}

pub(crate) fn sentiment(version: &str) -> String {
    repository(&format!("models/sentiment/{version}"))
}

pub(crate) fn fixture(name: &str) -> String {
    repository(&format!("tests/fixtures/{name}"))
}

/// The names of an object's keys, sorted.
pub(crate) fn keys(value: &Value) -> Vec<&str> {
    let keys = value.as_object().unwrap().keys();
    let mut keys: Vec<_> = keys.map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Whether a tool is here. One that is missing is named; with `STRICT=1` that is a failure.
#[expect(clippy::print_stderr, reason = "what was left out must be seen")]
pub(crate) fn has(tool: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&folders).any(|folder| folder.join(tool).is_file());
    let strict = std::env::var("STRICT").is_ok_and(|value| value == "1");
    assert!(
        there || !strict,
        "missing: {tool} (on Debian: apt-get install {tool})"
    );
    if !there {
        eprintln!("left out for the lack of a tool: {tool}");
    }
    there
}

/// Another program, which must succeed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
