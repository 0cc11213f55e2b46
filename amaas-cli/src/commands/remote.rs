//! What push and pull have in common: where the remote is and how to speak to it.

use std::path::PathBuf;

use amaas_core::registry::remote::Remote;
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

use crate::context::Context;
use crate::failure::Result;

/// A remote on the command line.
#[derive(Debug, Args)]
pub(super) struct RemoteOptions {
    /// An OCI registry and a namespace in it, as oci://ghcr.io/acme
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "AMAAS_REMOTE",
        hide_env_values = true
    )]
    remote: String,
    /// Speak plain HTTP; otherwise that is done with this machine alone
    #[arg(long)]
    plain_http: bool,
    /// Certificates (PEM) to trust in place of the public authorities
    #[arg(long, value_name = "FILE")]
    certificates: Option<PathBuf>,
    /// Credentials as docker and podman keep them [default: where they keep them]
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// How many blobs are on their way at once
    #[arg(long, value_name = "COUNT", default_value_t = 4)]
    parallel: usize,
}

/// What went over the wire.
#[derive(Debug, Serialize)]
pub(super) struct Sum {
    pub(super) blobs: usize,
    pub(super) bytes: u64,
}

impl RemoteOptions {
    /// The remote, which shows its progress and can be stopped, and the bar to clear at the end.
    pub(super) fn open(&self, context: &Context<'_>) -> Result<(Remote, ProgressBar)> {
        let mut builder = Remote::builder(&self.remote).parallel(self.parallel);
        if self.plain_http {
            builder = builder.plain_http(true);
        }
        if let Some(path) = &self.certificates {
            builder = builder.certificates(path);
        }
        if let Some(path) = &self.credentials {
            builder = builder.credentials_file(path);
        }
        let (bar, stop) = (context.bar(), context.stop());
        let shown = bar.clone();
        let remote = builder.stop_when(move || stop.is_raised());
        let remote = remote.on_progress(move |progress| {
            shown.set_length(progress.all_total);
            shown.set_position(progress.all_done);
        });
        Ok((remote.open()?, bar))
    }
}
