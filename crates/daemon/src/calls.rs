//! The unary calls, and the stream's beginning: one command a call, the same answers.

use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use names::SessionId;
use proto::v1;
use proto::v1::seats_server::Seats;
use seats::Answer;
use seats::word::Beat;
use service::{Ask, Live, token_hash};
use tonic::{Request, Response, Status, Streaming};

use crate::attach::{Attachments, Next};
use crate::clock;
use crate::conn::ConnInfo;
use crate::edge::Edge;
use crate::latency::Timed;
use crate::meter::Meter;
use crate::metered::no_room;
use crate::outbox::{Answered, Outbox, Tag};
use crate::stream::SessionStream;
use crate::wire;
use crate::{served, status};

/// What a holder takes in a report, at most but for long names.
const HOLDER: usize = 256;

/// The clients' service.
#[derive(Clone)]
pub(crate) struct Calls {
    edge: Arc<Edge>,
}

impl Calls {
    pub(crate) fn new(edge: Arc<Edge>) -> Self {
        Self { edge }
    }

    /// The session behind a token that was shown. An unknown session and a wrong token look the same.
    fn session(&self, shown: Option<&v1::SessionToken>) -> Result<(SessionId, Live), Status> {
        let unknown =
            || Status::unauthenticated("the session is unknown, or the token is not its own; open another");
        let shown = shown.ok_or_else(unknown)?;
        let id = SessionId(shown.session);
        let live = self.edge.directory.pin().get(&id).cloned().ok_or_else(unknown)?;
        // Hashes are compared, not tokens: the time it takes tells nothing about a token.
        if token_hash(&shown.token) == live.token_hash { Ok((id, live)) } else { Err(unknown()) }
    }

    /// Asks the owner and waits for the answer.
    async fn ask(&self, tag: Tag, ask: Ask) -> Option<Answered> {
        let outbox = Arc::new(Outbox::default());
        self.edge.submit(&outbox, vec![(tag, ask)]).ok()?;
        poll_fn(|cx| outbox.poll_take(cx)).await.pop()
    }

    async fn command(
        &self,
        tag: Tag,
        ask: Result<Ask, names::Invalid>,
    ) -> Result<Response<v1::Reply>, Status> {
        let ask = ask.map_err(|invalid| Status::invalid_argument(invalid.to_string()))?;
        let kind = match self.ask(tag, ask).await {
            None => wire::busy(),
            Some(answered) if answered.reply.answer == Answer::SessionUnknown => {
                return Err(Status::unauthenticated("the session has ended; open another"));
            }
            Some(answered) => {
                let mut kind = wire::answer(answered.reply.answer);
                if let v1::reply::Kind::Granted(granted) = &mut kind {
                    granted.lease = answered.reply.borrowed.as_deref().and_then(|row| self.edge.lease(row));
                    let pool = granted.pool.as_ref().and_then(|name| names::PoolId::try_from(name).ok());
                    granted.package_line = pool.as_ref().and_then(|pool| self.edge.package_evidence(pool));
                    granted.line = pool.and_then(|pool| self.edge.evidence(&pool));
                }
                kind
            }
        };
        Ok(self.reply(tag, kind))
    }

    /// What is answered now.
    fn reply(&self, tag: Tag, kind: v1::reply::Kind) -> Response<v1::Reply> {
        self.edge.counted.latencies.answered(tag.came);
        Response::new(v1::Reply { request_id: tag.request, session: tag.session.0, kind: Some(kind) })
    }

    /// Answers a heartbeat. A call has no connection to lose: it speaks for whatever life the session
    /// is in.
    fn beat(&self, tag: Tag, live: &Live) -> Response<v1::Reply> {
        let deadline = clock::now().mono.plus(live.timeout);
        let kind = match live.word.beat(live.word.epoch(), deadline) {
            Beat::Alive => v1::reply::Kind::Alive(v1::Alive {}),
            Beat::Expired | Beat::Replaced => wire::session_lost(),
        };
        self.reply(tag, kind)
    }
}

/// What counts for the connection of a request.
fn meter<T>(request: &Request<T>) -> Result<Meter, Status> {
    request.extensions().get().cloned().ok_or_else(|| Status::internal("the connection has no meter"))
}

/// Where the connection of a request comes from.
fn from<T>(request: &Request<T>) -> Option<IpAddr> {
    request.extensions().get::<ConnInfo>().and_then(|info| info.from)
}

type Replies = Pin<Box<dyn Stream<Item = Result<v1::ServerMessage, Status>> + Send>>;

#[tonic::async_trait]
impl Seats for Calls {
    type LicensesStream = served::Pieces;

    async fn licenses(
        &self,
        request: Request<v1::LicensesRequest>,
    ) -> Result<Response<Self::LicensesStream>, Status> {
        let meter = meter(&request)?;
        let vendor = request.into_inner().vendor;
        Ok(Response::new(served::pieces(self.edge.served.load_full(), vendor, meter)))
    }

    type SessionStream = Replies;

    async fn session(
        &self,
        request: Request<Streaming<v1::ClientMessage>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let meter = meter(&request)?;
        let from = from(&request);
        let stream = SessionStream::new(Arc::clone(&self.edge), request.into_inner(), from, &meter);
        Ok(Response::new(Box::pin(stream)))
    }

