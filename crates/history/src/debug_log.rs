//! The debug log: what FlexNet's log says, in its words, so that what reads that reads this.
//!
//! ```text
//!  event ─▶ traffic (a line of seats) ─┐
//!        ─▶ host (start, reread, …)  ──┴▶ outputs: the log of all, and vendors' own ─▶ at: how far, for good
//! ```

mod at;
mod clock;
mod file;
mod host;
mod journald;
mod line;
mod order;
mod outputs;
#[cfg(test)]
mod tests;
mod traffic;
mod word;

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::{Seq, Vendor, Wall};
use seats::Event;

use self::at::At;
use self::clock::Clock;
use self::host::Host;
use self::outputs::{Line, Outputs};
use self::traffic::Revocations;
pub use self::traffic::{LineKind, LineKinds};
use crate::seen::Happened;
use crate::sink::{Done, Order, Sink};
use crate::told::Told;

/// Where the log of all vendors is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTo {
    /// To a file, which must be in a folder that is there.
    File(PathBuf),
    /// To systemd's journal.
    Journald,
    /// To standard error.
    Stderr,
}

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// As FlexNet's debug log.
    FlexNet,
    /// As JSON, every event there is.
    Json,
}

/// What a debug log is opened with.
#[derive(Debug, Clone)]
pub struct LogSetup {
    /// Where the log of all is written, if anywhere.
    pub to: Option<LogTo>,
    /// How.
    pub format: LogFormat,
    /// Each line of seats also says version, address, process, and how many are in use.
    pub is_verbose: bool,
    /// A new file is begun when one has so many bytes.
    pub rollover: Option<u64>,
    /// So many older files are kept, of each log.
    pub keep: u32,
    /// Times are this zone's.
    pub zone: TimeZone,
    /// Where what is known of the log is kept, and where no log may be.
    pub state_folder: PathBuf,
    /// The license host's name.
    pub host: String,
    /// The port that clients are served at.
    pub port: u16,
    /// The license files.
    pub license_files: Vec<String>,
    /// Whose packs are served.
    pub vendors: Vec<Vendor>,
}

/// A vendor's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnLog {
    /// Where.
    pub path: PathBuf,
    /// A start goes on in the file that is there; otherwise it is renamed, and a new one begun.
    pub is_kept: bool,
    /// A new file is begun when it has so many bytes.
    pub rollover: Option<u64>,
}

/// What a vendor's options file says of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorLog {
    /// Whose.
    pub vendor: Vendor,
    /// Lines that are left out (`NOLOG`).
    pub dropped: LineKinds,
    /// A log of its own (`DEBUGLOG`).
    pub own: Option<OwnLog>,
}

/// What the options files in force say.
pub trait VendorLogs: Send {
    /// What they say, if that is not what they said when last asked.
    fn changed(&mut self) -> Option<Vec<VendorLog>>;
}

/// How often what is written is flushed to the disk.
const SYNC_EVERY_MS: i64 = 1_000;
/// How often it is written down how far the log is, where nothing was written.
const NOTE_EVERY_MS: i64 = 10_000;

/// The debug log.
pub struct DebugLog {
    setup: LogSetup,
    vendor_logs: Box<dyn VendorLogs>,
    rules: Vec<VendorLog>,
    outputs: Outputs,
    clock: Clock,
    host: Host,
    revocations: Revocations,
    /// All events up to this one were taken.
    taken: Seq,
    /// These are on the disk.
    durable: Seq,
    saved: Option<Wall>,
    /// Something was taken since it was settled.
    is_busy: bool,
    text: Vec<u8>,
    fields: Vec<u8>,
}

