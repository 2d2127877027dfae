//! What becomes of running seats when their license is given up, at the real daemon and over its death; and packs
//! as they are handed out and installed again (W7).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod hostile;
mod support;

use client::{Admin, CheckoutOptions, Client, Desk, Login, Seat};
use hostile::{in_use, until};
use names::{Email, Seq, Wall};
use proto::v1;
use seats::{DeskRow, Event, Record};
use support::desk::both;
use support::{CPU_ID, Daemon, Site, servers};

/// The workstation of a locked license.
const WORKSTATION: &str = "02aa10203099";
const KIM: &str = "kim@example.net";

/// One license of each kind: any workstation's, and one workstation's.
fn items() -> Vec<v1::DeskItem> {
    let item = |feature: &str, seat: &str, cpu: &str| v1::DeskItem {
        feature: feature.into(),
        version: "4.2".into(),
        product_line: "Pro/MILL".into(),
        seat: seat.into(),
        places: vec![v1::DeskPlace { cpu: cpu.into(), count: 1 }],
        host: if seat == "locked" { CPU_ID.into() } else { String::new() },
        until: "permanent".into(),
        ..v1::DeskItem::default()
    };
    vec![item("mill", "floating", CPU_ID), item("lathe", "locked", WORKSTATION)]
}

/// Kim, who edits the licenses of company C-1 and sees them.
async fn kim(site: &Site, daemon: &Daemon) -> Desk {
    let mut admin = Admin::connect(&site.path("admin.sock")).await.unwrap();
    let login = v1::SetLoginRequest { email: KIM.into(), remove: false };
    let token = admin.set_login(login).await.unwrap().token;
    let server = servers(daemon.address).groups()[0][0].clone();
    Desk::at(&Login::new(server, Email::new(KIM).unwrap(), &token)).await.unwrap()
}

/// A company that has bought [`items`].
async fn sold(site: &Site, daemon: &Daemon) -> Desk {
    let mut host = Desk::on_host(&site.path("admin.sock")).await.unwrap();
    let company = || "C-1".to_owned();
    host.set_company(v1::DeskSetCompany { company: company(), name: "Mills".into(), version: 0 })
        .await
        .unwrap();
    let contact = v1::DeskAddContact { company: company(), email: KIM.into(), name: String::new() };
    host.add_contact(contact).await.unwrap();
    let order = v1::DeskOrder { company: company(), items: items(), ..v1::DeskOrder::default() };
    host.order(order).await.unwrap();
    kim(site, daemon).await
}

/// The Configuration ID of a feature.
async fn id_of(kim: &mut Desk, feature: &str) -> u64 {
    let asked = v1::DeskLicensesRequest { company: "C-1".into(), page: None };
    let licenses = kim.licenses(asked).await.unwrap().licenses;
    let pool = &licenses.iter().find(|license| license.feature == feature).unwrap().pool;
    pool.split('/').nth(1).unwrap().parse().unwrap()
}

async fn surrender(kim: &mut Desk, id: u64, end_seats: bool) {
    let (company, to) = ("C-1".to_owned(), "02aa10203050".to_owned());
    let surrender = v1::DeskSurrender { company, ids: vec![id], to, to_key: String::new(), end_seats };
    kim.surrender(surrender).await.unwrap();
}

/// Somebody on the workstation who has a seat.
async fn holder(site: &Site, daemon: &Daemon, feature: &str) -> (Client, Seat) {
    let options = site.options("lee", "ws1", WORKSTATION);
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let seat = client.checkout(CheckoutOptions::new(feature, "4.0")).await.unwrap();
    (client, seat)
}

async fn no_seat_is_out(daemon: &Daemon) {
    until("the seat's return", || async { (in_use(daemon.address).await == 0).then_some(()) }).await;
}

#[tokio::test]
async fn w7_running_seats_end_with_their_license_also_those_of_one_workstation() {
    let site = both();
    let daemon = site.start();
    let mut kim = sold(&site, &daemon).await;
    for feature in ["mill", "lathe"] {
        let id = id_of(&mut kim, feature).await;
        let _held = holder(&site, &daemon, feature).await;
        assert_eq!(in_use(daemon.address).await, 1, "{feature}");
        surrender(&mut kim, id, true).await;
        no_seat_is_out(&daemon).await;
    }
}

