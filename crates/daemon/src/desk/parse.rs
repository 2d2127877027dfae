//! The fields of calls, each checked under its own name.

use ::desk::{CaseNumber, CustomerNumber, Refusal};
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
