//! The arrangements that are worth trying, as trials that have measured nothing yet.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{LoadSettings, Objective, TuneOptions, TuneRow};
use crate::runtime::Device;

/// Rows of a batch that are tried beside the bound that the settings have: none together, and few.
const ROWS: [usize; 2] = [1, 16];

/// Every arrangement, what holds when nothing is said first.
pub(super) fn arrangements(
    base: &LoadSettings,
    joins: bool,
    processors: usize,
    options: &TuneOptions,
) -> Vec<TuneRow> {
    let own = base.limits.rows;
    let mut rows = vec![own];
    rows.extend(ROWS.into_iter().filter(|rows| joins && *rows < own));
    let mut all = Vec::new();
    for (instances, threads) in widths(base, processors) {
        for rows in &rows {
            for clients in clients(options, processors) {
                // Who is alone runs with nobody, whatever the bound.
                if clients > 1 || *rows == own {
                    all.push(trial(instances, threads, *rows, clients));
                }
            }
        }
    }
    all
}

/// The settings of an arrangement.
pub(super) fn settings(base: &LoadSettings, trial: &TuneRow) -> LoadSettings {
    let mut settings = base.clone();
    settings.instances = trial.instances;
    settings.threads = trial.threads;
    settings.limits.rows = trial.rows;
    settings
}

/// The same for measuring: nothing is refused or given up.
pub(super) fn unbounded(settings: &LoadSettings, clients: usize) -> LoadSettings {
    let mut settings = settings.clone();
    settings.deadline = None;
    settings.limits.waiting = settings.limits.waiting.max(64 * clients);
    settings
}

/// Instances and threads of each.
fn widths(base: &LoadSettings, processors: usize) -> Vec<(Option<usize>, Option<usize>)> {
    let devices = base.devices.devices();
    if !devices.iter().all(|device| *device == Device::CPU) {
        return vec![(Some(1), None), (Some(2), None)];
    }
    let doubling = std::iter::successors(Some(1), |count| Some(count * 2));
    let mut counts: BTreeSet<usize> = doubling.take_while(|count| *count < processors).collect();
    counts.insert(processors);
    let divided = counts
        .into_iter()
        .map(|count| (Some(count), Some((processors / count).max(1))));
    std::iter::once((None, None)).chain(divided).collect()
}

/// How many requests are sent at once.
fn clients(options: &TuneOptions, processors: usize) -> Vec<usize> {
    if !options.clients.is_empty() {
        return options
            .clients
            .iter()
            .map(|clients| (*clients).max(1))
            .collect();
    }
    match options.objective {
        Objective::Throughput => vec![2 * processors, 8 * processors],
        Objective::Latency => vec![1],
        Objective::P99Under(_) => vec![1, 2 * processors, 8 * processors],
    }
}

fn trial(instances: Option<usize>, threads: Option<usize>, rows: usize, clients: usize) -> TuneRow {
    TuneRow {
        instances,
        threads,
        rows,
        clients,
        requests: 0,
        requests_per_second: 0.0,
        p50: Duration::MAX,
        p99: Duration::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(joins: bool, processors: usize, options: &TuneOptions) -> Vec<String> {
        let all = arrangements(&LoadSettings::default(), joins, processors, options);
        let number =
            |number: Option<usize>| number.map_or("-".to_owned(), |number| number.to_string());
        let write = |trial: TuneRow| {
            let (instances, threads) = (number(trial.instances), number(trial.threads));
            format!("{instances}×{threads} {}/{}", trial.rows, trial.clients)
        };
        all.into_iter().map(write).collect()
    }

    #[test]
    fn instances_share_the_processors() {
        let options = TuneOptions {
            objective: Objective::Latency,
            ..TuneOptions::default()
        };
        let expected = ["-×- 64/1", "1×6 64/1", "2×3 64/1", "4×1 64/1", "6×1 64/1"];
        assert_eq!(written(true, 6, &options), expected);
        assert_eq!(written(true, 1, &options), ["-×- 64/1", "1×1 64/1"]);
    }

    #[test]
    fn bounds_are_tried_only_where_requests_meet_and_may_join() {
        let options = TuneOptions {
            clients: vec![1, 8],
            ..TuneOptions::default()
        };
        let joined = written(true, 1, &options);
        assert_eq!(joined[..4], ["-×- 64/1", "-×- 64/8", "-×- 1/8", "-×- 16/8"]);
        assert_eq!(
            written(false, 1, &options)[..3],
            ["-×- 64/1", "-×- 64/8", "1×1 64/1"]
        );
    }
}
