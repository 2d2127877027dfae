use std::os::unix::fs::PermissionsExt as _;

use license::{PublicKey, SecretKey, SignOptions, Source, Trust, TrustedKey};
use names::{ConfigId, PackNumber, PoolId, SeatCount, Vendor};

use super::*;
use crate::SeatState;
use crate::boot::Boot;

const HOUR: i64 = 3_600_000;
const CPU: &str = "02aa10203040";

/// A user's folder, and a license host that lends seats of mill.
struct Desk {
    root: tempfile::TempDir,
    trust: TrustPolicy,
    line: SignedLine,
    host: SecretKey,
    identity: Identity,
}

impl Desk {
    fn new() -> Self {
        let vendor = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32]);
        let host = SecretKey::for_host([2; 32]);
        let keys =
            Trust::new(vec![TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: vendor.public() }]);
        let identity = Identity {
            user: Word::new("a user", "kim").unwrap(),
            cpu_id: Some(CpuId::new("02aa10203099").unwrap()),
            ..Identity::of_this_process()
        };
        let line = line(&vendor, host.public(), &keys);
        let trust = TrustPolicy::Vendor { keys, require_host_key: true };
        Self { root: tempfile::tempdir().unwrap(), trust, line, host, identity }
    }

    fn leases(&self) -> Leases {
        Leases::at(&self.root.path().join("borrowed")).unwrap()
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.root.path().join("borrowed").join(name)
    }

    /// A lease that the license host issued now, for so long.
    fn lends(&self, grant: u64, for_ms: i64) -> Kept {
        self.lends_at(grant, Seen::now().wall, for_ms).unwrap()
    }

    fn lends_at(&self, grant: u64, issued: Wall, for_ms: i64) -> Result<Kept, LeaseError> {
        let feature = Feature::new("mill").unwrap();
        let (cpu, secret) = (CpuId::new(CPU).unwrap(), [grant as u8; 32]);
        let vendor = Vendor::new("acmed").unwrap();
        let until = Wall(issued.0 + for_ms);
        let terms = LeaseTerms {
            pool: PoolId::new(vendor, ConfigId::Number(11470), cpu, feature.clone(), "").unwrap(),
            version: Version::new("4.0").unwrap(),
            seats: SeatCount::ONE,
            user: self.identity.user.clone(),
            host: self.identity.host.clone(),
            client: self.identity.cpu_id.clone().unwrap(),
            grant: GrantId(grant),
            issued,
            until,
            proof: license::proof_hash(&secret),
        };
        let asked = Asked {
            feature: &feature,
            seats: SeatCount::ONE,
            grant: GrantId(grant),
            secret,
            until,
            user: &self.identity.user,
            clients: &clients(&self.identity),
        };
        Kept::received(&lic1(), Lease::issue(&self.host, &terms), self.line.clone(), &asked, &self.trust)
    }

    fn open(&self, version: &str) -> Result<Borrowed, Error> {
        self.leases().open(&self.trust, &self.identity, "mill", version)
    }

    fn code(&self) -> i32 {
        self.open("4.0").map_or_else(|error| error.code().number(), |_| 0)
    }
}

fn lic1() -> Server {
    Server::new("lic1", 27000).unwrap()
}

fn line(vendor: &SecretKey, host: PublicKey, keys: &Trust) -> SignedLine {
    let options = SignOptions { host_key: Some(host), ..SignOptions::new(PackNumber::new("P-1").unwrap()) };
    let text = format!("SERVER a {CPU}\nINCREMENT mill acmed 4.2 permanent 8 CONFIG_ID=11470\n");
    let signed = license::sign_pack(&Source::new("p.lic", text), vendor, &options).unwrap();
    let loaded = license::load(&[Source::new("p.lic", signed)], keys, None, false);
    loaded.entitlements[0].line.clone().unwrap()
}

