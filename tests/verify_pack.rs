//! `examples/verify_pack.py`, which has no code of ours, and `license::load` say the same of a pack,
//! whatever was done to it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use license::{PackState, SecretKey, SignOptions, Source, Trust, TrustedKey, load};
use names::{Code, CpuId, PackNumber, Vendor};
use support::python;
use tempfile::TempDir;

const HEAD: &str = "SERVER lic1 02-AA-10-20-30-40 27000\nVENDOR acmed port=27010\nUSE_SERVER\n";
const HERE: &str = "02aa10203040";

/// Four lines; the third takes something away.
const LINES: &str = "# Kept as it is \\\n\
    FEATURE mill acmed 4.2 31-dec-2027 8 CONFIG_ID=11470 SEAT=FLOATING NOTICE=licensed=\"Example \\\n\
    \t Works\" vendor_info=\"eight of them\" DUP_GROUP=UH\n\
    INCREMENT lathe acmed 3.0 permanent 2 HOSTID=\"02AA10200001 02aa10200002\" SN=\"A  1\" AUTH={a=\"b c\" d=(e)}\n\
    INCREMENT saw acmed 1.0 1-jan-0 3 SUPERSEDE ISSUED=02-jan-2026 BORROW\n\
    increment plane acmed 1.0 permanent 1\n";

/// Lines that take something away: an upgrade with the lines of its feature, a package, a signature.
const TAKING: &str = "INCREMENT mill acmed 4.0 permanent 10 CONFIG_ID=501\n\
    UPGRADE mill acmed 4.0 5.0 permanent 6 CONFIG_ID=501\n\
    PACKAGE cam acmed 1.0 COMPONENTS=\"turn drill:2.0:4\"\n\
    FEATURE cam acmed 1.0 permanent 3\n\
    PACKAGE kit acmed COMPONENTS=\"a b\" OPTIONS=SUITE\n\
    INCREMENT saw acmed 1.0 permanent 2 SUPERSEDE_SIGN=\"x y\"\n\
    INCREMENT plane acmed 1.0 permanent 1 HOSTID=DISPLAY=/dev/tty01\n";

fn key(seed: u8) -> SecretKey {
    SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [seed; 32])
}

fn signed_by(seed: u8, pack: &str, text: &str) -> String {
    let host_key = Some(SecretKey::for_host([2; 32]).public());
    let options =
        SignOptions { host_key, any_host: true, ..SignOptions::new(PackNumber::new(pack).unwrap()) };
    let signed = license::sign_pack(&Source::new("p.lic", text), &key(seed), &options).unwrap();
    String::from_utf8(signed).unwrap()
}

fn signed() -> String {
    signed_by(1, "P-4711", &format!("{HEAD}{LINES}"))
}

/// What somebody makes of a file: whether every pack in it is good and whole, and how many lines serve.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    is_good: bool,
    serves: usize,
}

/// Not whole, and so many lines serve.
const fn serves(n: usize) -> Verdict {
    Verdict { is_good: false, serves: n }
}

/// What the license reader makes of it.
fn ours(bytes: &[u8], here: Option<&str>) -> Verdict {
    let trust =
        Trust::new(vec![TrustedKey { vendor: key(1).vendor().unwrap().clone(), key: key(1).public() }]);
    let here = here.map(|id| CpuId::new(id).unwrap());
    let loaded = load(&[Source::new("p.lic", bytes)], &trust, here.as_ref().map(std::slice::from_ref), false);
    let lines = |pack: &license::Pack| pack.lines.saturating_sub(pack.missing) as usize;
    let serves = loaded.packs.iter().filter(|p| p.state == PackState::Served).map(lines).sum();
    let whole = loaded.packs.iter().all(|pack| pack.state == PackState::Served && pack.missing == 0);
    // Other errors are about the file, not about a pack: a VENDOR line that is none, say.
    let has_errors = loaded.diagnostics.iter().any(|found| found.code == Some(Code::BadSignature));
    Verdict { is_good: whole && !loaded.packs.is_empty() && !has_errors, serves }
}

/// A folder, and the script in it.
struct Script {
    folder: TempDir,
    python: PathBuf,
}

