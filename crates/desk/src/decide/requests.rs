//! What a site asks of the vendor's desk goes in a file, and its answer comes in one.

mod answer;
mod carry;
mod take;

pub use answer::{Answer, answer_file};
pub(super) use answer::{of_site, signed_text};
pub(super) use carry::After;
pub(super) use take::{decide, digest, taken};