#[test]
fn a_borrowed_seat_opens_without_a_network_as_long_as_it_lasts() {
    let desk = Desk::new();
    assert_eq!(desk.code(), -41, "nothing is borrowed");
    let leases = desk.leases();
    leases.save(&desk.lends(7, HOUR)).unwrap();
    leases.save(&desk.lends(8, 3 * HOUR)).unwrap();
    let borrowed = desk.open("4.2").unwrap();
    assert_eq!(borrowed.terms().grant, GrantId(8), "the one that lasts longest");
    assert_eq!((borrowed.state(), borrowed.server()), (SeatState::Granted, &lic1()));
    let left = i64::try_from(borrowed.remaining().unwrap().as_millis()).unwrap();
    assert!((3 * HOUR - 60_000..=3 * HOUR).contains(&left), "{left}");
    assert_eq!(desk.open("4.3").unwrap_err().code().number(), -25);
    let error = leases.open(&TrustPolicy::Unverified, &desk.identity, "mill", "4.0").unwrap_err();
    assert_eq!(error.code().number(), -8, "without the vendor's key nothing is proved");
    let listing = leases.list().unwrap();
    let grants: Vec<_> = listing.borrowed.iter().map(|kept| kept.terms().grant.0).collect();
    assert_eq!((grants, listing.broken), (vec![7, 8], vec![]));
    // It ends by the clock that nobody sets, and by the one that somebody does.
    let over = |opened: i64, at: u64| {
        let kept = &listing.borrowed[1];
        let mut one = kept.borrowed();
        one.set_opened(Wall(kept.terms().until.0 + opened), Boot(Boot::now().0.saturating_sub(at)));
        one.state()
    };
    assert_eq!(over(-60_000, 1_000), SeatState::Granted);
    for state in [over(0, 0), over(-1_000, 1_000)] {
        assert!(matches!(state, SeatState::Lost { code: Code::BorrowExpired, .. }), "{state:?}");
    }
}

#[test]
fn a_seat_that_is_over_is_not_kept_for_ever() {
    let mut desk = Desk::new();
    let leases = desk.leases();
    // It was good when it was kept, an hour ago.
    let trust = std::mem::replace(&mut desk.trust, TrustPolicy::Unverified);
    let now = Seen::now();
    let over = desk.lends_at(7, Wall(now.wall.0 - 2 * HOUR), HOUR).unwrap();
    desk.trust = trust;
    leases.folder.write(&over.name("lease"), &file::of_kept(&over)).unwrap();
    leases.set_clock(&now, over.terms().issued).unwrap();
    assert_eq!(leases.list().unwrap().borrowed[0].remaining_ms(), None);
    assert_eq!(desk.code(), -118);
    leases.save(&desk.lends(8, HOUR)).unwrap();
    let left: Vec<_> = leases.list().unwrap().borrowed.iter().map(|kept| kept.terms().grant.0).collect();
    assert_eq!((left, desk.code()), (vec![8], 0));
}

#[test]
fn bo_04_a_lease_that_is_not_what_was_asked_for_is_not_taken() {
    let desk = Desk::new();
    let kept = desk.lends(7, HOUR);
    let feature = Feature::new("mill").unwrap();
    let clients = clients(&desk.identity);
    let good = || Asked {
        feature: &feature,
        seats: SeatCount::ONE,
        grant: GrantId(7),
        secret: [7; 32],
        until: kept.terms().until,
        user: &desk.identity.user,
        clients: &clients,
    };
    let take = |asked: &Asked| {
        let (signed, line) = (kept.signed.clone(), kept.line.clone());
        Kept::received(&lic1(), signed, line, asked, &desk.trust).map(|_| ()).map_err(|e| e.code().number())
    };
    let (lathe, lee) = (Feature::new("lathe").unwrap(), Word::new("a user", "lee").unwrap());
    assert_eq!(take(&good()), Ok(()));
    for (asked, code) in [
        (Asked { feature: &lathe, ..good() }, -8),
        (Asked { seats: SeatCount::new(2).unwrap(), ..good() }, -8),
        (Asked { grant: GrantId(8), ..good() }, -8),
        (Asked { secret: [8; 32], ..good() }, -8),
        (Asked { until: Wall(kept.terms().until.0 - 1), ..good() }, -8),
        (Asked { user: &lee, ..good() }, -9),
        (Asked { clients: &[], ..good() }, -9),
    ] {
        assert_eq!(take(&asked), Err(code), "{asked:?}");
    }
    // The workstation's clock is two days behind the license host's.
    let late = Wall(Seen::now().wall.0 + 48 * HOUR);
    assert_eq!(desk.lends_at(7, late, HOUR).unwrap_err().code(), Code::ClockSetBack);
}

