//! Columns of texts from pandas, polars, pyarrow and whatever else speaks Arrow's C data interface.
//!
//! A column is read where it lies: its texts are neither copied nor made Python objects. Three layouts
//! are read, and dictionaries over them: `utf8`, `large_utf8` and `utf8_view`. The three structs are
//! those of the interface's specification, which is stable; a library for them would be a hundred
//! times this file.
//!
//! The trap: what lies behind the pointers is the producer's word. Each text is checked to be UTF-8,
//! but nothing can check that a buffer is as long as its offsets say.
#![expect(unsafe_code, reason = "the interface is C structs in capsules")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyTuple};

use crate::errors::{Failure, Result, invalid};

#[repr(C)]
#[derive(Debug)]
struct Schema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Schema,
    dictionary: *mut Schema,
    release: Option<unsafe extern "C" fn(*mut Schema)>,
    private_data: *mut c_void,
}

#[repr(C)]
#[derive(Debug)]
struct Array {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const u8,
    children: *mut *mut Array,
    dictionary: *mut Array,
    release: Option<unsafe extern "C" fn(*mut Array)>,
    private_data: *mut c_void,
}

#[repr(C)]
#[derive(Debug)]
struct Stream {
    get_schema: Option<unsafe extern "C" fn(*mut Stream, *mut Schema) -> c_int>,
    get_next: Option<unsafe extern "C" fn(*mut Stream, *mut Array) -> c_int>,
    get_last_error: Option<unsafe extern "C" fn(*mut Stream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut Stream)>,
    private_data: *mut c_void,
}

/// A struct that whoever holds it releases.
trait Released: Sized {
    const CAPSULE: &'static CStr;
    fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)>;
}

macro_rules! released {
    ($kind:ty, $capsule:literal) => {
        impl Released for $kind {
            const CAPSULE: &'static CStr = $capsule;
            fn release(&mut self) -> &mut Option<unsafe extern "C" fn(*mut Self)> {
                &mut self.release
            }
        }
    };
}

released!(Schema, c"arrow_schema");
released!(Array, c"arrow_array");
released!(Stream, c"arrow_array_stream");

#[derive(Debug)]
struct Owned<T: Released>(T);

impl<T: Released> Owned<T> {
    /// One that is not filled in yet.
    fn empty() -> Self {
        // SAFETY: all three are pointers, functions that may be absent, and numbers: zero is a value.
        Self(unsafe { std::mem::zeroed() })
    }

    /// Takes the struct out of its capsule, which is left with nothing to release.
    fn take(capsule: &Bound<'_, PyAny>) -> Result<Self> {
        let capsule = capsule.cast::<PyCapsule>().map_err(PyErr::from)?;
        let place = capsule.pointer_checked(Some(T::CAPSULE))?.cast::<T>();
        // SAFETY: a capsule of this name holds this struct. It is moved: what is left behind has no
        // release, which is how the interface marks it as gone.
        let mut taken = unsafe { place.read() };
        // SAFETY: as above, and nobody else looks at the capsule meanwhile: it is this call's.
        unsafe { *(*place.as_ptr()).release() = None };
        match taken.release() {
            Some(_) => Ok(Self(taken)),
            None => Err(broken("it was read before")),
        }
    }

    fn is_released(&mut self) -> bool {
        self.0.release().is_none()
    }
}

impl<T: Released> Drop for Owned<T> {
    fn drop(&mut self) {
        if let Some(release) = *self.0.release() {
            // SAFETY: it is released once: the call marks it, and nothing comes after this.
            unsafe { release(&raw mut self.0) };
        }
    }
}

// SAFETY: the interface asks of its structs that they can be used, and released, on any thread, by one
// at a time.
unsafe impl<T: Released> Send for Owned<T> {}

/// A column of texts, read where it lies.
#[derive(Debug)]
pub(crate) struct Column {
    texts: Vec<Span>,
    /// What the spans lie in.
    _chunks: Vec<Owned<Array>>,
}

/// A text that was checked to be UTF-8, in the memory of a column.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: *const u8,
    length: usize,
}

// SAFETY: the interface says that arrays do not change, and that they may be released anywhere.
unsafe impl Send for Column {}
// SAFETY: as above; nothing is written through the pointers.
unsafe impl Sync for Column {}

