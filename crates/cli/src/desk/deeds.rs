//! The desk's commands. What was looked at is asked for first, where its version is to be named.

use std::path::Path;

use names::Code;
use proto::v1;

use super::{Reached, items};
use crate::args::AtDesk;
use crate::fail::Failure;
use crate::files;

fn text(path: &Path, what: &str) -> Result<String, Failure> {
    let bytes = files::read(path, what)?;
    files::text(path, &bytes, what).map(str::to_owned)
}

const ESTATE: &str = "an estate as CSV";

fn not_there(what: &str, remedy: &str) -> Failure {
    Failure::new(Code::BadParameter, format!("{}: there is none", client::shown(what, 200)), remedy)
}

impl Reached {
    /// Does a command.
    pub(super) async fn deed(&mut self, command: AtDesk) -> Result<v1::DeskDone, Failure> {
        match command {
            AtDesk::SetName { .. }
            | AtDesk::DropToken
            | AtDesk::SetPrimary
            | AtDesk::AskForTools { .. }
            | AtDesk::AddPerson(_)
            | AtDesk::RemovePerson { .. }
            | AtDesk::SetPrivileges(_)
            | AtDesk::ChangeContact { .. } => self.of_people(command).await,
            AtDesk::Order(_)
            | AtDesk::InstallPack { .. }
            | AtDesk::Reconfigure { .. }
            | AtDesk::Surrender(_)
            | AtDesk::RequestConversion { .. }
            | AtDesk::Assign(_)
            | AtDesk::ChangeAssignment { .. }
            | AtDesk::Unassign { .. } => self.of_licenses(command).await,
            command => self.of_vendor(command).await,
        }
    }

    async fn of_people(&mut self, command: AtDesk) -> Result<v1::DeskDone, Failure> {
        let done = match command {
            AtDesk::SetName { name } => self.desk.set_name(v1::DeskSetName { name }).await,
            AtDesk::DropToken => self.desk.drop_token(v1::DeskDropToken {}).await,
            AtDesk::SetPrimary => {
                self.desk.set_primary(v1::DeskSetPrimary { company: self.company()? }).await
            }
            AtDesk::AskForTools { reason } => {
                let company = self.company()?;
                self.desk.ask_for_tools(v1::DeskAskForTools { company, reason }).await
            }
            AtDesk::AddPerson(args) => {
                let company = self.company()?;
                let message = v1::DeskAddPerson { company, email: args.email, name: args.name };
                self.desk.add_person(message).await
            }
            AtDesk::RemovePerson { email } => {
                let (company, version) = (self.company()?, self.membership(&email).await?);
                self.desk.remove_person(v1::DeskRemovePerson { company, email, version }).await
            }
            AtDesk::SetPrivileges(args) => {
                let (company, version) = (self.company()?, self.membership(&args.email).await?);
                let privileges = Some(v1::DeskPrivileges {
                    supervisor: args.supervisor,
                    licensing: args.licensing,
                    reporting: args.reporting,
                });
                let message = v1::DeskSetPrivileges { company, email: args.email, privileges, version };
                self.desk.set_privileges(message).await
            }
            AtDesk::ChangeContact { address, contact } => {
                let company = self.company()?;
                let now = self.desk.company_of(v1::DeskCompanyRequest { company: company.clone() }).await?;
                let message = v1::DeskChangeContact {
                    company,
                    address: address.unwrap_or(now.address),
                    contact: contact.unwrap_or(now.contact),
                    version: now.version,
                };
                self.desk.change_contact(message).await
            }
            _ => return Err(unknown()),
        };
        Ok(done?)
    }

    async fn of_licenses(&mut self, command: AtDesk) -> Result<v1::DeskDone, Failure> {
        let company = self.company()?;
        let done = match command {
            AtDesk::Order(args) => {
                let items = items::read(&args.items)?;
                let message = v1::DeskOrder {
                    company,
                    subscription: args.subscription,
                    invoice: args.invoice,
                    buyer: args.buyer,
                    items,
                    host_keys: args.host_key,
                };
                self.desk.order(message).await
            }
            AtDesk::InstallPack { file } => {
                let text = text(&file, "a signed license pack")?;
                self.desk.install_pack(v1::DeskInstallPack { company, text }).await
            }
            AtDesk::Reconfigure { ids, wish } => {
                self.desk.reconfigure(v1::DeskReconfigure { company, ids, wish }).await
            }
            AtDesk::Surrender(args) => {
                let (ids, to, to_key, end_seats) = (args.ids, args.to, args.to_key, args.end_seats);
                self.desk.surrender(v1::DeskSurrender { company, ids, to, to_key, end_seats }).await
            }
            AtDesk::RequestConversion { estate } => {
                let estate = text(&estate, ESTATE)?;
                self.desk.request_conversion(v1::DeskRequestConversion { company, estate }).await
            }
            AtDesk::Assign(args) => {
                let emails = match (args.to, &args.file) {
                    (Some(emails), _) => emails,
                    (None, Some(file)) => text(file, "a file with e-mail addresses")?,
                    (None, None) => String::new(),
                };
                let (pool, from, until, all_or_none) = (args.pool, args.from, args.until, args.all_or_none);
                self.desk.assign(v1::DeskAssign { company, pool, emails, from, until, all_or_none }).await
            }
            AtDesk::ChangeAssignment { pool, email, from, until } => {
                let request = v1::DeskLicenseRequest { company: company.clone(), pool: pool.clone() };
                let users = self.desk.license_of(request).await?.users;
                let email = crate::login::email("EMAIL", &email)?.to_string();
                let seat = users.into_iter().find(|seat| seat.email == email);
                let seat = seat.ok_or_else(|| {
                    not_there(
                        &format!("a seat of {email}"),
                        "`seatkeeper desk license POOL` lists whose seats there are",
                    )
                })?;
                let was = format!("{}..{}", seat.from, seat.until);
                let (from, until) = (from.unwrap_or(seat.from), until.unwrap_or(seat.until));
                let message = v1::DeskChangeAssignment { company, pool, email, from, until, was };
                self.desk.change_assignment(message).await
            }
            AtDesk::Unassign { pool, email } => {
                self.desk.unassign(v1::DeskUnassign { company, pool, email }).await
            }
            _ => return Err(unknown()),
        };
        Ok(done?)
    }

