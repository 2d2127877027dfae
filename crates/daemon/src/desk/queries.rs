//! Calls that change nothing: answered from the desk as it is on the disk.

use ::desk::conversion::{Findings, preview};
use ::desk::look::{License, ReportRow};
use ::desk::{Action, Actor, Case, Context, CustomerNumber, Desk as Rules, Refusal, answer_file};
use proto::v1;

use super::{parse, rows};

/// Rows of a list, by default and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1_000;

/// What a query is answered with.
#[derive(Debug)]
pub(super) struct Question<'a> {
    pub(super) rules: &'a Rules,
    pub(super) ctx: &'a Context<'a>,
    pub(super) actor: &'a Actor,
    pub(super) action: Action,
}

/// A call that is a query.
pub(super) trait Query {
    type Reply;
    /// Whether whose the named seats are is in the answer.
    const IS_OF_SEATS: bool;

    /// The answer.
    ///
    /// # Errors
    /// The refusal.
    fn answer(self, asked: &Question<'_>) -> Result<Self::Reply, Refusal>;
}

impl Question<'_> {
    fn may(&self, action: Action, company: Option<&CustomerNumber>) -> Result<(), Refusal> {
        self.rules.may(self.ctx, self.actor, action, company)
    }

    /// The company that is asked for, or the one that is worked for, where the caller may.
    fn company(&self, text: &str) -> Result<CustomerNumber, Refusal> {
        let asked = parse::company_or_none(text)?;
        let company = asked.or_else(|| self.active().cloned());
        self.may(self.action, company.as_ref())?;
        company.ok_or_else(|| {
            Refusal::invalid("company", "it is not given, and you work for none; give its customer number")
        })
    }

    fn active(&self) -> Option<&CustomerNumber> {
        if let Actor::Person { company, .. } = self.actor { company.as_ref() } else { None }
    }

    fn case(&self, number: &str) -> Result<&Case, Refusal> {
        self.may(self.action, None)?;
        let number = parse::case(number)?;
        self.rules.case_for(self.ctx, self.actor, &number)
    }
}

/// The part of a list that is asked for, and how many there are in all.
fn page<T>(
    all: impl Iterator<Item = T>,
    page: Option<v1::DeskPage>,
    text: impl Fn(&T) -> String,
) -> (Vec<T>, u64) {
    let page = page.unwrap_or_default();
    let search = page.search.to_lowercase();
    let take = match page.take as usize {
        0 => PAGE,
        take => take.min(PAGE_MAX),
    };
    let (mut rows, mut total) = (Vec::new(), 0);
    let is_found = |row: &T| search.is_empty() || text(row).to_lowercase().contains(&search);
    for row in all.filter(is_found) {
        if total >= page.skip as usize && rows.len() < take {
            rows.push(row);
        }
        total += 1;
    }
    (rows, total as u64)
}

macro_rules! queries {
    ($($message:ident -> $reply:ident $is_of_seats:ident |$m:ident, $asked:ident| $answer:block)*) => {
        $(impl Query for v1::$message {
            type Reply = v1::$reply;
            const IS_OF_SEATS: bool = queries!(@ $is_of_seats);

            fn answer(self, $asked: &Question<'_>) -> Result<v1::$reply, Refusal> {
                let $m = self;
                $answer
            }
        })*
    };
    (@ seats) => { true };
    (@ rows) => { false };
}

