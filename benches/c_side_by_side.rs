//! What does libamaas cost beside ONNX Runtime's own C API, for one call and for a start?
//!
//! Both sides go through `extern "C"` functions that are looked up at run time, as a C program that
//! opens both libraries has them: `AMAAS_ORT_LIB` and `AMAAS_LIB`, which is `target/dist/libamaas.so`
//! when it is not set. A call makes its input anew, runs, reads one number and releases, on one
//! thread; the two sides take turns of many calls. A start is a process of its own, from its spawning
//! to its first answer of a model of 3 MB.
//!
//! `cargo bench -p amaas-benches --bench c_side_by_side`
#![expect(
    unsafe_code,
    reason = "the C APIs are what is measured; each pointer comes from the call before"
)]
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::undocumented_unsafe_blocks,
    reason = "a bench that cannot start has nothing to measure, and says what it found"
)]

use std::ffi::{CString, c_char, c_void};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

use libloading::Library;
use ort::sys;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const TURNS: usize = 101;
const CALLS: usize = 2_000;
const STARTS: usize = 11;

/// A model, and what it is given.
struct Case {
    path: CString,
    input: CString,
    output: CString,
    numbers: Vec<f32>,
    integers: Vec<i32>,
}

fn noop() -> Case {
    Case::new(
        "tests/fixtures/noop.onnx",
        "x",
        "y",
        vec![1.0, 2.0],
        Vec::new(),
    )
}

fn sentiment() -> Case {
    let path = "models/sentiment/1.0.0/model.onnx";
    Case::new(path, "input_ids", "probability", Vec::new(), vec![5; 100])
}

impl Case {
    fn new(path: &str, input: &str, output: &str, numbers: Vec<f32>, integers: Vec<i32>) -> Self {
        let text = |text: String| CString::new(text).expect("no NUL inside");
        Self {
            path: text(format!("{ROOT}/{path}")),
            input: text(input.to_owned()),
            output: text(output.to_owned()),
            numbers,
            integers,
        }
    }

    /// dtype, data, bytes and shape of the input.
    fn input(&self) -> (u32, *const c_void, usize, [i64; 2]) {
        if self.integers.is_empty() {
            let length = self.numbers.len();
            (
                1,
                self.numbers.as_ptr().cast(),
                length * 4,
                [1, length as i64],
            )
        } else {
            let length = self.integers.len();
            (
                6,
                self.integers.as_ptr().cast(),
                length * 4,
                [1, length as i64],
            )
        }
    }
}

fn environment(name: &str, otherwise: &str) -> PathBuf {
    std::env::var_os(name).map_or_else(|| PathBuf::from(ROOT).join(otherwise), PathBuf::from)
}

/// ONNX Runtime by hand.
struct Raw {
    api: &'static sys::OrtApi,
    session: *mut sys::OrtSession,
    memory: *mut sys::OrtMemoryInfo,
}

impl Raw {
    fn open(case: &Case) -> Self {
        let path = std::env::var_os("AMAAS_ORT_LIB").expect("AMAAS_ORT_LIB is set");
        let library = unsafe { Library::new(path) }.expect("ONNX Runtime loads");
        let library = Box::leak(Box::new(library));
        type Entry = unsafe extern "system" fn() -> *const sys::OrtApiBase;
        let api = unsafe {
            let entry = library
                .get::<Entry>(b"OrtGetApiBase")
                .expect("ONNX Runtime");
            ((*entry()).GetApi)(sys::ORT_API_VERSION).as_ref()
        };
        let api = api.expect("ONNX Runtime is new enough");
        let (mut environment, mut options) = (null_mut(), null_mut());
        let (mut session, mut memory) = (null_mut(), null_mut());
        let level = sys::OrtLoggingLevel::ORT_LOGGING_LEVEL_ERROR;
        let (arena, usual) = (
            sys::OrtAllocatorType::OrtArenaAllocator,
            sys::OrtMemType::OrtMemTypeDefault,
        );
        unsafe {
            let _ = (api.CreateEnv)(level, c"bench".as_ptr(), &raw mut environment);
            let _ = (api.CreateSessionOptions)(&raw mut options);
            let _ = (api.SetIntraOpNumThreads)(options, 1);
            let _ = (api.CreateSession)(
                environment,
                case.path.as_ptr().cast(),
                options,
                &raw mut session,
            );
            let _ = (api.CreateCpuMemoryInfo)(arena, usual, &raw mut memory);
        }
        assert!(!session.is_null() && !memory.is_null(), "the model loads");
        Self {
            api,
            session,
            memory,
        }
    }

