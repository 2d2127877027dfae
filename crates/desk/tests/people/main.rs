//! Companies, people, privileges, cases, assignments, finding and reports: each rule as a table.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test writes down is right, or it fails")]

mod cases;

mod matrix;
mod people;

mod world;
