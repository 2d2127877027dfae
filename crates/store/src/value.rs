//! A row as a seat state keeps it: `format | row | record it is of | checksum over key and all that`.

use names::Seq;
use seats::{Decoder, Row, RowKey};

use crate::bytes::{Fixed, StoreId, put_standing};
use crate::seats_port::Head;

const VALUE_FORMAT: u8 = 1;
/// The key of the head; no row's key begins with `M`.
pub(crate) const HEAD_KEY: &[u8] = b"M/head";
const HEAD_BYTES: usize = 1 + 16 + 8 + 32 + 16 + 4;

fn crc(key: &[u8], value: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(key);
    crc.update(value);
    crc.finalize()
}

/// A row's value, of record `at`.
pub(crate) fn seal(key: &[u8], row: &[u8], at: Seq) -> Vec<u8> {
    let mut value = Vec::with_capacity(row.len() + 13);
    value.push(VALUE_FORMAT);
    value.extend_from_slice(row);
    value.extend_from_slice(&at.0.to_le_bytes());
    let crc = crc(key, &value);
    value.extend_from_slice(&crc.to_le_bytes());
    value
}

/// Reads a row's value, and says which row is damaged if it is.
pub(crate) fn unseal(decoder: &mut Decoder, key: &[u8], value: &[u8]) -> Result<Row, String> {
    let damaged = |why: &str| format!("{} is damaged: {why}", name_of(key));
    let (sealed, sum) = value.split_last_chunk::<4>().ok_or_else(|| damaged("it is too short"))?;
    if u32::from_le_bytes(*sum) != crc(key, sealed) {
        return Err(damaged("its checksum is wrong"));
    }
    let (row, _at) = sealed.split_last_chunk::<8>().ok_or_else(|| damaged("it is too short"))?;
    let row = match row.split_first() {
        Some((&VALUE_FORMAT, row)) => row,
        Some((format, _)) => return Err(damaged(&format!("it is of format {format}"))),
        None => return Err(damaged("it is too short")),
    };
    let row = decoder.row(row).map_err(|e| damaged(&e.to_string()))?;
    let mut own = Vec::new();
    row.key().encode(&mut own);
    if own == key { Ok(row) } else { Err(damaged(&format!("it is the row of {}", row.key()))) }
}

pub(crate) fn seal_head(head: &Head) -> Vec<u8> {
    let mut value = vec![VALUE_FORMAT];
    value.extend_from_slice(&head.store.0);
    value.extend_from_slice(&head.cursor.0.to_le_bytes());
    put_standing(&mut value, head.counts, head.fingerprint);
    let crc = crc(HEAD_KEY, &value);
    value.extend_from_slice(&crc.to_le_bytes());
    value
}

pub(crate) fn unseal_head(value: &[u8]) -> Result<Head, String> {
    if value.len() != HEAD_BYTES {
        return Err("the head row is damaged: it has the wrong length".into());
    }
    let (sealed, sum) = value.split_at(HEAD_BYTES - 4);
    if sum != crc(HEAD_KEY, sealed).to_le_bytes() {
        return Err("the head row is damaged: its checksum is wrong".into());
    }
    let mut r = Fixed(sealed);
    let [format] = r.take::<1>();
    if format != VALUE_FORMAT {
        return Err(format!("the head row is of format {format}"));
    }
    let (store, cursor) = (StoreId(r.take()), Seq(r.u64()));
    let (counts, fingerprint) = r.standing();
    Ok(Head { store, cursor, counts, fingerprint })
}

/// What a key is of, as well as its bytes can tell.
pub(crate) fn name_of(key: &[u8]) -> String {
    let number = key.get(1..).and_then(|n| n.try_into().ok()).map(u64::from_be_bytes);
    match (key.first(), number) {
        (Some(b'G'), Some(n)) => RowKey::Grant(names::GrantId(n)).to_string(),
        (Some(b'K'), Some(n)) => RowKey::Mark(names::SessionId(n)).to_string(),
        (Some(b'S'), Some(n)) => RowKey::Session(names::SessionId(n)).to_string(),
        (Some(b'P'), _) => {
            let words = key[1..].split(|b| !b.is_ascii_graphic()).filter(|w| !w.is_empty());
            let words: Vec<_> = words.map(String::from_utf8_lossy).collect();
            format!("pool {}", words.join(" "))
        }
        _ => format!("the row with the key {}", key.escape_ascii()),
    }
}
