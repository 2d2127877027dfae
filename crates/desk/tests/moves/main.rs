//! Licenses move between hosts, and requests between desks: each desk is a [`setting::House`], and files
//! are carried between them.

mod issue;
mod requests;
mod setting;
mod surrender;
mod whole;
