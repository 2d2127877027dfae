//! Who may what (W9), at real daemons: every call of the descriptors and every command of the license desk, by
//! everybody there is, against tables written out by hand. A call or a command without a row fails, and so does a
//! row of what there is not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test ends where something is not as it must be; a part of one runs as another process"
)]

mod hostile;
mod support;

#[path = "matrix/admin.rs"]
mod admin;
#[path = "matrix/calls.rs"]
mod calls;
#[path = "matrix/commands.rs"]
mod commands;
#[path = "matrix/world.rs"]
mod world;
