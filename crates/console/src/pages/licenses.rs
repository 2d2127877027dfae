//! My Licenses: what a company has, and one license of it (T1).

use std::collections::BTreeMap;

use desk::{Action, Assigned, CustomerNumber, Owned, Refusal};
use names::{Date, Expiry, PoolId};

use super::calendar::{month, month_of};
use super::csv::csv;
use super::list::{empty, list};
use super::page::{Cell, Link, Page, Part, Table, Tone, to};
use super::run::{link_if, of_company};
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Entry, shows};

pub(super) const ROUTES: &[Entry] = &[
    shows("/licenses", Action::SeeLicenses, my_licenses),
    shows("/licenses.csv", Action::SeeLicenses, my_licenses_csv),
    shows("/license", Action::SeeLicense, license),
];

/// A license as it is shown.
#[derive(Debug, Clone)]
pub(crate) struct License {
    pub(crate) owned: Owned,
    pub(crate) assigned: u32,
}

impl License {
    pub(crate) fn free(&self) -> u32 {
        self.owned.quantity.saturating_sub(self.assigned)
    }

    pub(crate) fn pool(&self) -> String {
        self.owned.pool.to_string()
    }

    /// Feature and configuration, in a line.
    pub(crate) fn title(&self) -> String {
        format!("{} ({})", self.owned.pool.feature(), self.owned.pool.config())
    }

    /// From when until when.
    pub(crate) fn term(&self) -> String {
        match self.owned.from {
            Some(from) => format!("{from} – {}", self.owned.until),
            None => self.owned.until.to_string(),
        }
    }

    fn searched(&self) -> String {
        let owned = &self.owned;
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        [
            owned.pool.to_string(),
            of(&owned.subscription),
            of(&owned.invoice),
            of(&owned.product_line),
            owned.pack.to_string(),
            owned.serials.join(" "),
        ]
        .join(" ")
    }
}

/// The licenses of a company that are served here and have not ended.
pub(crate) fn licenses_of(asked: &Asked, company: &CustomerNumber) -> Vec<License> {
    let (now, owned, assigned) = (asked.host.now(), asked.host.owned(), asked.host.assigned());
    let mut taken: BTreeMap<&PoolId, u32> = BTreeMap::new();
    for assigned in assigned.iter().filter(|a| !a.until.is_past(now)) {
        *taken.entry(&assigned.pool).or_default() += 1;
    }
    owned
        .iter()
        .filter(|owned| owned.company.as_ref().is_none_or(|of| of == company) && !owned.until.is_past(now))
        .map(|owned| License {
            owned: owned.clone(),
            assigned: taken.get(&owned.pool).copied().unwrap_or_default(),
        })
        .collect()
}

/// The license that a page is about.
pub(crate) fn license_named(asked: &Asked) -> Result<License, Refusal> {
    let (company, wanted) = (asked.company()?, asked.fields.get("pool"));
    let found = licenses_of(asked, &company).into_iter().find(|license| license.pool() == wanted);
    found.ok_or_else(|| Refusal::NotFound("this license".into()))
}

/// The seats of a license that are somebody's and have not ended, by e-mail.
pub(crate) fn assigned_of(asked: &Asked, pool: &PoolId) -> Vec<Assigned> {
    let now = asked.host.now();
    let mut assigned = asked.host.assigned();
    assigned.retain(|a| a.pool == *pool && !a.until.is_past(now));
    assigned.sort_by(|a, b| a.email.cmp(&b.email));
    assigned
}

