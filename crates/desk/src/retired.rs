//! What a license host gave up is not served, whatever its packs say (W7).

use std::collections::BTreeSet;

use license::Entitlement;
use names::{Code, ConfigId, CpuId, Vendor};

/// A license that a pack still has, and that is not served any more: its host gave it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What its line says.
    pub entitlement: Entitlement,
    /// FlexNet's code for it: -92, the license was removed during a reread.
    pub code: Code,
    /// The same in words.
    pub why: String,
    /// What to do about it.
    pub remedy: &'static str,
}

/// The lines that are to be served, and those of configurations that one of this machine's host ids gave
/// up. A locked line's workstations are in its pools, so the machine is told here.
#[must_use]
pub fn leave_out_retired(
    entitlements: Vec<Entitlement>,
    host: &[CpuId],
    retired: &BTreeSet<(Vendor, u64, CpuId)>,
) -> (Vec<Entitlement>, Vec<LeftOut>) {
    let here: BTreeSet<(&Vendor, u64)> =
        retired.iter().filter(|(_, _, at)| host.contains(at)).map(|(vendor, id, _)| (vendor, *id)).collect();
    let is_retired = |line: &Entitlement| match line.config {
        ConfigId::Number(id) => here.contains(&(&line.vendor, id)),
        ConfigId::OfPack(_) => false,
    };
    let (out, served): (Vec<_>, Vec<_>) = entitlements.into_iter().partition(is_retired);
    (served, out.into_iter().map(left_out).collect())
}

fn left_out(entitlement: Entitlement) -> LeftOut {
    let Entitlement { vendor, config, feature, .. } = &entitlement;
    let why = format!("configuration {config} of {vendor} ({feature}) was given up on this host");
    let remedy = "install the vendor's newest pack for this host; the license is the new host's now";
    LeftOut { code: Code::Removed, why, remedy, entitlement }
}

#[cfg(test)]
mod tests {
    use license::{SecretKey, SignOptions, Source, Trust, TrustedKey};
    use names::PackNumber;

    use super::*;

    const PACK: &str = "SERVER a 02aa10203040\n\
        INCREMENT mill acmed 4.0 permanent 5 CONFIG_ID=11470\n\
        INCREMENT mesh acmed 4.0 permanent 2 CONFIG_ID=11470\n\
        INCREMENT mill acmed 4.0 permanent 1 CONFIG_ID=11471 SEAT=LOCKED HOSTID=02aa10203099\n\
        INCREMENT lathe acmed 4.0 permanent 3\n";

    fn lines() -> Vec<Entitlement> {
        let acmed = Vendor::new("acmed").unwrap();
        let key = SecretKey::for_vendor(acmed.clone(), [1; 32]);
        let options = SignOptions::new(PackNumber::new("P-1").unwrap());
        let text = license::sign_pack(&Source::new("p.lic", PACK), &key, &options).unwrap();
        let trust = Trust::new(vec![TrustedKey { vendor: acmed, key: key.public() }]);
        license::load(&[Source::new("p.lic", text)], &trust, None, false).entitlements
    }

    fn retired(vendor: &str, id: u64, host: &str) -> (Vendor, u64, CpuId) {
        (Vendor::new(vendor).unwrap(), id, CpuId::new(host).unwrap())
    }

    #[test]
    fn w7_a_configuration_that_this_host_gave_up_is_left_out_with_all_its_lines() {
        let host = [CpuId::new("02aa10203041").unwrap(), CpuId::new("02aa10203040").unwrap()];
        for (gone, out) in [
            (vec![], &[][..]),
            (vec![retired("acmed", 11470, "02aa10203040")], &["mill", "mesh"][..]),
            // A locked one's workstation is not its license host.
            (vec![retired("acmed", 11471, "02aa10203040")], &["mill"]),
            (vec![retired("acmed", 11471, "02aa10203099")], &[]),
            (vec![retired("acmed", 11470, "02aa10203050")], &[]),
            (vec![retired("other", 11470, "02aa10203040")], &[]),
            (
                vec![retired("acmed", 11470, "02aa10203041"), retired("acmed", 11471, "02aa10203040")],
                &["mill", "mesh", "mill"],
            ),
        ] {
            let (served, left) = leave_out_retired(lines(), &host, &gone.iter().cloned().collect());
            let features: Vec<&str> = left.iter().map(|left| left.entitlement.feature.as_str()).collect();
            assert_eq!((features.as_slice(), served.len()), (out, 4 - out.len()), "{gone:?}");
            assert!(left.iter().all(|left| left.code.number() == -92 && left.why.contains("given up")));
        }
    }
}
