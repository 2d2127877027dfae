//! What the desk's rules are told of the license host: the licenses that are served, whose seats are
//! whose, and which are borrowed.

use std::collections::BTreeSet;
use std::sync::Arc;

use ::desk::{Assigned, Context, CustomerNumber, Owned};
use license::{Entitlement, Maintenance, SeatKind};
use names::{Email, PoolId, Wall};
use seats::{Keeping, State};

use super::Desk;
use crate::clock;
use crate::edge::Edge;

/// What is true at one moment.
#[derive(Debug)]
pub(crate) struct Facts {
    now: Wall,
    owned: Arc<[Owned]>,
    pub(crate) assigned: Vec<Assigned>,
    borrowed: Vec<PoolId>,
}

impl Facts {
    /// Of now, for a question that is about no seat: nothing has to be put together.
    pub(crate) fn without_seats(owned: &Arc<[Owned]>) -> Self {
        let (assigned, borrowed) = (Vec::new(), Vec::new());
        Self { now: clock::now().wall, owned: Arc::clone(owned), assigned, borrowed }
    }

    /// Of now. The seats are put together for it.
    pub(crate) fn now(edge: &Edge, owned: &Arc<[Owned]>) -> Self {
        let state = edge.viewer.state();
        Self {
            now: clock::now().wall,
            owned: Arc::clone(owned),
            assigned: assigned(&state),
            borrowed: borrowed(&state),
        }
    }
}

impl Desk {
    /// What the rules are told.
    pub(crate) fn context<'a>(&'a self, facts: &'a Facts) -> Context<'a> {
        Context {
            now: facts.now,
            role: self.role(),
            vendor: self.vendor(),
            vendor_key: self.vendor_key.as_ref(),
            host_key: Some(&self.edge.host_key),
            host: Some(self.host()),
            owned: &facts.owned,
            assigned: &facts.assigned,
            borrowed: &facts.borrowed,
            support: self.support(),
        }
    }
}

/// Named seats that are somebody's.
pub(crate) fn assigned(state: &State) -> Vec<Assigned> {
    let rows = state.assignments();
    rows.map(|row| Assigned {
        pool: row.pool.clone(),
        email: row.email.clone(),
        from: row.from,
        until: row.until,
    })
    .collect()
}

/// Pools with borrowed seats that are out.
fn borrowed(state: &State) -> Vec<PoolId> {
    let grants: BTreeSet<_> = state.ends().map(|(grant, _)| grant).collect();
    let rows = grants.into_iter().filter_map(|grant| state.grant(grant));
    let is_borrowed =
        |row: &seats::GrantRow| row.kept().is_some_and(|kept| matches!(kept.how, Keeping::Borrowed(_)));
    let pools: BTreeSet<PoolId> = rows.filter(is_borrowed).map(|row| row.pool).collect();
    pools.into_iter().collect()
}

/// The licenses that lines give: one for each pool of each line.
pub(crate) fn owned(entitlements: &[Entitlement]) -> Arc<[Owned]> {
    let lines = entitlements.iter().flat_map(|line| line.pools().into_iter().map(move |of| (line, of)));
    lines
        .filter_map(|(line, (pool, seats))| of_line(line, pool, seats.map_or(0, names::SeatCount::get)))
        .collect()
}

fn of_line(line: &Entitlement, pool: PoolId, quantity: u32) -> Option<Owned> {
    let said = |key: &str| line.line.as_ref().and_then(|signed| signed.attribute(key));
    Some(Owned {
        pool,
        company: said("CUSTOMER").and_then(|text| CustomerNumber::new(&text).ok()),
        subscription: said("SUBSCRIPTION"),
        invoice: said("INVOICE"),
        buyer: said("BUYER").and_then(|text| Email::new(&text).ok()),
        pack: line.pack.clone()?,
        product_line: line.product_line.clone(),
        modules: line.modules.clone().unwrap_or_default(),
        maintenance: line.maintenance.map(|status| status == Maintenance::Active),
        serials: said("SN").into_iter().flat_map(|text| listed(&text)).collect(),
        quantity,
        is_named: line.kind == SeatKind::Named,
        from: line.start,
        until: line.expiry,
    })
}

/// The serial numbers of `SN=`, which are separated by blanks, commas or semicolons.
fn listed(text: &str) -> Vec<String> {
    let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use license::{SecretKey, SignOptions, Source, Trust, TrustedKey};
    use names::{Date, Expiry, PackNumber, Vendor};

    use super::*;

    #[test]
    fn lines_say_whose_they_are() {
        let vendor = Vendor::new("acmed").unwrap();
        let key = SecretKey::for_vendor(vendor.clone(), [1; 32]);
        let text = "SERVER lic1 02aa10203040 27000\nVENDOR acmed\n\
            INCREMENT mill acmed 1 31-dec-2099 5 CONFIG_ID=7 SEAT=NAMED CUSTOMER=C-1 SUBSCRIPTION=\"S 9\" \
            INVOICE=I-3 SN=\"10-1, 10-2\" BUYER=kim@example.net MAINTENANCE=ACTIVE PRODUCT_LINE=\"Pro/MILL\"\n\
            INCREMENT mill acmed 1 permanent 2 CONFIG_ID=7 SEAT=NAMED PRODUCT_LINE=\"Pro/MILL\" MAINTENANCE=ACTIVE\n\
            INCREMENT lathe acmed 1 permanent uncounted HOSTID=ANY\n";
        let number = PackNumber::new("P-1").unwrap();
        let signed =
            license::sign_pack(&Source::new("p", text), &key, &SignOptions::new(number.clone())).unwrap();
        let trust = Trust::new(vec![TrustedKey { vendor, key: key.public() }]);
        let loaded = license::load(&[Source::new("p", signed)], &trust, None, true);
        let all = owned(&loaded.entitlements);
        let mill = all.iter().find(|owned| owned.pool.feature().as_str() == "mill").unwrap();
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        assert_eq!(mill.company, Some(CustomerNumber::new("C-1").unwrap()));
        assert_eq!((said(&mill.subscription), said(&mill.invoice)), ("S 9".to_owned(), "I-3".to_owned()));
        assert_eq!(mill.buyer, Some(Email::new("kim@example.net").unwrap()));
        assert_eq!((mill.quantity, mill.is_named, mill.maintenance), (5, true, Some(true)));
        let end = Expiry::parse("31-dec-2099").unwrap();
        assert_eq!((mill.until, mill.from, &mill.pack), (end, None::<Date>, &number));
        assert_eq!(mill.serials, ["10-1", "10-2"]);
        assert_eq!(all.len(), 3, "{all:?}");
    }
}
