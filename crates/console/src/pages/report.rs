//! Customer Detail Report, as a page, as CSV and as JSON; reminders as a calendar.

use desk::look::{Ends, REMIND_DAYS, ReportRow};
use desk::{Action, Refusal};

use super::licenses::days_left;
use super::list::{empty, list};
use super::page::{Cell, Link, Page, Part, Table};
use super::run::of_company;
use super::words::w;
use super::{Answer, Answered, Asked, Entry, shows};

pub(super) const ROUTES: &[Entry] = &[
    shows("/report", Action::CustomerReport, report),
    shows("/report.csv", Action::CustomerReport, report_csv),
    shows("/report.json", Action::CustomerReport, report_json),
    shows("/reminders", Action::OwnSeats, reminders),
    shows("/reminders.ics", Action::OwnSeats, reminders_ics),
];

fn rows(asked: &Asked) -> Result<Vec<ReportRow>, Refusal> {
    let company = asked.company()?;
    asked.with(|ctx| asked.desk.customer_report(ctx, &asked.actor, &company))
}

fn report(asked: &Asked) -> Answered {
    let company = asked.company()?;
    let listed =
        list(&asked.fields, "/report", &["company"], rows(asked)?.into_iter(), |row| row.cells().join(" "));
    let head = [
        w!("Configuration ID"),
        w!("Product line"),
        w!("Product"),
        w!("Modules"),
        w!("Feature"),
        w!("Version"),
        w!("Seats"),
        w!("Count"),
        w!("Host"),
        w!("Maintenance"),
        w!("From"),
        w!("Through"),
        w!("Order"),
        w!("Subscription"),
        w!("Invoice"),
        w!("Serial numbers"),
        w!("Install numbers"),
        w!("Packs"),
        w!("Standing"),
        w!("Warnings"),
    ];
    let table = Table {
        caption: w!("Customer Detail Report of company {}", company),
        head: head.into(),
        rows: listed.rows.iter().map(|row| row.cells().into_iter().map(Cell::Text).collect()).collect(),
        empty: empty(&asked.fields, w!("The company has no license yet.")),
    };
    let links = vec![
        Link::new(of_company(asked, "/report.csv"), w!("Download as CSV")),
        Link::new(of_company(asked, "/report.json"), w!("Download as JSON")),
    ];
    Ok(Answer::Page(Page {
        title: w!("Customer Detail Report"),
        parts: vec![Part::Links(links), listed.pager, Part::Table(table)],
    }))
}

fn report_csv(asked: &Asked) -> Answered {
    let name = format!("report-{}.csv", asked.company()?);
    Ok(Answer::File { name, kind: "text/csv; charset=utf-8", text: ReportRow::csv(&rows(asked)?) })
}

fn report_json(asked: &Asked) -> Answered {
    let name = format!("report-{}.json", asked.company()?);
    Ok(Answer::File { name, kind: "application/json", text: ReportRow::json(&rows(asked)?) })
}

/// What ends that who asks may see.
pub(crate) fn endings(asked: &Asked) -> Vec<Ends> {
    asked.with(|ctx| asked.desk.endings_for(ctx, &asked.actor, &[]))
}

fn reminders(asked: &Asked) -> Answered {
    let today = asked.today();
    let listed = list(&asked.fields, "/reminders", &[], endings(asked).into_iter(), |ends| {
        format!("{} {}", ends.title, ends.on)
    });
    let row = |ends: &Ends| {
        vec![
            Cell::text(&ends.title),
            Cell::text(ends.on),
            days_left(names::Expiry::On(ends.on), today),
            Cell::or_dash(ends.company.as_ref()),
            Cell::or_dash(ends.email.as_ref()),
        ]
    };
    let table = Table {
        caption: w!("What ends"),
        head: vec![w!("What"), w!("Last day"), w!("Days left"), w!("Company"), w!("Email Address")],
        rows: listed.rows.iter().map(row).collect(),
        empty: empty(&asked.fields, w!("Nothing that you may see ends.")),
    };
    let days: Vec<String> = REMIND_DAYS.iter().map(u32::to_string).collect();
    Ok(Answer::Page(Page {
        title: w!("Reminders"),
        parts: vec![
            Part::Text(w!(
                "You are reminded {} days before. As a calendar with the same alarms:",
                days.join(", ")
            )),
            Part::Links(vec![Link::new("/reminders.ics", w!("Download the calendar"))]),
            calendar(asked),
            listed.pager,
            Part::Table(table),
        ],
    }))
}

/// How a calendar program reads it.
fn calendar(asked: &Asked) -> Part {
    let address = match &asked.actor {
        desk::Actor::Person { email, .. } => crate::api::feed::address(&*asked.host, email),
        _ => None,
    };
    match address {
        Some(address) => Part::Links(vec![Link::new(
            address,
            w!(
                "For a calendar program: the address of this link, which is yours alone and ends with your personal token"
            ),
        )]),
        None => Part::Links(vec![Link::new(
            "/token",
            w!("For a calendar program: make a personal token, and an address for it is here"),
        )]),
    }
}

pub(crate) fn reminders_ics(asked: &Asked) -> Answered {
    let ends = endings(asked);
    let text = asked.with(|ctx| desk::look::ics(&ends, ctx));
    Ok(Answer::File { name: "reminders.ics".into(), kind: "text/calendar; charset=utf-8", text })
}
