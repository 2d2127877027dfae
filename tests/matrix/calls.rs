//! The calls of the desk's service.

use std::collections::BTreeSet;
use std::path::Path;

use proto::v1;
use proto::v1::desk_service_client::DeskServiceClient;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use crate::hostile::channel;
use crate::support::descriptors::paths;
use crate::support::desk::SUPPORT;
use crate::world::{PEOPLE, World, address, seats_of_mill, table};

/// Who calls: nobody; people, for company C-1 but `other`, who works for C-2, and `posing`, who is the same and says
/// that it is for C-1; who sits on the license host, of the vendor's desk too (`both`) and of a site (`site`).
const WHO: [&str; 14] = [
    "nobody", "none", "R", "L", "S", "LR", "SLR", "assigned", "other", "posing", "host", "vendor", "both",
    "site",
];

/// `x` may; `.` is refused, and told what it lacks and whom to ask; `c` is told that the call is for another company
/// than the one that they work for, and `n` that there is no such pack; `s` is to sign in. In the order of [`WHO`].
const TABLE: &str = "
    SetName             s  x x x x x x  x x x  x x  . .
    SetToken            s  x x x x x x  x x x  x x  . .
    DropToken           s  x x x x x x  x x x  x x  . .
    SetPrimary          s  x x x x x x  x x x  x x  . .
    AskForTools         s  x x x x x x  x x x  x x  . .
    OwnSeats            s  x x x x x x  x x x  x x  . .
    Find                s  x x x x x x  x x x  x x  x x
    Cases               s  x x x x x x  x x x  x x  x x
    CaseOf              s  x x x x x x  x x x  x x  x x
    CaseFile            s  x x x x x x  x x x  x x  x x

    People              s  . . . x . x  . c .  . x  x x
    AddPerson           s  . . . x . x  . c .  . .  . .
    RemovePerson        s  . . . x . x  . c .  . .  . .
    SetPrivileges       s  . . . x . x  . c .  . .  . .

    Order               s  . . x . x x  . c .  . x  x .
    InstallPack         s  . . x . x x  . c .  . .  . .
    Reconfigure         s  . . x . x x  . c .  . x  x .
    Surrender           s  . . x . x x  . c .  . .  . .
    CompanyOf           s  . . x . x x  . c .  . x  x .
    ChangeContact       s  . . x . x x  . c .  . x  x .
    PreviewConversion   s  . . x . x x  . c .  . x  x .
    RequestConversion   s  . . x . x x  . c .  . .  . .
    Assign              s  . . x . x x  . c .  . .  . .
    ChangeAssignment    s  . . x . x x  . c .  . .  . .
    Unassign            s  . . x . x x  . c .  . .  . .
    LicenseOf           s  . x x . x x  . c .  . .  . .

    Licenses            s  . x . . x x  . c .  . .  . .
    CustomerReport      s  . x . . x x  . c .  . x  x .
    Packs               s  . x . . x x  . c .  . x  x .
    PackOf              s  . x . . x x  . n .  . x  x .
    Orders              s  . x . . x x  . c .  . x  x .

    Companies           s  . . . . . .  . . .  . x  x x
    SetCompany          s  . . . . . .  . . .  . x  x .
    AddContact          s  . . . . . .  . . .  . x  x x
    NameSupervisor      s  . . . . . .  . . .  . x  x x
    UpgradeAccount      s  . . . . . .  . . .  . x  x x
    SetStaff            s  . . . . . .  . . .  . x  x x
    Issue               s  . . . . . .  . . .  . x  x .
    Renew               s  . . . . . .  . . .  . x  x .
    Convert             s  . . . . . .  . . .  . x  x .
    IssueMove           s  . . . . . .  . . .  . x  x .
    TakeRequest         s  . . . . . .  . . .  . x  x .
    VoidPack            s  . . . . . .  . . .  . x  x .
    ReserveIds          s  . . . . . .  . . .  . x  x .
    CloseCase           s  . . . . . .  . . .  . x  x x
";

