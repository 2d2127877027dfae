//! On a host on which nobody has a seat: what `options try` says of somebody and a feature, what `explain`
//! says, and what a checkout is told and charged to.

use names::{ConfigId, SessionId};
use seats::{Checkout, Detail, Identity};
use service::{CountedRule, InForce, Question, TriedPool};

use super::Summary;
use super::host::{Host, Told, in_force};
use super::site::{FEATURES, NOON, Site, Wish, feature};

/// One seat of any version.
fn wish(feature: &'static str) -> Wish {
    Wish { feature, version: "0", seats: 1, config: None, data: None, queue: None, borrow: None, job: None }
}

/// Tries each of the people and features.
pub(super) fn look(site: &Site, options: usize, summary: &mut Summary) -> Result<(), String> {
    let in_force = in_force(site, options)?;
    for (who, person) in site.people.iter().enumerate() {
        // Nobody can be assigned a seat of a host that is not there.
        let nobody = Identity { email: None, ..person.clone() };
        for name in FEATURES {
            let one = One { in_force: &in_force, person: &nobody, name };
            one.look(summary).map_err(|what| format!("options file {options}, {who}, {name}: {what}"))?;
        }
    }
    Ok(())
}

/// One question.
struct One<'a> {
    in_force: &'a InForce,
    person: &'a Identity,
    name: &'static str,
}

impl One<'_> {
    fn look(&self, summary: &mut Summary) -> Result<(), String> {
        let Identity { user, host, display, project, platform, cpu, machine, address, .. } = self.person;
        let feature = feature(self.name);
        let question = Question {
            client: license::Client {
                user: user.as_str(),
                host: host.as_str(),
                display: display.as_str(),
                cpu,
                address: *address,
                platform: platform.as_str(),
                is_virtual: machine.is_virtual,
                is_remote: machine.is_remote,
                utc_offset_min: machine.utc_offset,
                server_utc_offset_min: 0,
            },
            project: project.as_str(),
            feature: &feature,
            at: NOON,
        };
        let trial = self.in_force.try_out(&question).map_err(|invalid| invalid.to_string())?;
        let said = match trial.answer {
            Ok(pool) => Told::Granted(pool),
            Err(denial) => Told::Denied(denial),
        };
        self.same(None, &said)?;
        for tried in &trial.pools {
            let config = tried.pool.config();
            if trial.pools.iter().filter(|other| other.pool.config() == config).count() > 1 {
                // It cannot be asked for alone.
                continue;
            }
            summary.tried += 1;
            if let Some(denial) = &tried.denied {
                *summary.refused.entry(denial.code.number()).or_default() += 1;
                self.same(Some(config), &Told::Denied(denial.clone()))?;
                continue;
            }
            let charges = self.same(Some(config), &Told::Granted(tried.pool.clone()))?;
            let expected = self.expected(tried);
            if charges != expected {
                return Err(format!("{tried:?} is charged to {charges:?}, and not to {expected:?}"));
            }
            summary.charged += charges.len() as u64;
            self.borrowed(tried)?;
        }
        Ok(())
    }

    fn host(&self) -> Host {
        Host::new(self.in_force.clone(), std::slice::from_ref(self.person))
    }

    /// Asks an empty host, by `explain` and for a seat; gives what the grant is charged to.
    fn same(&self, config: Option<&ConfigId>, said: &Told) -> Result<Charges, String> {
        let mut host = self.host();
        let ask = Checkout { config: config.cloned(), ..host.checkout(0, &wish(self.name)) };
        let explained = host.explained(0, &Checkout { session: SessionId(0), ..ask.clone() });
        let session = ask.session;
        let told = host.checked_out(ask);
        if *said != explained || *said != told {
            return Err(format!("{config:?}: tried as {said:?}, explained as {explained:?}, told {told:?}"));
        }
        Ok(host.charges(session).unwrap_or_default())
    }

    /// What a seat of an allowed pool is charged to: every MAX line, and the RESERVE lines in their order
    /// as far as it goes.
    fn expected(&self, tried: &TriedPool) -> Charges {
        let host = self.host();
        let row = host.engine.state().pool(&tried.pool).map(|(row, _)| row);
        let seats = row.map_or(1, |row| row.minimum.max(1));
        let mut charges = Charges::new();
        for of_suite in [false, true] {
            let of = |counted: &&CountedRule| counted.suite.is_some() == of_suite;
            let maxima = tried.counted.iter().filter(of).filter(|counted| counted.is_max);
            charges.extend(maxima.map(|counted| (true, counted.rule.to_string(), seats, of_suite)));
            let mut left = seats;
            for counted in tried.counted.iter().filter(of).filter(|counted| !counted.is_max) {
                let drawn = counted.in_force.min(left);
                left -= drawn;
                if drawn > 0 {
                    charges.push((false, counted.rule.to_string(), drawn, of_suite));
                }
            }
        }
        charges
    }

    /// A seat is borrowed unless a rule forbids it; then it is that rule that is told.
    fn borrowed(&self, tried: &TriedPool) -> Result<(), String> {
        let mut host = self.host();
        let wish = Wish { borrow: Some(1), ..wish(self.name) };
        let config = Some(tried.pool.config().clone());
        let ask = host.checkout(0, &wish);
        let told = host.checked_out(Checkout { config, ..ask });
        let by_rule = match &told {
            Told::Denied(denial) => match &denial.detail {
                Detail::Barred(why) => Some((denial.code, why.clone())),
                _ => None,
            },
            _ => None,
        };
        let said = tried.no_borrow.as_ref().map(|refusal| (refusal.code, refusal.why.clone()));
        if by_rule == said { Ok(()) } else { Err(format!("borrowing: tried as {said:?}, told {told:?}")) }
    }
}

/// Whether MAX, the rule, the seats, whether of the suite.
type Charges = Vec<(bool, String, u32, bool)>;
