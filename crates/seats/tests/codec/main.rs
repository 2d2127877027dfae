//! The byte form: it comes back as it went, and hostile bytes are an error with a place.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test writes down is right, or it fails")]

mod values;

use proptest::prelude::*;
use seats::{CodecError, Event, Row};

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

/// The bytes of format 1, written down: a change of them is another format.
#[test]
fn the_bytes_of_format_1_stay_what_they_are() {
    assert_eq!(seats::FORMAT, 1);
    for (hex, shown) in [
        ("01", "Started"),
        (
            "06ac02010d",
            "SessionMarked(SessionMark { session: 000000000000012c, standing: Held, floor: RequestId(13) })",
        ),
        ("07ac0202", "SessionEnded { session: 000000000000012c, why: Replaced }"),
        (
            "0907ac02000900",
            "Returned { grant: GrantId(7), mark: SessionMark { session: 000000000000012c, standing: Live, floor: \
             RequestId(9) }, why: Checkin }",
        ),
        ("040561636d656400019659056162636465", "it ends too early at byte 11"),
        ("08", "it ends too early at byte 1"),
        ("0b", "there is no event of kind 11 at byte 1"),
        ("068000", "a number is written too long at byte 3"),
        ("06ffffffffffffffffff02", "a number is too large at byte 11"),
        ("06010200", "there is no choice 2 at byte 3"),
        ("08ffffffffffffffffff01", "it ends too early at byte 11"),
    ] {
        let bytes: Vec<_> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let told = Event::decode(&bytes).map_or_else(|e| e.to_string(), |event| format!("{event:?}"));
        assert_eq!(told, shown, "{hex}");
    }
}
