//! The files of borrowed seats.

use license::{Lease, SignedLease, SignedLine};
use names::{Feature, GrantId};

use super::{GivenUp, Kept};
use crate::Server;
use crate::folder::{hex, unhex};

const LEASE: &str = "seatkeeper-borrowed 1";
const GIVEN_UP: &str = "seatkeeper-given-up 1";

pub(super) fn of_kept(kept: &Kept) -> String {
    let Kept { server, signed, line, secret, .. } = kept;
    format!(
        "{LEASE}\nhost {}\nport {}\nsecret {}\nlease {}\nsignature {}\nline {}\nline_key {}\nline_signature {}\nend\n",
        server.host(),
        server.port(),
        hex(secret),
        hex(&signed.canonical),
        hex(&signed.signature),
        hex(&line.canonical),
        line.key_id,
        hex(&line.signature),
    )
}

pub(super) fn kept(text: &str) -> Option<Kept> {
    let mut rows = Rows::new(text, LEASE)?;
    let server = rows.server()?;
    let secret = rows.bytes("secret")?.try_into().ok()?;
    let canonical: bytes::Bytes = rows.bytes("lease")?.into();
    let lease = Lease::read(&canonical).ok()?;
    let signed = SignedLease { canonical, signature: rows.bytes("signature")?.try_into().ok()? };
    let line = SignedLine {
        canonical: rows.bytes("line")?.into(),
        key_id: rows.text("line_key")?.parse().ok()?,
        signature: rows.bytes("line_signature")?.try_into().ok()?,
    };
    rows.end(Kept { server, lease, signed, line, secret })
}

pub(super) fn of_given_up(given_up: &GivenUp) -> String {
    let GivenUp { server, feature, grant, secret } = given_up;
    let (host, port, grant) = (server.host(), server.port(), grant.0);
    format!(
        "{GIVEN_UP}\nhost {host}\nport {port}\nfeature {feature}\ngrant {grant}\nsecret {}\nend\n",
        hex(secret)
    )
}

pub(super) fn given_up(text: &str) -> Option<GivenUp> {
    let mut rows = Rows::new(text, GIVEN_UP)?;
    let given_up = GivenUp {
        server: rows.server()?,
        feature: Feature::new(rows.text("feature")?).ok()?,
        grant: GrantId(rows.text("grant")?.parse().ok()?),
        secret: rows.bytes("secret")?.try_into().ok()?,
    };
    rows.end(given_up)
}

/// The rows of a file, one after the other.
struct Rows<'a>(std::str::Lines<'a>);

impl<'a> Rows<'a> {
    fn new(text: &'a str, format: &str) -> Option<Self> {
        let mut rows = text.lines();
        (rows.next() == Some(format)).then_some(Self(rows))
    }

    fn text(&mut self, name: &str) -> Option<&'a str> {
        self.0.next()?.strip_prefix(name)?.strip_prefix(' ')
    }

    fn bytes(&mut self, name: &str) -> Option<Vec<u8>> {
        unhex(self.text(name)?)
    }

    fn server(&mut self) -> Option<Server> {
        Server::new(self.text("host")?, self.text("port")?.parse().ok()?).ok()
    }

    /// A file that is cut has no last row.
    fn end<T>(&mut self, read: T) -> Option<T> {
        (self.0.next() == Some("end") && self.0.next().is_none()).then_some(read)
    }
}
