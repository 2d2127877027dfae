//! What a daemon says of itself where Prometheus would ask.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use super::{DEADLINE, Daemon};

/// A daemon with this in its configuration serves metrics, on any free port.
pub const METRICS: &str = "[metrics]\nlisten = \"127.0.0.1:0\"\n";

/// One answer.
#[derive(Debug)]
pub struct Metrics(pub String);

impl Metrics {
    /// The value of a series: its name, with its labels as they are written.
    pub fn get(&self, series: &str) -> f64 {
        self.find(series).unwrap_or_else(|| panic!("there is no {series} in\n{}", self.0))
    }

    /// The same, if there is such a series.
    pub fn find(&self, series: &str) -> Option<f64> {
        let mut values = self.0.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        values.next().map(|value| value.parse().unwrap())
    }

    /// The sum of all series of a metric whose labels have all of these.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        let series =
            self.0.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.split_once("} "));
        let found = series.filter(|(of, _)| labels.iter().all(|label| of.contains(label)));
        found.map(|(_, value)| value.parse::<f64>().unwrap()).sum()
    }

    /// The names of all its samples.
    pub fn names(&self) -> std::collections::BTreeSet<&str> {
        let samples = self.0.lines().filter(|line| !line.starts_with('#'));
        samples.filter_map(|line| line.split(['{', ' ']).next()).collect()
    }
}

impl Daemon {
    /// Where it serves metrics.
    pub fn metrics_at(&self) -> SocketAddr {
        let log = self.log();
        let said = log.lines().rfind(|line| line.contains("metrics are served")).expect("metrics are served");
        said.rsplit_once("address=").unwrap().1.trim().parse().unwrap()
    }

    /// Its metrics now, as Prometheus asks for them.
    pub fn metrics(&self) -> Metrics {
        self.metrics_as("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5")
    }

    /// The same in a format.
    pub fn metrics_as(&self, format: &str) -> Metrics {
        let request = format!("GET /metrics HTTP/1.1\r\nHost: ws01\r\nAccept: {format}\r\n\r\n");
        let answer = ask(self.metrics_at(), &request);
        let (head, text) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
        Metrics(text.to_owned())
    }

    /// Its metrics once a series has a value.
    pub fn metrics_with(&self, series: &str, value: f64) -> Metrics {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let metrics = self.metrics();
            if metrics.find(series) == Some(value) {
                return metrics;
            }
            assert!(Instant::now() < deadline, "{series} was never {value}:\n{}", metrics.0);
        }
    }
}

/// What is answered to these bytes, to the end of the connection.
pub fn ask(at: SocketAddr, request: &str) -> String {
    let mut tcp = TcpStream::connect(at).unwrap();
    tcp.set_read_timeout(Some(DEADLINE)).unwrap();
    tcp.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    tcp.read_to_string(&mut answer).unwrap();
    answer
}
