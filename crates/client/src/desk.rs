//! The license desk's calls: over the daemon's Unix socket for the license host's administrator, or over
//! the network for a person with a personal token.

use std::path::Path;
use std::time::Duration;

use names::Code;
use proto::v1;
use proto::v1::desk_service_client::DeskServiceClient;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;

use crate::admin::{self, answered};
use crate::{Error, Login, dial};

/// Bytes of an answer: a list, a report or a pack.
const INBOUND_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How long the desk may take: an estate of 100,000 rows is converted in it. The daemon says by itself when it
/// takes longer.
const ANSWER: Duration = Duration::from_secs(330);

/// A license host's desk.
#[derive(Debug, Clone)]
pub struct Desk {
    client: DeskServiceClient<Channel>,
    token: Option<MetadataValue<Ascii>>,
    company: Option<MetadataValue<Ascii>>,
}

impl Desk {
    /// The desk of the daemon that serves this socket, as the license host's administrator.
    ///
    /// # Errors
    /// When no daemon answers there.
    pub async fn on_host(socket: &Path) -> Result<Self, Error> {
        Ok(Self::new(admin::channel(socket, ANSWER).await?, None))
    }

    /// The desk of a server, as whoever's login this is.
    ///
    /// # Errors
    /// When the server cannot be reached, or the token is none.
    pub async fn at(login: &Login) -> Result<Self, Error> {
        let token = format!("Bearer {}", login.token());
        let token = value(&token, "the personal token is no text; make it anew with `seatkeeper login`")?;
        let reached = dial::channel(login.server(), dial::CONNECT).await;
        let channel = reached.map_err(|tried| Error::Unreachable { tried: vec![tried] })?;
        Ok(Self::new(channel, Some(token)))
    }

    fn new(channel: Channel, token: Option<MetadataValue<Ascii>>) -> Self {
        let client = DeskServiceClient::new(channel).max_decoding_message_size(INBOUND_BYTES_MAX);
        Self { client, token, company: None }
    }

    /// The same, working for this company.
    ///
    /// # Errors
    /// When that is no customer number.
    pub fn for_company(mut self, number: &str) -> Result<Self, Error> {
        self.company = Some(value(number, "this is no customer number")?);
        Ok(self)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(ANSWER);
        let metadata = request.metadata_mut();
        if let Some(token) = &self.token {
            metadata.insert("authorization", token.clone());
        }
        if let Some(company) = &self.company {
            metadata.insert("seatkeeper-company", company.clone());
        }
        request
    }
}

fn value(text: &str, wrong: &str) -> Result<MetadataValue<Ascii>, Error> {
    let code = Code::BadParameter;
    let message = format!("{wrong} ({})", code.number());
    text.parse().map_err(|_| Error::Denied { code, message, retry_after_ms: 0 })
}

/// A call of the desk's, and its answer.
macro_rules! calls {
    ($($name:ident($request:ident) -> $reply:ident;)*) => {
        impl Desk {
            $(
                /// See `DeskService` in `proto/seatkeeper/v1/desk.proto`.
                ///
                /// # Errors
                /// When the desk refuses or does not answer.
                pub async fn $name(&mut self, message: v1::$request) -> Result<v1::$reply, Error> {
                    let request = self.request(message);
                    answered(self.client.$name(request).await)
                }
            )*
        }
    };
}

calls! {
    set_name(DeskSetName) -> DeskDone;
    set_token(DeskSetToken) -> DeskToken;
    drop_token(DeskDropToken) -> DeskDone;
    set_primary(DeskSetPrimary) -> DeskDone;
    ask_for_tools(DeskAskForTools) -> DeskDone;
    own_seats(DeskOwnSeatsRequest) -> DeskOwnSeatsReply;
    find(DeskFindRequest) -> DeskFindReply;
    cases(DeskCasesRequest) -> DeskCasesReply;
    case_of(DeskCaseRequest) -> DeskCase;
    case_file(DeskCaseFileRequest) -> DeskCaseFile;
    people(DeskPeopleRequest) -> DeskPeopleReply;
    add_person(DeskAddPerson) -> DeskDone;
    remove_person(DeskRemovePerson) -> DeskDone;
    set_privileges(DeskSetPrivileges) -> DeskDone;
    order(DeskOrder) -> DeskDone;
    install_pack(DeskInstallPack) -> DeskDone;
    reconfigure(DeskReconfigure) -> DeskDone;
    surrender(DeskSurrender) -> DeskDone;
    company_of(DeskCompanyRequest) -> DeskCompany;
    change_contact(DeskChangeContact) -> DeskDone;
    preview_conversion(DeskPreviewConversionRequest) -> DeskPreviewConversionReply;
    request_conversion(DeskRequestConversion) -> DeskDone;
    assign(DeskAssign) -> DeskDone;
    change_assignment(DeskChangeAssignment) -> DeskDone;
    unassign(DeskUnassign) -> DeskDone;
    license_of(DeskLicenseRequest) -> DeskLicenseReply;
    licenses(DeskLicensesRequest) -> DeskLicensesReply;
    customer_report(DeskCustomerReportRequest) -> DeskCustomerReportReply;
    packs(DeskPacksRequest) -> DeskPacksReply;
    pack_of(DeskPackRequest) -> DeskPackText;
    companies(DeskCompaniesRequest) -> DeskCompaniesReply;
    orders(DeskOrdersRequest) -> DeskOrdersReply;
    set_company(DeskSetCompany) -> DeskDone;
    add_contact(DeskAddContact) -> DeskDone;
    name_supervisor(DeskNameSupervisor) -> DeskDone;
    upgrade_account(DeskUpgradeAccount) -> DeskDone;
    set_staff(DeskSetStaff) -> DeskDone;
    issue(DeskIssue) -> DeskDone;
    renew(DeskRenew) -> DeskDone;
    convert(DeskConvert) -> DeskDone;
    issue_move(DeskIssueMove) -> DeskDone;
    take_request(DeskTakeRequest) -> DeskDone;
    void_pack(DeskVoidPack) -> DeskDone;
    reserve_ids(DeskReserveIds) -> DeskDone;
    close_case(DeskCloseCase) -> DeskDone;
}
