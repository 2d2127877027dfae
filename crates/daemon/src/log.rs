//! What is logged, and to where: standard error, which systemd keeps.

use std::sync::OnceLock;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Registry, fmt, reload};

static FILTER: OnceLock<reload::Handle<EnvFilter, Registry>> = OnceLock::new();

fn parse(filter: &str) -> Result<EnvFilter, String> {
    EnvFilter::builder().parse(filter).map_err(|e| format!("{filter:?} is no log filter: {e}"))
}

/// Whether a text says what to log.
pub(crate) fn check(filter: &str) -> Result<(), String> {
    parse(filter).map(|_| ())
}

/// Begins to log. Once a process: what comes later changes the filter only.
pub(crate) fn begin(filter: &str) -> Result<(), String> {
    if FILTER.get().is_some() {
        return change(filter).map(|_| ());
    }
    let (layer, handle) = reload::Layer::new(parse(filter)?);
    let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(ansi);
    let begun = tracing_subscriber::registry().with(layer).with(lines).try_init();
    if begun.is_ok() {
        let _ = FILTER.set(handle);
    }
    Ok(())
}

/// Changes what is logged; gives what it was.
pub(crate) fn change(filter: &str) -> Result<String, String> {
    let new = parse(filter)?;
    let handle = FILTER.get().ok_or("this process does not log")?;
    let before = handle.with_current(ToString::to_string).map_err(|e| e.to_string())?;
    handle.reload(new).map_err(|e| e.to_string())?;
    Ok(before)
}
