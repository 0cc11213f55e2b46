//! Tickets: requests under way that nobody has to stand in line for.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use amaas_core::tasks::{Detected, ImagesClassified, ReadLines};
use amaas_core::{
    Classified, ClassifyOptions, EmbedOptions, Embedded, Error, ErrorKind, GenerateOptions,
    Generated, Heard, Outputs, Ranked, Result, SpeechDetected, Tagged, Ticket,
};

use crate::arguments::{Place, names, object, refuse, texts};
use crate::boundary::{call, free, give, read};
use crate::call::{amaas_call, said};
use crate::classification::amaas_classification;
use crate::classify_options::amaas_classify_options;
use crate::embed_options::amaas_embed_options;
use crate::embedding::amaas_embedding;
use crate::error::amaas_error;
use crate::fork;
use crate::generate_options::amaas_generate_options;
use crate::generation::amaas_generation;
use crate::outputs::amaas_outputs;
use crate::route::{amaas_route, named};
use crate::status::amaas_status;
use crate::tensor::amaas_tensor;

/// A request under way. It takes a place in the queue and no thread.
///
/// Made by `amaas_route_submit…` and `amaas_stream_submit…`, owned by its caller, ended with
/// `amaas_ticket_free`, which cancels what is not done. Any number of threads may use one ticket at once;
/// none may use it while or after it is freed. It keeps its route and its version alive.
#[derive(Debug)]
pub struct amaas_ticket(pub(crate) Kind);

/// What it is a ticket of.
#[derive(Debug)]
pub(crate) enum Kind {
    Run(Ticket<Outputs>),
    Classify(Ticket<Classified>),
    Embed(Ticket<Embedded>),
    Tag(Ticket<Tagged>),
    Rank(Ticket<Ranked>),
    Generate(Ticket<Generated>),
    ClassifyImages(Ticket<ImagesClassified>),
    Detect(Ticket<Detected>),
    ReadImages(Ticket<ReadLines>),
    DetectSpeech(Ticket<SpeechDetected>),
    Feed(Ticket<Heard>),
}

/// Called with the `data` that was given along with it. It runs on a thread of amaas's own, or on that of
/// the call that finished the request, so it should be short. It may call amaas, and must not throw or
/// jump out.
pub type amaas_callback = Option<unsafe extern "C" fn(data: *mut c_void)>;

/// What tickets of all kinds do alike.
trait Waits {
    fn is_done(&self) -> bool;
    fn cancel(&self);
    fn wait(&self, time: Duration) -> bool;
    fn on_done(&self, tell: Box<dyn FnOnce() + Send>);
}

impl<T> Waits for Ticket<T> {
    fn is_done(&self) -> bool {
        self.is_done()
    }

    fn cancel(&self) {
        self.cancel();
    }

    fn wait(&self, time: Duration) -> bool {
        self.wait_timeout(time)
    }

    fn on_done(&self, tell: Box<dyn FnOnce() + Send>) {
        self.on_done(tell);
    }
}

impl amaas_ticket {
    fn any(&self) -> &dyn Waits {
        match &self.0 {
            Kind::Run(ticket) => ticket,
            Kind::Classify(ticket) => ticket,
            Kind::Embed(ticket) => ticket,
            Kind::Tag(ticket) => ticket,
            Kind::Rank(ticket) => ticket,
            Kind::Generate(ticket) => ticket,
            Kind::ClassifyImages(ticket) => ticket,
            Kind::Detect(ticket) => ticket,
            Kind::ReadImages(ticket) => ticket,
            Kind::DetectSpeech(ticket) => ticket,
            Kind::Feed(ticket) => ticket,
        }
    }

