//! What rules say of a session and a feature: asked once a license, then remembered.

use std::sync::Arc;

use names::WaiterId;

use crate::identity::Identity;
use crate::row::QuotaKind;
use crate::rules::Rules;
use crate::state::{FeatureIx, Session, State, Terms};

/// Features whose terms a session remembers.
const REMEMBERED: usize = 64;

impl State {
    /// Whether any rule is about a feature; found once a license.
    pub(crate) fn are_about(&mut self, feature: FeatureIx, rules: &dyn Rules) -> bool {
        let license = self.license;
        let Some(slot) = self.feature_mut(feature) else { return false };
        match slot.ruled {
            Some((under, are_about)) if under == license => are_about,
            _ => {
                let are_about = rules.are_about(&slot.name);
                slot.ruled = Some((license, are_about));
                are_about
            }
        }
    }

    /// The terms of the session in this place, remembered.
    pub(crate) fn terms(&mut self, place: u32, feature: FeatureIx, rules: &dyn Rules) -> Arc<[Terms]> {
        let license = self.license;
        let Some(known) = self.sessions.slot(place) else { return Arc::default() };
        if let Some(terms) = known.terms_of(feature, license) {
            return Arc::clone(terms);
        }
        let who = Arc::clone(&known.row.identity);
        let terms = self.terms_for(&who, feature, rules);
        if let Some(session) = self.sessions.slot_mut(place) {
            session.remember(feature, license, Arc::clone(&terms), REMEMBERED);
        }
        terms
    }

    /// The terms of one who waits and has the session in this place: what is known of others like them.
    pub(crate) fn terms_in_line(
        &mut self,
        waiter: WaiterId,
        place: u32,
        feature: FeatureIx,
        rules: &dyn Rules,
    ) -> Arc<[Terms]> {
        let is_known = |s: &Session| s.terms_of(feature, self.license).is_some();
        if !self.sessions.slot(place).is_some_and(is_known)
            && let Some(number) = rules.alike_in_line(waiter)
        {
            if let Some(known) = self.alike.get(&(number, feature)) {
                return Arc::clone(known);
            }
            let terms = self.terms(place, feature, rules);
            self.alike.insert((number, feature), Arc::clone(&terms));
            return terms;
        }
        self.terms(place, feature, rules)
    }

    /// The terms of anybody, asked now.
    pub(crate) fn terms_for(&self, who: &Identity, feature: FeatureIx, rules: &dyn Rules) -> Arc<[Terms]> {
        let Some(slot) = self.feature_at(feature) else { return Arc::default() };
        let said = rules.terms(who, &slot.name);
        let terms = said.into_iter().filter_map(|said| {
            let pool = self.pool_ix(&said.pool)?;
            let mut terms = Terms {
                pool,
                refused: said.refused,
                no_borrow: said.no_borrow,
                reserves: Vec::new(),
                maxima: Vec::new(),
            };
            for key in &said.quotas {
                let Some((id, quota)) =
                    self.quota_keys.get(key).and_then(|id| Some((id, self.quotas.get(id)?)))
                else {
                    continue;
                };
                match &quota.row.kind {
                    QuotaKind::Reserve(of) if *of == said.pool => terms.reserves.push(*id),
                    QuotaKind::Reserve(_) => {}
                    QuotaKind::Max => terms.maxima.push(*id),
                }
            }
            Some(terms)
        });
        terms.collect()
    }
}
