//! What is done to the servers, and when. It follows from the seed alone.

use std::time::Duration;

use super::dice::Dice;

/// How the owner's next life finds its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// What was written and not synced is still there.
    Process,
    /// It died, in part.
    Power,
}

/// When exactly the owner is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aim {
    /// At once.
    Blind,
    /// When something is written and not synced.
    Unsynced,
    /// In the middle of a sync.
    InSync,
}

/// What happens to the views while the owner is dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Views {
    /// Nothing.
    Keep,
    /// They are copied, for a later `PutBack`.
    Copy,
    /// They are deleted.
    Delete,
    /// The older copy takes their place, if there is one.
    PutBack,
}

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL, and another life.
    KillOwner(Aim, Death, Views),
    /// SIGKILL, and another life.
    KillGateway(usize),
    /// SIGSTOP, and SIGCONT after a while.
    StopOwner(Duration),
    /// SIGSTOP, and SIGCONT after a while.
    StopGateway(usize, Duration),
}

/// A fault, after a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) pause: Duration,
    pub(crate) fault: Fault,
}

/// The faults of a run, one after the other, without end.
#[derive(Debug)]
pub(crate) struct Schedule {
    dice: Dice,
    gateways: usize,
}

impl Schedule {
    /// With no gateways the owner is all there is.
    pub(crate) fn new(seed: u64, gateways: usize) -> Self {
        Self { dice: Dice::new(seed), gateways }
    }

    pub(crate) fn next_step(&mut self) -> Step {
        // Mostly short, so that a fault meets what the one before it left half done.
        let pause = match self.dice.below(10) {
            0..=6 => self.dice.between(300, 1_500),
            7 | 8 => self.dice.between(1_500, 4_000),
            _ => self.dice.between(20, 300),
        };
        Step { pause, fault: self.fault() }
    }

    fn fault(&mut self) -> Fault {
        let at_gateway = self.gateways > 0 && self.dice.percent(35);
        let gateway = usize::try_from(self.dice.below(self.gateways as u64)).unwrap_or(0);
        let stop = self.dice.percent(if at_gateway { 40 } else { 25 });
        match (at_gateway, stop) {
            (true, true) => Fault::StopGateway(gateway, self.stop_time()),
            (true, false) => Fault::KillGateway(gateway),
            (false, true) => Fault::StopOwner(self.stop_time()),
            (false, false) => Fault::KillOwner(self.aim(), self.death(), self.views()),
        }
    }

    /// Below and above the 5 s after which a silent link is dropped.
    fn stop_time(&mut self) -> Duration {
        match self.dice.below(4) {
            0..=2 => self.dice.between(200, 1_500),
            _ => self.dice.between(1_500, 7_000),
        }
    }

    /// How a life ended. Also asked when the disk's own dice ended it.
    pub(crate) fn death(&mut self) -> Death {
        if self.dice.percent(70) { Death::Power } else { Death::Process }
    }

    /// Between two looks while aiming: other moments of the owner each time.
    pub(crate) fn breath(&mut self) -> Duration {
        Duration::from_micros(self.dice.below(4_000))
    }

    /// A disk is fast: blind kills seldom meet it at work.
    fn aim(&mut self) -> Aim {
        match self.dice.below(10) {
            0..=3 => Aim::Blind,
            4..=6 => Aim::Unsynced,
            _ => Aim::InSync,
        }
    }

    fn views(&mut self) -> Views {
        match self.dice.below(10) {
            0..=4 => Views::Keep,
            5 | 6 => Views::Copy,
            7 => Views::Delete,
            _ => Views::PutBack,
        }
    }
}

impl Death {
    /// As `--after` has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Power => "power",
        }
    }
}

#[cfg(test)]
mod tests;
