//! Clients that move, messages on their way, and the owner's rounds.

use names::{SessionId, Wall};
use service::News;

use super::client::Surroundings;
use super::message::{Body, ClientId, Message, Told};
use super::network::{DELAY_MAX, Event};
use super::server::Out;
use super::world::{FLUSH_MAX, Step, World};

/// Grants that are kept for those who meddle.
const KNOWN_MAX: usize = 64;

impl World {
    pub(crate) fn move_client(&mut self, at: ClientId) -> Step {
        let offers = self.site.offers();
        let wall = Wall(self.wall.0 + self.time.cast_signed());
        let around = Surroundings { offers: &offers, others: &self.known, wall };
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let moves = client.act(self.time, &around);
        let next = client.next_move(self.time);
        self.agenda.plan(next, Event::Move(at));
        if moves.has_died {
            self.faults.count("deaths");
            self.disconnect(at);
        }
        for session in moves.gave_up {
            self.auditor.gave_up(session);
        }
        for body in moves.send {
            self.send(at, body);
        }
        Ok(())
    }

    /// A client sends something, and the network does with it what it likes.
    pub(crate) fn send(&mut self, from: ClientId, body: Body) {
        let Some(client) = self.clients.get_mut(from) else { return };
        self.messages += 1;
        client.has_sent(self.time, self.messages, &body);
        let message = Message { number: self.messages, from, cpu: client.cpu.clone(), sent: self.time, body };
        self.auditor.sent(self.time, &message);
        self.note(&[2, message.number, from as u64]);
        self.note(&message.body.numbers());
        if self.is_healing {
            let at = self.time + self.rng.between(1, 20);
            return self.agenda.plan(at, Event::Deliver(message));
        }
        if self.is_unreachable(from) || self.rng.chance(self.swarm.lost) {
            return self.faults.count("requests lost");
        }
        if self.rng.chance(self.swarm.doubled) {
            self.faults.count("doubled");
            let at = self.time + self.delay();
            self.agenda.plan(at, Event::Deliver(message.clone()));
        }
        let at = self.time + self.delay();
        self.agenda.plan(at, Event::Deliver(message));
    }

    /// The server learns that a client's connections are gone.
    pub(crate) fn disconnect(&mut self, client: ClientId) {
        if let Some(server) = &mut self.server {
            server.disconnect(client);
        }
    }

    fn hear(&mut self, to: ClientId, session: SessionId, news: &News, decided: u64) -> Step {
        self.auditor.heard(self.time, decided, session, news)?;
        let Some(client) = self.clients.get_mut(to) else { return Ok(()) };
        if let Some(body) = client.hear(session, news) {
            self.send(to, body);
        }
        Ok(())
    }

    fn delay(&mut self) -> u64 {
        if self.rng.chance(self.swarm.late) {
            self.faults.count("late");
            self.rng.between(200, DELAY_MAX)
        } else {
            self.rng.between(1, 20)
        }
    }

    fn is_unreachable(&self, client: ClientId) -> bool {
        self.unreachable.get(&client).is_some_and(|until| self.time < *until)
    }

    pub(crate) fn deliver(&mut self, message: Message) -> Step {
        if !self.is_healing && self.is_unreachable(message.from) {
            self.faults.count("requests lost");
            return Ok(());
        }
        let Some(server) = &mut self.server else { return Ok(()) };
        match server.deliver(self.time, message) {
            Some(out) => {
                self.answer_later(out);
                Ok(())
            }
            None => self.round(),
        }
    }

    /// The owner takes a round, unless it is waiting for the flush of the last one.
    pub(crate) fn round(&mut self) -> Step {
        let Some(server) = self.server.as_mut().filter(|server| !server.is_flushing()) else { return Ok(()) };
        let out = server.round(self.time);
        let took = if self.rng.chance(self.swarm.slow_flush) && !self.is_healing {
            self.faults.count("slow flushes");
            self.rng.between(200, FLUSH_MAX)
        } else {
            self.rng.between(1, 12)
        };
        // An owner that was kept for so long gives all sessions a full time-out.
        if 2 * took >= self.swarm.timeout {
            self.auditor.disturbed(self.time + took);
        }
        let boot = self.boots;
        self.agenda.plan(self.time + took, Event::Flushed { boot });
        for out in out {
            self.answer_later(out);
        }
        Ok(())
    }

    pub(crate) fn flushed(&mut self) -> Step {
        let Some(server) = &mut self.server else { return Ok(()) };
        let answers = match server.flushed() {
            Ok(answers) => answers,
            Err(error) => return self.server_failed(&error),
        };
        // A crash may come between two answers.
        let told = match self.answers_left.take() {
            Some(left) => {
                let told: Vec<_> = answers.into_iter().take(left).collect();
                for out in told {
                    self.answer_later(out);
                }
                return self.crash_now();
            }
            None => answers,
        };
        for out in told {
            self.answer_later(out);
        }
        let Some(server) = &mut self.server else { return Ok(()) };
        if let Err(error) = server.tend() {
            return self.server_failed(&error);
        }
        // Some failures of files are borne, but no server outlives its machine.
        if self.disk.is_down() {
            return self.crash_now();
        }
        let Some(server) = &self.server else { return Ok(()) };
        let again = server.has_work();
        let due = server.next_due(self.time);
        if again || due <= self.time {
            return self.round();
        }
        self.plan_wake(due);
        Ok(())
    }

    /// The owner is woken at that time, unless it will be before.
    pub(crate) fn plan_wake(&mut self, due: u64) {
        if self.wake_at.is_none_or(|at| due < at || at <= self.time) {
            self.wake_at = Some(due);
            self.agenda.plan(due, Event::Wake);
        }
    }

    /// An answer goes out. It may be lost or late; a heartbeat's too.
    fn answer_later(&mut self, out: Out) {
        self.note(&[3, out.number]);
        let at = if self.is_healing {
            self.time + self.rng.between(1, 20)
        } else if self.is_unreachable(out.to) || self.rng.chance(self.swarm.lost) {
            // News is lost with its connection only.
            if matches!(out.told, Told::News { .. }) {
                self.disconnect(out.to);
            }
            return self.faults.count("answers lost");
        } else {
            self.time + self.delay()
        };
        self.agenda.plan(at, Event::Answer(out));
    }

    pub(crate) fn answer(&mut self, out: Out) -> Step {
        let Out { to, number, told } = out;
        self.note(&told.numbers());
        if let Told::News { session, news, decided } = told {
            return self.hear(to, session, &news, decided);
        }
        self.auditor.told(self.time, number, &told)?;
        if let Told::Answer(seats::Answer::Granted { grant, .. }) = &told
            && let Some(session) = self.auditor.session_of(*grant)
        {
            if self.known.len() == KNOWN_MAX {
                self.known.remove(0);
            }
            self.known.push((session, *grant));
        }
        let Some(client) = self.clients.get_mut(to) else { return Ok(()) };
        for body in client.take(self.time, number, &told) {
            self.send(to, body);
        }
        Ok(())
    }
}
