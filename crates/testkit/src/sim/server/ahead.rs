//! What is found out before the engine needs it, as the daemon's other threads do.

use names::{Date, Now};
use service::{Ask, InForce};

use super::Server;

impl Server {
    /// Finds out what the engine would need for a reread, as another thread does: of the state of now, of
    /// an older one, or not at all.
    pub(super) fn find_out(&mut self, now: Now, in_force: &mut InForce) {
        let day = Date::of(now.wall);
        match self.rng.below(3) {
            0 => in_force.prepare(self.engine.state(), day),
            1 => in_force.prepare(&self.older, day),
            _ => {}
        }
    }

    /// Now and then the state is kept, to be an older one later, or the day that comes is foreseen.
    pub(super) fn look_ahead(&mut self, now: Now) {
        match self.rng.below(100) {
            0..4 => self.older = self.engine.state().clone(),
            4..8 if self.site.expires() => {
                let mut in_force = self.site.in_force.clone();
                in_force.prepare(self.engine.state(), Date::of(Date::of(now.wall).end()));
                self.record(|engine, out| engine.handle(now, Ask::Foresee(Box::new(in_force)), out));
            }
            _ => {}
        }
    }
}
