//! `lmswitch`: the log goes on in another file. It does until a start, or until the files are read again.

use std::path::{Path, PathBuf};

use names::Vendor;

use super::outputs::{Out, OutFile};
use super::{DebugLog, line};
use crate::sink::Done;

impl DebugLog {
    /// Goes on in this file, or in a new one.
    ///
    /// # Errors
    /// Why not.
    pub(super) fn switch(&mut self, vendor: Option<&str>, path: Option<&Path>) -> Result<Done, String> {
        let vendor = self.vendor_of(vendor)?;
        let done = match path {
            Some(path) => self.switch_to(vendor.as_ref(), path),
            None => self.switch_on(vendor.as_ref()),
        };
        done.map(|path| Done { path, events: 0 })
    }

    fn vendor_of(&self, vendor: Option<&str>) -> Result<Option<Vendor>, String> {
        let Some(vendor) = vendor.filter(|vendor| *vendor != line::LMGRD) else { return Ok(None) };
        let known = self.host.vendors();
        let found = known.iter().find(|known| known.as_str() == vendor).cloned();
        found.map(Some).ok_or_else(|| {
            let known: Vec<_> = known.iter().map(Vendor::as_str).collect();
            format!("no such vendor is served; there are {}", known.join(", "))
        })
    }

    /// A new file of the same name; the old one is renamed.
    fn switch_on(&mut self, vendor: Option<&Vendor>) -> Result<PathBuf, String> {
        // A vendor without a log of its own writes into that of all.
        let own = vendor.filter(|vendor| self.outputs.has_own(vendor.as_str()));
        let Some(out) = self.outputs.of(own) else {
            return Err("no debug log is written to a file: [debug_log] file says where".into());
        };
        let path = out.file.path().to_owned();
        self.roll(own).map_err(|error| error.to_string())?;
        Ok(path)
    }

    fn switch_to(&mut self, vendor: Option<&Vendor>, path: &Path) -> Result<PathBuf, String> {
        self.refuse(path)?;
        let failed = |error: std::io::Error| error.to_string();
        self.save().map_err(failed)?;
        let (rollover, is_kept, is_switched) = (self.setup.rollover, true, true);
        let opened = OutFile::open(path, rollover, is_kept, is_switched).map_err(failed)?;
        match vendor {
            None => self.outputs.main = Some(Out::File(opened)),
            Some(vendor) => {
                self.outputs.own.retain(|(of, _)| of != vendor);
                self.outputs.own.push((vendor.clone(), opened));
            }
        }
        self.save().map_err(failed)?;
        Ok(path.to_owned())
    }

    /// A file that is none of ours is written only where its path says which it is, and nobody has put a link there.
    fn refuse(&mut self, path: &Path) -> Result<(), String> {
        let shown = path.display();
        let plain = |part| matches!(part, std::path::Component::RootDir | std::path::Component::Normal(_));
        if !path.is_absolute() || !path.components().all(plain) {
            return Err(format!("{shown}: give a path from the root, without `..`"));
        }
        let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
        let Some(folder) = folder else { return Err(format!("{shown}: its folder is not there")) };
        let state = self.setup.state_folder.canonicalize();
        if state.is_ok_and(|state| folder.starts_with(state)) {
            return Err(format!("{shown}: it is in the state folder, where no log is written"));
        }
        super::file::refuse_planted(path).map_err(|error| format!("{shown}: {error}"))?;
        if self.outputs.files().any(|(_, out)| out.file.path() == path) {
            return Err(format!("{shown}: a debug log is written there already"));
        }
        Ok(())
    }
}
