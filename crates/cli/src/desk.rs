//! `seatkeeper desk …` and `seatkeeper find`: the license desk's commands and lists.

mod deeds;
mod items;
mod lists;
mod table;

use client::{Desk, Login};
use names::Code;
use proto::v1;
use serde_json::{Value, json};

use self::table::Table;
use crate::args::{AtDesk, AtDeskArgs, FindArgs, LicenseDeskArgs, PageArgs};
use crate::fail::Failure;
use crate::{lmutil, out, session};

/// A desk that was reached, and for whom.
pub(crate) struct Reached {
    desk: Desk,
    company: String,
    json: bool,
}

/// `seatkeeper desk …`
pub(crate) async fn desk(args: LicenseDeskArgs) -> Result<u8, Failure> {
    let mut reached = Reached::open(&args.at).await?;
    match args.command {
        AtDesk::OwnSeats => reached.own_seats().await,
        AtDesk::Cases(page) => reached.cases(&page).await,
        AtDesk::Case { case } => reached.case(case).await,
        AtDesk::CaseFile { case, name } => reached.case_file(case, name).await,
        AtDesk::People(page) => reached.people(&page).await,
        AtDesk::Licenses(page) => reached.licenses(&page).await,
        AtDesk::License { pool } => reached.license(pool).await,
        AtDesk::CustomerReport => reached.customer_report().await,
        AtDesk::Packs(page) => reached.packs(&page).await,
        AtDesk::Pack { pack } => reached.pack(pack).await,
        AtDesk::Companies(page) => reached.companies(&page).await,
        AtDesk::ShowCompany => reached.show_company().await,
        AtDesk::Orders(page) => reached.orders(&page).await,
        AtDesk::PreviewConversion { estate } => reached.preview_conversion(&estate).await,
        AtDesk::Token => reached.token().await,
        command => {
            let done = reached.deed(command).await?;
            reached.tell(&done)
        }
    }?;
    Ok(0)
}

/// `seatkeeper find`
pub(crate) async fn find(args: FindArgs) -> Result<u8, Failure> {
    let mut reached = Reached::open(&args.at).await?;
    let reply = reached.desk.find(v1::DeskFindRequest { what: args.what }).await?;
    let hit = |hit: &v1::DeskHit| {
        json!({
            "kind": hit.kind,
            "key": hit.key,
            "title": hit.title,
            "by": hit.by,
            "linked": hit.linked,
            "warnings": hit.warnings,
        })
    };
    let columns = &["kind", "key", "title", "by", "linked", "warnings"];
    let table = Table::new("hits", columns, reply.hits.iter().map(hit).collect());
    reached.show("find", &table, json!({ "more": reply.more }))?;
    Ok(0)
}

impl Reached {
    async fn open(args: &AtDeskArgs) -> Result<Self, Failure> {
        let company = args.company.clone().unwrap_or_default();
        let desk = match &args.servers {
            Some(list) => Desk::at(&login(list)?).await?,
            None => Desk::on_host(&args.socket).await?,
        };
        let desk = if company.is_empty() { desk } else { desk.for_company(&company)? };
        Ok(Self { desk, company, json: args.json })
    }

    /// The company of a command.
    fn company(&self) -> Result<String, Failure> {
        if self.company.is_empty() {
            let message = "it is not said for which company";
            let remedy = "name it with --company NUMBER, or in SEATKEEPER_COMPANY";
            return Err(Failure::new(Code::BadParameter, message, remedy));
        }
        Ok(self.company.clone())
    }

    /// What came of a command.
    fn tell(&self, done: &v1::DeskDone) -> Result<(), Failure> {
        if self.json {
            let fields = json!({ "case": done.case, "said": done.said });
            return out::print(&lmutil::object("desk-done", fields)?);
        }
        let mut text = String::new();
        for line in &done.said {
            text.push_str(&format!("{}\n", client::shown(line, 2_000)));
        }
        match done.case.as_str() {
            "" => text.push_str("done\n"),
            case => text.push_str(&format!("done: case {}\n", client::shown(case, 80))),
        }
        out::print(&text)
    }

    /// A list, as a table or as JSON.
    fn show(&self, name: &str, table: &Table, more: Value) -> Result<(), Failure> {
        if self.json {
            return out::print(&lmutil::object(name, table.json(more))?);
        }
        out::print(&table.text())
    }
}

/// The login that was kept for a server.
fn login(list: &str) -> Result<Login, Failure> {
    let servers = session::servers(Some(list), None)?;
    let kept = Login::all_of_user();
    let named = servers.groups().iter().flatten();
    let found = named.filter_map(|server| kept.iter().find(|login| login.server() == server)).next();
    found.cloned().ok_or_else(|| {
        let message = "no personal token is kept for this license server";
        Failure::new(
            Code::NotAdministrator,
            message,
            format!("keep it with `seatkeeper login EMAIL -c {list}`"),
        )
    })
}

fn page(args: &PageArgs) -> Option<v1::DeskPage> {
    Some(v1::DeskPage { search: args.search.clone(), skip: args.skip, take: args.take })
}
