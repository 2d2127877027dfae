//! A console of a real daemon, and who signs in there.

use crate::browser::Browser;
use crate::support::desk::Desk;
use crate::support::{Daemon, Site};

/// Everybody's password.
const PASSWORD: &str = "correct horse battery";
/// Of the vendor's desk and the license host, by the first set-up.
pub(crate) const ADA: &str = "ada@example.net";

/// A license host whose console is served.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) daemon: Daemon,
    pub(crate) site: Site,
    at: String,
}

impl Served {
    /// Starts the daemon of a site that has a desk.
    pub(crate) fn start(site: Site) -> Self {
        let site = site.configure("[console]\nlisten = \"127.0.0.1:0\"\n");
        let daemon = site.start();
        let at = at(&daemon);
        Self { site, daemon, at }
    }

    /// Kills the daemon, has something done to its files, and starts it again.
    pub(crate) fn restart(self, between: impl FnOnce(&Site)) -> Self {
        let Self { site, daemon, .. } = self;
        daemon.kill9();
        between(&site);
        let daemon = site.start();
        let at = at(&daemon);
        Self { site, daemon, at }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.at)
    }

    /// Whoever sits on the license host.
    pub(crate) fn host(&self) -> Desk<'_> {
        Desk::on_host(&self.site, &self.daemon)
    }

    /// A browser in which ada has set the host up, and has signed in.
    pub(crate) fn set_up(&self) -> Browser {
        let ada = Browser::start();
        ada.goto(&self.url("/set-up"));
        ada.fill("Token", &last(&self.daemon, "give this token once"));
        ada.fill("E-mail", ADA);
        ada.fill("Password", PASSWORD);
        ada.fill("Password again", PASSWORD);
        ada.click("Set up");
        ada.wait_for("The license host has its first administrator.");
        self.sign_in(&ada, ADA);
        ada
    }

    pub(crate) fn sign_in(&self, browser: &Browser, who: &str) {
        browser.goto(&self.url("/sign-in"));
        browser.fill("E-mail", who);
        browser.fill("Password", PASSWORD);
        browser.click("Sign in");
        browser.wait_for("Sign out");
    }

    /// A link by which somebody sets their password, made by who administers the host.
    pub(crate) fn link(&self, ada: &Browser, who: &str) -> String {
        ada.goto(&self.url("/password-links"));
        ada.fill("E-mail", who);
        ada.click("Make a link");
        ada.wait_for("With this link");
        ada.read("code.long")
    }

    /// Somebody sets their password by a link, and signs in; whoever was signed in there is no more.
    pub(crate) fn sign_in_by(&self, link: &str, browser: &Browser, who: &str) {
        if browser.can_click("Sign out") {
            browser.click("Sign out");
            browser.wait_for("Sign in");
        }
        browser.goto(link);
        browser.fill("New password", PASSWORD);
        browser.fill("Password again", PASSWORD);
        browser.click("Set the password");
        browser.wait_for("The password is set.");
        self.sign_in(browser, who);
    }

    /// The vendor's desk makes the company C-1.
    pub(crate) fn make_company(&self, ada: &Browser, number: &str, name: &str) {
        ada.goto(&self.url("/companies"));
        ada.fill("Customer number", number);
        ada.fill("Name", name);
        ada.click("Make it");
        ada.wait_for("No supervisor is named yet");
    }
}

/// Where the console is, as the log says.
fn at(daemon: &Daemon) -> String {
    let log = daemon.log();
    let line = log.lines().rfind(|line| line.contains("the console is served")).expect("it is served");
    format!("http://{}", line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap())
}

/// The last word of the newest line of the log that has this text.
fn last(daemon: &Daemon, text: &str) -> String {
    let log = daemon.log();
    let line = log.lines().rfind(|line| line.contains(text)).expect("the log has it");
    line.rsplit(' ').next().unwrap().to_owned()
}

/// A line of an order.
pub(crate) struct Bought<'a> {
    pub(crate) feature: &'a str,
    pub(crate) seats: &'a str,
    pub(crate) count: u32,
    pub(crate) host: &'a str,
}

/// Fills in an order's form for company C-1, and looks at how it is split.
pub(crate) fn order(served: &Served, ada: &Browser, lines: &[Bought<'_>], buyer: &str) {
    ada.goto(&served.url("/orders/new?company=C-1"));
    ada.fill("Buyer", buyer);
    for (n, line) in lines.iter().enumerate() {
        let label = |of: &str| format!("Line {}: {of}", n + 1);
        ada.fill(&label("feature"), line.feature);
        ada.fill(&label("product line"), line.feature);
        ada.fill(&label("highest version"), "4.2");
        ada.choose(&label("seats"), line.seats);
        ada.fill(&label("quantity and host"), &format!("{} {}", line.count, line.host));
    }
    ada.click("Show how it is split");
    ada.wait_for("How it is split");
}

/// Places an order that was looked at: the vendor's desk issues it at once.
pub(crate) fn place(ada: &Browser) {
    ada.click("Place the order");
    ada.wait_for("It is done");
    ada.wait_for("issued");
}
