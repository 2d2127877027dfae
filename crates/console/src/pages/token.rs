//! One's own: the personal token, which proves an e-mail to the license host and to the JSON API, and the name.

use desk::{Action, Actor, Command, Refusal};

use super::page::{Field, Form, Link, Page, Part, Tone};
use super::words::w;
use super::{Answer, Answered, Asked, Does, Entry, Method, acts, shows};
use crate::host::{Done, Later};

pub(super) const ROUTES: &[Entry] = &[
    shows("/token", Action::OwnToken, page),
    Entry {
        method: Method::Post,
        path: "/token/new",
        action: Action::OwnToken,
        does: Does::Works { answers: make, from: page },
        has_files: false,
    },
    acts("/token/drop", Action::OwnToken, take_away, page, to_token),
    shows("/name", Action::ChangeOwn, name_page),
    acts("/name", Action::ChangeOwn, set_name, name_page, to_name),
];

fn page(asked: &Asked) -> Answered {
    let _ = asked;
    let make = Form { action: "/token/new".into(), button: w!("Make a personal token"), ..Form::default() };
    let drop = Form {
        action: "/token/drop".into(),
        button: w!("Take my token away"),
        is_danger: true,
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Personal token"),
        parts: vec![
            Part::Text(w!(
                "A personal token proves who you are without a password: on workstations that take your named seat, to the JSON API, and to programs that read your reminders."
            )),
            Part::Text(w!("There is one at a time: a new one ends the one before. It is shown once.")),
            Part::Form(make),
            Part::Form(drop),
            Part::Links(vec![
                Link::new("/api/v1/openapi.json", w!("What the JSON API has")),
                Link::new("/reminders", w!("Reminders")),
            ]),
        ],
    }))
}

fn make(asked: &Asked) -> Later<'_, Answered> {
    Box::pin(async move {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)
            .map_err(|_| Refusal::Limit("the license host has no random numbers now; try again".into()))?;
        let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let token_hash = service::token_hash(token.as_bytes());
        let done = asked.act(Command::SetToken { token_hash }).await?;
        let mut parts = vec![
            Part::Note(Tone::Good, w!("This is your personal token. It is not shown again.")),
            Part::Plain(token),
            Part::Text(w!("On each of your workstations run seatkeeper login, and give it there.")),
        ];
        parts.extend(
            done.said.into_iter().map(|said| Part::Note(Tone::Plain, super::words::Words::data(said))),
        );
        parts.push(Part::Links(vec![Link::new("/token", w!("Personal token"))]));
        Ok(Answer::Page(Page { title: w!("Your new personal token"), parts }))
    })
}

fn take_away(_asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::DropToken)
}

fn to_token(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/token", w!("Personal token"))]
}

fn name_page(asked: &Asked) -> Answered {
    let person = match &asked.actor {
        Actor::Person { email, .. } => asked.desk.person(email),
        _ => None,
    };
    let now = person.map_or("", |person| person.name.as_str());
    let form = Form {
        action: "/name".into(),
        fields: vec![Field::line("name", w!("Name")).with(asked.fields.or("name", now))],
        button: w!("Change the name"),
        ..Form::default()
    };
    Ok(Answer::Page(Page { title: w!("Change your name"), parts: vec![Part::Form(form)] }))
}

fn set_name(asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::SetName { name: asked.fields.get("name").to_owned() })
}

fn to_name(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/name", w!("Change your name"))]
}