    fn call(&self, case: &Case) -> f32 {
        let (dtype, data, bytes, shape) = case.input();
        let kind = match dtype {
            1 => sys::ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
            _ => sys::ONNXTensorElementDataType::ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32,
        };
        let (mut input, mut output, mut found) = (null_mut(), null_mut(), null_mut());
        let (input_name, output_name) = (case.input.as_ptr(), case.output.as_ptr());
        unsafe {
            let _ = (self.api.CreateTensorWithDataAsOrtValue)(
                self.memory,
                data.cast_mut(),
                bytes,
                shape.as_ptr(),
                2,
                kind,
                &raw mut input,
            );
            let inputs = [input.cast_const()];
            let _ = (self.api.Run)(
                self.session,
                null(),
                &raw const input_name,
                inputs.as_ptr(),
                1,
                &raw const output_name,
                1,
                &raw mut output,
            );
            assert!(!output.is_null(), "the model runs");
            let _ = (self.api.GetTensorMutableData)(output, &raw mut found);
            let answer = *found.cast::<f32>();
            (self.api.ReleaseValue)(output);
            (self.api.ReleaseValue)(input);
            answer
        }
    }
}

type Status = i32;
type Failure = *mut *mut c_void;
type New = unsafe extern "C" fn(*const c_void, *mut *mut c_void, Failure) -> Status;
type NewOptions = unsafe extern "C" fn(*mut *mut c_void, Failure) -> Status;
type SetCount = unsafe extern "C" fn(*mut c_void, usize, Failure) -> Status;
type Load = unsafe extern "C" fn(*const c_void, *const c_char, *mut *mut c_void, Failure) -> Status;
type NewTensor = unsafe extern "C" fn(
    i32,
    *const i64,
    usize,
    *const c_void,
    usize,
    *mut *mut c_void,
    Failure,
) -> Status;
type Run = unsafe extern "C" fn(
    *const c_void,
    *const *const c_char,
    *const *const c_void,
    usize,
    *const *const c_char,
    usize,
    *mut *mut c_void,
    Failure,
) -> Status;
type Get = unsafe extern "C" fn(*const c_void, usize) -> *const c_void;
type Data = unsafe extern "C" fn(*const c_void) -> *const c_void;
type Free = unsafe extern "C" fn(*mut c_void);

/// The same through libamaas.
struct Amaas {
    route: *const c_void,
    new_tensor: NewTensor,
    run: Run,
    output: Get,
    data: Data,
    free_outputs: Free,
    free_tensor: Free,
}

fn find<T: Copy>(library: &'static Library, name: &str) -> T {
    *unsafe { library.get::<T>(name.as_bytes()) }.expect("libamaas has every function")
}

impl Amaas {
    fn open(case: &Case) -> Self {
        let path = environment("AMAAS_LIB", "target/dist/libamaas.so");
        let library = unsafe { Library::new(path) }
            .expect("AMAAS_LIB names libamaas, as `make install` builds it");
        let library = Box::leak(Box::new(library));
        let (mut options, mut service, mut route) = (null_mut(), null_mut(), null_mut());
        let (load, new): (Load, New) = (
            find(library, "amaas_service_load"),
            find(library, "amaas_service_new"),
        );
        let threads: SetCount = find(library, "amaas_service_options_set_threads");
        let new_options: NewOptions = find(library, "amaas_service_options_new");
        unsafe {
            new_options(&raw mut options, null_mut());
            threads(options, 1, null_mut());
            new(options, &raw mut service, null_mut());
            load(service, case.path.as_ptr(), &raw mut route, null_mut());
        }
        assert!(!route.is_null(), "the model loads");
        Self {
            route,
            new_tensor: find(library, "amaas_tensor_new"),
            run: find(library, "amaas_route_run"),
            output: find(library, "amaas_outputs_tensor"),
            data: find(library, "amaas_tensor_data"),
            free_outputs: find(library, "amaas_outputs_free"),
            free_tensor: find(library, "amaas_tensor_free"),
        }
    }

