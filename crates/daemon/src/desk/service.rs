//! The desk's service, for people by their tokens and for the license host's administrator.

use std::sync::Arc;
use std::time::Duration;

use ::desk::{Action, Actor, Command, CustomerNumber, Refusal};
use names::Code;
use proto::v1;
use proto::v1::desk_service_server::{DeskService, DeskServiceServer};
use service::token_hash;
use tonic::{Request, Response, Status};

use super::caller::{company, status};
use super::commands::Commands;
use super::facts::Facts;
use super::queries::{Query, Question};
use super::{Asked, Desk, Done, methods};
use crate::edge::random;

/// Bytes of a call over the network: a pack, or the file of a case, with its words.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a call on the license host: an estate.
const HOST_MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How long a deed is waited for: an estate of 100,000 rows is converted in it. What takes longer is done all
/// the same.
const DEED_WITHIN: Duration = Duration::from_secs(300);
/// How long a call may take in all.
pub(crate) const CALL_WITHIN: Duration = Duration::from_secs(310);

/// The desk's calls.
#[derive(Debug, Clone)]
pub(crate) struct DeskCalls(Arc<Desk>);

impl DeskCalls {
    /// For clients.
    pub(crate) fn served(desk: &Arc<Desk>) -> DeskServiceServer<Self> {
        DeskServiceServer::new(Self(Arc::clone(desk))).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }

    /// For the license host.
    pub(crate) fn served_on_host(desk: &Arc<Desk>) -> DeskServiceServer<Self> {
        DeskServiceServer::new(Self(Arc::clone(desk))).max_decoding_message_size(HOST_MESSAGE_BYTES_MAX)
    }

    async fn command<T: Commands + Send + 'static>(
        &self,
        method: &'static str,
        request: Request<T>,
    ) -> Result<Response<v1::DeskDone>, Status> {
        let asker = self.asker(method, &request).await?;
        self.admit(&asker).await?;
        let message = request.into_inner();
        let desk = Arc::clone(&self.0);
        let command = beside(move || message.command(&desk)).await?;
        self.act(asker, command).await.map(|done| Response::new(told(done)))
    }

    /// Who may not is told so before what they sent is looked at, and that is written down.
    async fn admit(&self, asker: &Asker) -> Result<(), Status> {
        let Err(refusal) = asker.may(&self.0) else { return Ok(()) };
        let written = self.0.ask(asker.actor.clone(), Asked::InVain(asker.action, refusal)).await;
        written.map(drop).map_err(|refusal| status(&refusal))
    }

    async fn act(&self, asker: Asker, command: Command) -> Result<Done, Status> {
        let Asker { actor, action, .. } = asker;
        if command.action_by(&actor) != Some(action) {
            return Err(Status::internal("the table of the desk's calls has a bug"));
        }
        match tokio::time::timeout(DEED_WITHIN, self.0.act(actor, command)).await {
            Ok(done) => done.map_err(|refusal| status(&refusal)),
            Err(_) => Err(Status::deadline_exceeded(format!(
                "this takes more than {} s, and is done to its end all the same: look at the cases before you ask for \
                 it again ({})",
                DEED_WITHIN.as_secs(),
                Code::CannotRead.number()
            ))),
        }
    }

    async fn query<T>(&self, method: &'static str, request: Request<T>) -> Result<Response<T::Reply>, Status>
    where
        T: Query + Send + 'static,
        T::Reply: Send + 'static,
    {
        let asker = self.asker(method, &request).await?;
        let message = request.into_inner();
        let desk = Arc::clone(&self.0);
        let answered = beside(move || {
            asker.may(&desk)?;
            let (rules, owned) = (desk.rules(), desk.owned());
            let facts =
                if T::IS_OF_SEATS { Facts::now(&desk.edge, &owned) } else { Facts::without_seats(&owned) };
            let ctx = desk.context(&facts);
            message.answer(&Question { rules: &rules, ctx: &ctx, actor: &asker.actor, action: asker.action })
        });
        answered.await.map(Response::new)
    }

    /// Who asks, and for what.
    async fn asker<T>(&self, method: &'static str, request: &Request<T>) -> Result<Asker, Status> {
        let action = methods::action(method).ok_or_else(|| Status::internal("the call has no deed"))?;
        let company = company(request.metadata())?;
        Ok(Asker { actor: self.0.caller(request).await?, action, company })
    }
}

/// Who asks, for what, and for which company they say.
struct Asker {
    actor: Actor,
    action: Action,
    company: Option<CustomerNumber>,
}

