//! `options try`: what a daemon with these files would answer somebody, as long as nobody has a seat.

use std::fmt::Write as _;
use std::sync::Arc;

use client::{Identity, Machine};
use jiff::Timestamp;
use license::Client;
use names::{Code, CpuId, Date, Feature, Invalid, Wall};
use policy::Policy;
use service::{CountedRule, InForce, Licensed, Question, TriedPool};

use super::{Licenses, asker, read_good};
use crate::args::OptionsTryArgs;
use crate::fail::Failure;
use crate::out;

/// Noon, in milliseconds of a day.
const NOON: i64 = 12 * 3_600_000;

/// Asks the engine, and shows what it says of each pool. The exit status is 0 where one gives a seat, else
/// the refusal's.
pub(crate) fn try_out(args: &OptionsTryArgs) -> Result<u8, Failure> {
    let (user, host, display) = asker(&args.asker)?;
    let feature =
        Feature::new(&args.feature).map_err(|invalid| bad(&invalid, "`license check` lists the features"))?;
    let file = read_good(&args.file)?;
    let licenses = Licenses::read(&args.against)?;
    let vendor = licenses.vendor(&args.file, args.against.vendor.as_deref())?;
    let lines = licenses.served(&vendor);
    let mut policy = Policy::new();
    policy.add(&file, &lines, &licenses.sources);
    let lines: Vec<_> = lines.into_iter().cloned().collect();
    let Identity { machine, cpu_id, .. } = Identity::of_this_process();
    let Machine { platform, is_virtual, is_remote, utc_offset_min } = machine;
    let licensed = Arc::new(Licensed::new(&lines));
    let in_force = InForce::new(licensed, Arc::new(policy), utc_offset_min);
    let question = Question {
        client: Client {
            user,
            host,
            display,
            cpu: &workstation(args, cpu_id)?,
            address: args.address.map(policy::plain_address),
            platform: &platform,
            is_virtual,
            is_remote,
            utc_offset_min,
            server_utc_offset_min: utc_offset_min,
        },
        project: args.project.as_deref().unwrap_or(""),
        feature: &feature,
        at: day(args)?,
    };
    let tried = in_force.try_out(&question).map_err(|invalid| bad(&invalid, "name them as clients do"))?;
    if tried.pools.is_empty() {
        let message = format!("{vendor} has no seats of {feature} in these license files");
        return Err(Failure::new(Code::NoSuchFeature, message, "`license check` lists the features"));
    }
    let mut text = String::new();
    for pool in &tried.pools {
        say(pool, &format!("{user}@{host}"), &mut text);
    }
    out::print(&text)?;
    Ok(tried.answer.err().map_or(0, |denial| denial.code.exit_status()))
}

fn bad(invalid: &Invalid, remedy: &'static str) -> Failure {
    Failure::new(Code::BadParameter, invalid.to_string(), remedy)
}

/// The workstation's host id: what is said, or this machine's, as `explain` has it.
fn workstation(args: &OptionsTryArgs, own: Option<CpuId>) -> Result<CpuId, Failure> {
    const REMEDY: &str = "say the workstation's with --host-id; `lmhostid` shows it there";
    match (&args.host_id, own) {
        (Some(id), _) => CpuId::new(id).map_err(|invalid| bad(&invalid, REMEDY)),
        (None, Some(own)) => Ok(own),
        (None, None) => Err(Failure::new(Code::BadParameter, "this machine has no host id", REMEDY)),
    }
}

/// Now, or noon of the day that is said.
fn day(args: &OptionsTryArgs) -> Result<Wall, Failure> {
    let Some(on) = &args.on else { return Ok(Wall(Timestamp::now().as_millisecond())) };
    let day = Date::parse(on).map_err(|invalid| {
        Failure::new(Code::BadDate, format!("--on: {invalid}"), "write it as dd-mmm-yyyy, like 31-dec-2027")
    })?;
    Ok(Wall(day.start().0 + NOON))
}

/// What a pool answers, and what else the rules say of somebody there.
fn say(tried: &TriedPool, who: &str, text: &mut String) {
    if let Some(denial) = &tried.denied {
        let _ = writeln!(text, "refused: {denial}");
        return;
    }
    let (feature, config, cpu) = (tried.pool.feature(), tried.pool.config(), tried.pool.cpu());
    let _ = writeln!(text, "allowed: {who} may use {feature} (configuration {config}, cpu_id {cpu})");
    if let Some(refusal) = &tried.no_borrow {
        let _ = writeln!(text, "  not to be borrowed: {}: {}", refusal.code, refusal.why);
    }
    for counted in &tried.counted {
        let CountedRule { is_max, seats, in_force, who, rule, suite } = counted;
        let what = if *is_max { "at most" } else { "reserved" };
        let s = if *seats == 1 { "" } else { "s" };
        let of = suite.as_ref().map_or(String::new(), |suite| format!(" of {suite}"));
        let _ = write!(text, "  {what}: {seats} seat{s}{of} for {who} ({rule})");
        if in_force < seats {
            let _ = write!(text, ", of which the pool has {in_force}");
        }
        text.push('\n');
    }
}
