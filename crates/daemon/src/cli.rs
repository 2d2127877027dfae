//! The command line of `seatkeeperd`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use names::CpuId;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{self, Config};
use crate::init::{self, init};
use crate::licenses::Licenses;
use crate::options::OptionsFiles;
use crate::{clock, hostid, log, notify, remind, run};

/// The exit status of `sysexits.h` for a wrong configuration.
const EX_CONFIG: u8 = 78;

/// The Seatkeeper license server.
#[derive(Debug, Parser)]
#[command(name = "seatkeeperd", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Args)]
struct Serve {
    /// The configuration file.
    #[arg(long, value_name = "FILE", default_value = "/etc/seatkeeper/seatkeeperd.toml", global = true)]
    config: PathBuf,
    /// Serve although the daemon runs as root.
    #[arg(long)]
    allow_root: bool,
    /// Print the configuration with every key, and serve nothing.
    #[arg(long)]
    print_config: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the state folder, with the license host's key. Prints what the vendor needs to sign a pack.
    Init {
        /// Where the seats are kept; without it, as the configuration says.
        #[arg(long, value_name = "FOLDER")]
        state_folder: Option<PathBuf>,
        /// Begin again after the state was lost.
        #[arg(long)]
        after_loss: bool,
        /// What this machine is; without it, its network interfaces say.
        #[arg(long = "host-id", value_name = "ID")]
        host_ids: Vec<String>,
    },
    /// Check the configuration and the licenses, and serve nothing.
    Check,
}

/// Runs `seatkeeperd` with this process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::Init { state_folder, after_loss, host_ids }) => {
            make(&cli.serve, state_folder, after_loss, &host_ids)
        }
        Some(Command::Check) => check(&cli.serve),
        None if cli.serve.print_config => print(&cli.serve),
        None => serve(&cli.serve),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((status, message)) => {
            say_error(&message);
            ExitCode::from(status)
        }
    }
}

type Failed = (u8, String);

#[expect(clippy::print_stderr, reason = "this is the command line")]
fn say_error(message: &str) {
    eprintln!("seatkeeperd: {message}");
}

#[expect(clippy::print_stdout, reason = "this is the command line")]
fn say(text: &str) {
    println!("{text}");
}

fn read(serve: &Serve) -> Result<Config, Failed> {
    Config::read(&serve.config).map_err(|e| (EX_CONFIG, e.to_string()))
}

fn make(serve: &Serve, folder: Option<PathBuf>, after_loss: bool, ids: &[String]) -> Result<(), Failed> {
    let folder = match folder {
        Some(folder) => folder,
        None => read(serve)?.state_folder,
    };
    let ids: Vec<CpuId> = ids
        .iter()
        .map(|id| CpuId::new(id).map_err(|e| (EX_CONFIG, format!("--host-id {id:?} is {e}"))))
        .collect::<Result<_, _>>()?;
    let made = init(&folder, after_loss, &ids).map_err(|e| (EX_CONFIG, e))?;
    say(&made.report);
    let ids: Vec<_> = made.host_ids.iter().map(ToString::to_string).collect();
    say(&format!("host id:  {}", ids.join(" ")));
    say(&format!("host key: {}", made.host_key));
    Ok(())
}

fn check(serve: &Serve) -> Result<(), Failed> {
    let config = read(serve)?;
    log::begin("warn").map_err(|e| (EX_CONFIG, e))?;
    let host = if config.host_ids.is_empty() { hostid::host_ids() } else { config.host_ids.clone() };
    let licenses = Licenses::read(&config, &host).map_err(|e| (EX_CONFIG, e.to_string()))?;
    if !licenses.loaded.diagnostics.is_empty() {
        say(&licenses.shown());
    }
    let options = OptionsFiles::read(&config, &licenses).map_err(|e| (EX_CONFIG, e.to_string()))?;
    if let Some(shown) = options.shown() {
        say(&shown);
    }
    let key = init::read_host_key(&config.state_folder).map_err(|e| (EX_CONFIG, e))?;
    init::check_host_key(&licenses, &key).map_err(|e| (EX_CONFIG, e))?;
    remind::Ways::read(&config).map_err(|e| (EX_CONFIG, e))?;
    let now = clock::now().wall;
    let lines = &licenses.loaded.entitlements;
    for line in lines.iter().filter(|line| line.expiry.is_past(now)) {
        say(&format!(
            "warning: {} of pack {} expired on {} (-10)",
            line.feature,
            line.pack_name(),
            line.expiry
        ));
    }
    let in_force = lines.iter().filter(|line| !line.expiry.is_past(now)).count();
    say(&format!("{} is right; lines of seats in force: {in_force}", serve.config.display()));
    Ok(())
}

fn print(serve: &Serve) -> Result<(), Failed> {
    let shown = serve.config.display().to_string();
    let text = std::fs::read_to_string(&serve.config).map_err(|e| (EX_CONFIG, format!("{shown}: {e}")))?;
    say(&config::print(&shown, &text).map_err(|e| (EX_CONFIG, e.to_string()))?);
    Ok(())
}

fn serve(serve: &Serve) -> Result<(), Failed> {
    let config = read(serve)?;
    log::begin(&config.log).map_err(|e| (EX_CONFIG, e))?;
    let system = |e: std::io::Error| (71, format!("the system refused: {e}"));
    // Signals are taken before anything is served, so none is missed.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(system)?;
    let _entered = runtime.enter();
    let mut terminate = signal(SignalKind::terminate()).map_err(system)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(system)?;
    let running = run::start(config, serve.allow_root).map_err(|e| (e.exit_status(), e.to_string()))?;
    notify::ready(&format!("serving on {}", running.address()));
    let (ended, stop_asked) = (running.ended(), running.stop_asked());
    runtime.block_on(async {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("stopping, as asked"),
            _ = interrupt.recv() => tracing::info!("stopping, as asked"),
            () = stop_asked.cancelled() => tracing::info!("stopping, as an administrator asked"),
            () = ended.cancelled() => tracing::error!("a thread of the daemon has ended"),
        }
    });
    notify::stopping();
    running.stop().map_err(|e| (e.exit_status(), e.to_string()))?;
    tracing::info!("stopped");
    Ok(())
}