impl std::fmt::Debug for DebugLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DebugLog").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl DebugLog {
    /// Opens the log from where it stands. What a crash has left behind what is known to be there is cut.
    ///
    /// # Errors
    /// When a file cannot be opened.
    pub fn open(setup: LogSetup, mut vendor_logs: Box<dyn VendorLogs>) -> io::Result<Self> {
        let at = at::read(&at::path(&setup.state_folder))?;
        at.mend()?;
        let mut clock = Clock::new(setup.zone.clone());
        clock.stamp(at.stamped.map(Wall));
        let mut outputs = Outputs::default();
        outputs.open_main(&setup, &at)?;
        let host = Host::new(&setup.vendors);
        let rules = vendor_logs.changed().unwrap_or_default();
        let mut log = Self {
            setup,
            vendor_logs,
            rules,
            outputs,
            clock,
            host,
            revocations: Revocations::from_words(&at.revoked, at.removed),
            taken: Seq(at.seq),
            durable: Seq(at.seq),
            saved: None,
            is_busy: false,
            text: Vec::new(),
            fields: Vec::new(),
        };
        log.open_own(&at);
        log.save()?;
        Ok(log)
    }

    /// Opens vendors' own logs: where an administrator has switched one, and where the options files say. One that
    /// cannot be opened is told, and its lines go to the log of all.
    fn open_own(&mut self, at: &At) {
        self.outputs.own.clear();
        let of = |file: &at::AtFile| file.vendor.as_deref().and_then(|vendor| Vendor::new(vendor).ok());
        for switched in at.files.iter().filter(|file| file.is_switched) {
            let Some(vendor) = of(switched) else { continue };
            let opened = outputs::OutFile::open(&switched.mark.path, self.setup.rollover, true, true);
            self.add_own(vendor, opened);
        }
        for rule in self.rules.clone() {
            let Some(own) = rule.own.filter(|_| !self.outputs.has_own(rule.vendor.as_str())) else {
                continue;
            };
            self.add_own(rule.vendor, outputs::OutFile::own(&own));
        }
    }

    fn add_own(&mut self, vendor: Vendor, opened: io::Result<outputs::OutFile>) {
        match opened {
            Ok(file) => self.outputs.own.push((vendor, file)),
            Err(error) => tracing::error!(
                %vendor, %error,
                "the vendor's own debug log cannot be written; its lines go where all others do. Mend DEBUGLOG, and \
                 have the files read again"
            ),
        }
    }

    /// Flushes all that was written, and writes down how far that is.
    fn save(&mut self) -> io::Result<()> {
        let files = self.outputs.sync()?;
        let stamped = self.clock.stamped().map(|at| at.0);
        let (revoked, removed) = (self.revocations.to_words(), self.revocations.removed());
        at::write(
            &at::path(&self.setup.state_folder),
            &At { seq: self.taken.0, stamped, revoked, removed, files },
        )?;
        self.durable = self.taken;
        Ok(())
    }

    fn is_dropped(&self, vendor: Option<&str>, kind: LineKind) -> bool {
        let Some(vendor) = vendor else { return false };
        self.rules.iter().any(|rule| rule.vendor.as_str() == vendor && rule.dropped.has(kind))
    }

    /// Puts what was made in `text`, which begins with a time.
    fn put(&mut self, vendor: Option<&str>, happened: Option<&Happened<'_>>) -> io::Result<()> {
        self.text.push(b'\n');
        let message = self.text.get(self.clock.text().len() + 1..self.text.len() - 1).unwrap_or_default();
        let message = if self.setup.format == LogFormat::Json { self.text.trim_ascii_end() } else { message };
        self.fields.clear();
        if self.outputs.is_journald() {
            journal_fields(&mut self.fields, message, happened);
        }
        self.outputs.put(vendor, Line { text: &self.text, fields: &self.fields })
    }

    /// A line of words; nobody's goes to the log of all.
    fn say(&mut self, vendor: Option<&str>, words: &str) -> io::Result<()> {
        if self.setup.format == LogFormat::Json || !self.outputs.wants(vendor) {
            return Ok(());
        }
        self.text.clear();
        line::begin(&mut self.text, &self.clock, vendor.unwrap_or(line::LMGRD));
        word::text(&mut self.text, words);
        self.put(vendor, None)
    }

    /// The line of seats that an event is.
    fn seats(&mut self, happened: &Happened<'_>, told: &Told) -> io::Result<()> {
        let Some(traffic) = traffic::traffic(happened, told, &mut self.revocations) else {
            return match happened.record.event {
                // Its grant is older than what is still known, and nobody wrote it down.
                Event::Returned { grant, .. } => {
                    self.say(None, &format!("seats of grant {grant} came back; whose they were is not known"))
                }
                Event::Dequeued { waiter, .. } => {
                    self.say(None, &format!("place {waiter} in line was left; whose it was is not known"))
                }
                _ => Ok(()),
            };
        };
        let vendor = traffic.vendor.cloned().or_else(|| self.only_vendor());
        let vendor = vendor.as_ref().map(Vendor::as_str);
        if self.is_dropped(vendor, traffic.kind) || !self.outputs.wants(vendor) {
            return Ok(());
        }
        self.text.clear();
        line::begin(&mut self.text, &self.clock, vendor.unwrap_or(line::LMGRD));
        line::traffic(&mut self.text, &traffic, self.setup.is_verbose.then_some(&self.clock));
        self.put(vendor, Some(happened))
    }

    /// The vendor of what is nobody's: what is asked for and not there.
    fn only_vendor(&self) -> Option<Vendor> {
        match self.setup.vendors.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// An event as JSON.
    fn json(&mut self, happened: &Happened<'_>, told: &Told) -> io::Result<()> {
        let traffic = traffic::traffic(happened, told, &mut self.revocations);
        let vendor = traffic.and_then(|traffic| traffic.vendor.cloned().or_else(|| self.only_vendor()));
        let vendor = vendor.as_ref().map(Vendor::as_str);
        if traffic.is_some_and(|traffic| self.is_dropped(vendor, traffic.kind)) || !self.outputs.wants(vendor)
        {
            return Ok(());
        }
        self.text.clear();
        json_line(&mut self.text, happened);
        self.put(vendor, Some(happened))
    }

    /// A line with the date, of each daemon, where one is due.
    fn stamp(&mut self, now: Wall) -> io::Result<()> {
        if !self.clock.is_stamp_due(now) {
            return Ok(());
        }
        self.clock.stamp(Some(now));
        let words = format!("TIMESTAMP {}", self.clock.date());
        self.say(None, &words)?;
        for vendor in self.host.vendors() {
            self.say(Some(vendor.as_str()), &words)?;
        }
        Ok(())
    }

    /// The host's own lines before an event, and what the event changes of the log itself.
    fn of_the_host(&mut self, happened: &Happened<'_>, told: &Told) -> io::Result<()> {
        let record = happened.record;
        let is_of_start = Host::is_of_start(&record.event);
        if !is_of_start {
            self.say_started()?;
        }
        if Host::is_start(&record.event) || Host::is_reread(&record.event) {
            self.configure(Host::is_start(&record.event))?;
        }
        if let Some(lines) = self.host.take(record, told) {
            self.stamp(record.at)?;
            for (vendor, words) in lines {
                self.say(vendor.as_ref().map(Vendor::as_str), &words)?;
            }
        }
        Ok(())
    }

    /// What a daemon says when it starts, once the licenses are in force.
    fn say_started(&mut self) -> io::Result<()> {
        let Some(at) = self.host.started() else { return Ok(()) };
        self.clock.turn(at);
        self.clock.stamp(None);
        for (vendor, words) in self.host.start_lines(&self.setup, &self.clock) {
            self.say(vendor.as_ref().map(Vendor::as_str), &words)?;
        }
        self.stamp(at)
    }

    /// Does as the options files in force say; what an administrator switched to ends.
    fn configure(&mut self, is_start: bool) -> io::Result<()> {
        if let Some(rules) = self.vendor_logs.changed() {
            self.rules = rules;
        }
        self.save()?;
        if self.outputs.files().any(|(_, out)| out.is_switched) {
            self.outputs.open_main(&self.setup, &At::default())?;
        }
        self.open_own(&At::default());
        if is_start {
            let not_kept = self.outputs.files().filter(|(_, out)| !out.is_kept && out.file.len() > 0);
            let vendors: Vec<Vendor> = not_kept.filter_map(|(vendor, _)| vendor.cloned()).collect();
            for vendor in vendors {
                self.roll(Some(&vendor))?;
            }
        }
        self.save()
    }

    fn roll(&mut self, vendor: Option<&Vendor>) -> io::Result<PathBuf> {
        self.save()?;
        let (owner, when) = (vendor.map_or(line::LMGRD, Vendor::as_str), self.clock.for_a_name());
        let out = self.outputs.of(vendor).ok_or_else(|| io::Error::other("no such log is written"))?;
        let path = out.roll(owner, &host_in_a_name(&self.setup.host), &when, self.setup.keep)?;
        self.save()?;
        Ok(path)
    }
}

