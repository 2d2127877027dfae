//! What `cargo xtask fuzz license` found, each once.

use license::Source;

use crate::desk::{HEAD, loaded_all};

/// The bytes 0x80 to 0x9f are control characters to a terminal, 0x9b the one that begins a sequence.
#[test]
fn a_key_that_stands_twice_is_shown_without_control_characters() {
    let line = b"INCREMENT mill acmed 1 permanent 2 A\x9b2J=x A\x9b2J=x\n";
    let source = Source::new("p.lic", [HEAD.as_bytes(), line].concat());
    let loaded = loaded_all(std::slice::from_ref(&source));
    let twice = loaded.diagnostics.iter().find(|found| found.message.contains("stands twice"));
    assert_eq!(twice.map(|found| found.message.as_str()), Some("A?2J stands twice on one line"));
}