fn my_licenses(asked: &Asked) -> Answered {
    let company = asked.company()?;
    let listed = list(
        &asked.fields,
        "/licenses",
        &["company"],
        licenses_of(asked, &company).into_iter(),
        License::searched,
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
    let owned = &license.owned;
    let pool = license.pool();
    let mut actions = vec![Link::new(to(&of_company(asked, "/license"), &[("pool", &pool)]), w!("Show"))];
    if owned.is_named && asked.may(Action::Assign) {
        actions.push(Link::new(to("/users/license", &[("pool", &pool)]), w!("Assign User")));
    }
    let number = |n: u32| Cell::Number(n.into());
    let named = |n: u32| if owned.is_named { number(n) } else { Cell::text("–") };
    vec![
        Cell::text(license.title()),
        Cell::or_dash(owned.product_line.as_ref()),
        Cell::text(license.term()),
        days_left(owned.until, asked.today()),
        Cell::or_dash(owned.subscription.as_ref()),
        Cell::or_dash(owned.invoice.as_ref()),
        number(owned.quantity),
        named(license.assigned),
        named(license.free()),
        Cell::Links(actions),
    ]
}

/// Days left, in a colour that says whether it is time to renew.
pub(crate) fn days_left(until: Expiry, today: Date) -> Cell {
    let Expiry::On(date) = until else { return Cell::Words(w!("permanent")) };
    let days = date.days() - today.days() + 1;
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
    let rows = licenses_of(asked, &company).into_iter().map(|license| {
        let owned = &license.owned;
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![
            owned.pool.config().to_string(),
            owned.pool.feature().to_string(),
            of(&owned.product_line),
            owned.from.map_or_else(String::new, |from| from.to_string()),
            owned.until.to_string(),
            of(&owned.subscription),
            of(&owned.invoice),
            owned.pack.to_string(),
            owned.quantity.to_string(),
            license.assigned.to_string(),
            license.free().to_string(),
        ]
    });
    let text = csv(&head, rows);
    Ok(Answer::File { name: format!("licenses-{company}.csv"), kind: "text/csv; charset=utf-8", text })
}

fn license(asked: &Asked) -> Answered {
    let license = license_named(asked)?;
    let owned = &license.owned;
    let words = |yes: bool, a: Words, b: Words| Cell::Words(if yes { a } else { b });
    let maintenance =
        owned.maintenance.map_or_else(|| Cell::text("–"), |active| words(active, w!("active"), w!("none")));
    let facts = vec![
        (w!("Configuration ID"), Cell::text(owned.pool.config())),
        (w!("Feature"), Cell::text(owned.pool.feature())),
        (w!("Product line"), Cell::or_dash(owned.product_line.as_ref())),
        (w!("Modules"), Cell::or_dash((!owned.modules.is_empty()).then(|| owned.modules.join(", ")))),
        (w!("Maintenance"), maintenance),
        (w!("Host"), Cell::text(owned.pool.cpu())),
        (w!("Term"), Cell::text(license.term())),
        (w!("Days left"), days_left(owned.until, asked.today())),
        (w!("Subscription"), Cell::or_dash(owned.subscription.as_ref())),
        (w!("Invoice"), Cell::or_dash(owned.invoice.as_ref())),
        (w!("Serial numbers"), Cell::or_dash((!owned.serials.is_empty()).then(|| owned.serials.join(", ")))),
        (w!("Pack"), pack_cell(asked, owned)),
        (w!("Quantity"), Cell::Number(owned.quantity.into())),
        (w!("Seats"), words(owned.is_named, w!("named: given to people"), w!("taken by whoever comes"))),
    ];
    let mut parts = vec![Part::Facts(facts)];
    if owned.is_named {
        parts.extend(people_of(asked, &license));
    }
    let ids = owned.pool.config().to_string();
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
    Ok(Answer::Page(Page { title: w!("License {}", license.title()), parts }))
}

fn pack_cell(asked: &Asked, owned: &Owned) -> Cell {
    if asked.may(Action::SeePacks) && asked.desk.pack(&owned.pack).is_some() {
        return Cell::link(format!("/packs/{}", owned.pack), owned.pack.to_string());
    }
    Cell::text(&owned.pack)
}

/// Who has the seats of a named license, and when.
pub(crate) fn people_of(asked: &Asked, license: &License) -> Vec<Part> {
    let pool = license.pool();
    let assigned = assigned_of(asked, &license.owned.pool);
    let today = asked.today();
    let month = month(
        month_of(asked.fields.get("month"), today),
        today,
        license.owned.quantity,
        &assigned,
        |month| to("/license", &[("pool", &pool), ("month", month)]),
    );
    let listed =
        list(&asked.fields, "/license", &["pool", "month"], assigned.into_iter(), |a| a.email.to_string());
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
        Part::Heading(w!(
            "Assigned users: {} of {}, {} free",
            license.assigned,
            license.owned.quantity,
            license.free()
        )),
        listed.pager,
        Part::Table(table),
        Part::Heading(w!("Seats in use by day")),
        Part::Month(Box::new(month)),
    ]
}
