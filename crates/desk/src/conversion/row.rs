//! A row by itself: one licensed item.

use license::PublicKey;
use names::{CpuId, Date, Expiry, Feature, Version, limits::SEATS_MAX};

use super::finding::{Findings, shown};
use super::table::Line;
use crate::{Seat, limits};

/// A row of an estate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EstateRow {
    /// The line of the file.
    pub(super) row: u64,
    /// The product line, as people know it.
    pub(super) product_line: String,
    /// The feature: a product, or a module that floats by itself.
    pub(super) product: Feature,
    /// The highest version.
    pub(super) version: Version,
    /// Optional modules of the product, sorted, each once.
    pub(super) modules: Vec<String>,
    /// It is itself a module that floats.
    pub(super) is_module: bool,
    /// How its seats are had.
    pub(super) seat: Seat,
    /// The licensed quantity.
    pub(super) quantity: u32,
    /// The license host; of a locked license the workstation.
    pub(super) host: CpuId,
    /// Of a locked license: the license host.
    pub(super) server: Option<CpuId>,
    /// The license host's public key.
    pub(super) host_key: Option<PublicKey>,
    /// It is under maintenance.
    pub(super) maintenance: bool,
    /// Good from this day.
    pub(super) from: Option<Date>,
    /// Good through this day.
    pub(super) until: Expiry,
    /// The serial number from before; empty where there is none.
    pub(super) serial: String,
    /// Install numbers from before, as they are written.
    pub(super) installs: Vec<String>,
}

impl EstateRow {
    /// The license host.
    #[must_use]
    pub(super) fn license_host(&self) -> &CpuId {
        self.server.as_ref().unwrap_or(&self.host)
    }
}

/// The row of a line, or all that is wrong with it.
pub(super) fn read(line: &Line, refused: &mut Findings) -> Option<EstateRow> {
    let before = refused.count();
    let mut cells = Cells { line, refused };
    let kinds = [("floating", Seat::Floating), ("locked", Seat::Locked), ("named", Seat::Named)];
    let product_line = cells.words("product_line");
    let product = cells.parsed("product", Feature::new, "write the feature's name, without blanks or `/`");
    let version = cells.parsed("version", Version::new, "write it as 20.0");
    let modules = cells.modules();
    let is_module = cells.is_module();
    let seat = cells.one_of("seat", &kinds);
    let quantity = cells.quantity();
    let host = cells.machine("host");
    let server = cells.optional("server", Cells::machine);
    let host_key = cells.optional("host_key", Cells::host_key);
    let maintenance = cells.one_of("maintenance", &[("active", true), ("none", false)]);
    let from = cells.optional("from", |cells, name| cells.parsed(name, Date::parse, DATE));
    let until = cells.parsed("until", Expiry::parse, "write it as 31-dec-2027, or permanent");
    let serial = cells.serial();
    let installs = cells.numbers("installs");
    let row = EstateRow {
        row: line.row,
        product_line,
        product: product?,
        version: version?,
        modules,
        is_module,
        seat: seat?,
        quantity: quantity?,
        host: host?,
        server,
        host_key,
        maintenance: maintenance?,
        from,
        until: until?,
        serial,
        installs,
    };
    check(&row, refused);
    Some(row).filter(|_| refused.count() == before)
}

const DATE: &str = "write it as 31-dec-2027";

struct Cells<'a> {
    line: &'a Line,
    refused: &'a mut Findings,
}

