//! What tells the pages that are open that something changed.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::session::Stream;
use crate::token::TokenHash;
use crate::web::{Fault, Reply, Request};
use crate::{App, limits};

/// So many quiet turns, and the other side is asked whether it is there.
const QUIET_TURNS: u32 = 15;

/// A stream of numbers, one each time something changed. It tells no more: the page is asked for again.
pub(super) async fn stream(request: Request) -> Result<Reply, Fault> {
    let key = request.visitor.key.ok_or(Fault::Refused(desk::Refusal::SignedOut))?;
    let Some(stream) = request.app.sessions.stream(&key) else {
        return Ok(Reply::of(
            StatusCode::TOO_MANY_REQUESTS,
            "text/plain; charset=utf-8",
            "too many streams\n",
        ));
    };
    let (told, hears) = mpsc::channel(limits::STREAM_EVENTS_MAX);
    tokio::spawn(tell(Arc::clone(&request.app), key, stream, told));
    let events = futures_util::stream::unfold(hears, |mut hears| async {
        hears.recv().await.map(|event: Bytes| (Ok::<_, Infallible>(event), hears))
    });
    let mut response = Response::new(Body::from_stream(events));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(Reply(response))
}

/// Tells until the session is over, the console ends, or nobody listens fast enough.
async fn tell(app: Arc<App>, key: TokenHash, _counted: Stream, told: mpsc::Sender<Bytes>) {
    let mut ending = app.ending.clone();
    let mut turn = tokio::time::interval(app.settings.live_every);
    turn.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut last, mut quiet) = (None, 0);
    loop {
        tokio::select! {
            _ = turn.tick() => {}
            _ = ending.wait_for(|is_ending| *is_ending) => return,
            () = told.closed() => return,
        }
        if app.sessions.find(&key, &app.host.desk(), app.settings.clock.now(), false).is_err() {
            // The page goes to where one signs in.
            let _ = told.try_send(Bytes::from_static(b"event: over\ndata: 0\n\n"));
            return;
        }
        let change = app.host.change();
        quiet = if last == Some(change) { quiet + 1 } else { 0 };
        let event = match quiet {
            0 => Bytes::from(format!("event: change\ndata: {change}\n\n")),
            QUIET_TURNS => {
                quiet = 1;
                Bytes::from_static(b": quiet\n\n")
            }
            _ => continue,
        };
        last = Some(change);
        if told.try_send(event).is_err() {
            return;
        }
    }
}
