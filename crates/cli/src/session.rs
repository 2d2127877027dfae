//! Opening a session, and reading what it is to do. Each flag is checked under its own name before a
//! server is asked.

use client::{CheckoutOptions, Client, Identity, Options, Servers, TrustPolicy};
use names::{Code, ConfigId, Feature, Invalid, SeatCount, Vendor, Version, Word};

use crate::args::{ServerArgs, WantedArgs, WhoArgs};
use crate::fail::Failure;
use crate::{keys, out};

/// How a session behaves.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct How {
    /// Take seats again that the server lost.
    pub(crate) reacquire: bool,
}

/// The license servers that are named, or the environment's.
pub(crate) fn servers(list: Option<&str>, vendor: Option<&str>) -> Result<Servers, Failure> {
    Ok(match list {
        Some(list) => Servers::from_list(list, "-c")?,
        None => Servers::from_environment(vendor)?,
    })
}

/// Who asks.
pub(crate) fn identity(who: &WhoArgs) -> Result<Identity, Failure> {
    let bad =
        |flag: &str, invalid: Invalid| Failure::new(Code::BadParameter, format!("{flag}: {invalid}"), "");
    let mut identity = Identity::of_this_process();
    if let Some(user) = &who.user {
        identity = identity.with_user(user).map_err(|invalid| bad("--user", invalid))?;
    }
    if let Some(display) = &who.display {
        identity = identity.with_display(display).map_err(|invalid| bad("--display", invalid))?;
    }
    Ok(identity)
}

/// Opens a session.
pub(crate) async fn connect(
    server: &ServerArgs,
    who: &WhoArgs,
    vendor: Option<&str>,
    how: How,
) -> Result<Client, Failure> {
    let servers = servers(server.servers.as_deref(), vendor)?;
    let trust = keys::policy(server)?;
    let options = Options { identity: identity(who)?, reacquire: how.reacquire, ..Options::new(trust) };
    Ok(Client::connect(&servers, options).await?)
}

/// Says once that nothing was verified, where that is so.
pub(crate) fn note_unverified(server: &ServerArgs) -> Result<(), Failure> {
    if keys::policy(server)? == TrustPolicy::Unverified {
        out::say("note: no vendor key is given (--key), so the vendor's signature is not verified");
    }
    Ok(())
}

/// What was asked for.
pub(crate) fn wanted(args: &WantedArgs) -> Result<CheckoutOptions, Failure> {
    let (feature, version) = (&args.feature, &args.version);
    self::feature(feature)?;
    Version::new(version).map_err(|e| bad("--version", version, Code::BadVersion, &e))?;
    SeatCount::new(args.seats).map_err(|e| bad("-n", &args.seats.to_string(), Code::BadParameter, &e))?;
    let mut wanted = CheckoutOptions::new(feature, version).seats(args.seats);
    if let Some(config) = &args.config_id {
        ConfigId::new(config).map_err(|e| bad("--config-id", config, Code::BadParameter, &e))?;
        wanted = wanted.config(config);
    }
    if let Some(vendor) = &args.vendor {
        Vendor::new(vendor).map_err(|e| bad("--vendor", vendor, Code::BadParameter, &e))?;
        wanted = wanted.vendor(vendor);
    }
    if let Some(data) = &args.data {
        Word::new("the data of a checkout", data).map_err(|e| bad("--data", data, Code::BadParameter, &e))?;
        wanted = wanted.data(data);
    }
    Ok(wanted)
}

/// A feature's name.
pub(crate) fn feature(name: &str) -> Result<Feature, Failure> {
    Feature::new(name).map_err(|e| bad("the feature", name, Code::BadParameter, &e))
}

/// A job's name; empty for none. Schedulers write `job:1234`.
pub(crate) fn job(name: Option<&str>) -> Result<&str, Failure> {
    let Some(given) = name else { return Ok("") };
    let job = given.strip_prefix("job:").unwrap_or(given);
    let named = Word::new("a job", job).map_err(|e| e.to_string());
    let named =
        named.and_then(|word| if word.as_str().is_empty() { Err("it is empty".into()) } else { Ok(()) });
    named.map(|()| job).map_err(|why| {
        let message = format!("the job {:?}: {why}", client::shown(given, 80));
        Failure::new(Code::BadParameter, message, "name it as the scheduler does, such as job:1234")
    })
}

fn bad(what: &str, text: &str, code: Code, invalid: &Invalid) -> Failure {
    let message = format!("{what} {:?}: {invalid}", client::shown(text, 80));
    Failure::new(code, message, "`seatkeeper lmstat -a` lists what the servers have")
}