/// What is refused to one's own people names the company's supervisors.
const OWN: [&str; 5] = ["none", "R", "L", "S", "LR"];

/// What calls are about.
pub(crate) struct About {
    pub(crate) case: String,
    pub(crate) pool: String,
    pub(crate) pack: String,
    pub(crate) new_pack: String,
}

impl About {
    /// What somebody asks about: a case that they see.
    fn of(world: &World, who: &str) -> Self {
        let case = world.cases.get(who).unwrap_or(&world.cases["none"]).clone();
        let (pool, pack, new_pack) = (world.pool.clone(), world.pack.clone(), world.new_pack.clone());
        Self { case, pool, pack, new_pack }
    }
}

fn company() -> String {
    "C-1".into()
}

macro_rules! calls {
    ($($name:literal $call:ident |$about:ident| $message:expr;)*) => {
        /// Makes a call.
        pub(crate) async fn call(
            client: &mut DeskServiceClient<Channel>,
            name: &str,
            shown: Shown<'_>,
            about: &About,
        ) -> Result<(), Status> {
            match name {
                $($name => {
                    let $about = about;
                    client.$call(shown.on($message)).await.map(drop)
                })*
                other => panic!("{other} is new: say here how it is called, and in the table who may"),
            }
        }
    };
}

// Each is well formed, for company C-1, and does nobody any harm who may.
calls! {
    "SetName" set_name |_a| v1::DeskSetName { name: "Lee".into() };
    "SetToken" set_token |_a| v1::DeskSetToken {};
    "DropToken" drop_token |_a| v1::DeskDropToken {};
    "SetPrimary" set_primary |_a| v1::DeskSetPrimary { company: "C-9".into() };
    "AskForTools" ask_for_tools |_a| v1::DeskAskForTools { company: company(), reason: String::new() };
    "OwnSeats" own_seats |_a| v1::DeskOwnSeatsRequest {};
    "Find" find |_a| v1::DeskFindRequest { what: "mill".into() };
    "Cases" cases |_a| v1::DeskCasesRequest { company: company(), page: None };
    "CaseOf" case_of |a| v1::DeskCaseRequest { case: a.case.clone() };
    "CaseFile" case_file |a| v1::DeskCaseFileRequest { case: a.case.clone(), name: "none".into() };
    "People" people |_a| v1::DeskPeopleRequest { company: company(), page: None };
    "AddPerson" add_person |_a| v1::DeskAddPerson {
        company: company(),
        email: address("extra"),
        name: String::new(),
    };
    "RemovePerson" remove_person |_a| v1::DeskRemovePerson {
        company: company(),
        email: address("extra"),
        version: 999,
    };
    "SetPrivileges" set_privileges |_a| v1::DeskSetPrivileges {
        company: company(),
        email: address("extra"),
        privileges: None,
        version: 999,
    };
    "Order" order |_a| v1::DeskOrder {
        company: company(),
        items: vec![v1::DeskItem { places: Vec::new(), ..seats_of_mill() }],
        ..v1::DeskOrder::default()
    };
    "InstallPack" install_pack |a| v1::DeskInstallPack { company: company(), text: a.new_pack.clone() };
    "Reconfigure" reconfigure |_a| v1::DeskReconfigure { company: company(), ids: vec![999], wish: "x".into() };
    "Surrender" surrender |_a| v1::DeskSurrender {
        company: company(),
        ids: vec![999],
        to: "02aa10203050".into(),
        ..v1::DeskSurrender::default()
    };
    "CompanyOf" company_of |_a| v1::DeskCompanyRequest { company: company() };
    "ChangeContact" change_contact |_a| v1::DeskChangeContact {
        company: company(),
        version: 999,
        ..v1::DeskChangeContact::default()
    };
    "PreviewConversion" preview_conversion |_a| v1::DeskPreviewConversionRequest {
        company: company(),
        estate: "x".into(),
    };
    "RequestConversion" request_conversion |_a| v1::DeskRequestConversion {
        company: company(),
        estate: "x".into(),
    };
    "Assign" assign |a| v1::DeskAssign {
        company: company(),
        pool: a.pool.clone(),
        emails: "nobody".into(),
        ..v1::DeskAssign::default()
    };
    "ChangeAssignment" change_assignment |a| v1::DeskChangeAssignment {
        company: company(),
        pool: a.pool.clone(),
        email: address("holder"),
        from: "1-jan-2026".into(),
        until: "permanent".into(),
        was: "x".into(),
    };
    "Unassign" unassign |a| v1::DeskUnassign {
        company: company(),
        pool: a.pool.clone(),
        email: address("nobody"),
    };
    "LicenseOf" license_of |a| v1::DeskLicenseRequest { company: company(), pool: a.pool.clone() };
    "Licenses" licenses |_a| v1::DeskLicensesRequest { company: company(), page: None };
    "CustomerReport" customer_report |_a| v1::DeskCustomerReportRequest { company: company() };
    "Packs" packs |_a| v1::DeskPacksRequest { company: company(), page: None };
    "PackOf" pack_of |a| v1::DeskPackRequest { pack: a.pack.clone() };
    "Companies" companies |_a| v1::DeskCompaniesRequest { page: None };
    "Orders" orders |_a| v1::DeskOrdersRequest { company: company(), page: None };
    "SetCompany" set_company |_a| v1::DeskSetCompany { company: company(), name: "x".into(), version: 999 };
    "AddContact" add_contact |_a| v1::DeskAddContact {
        company: company(),
        email: address("extra"),
        name: String::new(),
    };
    "NameSupervisor" name_supervisor |_a| v1::DeskNameSupervisor { company: company(), email: address("extra") };
    "UpgradeAccount" upgrade_account |_a| v1::DeskUpgradeAccount { case: "V-9999".into(), accept: true };
    "SetStaff" set_staff |_a| v1::DeskSetStaff {
        email: address("extra"),
        vendor_desk: false,
        host_administrator: false,
    };
    "Issue" issue |_a| v1::DeskIssue { order: "O-9999".into(), ..v1::DeskIssue::default() };
    "Renew" renew |_a| v1::DeskRenew { company: company(), ids: vec![999], ..v1::DeskRenew::default() };
    "Convert" convert |_a| v1::DeskConvert { company: company(), ..v1::DeskConvert::default() };
    "IssueMove" issue_move |_a| v1::DeskIssueMove { receipt: "x".into(), ..v1::DeskIssueMove::default() };
    "TakeRequest" take_request |_a| v1::DeskTakeRequest { file: "x".into() };
    "VoidPack" void_pack |_a| v1::DeskVoidPack { pack: "P-9999".into(), reason: "x".into() };
    "ReserveIds" reserve_ids |_a| v1::DeskReserveIds { from: 5, to: 4, note: String::new() };
    "CloseCase" close_case |a| v1::DeskCloseCase {
        case: a.case.clone(),
        done: true,
        answer: String::new(),
        version: 999,
    };
}

