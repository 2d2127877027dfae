//! `lmdiag`: tries every license of a server: what a checkout would get, and then a real one.

use std::fmt::Write as _;
use std::time::Duration;

use client::{CheckoutOptions, Client, Identity, Options, Server, Servers, StatusQuery};
use jiff::{Timestamp, Zoned};
use names::Code;
use proto::v1::explain_reply::Kind;
use proto::v1::{Keeping, PoolName, PoolStatus};
use serde_json::{Value, json};

use super::scan::scan;
use super::{show, word};
use crate::args::LmdiagArgs;
use crate::fail::Failure;
use crate::{keys, session};

/// How long a session's end may hold up the next line.
const GOODBYE: Duration = Duration::from_secs(5);
const RULE: &str = "-----------------------------------------------------";

/// What became of a line.
struct Tried {
    /// FlexNet's number and the words; nothing where it can be checked out.
    refused: Option<(Code, String)>,
    /// A seat was really checked out and in.
    is_real: bool,
    /// It lingers until then, and is nobody else's before.
    lingers_until: Option<i64>,
}

/// What is told of all servers.
#[derive(Default)]
struct Told {
    text: String,
    rows: Vec<Value>,
    /// The first thing that cannot be checked out.
    first: Option<Code>,
}

/// Tries what is asked for. The exit status is that of the first thing that cannot be checked out.
pub(crate) async fn diag(args: LmdiagArgs) -> Result<u8, Failure> {
    let wanted = Wanted::parse(args.feature.as_deref())?;
    let servers = session::servers(args.server.servers.as_deref(), None)?;
    let mut told = Told::default();
    let _ = writeln!(told.text, "FlexNet diagnostics on {}\n", Zoned::now().strftime("%a %-m/%-d/%Y %-H:%M"));
    for group in servers.groups() {
        let query = StatusQuery { feature: wanted.feature.clone(), no_users: true, ..StatusQuery::default() };
        match client::status(group, &query).await {
            Ok((server, reply)) => {
                let pools = reply.pools.into_iter().filter(|pool| wanted.is_it(pool)).collect();
                told.answered(&args, &server, pools).await?;
            }
            Err(error) => told.silent(group, error, !args.no_scan).await,
        }
    }
    let Told { text, rows, first } = told;
    show("lmdiag", args.report.json, &text, json!({ "lines": rows }))?;
    Ok(first.map_or(0, Code::exit_status))
}

impl Told {
    /// A server, whose licenses are tried one by one.
    async fn answered(
        &mut self,
        args: &LmdiagArgs,
        server: &Server,
        pools: Vec<PoolStatus>,
    ) -> Result<(), Failure> {
        let _ = writeln!(self.text, "{RULE}\nLicense file: {server}\n{RULE}");
        if pools.is_empty() {
            let code = Code::NoSuchFeature;
            let _ = writeln!(self.text, "{code}: {server} has no such license\n{RULE}");
            self.first = self.first.or(Some(code));
        }
        let mut bench = Bench::new(args, server)?;
        for pool in &pools {
            let tried = bench.try_out(pool).await;
            self.first = self.first.or(tried.refused.as_ref().map(|(code, _)| *code));
            line(&mut self.text, server, pool, &tried);
            self.rows.push(row(server, pool, &tried));
        }
        bench.close().await;
        Ok(())
    }

    /// A server that does not answer; what is at its ports.
    async fn silent(&mut self, group: &[Server], error: client::Error, and_scan: bool) {
        let code = error.code();
        self.first = self.first.or(Some(code));
        let names: Vec<_> = group.iter().map(ToString::to_string).collect();
        let (names, message) = (names.join(","), error.to_string());
        let why = Failure::from(error).text();
        let _ = writeln!(self.text, "{RULE}\nLicense file: {names}\n{RULE}\n{why}");
        let ports = if and_scan { ports_of(&mut self.text, group).await } else { Vec::new() };
        let _ = writeln!(self.text, "{RULE}");
        self.rows.push(json!({ "server": names, "code": code.number(), "message": message, "ports": ports }));
    }
}

