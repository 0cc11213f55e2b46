//! Text generation: options from keyword arguments, chats from lists of dicts, and the methods of a
//! route that write.
//!
//! The trap: a keyword that is misspelt must not pass for one that was not given; it is a `TypeError`.

use amaas_core::{
    Chat, GenerateOptions, Generated, Generation, Route as CoreRoute, TextStream as CoreStream,
};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::call::{Seconds, call};
use crate::errors::Result;
use crate::interrupt;
use crate::later;
use crate::receipt::{Payer, give};
use crate::route::{Route, parse};
use crate::text_stream::TextStream;
use crate::texts::Texts;

#[pymethods]
impl Route {
    /// Write a text after a prompt, or after each of a list of prompts, all at once.
    ///
    /// Each prompt gets a dict: ``"generated_text"``, the text without the prompt, and
    /// ``"finish_reason"``, ``"stop"`` or ``"length"``. What is not said is as the package says:
    ///
    /// ``max_new_tokens``, the most tokens of the answer; ``do_sample``, ``temperature``, ``top_k``,
    /// ``top_p``, ``min_p``, how tokens are drawn, with ``seed`` the same ones again;
    /// ``repetition_penalty`` and ``no_repeat_ngram_size``; ``stop``, a text or a list of texts that end
    /// the answer; ``schema``, a JSON schema as a dict that the answer follows; ``num_beams`` and
    /// ``length_penalty`` for beam search; ``prompt_lookup_num_tokens``, how many tokens are guessed at
    /// once for a text that is written alone, 0 for none. ``overflow``, ``timeout`` and the rest are
    /// as in a call of the route.
    ///
    /// Raises ``InputTooLong`` for a prompt that leaves no room, ``InvalidArgument`` for options out of
    /// range and a schema that nothing meets, ``QuotaExceeded`` also in the middle of a text, and
    /// ``Unsupported`` for a model without the task.
    ///
    /// >>> writer.generate("The capital of France is", max_new_tokens=3)
    /// [{'generated_text': ' Paris.', 'finish_reason': 'length'}]
    #[pyo3(signature = (prompts, **options))]
    fn generate<'py>(
        &self,
        py: Python<'py>,
        prompts: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>> {
        generate(py, &self.held.get()?, prompts, self::options(options)?)
    }

    /// As ``generate``, for ``await``: nothing blocks meanwhile but the tokenising.
    ///
    /// Cancelling what awaits it cancels the request.
    ///
    /// >>> await writer.generate_async("The capital of France is")
    #[pyo3(signature = (prompts, **options))]
    fn generate_async<'py>(
        &self,
        py: Python<'py>,
        prompts: &Bound<'py, PyAny>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let (options, receipt) = self::options(options)?;
        let texts = Texts::take(prompts)?.all;
        later::future(
            py,
            move || route.submit_generate(texts, &options),
            move |py, generated| {
                give(py, receipt.as_ref(), &generated.usage)?;
                Ok(list(py, &generated)?.into_any().unbind())
            },
        )
    }

    /// Answer a chat: a list of dicts with ``"role"`` and ``"content"``.
    ///
    /// The answer is a message, ``{"role": "assistant", "content": …}``, to be appended to the list, with
    /// its ``"finish_reason"``. ``tools`` are JSON schemas of functions, which the package's template
    /// shows the model; a call that it writes is part of the content. The options are those of
    /// ``generate``.
    ///
    /// Raises as ``generate``; ``Unsupported`` when the package has no chat template, and
    /// ``InvalidArgument`` when the template refuses the messages.
    ///
    /// >>> writer.chat([{"role": "user", "content": "What is the capital of France?"}])
    #[pyo3(signature = (messages, *, tools = None, **options))]
    fn chat<'py>(
        &self,
        py: Python<'py>,
        messages: &Bound<'py, PyAny>,
        tools: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let (options, receipt) = self::options(options)?;
        let chat = chat(messages, tools)?;
        let generated = interrupt::detached(py, options.call.clone(), |call| {
            route.chat_with(&chat, &with(&options, call.clone()))
        })?;
        give(py, receipt.as_ref(), &generated.usage)?;
        message(py, &generated)
    }

    /// As ``chat``, for ``await``.
    ///
    /// >>> await writer.chat_async([{"role": "user", "content": "Hello"}])
    #[pyo3(signature = (messages, *, tools = None, **options))]
    fn chat_async<'py>(
        &self,
        py: Python<'py>,
        messages: &Bound<'py, PyAny>,
        tools: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Result<Bound<'py, PyAny>> {
        let route = self.held.get()?;
        let (options, receipt) = self::options(options)?;
        let chat = chat(messages, tools)?;
        later::future(
            py,
            move || route.submit_chat(chat, &options),
            move |py, generated| {
                give(py, receipt.as_ref(), &generated.usage)?;
                Ok(message(py, &generated)?.unbind())
            },
        )
    }

    /// The prompt that the package's template makes of a chat, as ``chat`` does.
    ///
    /// >>> writer.chat_prompt([{"role": "user", "content": "Hello"}])
    #[pyo3(signature = (messages, *, tools = None))]
    fn chat_prompt(
        &self,
        messages: &Bound<'_, PyAny>,
        tools: Option<&Bound<'_, PyAny>>,
    ) -> Result<String> {
        Ok(self.held.get()?.chat_prompt(&chat(messages, tools)?)?)
    }
}