    /// It is a ticket of something else.
    pub(crate) fn other(&self, wanted: &str) -> Error {
        let made = match &self.0 {
            Kind::Run(_) => "amaas_route_submit",
            Kind::Classify(_) => "amaas_route_submit_classify",
            Kind::Embed(_) => "amaas_route_submit_embed",
            Kind::Tag(_) => "amaas_route_submit_tag",
            Kind::Rank(_) => "amaas_route_submit_rank",
            Kind::Generate(_) => "amaas_route_submit_generate",
            Kind::ClassifyImages(_) => "amaas_route_submit_classify_images",
            Kind::Detect(_) => "amaas_route_submit_detect",
            Kind::ReadImages(_) => "amaas_route_submit_read_images",
            Kind::DetectSpeech(_) => "amaas_route_submit_detect_speech",
            Kind::Feed(_) => "amaas_stream_submit_feed",
        };
        let message = format!("the ticket of `{made}` has no {wanted}");
        Error::new(ErrorKind::InvalidArgument, message)
            .advise("ask for what the function that made it gives")
    }
}

/// As `amaas_route_run`, without waiting. What comes of it comes through the ticket, also when the
/// request is refused; the error here is of the arguments alone. The tensors and `call`, which may be
/// NULL, may be freed at once. The caller owns `out`.
///
/// # Safety
/// `route` and the inputs are live, the arrays hold as much as stated, `call` is NULL or live, `out` can
/// be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit(
    route: *const amaas_route,
    input_names: *const *const c_char,
    inputs: *const *const amaas_tensor,
    input_count: usize,
    output_names: *const *const c_char,
    output_count: usize,
    call: *const amaas_call,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let inputs = named(input_names, inputs, input_count)?;
        let wanted = names(output_names, output_count, "output_names")?;
        let ticket = route.submit(&inputs, &wanted, &said(call));
        out.write(give(amaas_ticket(Kind::Run(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { crate::boundary::call(error, submit) }
}

/// As `amaas_route_classify`, without waiting: the texts are copied and tokenised before it returns. What
/// comes of them comes through the ticket. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_classify`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_classify(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_classify_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = owned(texts, lengths, count, "texts")?;
        let none = ClassifyOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_classify(texts, options);
        out.write(give(amaas_ticket(Kind::Classify(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// As `amaas_route_embed`, without waiting: the texts are copied and tokenised before it returns.
/// What comes of them comes through the ticket. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_embed`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_embed(
    route: *const amaas_route,
    texts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_embed_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let texts = owned(texts, lengths, count, "texts")?;
        let none = EmbedOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_embed(texts, options);
        out.write(give(amaas_ticket(Kind::Embed(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// As `amaas_route_generate`, without waiting: the prompts are copied and tokenised before it returns.
/// What comes of them comes through the ticket. The caller owns `out`.
///
/// # Safety
/// As for `amaas_route_generate`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_route_submit_generate(
    route: *const amaas_route,
    prompts: *const *const c_char,
    lengths: *const usize,
    count: usize,
    options: *const amaas_generate_options,
    out: *mut *mut amaas_ticket,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let submit = || unsafe {
        let (route, out) = (&object(route, "route")?.route, Place::new(out, "out")?);
        let prompts = owned(prompts, lengths, count, "prompts")?;
        let none = GenerateOptions::default();
        let options = options.as_ref().map_or(&none, |options| &options.0);
        let ticket = route.submit_generate(prompts, options);
        out.write(give(amaas_ticket(Kind::Generate(ticket))));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, submit) }
}

/// Whether the answer is there, or the reason why there is none; false for NULL.
///
/// # Safety
/// `ticket` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_is_done(ticket: *const amaas_ticket) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        read(ticket, false, |ticket| {
            (!fork::is_child()).then(|| ticket.any().is_done())
        })
    }
}

/// Blocks until the ticket is done, for at most so many milliseconds. `done` says whether it is; NULL is
/// allowed.
///
/// # Safety
/// `ticket` is live, `done` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_wait(
    ticket: *const amaas_ticket,
    milliseconds: u64,
    done: *mut bool,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let wait = || unsafe {
        let is_done = object(ticket, "ticket")?
            .any()
            .wait(Duration::from_millis(milliseconds));
        // NULL is allowed here: there is nothing to refuse.
        let _ = Place::new(done, "done").map(|place| place.write(is_done));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, wait) }
}

/// Gives the request up, in the queue or in its run: the ticket is then done with
/// `AMAAS_STATUS_CANCELLED`, unless it was done before. NULL is allowed.
///
/// # Safety
/// `ticket` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_cancel(ticket: *const amaas_ticket) {
    // SAFETY: the caller's promise.
    unsafe {
        read(ticket, (), |ticket| {
            (!fork::is_child()).then(|| ticket.any().cancel())
        });
    }
}

/// Has `callback` called once with `data` when the ticket is done; now if it is. It is called also
/// when the ticket is cancelled or freed before, so `data` must be valid until then.
///
/// # Safety
/// `ticket` is live; `callback` may be called with `data` from any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_on_done(
    ticket: *const amaas_ticket,
    callback: amaas_callback,
    data: *mut c_void,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let tell = || unsafe {
        let missing = || refuse("callback", "is NULL", "pass a function");
        let told = Told {
            callback: callback.ok_or_else(missing)?,
            data,
        };
        object(ticket, "ticket")?
            .any()
            .on_done(Box::new(move || told.tell()));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, tell) }
}

