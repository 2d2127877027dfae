//! FlexNet's ways of calling: `lmutil lmstat …`, `lmstat …`, and words behind a single dash.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::dashes;

/// What may stand behind `borrow`; anything else is what `borrow take` takes.
const BORROW: &[&str] = &["take", "list", "return", "give-up", "take-back", "help", "--help", "-h"];

/// The command and its words, however it was called.
pub(crate) fn words(args: Vec<OsString>) -> Vec<OsString> {
    let called = args.first().map(|path| name_of(path)).unwrap_or_default();
    let mut rest: Vec<OsString> = args.into_iter().skip(1).collect();
    if dashes::has(&called) {
        rest.insert(0, called.into());
    }
    rest
}

/// FlexNet's command that is asked for its version: `lmdown -v`. `lmstat` has words of its own for it.
pub(crate) fn asks_version(words: &[OsString]) -> Option<&str> {
    let [command, flag] = words else { return None };
    command.to_str().filter(|command| flag == "-v" && *command != "lmstat" && dashes::has(command))
}

/// The words as the command line's definition has them.
pub(crate) fn rewrite(mut rest: Vec<OsString>) -> Vec<OsString> {
    let command = rest.first().and_then(|word| word.to_str()).unwrap_or_default().to_owned();
    let is_bare = |word: &OsString| !word.to_str().is_some_and(|word| BORROW.contains(&word));
    if command == "borrow" && rest.get(1).is_some_and(is_bare) {
        rest.insert(1, "take".into());
    }
    let words = dashes::doubled(&command, rest);
    std::iter::once(OsString::from("seatkeeper")).chain(words).collect()
}

/// The name that the program was called by, without folder and `.exe`.
fn name_of(path: &OsStr) -> String {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".exe").unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flexnets_calls_mean_the_same() {
        for (call, ours) in [
            ("seatkeeper lmstat -a", "seatkeeper lmstat -a"),
            ("/usr/bin/lmutil lmstat -a -c 27000@h", "seatkeeper lmstat -a -c 27000@h"),
            ("./lmstat -a -asec", "seatkeeper lmstat -a --asec"),
            ("lmstat -vd -lm -help", "seatkeeper lmstat --vd --lm --help"),
            ("lmhostid -hostname -n", "seatkeeper lmhostid --hostname -n"),
            ("lmutil lmhostid -user", "seatkeeper lmhostid --user"),
            ("lmutil", "seatkeeper"),
            ("lmutil lmreread -help", "seatkeeper lmreread --help"),
            ("seatkeeper borrow mill --hours 3", "seatkeeper borrow take mill --hours 3"),
            ("seatkeeper borrow --hours 3 mill", "seatkeeper borrow take --hours 3 mill"),
            ("seatkeeper borrow list", "seatkeeper borrow list"),
            ("seatkeeper borrow", "seatkeeper borrow"),
            // Words of other commands stay as they are.
            ("seatkeeper run f -- tool -help", "seatkeeper run f -- tool -help"),
            ("seatkeeper checkout -help", "seatkeeper checkout -help"),
        ] {
            let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(rewrite(super::words(words(call))), words(ours), "{call}");
        }
    }
}