impl Route {
    /// Writes a text piece by piece, after a prompt or the messages of a chat.
    pub(crate) fn write<'py>(
        &self,
        py: Python<'py>,
        prompt: &Bound<'py, PyAny>,
        tools: Option<&Bound<'py, PyAny>>,
        options: Option<&Bound<'py, PyDict>>,
    ) -> Result<TextStream> {
        let route = self.held.get()?;
        let (options, receipt) = self::options(options)?;
        let stream: amaas_core::Result<CoreStream> = match prompt.cast::<PyString>() {
            Ok(text) => {
                let text = text.to_cow()?.into_owned();
                py.detach(|| route.stream_generate(&text, &options))
            }
            Err(_) => {
                let chat = chat(prompt, tools)?;
                py.detach(|| route.stream_chat(&chat, &options))
            }
        };
        Ok(TextStream::new(stream?, receipt))
    }
}

/// Writes a text after each prompt.
pub(crate) fn generate<'py>(
    py: Python<'py>,
    route: &CoreRoute,
    prompts: &Bound<'py, PyAny>,
    (options, receipt): (GenerateOptions, Option<Payer>),
) -> Result<Bound<'py, PyAny>> {
    let texts = Texts::take(prompts)?;
    let generated = interrupt::detached(py, options.call.clone(), |call| {
        route.generate_with(&texts.all, &with(&options, call.clone()))
    })?;
    give(py, receipt.as_ref(), &generated.usage)?;
    Ok(list(py, &generated)?.into_any())
}

fn with(options: &GenerateOptions, call: amaas_core::Call) -> GenerateOptions {
    GenerateOptions {
        call,
        ..options.clone()
    }
}

