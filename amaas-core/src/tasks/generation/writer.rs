//! The task, ready for one version: from a prompt to a text that is under way.

use std::sync::{Arc, OnceLock};

use super::KIND;
use super::answer::{collect, kind};
use super::beam::{BeamOptions, BeamSearch};
use super::beams::Search;
use super::cache::Layout;
use super::chat::Chat;
use super::constraint::{Constraint, Vocabulary};
use super::delta::Deltas;
use super::engine::Engine;
use super::handover::Handover;
use super::lookup::{self, Lookup};
use super::options::{GenerateOptions, Generation};
use super::pen::Pen;
use super::ports::Ports;
use super::sampler::{Sampler, SamplingOptions};
use super::sequence::Sequence;
use super::stages::Stages;
use super::stop::StopStrings;
use super::template::{self, ChatTemplate};
use crate::model::{
    CacheKind, GenerationDefaults, Golden, Graphs, Overflow, Package, Signature,
    Text2TextGeneration, TextGeneration, TokenizerSettings,
};
use crate::service::{Admitted, Call, Interface, LoadedModel, PreparedTask, Rehearsal};
use crate::tasks::encode::Encoder;
use crate::usage::Usage;
use crate::{Error, ErrorKind, Result};

/// No prompt to warm up with is longer.
const REHEARSED: usize = 64;

/// The task of one version.
#[derive(Debug)]
pub(in crate::tasks) struct Writer {
    terms: Terms,
    encoder: Encoder,
    template: Option<ChatTemplate>,
    /// Made for the first schema.
    vocabulary: OnceLock<Result<Vocabulary>>,
    layout: Layout,
    engine: Arc<Engine>,
}

/// What the package says of its texts.
#[derive(Debug)]
struct Terms {
    /// The most tokens of what the decoder reads and writes.
    longest: usize,
    ends: Vec<u32>,
    /// What a decoder begins with whose prompt an encoder reads; else it begins with the prompt.
    start: Option<Vec<u32>>,
    sequences: usize,
    defaults: GenerationDefaults,
}

