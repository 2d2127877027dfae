//! `[debug_log]`.

use history::{LogFormat, LogTo};
use jiff::tz::TimeZone;
use toml::Spanned;

use super::raw::RawDebugLog;
use super::{ConfigError, Places};

/// The debug log, as it is configured.
#[derive(Debug, Clone)]
pub struct DebugLogConfig {
    /// Where it is written, if anywhere.
    pub to: Option<LogTo>,
    /// How.
    pub format: LogFormat,
    /// Lines say more.
    pub is_verbose: bool,
    /// A new file is begun when one has so many bytes.
    pub rollover: Option<u64>,
    /// Older files that are kept.
    pub keep: u32,
    /// Times are this zone's.
    pub zone: TimeZone,
}

impl Places<'_> {
    pub(super) fn debug_log(&self, raw: &RawDebugLog) -> Result<DebugLogConfig, ConfigError> {
        let mib: u64 = self.number(&raw.rollover_mib, 0, 1 << 20)?;
        Ok(DebugLogConfig {
            to: self.log_to(raw)?,
            format: match raw.format.get_ref().as_str() {
                "flexnet" => LogFormat::FlexNet,
                "json" => LogFormat::Json,
                _ => return Err(self.no_word(&raw.format, "write \"flexnet\" or \"json\"")),
            },
            is_verbose: raw.verbose,
            rollover: (mib > 0).then_some(mib << 20),
            keep: self.number(&raw.keep, 1, 100_000)?,
            zone: match &raw.zone {
                None => TimeZone::system(),
                Some(zone) => TimeZone::get(zone.get_ref())
                    .map_err(|_| self.no_word(zone, "write a zone's name, such as UTC or Europe/Berlin"))?,
            },
        })
    }

    fn log_to(&self, raw: &RawDebugLog) -> Result<Option<LogTo>, ConfigError> {
        let to = raw.to.as_ref().map(|to| to.get_ref().as_str());
        let file = match (&raw.file, to) {
            (None, None) => return Ok(None),
            (Some(file), None | Some("file")) => file,
            (None, Some("journald")) => return Ok(Some(LogTo::Journald)),
            (None, Some("stderr")) => return Ok(Some(LogTo::Stderr)),
            (Some(file), Some("journald" | "stderr")) => {
                let message = "the debug log cannot be written to a file and elsewhere";
                return Err(self.error(Some(file.span()), message, "take `file` or `to` away"));
            }
            (None, Some("file")) => {
                let message = "the debug log is to be written to a file, and no file is named";
                let span = raw.to.as_ref().map(Spanned::span);
                return Err(self.error(span, message, "name it with file = \"/PATH\""));
            }
            (_, Some(_)) => {
                let word = "write \"file\", \"journald\" or \"stderr\"";
                return Err(raw
                    .to
                    .as_ref()
                    .map_or_else(|| self.error(None, "to", word), |to| self.no_word(to, word)));
            }
        };
        let path = file.get_ref();
        if !path.is_absolute() || path.file_name().is_none() {
            let message = format!("{}: it is no path from the root", path.display());
            return Err(self.error(
                Some(file.span()),
                message,
                "name a file in a folder that the daemon may write to",
            ));
        }
        Ok(Some(LogTo::File(path.clone())))
    }

    fn no_word(&self, at: &Spanned<String>, remedy: &str) -> ConfigError {
        self.error(Some(at.span()), format!("{:?} is not known here", at.get_ref()), remedy)
    }
}
