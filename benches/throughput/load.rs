//! The clients: lean, in one thread, so that most of the machine is the server's.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use proto::v1::seats_client::SeatsClient;
use proto::v1::{self, command, reply};
use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

/// How long the clients run before they are counted.
const WARM_UP: Duration = Duration::from_millis(300);
/// How long clients may take to leave.
const LEAVE: Duration = Duration::from_secs(30);

/// Who is loaded.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) pid: u32,
}

/// How it is loaded.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    pub(crate) connections: usize,
    /// Commands of a connection that wait for their answer; one command a message.
    pub(crate) in_flight: usize,
    pub(crate) on_stream: bool,
}

/// What one measurement found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    pub(crate) pairs_a_second: f64,
    /// From a checkout to its grant.
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// The server's.
    pub(crate) cpu_us_a_pair: f64,
}

/// What the clients have counted.
#[derive(Debug, Default)]
struct Meter {
    pairs: Cell<u64>,
    waits_us: RefCell<Vec<f64>>,
    is_over: Cell<bool>,
}

impl Meter {
    fn pair(&self) {
        self.pairs.set(self.pairs.get() + 1);
    }

    fn waited(&self, since: Instant) {
        self.waits_us.borrow_mut().push(since.elapsed().as_secs_f64() * 1e6);
    }
}

/// Loads a server for so long.
pub(crate) fn measure(server: &Server, shape: &Shape, seconds: Duration) -> Sample {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let meter = Rc::new(Meter::default());
        let mut clients = tokio::task::JoinSet::new();
        for n in 0..shape.connections {
            let (channel, meter) = (connect(server.address).await, Rc::clone(&meter));
            if shape.on_stream {
                clients.spawn_local(stream(channel, n, shape.in_flight, meter));
            } else {
                clients.spawn_local(calls(channel, n, meter));
            }
        }
        let mut run = async |longest| {
            let ended = timeout(longest, clients.join_next()).await;
            if let Ok(Some(Err(failed))) = ended {
                std::panic::resume_unwind(failed.into_panic());
            }
            assert!(ended.is_err(), "a client ended by itself");
        };
        run(WARM_UP).await;
        meter.waits_us.borrow_mut().clear();
        let (pairs, cpu, began) = (meter.pairs.get(), cpu_us(server.pid), Instant::now());
        run(seconds).await;
        let (pairs, took) = ((meter.pairs.get() - pairs) as f64, began.elapsed().as_secs_f64());
        let cpu = cpu_us(server.pid) - cpu;
        meter.is_over.set(true);
        timeout(LEAVE, clients.join_all()).await.expect("the clients could not leave");
        assert!(pairs > 0.0, "{}: no seat was checked out and in", shape.name);
        let mut waits = meter.waits_us.take();
        waits.sort_by(f64::total_cmp);
        let at = |part: f64| waits.get((waits.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN);
        Sample { pairs_a_second: pairs / took, p50_us: at(0.5), p99_us: at(0.99), cpu_us_a_pair: cpu / pairs }
    })
}

async fn connect(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let endpoint = endpoint.initial_stream_window_size(1024 * 1024).tcp_nodelay(true);
    let endpoint = endpoint.initial_connection_window_size(32 * 1024 * 1024).http2_adaptive_window(false);
    endpoint.connect().await.unwrap()
}

fn hello(n: usize) -> v1::Hello {
    v1::Hello {
        protocol: proto::PROTOCOL,
        user: format!("user{n}"),
        host: format!("ws{n}"),
        application: "bench".into(),
        pid: std::process::id(),
        cpu_id: format!("02aa1020{n:04}"),
        nonce: vec![7; 32].into(),
        ..Default::default()
    }
}

fn checkout() -> v1::Checkout {
    v1::Checkout { feature: "PROENGINEER".into(), version: "20.0".into(), ..Default::default() }
}

