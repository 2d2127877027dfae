//! Two daemons and everybody who is there: people of company C-1, others, and who sits on a license host.

use std::collections::BTreeMap;

use client::{Admin, Desk, Login};
use names::Email;
use proto::v1;

use crate::hostile::until;
use crate::support::desk::{SUPPORT, both};
use crate::support::{CPU_ID, Daemon, Site, servers};

/// People by what they are: for company C-1 `none` to `SLR` have those privileges; `assigned` has a seat of it and
/// is none of its people; `other` has all privileges of company C-2; `host` administers the license host, and
/// `vendor` is of the vendor's desk.
pub(crate) const PEOPLE: [&str; 10] =
    ["none", "R", "L", "S", "LR", "SLR", "assigned", "other", "host", "vendor"];
/// The pack that is installed by whoever may.
pub(crate) const PACK: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT lathe acmed 3.0 permanent 1 CONFIG_ID=4711 SEAT=FLOATING CUSTOMER=C-1\n";

/// Whose address this is.
pub(crate) fn address(who: &str) -> String {
    format!("{}@example.net", who.to_lowercase())
}

/// What there is to be asked about.
pub(crate) struct World {
    /// The vendor's desk and a license host, in one.
    pub(crate) site: Site,
    pub(crate) daemon: Daemon,
    pub(crate) admin: Admin,
    /// A license host without a vendor's desk.
    pub(crate) other_site: Site,
    _other_daemon: Daemon,
    pub(crate) tokens: BTreeMap<&'static str, String>,
    /// A case that each of them sees.
    pub(crate) cases: BTreeMap<&'static str, String>,
    /// The named license of company C-1, and its pack.
    pub(crate) pool: String,
    pub(crate) pack: String,
    /// A signed pack that is not installed.
    pub(crate) new_pack: String,
}

pub(crate) fn seats_of_mill() -> v1::DeskItem {
    v1::DeskItem {
        feature: "mill".into(),
        version: "4.2".into(),
        product_line: "Pro/MILL".into(),
        seat: "named".into(),
        maintenance: true,
        places: vec![v1::DeskPlace { cpu: CPU_ID.into(), count: 5 }],
        until: "permanent".into(),
        ..v1::DeskItem::default()
    }
}

fn privileges(letters: &str) -> Option<v1::DeskPrivileges> {
    let has = |letter| letters.contains(letter);
    Some(v1::DeskPrivileges { supervisor: has('S'), licensing: has('L'), reporting: has('R') })
}

/// The desk of somebody who shows this token.
async fn desk_of(daemon: &Daemon, who: &str, token: &str) -> Desk {
    let server = servers(daemon.address).groups()[0][0].clone();
    Desk::at(&Login::new(server, Email::new(&address(who)).unwrap(), token)).await.unwrap()
}

/// A supervisor takes somebody into the company, with these privileges.
async fn join(by: &mut Desk, company: &str, who: &str, letters: &str) {
    let (company, email) = (company.to_owned(), address(who));
    let add = v1::DeskAddPerson { company: company.clone(), email: email.clone(), name: String::new() };
    by.add_person(add).await.unwrap();
    give(by, &company, &email, letters).await;
}

async fn give(by: &mut Desk, company: &str, email: &str, letters: &str) {
    let asked = v1::DeskPeopleRequest { company: company.to_owned(), page: None };
    let people = by.people(asked).await.unwrap().people;
    let version = people.iter().find(|person| person.email == email).unwrap().version;
    let (company, email, privileges) = (company.to_owned(), email.to_owned(), privileges(letters));
    by.set_privileges(v1::DeskSetPrivileges { company, email, privileges, version }).await.unwrap();
}

impl World {
    pub(crate) async fn new() -> Self {
        let site = both();
        let daemon = site.start();
        let socket = site.path("admin.sock");
        let other_site = Site::with_packs(&[PACK])
            .configure(&format!("[desk]\nrole = \"site\"\nsupport = \"{SUPPORT}\"\n"));
        let other_daemon = other_site.start();
        let (admin, mut host) =
            (Admin::connect(&socket).await.unwrap(), Desk::on_host(&socket).await.unwrap());
        let new_pack = String::from_utf8(site.sign("P-9", PACK)).unwrap();
        let mut world = Self {
            site,
            daemon,
            admin,
            other_site,
            _other_daemon: other_daemon,
            tokens: BTreeMap::new(),
            cases: BTreeMap::new(),
            pool: String::new(),
            pack: String::new(),
            new_pack,
        };
        for who in PEOPLE {
            world.renew_token(who).await;
        }
        world.found(&mut host).await;
        world.found_on_site().await;
        world.sell(&mut host).await;
        world.open_cases().await;
        world
    }

    /// Gives somebody a new personal token.
    pub(crate) async fn renew_token(&mut self, who: &'static str) {
        let request = v1::SetLoginRequest { email: address(who), remove: false };
        self.tokens.insert(who, self.admin.set_login(request).await.unwrap().token);
    }

