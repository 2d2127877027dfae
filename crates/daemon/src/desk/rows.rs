//! The desk's rows as calls are answered with them.

use ::desk::look::{Hit, HitKind, License, Link, OwnSeat};
use ::desk::{
    Assigned, Case, CaseKind, CaseState, Company, Item, Membership, Order, OrderState, PackRow, PackStanding,
    Person, Seat,
};
use proto::v1;

fn shown<T: ToString>(what: Option<&T>) -> String {
    what.map(ToString::to_string).unwrap_or_default()
}

pub(super) fn case(row: &Case, with_history: bool) -> v1::DeskCase {
    let entry = |entry: &::desk::Entry| v1::DeskEntry {
        at_ms: entry.at_ms,
        by: entry.by.clone(),
        what: entry.what.clone(),
    };
    v1::DeskCase {
        number: row.number.to_string(),
        other: shown(row.other.as_ref()),
        kind: kind(row.kind).into(),
        company: shown(row.company.as_ref()),
        asked_by: shown(row.asked_by.as_ref()),
        subject: row.subject.clone(),
        state: state(row.state).into(),
        history: row.history.iter().filter(|_| with_history).map(entry).collect(),
        files: row.files.iter().map(|file| file.name.clone()).collect(),
        about: row.about.clone(),
        opened_ms: row.opened_ms,
        version: row.version,
    }
}

pub(super) fn kind(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Order => "order",
        CaseKind::Install => "install",
        CaseKind::Move => "move",
        CaseKind::Reconfiguration => "reconfiguration",
        CaseKind::Contact => "contact",
        CaseKind::Conversion => "conversion",
        CaseKind::Void => "void",
        CaseKind::Tools => "tools",
        CaseKind::People => "people",
        CaseKind::Assignment => "assignment",
    }
}

fn state(state: CaseState) -> &'static str {
    match state {
        CaseState::Open => "open",
        CaseState::Waiting => "waiting",
        CaseState::Done => "done",
        CaseState::Refused => "refused",
    }
}

pub(super) fn person(member: &Membership, person: Option<&Person>) -> v1::DeskPerson {
    let privileges = member.privileges;
    v1::DeskPerson {
        email: member.email.to_string(),
        name: person.map(|person| person.name.clone()).unwrap_or_default(),
        privileges: Some(v1::DeskPrivileges {
            supervisor: privileges.supervisor,
            licensing: privileges.licensing,
            reporting: privileges.reporting,
        }),
        version: member.version,
    }
}

pub(super) fn company(row: &Company) -> v1::DeskCompany {
    v1::DeskCompany {
        number: row.number.to_string(),
        name: row.name.clone(),
        address: row.address.clone(),
        contact: shown(row.contact.as_ref()),
        supervised: row.is_supervised,
        version: row.version,
    }
}

pub(super) fn pack(row: &PackRow) -> v1::DeskPack {
    v1::DeskPack {
        number: row.number.to_string(),
        company: row.company.to_string(),
        host: row.host.to_string(),
        configurations: row.configurations.clone(),
        voids: row.voids.iter().map(ToString::to_string).collect(),
        standing: match row.standing {
            PackStanding::Current => "current",
            PackStanding::Superseded => "superseded",
            PackStanding::Void => "void",
        }
        .into(),
        case: row.case.to_string(),
        issued_ms: row.issued_ms,
    }
}

pub(super) fn order(row: &Order) -> v1::DeskOrderRow {
    v1::DeskOrderRow {
        number: row.number.clone(),
        company: row.company.to_string(),
        subscription: row.subscription.clone(),
        invoice: row.invoice.clone(),
        buyer: shown(row.buyer.as_ref()),
        items: row.items.iter().map(item).collect(),
        state: match row.state {
            OrderState::Placed => "placed",
            OrderState::Issued => "issued",
            OrderState::Refused => "refused",
        }
        .into(),
        case: row.case.to_string(),
        placed_ms: row.placed_ms,
        packs: row.packs.iter().map(ToString::to_string).collect(),
    }
}

fn item(row: &Item) -> v1::DeskItem {
    let place = |place: &::desk::Place| v1::DeskPlace { cpu: place.cpu.to_string(), count: place.count };
    v1::DeskItem {
        feature: row.feature.to_string(),
        version: row.version.to_string(),
        product_line: row.product_line.clone(),
        modules: row.modules.clone(),
        is_module: row.is_module,
        seat: match row.seat {
            Seat::Floating => "floating",
            Seat::Locked => "locked",
            Seat::Named => "named",
        }
        .into(),
        maintenance: row.maintenance,
        places: row.places.iter().map(place).collect(),
        host: shown(row.host.as_ref()),
        from: shown(row.from.as_ref()),
        until: row.until.to_string(),
        serials: row.serials.clone(),
        installs: row.installs.clone(),
        id: row.id.unwrap_or(0),
    }
}

pub(super) fn seat(row: &Assigned) -> v1::DeskSeat {
    v1::DeskSeat {
        pool: row.pool.to_string(),
        email: row.email.to_string(),
        from: row.from.to_string(),
        until: row.until.to_string(),
    }
}

pub(super) fn own_seat(row: &OwnSeat) -> v1::DeskSeat {
    v1::DeskSeat {
        pool: row.pool.to_string(),
        email: String::new(),
        from: row.from.to_string(),
        until: row.until.to_string(),
    }
}

pub(super) fn license(row: &License) -> v1::DeskLicense {
    v1::DeskLicense {
        pool: row.pool.to_string(),
        feature: row.pool.feature().to_string(),
        from: shown(row.from.as_ref()),
        until: row.until.to_string(),
        subscription: row.subscriptions.join(", "),
        invoice: row.invoices.join(", "),
        pack: row.pack.to_string(),
        product_line: row.product_line.clone().unwrap_or_default(),
        modules: row.modules.clone(),
        maintenance: match row.maintenance {
            Some(true) => "active",
            Some(false) => "none",
            None => "",
        }
        .into(),
        serials: row.serials.clone(),
        quantity: row.quantity,
        named: row.is_named,
        assigned: row.assigned,
        free: row.free,
    }
}

pub(super) fn hit(row: &Hit) -> v1::DeskHit {
    let link = |link: &Link| format!("{} {}", kind_of(link.kind), link.key);
    v1::DeskHit {
        kind: kind_of(row.kind).into(),
        key: row.key.clone(),
        title: row.title.clone(),
        linked: row.linked.iter().map(link).collect(),
        by: row.by.into(),
        warnings: row.warnings.clone(),
    }
}

fn kind_of(kind: HitKind) -> &'static str {
    match kind {
        HitKind::Configuration => "configuration",
        HitKind::License => "license",
        HitKind::Company => "company",
        HitKind::Person => "person",
        HitKind::Order => "order",
        HitKind::Pack => "pack",
        HitKind::Case => "case",
        HitKind::Host => "host",
    }
}