#[test]
fn bo_04_bo_05_files_that_were_changed_or_are_anothers_open_nothing() {
    let desk = Desk::new();
    let leases = desk.leases();
    let kept = desk.lends(7, HOUR);
    leases.save(&kept).unwrap();
    let name = kept.name("lease");
    let text = std::fs::read_to_string(desk.file(&name)).unwrap();
    for cut in (0..text.len()).step_by(97).chain([text.len() - 1, text.len() - 4]) {
        std::fs::write(desk.file(&name), &text[..cut]).unwrap();
        if cut < text.len() - 1 {
            assert_eq!(leases.list().unwrap().broken, std::slice::from_ref(&name), "{cut} bytes");
            assert_eq!(desk.code(), -41, "{cut} bytes");
        }
    }
    std::fs::write(desk.file(&name), format!("{text}{text}")).unwrap();
    assert_eq!(desk.code(), -41);
    let signature = file::of_kept(&Kept {
        signed: SignedLease { signature: [0; 64], ..kept.signed.clone() },
        ..kept.clone()
    });
    std::fs::write(desk.file(&name), signature).unwrap();
    assert_eq!(desk.code(), -8);
    std::fs::write(desk.file(&name), &text).unwrap();
    assert_eq!(desk.code(), 0);
    std::fs::set_permissions(desk.file(&name), std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(desk.code(), -41, "others may read its secret");
    std::fs::set_permissions(desk.file(&name), std::fs::Permissions::from_mode(0o600)).unwrap();
    let other = Identity { user: Word::new("a user", "lee").unwrap(), ..desk.identity.clone() };
    let open = |identity| leases.open(&desk.trust, identity, "mill", "4.0").map_err(|e| e.code().number());
    assert_eq!(open(&other).unwrap_err(), -9);
    let moved = Identity { cpu_id: Some(CpuId::new("02aa10203098").unwrap()), ..desk.identity.clone() };
    assert_eq!(open(&moved).unwrap_err(), -9);
    assert!(!format!("{kept:?}").contains(&folder::hex(&[7; 32])), "a secret is not logged");
}

#[test]
fn bo_06_the_latest_time_goes_on_within_a_boot_and_stays_over_the_next() {
    let seen = |wall, since_boot, boot: &str| Seen {
        wall: Wall(wall),
        since_boot: Boot(since_boot),
        boot: boot.to_owned(),
    };
    let before = seen(1_000_000, 5_000, "a");
    for (now, high) in [
        (seen(1_000_500, 5_500, "a"), 1_000_500),
        (seen(0, 5_500, "a"), 1_000_500),
        (seen(9_000_000, 5_500, "a"), 1_000_500),
        (seen(0, 9_999, "b"), 1_000_000),
        (seen(0, 1, "a"), 1_000_000),
        (seen(0, 9_999, ""), 1_000_000),
    ] {
        assert_eq!(before.high_water(&now), Wall(high), "{now:?}");
    }
    assert_eq!(seen(7, 1, "").high_water(&seen(0, 9, "")), Wall(7), "an unknown boot is no boot");
}

#[test]
fn bo_06_bo_07_a_clock_that_was_set_back_and_a_record_that_is_gone() {
    let desk = Desk::new();
    let leases = desk.leases();
    leases.save(&desk.lends(7, 400 * HOUR)).unwrap();
    let now = Seen::now();
    let record = std::fs::read_to_string(desk.file("clock")).unwrap();
    let tell = |hours: i64| {
        let at = Seen { wall: Wall(now.wall.0 + hours * HOUR), ..now.clone() };
        leases.tell_time_at(&at).unwrap()
    };
    // Forward for a while, and back: the latest time stays.
    tell(100);
    assert_eq!(tell(1).latest().0, now.wall.0 + 100 * HOUR);
    assert_eq!(desk.code(), -88, "the clock is 100 hours behind what it has shown");
    // A record that is put back within the boot: it goes on by the machine's own clock.
    std::fs::write(desk.file("clock"), &record).unwrap();
    // The two clocks do not tick in the same moment.
    assert!(tell(-1).high_water.0 >= now.wall.0 - 1_000);
    assert_eq!(desk.code(), 0);
    for spoilt in [None, Some(""), Some("nonsense"), Some(&record[..record.len() - 5])] {
        match spoilt {
            None => std::fs::remove_file(desk.file("clock")).unwrap(),
            Some(text) => std::fs::write(desk.file("clock"), text).unwrap(),
        }
        std::fs::set_permissions(desk.file("clock"), std::fs::Permissions::from_mode(0o600)).ok();
        let error = desk.open("4.0").unwrap_err();
        assert!(matches!(error, Error::ClockUnknown { .. }), "{error}");
        assert_eq!(error.code(), Code::ClockSetBack);
        // A license host's word makes it anew.
        leases.save(&desk.lends(8, HOUR)).unwrap();
        assert_eq!(desk.code(), 0);
    }
    // One that cannot be written is no better: nothing would be remembered.
    std::fs::remove_file(desk.file("clock")).unwrap();
    std::fs::create_dir(desk.file("clock")).unwrap();
    assert_ne!(desk.code(), 0);
}

#[test]
fn what_is_given_up_is_gone_before_its_receipt_is_there() {
    let desk = Desk::new();
    let leases = desk.leases();
    let kept = desk.lends(7, HOUR);
    leases.save(&kept).unwrap();
    let given_up = leases.give_up(&kept).unwrap();
    assert_eq!(given_up.receipt().secret(GrantId(7)), Ok([7; 32]));
    assert_eq!(desk.code(), -41);
    let listing = leases.list().unwrap();
    assert_eq!((listing.borrowed.len(), listing.given_up), (0, vec![given_up.clone()]));
    // A crash between the two leaves the receipt: the lease counts no more.
    std::fs::write(desk.file(&kept.name("lease")), file::of_kept(&kept)).unwrap();
    assert_eq!(desk.code(), -41);
    // The license host does not take it: it is as before.
    leases.restore(&kept).unwrap();
    assert_eq!((desk.code(), leases.list().unwrap().given_up.len()), (0, 0));
    let given_up = leases.give_up(&kept).unwrap();
    leases.settled(&given_up).unwrap();
    assert_eq!(std::fs::read_dir(desk.file("")).unwrap().count(), 1, "only the clock's record is left");
}

#[test]
fn a_question_without_an_answer_is_found_when_its_asker_is_gone() {
    let desk = Desk::new();
    let leases = desk.leases();
    let feature = Feature::new("mill").unwrap();
    let open = leases.asking(&lic1(), &feature, [3; 32]).unwrap();
    assert!(leases.unanswered().unwrap().is_empty(), "its asker lives");
    drop(open);
    let found = leases.unanswered().unwrap();
    assert_eq!((found.len(), found[0].secret(), found[0].server()), (1, [3; 32], &lic1()));
    assert!(leases.list().unwrap().given_up.is_empty(), "it is no receipt");
    for pending in found {
        pending.answered().unwrap();
    }
    assert!(leases.unanswered().unwrap().is_empty());
}
