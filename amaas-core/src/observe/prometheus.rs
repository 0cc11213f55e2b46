//! The text format of Prometheus, version 0.0.4.
//!
//! The trap: a family stands in one place, its help and type before its samples, and a label's value
//! may hold anything.

use std::fmt::{Display, Write as _};

use super::names::Metric;

/// A page of metrics as it grows.
#[derive(Debug, Default)]
pub(crate) struct Page(String);

/// Names and values of labels. Names are OpenTelemetry's; their points become underscores.
pub(crate) type Labels<'a> = [(&'a str, &'a str)];

impl Page {
    /// Begins a family.
    pub(crate) fn family(&mut self, metric: &Metric) {
        let Metric {
            prometheus: name,
            help,
            kind,
            ..
        } = metric;
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "# HELP {name} {}", escaped(help, false));
        let _ = writeln!(self.0, "# TYPE {name} {kind}");
    }

    /// One sample of the family.
    pub(crate) fn sample(&mut self, metric: &Metric, labels: &Labels<'_>, value: impl Display) {
        self.line(metric.prometheus, labels, None, value);
    }

    /// A histogram: how many were within each bound, in seconds, how many beyond all, and their sum.
    pub(crate) fn histogram(
        &mut self,
        metric: &Metric,
        labels: &Labels<'_>,
        counts: impl Iterator<Item = (f64, u64)>,
        sum: f64,
    ) {
        let name = metric.prometheus;
        let (bucket, mut total) = (format!("{name}_bucket"), 0);
        for (bound, count) in counts {
            total += count;
            let bound = match bound {
                f64::INFINITY => "+Inf".to_owned(),
                bound => bound.to_string(),
            };
            self.line(&bucket, labels, Some(&bound), total);
        }
        self.line(&format!("{name}_sum"), labels, None, sum);
        self.line(&format!("{name}_count"), labels, None, total);
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn line(&mut self, name: &str, labels: &Labels<'_>, bound: Option<&str>, value: impl Display) {
        self.0.push_str(name);
        let bound = bound.map(|bound| ("le", bound));
        let mut before = '{';
        for (label, text) in labels.iter().copied().chain(bound) {
            let (label, text) = (label.replace('.', "_"), escaped(text, true));
            let _ = write!(self.0, "{before}{label}=\"{text}\"");
            before = ',';
        }
        let end = if before == ',' { "}" } else { "" };
        let _ = writeln!(self.0, "{end} {value}");
    }
}

/// A text in which backslashes and line feeds are written out; in a label quotes, too.
fn escaped(text: &str, is_label: bool) -> String {
    let text = text.replace('\\', r"\\").replace('\n', r"\n");
    match is_label {
        true => text.replace('"', "\\\""),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::names::{QUEUED, REQUESTS};

    #[test]
    fn a_page_is_as_the_format_says() {
        let mut page = Page::default();
        page.family(&REQUESTS);
        page.sample(&REQUESTS, &[], 3);
        page.sample(&REQUESTS, &[("a.b", "x\"y\\z\n"), ("c", "")], 0.5);
        page.family(&QUEUED);
        let counts = [(0.001, 2), (0.5, 0), (f64::INFINITY, 1)];
        page.histogram(&QUEUED, &[("m", "n")], counts.into_iter(), 2.25);
        let expected = "\
# HELP amaas_requests_total Answered requests
# TYPE amaas_requests_total counter
amaas_requests_total 3
amaas_requests_total{a_b=\"x\\\"y\\\\z\\n\",c=\"\"} 0.5
# HELP amaas_request_queue_duration_seconds Time that answered requests waited for an instance
# TYPE amaas_request_queue_duration_seconds histogram
amaas_request_queue_duration_seconds_bucket{m=\"n\",le=\"0.001\"} 2
amaas_request_queue_duration_seconds_bucket{m=\"n\",le=\"0.5\"} 2
amaas_request_queue_duration_seconds_bucket{m=\"n\",le=\"+Inf\"} 3
amaas_request_queue_duration_seconds_sum{m=\"n\"} 2.25
amaas_request_queue_duration_seconds_count{m=\"n\"} 3
";
        assert_eq!(page.into_text(), expected);
    }
}
