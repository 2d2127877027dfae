//! The second pass: each event is asked of the engine, and the answers are held against the log's.

mod granted;
mod line;

use std::net::IpAddr;

use names::{Code, Feature, SeatCount, Version, Wall};
use service::{Refused, Rehearsal, Taken, Took, Wanted};

use self::line::{Line, Wait};
use super::found::{Difference, Found, Use, What};
use super::ledger::{Held, Id, Key, Ledger};
use super::log::Entry;
use super::site::Site;
use super::survey::Survey;
use crate::fail::Failure;
use crate::flexlog::{Event, Kind, Says};

/// A replay.
#[derive(Debug)]
pub(crate) struct Replay<'a> {
    site: &'a Site,
    rehearsal: Rehearsal,
    /// What the log says is out: with the seats that are held here, unless they were refused.
    ledger: Ledger<Option<Taken>>,
    /// Who waits.
    line: Line,
    found: Found,
}

/// An event of a vendor whose lines there are.
#[derive(Debug, Clone, Copy)]
struct At<'a> {
    entry: &'a Entry<'a>,
    event: &'a Event<'a>,
    key: Key,
    data: Option<Id>,
    seats: u32,
}

/// Who asks for what, by name.
struct Ask<'a> {
    key: Key,
    seats: u32,
    data: Option<&'a str>,
    version: Option<&'a str>,
    project: &'a str,
    address: Option<IpAddr>,
    waits: bool,
}

impl<'a> Replay<'a> {
    /// Nobody holds anything. So many differences are kept.
    pub(crate) fn new(site: &'a Site, begin: Wall, room: usize) -> Result<Self, Failure> {
        let rehearsal = Rehearsal::new(site.in_force.clone(), begin)
            .map_err(|invalid| Failure::new(Code::BadParameter, invalid.to_string(), ""))?;
        let found = Found { room, ..Found::default() };
        Ok(Self { site, rehearsal, ledger: Ledger::default(), line: Line::default(), found })
    }

    /// Takes what was held before the log began.
    pub(crate) fn held_before(&mut self, survey: &Survey) {
        for (key, seats, data) in &survey.held {
            let name = |id| survey.names.name(id);
            let key = Key {
                vendor: key.vendor,
                feature: self.found.names.id(name(key.feature)),
                user: self.found.names.id(name(key.user)),
                host: self.found.names.id(name(key.host)),
            };
            let words = data.map(name);
            let data = words.map(|words| self.found.names.id(words));
            if SeatCount::new(u64::from(*seats)).is_err() || !self.feature(key) {
                continue;
            }
            self.found.held_before += u64::from(*seats);
            self.found.there(key, *seats, true);
            let ask = Ask {
                key,
                seats: *seats,
                data: words,
                version: None,
                project: "",
                address: None,
                waits: false,
            };
            let of = match self.ask(&ask) {
                Some(Took::Seats(taken)) => {
                    self.found.here(key, *seats, true);
                    Some(taken)
                }
                Some(Took::Refused(refused)) => {
                    self.found.refused(&refused, false);
                    let difference = Difference {
                        what: What::RefusedHere,
                        place: None,
                        moment: survey.first,
                        kind: Kind::Out,
                        key,
                        seats: *seats,
                        code_there: None,
                        code_here: Some(refused.code.number()),
                        here: refused.why.clone(),
                        cause: Some(refused.cause.clone()),
                        rule: refused.rule.as_deref().map(ToOwned::to_owned),
                    };
                    self.found.differs(difference);
                    None
                }
                _ => None,
            };
            self.ledger.put(key, Held { seats: *seats, data, handle: None, of });
        }
    }

    /// The next line.
    pub(crate) fn entry(&mut self, entry: &Entry<'_>) {
        let Some(line) = &entry.line else { return self.found.unread(entry.place, entry.text) };
        self.found.last = Some(entry.moment);
        match (line.says, self.site.vendor_of(line.daemon)) {
            (Says::Garbled, _) => self.found.unread(entry.place, entry.text),
            (Says::Event(_), None) => self.found.other(line.daemon),
            (Says::Started, Some(vendor)) if !self.site.is_copy(line.daemon, vendor) => {
                self.started(vendor, entry.wall);
            }
            (Says::Event(event), Some(vendor)) => {
                let names = &mut self.found.names;
                let key = Key {
                    vendor,
                    feature: names.id(event.feature),
                    user: names.id(event.user),
                    host: names.id(event.host),
                };
                let data = event.data.map(|data| names.id(data));
                let seats = event.seats.unwrap_or(1).max(1);
                if SeatCount::new(u64::from(seats)).is_err() || !self.feature(key) {
                    return self.found.unread(entry.place, entry.text);
                }
                *self.found.events.entry(event.kind).or_default() += 1;
                self.go_on(entry.wall);
                let at = At { entry, event: &event, key, data, seats };
                match event.kind {
                    Kind::Out => self.out(&at),
                    Kind::In => self.back(&at),
                    Kind::Denied | Kind::Unsupported => self.denied(&at),
                    Kind::Queued => self.queued(&at),
                    Kind::Dequeued => self.line.leaves(key, entry.wall),
                }
            }
            _ => {}
        }
    }

