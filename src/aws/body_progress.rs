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
        // The connection asks before the first piece only.
        Body::size_hint(&self.inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// Yields these pieces, and then an error.
    struct FailingBody(VecDeque<Bytes>);

    impl Body for FailingBody {
        type Data = Bytes;
        type Error = std::io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<std::io::Result<Frame<Self::Data>>>> {
            let piece = self.0.pop_front().map(Frame::data);
            Poll::Ready(Some(piece.ok_or_else(|| std::io::Error::other("the file was removed"))))
        }
    }

    /// Returns the pieces of a body, and whether it ends with an error.
    async fn pieces(body: SdkBody) -> (Vec<Bytes>, bool) {
        let mut request = HttpRequest::new(body);
        BodyProgress::start().track(&mut request);
        let (mut body, mut pieces) = (Pin::new(request.body_mut()), Vec::new());
        while !Body::is_end_stream(&*body) {
            match std::future::poll_fn(|context| body.as_mut().poll_frame(context)).await {
                Some(Ok(frame)) => pieces.push(frame.into_data().unwrap()),
                Some(Err(_)) => return (pieces, true),
                None => break,
            }
        }
        (pieces, false)
    }

    #[tokio::test]
    async fn large_pieces_are_sent_in_small_ones() {
        let text: Vec<u8> = (0..=2 * PIECE_BYTES).map(|at| (at % 251) as u8).collect();
        let lengths = |pieces: &[Bytes]| pieces.iter().map(Bytes::len).collect::<Vec<_>>();
        let (sent, failed) = pieces(SdkBody::from(text.clone())).await;
        assert_eq!((lengths(&sent), failed), (vec![PIECE_BYTES, PIECE_BYTES, 1], false));
        assert!(sent.concat() == text);
        let given = [&text[..], &[], b"end"].map(Bytes::copy_from_slice);
        let (sent, failed) = pieces(SdkBody::from_body_1_x(FailingBody(given.into()))).await;
        assert_eq!((lengths(&sent), failed), (vec![PIECE_BYTES, PIECE_BYTES, 1, 0, 3], true));
        assert!(sent.concat() == [&text[..], b"end"].concat());
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
