//! Speech in sound that is not over yet: pieces of any length into a stream, what is certain out.
//!
//! ```no_run
//! # fn main() -> amaas_core::Result<()> {
//! use amaas_core::{Audio, Service};
//!
//! let service = Service::builder().registry("models/").build()?;
//! let stream = service.load("silero-vad@^6")?.stream()?;
//! # let microphone = std::iter::empty::<Vec<i16>>();
//! for piece in microphone {
//!     let heard = stream.feed(&Audio::integers(piece, 16_000))?;
//!     for speech in heard.speech {
//!         println!("{:.2} s to {:.2} s", speech.start, speech.end);
//!     }
//! }
//! let rest = stream.finish()?;
//! # Ok(())
//! # }
//! ```
//!
//! The trap: a stretch of speech is told of once it is over and its padding is certain. Who wants to
//! know that somebody speaks now reads [`Heard::speaking`].

use std::sync::Arc;

use super::ear::Ear;
use super::lanes::{Lane, Runner};
use super::sound::Audio;
use super::voice_activity::{DetectSpeechOptions, KIND, Speech, VoiceDetector, receipt};
use crate::service::{
    Answer, Begun, Call, Held, LoadedModel, Memory, Route, Stream, StreamOptions, Then, Ticket,
    numbers,
};
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// What came of a piece of sound, and the receipt.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Heard {
    /// The stretches of speech that are certain now, in order; seconds count from the first piece.
    pub speech: Vec<Speech>,
    /// The probability of speech in each window that is whole now.
    pub probabilities: Vec<f32>,
    /// Whether speech is going on at the end of them.
    pub speaking: bool,
    /// What the call used.
    pub usage: Usage,
}

impl Answer for Heard {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    fn apart(&self, other: &Self) -> f64 {
        let wide = |one: &Self| one.probabilities.clone().into_iter().map(f64::from);
        numbers(wide(self).zip(wide(other)))
    }
}

impl Route {
    /// A stream of sound in which speech is found as `options` say, whose `call` is not used, and
    /// which goes on as `stream` says.
    ///
    /// # Errors
    /// As [`Route::stream`]; `Unsupported` when the model has another task, and `InvalidArgument` for a
    /// probability that is none.
    pub fn listen(&self, options: &DetectSpeechOptions, stream: &StreamOptions) -> Result<Stream> {
        let stream = self.stream_with(stream)?;
        let held = stream.take()?;
        let ear = held.model()?.task::<VoiceDetector>(KIND)?.ear(options)?;
        let state = held.state()?.to_vec();
        held.then_keep(state, Some(Arc::new(ear)))();
        Ok(stream)
    }
}

impl Stream {
    /// Takes the next piece of sound in, of any length, at the model's own rate. A call that fails
    /// leaves the stream as it was, and the same piece can be given again.
    ///
    /// # Errors
    /// `Unsupported` when the model has another task; `InvalidArgument` for a file, for another rate and
    /// for samples that are no numbers; `Conflict` while a call is under way; and as [`Route::run`].
    pub fn feed(&self, piece: &Audio) -> Result<Heard> {
        self.feed_with(piece, &Call::default())
    }

    /// As [`Stream::feed`], as `call` says.
    ///
    /// # Errors
    /// As [`Stream::feed`].
    pub fn feed_with(&self, piece: &Audio, call: &Call) -> Result<Heard> {
        self.hear(Some(piece), call)
    }

    /// Ends the recording: what is no whole window is filled up with silence, and the rest of the
    /// speech is certain. The stream then begins anew, on its own version.
    ///
    /// # Errors
    /// As [`Stream::feed`].
    pub fn finish(&self) -> Result<Heard> {
        self.finish_with(&Call::default())
    }

    /// As [`Stream::finish`], as `call` says.
    ///
    /// # Errors
    /// As [`Stream::feed`].
    pub fn finish_with(&self, call: &Call) -> Result<Heard> {
        self.hear(None, call)
    }