/// What a caller shows of itself.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shown<'a> {
    token: Option<&'a str>,
    company: Option<&'static str>,
}

impl Shown<'_> {
    fn on<T>(self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(token) = self.token {
            request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        }
        if let Some(company) = self.company {
            request.metadata_mut().insert("seatkeeper-company", company.parse().unwrap());
        }
        request
    }
}

/// The names of the calls of a service, as the descriptors have them.
pub(crate) fn methods(service: &str) -> BTreeSet<String> {
    let begins = format!("/seatkeeper.v1.{service}/");
    paths().iter().filter_map(|path| path.strip_prefix(&begins)).map(str::to_owned).collect()
}

/// What an answer says of who may: a letter of the table.
fn letter(answer: &Result<(), Status>, expected: char) -> char {
    let Err(status) = answer else { return 'x' };
    let words = status.message();
    assert!(words.contains("(-"), "it has no number: {status}");
    match status.code() {
        Code::PermissionDenied => {
            assert!(words.starts_with("this needs ") && words.contains("; ask "), "{status}");
            assert!(words.contains("(-63)"), "{status}");
            '.'
        }
        Code::Unauthenticated => 's',
        Code::Aborted if words.contains("another tab switched") => 'c',
        Code::NotFound if expected == 'n' => 'n',
        Code::NotFound | Code::Aborted | Code::InvalidArgument | Code::FailedPrecondition => 'x',
        other => panic!("{other:?} is no answer of the desk's: {status}"),
    }
}

