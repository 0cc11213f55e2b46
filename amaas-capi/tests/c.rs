//! Compiles the programs of `tests/c` against the library and runs them.
//!
//! They need a C compiler (`CC`, or `cc`), and ONNX Runtime at `AMAAS_ORT_LIB`, which `make
//! test` sets. The one for remotes needs `docker-registry` and `openssl` too. The library is built by cargo from here, as hosts get it: without what tests of
//! other crates switch on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "what helps a test may end it"
)]

#[path = "c/every.rs"]
mod every;
#[path = "c/library.rs"]
mod library;
#[path = "../../amaas-core/tests/remote/registry.rs"]
mod registry;
#[path = "c/sanitize.rs"]
mod sanitize;
#[path = "c/support.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use library::{compiler, library, output, repository};
use registry::{PASSWORD, Server, USER};
use support::has;

/// The strictest warnings that header and programs must pass.
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// Compiles `source` and runs it in the repository's root; what it printed.
fn run(source: &str, arguments: &[&Path]) -> String {
    let runtime = std::env::var("AMAAS_ORT_LIB").unwrap_or_default();
    assert!(
        Path::new(&runtime).is_file(),
        "AMAAS_ORT_LIB must name the library of ONNX Runtime and is `{runtime}`: run `make test`, \
         or set it to `onnxruntime/capi/libonnxruntime.so.…` of Python's package onnxruntime"
    );
    let program = compile(source);
    output(
        Command::new(program)
            .args(arguments)
            .current_dir(repository())
            .env_remove("AMAAS_HOME"),
    )
}

fn compile(source: &str) -> PathBuf {
    let source = repository().join(source);
    let name = source.file_stem().unwrap();
    let folder = library(name);
    let program = folder.join(name);
    output(
        compiler("-std=c11")
            .args(["-O1", "-g", "-pthread"])
            .args(STRICT)
            .arg("-I")
            .arg(repository().join("tests/c"))
            .args([&source, Path::new("-o"), &program])
            .arg(format!("-L{}", folder.display()))
            .arg(format!("-Wl,-rpath,{}", folder.display()))
            .args(["-lamaas", "-lm"]),
    );
    program
}

/// Written from the header: NULL for every pointer, numbers that no enum has.
#[test]
fn every_function_refuses_what_it_must() {
    let home = tempfile::tempdir().unwrap();
    let header = std::fs::read_to_string(repository().join("include/amaas.h")).unwrap();
    let (text, count) = every::program(&header);
    let symbols = include_str!("../../tests/c/symbols.txt").lines().count();
    assert_eq!(count, symbols, "the header is not read as it should be");
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("test_every.c");
    std::fs::write(&source, text).unwrap();
    run(source.to_str().unwrap(), &[home.path()]);
}

/// What no program calls with success nobody has tried.
#[test]
fn every_function_is_used_by_a_program() {
    let folders = ["tests/c", "examples"].map(|folder| repository().join(folder));
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let files = files.map(|entry| entry.unwrap().path());
    let is_program = |path: &PathBuf| {
        path.extension()
            .is_some_and(|end| end == "c" || end == "cpp")
    };
    let texts = files
        .filter(is_program)
        .map(|path| std::fs::read_to_string(path).unwrap());
    let programs: String = texts.collect();
    let mut symbols = include_str!("../../tests/c/symbols.txt").lines();
    let unused: Vec<_> = symbols
        .by_ref()
        .filter(|symbol| {
            !programs.contains(&format!("{symbol}(")) && !programs.contains(&format!("{symbol},"))
        })
        .collect();
    assert!(
        unused.is_empty(),
        "no program in tests/c or examples calls {unused:?}"
    );
}

#[test]
fn errors() {
    run("tests/c/test_errors.c", &[]);
}

/// Sixteen threads, and an alias that moves.
#[test]
fn a_crowd_is_served_while_versions_change() {
    let home = tempfile::tempdir().unwrap();
    run("tests/c/test_crowd.c", &[home.path(), Path::new("3")]);
}

