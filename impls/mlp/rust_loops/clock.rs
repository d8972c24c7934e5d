//! The clock around the phases of a step. A profile compiles with --cfg phases; the plain library reads no clock.

/// The phases, numbered as in paragone.h; the last is for what belongs to none.
#[derive(Clone, Copy)]
pub enum Phase {
    Gather,
    Forward,
    Loss,
    Backward,
    Update,
    None,
}

#[cfg(not(phases))]
pub struct Clock;

#[cfg(not(phases))]
impl Clock {
    pub fn new() -> Clock {
        Clock
    }

    /// Nothing.
    #[inline(always)]
    pub fn enter(&mut self, _: Phase) {}
}

#[cfg(phases)]
pub struct Clock {
    phase: Phase,
    since: std::time::Instant,
    pub ns: [i64; Phase::None as usize + 1],
}

#[cfg(phases)]
impl Clock {
    pub fn new() -> Clock {
        Clock { phase: Phase::None, since: std::time::Instant::now(), ns: [0; Phase::None as usize + 1] }
    }

    /// From here on it is this phase of the step.
    pub fn enter(&mut self, phase: Phase) {
        let now = std::time::Instant::now();
        self.ns[self.phase as usize] += (now - self.since).as_nanos() as i64;
        (self.phase, self.since) = (phase, now);
    }
}
