//! Chromium for a test of the console: pages as somebody sees and uses them.
//!
//! What is named is named as it is read on the page: a button by its words, a field by its label. What is
//! waited for has a deadline, and the driver does the waiting.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod axe;
mod driver;
mod look;
mod paths;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use driver::Driver;
use paths::quoted;

/// How long what is waited for may take.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// What WebDriver calls an element's name.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with a profile of its own. It is ended when this is dropped; where the test has failed, what
/// was seen last is told and kept as a picture.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    folder: TempDir,
}

/// An open tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab(String);

impl Browser {
    /// Starts one, with an empty tab.
    pub fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("browser-").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("downloads")).unwrap();
        Self { driver: Driver::start(folder.path()), folder }
    }

    /// Opens a page, and waits until it is there.
    pub fn goto(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.post("/refresh", &json!({}));
    }

    /// Where the browser is.
    pub fn url(&self) -> String {
        self.word("/url")
    }

    /// The page's title.
    pub fn title(&self) -> String {
        self.word("/title")
    }

    /// The page, as it is now.
    pub fn source(&self) -> String {
        self.word("/source")
    }

    /// The status that the page came with.
    pub fn status(&self) -> u64 {
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus";
        self.run(script, &json!([])).as_u64().unwrap()
    }

    /// What is read in the first element that this CSS selector finds; nothing where it finds none.
    pub fn read(&self, selector: &str) -> String {
        let script =
            "const found = document.querySelector(arguments[0]); return found ? found.innerText : ''";
        self.run(script, &json!([selector])).as_str().unwrap_or_default().to_owned()
    }

    /// What is read on the page.
    pub fn text(&self) -> String {
        let text = self.run("return document.body.innerText", &json!([]));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Whether this is read on the page now.
    pub fn has(&self, text: &str) -> bool {
        let words: Vec<_> = self.text().split_whitespace().map(ToOwned::to_owned).collect();
        words.join(" ").contains(text)
    }

    /// Waits until this is on the page.
    pub fn wait_for(&self, text: &str) {
        let found = self.element(&paths::with(text), PATIENCE);
        assert!(found.is_some(), "{text:?} does not come; seen is\n{}", self.seen());
    }

    /// Waits until this is no longer on the page.
    pub fn wait_without(&self, text: &str, longest: Duration) {
        let gone = self.element(&paths::without(text), longest);
        assert!(gone.is_some(), "{text:?} stays; seen is\n{}", self.seen());
    }

    /// Clicks the link, button or box with these words.
    pub fn click(&self, words: &str) {
        self.press(&paths::clickable("", words), words);
    }

    /// Clicks the link or button with these words in the row (or list entry, article or form) with that text.
    pub fn click_in(&self, row: &str, words: &str) {
        self.press(&paths::clickable(&paths::row(row), words), words);
    }

    /// Whether there is a link, button or box with these words.
    pub fn can_click(&self, words: &str) -> bool {
        self.element(&paths::clickable("", words), Duration::ZERO).is_some()
    }

    /// Fills in the field with this label.
    pub fn fill(&self, label: &str, value: &str) {
        self.fill_at(&paths::field("", label), label, value);
    }

    /// Fills in the field with this label in the row or form with that text.
    pub fn fill_in(&self, row: &str, label: &str, value: &str) {
        self.fill_at(&paths::field(&paths::row(row), label), label, value);
    }

    /// Chooses from the list with this label.
    pub fn choose(&self, label: &str, option: &str) {
        let field = paths::field("", label);
        self.press(&format!("({field})//option[normalize-space(.)={}]", quoted(option)), option);
    }

    /// Gives a file to the field with this label.
    pub fn attach(&self, label: &str, file: &Path) {
        let field = self.must_find(&paths::field("", label), label);
        self.post(&format!("/element/{field}/value"), &json!({ "text": file }));
    }

    /// What is in the field with this label.
    pub fn value(&self, label: &str) -> String {
        let field = self.must_find(&paths::field("", label), label);
        self.word(&format!("/element/{field}/property/value"))
    }

    /// Clicks what brings a file, and gives the file.
    pub fn download(&self, words: &str) -> Vec<u8> {
        let folder = self.folder.path().join("downloads");
        let had = std::fs::read_dir(&folder).unwrap().count();
        self.click(words);
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let files: Vec<_> =
                std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
            let is_whole = files.iter().all(|file| {
                let name = file.file_name().unwrap().to_string_lossy();
                !name.starts_with('.') && !name.ends_with(".crdownload")
            });
            if is_whole && files.len() > had {
                let time = |file: &Path| file.metadata().and_then(|of| of.modified()).unwrap();
                let newest = files.iter().max_by_key(|file| time(file)).unwrap();
                return std::fs::read(newest).unwrap();
            }
            assert!(std::time::Instant::now() < deadline, "no file comes; seen is\n{}", self.seen());
            // The driver waits, for what is never there.
            let _ = self.element("//never", Duration::from_millis(20));
        }
    }

    /// Opens one more tab, and shows it.
    pub fn open_tab(&self) -> Tab {
        let made = self.post("/window/new", &json!({ "type": "tab" }));
        let tab = Tab(made["handle"].as_str().unwrap().to_owned());
        self.show(&tab);
        tab
    }

    /// The tab that is shown.
    pub fn tab(&self) -> Tab {
        Tab(self.word("/window"))
    }

    /// Shows another tab.
    pub fn show(&self, tab: &Tab) {
        self.post("/window", &json!({ "handle": tab.0 }));
    }

    /// Runs a script in the page, and gives what it returns.
    pub fn run(&self, script: &str, arguments: &Value) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    fn press(&self, path: &str, words: &str) {
        let element = self.must_find(path, words);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    fn fill_at(&self, path: &str, label: &str, value: &str) {
        let field = self.must_find(path, label);
        let kind = self.word(&format!("/element/{field}/property/type"));
        if ["date", "datetime-local", "month", "time"].contains(&kind.as_str()) {
            // What is typed into these depends on the reader's language.
            let script = "arguments[0].value = arguments[1];\
                for (const name of ['input', 'change']) \
                    arguments[0].dispatchEvent(new Event(name, { bubbles: true }));";
            self.run(script, &json!([{ ELEMENT: field }, value]));
            return;
        }
        self.post(&format!("/element/{field}/clear"), &json!({}));
        self.post(&format!("/element/{field}/value"), &json!({ "text": value }));
    }

    fn must_find(&self, path: &str, what: &str) -> String {
        let found = self.element(path, PATIENCE);
        found.unwrap_or_else(|| panic!("{what:?} is not there ({path}); seen is\n{}", self.seen()))
    }

    /// The first of these that is displayed, else the first.
    fn element(&self, path: &str, longest: Duration) -> Option<String> {
        let wait = json!({ "implicit": u64::try_from(longest.as_millis()).unwrap() });
        self.post("/timeouts", &wait);
        let found = self.post("/elements", &json!({ "using": "xpath", "value": path }));
        let names: Vec<_> =
            found.as_array().unwrap().iter().map(|one| one[ELEMENT].as_str().unwrap().to_owned()).collect();
        let is_shown = |name: &&String| {
            names.len() > 1 && self.get(&format!("/element/{name}/displayed")) == Value::Bool(true)
        };
        names.iter().find(is_shown).or(names.first()).cloned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.driver.call(path, Some(body)).unwrap_or_else(|refused| {
            panic!("{path} {body:.300}: {}: {:.600}", refused.error, refused.message)
        })
    }

    fn get(&self, path: &str) -> Value {
        self.driver.call(path, None).unwrap_or_else(|refused| panic!("{path}: {refused:?}"))
    }

    fn word(&self, path: &str) -> String {
        self.get(path).as_str().unwrap_or_default().to_owned()
    }

    /// Where the browser is and what is read there, for who looks at a failed test.
    fn seen(&self) -> String {
        let text = |path: &str| match self.driver.call(path, None) {
            Ok(Value::String(text)) => text,
            other => format!("{other:?}"),
        };
        let script = json!({ "script": "return document.body.innerText", "args": [] });
        let body = self.driver.call("/execute/sync", Some(&script));
        let body = body.ok().and_then(|body| body.as_str().map(ToOwned::to_owned)).unwrap_or_default();
        format!("{} ({})\n{body}", text("/url"), text("/title"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the browser was at {}", self.seen());
            let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
            if let Ok(Value::String(picture)) = self.driver.call("/screenshot", None) {
                look::keep(&format!("failed-{test}"), &picture);
            }
        }
    }
}
