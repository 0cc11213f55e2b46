//! Folders that somebody tampered with: each is refused with a typed error that names the file at
//! fault and says what to do, nothing is written, and the folder as it was is imported again.

mod hugging_face;
mod mlflow;
mod triton;

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

use amaas_core::ErrorKind::{self, InvalidArgument, InvalidPackage, Io};
use amaas_core::registry::{ImportOptions, import};

use crate::counts::report;
use crate::disk::walk;
use crate::graph::tensors;
use crate::hugging_face as snapshots;
use crate::support::{Place, read};

type Edit = Box<dyn Fn(&Place)>;

/// What is done to the folder `m`, and the error it must come to: its kind and a word of it.
struct Case {
    name: String,
    kind: ErrorKind,
    word: &'static str,
    edit: Edit,
}

fn case(name: &str, kind: ErrorKind, word: &'static str, edit: impl Fn(&Place) + 'static) -> Case {
    let (name, edit) = (name.to_owned(), Box::new(edit));
    Case {
        name,
        kind,
        word,
        edit,
    }
}

/// A file with other content, which makes the package invalid and is named.
fn file(name: &str, path: &'static str, content: impl AsRef<[u8]> + 'static) -> Case {
    let word = path.rsplit('/').next().unwrap();
    case(name, InvalidPackage, word, move |place| {
        place.write(&format!("m/{path}"), content.as_ref());
    })
}

/// A good graph with one more tensor, whose numbers lie at `location`.
fn graph(base: &str, location: &str) -> Vec<u8> {
    [read(base), tensors(&[location])].concat()
}

#[cfg(unix)]
fn link(place: &Place, path: &str, to: &str) {
    let _gone = fs::remove_file(place.path(path));
    std::os::unix::fs::symlink(to, place.path(path)).unwrap();
}

#[cfg(unix)]
fn pipe(place: &Place, path: &str) {
    let _gone = fs::remove_file(place.path(path));
    let made = std::process::Command::new("mkfifo")
        .arg(place.path(path))
        .status();
    assert!(made.unwrap().success());
}

/// Every file of a format: a pipe, a link out, a folder, no UTF-8, too large.
fn of_file(path: &'static str) -> Vec<Case> {
    let word = path.rsplit('/').next().unwrap();
    let is_graph = path.ends_with(".onnx");
    let mut cases = vec![case(
        &format!("{path} is a folder"),
        InvalidPackage,
        word,
        move |place| {
            place.remove(&format!("m/{path}"));
            fs::create_dir(place.path(&format!("m/{path}"))).unwrap();
        },
    )];
    if !is_graph {
        cases.push(file(
            &format!("{path} is no UTF-8"),
            path,
            [0xff, 0xfe, 0x00],
        ));
        cases.push(case(
            &format!("{path} is too large"),
            InvalidPackage,
            word,
            move |place| {
                let large = fs::File::create(place.path(&format!("m/{path}"))).unwrap();
                large.set_len(1 << 30).unwrap();
            },
        ));
    }
    #[cfg(unix)]
    cases.extend([
        case(
            &format!("{path} is a pipe"),
            InvalidPackage,
            word,
            move |place| {
                pipe(place, &format!("m/{path}"));
            },
        ),
        case(
            &format!("{path} is a link out"),
            InvalidPackage,
            word,
            move |place| {
                place.write("secret", "x");
                link(
                    place,
                    &format!("m/{path}"),
                    place.path("secret").to_str().unwrap(),
                );
            },
        ),
        case(
            &format!("{path} is a link to a device"),
            InvalidPackage,
            word,
            move |place| {
                link(place, &format!("m/{path}"), "/dev/zero");
            },
        ),
        case(
            &format!("{path} is a link to itself"),
            Io,
            word,
            move |place| {
                link(place, &format!("m/{path}"), word);
            },
        ),
        case(
            &format!("{path} is a link to nothing"),
            InvalidPackage,
            word,
            move |place| {
                link(place, &format!("m/{path}"), "nothing");
            },
        ),
    ]);
    cases
}

fn of_anything() -> Vec<Case> {
    vec![
        case(
            "a folder of nothing known",
            InvalidArgument,
            "no model of a known format",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                place.write("m/model.pkl", "x");
            },
        ),
        case(
            "an empty folder",
            InvalidArgument,
            "no model of a known format",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                fs::create_dir(place.path("m")).unwrap();
            },
        ),
        case(
            "a file of nothing known",
            InvalidArgument,
            "no model of a known format",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                place.write("m", "x");
            },
        ),
        case("nothing", ErrorKind::NotFound, "/m", |place| {
            fs::remove_dir_all(place.path("m")).unwrap();
        }),
        case(
            "two models whose names come out alike",
            InvalidPackage,
            "`a-b` 1.0.0",
            |place| {
                fs::remove_dir_all(place.path("m")).unwrap();
                place
                    .copy("noop.onnx", "m/A b/1/model.onnx")
                    .copy("noop.onnx", "m/a-b/1/model.onnx");
            },
        ),
    ]
}

type Make = fn(&Place, &str);

#[test]
fn hostile_folders_are_refused_by_name() {
    let formats: [(&str, Make, Vec<Case>); 6] = [
        (
            "classifier",
            snapshots::classifier,
            hugging_face::of_classifier(),
        ),
        (
            "embedding",
            snapshots::embedding,
            hugging_face::of_embedding(),
        ),
        ("decoder", snapshots::decoder, hugging_face::of_decoder()),
        ("mlflow", crate::mlflow::model, mlflow::of_mlflow()),
        ("triton", crate::triton::model, triton::of_triton()),
        ("anything", crate::triton::model, of_anything()),
    ];
    let count: usize = formats.iter().map(|(_, _, cases)| cases.len()).sum();
    assert!(count >= 200, "{count} cases");
    let mut faults = Vec::new();
    for (format, make, cases) in &formats {
        for case in cases {
            let place = Place::new();
            make(&place, "m");
            assert!(place.import("m").is_ok(), "{format} was not good before");
            (case.edit)(&place);
            faults.extend(fault(case, &place).map(|fault| format!("{format}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    report("folders of other tools", count);
}

/// What is wrong with the answer to a case.
fn fault(case: &Case, place: &Place) -> Option<String> {
    let before = lengths(&place.path(""));
    let imported = import(&place.path("m"), &ImportOptions::default());
    let Err(error) = imported else {
        return Some(format!("{}: imported", case.name));
    };
    let is_good = error.kind() == case.kind
        && error.remedy().is_some()
        && error.report().contains(case.word)
        && before == lengths(&place.path(""));
    (!is_good).then(|| format!("{}: {:?}: {}", case.name, error.kind(), error.report()))
}

/// Every file below `root` with its length; pipes and links are listed, not read.
fn lengths(root: &Path) -> BTreeMap<PathBuf, u64> {
    let length = |facts: Metadata| if facts.is_file() { facts.len() } else { 0 };
    let found = walk(root).into_iter();
    found.map(|(path, facts)| (path, length(facts))).collect()
}
