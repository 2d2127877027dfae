//! How a line binds its seats: floating, locked to workstations, or assigned to people.

use std::ops::Range;

use names::{Code, CpuId, SeatCount};

use crate::SeatKind;
use crate::reader::{Reader, list};
use crate::rules::Rules;
use crate::source::quoted;
use crate::{OtherPlace, Severity};

/// How a line binds its seats.
pub(crate) struct Binding {
    pub(crate) kind: SeatKind,
    /// What a locked line is locked to.
    pub(crate) workstations: Vec<CpuId>,
    /// Whether it says so: by `SEAT=`, by a machine for each seat, or by naming no machine at all.
    pub(crate) says_kind: bool,
}

impl Binding {
    fn said(kind: SeatKind, workstations: Vec<CpuId>) -> Self {
        Self { kind, workstations, says_kind: true }
    }
}

/// Reads `SEAT` and `HOSTID`. What a line that is not locked is limited to goes into `rules`.
pub(crate) fn read(reader: &mut Reader<'_, '_>, seats: Option<SeatCount>, rules: &mut Rules) -> Binding {
    let ids = reader.parsed("HOSTID", Code::BadSyntax, |text| list(text, CpuId::new)).unwrap_or_default();
    let span = reader.attribute("HOSTID").map_or(reader.line.span.clone(), |word| word.span.clone());
    let kind = match reader.value("SEAT") {
        None if ids.iter().all(CpuId::is_any) => SeatKind::Floating,
        None => return by_hosts(reader, ids, span, seats, rules),
        Some((word, value)) => match &*value {
            b"FLOATING" => SeatKind::Floating,
            b"LOCKED" => return Binding::said(SeatKind::Locked, locked(reader, ids, span, seats)),
            b"NAMED" => {
                if seats.is_none() {
                    reader.leave_out(word.span.clone(), "NAMED seats that are not counted are not served");
                }
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
    if seats.is_some() {
        no_demo(reader, &ids, &span);
    }
    if !ids.iter().any(CpuId::is_any) {
        rules.host_ids = ids;
    }
    Binding::said(kind, Vec::new())
}

/// A line that says by its `HOSTID` only what it is bound to. As many machines as seats: each has one.
/// Otherwise its seats are for any of them, as FlexNet has it.
fn by_hosts(
    reader: &mut Reader<'_, '_>,
    ids: Vec<CpuId>,
    span: Range<u32>,
    seats: Option<SeatCount>,
    rules: &mut Rules,
) -> Binding {
    let good = each_once(reader, &ids, &span) && (seats.is_none() || machines_only(reader, &ids, &span));
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let one_each = seats.is_none_or(|seats| seats.get() == count && ids.iter().all(is_machine));
    if one_each || !good {
        return Binding::said(SeatKind::Locked, ids);
    }
    rules.host_ids = ids;
    Binding { kind: SeatKind::Floating, workstations: Vec::new(), says_kind: false }
}

/// A line with `SEAT=LOCKED`: as many ids as seats, each of them one workstation, user or display (rule 2).
fn locked(
    reader: &mut Reader<'_, '_>,
    ids: Vec<CpuId>,
    span: Range<u32>,
    seats: Option<SeatCount>,
) -> Vec<CpuId> {
    if !machines_only(reader, &ids, &span) || !each_once(reader, &ids, &span) {
        return ids;
    }
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    let is_network = |id: &&CpuId| id.as_str().starts_with("INTERNET=") && id.as_str().contains('*');
    if let Some(seats) = seats.filter(|seats| seats.get() != count) {
        say_count(reader, seats, count, span);
    } else if let Some(id) = ids.iter().find(is_network).filter(|_| seats.is_some()) {
        reader.leave_out(span, &format!("seats locked to {id}, which is many machines, are not served"));
    }
    ids
}

/// Whether an id is one machine's, not a person's, a display's or an address's.
fn is_machine(id: &CpuId) -> bool {
    !["USER=", "DISPLAY=", "INTERNET="].iter().any(|key| id.as_str().starts_with(key))
}

/// No seat is locked to `ANY` or `DEMO`.
fn machines_only(reader: &mut Reader<'_, '_>, ids: &[CpuId], span: &Range<u32>) -> bool {
    let Some(id) = ids.iter().find(|id| id.is_any() || id.as_str() == "DEMO") else { return true };
    let message = format!("{id} is no workstation, so no seat can be locked to it");
    let remedy = "name each workstation's own host id";
    reader.findings.error(Code::Incompatible, span.clone(), message, remedy);
    false
}

/// A locked line names every workstation, and names it once.
fn each_once(reader: &mut Reader<'_, '_>, ids: &[CpuId], span: &Range<u32>) -> bool {
    let mut sorted: Vec<&CpuId> = ids.iter().collect();
    sorted.sort();
    sorted.dedup();
    if !ids.is_empty() && sorted.len() == ids.len() {
        return true;
    }
    let message = "rule 2: a locked line names every workstation once";
    let remedy = "write HOSTID=\"id1 id2 …\", one for each seat";
    reader.findings.error(Code::Incompatible, span.clone(), message, remedy);
    false
}

/// `DEMO` is for uncounted lines.
fn no_demo(reader: &mut Reader<'_, '_>, ids: &[CpuId], span: &Range<u32>) {
    if ids.iter().any(|id| id.as_str() == "DEMO") {
        let remedy = "name host ids, or ANY, or write the line as uncounted";
        reader.findings.error(Code::Incompatible, span.clone(), "DEMO is for uncounted lines", remedy);
    }
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
