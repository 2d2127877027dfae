//! My Licenses: what a company has, and one license of it (T1).

use desk::Action;
use desk::look::License;
use names::{Date, Expiry};

use super::calendar::{month, month_of};
use super::list::{empty, list};
use super::page::{Cell, Link, Page, Part, Table, Tone, to};
use super::run::link_if;
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Entry, shows, views};

pub(super) const ROUTES: &[Entry] = &[
    shows("/licenses", Action::SeeLicenses, my_licenses),
    shows("/licenses.csv", Action::SeeLicenses, my_licenses_csv),
    shows("/license", Action::SeeLicense, license),
];

/// Feature and configuration, in a line.
pub(crate) fn title(license: &License) -> String {
    format!("{} ({})", license.pool.feature(), license.pool.config())
}

/// From when until when.
pub(crate) fn term(license: &License) -> String {
    match license.from {
        Some(from) => format!("{from} – {}", license.until),
        None => license.until.to_string(),
    }
}

fn searched(license: &License) -> String {
    [
        license.pool.to_string(),
        license.subscriptions.join(" "),
        license.invoices.join(" "),
        license.product_line.clone().unwrap_or_default(),
        license.pack.to_string(),
        license.serials.join(" "),
    ]
    .join(" ")
}

/// Seats; a dash where they are not counted.
pub(crate) fn seats(license: &License, n: u32) -> Cell {
    if license.quantity == 0 { Cell::Words(w!("not counted")) } else { Cell::Number(n.into()) }
}

fn my_licenses(asked: &Asked) -> Answered {
    let company = asked.company()?;
    let listed = list(
        &asked.fields,
        "/licenses",
        &["company"],
        views::licenses(asked, &company).into_iter(),
        searched,
    );
    let rows = listed.rows.iter().map(|license| row(asked, license)).collect();
    let table = Table {
        caption: w!("Active licenses of company {}", company),
        head: vec![
            w!("License"),
            w!("Product line"),
            w!("Term"),
            w!("Days left"),
            w!("Subscription"),
            w!("Invoice"),
            w!("Quantity"),
            w!("Assigned"),
            w!("Free"),
            w!("Actions"),
        ],
        rows,
        empty: empty(
            &asked.fields,
            w!("No license is in force for this company. Install a license pack, or order licenses."),
        ),
    };
    let links = [
        link_if(asked, Action::SeeLicenses, "/licenses.csv", w!("Download as CSV")),
        link_if(asked, Action::CustomerReport, "/report", w!("Customer Detail Report")),
        link_if(asked, Action::InstallPack, "/packs/install", w!("Install a license pack")),
        link_if(asked, Action::Order, "/orders/new", w!("Order licenses")),
    ];
    let links = links.into_iter().flatten().collect();
    Ok(Answer::Page(Page {
        title: w!("My Licenses"),
        parts: vec![listed.pager, Part::Table(table), Part::Links(links)],
    }))
}

fn row(asked: &Asked, license: &License) -> Vec<Cell> {
    let pool = license.pool.to_string();
    let mut actions = vec![Link::new(to("/license", &[("pool", &pool)]), w!("Show"))];
    if license.is_named && asked.may(Action::Assign) {
        actions.push(Link::new(to("/users/license", &[("pool", &pool)]), w!("Assign User")));
    }
    let named = |n: u32| if license.is_named { seats(license, n) } else { Cell::text("–") };
    vec![
        Cell::text(title(license)),
        Cell::or_dash(license.product_line.as_ref()),
        Cell::text(term(license)),
        days_left(license.until, asked.today()),
        joined(&license.subscriptions),
        joined(&license.invoices),
        seats(license, license.quantity),
        named(license.assigned),
        named(license.free),
        Cell::Links(actions),
    ]
}

/// Numbers in a line, or a dash.
fn joined(of: &[String]) -> Cell {
    Cell::or_dash((!of.is_empty()).then(|| of.join(", ")))
}

/// Days left, in a colour that says whether it is time to renew.
pub(crate) fn days_left(until: Expiry, today: Date) -> Cell {
    let Expiry::On(date) = until else { return Cell::Words(w!("permanent")) };
    let days = date.days() - today.days();
    let tone = match days {
        ..=7 => Tone::Bad,
        8..=30 => Tone::Warning,
        _ => Tone::Plain,
    };
    Cell::Badge(tone, w!("{} days", days))
}

