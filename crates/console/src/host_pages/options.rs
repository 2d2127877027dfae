//! The options files: checked, tried, saved.

use askama::Template;
use axum::http::StatusCode;
use desk::Action;

use crate::web::{Fault, Layout, Reply, Request};
use crate::{Line, OptionsFile, Tried};

#[derive(Debug, Template)]
#[template(path = "host/options.html")]
struct Page {
    layout: Layout,
    files: Vec<Shown>,
    may_save: bool,
    user: String,
    host: String,
    feature: String,
}

/// A file as the page shows it.
#[derive(Debug)]
struct Shown {
    vendor: String,
    name: Option<String>,
    text: String,
    version: String,
    /// What a check said.
    lines: Option<Vec<Line>>,
    /// What a try said.
    tried: Option<Tried>,
    /// The file as it is now, where it is not what was looked at.
    stale: Option<String>,
}

impl From<OptionsFile> for Shown {
    fn from(file: OptionsFile) -> Self {
        let OptionsFile { vendor, name, text, version } = file;
        Self { vendor, name, text, version, lines: None, tried: None, stale: None }
    }
}

/// The files, with the one of the form as its text is there.
struct Edited {
    files: Vec<Shown>,
    at: usize,
    /// The version of the file as it is now.
    version_now: String,
}

async fn edited(request: &Request) -> Result<Edited, Fault> {
    let mut files: Vec<Shown> = request.host().options().await?.into_iter().map(Shown::from).collect();
    let vendor = request.form.get("vendor");
    let at = files.iter().position(|file| file.vendor == vendor);
    let at = at.ok_or_else(|| Fault::missing("this vendor's options file"))?;
    let mut version_now = String::new();
    if let Some(file) = files.get_mut(at) {
        file.text = request.form.get("text").replace("\r\n", "\n");
        version_now = std::mem::replace(&mut file.version, request.form.get("version").to_owned());
    }
    Ok(Edited { files, at, version_now })
}

impl Edited {
    fn text(&self) -> String {
        self.files.get(self.at).map(|file| file.text.clone()).unwrap_or_default()
    }

    fn with(mut self, change: impl FnOnce(&mut Shown)) -> Vec<Shown> {
        if let Some(file) = self.files.get_mut(self.at) {
            change(file);
        }
        self.files
    }
}

fn shown(request: &Request, files: Vec<Shown>) -> Reply {
    let field = |name| request.form.get(name).to_owned();
    Reply::page(&Page {
        layout: request.layout("Options"),
        files,
        may_save: request.visitor.may(Action::SaveOptions),
        user: field("user"),
        host: field("host"),
        feature: field("feature"),
    })
}

/// The files.
pub(super) async fn page(request: Request) -> Result<Reply, Fault> {
    let files = request.host().options().await?.into_iter().map(Shown::from).collect();
    Ok(shown(&request, files))
}

/// Says what is wrong with a text.
pub(super) async fn check(request: Request) -> Result<Reply, Fault> {
    let edited = edited(&request).await?;
    let lines = request.host().check_options(request.form.get("vendor").to_owned(), edited.text()).await?;
    Ok(shown(&request, edited.with(|file| file.lines = Some(lines))))
}

/// Says what a checkout would be told.
pub(super) async fn try_it(request: Request) -> Result<Reply, Fault> {
    let edited = edited(&request).await?;
    let field = |name| request.form.get(name).trim().to_owned();
    let (user, host, feature) = (field("user"), field("host"), field("feature"));
    let tried = request.host().try_options(field("vendor"), edited.text(), user, host, feature).await?;
    Ok(shown(&request, edited.with(|file| file.tried = Some(tried))))
}

/// Saves a text without errors, where the file is still the one that was looked at.
pub(super) async fn save(request: Request) -> Result<Reply, Fault> {
    let by = request.visitor.email().cloned().ok_or(desk::Refusal::SignedOut)?;
    let edited = edited(&request).await?;
    let (vendor, version) = (request.form.get("vendor").to_owned(), request.form.get("version").to_owned());
    if version != edited.version_now {
        let now = request.host().options().await?.into_iter().find(|file| file.vendor == vendor);
        // The version stays that of the old text, so saving it again is refused as well.
        let files = edited.with(|file| file.stale = Some(now.map(|file| file.text).unwrap_or_default()));
        return Ok(shown(&request, files).with_status(StatusCode::CONFLICT));
    }
    let lines = request.host().check_options(vendor.clone(), edited.text()).await?;
    if lines.iter().any(|line| line.kind == "error") {
        let files = edited.with(|file| file.lines = Some(lines));
        return Ok(shown(&request, files).with_status(StatusCode::UNPROCESSABLE_ENTITY));
    }
    let lines = request.host().save_options(by, vendor, version, edited.text()).await?;
    let mut said = vec![request.visitor.lang.t("The options file is saved.").to_owned()];
    said.extend(
        lines.into_iter().map(|line| format!("{}: {}", request.visitor.lang.t(line.kind), line.text)),
    );
    Ok(request.done("/options", said))
}
