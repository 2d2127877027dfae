//! A desk to try deeds on.

use desk::{
    Actor, Assigned, Change, Command, Company, Context, CustomerNumber, Decision, Desk, Membership, Owned,
    Person, Privileges, Refusal, Role, Row, RowKey, SeatChange,
};
use names::{ConfigId, CpuId, Date, Email, Expiry, Feature, PackNumber, PoolId, Vendor, Wall};

pub(crate) const SUPPORT: &str = "support@acmed.example";

#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) owned: Vec<Owned>,
    pub(crate) assigned: Vec<Assigned>,
    pub(crate) now: Wall,
    pub(crate) role: Role,
}

pub(crate) fn email(text: &str) -> Email {
    if text.contains('@') {
        Email::new(text).unwrap()
    } else {
        Email::new(&format!("{text}@works.example")).unwrap()
    }
}

pub(crate) fn number(text: &str) -> CustomerNumber {
    CustomerNumber::new(text).unwrap()
}

pub(crate) fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// Privileges by their letters.
pub(crate) fn privileges(letters: &str) -> Privileges {
    Privileges {
        supervisor: letters.contains('S'),
        licensing: letters.contains('L'),
        reporting: letters.contains('R'),
    }
}

/// Somebody who works for company 4711.
pub(crate) fn of_4711(name: &str) -> Actor {
    Actor::Person { email: email(name), company: Some(number("4711")) }
}

/// Somebody without a company.
pub(crate) fn alone(name: &str) -> Actor {
    Actor::Person { email: email(name), company: None }
}

pub(crate) fn pool(config: u64, feature: &str) -> PoolId {
    PoolId::new(
        Vendor::new("acmed").unwrap(),
        ConfigId::Number(config),
        CpuId::new("02fc00000001").unwrap(),
        Feature::new(feature).unwrap(),
        "",
    )
    .unwrap()
}

/// A named license of company 4711 through 31-dec-2027.
pub(crate) fn owned(config: u64, feature: &str, quantity: u32) -> Owned {
    Owned {
        pool: pool(config, feature),
        company: Some(number("4711")),
        subscription: Some("SUB-1".into()),
        invoice: Some("INV-1".into()),
        buyer: None,
        pack: PackNumber::new("P-1").unwrap(),
        product_line: Some("Mill".into()),
        modules: Vec::new(),
        maintenance: Some(true),
        serials: Vec::new(),
        quantity,
        is_named: true,
        from: None,
        until: Expiry::On(date("31-dec-2027")),
    }
}

impl World {
    /// Company 4711 with the supervisor kim, company 4712 with the supervisor osman; ada is of the vendor's
    /// desk. It is 22-nov-2026.
    pub(crate) fn new() -> Self {
        let mut world = Self {
            desk: Desk::default(),
            owned: Vec::new(),
            assigned: Vec::new(),
            now: Wall(date("22-nov-2026").start().0 + 3_600_000),
            role: Role::Both,
        };
        for (company, name) in [("4711", "Mill Works"), ("4712", "Lathe Works")] {
            let row = Company { is_supervised: true, ..Company::new(number(company), name, world.now) };
            world.put(Row::Company(Box::new(row)));
        }
        world.member("4711", "kim", "S");
        world.member("4712", "osman", "S");
        let person = Person { is_vendor_desk: true, ..Person::new(email("ada"), world.now) };
        world.put(Row::Person(Box::new(person)));
        world
    }

    /// The same with company 4713, which has no supervisor.
    pub(crate) fn with_new_company() -> Self {
        let mut world = Self::new();
        let row = Company::new(number("4713"), "Drill Works", world.now);
        world.put(Row::Company(Box::new(row)));
        world
    }

    pub(crate) fn put(&mut self, row: Row) {
        self.desk.apply(&Change::Put(row));
    }

    /// Somebody's account.
    pub(crate) fn person(&mut self, name: &str) {
        if self.desk.person(&email(name)).is_none() {
            self.put(Row::Person(Box::new(Person::new(email(name), self.now))));
        }
    }

