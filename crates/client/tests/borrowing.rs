//! Seats that are taken offline, and brought back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod peer;

use client::{Borrowed, CheckoutOptions, Client, Error, Leases, Options, TrustPolicy};
use license::{Lease, LeaseTerms, SecretKey, SignOptions, Source, Trust, TrustedKey};
use names::{ConfigId, CpuId, Feature, GrantId, PackNumber, PoolId, SeatCount, Vendor, Version, Wall};
use peer::{Conn, Peer, options, welcome};
use proto::v1;
use proto::v1::command::Kind as Asks;
use proto::v1::reply::Kind as Says;

const CPU: &str = "02aa10203040";
const CLIENT: &str = "02aa10203099";

/// What a license host does differently.
type Change = fn(&mut LeaseTerms, &mut v1::Granted);

/// A license host's keys and line, a workstation's folder, and a session.
struct Desk {
    peer: Peer,
    conn: Conn,
    client: Client,
    options: Options,
    line: v1::SignedLine,
    host: SecretKey,
    root: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let mut peer = Peer::new().await;
        let acmed = Vendor::new("acmed").unwrap();
        let vendor = SecretKey::for_vendor(acmed.clone(), [1; 32]);
        let host = SecretKey::for_host([2; 32]);
        let keys = Trust::new(vec![TrustedKey { vendor: acmed, key: vendor.public() }]);
        let sign = SignOptions {
            host_key: Some(host.public()),
            ..SignOptions::new(PackNumber::new("P-1").unwrap())
        };
        let text = format!("SERVER a {CPU}\nINCREMENT mill acmed 4.2 permanent 8 CONFIG_ID=11470\n");
        let signed = license::sign_pack(&Source::new("p.lic", text), &vendor, &sign).unwrap();
        let loaded = license::load(&[Source::new("p.lic", signed)], &keys, None, false);
        let line = loaded.entitlements[0].line.clone().unwrap();
        let line = v1::SignedLine {
            canonical: line.canonical.clone(),
            key_id: line.key_id.to_string(),
            signature: line.signature.to_vec().into(),
        };
        // The peer proves no host key; the line names it, and the lease proves it.
        let mut options = options();
        options.trust = TrustPolicy::Vendor { keys, require_host_key: false };
        options.identity.cpu_id = Some(CpuId::new(CLIENT).unwrap());
        let servers = peer.servers();
        let (client, (conn, _)) =
            tokio::join!(Client::connect(&servers, options.clone()), peer.greets(welcome(7, 60_000, vec![])));
        Self { conn, client: client.unwrap(), options, line, host, peer, root: tempfile::tempdir().unwrap() }
    }

    fn leases(&self) -> Leases {
        Leases::at(&self.root.path().join("borrowed")).unwrap()
    }

    fn open(&self) -> Result<Borrowed, Error> {
        self.leases().open(&self.options.trust, &self.options.identity, "mill", "4.0")
    }

    /// Borrows for a time; the license host grants it, after `change`.
    async fn borrow(&mut self, grant: u64, change: Change) -> (Result<Borrowed, Error>, Vec<Asks>) {
        let leases = self.leases();
        let until = Wall(now().0 + 3_600_000);
        let mill = CheckoutOptions::new("mill", "4.0");
        let mut heard = Vec::new();
        let (client, conn) = (&self.client, &mut self.conn);
        let serves = async {
            let asked = conn.asked().await;
            let Some(Asks::Checkout(checkout)) = &asked.kind else { panic!("{asked:?}") };
            let borrow = checkout.borrow.clone().unwrap();
            assert_eq!(borrow.until_ms, until.0);
            let mut terms = LeaseTerms {
                pool: pool(),
                version: Version::new(&checkout.version).unwrap(),
                seats: SeatCount::ONE,
                user: self.options.identity.user.clone(),
                host: self.options.identity.host.clone(),
                client: CpuId::new(CLIENT).unwrap(),
                grant: GrantId(grant),
                issued: now(),
                until,
                proof: <[u8; 32]>::try_from(&borrow.proof_hash[..]).unwrap(),
            };
            let mut granted = v1::Granted {
                until_ms: until.0,
                line: Some(self.line.clone()),
                ..peer::granted(grant, asked.request_id)
            };
            change(&mut terms, &mut granted);
            let lease = Lease::issue(&self.host, &terms);
            granted.lease =
                Some(v1::Lease { canonical: lease.canonical, signature: lease.signature.to_vec().into() });
            conn.says(&asked, Says::Granted(granted)).await;
            // What the client has to say to that.
            loop {
                let asked = conn.asked().await;
                let kind = asked.kind.clone().unwrap();
                heard.push(kind);
                conn.says(&asked, Says::Returned(v1::Returned { grant })).await;
            }
        };
        let done = tokio::select! {
            done = client.borrow(&leases, &mill, until) => done,
            () = serves => unreachable!("it serves for ever"),
        };
        (done, heard)
    }
}

fn now() -> Wall {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Wall(i64::try_from(since.as_millis()).unwrap())
}

fn pool() -> PoolId {
    let (vendor, cpu) = (Vendor::new("acmed").unwrap(), CpuId::new(CPU).unwrap());
    PoolId::new(vendor, ConfigId::Number(11470), cpu, Feature::new("mill").unwrap(), "").unwrap()
}

fn bo_denied(code: i32) -> Says {
    Says::Denied(v1::Denied { code, message: format!("no ({code})"), ..v1::Denied::default() })
}

