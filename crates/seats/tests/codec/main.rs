//! The byte form: it comes back as it went, and hostile bytes are an error with a place.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test writes down is right, or it fails")]

mod values;

use proptest::prelude::*;
use seats::{CodecError, DeskNote, DeskRow, Event, Row, RowKey};

fn encoded(encode: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&mut bytes);
    bytes
}

/// What must hold of any bytes: an error points into them, and what they decode to encodes to them.
fn hostile<T>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, CodecError>,
    encode: impl Fn(&T, &mut Vec<u8>),
) -> Result<(), TestCaseError> {
    match decode(bytes) {
        Ok(value) => {
            // Texts may have other spellings (host ids in capitals), so what is read is written once.
            let once = encoded(|out| encode(&value, out));
            let again = decode(&once).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(once, encoded(|out| encode(&again, out)));
        }
        Err(error) => prop_assert!(error.at <= bytes.len(), "{} of {}", error, bytes.len()),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn rows_come_back(row in values::row()) {
        prop_assert_eq!(Row::decode(&encoded(|out| row.encode(out))), Ok(row));
    }

    #[test]
    fn events_come_back(event in values::event()) {
        prop_assert_eq!(Event::decode(&encoded(|out| event.encode(out))), Ok(event));
    }

    #[test]
    fn keys_of_different_rows_differ(a in values::key(), b in values::key()) {
        let (bytes_a, bytes_b) = (encoded(|out| a.encode(out)), encoded(|out| b.encode(out)));
        prop_assert_eq!(a == b, bytes_a == bytes_b);
    }

    #[test]
    fn st_any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        hostile(&bytes, Row::decode, Row::encode)?;
        hostile(&bytes, Event::decode, Event::encode)?;
    }

    #[test]
    fn st_bytes_with_a_byte_changed_are_read_or_refused(
        event in values::event(),
        row in values::row(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encoded(|out| event.encode(out));
        let place = at.index(bytes.len());
        bytes[place] = byte;
        hostile(&bytes, Event::decode, Event::encode)?;
        let mut bytes = encoded(|out| row.encode(out));
        let place = at.index(bytes.len());
        bytes[place] = byte;
        hostile(&bytes, Row::decode, Row::encode)?;
    }

    #[test]
    fn st_bytes_that_end_too_early_or_too_late_are_refused(event in values::event(), row in values::row()) {
        let bytes = encoded(|out| event.encode(out));
        for end in 0..bytes.len() {
            prop_assert!(Event::decode(&bytes[..end]).is_err(), "{} of {}", end, bytes.len());
        }
        prop_assert!(Event::decode(&[&bytes[..], &[0]].concat()).is_err());
        let bytes = encoded(|out| row.encode(out));
        for end in 0..bytes.len() {
            prop_assert!(Row::decode(&bytes[..end]).is_err(), "{} of {}", end, bytes.len());
        }
        prop_assert!(Row::decode(&[&bytes[..], &[0]].concat()).is_err());
    }
}

/// The sizes that a row of the desk may have, and the words of a note.
#[test]
fn a_desk_row_is_read_to_its_limits_and_not_beyond() {
    use names::limits::{DESK_KEY_BYTES_MAX, DESK_VALUE_BYTES_MAX};
    let put = |key: usize, value: usize| {
        Event::DeskPut(DeskRow { key: "k".repeat(key).into(), value: vec![7; value].into() })
    };
    for (key, value, is_fine) in [
        (1, 1, true),
        (DESK_KEY_BYTES_MAX, DESK_VALUE_BYTES_MAX, true),
        (0, 1, false),
        (DESK_KEY_BYTES_MAX + 1, 1, false),
        (1, 0, false),
        (1, DESK_VALUE_BYTES_MAX + 1, false),
    ] {
        let read = Event::decode(&encoded(|out| put(key, value).encode(out)));
        assert_eq!(read.is_ok(), is_fine, "{key} and {value} bytes: {read:?}");
    }
    let note = |by: usize, deed: usize, about: usize| DeskNote {
        by: "b".repeat(by).into(),
        deed: "d".repeat(deed).into(),
        about: "a".repeat(about).into(),
    };
    for (note, is_fine) in [
        (note(254, 64, 1_024), true),
        (note(255, 64, 1_024), false),
        (note(254, 65, 1_024), false),
        (note(254, 64, 1_025), false),
    ] {
        assert_eq!(DeskNote::new(&note.by, &note.deed, &note.about) == note, is_fine);
        let read = Event::decode(&encoded(|out| Event::DeskDid(Box::new(note.clone())).encode(out)));
        assert_eq!(read.is_ok(), is_fine);
    }
}

/// Their keys sort as their texts do.
#[test]
fn the_key_of_a_desk_row_is_a_letter_and_the_text() {
    let key = encoded(|out| RowKey::Desk("case/17".into()).encode(out));
    assert_eq!(key, b"Dcase/17");
}

/// The bytes of format 3, written down: a change of them is another format.
#[test]
fn the_bytes_of_format_3_stay_what_they_are() {
    assert_eq!(seats::FORMAT, 3);
    for (hex, shown) in [
        ("01", "Started"),
        (
            "06ac02010d00",
            "SessionMarked(SessionMark { session: 000000000000012c, standing: Held, floor: \
             RequestId(13), idle: None })",
        ),
        (
            "06ac0200000108",
            "SessionMarked(SessionMark { session: 000000000000012c, standing: Live, floor: \
             RequestId(0), idle: Some(Wall(4)) })",
        ),
        ("07ac0202", "SessionEnded { session: 000000000000012c, why: Replaced }"),
        (
            "090701ac0200090000",
            "Returned { grant: GrantId(7), mark: Some(SessionMark { session: 000000000000012c, \
             standing: Live, floor: RequestId(9), idle: None }), why: Checkin }",
        ),
        ("09070004", "Returned { grant: GrantId(7), mark: None, why: Lingered }"),
        ("040561636d6564000104303261610450524f4500", "PoolDropped(acmed/1/02aa/PROE)"),
        ("0d07", "QuotaDropped(QuotaId(7))"),
        ("0f090001", "Dequeued { waiter: WaiterId(9), mark: None, why: Withdrawn }"),
        ("130f6b696d406578616d706c652e6e6574", "LoginDropped(kim@example.net)"),
        ("148010", "ClockNoted(ClockRow { latest: Wall(1024) })"),
        (
            "15801080d00fe807",
            "ClockReset { row: ClockRow { latest: Wall(1024) }, was: Wall(128000), by: 1000 }",
        ),
        (
            "08070561636d6564000104303261610450524f45000001ac02030432302e3000100000",
            "Granted(GrantRow { id: GrantId(7), pool: acmed/1/02aa/PROE, suite: None, seats: \
             SeatCount(1), session: 000000000000012c, request: RequestId(3), version: 20.0, state: \
             Floating, since: Wall(8), data: None, charges: [] })",
        ),
        (
            "0b070561636d6564000104303261610450524f45000001ac02030432302e3001b70120100103646174010c0200",
            "Changed(GrantRow { id: GrantId(7), pool: acmed/1/02aa/PROE, suite: None, seats: \
             SeatCount(1), session: 000000000000012c, request: RequestId(3), version: 20.0, state: \
             Revoked(Removed, Wall(16)), since: Wall(8), data: Some(\"dat\"), charges: [Charge { \
             quota: QuotaId(12), seats: 2, of_suite: false }] })",
        ),
        (
            "0c070152010561636d6564000104303261610450524f450002036b696d0b61636d65642e6f70743a3500",
            "QuotaSet(QuotaRow { id: QuotaId(7), key: \"R\", kind: Reserve(acmed/1/02aa/PROE), seats: \
             2, who: \"kim\", rule: \"acmed.opt:5\", order: 0 })",
        ),
        (
            "0e09ac02030450524f450432302e300100000100010500000520",
            "Queued(WaiterRow { id: WaiterId(9), ask: Checkout { session: 000000000000012c, request: \
             RequestId(3), feature: PROE, version: 20.0, seats: SeatCount(1), vendor: None, config: \
             None, more: Some(More { data: None, queue: Some(5), borrow: None, job: None }) }, \
             priority: 5, since: Wall(16) })",
        ),
        ("040561636d656400019659056162636465", "it ends too early at byte 11"),
        ("08", "it ends too early at byte 1"),
        (
            "1601e8070810616c6c206f662061636d65642e6f7074",
            "Administered(Note { by: Some(1000), deed: Stop, about: \"all of acmed.opt\" })",
        ),
        (
            "170e6b696d4061636d65642e746573740661737369676e07636173652f3137",
            "DeskDid(DeskNote { by: \"kim@acmed.test\", deed: \"assign\", about: \"case/17\" })",
        ),
        ("1807636173652f3137077b226e223a317d", "DeskPut(DeskRow(\"case/17\", 7 bytes))"),
        ("1907636173652f3137", "DeskDropped(\"case/17\")"),
        ("1900", "the key of a desk's row has 1 to 200 bytes at byte 2"),
        ("190363203f", "the key of a desk's row is printable ASCII without blanks at byte 5"),
        ("1902c3a9", "the key of a desk's row is printable ASCII without blanks at byte 4"),
        ("18016300", "the value of a desk's row has 1 byte to 60 KiB at byte 4"),
        ("180163017b00", "bytes are left over at byte 5"),
        ("1a", "there is no event of kind 26 at byte 1"),
        ("068000", "a number is written too long at byte 3"),
        ("06ffffffffffffffffff02", "a number is too large at byte 11"),
        ("06010200", "there is no choice 2 at byte 3"),
        ("0601000002", "there is no choice 2 at byte 5"),
        ("08ffffffffffffffffff01", "it ends too early at byte 11"),
    ] {
        let bytes: Vec<_> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let event = Event::decode(&bytes);
        if let Ok(event) = &event {
            assert_eq!(encoded(|out| event.encode(out)), bytes, "{hex}");
        }
        let told = event.map_or_else(|e| e.to_string(), |event| format!("{event:?}"));
        assert_eq!(told, shown, "{hex}");
    }
}