#[test]
fn tensors() {
    run("tests/c/test_tensors.c", &[]);
}

#[test]
fn runs() {
    run("tests/c/test_run.c", &[]);
}

#[test]
fn classifies() {
    run("tests/c/test_classify.c", &[]);
}

#[test]
fn sees() {
    run("tests/c/test_images.c", &[]);
}

#[test]
fn embeds() {
    run("tests/c/test_embed.c", &[]);
}

#[test]
fn spans_and_pairs() {
    run("tests/c/test_sequences.c", &[]);
}

#[test]
fn speech() {
    let home = tempfile::tempdir().unwrap();
    run("tests/c/test_speech.c", &[home.path()]);
}

#[test]
fn generates() {
    run("tests/c/test_generation.c", &[]);
}

#[test]
fn services() {
    let (home, wrong) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let manifest =
        "schema = 1\n[package]\nname = \"wrong\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n";
    let golden = "[[golden]]\ninputs.x = { dtype = \"float32\", shape = [1], values = [1] }\noutputs.y = { dtype = \"float32\", shape = [1], values = [2] }\n";
    std::fs::write(wrong.path().join("amaas.toml"), [manifest, golden].concat()).unwrap();
    let identity = repository().join("tests/fixtures/identity_float32.onnx");
    std::fs::copy(identity, wrong.path().join("model.onnx")).unwrap();
    run("tests/c/test_service.c", &[home.path(), wrong.path()]);
}

#[test]
fn prices_and_ledgers() {
    let home = tempfile::tempdir().unwrap();
    let prices = "schema = 1\nversion = \"7\"\ncurrency = \"EUR\"\n[[rate]]\nname = \"rows\"\nrow = \"0.1\"\nloaded = \"0.5\"\n";
    std::fs::write(home.path().join("prices.toml"), prices).unwrap();
    let quotas = "schema = 1\n[tenant.small]\nrows_per_day = 2\n[tenant.closed]\nin_flight = 0\n[tenant.poor]\nmoney_per_day = \"0.2\"\n";
    std::fs::write(home.path().join("quotas.toml"), quotas).unwrap();
    run("tests/c/test_metering.c", &[home.path()]);
}

#[test]
fn encrypts_signs_and_redacts() {
    let home = tempfile::tempdir().unwrap();
    let privacy = repository().join("amaas-core/tests/privacy");
    run("tests/c/test_privacy.c", &[home.path(), &privacy]);
}

#[test]
fn registries() {
    let home = tempfile::tempdir().unwrap();
    run("tests/c/test_registry.c", &[home.path()]);
}

#[test]
fn archives() {
    let home = tempfile::tempdir().unwrap();
    run("tests/c/test_archive.c", &[home.path()]);
}

#[test]
fn remotes() {
    if !has("docker-registry") || !has("openssl") {
        return;
    }
    let (home, open) = (tempfile::tempdir().unwrap(), Server::open());
    let (guarded, secure) = (Server::with_password(), Server::with_tls());
    let address = |server: &Server| PathBuf::from(format!("oci://127.0.0.1:{}/acme", server.port));
    let file = home.path().join("config.json");
    // `USER:PASSWORD`, encoded.
    let known = "{\"auth\":\"YWxpOm9wZW4gc2VzYW1l\"}";
    let auths = format!("{{\"auths\":{{\"127.0.0.1:{}\":{known}}}}}", guarded.port);
    std::fs::write(&file, auths).unwrap();
    run(
        "tests/c/test_remote.c",
        &[
            home.path(),
            &address(&open),
            &address(&guarded),
            Path::new(USER),
            Path::new(PASSWORD),
            &file,
            &address(&secure),
            &secure.folder.path().join("ca.pem"),
        ],
    );
}

#[test]
fn tickets() {
    run("tests/c/test_tickets.c", &[]);
}