impl Script {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), python: python() }
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/verify_pack.py");
        let mut command = Command::new(&self.python);
        command.arg(script).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
        let output = command.current_dir(self.folder.path()).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&said).into_owned())
    }

    /// What the script makes of a file.
    fn theirs(&self, bytes: &[u8], here: Option<&str>) -> (Verdict, String) {
        std::fs::write(self.folder.path().join("p.lic"), bytes).unwrap();
        let key = format!("acmed={}", key(1).public());
        let mut arguments = vec!["p.lic", "--key", &key];
        arguments.extend(here.into_iter().flat_map(|id| ["--host-id", id]));
        let (status, said) = self.run(&arguments);
        assert!(matches!(status, Some(0 | 1)), "{said}");
        let of_pack = |line: &str| {
            let of = line.split_once(": good: ").or(line.split_once(": incomplete: "))?;
            if line.starts_with("pack ") { of.1.split_once(' ')?.0.parse::<usize>().ok() } else { None }
        };
        (Verdict { is_good: status == Some(0), serves: said.lines().filter_map(of_pack).sum() }, said)
    }

    /// Both say the same of it; and what they say.
    fn agreed(&self, bytes: &[u8], here: Option<&str>, what: &str) -> Verdict {
        let ours = ours(bytes, here);
        let (theirs, said) = self.theirs(bytes, here);
        assert_eq!(theirs, ours, "{what}:\n{said}");
        ours
    }
}