    /// What was found.
    pub(crate) fn finish(self) -> Found {
        self.found
    }

    /// Time passes: what was in line may have its seats; who left the line without them is gone.
    fn go_on(&mut self, at: Wall) {
        for (key, seats, wait) in self.line.gone(at) {
            match wait {
                Wait::InLine(place) => self.rehearsal.leave(place),
                Wait::Granted(taken) => {
                    self.found.here(key, seats, false);
                    self.rehearsal.give_back(&taken);
                }
            }
            self.settle();
        }
        self.rehearsal.go_on(at);
        self.settle();
    }

    fn settle(&mut self) {
        let settled: Vec<_> = self.rehearsal.take_settled().collect();
        for (place, taken) in settled {
            let is_granted = taken.is_some();
            if let Some((key, seats)) = self.line.settled(place, taken)
                && is_granted
            {
                self.found.here(key, seats, true);
            }
        }
    }

    /// A daemon began anew: nobody has its seats.
    fn started(&mut self, vendor: usize, at: Wall) {
        self.go_on(at);
        for (key, held) in self.ledger.clear(vendor) {
            self.found.freed_by_start += u64::from(held.seats);
            self.returned(key, &held);
        }
        for (key, seats, wait) in self.line.clear(vendor) {
            match wait {
                Wait::InLine(place) => self.rehearsal.leave(place),
                Wait::Granted(taken) => {
                    self.found.here(key, seats, false);
                    self.rehearsal.give_back(&taken);
                }
            }
        }
        self.settle();
    }

    /// Granted there.
    fn out(&mut self, at: &At<'_>) {
        self.found.there(at.key, at.seats, true);
        let of = match self.line.take(at.key, at.seats) {
            Some(Wait::Granted(taken)) => {
                self.found.same_grants += 1;
                Some(taken)
            }
            Some(Wait::InLine(place)) => {
                self.rehearsal.leave(place);
                let here = "it still waits in line".to_owned();
                self.differs(at, What::WaitsHere, here, None);
                None
            }
            None => match self.ask(&at.ask(false)) {
                Some(Took::Seats(taken)) => {
                    self.found.same_grants += 1;
                    self.found.here(at.key, at.seats, true);
                    Some(taken)
                }
                Some(Took::Refused(refused)) => {
                    self.refused_otherwise(at, What::RefusedHere, &refused);
                    None
                }
                _ => None,
            },
        };
        let handle = at.event.verbose.map(|verbose| verbose.handle.into());
        self.ledger.put(at.key, Held { seats: at.seats, data: at.data, handle, of });
    }

    /// Came back there.
    fn back(&mut self, at: &At<'_>) {
        let handle = at.event.verbose.map(|verbose| verbose.handle);
        let back = self.ledger.take(at.key, at.seats, at.data, handle);
        self.found.without_out += u64::from(back.missing > 0);
        let last = back.held.len().saturating_sub(1);
        for (n, held) in back.held.iter().enumerate() {
            self.found.passed_over += u64::from(held.of.is_none());
            self.returned(at.key, held);
            if n == last && back.rest > 0 {
                self.keeps(at, held, back.rest);
            }
        }
        self.settle();
    }

    /// A part of a checkout came back: the rest of it is another one.
    fn keeps(&mut self, at: &At<'_>, held: &Held<Option<Taken>>, seats: u32) {
        self.found.there(at.key, seats, true);
        let took = if held.of.is_some() { self.ask(&Ask { seats, ..at.ask(false) }) } else { None };
        let of = match took {
            Some(Took::Seats(taken)) => {
                self.found.here(at.key, seats, true);
                Some(taken)
            }
            Some(Took::Refused(refused)) => {
                self.refused_otherwise(at, What::RefusedHere, &refused);
                None
            }
            _ => None,
        };
        self.ledger.put(at.key, Held { seats, data: held.data, handle: held.handle.clone(), of });
    }

