//! The committed code is what `proto/` gives. With `SEATKEEPER_BLESS=1` the test writes it anew:
//! `SEATKEEPER_BLESS=1 cargo test -p proto --test generated`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use prost::Message;

const FILES: [&str; 4] = [
    "seatkeeper/v1/session.proto",
    "seatkeeper/v1/admin.proto",
    "seatkeeper/v1/desk_rows.proto",
    "seatkeeper/v1/desk.proto",
];

fn generate(into: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let set = protox::compile(FILES, [&root]).expect("proto/ must compile");
    std::fs::write(into.join("descriptor.bin"), set.encode_to_vec()).unwrap();
    tonic_prost_build::configure()
        .out_dir(into)
        .bytes(".")
        .codec_path("crate::SmallCodec")
        .emit_rerun_if_changed(false)
        .compile_fds(set)
        .expect("code must be generated");
}

#[test]
fn committed_code_is_what_proto_gives() {
    let made = tempfile::tempdir().unwrap();
    generate(made.path());
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/generated");
    let bless = std::env::var_os("SEATKEEPER_BLESS").is_some();
    for name in ["seatkeeper.v1.rs", "descriptor.bin"] {
        let new = std::fs::read(made.path().join(name)).unwrap();
        if bless {
            std::fs::write(kept.join(name), &new).unwrap();
        }
        let old = std::fs::read(kept.join(name)).unwrap_or_default();
        assert!(old == new, "{name} is stale; run: SEATKEEPER_BLESS=1 cargo test -p proto --test generated");
    }
}