#[tokio::test]
async fn a_seat_is_borrowed_used_without_a_network_and_returned() {
    let mut desk = Desk::new().await;
    let (borrowed, heard) = desk.borrow(42, |_, _| {}).await;
    assert_eq!((borrowed.unwrap().terms().grant, heard.len()), (GrantId(42), 0));
    assert_eq!(desk.open().unwrap().terms().grant, GrantId(42));
    let leases = desk.leases();
    let kept = leases.list().unwrap().borrowed.remove(0);
    // The license host does not take it back before its time: it is borrowed as before.
    let (done, gone) = tokio::join!(desk.client.return_borrowed(&leases, &kept), async {
        let asked = desk.conn.asked().await;
        // At this moment it can be used by nobody here.
        let gone = leases.list().unwrap().borrowed.is_empty();
        desk.conn.says(&asked, bo_denied(-123)).await;
        gone
    });
    assert_eq!((done.unwrap_err().code().number(), gone), (-123, true));
    desk.open().unwrap();
    let (done, ()) = tokio::join!(desk.client.return_borrowed(&leases, &kept), async {
        let asked = desk.conn.asked().await;
        let Some(Asks::ReturnBorrowed(back)) = &asked.kind else { panic!("{asked:?}") };
        let secret = <[u8; 32]>::try_from(&back.proof[..]).unwrap();
        assert_eq!((back.grant, license::proof_hash(&secret)), (42, kept.terms().proof));
        desk.conn.says(&asked, Says::Returned(v1::Returned { grant: 42 })).await;
    });
    done.unwrap();
    assert!(matches!(desk.open(), Err(Error::NotBorrowed { .. })));
    assert!(leases.list().unwrap().given_up.is_empty());
}

#[tokio::test]
async fn bo_08_no_lease_is_kept_that_is_not_good_and_its_seat_goes_back() {
    let cases: [(Change, i32); 5] = [
        (|terms, _| terms.client = CpuId::new("02aa10203098").unwrap(), -9),
        (|terms, _| terms.grant = GrantId(43), -8),
        (|terms, _| terms.until.0 += 1, -8),
        (|terms, _| terms.issued.0 += 48 * 3_600_000, -88),
        (|_, granted| granted.line = None, -8),
    ];
    for (change, code) in cases {
        let mut desk = Desk::new().await;
        let (borrowed, heard) = desk.borrow(42, change).await;
        assert_eq!(borrowed.unwrap_err().code().number(), code);
        assert!(matches!(heard.as_slice(), [Asks::ReturnBorrowed(back)] if back.grant == 42), "{heard:?}");
        assert!(matches!(desk.open(), Err(Error::NotBorrowed { .. })));
    }
}

#[tokio::test]
async fn bo_09_a_question_whose_asker_died_is_cleared_up_by_the_next() {
    let mut desk = Desk::new().await;
    let leases = desk.leases();
    let mill = CheckoutOptions::new("mill", "4.0");
    // It is asked, and the application ends before the answer.
    let first = {
        let client = &desk.client;
        let asked = tokio::select! {
            done = client.borrow(&leases, &mill, Wall(now().0 + 3_600_000)) => panic!("{done:?}"),
            asked = desk.conn.asked() => asked,
        };
        let Some(Asks::Checkout(checkout)) = asked.kind else { panic!("{asked:?}") };
        checkout.borrow.unwrap().proof_hash
    };
    let mine = |grant: u64, user: &str| v1::Holder {
        grant,
        user: user.to_owned(),
        host: desk.options.identity.host.to_string(),
        keeping: v1::Keeping::Borrowed.into(),
        ..v1::Holder::default()
    };
    let user = desk.options.identity.user.to_string();
    let holders = vec![mine(40, "another"), mine(41, &user), mine(42, &user), mine(43, &user)];
    let pools = vec![v1::PoolStatus { holders, ..v1::PoolStatus::default() }];
    desk.peer.status.send_replace(v1::StatusReply { pools, ..v1::StatusReply::default() });
    let next = async {
        // Its secret returns no seat but its own.
        for (grant, says) in [(41, bo_denied(-42)), (42, Says::Returned(v1::Returned { grant: 42 }))] {
            let asked = desk.conn.asked().await;
            let Some(Asks::ReturnBorrowed(back)) = &asked.kind else { panic!("{asked:?}") };
            let secret = <[u8; 32]>::try_from(&back.proof[..]).unwrap();
            assert_eq!((back.grant, &license::proof_hash(&secret)[..]), (grant, &first[..]));
            desk.conn.says(&asked, says).await;
        }
        let asked = desk.conn.asked().await;
        assert!(matches!(asked.kind, Some(Asks::Checkout(_))), "{asked:?}");
        desk.conn.says(&asked, bo_denied(-67)).await;
    };
    let (done, ()) = tokio::join!(desk.client.borrow(&leases, &mill, Wall(now().0 + 3_600_000)), next);
    assert_eq!(done.unwrap_err().code().number(), -67);
    assert_eq!(std::fs::read_dir(desk.root.path().join("borrowed")).unwrap().count(), 0);
}

#[tokio::test]
async fn bo_02_a_time_that_has_passed_is_not_asked_for() {
    let desk = Desk::new().await;
    let mill = CheckoutOptions::new("mill", "4.0");
    for until in [0, now().0, i64::MIN] {
        let error = desk.client.borrow(&desk.leases(), &mill, Wall(until)).await.unwrap_err();
        assert_eq!(error.code().number(), -42);
    }
}
