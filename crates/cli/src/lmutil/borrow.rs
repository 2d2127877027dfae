//! `lmborrow`: FlexNet's words for what `borrow` does.

use std::fmt::Write as _;

use client::{Kept, Leases};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::{Code, Vendor, Wall};
use serde_json::{Value, json};

use super::kept_date::{self, KeptDate};
use super::{said, show, word};
use crate::args::{BorrowReturnArgs, BorrowTakeArgs, LmborrowArgs, WantedArgs, WhoArgs};
use crate::fail::Failure;
use crate::{borrow, on_runtime, times};

const REMEDY: &str = "write lmborrow VENDOR|all dd-mmm-yyyy[:hh:mm] [FEATURE…], or one of -status, -clear, -purge, -return FEATURE";

/// Does what the words say.
pub(crate) fn run(args: &LmborrowArgs) -> Result<u8, Failure> {
    let json = args.report.json;
    match args.words.as_slice() {
        [] if args.status => status(json),
        [] if args.clear => {
            kept_date::clear()?;
            show("lmborrow", json, "LM_BORROW is cleared\n", json!({ "cleared": true }))?;
            Ok(0)
        }
        [] if args.purge => {
            let count = Leases::of_user()?.purge()?;
            let s = if count == 1 { "" } else { "s" };
            let text = format!("{count} borrowed seat{s} whose time is over forgotten\n");
            show("lmborrow", json, &text, json!({ "purged": count }))?;
            Ok(0)
        }
        [feature] if args.give_back => on_runtime(give_back(feature, args)),
        [vendor, until, features @ ..] if !(args.status || args.clear || args.purge || args.give_back) => {
            on_runtime(until_date(vendor, until, features, args))
        }
        _ => Err(Failure::new(Code::BadParameter, "these words are not what lmborrow takes", REMEDY)),
    }
}

/// What is borrowed here; no server is asked.
fn status(json: bool) -> Result<u8, Failure> {
    let listing = Leases::of_user()?.list()?;
    let mut text = String::new();
    if let Some(kept) = kept_date::now() {
        let _ = writeln!(text, "{}\n", word(&kept.to_string()));
    }
    let _ = writeln!(text, "{:<12} {:<32} Expiration", "Vendor", "Feature");
    let _ = writeln!(text, "{:<12} {:<32} __________\n", "______", "_______");
    for kept in &listing.borrowed {
        let terms = kept.terms();
        let _ = writeln!(
            text,
            "{:<12} {:<32} {}",
            terms.pool.vendor().as_str(),
            terms.pool.feature().as_str(),
            expiration(terms.until)
        );
    }
    let rows: Vec<Value> = listing.borrowed.iter().map(row).collect();
    let fields = json!({ "lm_borrow": kept_date::now().map(|kept| kept.to_string()), "borrowed": rows, "broken": listing.broken });
    show("lmborrow", json, &text, fields)?;
    match listing.broken.first() {
        None => Ok(0),
        Some(broken) => {
            let message = format!("{}: it cannot be read as what it should be", word(broken));
            Err(Failure::new(
                Code::BadSignature,
                message,
                "borrow the seat again; what is lost is free at its date",
            ))
        }
    }
}

fn row(kept: &Kept) -> Value {
    let terms = kept.terms();
    json!({
        "vendor": terms.pool.vendor().as_str(),
        "feature": terms.pool.feature().as_str(),
        "config_id": terms.pool.config().to_string(),
        "version": terms.version.to_string(),
        "seats": terms.seats.get(),
        "grant": terms.grant.0,
        "until": Timestamp::from_millisecond(terms.until.0).unwrap_or(Timestamp::UNIX_EPOCH).to_string(),
        "server": kept.server().to_string(),
    })
}

/// `31-dec-2027 18:00`, in local time.
fn expiration(until: Wall) -> String {
    let at = Timestamp::from_millisecond(until.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::system()).strftime("%-d-%b-%Y %H:%M").to_string().to_lowercase()
}

