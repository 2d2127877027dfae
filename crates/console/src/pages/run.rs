//! A request through its route: who may, what it does, and what is shown where the desk refuses.

use desk::{Action, Refusal};

use super::page::{Link, Page, Part, Tone, to};
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Does, Entry};
use crate::host::Done;

/// What comes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is shown, with this status.
    Shown(u16, Answer),
    /// A command is done; on to this page.
    Moved(String, Done),
    /// It is refused; the frame has a page for that.
    Refused(Refusal),
}

/// Answers a request.
pub(crate) async fn run(entry: &Entry, asked: &Asked) -> Outcome {
    if let Err(refusal) = asked.must(entry.action) {
        return Outcome::Refused(refusal);
    }
    let answered = match entry.does {
        Does::Shows(page) => return shown(page(asked)),
        Does::Asks { answers, from } | Does::Works { answers, from } => {
            again(answers(asked).await, asked, from)
        }
        Does::Acts { makes, from, on } => {
            let done = match makes(asked) {
                Ok(command) => asked.host.act(asked.actor.clone(), command).await,
                Err(refusal) => Err(refusal),
            };
            match done {
                Ok(done) => return Outcome::Moved(first(on(asked, &done)), done),
                Err(refusal) => again(Err(refusal), asked, from),
            }
        }
    };
    match answered {
        Ok((status, answer)) => Outcome::Shown(status, answer),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn first(links: Vec<Link>) -> String {
    links.into_iter().next().map_or_else(|| "/".to_owned(), |link| link.to)
}

fn shown(answered: Answered) -> Outcome {
    match answered {
        Ok(answer) => Outcome::Shown(200, answer),
        Err(refusal) => Outcome::Refused(refusal),
    }
}

/// The page that a form was on, with why it was refused; as it is now where it was changed meanwhile.
fn again(answered: Answered, asked: &Asked, from: fn(&Asked) -> Answered) -> Result<(u16, Answer), Refusal> {
    let refusal = match answered {
        Ok(answer) => return Ok((200, answer)),
        Err(refusal) => refusal,
    };
    let (status, note, page) = match &refusal {
        Refusal::Invalid { .. } | Refusal::Rule { .. } | Refusal::Limit(_) => {
            (422, Words::data(refusal.to_string()), from(asked))
        }
        Refusal::Conflict(why) if asked.subject().as_ref() == asked.active() => {
            (409, w!("{}. Nothing was changed; below is how it is now.", why), from(&asked.anew()))
        }
        Refusal::Conflict(_) | Refusal::Forbidden { .. } | Refusal::SignedOut | Refusal::NotFound(_) => {
            return Err(refusal);
        }
    };
    match page {
        Ok(Answer::Page(mut page)) => {
            page.parts.insert(0, Part::Note(Tone::Bad, note));
            Ok((status, Answer::Page(page)))
        }
        _ => Err(refusal),
    }
}

/// What is shown when a command is done.
pub(super) fn done_page(done: &Done, mut links: Vec<Link>) -> Page {
    let mut parts = vec![Part::Note(Tone::Good, w!("It is done."))];
    if let Some(case) = &done.case {
        parts.push(Part::Text(w!("This is case {}: follow it under that number.", case)));
        links.insert(0, Link::new(format!("/cases/{case}"), w!("Case {}", case)));
    }
    parts.extend(done.said.iter().map(|line| Part::Note(Tone::Plain, Words::data(line))));
    parts.push(Part::Links(links));
    Page { title: w!("Done"), parts }
}

/// A link to a page of a company, where who asks may see it.
pub(crate) fn link_if(asked: &Asked, action: Action, path: &str, text: Words) -> Option<Link> {
    asked.may(action).then(|| Link::new(of_company(asked, path), text))
}

/// An address that says the company where it is not the one that who asks works for.
pub(crate) fn of_company(asked: &Asked, path: &str) -> String {
    match asked.subject() {
        Some(company) if Some(&company) != asked.active() => to(path, &[("company", company.as_str())]),
        _ => path.to_owned(),
    }
}