#[test]
fn the_script_and_the_reader_agree_on_packs_that_were_altered() {
    let script = Script::new();
    let text = signed();
    let seal = text.find("SEAL acmed").unwrap();
    let digest = text.split("DIGEST=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let (body, its_seal) = text.split_at(seal);
    let other = signed_by(1, "P-4711", &format!("{HEAD}INCREMENT drill acmed 1.0 permanent 9\n"));
    let other_seal = &other[other.find("SEAL acmed").unwrap()..];
    let first = body.find("FEATURE").unwrap()..body.find("INCREMENT lathe").unwrap();
    let first_again = format!("{text}{}", &body[first.clone()]);
    let three = "SERVER a 02aa10203040\nSERVER b 02aa10203041\nSERVER c 02aa10203042\n";
    let gives = |n: usize| Verdict { is_good: true, serves: n };
    for (changed, expected, what) in [
        (text.clone(), gives(4), "nothing"),
        // What an administrator owns, and white space.
        (text.replace('\n', "\r\n"), gives(4), "CRLF"),
        (text.replace('\n', "\r"), gives(4), "CR"),
        (format!("\u{feff}{text}"), gives(4), "BOM"),
        (text.trim_end().to_owned(), gives(4), "no last line end"),
        (text.replace(" CONFIG_ID", " \\\n  \\\n  CONFIG_ID"), gives(4), "wrapped"),
        (text.replace("Example \\\n\t Works", "Example \\  \n \\\n Works"), gives(4), "wrapped in a value"),
        (text.replace("Example \\\n\t Works", "Example Works"), gives(4), "unwrapped in a value"),
        (text.replace(" acmed ", "\t acmed  "), gives(4), "blanks"),
        (text.replace("SEAT=FLOATING", "SEAT=\"FLOATING\""), gives(4), "quotes"),
        (text.replace("INCREMENT", "Increment"), gives(4), "a keyword's case"),
        (format!("# a \\\n\n{text}# b\n"), gives(4), "comments"),
        (text.replace("eight", "nine"), gives(4), "a free attribute"),
        (text.replace(" vendor_info=\"eight of them\"", " sort=1"), gives(4), "another free attribute"),
        (text.replace("SERVER lic1", "SERVER lic2"), gives(4), "the server's name"),
        (text.replace("02-AA-10-20-30-40 27000", "02:aa:10:20:30:40"), gives(4), "a host id's spelling"),
        (text.replace("VENDOR acmed", "DAEMON acmed options=o"), gives(4), "the VENDOR line"),
        (format!("{text}{its_seal}"), gives(4), "the seal twice"),
        (first_again, gives(4), "a line twice"),
        (format!("{its_seal}\n{text}").replacen("SEAL", "seal", 1), gives(4), "the seal first"),
        // What the vendor signed.
        (text.replace("mill acmed 4.2", "mill acmed 4.3"), serves(3), "a version"),
        (text.replace("A  1", "A 1"), serves(3), "blanks inside a value"),
        (text.replace("b c", "b  c"), serves(3), "blanks inside braces"),
        (text.replace("CONFIG_ID=11470 SEAT=FLOATING", "SEAT=FLOATING CONFIG_ID=11470"), serves(3), "order"),
        (text.replace("BORROW", "BORROW TS_OK"), serves(0), "a flag on what takes away"),
        (text.replace("SUPERSEDE ", ""), serves(0), "what takes away"),
        (text.replace(&body[first.clone()], ""), serves(3), "a line removed"),
        (text.replace("-40", "-41"), serves(0), "the host id"),
        (text.replace("02-AA-10-20-30-40", "ANY"), serves(0), "any host"),
        (text.replace("SERVER lic1 02-AA-10-20-30-40 27000\n", three), serves(0), "more hosts"),
        (text.replace("SERVER lic1 02-AA-10-20-30-40 27000\n", ""), serves(0), "no host"),
        (body.to_owned(), serves(0), "no seal"),
        (text.replace(&digest, &"0".repeat(64)), serves(0), "the digest"),
        (text.replace("P-4711 4", "P-4711 3"), serves(0), "the seal's count"),
        (text.replace("REWRITES=\"3\" ", ""), serves(0), "the seal's rewrites"),
        (text.replace("PACK=P-4711", "PACK=P-4712"), serves(0), "the pack's number"),
        (format!("{body}{other_seal}"), serves(0), "the seal of another signing"),
        (format!("{text}{other_seal}"), serves(0), "two seals"),
        (format!("{body}{its_seal}{}", other_seal.replace(":0:", ":00:")), serves(4), "a broken seal more"),
        (signed_by(9, "P-4711", &format!("{HEAD}{LINES}")), serves(0), "another key"),
        (format!("{HEAD}{LINES}"), serves(0), "no signature"),
        (text.replace(":1:", ":01:"), serves(3), "a number with a zero"),
        (text.replace("==\"", "=\""), serves(0), "padding"),
        (text.replace("Works\"", "Works"), serves(3), "an open quote"),
        (text.replace("mill", "mi\u{1}ll"), serves(0), "a control character"),
        (String::new(), serves(0), "everything"),
    ] {
        let agreed = script.agreed(changed.as_bytes(), None, what);
        assert_eq!(agreed, expected, "{what}");
    }
}

#[test]
fn the_script_and_the_reader_agree_wherever_a_line_is_altered_or_removed() {
    let script = Script::new();
    altered_or_removed(&script, &signed());
    altered_or_removed(&script, &signed_by(1, "P-4712", &format!("{HEAD}{TAKING}")));
}

fn altered_or_removed(script: &Script, text: &str) {
    assert!(script.agreed(text.as_bytes(), None, "nothing").is_good);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut bad = 0;
    for at in 0..lines.len() {
        let without: String = [&lines[..at], &lines[at + 1..]].concat().concat();
        bad += usize::from(
            !script.agreed(without.as_bytes(), None, &format!("line {} removed", at + 1)).is_good,
        );
        let of_word = |c: char| c.is_ascii_alphanumeric();
        let Some(last) = lines[at].rfind(of_word) else { continue };
        for place in [last, lines[at].find(of_word).unwrap(), lines[at].len() / 2] {
            let mut altered = lines[at].as_bytes().to_vec();
            altered[place] = if altered[place] == b'7' { b'6' } else { b'7' };
            let altered =
                [lines[..at].concat().as_bytes(), &altered, lines[at + 1..].concat().as_bytes()].concat();
            let agreed = script.agreed(&altered, None, &format!("line {}, byte {place}", at + 1));
            bad += usize::from(!agreed.is_good);
        }
    }
    assert!(bad > 2 * lines.len(), "{bad} of {} lines", lines.len());
}

#[test]
fn a_pack_is_good_on_its_own_host_only() {
    let script = Script::new();
    let text = signed();
    for (here, is_good) in [(HERE, true), ("02:AA:10:20:30:40", true), ("02aa10203041", false)] {
        assert_eq!(script.agreed(text.as_bytes(), Some(here), here).is_good, is_good, "{here}");
    }
    let anywhere = signed_by(1, "P-1", &format!("{}{LINES}", HEAD.replace("02-AA-10-20-30-40", "any")));
    assert!(script.agreed(anywhere.as_bytes(), Some("02aa10203041"), "ANY").is_good);
    let two = format!("{text}{}", signed_by(1, "P-2", &format!("{HEAD}{LINES}")).replacen(HEAD, "", 1));
    assert_eq!(script.theirs(two.as_bytes(), None).0, Verdict { is_good: true, serves: 8 });
}

#[test]
fn a_wrong_call_is_told_from_a_bad_pack() {
    let script = Script::new();
    std::fs::write(script.folder.path().join("p.lic"), signed()).unwrap();
    let good = key(1).public().to_string();
    // A key of small order would accept one signature for almost every message.
    let weak = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (arguments, status) in [
        (&["p.lic", "--key", &good][..], 0),
        (&["p.lic", "--key", weak, "--key", &good], 2),
        (&["p.lic", "--key", &good[1..]], 2),
        (&["p.lic"], 2),
        (&["none.lic", "--key", &good], 2),
        (&["p.lic", "--key", &good, "--host-id", "a/b"], 2),
        (&["p.lic", "--key", &format!("othersoft={good}")], 1),
        (&["p.lic", "--key", &key(9).public().to_string()], 1),
    ] {
        let (code, said) = script.run(arguments);
        assert_eq!(code, Some(status), "{arguments:?}: {said}");
    }
}
