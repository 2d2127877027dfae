//! What comes with a new day: what the owner will need for it is found out shortly before, and with
//! `AUTOMATIC_REREAD` license and options files are read again.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use names::{Date, Wall};
use policy::Policy;
use service::{Ask, InForce};

use crate::clock;
use crate::edge::Edge;
use crate::office::{self, Files};

/// Whether any of these vendors has it on: it is, unless their options file says OFF.
pub(crate) fn is_on(policy: &Policy, vendors: &[String]) -> bool {
    let is_off = |vendor: &String| {
        let mut files = policy.vendors().iter().filter(|options| options.vendor.as_str() == vendor);
        files.any(|options| !options.automatic_reread)
    };
    !vendors.iter().all(is_off)
}

/// How long before a day what it needs is found out.
const FORESEE_MS: i64 = 90_000;

/// Finds out what each day will need before it comes, and reads the files again when it has come, until
/// the daemon stops: a drain does not wait for it.
pub(crate) async fn run(edge: Arc<Edge>, files: Files) {
    let mut day = Date::of(clock::now().wall);
    let mut foreseen = day;
    loop {
        tokio::select! {
            () = edge.draining.cancelled() => return,
            () = tokio::time::sleep(look_in(day, clock::now().wall)) => {}
        }
        let now = clock::now().wall;
        let next = day_ahead(now);
        if next != foreseen {
            foreseen = next;
            foresee(&edge, next).await;
        }
        let today = Date::of(now);
        if today != day {
            day = today;
            if edge.is_reread_daily.load(Ordering::Relaxed) {
                reread(&edge, files.clone()).await;
            }
        }
    }
}

/// When to look at the date again: the wall clock may be set at any time.
fn look_in(day: Date, now: Wall) -> Duration {
    let midnight = u64::try_from(day.end().0.saturating_sub(now.0)).unwrap_or(0);
    Duration::from_millis(midnight.clamp(1, 60_000))
}

/// The day that has come shortly after this moment.
fn day_ahead(now: Wall) -> Date {
    Date::of(Wall(now.0.saturating_add(FORESEE_MS)))
}

/// Has the owner know beforehand what it would have to find out when the day comes.
async fn foresee(edge: &Arc<Edge>, day: Date) {
    let (licensed, policy) = (edge.licensed.load_full(), edge.policy.load_full());
    let mut in_force = InForce::new(licensed, policy, office::utc_offset());
    let reader = Arc::clone(edge);
    let found = tokio::task::spawn_blocking(move || {
        in_force.prepare(&reader.viewer.state(), day);
        in_force
    });
    // Without it the owner finds out by itself.
    let Ok(found) = found.await else { return };
    if let Err(why) = office::ask(edge, Ask::Foresee(Box::new(found))).await {
        tracing::debug!("what {day} needs is found out when it comes: {}", why.message());
    }
}

/// Puts the files in force as they are now. Where something is wrong with them, nothing changes.
async fn reread(edge: &Arc<Edge>, files: Files) {
    let reader = Arc::clone(edge);
    let Ok(turn) = office::Turn::take(edge) else {
        tracing::info!("the day's reread is left out: an administrator has the files read again just now");
        return;
    };
    let read = tokio::task::spawn_blocking(move || office::read(&reader, &files)).await;
    let read = match read.map_err(|e| e.to_string()).and_then(|read| read) {
        Ok((_, read)) => read,
        Err(why) => {
            edge.counted.rereads_refused.one();
            tracing::error!("the day's reread is not put in force, and nothing changes: {why}");
            return;
        }
    };
    match office::put_in_force(turn, read, false, None).await {
        Ok(_) => tracing::info!("licenses and options files were read again for the day"),
        Err(why) => tracing::error!("the day's reread is not put in force: {}", why.message()),
    }
}

#[cfg(test)]
mod tests {
    use license::Source;

    use super::*;

    #[test]
    fn the_date_is_looked_at_each_minute_and_at_midnight() {
        let day = Date::new(2027, 6, 15).unwrap();
        for (before, wait) in [(120_000, 60_000), (60_001, 60_000), (30_000, 30_000), (0, 1), (-9, 1)] {
            assert_eq!(look_in(day, Wall(day.end().0 - before)), Duration::from_millis(wait), "{before}");
        }
    }

    #[test]
    fn a_day_is_foreseen_by_a_look_at_the_date_before_it_comes() {
        let day = Date::new(2027, 6, 15).unwrap();
        let next = Date::new(2027, 6, 16).unwrap();
        for (before, ahead) in [(90_001, day), (90_000, next), (60_000, next), (1, next), (0, next)] {
            assert_eq!(day_ahead(Wall(day.end().0 - before)), ahead, "{before}");
        }
        // The date is looked at each minute, so there is one look at least while it is ahead.
        assert!(look_in(day, Wall(day.end().0 - FORESEE_MS - 1)).as_millis() < FORESEE_MS as u128);
    }

    #[test]
    fn it_is_on_unless_every_vendor_has_it_off() {
        for (options, vendors, on) in [
            (None, &["acmed"][..], true),
            (Some("TIMEOUTALL 900\n"), &["acmed"], true),
            (Some("AUTOMATIC_REREAD ON\n"), &["acmed"], true),
            (Some("AUTOMATIC_REREAD OFF\n"), &["acmed"], false),
            (Some("AUTOMATIC_REREAD OFF\n"), &["acmed", "otherd"], true),
        ] {
            let policy = options.map_or_else(Policy::new, policy_of);
            let vendors: Vec<String> = vendors.iter().map(|vendor| (*vendor).to_owned()).collect();
            assert_eq!(is_on(&policy, &vendors), on, "{options:?} {vendors:?}");
        }
    }

    fn policy_of(options: &str) -> Policy {
        let vendor = names::Vendor::new("acmed").unwrap();
        let key = license::SecretKey::for_vendor(vendor.clone(), [1; 32]);
        let lines = "SERVER lic1 02aa10203040 27000\nVENDOR acmed\nINCREMENT mill acmed 1 permanent 5\n";
        let pack = names::PackNumber::new("P-1").unwrap();
        let signed =
            license::sign_pack(&Source::new("p.lic", lines), &key, &license::SignOptions::new(pack)).unwrap();
        let trust = license::Trust::new(vec![license::TrustedKey { vendor, key: key.public() }]);
        let sources = [Source::new("p.lic", signed)];
        let loaded = license::load(&sources, &trust, None, true);
        let (file, _) = policy::parse(&Source::new("acmed.opt", options));
        let mut policy = Policy::new();
        policy.add(&file, &loaded.entitlements.iter().collect::<Vec<_>>(), &sources);
        policy
    }
}
