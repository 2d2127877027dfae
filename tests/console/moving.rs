//! A license moves from one license host to another: the vendor's desk is on the new one, and every file is
//! carried by hand. The old one does not serve it again, whatever is restored there.

use client::{CheckoutOptions, Client, Error};

use crate::browser::Browser;
use crate::hostile;
use crate::served::{Bought, Served, order, place};
use crate::support::desk::both;
use crate::support::{CPU_ID, Site, servers};

const LEE: &str = "lee@example.net";
/// The site's license host, which the license is moved from.
const OLD: &str = "02aa10203041";
/// What is told of a license that is not served here.
const GIVEN_UP: i32 = -5;

/// The vendor's desk and the site's, each in a browser of somebody who works there.
struct Desks {
    vendor: Served,
    site: Served,
    ada: Browser,
    lee: Browser,
}

#[tokio::test]
async fn a_license_moves_with_its_files_carried_by_hand() {
    let vendor = Served::start(both());
    let site =
        vendor.site.another(OLD).configure("[desk]\nrole = \"site\"\nsupport = \"support@example.net\"\n");
    let mut desks = begin(vendor, Served::start(site));
    desks.install();
    let backup = files(&desks.site.site);
    let old_pack = backup.iter().find(|(name, _)| name.starts_with("P-")).unwrap().clone();
    check_out(&desks.site).await.unwrap();
    let receipt = desks.surrender();
    let case = desks.issue(&receipt);
    desks.answer();
    desks.follow(&case);

    // The new host serves it, and the old one refuses its old pack.
    check_out(&desks.vendor).await.unwrap();
    desks.is_refused(&old_pack);
    assert_eq!(pools(&desks.site).await, ["lathe"]);
    let refused = check_out(&desks.site).await.unwrap_err();
    assert_eq!(refused.code().number(), GIVEN_UP, "{refused}");
    let logged = desks.site.daemon.log().len();
    desks.site = desks.site.restart(|site| restore(site, &backup));
    let log = desks.site.daemon.log();
    assert!(log[logged..].contains("was given up on this host"), "{log}");
    assert_eq!(pools(&desks.site).await, ["lathe"]);
    let refused = check_out(&desks.site).await.unwrap_err();
    assert_eq!(refused.code().number(), GIVEN_UP, "{refused}");
}

/// The company's first pack comes to the site as a file, which its administrator puts in the folder; whose it is
/// is known by it. Lee is the company's contact.
fn begin(vendor: Served, site: Served) -> Desks {
    let ada = vendor.set_up();
    vendor.make_company(&ada, "C-1", "Mills");
    let lee = site.set_up();
    lee.goto(&site.url("/about"));
    let key = lee.read("code.long");
    let mill = Bought { feature: "mill", seats: "floating", count: 5, host: OLD };
    order(&vendor, &ada, &[mill], "");
    ada.fill("Public keys of the license hosts", &format!("{OLD}={key}"));
    place(&ada);
    site.site.write("licenses/first.lic", &newest_pack(&vendor, &ada));
    lee.goto(&site.url("/overview"));
    lee.click("Read the files again");
    lee.wait_for("mill");
    site.host().does(&format!("add-contact {LEE}"));
    let link = site.link(&lee, LEE);
    site.sign_in_by(&link, &lee, LEE);
    Desks { vendor, site, ada, lee }
}

/// The newest pack of company C-1 for the old host, as the vendor's desk hands it out.
fn newest_pack(vendor: &Served, ada: &Browser) -> Vec<u8> {
    ada.goto(&vendor.url(&format!("/packs?company=C-1&search={OLD}")));
    ada.download("Download")
}

impl Desks {
    /// A pack with more in it is checked, looked at, and installed.
    fn install(&self) {
        let lathe = Bought { feature: "lathe", seats: "floating", count: 3, host: OLD };
        order(&self.vendor, &self.ada, &[lathe], "");
        place(&self.ada);
        self.upload(&newest_pack(&self.vendor, &self.ada));
        self.lee.wait_for("What it gives on this host");
        assert!(
            ["lathe", "mill", "new, 3 seats"].iter().all(|words| self.lee.has(words)),
            "{}",
            self.lee.text()
        );
        self.lee.goto(&self.site.url("/licenses"));
        assert!(!self.lee.has("lathe"), "nothing is installed yet: {}", self.lee.text());
        self.upload(&newest_pack(&self.vendor, &self.ada));
        self.lee.click(&format!("Install pack {}", self.shown_pack()));
        self.lee.wait_for("It is done");
        self.lee.goto(&self.site.url("/licenses"));
        self.lee.wait_for("lathe (");
    }