    fn returned(&mut self, key: Key, held: &Held<Option<Taken>>) {
        self.found.there(key, held.seats, false);
        if let Some(taken) = &held.of {
            self.found.here(key, held.seats, false);
            self.rehearsal.give_back(taken);
        }
    }

    /// Refused there.
    fn denied(&mut self, at: &At<'_>) {
        match self.ask(&at.ask(false)) {
            Some(Took::Refused(refused)) => {
                if at.event.code.is_none_or(|code| code == refused.code.number()) {
                    self.found.same_denials += 1;
                    self.found.refused(&refused, true);
                } else {
                    self.refused_otherwise(at, What::OtherCode, &refused);
                }
            }
            Some(Took::Seats(taken)) => {
                let here = granted::words(self.rehearsal.figures(&taken.pool).as_ref(), at.event.code);
                self.rehearsal.give_back(&taken);
                self.settle();
                self.differs(at, What::GrantedHere, here, None);
            }
            _ => {}
        }
    }

    /// Put in line there.
    fn queued(&mut self, at: &At<'_>) {
        match self.ask(&at.ask(true)) {
            Some(Took::Place(place)) => {
                self.found.same_queued += 1;
                self.line.put(at.key, at.seats, Wait::InLine(place));
            }
            Some(Took::Seats(taken)) => {
                let here = granted::words(self.rehearsal.figures(&taken.pool).as_ref(), None);
                self.found.here(at.key, at.seats, true);
                self.line.put(at.key, at.seats, Wait::Granted(taken));
                self.differs(at, What::GrantedHere, here, None);
            }
            Some(Took::Refused(refused)) => self.refused_otherwise(at, What::NoPlaceHere, &refused),
            None => {}
        }
    }

    fn refused_otherwise(&mut self, at: &At<'_>, what: What, refused: &Refused) {
        self.found.refused(refused, false);
        self.differs(at, what, refused.why.clone(), Some(refused));
    }

    fn differs(&mut self, at: &At<'_>, what: What, here: String, refused: Option<&Refused>) {
        self.found.differs(Difference {
            what,
            place: Some(at.entry.place),
            moment: Some(at.entry.moment),
            kind: at.event.kind,
            key: at.key,
            seats: at.seats,
            code_there: at.event.code,
            code_here: refused.map(|refused| refused.code.number()),
            here,
            cause: refused.map(|refused| refused.cause.clone()),
            rule: refused.and_then(|refused| refused.rule.as_deref()).map(ToOwned::to_owned),
        });
    }

    /// Notes the feature; false where no license could have one of that name.
    fn feature(&mut self, key: Key) -> bool {
        let at = (key.vendor, key.feature);
        if let Some(known) = self.found.features.get_mut(&at) {
            known.events += 1;
            return true;
        }
        let Ok(feature) = Feature::new(self.found.names.name(key.feature)) else { return false };
        let Some(vendor) = self.site.vendors.get(key.vendor) else { return false };
        let is_licensed = self.site.has(key.vendor, &feature);
        let seats = self.rehearsal.seats_of(vendor, &feature);
        self.found.features.insert(at, Use { is_licensed, seats, events: 1, ..Use::default() });
        true
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Option<Took> {
        let names = &self.found.names;
        let name = |id| names.name(id);
        let wanted = Wanted {
            user: name(ask.key.user),
            host: name(ask.key.host),
            project: ask.project,
            address: ask.address,
            vendor: self.site.vendors.get(ask.key.vendor)?,
            feature: &Feature::new(name(ask.key.feature)).ok()?,
            version: &ask.version.and_then(|text| Version::new(text).ok()).or(Version::new("0").ok())?,
            seats: SeatCount::new(u64::from(ask.seats)).ok()?,
            data: ask.data,
            waits: ask.waits,
        };
        let took = self.rehearsal.take(&wanted);
        self.settle();
        Some(took)
    }
}

impl At<'_> {
    fn ask(&self, waits: bool) -> Ask<'_> {
        let verbose = self.event.verbose;
        Ask {
            key: self.key,
            seats: self.seats,
            data: self.event.data,
            version: verbose.map(|verbose| verbose.version),
            project: verbose.map_or("", |verbose| verbose.project),
            address: verbose.map(|verbose| verbose.address),
            waits,
        }
    }
}
