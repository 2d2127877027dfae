//! What the console asks of it.

use std::sync::Arc;

use desk::{Actor, Assigned, Command, Context, Decision, Desk, Owned, Refusal, Role, SeatChange};
use names::{Email, Vendor, Wall};

use super::FakeHost;
use crate::{
    Audit, AuditLine, Chain, Denial, Done, Holder, Host, HostError, Later, Line, OptionsFile, Overview,
    PackCheck, Paged, Pool, Query, Tried, Usage, UsagePoint, Waiting, token,
};

fn now<'a, T: Send + 'a>(answer: T) -> Later<'a, T> {
    Box::pin(std::future::ready(answer))
}

fn paged<T: Clone>(
    rows: &[T],
    query: &Query,
    feature: impl Fn(&T) -> String,
    text: impl Fn(&T) -> String,
) -> Paged<T> {
    let wanted = query.search.to_lowercase();
    let is_found = |row: &&T| {
        (query.feature.is_empty() || feature(row) == query.feature)
            && text(row).to_lowercase().contains(&wanted)
    };
    let found: Vec<&T> = rows.iter().filter(is_found).collect();
    let total = found.len();
    Paged { rows: found.into_iter().skip(query.skip).take(query.take).cloned().collect(), total }
}

impl FakeHost {
    fn decide(&self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let data = self.data();
        let vendor = Vendor::new("acmed").ok();
        let context = Context {
            now: self.now,
            role: self.role,
            vendor: vendor.as_ref(),
            vendor_key: None,
            host_key: None,
            host: None,
            owned: &data.owned,
            assigned: &data.assigned,
            borrowed: &[],
            support: "support@example.net",
        };
        data.desk.decide(&context, actor, command)
    }

    fn seat(&self, change: SeatChange) {
        let mut data = self.data();
        match change {
            SeatChange::Assign(row) => {
                data.assigned.retain(|old| old.pool != row.pool || old.email != row.email);
                data.assigned.push(row);
            }
            SeatChange::Unassign { pool, email } => {
                data.assigned.retain(|old| old.pool != pool || old.email != email);
            }
            SeatChange::SetLogin { email, token_hash } => {
                data.logins.retain(|(_, whose)| *whose != email);
                data.logins.push((token_hash, email));
            }
            SeatChange::DropLogin(email) => data.logins.retain(|(_, whose)| *whose != email),
        }
    }
}

impl Host for FakeHost {
    fn now(&self) -> Wall {
        self.now
    }

    fn role(&self) -> Role {
        self.role
    }

    fn vendor(&self) -> Option<Vendor> {
        Vendor::new("acmed").ok()
    }

    fn support(&self) -> String {
        "support@example.net".into()
    }

    fn version(&self) -> String {
        "Seatkeeper 0.1.0".into()
    }

    fn identity(&self) -> (String, String) {
        ("0a1b2c3d4e5f".into(), "bm90IGEga2V5".into())
    }

    fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.data().desk)
    }

    fn owned(&self) -> Arc<[Owned]> {
        self.data().owned.clone().into()
    }

    fn assigned(&self) -> Vec<Assigned> {
        self.data().assigned.clone()
    }

    fn login(&self, token_hash: &[u8; 32]) -> Option<Email> {
        self.data().logins.iter().find(|(hash, _)| hash == token_hash).map(|(_, email)| email.clone())
    }

    fn token_of(&self, email: &Email) -> Option<[u8; 32]> {
        self.data().logins.iter().find(|(_, whose)| whose == email).map(|(hash, _)| *hash)
    }

    fn show_set_up(&self, token: &str) {
        self.data().set_up = Some(token.to_owned());
    }

    fn note(&self, actor: &Actor, deed: &'static str, about: &str) {
        self.data().notes.push((actor.to_string(), deed.into(), about.into()));
    }

    fn act(&self, actor: Actor, command: Command) -> Later<'_, Result<Done, Refusal>> {
        let done = self.decide(&actor, command).map(|decision| {
            self.apply(&decision.changes);
            decision.seats.into_iter().for_each(|change| self.seat(change));
            self.data().changes += 1;
            Done { case: decision.case, said: decision.said }
        });
        now(done)
    }

    fn preview(&self, actor: Actor, command: Command) -> Later<'_, Result<Vec<String>, Refusal>> {
        now(self.decide(&actor, command).map(|decision| decision.said))
    }

    fn pools(&self, query: &Query) -> Paged<Pool> {
        paged(&self.data().pools, query, |pool| pool.id.feature().to_string(), |pool| pool.id.to_string())
    }

    fn holders(&self, query: &Query) -> Paged<Holder> {
        let text = |row: &Holder| {
            format!(
                "{} {} {} {} {} {}",
                row.user, row.host, row.display, row.application, row.grant, row.pool
            )
        };
        paged(&self.data().holders, query, |row| row.pool.feature().to_string(), text)
    }

    fn holder(&self, grant: u64) -> Option<Holder> {
        self.data().holders.iter().find(|holder| holder.grant == grant).cloned()
    }

    fn overview(&self, query: &Query) -> Overview {
        let (pools, data) = (self.pools(query), self.data());
        Overview { pools, seats: data.holders.len(), waiting: data.waiting.len() }
    }

    fn waiting(&self, query: &Query) -> Paged<Waiting> {
        paged(
            &self.data().waiting,
            query,
            |row| row.feature.clone(),
            |row| format!("{} {} {}", row.user, row.host, row.feature),
        )
    }

    fn denials(&self, query: &Query) -> Paged<Denial> {
        let text = |row: &Denial| format!("{} {} {} {}", row.user, row.host, row.feature, row.why);
        paged(&self.data().denials, query, |row| row.feature.clone(), text)
    }

    fn change(&self) -> u64 {
        self.data().changes
    }

    fn usage(
        &self,
        feature: String,
        from: Wall,
        to: Wall,
        steps: u32,
    ) -> Later<'_, Result<Usage, HostError>> {
        let step_ms = u64::try_from((to.0 - from.0) / i64::from(steps.max(1))).unwrap_or_default().max(1);
        let point = |n: u32| {
            let wave = f64::from(n % 24) / 24.0 * std::f64::consts::TAU;
            let mean = 20.0 - 15.0 * wave.cos();
            UsagePoint {
                at: Wall(from.0 + i64::from(n) * i64::try_from(step_ms).unwrap_or_default()),
                peak: mean as u32 + 5,
                mean,
                denials: u32::from(n.is_multiple_of(11)) * 3,
                capacity: 50,
            }
        };
        now(Ok(Usage { feature, points: (0..steps).map(point).collect(), step_ms }))
    }

    fn reclaim(&self, by: Email, grant: u64) -> Later<'_, Result<(), HostError>> {
        let mut data = self.data();
        let before = data.holders.len();
        data.holders.retain(|row| row.grant != grant);
        data.changes += 1;
        let is_gone = data.holders.len() < before;
        data.notes.push((by.to_string(), "reclaim".into(), grant.to_string()));
        now(if is_gone { Ok(()) } else { Err(HostError("-45: nobody has this seat".into())) })
    }

    fn reread(&self, _by: Email) -> Later<'_, Result<Vec<Line>, HostError>> {
        now(Ok(vec![Line { kind: "note", text: "nothing changed".into() }]))
    }

    fn options(&self) -> Later<'_, Result<Vec<OptionsFile>, HostError>> {
        let text = self.data().options.clone();
        let version = token::hex(&token::hash(&text));
        now(Ok(vec![OptionsFile { vendor: "acmed".into(), name: Some("acmed.opt".into()), text, version }]))
    }

    fn check_options(&self, _vendor: String, text: String) -> Later<'_, Result<Vec<Line>, HostError>> {
        let wrong = |(n, line): (usize, &str)| {
            let is_right = line.is_empty() || line.starts_with('#') || line.starts_with("MAX ");
            (!is_right).then(|| Line {
                kind: "error",
                text: format!("acmed.opt:{}: this is no rule: {line}", n + 1),
            })
        };
        now(Ok(text.lines().enumerate().filter_map(wrong).collect()))
    }

    fn try_options(
        &self,
        _vendor: String,
        text: String,
        user: String,
        host: String,
        feature: String,
    ) -> Later<'_, Result<Tried, HostError>> {
        let is_granted = !text.contains(&format!("EXCLUDE {feature} USER {user}"));
        now(Ok(Tried { is_granted, why: format!("{user}@{host} and {feature}: acmed.opt:2") }))
    }

    fn save_options(
        &self,
        _by: Email,
        _vendor: String,
        version: String,
        text: String,
    ) -> Later<'_, Result<Vec<Line>, HostError>> {
        let mut data = self.data();
        if version != token::hex(&token::hash(&data.options)) {
            return now(Err(HostError("the file was changed since it was looked at".into())));
        }
        data.options = text;
        data.changes += 1;
        now(Ok(vec![Line { kind: "change", text: "the options file is in force".into() }]))
    }

    fn check_pack(&self, bytes: Vec<u8>) -> Later<'_, Result<PackCheck, HostError>> {
        let lines =
            vec![Line { kind: "error", text: format!("{} bytes that are no signed pack", bytes.len()) }];
        now(Ok(PackCheck { lines, pack: None, company: None, owned: Vec::new() }))
    }

    fn audit(&self, query: Query) -> Later<'_, Result<Audit, HostError>> {
        let data = self.data();
        let line = |(seq, (by, deed, about)): (usize, &(String, String, String))| AuditLine {
            line: seq as u64 + 1,
            seq: seq as u64 + 1,
            at: self.now,
            by: by.clone(),
            what: format!("{deed} {about}"),
        };
        let mut rows: Vec<AuditLine> = data.notes.iter().enumerate().map(line).collect();
        rows.reverse();
        let part = paged(&rows, &query, |_| String::new(), |row| format!("{} {}", row.by, row.what));
        now(Ok(Audit { rows: part.rows, total: part.total, is_cut: false }))
    }

    fn chain(&self) -> Later<'_, Chain> {
        let data = self.data();
        let signed = data.notes.len() as u64;
        now(data.chain.clone().unwrap_or(Chain::Whole { first: 1, signed }))
    }
}
