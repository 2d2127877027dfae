//! The desk's lists and texts.

use std::path::Path;

use names::{Code, Wall};
use proto::v1;
use serde_json::{Value, json};

use super::table::Table;
use super::{Reached, page};
use crate::args::PageArgs;
use crate::fail::Failure;
use crate::{files, lmutil, out};

impl Reached {
    pub(super) async fn own_seats(&mut self) -> Result<(), Failure> {
        let reply = self.desk.own_seats(v1::DeskOwnSeatsRequest {}).await?;
        let table = Table::new("seats", &["pool", "from", "until"], reply.seats.iter().map(seat).collect());
        self.show("desk-own-seats", &table, json!({}))
    }

    pub(super) async fn cases(&mut self, args: &PageArgs) -> Result<(), Failure> {
        let request = v1::DeskCasesRequest { company: self.company.clone(), page: page(args) };
        let reply = self.desk.cases(request).await?;
        let columns = &["number", "other", "kind", "company", "state", "subject"];
        let table = Table::new("cases", columns, reply.cases.iter().map(case).collect()).of(reply.total);
        self.show("desk-cases", &table, json!({}))
    }

    pub(super) async fn case(&mut self, number: String) -> Result<(), Failure> {
        let found = self.desk.case_of(v1::DeskCaseRequest { case: number }).await?;
        let history: Vec<Value> = found
            .history
            .iter()
            .map(|entry| json!({ "at": Wall(entry.at_ms).to_string(), "by": entry.by, "what": entry.what }))
            .collect();
        if self.json {
            let mut fields = case(&found);
            if let Value::Object(fields) = &mut fields {
                fields.insert("history".into(), Value::Array(history));
            }
            return out::print(&lmutil::object("desk-case", fields)?);
        }
        let columns = &["number", "other", "kind", "company", "asked_by", "state", "subject"];
        let mut text = Table::new("cases", columns, vec![case(&found)]).text();
        text.push('\n');
        text.push_str(&Table::new("history", &["at", "by", "what"], history).text());
        for file in &found.files {
            text.push_str(&format!("file {}\n", client::shown(file, 200)));
        }
        out::print(&text)
    }

    pub(super) async fn case_file(&mut self, case: String, name: String) -> Result<(), Failure> {
        let file = self.desk.case_file(v1::DeskCaseFileRequest { case, name }).await?;
        out::print(&file.text)
    }

    pub(super) async fn people(&mut self, args: &PageArgs) -> Result<(), Failure> {
        let request = v1::DeskPeopleRequest { company: self.company.clone(), page: page(args) };
        let reply = self.desk.people(request).await?;
        let row = |person: &v1::DeskPerson| {
            let privileges = person.privileges.unwrap_or_default();
            json!({
                "email": person.email,
                "name": person.name,
                "supervisor": privileges.supervisor,
                "licensing": privileges.licensing,
                "reporting": privileges.reporting,
                "version": person.version,
            })
        };
        let columns = &["email", "name", "supervisor", "licensing", "reporting"];
        let table = Table::new("people", columns, reply.people.iter().map(row).collect()).of(reply.total);
        self.show("desk-people", &table, json!({ "supervised": reply.supervised }))
    }

    pub(super) async fn licenses(&mut self, args: &PageArgs) -> Result<(), Failure> {
        let request = v1::DeskLicensesRequest { company: self.company.clone(), page: page(args) };
        let reply = self.desk.licenses(request).await?;
        let rows = reply.licenses.iter().map(license).collect();
        let table = Table::new("licenses", LICENSE_COLUMNS, rows).of(reply.total);
        self.show("desk-licenses", &table, json!({}))
    }

    pub(super) async fn license(&mut self, pool: String) -> Result<(), Failure> {
        let request = v1::DeskLicenseRequest { company: self.company.clone(), pool };
        let reply = self.desk.license_of(request).await?;
        let of = reply.license.as_ref().map(license).unwrap_or_default();
        let users: Vec<Value> = reply.users.iter().map(seat).collect();
        let users = Table::new("users", &["email", "from", "until"], users);
        if self.json {
            return out::print(&lmutil::object("desk-license", users.json(json!({ "license": of })))?);
        }
        let text = Table::new("licenses", LICENSE_COLUMNS, vec![of]).text();
        out::print(&format!("{text}\n{}", users.text()))
    }

    pub(super) async fn customer_report(&mut self) -> Result<(), Failure> {
        let request = v1::DeskCustomerReportRequest { company: self.company.clone() };
        let reply = self.desk.customer_report(request).await?;
        out::print(if self.json { &reply.json } else { &reply.csv })
    }

    pub(super) async fn packs(&mut self, args: &PageArgs) -> Result<(), Failure> {
        let request = v1::DeskPacksRequest { company: self.company.clone(), page: page(args) };
        let reply = self.desk.packs(request).await?;
        let row = |pack: &v1::DeskPack| {
            json!({
                "number": pack.number,
                "company": pack.company,
                "host": pack.host,
                "configurations": pack.configurations,
                "voids": pack.voids,
                "standing": pack.standing,
                "case": pack.case,
                "issued": Wall(pack.issued_ms).to_string(),
            })
        };
        let columns = &["number", "host", "configurations", "standing", "voids", "case", "issued"];
        let table = Table::new("packs", columns, reply.packs.iter().map(row).collect()).of(reply.total);
        self.show("desk-packs", &table, json!({}))
    }

