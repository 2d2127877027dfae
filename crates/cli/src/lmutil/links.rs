//! `install-links`: FlexNet's commands under their own names.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;

use names::Code;
use serde_json::json;

use super::show;
use crate::args::InstallLinksArgs;
use crate::dashes;
use crate::fail::Failure;

/// The program that the links lead to, by whatever path.
const PROGRAM: &str = "seatkeeper";

/// What stands at a link's place.
#[derive(Debug, PartialEq, Eq)]
enum There {
    Nothing,
    /// A link of ours, to this program or to another copy of it.
    Ours,
    Another,
}

/// Makes the links, or takes them away. What is not a link of ours is left alone, and said.
pub(crate) fn install_links(args: &InstallLinksArgs) -> Result<u8, Failure> {
    let program = std::env::current_exe().map_err(|e| Failure::system("cannot find this program", &e))?;
    let folder = shown(&args.folder);
    if !args.folder.is_dir() {
        let message = format!("{folder}: it is no folder");
        return Err(Failure::new(Code::BadParameter, message, "name a folder of the PATH"));
    }
    let (mut done, mut left) = (Vec::new(), Vec::new());
    for name in std::iter::once("lmutil").chain(dashes::commands()) {
        let path = args.folder.join(name);
        let change = match there(&path).map_err(|e| failed(&path, &e))? {
            There::Another => {
                left.push(name);
                continue;
            }
            There::Nothing if args.remove => continue,
            There::Ours if args.remove => std::fs::remove_file(&path),
            There::Nothing => std::os::unix::fs::symlink(&program, &path),
            There::Ours => renew(&program, &path),
        };
        change.map_err(|e| failed(&path, &e))?;
        done.push(name);
    }
    let deed = if args.remove { "removed" } else { "linked" };
    let text: String =
        done.iter().map(|name| format!("{deed}: {}\n", shown(&args.folder.join(name)))).collect();
    show(
        "install-links",
        args.report.json,
        &text,
        json!({ "folder": folder, deed: done, "left_alone": left }),
    )?;
    if left.is_empty() {
        return Ok(0);
    }
    let message =
        format!("{folder} has other files of these names, which are left alone: {}", left.join(", "));
    Err(Failure::new(Code::BadParameter, message, "move them away, or choose another folder"))
}

fn there(path: &Path) -> std::io::Result<There> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(There::Nothing),
        Err(error) => Err(error),
        Ok(found) if found.is_symlink() => {
            let is_ours = std::fs::read_link(path)?.file_name() == Some(OsStr::new(PROGRAM));
            Ok(if is_ours { There::Ours } else { There::Another })
        }
        Ok(_) => Ok(There::Another),
    }
}

/// A link of ours leads to this program from now on; there is one at every moment.
fn renew(program: &Path, path: &Path) -> std::io::Result<()> {
    if std::fs::read_link(path)? == program {
        return Ok(());
    }
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    std::os::unix::fs::symlink(program, &fresh)?;
    std::fs::rename(&fresh, path)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("{}: {error}", shown(path));
    Failure::new(Code::BadParameter, message, "ask for the right to write into the folder")
}

fn shown(path: &Path) -> String {
    client::shown(&path.display().to_string(), 300)
}
