//! `options check`, `options try` and `options diff`: an options file before it is put in force.

mod tried;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use license::{Diagnostic, Entitlement, Loaded, Severity, Source};
use names::{Code, Vendor};
use policy::{Against, OptionsFile, limits};

pub(crate) use self::tried::try_out;
use crate::args::{AgainstArgs, OptionsCheckArgs, OptionsDiffArgs};
use crate::fail::Failure;
use crate::keys::given;
use crate::{files, licenses, out};

/// Something changes, as `diff` and `license diff` say it.
const DIFFERENT: u8 = 1;

/// Checks a file. The exit status follows the first error's code; warnings are none.
pub(crate) fn check(args: &OptionsCheckArgs) -> Result<u8, Failure> {
    let source = read_options(&args.file)?;
    let (file, mut diagnostics) = policy::parse(&source);
    if args.against.against.is_empty() {
        diagnostics.extend(policy::lint(&file, None));
    } else {
        let licenses = Licenses::read(&args.against)?;
        let vendor = licenses.vendor(&args.file, args.against.vendor.as_deref())?;
        let lines = licenses.lines(&vendor);
        let against = Against { entitlements: &lines, sources: &licenses.sources };
        diagnostics.extend(policy::lint(&file, Some(against)));
    }
    out::print(&report(&file, &diagnostics, &source))?;
    Ok(first_error(&diagnostics).map_or(0, |found| found.code.map_or(1, Code::exit_status)))
}

/// Says what another options file changes, and for whom. Like `diff`: 0 where nothing changes, 1 where
/// something does.
pub(crate) fn diff(args: &OptionsDiffArgs) -> Result<u8, Failure> {
    let (old, new) = (read_good(&args.old)?, read_good(&args.new)?);
    let changes = if args.against.against.is_empty() {
        policy::diff(&old, &new, None)
    } else {
        let licenses = Licenses::read(&args.against)?;
        let named = args.against.vendor.as_deref();
        let vendor = licenses.vendor(&args.new, named).or_else(|_| licenses.vendor(&args.old, named))?;
        let lines = licenses.served(&vendor);
        policy::diff(&old, &new, Some(Against { entitlements: &lines, sources: &licenses.sources }))
    };
    let mut text = String::new();
    for change in &changes {
        let _ = writeln!(text, "{change}");
    }
    if changes.is_empty() {
        text.push_str("nothing changes\n");
    }
    out::print(&text)?;
    Ok(if changes.is_empty() { 0 } else { DIFFERENT })
}

/// An options file that a daemon would take.
pub(crate) fn read_good(path: &Path) -> Result<OptionsFile, Failure> {
    let source = read_options(path)?;
    let (file, diagnostics) = policy::parse(&source);
    if let Some(found) = first_error(&diagnostics) {
        let message = format!(
            "the options file has errors, and the daemon would not start:\n{}",
            found.render(&[source])
        );
        let code = found.code.unwrap_or(Code::BadSyntax);
        return Err(Failure::new(code, message.trim_end(), "`options check` shows them all"));
    }
    Ok(file)
}

fn first_error(diagnostics: &[Diagnostic]) -> Option<&Diagnostic> {
    diagnostics.iter().find(|found| found.severity == Severity::Error)
}

fn read_options(path: &Path) -> Result<Source, Failure> {
    let bytes = files::read(path, "an options file")?;
    if bytes.len() > limits::FILE_BYTES_MAX {
        let message = format!("{}: it has more than {} MiB", path.display(), limits::FILE_BYTES_MAX >> 20);
        return Err(Failure::new(Code::CannotReadFile, message, "name an options file"));
    }
    Ok(Source::new(path.display().to_string(), bytes))
}

fn report(file: &OptionsFile, diagnostics: &[Diagnostic], source: &Source) -> String {
    let mut text = String::new();
    for found in diagnostics {
        let _ = writeln!(text, "{}", found.render(std::slice::from_ref(source)));
    }
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let (lines, warnings) = (file.lines.len(), diagnostics.len() - errors);
    let _ = writeln!(
        text,
        "{lines} line{}, {errors} error{}, {warnings} warning{}",
        s(lines),
        s(errors),
        s(warnings)
    );
    text
}

/// `user@host[:display]`; a user may have an `@`.
pub(crate) fn asker(text: &str) -> Result<(&str, &str, &str), Failure> {
    let parts = text.rsplit_once('@').map(|(user, rest)| {
        let (host, display) = rest.split_once(':').unwrap_or((rest, ""));
        (user, host, display)
    });
    parts.filter(|(user, host, _)| !user.is_empty() && !host.is_empty()).ok_or_else(|| {
        let message = format!("--as {:?} names no user and host", client::shown(text, 80));
        Failure::new(Code::BadParameter, message, "write it like kim@ws1 or kim@ws1::0")
    })
}

/// License files.
struct Licenses {
    sources: Vec<Source>,
    loaded: Loaded,
    /// With a key. Otherwise the lines are taken as they are.
    verified: bool,
}

impl Licenses {
    fn read(args: &AgainstArgs) -> Result<Self, Failure> {
        if args.against.is_empty() {
            let message = "it takes a license to say who may use what";
            return Err(Failure::new(Code::BadParameter, message, "name the license file with --against"));
        }
        let given = given(&args.key, &args.vendor_key, &[])?;
        let sources = licenses::read(&args.against)?;
        let verified = !given.pinned.is_empty() || !given.anyones.is_empty();
        let loaded = match verified {
            true => license::load(&sources, &licenses::trust(given), None, false),
            false => license::load_unverified(&sources),
        };
        Ok(Self { sources, loaded, verified })
    }

    fn all(&self) -> impl Iterator<Item = &Entitlement> {
        let unserved = self.loaded.unserved.iter().map(|unserved| &unserved.entitlement);
        self.loaded.entitlements.iter().chain(unserved)
    }

    fn lines(&self, vendor: &Vendor) -> Vec<&Entitlement> {
        self.all().filter(|line| line.vendor == *vendor).collect()
    }

    /// What a daemon would serve, as far as can be told.
    fn served(&self, vendor: &Vendor) -> Vec<&Entitlement> {
        match self.verified {
            true => self.loaded.entitlements.iter().filter(|line| line.vendor == *vendor).collect(),
            false => self.lines(vendor),
        }
    }

    /// The vendor that was named; else the one that the file is named after; else the only one.
    fn vendor(&self, options: &Path, named: Option<&str>) -> Result<Vendor, Failure> {
        let vendors: BTreeSet<&Vendor> = self.all().map(|line| &line.vendor).collect();
        let stem = options.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let with = |name: &str| vendors.iter().find(|vendor| vendor.as_str() == name).copied();
        let found = match (named, stem.as_deref().and_then(with)) {
            (Some(named), _) => with(named),
            (None, Some(vendor)) => Some(vendor),
            (None, None) => Some(&vendors).filter(|all| all.len() == 1).and_then(|all| all.first().copied()),
        };
        found.cloned().ok_or_else(|| {
            let names: Vec<_> = vendors.iter().map(|vendor| vendor.as_str()).collect();
            let message = match vendors.is_empty() {
                true => "the license files have no license line that can be read".to_owned(),
                false => {
                    format!("whose options file is it? The license files have lines of {}", names.join(", "))
                }
            };
            let remedy =
                if vendors.is_empty() { "`license check` shows why" } else { "say it with --vendor" };
            Failure::new(Code::NoSuchFeature, message, remedy)
        })
    }
}
