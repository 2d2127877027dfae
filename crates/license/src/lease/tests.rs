use names::{Code, ConfigId, CpuId, Feature, PackNumber, Vendor};

use super::*;
use crate::{LineError, SignOptions, Source, TrustedKey};

const HOUR: i64 = 3_600_000;

fn wall(date: &str) -> Wall {
    Date::parse(date).unwrap().start()
}

fn cpu(text: &str) -> CpuId {
    CpuId::new(text).unwrap()
}

fn word(text: &str) -> Word {
    Word::new("a word", text).unwrap()
}

/// Everything that a lease is verified with. Its seat was borrowed on 1-jun-2027 for three days.
struct Desk {
    keys: Trust,
    line: SignedLine,
    host: SecretKey,
    terms: LeaseTerms,
    user: Word,
    clients: Vec<CpuId>,
    clock: LeaseClock,
}

impl Desk {
    fn new() -> Self {
        Self::with_line("INCREMENT mill acmed 4.2 31-dec-2027 8 START=1-jan-2027 CONFIG_ID=11470")
    }

    fn with_line(line: &str) -> Self {
        Self::signed(line, Some(SecretKey::for_host([2; 32]).public()))
    }

    fn signed(line: &str, host_key: Option<PublicKey>) -> Self {
        let acmed = Vendor::new("acmed").unwrap();
        let vendor = SecretKey::for_vendor(acmed.clone(), [1; 32]);
        let keys = Trust::new(vec![TrustedKey { vendor: acmed.clone(), key: vendor.public() }]);
        let options = SignOptions { host_key, ..SignOptions::new(PackNumber::new("P-1").unwrap()) };
        let pack = Source::new("p.lic", format!("SERVER a 02aa10203040\n{line}\n"));
        let signed = crate::sign_pack(&pack, &vendor, &options).unwrap();
        let loaded = crate::load(&[Source::new("p.lic", signed)], &keys, None, false);
        let line = loaded.entitlements[0].line.clone().unwrap();
        let pool = PoolId::new(
            acmed,
            ConfigId::Number(11470),
            cpu("02aa10203040"),
            Feature::new("mill").unwrap(),
            "VENDOR_STRING=a b",
        );
        let terms = LeaseTerms {
            pool: pool.unwrap(),
            version: Version::new("4.0").unwrap(),
            seats: SeatCount::new(2).unwrap(),
            user: word("kim"),
            host: word("ws1"),
            client: cpu("02aa10203099"),
            grant: GrantId(42),
            issued: wall("1-jun-2027"),
            until: wall("4-jun-2027"),
            proof: proof_hash(&[5; 32]),
        };
        let clock = LeaseClock { now: Wall(terms.issued.0 + HOUR), high_water: terms.issued };
        let clients = vec![cpu("02aa10203098"), cpu("02aa10203099")];
        Self { keys, line, host: SecretKey::for_host([2; 32]), terms, user: word("kim"), clients, clock }
    }

    fn issue(&self) -> SignedLease {
        Lease::issue(&self.host, &self.terms)
    }

    fn verify(&self, lease: &SignedLease) -> Result<Lease, LeaseError> {
        let borrower = Borrower { user: &self.user, clients: &self.clients };
        Lease::verify(lease, &self.line, &self.keys, &borrower, &self.clock).map(|(lease, _)| lease)
    }

    fn check(&self) -> Result<(), LeaseError> {
        self.verify(&self.issue()).map(|_| ())
    }
}

#[test]
fn a_lease_is_verified_from_the_vendor_down_and_says_its_terms() {
    let desk = Desk::new();
    let lease = desk.verify(&desk.issue()).unwrap();
    assert_eq!((lease.terms(), lease.host_key()), (&desk.terms, &desk.host.public()));
    assert_eq!(Lease::read(&desk.issue().canonical), Ok(lease));
}

