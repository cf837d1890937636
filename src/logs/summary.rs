//! Summarizes all invocations of a pull.

use crate::logs::invocation::model::Invocation;
use crate::logs::invocation::outcome::Outcome;
use serde::Serialize;

/// Counts and figures over all invocations. Only a duration of each one is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    answered: u64,
    failures: [u64; Outcome::FAILURES.len()],
    truncated: u64,
    cold_starts: u64,
    max_init_duration_ms: Option<f64>,
    /// Single precision, at 4 bytes an invocation, distinguishes half a millisecond up to an hour.
    durations_ms: Vec<f32>,
    peak_memory: Option<PeakMemory>,
}

/// The most memory that an invocation used, and the memory that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PeakMemory {
    pub(crate) used_mb: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) size_mb: Option<u32>,
}

/// The median, the 95th percentile and the maximum of the durations, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct DurationsMs {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) max: f64,
}

impl Summary {
    pub(crate) fn add(&mut self, invocation: &Invocation) {
        match invocation.outcome {
            Outcome::Answered => self.answered += 1,
            Outcome::Truncated => self.truncated += 1,
            Outcome::Unattributed => {}
            failure => {
                let kinds = Outcome::FAILURES.iter().zip(&mut self.failures);
                kinds.filter(|(kind, _)| **kind == failure).for_each(|(_, count)| *count += 1);
            }
        }
        let metrics = &invocation.metrics;
        if invocation.cold_start {
            self.cold_starts += 1;
            self.max_init_duration_ms = larger(self.max_init_duration_ms, metrics.init_duration_ms);
        }
        self.durations_ms.extend(metrics.duration_ms.map(|duration| duration as f32));
        if let Some(used_mb) = metrics.max_memory_used_mb
            && self.peak_memory.is_none_or(|peak| used_mb > peak.used_mb)
        {
            self.peak_memory = Some(PeakMemory { used_mb, size_mb: metrics.memory_size_mb });
        }
    }

    pub(crate) fn answered(&self) -> u64 {
        self.answered
    }

    /// Returns the number of failures of every kind.
    pub(crate) fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }

    /// Returns the kinds of failure that occurred, each with its number.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (Outcome, u64)> {
        Outcome::FAILURES.into_iter().zip(self.failures).filter(|(_, count)| *count > 0)
    }

    /// Returns the number of all requests.
    pub(crate) fn requests(&self) -> u64 {
        self.answered + self.failed() + self.truncated
    }

    /// Returns the number of invocations that the time range truncated; they are neither answered nor failed.
    pub(crate) fn truncated(&self) -> u64 {
        self.truncated
    }

    pub(crate) fn cold_starts(&self) -> u64 {
        self.cold_starts
    }

    /// Returns the longest initialization of a cold start.
    pub(crate) fn max_init_duration_ms(&self) -> Option<f64> {
        self.max_init_duration_ms
    }

    pub(crate) fn peak_memory(&self) -> Option<PeakMemory> {
        self.peak_memory
    }

    /// Returns `None` if no duration was logged.
    pub(crate) fn durations(&self) -> Option<DurationsMs> {
        let mut sorted = self.durations_ms.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let rank = |percent: usize| {
            let nearest = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(nearest).map(|duration| rounded(*duration))
        };
        Some(DurationsMs { p50: rank(50)?, p95: rank(95)?, max: rank(100)? })
    }
}

/// Rounds to hundredths of a millisecond, as Lambda reports: the digits of single precision after them are noise.
fn rounded(duration: f32) -> f64 {
    (f64::from(duration) * 100.0).round() / 100.0
}

fn larger(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::event::model::Metrics;

    fn invocation(outcome: Outcome, metrics: Metrics) -> Invocation {
        Invocation { outcome, metrics, ..Invocation::unattributed("stream", 0, Vec::new()) }
    }

    fn answered(metrics: Metrics) -> Invocation {
        invocation(Outcome::Answered, metrics)
    }

    fn summary(invocations: impl IntoIterator<Item = Invocation>) -> Summary {
        let mut summary = Summary::default();
        invocations.into_iter().for_each(|invocation| summary.add(&invocation));
        summary
    }

    #[test]
    fn failures_are_counted_by_kind_without_truncated_invocations() {
        let kinds = [
            Outcome::Answered,
            Outcome::HandlerError,
            Outcome::TimedOut,
            Outcome::HandlerError,
            Outcome::Truncated,
            Outcome::Unattributed,
        ];
        let summary = summary(kinds.map(|kind| invocation(kind, Metrics::default())));
        assert_eq!((summary.answered(), summary.failed(), summary.truncated()), (1, 3, 1));
        assert_eq!(summary.failures().collect::<Vec<_>>(), [(Outcome::HandlerError, 2), (Outcome::TimedOut, 1)]);
    }

    #[test]
    fn percentiles_are_durations_that_occurred() {
        let durations = |durations_ms: &[f64]| {
            let metrics = |ms: &f64| Metrics { duration_ms: Some(*ms), ..Metrics::default() };
            summary(durations_ms.iter().map(|ms| answered(metrics(ms)))).durations()
        };
        assert_eq!(durations(&[]), None);
        assert_eq!(durations(&[8.83]), Some(DurationsMs { p50: 8.83, p95: 8.83, max: 8.83 }));
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(durations(&hundred), Some(DurationsMs { p50: 50.0, p95: 95.0, max: 100.0 }));
    }

    #[test]
    fn the_peak_memory_has_the_memory_size_of_its_own_invocation() {
        let metrics =
            |used, size| Metrics { max_memory_used_mb: Some(used), memory_size_mb: Some(size), ..Metrics::default() };
        let summary = summary([answered(metrics(120, 128)), answered(metrics(300, 512))]);
        assert_eq!(summary.peak_memory(), Some(PeakMemory { used_mb: 300, size_mb: Some(512) }));
    }

    #[test]
    fn a_cold_start_is_counted_even_if_its_duration_was_not_logged() {
        let cold = |init_duration_ms| {
            let metrics = Metrics { init_duration_ms, ..Metrics::default() };
            Invocation { cold_start: true, ..answered(metrics) }
        };
        let summary = summary([cold(None), cold(Some(138.1)), cold(Some(90.0))]);
        assert_eq!((summary.cold_starts(), summary.max_init_duration_ms()), (3, Some(138.1)));
    }
}