/// A host's name as part of a file's.
fn host_in_a_name(host: &str) -> String {
    host.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' }).collect()
}

/// `{"schema":"seatkeeper.events/1","seq":1,"time":"…","kind":"…","fields":{…}}`, as `seatkeeper events --json`.
fn json_line(out: &mut Vec<u8>, happened: &Happened<'_>) {
    let mut fields = Vec::new();
    let mut scratch = String::new();
    let kind = crate::fields(happened, &mut |name, value| {
        crate::json::field(&mut fields, &mut scratch, name, value);
    });
    fields.pop();
    let time = Timestamp::from_millisecond(happened.record.at.0).unwrap_or_default();
    let (seq, head) = (happened.record.seq, "{\"schema\":\"seatkeeper.events/1\",\"seq\":");
    out.extend_from_slice(
        format!("{head}{seq},\"time\":\"{time}\",\"kind\":\"{kind}\",\"fields\":{{").as_bytes(),
    );
    out.extend_from_slice(&fields);
    out.extend_from_slice(b"}}");
}

fn journal_fields(out: &mut Vec<u8>, message: &[u8], happened: Option<&Happened<'_>>) {
    journald::field(out, "MESSAGE", message);
    journald::field(out, "PRIORITY", b"6");
    journald::field(out, "SYSLOG_IDENTIFIER", b"seatkeeperd");
    let Some(happened) = happened else { return };
    let kind = crate::fields(happened, &mut |name, value| {
        let name = format!("SEATKEEPER_{}", name.to_ascii_uppercase());
        journald::field(out, &name, value.to_string().as_bytes());
    });
    journald::field(out, "SEATKEEPER_KIND", kind.as_bytes());
    journald::field(out, "SEATKEEPER_SEQ", happened.record.seq.to_string().as_bytes());
}

