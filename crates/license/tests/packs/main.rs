//! Packs from end to end: signed, altered, loaded, and what is said about them.

mod altered;
mod anything;
mod desk;
mod examples;
mod golden;
mod grammar;
mod resolve;