/// What a text goes on from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prompt<'a> {
    Text(&'a str),
    Chat(&'a Chat),
}

/// A text under way.
#[derive(Debug)]
pub(super) struct Started {
    pub(super) handover: Arc<Handover>,
    /// Tokens of the prompt that were cut off.
    pub(super) truncated: usize,
    /// The seed of its draws.
    pub(super) seed: u64,
}

/// A prompt as tokens.
struct Tokens {
    ids: Vec<u32>,
    truncated: usize,
    bytes: usize,
}

impl Terms {
    /// What an encoder reads of a prompt, where there is one, and what the decoder begins with.
    fn begin(&self, prompt: Vec<u32>) -> (Option<Vec<u32>>, Vec<u32>) {
        match &self.start {
            Some(start) => (Some(prompt), start.clone()),
            None => (None, prompt),
        }
    }
}

impl Writer {
    pub(in crate::tasks) fn prepare(
        settings: &TextGeneration,
        package: &Package,
        signature: &Signature,
    ) -> Result<Arc<dyn PreparedTask>> {
        let tokenizer = tokenizer(package)?;
        let encoder = Encoder::prepare(tokenizer, package)?;
        let layout = Layout::Decoder {
            ports: Arc::new(Ports::find(settings, tokenizer, signature)?),
            kind: settings.cache,
            longest: settings.max_length,
        };
        let terms = Terms {
            longest: settings.max_length,
            ends: settings.eos_ids.clone(),
            start: None,
            sequences: settings.sequences,
            defaults: settings.defaults.clone(),
        };
        let template = template(settings, package, &encoder)?;
        Ok(Self::over(terms, encoder, template, layout))
    }

    /// The task of an encoder and its decoder.
    pub(in crate::tasks) fn prepare_pair(
        settings: &Text2TextGeneration,
        package: &Package,
        graphs: &Graphs<Interface>,
    ) -> Result<Arc<dyn PreparedTask>> {
        let tokenizer = tokenizer(package)?;
        let encoder = Encoder::prepare(tokenizer, package)?;
        let layout = Layout::Pair(Stages::find(settings, tokenizer, graphs)?);
        let terms = Terms {
            longest: settings.max_length,
            ends: settings.eos_ids.clone(),
            start: Some(settings.start_ids.clone()),
            sequences: settings.sequences,
            defaults: settings.defaults.clone(),
        };
        Ok(Self::over(terms, encoder, None, layout))
    }

    fn over(
        terms: Terms,
        encoder: Encoder,
        template: Option<ChatTemplate>,
        layout: Layout,
    ) -> Arc<dyn PreparedTask> {
        Arc::new(Self {
            template,
            encoder,
            vocabulary: OnceLock::new(),
            engine: Engine::new(layout.clone(), terms.sequences),
            layout,
            terms,
        })
    }

    /// Lets a text be written after each of `prompts`, of all or of none.
    ///
    /// # Errors
    /// `InputTooLong` for a prompt that leaves no room, `InvalidArgument` for options out of range, an
    /// empty prompt or a schema that nothing meets, and what [`Engine::submit`] ends with.
    pub(super) fn start(
        &self,
        whose: (&LoadedModel, Option<&Arc<Admitted>>),
        prompts: &[Prompt<'_>],
        options: &GenerateOptions,
    ) -> Result<Vec<Started>> {
        let begun = prompts
            .iter()
            .map(|prompt| self.begin(whose, *prompt, options));
        let (started, sequences) = begun.collect::<Result<(Vec<_>, Vec<_>)>>()?;
        self.engine.submit(sequences)?;
        Ok(started)
    }

    /// Writes one text and waits for it; nobody pays.
    fn write(
        &self,
        model: &LoadedModel,
        text: &str,
        options: &GenerateOptions,
    ) -> Result<Generation> {
        let (started, sequence) = self.begin((model, None), Prompt::Text(text), options)?;
        self.engine.submit(vec![sequence])?;
        collect(&started)
    }

    /// A text that can be written after `prompt`.
    fn begin(
        &self,
        (model, admitted): (&LoadedModel, Option<&Arc<Admitted>>),
        prompt: Prompt<'_>,
        options: &GenerateOptions,
    ) -> Result<(Started, Sequence)> {
        let tokens = self.encode(model, prompt, options)?;
        let usage = self.receipt(model, &tokens);
        let (source, history) = self.terms.begin(tokens.ids);
        let left = self.room(history.len(), options)?;
        let sampling = options.sampling(&self.terms.defaults);
        let pen = self.pen(left, options, &sampling)?;
        let search = self.search(left, options, &sampling)?;
        let lookup = self.lookup(options)?;
        let seed = pen.sampler.seed();
        let begun = model.begin(&options.call)?;
        let seat = model.seat(begun.stop())?;
        let handover = Handover::new(usage.clone());
        let sequence = Sequence {
            prompt: history.len(),
            source,
            parts: self.layout.parts(),
            pen,
            lookup,
            search,
            arrived: seat.now(),
            history,
            admitted: admitted.cloned(),
            handover: Arc::clone(&handover),
            seat,
            begun,
            usage,
        };
        let started = Started {
            handover,
            truncated: tokens.truncated,
            seed,
        };
        Ok((started, sequence))
    }

    /// The prompt that a chat becomes.
    ///
    /// # Errors
    /// `Unsupported` without a chat template, and what the template ends with.
    pub(super) fn prompt(&self, model: &LoadedModel, chat: &Chat) -> Result<String> {
        let template = self.template.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "the package has no chat template")
                .advise("name one as `task.chat_template`, or call `generate` with a whole prompt")
        })?;
        template.render(&template::Chat {
            messages: &chat.messages,
            tools: chat.tools.as_ref(),
            add_generation_prompt: chat.add_generation_prompt,
            values: &chat.values,
            now: model.calendar(),
        })
    }

    fn encode(
        &self,
        model: &LoadedModel,
        prompt: Prompt<'_>,
        options: &GenerateOptions,
    ) -> Result<Tokens> {
        let (text, is_chat) = match prompt {
            Prompt::Text(text) => (text.into(), false),
            Prompt::Chat(chat) => (std::borrow::Cow::from(self.prompt(model, chat)?), true),
        };
        let text = match model.redactor() {
            Some(redactor) => redactor.redact(&text).into_text().into(),
            None => text,
        };
        if options.overflow == Some(Overflow::Window) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a prompt cannot be read in windows",
            )
            .advise("use overflow `error` or `truncate`"));
        }
        // A template writes the special tokens itself.
        let encoded = self.encoder.encode_one(&text, options.overflow, !is_chat)?;
        let ids = encoded
            .rows
            .into_iter()
            .next()
            .map(|row| row.ids)
            .unwrap_or_default();
        if ids.is_empty() {
            return Err(
                Error::new(ErrorKind::InvalidArgument, "the prompt has no token")
                    .advise("give at least one word to go on from"),
            );
        }
        Ok(Tokens {
            ids,
            truncated: encoded.truncated,
            bytes: encoded.bytes,
        })
    }

    /// How many tokens may be written.
    fn room(&self, prompt: usize, options: &GenerateOptions) -> Result<usize> {
        let longest = self.terms.longest;
        let wanted = options.max_new_tokens;
        if wanted == Some(0) {
            return Err(
                Error::new(ErrorKind::InvalidArgument, "`max_new_tokens` is `0`")
                    .advise("ask for at least one token"),
            );
        }
        let room = longest.saturating_sub(prompt);
        if room < wanted.unwrap_or(1) {
            let message = format!("a prompt of `{prompt}` tokens leaves room for `{room}`");
            return Err(Error::new(ErrorKind::InputTooLong, message)
                .with("max_length", longest)
                .with("wanted", wanted.unwrap_or(1))
                .advise("shorten the prompt, or ask for fewer new tokens"));
        }
        Ok(wanted
            .or(self.terms.defaults.max_new_tokens)
            .unwrap_or(room)
            .min(room))
    }

    /// How many tokens a prompt has to warm up with.
    fn rehearsed(&self, share: f64) -> usize {
        let most = REHEARSED.min(self.terms.longest);
        ((most as f64 * share) as usize).clamp(1, most)
    }

    fn pen(
        &self,
        left: usize,
        options: &GenerateOptions,
        sampling: &SamplingOptions,
    ) -> Result<Pen> {
        let constraint = options.schema.as_ref().map(|schema| {
            let ends = &self.terms.ends;
            let made = || Vocabulary::new(self.encoder.tokenizer(), ends);
            let vocabulary = self.vocabulary.get_or_init(made).as_ref();
            Constraint::compile(schema, vocabulary.map_err(Error::again)?)
        });
        Ok(Pen {
            sampler: Sampler::new(sampling)?,
            constraint: constraint.transpose()?,
            deltas: Deltas::new(Arc::clone(self.encoder.tokenizer()), true),
            stops: StopStrings::new(&options.stop)?,
            ends: self.terms.ends.clone(),
            left,
        })
    }

    fn lookup(&self, options: &GenerateOptions) -> Result<Lookup> {
        let said = options.prompt_lookup_num_tokens;
        let said = said.or(self.terms.defaults.prompt_lookup_num_tokens);
        Lookup::new(said.unwrap_or(lookup::USUAL))
    }

    fn search(
        &self,
        left: usize,
        options: &GenerateOptions,
        sampling: &SamplingOptions,
    ) -> Result<Option<Search>> {
        let defaults = &self.terms.defaults;
        let apart = options.schema.is_some() || sampling.do_sample;
        let usual = defaults.num_beams.filter(|_| !apart);
        let Some(width) = options.num_beams.or(usual).filter(|width| *width != 1) else {
            return Ok(None);
        };
        if options.schema.is_some() || options.do_sample == Some(true) {
            let message = format!("`{width}` beams were asked for with a schema or with draws");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .advise("beams search for the most probable text; leave the others out"));
        }
        let plain = BeamOptions::default();
        let options = BeamOptions {
            width,
            length_penalty: options
                .length_penalty
                .or(defaults.length_penalty)
                .unwrap_or(plain.length_penalty),
            early_stopping: defaults.early_stopping.unwrap_or(plain.early_stopping),
        };
        let penalties = sampling.penalties();
        let search = BeamSearch::new(&options, penalties, &self.terms.ends, left)?;
        Ok(Some(Search(search, width)))
    }

    fn receipt(&self, model: &LoadedModel, tokens: &Tokens) -> Usage {
        Usage {
            task: Some(kind(model)),
            rows: 1,
            tokens: tokens.ids.len() as u64,
            bytes_in: tokens.bytes as u64,
            together: 1,
            ..model.receipt()
        }
    }
}

