//! A daemon that has a reason for every refusal, and short ways to ask it.

use client::{Admin, Client};
use names::Code;
use proto::v1;
use proto::v1::command::Kind;
use proto::v1::reply;
use proto::v1::seats_client::SeatsClient;
use tonic::transport::Channel;

use crate::hostile::stream::Session;
use crate::hostile::{calls, hello, until};
use crate::support::{Daemon, Site, servers};

/// The workstation of everyone here.
const WORKSTATION: &str = "02aa10200001";

const PACK: &str = r#"SERVER this_host HOSTID_HERE 27000
VENDOR acmed
USE_SERVER
INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=1 SEAT=FLOATING BORROW=72
INCREMENT lathe acmed 3.0 permanent 1 CONFIG_ID=2 SEAT=FLOATING
INCREMENT lent acmed 1.0 permanent 1 CONFIG_ID=3 SEAT=FLOATING BORROW=72
INCREMENT locked acmed 1.0 permanent 1 CONFIG_ID=4 SEAT=LOCKED HOSTID="02aa10209999"
INCREMENT over acmed 1.0 31-dec-2020 1 CONFIG_ID=5 SEAT=FLOATING
INCREMENT ahead acmed 1.0 permanent 1 CONFIG_ID=6 SEAT=FLOATING START=1-jan-2099
INCREMENT reserved acmed 1.0 permanent 1 CONFIG_ID=7 SEAT=FLOATING
INCREMENT listed acmed 1.0 permanent 1 CONFIG_ID=8 SEAT=FLOATING USER_BASED
INCREMENT unix acmed 1.0 permanent 1 CONFIG_ID=9 SEAT=FLOATING PLATFORMS=sun4_u5
INCREMENT zone acmed 1.0 permanent 1 CONFIG_ID=10 SEAT=FLOATING TZ=GMT+5
INCREMENT view acmed 1.0 permanent uncounted CONFIG_ID=11 SEAT=FLOATING HOSTID=ANY
PACKAGE cam acmed 1.0 COMPONENTS="mill2d post" OPTIONS=SUITE
INCREMENT cam acmed 1.0 permanent 1 CONFIG_ID=12 SEAT=FLOATING SUITE_DUP_GROUP=U
"#;

/// Its options file.
pub(crate) const RULES: &str = "EXCLUDE lathe USER lee\nINCLUDE lathe USER kim\nRESERVE 1 reserved USER kim\n\
                         MAX 1 mill USER osman\nBORROW_LOWWATER lent 1\n";

/// The daemon, and the connections to it.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) site: Site,
    pub(crate) daemon: Daemon,
    pub(crate) calls: SeatsClient<Channel>,
    pub(crate) admin: Admin,
}

/// Who asks.
pub(crate) fn as_user(user: &str) -> v1::Hello {
    v1::Hello { cpu_id: WORKSTATION.into(), ..hello(user) }
}

/// One seat of a feature.
pub(crate) fn one(feature: &str) -> v1::Checkout {
    v1::Checkout { feature: feature.into(), version: "1.0".into(), seats: 1, ..v1::Checkout::default() }
}

/// The code of a denial.
///
/// # Panics
/// When it is none, or its words are not those of its code.
pub(crate) fn code(reply: &v1::Reply) -> i32 {
    let Some(reply::Kind::Denied(denied)) = &reply.kind else { panic!("it is not denied: {reply:?}") };
    let code = Code::from_number(denied.code).expect("names has it");
    assert!(denied.session_lost || denied.message.contains(code.text()), "{denied:?}");
    denied.code
}

/// The number of a grant.
pub(crate) fn grant(reply: &v1::Reply) -> u64 {
    let Some(reply::Kind::Granted(granted)) = &reply.kind else { panic!("it is not granted: {reply:?}") };
    granted.grant
}

impl Desk {
    pub(crate) async fn new() -> Self {
        let site = Site::with_packs(&[PACK]);
        site.write("licenses/acmed.opt", RULES.as_bytes());
        Self::at(site).await
    }

    /// The desk of another license host.
    pub(crate) async fn at(site: Site) -> Self {
        let daemon = site.start();
        let calls = calls(daemon.address).await;
        let admin = Admin::connect(&site.path("admin.sock")).await.unwrap();
        Self { site, daemon, calls, admin }
    }

    /// A session of `user`, on a stream of its own.
    pub(crate) async fn session(&mut self, user: &str) -> Session {
        self.session_of(as_user(user)).await
    }

    /// A session of whoever says this.
    pub(crate) async fn session_of(&mut self, hello: v1::Hello) -> Session {
        let mut session = Session::silent(&mut self.calls).await;
        session.welcome(hello).await.unwrap();
        session
    }

    /// What `user` is told who wants one seat of a feature.
    pub(crate) async fn refused(&mut self, user: &str, feature: &str) -> i32 {
        self.refused_so(as_user(user), one(feature)).await
    }

    /// What is told of a checkout, in a session that ends with it.
    pub(crate) async fn refused_so(&mut self, hello: v1::Hello, checkout: v1::Checkout) -> i32 {
        let mut session = self.session_of(hello).await;
        let reply = session.ask_own(Kind::Checkout(checkout)).await;
        close(session).await;
        code(&reply)
    }

    /// The SDK's client of `user`.
    pub(crate) async fn client(&self, user: &str) -> Client {
        let options = self.site.options(user, "ws1", WORKSTATION);
        Client::connect(&servers(self.daemon.address), options).await.unwrap()
    }

    /// What the daemon says of its files when it reads them again, and changes nothing.
    pub(crate) async fn findings(&mut self) -> String {
        let told = self.admin.reread(v1::RereadRequest { drop: false, dry_run: true }).await.unwrap();
        told.findings.join("\n")
    }

    /// Puts other rules in force.
    pub(crate) async fn rules(&mut self, text: &str) {
        self.site.write("licenses/acmed.opt", text.as_bytes());
        let told = self.admin.reread(v1::RereadRequest::default()).await.unwrap();
        assert!(told.in_force, "{told:?}");
    }

    /// Waits until nothing is left of a case, for the next.
    pub(crate) async fn clear(&mut self) {
        until("a free pool", || {
            let mut calls = self.calls.clone();
            async move {
                let status = calls.status(v1::StatusRequest::default()).await.unwrap().into_inner();
                status.pools.iter().all(|pool| pool.holders.is_empty()).then_some(())
            }
        })
        .await;
        // A panic that was contained is a bug all the same.
        assert!(self.daemon.is_alive() && !self.daemon.log().contains("panicked"), "{}", self.daemon.log());
    }
}

/// Ends a session and returns what it holds.
pub(crate) async fn close(mut session: Session) {
    let reply = session.ask_own(Kind::Goodbye(v1::Goodbye {})).await;
    assert!(matches!(reply.kind, Some(reply::Kind::Closed(_))), "{reply:?}");
}
