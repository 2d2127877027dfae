//! What the license desk keeps.

use names::Code;
use seats::DeskChange;

use super::{Model, Reply};

impl Model {
    /// A deed, whole or not at all: it is done to a copy, which takes the model's place if nothing of it is
    /// refused.
    pub(crate) fn desk(&mut self, change: &DeskChange) -> Reply {
        let is_key =
            |key: &str| (1..=200).contains(&key.len()) && key.chars().all(|c| ('!'..='~').contains(&c));
        let is_value = |value: &[u8]| (1..=1 << 20).contains(&value.len());
        let are_rows = change.puts.iter().all(|row| is_key(&row.key) && is_value(&row.value));
        if !are_rows || !change.drops.iter().all(|key| is_key(key)) {
            return Reply::Denied(Code::BadParameter);
        }
        let mut after = self.clone();
        for row in &change.puts {
            after.desk.retain(|(key, _)| **key != *row.key);
            after.desk.push((row.key.to_string(), row.value.to_vec()));
        }
        after.desk.retain(|(key, _)| !change.drops.iter().any(|dropped| **dropped == **key));
        for row in &change.assign {
            if let Reply::Denied(code) = after.assign(row) {
                return Reply::Denied(code);
            }
        }
        for (pool, email) in &change.unassign {
            after.unassign(pool, email, change.until);
        }
        for row in &change.logins {
            after.logins.retain(|(email, _)| *email != row.email);
            after.logins.push((row.email.clone(), row.token_hash));
        }
        after.logins.retain(|(email, _)| !change.dropped_logins.contains(email));
        *self = after;
        Reply::Done
    }
}