fn tokenizer(package: &Package) -> Result<&TokenizerSettings> {
    package.manifest.tokenizer.as_ref().ok_or_else(|| {
        let message = format!("the task `{KIND}` has no tokenizer");
        Error::new(ErrorKind::InvalidPackage, message).advise("add a `[tokenizer]` table")
    })
}

fn template(
    settings: &TextGeneration,
    package: &Package,
    encoder: &Encoder,
) -> Result<Option<ChatTemplate>> {
    let Some(path) = &settings.chat_template else {
        return Ok(None);
    };
    let source = std::str::from_utf8(package.file(path)?.bytes()).map_err(|cause| {
        Error::new(ErrorKind::InvalidPackage, format!("`{path}` is no text"))
            .because(cause)
            .advise("save the chat template in UTF-8")
    })?;
    let token = |id: Option<u32>| id.and_then(|id| encoder.tokenizer().id_to_token(id));
    let (first, last) = (
        token(settings.bos_id),
        token(settings.eos_ids.first().copied()),
    );
    let tokens = [("bos_token", first), ("eos_token", last)];
    let tokens: Vec<_> = tokens
        .iter()
        .filter_map(|(name, token)| Some((*name, token.as_deref()?)))
        .collect();
    ChatTemplate::compile(source, &tokens).map(Some)
}

