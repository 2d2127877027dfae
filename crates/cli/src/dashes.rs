//! FlexNet's words behind one dash (`-asec`, `-vendor`), which the command line's definition has behind two.

use std::ffi::OsString;

/// The words of each of FlexNet's commands. One letter behind a dash is the same here, and is not listed.
const WORDS: &[(&str, &[&str])] = &[
    ("lmstat", &["asec", "lm", "vd", "proj", "old", "no-user-info", "json", "help"]),
    (
        "lmhostid",
        &[
            "ether",
            "internet",
            "hostname",
            "hostdomain",
            "user",
            "display",
            "long",
            "ptype",
            "uuid",
            "container_id",
            "vsn",
            "disk_serial_num",
            "flexid",
            "string",
            "utf8",
            "json",
            "help",
        ],
    ),
    ("lmreread", &["vendor", "all", "drop", "dry-run", "json", "help"]),
    ("lmremove", &["json", "help"]),
    ("lmdown", &["vendor", "all", "force", "json", "help"]),
    ("lmborrow", &["status", "clear", "purge", "return", "fqdn", "vendor", "bv", "json", "help"]),
    ("lmdiag", &["json", "help"]),
    ("lmnewlog", &["secondary", "json", "help"]),
    ("lmswitch", &["rollover", "json", "help"]),
    ("lmswitchr", &["json", "help"]),
    ("lmver", &["json", "help"]),
    ("lmpath", &["add", "override", "status", "json", "help"]),
    ("lminstall", &["maxlen", "odecimal", "overfmt", "json", "help"]),
    ("lmcksum", &["pre_v6", "json", "help"]),
    ("lmlicvalidator", &["json", "help"]),
];

/// Whether FlexNet has this command too.
pub(crate) fn has(command: &str) -> bool {
    WORDS.iter().any(|(name, _)| *name == command)
}

/// Whether a word behind one dash is one of the command's.
pub(crate) fn is_word(command: &str, word: &str) -> bool {
    let known = WORDS.iter().find(|(name, _)| *name == command).map_or(&[][..], |(_, known)| known);
    word.strip_prefix('-').is_some_and(|word| known.contains(&word))
}

/// FlexNet's commands, in the order of the table.
pub(crate) fn commands() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|(name, _)| *name)
}

/// The words behind a command with two dashes where FlexNet has one. Nothing else is changed: words of other
/// commands, words that the command does not have, and whatever stands behind `--`.
pub(crate) fn doubled(command: &str, words: Vec<OsString>) -> Vec<OsString> {
    let known = WORDS.iter().find(|(name, _)| *name == command).map_or(&[][..], |(_, known)| known);
    let words = if command == "lmremove" { positional(words) } else { words };
    let mut is_open = true;
    let double = |word: OsString| {
        is_open &= word != "--";
        let text = word.to_str().filter(|_| is_open);
        match text.and_then(|text| text.strip_prefix('-')) {
            Some(name) if known.contains(&name) => format!("--{name}").into(),
            _ => word,
        }
    };
    words.into_iter().map(double).collect()
}

/// `lmremove … FEATURE USER HOST DISPLAY …`: what stands behind the feature are names, whatever they begin with, where
/// nothing but flags follows the three.
fn positional(mut words: Vec<OsString>) -> Vec<OsString> {
    let from = 1 + flags(words.get(1..).unwrap_or_default());
    let behind = from + 4;
    let Some(after) = words.get(behind..) else { return words };
    if words.iter().take(from).any(|word| word == "--") || flags(after) != after.len() {
        return words;
    }
    let after = words.split_off(behind);
    let names = words.split_off(from);
    words.extend(after);
    words.push("--".into());
    words.extend(names);
    words
}

/// How many words from the first on are flags with their values.
fn flags(words: &[OsString]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).and_then(|word| word.to_str()).filter(|word| word.starts_with('-')) {
        at += if matches!(word, "-c" | "--socket" | "--admin-socket") { 2 } else { 1 };
    }
    at
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt as _;

    use super::*;

    #[test]
    fn words_of_the_command_get_their_second_dash() {
        for (command, words, ours) in [
            ("lmstat", "-a -asec -c 27000@h", "-a --asec -c 27000@h"),
            ("lmstat", "-vd -lm -proj -old -help", "--vd --lm --proj --old --help"),
            ("lmstat", "--no-user-info -no-user-info", "--no-user-info --no-user-info"),
            // One letter is one letter, and a word that is not known is for the definition to refuse.
            ("lmstat", "-s -S -l -m -asecs -hostname", "-s -S -l -m -asecs -hostname"),
            ("lmstat", "-f lm -- -lm", "-f lm -- -lm"),
            ("lmhostid", "-hostname -n", "--hostname -n"),
            ("run", "-help", "-help"),
            // Names are names, also those that look like flags.
            ("lmremove", "lmremove mill -h ws1 :0", "lmremove -- mill -h ws1 :0"),
            (
                "lmremove",
                "lmremove -c 1@a -json mill -c ws1 -json",
                "lmremove -c 1@a --json -- mill -c ws1 -json",
            ),
            ("lmremove", "lmremove -h mill lic1 27000 5", "lmremove -h -- mill lic1 27000 5"),
            ("lmremove", "lmremove mill -h ws1 -c -json -c 1@a", "lmremove --json -c 1@a -- mill -h ws1 -c"),
            ("lmremove", "lmremove mill -h lic1 27000 5", "lmremove mill -h lic1 27000 5"),
            ("lmremove", "lmremove -json -- mill kim ws1 :0", "lmremove --json -- mill kim ws1 :0"),
            ("lmremove", "lmremove mill kim ws1 -c", "lmremove -- mill kim ws1 -c"),
            ("lmremove", "lmremove -help", "lmremove --help"),
            ("lmremove", "lmremove", "lmremove"),
        ] {
            let split = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(doubled(command, split(words)), split(ours), "{command} {words}");
        }
        let bad = vec![OsString::from_vec(b"-\xff".to_vec())];
        assert_eq!(doubled("lmstat", bad.clone()), bad);
        assert!(has("lmstat") && !has("run") && !has(""));
    }
}
