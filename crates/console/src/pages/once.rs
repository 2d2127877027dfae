//! Forms that were sent: a second submit of one does nothing again.

use std::collections::{HashMap, VecDeque};
#[expect(
    clippy::disallowed_types,
    reason = "the console is off the way of seats; held for a look-up only"
)]
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::host::Done;

/// Forms that are remembered.
const FORMS_MAX: usize = 10_000;

/// What became of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It was not sent before.
    Not,
    /// It is being done.
    Running,
    /// It was done: where that led to.
    Done(String, Done),
}

/// What became of the forms that were sent, the last [`FORMS_MAX`] of them.
#[derive(Debug, Default)]
pub(crate) struct Once {
    #[expect(clippy::disallowed_types, reason = "held for a look-up only")]
    forms: Mutex<Forms>,
}

#[derive(Debug, Default)]
struct Forms {
    of: HashMap<String, Sent>,
    order: VecDeque<String>,
}

impl Once {
    /// Begins with a form; says what became of it before.
    pub(crate) fn begin(&self, form: &str) -> Sent {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sent) = forms.of.get(form) {
            return sent.clone();
        }
        forms.of.insert(form.to_owned(), Sent::Running);
        forms.order.push_back(form.to_owned());
        if forms.order.len() > FORMS_MAX
            && let Some(oldest) = forms.order.pop_front()
        {
            forms.of.remove(&oldest);
        }
        Sent::Not
    }

    /// It is done, or it was refused and may be sent again.
    pub(crate) fn end(&self, form: &str, done: Option<(String, Done)>) {
        let mut forms = self.forms.lock().unwrap_or_else(PoisonError::into_inner);
        match done {
            Some((path, done)) => {
                if let Some(sent) = forms.of.get_mut(form) {
                    *sent = Sent::Done(path, done);
                }
            }
            None => {
                forms.of.remove(form);
                forms.order.retain(|other| other != form);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_done_once_and_one_that_was_refused_may_be_sent_again() {
        let once = Once::default();
        assert_eq!(once.begin("a"), Sent::Not);
        assert_eq!(once.begin("a"), Sent::Running);
        once.end("a", None);
        assert_eq!(once.begin("a"), Sent::Not);
        let done = Done { case: None, said: vec!["x".into()] };
        once.end("a", Some(("/cases".into(), done.clone())));
        assert_eq!(once.begin("a"), Sent::Done("/cases".into(), done));
        assert_eq!(once.begin("b"), Sent::Not);
    }

    #[test]
    fn only_so_many_forms_are_remembered() {
        let once = Once::default();
        for form in 0..FORMS_MAX + 10 {
            once.begin(&form.to_string());
        }
        let forms = once.forms.lock().unwrap();
        assert_eq!((forms.of.len(), forms.order.len()), (FORMS_MAX, FORMS_MAX));
        assert!(!forms.of.contains_key("9") && forms.of.contains_key("10"));
    }
}
