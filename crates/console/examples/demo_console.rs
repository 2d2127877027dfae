//! The console on a license host that is made up: `cargo run -p console --example demo_console`.

use console::testing::{FakeHost, PASSWORD};
use console::{Settings, serve};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:27080".into());
    let listener = TcpListener::bind(&address).await?;
    let host = FakeHost::sample();
    #[expect(clippy::print_stdout, reason = "the example says where it is")]
    {
        println!("http://{} with the password `{PASSWORD}`:", listener.local_addr()?);
        println!(
            "ada@example.net (host and vendor), kim@ (Supervisor), lee@ (Licensing), osman@ (Reporting)"
        );
    }
    serve(listener, host, Settings::default(), async {
        // Only an error keeps it from being heard, and then it is ended otherwise.
        let _ = tokio::signal::ctrl_c().await;
    })
    .await
}
