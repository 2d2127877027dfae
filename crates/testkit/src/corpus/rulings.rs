//! Where we judge a case otherwise than its author, and why.

/// The digest of the text (xxh3, 64 bits; the corpus command shows it), and what FlexNet's
/// administration guide says.
pub(super) const RULINGS: &[(u64, &str)] = &[(
    0xd5b7_dbec_d7b3_b940,
    "its versions are words; a version is a number with at most one point, and letters in it are error -77",
)];