impl Sink for DebugLog {
    fn name(&self) -> &'static str {
        "debug log"
    }

    fn upto(&self) -> Seq {
        self.durable
    }

    fn take(&mut self, happened: &Happened<'_>, told: &Told) -> io::Result<()> {
        let record = happened.record;
        self.revocations.note(happened, told);
        if record.seq <= self.taken {
            return Ok(());
        }
        self.is_busy = true;
        self.clock.turn(record.at);
        self.of_the_host(happened, told)?;
        self.clock.turn(record.at);
        if self.setup.format == LogFormat::Json {
            self.json(happened, told)?;
        } else {
            if traffic::is_traffic(&record.event) {
                self.stamp(record.at)?;
            }
            self.seats(happened, told)?;
        }
        self.taken = record.seq;
        // What a start says is not written yet, and its event is taken.
        if !self.host.is_starting()
            && let Some(vendor) = self.outputs.too_long()
        {
            self.roll(vendor.as_ref())?;
        }
        Ok(())
    }

    fn gap(&mut self, from: Seq, to: Seq, now: Wall) -> io::Result<()> {
        self.clock.turn(now);
        if self.setup.format == LogFormat::Json {
            let text = format!(
                "{{\"schema\":\"seatkeeper.events/1\",\"kind\":\"gap\",\"from\":{from},\"to\":{to}}}"
            );
            self.text.clear();
            self.text.extend_from_slice(text.as_bytes());
            self.put(None, None)?;
        } else {
            self.say(None, &format!("events {from} to {to} were not kept: they are missing here"))?;
        }
        self.taken = self.taken.max(to);
        Ok(())
    }

    fn settle(&mut self, now: Wall) -> io::Result<()> {
        self.say_started()?;
        // While events come, theirs is the time.
        if !std::mem::take(&mut self.is_busy) && self.clock.stamped().is_some() {
            self.clock.turn(now);
            self.stamp(now)?;
        }
        let is_other = self.outputs.follow()?;
        if is_other {
            self.save()?;
        }
        self.outputs.write_out()?;
        let since = self.saved.map_or(i64::MAX, |saved| now.0.saturating_sub(saved.0));
        let due = if self.outputs.is_dirty() { SYNC_EVERY_MS } else { NOTE_EVERY_MS };
        let is_news = self.outputs.is_dirty() || self.taken > self.durable;
        if is_news && (since >= due || since < 0) {
            self.saved = Some(now);
            self.save()?;
        }
        Ok(())
    }

    fn close(&mut self, now: Wall) -> io::Result<()> {
        self.settle(now)?;
        self.save()
    }

    fn order(&mut self, order: &Order, now: Wall) -> Option<Result<Done, String>> {
        match order {
            Order::SwitchLog { vendor, path } => {
                let started = self.say_started();
                self.clock.turn(now);
                Some(
                    started
                        .map_err(|error| error.to_string())
                        .and_then(|()| self.switch(vendor.as_deref(), path.as_deref())),
                )
            }
            Order::SwitchReport { .. } => None,
        }
    }
}
