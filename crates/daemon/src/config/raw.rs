//! The configuration file as it is written.

use std::path::PathBuf;

use names::limits;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The file as it is written.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listen: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) insecure_plaintext: bool,
    #[serde(default = "default_admin_socket")]
    pub(super) admin_socket: PathBuf,
    pub(super) state_folder: PathBuf,
    pub(super) licenses: Vec<PathBuf>,
    #[serde(default)]
    pub(super) strict: bool,
    #[serde(default)]
    pub(super) host_ids: Vec<Spanned<String>>,
    #[serde(default = "default_log")]
    pub(super) log: Spanned<String>,
    #[serde(default)]
    pub(super) vendor: Vec<RawVendor>,
    #[serde(default)]
    pub(super) session: RawSession,
    #[serde(default)]
    pub(super) limits: RawLimits,
    #[serde(default)]
    pub(super) metrics: RawMetrics,
    #[serde(default)]
    pub(super) debug_log: RawDebugLog,
    #[serde(default)]
    pub(super) audit: RawAudit,
    #[serde(default)]
    pub(super) history: RawHistory,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) desk: Option<RawDesk>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) console: Option<RawConsole>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDesk {
    pub(super) role: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vendor: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Spanned<PathBuf>>,
    #[serde(default)]
    pub(super) support: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mail: Option<RawMail>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) webhook: Option<RawWebhook>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMail {
    pub(super) server: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) port: Option<Spanned<u64>>,
    #[serde(default = "default_mail_tls")]
    pub(super) tls: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) password_file: Option<Spanned<PathBuf>>,
    pub(super) from: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWebhook {
    pub(super) url: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret_file: Option<Spanned<PathBuf>>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConsole {
    #[serde(default = "default_console")]
    pub(super) listen: Spanned<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) public_url: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) proxies: Vec<Spanned<String>>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVendor {
    pub(super) name: Spanned<String>,
    pub(super) keys: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) revoked: Vec<Spanned<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) options: Option<PathBuf>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawSession {
    pub(super) timeout_ms: Spanned<u64>,
    pub(super) grace_ms: Spanned<u64>,
    pub(super) hold_ms: Spanned<u64>,
}

impl Default for RawSession {
    fn default() -> Self {
        let span = |ms| Spanned::new(0..0, ms);
        Self { timeout_ms: span(limits::TIMEOUT_MS_DEFAULT), grace_ms: span(45_000), hold_ms: span(60_000) }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawLimits {
    pub(super) connections: Spanned<u64>,
    pub(super) streams_per_connection: Spanned<u64>,
    pub(super) sessions_per_host: Spanned<u64>,
    pub(super) buffered_mib: Spanned<u64>,
    pub(super) drain_ms: Spanned<u64>,
}

impl Default for RawLimits {
    fn default() -> Self {
        let span = |n| Spanned::new(0..0, n);
        Self {
            connections: span(18_000),
            streams_per_connection: span(256),
            sessions_per_host: span(u64::from(limits::SESSIONS_PER_HOST_DEFAULT)),
            buffered_mib: span(256),
            drain_ms: span(5_000),
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawMetrics {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) listen: Option<Spanned<String>>,
    pub(super) insecure_plaintext: bool,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawDebugLog {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<Spanned<PathBuf>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<Spanned<String>>,
    pub(super) format: Spanned<String>,
    pub(super) verbose: bool,
    pub(super) rollover_mib: Spanned<u64>,
    pub(super) keep: Spanned<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zone: Option<Spanned<String>>,
}

impl Default for RawDebugLog {
    fn default() -> Self {
        Self {
            file: None,
            to: None,
            format: Spanned::new(0..0, "flexnet".into()),
            verbose: false,
            rollover_mib: Spanned::new(0..0, 0),
            keep: Spanned::new(0..0, 10),
            zone: None,
        }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawAudit {
    pub(super) keep_years: Spanned<u64>,
}

impl Default for RawAudit {
    fn default() -> Self {
        Self { keep_years: Spanned::new(0..0, 10) }
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawHistory {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) folder: Option<PathBuf>,
    pub(super) seal_ms: Spanned<u64>,
    pub(super) keep_days: Spanned<u64>,
    pub(super) keep_mib: Spanned<u64>,
}

impl Default for RawHistory {
    fn default() -> Self {
        let span = |n| Spanned::new(0..0, n);
        Self { folder: None, seal_ms: span(60_000), keep_days: span(750), keep_mib: span(16_384) }
    }
}

fn default_admin_socket() -> PathBuf {
    "/run/seatkeeper/admin.sock".into()
}

fn default_console() -> Spanned<String> {
    Spanned::new(0..0, "127.0.0.1:27080".into())
}

fn default_mail_tls() -> Spanned<String> {
    Spanned::new(0..0, "starttls".into())
}

fn default_log() -> Spanned<String> {
    Spanned::new(0..0, "info".into())
}