/// The options that keyword arguments say, and who is given the receipt.
pub(crate) fn options(
    given: Option<&Bound<'_, PyDict>>,
) -> Result<(GenerateOptions, Option<Payer>)> {
    let mut options = GenerateOptions::default();
    let (mut timeout, mut priority, mut key) = (None::<Seconds>, None::<String>, None);
    let (mut tenant, mut idempotency, mut overflow) = (None::<String>, None::<String>, None);
    let mut receipt = None::<Payer>;
    for (name, value) in given.into_iter().flatten() {
        let name: String = name.extract()?;
        match name.as_str() {
            "max_new_tokens" => options.max_new_tokens = value.extract()?,
            "do_sample" => options.do_sample = value.extract()?,
            "temperature" => options.temperature = value.extract()?,
            "top_k" => options.top_k = value.extract()?,
            "top_p" => options.top_p = value.extract()?,
            "min_p" => options.min_p = value.extract()?,
            "repetition_penalty" => options.repetition_penalty = value.extract()?,
            "no_repeat_ngram_size" => options.no_repeat_ngram_size = value.extract()?,
            "prompt_lookup_num_tokens" => options.prompt_lookup_num_tokens = value.extract()?,
            "seed" => options.seed = value.extract()?,
            "num_beams" => options.num_beams = value.extract()?,
            "length_penalty" => options.length_penalty = value.extract()?,
            "stop" => options.stop = stops(&value)?,
            "schema" if value.is_none() => {}
            "schema" => options.set_schema(&json(&value)?)?,
            "overflow" => overflow = value.extract::<Option<String>>()?,
            "timeout" => timeout = value.extract()?,
            "priority" => priority = value.extract()?,
            "key" => key = value.extract()?,
            "tenant" => tenant = value.extract()?,
            "idempotency" => idempotency = value.extract()?,
            "receipt" => receipt = value.extract()?,
            _ => return Err(unexpected(&name).into()),
        }
    }
    options.overflow = parse(overflow.as_deref())?;
    options.call = call(
        timeout,
        priority.as_deref(),
        key,
        tenant.as_deref(),
        idempotency.as_deref(),
    )?;
    Ok((options, receipt))
}

/// Refuses options of generation where nothing is generated.
pub(crate) fn refuse(given: Option<&Bound<'_, PyDict>>) -> Result<()> {
    match given.and_then(|given| given.iter().next()) {
        Some((name, _)) => Err(unexpected(&name.to_string()).into()),
        None => Ok(()),
    }
}

pub(crate) fn unexpected(name: &str) -> PyErr {
    PyTypeError::new_err(format!("got an unexpected keyword argument '{name}'"))
}

fn stops(given: &Bound<'_, PyAny>) -> Result<Vec<String>> {
    match given.cast::<PyString>() {
        Ok(text) => Ok(vec![text.to_cow()?.into_owned()]),
        Err(_) => Ok(given.extract::<Option<Vec<String>>>()?.unwrap_or_default()),
    }
}

fn chat(messages: &Bound<'_, PyAny>, tools: Option<&Bound<'_, PyAny>>) -> Result<Chat> {
    let tools = tools.map(json).transpose()?;
    Ok(Chat::from_json(&json(messages)?, tools.as_deref())?)
}

/// As Python's own `json` writes it.
fn json(given: &Bound<'_, PyAny>) -> Result<String> {
    let dumps = given.py().import("json")?.getattr("dumps")?;
    Ok(dumps.call1((given,))?.extract()?)
}

fn list<'py>(py: Python<'py>, generated: &Generated) -> Result<Bound<'py, PyList>> {
    let entry = |answer: &Generation| -> Result<Bound<'py, PyDict>> {
        let entry = PyDict::new(py);
        entry.set_item(intern!(py, "generated_text"), &answer.text)?;
        entry.set_item(intern!(py, "finish_reason"), answer.finish.name())?;
        if answer.truncated > 0 {
            entry.set_item(intern!(py, "truncated"), answer.truncated)?;
        }
        Ok(entry)
    };
    let entries = generated
        .answers
        .iter()
        .map(entry)
        .collect::<Result<Vec<_>>>()?;
    Ok(PyList::new(py, entries)?)
}

fn message<'py>(py: Python<'py>, generated: &Generated) -> Result<Bound<'py, PyAny>> {
    let message = PyDict::new(py);
    message.set_item(intern!(py, "role"), "assistant")?;
    for answer in &generated.answers {
        message.set_item(intern!(py, "content"), &answer.text)?;
        message.set_item(intern!(py, "finish_reason"), answer.finish.name())?;
    }
    Ok(message.into_any())
}
