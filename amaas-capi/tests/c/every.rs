//! A C program that calls every function of the header with what it must refuse.
//!
//! Each pointer that the header does not allow to be NULL is NULL once, while all else is live; each
//! number of an enum, and each flag, is one that there is not. Getters and ends are called with nothing at all. What
//! may be NULL is read from the sentences of the header, so a function that takes NULL and does not
//! say so fails, and one that says so and refuses it is found by the programs that pass it.

use std::fmt::Write as _;

/// A function of the header.
struct Function<'a> {
    about: String,
    answer: &'a str,
    name: &'a str,
    parameters: Vec<(String, String)>,
}

/// The program, and how many functions it calls.
pub(crate) fn program(header: &str) -> (String, usize) {
    let functions = functions(header);
    let mut calls = String::new();
    for function in &functions {
        write_calls(&functions, function, &mut calls);
    }
    let text = format!(
        "#include \"live.h\"\n\nstatic void *sink;\n\nstatic void called(void *data)\n{{\n    (void)data;\n}}\n\nint main(int argc, char **argv)\n{{\n    \
         amaas_error *error = NULL;\n    const char *const texts[] = {{\"x\"}};\n    \
         const amaas_tensor *tensors[1];\n    \
         const amaas_image *images[1];\n    const uint8_t bytes[] = {{1, 2, 3, 4}};\n    int64_t longs[] = {{1}};\n    size_t sizes[] = {{1}};\n    \
         double doubles[] = {{1}};\n    float floats[] = {{1}};\n    int16_t shorts[] = {{1}};\n    \
         const amaas_audio *audio[1];\n    const amaas_stream *streams[1];\n    \
         bool flag = false;\n    uint64_t number = 0;\n    CHECK(argc == 2);\n    \
         live(argv[1]);\n    tensors[0] = live_tensor, images[0] = live_image;\n    (void)images, (void)bytes, (void)texts, (void)tensors, (void)longs;\n    \
         audio[0] = live_audio;\n    streams[0] = live_stream;\n    (void)audio, (void)streams;\n    (void)floats, (void)shorts;\n    \
         (void)sizes, (void)doubles, (void)flag, (void)number;\n{calls}    CHECK(sink == NULL);\n    return 0;\n}}\n"
    );
    (text, functions.len())
}

/// A program, for a library with panics to plant, in which every function panics once; and how many of
/// them must say so by their status.
pub(crate) fn panics(header: &str) -> (String, usize) {
    let mut calls = String::new();
    let mut count = 0;
    for Function {
        name,
        answer,
        parameters,
        ..
    } in functions(header)
    {
        let mut given: Vec<_> = parameters.iter().map(|(kind, _)| nothing(kind)).collect();
        if answer == "amaas_status" && ends_in_error(&parameters) {
            count += 1;
            given.pop();
            given.push("&error".to_owned());
            let _ = writeln!(calls, "    PANICS({name}({}));", given.join(", "));
        } else {
            let _ = writeln!(
                calls,
                "    planted_panic(1);\n    (void){name}({});",
                given.join(", ")
            );
        }
    }
    let head = "#include \"check.h\"\n\nvoid planted_panic(int32_t planted);\n\n\
        #define PANICS(call) \\\n    do { \\\n        amaas_status status; \\\n        \
        planted_panic(1); \\\n        status = (call); \\\n        planted_panic(0); \\\n        \
        CHECK(status == AMAAS_STATUS_INTERNAL); \\\n        \
        SAME(amaas_error_message(error), \"amaas panicked: planted\"); \\\n        \
        amaas_error_free(error); \\\n        error = NULL; \\\n    } while (0)\n\n";
    let text = format!(
        "{head}int main(void)\n{{\n    amaas_error *error = NULL;\n{calls}    return 0;\n}}\n"
    );
    (text, count)
}

fn functions(header: &str) -> Vec<Function<'_>> {
    let blocks = header.split("/**").skip(1).filter_map(|block| {
        let (about, code) = block.split_once("*/")?;
        let (head, rest) = code.trim().split_once('(')?;
        let (head, rest) = (head.trim(), rest.split_once(");")?.0);
        let start = head.rfind("amaas_")?;
        if head.starts_with("typedef") || head.contains('{') || head.contains(';') {
            return None;
        }
        let words = about.split_whitespace().filter(|word| *word != "*");
        Some(Function {
            about: words.collect::<Vec<_>>().join(" "),
            answer: head[..start].trim(),
            name: &head[start..],
            parameters: parameters(rest),
        })
    });
    blocks.collect()
}

/// Types and names. A function among them has its name inside.
fn parameters(text: &str) -> Vec<(String, String)> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("void (*release)(void *context)", "release_function release");
    let one = |part: &str| {
        let part = part.trim();
        let start = part.rfind([' ', '*'])? + 1;
        Some((part[..start].trim().to_owned(), part[start..].to_owned()))
    };
    text.split(',').filter_map(one).collect()
}

