//! Server lists: entries, license files, the environment.

use std::path::{Path, PathBuf};

use names::{Code, limits};

use crate::servers::scan;
use crate::{Error, Server, Servers};

const OWN: &str = "SEATKEEPER_LICENSE_FILE";
const COMMON: &str = "LM_LICENSE_FILE";
const SUFFIX: &str = "_LICENSE_FILE";

/// See [`Servers::from_environment`].
pub(crate) fn environment(
    vendor: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Servers, Error> {
    let set = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    if let Some(value) = set(OWN) {
        return list(&value, OWN);
    }
    let of_vendor = vendor.map(|vendor| format!("{}_LICENSE_FILE", vendor.to_ascii_uppercase()));
    let mut servers = Servers::default();
    for name in of_vendor.as_deref().into_iter().chain([COMMON]) {
        if let Some(value) = set(name) {
            for group in list(&value, name)?.groups() {
                servers.push(group.clone());
            }
        }
    }
    if servers.is_empty() { Err(Error::NoServers) } else { Ok(servers) }
}

/// See [`Servers::from_whole_environment`].
pub(crate) fn whole_environment(
    variables: impl Iterator<Item = (String, String)>,
    kept: Vec<(String, String)>,
) -> Result<Servers, Error> {
    let is_set = |(name, value): &(String, String)| {
        name.len() > SUFFIX.len() && name.ends_with(SUFFIX) && !value.trim().is_empty()
    };
    let mut set: Vec<_> = variables.filter(is_set).collect();
    let kept: Vec<_> =
        kept.into_iter().filter(|(name, _)| set.iter().all(|(other, _)| other != name)).collect();
    set.extend(kept);
    if set.iter().any(|(name, _)| name == OWN) {
        set.retain(|(name, _)| name == OWN);
    }
    // The vendors' own go first, as for an application.
    set.sort_by(|(a, _), (b, _)| (a == COMMON).cmp(&(b == COMMON)).then_with(|| a.cmp(b)));
    let mut servers = Servers::default();
    for (name, value) in &set {
        for group in list(value, name)?.groups() {
            servers.push(group.clone());
        }
    }
    if servers.is_empty() { Err(Error::NoServers) } else { Ok(servers) }
}

/// See [`Servers::from_list`].
pub(crate) fn list(text: &str, place: &str) -> Result<Servers, Error> {
    let mut servers = Servers::default();
    for entry in split(text) {
        if entry.contains('@') {
            let bad = |why| Error::BadServer { entry: entry.to_owned(), place: place.to_owned(), why };
            servers.push(addresses(entry).map_err(bad)?);
        } else {
            for group in files(entry, place)? {
                servers.push(group);
            }
        }
    }
    if servers.is_empty() { Err(Error::NoServers) } else { Ok(servers) }
}

/// Entries are divided by `:` and `;`, except inside the brackets of an IPv6 address.
fn split(text: &str) -> Vec<&str> {
    let mut inside = false;
    let divides = |c: char| {
        inside = (inside || c == '[') && c != ']';
        matches!(c, ':' | ';') && !inside
    };
    text.split(divides).map(str::trim).filter(|entry| !entry.is_empty()).collect()
}

/// `port@host`, `@host`, or several of them with commas.
fn addresses(entry: &str) -> Result<Vec<Server>, String> {
    let mut found = Vec::new();
    for one in entry.split(',').map(str::trim) {
        match one.split_once('@') {
            Some(("", host)) => found.extend(scan(host)?),
            Some((port, host)) => {
                let number = port.parse().map_err(|_| format!("the port {port:?} is not 1 to 65535"))?;
                found.push(Server::new(host, number)?);
            }
            None => return Err(format!("{one:?} has no `@`")),
        }
    }
    Ok(found)
}

/// The servers that a license file, or the `*.lic` files of a folder, name.
fn files(entry: &str, place: &str) -> Result<Vec<Vec<Server>>, Error> {
    let path = Path::new(entry);
    let unreadable =
        |path: &Path, source| Error::File { path: path.to_owned(), place: place.to_owned(), source };
    let bad = |why| Error::BadServer { entry: entry.to_owned(), place: place.to_owned(), why };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !entry.contains('/') => {
            return Err(bad("it has no `@`, and there is no file of this name".into()));
        }
        Err(error) => return Err(unreadable(path, error)),
    };
    let paths = if metadata.is_dir() {
        folder(path).map_err(|error| unreadable(path, error))?
    } else {
        vec![path.to_owned()]
    };
    let mut groups = Vec::new();
    for path in paths {
        let bytes = read(&path).map_err(|error| unreadable(&path, error))?;
        let servers = in_file(&path, bytes).map_err(bad)?;
        if !servers.is_empty() {
            groups.push(servers);
        }
    }
    if groups.is_empty() {
        return Err(bad("it has no SERVER line (-13)".into()));
    }
    Ok(groups)
}

