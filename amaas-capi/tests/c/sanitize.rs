//! The C programs under the sanitizers: no access out of bounds or after an end, no leak, no undefined
//! behaviour in how C uses the header; and a panic in every function, which must come back.
//!
//! AddressSanitizer and ThreadSanitizer need the library and all below it built anew, the latter with
//! Rust's own library too, which takes minutes: they run in `make soak`. The sanitizer of undefined
//! behaviour looks at the C side alone, and always runs, as do the panics. Each sanitizer is shown to see
//! by a fault that is planted for it.
//!
//! The trap: ONNX Runtime is not built with the sanitizers. What it does to its own memory is not seen,
//! what it does to ours is, as far as it goes through functions that the sanitizers stand in for. A race
//! in which it has a part, be it as the caller of a function of ours, is left out; see `races.supp`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::every;
use crate::library::{archive, compiler, library, output, repository};

/// Programs that need nothing, and cover what takes and gives memory.
const PROGRAMS: [&str; 9] = [
    "errors",
    "tensors",
    "run",
    "classify",
    "embed",
    "sequences",
    "tickets",
    "log",
    "threads",
];

/// Programs that need a folder.
const IN_FOLDER: [&str; 3] = ["archive", "registry", "tune"];

/// What the C side of a program is built with.
fn build(source: &Path, program: &Path, options: &[&str], libraries: &[String]) {
    output(
        compiler("-std=c11")
            .args(["-g", "-O1", "-pthread", "-fno-omit-frame-pointer"])
            .args(options)
            .arg("-I")
            .arg(repository().join("tests/c"))
            .arg(source)
            .arg("-o")
            .arg(program)
            .args(libraries),
    );
}

/// Builds every program and runs it as `run` says.
fn each(folder: &Path, options: &[&str], libraries: &[String], run: fn(&Path) -> Command) {
    for name in PROGRAMS.iter().chain(&IN_FOLDER) {
        let source = repository().join(format!("tests/c/test_{name}.c"));
        let program = folder.join(name);
        build(&source, &program, options, libraries);
        let home = tempfile::tempdir().unwrap();
        let mut command = run(&program);
        if IN_FOLDER.contains(name) {
            command.arg(home.path());
        }
        output(&mut command);
        eprintln!("{}: test_{name} is clean", options[0]);
    }
}

fn run(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(repository()).env_remove("AMAAS_HOME");
    command
}

/// A program whose fault must be found, and in what words.
fn finds(folder: &Path, source: &str, options: &[&str], libraries: &[String], words: &str) {
    let file = folder.join("planted.c");
    std::fs::write(&file, source).unwrap();
    let program = folder.join("planted");
    build(&file, &program, options, libraries);
    let done = run(&program).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success() && said.contains(words), "{said}");
}

#[test]
fn no_undefined_behaviour_on_the_side_of_c() {
    let folder = library("undefined".as_ref());
    let options = ["-fsanitize=undefined", "-fno-sanitize-recover=all"];
    let libraries = [
        format!("-L{}", folder.display()),
        format!("-Wl,-rpath,{}", folder.display()),
        "-lamaas".to_owned(),
        "-lm".to_owned(),
    ];
    each(&folder, &options, &libraries, run);
    // A view of floats, read as if it lay one byte further.
    let planted = "#include \"amaas.h\"\n#include <stdint.h>\nint main(void)\n{\n    \
        static const float numbers[2] = {1, 2};\n    const int64_t length = 2;\n    amaas_tensor *tensor = 0;\n    \
        if (amaas_tensor_new(AMAAS_DTYPE_FLOAT32, &length, 1, numbers, sizeof numbers, &tensor, 0))\n        return 0;\n    \
        return *(const float *)((const char *)amaas_tensor_data(tensor) + 1) > 5;\n}\n";
    finds(&folder, planted, &options, &libraries, "misaligned address");
}

/// The library as an archive, built with a sanitizer and with panics to plant.
fn sanitized_library(sanitizer: &str, options: &[&str]) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join(sanitizer);
    let machine = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    output(
        Command::new(env!("CARGO"))
            .args([
                "rustc",
                "--quiet",
                "-p",
                "amaas-capi",
                "--lib",
                "--crate-type",
                "staticlib",
            ])
            .args([
                "--features",
                "panic-test",
                "--target",
                &machine,
                "--target-dir",
            ])
            .arg(&target)
            .args(options)
            // Sanitizers are no promise of a stable compiler, but this one has them.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", format!("-Zsanitizer={sanitizer}"))
            .current_dir(repository()),
    );
    target.join(machine).join("debug/libamaas.a")
}

#[test]
fn no_access_is_wrong_and_nothing_leaks() {
    if std::env::var_os("AMAAS_SOAK").is_none() {
        eprintln!("left out: AddressSanitizer, which `make soak` runs");
        return;
    }
    let folder = library("address".as_ref());
    let archive = sanitized_library("address", &[]);
    let mut libraries = with_system(&archive);
    // ONNX Runtime throws, and what looks after that finds no one to throw if C++ comes only with it.
    libraries.extend(["-Wl,--no-as-needed", "-lstdc++"].map(str::to_owned));
    let options = ["-fsanitize=address"];
    each(&folder, &options, &libraries, checked);
    panics_come_back(&folder, &options, &libraries, checked);
    // Many of them: the last may still stand in a register.
    let leak = "#include \"amaas.h\"\nint main(void)\n{\n    amaas_stop *stop = 0;\n    \
        for (int i = 0; i < 100; i++)\n        amaas_stop_new(&stop, 0);\n    return 0;\n}\n";
    finds(&folder, leak, &options, &libraries, "detected memory leaks");
    let used = "#include \"amaas.h\"\nint main(void)\n{\n    amaas_error *error = 0;\n    \
        amaas_service_options_new(0, &error);\n    const char *text = amaas_error_message(error);\n    \
        amaas_error_free(error);\n    return text[0] == 'x';\n}\n";
    finds(&folder, used, &options, &libraries, "heap-use-after-free");
}

