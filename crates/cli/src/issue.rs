//! `issue sign`: signs a pack with a vendor's key.

use std::path::Path;

use license::{Diagnostic, SignOptions, Source};
use names::{Code, CpuId, PackNumber};

use crate::args::{SignArgs, SigningArgs};
use crate::fail::Failure;
use crate::files::{self, Make};
use crate::passphrase::Place;
use crate::{key_file, out};

/// `issue sign`.
pub(crate) fn sign(args: &SignArgs) -> Result<(), Failure> {
    let SignArgs { pack_file, pack, signing } = args;
    let options = options(signing, number(pack.as_deref(), pack_file)?)?;
    let file = key_file::read(&signing.key)?;
    let key = key_file::open(&signing.key, file, Place::of_key(signing.passphrase_file.as_deref()))?;
    let bytes = files::read(pack_file, "a license pack")?;
    let source = Source::new(pack_file.display().to_string(), bytes);
    let sources = [source];
    let [source] = &sources;
    let shown = |found: &[Diagnostic]| -> String {
        found.iter().map(|diagnostic| diagnostic.render(&sources) + "\n").collect()
    };
    let signed = license::sign(source, &key, &options).map_err(|found| {
        let code = found.iter().find_map(|diagnostic| diagnostic.code).unwrap_or(Code::BadSyntax);
        Failure::new(code, format!("{}nothing was signed", shown(&found)), "")
    })?;
    let place = match &signing.out {
        Some(path) => {
            write(path, &signed.text)?;
            format!("written to {}", client::shown(&path.display().to_string(), 500))
        }
        None => {
            out::print_bytes(&signed.text)?;
            "written to standard output".to_owned()
        }
    };
    out::say(&format!(
        "{}{} line{} signed as pack {number}, {place}; a number is used once: \
         give another pack another one with --pack",
        shown(&signed.warnings),
        signed.lines,
        if signed.lines == 1 { "" } else { "s" },
        number = options.pack,
    ));
    Ok(())
}

/// Another pack is never written over: of two packs of one number a host takes neither.
pub(crate) fn write(path: &Path, signed: &[u8]) -> Result<(), Failure> {
    let is_there = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    if is_there && files::read(path, "a file to write the signed pack to")? != signed {
        let message = format!(
            "{}: it is there already, and is not this signed pack",
            client::shown(&path.display().to_string(), 500)
        );
        let remedy = "name another file with --out, or remove this one; \
                      a pack that was delivered is replaced by one with another number that VOIDS it";
        return Err(Failure::new(Code::BadParameter, message, remedy));
    }
    files::write(path, signed, Make::Public)
}

fn bad(flag: &str, text: &str, why: &str, remedy: &str) -> Failure {
    Failure::new(Code::BadParameter, format!("{flag} {:?}: {why}", client::shown(text, 80)), remedy)
}

/// The pack's number: as it is given, or else the name of its file without `.lic`.
pub(crate) fn number(given: Option<&str>, file: &Path) -> Result<PackNumber, Failure> {
    if let Some(text) = given {
        return PackNumber::new(text)
            .map_err(|e| bad("--pack", text, &e.to_string(), "write the vendor's number for this pack"));
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    PackNumber::new(&stem)
        .map_err(|e| bad("the file's name", &stem, &e.to_string(), "give the pack's number with --pack"))
}

pub(crate) fn options(args: &SigningArgs, pack: PackNumber) -> Result<SignOptions, Failure> {
    let host_key = args.host_key.as_deref().map(|text| {
        text.parse().map_err(|error: license::KeyError| {
            bad("--host-key", text, &error.to_string(), "copy the host key as `seatkeeperd init` printed it")
        })
    });
    let ids = args.host_id.iter().map(|text| {
        CpuId::new(text)
            .map_err(|e| bad("--host-id", text, &e.to_string(), "copy the id as `lmhostid -n` prints it"))
    });
    let ids: Vec<CpuId> = ids.collect::<Result<_, _>>()?;
    Ok(SignOptions {
        host_key: host_key.transpose()?,
        host_ids: (!ids.is_empty()).then_some(ids),
        any_host: args.any_host,
        ..SignOptions::new(pack)
    })
}

#[cfg(test)]
mod tests {
    use license::SecretKey;
    use names::Vendor;

    use super::*;

    #[test]
    fn another_pack_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let key = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32]);
        files::write(&at("a.key"), key.to_text().as_bytes(), Make::Secret).unwrap();
        let pack = |seats: u32| {
            let text = format!("SERVER this_host 02aa10203040\nINCREMENT mill acmed 1 permanent {seats}\n");
            std::fs::write(at("P-1.lic"), text).unwrap();
            sign(&SignArgs {
                pack_file: at("P-1.lic"),
                pack: None,
                signing: SigningArgs {
                    key: at("a.key"),
                    passphrase_file: None,
                    host_key: None,
                    host_id: Vec::new(),
                    any_host: false,
                    out: Some(at("signed.lic")),
                },
            })
        };
        pack(1).unwrap();
        let first = std::fs::read(at("signed.lic")).unwrap();
        pack(1).unwrap();
        let refused = pack(2).unwrap_err().text();
        assert!(refused.contains("is there already") && refused.contains("name another file"), "{refused}");
        assert_eq!(std::fs::read(at("signed.lic")).unwrap(), first);
        std::fs::remove_file(at("signed.lic")).unwrap();
        pack(2).unwrap();
    }
}
