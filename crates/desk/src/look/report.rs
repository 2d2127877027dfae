//! The Customer Detail Report: all that a company has, a line each.

use std::collections::BTreeSet;

use names::{CpuId, Date, Expiry, Feature, PackNumber, Version};
use serde::Serialize;

use super::csv::csv;
use super::find::HitKind;
use crate::change::RowKey;
use crate::context::Owned;
use crate::model::{ConfigLine, ConfigStanding, Configuration, PackStanding, Seat};
use crate::{Action, Actor, Context, CustomerNumber, Desk, Refusal, text};

/// A line of the report: a feature of a configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportRow {
    /// The Configuration ID; `pack:NUMBER` of lines without one.
    pub configuration: String,
    /// The product line.
    pub product_line: String,
    /// The product; none of floating modules.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub product: Option<Feature>,
    /// Optional modules.
    pub modules: Vec<String>,
    /// The feature.
    #[serde(serialize_with = "text::shown::serialize")]
    pub feature: Feature,
    /// Its highest version, where the ledger has it.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub version: Option<Version>,
    /// How its seats are had.
    pub seat: Option<Seat>,
    /// Seats.
    pub count: u32,
    /// The license host; of a locked license as a pack has it the workstation.
    #[serde(serialize_with = "text::shown::serialize")]
    pub host: CpuId,
    /// Under maintenance, where it is known.
    pub maintenance: Option<bool>,
    /// The term: from this day.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub from: Option<Date>,
    /// Through this day.
    #[serde(serialize_with = "text::shown::serialize")]
    pub until: Expiry,
    /// The order that brought it last.
    pub order: String,
    /// The subscription's number.
    pub subscription: String,
    /// The invoice's number.
    pub invoice: String,
    /// Serial numbers from before.
    pub serials: Vec<String>,
    /// Install numbers from before.
    pub installs: Vec<String>,
    /// The packs in force that have it.
    pub packs: Vec<String>,
    /// `active`, `retired` or `moved`.
    pub standing: ConfigStanding,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

impl ReportRow {
    /// The columns of the table.
    pub const HEAD: [&'static str; 20] = [
        "configuration",
        "product_line",
        "product",
        "modules",
        "feature",
        "version",
        "seat",
        "count",
        "host",
        "maintenance",
        "from",
        "until",
        "order",
        "subscription",
        "invoice",
        "serials",
        "installs",
        "packs",
        "standing",
        "warnings",
    ];

    /// Its cells, in the order of [`Self::HEAD`].
    #[must_use]
    pub fn cells(&self) -> Vec<String> {
        fn shown<T: ToString>(what: Option<&T>) -> String {
            what.map(ToString::to_string).unwrap_or_default()
        }
        let seat = match self.seat {
            Some(Seat::Floating) => "floating",
            Some(Seat::Locked) => "locked",
            Some(Seat::Named) => "named",
            None => "",
        };
        let maintenance = match self.maintenance {
            Some(true) => "active",
            Some(false) => "none",
            None => "",
        };
        let standing = match self.standing {
            ConfigStanding::Active => "active",
            ConfigStanding::Retired => "retired",
            ConfigStanding::Moved => "moved",
        };
        vec![
            self.configuration.clone(),
            self.product_line.clone(),
            shown(self.product.as_ref()),
            self.modules.join(" "),
            self.feature.to_string(),
            shown(self.version.as_ref()),
            seat.into(),
            self.count.to_string(),
            self.host.to_string(),
            maintenance.into(),
            shown(self.from.as_ref()),
            self.until.to_string(),
            self.order.clone(),
            self.subscription.clone(),
            self.invoice.clone(),
            self.serials.join(" "),
            self.installs.join(" "),
            self.packs.join(" "),
            standing.into(),
            self.warnings.join("; "),
        ]
    }

    /// The report as CSV.
    #[must_use]
    pub fn csv(rows: &[Self]) -> String {
        csv(&Self::HEAD, rows.iter().map(Self::cells))
    }

    /// The report as JSON: a list of objects.
    #[must_use]
    pub fn json(rows: &[Self]) -> String {
        // Names, numbers and texts: nothing that JSON cannot say.
        serde_json::to_string(rows).unwrap_or_default()
    }
}