#[test]
fn lifecycles() {
    let home = tempfile::tempdir().unwrap();
    let alike = home.path().join("alike");
    std::fs::create_dir(&alike).unwrap();
    let package = repository().join("models/sentiment/1.0.0");
    for file in ["amaas.toml", "model.onnx", "tokenizer.json"] {
        std::fs::copy(package.join(file), alike.join(file)).unwrap();
    }
    let manifest = std::fs::read_to_string(package.join("amaas.toml")).unwrap();
    let manifest = manifest.replacen("version = \"1.0.0\"", "version = \"1.0.1\"", 1);
    std::fs::write(alike.join("amaas.toml"), manifest).unwrap();
    run("tests/c/test_lifecycle.c", &[home.path(), &alike]);
}

#[test]
fn tunes() {
    let home = tempfile::tempdir().unwrap();
    run("tests/c/test_tune.c", &[home.path()]);
}

#[test]
fn logs() {
    run("tests/c/test_log.c", &[]);
}

#[test]
fn forks() {
    run("tests/c/test_fork.c", &[]);
}

/// A library that may not be unloaded, opened and closed again and again.
#[test]
fn opening_and_closing_leaves_everything_in_place() {
    let library = library("dlopen".as_ref()).join("libamaas.so");
    run("tests/c/test_dlopen.c", &[&library]);
}

/// An assertion for each field of each struct that hosts see into.
fn fields(header: &str) -> impl Iterator<Item = String> {
    let structs = header.split("typedef struct {").skip(1);
    let bodies = structs.filter_map(|rest| {
        let (body, rest) = rest.split_once("\n} ")?;
        Some((body, rest.split_once(';')?.0))
    });
    bodies.flat_map(|(body, name)| {
        let lines = body.lines().map(str::trim);
        let declared = lines.filter(|line| !line.starts_with('*'));
        let declared = declared.filter_map(|line| line.strip_suffix(';'));
        let names = declared.filter_map(|line| line.rsplit([' ', '*']).next());
        names.map(move |field| format!("static_assert(offsetof({name}, {field}) == "))
    })
}

#[test]
fn numbers_and_sizes_stay() {
    let read = |path: &str| std::fs::read_to_string(repository().join(path)).unwrap();
    let (header, asserted) = (read("include/amaas.h"), read("tests/c/test_abi.c"));
    let constants = header.lines().filter_map(|line| {
        let (name, number) = line.strip_prefix("#define AMAAS_")?.split_once(' ')?;
        Some(format!("static_assert(AMAAS_{name} == {number},"))
    });
    let structs = header.lines().filter_map(|line| {
        let name = line.strip_prefix("} amaas_")?.strip_suffix(';')?;
        Some(format!("static_assert(sizeof(amaas_{name}) == "))
    });
    let wanted: Vec<_> = constants.chain(structs).chain(fields(&header)).collect();
    assert!(wanted.len() > 100, "the header is not read as it should be");
    let missing: Vec<_> = wanted
        .iter()
        .filter(|line| !asserted.contains(*line))
        .collect();
    assert!(
        missing.is_empty(),
        "add to tests/c/test_abi.c: {missing:#?}"
    );
    run("tests/c/test_abi.c", &[]);
}

#[test]
fn a_second_runtime_is_shared_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("libonnxruntime.so.1");
    std::fs::copy(std::env::var_os("AMAAS_ORT_LIB").unwrap(), &copy).unwrap();
    run("tests/c/test_second.c", &[&copy]);
}

#[test]
fn threads() {
    run("tests/c/test_threads.c", &[]);
}

#[test]
fn a_process_ends_well_with_work_under_way() {
    for _ in 0..5 {
        run("tests/c/test_exit.c", &[]);
    }
}

#[test]
fn the_example_classifies() {
    let arguments = [
        "models/sentiment/1.0.0",
        "Wonderful!",
        "A dull, lifeless mess.",
    ];
    let printed = run("examples/classify.c", &arguments.map(Path::new));
    let lines: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines.iter().all(|line| line.len() == 8 && line[0] == "C"),
        "{printed}"
    );
    assert_eq!([lines[0][3], lines[1][3]], ["positive", "negative"]);
}

