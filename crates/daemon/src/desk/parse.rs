//! The fields of calls, each checked under its own name.

use std::collections::BTreeSet;

use ::desk::{CaseNumber, CustomerNumber, Desk as Rules, Owned, Refusal};
use names::{CpuId, Date, Email, Expiry, Feature, Invalid, PackNumber, Version};

fn read<T>(field: &'static str, text: &str, parse: fn(&str) -> Result<T, Invalid>) -> Result<T, Refusal> {
    if text.is_empty() {
        return Err(Refusal::invalid(field, "it is not given"));
    }
    parse(text).map_err(|invalid| Refusal::invalid(field, invalid))
}

fn optional<T>(
    field: &'static str,
    text: &str,
    parse: fn(&str) -> Result<T, Invalid>,
) -> Result<Option<T>, Refusal> {
    if text.is_empty() { Ok(None) } else { read(field, text, parse).map(Some) }
}

pub(super) fn company(text: &str) -> Result<CustomerNumber, Refusal> {
    read("company", text, CustomerNumber::new)
}

pub(super) fn company_or_none(text: &str) -> Result<Option<CustomerNumber>, Refusal> {
    optional("company", text, CustomerNumber::new)
}

pub(super) fn case(text: &str) -> Result<CaseNumber, Refusal> {
    read("case", text, CaseNumber::new)
}

pub(super) fn pack(text: &str) -> Result<PackNumber, Refusal> {
    read("pack", text, PackNumber::new)
}

pub(super) fn email(field: &'static str, text: &str) -> Result<Email, Refusal> {
    read(field, text, Email::new)
}

pub(super) fn email_or_none(field: &'static str, text: &str) -> Result<Option<Email>, Refusal> {
    optional(field, text, Email::new)
}

pub(super) fn cpu(field: &'static str, text: &str) -> Result<CpuId, Refusal> {
    read(field, text, CpuId::new)
}

pub(super) fn cpu_or_none(field: &'static str, text: &str) -> Result<Option<CpuId>, Refusal> {
    optional(field, text, CpuId::new)
}

pub(super) fn feature(text: &str) -> Result<Feature, Refusal> {
    read("feature", text, Feature::new)
}

pub(super) fn version(text: &str) -> Result<Version, Refusal> {
    read("version", text, Version::new)
}

pub(super) fn date(field: &'static str, text: &str) -> Result<Date, Refusal> {
    read(field, text, Date::parse)
}

pub(super) fn date_or_none(field: &'static str, text: &str) -> Result<Option<Date>, Refusal> {
    optional(field, text, Date::parse)
}

pub(super) fn expiry(field: &'static str, text: &str) -> Result<Expiry, Refusal> {
    read(field, text, Expiry::parse)
}

pub(super) fn expiry_or_none(field: &'static str, text: &str) -> Result<Option<Expiry>, Refusal> {
    optional(field, text, Expiry::parse)
}

/// The pool of a license: as it is called, or by its Configuration ID, its feature or the beginning of its name,
/// where only one license of the company is so. (Whole names have a `;` in them, which a shell takes for itself.)
pub(super) fn pool(rules: &Rules, owned: &[Owned], company: &CustomerNumber, text: String) -> String {
    let is_so = |owned: &Owned| {
        let (pool, name) = (&owned.pool, owned.pool.to_string());
        let is_beginning = name.strip_prefix(&text).is_some_and(|rest| rest.starts_with('/'));
        is_beginning || pool.feature().as_str() == text || pool.config().to_string() == text
    };
    let theirs = owned.iter().filter(|owned| rules.owner(owned) == Some(company));
    let found: BTreeSet<String> =
        theirs.filter(|owned| is_so(owned)).map(|owned| owned.pool.to_string()).collect();
    let is_one = found.len() == 1 && owned.iter().all(|owned| owned.pool.to_string() != text);
    found.into_iter().next().filter(|_| is_one).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use names::{Expiry, PackNumber, PoolId, Vendor};

    use super::*;

    fn owned(company: &str, config: u64, feature: &str, pooling: &str) -> Owned {
        let (vendor, host) = (Vendor::new("acmed").unwrap(), CpuId::new("02aa10203040").unwrap());
        let (config, feature) = (names::ConfigId::Number(config), Feature::new(feature).unwrap());
        Owned {
            pool: PoolId::new(vendor, config, host, feature, pooling).unwrap(),
            company: Some(CustomerNumber::new(company).unwrap()),
            subscription: None,
            invoice: None,
            buyer: None,
            pack: PackNumber::new("P-1").unwrap(),
            product_line: None,
            modules: Vec::new(),
            maintenance: None,
            serials: Vec::new(),
            quantity: 1,
            is_named: true,
            from: None,
            until: Expiry::Permanent,
        }
    }

    #[test]
    fn a_pool_is_found_by_less_than_its_name_where_it_is_the_only_one_of_the_company() {
        let named = "SEAT=NAMED;VERSION=4.2";
        let owned = [
            owned("C-1", 1, "mill", named),
            owned("C-1", 2, "lathe", named),
            owned("C-1", 3, "lathe", ""),
            owned("C-2", 4, "mesh", named),
        ];
        let company = CustomerNumber::new("C-1").unwrap();
        let of = |text: &str| pool(&Rules::default(), &owned, &company, text.to_owned());
        let mill = format!("acmed/1/02aa10203040/mill/{named}");
        for text in ["1", "mill", "acmed/1", "acmed/1/02aa10203040/mill", mill.as_str()] {
            assert_eq!(of(text), mill, "{text}");
        }
        // Two are called so, none is, or it is another company's; and a whole name is what it says.
        for text in ["lathe", "acmed", "mil", "", "mesh", "4", "acmed/3/02aa10203040/lathe"] {
            assert_eq!(of(text), text);
        }
    }
}
