use names::Code;

use super::*;
use crate::limits::{REQUEST_BODY_BYTES_MAX, REQUEST_BYTES_MAX, REQUEST_IDS_MAX, REQUEST_PACKS_MAX};

fn key() -> SecretKey {
    SecretKey::for_host([2; 32])
}

fn cpu(text: &str) -> CpuId {
    CpuId::new(text).unwrap()
}

fn receipt() -> Request {
    Request {
        case: "S-1001".into(),
        company: Some("4711".into()),
        by: Some(Email::new("kim@example.com").unwrap()),
        host: cpu("02aa10203040"),
        at: Wall(1_811_808_000_000),
        asks: Asks::Surrendered(Surrendered {
            vendor: Vendor::new("acmed").unwrap(),
            ids: vec![11470, 11471],
            packs: vec![PackNumber::new("P-1001").unwrap()],
            to: cpu("02aa10203050"),
            to_key: Some(SecretKey::for_host([3; 32]).public()),
            ending: SurrenderEnding::Finish,
        }),
    }
}

fn surrendered(request: &mut Request) -> &mut Surrendered {
    match &mut request.asks {
        Asks::Surrendered(surrendered) => surrendered,
        Asks::Words { .. } => panic!("it is a receipt"),
    }
}

fn words(kind: RequestKind, body: &str) -> Request {
    Request { asks: Asks::Words { kind, body: body.into() }, ..receipt() }
}

const RECEIPT: &str = "seatkeeper request 1\nkind surrender\ncase S-1001\ncompany 4711\nby kim@example.com\n\
    host 02aa10203040\ntime 1811808000000\nvendor acmed\nids 11470 11471\npacks P-1001\nto 02aa10203050\n\
    to_key 7UkoxijRwsbq6QM4kFmVYSlZJzpcY/k2NsFGFKyHN9E=\nending finish\n\
    host_key gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=\n";

const ORDER: &str = "seatkeeper request 1\nkind order\ncase S-1001\ncompany -\nby -\nhost 02aa10203040\n\
    time 1811808000000\nbody 12\n5 of mill\nä\n\
    host_key gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=\n";

#[test]
fn the_bytes_of_a_request_are_these() {
    let order = Request { company: None, by: None, ..words(RequestKind::Order, "5 of mill\nä") };
    for (request, text, signature) in [
        (
            receipt(),
            RECEIPT,
            "p0WL43Rnn4vTG4LCW0skSOPrwnTXTaeAJta9aKRIrXWqzbH8p8Zh4r+cY47ZjdiAfbsYe32pymH2p3VKYpcfCQ==",
        ),
        (
            order,
            ORDER,
            "5A4OkFE70jbgkVchU40Ryd9Pz8E9kdla8emAt+r80dMFtDm1vZ0ADjPNuoQ6wLYsr0EHWkhHsnSeqw19bL14Dw==",
        ),
    ] {
        assert_eq!(request.sign(&key()).unwrap(), format!("{text}signature {signature}\n"));
    }
}

#[test]
fn what_is_signed_is_read_back_with_its_key() {
    let mut none = receipt();
    surrendered(&mut none).to_key = None;
    surrendered(&mut none).ending = SurrenderEnding::End;
    let anonymous = Request { company: None, by: None, ..none.clone() };
    let all = RequestKind::ALL.into_iter().filter(|kind| *kind != RequestKind::Surrender);
    let wishes = all.map(|kind| words(kind, "a,b\r\n\tc\nsignature x\nhost_key y\n"));
    for request in [receipt(), none, anonymous, words(RequestKind::Tools, "")].into_iter().chain(wishes) {
        let text = request.sign(&key()).unwrap();
        let read = SignedRequest::read(text.as_bytes()).unwrap();
        assert_eq!((read.request(), read.host_key()), (&request, &key().public()));
        assert_eq!(read.is_of(&key().public()), Ok(()));
        let other = SecretKey::for_host([4; 32]).public();
        assert_eq!(read.is_of(&other).map_err(RequestError::code), Err(Code::BadSignature));
    }
}

