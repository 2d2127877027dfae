//! A service whose calls are answered in time, or told that they are not.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use names::Code;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

/// How long a call may take that has nothing to wait for but the disk.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// A service, and how long its answers may take to begin. A library's server has one time for all of its
/// services; the license desk's take longer than those of seats.
#[derive(Debug, Clone)]
pub(crate) struct Timed<S>(pub(crate) S, pub(crate) Duration);

impl<S: NamedService> NamedService for Timed<S> {
    const NAME: &'static str = S::NAME;
}

impl<S> Service<http::Request<Body>> for Timed<S>
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

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (answer, within) = (self.0.call(request), self.1);
        Box::pin(async move {
            match tokio::time::timeout(within, answer).await {
                Ok(answer) => answer,
                Err(_) => {
                    let why = format!("{}: no answer in {} s", Code::CannotRead, within.as_secs());
                    Ok(Status::deadline_exceeded(why).into_http())
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::CALL_WITHIN;

    /// A service that answers at once, or never.
    struct Answers(bool);

    impl Service<http::Request<Body>> for Answers {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = BoxFuture<Self::Response, Infallible>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: http::Request<Body>) -> Self::Future {
            let does = self.0;
            Box::pin(async move {
                if !does {
                    std::future::pending::<()>().await;
                }
                Ok(http::Response::new(Body::empty()))
            })
        }
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_so_and_each_service_has_its_own_time() {
        for (does, within) in [(true, CALL_WITHIN), (false, Duration::from_millis(1))] {
            let answer = Timed(Answers(does), within).call(http::Request::new(Body::empty())).await.unwrap();
            let told = Status::from_header_map(answer.headers());
            let told = told.map(|status| (status.code(), status.message().contains("(-16)")));
            assert_eq!(told, (!does).then_some((tonic::Code::DeadlineExceeded, true)));
        }
        assert!(SOON < CALL_WITHIN);
    }
}
