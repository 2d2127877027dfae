//! A service that says to its connection's meter what it takes and what it still has to send.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;
use tonic::{Code, Status};

use crate::conn::ConnInfo;
use crate::meter::{Meter, Portion};

/// Bytes of an answer that are given to the library at once; it keeps them until they are sent.
const PART: usize = 64 * 1024;

/// A service whose requests and answers are metered.
#[derive(Debug, Clone)]
pub(crate) struct Metered<S>(pub(crate) S);

impl<S: NamedService> NamedService for Metered<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Metered<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = BoxFuture<S::Response, Infallible>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let Some(meter) = request.extensions().get::<ConnInfo>().map(|info| info.meter.clone()) else {
            return Box::pin(self.0.call(request));
        };
        request.extensions_mut().insert(meter.clone());
        let asked = self.0.call(request.map(|body| Body::new(Asked::new(body, meter.clone()))));
        Box::pin(async move {
            let response = asked.await?;
            Ok(response.map(|body| Body::new(Answer { body, left: Bytes::new(), portion: meter.portion() })))
        })
    }
}

/// A request's body.
struct Asked {
    body: Body,
    meter: Meter,
}

impl Asked {
    fn new(body: Body, meter: Meter) -> Self {
        meter.begin_body();
        Self { body, meter }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.meter.end_body();
    }
}

impl http_body::Body for Asked {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.meter.taken(data.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body. What is long is given on in parts, each when the one before is sent.
struct Answer {
    body: Body,
    left: Bytes,
    portion: Portion,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.left.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) if data.len() > PART => self.left = data,
                Some(Ok(Ok(data))) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Some(Ok(Err(other))) => return Poll::Ready(Some(Ok(other))),
                Some(Err(status)) => return Poll::Ready(Some(Err(status))),
                None => return Poll::Ready(None),
            }
        }
        let len = self.left.len().min(PART);
        let part = self.left.split_to(len);
        let left = self.left.len();
        self.portion.set(left);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.left.is_empty() { self.body.size_hint() } else { SizeHint::default() }
    }
}

/// The answer to who asks for much while there is no room for it.
pub(crate) fn no_room() -> Status {
    Status::new(
        Code::ResourceExhausted,
        "the license host keeps as much for its clients as it may; try again later",
    )
}