#[test]
fn every_bit_of_a_request_counts() {
    for request in [receipt(), words(RequestKind::Order, "{\"items\":[\"5 of mill\"]}\nsecond ä")] {
        let good = request.sign(&key()).unwrap().into_bytes();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(SignedRequest::read(&bad).is_err(), "bit {bit}");
        }
        for at in 0..good.len() {
            assert!(SignedRequest::read(&good[..at]).is_err(), "{at} bytes");
            let without = [&good[..at], &good[at + 1..]].concat();
            assert!(SignedRequest::read(&without).is_err(), "without byte {at}");
            let twice = [&good[..=at], &good[at..]].concat();
            assert!(SignedRequest::read(&twice).is_err(), "byte {at} twice");
        }
        for more in ["\n", " ", std::str::from_utf8(&good).unwrap()] {
            assert!(SignedRequest::read(&[&good[..], more.as_bytes()].concat()).is_err(), "{more:?}");
        }
    }
}

/// Signed by the right key, whatever it says: so only the form refuses it.
fn sign_text(text: &str) -> String {
    let end = text.find("signature ").unwrap_or(text.len());
    let signed = &text[..end];
    use base64::Engine as _;
    let signature = base64::engine::general_purpose::STANDARD.encode(key().sign(signed.as_bytes()));
    format!("{signed}signature {signature}\n")
}

#[test]
fn a_second_way_to_write_a_request_is_refused_though_it_is_signed() {
    let order = ORDER.replace("company -", "company 4711");
    assert!(SignedRequest::read(sign_text(RECEIPT).as_bytes()).is_ok());
    assert!(SignedRequest::read(sign_text(&order).as_bytes()).is_ok());
    for (text, other) in [
        ("request 1", "request 2"),
        ("request 1\n", "request 1 \n"),
        ("kind surrender", "kind order"),
        ("kind surrender", "kind Surrender"),
        ("case S-1001", "case "),
        ("case S-1001", "case -"),
        ("case S-1001", "case S 1001"),
        ("case S-1001", "case  S-1001"),
        ("company 4711", "company "),
        ("company 4711\n", ""),
        ("by kim@example.com", "by Kim@example.com"),
        ("by kim@example.com", "by kim"),
        ("host 02aa10203040", "host 02AA10203040"),
        ("host 02aa10203040", "host 02:aa:10:20:30:40"),
        ("host 02aa10203040", "host ANY"),
        ("to 02aa10203050", "to DEMO"),
        ("time 1811808000000", "time +1811808000000"),
        ("time 1811808000000", "time 01811808000000"),
        ("time 1811808000000", "time 18118080000000000000"),
        ("vendor acmed", "vendor ac/med"),
        ("ids 11470 11471", "ids 11471 11470"),
        ("ids 11470 11471", "ids 11470 11470"),
        ("ids 11470 11471", "ids 11470  11471"),
        ("ids 11470 11471", "ids 11470,11471"),
        ("ids 11470 11471", "ids "),
        ("ids 11470 11471", "ids -"),
        ("ids 11470 11471", "ids 0"),
        ("ids 11470 11471", "ids 011470"),
        ("ids 11470 11471", "ids pack:P-1"),
        ("packs P-1001", "packs "),
        ("packs P-1001", "packs P-1001 P-1001"),
        ("ending finish", "ending later"),
        ("ending finish\n", "ending finish\nending end\n"),
        ("to_key 7", "to_key 8"),
        ("vendor acmed\nids 11470 11471", "ids 11470 11471\nvendor acmed"),
        ("\n", "\r\n"),
    ] {
        let bad = RECEIPT.replacen(text, other, 1);
        assert_ne!(bad, RECEIPT, "{text:?}");
        let read = SignedRequest::read(sign_text(&bad).as_bytes());
        assert!(matches!(read, Err(RequestError::NotARequest(_))), "{other:?}: {read:?}");
    }
    for (text, other) in [
        ("body 12", "body 012"),
        ("body 12", "body 11"),
        ("body 12", "body 13"),
        ("body 12", "body -1"),
        ("body 12", "body 99999999999999999999"),
        ("5 of mill", "5 of \u{1b}[2"),
        ("5 of mill", "5 of mi\0l"),
        ("kind order", "kind surrender"),
    ] {
        let bad = order.replacen(text, other, 1);
        assert_ne!(bad, order, "{text:?}");
        let read = SignedRequest::read(sign_text(&bad).as_bytes());
        assert!(matches!(read, Err(RequestError::NotARequest(_))), "{other:?}: {read:?}");
    }
    let not_text = [RECEIPT.as_bytes(), b"\xff"].concat();
    assert_eq!(SignedRequest::read(&not_text), Err(RequestError::NotARequest("it is no text")));
    let stolen = RECEIPT.replace("gTl3Dqh9F19Wo1Rmw0x+zMuNipG07jeiXfYPW4/Js5Q=", &key2().to_string());
    assert_eq!(SignedRequest::read(sign_text(&stolen).as_bytes()), Err(RequestError::BadSignature));
}

