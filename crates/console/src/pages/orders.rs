//! Orders: placed by the company or the vendor's desk, shown as they will be split, issued or refused.

use desk::{Action, Command, Item, Order, OrderState, Place, Power, Refusal, Seat};
use names::{CpuId, Expiry, Feature, Version};

use super::list::{empty, list};
use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone};
use super::run::{link_if, of_company};
use super::words::w;
use super::{Answer, Answered, Asked, Entry, acts, asks, shows, views};
use crate::host::{Done, Later};

pub(super) const ROUTES: &[Entry] = &[
    shows("/orders", Action::Order, orders),
    shows("/orders/new", Action::Order, new_page),
    asks("/orders/preview", Action::Order, preview, new_page),
    acts("/orders/place", Action::Order, place, new_page, to_orders),
    shows("/orders/{order}", Action::Order, order),
    acts("/orders/{order}/issue", Action::Issue, issue, order, to_orders),
    acts("/orders/{order}/refuse", Action::Issue, refuse, order, to_orders),
];

/// Lines of an order's form.
const LINES: usize = 4;

fn state(state: OrderState) -> Cell {
    match state {
        OrderState::Placed => Cell::Badge(Tone::Warning, w!("placed")),
        OrderState::Issued => Cell::Badge(Tone::Good, w!("issued")),
        OrderState::Refused => Cell::Badge(Tone::Bad, w!("refused")),
    }
}

