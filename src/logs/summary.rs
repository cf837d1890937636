//! Summarizes all invocations of a pull.

use crate::logs::failure_groups::FailureGroups;
use crate::logs::invocation::model::Invocation;
use crate::logs::invocation::outcome::Outcome;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most names of requests that are counted each on their own. Those of a skill are the intents of its model.
const MAX_NAMES: usize = 1000;

/// Counts and figures over all invocations. Only a duration of each one is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    answered: u64,
    failures: [u64; Outcome::FAILURES.len()],
    failure_groups: FailureGroups,
    truncated: u64,
    late: u64,
    cold_starts: u64,
    max_init_duration_ms: Option<f64>,
    /// By intent or request type; without a name, those of which no request was logged.
    by_name: BTreeMap<Option<String>, Counts>,
    peak_memory: Option<PeakMemory>,
}

/// The requests with the same name.
#[derive(Clone, Debug, Default)]
struct Counts {
    count: u64,
    failed: u64,
    /// Single precision, at 4 bytes an invocation, distinguishes half a millisecond up to an hour.
    durations_ms: Vec<f32>,
}

/// Figures of the requests with the same name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NameStatistics {
    /// The intent or request type; `None` if no request was logged.
    pub(crate) name: Option<String>,
    pub(crate) count: u64,
    pub(crate) failed: u64,
    pub(crate) durations_ms: Option<DurationsMs>,
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
        self.failure_groups.add(invocation);
        self.late += u64::from(invocation.is_late());
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
        if invocation.outcome != Outcome::Unattributed {
            let counts = self.counts(invocation.name());
            counts.count += 1;
            counts.failed += u64::from(invocation.outcome.is_failure());
            counts.durations_ms.extend(metrics.duration_ms.map(|duration| duration as f32));
        }
        if let Some(used_mb) = metrics.max_memory_used_mb
            && self.peak_memory.is_none_or(|peak| used_mb > peak.used_mb)
        {
            self.peak_memory = Some(PeakMemory { used_mb, size_mb: metrics.memory_size_mb });
        }
    }

    /// Returns the counts of a name; beyond the limit, those of the requests without one.
    fn counts(&mut self, name: Option<&str>) -> &mut Counts {
        let name = name.map(str::to_owned);
        let is_counted = self.by_name.len() < MAX_NAMES || self.by_name.contains_key(&name);
        self.by_name.entry(name.filter(|_| is_counted)).or_default()
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

    /// Returns the failures by cause.
    pub(crate) fn failure_groups(&self) -> &FailureGroups {
        &self.failure_groups
    }

    /// Returns the number of answers that came after Alexa had stopped waiting. They are counted as answered.
    pub(crate) fn late(&self) -> u64 {
        self.late
    }

    /// Returns the figures of each intent and request type, the most frequent first.
    pub(crate) fn by_name(&self) -> Vec<NameStatistics> {
        let statistics = |(name, counts): (&Option<String>, &Counts)| NameStatistics {
            name: name.clone(),
            count: counts.count,
            failed: counts.failed,
            durations_ms: DurationsMs::of(counts.durations_ms.clone()),
        };
        let mut names: Vec<NameStatistics> = self.by_name.iter().map(statistics).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.count));
        names
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
        DurationsMs::of(self.by_name.values().flat_map(|counts| &counts.durations_ms).copied().collect())
    }
}

impl DurationsMs {
    fn of(mut durations_ms: Vec<f32>) -> Option<DurationsMs> {
        durations_ms.sort_unstable_by(f32::total_cmp);
        let rank = |percent: usize| {
            let nearest = (durations_ms.len() * percent).div_ceil(100).saturating_sub(1);
            durations_ms.get(nearest).map(|duration| rounded(*duration))
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
    fn requests_are_counted_by_intent_and_else_by_request_type() {
        let request = |request_type: Option<&str>, intent: Option<&str>, outcome, duration_ms| Invocation {
            request_type: request_type.map(str::to_owned),
            intent: intent.map(str::to_owned),
            ..invocation(outcome, Metrics { duration_ms: Some(duration_ms), ..Metrics::default() })
        };
        let summary = summary([
            request(Some("LaunchRequest"), None, Outcome::Answered, 5.0),
            request(Some("IntentRequest"), Some("PourIntent"), Outcome::HandlerError, 10.0),
            request(Some("IntentRequest"), Some("PourIntent"), Outcome::Answered, 20.0),
            request(None, None, Outcome::Unattributed, 1.0),
            request(None, None, Outcome::TimedOut, 30.0),
            request(Some("IntentRequest"), Some("PourIntent"), Outcome::Answered, 30.0),
        ]);
        let durations = |p50, p95| Some(DurationsMs { p50, p95, max: p95 });
        let statistics = |name: Option<&str>, count, failed, durations_ms| NameStatistics {
            name: name.map(str::to_owned),
            count,
            failed,
            durations_ms,
        };
        assert_eq!(
            summary.by_name(),
            [
                statistics(Some("PourIntent"), 3, 1, durations(20.0, 30.0)),
                statistics(None, 1, 1, durations(30.0, 30.0)),
                statistics(Some("LaunchRequest"), 1, 0, durations(5.0, 5.0)),
            ]
        );
    }

    #[test]
    fn an_answer_is_late_after_the_time_that_alexa_waits_for_it_and_for_the_initialization() {
        let is_late = |outcome, duration_ms, init_duration_ms: Option<f64>| {
            let metrics = Metrics { duration_ms: Some(duration_ms), init_duration_ms, ..Metrics::default() };
            Invocation { cold_start: init_duration_ms.is_some(), ..invocation(outcome, metrics) }.is_late()
        };
        assert!(is_late(Outcome::Answered, 9400.0, None));
        assert!(is_late(Outcome::Answered, 8000.01, None));
        assert!(!is_late(Outcome::Answered, 8000.0, None));
        assert!(is_late(Outcome::Answered, 5000.0, Some(3100.0)));
        assert!(!is_late(Outcome::TimedOut, 10_000.0, None), "a failure already");
    }

    #[test]
    fn a_request_that_gets_no_response_is_never_late() {
        let is_late = |request_type: Option<&str>| {
            let metrics = Metrics { duration_ms: Some(9400.0), ..Metrics::default() };
            let request_type = request_type.map(str::to_owned);
            Invocation { request_type, ..answered(metrics) }.is_late()
        };
        assert!(!is_late(Some("SessionEndedRequest")));
        assert!(is_late(Some("LaunchRequest")) && is_late(Some("IntentRequest")) && is_late(None));
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
