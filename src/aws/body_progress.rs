//! Measures whether a request still makes progress: the limit of an attempt starts anew with each piece of its body that
//! is sent, so that a slow line is not taken for a dead one.

use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::primitives::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// The bytes of a body that are given to the connection at once. The smaller they are, the sooner is progress on a slow line
/// visible.
const PIECE_BYTES: usize = 64 * 1024;

/// The time at which a request last made progress: its start, or the last piece of its body.
#[derive(Clone, Debug)]
pub(crate) struct BodyProgress(Arc<Mutex<Instant>>);

impl BodyProgress {
    pub(crate) fn start() -> Self {
        BodyProgress(Arc::new(Mutex::new(Instant::now())))
    }

    /// Counts the pieces of the request's body as progress when they are sent.
    pub(crate) fn track(&self, request: &mut HttpRequest) {
        let inner = std::mem::replace(request.body_mut(), SdkBody::taken());
        *request.body_mut() = SdkBody::from_body_1_x(TrackedBody { inner, rest: Bytes::new(), progress: self.clone() });
    }

    /// Waits until there was no progress for this long.
    pub(crate) async fn stalled_for(&self, limit: Duration) {
        loop {
            let last = self.last();
            tokio::time::sleep_until(last + limit).await;
            if self.last() == last {
                return;
            }
        }
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn advance(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

struct TrackedBody {
    inner: SdkBody,
    /// The data of `inner` that was not sent yet.
    rest: Bytes,
    progress: BodyProgress,
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = <SdkBody as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        // The connection asks for the next piece when it can take it.
        self.progress.advance();
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => self.rest = data,
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE_BYTES);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && Body::is_end_stream(&self.inner)
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (Body::size_hint(&self.inner), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(inner.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_large_piece_is_sent_in_small_ones() {
        let text: Vec<u8> = (0..=2 * PIECE_BYTES).map(|at| (at % 251) as u8).collect();
        let mut request = HttpRequest::new(SdkBody::from(text.clone()));
        BodyProgress::start().track(&mut request);
        let body = request.body_mut();
        let (mut sent, mut lengths) = (Vec::new(), Vec::new());
        loop {
            let left = (text.len() - sent.len()) as u64;
            assert_eq!((Body::size_hint(body).exact(), Body::is_end_stream(body)), (Some(left), left == 0));
            let next = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await;
            let Some(frame) = next else { break };
            let data = frame.unwrap().into_data().unwrap();
            lengths.push(data.len());
            sent.extend_from_slice(&data);
        }
        assert_eq!(lengths, [PIECE_BYTES, PIECE_BYTES, 1]);
        assert!(sent == text);
    }

    #[tokio::test]
    async fn a_request_is_stalled_only_when_no_piece_of_its_body_is_sent() {
        let progress = BodyProgress::start();
        let started = Instant::now();
        let mut request = HttpRequest::new(SdkBody::from("body"));
        progress.track(&mut request);
        let sending = async {
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_millis(40)).await;
                std::future::poll_fn(|context| Pin::new(request.body_mut()).poll_frame(context)).await;
            }
        };
        let ((), ()) = tokio::join!(progress.stalled_for(Duration::from_millis(100)), sending);
        assert!(started.elapsed() >= Duration::from_millis(260), "{:?}", started.elapsed());
    }
}