impl PreparedTask for Writer {
    fn check(&self, model: &LoadedModel, golden: &Golden) -> Result<()> {
        let prompt = golden.text.as_deref().unwrap_or_default();
        let wanted = golden.continuation.as_deref().unwrap_or_default();
        let options = GenerateOptions {
            max_new_tokens: Some(self.encoder.count(wanted)?.max(1)),
            do_sample: Some(false),
            num_beams: Some(1),
            ..GenerateOptions::default()
        };
        let found = self.write(model, prompt, &options)?.text;
        if found.starts_with(wanted) {
            return Ok(());
        }
        let message = format!("after a golden text the model writes `{found}`");
        Err(Error::new(ErrorKind::GoldenMismatch, message)
            .with("wanted", wanted)
            .advise("the model answers differently here than at its author's; do not serve it"))
    }

    fn rehearsal(&self, rows: usize, share: f64) -> Result<Rehearsal> {
        let rows = rows.min(self.terms.sequences);
        let tokens = self.rehearsed(share);
        match &self.layout {
            Layout::Decoder { ports, kind, .. } => {
                let room = match kind {
                    CacheKind::Growing => 0,
                    CacheKind::Shared => tokens,
                };
                ports.rehearsal(rows, tokens, room)
            }
            Layout::Pair(stages) => stages.reading(rows, tokens),
        }
    }

    fn rehearses(&self, part: &str) -> bool {
        matches!(&self.layout, Layout::Pair(stages) if stages.rehearses(part))
    }

    fn rehearsal_of(&self, part: &str, rows: usize, share: f64) -> Result<Rehearsal> {
        match &self.layout {
            Layout::Pair(stages) => {
                let rows = rows.min(self.terms.sequences);
                stages.rehearsal(part, rows, self.rehearsed(share))
            }
            Layout::Decoder { .. } => self.rehearsal(rows, share),
        }
    }

    fn answer(&self, model: &LoadedModel, text: &str, call: &Call) -> Result<()> {
        let options = GenerateOptions {
            call: call.clone(),
            ..GenerateOptions::default()
        };
        self.write(model, text, &options).map(drop)
    }
}
