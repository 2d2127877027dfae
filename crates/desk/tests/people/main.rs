//! Companies, people, privileges, cases, assignments, finding and reports: each rule as a table.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a test writes down is right, or it fails")]

mod assignments;
mod calendar;
mod cases;
mod find;
mod matrix;
mod people;
mod random;
mod report;
mod served;
mod sight;
mod size;
mod world;
