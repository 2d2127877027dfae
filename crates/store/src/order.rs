//! The order in which the rows of a seat state are read, so that a state is built of them at once.

use std::ops::RangeInclusive;

/// First bytes of keys: rows that others need before these (see [`seats::Building`]), and last what no
/// row's key begins with, so that nothing is passed over.
const ORDER: [(u8, u8); 18] = [
    (b'P', b'P'),
    (b'S', b'S'),
    (b'L', b'L'),
    (b'C', b'C'),
    (b'D', b'D'),
    (b'A', b'A'),
    (b'K', b'K'),
    (b'Q', b'Q'),
    (b'G', b'G'),
    (b'W', b'W'),
    (0, b'A' - 1),
    (b'B', b'B'),
    (b'E', b'F'),
    (b'H', b'J'),
    (b'M', b'O'),
    (b'R', b'R'),
    (b'T', b'V'),
    (b'X', u8::MAX),
];

/// First bytes of keys, and of rows, in that order.
pub(crate) fn kinds() -> impl Iterator<Item = RangeInclusive<u8>> {
    ORDER.into_iter().map(|(first, last)| first..=last)
}

/// Ranges of keys in that order: each from a key on and below another, if there is one.
pub(crate) fn ranges() -> impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)> {
    ORDER.into_iter().map(|(first, last)| {
        // The empty key comes before all others.
        let from = if first == 0 { Vec::new() } else { vec![first] };
        (from, last.checked_add(1).map(|end| vec![end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_one_range() {
        let keys = (0..=u8::MAX).flat_map(|n| [vec![n], vec![n, 0], vec![n, u8::MAX, 7]]).chain([Vec::new()]);
        for key in keys {
            let is_in = |(from, to): &(Vec<u8>, Option<Vec<u8>>)| {
                *from <= key && to.as_ref().is_none_or(|to| key < *to)
            };
            assert_eq!(ranges().filter(is_in).count(), 1, "{key:?}");
        }
    }
}