/// As if the daemon had been killed between what was decided and what follows from it: seats were to end, and run.
fn was_to_end_seats(site: &Site) {
    let mut opened = store::open(&site.path("state"), &store::Options::default()).unwrap();
    let finishes = |row: &DeskRow| String::from_utf8_lossy(&row.value).contains("\"ending\":\"finish\"");
    let row = opened.state.desk_rows().find(finishes).expect("a license that was given up");
    let value = String::from_utf8(row.value.to_vec()).unwrap();
    let value = value.replace("\"ending\":\"finish\"", "\"ending\":\"end\"").into_bytes().into();
    let (seq, row) = (Seq(opened.state.last().0 + 1), DeskRow { key: row.key, value });
    let record = Record { seq, at: Wall(0), event: Event::DeskPut(row) };
    opened.state.apply(&record).unwrap();
    let mut batch = store::Batch::new();
    batch.push_command(&[record]);
    opened.journal.commit(&mut batch, opened.state.counts(), opened.state.fingerprint()).unwrap();
}

#[tokio::test]
async fn w7_seats_that_were_to_end_when_the_daemon_was_killed_end_at_its_next_start() {
    let site = both();
    let daemon = site.start();
    let mut kim = sold(&site, &daemon).await;
    let _held = [holder(&site, &daemon, "mill").await, holder(&site, &daemon, "lathe").await];
    let id = id_of(&mut kim, "lathe").await;
    surrender(&mut kim, id, false).await;
    assert_eq!(in_use(daemon.address).await, 2, "running seats finish");
    daemon.kill9();
    was_to_end_seats(&site);
    let daemon = site.start();
    let daemon_at = daemon.address;
    // Its holder is out of reach, and is told when it comes back.
    let keeping = |feature: &'static str| async move {
        let pools = hostile::status(daemon_at).await.pools;
        let pool = pools.into_iter().find(|pool| pool.pool.as_ref().is_some_and(|id| id.feature == feature));
        pool.and_then(|pool| pool.holders.first().map(v1::Holder::keeping))
    };
    until("the seat is taken away", || async {
        (keeping("lathe").await == Some(v1::Keeping::Revoked)).then_some(())
    })
    .await;
    assert_eq!(keeping("mill").await, Some(v1::Keeping::Floating), "nobody else's ends");
}

#[tokio::test]
async fn a_pack_says_which_case_it_answers_and_is_the_same_with_and_without_that() {
    let site = both();
    let daemon = site.start();
    let mut kim = sold(&site, &daemon).await;
    let asked = v1::DeskPacksRequest { company: "C-1".into(), page: None };
    let row = kim.packs(asked).await.unwrap().packs.remove(0);
    let answer = kim.pack_of(v1::DeskPackRequest { pack: row.number.clone() }).await.unwrap().text;
    let (comment, signed) = answer.split_once('\n').unwrap();
    assert_eq!(comment, format!("# seatkeeper answer {}", row.case));
    let file = site.path(&format!("licenses/{}.lic", row.number));
    let installed = std::fs::read_to_string(&file).unwrap();
    assert_eq!(installed, signed);
    for text in [answer.as_str(), signed] {
        let install = v1::DeskInstallPack { company: "C-1".into(), text: text.into() };
        let done = kim.install_pack(install).await.unwrap();
        assert!(done.said.is_empty(), "{:?}", done.said);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), installed, "one pack is one file");
    }
    // Another pack of that number is refused.
    let other = String::from_utf8(site.sign(
        &row.number,
        "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n\
        INCREMENT mill acmed 4.2 permanent 9 CONFIG_ID=77 CUSTOMER=C-1\n",
    ))
    .unwrap();
    let install = v1::DeskInstallPack { company: "C-1".into(), text: other };
    let refused = kim.install_pack(install).await.unwrap_err().to_string();
    assert!(refused.contains("there is another pack"), "{refused}");
}