#[test]
fn the_bytes_of_a_lease_are_these() {
    let lease = Desk::new().issue();
    let golden = "seatkeeper lease 1\nvendor acmed\nconfig 11470\ncpu 02aa10203040\nfeature mill\n\
        pooling VENDOR_STRING=a b\nversion 4.0\nseats 2\nuser kim\nhost ws1\nclient 02aa10203099\ngrant 42\n\
        issued 1811808000000\nuntil 1812067200000\n\
        proof f849d67325facf04177bc663b2dc544051831c589ef581d412f2eba44834e77c\n\
        host_key gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=\n";
    assert_eq!(std::str::from_utf8(&lease.canonical).unwrap(), golden);
    assert_eq!(
        form::hex(&lease.signature),
        "222090ee232839d97c4759826203e5885e7e72d82fc315bca2d997a8ce2ac90b2a0e72a16f74a6983ce68c6090544096fcdbcc284888118c0694d29896fd5500"
    );
}

#[test]
fn bo_04_every_bit_of_a_lease_counts() {
    let desk = Desk::new();
    let good = desk.issue();
    for bit in 0..good.canonical.len() * 8 {
        let mut bytes = good.canonical.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let bad = SignedLease { canonical: bytes.into(), ..good.clone() };
        assert_eq!(desk.verify(&bad).map_err(|e| e.code()), Err(Code::BadSignature), "bit {bit}");
    }
    for bit in 0..512 {
        let mut bad = good.clone();
        bad.signature[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(desk.verify(&bad), Err(LeaseError::BadSignature), "bit {bit}");
    }
    for length in 0..good.canonical.len() {
        let bad = SignedLease { canonical: good.canonical.slice(..length), ..good.clone() };
        assert!(matches!(desk.verify(&bad), Err(LeaseError::NotALease(_))), "{length} bytes");
    }
    for more in ["\n", " ", std::str::from_utf8(&good.canonical).unwrap()] {
        let bytes = [&good.canonical[..], more.as_bytes()].concat();
        let bad = SignedLease { canonical: bytes.into(), ..good.clone() };
        assert!(matches!(desk.verify(&bad), Err(LeaseError::NotALease(_))), "{more:?}");
    }
    // Each bit of the vendor's line too.
    for bit in 0..desk.line.canonical.len() * 8 {
        let mut desk = Desk { line: desk.line.clone(), ..Desk::new() };
        let mut bytes = desk.line.canonical.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        desk.line.canonical = bytes.into();
        assert!(matches!(desk.verify(&good), Err(LeaseError::Line(_))), "bit {bit} of the line");
    }
}

#[test]
fn a_second_way_to_write_a_lease_is_refused() {
    let good = String::from_utf8(Desk::new().issue().canonical.to_vec()).unwrap();
    for (text, other) in [
        ("grant 42", "grant 042"),
        ("grant 42", "grant +42"),
        ("seats 2", "seats 02"),
        ("lease 1", "lease 2"),
        ("cpu 02aa", "cpu 02AA"),
        ("proof f8", "proof F8"),
        ("user kim", "user  kim"),
        ("user kim\nhost ws1", "host ws1\nuser kim"),
        ("issued 1", "issued +1"),
        ("config 11470\n", ""),
        ("\n", "\r\n"),
    ] {
        let bad = good.replacen(text, other, 1);
        assert_ne!(bad, good);
        assert!(matches!(Lease::read(bad.as_bytes()), Err(LeaseError::NotALease(_))), "{other:?}");
    }
    let long = format!("{good}{}", "x".repeat(form::LEASE_BYTES_MAX));
    assert_eq!(Lease::read(long.as_bytes()), Err(LeaseError::NotALease("it is too long")));
}

/// What a site says of a lease.
type Change = fn(&mut Desk);

#[test]
fn bo_04_bo_05_a_lease_is_for_one_host_line_user_and_workstation() {
    let cases: [(Change, Result<(), i32>); 12] = [
        (|_| {}, Ok(())),
        (|desk| desk.host = SecretKey::for_host([3; 32]), Err(-8)),
        (|desk| desk.keys = Trust::default(), Err(-8)),
        (|desk| desk.line = Desk::signed(MILL, None).line, Err(-8)),
        (|desk| desk.line = Desk::with_line(&MILL.replace("11470", "11471")).line, Err(-8)),
        (|desk| desk.line = Desk::with_line(&MILL.replace("mill", "lathe")).line, Err(-8)),
        (|desk| desk.line = Desk::with_line(&MILL.replace("4.2", "3.9")).line, Err(-8)),
        (|desk| desk.line = Desk::with_line(&MILL.replace("31-dec-2027", "2-jun-2027")).line, Err(-8)),
        (|desk| desk.user = word("lee"), Err(-9)),
        (|desk| desk.user = word("Kim"), Err(-9)),
        (|desk| desk.clients = vec![cpu("02aa10203098")], Err(-9)),
        (|desk| desk.clients.clear(), Err(-9)),
    ];
    for (n, (change, expected)) in cases.into_iter().enumerate() {
        let mut desk = Desk::new();
        change(&mut desk);
        assert_eq!(desk.check().map_err(|e| e.code().number()), expected, "case {n}");
    }
    let mut desk = Desk::new();
    desk.keys = Trust::default();
    assert!(matches!(desk.check(), Err(LeaseError::Line(LineError::UnknownVendor(_)))));
}

const MILL: &str = "INCREMENT mill acmed 4.2 31-dec-2027 8 START=1-jan-2027 CONFIG_ID=11470";

#[test]
fn bo_06_time_goes_forward_only() {
    let desk = Desk::new();
    let (issued, until) = (desk.terms.issued.0, desk.terms.until.0);
    let day = CLOCK_DRIFT_MS;
    for (now, high_water, expected) in [
        (issued, issued, Ok(())),
        (until - 1, issued, Ok(())),
        (until, issued, Err(-118)),
        (until + 10_000 * day, issued, Err(-118)),
        // An hour back is a clock set right; a day and more is not.
        (issued + HOUR, issued + 2 * HOUR, Ok(())),
        (issued - day, issued, Ok(())),
        (issued - day - 1, issued, Err(-88)),
        (issued - day - 1, i64::MIN, Err(-88)),
        (issued + day, issued + 2 * day, Ok(())),
        (issued + day - 1, issued + 2 * day, Err(-88)),
        // Forward, then back: what is over stays over.
        (until - HOUR, until, Err(-118)),
        (until - HOUR, until - 1, Ok(())),
        (issued, until + 9 * day, Err(-88)),
        (i64::MIN, i64::MAX, Err(-88)),
    ] {
        let clock = LeaseClock { now: Wall(now), high_water: Wall(high_water) };
        let verdict = Desk { clock, ..Desk::new() }.check().map_err(|e| e.code().number());
        assert_eq!(verdict, expected, "{now} {high_water}");
    }
    // The line's own dates count as well.
    let late = Desk::with_line(&MILL.replace("1-jan-2027", "3-jun-2027"));
    assert_eq!(late.check().unwrap_err().code(), Code::NotYet);
    let mut last = Desk::with_line(&MILL.replace("31-dec-2027", "3-jun-2027"));
    assert_eq!(last.check(), Ok(()), "to the end of its last day");
    last.terms.until.0 += 1;
    assert_eq!(last.check(), Err(LeaseError::BeyondLine(Date::parse("3-jun-2027").unwrap())));
}

#[test]
fn a_receipt_is_of_one_grant_and_finds_a_typing_error() {
    let receipt = Receipt::new(GrantId(42), [0xab; 32]);
    let text = receipt.to_string();
    assert_eq!(text.len(), 9 * 8 + 8);
    assert_eq!(text.parse::<Receipt>().unwrap().secret(GrantId(42)), Ok([0xab; 32]));
    let read_out = text.to_uppercase().replace('-', " \n");
    assert_eq!(read_out.parse::<Receipt>().unwrap(), receipt);
    assert_eq!(receipt.secret(GrantId(43)), Err(ReceiptError::Other(GrantId(43))));
    let mistyped = text.replacen('a', "b", 1).parse::<Receipt>().unwrap();
    assert_eq!(mistyped.secret(GrantId(42)), Err(ReceiptError::Other(GrantId(42))));
    for bad in ["", "abc", &text[1..], &format!("{text}00"), &text.replacen('a', "g", 1)] {
        assert_eq!(bad.parse::<Receipt>(), Err(ReceiptError::Shape), "{bad:?}");
    }
    assert!(!format!("{receipt:?}").contains("abab"), "a secret is not logged");
}
