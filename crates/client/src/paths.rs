//! Server lists that a user keeps (`lmpath`): read where the environment does not name the variable.

use std::path::PathBuf;

use crate::Error;
use crate::folder::{self, Folder};

/// Every variable of a server list ends so.
const SUFFIX: &str = "_LICENSE_FILE";

/// The server lists that a user keeps, in `$XDG_CONFIG_HOME/seatkeeper/servers`: a file for each variable.
#[derive(Debug, Clone)]
pub struct ServerPaths {
    folder: Folder,
}

impl ServerPaths {
    /// This user's; the folder is made when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made, or others may use it.
    pub fn of_user() -> Result<Self, Error> {
        let path = path().ok_or_else(|| Error::Keep {
            path: "~/.config/seatkeeper/servers".into(),
            what: "find the folder",
            source: std::io::Error::other("neither HOME nor XDG_CONFIG_HOME is set"),
        })?;
        Ok(Self { folder: Folder::made(&path)? })
    }

    /// The variable of a vendor's list, or of everybody's.
    #[must_use]
    pub fn variable(vendor: Option<&str>) -> String {
        vendor.map_or_else(|| "LM".to_owned(), str::to_ascii_uppercase) + SUFFIX
    }

    /// Each variable with its list, in the order of their names.
    ///
    /// # Errors
    /// When the folder or a file of it cannot be read.
    pub fn all(&self) -> Result<Vec<(String, String)>, Error> {
        let mut all = Vec::new();
        for name in self.folder.names()?.into_iter().filter(|name| is_variable(name)) {
            let list = self.folder.read(&name)?.unwrap_or_default();
            all.push((name, list.trim().to_owned()));
        }
        Ok(all)
    }

    /// Keeps a list; an empty one is forgotten.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set(&self, variable: &str, list: &str) -> Result<(), Error> {
        match list {
            "" => self.folder.remove(variable),
            list => self.folder.write(variable, &format!("{list}\n")),
        }
    }
}

fn is_variable(name: &str) -> bool {
    name.strip_suffix(SUFFIX).is_some_and(|vendor| !vendor.is_empty() && !vendor.starts_with('.'))
}

fn path() -> Option<PathBuf> {
    folder::of_user("XDG_CONFIG_HOME", ".config", "servers")
}

/// The list that is kept for a variable. What others may write, or what cannot be read, is none.
pub(crate) fn kept(variable: &str) -> Option<String> {
    let folder = Folder::found(&path()?).ok().flatten()?;
    folder.read(variable).ok().flatten().map(|list| list.trim().to_owned())
}

/// All lists that are kept, by their variables. Where they cannot be read, there are none.
pub(crate) fn all_kept() -> Vec<(String, String)> {
    let folder = path().and_then(|path| Folder::found(&path).ok().flatten());
    folder.and_then(|folder| ServerPaths { folder }.all().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_kept_by_their_variables() {
        let root = tempfile::tempdir().unwrap();
        let paths = ServerPaths { folder: Folder::made(&root.path().join("servers")).unwrap() };
        let (all, acmed) = (ServerPaths::variable(None), ServerPaths::variable(Some("acmed")));
        paths.set(&all, "27000@lic1").unwrap();
        paths.set(&acmed, "1@a:2@b").unwrap();
        let pair = |name: &str, list: &str| (name.to_owned(), list.to_owned());
        assert_eq!(
            paths.all().unwrap(),
            [pair("ACMED_LICENSE_FILE", "1@a:2@b"), pair("LM_LICENSE_FILE", "27000@lic1")]
        );
        paths.set(&all, "").unwrap();
        assert_eq!(paths.all().unwrap(), [pair("ACMED_LICENSE_FILE", "1@a:2@b")]);
        assert!(!is_variable("_LICENSE_FILE") && !is_variable(".x_LICENSE_FILE") && !is_variable("x"));
    }
}
