//! What entitlements say, in words, and tables of them.

use std::fmt::Write as _;

use license::{Entitlement, Listed, Maintenance, Rules, Source, Suite, TerminalServer, VmPlatforms};
use names::{Code, ConfigId, Expiry, Wall};

use super::{json, place};

/// Columns that a text takes at most; what is one word may be longer.
const WIDTH: usize = 110;

/// A row of a table, and what is said below it.
pub(crate) struct Row {
    pub(crate) cells: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// A table, two blanks before every line.
pub(crate) fn table(head: &[&str], rows: &[Row]) -> String {
    let head = head.iter().map(|cell| (*cell).to_owned()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&head).chain(rows.iter().map(|row| &row.cells)).collect();
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    let line = |text: &mut String, cells: &[String]| {
        let Some((last, cells)) = cells.split_last() else { return };
        let cells: Vec<_> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}  ")).collect();
        let before = format!("  {}", cells.concat());
        // A long last column goes on below itself.
        let after = " ".repeat(before.chars().count());
        let mut wrapped = String::new();
        wrap(&mut wrapped, last, &after);
        let rest = wrapped.get(after.len()..).unwrap_or_default();
        let _ = writeln!(text, "{}", format!("{before}{rest}").trim_end());
    };
    line(&mut text, &head);
    for row in rows {
        line(&mut text, &row.cells);
        if !row.notes.is_empty() {
            wrap(&mut text, &row.notes.join("; "), "      ");
        }
    }
    text
}

/// A text in lines of a bounded width, each with what stands before it.
pub(super) fn wrap(text: &mut String, words: &str, before: &str) {
    let mut line = before.to_owned();
    let mut is_empty = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            let _ = writeln!(text, "{line}");
            line = before.to_owned();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(text, "{line}");
}

/// The last day, and whether it may be used now.
pub(super) fn until(e: &Entitlement, now: Wall) -> String {
    match json::standing(e, now) {
        "expired" => format!("{} (past: -10)", e.expiry),
        "not_yet" => format!("{} (not yet: -31)", e.expiry),
        _ => e.expiry.to_string(),
    }
}

/// The same in a sentence.
pub(super) fn lasts(e: &Entitlement, now: Wall) -> String {
    match e.expiry {
        Expiry::Permanent => until(e, now),
        Expiry::On(_) => format!("expires {}", until(e, now)),
    }
}

/// The seats as a column shows them.
pub(super) fn seats(e: &Entitlement) -> String {
    e.seats.map_or("uncounted".to_owned(), |seats| seats.to_string())
}

/// `FLOATING` as people write it.
pub(super) fn kind(e: &Entitlement) -> String {
    e.kind.to_string().to_ascii_lowercase()
}

/// The configuration; nothing stands for one where a line without a number is in no pack.
pub(super) fn config(e: &Entitlement) -> String {
    match (&e.config, &e.pack) {
        (ConfigId::OfPack(_), None) => "none".to_owned(),
        (config, _) => config.to_string(),
    }
}

/// The first of the machines, and how many more there are.
pub(super) fn cpus(e: &Entitlement) -> String {
    match e.cpus.as_slice() {
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} +{}", rest.len()),
        [] => "none".to_owned(),
    }
}

/// All machines.
pub(super) fn cpus_all(e: &Entitlement) -> Vec<String> {
    e.cpus.iter().map(ToString::to_string).collect()
}

/// What a line says beside its columns.
pub(super) fn notes(e: &Entitlement, sources: &[Source]) -> Vec<String> {
    let mut notes = Vec::new();
    match (&e.config, &e.pack) {
        (ConfigId::OfPack(_), Some(pack)) => {
            notes.push(format!("no CONFIG_ID: a configuration of pack {pack}"));
        }
        (_, Some(pack)) => notes.push(format!("pack {pack}")),
        (_, None) => {}
    }
    notes.extend(e.start.map(|start| format!("from {start}")));
    notes.extend(rules(&e.rules));
    notes.extend(e.product_line.as_ref().map(|line| format!("product line {}", safe(line))));
    if let Some(modules) = &e.modules {
        let all: Vec<String> = modules.iter().map(|module| safe(module)).collect();
        notes.push(if all.is_empty() {
            "no modules".to_owned()
        } else {
            format!("modules {}", all.join(" "))
        });
    }
    notes.extend(e.maintenance.map(|maintenance| match maintenance {
        Maintenance::Active => "under maintenance".to_owned(),
        Maintenance::None => "without maintenance".to_owned(),
    }));
    notes.extend(e.vendor_string.as_ref().map(|text| format!("VENDOR_STRING {}", safe(text))));
    notes.extend(e.issued.map(|day| format!("issued {day}")));
    if e.sort != 100 {
        notes.push(format!("sort={}", e.sort));
    }
    belongs_to(e, sources, &mut notes);
    notes
}

