//! How a line binds its seats: floating, locked to workstations, or assigned to people.

use std::ops::Range;

use names::{Code, CpuId, SeatCount};

use crate::SeatKind;
use crate::reader::{Reader, list};
use crate::rules::Rules;
use crate::source::quoted;
use crate::{OtherPlace, Severity};

/// The kind, and the workstations of a locked line. The machines that a floating line is limited to
/// go into `rules`.
pub(crate) fn read(
    reader: &mut Reader<'_, '_>,
    seats: Option<SeatCount>,
    rules: &mut Rules,
) -> (SeatKind, Vec<CpuId>) {
    let ids = reader.parsed("HOSTID", Code::BadSyntax, |text| list(text, CpuId::new)).unwrap_or_default();
    let anywhere = ids.iter().all(CpuId::is_any);
    let span = reader.attribute("HOSTID").map_or(reader.line.span.clone(), |word| word.span.clone());
    let kind = match reader.value("SEAT") {
        None if anywhere => SeatKind::Floating,
        None => return (SeatKind::Locked, locked(reader, false, ids, span, seats)),
        Some((word, value)) => match &*value {
            b"FLOATING" => {
                if !anywhere {
                    reader.leave_out(span, "floating lines for some workstations only are not served");
                }
                SeatKind::Floating
            }
            b"LOCKED" => return (SeatKind::Locked, locked(reader, true, ids, span, seats)),
            b"NAMED" => {
                reader.leave_out(word.span.clone(), "NAMED seats are not served");
                SeatKind::Named
            }
            other => {
                let message = format!("SEAT cannot be {}", quoted(other));
                let remedy = "write FLOATING, LOCKED or NAMED";
                reader.findings.error(Code::BadSyntax, word.span.clone(), message, remedy);
                SeatKind::Floating
            }
        },
    };
    if !anywhere {
        rules.host_ids = ids;
    }
    (kind, Vec::new())
}

/// A locked line: as many workstations as seats, each of them one machine (rule 2).
fn locked(
    reader: &mut Reader<'_, '_>,
    said: bool,
    ids: Vec<CpuId>,
    span: Range<u32>,
    seats: Option<SeatCount>,
) -> Vec<CpuId> {
    let person = |id: &&CpuId| ["USER=", "DISPLAY=", "INTERNET="].iter().any(|k| id.as_str().starts_with(k));
    let uncounted_demo = seats.is_none() && !said;
    let mut sorted: Vec<&CpuId> = ids.iter().collect();
    sorted.sort();
    sorted.dedup();
    let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
    let none = |id: &&CpuId| (id.is_any() || id.as_str() == "DEMO") && !uncounted_demo;
    if let Some(id) = ids.iter().find(none) {
        let message = format!("{id} is no workstation, so no seat can be locked to it");
        let remedy = "name each workstation's own host id";
        reader.findings.error(Code::Incompatible, span, message, remedy);
    } else if let Some(id) = ids.iter().find(person) {
        reader.leave_out(span, &format!("lines locked to {id}, which is no machine, are not served"));
    } else if ids.is_empty() || sorted.len() != ids.len() {
        let message = "rule 2: a locked line names every workstation once";
        let remedy = "write HOSTID=\"id1 id2 …\", one for each seat";
        reader.findings.error(Code::Incompatible, span, message, remedy);
    } else if let Some(seats) = seats.filter(|seats| seats.get() != count) {
        if said {
            say_count(reader, seats, count, span);
        } else {
            reader.leave_out(span, "lines that are shared by some workstations are not served");
        }
    }
    ids
}

fn say_count(reader: &mut Reader<'_, '_>, seats: SeatCount, count: u32, span: Range<u32>) {
    let field = reader.field_span(reader.fields.saturating_sub(1));
    let other = OtherPlace {
        file: reader.findings.file(),
        span: field.start as usize..field.end as usize,
        what: format!("{seats} seats"),
    };
    let message = format!("rule 2: {seats} locked seats, but {count} workstations");
    let remedy = "a locked configuration has as many seats as workstations";
    reader.findings.conflict(Severity::Error, span, other, message, remedy);
}