    /// As [`Stream::feed_with`], without waiting. The stream is busy until the ticket is done.
    pub fn submit_feed(&self, piece: &Audio, call: &Call) -> Ticket<Heard> {
        self.hear_later(Some(piece), call)
    }

    /// As [`Stream::finish_with`], without waiting.
    pub fn submit_finish(&self, call: &Call) -> Ticket<Heard> {
        self.hear_later(None, call)
    }

    fn hear(&self, piece: Option<&Audio>, call: &Call) -> Result<Heard> {
        let held = self.take()?;
        let model = Arc::clone(held.model()?);
        self.route().answer_on(&model, call, || {
            let task = model.task::<VoiceDetector>(KIND)?;
            let mut hearing = Hearing::begin(task, held, piece)?;
            let begun = &model.begin(call)?;
            let lanes = std::slice::from_mut(&mut hearing.lane);
            task.runner(&model, begun).run(lanes, &mut hearing.usage)?;
            Ok(hearing.end(task))
        })
    }

    fn hear_later(&self, piece: Option<&Audio>, call: &Call) -> Ticket<Heard> {
        let taken = self.take();
        let model = match taken.as_ref().map(Held::model) {
            Ok(Ok(model)) => Arc::clone(model),
            _ => self.route().lease(), // only to be refused on
        };
        let piece = piece.cloned();
        self.route()
            .ticket_on(&model, call, |model, call| async move {
                let held = taken?;
                let task = model.task::<VoiceDetector>(KIND)?;
                let mut hearing = Hearing::begin(task, held, piece.as_ref())?;
                let begun: Begun = model.begin(&call)?;
                let runner = task.runner(&model, &begun);
                let lanes = std::slice::from_mut(&mut hearing.lane);
                runner.run_later(lanes, &mut hearing.usage).await?;
                Ok(hearing.end(task))
            })
    }
}

/// Takes the next piece of each stream in, all at once: windows of different streams run together. A
/// stream may be named once, and the pieces are of one call: if it fails all are as they were.
///
/// # Errors
/// As [`Stream::feed`]; `InvalidArgument` when the streams are of different routes or on different
/// versions.
pub fn feed_together(feeds: &[(&Stream, &Audio)], call: &Call) -> Result<Vec<Heard>> {
    let Some((first, _)) = feeds.first() else {
        return Ok(Vec::new());
    };
    let leased = first.route().lease(); // what it is counted for, should the streams not fit together
    let together = first.route().answer_on(&leased, call, || {
        let (model, taken) = take_all(feeds)?;
        let task = model.task::<VoiceDetector>(KIND)?;
        let begun = &model.begin(call)?;
        let runner = task.runner(&model, begun);
        let groups = runner.deal(taken, |feed| feed.piece.byte_count());
        let part = groups.len() > 1;
        let hear = |group| hear_together(&runner, task, group, part);
        let (mut usage, mut all) = (model.receipt(), Vec::with_capacity(feeds.len()));
        for group in model.spread(groups, hear) {
            let (used, heard) = group?;
            usage.add_run(&used);
            all.extend(heard);
        }
        all.sort_unstable_by_key(|(place, _)| *place);
        let (heard, thens): (Vec<_>, Vec<_>) = all.into_iter().map(|(_, heard)| heard).unzip();
        for Heard { usage: used, .. } in &heard {
            usage.rows += used.rows;
            usage.bytes_in += used.bytes_in;
        }
        usage.task = Some(KIND);
        let then: Then = Box::new(|| thens.into_iter().for_each(|then| then()));
        Ok((Together { heard, usage }, then))
    })?;
    Ok(together.heard)
}

/// A piece of sound for one of many streams.
struct Feed<'f> {
    place: usize,
    held: Held,
    piece: &'f Audio,
}

/// What came of the piece at a place, and what its stream keeps.
type Kept = (usize, (Heard, Then));