fn write_calls(functions: &[Function<'_>], function: &Function<'_>, calls: &mut String) {
    let Function { name, answer, .. } = function;
    let _ = writeln!(calls, "\n    /* {name} */");
    if *answer != "amaas_status" || !function.takes_error() {
        let nothing: Vec<_> = function
            .parameters
            .iter()
            .map(|(kind, _)| nothing(kind))
            .collect();
        let _ = writeln!(calls, "    (void){name}({});", nothing.join(", "));
        return;
    }
    for (place, (kind, parameter)) in function.parameters.iter().enumerate() {
        let wrong: &[_] = match is_number(kind) {
            true => &["INT32_MAX", "INT32_MIN", "-1"],
            false if is_pointer(kind) && !may_be_null(functions, function, parameter) => &["NULL"],
            false => continue,
        };
        for wrong in wrong {
            let given = function.with(place, wrong);
            let _ = writeln!(calls, "    INVALID({name}({given}), \"`{parameter}\");");
        }
    }
}

impl Function<'_> {
    /// Arguments that may be passed, but for one.
    fn with(&self, place: usize, wrong: &str) -> String {
        let given = self.parameters.iter().enumerate();
        let given = given.map(|(at, (kind, parameter))| match at == place {
            true => wrong.to_owned(),
            false => live(kind, parameter),
        });
        given.collect::<Vec<_>>().join(", ")
    }

    fn takes_error(&self) -> bool {
        ends_in_error(&self.parameters)
    }
}

/// Whether there is a place for an error; what only reads one takes no place.
fn ends_in_error(parameters: &[(String, String)]) -> bool {
    let last = parameters.last();
    last.is_some_and(|(kind, name)| name == "error" && kind.ends_with("**"))
}

/// What the header says of a parameter, in one of the ways in which it says so, here or where it points.
fn may_be_null(functions: &[Function<'_>], function: &Function<'_>, parameter: &str) -> bool {
    // These are explained at the head of the header, for all functions.
    let free = ["error", "data", "context", "lengths"];
    let said = [
        format!("`{parameter}` is NULL or"),
        format!("`{parameter}` may be NULL"),
        format!("NULL for `{parameter}`"),
        format!("NULL is allowed for `{parameter}`"),
    ];
    let about = &function.about;
    let elsewhere = ["As for `", "As `", "as to `", "as for `", "as `"]
        .iter()
        .flat_map(|words| {
            let names = about.split(words).skip(1);
            names.filter_map(|rest| rest.split('`').next())
        });
    let mut pointed = functions.iter().filter(|other| other.name != function.name);
    let mut named: Vec<_> = elsewhere.collect();
    named.dedup();
    free.contains(&parameter)
        || said.iter().any(|words| about.contains(words))
        || pointed.any(|other| {
            named.contains(&other.name) && said.iter().any(|words| other.about.contains(words))
        })
}

fn is_pointer(kind: &str) -> bool {
    kind.ends_with('*') || kind.ends_with("const") || is_callback(kind)
}

fn is_callback(kind: &str) -> bool {
    ["callback", "progress", "told", "log", "function"]
        .iter()
        .any(|end| {
            (kind.starts_with("amaas_") || kind.starts_with("release_")) && kind.ends_with(end)
        })
        && !kind.ends_with("_function")
        || kind == "release_function"
}

/// A number of an enum, or a flag: there are few of them, and they are checked.
fn is_number(kind: &str) -> bool {
    kind == "int32_t" || (kind.starts_with("amaas_") && !is_pointer(kind))
}

fn nothing(kind: &str) -> String {
    if is_pointer(kind) { "NULL" } else { "0" }.to_owned()
}

/// What may be passed for a parameter.
fn live(kind: &str, parameter: &str) -> String {
    let object = kind
        .trim_start_matches("const ")
        .trim_end_matches(['*', ' ']);
    match kind {
        _ if parameter == "error" => "&error".to_owned(),
        "void *" | "const void *" => "longs".to_owned(),
        "const char *" if ["version", "expected"].contains(&parameter) => "\"1.0.0\"".to_owned(),
        "const char *" => "\"xx\"".to_owned(),
        "const char *const *" => "texts".to_owned(),
        "const amaas_tensor *const *" => "tensors".to_owned(),
        "const amaas_image *const *" => "images".to_owned(),
        "const uint8_t *" => "bytes".to_owned(),
        "const amaas_audio *const *" => "audio".to_owned(),
        "const amaas_stream *const *" => "streams".to_owned(),
        "const float *" => "floats".to_owned(),
        "const int16_t *" => "shorts".to_owned(),
        "const size_t *" | "size_t *" => "sizes".to_owned(),
        "const int64_t *" => "longs".to_owned(),
        "const double *" => "doubles".to_owned(),
        "float *" => "floats".to_owned(),
        "bool *" => "&flag".to_owned(),
        "uint64_t *" => "&number".to_owned(),
        "amaas_callback" => "called".to_owned(),
        _ if is_callback(kind) => "NULL".to_owned(),
        _ if kind.ends_with("**") => format!("({kind})&sink"),
        _ if is_number(kind) => "1".to_owned(),
        _ if parameter == "byte_length" => "4".to_owned(),
        _ if parameter == "index" => "0".to_owned(),
        _ if !is_pointer(kind) => "1".to_owned(),
        _ => {
            let name = object.trim_start_matches("amaas_");
            let structs = ["exported", "sum", "tally", "totals", "tune_row", "usage"];
            let address = if structs.contains(&name) { "&" } else { "" };
            format!("{address}live_{name}")
        }
    }
}