#[test]
fn the_driver_answers_a_failing_load_with_one_line() {
    let printed = run(
        "tests/c/driver.c",
        &[Path::new("tests/fixtures/nothing.onnx")],
    );
    assert!(printed.starts_with("error\tnot_found\t"), "{printed}");
    assert_eq!(printed.lines().count(), 1);
}

/// Alone, twice, and in each language that may include it.
#[test]
fn the_headers_compile_without_a_warning() {
    let languages = [
        ("amaas.h", "c", "-std=c11"),
        ("amaas.h", "c++", "-std=c++17"),
        ("amaas.hpp", "c++", "-std=c++17"),
        ("amaas.hpp", "c++", "-std=c++20"),
    ];
    for (header, language, standard) in languages {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("header.source");
        let twice = format!("#include \"{header}\"\n").repeat(2);
        std::fs::write(&source, format!("{twice}int main(void) {{ return 0; }}\n")).unwrap();
        let mut command = compiler(standard);
        output(
            command
                .args(STRICT)
                .args(["-fsyntax-only", "-x", language])
                .arg(source),
        );
    }
}

#[test]
fn cpp_owns_what_it_is_given() {
    let source = repository().join("tests/c/test_raii.cpp");
    let folder = library("raii".as_ref());
    for (name, standard, option) in [
        ("throwing", "-std=c++17", "-fexceptions"),
        ("newer", "-std=c++20", "-fexceptions"),
        ("results", "-std=c++17", "-fno-exceptions"),
    ] {
        let program = folder.join(name);
        output(
            compiler(standard)
                .args(["-O1", "-pthread", option])
                .args(STRICT)
                .args([&source, Path::new("-o"), &program])
                .arg(format!("-L{}", folder.display()))
                .arg(format!("-Wl,-rpath,{}", folder.display()))
                .args(["-lamaas", "-lstdc++"]),
        );
        output(Command::new(program).current_dir(repository()));
    }
}

/// What has an end in C has an owner in C++.
#[test]
fn cpp_has_an_owner_for_every_object() {
    let read = |name: &str| std::fs::read_to_string(repository().join("include").join(name));
    let (header, owners) = (read("amaas.h").unwrap(), read("amaas.hpp").unwrap());
    let ends = header.lines().filter_map(|line| {
        let name = line.strip_prefix("void amaas_")?;
        name.split_once("_free(").map(|(noun, _)| noun)
    });
    let ends: Vec<_> = ends.collect();
    assert!(ends.len() > 40, "the header is not read as it should be");
    for noun in ends {
        assert!(
            owners.contains(&format!("AMAAS_ENDS({noun})")),
            "amaas_{noun}_free"
        );
    }
}

#[test]
fn only_the_committed_symbols_leave_the_library() {
    let library = library("symbols".as_ref()).join("libamaas.so");
    let listing = output(
        Command::new("nm")
            .args(["-D", "--defined-only"])
            .arg(library),
    );
    let mut found: Vec<_> = listing
        .lines()
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    found.sort_unstable();
    let committed = include_str!("../../tests/c/symbols.txt");
    assert_eq!(
        found,
        committed.lines().collect::<Vec<_>>(),
        "tests/c/symbols.txt lists what the library exports; what is gone breaks hosts"
    );
}

#[test]
fn hosts_record_the_number_of_the_interface() {
    let library = library("soname".as_ref()).join("libamaas.so");
    let dynamic = output(Command::new("readelf").args(["-d"]).arg(library));
    let header = std::fs::read_to_string(repository().join("include/amaas.h")).unwrap();
    let version = header.split("#define AMAAS_ABI_VERSION ").nth(1).unwrap();
    let version = version.lines().next().unwrap();
    assert!(
        dynamic.contains(&format!("[libamaas.so.{version}]")),
        "{dynamic}"
    );
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}