fn orders(asked: &Asked) -> Answered {
    let listed = list(&asked.fields, "/orders", &["company"], views::orders(asked).into_iter(), |order| {
        format!("{} {} {} {}", order.number, order.company, order.subscription, order.invoice)
    });
    let rows = listed
        .rows
        .iter()
        .map(|order| {
            vec![
                Cell::link(format!("/orders/{}", order.number), &order.number),
                Cell::text(&order.company),
                Cell::text(&order.subscription),
                Cell::text(&order.invoice),
                Cell::or_dash(order.buyer.as_ref()),
                Cell::count(order.items.len()),
                state(order.state),
                Cell::text(names::Wall(order.placed_ms)),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Orders"),
        head: vec![
            w!("Order"),
            w!("Company"),
            w!("Subscription"),
            w!("Invoice"),
            w!("Buyer"),
            w!("Items"),
            w!("State"),
            w!("Placed"),
        ],
        rows,
        empty: empty(&asked.fields, w!("Nothing was ordered yet.")),
    };
    let mut links: Vec<Link> =
        link_if(asked, Action::Order, "/orders/new", w!("Order licenses")).into_iter().collect();
    links.extend(super::issuing::links(asked));
    Ok(Answer::Page(Page {
        title: w!("Orders"),
        parts: vec![listed.pager, Part::Table(table), Part::Links(links)],
    }))
}

fn order(asked: &Asked) -> Answered {
    let order = views::order(asked)?;
    let packs = order
        .packs
        .iter()
        .map(|pack| Link::new(format!("/packs/{pack}"), super::words::Words::data(pack.to_string())));
    let facts = vec![
        (w!("Company"), Cell::text(&order.company)),
        (w!("State"), state(order.state)),
        (w!("Subscription"), Cell::text(&order.subscription)),
        (w!("Invoice"), Cell::text(&order.invoice)),
        (w!("Buyer"), Cell::or_dash(order.buyer.as_ref())),
        (w!("Placed"), Cell::text(names::Wall(order.placed_ms))),
        (w!("Case"), Cell::link(format!("/cases/{}", order.case), order.case.to_string())),
        (w!("Packs"), Cell::Links(packs.collect())),
    ];
    let mut parts = vec![Part::Facts(facts), Part::Table(items_table(&order.items))];
    if order.state == OrderState::Placed && asked.may(Action::Issue) {
        parts.extend(split(asked, &order.company, &order.items)?);
        parts.extend(answer_forms(asked, order));
    }
    Ok(Answer::Page(Page { title: w!("Order {}", order.number), parts }))
}

fn answer_forms(asked: &Asked, order: &Order) -> [Part; 2] {
    let issue = Form {
        action: format!("/orders/{}/issue", order.number),
        title: Some(w!("Issue it")),
        fields: vec![Field::hidden("version", order.version), host_keys_field(asked)],
        button: w!("Issue and sign"),
        ..Form::default()
    };
    let refuse = Form {
        action: format!("/orders/{}/refuse", order.number),
        title: Some(w!("Refuse it")),
        fields: vec![
            Field::hidden("version", order.version),
            Field::line("why", w!("Why")).with(asked.fields.get("why")).needed(),
        ],
        button: w!("Refuse the order"),
        is_danger: true,
        ..Form::default()
    };
    [Part::Form(issue), Part::Form(refuse)]
}

fn items_table(items: &[Item]) -> Table {
    let seat = |seat: Seat| match seat {
        Seat::Floating => Cell::Words(w!("floating")),
        Seat::Locked => Cell::Words(w!("locked")),
        Seat::Named => Cell::Words(w!("named")),
    };
    let row = |item: &Item| {
        let places: Vec<String> =
            item.places.iter().take(20).map(|place| format!("{} × {}", place.count, place.cpu)).collect();
        let more = item.places.len().saturating_sub(20);
        let more = if more > 0 { format!(" (+ {more})") } else { String::new() };
        vec![
            Cell::text(&item.feature),
            Cell::text(&item.product_line),
            Cell::text(item.version),
            Cell::text(item.modules.join(", ")),
            seat(item.seat),
            Cell::text(format!("{}{more}", places.join(", "))),
            Cell::Words(if item.maintenance { w!("active") } else { w!("none") }),
            Cell::text(item.until),
        ]
    };
    Table {
        caption: w!("What is ordered"),
        head: vec![
            w!("Feature"),
            w!("Product line"),
            w!("Version"),
            w!("Modules"),
            w!("Seats"),
            w!("Quantity and host"),
            w!("Maintenance"),
            w!("Through"),
        ],
        rows: items.iter().map(row).collect(),
        empty: w!("Nothing."),
    }
}

/// Which configurations an order comes to: shown before it is confirmed.
fn split(asked: &Asked, company: &desk::CustomerNumber, items: &[Item]) -> Result<Vec<Part>, Refusal> {
    if !asked.host.role().is_vendor() {
        return Ok(vec![Part::Text(w!("The vendor splits it into configurations when it is issued."))]);
    }
    let issued = asked.with(|ctx| desk::ledger::split(&asked.desk, ctx, company, items))?;
    let rows = issued
        .configurations
        .iter()
        .map(|added| {
            let configuration = &added.configuration;
            let lines: Vec<String> =
                added.added.iter().map(|line| format!("{} × {}", line.count, line.feature)).collect();
            vec![
                Cell::Number(added.id),
                if added.is_new {
                    Cell::Badge(Tone::Good, w!("new"))
                } else {
                    Cell::Badge(Tone::Plain, w!("raised"))
                },
                Cell::text(&configuration.product_line),
                Cell::text(&configuration.host),
                Cell::text(configuration.modules.join(", ")),
                Cell::Words(if configuration.maintenance { w!("active") } else { w!("none") }),
                Cell::text(lines.join(", ")),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("The configurations that this comes to, as of now"),
        head: vec![
            w!("Configuration ID"),
            w!("What"),
            w!("Product line"),
            w!("Host"),
            w!("Modules"),
            w!("Maintenance"),
            w!("Adds"),
        ],
        rows,
        empty: w!("Nothing."),
    };
    Ok(vec![Part::Heading(w!("How it is split")), Part::Table(table)])
}

fn new_page(asked: &Asked) -> Answered {
    let fields = &asked.fields;
    let mut inputs = vec![
        Field::line("subscription", w!("Subscription")).with(fields.get("subscription")),
        Field::line("invoice", w!("Invoice")).with(fields.get("invoice")),
        Field::email("buyer", w!("Buyer"))
            .with(fields.get("buyer"))
            .hint(w!("Who buys is assigned to the first named license of it.")),
    ];
    if asked.has(Power::VendorDesk) {
        let company = asked.subject().map(|company| company.to_string()).unwrap_or_default();
        let company = if fields.has("company") { fields.get("company") } else { &company };
        inputs.insert(0, Field::line("company", w!("Customer number")).with(company).needed());
    }
    for line in 1..=lines(asked) {
        inputs.extend(item_fields(asked, line));
    }
    let form = Form {
        action: "/orders/preview".into(),
        fields: inputs,
        button: w!("Show how it is split"),
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Order licenses"),
        parts: vec![
            Part::Text(w!(
                "A line without a feature is passed over. Nothing is ordered yet: first you see how it is split into configurations."
            )),
            Part::Form(form),
        ],
    }))
}

fn lines(asked: &Asked) -> usize {
    asked.fields.get("lines").parse().unwrap_or(LINES).clamp(1, 20)
}

fn item_fields(asked: &Asked, line: usize) -> Vec<Field> {
    let fields = &asked.fields;
    let name = |of: &str| format!("{of}{line}");
    let with = |of: &str, else_: &str| fields.or(&name(of), else_).to_owned();
    let seats = vec![
        ("floating".to_owned(), w!("floating")),
        ("named".to_owned(), w!("named")),
        ("locked".to_owned(), w!("locked")),
    ];
    let is_new = !fields.has(&name("feature"));
    vec![
        Field::line(name("feature"), w!("Line {}: feature", line)).with(with("feature", "")).begins(),
        Field::line(name("product_line"), w!("Line {}: product line", line)).with(with("product_line", "")),
        Field::line(name("item_version"), w!("Line {}: highest version", line))
            .with(with("item_version", "1.0")),
        Field::line(name("modules"), w!("Line {}: optional modules", line)).with(with("modules", "")),
        Field::check(
            name("module"),
            w!("Line {}: it is a module that floats by itself", line),
            fields.is_set(&name("module")),
        ),
        Field::choice(name("seat"), w!("Line {}: seats", line), seats).with(with("seat", "floating")),
        Field::lines(name("places"), w!("Line {}: quantity and host", line))
            .with(fields.raw(&name("places")))
            .hint(w!("One a line: 5 HOST-ID. Of locked seats one workstation's id a line.")),
        Field::line(name("host"), w!("Line {}: license host of locked seats", line)).with(with("host", "")),
        Field::check(
            name("maintenance"),
            w!("Line {}: under maintenance", line),
            is_new || fields.is_set(&name("maintenance")),
        ),
        Field::date(name("until"), w!("Line {}: through", line))
            .with(with("until", ""))
            .hint(w!("Empty: permanent.")),
    ]
}

fn item(asked: &Asked, line: usize) -> Result<Option<Item>, Refusal> {
    let fields = &asked.fields;
    let get = |of: &str| fields.get(&format!("{of}{line}"));
    if get("feature").is_empty() {
        return Ok(None);
    }
    let bad = |field, why: String| Refusal::invalid(field, format!("line {line}: {why}"));
    let seat = match get("seat") {
        "floating" => Seat::Floating,
        "locked" => Seat::Locked,
        "named" => Seat::Named,
        _ => return Err(bad("seat", "it must be floating, locked or named".into())),
    };
    let until = match get("until") {
        "" => Expiry::Permanent,
        text => Expiry::On(super::fields::date(text).map_err(|e| bad("until", e.to_string()))?),
    };
    let host = match get("host") {
        "" => None,
        text => Some(CpuId::new(text).map_err(|e| bad("host", e.to_string()))?),
    };
    let split = |text: &str| {
        text.split(|c: char| c == ',' || c.is_whitespace())
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect()
    };
    Ok(Some(Item {
        feature: Feature::new(get("feature")).map_err(|e| bad("feature", e.to_string()))?,
        version: Version::new(get("item_version")).map_err(|e| bad("version", e.to_string()))?,
        product_line: get("product_line").to_owned(),
        modules: split(get("modules")),
        is_module: get("module") == "yes",
        seat,
        maintenance: get("maintenance") == "yes",
        places: places(fields.raw(&format!("places{line}")), seat).map_err(|why| bad("places", why))?,
        host,
        from: None,
        until,
        serials: Vec::new(),
        installs: Vec::new(),
        id: None,
    }))
}

/// `5 HOST-ID` a line; of locked seats the workstation's id alone.
fn places(text: &str, seat: Seat) -> Result<Vec<Place>, String> {
    let mut places = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (count, cpu) = match line.split_once(char::is_whitespace) {
            Some((count, cpu)) => {
                (count.parse().map_err(|_| format!("{count:?} is not a quantity"))?, cpu.trim())
            }
            None if seat == Seat::Locked => (1, line),
            None => return Err(format!("{line:?} is not written as: 5 HOST-ID")),
        };
        places.push(Place { cpu: CpuId::new(cpu).map_err(|e| e.to_string())?, count });
    }
    Ok(places)
}

fn items(asked: &Asked) -> Result<Vec<Item>, Refusal> {
    let packed = asked.fields.get("items");
    if !packed.is_empty() {
        return serde_json::from_str(packed).map_err(|e| Refusal::invalid("items", e));
    }
    let lines: Result<Vec<Option<Item>>, Refusal> =
        (1..=lines(asked)).map(|line| item(asked, line)).collect();
    let items: Vec<Item> = lines?.into_iter().flatten().collect();
    if items.is_empty() {
        return Err(Refusal::invalid(
            "items",
            "fill in one line at least: feature, product line, quantity and host",
        ));
    }
    Ok(items)
}

fn preview(asked: &Asked) -> Later<'_, Answered> {
    Box::pin(async move {
        let (company, items) = (asked.company()?, items(asked)?);
        let fields = &asked.fields;
        fields.email_or_none("buyer")?;
        let mut parts = vec![Part::Table(items_table(&items))];
        parts.extend(split(asked, &company, &items)?);
        let packed = serde_json::to_string(&items).map_err(|e| Refusal::invalid("items", e))?;
        let mut inputs: Vec<Field> = ["subscription", "invoice", "buyer"]
            .into_iter()
            .map(|name| Field::hidden(name, fields.get(name)))
            .collect();
        inputs.push(Field::hidden("company", &company));
        inputs.push(Field::hidden("items", packed));
        inputs.push(host_keys_field(asked));
        let text = w!(
            "Where the vendor's desk orders, it is issued and signed at once; else it waits for the vendor's desk."
        );
        parts.push(Part::Text(text));
        parts.push(Part::Form(Form {
            action: "/orders/place".into(),
            fields: inputs,
            button: w!("Place the order"),
            ..Form::default()
        }));
        parts.push(Part::Links(vec![Link::new(of_company(asked, "/orders/new"), w!("Begin again"))]));
        Ok(Answer::Page(Page { title: w!("Confirm the order"), parts }))
    })
}