    async fn open(&self, request: Request<v1::Hello>) -> Result<Response<v1::Reply>, Status> {
        let mut attachments = Attachments::new(Arc::clone(&self.edge), from(&request));
        let kind = Some(v1::command::Kind::Hello(request.into_inner()));
        let reply = match attachments.command(v1::Command { request_id: 0, session: 0, kind }, None) {
            Next::Told(reply) => reply,
            Next::Ask(tag, ask) => match self.ask(tag, ask).await {
                Some(answered) => attachments.answered(answered),
                None => attachments.refused(tag),
            },
        };
        Ok(Response::new(reply))
    }

    async fn checkout(&self, request: Request<v1::CheckoutCall>) -> Result<Response<v1::Reply>, Status> {
        let came = Some(Timed::Checkout.came());
        let call = request.into_inner();
        let (session, _) = self.session(call.session.as_ref())?;
        let tag = Tag { request: call.request_id, session, came };
        let ask = wire::checkout(session, tag.request, &call.checkout.unwrap_or_default());
        self.command(tag, ask).await
    }

    async fn checkin(&self, request: Request<v1::CheckinCall>) -> Result<Response<v1::Reply>, Status> {
        let came = Some(Timed::Checkin.came());
        let call = request.into_inner();
        let (session, _) = self.session(call.session.as_ref())?;
        let tag = Tag { request: call.request_id, session, came };
        self.command(tag, Ok(wire::checkin(session, &call.checkin.unwrap_or_default()))).await
    }

    async fn heartbeat(&self, request: Request<v1::SessionCall>) -> Result<Response<v1::Reply>, Status> {
        let came = Some(Timed::Heartbeat.came());
        let call = request.into_inner();
        let (session, live) = self.session(call.session.as_ref())?;
        Ok(self.beat(Tag { request: call.request_id, session, came }, &live))
    }

    async fn close(&self, request: Request<v1::SessionCall>) -> Result<Response<v1::Reply>, Status> {
        let call = request.into_inner();
        let (session, _) = self.session(call.session.as_ref())?;
        self.command(Tag { request: call.request_id, session, came: None }, Ok(Ask::Close(session))).await
    }

    async fn call(&self, request: Request<v1::CommandCall>) -> Result<Response<v1::Reply>, Status> {
        let call = request.into_inner();
        let command = call.command.unwrap_or_default();
        let came = Timed::of(command.kind.as_ref()).map(Timed::came);
        let (session, live) = self.session(call.session.as_ref())?;
        let tag = Tag { request: command.request_id, session, came };
        match command.kind {
            Some(v1::command::Kind::Hello(_)) => Err(Status::invalid_argument("say hello with Open")),
            Some(v1::command::Kind::Heartbeat(_)) => Ok(self.beat(tag, &live)),
            Some(kind) => self.command(tag, wire::command(session, tag.request, &kind)).await,
            None => self.command(tag, Err(wire::unknown_kind())).await,
        }
    }

    async fn explain(
        &self,
        request: Request<v1::ExplainRequest>,
    ) -> Result<Response<v1::ExplainReply>, Status> {
        let from = from(&request);
        let asked = wire::explain(&request.into_inner(), from);
        let ask = asked.map_err(|invalid| Status::invalid_argument(invalid.to_string()))?;
        let tag = Tag { request: 0, session: SessionId(0), came: None };
        let told = self.ask(tag, ask).await;
        let kind = match told.map(|told| wire::answer(told.reply.answer)) {
            Some(v1::reply::Kind::Granted(granted)) => granted.pool.map(v1::explain_reply::Kind::Granted),
            Some(v1::reply::Kind::Denied(denied)) => Some(v1::explain_reply::Kind::Denied(denied)),
            _ => return Err(Status::resource_exhausted("the daemon is busy; ask again")),
        };
        Ok(Response::new(v1::ExplainReply { kind }))
    }

    async fn status(&self, request: Request<v1::StatusRequest>) -> Result<Response<v1::StatusReply>, Status> {
        // A report of many seats takes long, and other connections have heartbeats on this thread.
        let (edge, meter) = (Arc::clone(&self.edge), meter(&request)?);
        let asks = Arc::new(());
        let still_asks = Arc::downgrade(&asks);
        let report = tokio::task::spawn_blocking(move || {
            // Others may have been made since it was asked for, and who asked may be gone.
            if meter.over().is_some() || still_asks.strong_count() == 0 {
                return Err(no_room());
            }
            // Counted before it is made: many of one connection would all find room otherwise.
            let ask = request.into_inner();
            let mut made = meter.report(status::length(&edge.viewer.state(), &ask).saturating_mul(HOLDER));
            let report = status::report(&edge, &ask);
            made.set(report.pools.iter().map(|pool| (1 + pool.holders.len()) * HOLDER).sum());
            Ok((report, made))
        });
        let report = report.await.map_err(|_| Status::internal("the report could not be made"))?;
        drop(asks);
        report.map(|(report, _made)| Response::new(report))
    }
}
