//! The same for tools: JSON Lines, one request a line, newest first.

use crate::logs::invocation::Request;

/// One request as one line.
pub(crate) fn request(request: &Request) -> String {
    // A Request is plain data with string keys, which always serializes.
    let json = serde_json::to_string(request).unwrap_or_default();
    format!("{json}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_one_line_of_json_that_can_be_read_back() {
        let outside = Request::outside("stream", 7, Vec::new());
        let line = request(&outside);
        assert_eq!(
            line,
            "{\"stream\":\"stream\",\"start\":7,\"verdict\":\"outside\",\"coldStart\":false,\"lines\":[]}\n"
        );
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), outside);
    }
}