    /// The number of the pack that is looked at.
    fn shown_pack(&self) -> String {
        self.lee.read("main dl dd")
    }

    fn upload(&self, pack: &[u8]) {
        self.site.site.write("carried.lic", pack);
        self.lee.goto(&self.site.url("/packs/install"));
        self.lee.attach("The pack's file", &self.site.site.path("carried.lic"));
        self.lee.click("Check it");
        self.lee.wait_for("What this pack would change");
    }

    /// The site gives the license up for the vendor's host; gives the receipt.
    fn surrender(&self) -> Vec<u8> {
        let lee = &self.lee;
        lee.goto(&self.site.url("/licenses"));
        lee.click_in("mill (", "Show");
        lee.click("Move it to another host");
        lee.fill("The new host's id", CPU_ID);
        lee.fill("The new host's public key", &self.vendor.site.host().to_string());
        lee.click("This host gives them up for good, and its old packs will not be served again");
        lee.click("Surrender");
        lee.wait_for("It is done");
        lee.wait_for("surrendered");
        let receipt = lee.download(&lee.read("tbody a[href*='/files/']"));
        lee.goto(&self.site.url("/licenses"));
        assert!(!lee.has("mill (") && lee.has("lathe ("), "{}", lee.text());
        receipt
    }

    /// The vendor's desk issues the new pack against the receipt; gives its case.
    fn issue(&self, receipt: &[u8]) -> String {
        let ada = &self.ada;
        self.vendor.site.write("receipt", receipt);
        ada.goto(&self.vendor.url("/moves/issue"));
        ada.attach("The receipt's file", &self.vendor.site.path("receipt"));
        ada.click("Issue the new pack");
        ada.wait_for("It is done");
        ada.wait_for("installed");
        ada.read("tbody th a")
    }

    /// What is left on the old host is in its newest pack, which voids those before.
    fn answer(&self) {
        self.upload(&newest_pack(&self.vendor, &self.ada));
        self.lee.click(&format!("Install pack {}", self.shown_pack()));
        self.lee.wait_for("It is done");
    }

    /// The case is followed at both desks, and the site's number finds it at the vendor's.
    fn follow(&self, case: &str) {
        self.lee.goto(&self.site.url("/moves"));
        let own = self.lee.read("tbody th a");
        self.lee.click(&own);
        self.lee.wait_for("What happened");
        let seen = self.lee.read("main");
        assert!(seen.contains(&format!("from {OLD} to {CPU_ID}")) && seen.contains("given up on"), "{seen}");
        self.ada.goto(&self.vendor.url(&format!("/find?q={own}")));
        self.ada.wait_for("What was found");
        self.ada.click(case);
        self.ada.wait_for("What happened");
        let seen = self.ada.read("main");
        assert!(
            seen.contains(&format!("against the receipt of case {own}")) && seen.contains("done"),
            "{seen}"
        );
    }

    /// A pack of before the move is not installed again.
    fn is_refused(&self, (name, pack): &(String, Vec<u8>)) {
        self.upload(pack);
        self.lee.click(&format!("Install pack {}", name.trim_end_matches(".lic")));
        self.lee.wait_for("a newer pack voids pack");
        assert_eq!(self.lee.status(), 422);
    }
}

/// The folder of licenses: names and bytes.
fn files(site: &Site) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(site.path("licenses")).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect()
}

/// The folder of licenses is as it was: nothing else is in it.
fn restore(site: &Site, backup: &[(String, Vec<u8>)]) {
    std::fs::remove_dir_all(site.path("licenses")).unwrap();
    std::fs::create_dir(site.path("licenses")).unwrap();
    for (name, bytes) in backup {
        site.write(&format!("licenses/{name}"), bytes);
    }
}

/// Features with pools in force.
async fn pools(served: &Served) -> Vec<String> {
    let status = hostile::status(served.daemon.address).await;
    status.pools.into_iter().map(|pool| pool.pool.unwrap().feature).collect()
}

/// A seat of the license that moves, taken and given back.
async fn check_out(served: &Served) -> Result<(), Error> {
    let options = served.site.options("kim", "ws1", "02aa10203099");
    let client = Client::connect(&servers(served.daemon.address), options).await?;
    client.checkout(CheckoutOptions::new("mill", "4.0")).await?.checkin().await
}