impl Cells<'_> {
    fn refuse(&mut self, column: &'static str, what: impl Into<String>, remedy: impl Into<String>) {
        self.refused.add(self.line.row, column, what, remedy);
    }

    fn parsed<T>(
        &mut self,
        column: &'static str,
        parse: impl Fn(&str) -> Result<T, names::Invalid>,
        remedy: &str,
    ) -> Option<T> {
        let text = self.line.cell(column);
        parse(text).map_err(|e| self.refuse(column, format!("{}: {e}", shown(text)), remedy)).ok()
    }

    fn optional<T>(
        &mut self,
        column: &'static str,
        read: impl Fn(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        if self.line.cell(column).is_empty() { None } else { read(self, column) }
    }

    fn one_of<T: Copy>(&mut self, column: &'static str, known: &[(&str, T)]) -> Option<T> {
        let text = self.line.cell(column);
        let found = known.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, value)| *value);
        if found.is_none() {
            let words = known.iter().map(|(word, _)| *word).filter(|word| !word.is_empty());
            let words: Vec<&str> = words.collect();
            self.refuse(
                column,
                format!("{} is none of its words", shown(text)),
                format!("write {}", words.join(" or ")),
            );
        }
        found
    }

    fn words(&mut self, column: &'static str) -> String {
        let text = self.line.cell(column);
        if text.is_empty() || text.chars().count() > limits::NAME_CHARS_MAX {
            let remedy = format!("write 1 to {} characters", limits::NAME_CHARS_MAX);
            self.refuse(column, "it is empty or too long", remedy);
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn is_module(&mut self) -> bool {
        let known = [("yes", true), ("no", false), ("", false)];
        self.one_of("module", &known).unwrap_or(false)
    }

    fn quantity(&mut self) -> Option<u32> {
        let text = self.line.cell("quantity");
        let quantity = text.parse().ok().filter(|n| (1..=SEATS_MAX).contains(n) && !text.starts_with('+'));
        if quantity.is_none() {
            let what = format!("{} is no licensed quantity", shown(text));
            self.refuse("quantity", what, format!("write digits, 1 to {SEATS_MAX}"));
        }
        quantity
    }

    /// A host id of one machine.
    fn machine(&mut self, column: &'static str) -> Option<CpuId> {
        let remedy =
            "write the id as `seatkeeper lmhostid -n` prints it; in a spreadsheet the column must be text";
        let cpu = self.parsed(column, CpuId::new, remedy)?;
        let is_no_machine = ["ANY", "DEMO", "USER=", "DISPLAY=", "INTERNET="];
        if is_no_machine.iter().any(|word| cpu.as_str().starts_with(word)) {
            self.refuse(column, format!("{cpu} is no machine's"), remedy);
            return None;
        }
        Some(cpu)
    }

    fn host_key(&mut self, column: &'static str) -> Option<PublicKey> {
        let text = self.line.cell(column);
        let remedy = "copy the key as the host's `seatkeeperd init` printed it";
        text.parse()
            .map_err(|e: license::KeyError| self.refuse(column, format!("{}: {e}", shown(text)), remedy))
            .ok()
    }

    fn modules(&mut self) -> Vec<String> {
        let text = self.line.cell("modules");
        let mut modules: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        modules.sort();
        modules.dedup();
        if modules.len() > limits::MODULES_MAX {
            self.refuse(
                "modules",
                format!("there are {}", modules.len()),
                format!("write {} at most", limits::MODULES_MAX),
            );
        }
        if let Some(module) =
            modules.iter().find(|m| m.contains(',') || m.chars().count() > limits::NAME_CHARS_MAX)
        {
            let what = format!("{} is no module's name", shown(module));
            self.refuse("modules", what, "separate modules by blanks");
        }
        modules
    }

    fn serial(&mut self) -> String {
        let mut numbers = self.numbers("serial");
        if numbers.len() > 1 {
            self.refuse("serial", "there are several", "write one row for each serial number");
        }
        numbers.pop().unwrap_or_default()
    }

    fn numbers(&mut self, column: &'static str) -> Vec<String> {
        let numbers: Vec<String> = self.line.cell(column).split_whitespace().map(str::to_owned).collect();
        let is_good = |text: &str| {
            text.len() <= limits::NUMBER_CHARS_MAX
                && text.starts_with(|c: char| c.is_ascii_alphanumeric())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/'))
        };
        if let Some(bad) = numbers.iter().find(|text| !is_good(text)) {
            let remedy = format!(
                "write letters, digits, `-`, `.`, `_` and `/`, {} at most, and blanks between numbers; in a spreadsheet the column must be text",
                limits::NUMBER_CHARS_MAX
            );
            self.refuse(column, format!("{} is no such number", shown(bad)), remedy);
        }
        numbers
    }
}

/// What the cells of a row say together.
fn check(row: &EstateRow, refused: &mut Findings) {
    let mut refuse = |column, what: &str, remedy: &str| refused.add(row.row, column, what, remedy);
    if row.is_module {
        if row.seat != Seat::Floating {
            refuse(
                "seat",
                "a module that is licensed by itself floats",
                "write floating, or put it in the product's modules",
            );
        }
        if !row.modules.is_empty() {
            refuse("modules", "a module that floats by itself has no modules", "leave it empty");
        }
        if !row.serial.is_empty() {
            refuse("serial", "a floating module has no serial number", "leave it empty; a note may name it");
        }
    }
    match (row.seat, &row.server) {
        (Seat::Locked, None) => {
            refuse("server", "a locked license needs the license host that serves it", "write its id");
        }
        (Seat::Floating | Seat::Named, Some(server)) if *server != row.host => {
            refuse(
                "server",
                "the seats are at two hosts",
                "write the license host as host, and leave server empty",
            );
        }
        _ => {}
    }
    if row.seat == Seat::Locked && row.quantity != 1 {
        refuse(
            "quantity",
            "rule 2: a locked license has one seat for each workstation",
            "write one row for each workstation, with 1",
        );
    }
    if let (Some(from), Expiry::On(until)) = (row.from, row.until)
        && until < from
    {
        refuse("until", "it is before from", "write the days in order");
    }
}