fn my_licenses_csv(asked: &Asked) -> Answered {
    let company = asked.company()?;
    let head = [
        "configuration",
        "feature",
        "product_line",
        "from",
        "until",
        "subscription",
        "invoice",
        "pack",
        "quantity",
        "assigned",
        "free",
    ];
    let rows = views::licenses(asked, &company).into_iter().map(|license| {
        let counted = |n: u32| if license.quantity == 0 { "not counted".to_owned() } else { n.to_string() };
        vec![
            license.pool.config().to_string(),
            license.pool.feature().to_string(),
            license.product_line.clone().unwrap_or_default(),
            license.from.map_or_else(String::new, |from| from.to_string()),
            license.until.to_string(),
            license.subscriptions.join(" "),
            license.invoices.join(" "),
            license.pack.to_string(),
            counted(license.quantity),
            license.assigned.to_string(),
            counted(license.free),
        ]
    });
    let text = desk::look::csv(&head, rows);
    Ok(Answer::File { name: format!("licenses-{company}.csv"), kind: "text/csv; charset=utf-8", text })
}

fn license(asked: &Asked) -> Answered {
    let license = views::license(asked)?;
    let words = |yes: bool, a: Words, b: Words| Cell::Words(if yes { a } else { b });
    let maintenance =
        license.maintenance.map_or_else(|| Cell::text("–"), |active| words(active, w!("active"), w!("none")));
    let facts = vec![
        (w!("Configuration ID"), Cell::text(license.pool.config())),
        (w!("Feature"), Cell::text(license.pool.feature())),
        (w!("Product line"), Cell::or_dash(license.product_line.as_ref())),
        (w!("Modules"), joined(&license.modules)),
        (w!("Maintenance"), maintenance),
        (w!("Host"), Cell::text(license.pool.cpu())),
        (w!("Term"), Cell::text(term(&license))),
        (w!("Days left"), days_left(license.until, asked.today())),
        (w!("Subscription"), joined(&license.subscriptions)),
        (w!("Invoice"), joined(&license.invoices)),
        (w!("Serial numbers"), joined(&license.serials)),
        (w!("Pack"), pack_cell(asked, &license)),
        (w!("Quantity"), seats(&license, license.quantity)),
        (w!("Seats"), words(license.is_named, w!("named: given to people"), w!("taken by whoever comes"))),
    ];
    let mut parts = vec![Part::Facts(facts)];
    if license.is_named {
        parts.extend(people_of(asked, &license, "/license"));
    }
    let ids = license.pool.config().to_string();
    let more = [
        (Action::Reconfigure, "/reconfigure", w!("Have it configured otherwise")),
        (Action::Surrender, "/moves/new", w!("Move it to another host")),
    ];
    let links = more
        .into_iter()
        .filter(|(action, ..)| asked.may(*action))
        .map(|(_, path, text)| Link::new(to(path, &[("ids", &ids)]), text))
        .collect();
    parts.push(Part::Links(links));
    Ok(Answer::Page(Page { title: w!("License {}", title(&license)), parts }))
}

fn pack_cell(asked: &Asked, license: &License) -> Cell {
    if asked.may(Action::SeePacks) && asked.desk.pack(&license.pack).is_some() {
        return Cell::link(format!("/packs/{}", license.pack), license.pack.to_string());
    }
    Cell::text(&license.pack)
}

fn heading(license: &License) -> Words {
    if license.quantity == 0 {
        return w!("Assigned users: {}", license.assigned);
    }
    w!("Assigned users: {} of {}, {} free", license.assigned, license.quantity, license.free)
}

/// Who has the seats of a named license, and when.
pub(crate) fn people_of(asked: &Asked, license: &License, path: &'static str) -> Vec<Part> {
    let pool = license.pool.to_string();
    let assigned = views::users(asked, &license.pool);
    let today = asked.today();
    let month =
        month(month_of(asked.fields.get("month"), today), today, license.quantity, &assigned, |month| {
            to(path, &[("pool", &pool), ("month", month)])
        });
    let listed = list(&asked.fields, path, &["pool", "month"], assigned.into_iter(), |a| a.email.to_string());
    let may = asked.may(Action::Assign);
    let rows = listed
        .rows
        .iter()
        .map(|a| {
            let named = [("pool", pool.as_str()), ("email", a.email.as_str())];
            let links = if may {
                vec![
                    Link::new(to("/users/change", &named), w!("Change User")),
                    Link::new(to("/users/revoke", &named), w!("Revoke")),
                ]
            } else {
                Vec::new()
            };
            vec![Cell::text(&a.email), Cell::text(a.from), Cell::text(a.until), Cell::Links(links)]
        })
        .collect();
    let table = Table {
        caption: w!("Who has its seats"),
        head: vec![w!("Email Address"), w!("From"), w!("Through"), w!("Actions")],
        rows,
        empty: empty(&asked.fields, w!("Nobody has a seat of it yet: assign a user.")),
    };
    vec![
        Part::Heading(heading(license)),
        listed.pager,
        Part::Table(table),
        Part::Heading(w!("Seats in use by day")),
        Part::Month(Box::new(month)),
    ]
}
