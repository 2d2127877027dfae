//! The license files that a server serves: one question, no session.

use std::time::Duration;

use proto::v1;
use proto::v1::seats_client::SeatsClient;

use crate::dial::{CONNECT, answered, channel};
use crate::{Error, Server, Tried, shown};

/// How long the files may take.
const ANSWER: Duration = Duration::from_secs(30);
/// Bytes of all files together that are taken from a server.
const BYTES_MAX: usize = 256 * 1024 * 1024;
/// Files that are taken from a server.
const FILES_MAX: usize = 10_000;

/// A license file as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseFile {
    /// Its name, without a folder; fit to be shown.
    pub name: String,
    /// What it holds.
    pub text: Vec<u8>,
}

/// The license files of the first of these servers that answers; with a vendor's name, those with lines
/// of that vendor. Nothing is verified.
///
/// # Errors
/// When none answers.
pub async fn licenses(servers: &[Server], vendor: &str) -> Result<(Server, Vec<LicenseFile>), Error> {
    let mut tried = Vec::new();
    for server in servers {
        match ask(server, vendor).await {
            Ok(files) => return Ok((server.clone(), files)),
            Err(one) => tried.push(one),
        }
    }
    Err(if tried.is_empty() { Error::NoServers } else { Error::Unreachable { tried } })
}

async fn ask(server: &Server, vendor: &str) -> Result<Vec<LicenseFile>, Tried> {
    let mut client = SeatsClient::new(channel(server, CONNECT).await?);
    let request = v1::LicensesRequest { vendor: vendor.to_owned() };
    answered(server, ANSWER, async {
        let mut pieces = client.licenses(request).await?.into_inner();
        let mut files = Files::default();
        while let Some(piece) = pieces.message().await? {
            files.add(&piece).map_err(tonic::Status::out_of_range)?;
        }
        Ok(files.whole)
    })
    .await
}

#[derive(Default)]
struct Files {
    whole: Vec<LicenseFile>,
    bytes: usize,
    /// The last piece's name as it came.
    last: Option<String>,
}

impl Files {
    /// The pieces of one file follow each other.
    fn add(&mut self, piece: &v1::LicensesPart) -> Result<(), &'static str> {
        self.bytes = self.bytes.saturating_add(piece.text.len());
        if self.bytes > BYTES_MAX || self.whole.len() >= FILES_MAX {
            return Err("it serves more license files than are taken");
        }
        match self.whole.last_mut().filter(|_| self.last.as_deref() == Some(piece.name.as_str())) {
            Some(file) => file.text.extend_from_slice(&piece.text),
            None => {
                self.last = Some(piece.name.clone());
                self.whole.push(LicenseFile { name: shown(&piece.name, 255), text: piece.text.to_vec() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_put_together_by_their_files_name() {
        let mut files = Files::default();
        for (name, text) in [("a.lic", "one "), ("a.lic", "two"), ("b\n.lic", "x"), ("b\n.lic", "y")] {
            files
                .add(&v1::LicensesPart { name: name.into(), text: text.as_bytes().to_vec().into() })
                .unwrap();
        }
        let all: Vec<_> = files.whole.iter().map(|file| (file.name.as_str(), file.text.as_slice())).collect();
        assert_eq!(all, [("a.lic", &b"one two"[..]), ("b .lic", b"xy")]);
    }

    #[test]
    fn a_server_cannot_fill_the_memory() {
        let mut files = Files { bytes: BYTES_MAX - 1, ..Files::default() };
        let piece = v1::LicensesPart { name: "a".into(), text: vec![0; 2].into() };
        assert!(files.add(&piece).is_err());
    }
}
