//! Who is there. Company 4711 has the supervisor kim, Licensing lee and Reporting osman; lee has Licensing
//! in company 4712 too, whose supervisor is mia. ada administers the host and is of the vendor's desk.
//! ben has an account and no privilege. All have one password.

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use desk::{Company, Credential, CustomerNumber, Membership, Person, Privileges, Row};
use names::{Email, Wall};

use super::FakeHost;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery";

/// An address that is right.
#[must_use]
#[expect(clippy::expect_used, reason = "tests and the example only")]
pub fn email(text: &str) -> Email {
    Email::new(text).expect("an address")
}

/// A customer number that is right.
#[must_use]
#[expect(clippy::expect_used, reason = "tests and the example only")]
pub fn number(text: &str) -> CustomerNumber {
    CustomerNumber::new(text).expect("a customer number")
}

#[expect(clippy::expect_used, reason = "tests and the example only")]
fn hash() -> String {
    let params = Params::new(8, 1, 1, None).expect("a cost");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string()
}

/// Puts somebody with an account and [`PASSWORD`], and what they may do for companies; the first of these is
/// the primary one.
pub fn person(
    host: &FakeHost,
    who: &str,
    companies: &[(&str, Privileges)],
    vendor: bool,
    administrator: bool,
) {
    let now = Wall(1_795_000_000_000);
    let email = email(who);
    let mut row = Person::new(email.clone(), now);
    let name = who.split('@').next().unwrap_or_default();
    row.name = name.get(..1).map(|first| first.to_uppercase() + &name[1..]).unwrap_or_default();
    row.primary = companies.first().map(|(company, _)| number(company));
    row.is_vendor_desk = vendor;
    row.is_host_administrator = administrator;
    host.put(Row::Person(Box::new(row)));
    host.put(Row::Credential(Box::new(Credential { email: email.clone(), hash: hash(), set_ms: now.0 })));
    for (company, privileges) in companies {
        let company = number(company);
        let row = Membership {
            company,
            email: email.clone(),
            privileges: *privileges,
            since_ms: now.0,
            version: 1,
        };
        host.put(Row::Membership(Box::new(row)));
    }
}

/// Any set of the three privileges.
const fn may(supervisor: bool, licensing: bool, reporting: bool) -> Privileges {
    Privileges { supervisor, licensing, reporting }
}

pub(super) fn put(host: &FakeHost) {
    for (of, name) in [("4711", "Example Works"), ("4712", "Sample Mill")] {
        let mut company = Company::new(number(of), name, Wall(1_795_000_000_000));
        company.is_supervised = true;
        host.put(Row::Company(Box::new(company)));
    }
    let one = |who: &str, privileges| person(host, who, &[("4711", privileges)], false, false);
    one("kim@example.net", may(true, false, false));
    one("osman@example.net", may(false, false, true));
    one("ben@example.net", may(false, false, false));
    one("all@example.net", may(true, true, true));
    one("both@example.net", may(false, true, true));
    let licensing = may(false, true, false);
    person(host, "lee@example.net", &[("4711", licensing), ("4712", licensing)], false, false);
    person(host, "mia@example.net", &[("4712", may(true, false, false))], false, false);
    person(host, "ada@example.net", &[], true, true);
    person(host, "host@example.net", &[], false, true);
    person(host, "vendor@example.net", &[], true, false);
}
