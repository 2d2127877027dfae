//! Questions for borrowed seats that have no answer yet.
//!
//! The secret that returns the seat is on the disk before the license host is asked. A process that ends
//! before the answer leaves it there, and the next one returns what was granted to nobody.

use std::fs::File;

use names::{Feature, GrantId};

use super::{GivenUp, Leases, file};
use crate::folder::{self, Folder};
use crate::{Error, Server};

impl Leases {
    /// Keeps the secret of a question, so that its seat can be returned if the answer never comes.
    pub(crate) fn asking(
        &self,
        server: &Server,
        feature: &Feature,
        secret: [u8; 32],
    ) -> Result<Pending, Error> {
        let question =
            GivenUp { server: server.clone(), feature: feature.clone(), grant: GrantId(0), secret };
        let name = format!("{}.asked", folder::hex(secret.get(24..).unwrap_or_default()));
        let _alone = self.folder.locked()?;
        self.folder.write(&name, &file::of_given_up(&question))?;
        let file = self.hold(&name)?;
        Ok(Pending { folder: self.folder.clone(), name, question, _file: file })
    }

    /// The questions whose askers are gone without an answer.
    pub(crate) fn unanswered(&self) -> Result<Vec<Pending>, Error> {
        let _alone = self.folder.locked()?;
        let mut found = Vec::new();
        for name in self.folder.names()?.into_iter().filter(|name| name.ends_with(".asked")) {
            let Ok(file) = self.hold(&name) else { continue };
            if let Some(question) = self.folder.read(&name)?.and_then(|text| file::given_up(&text)) {
                found.push(Pending { folder: self.folder.clone(), name, question, _file: file });
            }
        }
        Ok(found)
    }

    /// Holds a file as long as its question is open; an error when somebody else does.
    fn hold(&self, name: &str) -> Result<File, Error> {
        let path = self.folder.path(name);
        let held =
            File::open(&path).and_then(|file| file.try_lock().map_err(std::io::Error::from).map(|()| file));
        held.map_err(|source| Error::Keep { path, what: "hold the file", source })
    }
}

/// A question on its way.
#[derive(Debug)]
pub(crate) struct Pending {
    folder: Folder,
    name: String,
    question: GivenUp,
    /// As long as it is locked, its asker lives.
    _file: File,
}

impl Pending {
    pub(crate) fn server(&self) -> &Server {
        &self.question.server
    }

    pub(crate) fn feature(&self) -> &Feature {
        &self.question.feature
    }

    pub(crate) fn secret(&self) -> [u8; 32] {
        self.question.secret
    }

    /// The answer is here, and what follows from it is on the disk.
    pub(crate) fn answered(self) -> Result<(), Error> {
        self.folder.remove(&self.name)
    }
}
