//! Denials, counted by FlexNet's code and by feature. A client names features as it likes, so only those
//! that are licensed are counted apart, and not more than a page can show.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use names::{Code, Feature};
use seats::{Answer, Detail, Event, Record};

use crate::counted::Total;

/// Features and codes that are counted apart; what is beyond is counted by its code alone.
const APART_MAX: usize = 5_000;

/// How often each code was told. The owner alone counts.
#[derive(Debug)]
pub(crate) struct Denials {
    /// Those of licensed features.
    of_features: papaya::HashMap<(Feature, Code), Total>,
    /// How many these are.
    apart: AtomicUsize,
    /// All others, in the order of [`Code::ALL`].
    others: Box<[Total]>,
}

impl Default for Denials {
    fn default() -> Self {
        Self {
            of_features: papaya::HashMap::new(),
            apart: AtomicUsize::new(0),
            others: Code::ALL.iter().map(|_| Total::default()).collect(),
        }
    }
}

impl Denials {
    /// Counts an answer, with the records of its command, if it is a denial.
    pub(crate) fn count(&self, answer: &Answer, records: &[Record]) {
        let Answer::Denied(denial) = answer else { return };
        let is_licensed = !matches!(denial.detail, Detail::NoSuchFeature { .. });
        let feature = records.iter().rev().find_map(|record| match &record.event {
            Event::Denied(denied) if is_licensed => Some(&denied.feature),
            _ => None,
        });
        self.one(feature, denial.code);
    }

    /// Counts a denial: of a feature that is licensed, or of none.
    fn one(&self, feature: Option<&Feature>, code: Code) {
        let Some(feature) = feature else { return self.other(code) };
        let key = (feature.clone(), code);
        let of_features = self.of_features.pin();
        if let Some(total) = of_features.get(&key) {
            return total.one();
        }
        if self.apart.load(Ordering::Relaxed) >= APART_MAX {
            return self.other(code);
        }
        self.apart.fetch_add(1, Ordering::Relaxed);
        of_features.get_or_insert_with(key, Total::default).one();
    }

    fn other(&self, code: Code) {
        let at = Code::ALL.iter().position(|known| *known == code);
        if let Some(total) = at.and_then(|at| self.others.get(at)) {
            total.one();
        }
    }

    /// How often each code was told, by feature where it is counted so, where it was told at all.
    pub(crate) fn all(&self) -> BTreeMap<(Option<Feature>, Code), u64> {
        let of_features = self.of_features.pin();
        let apart = of_features.iter().map(|((feature, code), n)| ((Some(feature.clone()), *code), n.get()));
        let others = Code::ALL.iter().zip(&self.others).map(|(code, n)| ((None, *code), n.get()));
        apart.chain(others).filter(|(_, n)| *n > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use seats::Denial;

    use super::*;

    fn feature(name: &str) -> Feature {
        Feature::new(name).unwrap()
    }

    #[test]
    fn denials_are_counted_by_code_and_by_feature_where_that_is_known() {
        let denials = Denials::default();
        for (name, code) in [
            (Some("mill"), Code::AllTaken),
            (Some("mill"), Code::AllTaken),
            (Some("mill"), Code::Excluded),
            (Some("lathe"), Code::AllTaken),
            (None, Code::Busy),
        ] {
            denials.one(name.map(feature).as_ref(), code);
        }
        let all: Vec<_> = denials.all().into_iter().collect();
        let of = |name: &str, code, n| ((Some(feature(name)), code), n);
        let mut expected = vec![
            ((None, Code::Busy), 1),
            of("lathe", Code::AllTaken, 1),
            of("mill", Code::Excluded, 1),
            of("mill", Code::AllTaken, 2),
        ];
        expected.sort();
        assert_eq!(all, expected);
    }

    #[test]
    fn an_answer_without_a_record_or_a_licensed_feature_is_counted_by_its_code() {
        let denials = Denials::default();
        let (code, detail) = (Code::Busy, Detail::Limit("a test"));
        denials.count(&Answer::Denied(Box::new(Denial { code, detail, figures: None })), &[]);
        denials.count(&Answer::Done, &[]);
        assert_eq!(denials.all().into_iter().collect::<Vec<_>>(), [((None, Code::Busy), 1)]);
    }

    #[test]
    fn what_is_counted_apart_is_bounded() {
        let denials = Denials::default();
        for n in 0..APART_MAX + 7 {
            denials.one(Some(&feature(&format!("f{n}"))), Code::AllTaken);
        }
        denials.one(Some(&feature("f0")), Code::AllTaken);
        let all = denials.all();
        assert_eq!(all.len(), APART_MAX + 1);
        assert_eq!(all.get(&(None, Code::AllTaken)), Some(&7));
        assert_eq!(all.get(&(Some(feature("f0")), Code::AllTaken)), Some(&2));
    }
}
