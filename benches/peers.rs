//! What amaas is measured against: ONNX Runtime by hand, through the crate `ort`.

use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};

use ort::environment::Environment;
use ort::session::Session;
use ort::value::TensorRef;
use tokenizers::Tokenizer;

/// Whatever ends a bench early.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Starts ONNX Runtime from the file that `AMAAS_ORT_LIB` names; once in a process.
///
/// # Errors
/// When there is no such file, and whatever ONNX Runtime says.
pub fn environment() -> Result<Environment> {
    Ok(ort::init_from(std::env::var("AMAAS_ORT_LIB")?)?.build()?)
}

/// A session as a careful user would make it, with `threads` for one run.
///
/// # Errors
/// Whatever ONNX Runtime says.
pub fn session(environment: &Environment, model: &Path, threads: usize) -> ort::Result<Session> {
    Session::builder(environment)?
        .with_intra_threads(threads)?
        .commit_from_file(model)
}

/// Sessions that any number of threads share: each call takes a free one or waits for it.
#[derive(Debug)]
pub struct Sessions {
    free: Mutex<Vec<Session>>,
    changed: Condvar,
}

impl Sessions {
    /// So many sessions of one model, each with `threads` for one run.
    ///
    /// # Errors
    /// Whatever ONNX Runtime says.
    pub fn open(
        environment: &Environment,
        model: &Path,
        count: usize,
        threads: usize,
    ) -> ort::Result<Self> {
        let free = (0..count)
            .map(|_| session(environment, model, threads))
            .collect::<ort::Result<_>>()?;
        Ok(Self {
            free: Mutex::new(free),
            changed: Condvar::new(),
        })
    }

    fn with<T>(&self, run: impl FnOnce(&mut Session) -> Result<T>) -> Result<T> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut session = loop {
            if let Some(session) = free.pop() {
                break session;
            }
            free = self
                .changed
                .wait(free)
                .unwrap_or_else(PoisonError::into_inner);
        };
        drop(free);
        let answer = run(&mut session);
        self.free
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(session);
        self.changed.notify_one();
        answer
    }
}

/// A tokenizer without padding of its own, as every careful pipeline has one.
///
/// # Errors
/// When the file cannot be read.
pub fn tokenizer(file: &Path) -> Result<Tokenizer> {
    let mut tokenizer = Tokenizer::from_file(file)?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None)?;
    Ok(tokenizer)
}

/// Embeds one text as all-MiniLM-L6-v2 wants it: mean over the tokens, length 1.
///
/// # Errors
/// Whatever the tokenizer or ONNX Runtime says.
pub fn embed(sessions: &Sessions, tokenizer: &Tokenizer, text: &str) -> Result<Vec<f32>> {
    let encoding = tokenizer.encode_fast(text, true)?;
    let ids: Vec<i64> = encoding.get_ids().iter().map(|id| i64::from(*id)).collect();
    let (mask, types) = (vec![1_i64; ids.len()], vec![0_i64; ids.len()]);
    let shape = [1, ids.len()];
    let mut vector = sessions.with(|session| {
        let outputs = session.run(ort::inputs![
            "input_ids" => TensorRef::from_array_view((shape, &ids[..]))?,
            "attention_mask" => TensorRef::from_array_view((shape, &mask[..]))?,
            "token_type_ids" => TensorRef::from_array_view((shape, &types[..]))?,
        ])?;
        let (shape, hidden) = outputs[0].try_extract_tensor::<f32>()?;
        let width = usize::try_from(shape[2])?;
        let mut sum = vec![0.0_f32; width];
        for token in hidden.chunks(width) {
            sum.iter_mut()
                .zip(token)
                .for_each(|(sum, value)| *sum += value);
        }
        Ok(sum)
    })?;
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    Ok(vector)
}

/// The score of `positive` as the example package wants it: the last 100 ids, zeros in front.
///
/// # Errors
/// Whatever the tokenizer or ONNX Runtime says.
pub fn classify(sessions: &Sessions, tokenizer: &Tokenizer, text: &str) -> Result<f32> {
    const LENGTH: usize = 100;
    let encoding = tokenizer.encode_fast(text, true)?;
    let ids = encoding.get_ids();
    let ids = &ids[ids.len().saturating_sub(LENGTH)..];
    let mut row = vec![0_i32; LENGTH];
    let start = LENGTH - ids.len();
    row[start..]
        .iter_mut()
        .zip(ids)
        .for_each(|(place, id)| *place = i32::try_from(*id).unwrap_or_default());
    sessions.with(|session| {
        let input = TensorRef::from_array_view(([1, LENGTH], &row[..]))?;
        let outputs = session.run(ort::inputs!["input_ids" => input])?;
        let (_, scores) = outputs["probability"].try_extract_tensor::<f32>()?;
        scores.last().copied().ok_or_else(|| "no score".into())
    })
}

/// The number in the middle.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Writes rows, each a JSON object, to `benches/<name>.json`.
///
/// # Panics
/// When the folder cannot be written to.
#[expect(
    clippy::expect_used,
    reason = "a bench that cannot write has measured for nothing"
)]
pub fn write_rows(name: &str, rows: &[String]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(name)
        .with_extension("json");
    let json = format!("[\n  {}\n]\n", rows.join(",\n  "));
    std::fs::write(path, json).expect("the folder may be written");
}