/// The ports of a server that does not answer.
async fn ports_of(text: &mut String, group: &[Server]) -> Vec<Value> {
    let open = scan(group).await;
    let hosts: Vec<&str> = group.iter().map(Server::host).collect();
    if open.is_empty() {
        let _ =
            writeln!(text, "none of the ports 27000 to 27009, or its own, is open on {}", hosts.join(", "));
    }
    let mut rows = Vec::new();
    for port in open {
        let _ = writeln!(text, "{} is open: {}", port.server, word(&port.speaks));
        rows.push(json!({ "server": port.server.to_string(), "speaks": port.speaks }));
    }
    rows
}

/// `feature[:KEY=VALUE]…`
struct Wanted {
    feature: String,
    modifiers: Vec<(String, String)>,
}

impl Wanted {
    fn parse(text: Option<&str>) -> Result<Self, Failure> {
        let mut parts = text.unwrap_or_default().split(':');
        let feature = parts.next().unwrap_or_default().to_owned();
        let mut modifiers = Vec::new();
        for part in parts {
            let pair = part.split_once('=').map(|(key, value)| (key.to_ascii_uppercase(), value.to_owned()));
            let known = ["VERSION", "EXPDATE", "HOSTID", "VENDOR", "CONFIG_ID", "VENDOR_STRING"];
            let Some(pair) = pair.filter(|(key, _)| known.contains(&key.as_str())) else {
                let message =
                    format!("{:?} is nothing that a license is told apart by", client::shown(part, 80));
                let remedy = format!("write FEATURE:KEY=VALUE with {}", known.join(", "));
                return Err(Failure::new(Code::BadParameter, message, remedy));
            };
            modifiers.push(pair);
        }
        Ok(Self { feature, modifiers })
    }

    fn is_it(&self, pool: &PoolStatus) -> bool {
        let name = pool.pool.clone().unwrap_or_default();
        self.modifiers.iter().all(|(key, value)| {
            let has = match key.as_str() {
                "VERSION" => &pool.license_version,
                "EXPDATE" => &pool.expiry,
                "HOSTID" => &name.cpu_id,
                "VENDOR" => &name.vendor,
                "CONFIG_ID" => &name.config_id,
                _ => &pool.vendor_string,
            };
            has.eq_ignore_ascii_case(value)
        })
    }
}

/// What lines of one server are tried with: a session is opened for the first real checkout.
struct Bench {
    server: Server,
    who: Identity,
    options: Options,
    client: Option<Client>,
}

impl Bench {
    fn new(args: &LmdiagArgs, server: &Server) -> Result<Self, Failure> {
        let options = Options::new(keys::policy(&args.server)?);
        Ok(Self { server: server.clone(), who: Identity::of_this_process(), options, client: None })
    }

    async fn try_out(&mut self, pool: &PoolStatus) -> Tried {
        let name = pool.pool.clone().unwrap_or_default();
        let wanted = CheckoutOptions::new(&name.feature, &pool.license_version)
            .vendor(&name.vendor)
            .config(&name.config_id);
        let explained = client::explain(std::slice::from_ref(&self.server), &self.who, &wanted).await;
        let refused = match explained {
            Ok((_, reply)) => match reply.kind {
                Some(Kind::Granted(_)) => None,
                Some(Kind::Denied(denied)) => {
                    let code = Code::from_number(denied.code).unwrap_or(Code::BadServerData);
                    Some((code, client::shown(&denied.message, 2000)))
                }
                None => Some((Code::BadServerData, Code::BadServerData.to_string())),
            },
            Err(error) => Some((error.code(), error.to_string())),
        };
        if refused.is_some() {
            return Tried { refused, is_real: false, lingers_until: None };
        }
        match Box::pin(self.check_out(wanted)).await {
            Ok(grant) => {
                let lingers_until = self.lingers_until(&name.feature, grant).await;
                Tried { refused: None, is_real: true, lingers_until }
            }
            Err(error) => {
                let refused = Some((error.code(), error.to_string()));
                Tried { refused, is_real: true, lingers_until: None }
            }
        }
    }

    /// Until when a seat that came back lingers, where its license or a LINGER line says so.
    async fn lingers_until(&self, feature: &str, grant: u64) -> Option<i64> {
        let query = StatusQuery { feature: feature.to_owned(), ..StatusQuery::default() };
        let (_, reply) = client::status(std::slice::from_ref(&self.server), &query).await.ok()?;
        let mut holders = reply.pools.iter().flat_map(|pool| &pool.holders);
        let holder =
            holders.find(|holder| holder.grant == grant && holder.keeping() == Keeping::Lingering)?;
        Some(holder.kept_until_ms)
    }

