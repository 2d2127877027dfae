//! Questions about a few rows.