impl Column {
    /// Reads what `given` exports; `None` for what is nothing of Arrow's.
    pub(crate) fn of(given: &Bound<'_, PyAny>) -> Result<Option<Self>> {
        if let Some(pair) = exported(given, "__arrow_c_array__")? {
            let pair = pair.cast_into::<PyTuple>().map_err(PyErr::from)?;
            let schema = Owned::<Schema>::take(&pair.get_item(0)?)?;
            let chunks = vec![Owned::<Array>::take(&pair.get_item(1)?)?];
            return Self::read(&schema, chunks).map(Some);
        }
        let Some(mut chunks) = Chunks::of(given)? else {
            return Ok(None);
        };
        let mut arrays = Vec::new();
        while let Some(chunk) = chunks.pull(given.py())? {
            arrays.push(chunk);
        }
        Self::read(&chunks.schema, arrays).map(Some)
    }

    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether nothing is at `place`, which must be below the length.
    pub(crate) fn is_null(&self, place: usize) -> bool {
        self.texts[place].start.is_null()
    }

    /// The text at `place`, which must be below the length; what is null is empty.
    pub(crate) fn text(&self, place: usize) -> &str {
        let Span { start, length } = self.texts[place];
        if start.is_null() {
            return "";
        }
        // SAFETY: the span lies in a chunk that this holds, and was checked when it was read.
        unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(start, length)) }
    }

    fn read(schema: &Owned<Schema>, chunks: Vec<Owned<Array>>) -> Result<Self> {
        let mut texts = Vec::new();
        for chunk in &chunks {
            // SAFETY: the producer gave both together, and both are held meanwhile.
            unsafe { read(&schema.0, &chunk.0, &mut texts)? };
        }
        Ok(Self {
            texts,
            _chunks: chunks,
        })
    }
}

/// What a method of Arrow's answers; nothing where there is none, or where its library is not there.
fn exported<'py>(given: &Bound<'py, PyAny>, method: &str) -> Result<Option<Bound<'py, PyAny>>> {
    let Some(method) = given.getattr_opt(method)? else {
        return Ok(None);
    };
    match method.call0() {
        Err(error) if error.is_instance_of::<PyImportError>(given.py()) => Ok(None),
        answer => Ok(Some(answer?)),
    }
}

/// A column that comes in chunks, one after the other; there may be no end to them.
#[derive(Debug)]
pub(crate) struct Chunks {
    stream: Owned<Stream>,
    schema: Owned<Schema>,
    /// It is a table, of which the only column is meant.
    is_table: bool,
}

impl Chunks {
    /// Opens the stream that `given` exports; `None` for what exports none.
    pub(crate) fn of(given: &Bound<'_, PyAny>) -> Result<Option<Self>> {
        let Some(capsule) = exported(given, "__arrow_c_stream__")? else {
            return Ok(None);
        };
        let mut stream = Owned::<Stream>::take(&capsule)?;
        let get_schema = stream.0.get_schema.ok_or_else(no_functions)?;
        let mut schema = Owned::<Schema>::empty();
        // SAFETY: the stream is not released, and the schema is there to be filled in.
        let status = unsafe { get_schema(&raw mut stream.0, &raw mut schema.0) };
        ends_well(&mut stream, status)?;
        Ok(Some(Self {
            stream,
            schema,
            is_table: false,
        }))
    }

    /// The only column, where this is a table of one.
    pub(crate) fn flat(self) -> Self {
        let schema = &self.schema.0;
        // SAFETY: a format is a text that ends in a zero.
        let format = unsafe { CStr::from_ptr(schema.format) };
        let is_table = format.to_bytes() == b"+s" && schema.n_children == 1;
        Self { is_table, ..self }
    }

    /// The next chunk; `None` at the end.
    pub(crate) fn next(&mut self, py: Python<'_>) -> Result<Option<Column>> {
        let Some(chunk) = self.pull(py)? else {
            return Ok(None);
        };
        if !self.is_table {
            return Column::read(&self.schema, vec![chunk]).map(Some);
        }
        let mut texts = Vec::new();
        // SAFETY: the producer gave both together; a table of one column has one child in each.
        unsafe { read_child(&self.schema.0, &chunk.0, &mut texts)? };
        Ok(Some(Column {
            texts,
            _chunks: vec![chunk],
        }))
    }

