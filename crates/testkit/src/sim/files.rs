//! The license and options files of a site, read as the daemon reads them: whole, or not at all.

use std::sync::Arc;

use license::{SecretKey, Severity, SignOptions, Source, Trust, TrustedKey};
use names::{CpuId, PackNumber, Vendor};
use policy::Policy;
use service::{InForce, Licensed};

use super::site::HOST;
use crate::rng::Rng;

/// A signed pack and an options file.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    license: Vec<u8>,
    options: String,
}

impl Files {
    /// What is in them; nothing where anything of them is not as it must be.
    pub(crate) fn read(&self) -> Option<InForce> {
        self.read_in(false)
    }

    /// What of them is as it must be, for a planted bug.
    pub(crate) fn read_half(&self) -> Option<InForce> {
        self.read_in(true)
    }

    fn read_in(&self, is_half_enough: bool) -> Option<InForce> {
        let vendor = Vendor::new("acmed").ok()?;
        let trust = Trust::new(vec![TrustedKey { key: key(vendor.clone()).public(), vendor }]);
        let sources = [Source { name: "acmed.lic".into(), bytes: self.license.clone() }];
        let loaded = license::load(&sources, &trust, Some(&[CpuId::new(HOST).ok()?]), !is_half_enough);
        let (rules, mut found) = policy::parse(&Source::new("acmed.opt", self.options.clone()));
        // Two ids of one configuration on a machine are a warning, and what some of the sites are for.
        found.extend(loaded.diagnostics);
        if !is_half_enough && found.iter().any(|found| found.severity == Severity::Error) {
            return None;
        }
        let mut policy = Policy::new();
        policy.add(&rules, &loaded.entitlements.iter().collect::<Vec<_>>(), &sources);
        let licensed = Arc::new(Licensed::new(&loaded.entitlements));
        Some(InForce::new(licensed, Arc::new(policy), 0))
    }

    /// The same with an error somewhere: a line that nobody signed, half a pack, a rule without a number.
    pub(crate) fn spoiled(&self, rng: &mut Rng) -> Self {
        let mut bad = self.clone();
        match rng.below(3) {
            0 => {
                let number = bad.license.windows(6).rposition(|word| word == b" 20.0 ");
                if let Some(byte) = number.and_then(|at| bad.license.get_mut(at + 1)) {
                    *byte = b'9';
                }
            }
            1 => {
                let sign = bad.license.windows(5).rposition(|word| word == b"SIGN=");
                bad.license.truncate(sign.map_or(0, |at| at + 40));
            }
            _ => bad.options.push_str("RESERVE some PROE USER u0\n"),
        }
        bad
    }
}

fn key(vendor: Vendor) -> SecretKey {
    SecretKey::for_vendor(vendor, [7; 32])
}

#[expect(clippy::expect_used, reason = "the text is made from a table that is part of this program")]
pub(crate) fn sign(license: &str, options: &str) -> Files {
    let vendor = Vendor::new("acmed").expect("a vendor");
    let source = Source { name: "acmed.lic".into(), bytes: license.as_bytes().to_vec() };
    let number = SignOptions::new(PackNumber::new("P-1").expect("a pack number"));
    let license = license::sign_pack(&source, &key(vendor), &number).expect("a pack that can be signed");
    Files { license, options: options.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::site;
    use super::*;

    #[test]
    fn spoiled_files_are_refused_whole() {
        for n in 0..site::SITES_ALL {
            let files = &site::site(n).files;
            assert!(files.read().is_some());
            for seed in 0..12 {
                let bad = files.spoiled(&mut Rng::new(seed));
                assert!(
                    bad.read().is_none(),
                    "site {n}, seed {seed}: {}",
                    String::from_utf8_lossy(&bad.license)
                );
            }
        }
    }
}