    async fn of_vendor(&mut self, command: AtDesk) -> Result<v1::DeskDone, Failure> {
        let done = match command {
            AtDesk::SetCompany { name } => {
                let company = self.company()?;
                let version = self.company_version(&company).await?;
                self.desk.set_company(v1::DeskSetCompany { company, name, version }).await
            }
            AtDesk::AddContact(args) => {
                let company = self.company()?;
                let message = v1::DeskAddContact { company, email: args.email, name: args.name };
                self.desk.add_contact(message).await
            }
            AtDesk::NameSupervisor { email } => {
                let company = self.company()?;
                self.desk.name_supervisor(v1::DeskNameSupervisor { company, email }).await
            }
            AtDesk::UpgradeAccount { case, refuse } => {
                self.desk.upgrade_account(v1::DeskUpgradeAccount { case, accept: !refuse }).await
            }
            AtDesk::SetStaff { email, vendor_desk, host_administrator } => {
                self.desk.set_staff(v1::DeskSetStaff { email, vendor_desk, host_administrator }).await
            }
            AtDesk::Issue { order, refuse, host_key } => {
                self.desk.issue(v1::DeskIssue { order, refuse, host_keys: host_key }).await
            }
            AtDesk::Renew { ids, until, maintenance, host_key, .. } => {
                let company = self.company()?;
                let message = v1::DeskRenew { company, ids, until, maintenance, host_keys: host_key };
                self.desk.renew(message).await
            }
            AtDesk::Convert { estate, preview } => {
                let (company, estate) = (self.company()?, text(&estate, ESTATE)?);
                self.desk.convert(v1::DeskConvert { company, estate, preview }).await
            }
            AtDesk::IssueMove(args) => {
                let receipt = args.receipt.as_deref();
                let receipt = receipt.map(|path| text(path, "a receipt")).transpose()?.unwrap_or_default();
                let host_lost = args.host_lost.unwrap_or_default();
                let (ids, to, to_key) = (args.ids, args.to, args.to_key);
                self.desk.issue_move(v1::DeskIssueMove { receipt, host_lost, ids, to, to_key }).await
            }
            AtDesk::TakeRequest { file } => {
                let file = text(&file, "a site's request file")?;
                self.desk.take_request(v1::DeskTakeRequest { file }).await
            }
            AtDesk::VoidPack { pack, reason } => self.desk.void_pack(v1::DeskVoidPack { pack, reason }).await,
            AtDesk::ReserveIds { from, to, note } => {
                self.desk.reserve_ids(v1::DeskReserveIds { from, to, note }).await
            }
            AtDesk::CloseCase { case, refuse, answer } => {
                let version = self.desk.case_of(v1::DeskCaseRequest { case: case.clone() }).await?.version;
                self.desk.close_case(v1::DeskCloseCase { case, done: !refuse, answer, version }).await
            }
            _ => return Err(unknown()),
        };
        Ok(done?)
    }

    /// The version of somebody's membership, which is to be changed.
    async fn membership(&mut self, email: &str) -> Result<u64, Failure> {
        let email = crate::login::email("EMAIL", email)?.to_string();
        let page = Some(v1::DeskPage { search: email.clone(), skip: 0, take: 1_000 });
        let reply = self.desk.people(v1::DeskPeopleRequest { company: self.company()?, page }).await?;
        let found = reply.people.into_iter().find(|person| person.email == email);
        found.map(|person| person.version).ok_or_else(|| {
            not_there(&format!("somebody {email} of this company"), "`seatkeeper desk people` lists them")
        })
    }

    /// The version of a company; 0 where there is none yet.
    async fn company_version(&mut self, number: &str) -> Result<u64, Failure> {
        let page = Some(v1::DeskPage { search: number.to_owned(), skip: 0, take: 1_000 });
        let reply = self.desk.companies(v1::DeskCompaniesRequest { page }).await?;
        let found = reply.companies.into_iter().find(|company| company.number == number);
        Ok(found.map_or(0, |company| company.version))
    }
}

fn unknown() -> Failure {
    Failure::new(
        Code::UnsupportedRequest,
        "this is no command of the desk",
        "`seatkeeper desk --help` lists them",
    )
}
