//! License files as a list names them: files, folders, and servers, whose files are those they serve.

use std::path::{Path, PathBuf};

use client::Servers;
use license::Source;
use names::Code;

use crate::fail::Failure;
use crate::licenses;

/// The files of one entry of a list.
#[derive(Debug)]
pub(super) struct Entry {
    /// As it stands in the list.
    pub(super) name: String,
    pub(super) sources: Vec<Source>,
}

/// Reads what a list names; without a list what the environment does.
pub(super) async fn read(list: Option<&str>) -> Result<Vec<Entry>, Failure> {
    let named = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let list = list
        .map(str::to_owned)
        .or_else(|| named("SEATKEEPER_LICENSE_FILE"))
        .or_else(|| named("LM_LICENSE_FILE"));
    let mut entries = Vec::new();
    match list {
        Some(list) if Path::new(&list).exists() => entries.push(files(&list)?),
        Some(list) => {
            for entry in split(&list) {
                entries.push(if is_server(entry) { served(entry).await? } else { files(entry)? });
            }
        }
        None => {
            for group in Servers::from_environment(None)?.groups() {
                entries.push(of(group).await?);
            }
        }
    }
    if entries.is_empty() {
        return Err(Failure::new(Code::NoLicenseFile, "the list names nothing", "name files or port@host"));
    }
    Ok(entries)
}

fn is_server(entry: &str) -> bool {
    entry.contains('@') && !Path::new(entry).exists()
}

/// Entries are divided by `:` and `;`, except inside the brackets of an IPv6 address.
fn split(list: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    let divides = move |c: char| {
        inside = (inside || c == '[') && c != ']';
        matches!(c, ':' | ';') && !inside
    };
    list.split(divides).map(str::trim).filter(|entry| !entry.is_empty())
}

fn files(entry: &str) -> Result<Entry, Failure> {
    let sources = licenses::read(&[PathBuf::from(entry)])?;
    Ok(Entry { name: client::shown(entry, 300), sources })
}

async fn served(entry: &str) -> Result<Entry, Failure> {
    let servers = Servers::from_list(entry, "-c")?;
    let all: Vec<_> = servers.all().cloned().collect();
    of(&all).await
}

async fn of(servers: &[client::Server]) -> Result<Entry, Failure> {
    let (server, files) = client::licenses(servers, "").await?;
    let sources = files.into_iter().map(|file| Source::new(file.name, file.text)).collect();
    Ok(Entry { name: server.to_string(), sources })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_divided_as_flexnet_does() {
        for (list, entries) in [
            ("a.lic:27000@lic1;@x", vec!["a.lic", "27000@lic1", "@x"]),
            (" 1@[::1]:b ", vec!["1@[::1]", "b"]),
            (":;", vec![]),
        ] {
            assert_eq!(split(list).collect::<Vec<_>>(), entries, "{list}");
        }
    }
}
