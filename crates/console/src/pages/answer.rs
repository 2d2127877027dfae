//! A page from the request to its answer.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use desk::Refusal;

use super::once::{Once, Sent};
use super::page::Page;
use super::render::{Frame, html};
use super::run::{Outcome, run};
use super::words::{Words, w};
use super::{Answer, Asked, Does, Entry, german};
use crate::host::Done;
use crate::{Fault, Lang, Layout, Reply, Request, token};

/// Notices that go on to the next page; more are shown on a page of their own.
const SAID_MAX: usize = 40;

#[derive(Debug, Template)]
#[template(path = "pages/page.html")]
struct Framed {
    layout: Layout,
    /// Made by the template of parts, which escapes.
    body: String,
}

/// Answers a request.
pub(super) async fn answer(entry: &'static Entry, request: Request, once: &Once) -> Result<Reply, Fault> {
    let asked = asked(&request);
    let is_deed = matches!(entry.does, Does::Acts { .. } | Does::Works { .. });
    let form = asked.fields.get("once").to_owned();
    if !is_deed || form.is_empty() {
        return reply(&request, run(entry, &asked).await);
    }
    // A form is its sender's: what somebody else sent under the same number is another one.
    let form = format!("{} {form}", asked.actor);
    match once.begin(&form) {
        Sent::Not => {}
        Sent::Running => {
            return Err(Refusal::Conflict("this form was sent already, and is being done".into()).into());
        }
        Sent::Done(path, mut done) => {
            done.said
                .insert(0, said(request.visitor.lang, &w!("This form was sent already: it was done once.")));
            return reply(&request, Outcome::Moved(path, done));
        }
    }
    let outcome = run(entry, &asked).await;
    let kept = match &outcome {
        Outcome::Moved(path, done) => Some((path.clone(), done.clone())),
        // What a page says that is shown once is not said again.
        Outcome::Shown(200, _) => Some(("/cases".into(), Done { case: None, said: Vec::new() })),
        Outcome::Shown(..) | Outcome::Refused(_) => None,
    };
    once.end(&form, kept);
    reply(&request, outcome)
}

/// The request as pages have it: what stands in its path, then its form, then its address.
fn asked(request: &Request) -> Asked {
    let all = request.params.iter().chain(&request.form.0).chain(&request.query.0);
    Asked {
        host: Arc::clone(&request.app.host),
        desk: Arc::clone(&request.visitor.desk),
        actor: request.visitor.actor.clone(),
        fields: super::fields::Fields(all.cloned().collect()),
        files: request.files.iter().map(|file| file.text().ok().map(str::to_owned)).collect(),
    }
}

fn reply(request: &Request, outcome: Outcome) -> Result<Reply, Fault> {
    match outcome {
        Outcome::Shown(status, Answer::Page(page)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            Ok(framed(request, &page)?.with_status(status))
        }
        Outcome::Shown(_, Answer::File { name, kind, text }) => Ok(Reply::file(&name, kind, text)),
        Outcome::Moved(_, done) if done.said.len() > SAID_MAX => {
            framed(request, &super::run::done_page(&done, Vec::new()))
        }
        Outcome::Moved(path, done) => {
            let what = said(request.visitor.lang, &w!("It is done."));
            Ok(request.done_with(&path, &what, done))
        }
        Outcome::Refused(refusal) => Err(refusal.into()),
    }
}

fn framed(request: &Request, page: &Page) -> Result<Reply, Fault> {
    let lang = request.visitor.lang;
    let layout = request.layout(&said(lang, &page.title));
    let subject = request.query.find("company").or_else(|| request.form.find("company"));
    let frame = Frame {
        bound: layout.bound(),
        company: subject.unwrap_or_default().to_owned(),
        once: token::random().ok_or(Fault::Busy)?,
        language: lang.code(),
    };
    let body = html(page, &frame);
    Ok(Reply::page(&Framed { layout, body }))
}

fn said(lang: Lang, words: &Words) -> String {
    words.say(|key| german::translated(lang.code(), key))
}