    async fn desk(&self, who: &str) -> Desk {
        desk_of(&self.daemon, who, &self.tokens[who]).await
    }

    /// The companies and their people.
    async fn found(&self, host: &mut Desk) {
        for (company, first) in [("C-1", "S"), ("C-2", "other")] {
            let (company, name) = (company.to_owned(), "Mills".to_owned());
            host.set_company(v1::DeskSetCompany { company: company.clone(), name, version: 0 })
                .await
                .unwrap();
            host.name_supervisor(v1::DeskNameSupervisor { company, email: address(first) }).await.unwrap();
        }
        let mut first = self.desk("S").await;
        for (who, letters) in
            [("none", ""), ("R", "R"), ("L", "L"), ("LR", "LR"), ("SLR", "SLR"), ("extra", "")]
        {
            join(&mut first, "C-1", who, letters).await;
        }
        // Nobody gives privileges to themselves.
        join(&mut self.desk("other").await, "C-2", "SLR", "S").await;
        give(&mut self.desk("SLR").await.for_company("C-2").unwrap(), "C-2", &address("other"), "SLR").await;
        for (who, vendor_desk, host_administrator) in [("host", false, true), ("vendor", true, false)] {
            let email = address(who);
            host.set_staff(v1::DeskSetStaff { email, vendor_desk, host_administrator }).await.unwrap();
        }
    }

    /// The site's company, which its pack names, has somebody in it too.
    async fn found_on_site(&self) {
        let host = Desk::on_host(&self.other_site.path("admin.sock")).await.unwrap();
        until("the company that the pack names", || {
            let (mut host, email) = (host.clone(), address("extra"));
            async move {
                let contact = v1::DeskAddContact { company: "C-1".into(), email, name: String::new() };
                host.add_contact(contact).await.ok()
            }
        })
        .await;
    }

    /// A named license of company C-1, and two people who have seats of it.
    async fn sell(&mut self, host: &mut Desk) {
        let (company, items) = ("C-1".to_owned(), vec![seats_of_mill()]);
        host.order(v1::DeskOrder { company: company.clone(), items, ..v1::DeskOrder::default() })
            .await
            .unwrap();
        let asked = v1::DeskLicensesRequest { company: company.clone(), page: None };
        let license = self.desk("R").await.licenses(asked).await.unwrap().licenses.remove(0);
        (self.pool, self.pack) = (license.pool, license.pack);
        let (pool, emails) = (self.pool.clone(), format!("{}, {}", address("assigned"), address("holder")));
        let assign = v1::DeskAssign { company, pool, emails, ..v1::DeskAssign::default() };
        self.desk("L").await.assign(assign).await.unwrap();
    }

    /// A case of each person's own, or one that they see.
    async fn open_cases(&mut self) {
        for who in PEOPLE {
            let mut desk = self.desk(who).await;
            let ask = v1::DeskAskForTools { company: "C-1".into(), reason: String::new() };
            let case = match desk.ask_for_tools(ask).await {
                Ok(done) => done.case,
                Err(_) => desk.cases(v1::DeskCasesRequest::default()).await.unwrap().cases.remove(0).number,
            };
            self.cases.insert(who, case);
        }
    }

    /// What was written down since: of each event its kind and deed.
    pub(crate) async fn written_since(&mut self, seq: u64) -> Vec<(String, String)> {
        let request = v1::EventsRequest { from: seq + 1, ..v1::EventsRequest::default() };
        let mut events = self.admin.events(request).await.unwrap();
        let mut written = Vec::new();
        while let Some(part) = events.next().await.unwrap() {
            for event in part.events {
                let deed = event.fields.into_iter().find(|field| field.name == "deed");
                written.push((event.kind, deed.map(|field| field.value).unwrap_or_default()));
            }
        }
        written
    }

    /// The last record that is on the disk.
    pub(crate) async fn last(&mut self) -> u64 {
        self.admin.info(v1::InfoRequest {}).await.unwrap().last_seq
    }

    /// Whoever is refused changes nothing: all that is written down is that they were.
    pub(crate) async fn only_refusals_since(&mut self, seq: u64) {
        let written = self.written_since(seq).await;
        assert!(!written.is_empty(), "refusals are written down");
        for (kind, deed) in &written {
            assert_eq!((kind.as_str(), deed.as_str()), ("desk-did", "refused"), "{written:?}");
        }
    }
}

/// The rows of a table, each with a letter for everybody in its order.
pub(crate) fn table(text: &'static str, columns: usize) -> BTreeMap<&'static str, Vec<char>> {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap();
        let row: Vec<char> = words.map(|word| word.parse().unwrap()).collect();
        assert_eq!(row.len(), columns, "{name}");
        assert!(rows.insert(name, row).is_none(), "{name} stands twice");
    }
    rows
}
