//! The demo's license desk: the vendor's and the site's in one.

use client::{Admin, CheckoutOptions, Desk, Login, Servers};
use names::Email;
use proto::v1;

use super::{Failed, Site, Working, say};

const COMPANY: &str = "4711";
const BUYER: &str = "kim@example.net";

/// The story of an order: its license, its pack, and the seat of whoever bought it.
pub(super) async fn story(site: &Site, running: &daemon::Running) -> Result<Working, Failed> {
    say("\nThe same daemon is a license desk, the vendor's and the site's in one. Company 4711 orders five");
    say("named seats of PROPIPING:");
    let mut desk = Desk::on_host(running.admin_socket()).await?.for_company(COMPANY)?;
    let company = || COMPANY.to_owned();
    let made = v1::DeskSetCompany { company: company(), name: "Mills".into(), version: 0 };
    desk.set_company(made).await?;
    let contact = v1::DeskAddContact { company: company(), email: BUYER.into(), name: "Kim".into() };
    desk.add_contact(contact).await?;
    for line in desk.order(order(&site.host)).await?.said {
        say(&format!("  {line}"));
    }

    say(&format!(
        "{BUYER} bought them, and has the first. Others are assigned theirs in the console, by e-mail:"
    ));
    let mut admin = Admin::connect(running.admin_socket()).await?;
    let token = admin.set_login(v1::SetLoginRequest { email: BUYER.into(), remove: false }).await?.token;
    let port = running.address().port();
    let servers = Servers::from_list(&format!("{port}@127.0.0.1"), "demo")?;
    let server = servers.groups().first().and_then(|group| group.first()).ok_or("no server")?.clone();
    let login = Login::new(server, Email::new(BUYER)?, &token);
    let kim = site.connect(port, site.identity("kim", 13, None)?, vec![login]).await?;
    let seat = kim.checkout(CheckoutOptions::new("PROPIPING", "20.0")).await?;
    say(&format!("  kim@ws13 has a seat of configuration {}", seat.pool().config()));
    let other = site.workstation(port, 14, None).await?;
    match other.checkout(CheckoutOptions::new("PROPIPING", "20.0")).await {
        Err(denied) => say(&format!("  {denied}")),
        Ok(_) => return Err("a named seat was granted to somebody else".into()),
    }
    other.close().await?;
    Ok(Working { client: kim, _seat: seat })
}

fn order(host: &str) -> v1::DeskOrder {
    let item = v1::DeskItem {
        feature: "PROPIPING".into(),
        version: "20.0".into(),
        product_line: "PROPIPING".into(),
        seat: "named".into(),
        maintenance: true,
        until: "permanent".into(),
        places: vec![v1::DeskPlace { cpu: host.into(), count: 5 }],
        ..v1::DeskItem::default()
    };
    v1::DeskOrder {
        company: COMPANY.into(),
        subscription: "S-1".into(),
        invoice: "I-1".into(),
        buyer: BUYER.into(),
        items: vec![item],
        ..v1::DeskOrder::default()
    }
}