    /// Somebody with these privileges.
    pub(crate) fn member(&mut self, company: &str, name: &str, letters: &str) {
        self.person(name);
        let (company, email, since_ms) = (number(company), email(name), self.now.0);
        let privileges = privileges(letters);
        let person = self.desk.person(&email).unwrap().clone();
        let primary = person.primary.clone().or(Some(company.clone()));
        self.put(Row::Person(Box::new(Person { primary, ..person })));
        self.put(Row::Membership(Box::new(Membership { company, email, privileges, since_ms, version: 1 })));
    }

    pub(crate) fn letters(&self, company: &str, name: &str) -> Option<String> {
        let member = self.desk.membership(&number(company), &email(name))?;
        let held = member.privileges;
        let all = [(held.supervisor, 'S'), (held.licensing, 'L'), (held.reporting, 'R')];
        Some(all.into_iter().filter(|(has, _)| *has).map(|(_, letter)| letter).collect())
    }

    pub(crate) fn version(&self, company: &str, name: &str) -> u64 {
        self.desk.membership(&number(company), &email(name)).map_or(0, |member| member.version)
    }

    pub(crate) fn ctx(&self) -> Context<'_> {
        Context {
            now: self.now,
            role: self.role,
            vendor: None,
            vendor_key: None,
            host_key: None,
            host: None,
            owned: &self.owned,
            assigned: &self.assigned,
            borrowed: &[],
            support: SUPPORT,
        }
    }

    pub(crate) fn decide(&self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        self.desk.decide(&self.ctx(), actor, command)
    }

    /// Does it: rows and seats.
    pub(crate) fn act(&mut self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let decision = self.decide(actor, command)?;
        for change in &decision.changes {
            assert_writable(change);
            self.desk.apply(change);
        }
        for seat in &decision.seats {
            self.seat(seat);
        }
        Ok(decision)
    }

    fn seat(&mut self, change: &SeatChange) {
        match change {
            SeatChange::Assign(new) => {
                self.assigned.retain(|one| (&one.pool, &one.email) != (&new.pool, &new.email));
                self.assigned.push(new.clone());
            }
            SeatChange::Unassign { pool, email } => {
                self.assigned.retain(|one| (&one.pool, &one.email) != (pool, email));
            }
            SeatChange::SetLogin { .. } | SeatChange::DropLogin(_) => {}
        }
    }

    /// Rows as text, to see that nothing changed.
    pub(crate) fn rows(&self) -> Vec<(String, Vec<u8>)> {
        let mut rows: Vec<_> = self.desk.rows().map(|row| (row.key().to_string(), row.encode())).collect();
        rows.sort();
        rows
    }

    /// Days pass.
    pub(crate) fn later(&mut self, days: i64) {
        self.now = Wall(self.now.0 + days * 86_400_000);
    }
}

/// What the journal takes: a key of printable ASCII up to 200 bytes, and at most 1 MiB; and it reads back.
fn assert_writable(change: &Change) {
    let key = match change {
        Change::Put(row) => row.key(),
        Change::Drop(key) => key.clone(),
    };
    let text = RowKey::to_string(&key);
    assert!(text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic()), "{text}");
    if let Change::Put(row) = change {
        let bytes = row.encode();
        assert!(bytes.len() <= 1024 * 1024, "{text} has {} bytes", bytes.len());
        assert_eq!(Row::decode(&text, &bytes).as_ref(), Ok(row));
    }
}

/// The kind of a refusal, with its field or rule.
pub(crate) fn kind(result: &Result<Decision, Refusal>) -> String {
    match result {
        Ok(_) => "done".into(),
        Err(Refusal::Forbidden { .. }) => "forbidden".into(),
        Err(Refusal::SignedOut) => "signed out".into(),
        Err(Refusal::NotFound(_)) => "not found".into(),
        Err(Refusal::Invalid { field, .. }) => format!("invalid {field}"),
        Err(Refusal::Rule { rule, .. }) => format!("rule {rule}"),
        Err(Refusal::Conflict(_)) => "conflict".into(),
        Err(Refusal::Limit(_)) => "limit".into(),
    }
}
