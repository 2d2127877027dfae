//! Columns of texts, read as numbers of their dictionary: a row costs a few bits, not a text.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result};

use super::table::Texts;

fn bad(why: &str) -> ParquetError {
    ParquetError::General(why.into())
}

/// Takes bytes from the front of a page.
struct Cut(Bytes);

impl Cut {
    fn take(&mut self, len: usize) -> Result<Bytes> {
        if len > self.0.len() {
            return Err(bad("a page is too short"));
        }
        Ok(self.0.split_to(len))
    }

    fn length(&mut self) -> Result<usize> {
        let bytes = self.take(4)?;
        let word: [u8; 4] = bytes.as_ref().try_into().map_err(|_| bad("a page is too short"))?;
        usize::try_from(u32::from_le_bytes(word)).map_err(|_| bad("a length is too large"))
    }
}

/// Reads all pages of a column of texts.
pub(crate) fn texts(pages: &mut dyn PageReader, is_always: bool, rows: usize) -> Result<Texts> {
    let mut texts = Texts::default();
    texts.ids.reserve(rows);
    // Of each number in the pages, the number in `texts`.
    let mut known: Vec<u32> = Vec::new();
    while let Some(page) = pages.get_next_page()? {
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                let mut cut = Cut(buf);
                for _ in 0..num_values {
                    let len = cut.length()?;
                    let text = cut.take(len)?;
                    known.push(texts.id_of(&text));
                }
            }
            Page::DataPage { buf, num_values, encoding, .. } => {
                let mut cut = Cut(buf);
                let count = num_values as usize;
                let levels = if is_always { None } else { Some(levels(&mut cut, count)?) };
                data(&mut texts, &known, cut, encoding, levels.as_deref(), count)?;
            }
            Page::DataPageV2 { .. } => return Err(bad("a page of a kind that is not written")),
        }
    }
    if texts.ids.len() == rows { Ok(texts) } else { Err(bad("a column has too few rows")) }
}

/// Which of the rows have a value.
fn levels(cut: &mut Cut, count: usize) -> Result<Vec<u32>> {
    let len = cut.length()?;
    let mut levels = Vec::with_capacity(count);
    runs(&cut.take(len)?, 1, count, &mut levels)?;
    Ok(levels)
}

fn data(
    texts: &mut Texts,
    known: &[u32],
    mut cut: Cut,
    encoding: Encoding,
    levels: Option<&[u32]>,
    count: usize,
) -> Result<()> {
    let there = levels.map_or(count, |levels| levels.iter().filter(|level| **level == 1).count());
    let mut values = Vec::with_capacity(there);
    match encoding {
        Encoding::PLAIN => {
            for _ in 0..there {
                let len = cut.length()?;
                let text = cut.take(len)?;
                values.push(texts.id_of(&text));
            }
        }
        Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
            if there > 0 {
                let width = cut.take(1)?.first().copied().unwrap_or(0);
                runs(&cut.0, width, there, &mut values)?;
            }
            for value in &mut values {
                *value = *known.get(*value as usize).ok_or_else(|| bad("a text is not in its dictionary"))?;
            }
        }
        _ => return Err(bad("an encoding that is not written")),
    }
    let Some(levels) = levels else {
        texts.ids.append(&mut values);
        return Ok(());
    };
    let mut values = values.into_iter();
    for level in levels {
        let id = if *level == 1 { values.next().ok_or_else(|| bad("a page has too few texts"))? } else { 0 };
        texts.ids.push(id);
    }
    Ok(())
}

/// Runs of one number, and numbers packed bit by bit, in turn: so many numbers of so many bits.
fn runs(bytes: &[u8], width: u8, count: usize, to: &mut Vec<u32>) -> Result<()> {
    if width > 32 {
        return Err(bad("numbers of more than 32 bits"));
    }
    let (end, mut at) = (to.len() + count, 0);
    while to.len() < end {
        let (header, next) = varint(bytes, at)?;
        at = next;
        let left = end - to.len();
        if header & 1 == 1 {
            let groups = usize::try_from(header >> 1).map_err(|_| bad("a run is too long"))?;
            let len = groups.checked_mul(usize::from(width)).ok_or_else(|| bad("a run is too long"))?;
            // The last run may be cut short after its last number.
            let packed = bytes.get(at..).ok_or_else(|| bad("a page is too short"))?;
            let packed = packed.get(..len.min(packed.len())).unwrap_or_default();
            unpack(packed, width, left.min(groups.saturating_mul(8)), to)?;
            at += len;
        } else {
            let run = usize::try_from(header >> 1).map_err(|_| bad("a run is too long"))?;
            let len = usize::from(width).div_ceil(8);
            let value = bytes.get(at..at + len).ok_or_else(|| bad("a page is too short"))?;
            let value = value.iter().rev().fold(0_u32, |value, byte| (value << 8) | u32::from(*byte));
            if run == 0 {
                return Err(bad("an empty run"));
            }
            to.resize(to.len() + run.min(left), value);
            at += len;
        }
    }
    Ok(())
}

fn varint(bytes: &[u8], mut at: usize) -> Result<(u64, usize)> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let byte = *bytes.get(at).ok_or_else(|| bad("a page is too short"))?;
        at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, at));
        }
        shift += 7;
        if shift > 56 {
            return Err(bad("a run is too long"));
        }
    }
}

fn unpack(packed: &[u8], width: u8, count: usize, to: &mut Vec<u32>) -> Result<()> {
    let bits = usize::from(width);
    if count.saturating_mul(bits) > packed.len().saturating_mul(8) || count == 0 {
        return Err(bad("a page is too short"));
    }
    if bits == 0 {
        to.resize(to.len() + count, 0);
        return Ok(());
    }
    let mask = if bits == 32 { u64::from(u32::MAX) } else { (1_u64 << bits) - 1 };
    let (mut pool, mut have, mut bytes) = (0_u64, 0_usize, packed.iter());
    for _ in 0..count {
        while have < bits {
            pool |= u64::from(*bytes.next().unwrap_or(&0)) << have;
            have += 8;
        }
        // The mask has at most 32 bits.
        to.push((pool & mask) as u32);
        pool >>= bits;
        have -= bits;
    }
    Ok(())
}
