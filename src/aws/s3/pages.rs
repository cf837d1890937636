//! Decides whether a listing of S3 goes on.

use crate::error::{Error, ErrorCode};

/// Returns the marker of the next page, by what a page names; `None` after the last one.
///
/// # Errors
/// `AwsUnavailable` if it is the marker of this page, which would be listed again and again. AWS does not answer so, but
/// other services may.
pub(crate) fn next_page<M: PartialEq>(
    operation: &str,
    this: Option<&M>,
    (is_truncated, next): (Option<bool>, Option<M>),
) -> Result<Option<M>, Error> {
    let next = next.filter(|_| is_truncated != Some(false));
    if next.is_none() || next.as_ref() != this {
        return Ok(next);
    }
    let message = format!("{operation} failed: the service names the same page again and again");
    Err(Error::new(ErrorCode::AwsUnavailable, message).hint("Check the service at the address of S3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_goes_on_until_its_last_page() {
        let next = |this, page| next_page("listing", this, page);
        assert_eq!(next(None, (Some(true), Some("a"))), Ok(Some("a")));
        assert_eq!(next(Some(&"a"), (Some(true), Some("b"))), Ok(Some("b")));
        assert_eq!(next(Some(&"b"), (Some(true), None)), Ok(None));
        assert_eq!(next(None, (None, Some("a"))), Ok(Some("a")));
        // Some services name a page after the last one.
        assert_eq!(next(Some(&"b"), (Some(false), Some("c"))), Ok(None));
        assert_eq!(next(Some(&"b"), (Some(false), Some("b"))), Ok(None));
        let error = next(Some(&"b"), (Some(true), Some("b"))).unwrap_err();
        assert_eq!(error.code, ErrorCode::AwsUnavailable);
    }
}