/// Blocks until the ticket of `amaas_route_submit` or `amaas_stream_submit` is done and takes its
/// outputs, once. The caller owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_outputs(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_outputs,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        let Kind::Run(run) = &ticket.0 else {
            return Err(ticket.other("outputs"));
        };
        out.write(give(amaas_outputs::new(run.wait()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Blocks until the ticket of `amaas_route_submit_classify`, `…_classify_pairs`, `…_classify_zero_shot`,
/// `…_classify_images` or `…_classify_audio` is done and takes its answers, once. The caller owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_classification(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_classification,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        out.write(give(match &ticket.0 {
            Kind::Classify(texts) => amaas_classification::new(texts.wait()?),
            Kind::ClassifyImages(images) => amaas_classification::of_images(images.wait()?),
            _ => return Err(ticket.other("classification")),
        }));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Blocks until the ticket of `amaas_route_submit_embed` is done and takes its vectors, once. The
/// caller owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_embedding(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_embedding,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        let Kind::Embed(embed) = &ticket.0 else {
            return Err(ticket.other("embedding"));
        };
        out.write(give(amaas_embedding::new(embed.wait()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Blocks until the ticket of `amaas_route_submit_generate` or `amaas_route_submit_chat` is done and
/// takes its texts, once. The caller owns `out`.
///
/// # Safety
/// `ticket` is live, `out` can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_generation(
    ticket: *const amaas_ticket,
    out: *mut *mut amaas_generation,
    error: *mut *mut amaas_error,
) -> amaas_status {
    // SAFETY: the caller's promises.
    let take = || unsafe {
        let (ticket, out) = (object(ticket, "ticket")?, Place::new(out, "out")?);
        let Kind::Generate(generate) = &ticket.0 else {
            return Err(ticket.other("generation"));
        };
        out.write(give(amaas_generation::new(generate.wait()?)));
        Ok(())
    };
    // SAFETY: as above.
    unsafe { call(error, take) }
}

/// Ends a ticket, and cancels what is not done; NULL is allowed.
///
/// # Safety
/// `ticket` is NULL or live, no thread uses it, and it is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amaas_ticket_free(ticket: *mut amaas_ticket) {
    // SAFETY: the caller's promise.
    unsafe { free(ticket) };
}

/// Whom to tell.
struct Told {
    callback: unsafe extern "C" fn(*mut c_void),
    data: *mut c_void,
}

// SAFETY: the caller of `amaas_ticket_on_done` promises that it may be called from any thread.
unsafe impl Send for Told {}

impl Told {
    fn tell(self) {
        // SAFETY: as above.
        unsafe { (self.callback)(self.data) };
    }
}

/// Copies of texts.
///
/// # Safety
/// As [`texts`].
pub(crate) unsafe fn owned(
    given: *const *const c_char,
    lengths: *const usize,
    count: usize,
    parameter: &str,
) -> Result<Vec<String>> {
    // SAFETY: the caller's promise.
    let given = unsafe { texts(given, lengths, count, parameter) }?;
    Ok(given.into_iter().map(str::to_owned).collect())
}
