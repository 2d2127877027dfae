//! A client in another language, made from `proto/` alone.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::Path;
use std::process::Command;

use support::{Site, python};

#[test]
fn a_python_client_made_from_the_proto_files_checks_out_and_in() {
    let site = Site::new();
    let daemon = site.start();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python())
        .arg(root.join("tests/python/client.py"))
        .arg(root.join("proto"))
        .args([&daemon.address.to_string(), "PROENGINEER", "20.0"])
        .env("TMPDIR", site.path("."))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    let steps = "opened, checked out, alive, checked in, closed";
    assert_eq!(said, format!("stream: {steps}\ncalls: {steps}\n"));
}