/// What a line belongs together with.
fn belongs_to(e: &Entitlement, sources: &[Source], notes: &mut Vec<String>) {
    if let Some(packaged) = &e.packaged {
        let what = if packaged.is_suite { "the suite" } else { "of the package" };
        let how = match packaged.suite {
            Some(Suite::Shared) => ", a suite",
            Some(Suite::Reserved) => ", a suite that is reserved for its user",
            None => "",
        };
        notes.push(format!("{what} {}{how}", packaged.package));
    }
    if e.cpus.len() > 1 {
        let all: Vec<&str> = e.cpus.iter().map(names::CpuId::as_str).collect();
        notes.push(format!("workstations {}", all.join(" ")));
    }
    if !e.also_from.is_empty() {
        let places: Vec<String> = e.also_from.iter().map(|at| place(sources, *at)).collect();
        notes.push(format!("with {}", places.join(", ")));
    }
}

/// What restricts or widens the use of a line.
pub(super) fn rules(rules: &Rules) -> Vec<String> {
    let listed = |name: &str, who: &str, listed: Listed| match listed {
        Listed::AsSeats => format!("{name}: only for listed {who}, as many as seats"),
        Listed::AtMost(n) => format!("{name}={n}: only for listed {who}, {n} at most"),
    };
    let ids: Vec<&str> = rules.host_ids.iter().map(names::CpuId::as_str).collect();
    let all = [
        rules.borrow_hours.map(|hours| format!("BORROW {hours} h")),
        rules.borrow_lost_ok.then(|| "BORROW_LOST_OK".to_owned()),
        rules.dup_group.map(|group| format!("DUP_GROUP={group}")),
        rules.dup_limit.map(|n| format!("DUP_LIMIT {n} processes a seat")),
        rules.suite_dup_group.map(|group| format!("SUITE_DUP_GROUP={group}")),
        rules.float_ok.then(|| "FLOAT_OK".to_owned()),
        (!ids.is_empty()).then(|| format!("only at {}", ids.join(" "))),
        rules.host_based.map(|n| listed("HOST_BASED", "hosts", n)),
        rules.user_based.map(|n| listed("USER_BASED", "users", n)),
        rules.linger_s.map(|seconds| format!("LINGER {seconds} s")),
        rules.minimum.map(|n| format!("MINIMUM {n} seats a checkout")),
        rules.overdraft.map(|n| format!("OVERDRAFT {n} seats")),
        (!rules.platforms.is_empty()).then(|| format!("PLATFORMS {}", safe(&rules.platforms.join(" ")))),
        match rules.terminal_server {
            TerminalServer::No => None,
            TerminalServer::One => Some("ONE_TS_OK".to_owned()),
            TerminalServer::Yes => Some("TS_OK".to_owned()),
        },
        rules.time_zone.as_ref().map(|zone| format!("TZ {}", safe(zone))),
        rules.virtual_machines.map(|machines| match machines {
            VmPlatforms::Physical => "VM_PLATFORMS: no virtual machines".to_owned(),
            VmPlatforms::VmOnly => "VM_PLATFORMS: virtual machines only".to_owned(),
        }),
    ];
    all.into_iter().flatten().collect()
}

/// What to do about lines that are not served.
pub(super) fn remedy(code: Code) -> &'static str {
    match code {
        Code::NoSignature => {
            "ask the vendor to sign the license for Seatkeeper (the vendor does it with `seatkeeper license convert`)"
        }
        Code::WrongHost => "serve it on that machine, or ask the vendor to move the license",
        Code::NotServed => "ask the vendor for a line without it, or for a newer version of this program",
        _ => "see what `seatkeeper license check` says about it",
    }
}

/// Text from a file as it may be shown.
pub(super) fn safe(text: &str) -> String {
    client::shown(text, 200)
}
