//! Opening sessions.

use names::{Code, Now};
use seats::{Answer, Command, Denial, Detail, Open, Record};

use super::Engine;
use crate::ask::Reply;
use crate::hosts::ClientHost;

impl Engine {
    /// Opens a session, unless its client's host has as many as it may.
    pub(super) fn open(&mut self, now: Now, open: Open, out: &mut Vec<Record>) -> Reply {
        let host = ClientHost::of(&open.identity);
        if let Some(denial) = self.has_too_many(&host, &open) {
            return Reply::of(Answer::Denied(Box::new(denial)));
        }
        let replaced: Vec<_> = open.replaces.iter().map(|(session, _)| *session).collect();
        let answer = self.step(now, Command::Open(Box::new(open)), out);
        for other in replaced {
            self.forget_if_ended(other);
        }
        if let Answer::Welcome { session, .. } = answer {
            self.hosts.add(session, host);
        }
        self.welcome(now, answer)
    }

    /// What the session replaces does not count: it ends in the same step.
    fn has_too_many(&self, host: &ClientHost, open: &Open) -> Option<Denial> {
        let (most, has) = (self.settings.sessions_per_host(), self.hosts.count(host));
        if has < most {
            return None;
        }
        let mut replaced: Vec<_> = open
            .replaces
            .iter()
            .filter(|(session, token_hash)| {
                let known = self.state.session(*session);
                self.hosts.is_of(*session, host)
                    && known.is_some_and(|(row, _)| row.token_hash == *token_hash)
            })
            .map(|(session, _)| *session)
            .collect();
        replaced.sort_unstable();
        replaced.dedup();
        if (has as usize).saturating_sub(replaced.len()) < most as usize {
            return None;
        }
        let why = format!(
            "{host} has {has} sessions, and a host may have {most} ([limits] sessions_per_host in the daemon's \
             configuration); end some of them, or raise it"
        );
        Some(Denial { code: Code::NoConnectionsLeft, detail: Detail::Barred(why.into()), figures: None })
    }
}
