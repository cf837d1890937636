//! Recognizes answers that AWS did not give, such as the page of a captive portal or of a proxy, whatever their status and
//! headers.
//!
//! AWS gives each answer an ID (<https://docs.aws.amazon.com/AmazonS3/latest/API/get-request-ids.html>). Services that
//! imitate AWS may not, so without an ID the answer of a host that is not AWS's is judged by its body.

use crate::aws::arn::Partition;
use crate::aws::network_problem::NetworkProblem;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::primitives::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};

/// The headers with the ID of an answer.
const ID_HEADERS: [&str; 3] = ["x-amz-request-id", "x-amzn-requestid", "x-amz-id-2"];

/// The status of networks that demand to sign in (<https://www.rfc-editor.org/rfc/rfc6585#section-6>).
const NETWORK_AUTHENTICATION_REQUIRED: u16 = 511;

/// In bytes. A page begins with its tag, after comments at most.
const PEEKED_LENGTH: usize = 4096;

/// The part of a request that decides which answers AWS can give.
pub(crate) struct Asked<'a> {
    /// With the port, if the URL has one.
    pub(crate) host: &'a str,
    /// Requests for credentials may go to other services than AWS's, and are not signed.
    pub(crate) is_signed: bool,
}

/// Returns an answer of AWS as it came.
///
/// # Errors
/// The problem that an answer of something else stands for.
pub(crate) async fn verify(mut response: HttpResponse, asked: Asked<'_>) -> Result<HttpResponse, NetworkProblem> {
    let status = response.status().as_u16();
    if status == 407 {
        return Err(NetworkProblem::ProxyCredentials);
    }
    let header = |name: &str| response.headers().get(name);
    if has_id(&response) {
        return Ok(response);
    }
    let content_type = header("content-type").unwrap_or_default().to_ascii_lowercase();
    let is_page = ["text/html", "application/xhtml"].iter().any(|page| content_type.starts_with(page));
    // AWS redirects requests for a bucket of another region only, and names that region.
    let is_redirect = (301..=308).contains(&status) && status != 304 && header("x-amz-bucket-region").is_none();
    let is_foreign = is_page
        || is_redirect
        || status == NETWORK_AUTHENTICATION_REQUIRED
        || asked.is_signed && is_host_of_aws(asked.host)
        || is_foreign_text(&peek(response.body_mut()).await, asked.is_signed);
    if is_foreign {
        return Err(NetworkProblem::ForeignAnswer { host: asked.host.to_owned(), status, content_type });
    }
    Ok(response)
}

/// Returns whether an answer has the ID of one of AWS's.
pub(crate) fn has_id(response: &HttpResponse) -> bool {
    ID_HEADERS.iter().any(|name| response.headers().get(*name).is_some())
}

fn is_host_of_aws(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    Partition::all().any(|partition| name.strip_suffix(partition.dns_suffix).is_some_and(|rest| rest.ends_with('.')))
}

/// Returns whether a body that begins with these bytes is a web page or, as the answer to a signed request, neither XML
/// nor JSON, which all answers of AWS are.
fn is_foreign_text(start: &[u8], is_signed: bool) -> bool {
    let text = String::from_utf8_lossy(start);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    is_page(text) || is_signed && !text.is_empty() && !text.starts_with(['<', '{', '['])
}

/// Returns whether a text begins as HTML or XHTML, perhaps after an XML declaration and comments.
fn is_page(text: &str) -> bool {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let end = match rest {
            _ if rest.starts_with("<?") => "?>",
            _ if rest.starts_with("<!--") => "-->",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else { return false };
        rest = after;
    }
    let has_tag = |tag: &str| rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag));
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| has_tag(tag))
}

/// Returns the first bytes of a body, which stays complete.
async fn peek(body: &mut SdkBody) -> Vec<u8> {
    let mut rest = std::mem::replace(body, SdkBody::taken());
    let mut start = Vec::new();
    let mut frames = VecDeque::new();
    while start.len() < PEEKED_LENGTH {
        let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut rest).poll_frame(context)).await else { break };
        let is_last = frame.is_err();
        start.extend_from_slice(frame.as_ref().ok().and_then(Frame::data_ref).map_or(&[][..], |data| &data[..]));
        frames.push_back(frame);
        if is_last {
            break;
        }
    }
    *body = SdkBody::from_body_1_x(PeekedBody { frames, rest });
    start
}

/// A body whose first frames have been read.
struct PeekedBody {
    frames: VecDeque<Result<Frame<Bytes>, <SdkBody as Body>::Error>>,
    rest: SdkBody,
}