fn folder(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for item in std::fs::read_dir(path)? {
        let path = item?.path();
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("lic")) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let max = limits::PACK_BYTES_MAX;
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > max {
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, format!("more than {max} bytes")));
    }
    Ok(bytes)
}

/// The SERVER lines of one file. Its signatures are the server's business.
fn in_file(path: &Path, bytes: Vec<u8>) -> Result<Vec<Server>, String> {
    let source = license::Source::new(path.display().to_string(), bytes);
    let loaded = license::load(&[source], &license::Trust::default(), None, false);
    let mut servers = Vec::new();
    for line in loaded.servers {
        let host = if line.host.eq_ignore_ascii_case("this_host") { "localhost" } else { &line.host };
        match line.port {
            Some(port) => servers.push(Server::new(host, port)?),
            None => servers.extend(scan(host)?),
        }
    }
    // Lines that are not signed, or with another system's signature, and none of ours.
    let foreign = |found: &license::Diagnostic| found.code == Some(Code::NoSignature);
    if loaded.packs.is_empty() && loaded.diagnostics.iter().any(foreign) {
        servers = servers.into_iter().map(|server| server.of_foreign_file(path.to_owned())).collect();
    }
    Ok(servers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(servers: &Servers) -> String {
        let group = |g: &Vec<Server>| g.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        servers.groups().iter().map(group).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_are_read_as_flexnet_writes_them() {
        for (text, servers) in [
            ("27000@lic1", "27000@lic1"),
            (" 27000@lic1 : 7788@10.0.0.1 ", "27000@lic1 7788@10.0.0.1"),
            ("1@a;2@b", "1@a 2@b"),
            ("1@a:1@a:2@b", "1@a 2@b"),
            ("1@a,2@b,3@c:4@d", "1@a,2@b,3@c 4@d"),
            ("27000@[::1]:1@a", "27000@::1 1@a"),
            ("@x", "27000@x,27001@x,27002@x,27003@x,27004@x,27005@x,27006@x,27007@x,27008@x,27009@x"),
        ] {
            assert_eq!(shown(&list(text, "-c").unwrap()), servers, "{text}");
        }
        assert_eq!(list("9@[::1]", "-c").unwrap().all().next().unwrap().authority(), "[::1]:9");
    }

    #[test]
    fn a_wrong_entry_is_named_with_its_place_and_reason() {
        for (text, why) in [
            ("0@a", "1 to 65535"),
            ("65536@a", "65536"),
            ("x@a", "\"x\""),
            ("27000@", "host is missing"),
            ("27000@a b", "' '"),
            ("27000@a/b", "'/'"),
            ("27000@a\u{1b}[2J", "\\u{1b}"),
            ("1@a,b", "has no `@`"),
            ("lic1:27000", "no `@`"),
        ] {
            let error = list(text, "-c").unwrap_err();
            assert!(matches!(&error, Error::BadServer { place, .. } if place == "-c"), "{text}");
            assert!(error.to_string().contains(why), "{text}: {error}");
            assert!(!error.to_string().contains('\u{1b}'));
        }
        assert!(matches!(list("/no/such/file.lic", "-c"), Err(Error::File { .. })));
        let error = list(&format!("/no/such\u{1b}[2J/{}", "x".repeat(10_240)), "-c").unwrap_err().to_string();
        assert!(!error.contains('\u{1b}') && error.len() < 1_000, "{error}");
        assert!(matches!(list(" : ; ", "-c"), Err(Error::NoServers)));
    }

    #[test]
    fn the_environment_is_read_in_its_order() {
        let with = |set: &'static [(&str, &str)]| {
            let find = move |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            environment(Some("acmed"), find).map(|servers| shown(&servers)).map_err(|error| error.code())
        };
        assert_eq!(with(&[]), Err(Code::NoLicenseFile));
        assert_eq!(with(&[(COMMON, " ")]), Err(Code::NoLicenseFile));
        assert_eq!(with(&[(COMMON, "1@a"), ("ACMED_LICENSE_FILE", "2@b")]), Ok("2@b 1@a".into()));
        assert_eq!(with(&[(COMMON, "1@a"), (OWN, "3@c")]), Ok("3@c".into()));
    }

    #[test]
    fn a_tool_reads_what_every_vendor_has() {
        let with = |set: &[(&str, &str)]| {
            let set = set.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            whole_environment(set, Vec::new()).map(|servers| shown(&servers)).map_err(|error| error.code())
        };
        let (acmed, other) = (("ACMED_LICENSE_FILE", "2@b"), ("OTHER_LICENSE_FILE", "3@c,4@d:2@b"));
        assert_eq!(with(&[(COMMON, "1@a"), other, acmed, ("PATH", "/bin")]), Ok("2@b 3@c,4@d 1@a".into()));
        assert_eq!(with(&[(COMMON, "1@a"), acmed, (OWN, "5@e")]), Ok("5@e".into()));
        assert_eq!(with(&[("_LICENSE_FILE", "1@a"), (COMMON, " "), ("X", "1@a")]), Err(Code::NoLicenseFile));
        assert_eq!(with(&[("ACMED_LICENSE_FILE", "x@b")]), Err(Code::BadParameter));
        let pair = |name: &str, list: &str| (name.to_owned(), list.to_owned());
        let kept = vec![pair("ACMED_LICENSE_FILE", "6@f"), pair(COMMON, "7@g")];
        let set = [pair(COMMON, "1@a"), pair("ACMED_LICENSE_FILE", "")];
        assert_eq!(shown(&whole_environment(set.into_iter(), kept).unwrap()), "6@f 1@a");
    }

    #[test]
    fn a_license_file_names_its_servers_and_flexnets_own_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.lic");
        let lines = "SERVER lic1 02aa10203040 27001\nVENDOR acmed\nINCREMENT mill acmed 4.0 permanent 10";
        let flexnet = format!("{lines} SIGN=\"00AA 11BB 22CC 33DD\"\n").into_bytes();
        let key = license::SecretKey::for_vendor(names::Vendor::new("acmed").unwrap(), [3; 32]);
        let options = license::SignOptions::new(names::PackNumber::new("P-1").unwrap());
        let source = license::Source::new("a.lic", format!("{lines}\n"));
        let ours = license::sign_pack(&source, &key, &options).unwrap();
        for (text, is_foreign) in [(flexnet, true), (ours, false)] {
            std::fs::write(&file, text).unwrap();
            for entry in [&file, &folder.path().to_owned()] {
                let servers = list(entry.to_str().unwrap(), "-c").unwrap();
                assert_eq!(shown(&servers), "27001@lic1");
                let named_by = servers.all().next().unwrap().foreign_file();
                assert_eq!(named_by, is_foreign.then_some(file.as_path()));
            }
        }
    }

    #[test]
    fn a_file_without_servers_or_too_large_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("empty.lic");
        std::fs::write(&file, "# nothing\n").unwrap();
        let error = list(file.to_str().unwrap(), "-c").unwrap_err();
        assert!(error.to_string().contains("no SERVER line"), "{error}");
        let large = folder.path().join("large.lic");
        std::fs::File::create(&large).unwrap().set_len(limits::PACK_BYTES_MAX as u64 + 1).unwrap();
        assert!(matches!(list(large.to_str().unwrap(), "-c"), Err(Error::File { .. })));
    }
}
