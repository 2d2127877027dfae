//! Asking those who hold a feature to give a seat back.

use std::sync::Arc;

use names::{Code, Feature, Millis, Now, PoolId, SessionId};
use seats::{Answer, Command, Denial, Detail, Record};

use super::Engine;
use crate::ask::Reply;
use crate::news::News;

/// How long somebody who asked colleagues waits before they may ask again.
const ASK_AGAIN: Millis = Millis(60_000);

impl Engine {
    /// Has the holders of a feature told, but those of pools with a NO_ASK line.
    pub(super) fn ask_colleagues(
        &mut self,
        now: Now,
        session: SessionId,
        feature: &Feature,
        out: &mut Vec<Record>,
    ) -> Reply {
        if self.asked.get(&session).is_some_and(|at| now.mono.since(*at).0 < ASK_AGAIN.0) {
            let detail = Detail::Limit("colleagues were asked less than a minute ago; ask again in a minute");
            return denied(Code::Busy, detail);
        }
        let answer = self.step(now, Command::Ask { session, feature: feature.clone() }, out);
        let Answer::Asked(mut holders) = answer else { return Reply::of(answer) };
        let silent = self.in_force.policy.no_ask(feature);
        holders.retain(|holder| self.may_be_told(*holder, feature, &silent));
        if let Some((_, rule)) = silent.first().filter(|_| holders.is_empty()) {
            let why = format!("those who hold {feature} are not told who waits, by {rule}");
            return denied(Code::UnsupportedRequest, Detail::Barred(why.into()));
        }
        if let Some((row, _)) = self.state.session(session) {
            self.asked.insert(session, now.mono);
            let (user, host) = (&row.identity.user, &row.identity.host);
            let wanted = |holder: &SessionId| {
                let (feature, user, host) = (feature.clone(), user.clone(), host.clone());
                (*holder, News::Wanted { feature, user, host })
            };
            self.news.extend(holders.iter().map(wanted));
        }
        Reply::of(Answer::Asked(holders))
    }

    /// Whether a session keeps a seat of a feature in a pool whose holders may be told.
    fn may_be_told(&self, holder: SessionId, feature: &Feature, silent: &[(PoolId, Arc<str>)]) -> bool {
        let floating = self.state.held(holder).filter(|held| held.until.is_none());
        let mut of_feature = floating.filter(|held| held.pool.feature() == feature);
        of_feature.any(|held| silent.iter().all(|(pool, _)| *pool != held.pool))
    }
}

fn denied(code: Code, detail: Detail) -> Reply {
    Reply::of(Answer::Denied(Box::new(Denial { code, detail, figures: None })))
}