queries! {
    DeskOwnSeatsRequest -> DeskOwnSeatsReply seats |_m, asked| {
        asked.may(asked.action, None)?;
        let own = asked.rules.own_seats(asked.ctx, asked.actor);
        Ok(v1::DeskOwnSeatsReply { seats: own.iter().map(rows::own_seat).collect() })
    }

    DeskCasesRequest -> DeskCasesReply rows |m, asked| {
        asked.may(asked.action, None)?;
        let company = parse::company_or_none(&m.company)?;
        let is_of = |case: &&Case| company.is_none() || case.company == company;
        let seen = asked.rules.cases_for(asked.ctx, asked.actor).into_iter().filter(is_of);
        let text = |case: &&Case| {
            let other = case.other.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{} {other} {} {}", case.number, case.subject, case.about.join(" "))
        };
        let (cases, total) = page(seen, m.page, text);
        Ok(v1::DeskCasesReply { cases: cases.into_iter().map(|case| rows::case(case, false)).collect(), total })
    }

    DeskCaseRequest -> DeskCase rows |m, asked| {
        asked.case(&m.case).map(|case| rows::case(case, true))
    }

    DeskCaseFileRequest -> DeskCaseFile rows |m, asked| {
        let case = asked.case(&m.case)?;
        let file = asked.rules.file(&case.number, &m.name);
        let file = file.ok_or_else(|| Refusal::NotFound(format!("a file of that name of case {}", case.number)))?;
        Ok(v1::DeskCaseFile { text: file.text.clone() })
    }

    DeskPeopleRequest -> DeskPeopleReply rows |m, asked| {
        let company = asked.company(&m.company)?;
        let supervised = asked.rules.company(&company).is_some_and(|row| row.is_supervised);
        let people =
            asked.rules.members(&company).map(|member| rows::person(member, asked.rules.person(&member.email)));
        let text = |person: &v1::DeskPerson| format!("{} {}", person.email, person.name);
        let (people, total) = page(people, m.page, text);
        Ok(v1::DeskPeopleReply { people, total, supervised })
    }

    DeskLicensesRequest -> DeskLicensesReply seats |m, asked| {
        let company = asked.company(&m.company)?;
        let all = asked.rules.my_licenses(asked.ctx, &company);
        let text = |license: &License| {
            let numbers = [&license.subscriptions, &license.invoices, &license.serials];
            let numbers: Vec<_> = numbers.into_iter().flatten().map(String::as_str).collect();
            format!("{} {} {}", license.pool, license.pack, numbers.join(" "))
        };
        let (found, total) = page(all.into_iter(), m.page, text);
        Ok(v1::DeskLicensesReply { licenses: found.iter().map(rows::license).collect(), total })
    }

    DeskLicenseRequest -> DeskLicenseReply seats |m, asked| {
        let company = asked.company(&m.company)?;
        let pool = parse::pool(asked.rules, asked.ctx.owned, &company, m.pool);
        let found = asked.rules.license(asked.ctx, &company, &pool);
        let license = found.ok_or_else(|| Refusal::NotFound("a license of that pool".into()))?;
        let users = asked.rules.users(asked.ctx, &license.pool);
        Ok(v1::DeskLicenseReply {
            license: Some(rows::license(&license)),
            users: users.iter().map(rows::seat).collect(),
        })
    }

    DeskPacksRequest -> DeskPacksReply rows |m, asked| {
        let company = asked.company(&m.company)?;
        let of = asked.rules.packs_of(&company);
        let (packs, total) = page(of, m.page, |pack| format!("{} {}", pack.number, pack.host));
        Ok(v1::DeskPacksReply { packs: packs.into_iter().map(rows::pack).collect(), total })
    }

    DeskPackRequest -> DeskPackText rows |m, asked| {
        asked.may(asked.action, None)?;
        let pack = asked.rules.pack_for(asked.ctx, asked.actor, &m.pack)?;
        Ok(v1::DeskPackText { text: answer_file(asked.rules, pack) })
    }

    DeskCompaniesRequest -> DeskCompaniesReply rows |m, asked| {
        asked.may(asked.action, None)?;
        let text = |row: &&::desk::Company| format!("{} {} {}", row.number, row.name, row.address);
        let (companies, total) = page(asked.rules.companies(), m.page, text);
        Ok(v1::DeskCompaniesReply { companies: companies.into_iter().map(rows::company).collect(), total })
    }

    DeskCompanyRequest -> DeskCompany rows |m, asked| {
        let company = asked.company(&m.company)?;
        let row = asked.rules.company(&company);
        row.map(rows::company).ok_or_else(|| Refusal::NotFound(format!("company {company}")))
    }

    DeskOrdersRequest -> DeskOrdersReply rows |m, asked| {
        let company = parse::company_or_none(&m.company)?;
        match &company {
            Some(company) => asked.may(asked.action, Some(company))?,
            None => asked.may(Action::SeeCompanies, None)?,
        }
        let is_of = |order: &&::desk::Order| company.as_ref().is_none_or(|company| order.company == *company);
        let text = |order: &&::desk::Order| {
            format!("{} {} {} {}", order.number, order.company, order.subscription, order.invoice)
        };
        let (orders, total) = page(asked.rules.orders().filter(is_of), m.page, text);
        Ok(v1::DeskOrdersReply { orders: orders.into_iter().map(rows::order).collect(), total })
    }

    DeskFindRequest -> DeskFindReply seats |m, asked| {
        let found = asked.rules.find(asked.ctx, asked.actor, &m.what)?;
        Ok(v1::DeskFindReply { hits: found.hits.iter().map(rows::hit).collect(), more: found.has_more })
    }

    DeskCustomerReportRequest -> DeskCustomerReportReply seats |m, asked| {
        let company = asked.company(&m.company)?;
        let report = asked.rules.customer_report(asked.ctx, asked.actor, &company)?;
        Ok(v1::DeskCustomerReportReply { csv: ReportRow::csv(&report), json: ReportRow::json(&report) })
    }

    DeskPreviewConversionRequest -> DeskPreviewConversionReply rows |m, asked| {
        let company = asked.company(&m.company)?;
        let preview = preview(asked.rules, asked.ctx, &company, &m.estate, None)?;
        let words = |found: &Findings| found.kept().iter().map(ToString::to_string).collect();
        Ok(v1::DeskPreviewConversionReply {
            csv: preview.report()?,
            warnings: words(&preview.warnings),
            refusals: words(&preview.refusals),
            fingerprint: preview.fingerprint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_given_in_parts_and_searched() {
        let asked = |search: &str, skip, take| {
            let part = v1::DeskPage { search: search.into(), skip, take };
            page(0..2_000, Some(part), |n| format!("Row {n}"))
        };
        assert_eq!(asked("", 0, 0).0.len(), 100);
        assert_eq!(asked("", 0, 5_000).0.len(), 1_000);
        assert_eq!(asked("", 1_999, 7), (vec![1_999], 2_000));
        assert_eq!(asked("", 3_000, 7), (vec![], 2_000));
        assert_eq!(asked("row 199", 1, 2), (vec![1_990, 1_991], 11));
    }
}
