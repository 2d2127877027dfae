//! What mutations begin with, and what may be served of it.

use std::collections::BTreeMap;

use license::{Entitlement, SecretKey, SignOptions, SignedLine, Source, Trust, TrustedKey, load, sign_pack};
use names::{CpuId, Feature, PackNumber, Vendor};

use super::grammar;
use crate::rng::Rng;

/// Packs that a test key signed, texts that nobody signed, and every line that the packs give.
#[derive(Debug)]
pub struct Originals {
    signed: Vec<Vec<u8>>,
    unsigned: Vec<Vec<u8>>,
    given: BTreeMap<Proof, Entitlement>,
    trust: Trust,
    key: SecretKey,
}

/// What proves an entitlement: the canonical form of its line, that of its PACKAGE line (nothing where it
/// has none), and its feature, of which a package has several.
pub(super) type Proof = (Vec<u8>, Vec<u8>, Feature);

/// The proof of what is served. Unsigned lines have empty ones.
pub(super) fn proof(given: &Entitlement) -> Proof {
    let bytes = |line: Option<&SignedLine>| line.map_or_else(Vec::new, |line| line.canonical.to_vec());
    let package = given.packaged.as_ref().and_then(|part| part.line.as_ref());
    (bytes(given.line.as_ref()), bytes(package), given.feature.clone())
}

/// Packs whose lines take something away: it must not come back.
const TAKING: [&str; 2] = [
    "SERVER a 02aa10203040\nVENDOR acmed\nINCREMENT mill acmed 1.0 permanent 9\n\
     INCREMENT mill acmed 1.0 permanent 3 SUPERSEDE ISSUED=02-jan-2026\n\
     INCREMENT saw acmed 1.0 permanent 5 ISSUED=01-jan-2025\n\
     INCREMENT lathe acmed 1.0 permanent 2 SUPERSEDE=\"saw\" ISSUED=03-mar-2026\n",
    "SERVER a 02aa10203040\nVENDOR acmed\nINCREMENT plane acmed 1.0 permanent 9 ISSUED=01-jan-2025\n\
     INCREMENT file acmed 1.0 permanent 1 \\\n SUPERSEDE=\"plane mill\" ISSUED=03-mar-2026 VOIDS=P-4711\n",
];
/// Packs that are made from the grammar.
const MADE: u64 = 24;

impl Originals {
    /// From license files. Those that can be signed are signed as well.
    #[must_use]
    pub fn new(files: Vec<Vec<u8>>) -> Self {
        let vendor = vendor();
        let key = SecretKey::for_vendor(vendor.clone(), [1; 32]);
        let trust = Trust::new(vec![TrustedKey { vendor, key: key.public() }]);
        let mut all = Self { signed: Vec::new(), unsigned: Vec::new(), given: BTreeMap::new(), trust, key };
        for (n, bytes) in files.into_iter().chain(TAKING.map(Into::into)).enumerate() {
            if all.give(&bytes) {
                all.signed.push(bytes);
                continue;
            }
            all.sign_and_give(&format!("P-{n}"), &bytes);
            all.unsigned.push(bytes);
        }
        let mut seed = 0;
        while all.signed.len() < all.unsigned.len() + MADE as usize && seed < 100 * MADE {
            let bytes = grammar::file(&mut Rng::new(seed));
            all.sign_and_give(&format!("P-G{seed}"), &bytes);
            seed += 1;
        }
        all
    }

    /// The packs.
    #[must_use]
    pub fn signed(&self) -> &[Vec<u8>] {
        &self.signed
    }

    /// The texts.
    #[must_use]
    pub fn unsigned(&self) -> &[Vec<u8>] {
        &self.unsigned
    }

    pub(super) fn given(&self, proof: &Proof) -> Option<&Entitlement> {
        self.given.get(proof)
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.trust
    }

    pub(super) fn sign(&self, pack: &str, bytes: &[u8]) -> Option<Vec<u8>> {
        let host = CpuId::new("02aa10203040").ok()?;
        let servers = String::from_utf8_lossy(bytes).matches("HOSTID_HERE").count();
        let options = SignOptions {
            any_host: true,
            host_ids: (servers > 0).then(|| vec![host; servers]),
            ..SignOptions::new(PackNumber::new(pack).ok()?)
        };
        sign_pack(&Source::new("original", bytes), &self.key, &options).ok()
    }

    fn sign_and_give(&mut self, pack: &str, bytes: &[u8]) {
        if let Some(signed) = self.sign(pack, bytes)
            && self.give(&signed)
        {
            self.signed.push(signed);
        }
    }

    /// Keeps what a file gives. Whether it gives anything.
    fn give(&mut self, bytes: &[u8]) -> bool {
        let loaded = load(&[Source::new("original", bytes)], &self.trust, None, false);
        let gives = !loaded.entitlements.is_empty();
        let signed = loaded.entitlements.into_iter().filter(|given| given.line.is_some());
        self.given.extend(signed.map(|given| (proof(&given), given)));
        gives
    }
}

#[expect(clippy::expect_used, reason = "it is a vendor's name")]
fn vendor() -> Vendor {
    Vendor::new("acmed").expect("a vendor's name")
}