/// One connection with one session on a stream.
struct Sender {
    commands: mpsc::Sender<v1::ClientMessage>,
    session: u64,
    last_request: u64,
}

impl Sender {
    /// Gives the request's number.
    fn send(&mut self, kind: command::Kind) -> u64 {
        self.last_request += 1;
        let command = v1::Command { request_id: self.last_request, session: self.session, kind: Some(kind) };
        self.commands.try_send(v1::ClientMessage { commands: vec![command] }).unwrap();
        self.last_request
    }
}

async fn stream(channel: Channel, n: usize, in_flight: usize, meter: Rc<Meter>) {
    let (commands, sent) = mpsc::channel(in_flight + 2);
    let mut sender = Sender { commands, session: 0, last_request: 0 };
    sender.send(command::Kind::Hello(hello(n)));
    let mut answers =
        SeatsClient::new(channel).session(ReceiverStream::new(sent)).await.unwrap().into_inner();
    // Of the checkouts under way one is timed.
    let mut timed: Option<(u64, Instant)> = None;
    let mut under_way = in_flight;
    while let Some(message) = answers.message().await.unwrap() {
        for answer in message.replies {
            let wants_another = match answer.kind {
                Some(reply::Kind::Welcome(welcome)) => {
                    sender.session = welcome.session;
                    for _ in 0..in_flight {
                        sender.send(command::Kind::Checkout(checkout()));
                    }
                    false
                }
                Some(reply::Kind::Granted(granted)) => {
                    if let Some((_, since)) = timed.take_if(|(request, _)| *request == answer.request_id) {
                        meter.waited(since);
                    }
                    sender.send(command::Kind::Checkin(v1::Checkin { grant: granted.grant }));
                    false
                }
                Some(reply::Kind::Returned(_)) => {
                    meter.pair();
                    true
                }
                Some(reply::Kind::Closed(_)) => return,
                other => panic!("an answer that no load expects: {other:?}"),
            };
            if wants_another && meter.is_over.get() {
                under_way -= 1;
                if under_way == 0 {
                    sender.send(command::Kind::Goodbye(v1::Goodbye {}));
                }
            } else if wants_another {
                let request = sender.send(command::Kind::Checkout(checkout()));
                timed.get_or_insert_with(|| (request, Instant::now()));
            }
        }
    }
    panic!("the stream ended by itself");
}

/// One connection with one session, one call each.
async fn calls(channel: Channel, n: usize, meter: Rc<Meter>) {
    let mut client = SeatsClient::new(channel);
    let welcome = client.open(hello(n)).await.unwrap().into_inner();
    let Some(reply::Kind::Welcome(welcome)) = welcome.kind else { panic!("{welcome:?}") };
    let session = v1::SessionToken { session: welcome.session, token: welcome.token };
    let mut request_id = 0;
    while !meter.is_over.get() {
        request_id += 1;
        let since = Instant::now();
        let call =
            v1::CheckoutCall { session: Some(session.clone()), request_id, checkout: Some(checkout()) };
        let granted = client.checkout(call).await.unwrap().into_inner();
        let Some(reply::Kind::Granted(granted)) = granted.kind else { panic!("{granted:?}") };
        meter.waited(since);
        request_id += 1;
        let checkin = Some(v1::Checkin { grant: granted.grant });
        let call = v1::CheckinCall { session: Some(session.clone()), request_id, checkin };
        let returned = client.checkin(call).await.unwrap().into_inner();
        assert!(matches!(returned.kind, Some(reply::Kind::Returned(_))), "{returned:?}");
        meter.pair();
    }
    client.close(v1::SessionCall { session: Some(session), request_id: request_id + 1 }).await.unwrap();
}

/// Processor time that a process has used.
fn cpu_us(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).unwrap().parse::<f64>().unwrap();
    let ticks_a_second = rustix::param::clock_ticks_per_second() as f64;
    (ticks(11) + ticks(12)) * 1e6 / ticks_a_second
}
