//! The store from outside: over files in memory that fail as asked, and over real ones.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod applier;
mod damage;
mod desk;
mod effects;
mod every_byte;
mod faults;
mod golden;
mod guard;
mod house;
mod made;
mod memory;
mod mutations;
mod offline;
mod random;
mod reader_effects;
mod readers;
mod repair;
mod seat_state;
mod start;