fn place(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::Order {
        company: asked.company()?,
        subscription: fields.get("subscription").to_owned(),
        invoice: fields.get("invoice").to_owned(),
        buyer: fields.email_or_none("buyer")?,
        items: items(asked)?,
        host_keys: host_keys(asked),
    })
}

pub(super) fn to_orders(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/orders", w!("Orders"))]
}

/// The order as it was looked at: the command names no version, so it is held here.
fn looked_at(asked: &Asked) -> Result<String, Refusal> {
    let order = views::order(asked)?;
    if order.version != asked.fields.version()? {
        return Err(Refusal::Conflict(format!("order {} was changed", order.number)));
    }
    Ok(order.number.clone())
}

/// `ID=KEY` a line.
pub(super) fn host_keys(asked: &Asked) -> Vec<String> {
    let keys = asked.fields.raw("host_keys").lines().map(str::trim).filter(|line| !line.is_empty());
    keys.map(str::to_owned).collect()
}

pub(super) fn host_keys_field(asked: &Asked) -> Field {
    Field::lines("host_keys", w!("Public keys of the license hosts"))
        .with(asked.fields.raw("host_keys"))
        .hint(w!("One a line, host id and key: ID=KEY. The packs are bound to them; a host whose key is known needs none."))
}

fn issue(asked: &Asked) -> Result<Command, Refusal> {
    let order = looked_at(asked)?;
    Ok(Command::Issue { order, refuse: String::new(), host_keys: host_keys(asked) })
}

fn refuse(asked: &Asked) -> Result<Command, Refusal> {
    let order = looked_at(asked)?;
    let why = asked.fields.get("why").to_owned();
    if why.is_empty() {
        return Err(Refusal::invalid("why", "say why it is refused; the company reads it"));
    }
    Ok(Command::Issue { order, refuse: why, host_keys: Vec::new() })
}