impl Asker {
    /// Whether they may at all.
    fn may(&self, desk: &Desk) -> Result<(), Refusal> {
        desk.may(&self.actor, self.action, self.company.as_ref())
    }
}

/// Does what takes long on a thread that nobody waits for.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Status> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|_| Status::internal("the desk has a bug"))?;
    done.map_err(|refusal| status(&refusal))
}

fn told(done: Done) -> v1::DeskDone {
    v1::DeskDone { case: done.case.map(|case| case.to_string()).unwrap_or_default(), said: done.said }
}

macro_rules! service {
    (
        commands { $($command:ident $command_name:literal $message:ident;)* }
        queries { $($query:ident $query_name:literal $asked:ident -> $reply:ident;)* }
    ) => {
        #[tonic::async_trait]
        impl DeskService for DeskCalls {
            $(async fn $command(
                &self,
                request: Request<v1::$message>,
            ) -> Result<Response<v1::DeskDone>, Status> {
                self.command($command_name, request).await
            })*

            $(async fn $query(&self, request: Request<v1::$asked>) -> Result<Response<v1::$reply>, Status> {
                self.query($query_name, request).await
            })*

            async fn set_token(
                &self,
                request: Request<v1::DeskSetToken>,
            ) -> Result<Response<v1::DeskToken>, Status> {
                let asker = self.asker("SetToken", &request).await?;
                self.admit(&asker).await?;
                let bytes: [u8; 32] = random().map_err(|e| Status::internal(e.to_string()))?;
                let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                let token_hash = token_hash(token.as_bytes());
                self.act(asker, Command::SetToken { token_hash }).await?;
                Ok(Response::new(v1::DeskToken { token }))
            }
        }
    };
}

service! {
    commands {
        set_name "SetName" DeskSetName;
        drop_token "DropToken" DeskDropToken;
        set_primary "SetPrimary" DeskSetPrimary;
        ask_for_tools "AskForTools" DeskAskForTools;
        add_person "AddPerson" DeskAddPerson;
        remove_person "RemovePerson" DeskRemovePerson;
        set_privileges "SetPrivileges" DeskSetPrivileges;
        order "Order" DeskOrder;
        install_pack "InstallPack" DeskInstallPack;
        reconfigure "Reconfigure" DeskReconfigure;
        surrender "Surrender" DeskSurrender;
        change_contact "ChangeContact" DeskChangeContact;
        request_conversion "RequestConversion" DeskRequestConversion;
        assign "Assign" DeskAssign;
        change_assignment "ChangeAssignment" DeskChangeAssignment;
        unassign "Unassign" DeskUnassign;
        set_company "SetCompany" DeskSetCompany;
        add_contact "AddContact" DeskAddContact;
        name_supervisor "NameSupervisor" DeskNameSupervisor;
        upgrade_account "UpgradeAccount" DeskUpgradeAccount;
        set_staff "SetStaff" DeskSetStaff;
        issue "Issue" DeskIssue;
        renew "Renew" DeskRenew;
        convert "Convert" DeskConvert;
        issue_move "IssueMove" DeskIssueMove;
        take_request "TakeRequest" DeskTakeRequest;
        void_pack "VoidPack" DeskVoidPack;
        reserve_ids "ReserveIds" DeskReserveIds;
        close_case "CloseCase" DeskCloseCase;
    }
    queries {
        own_seats "OwnSeats" DeskOwnSeatsRequest -> DeskOwnSeatsReply;
        find "Find" DeskFindRequest -> DeskFindReply;
        cases "Cases" DeskCasesRequest -> DeskCasesReply;
        case_of "CaseOf" DeskCaseRequest -> DeskCase;
        case_file "CaseFile" DeskCaseFileRequest -> DeskCaseFile;
        people "People" DeskPeopleRequest -> DeskPeopleReply;
        preview_conversion "PreviewConversion" DeskPreviewConversionRequest -> DeskPreviewConversionReply;
        license_of "LicenseOf" DeskLicenseRequest -> DeskLicenseReply;
        licenses "Licenses" DeskLicensesRequest -> DeskLicensesReply;
        customer_report "CustomerReport" DeskCustomerReportRequest -> DeskCustomerReportReply;
        packs "Packs" DeskPacksRequest -> DeskPacksReply;
        pack_of "PackOf" DeskPackRequest -> DeskPackText;
        companies "Companies" DeskCompaniesRequest -> DeskCompaniesReply;
        company_of "CompanyOf" DeskCompanyRequest -> DeskCompany;
        orders "Orders" DeskOrdersRequest -> DeskOrdersReply;
    }
}