    /// Gives the handle that the seat had.
    async fn check_out(&mut self, wanted: CheckoutOptions) -> Result<u64, client::Error> {
        let client = match self.client.take() {
            Some(client) => client,
            None => Client::connect(&Servers::one(self.server.clone()), self.options.clone()).await?,
        };
        let seat = client.checkout(wanted).await;
        let done = match seat {
            Ok(seat) => {
                let grant = seat.grant().0;
                seat.checkin().await.map(|()| grant)
            }
            Err(error) => Err(error),
        };
        self.client = Some(client);
        done
    }

    async fn close(self) {
        if let Some(client) = self.client {
            // Without an answer the session ends by its time-out; it holds nothing.
            let _ = tokio::time::timeout(GOODBYE, client.close()).await;
        }
    }
}

fn line(text: &mut String, server: &Server, pool: &PoolStatus, tried: &Tried) {
    let name: PoolName = pool.pool.clone().unwrap_or_default();
    let expiry = match pool.expiry.as_str() {
        "permanent" => "no expiration date".to_owned(),
        date => format!("expiry: {}", word(date)),
    };
    let kind = match (pool.uncounted, pool.locked) {
        (true, _) => "uncounted nodelocked license",
        (false, true) => "nodelocked license",
        (false, false) => "floating license",
    };
    let _ = writeln!(
        text,
        "\"{}\" v{}, vendor: {}, {expiry}\n  License server: {}\n  {kind}, configuration: {}, cpu_id: {}\n",
        word(&name.feature),
        word(&pool.license_version),
        word(&name.vendor),
        server.host(),
        word(&name.config_id),
        word(&name.cpu_id),
    );
    let _ = match (&tried.refused, tried.lingers_until.map(local)) {
        (None, Some(at)) => writeln!(
            text,
            "This license can be checked out: one seat was, and lingers until {at}; nobody else gets it before\n{RULE}"
        ),
        (None, None) => writeln!(text, "This license can be checked out: one seat was, and is back\n{RULE}"),
        (Some((_, why)), _) => {
            let how = if tried.is_real { "a checkout was refused" } else { "a checkout would be refused" };
            writeln!(text, "This license cannot be checked out because {how}:\n  {why}\n{RULE}")
        }
    };
}

/// A time of this machine's zone.
fn local(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%-m/%-d %-H:%M:%S").to_string()
}

fn row(server: &Server, pool: &PoolStatus, tried: &Tried) -> Value {
    let name = pool.pool.clone().unwrap_or_default();
    json!({
        "server": server.to_string(),
        "feature": name.feature,
        "vendor": name.vendor,
        "config_id": name.config_id,
        "cpu_id": name.cpu_id,
        "version": pool.license_version,
        "expires": pool.expiry,
        "can_be_checked_out": tried.refused.is_none(),
        "lingers_until_ms": tried.lingers_until,
        "tried": if tried.is_real { "checkout" } else { "explain" },
        "code": tried.refused.as_ref().map(|(code, _)| code.number()),
        "message": tried.refused.as_ref().map(|(_, why)| why),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_is_told_apart_by_what_its_license_says() {
        let name = PoolName { feature: "mill".into(), config_id: "11470".into(), ..PoolName::default() };
        let pool = PoolStatus { pool: Some(name), license_version: "4.2".into(), ..PoolStatus::default() };
        for (text, is_it) in [
            ("mill", true),
            ("mill:VERSION=4.2", true),
            ("mill:version=4.2:CONFIG_ID=11470", true),
            ("mill:VERSION=4.1", false),
        ] {
            assert_eq!(
                Wanted::parse(Some(text)).ok().map(|wanted| wanted.is_it(&pool)),
                Some(is_it),
                "{text}"
            );
        }
        for text in ["mill:VERSION", "mill:COLOUR=red", "mill:"] {
            assert!(Wanted::parse(Some(text)).err().unwrap().text().contains("(-42)"), "{text}");
        }
    }
}
