//! `amaas tune`: which instances, threads and bounds serve a sample best on this machine?
//!
//! The trap: whatever else the machine does meanwhile is measured too.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use amaas_core::model::{Digest, Reference};
use amaas_core::runtime::DevicePolicy;
use amaas_core::service::{
    Objective, Sample, TuneCache, TuneOptions, TuneProgress, TuneRow, Tuned,
};
use amaas_core::{Error, ErrorKind};
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use super::run::{seconds, tensors_of};
use crate::context::Context;
use crate::exit;
use crate::failure::Result;
use crate::output::{Answer, Table, milliseconds};

/// Find the instances, threads and bounds that serve a sample best here
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  amaas tune sentiment@^1 --sample reviews.txt --objective 'p99<20'

The sample is a file of texts, one a line, or a file that ends in .json with the tensors of one
request, as for `amaas run --input`.")]
pub(crate) struct Tune {
    /// name, name@selector, or the path of a package folder or an .onnx file
    #[arg(value_name = "REFERENCE")]
    reference: Reference,
    /// Requests like those that the model will get
    #[arg(long, value_name = "FILE")]
    sample: PathBuf,
    /// What is best: throughput, latency, or p99<20 (the most requests, 99 of 100 within 20 ms)
    #[arg(long, value_name = "WHAT", default_value = "throughput")]
    objective: Objective,
    /// How long it may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    budget: Duration,
    /// How many requests are sent at once; may be repeated [default: a few that fit the objective]
    #[arg(long, value_name = "COUNT")]
    clients: Vec<usize>,
    /// Where to run: cpu, cuda:0, cuda:0+cpu (both required), cuda:0,cpu (a preference)
    #[arg(long, value_name = "DEVICES", default_value = "cpu")]
    device: DevicePolicy,
    /// Keep the best for hosts that ask for it, in this file or in the user's cache
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    keep: Option<Option<PathBuf>>,
}

impl Tune {
    pub(super) fn run(&self, context: &mut Context<'_>) -> Result<u8> {
        let service = context.service_for(&self.reference, self.device.clone())?;
        let reference = self.reference.to_string();
        let sample = self.read(|| Ok(service.load(&reference)?.lease()))?;
        let options = TuneOptions {
            objective: self.objective,
            budget: self.budget,
            clients: self.clients.clone(),
            stop: Some(context.stop()),
        };
        let bar = context.share_bar();
        let mut progress = |progress: &TuneProgress| show(&bar, progress);
        let tuned = service.tune(&reference, &sample, &options, &mut progress);
        bar.finish_and_clear();
        let tuned = tuned?;
        context.answer(&Found::from(&tuned))?;
        tuned.settings()?; // none that is good enough is an error, told below the table
        if let Some(cache) = self.cache()? {
            cache.keep(&tuned)?;
        }
        Ok(exit::SUCCESS)
    }

    fn cache(&self) -> amaas_core::Result<Option<TuneCache>> {
        let open = |path: &Option<PathBuf>| match path {
            Some(path) => Ok(TuneCache::at(path)),
            None => TuneCache::of_user(),
        };
        self.keep.as_ref().map(open).transpose()
    }

    fn read(
        &self,
        model: impl FnOnce() -> amaas_core::Result<std::sync::Arc<amaas_core::service::LoadedModel>>,
    ) -> Result<Sample> {
        if self
            .sample
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let tensors = tensors_of(&self.sample, model()?.signature())?;
            return Ok(Sample::Tensors(vec![tensors]));
        }
        let text = std::fs::read_to_string(&self.sample).map_err(|cause| {
            let kind = match cause.kind() {
                io::ErrorKind::NotFound => ErrorKind::NotFound,
                io::ErrorKind::InvalidData => ErrorKind::InvalidArgument,
                _ => ErrorKind::Io,
            };
            let message = format!("`{}` cannot be read", self.sample.display());
            Error::new(kind, message)
                .because(cause)
                .advise("name a file of texts in UTF-8, one a line, or a .json file of tensors")
        })?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Ok(Sample::Texts(lines.map(ToOwned::to_owned).collect()))
    }
}

fn show(bar: &ProgressBar, progress: &TuneProgress) {
    bar.set_position((progress.share * 1000.0) as u64);
    let rate = progress.best.as_ref().map(|best| best.requests_per_second);
    let rate = rate.unwrap_or_default();
    let running = progress.candidates;
    bar.set_message(format!("{running} in the race, best {rate:.0} requests/s"));
}

#[derive(Debug, Serialize)]
struct Found {
    digest: Digest,
    objective: String,
    reached: bool,
    untried: usize,
    trials: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    instances: Option<usize>,
    threads: Option<usize>,
    rows: usize,
    clients: usize,
    requests: usize,
    requests_per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl From<&Tuned> for Found {
    fn from(tuned: &Tuned) -> Self {
        Self {
            digest: tuned.digest,
            objective: tuned.objective.to_string(),
            reached: tuned.best().is_some(),
            untried: tuned.untried,
            trials: tuned.table.iter().map(Row::from).collect(),
        }
    }
}

impl From<&TuneRow> for Row {
    fn from(trial: &TuneRow) -> Self {
        Self {
            instances: trial.instances,
            threads: trial.threads,
            rows: trial.rows,
            clients: trial.clients,
            requests: trial.requests,
            requests_per_second: trial.requests_per_second,
            p50_ms: milliseconds(trial.p50),
            p99_ms: milliseconds(trial.p99),
        }
    }
}

impl Answer for Found {
    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let head = [
            "INSTANCES",
            "THREADS",
            "ROWS",
            "CLIENTS",
            "REQUESTS/S",
            "P50 MS",
            "P99 MS",
        ];
        let mut table = Table::with_head(head, &[0, 1, 2, 3, 4, 5, 6]);
        let or_default = |number: Option<usize>| match number {
            Some(number) => number.to_string(),
            None => "default".to_owned(),
        };
        for row in &self.trials {
            table.row([
                or_default(row.instances),
                or_default(row.threads),
                row.rows.to_string(),
                row.clients.to_string(),
                format!("{:.1}", row.requests_per_second),
                format!("{:.3}", row.p50_ms),
                format!("{:.3}", row.p99_ms),
            ]);
        }
        table.print("", out)
    }
}
