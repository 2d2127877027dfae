//! What a form or an address says, read into what it means.

use desk::{CaseNumber, CustomerNumber, Refusal};
use names::{CpuId, Date, Email, Expiry};

/// Fields by name; a name may stand several times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// A field's first value without blanks around it; nothing where it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The same as it was sent.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(of, _)| of == name).map_or("", |(_, value)| value)
    }

    /// A field's first value, or another text where it is not there.
    pub(crate) fn or<'a>(&'a self, name: &str, other: &'a str) -> &'a str {
        if self.has(name) { self.get(name) } else { other }
    }

    /// Whether it is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(of, _)| of == name)
    }

    /// Whether a box is ticked.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name) == "yes"
    }

    /// Only what names the thing that a page is about, for showing the page anew.
    pub(crate) fn only(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| names.contains(&name.as_str())).cloned().collect())
    }

    pub(crate) fn company(&self, name: &'static str) -> Result<CustomerNumber, Refusal> {
        CustomerNumber::new(self.get(name)).map_err(|e| Refusal::invalid(name, e))
    }

    pub(crate) fn case(&self, name: &'static str) -> Result<CaseNumber, Refusal> {
        CaseNumber::new(self.get(name)).map_err(|e| Refusal::invalid(name, e))
    }

    pub(crate) fn email(&self, name: &'static str) -> Result<Email, Refusal> {
        Email::new(self.get(name)).map_err(|e| Refusal::invalid(name, e))
    }

    pub(crate) fn email_or_none(&self, name: &'static str) -> Result<Option<Email>, Refusal> {
        if self.get(name).is_empty() { Ok(None) } else { self.email(name).map(Some) }
    }

    pub(crate) fn cpu(&self, name: &'static str) -> Result<CpuId, Refusal> {
        CpuId::new(self.get(name)).map_err(|e| Refusal::invalid(name, e))
    }

    pub(crate) fn cpu_or_none(&self, name: &'static str) -> Result<Option<CpuId>, Refusal> {
        if self.get(name).is_empty() { Ok(None) } else { self.cpu(name).map(Some) }
    }

    /// A version that was looked at.
    pub(crate) fn version(&self) -> Result<u64, Refusal> {
        self.number("version")
    }

    pub(crate) fn number<N: std::str::FromStr>(&self, name: &'static str) -> Result<N, Refusal> {
        self.get(name).parse().map_err(|_| Refusal::invalid(name, "it must be a whole number"))
    }

    /// Numbers with blanks or commas between them.
    pub(crate) fn numbers(&self, name: &'static str) -> Result<Vec<u64>, Refusal> {
        self.words(name)
            .map(|text| {
                text.parse().map_err(|_| Refusal::invalid(name, format!("{text:?} is not a whole number")))
            })
            .collect()
    }

    /// All values of a name, cut at blanks and commas.
    pub(crate) fn words<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0
            .iter()
            .filter(move |(of, _)| of == name)
            .flat_map(|(_, value)| value.split(|c: char| c.is_whitespace() || c == ','))
            .filter(|text| !text.is_empty())
    }

    /// A day, as browsers send it (`2027-12-31`) or as licenses write it.
    pub(crate) fn date(&self, name: &'static str) -> Result<Date, Refusal> {
        date(self.get(name)).map_err(|e| Refusal::invalid(name, e))
    }

    pub(crate) fn date_or_none(&self, name: &'static str) -> Result<Option<Date>, Refusal> {
        if self.get(name).is_empty() { Ok(None) } else { self.date(name).map(Some) }
    }

    /// A day or `permanent`.
    pub(crate) fn expiry(&self, name: &'static str) -> Result<Expiry, Refusal> {
        if self.get(name).eq_ignore_ascii_case("permanent") {
            return Ok(Expiry::Permanent);
        }
        self.date(name).map(Expiry::On)
    }
}

/// Reads `2027-12-31` and `31-dec-2027`.
pub(crate) fn date(text: &str) -> Result<Date, names::Invalid> {
    let iso = || {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        (year.len() == 4).then_some(())?;
        Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
    };
    match iso() {
        Some((year, month, day)) => Date::new(year, month, day),
        None => Date::parse(text),
    }
}

/// A day as a browser's field has it.
pub(crate) fn iso(date: Date) -> String {
    let (year, month, day) = date.ymd();
    format!("{year:04}-{month:02}-{day:02}")
}

/// A last day as a browser's field has it; empty for one that never comes.
pub(crate) fn iso_expiry(expiry: Expiry) -> String {
    match expiry {
        Expiry::On(date) => iso(date),
        Expiry::Permanent => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn days_are_read_as_browsers_and_as_licenses_write_them() {
        for (text, is) in
            [("2027-12-31", "31-dec-2027"), ("31-dec-2027", "31-dec-2027"), ("1-JAN-2027", "01-jan-2027")]
        {
            let read = fields(&[("from", text)]).date("from").unwrap();
            assert_eq!(read.to_string(), is);
            assert_eq!(date(&iso(read)).unwrap(), read);
        }
        for bad in ["2027-13-01", "2027-02-30", "31/12/2027", "tomorrow", "0027-01-01", "2027-1-1-1"] {
            assert!(fields(&[("from", bad)]).date("from").is_err(), "{bad}");
        }
        assert_eq!(fields(&[]).date_or_none("from"), Ok(None));
        assert_eq!(fields(&[("until", "Permanent")]).expiry("until"), Ok(Expiry::Permanent));
    }

    #[test]
    fn numbers_have_blanks_or_commas_between_them_and_the_bad_one_is_named() {
        assert_eq!(
            fields(&[("ids", " 1717, 1718\n17 "), ("ids", "5")]).numbers("ids"),
            Ok(vec![1717, 1718, 17, 5])
        );
        let refusal = fields(&[("ids", "1717 x1")]).numbers("ids").unwrap_err();
        assert_eq!(refusal.to_string(), "ids: \"x1\" is not a whole number");
        assert!(fields(&[("version", "-1")]).version().is_err());
    }
}