/// Runs the windows of one group together.
fn hear_together(
    runner: &Runner<'_>,
    task: &VoiceDetector,
    group: Vec<Feed<'_>>,
    part: bool,
) -> Result<(Usage, Vec<Kept>)> {
    let begin = |feed: Feed<'_>| {
        let hearing = Hearing::begin(task, feed.held, Some(feed.piece));
        let hearing = hearing.map_err(|error| error.with("stream", feed.place));
        Ok((feed.place, hearing?))
    };
    let mut hearings = group.into_iter().map(begin).collect::<Result<Vec<_>>>()?;
    let lanes = hearings.iter_mut().map(|(_, hearing)| &mut hearing.lane);
    let usage = runner.run_together(lanes.collect(), part)?;
    let end = |(place, hearing): (usize, Hearing)| (place, hearing.end(task));
    Ok((usage, hearings.into_iter().map(end).collect()))
}

/// What came of the pieces of many streams.
#[derive(Debug, Clone)]
struct Together {
    heard: Vec<Heard>,
    usage: Usage,
}

impl Answer for Together {
    fn usage(&self) -> &Usage {
        &self.usage
    }

    fn usage_mut(&mut self) -> &mut Usage {
        &mut self.usage
    }

    fn apart(&self, other: &Self) -> f64 {
        let pairs = self.heard.iter().zip(&other.heard);
        pairs.fold(0.0, |most, (one, other)| most.max(one.apart(other)))
    }
}

/// Takes every stream, which must all be on one version.
fn take_all<'f>(feeds: &[(&Stream, &'f Audio)]) -> Result<(Arc<LoadedModel>, Vec<Feed<'f>>)> {
    let mut model: Option<Arc<LoadedModel>> = None;
    let mut taken = Vec::with_capacity(feeds.len());
    for (place, (stream, piece)) in feeds.iter().enumerate() {
        let held = stream.take()?;
        let own = held.model()?;
        if !Arc::ptr_eq(model.get_or_insert_with(|| Arc::clone(own)), own) {
            let message = "the streams are not all of one version";
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .with("stream", place)
                .advise("update them, or feed those of each version by themselves"));
        }
        taken.push(Feed { place, held, piece });
    }
    let lost = || Error::new(ErrorKind::Internal, "no stream was given");
    Ok((model.ok_or_else(lost)?, taken))
}

/// One piece on its way.
struct Hearing {
    held: Held,
    ear: Ear,
    lane: Lane,
    ends: bool,
    usage: Usage,
}

impl Hearing {
    /// Takes the windows that a piece makes whole; without a piece the recording ends.
    fn begin(task: &VoiceDetector, held: Held, piece: Option<&Audio>) -> Result<Self> {
        let known = held.memory::<Ear>().cloned();
        let mut ear = match known {
            Some(ear) => ear,
            None => task.ear(&DetectSpeechOptions::default())?,
        };
        let rows = match piece {
            Some(piece) => ear.listen(&piece.piece(&task.inputs().settings)?),
            None => ear.listen_to_end(),
        };
        let usage = receipt(held.model()?, piece.map_or(&[], std::slice::from_ref));
        Ok(Self {
            lane: Lane::new(rows, held.state()?.to_vec()),
            ear,
            held,
            ends: piece.is_none(),
            usage,
        })
    }

    /// What was heard, and what the stream keeps once that is settled.
    fn end(mut self, task: &VoiceDetector) -> (Heard, Then) {
        let mut segments = self.ear.understand(&self.lane.probabilities);
        if self.ends {
            segments.extend(self.ear.end());
        }
        let heard = Heard {
            speech: task.speech(&segments),
            probabilities: self.lane.probabilities,
            speaking: self.ear.is_speaking(),
            usage: self.usage,
        };
        let (state, ear): (_, Arc<dyn Memory>) = match (self.ends, self.held.model()) {
            (true, Ok(model)) => (model.state().initial(), self.ear.anew()),
            _ => (self.lane.state, Arc::new(self.ear)),
        };
        (heard, self.held.then_keep(state, Some(ear)))
    }
}
