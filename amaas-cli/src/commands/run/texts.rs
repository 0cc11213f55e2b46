//! Texts in, labels or vectors out.

use std::io::{self, Write};

use amaas_core::runtime::Stop;
use amaas_core::{Call, Classification, ClassifyOptions, EmbedOptions, Route};
use serde::Serialize;

use super::usage::Receipt;
use super::{Answerer, Run};
use crate::context::Context;
use crate::failure::Result;
use crate::output::{Answer, Table, count, section_break};

/// People are shown so many numbers of a vector.
const SHOWN: usize = 6;

impl Run {
    pub(super) fn classify(
        &self,
        route: &Route,
        answerer: Answerer,
        texts: &[String],
        stop: Stop,
        context: &mut Context<'_>,
    ) -> Result<()> {
        let options = ClassifyOptions {
            top_k: self.top_k,
            overflow: self.overflow,
            call: Call::until(&stop),
            ..ClassifyOptions::default()
        };
        let classified = route.classify_with(texts, &options)?;
        let cut: Vec<_> = classified.answers.iter().map(|one| one.truncated).collect();
        tell_cuts(&cut, context);
        context.answer(&Labelled {
            answerer,
            answers: classified.answers.into_iter().map(Labels::from).collect(),
            usage: self.usage.then(|| Receipt::from(&classified.usage)),
            shown: self.top_k.unwrap_or(1),
        })
    }

    pub(super) fn embed(
        &self,
        route: &Route,
        answerer: Answerer,
        texts: &[String],
        stop: Stop,
        context: &mut Context<'_>,
    ) -> Result<()> {
        let options = EmbedOptions {
            prompt: self.prompt.clone(),
            overflow: self.overflow,
            dimensions: self.dimensions,
            call: Call::until(&stop),
            ..EmbedOptions::default()
        };
        let embedded = route.embed_with(texts, &options)?;
        tell_cuts(&embedded.truncated, context);
        let rows = embedded.vectors.rows();
        context.answer(&Vectors {
            answerer,
            vectors: rows.into_iter().map(|row| row.to_vec()).collect(),
            truncated: embedded.truncated,
            usage: self.usage.then(|| Receipt::from(&embedded.usage)),
        })
    }
}

/// Says which texts were not read to their end.
fn tell_cuts(cut: &[usize], context: &mut Context<'_>) {
    for (index, tokens) in cut.iter().enumerate().filter(|(_, tokens)| **tokens > 0) {
        let tokens = count(*tokens, "token");
        context.note(&format!("text {} is too long: {tokens} cut off", index + 1));
    }
}

#[derive(Debug, Serialize)]
struct Labelled {
    #[serde(flatten)]
    answerer: Answerer,
    answers: Vec<Labels>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Receipt>,
    #[serde(skip)]
    shown: usize,
}

#[derive(Debug, Serialize)]
struct Labels {
    labels: Vec<Label>,
    truncated: usize,
    windows: usize,
}

#[derive(Debug, Serialize)]
struct Label {
    label: String,
    score: f64,
}

impl From<Classification> for Labels {
    fn from(answer: Classification) -> Self {
        let labels = answer.labels.into_iter().map(|label| Label {
            label: label.label,
            score: label.score,
        });
        Self {
            labels: labels.collect(),
            truncated: answer.truncated,
            windows: answer.windows,
        }
    }
}

impl Answer for Labelled {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut table = Table::plain();
        for answer in &self.answers {
            let labels = answer.labels.iter().take(self.shown);
            table.cells(
                labels.flat_map(|Label { label, score }| [label.clone(), format!("{score:.4}")]),
            );
        }
        table.print("", out)?;
        section_break(self.usage.as_ref(), out)
    }
}

#[derive(Debug, Serialize)]
struct Vectors {
    #[serde(flatten)]
    answerer: Answerer,
    vectors: Vec<Vec<f32>>,
    truncated: Vec<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Receipt>,
}

impl Answer for Vectors {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        for vector in &self.vectors {
            let shown = vector.iter().take(SHOWN);
            let shown: Vec<_> = shown.map(|value| format!("{value:8.5}")).collect();
            let more = if vector.len() > SHOWN { " …" } else { "" };
            let length = count(vector.len(), "number");
            writeln!(out, "[{}{more}]  {length}", shown.join(" "))?;
        }
        section_break(self.usage.as_ref(), out)
    }
}
