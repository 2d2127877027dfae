//! One's own seats, and the feed of what ends.

use desk::{Action, Actor};

use super::page::{Cell, Link, Page, Part, Table};
use super::words::w;
use super::{Answer, Answered, Asked, Entry, shows};

pub(super) const ROUTES: &[Entry] = &[shows("/my-seats", Action::OwnSeats, own)];

fn own(asked: &Asked) -> Answered {
    let Actor::Person { email, .. } = &asked.actor else {
        return Err(desk::Refusal::NotFound("seats of somebody without an address".into()));
    };
    let now = asked.host.now();
    let rows: Vec<Vec<Cell>> = asked
        .host
        .assigned()
        .into_iter()
        .filter(|assigned| assigned.email == *email && !assigned.until.is_past(now))
        .map(|assigned| {
            vec![
                Cell::text(assigned.pool.feature()),
                Cell::text(assigned.pool.config()),
                Cell::text(assigned.from),
                Cell::text(assigned.until),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Named seats that are yours"),
        head: vec![w!("Feature"), w!("Configuration ID"), w!("From"), w!("Through")],
        rows,
        empty: w!("No named seat is yours. Ask your company's Licensing people to assign you one."),
    };
    Ok(Answer::Page(Page {
        title: w!("My seats"),
        parts: vec![
            Part::Table(table),
            Part::Text(w!(
                "A workstation takes your seat when it shows your personal token: run seatkeeper login there."
            )),
            Part::Links(vec![
                Link::new("/token", w!("Personal token")),
                Link::new("/cases", w!("My cases")),
                Link::new("/tools", w!("Ask for the license tools")),
            ]),
        ],
    }))
}
