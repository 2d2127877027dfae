//! What rules say of a session and a feature: asked once a license, then remembered.

use std::sync::Arc;

use crate::identity::Identity;
use crate::row::QuotaKind;
use crate::rules::Rules;
use crate::state::{FeatureIx, State, Terms};

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