    pub(super) async fn pack(&mut self, pack: String) -> Result<(), Failure> {
        let reply = self.desk.pack_of(v1::DeskPackRequest { pack }).await?;
        out::print(&reply.text)
    }

    pub(super) async fn companies(&mut self, args: &PageArgs) -> Result<(), Failure> {
        let reply = self.desk.companies(v1::DeskCompaniesRequest { page: page(args) }).await?;
        let rows = reply.companies.iter().map(company).collect();
        let table = Table::new("companies", COMPANY_COLUMNS, rows).of(reply.total);
        self.show("desk-companies", &table, json!({}))
    }

    pub(super) async fn show_company(&mut self) -> Result<(), Failure> {
        let found = self.desk.company_of(v1::DeskCompanyRequest { company: self.company.clone() }).await?;
        let table = Table::new("companies", COMPANY_COLUMNS, vec![company(&found)]);
        self.show("desk-company", &table, json!({}))
    }

    pub(super) async fn orders(&mut self, args: &PageArgs) -> Result<(), Failure> {
        let request = v1::DeskOrdersRequest { company: self.company.clone(), page: page(args) };
        let reply = self.desk.orders(request).await?;
        let columns =
            &["number", "company", "state", "subscription", "invoice", "buyer", "items", "case", "packs"];
        let table = Table::new("orders", columns, reply.orders.iter().map(order).collect()).of(reply.total);
        self.show("desk-orders", &table, json!({}))
    }

    pub(super) async fn preview_conversion(&mut self, estate: &Path) -> Result<(), Failure> {
        let what = "an estate as CSV";
        let bytes = files::read(estate, what)?;
        let estate = files::text(estate, &bytes, what)?.to_owned();
        let request = v1::DeskPreviewConversionRequest { company: self.company.clone(), estate };
        let reply = self.desk.preview_conversion(request).await?;
        let is_refused = !reply.refusals.is_empty();
        if self.json {
            let fields = json!({
                "csv": reply.csv,
                "warnings": reply.warnings,
                "refusals": reply.refusals,
                "fingerprint": reply.fingerprint,
            });
            out::print(&lmutil::object("desk-conversion", fields)?)?;
        } else {
            for (kind, lines) in [("warning", &reply.warnings), ("refused", &reply.refusals)] {
                for line in lines {
                    out::say(&format!("{kind}: {}", client::shown(line, 2_000)));
                }
            }
            out::print(&reply.csv)?;
            if !reply.fingerprint.is_empty() {
                out::say(&format!("preview {}", client::shown(&reply.fingerprint, 200)));
            }
        }
        if is_refused {
            let message = "the estate cannot be converted as it is";
            return Err(Failure::new(Code::BadParameter, message, "mend the rows that are refused"));
        }
        Ok(())
    }

    pub(super) async fn token(&mut self) -> Result<(), Failure> {
        let reply = self.desk.set_token(v1::DeskSetToken {}).await?;
        // The token alone is the result: it can be piped.
        out::print(&format!("{}\n", client::shown(&reply.token, 300)))?;
        out::say("your new personal token, shown this once; keep it with `seatkeeper login`");
        Ok(())
    }
}

const LICENSE_COLUMNS: &[&str] =
    &["pool", "quantity", "assigned", "free", "until", "subscription", "invoice", "pack"];
const COMPANY_COLUMNS: &[&str] = &["number", "name", "address", "contact", "supervised"];

fn seat(seat: &v1::DeskSeat) -> Value {
    json!({ "pool": seat.pool, "email": seat.email, "from": seat.from, "until": seat.until })
}

fn case(case: &v1::DeskCase) -> Value {
    json!({
        "number": case.number,
        "other": case.other,
        "kind": case.kind,
        "company": case.company,
        "asked_by": case.asked_by,
        "subject": case.subject,
        "state": case.state,
        "files": case.files,
        "about": case.about,
        "opened": Wall(case.opened_ms).to_string(),
        "version": case.version,
    })
}

fn license(license: &v1::DeskLicense) -> Value {
    let named = |n: u32| if license.named { Value::from(n) } else { Value::Null };
    json!({
        "pool": license.pool,
        "feature": license.feature,
        "from": license.from,
        "until": license.until,
        "subscription": license.subscription,
        "invoice": license.invoice,
        "pack": license.pack,
        "product_line": license.product_line,
        "modules": license.modules,
        "maintenance": license.maintenance,
        "serials": license.serials,
        "quantity": license.quantity,
        "named": license.named,
        "assigned": named(license.assigned),
        "free": named(license.free),
    })
}

fn company(company: &v1::DeskCompany) -> Value {
    json!({
        "number": company.number,
        "name": company.name,
        "address": company.address,
        "contact": company.contact,
        "supervised": company.supervised,
        "version": company.version,
    })
}

fn order(order: &v1::DeskOrderRow) -> Value {
    let item = |item: &v1::DeskItem| {
        let count: u64 = item.places.iter().map(|place| u64::from(place.count)).sum();
        format!("{count} {} {}", item.seat, item.feature)
    };
    json!({
        "number": order.number,
        "company": order.company,
        "subscription": order.subscription,
        "invoice": order.invoice,
        "buyer": order.buyer,
        "items": order.items.iter().map(item).collect::<Vec<_>>(),
        "state": order.state,
        "case": order.case,
        "placed": Wall(order.placed_ms).to_string(),
        "packs": order.packs,
    })
}