impl Body for PeekedBody {
    type Data = Bytes;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => Pin::new(&mut self.rest).poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty() && Body::is_end_stream(&self.rest)
    }

    fn size_hint(&self) -> SizeHint {
        // The length of the frames that were read is not counted in the hint of the rest.
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: Asked<'_> = Asked { host: "s3.test", is_signed: true };

    async fn problem(
        status: u16,
        headers: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> Option<NetworkProblem> {
        verify(response(status, headers, body), SIGNED).await.err()
    }

    fn response(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> HttpResponse {
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(*name, *value);
        }
        response
    }

    #[tokio::test]
    async fn a_web_page_without_an_id_of_aws_is_a_foreign_answer() {
        let page = ("content-type", "text/html; charset=utf-8");
        let is_foreign = async |status, headers: &[_]| {
            matches!(problem(status, headers, "").await, Some(NetworkProblem::ForeignAnswer { .. }))
        };
        assert!(is_foreign(200, &[page]).await && is_foreign(403, &[page]).await);
        assert!(!is_foreign(200, &[page, ("x-amz-request-id", "1")]).await);
        assert!(!is_foreign(200, &[("content-type", "application/xml")]).await && !is_foreign(204, &[]).await);
        assert!(is_foreign(302, &[]).await && is_foreign(200, &[("content-type", "Text/HTML")]).await);
        assert!(!is_foreign(307, &[("x-amz-bucket-region", "eu-west-1")]).await && !is_foreign(304, &[]).await);
        assert_eq!(problem(407, &[page], "").await, Some(NetworkProblem::ProxyCredentials));
        assert!(is_foreign(511, &[]).await && !is_foreign(503, &[]).await);
    }

    #[tokio::test]
    async fn a_web_page_is_recognized_by_its_body() {
        for page in [
            "<html>",
            "\u{feff} \r\n<!DOCTYPE html><title>Sign in",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">",
            "<?xml version=\"1.0\"?><!-- portal --><!-- 2 --><HTML xmlns=\"http://www.w3.org/1999/xhtml\">",
            "<head><meta http-equiv='refresh'>",
            "Access to this site is blocked",
        ] {
            for content_type in ["application/json", "application/xml", "text/plain", ""] {
                let headers = [("content-type", content_type)];
                let headers = if content_type.is_empty() { &[][..] } else { &headers[..] };
                assert!(problem(200, headers, page).await.is_some(), "{page} as {content_type}");
                assert!(problem(403, headers, page).await.is_some(), "{page} as {content_type}");
            }
        }
        for answer in [
            "",
            "\n",
            "{}",
            " [1]",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AccessDenied</Code></Error>",
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">",
            "<!-- not closed",
        ] {
            assert_eq!(problem(200, &[], answer).await, None, "{answer}");
        }
    }

    #[tokio::test]
    async fn an_answer_of_aws_itself_has_an_id() {
        for (host, is_foreign) in [
            ("s3.us-east-1.amazonaws.com", true),
            ("IAM.amazonaws.com", true),
            ("lambda.cn-north-1.amazonaws.com.cn", true),
            ("s3.eusc-de-east-1.amazonaws.eu:443", true),
            ("notamazonaws.com", false),
            ("s3.amazonaws.com.example.org", false),
            ("127.0.0.1:4566", false),
        ] {
            let verified = async |is_signed| verify(response(200, &[], "{}"), Asked { host, is_signed }).await;
            assert_eq!(verified(true).await.is_err(), is_foreign, "{host}");
            assert!(verified(false).await.is_ok(), "{host}");
        }
    }

    #[tokio::test]
    async fn text_is_an_answer_to_requests_that_are_not_signed() {
        let token = || response(200, &[("content-type", "text/plain")], "AQAEAtoken==");
        let asked = Asked { host: "169.254.169.254", is_signed: false };
        assert!(verify(token(), asked).await.is_ok());
        assert!(verify(token(), SIGNED).await.is_err());
    }

    #[tokio::test]
    async fn a_body_that_was_looked_at_stays_complete() {
        let mut chunks = vec![Ok("<List"), Ok("ing>"), Ok("rest")].into_iter();
        let mut body = SdkBody::from_body_1_x(ChunkedBody(Box::new(move || chunks.next())));
        assert_eq!(peek(&mut body).await, b"<Listing>rest");
        let read = aws_sdk_s3::primitives::ByteStream::new(body).collect().await.unwrap();
        assert_eq!(read.to_vec(), b"<Listing>rest");

        let mut broken = vec![Ok("<List"), Err("cut")].into_iter();
        let mut body = SdkBody::from_body_1_x(ChunkedBody(Box::new(move || broken.next())));
        assert_eq!(peek(&mut body).await, b"<List");
        assert!(aws_sdk_s3::primitives::ByteStream::new(body).collect().await.is_err());
    }

    type NextChunk = Box<dyn FnMut() -> Option<Result<&'static str, &'static str>> + Send + Sync>;

    struct ChunkedBody(NextChunk);

    impl Body for ChunkedBody {
        type Data = Bytes;
        type Error = <SdkBody as Body>::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
            let next = (self.get_mut().0)();
            Poll::Ready(next.map(|chunk| chunk.map(|data| Frame::data(Bytes::from(data))).map_err(Into::into)))
        }
    }
}