    /// Detached from the interpreter: whoever writes the stream may have to wait, or ask it.
    fn pull(&mut self, py: Python<'_>) -> Result<Option<Owned<Array>>> {
        let stream = &mut self.stream;
        let get_next = stream.0.get_next.ok_or_else(no_functions)?;
        let (status, mut chunk) = py.detach(|| {
            let mut chunk = Owned::<Array>::empty();
            let stream: &mut Owned<Stream> = stream;
            // SAFETY: the stream is not released, and the chunk is there to be filled in.
            let status = unsafe { get_next(&raw mut stream.0, &raw mut chunk.0) };
            (status, chunk)
        });
        ends_well(stream, status)?;
        // One that is left empty is the end.
        Ok((!chunk.is_released()).then_some(chunk))
    }
}

fn no_functions() -> Failure {
    broken("its stream has no functions")
}

fn ends_well(stream: &mut Owned<Stream>, status: c_int) -> Result<()> {
    if status == 0 {
        return Ok(());
    }
    let Some(get_last_error) = stream.0.get_last_error else {
        return Err(broken("its stream failed"));
    };
    // SAFETY: asked right after the call that failed; the text is copied before the next.
    let text = unsafe {
        let text = get_last_error(&raw mut stream.0);
        (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
    };
    let cause = std::io::Error::other(text.unwrap_or_else(|| format!("error {status}")));
    let error = invalid("a column could not be read", "see its cause");
    Err(error.because(cause).into())
}

/// Enters the texts of one chunk.
///
/// # Safety
/// Both structs are as the interface says, and belong together.
unsafe fn read(schema: &Schema, array: &Array, texts: &mut Vec<Span>) -> Result<()> {
    // SAFETY: as the caller says.
    unsafe {
        let (length, offset) = (count(array.length)?, count(array.offset)?);
        if !schema.dictionary.is_null() {
            return read_dictionary(schema, array, texts);
        }
        let layout = Layout::of(schema)?;
        for row in offset..offset + length {
            if is_null(array, row) {
                texts.push(Span::NULL);
                continue;
            }
            let span = layout.span(array, row)?;
            let bytes = std::slice::from_raw_parts(span.start, span.length);
            if std::str::from_utf8(bytes).is_err() {
                return Err(broken(&format!("row `{}` is not UTF-8", texts.len())));
            }
            texts.push(span);
        }
    }
    Ok(())
}

/// As `read`, for the only column of a table.
///
/// # Safety
/// As `read`, and both have one child.
unsafe fn read_child(schema: &Schema, array: &Array, texts: &mut Vec<Span>) -> Result<()> {
    // SAFETY: as the caller says; a table's offset and length are those of its rows in the child.
    unsafe {
        read(&**schema.children, &**array.children, texts)?;
        let start = count(array.offset)?.min(texts.len());
        texts.drain(..start);
        texts.truncate(count(array.length)?);
    }
    Ok(())
}

/// As `read`, for numbers of texts in a list of them: pandas's and polars's categories.
///
/// # Safety
/// As `read`.
unsafe fn read_dictionary(schema: &Schema, array: &Array, texts: &mut Vec<Span>) -> Result<()> {
    // SAFETY: as the caller says; a schema with a dictionary comes with arrays that have one.
    unsafe {
        let mut words = Vec::new();
        let values = array
            .dictionary
            .as_ref()
            .ok_or_else(|| broken("its dictionary is missing"))?;
        read(&*schema.dictionary, values, &mut words)?;
        let kind = CStr::from_ptr(schema.format).to_bytes();
        let offset = count(array.offset)?;
        for row in offset..offset + count(array.length)? {
            if is_null(array, row) {
                texts.push(Span::NULL);
                continue;
            }
            let numbers = buffer(array, 1);
            let number = match kind {
                b"c" => i64::from(at::<i8>(numbers, row)),
                b"C" => i64::from(at::<u8>(numbers, row)),
                b"s" => i64::from(at::<i16>(numbers, row)),
                b"S" => i64::from(at::<u16>(numbers, row)),
                b"i" => i64::from(at::<i32>(numbers, row)),
                b"I" => i64::from(at::<u32>(numbers, row)),
                _ => at::<i64>(numbers, row),
            };
            let word = usize::try_from(number)
                .ok()
                .and_then(|number| words.get(number));
            texts.push(*word.ok_or_else(|| broken("its dictionary is too short"))?);
        }
    }
    Ok(())
}

/// How a column of texts lies in memory.
#[derive(Debug, Clone, Copy)]
enum Layout {
    Short,
    Long,
    View,
}

impl Layout {
    /// # Safety
    /// As `read`.
    unsafe fn of(schema: &Schema) -> Result<Self> {
        // SAFETY: a format is a text that ends in a zero.
        match unsafe { CStr::from_ptr(schema.format) }.to_bytes() {
            b"u" => Ok(Self::Short),
            b"U" => Ok(Self::Long),
            b"vu" => Ok(Self::View),
            b"+s" => Err(wanted(
                "a table",
                "pass one of its columns, as `frame[\"text\"]`",
            )),
            _ => Err(wanted("a column of no texts", "pass a column of str")),
        }
    }

    /// Where the text of a row lies.
    ///
    /// # Safety
    /// As `read`.
    unsafe fn span(self, array: &Array, row: usize) -> Result<Span> {
        // SAFETY: as the caller says: buffers are those of the layout, and as long as it takes.
        unsafe {
            let ends = buffer(array, 1);
            let (start, end) = match self {
                Self::Short => (
                    i64::from(at::<i32>(ends, row)),
                    i64::from(at::<i32>(ends, row + 1)),
                ),
                Self::Long => (at::<i64>(ends, row), at::<i64>(ends, row + 1)),
                Self::View => return view(array, row),
            };
            let length = count(end - start)?;
            if length == 0 {
                return Ok(Span::EMPTY);
            }
            let start = buffer(array, 2).add(count(start)?);
            Ok(Span { start, length })
        }
    }
}

/// The text of a view: short ones lie in it, longer ones in one of several buffers.
///
/// # Safety
/// As `read`.
unsafe fn view(array: &Array, row: usize) -> Result<Span> {
    const INSIDE: usize = 12;
    // SAFETY: as the caller says.
    unsafe {
        let place = buffer(array, 1).add(row * 16);
        let length = count(i64::from(at::<i32>(place, 0)))?;
        let start = if length <= INSIDE {
            place.add(4)
        } else {
            let number = count(i64::from(at::<i32>(place, 2)))?;
            buffer(array, 2 + number).add(count(i64::from(at::<i32>(place, 3)))?)
        };
        Ok(Span { start, length })
    }
}

impl Span {
    const NULL: Self = Self {
        start: ptr::null(),
        length: 0,
    };
    const EMPTY: Self = Self {
        start: ptr::dangling(),
        length: 0,
    };
}

/// # Safety
/// The array has so many buffers.
unsafe fn buffer(array: &Array, number: usize) -> *const u8 {
    // SAFETY: as the caller says.
    unsafe { *array.buffers.add(number) }
}

/// # Safety
/// So many elements, and one more, lie at `start`.
unsafe fn at<T: Copy>(start: *const u8, place: usize) -> T {
    // SAFETY: as the caller says; nothing is assumed of how they are aligned.
    unsafe { start.cast::<T>().add(place).read_unaligned() }
}

/// # Safety
/// As `read`.
unsafe fn is_null(array: &Array, row: usize) -> bool {
    // SAFETY: the first buffer, where there is one, has a bit for each row.
    unsafe {
        let valid = buffer(array, 0);
        array.null_count != 0 && !valid.is_null() && *valid.add(row / 8) >> (row % 8) & 1 == 0
    }
}

fn count(number: i64) -> Result<usize> {
    usize::try_from(number).map_err(|_| broken("a length is below zero"))
}

fn wanted(what: &str, remedy: &str) -> Failure {
    invalid(format!("{what} was given where texts are wanted"), remedy).into()
}

fn broken(why: &str) -> Failure {
    let message = format!("a column cannot be read: {why}");
    invalid(
        message,
        "report it to the library that made it, or pass a list of str",
    )
    .into()
}