    fn call(&self, case: &Case) -> f32 {
        let (dtype, data, bytes, shape) = case.input();
        let (mut input, mut outputs) = (null_mut(), null_mut());
        let (input_name, output_name) = (case.input.as_ptr(), case.output.as_ptr());
        unsafe {
            (self.new_tensor)(
                dtype as i32,
                shape.as_ptr(),
                2,
                data,
                bytes,
                &raw mut input,
                null_mut(),
            );
            let inputs = [input.cast_const()];
            (self.run)(
                self.route,
                &raw const input_name,
                inputs.as_ptr(),
                1,
                &raw const output_name,
                1,
                &raw mut outputs,
                null_mut(),
            );
            assert!(!outputs.is_null(), "the model runs");
            let answer = *(self.data)((self.output)(outputs, 0)).cast::<f32>();
            (self.free_outputs)(outputs);
            (self.free_tensor)(input);
            answer
        }
    }
}

fn turn(call: impl Fn() -> f32) -> f64 {
    let started = Instant::now();
    let sum: f32 = (0..CALLS).map(|_| call()).sum();
    std::hint::black_box(sum);
    started.elapsed().as_nanos() as f64 / CALLS as f64
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn calls() -> String {
    let case = noop();
    // The host's copy comes first, and amaas shares it.
    let (raw, amaas) = (Raw::open(&case), Amaas::open(&case));
    assert_eq!(raw.call(&case), amaas.call(&case));
    let turns = (0..TURNS).map(|_| (turn(|| raw.call(&case)), turn(|| amaas.call(&case))));
    let (by_hand, through): (Vec<_>, Vec<_>) = turns.unzip();
    let more: Vec<f64> = by_hand
        .iter()
        .zip(&through)
        .map(|(raw, amaas)| amaas - raw)
        .collect();
    let (by_hand, through, more) = (median(by_hand), median(through), median(more));
    println!(
        "no-op call: {by_hand:.0} ns by hand, {through:.0} ns through libamaas, {more:.0} ns more (bar: 1000)"
    );
    format!(
        "{{\"question\": \"no-op call, C\", \"amaas_ns\": {through:.1}, \"by_hand_ns\": {by_hand:.1}, \"more_ns\": {more:.1}}}"
    )
}

/// From the spawning of a process to its first answer.
fn start(side: &str) -> f64 {
    let program = std::env::current_exe().expect("this program");
    let started = Instant::now();
    let child = Command::new(program)
        .arg(side)
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.expect("a process starts");
    let mut answered = [0];
    let answer = child
        .stdout
        .as_mut()
        .expect("a pipe")
        .read_exact(&mut answered);
    let took: Duration = started.elapsed();
    answer.expect("an answer");
    child.wait().expect("it ends");
    took.as_secs_f64() * 1e3
}

fn starts() -> String {
    let pairs = (0..STARTS).map(|_| (start("start-raw"), start("start-amaas")));
    let (by_hand, through): (Vec<_>, Vec<_>) = pairs.unzip();
    let ratio = median(
        by_hand
            .iter()
            .zip(&through)
            .map(|(raw, amaas)| amaas / raw)
            .collect(),
    );
    let (by_hand, through) = (median(by_hand), median(through));
    println!(
        "start: {by_hand:.1} ms by hand, {through:.1} ms through libamaas, {ratio:.2} times (bar: 1.2)"
    );
    format!(
        "{{\"question\": \"start to a first answer, C\", \"amaas_ms\": {through:.2}, \"by_hand_ms\": {by_hand:.2}, \"ratio\": {ratio:.4}}}"
    )
}

fn main() {
    let side = std::env::args().find(|argument| argument.starts_with("start-"));
    let case = sentiment();
    match side.as_deref() {
        Some("start-raw") => println!("{}", Raw::open(&case).call(&case)),
        Some(_) => println!("{}", Amaas::open(&case).call(&case)),
        None => {
            let rows = [calls(), starts()];
            amaas_benches::write_rows("native", &rows);
        }
    }
}
