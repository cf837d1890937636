//! Sorts the lines that an environment wrote in one millisecond. Insights sorts by time, and returns lines of the same
//! time in any order.

use crate::logs::event::model::{Event, EventKind, RequestRef};
use crate::logs::event::parse;

/// Returns events of one stream and time in an order in which Lambda writes them: what belongs to a request that was
/// running, then the requests that start, each from its START to its REPORT. Other lines stay in their order.
pub(super) fn in_order(events: Vec<Event>) -> Vec<Event> {
    if events.len() < 2 {
        return events;
    }
    let facts: Vec<(EventKind, RequestRef)> = events
        .iter()
        .map(|event| {
            let parsed = parse(event);
            (parsed.kind, parsed.request)
        })
        .collect();
    let starting: Vec<&RequestRef> =
        facts.iter().filter(|(kind, _)| *kind == EventKind::Start).map(|(_, request)| request).collect();
    let rank = |(kind, request): &(EventKind, RequestRef)| {
        let request = match request {
            RequestRef::Id(_) => starting.iter().position(|other| *other == request).map_or(0, |at| at + 2),
            // A new environment begins after the last request of the stream, or before the first one.
            _ if matches!(kind, EventKind::InitStart | EventKind::InitReport(_)) => 1,
            _ if starting.is_empty() => 0,
            _ => 2,
        };
        let step = match kind {
            EventKind::Start | EventKind::InitStart => 0,
            EventKind::End(_) => 2,
            EventKind::Report(_) => 3,
            _ => 1,
        };
        (request, step)
    };
    let mut ranked: Vec<_> = facts.iter().map(rank).zip(events).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, event)| event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::prop;

    const A: &str = "79104e54-2f3c-4b0a-9d6e-0c5a3b1f4e21";
    const B: &str = "8a6f0c1d-91b7-4d3e-8f10-d720e2c6697e";

    fn lines(messages: &[String]) -> Vec<Event> {
        messages.iter().map(|message| Event { timestamp_ms: 7, message: message.clone() }).collect()
    }

    #[test]
    fn any_order_becomes_the_order_of_lambda() {
        let answer = |id: &str| format!("2026-11-22T07:45:04.631Z\t{id}\tINFO\tVERBOSE RESPONSE {{}}");
        let written = [
            answer(A),
            format!("END RequestId: {A}"),
            format!("REPORT RequestId: {A}\tDuration: 1.00 ms"),
            "INIT_START Runtime Version: nodejs:22.v51".to_owned(),
            format!("START RequestId: {B} Version: 1"),
            answer(B),
            format!("END RequestId: {B}"),
            format!("REPORT RequestId: {B}\tDuration: 1.00 ms"),
        ];
        prop::check(|rng| {
            let mut shuffled = written.to_vec();
            rng.shuffle(&mut shuffled);
            assert_eq!(in_order(lines(&shuffled)), lines(&written));
        });
    }

    #[test]
    fn lines_that_name_no_request_stay_in_their_order() {
        let written = ["one", "two", "    at three"].map(str::to_owned);
        assert_eq!(in_order(lines(&written)), lines(&written));
    }
}
