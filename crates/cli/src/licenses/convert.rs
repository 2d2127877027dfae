//! `license convert`: a vendor's FlexNet file becomes a pack.

use std::fmt::Write as _;

use license::{ConvertOptions, Converted, Diagnostic, Fate, Left, Source};
use names::{Code, Vendor};

use super::show::many;
use super::words::{Row, safe, table};
use crate::args::ConvertArgs;
use crate::fail::Failure;
use crate::passphrase::Place;
use crate::{files, issue, key_file, out};

/// Converts. The exit status follows the first line that had to be left as a comment.
pub(super) fn convert(args: &ConvertArgs) -> Result<u8, Failure> {
    let signing = &args.signing;
    let file = key_file::read(&signing.key)?;
    let vendor = Vendor::new(&args.vendor).map_err(|invalid| {
        let message = format!("--vendor {:?}: {invalid}", client::shown(&args.vendor, 80));
        Failure::new(Code::BadParameter, message, "write the name that stands on the license lines")
    })?;
    if file.vendor() != Some(&vendor) {
        let whose =
            file.vendor().map_or("a license host".to_owned(), |vendor| format!("the vendor {vendor}"));
        let message =
            format!("{} is a key of {whose}, not of {vendor}", safe(&signing.key.display().to_string()));
        return Err(Failure::new(Code::BadParameter, message, "name the vendor's own key with --key"));
    }
    let key = key_file::open(&signing.key, file, Place::of_key(signing.passphrase_file.as_deref()))?;
    let options = ConvertOptions {
        sign: issue::options(signing, issue::number(Some(&args.pack), &args.file)?)?,
        take_ids: args.take_ids,
    };
    let bytes = files::read(&args.file, "a FlexNet license file")?;
    let sources = [Source::new(args.file.display().to_string(), bytes)];
    let [source] = &sources;
    let shown = |found: &[Diagnostic]| -> String {
        found.iter().map(|diagnostic| diagnostic.render(&sources) + "\n").collect()
    };
    let done = license::convert(source, &key, &options).map_err(|found| {
        let code = found.iter().find_map(|diagnostic| diagnostic.code).unwrap_or(Code::BadSyntax);
        let remedy = match options.take_ids {
            true => "mend what is above; without --take-ids the numbers in the names are not written",
            false => "",
        };
        Failure::new(code, format!("{}nothing was converted", shown(&found)), remedy)
    })?;
    let place = match &signing.out {
        Some(path) => {
            issue::write(path, &done.text)?;
            format!("written to {}", safe(&path.display().to_string()))
        }
        None => {
            out::print_bytes(&done.text)?;
            "written to standard output".to_owned()
        }
    };
    let mut text = shown(&done.warnings);
    text.push_str(&report(&done, &source.name, options.take_ids));
    out::say(&format!("{text}{}, {place} as pack {}", summary(&done), options.sign.pack));
    Ok(status(&done))
}

/// The lines that were left, and the Configuration IDs that are proposed.
fn report(done: &Converted, file: &str, taken: bool) -> String {
    let mut text = String::new();
    for left in &done.left {
        let code = left.code.map(|code| format!(" ({})", code.number())).unwrap_or_default();
        let fate = match left.fate {
            Fate::AsItWas => "not signed, and left as it is",
            Fate::Comment => "not signed, and left as a comment",
            Fate::NotServed => "signed, and not served by this version",
        };
        let _ = writeln!(text, "{}:{}: {fate}: {}{code}", safe(file), left.line, safe(&left.why));
    }
    if !done.left.is_empty() {
        text.push('\n');
    }
    if !done.proposals.is_empty() {
        let said = match taken {
            true => "Configuration IDs taken from the features' names:",
            false => "Configuration IDs that the features' names propose; --take-ids writes them:",
        };
        let rows: Vec<Row> = done
            .proposals
            .iter()
            .map(|one| {
                let lines: Vec<String> = one.lines.iter().map(ToString::to_string).collect();
                let cells = vec![one.feature.to_string(), one.config.to_string(), lines.join(" ")];
                Row { cells, notes: Vec::new() }
            })
            .collect();
        let _ = writeln!(text, "{said}\n\n{}", table(&["FEATURE", "CONFIG_ID", "LINES"], &rows));
    }
    text
}

fn summary(done: &Converted) -> String {
    let not = done.left.iter().filter(|left| left.fate != Fate::NotServed).count();
    format!("{} signed, {not} not", many(done.signed as u64, "line"))
}

/// Lines of other vendors are not this vendor's business. What is signed and not served is told only, as `issue sign` does.
fn status(done: &Converted) -> u8 {
    let missed = |left: &&Left| left.fate == Fate::Comment;
    let first = done.left.iter().find(missed);
    first.map_or(0, |left| left.code.map_or(1, Code::exit_status))
}