impl Desk {
    /// The Customer Detail Report of a company: what the ledger has, then what is served here and the ledger does
    /// not have, by configuration and feature.
    ///
    /// # Errors
    /// Who asks may not, or there is no such company.
    pub fn customer_report(
        &self,
        ctx: &Context<'_>,
        actor: &Actor,
        company: &CustomerNumber,
    ) -> Result<Vec<ReportRow>, Refusal> {
        self.may(ctx, actor, Action::CustomerReport, Some(company))?;
        if self.company(company).is_none() {
            return Err(Refusal::NotFound(format!("company {company}")));
        }
        let configurations: Vec<&Configuration> = self.configurations_of(company).collect();
        let known: BTreeSet<(&str, u64)> =
            configurations.iter().map(|row| (row.vendor.as_str(), row.id)).collect();
        let mut rows: Vec<ReportRow> = Vec::new();
        for row in &configurations {
            rows.extend(row.lines.iter().map(|line| self.of_ledger(row, line)));
        }
        let is_known = |owned: &&Owned| match owned.pool.config() {
            names::ConfigId::Number(id) => known.contains(&(owned.pool.vendor().as_str(), *id)),
            names::ConfigId::OfPack(_) => false,
        };
        let served = ctx.owned.iter().filter(|owned| self.owner(owned) == Some(company));
        rows.extend(served.filter(|owned| !is_known(owned)).map(|owned| of_pack(owned, ctx)));
        rows.sort_by_cached_key(|row| {
            let number: u64 = row.configuration.parse().unwrap_or(u64::MAX);
            (number, row.configuration.clone(), row.feature.clone(), row.until)
        });
        Ok(rows)
    }

    fn of_ledger(&self, row: &Configuration, line: &ConfigLine) -> ReportRow {
        let order = self.order(&line.order);
        let packs = index_packs(self, row);
        ReportRow {
            configuration: row.id.to_string(),
            product_line: row.product_line.clone(),
            product: row.product.clone(),
            modules: row.modules.clone(),
            feature: line.feature.clone(),
            version: Some(line.version),
            seat: Some(row.seat),
            count: line.count,
            host: row.host.clone(),
            maintenance: Some(row.maintenance),
            from: line.from,
            until: line.until,
            order: line.order.clone(),
            subscription: order.map(|order| order.subscription.clone()).unwrap_or_default(),
            invoice: order.map(|order| order.invoice.clone()).unwrap_or_default(),
            serials: row.serials.clone(),
            installs: row.installs.clone(),
            packs: packs.iter().map(ToString::to_string).collect(),
            standing: row.standing,
            warnings: row.warnings.clone(),
        }
    }
}

/// The packs in force that have a configuration.
fn index_packs<'a>(desk: &'a Desk, row: &Configuration) -> Vec<&'a PackNumber> {
    let rows = desk.index.of(&row.id.to_string(), Some(&row.company), HitKind::Pack);
    let packs = rows.filter_map(|key| match key {
        RowKey::Pack(vendor, number) => desk.pack_of(vendor, number),
        _ => None,
    });
    let in_force = packs.filter(|pack| {
        pack.standing == PackStanding::Current
            && pack.vendor == row.vendor
            && pack.host == row.host
            && pack.configurations.contains(&row.id)
    });
    in_force.map(|pack| &pack.number).collect()
}

fn of_pack(owned: &Owned, ctx: &Context<'_>) -> ReportRow {
    let is_over = owned.until.is_past(ctx.now);
    ReportRow {
        configuration: owned.pool.config().to_string(),
        product_line: owned.product_line.clone().unwrap_or_default(),
        product: None,
        modules: owned.modules.clone(),
        feature: owned.pool.feature().clone(),
        version: None,
        seat: owned.is_named.then_some(Seat::Named),
        count: owned.quantity,
        host: owned.pool.cpu().clone(),
        maintenance: owned.maintenance,
        from: owned.from,
        until: owned.until,
        order: String::new(),
        subscription: owned.subscription.clone().unwrap_or_default(),
        invoice: owned.invoice.clone().unwrap_or_default(),
        serials: owned.serials.clone(),
        installs: Vec::new(),
        packs: vec![owned.pack.to_string()],
        standing: ConfigStanding::Active,
        warnings: if is_over { vec![format!("ended on {}", owned.until)] } else { Vec::new() },
    }
}