/// A socket's desk.
pub(crate) async fn on_socket(socket: &Path) -> DeskServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap();
    DeskServiceClient::new(endpoint.connect().await.unwrap())
}

/// The ways to the desks.
struct Ways {
    network: DeskServiceClient<Channel>,
    both: DeskServiceClient<Channel>,
    site: DeskServiceClient<Channel>,
}

impl Ways {
    async fn ask(&mut self, world: &World, who: &str, name: &str) -> Result<(), Status> {
        let about = About::of(world, if who == "posing" { "other" } else { who });
        let token = |who: &str| Some(world.tokens[who].as_str());
        let (client, shown) = match who {
            "both" => (&mut self.both, Shown::default()),
            "site" => (&mut self.site, Shown::default()),
            "nobody" => (&mut self.network, Shown { token: None, company: Some("C-1") }),
            "other" => (&mut self.network, Shown { token: token("other"), company: None }),
            "posing" => (&mut self.network, Shown { token: token("other"), company: Some("C-1") }),
            _ => (&mut self.network, Shown { token: token(who), company: Some("C-1") }),
        };
        call(client, name, shown, &about).await
    }
}

/// Whom somebody is sent to who was refused.
fn check_remedy(who: &str, name: &str, answer: &Result<(), Status>) {
    let words = answer.as_ref().unwrap_err().message();
    let is_companys = ["Supervisor privilege", "Licensing privilege", "Reporting privilege"];
    let is_companys = is_companys.iter().any(|need| words.contains(need));
    let names_them = words.contains(&address("S")) && words.contains(&address("SLR"));
    if OWN.contains(&who) {
        assert_eq!(names_them, is_companys, "{who} {name}: {words}");
    }
    if ["posing", "assigned", "host"].contains(&who) {
        assert!(
            !words.contains(&address("S")),
            "who are another company's people is nobody's business: {words}"
        );
    }
    assert!(
        words.contains("ask ") && (names_them || words.contains(SUPPORT) || words.contains("administers"))
    );
}

#[tokio::test]
async fn every_call_gives_everybody_exactly_what_w9_says() {
    let table = table(TABLE, WHO.len());
    let declared = methods("DeskService");
    for name in &declared {
        assert!(table.contains_key(name.as_str()), "{name} is a call without a row");
    }
    assert_eq!(table.len(), declared.len(), "a row of a call that there is not");

    let mut world = World::new().await;
    let mut ways = Ways {
        network: DeskServiceClient::new(channel(world.daemon.address).await),
        both: on_socket(&world.site.path("admin.sock")).await,
        site: on_socket(&world.other_site.path("admin.sock")).await,
    };
    let mut wrong = Vec::new();
    // What is refused first: it leaves no trace but that.
    let before = world.last().await;
    for is_let_in in [false, true] {
        for (name, row) in &table {
            for (who, expected) in
                WHO.into_iter().zip(row).filter(|(_, letter)| (**letter == 'x') == is_let_in)
            {
                let answer = ways.ask(&world, who, name).await;
                let told = letter(&answer, *expected);
                if told != *expected {
                    wrong.push(format!("{who} {name}: {told}, not {expected}: {answer:?}"));
                } else if told == '.' {
                    check_remedy(who, name, &answer);
                }
                if matches!(*name, "SetToken" | "DropToken") && told == 'x' {
                    world.renew_token(PEOPLE.into_iter().find(|p| *p == who).unwrap_or("other")).await;
                }
            }
        }
        if !is_let_in {
            assert!(wrong.is_empty(), "{wrong:#?}");
            world.only_refusals_since(before).await;
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