/// Keeps the date, and borrows the features that are named.
async fn until_date(
    vendor: &str,
    until: &str,
    features: &[String],
    args: &LmborrowArgs,
) -> Result<u8, Failure> {
    let json = args.report.json;
    let named = (vendor != "all").then_some(vendor);
    if let Some(name) = named {
        Vendor::new(name).map_err(|invalid| {
            let message = format!("the vendor {:?}: {invalid}", client::shown(name, 80));
            Failure::new(Code::BadParameter, message, REMEDY)
        })?;
    }
    let end = times::until("the date", until, &TimeZone::system())?;
    if end <= times::in_hours(0) {
        let message = said(Code::BorrowExpired, &word(until));
        return Err(Failure::new(Code::BorrowExpired, message, "name a day that is to come"));
    }
    let today =
        Timestamp::now().to_zoned(TimeZone::system()).strftime("%-d-%b-%Y").to_string().to_lowercase();
    let kept = KeptDate { from: today, vendor: vendor.to_owned(), until: until.to_owned() };
    kept_date::keep(&kept)?;
    let mut text = format!("{kept}\n");
    let mut borrowed = Vec::new();
    let mut failed = None;
    for feature in features {
        let wanted = WantedArgs {
            feature: feature.clone(),
            seats: 1,
            version: "0".into(),
            config_id: None,
            vendor: named.map(str::to_owned),
            data: None,
        };
        let who = WhoArgs { user: None, display: None };
        let server = args.server.clone();
        let take = BorrowTakeArgs { wanted, until: Some(until.to_owned()), hours: None, who, server };
        let one = match Box::pin(borrow::taken(&take)).await {
            Ok(one) => one,
            Err(failure) => {
                failed = Some(failure);
                break;
            }
        };
        text.push_str(&borrow::told(&one));
        let terms = one.terms();
        borrowed.push(json!({ "feature": terms.pool.feature().as_str(), "grant": terms.grant.0 }));
    }
    if features.is_empty() {
        text.push_str(
            "seats are borrowed until then with `seatkeeper borrow FEATURE`, or name them behind the date\n",
        );
    }
    // What was borrowed before one was refused is borrowed, and told.
    show("lmborrow", json, &text, json!({ "lm_borrow": kept.to_string(), "borrowed": borrowed }))?;
    failed.map_or(Ok(0), Err)
}

/// Brings one seat of a feature back.
async fn give_back(feature: &str, args: &LmborrowArgs) -> Result<u8, Failure> {
    let listing = Leases::of_user()?.list()?;
    let of_it: Vec<&Kept> = listing.borrowed.iter().filter(|kept| is_meant(kept, feature, args)).collect();
    let what = match of_it.as_slice() {
        [one] => one.terms().grant.to_string(),
        // One that was given up, or whose return nobody has confirmed; or there is none.
        [] if listing.borrowed.iter().all(|kept| kept.terms().pool.feature().as_str() != feature) => {
            feature.to_owned()
        }
        [] => {
            let message = format!("no borrowed seat of {} is the one that is described", word(feature));
            return Err(Failure::new(
                Code::BorrowUnknown,
                message,
                "`lmborrow -status` shows what is borrowed here",
            ));
        }
        several => {
            let grants: Vec<_> = several.iter().map(|kept| kept.terms().grant.to_string()).collect();
            let message = format!("{} borrowed seats are of {}", several.len(), word(feature));
            let remedy = format!("name one: `seatkeeper borrow return GRANT` with {}", grants.join(" or "));
            return Err(Failure::new(Code::BadParameter, message, remedy));
        }
    };
    borrow::returned(&BorrowReturnArgs { what, servers: args.server.servers.clone() }).await?;
    let text = format!("returned: the borrowed seat of {}\n", word(feature));
    show("lmborrow", args.report.json, &text, json!({ "returned": feature }))?;
    Ok(0)
}

/// Whether a lease is what the words behind -return describe.
fn is_meant(kept: &Kept, feature: &str, args: &LmborrowArgs) -> bool {
    let terms = kept.terms();
    let short = |host: &str| {
        if args.fqdn { host.to_owned() } else { host.split('.').next().unwrap_or(host).to_owned() }
    };
    let is_host = |host: &String| short(host).eq_ignore_ascii_case(&short(terms.host.as_str()));
    terms.pool.feature().as_str() == feature
        && args.user.as_ref().is_none_or(|user| user == terms.user.as_str())
        && args.host.as_ref().is_none_or(is_host)
        && args.vendor.as_ref().is_none_or(|vendor| vendor == terms.pool.vendor().as_str())
        && args.version.as_ref().is_none_or(|version| *version == terms.version.to_string())
}
