//! The sizes between which a pair must not grow.

use crate::house::Shape;

/// Few and many pools, few and many holders.
pub(crate) const GROWTH: [Shape; 4] = [
    Shape { name: "10 pools", pools: 10, ..Shape::PLAIN },
    Shape { name: "100000 pools", pools: 100_000, ..Shape::PLAIN },
    Shape { name: "10 seats held", holders: 10, ..Shape::PLAIN },
    Shape { name: "1000000 seats held", holders: 1_000_000, ..Shape::PLAIN },
];

/// Every pair in another of many pools, which no cache holds: shown, and not judged.
pub(crate) const WANDERS: Shape =
    Shape { name: "100000 pools, each pair another", wanders: true, ..GROWTH[1] };
