//! One's own seats, and the feed of what ends.

use desk::Action;

use super::page::{Cell, Link, Page, Part, Table, Tone};
use super::words::w;
use super::{Answer, Answered, Asked, Entry, shows, views};

pub(super) const ROUTES: &[Entry] = &[shows("/my-seats", Action::OwnSeats, own)];

fn own(asked: &Asked) -> Answered {
    let rows: Vec<Vec<Cell>> = views::own_seats(asked)
        .into_iter()
        .map(|seat| {
            let usable = if seat.is_usable {
                Cell::Badge(Tone::Good, w!("yes"))
            } else {
                Cell::Badge(Tone::Warning, w!("not today"))
            };
            vec![
                Cell::text(seat.pool.feature()),
                Cell::or_dash(seat.product_line.as_ref()),
                Cell::or_dash(seat.company.as_ref()),
                Cell::text(seat.from),
                Cell::text(seat.until),
                usable,
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Named seats that are yours"),
        head: vec![
            w!("Feature"),
            w!("Product line"),
            w!("Company"),
            w!("From"),
            w!("Through"),
            w!("May be used"),
        ],
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
                Link::new("/name", w!("Change your name")),
                Link::new("/cases", w!("My cases")),
                Link::new("/reminders", w!("Reminders")),
                Link::new("/tools", w!("Ask for the license tools")),
            ]),
        ],
    }))
}
