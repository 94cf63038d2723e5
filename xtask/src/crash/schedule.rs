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

/// What is wrong with the NLP service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing.
    None,
    /// Some calls fail, at once or late.
    Errors,
    /// Some calls are never answered.
    Hang,
    /// Some calls are refused for now.
    TooMany,
    /// All calls fail, now and then.
    Outage,
    /// All calls wait, once.
    Stall,
    /// Answers are cut short, or mean nothing, and connections are told to go.
    Broken,
    /// Answers come after the deadline.
    Slow,
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
    /// SIGKILL, and another life after a while.
    KillService(Duration),
    /// SIGKILL for the NLP service, which is away for a while, and for the owner.
    KillBoth(Duration, Aim, Death, Views),
    /// From now on.
    Trouble(Trouble),
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
        if self.dice.percent(35) {
            return self.at_service();
        }
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

    fn at_service(&mut self) -> Fault {
        match self.dice.below(3) {
            0 => Fault::KillService(self.dice.between(0, 2_000)),
            1 => {
                let away = self.dice.between(0, 2_000);
                Fault::KillBoth(away, self.aim(), self.death(), self.views())
            }
            _ => Fault::Trouble(self.trouble()),
        }
    }

    /// What is wrong with the NLP service, every other time something.
    pub(crate) fn trouble(&mut self) -> Trouble {
        let all = Trouble::ALL;
        let at = usize::try_from(self.dice.below(2 * all.len() as u64)).unwrap_or(0);
        all.get(at).copied().unwrap_or(Trouble::None)
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

impl Trouble {
    /// All of them.
    pub(crate) const ALL: [Self; 8] = [
        Self::None,
        Self::Errors,
        Self::Hang,
        Self::TooMany,
        Self::Outage,
        Self::Stall,
        Self::Broken,
        Self::Slow,
    ];
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