/// How long sixteen threads run under ThreadSanitizer.
const SECONDS: &str = "60";

/// Sixteen threads over one service. Rust's own library is built with the sanitizer too, so that every
/// lock, channel and counter of ours is seen.
#[test]
fn no_two_threads_race() {
    if std::env::var_os("AMAAS_SOAK").is_none() {
        eprintln!("left out: ThreadSanitizer, which `make soak` runs");
        return;
    }
    let folder = library("thread".as_ref());
    let archive = sanitized_library("thread", &["-Zbuild-std"]);
    // The runtime first: it stands in for what the others call.
    let runtime = format!(
        "-Wl,--whole-archive,{},--no-whole-archive",
        thread_runtime().display()
    );
    let mut libraries = vec![runtime];
    libraries.extend(with_system(&archive));
    libraries.push("-lstdc++".to_owned());
    let instrumented = ["-fsanitize=thread", "-c"];
    let link = |name: &str, source: &Path| {
        let (object, program) = (folder.join(format!("{name}.o")), folder.join(name));
        build(source, &object, &instrumented, &[]);
        // The runtime is the one that goes with what compiled the library, not the C compiler's.
        output(
            Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()))
                .args(["-pthread", "-rdynamic"])
                .arg(&object)
                .arg("-o")
                .arg(&program)
                .args(&libraries),
        );
        program
    };
    let home = tempfile::tempdir().unwrap();
    let crowd = link("crowd", &repository().join("tests/c/test_crowd.c"));
    let told = output(watched(&crowd).arg(home.path()).arg(SECONDS));
    eprintln!("-fsanitize=thread: {SECONDS} seconds, {}", told.trim());

    let planted = folder.join("planted.c");
    std::fs::write(&planted, RACE).unwrap();
    let done = watched(&link("planted", &planted)).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        !done.status.success() && said.contains("data race"),
        "{said}"
    );
}

/// Lent memory, which C writes while the library reads it.
const RACE: &str = "#include \"amaas.h\"\n#include <pthread.h>\nstatic float numbers[2];\n\
    static void *writes(void *nothing)\n{\n    \
    for (int i = 0; i < 1000; i++)\n        numbers[0] += 1;\n    return nothing;\n}\n\
    int main(void)\n{\n    const int64_t length = 2;\n    float copy[2];\n    \
    amaas_tensor *tensor = 0;\n    pthread_t other;\n    \
    if (amaas_tensor_borrow(AMAAS_DTYPE_FLOAT32, &length, 1, numbers, sizeof numbers, 0, 0, &tensor, 0))\n        \
    return 0;\n    if (pthread_create(&other, 0, writes, 0))\n        return 0;\n    \
    for (int i = 0; i < 1000; i++)\n        amaas_tensor_copy(tensor, sizeof copy, copy, 0);\n    \
    pthread_join(other, 0);\n    amaas_tensor_free(tensor);\n    return 0;\n}\n";

/// What the compiler's own ThreadSanitizer needs at run time.
fn thread_runtime() -> PathBuf {
    let root = output(
        Command::new(Path::new(env!("CARGO")).with_file_name("rustc")).args(["--print", "sysroot"]),
    );
    let machine = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let folder = Path::new(root.trim()).join("lib/rustlib").join(machine);
    folder.join("lib/librustc-stable_rt.tsan.a")
}

/// Races of ONNX Runtime's own are not ours to mend, nor are they all races; see `races.supp`.
fn watched(program: &Path) -> Command {
    let mut command = run(program);
    let list = repository().join("tests/c/races.supp");
    let options = format!("suppressions={} halt_on_error=1", list.display());
    command.env("TSAN_OPTIONS", options);
    command
}

/// Leaks of ONNX Runtime's own are not ours to mend.
fn checked(program: &Path) -> Command {
    let mut command = run(program);
    let list = repository().join("tests/c/leaks.supp");
    command.env(
        "LSAN_OPTIONS",
        format!("suppressions={}:print_suppressions=0", list.display()),
    );
    command
}

/// An archive, and what it needs of the system.
fn with_system(archive: &Path) -> Vec<String> {
    let system = ["gcc_s", "util", "rt", "pthread", "m", "dl", "c"].map(|name| format!("-l{name}"));
    std::iter::once(archive.display().to_string())
        .chain(system)
        .collect()
}

/// The library as an archive that panics where it is asked to, below a folder of its own: what it is
/// built of is shared, and hosts must not find it.
#[test]
fn every_function_brings_a_panic_back() {
    let folder = library("panics".as_ref());
    let archive = archive(&["--features", "panic-test"], &folder);
    panics_come_back(&folder, &[], &with_system(&archive), run);
}

fn panics_come_back(
    folder: &Path,
    options: &[&str],
    libraries: &[String],
    run: fn(&Path) -> Command,
) {
    let header = std::fs::read_to_string(repository().join("include/amaas.h")).unwrap();
    let (text, count) = every::panics(&header);
    assert!(count > 200, "the header is not read as it should be");
    let source = folder.join("panics.c");
    std::fs::write(&source, text).unwrap();
    let program = folder.join("panics");
    build(&source, &program, options, libraries);
    output(&mut run(&program));
    eprintln!("panics: {count} functions brought one back as a status");
}
