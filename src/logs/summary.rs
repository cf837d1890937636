//! What a person wants to know about many requests at once.

use crate::logs::invocation::Request;
use crate::logs::invocation::outcome::Verdict;
use serde::Serialize;

/// Grows by one request after the other; keeps no more of each than a number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    answered: u64,
    failures: [u64; Verdict::FAILURES.len()],
    cut: u64,
    cold_starts: u64,
    longest_init_ms: Option<f64>,
    /// Single precision tells half a millisecond apart up to an hour, at 4 bytes a request.
    durations_ms: Vec<f32>,
    memory_peak: Option<Memory>,
}

/// The most memory that a request used, and what it was allowed to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Memory {
    pub(crate) used_mb: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) limit_mb: Option<u32>,
}

/// How long requests took, in milliseconds. Half of them were done within `p50`, 95 of a hundred within `p95`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Durations {
    pub(crate) p50: f64,
    pub(crate) p95: f64,
    pub(crate) max: f64,
}

impl Summary {
    pub(crate) fn add(&mut self, request: &Request) {
        match request.verdict {
            Verdict::Answered => self.answered += 1,
            Verdict::Cut => self.cut += 1,
            Verdict::Outside => {}
            failure => {
                let kinds = Verdict::FAILURES.iter().zip(&mut self.failures);
                kinds.filter(|(kind, _)| **kind == failure).for_each(|(_, count)| *count += 1);
            }
        }
        if request.cold_start {
            self.cold_starts += 1;
            self.longest_init_ms = larger(self.longest_init_ms, request.init_ms);
        }
        self.durations_ms.extend(request.duration_ms.map(|duration| duration as f32));
        if let Some(used_mb) = request.memory_mb
            && self.memory_peak.is_none_or(|peak| used_mb > peak.used_mb)
        {
            self.memory_peak = Some(Memory { used_mb, limit_mb: request.memory_limit_mb });
        }
    }

    /// Requests that the skill answered.
    pub(crate) fn answered(&self) -> u64 {
        self.answered
    }

    /// Requests that failed, in whatever way.
    pub(crate) fn failed(&self) -> u64 {
        self.failures.iter().sum()
    }

    /// The kinds of failure that happened, with their numbers.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (Verdict, u64)> {
        Verdict::FAILURES.into_iter().zip(self.failures).filter(|(_, count)| *count > 0)
    }

    /// Requests that the edge of the time range cut; they count neither as answered nor as failed.
    pub(crate) fn cut(&self) -> u64 {
        self.cut
    }

    pub(crate) fn cold_starts(&self) -> u64 {
        self.cold_starts
    }

    /// What the most expensive cold start cost.
    pub(crate) fn longest_init_ms(&self) -> Option<f64> {
        self.longest_init_ms
    }

    pub(crate) fn memory_peak(&self) -> Option<Memory> {
        self.memory_peak
    }

    /// None if no request told its duration.
    pub(crate) fn durations(&self) -> Option<Durations> {
        let mut sorted = self.durations_ms.clone();
        sorted.sort_unstable_by(f32::total_cmp);
        let rank = |percent: usize| {
            let nearest = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(nearest).map(|duration| rounded(*duration))
        };
        Some(Durations { p50: rank(50)?, p95: rank(95)?, max: rank(100)? })
    }
}

/// Lambda reports hundredths of a millisecond; single precision should not show as more.
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

    fn request(verdict: Verdict, duration_ms: f64, memory_mb: u32) -> Request {
        Request {
            verdict,
            duration_ms: Some(duration_ms),
            memory_mb: Some(memory_mb),
            memory_limit_mb: Some(256),
            ..Request::outside("stream", 0, Vec::new())
        }
    }

    fn summary(requests: impl IntoIterator<Item = Request>) -> Summary {
        let mut summary = Summary::default();
        requests.into_iter().for_each(|request| summary.add(&request));
        summary
    }

    #[test]
    fn counts_each_kind_of_failure_and_leaves_cut_requests_out() {
        let kinds = [Verdict::Answered, Verdict::Threw, Verdict::TimedOut, Verdict::Threw, Verdict::Cut];
        let summary = summary(kinds.map(|kind| request(kind, 1.0, 1)));
        assert_eq!((summary.answered(), summary.failed(), summary.cut()), (1, 3, 1));
        assert_eq!(summary.failures().collect::<Vec<_>>(), [(Verdict::Threw, 2), (Verdict::TimedOut, 1)]);
    }

    #[test]
    fn percentiles_are_durations_that_occurred() {
        let of = |durations: &[f64]| summary(durations.iter().map(|ms| request(Verdict::Answered, *ms, 1))).durations();
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[8.83]), Some(Durations { p50: 8.83, p95: 8.83, max: 8.83 }));
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(of(&hundred), Some(Durations { p50: 50.0, p95: 95.0, max: 100.0 }));
    }

    #[test]
    fn the_memory_peak_knows_the_limit_of_its_own_request() {
        let small = Request { memory_limit_mb: Some(128), ..request(Verdict::Answered, 1.0, 120) };
        let large = Request { memory_limit_mb: Some(512), ..request(Verdict::Answered, 1.0, 300) };
        assert_eq!(summary([small, large]).memory_peak(), Some(Memory { used_mb: 300, limit_mb: Some(512) }));
    }

    #[test]
    fn a_cold_start_counts_even_where_its_cost_was_not_logged() {
        let cold = |init_ms| Request { cold_start: true, init_ms, ..request(Verdict::Answered, 1.0, 1) };
        let summary = summary([cold(None), cold(Some(138.1)), cold(Some(90.0))]);
        assert_eq!((summary.cold_starts(), summary.longest_init_ms()), (3, Some(138.1)));
    }
}
