//! A console that is served for a test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use console::testing::{FakeHost, PASSWORD, settings};
use desk::Role;
use tokio::sync::oneshot;

use crate::browser::Browser;

/// A console of a made-up license host. It is no longer served when this is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) host: Arc<FakeHost>,
    at: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub(crate) fn start() -> Self {
        Self::of(FakeHost::sample())
    }

    /// One that nobody administers yet.
    pub(crate) fn first() -> Self {
        Self::of(FakeHost::empty(Role::Both))
    }

    fn of(host: Arc<FakeHost>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&host);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let end = async {
                    let _ = stopped.await;
                };
                console::serve(listener, served, settings(), end).await.unwrap();
            });
        });
        Self { host, at, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.at)
    }

    /// A browser in which somebody has signed in.
    pub(crate) fn browser(&self, who: &str) -> Browser {
        let browser = Browser::start();
        self.sign_in(&browser, who);
        browser
    }

    /// Signs somebody in.
    pub(crate) fn sign_in(&self, browser: &Browser, who: &str) {
        browser.goto(&self.url("/"));
        browser.fill("E-mail", &format!("{who}@example.net"));
        browser.fill("Password", PASSWORD);
        browser.click("Sign in");
        browser.wait_for("Sign out");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