fn key2() -> PublicKey {
    SecretKey::for_host([5; 32]).public()
}

#[test]
fn what_cannot_be_read_back_is_not_signed() {
    let bad: [fn(&mut Request); 12] = [
        |r| r.case.clear(),
        |r| r.case = "S 1".into(),
        |r| r.case = "S-1\nkind order".into(),
        |r| r.case = "x".repeat(65),
        |r| r.company = Some(String::new()),
        |r| r.company = Some("-".into()),
        |r| r.host = cpu("ANY"),
        |r| surrendered(r).ids.clear(),
        |r| surrendered(r).ids.reverse(),
        |r| surrendered(r).packs.clear(),
        |r| surrendered(r).to = cpu("DEMO"),
        |r| r.asks = Asks::Words { kind: RequestKind::Order, body: "\u{7}".into() },
    ];
    for (n, spoil) in bad.into_iter().enumerate() {
        let mut request = receipt();
        spoil(&mut request);
        assert!(matches!(request.sign(&key()), Err(RequestError::NotARequest(_))), "case {n}");
    }
    // A wish that calls itself a receipt has no receipt's rows.
    assert!(words(RequestKind::Surrender, "x").sign(&key()).is_err());
}

#[test]
fn a_request_has_its_limits() {
    let of = |bytes: usize| words(RequestKind::Conversion, &"x".repeat(bytes)).sign(&key());
    assert!(of(REQUEST_BODY_BYTES_MAX).is_ok());
    assert!(of(REQUEST_BODY_BYTES_MAX + 1).is_err());
    assert_eq!(of(REQUEST_BYTES_MAX), Err(RequestError::TooLong));
    assert_eq!(SignedRequest::read(&vec![b'x'; REQUEST_BYTES_MAX + 1]), Err(RequestError::TooLong));
    let with = |ids: usize, packs: usize| {
        let mut request = receipt();
        let first = 10_u64.pow(17);
        surrendered(&mut request).ids = (first..).take(ids).collect();
        let number = |n| PackNumber::new(&format!("{n:032}")).unwrap();
        surrendered(&mut request).packs = (0..packs).map(number).collect();
        request.sign(&key())
    };
    assert!(with(REQUEST_IDS_MAX, REQUEST_PACKS_MAX).is_ok());
    assert!(with(REQUEST_IDS_MAX + 1, 1).is_err());
    assert!(with(1, REQUEST_PACKS_MAX + 1).is_err());
}

/// Other bytes, of the kind that a text is made of, never read as what was not signed, and never panic.
#[test]
fn spoilt_requests_never_pass() {
    let good = receipt().sign(&key()).unwrap().into_bytes();
    let seed: u64 = std::env::var("SEATKEEPER_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(11470);
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for round in 0..3000 {
        let mut bad = good.clone();
        for _ in 0..1 + next() % 4 {
            let (from, to, at) = (next() % bad.len(), next() % bad.len(), next() % bad.len());
            match next() % 4 {
                0 => bad[at] = b" \n-0a=P\xc3"[next() % 8],
                1 => drop(bad.drain(from.min(to)..from.max(to).max(1))),
                2 => {
                    let copy = bad[from.min(to)..from.max(to)].to_vec();
                    bad.splice(at..at, copy);
                }
                _ => bad.swap(from, to),
            }
            if bad.is_empty() {
                break;
            }
        }
        let replay = format!("SEATKEEPER_SEED={seed} cargo test -p license spoilt_requests, round {round}");
        assert!(bad == good || SignedRequest::read(&bad).is_err(), "{replay}");
    }
}
