//! The servers of a run: they are started, tormented, looked at, and stopped in order.

mod lives;
mod waits;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::Result;

use self::waits::understood;
use super::backups::Backups;
use super::http;
use super::kills::Kills;
use super::metrics::Tally;
use super::schedule::{Death, Fault, Schedule, Trouble};
use super::server::{Ground, Server, free_address};
use super::service::Service;
use super::shape::{Shape, gateway_arguments, owner_arguments};
use crate::guardian::Guardian;

/// How long a process may take until it is ready: recovery and views come first.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a process may take to stop when asked.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);
/// Troubles that are told one by one.
const TROUBLE_MAX: usize = 20;
/// How often counters are read.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long a process may take to show them; one that is stopped never does.
const SHOWN_WITHIN: Duration = Duration::from_millis(250);

/// How often someone is erased, at most.
const ERASE_EVERY: Duration = Duration::from_secs(6);
/// Whom: one after the other, and again. Some are nobody.
const ERASED: u32 = 40;

/// All of them, and what became of them.
#[derive(Debug)]
pub(crate) struct Servers {
    ground: Ground,
    shape: Shape,
    seed: u64,
    schedule: Schedule,
    owner: Server,
    gateways: Vec<Server>,
    service: Service,
    backups: Backups,
    diary: fs::File,
    started: Instant,
    erased: u32,
    pub(crate) tally: Tally,
    pub(crate) kills: Kills,
    /// What should not have happened and is no anomaly of a history.
    pub(crate) trouble: Vec<String>,
}

impl Servers {
    /// Starts them in a folder, and waits until they are ready.
    pub(crate) fn start(
        guardian: &Rc<Guardian>,
        binary: &Path,
        folder: &Path,
        shape: Shape,
        seed: u64,
    ) -> Result<Self> {
        let ground = Ground::new(guardian, binary, folder);
        let service = Service::start(&ground, seed)?;
        let address = free_address()?;
        let addresses = (address, service.address());
        let arguments = owner_arguments(&shape, addresses, seed, Death::Process);
        let owner = ground.launch("owner", address, &arguments)?;
        let gateways = (1..=shape.gateways)
            .map(|number| {
                let address = free_address()?;
                let arguments = gateway_arguments(&shape, address);
                ground.launch(&format!("g{number}"), address, &arguments)
            })
            .collect::<Result<Vec<Server>>>()?;
        let mut servers = Self {
            ground,
            schedule: Schedule::new(seed, gateways.len()),
            shape,
            seed,
            owner,
            gateways,
            service,
            backups: Backups::new(guardian, binary, folder),
            diary: fs::File::create(folder.join("faults.log"))?,
            started: Instant::now(),
            erased: 0,
            tally: Tally::default(),
            kills: Kills::default(),
            trouble: Vec::new(),
        };
        servers.wait_ready()?;
        Ok(servers)
    }

    /// Where clients connect, and what each door is called.
    pub(crate) fn doors(&self) -> Vec<(String, String)> {
        let doors = if self.gateways.is_empty() {
            std::slice::from_ref(&self.owner)
        } else {
            self.gateways.as_slice()
        };
        let url = |server: &Server| format!("ws://{}/v1/ws", server.address);
        doors.iter().map(|server| (server.name.clone(), url(server))).collect()
    }

    /// Does what the schedule says, until then. The NLP service is in trouble from the beginning.
    pub(crate) fn torment(&mut self, until: Instant) -> Result<()> {
        self.apply(Fault::Trouble(Trouble::Errors))?;
        loop {
            let step = self.schedule.next_step();
            let left = until.saturating_duration_since(Instant::now());
            self.pause(step.pause.min(left))?;
            if left <= step.pause {
                return self.service.heal(&self.ground);
            }
            self.note(&format!("{:?}", step.fault))?;
            self.trouble.extend(self.backups.before_a_fault()?);
            self.apply(step.fault)?;
        }
    }

    fn apply(&mut self, fault: Fault) -> Result<()> {
        match fault {
            Fault::KillOwner(aim, death, views) => {
                self.look();
                self.take_aim(aim)?;
                self.owner.process.kill()?;
                self.move_views(views)?;
                self.revive_owner(death)
            }
            Fault::KillGateway(index) => {
                self.look();
                self.gateways[index].process.kill()?;
                self.kills.gateway += 1;
                self.revive_gateway(index)
            }
            Fault::KillService(away) => self.kill_service(away),
            Fault::KillBoth(away, aim, death, views) => {
                self.kill_service(away)?;
                self.kills.both += 1;
                self.apply(Fault::KillOwner(aim, death, views))
            }
            Fault::Trouble(trouble) => {
                self.kills.troubles += u64::from(trouble != Trouble::None);
                self.service.suffer(trouble);
                Ok(())
            }
            Fault::StopOwner(time) => {
                self.owner.stop()?;
                self.pause(time)?;
                self.kills.stops += 1;
                self.owner.go_on()
            }
            Fault::StopGateway(index, time) => {
                self.gateways[index].stop()?;
                self.pause(time)?;
                self.kills.stops += 1;
                self.gateways[index].go_on()
            }
        }
    }

    fn kill_service(&mut self, away: Duration) -> Result<()> {
        self.kills.service += 1;
        self.service.kill(away)
    }

    /// Lets time pass, looks at the counters, and sees who ended by itself.
    pub(crate) fn pause(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        loop {
            self.mend()?;
            self.look();
            self.erase_someone();
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(LOOK_EVERY));
        }
    }

    /// Asks for someone's words to be gone, if it is time. Whether it is done is seen in the histories.
    fn erase_someone(&mut self) {
        if self.started.elapsed() < ERASE_EVERY * (self.erased + 1) {
            return;
        }
        self.erased += 1;
        let whom = format!("/v1/users/p{}-u{}/erase", self.erased % 2, self.erased % ERASED);
        let doors = if self.gateways.is_empty() {
            std::slice::from_ref(&self.owner)
        } else {
            self.gateways.as_slice()
        };
        for door in doors.iter().filter(|door| !door.is_stopped).take(1) {
            // One that is being killed does not answer, and the next one is asked for another.
            let _outcome = http::post(door.address, &whom, SHOWN_WITHIN);
        }
    }

    /// Asks all to stop, gateways first; each is to end well. Then the backups are judged.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.look();
        for server in self.gateways.iter_mut().chain(std::iter::once(&mut self.owner)) {
            server.process.signal("TERM")?;
            match server.process.wait(STOPPED_WITHIN)? {
                Some(status) if status.success() => {}
                Some(status) => {
                    self.trouble.push(format!("{} ended with {status} when asked", server.name));
                }
                None => self.trouble.push(format!("{} did not stop when asked", server.name)),
            }
        }
        self.trouble.extend(self.backups.judge()?);
        Ok(())
    }

    /// Reads the counters of all that can answer.
    fn look(&mut self) {
        for server in std::iter::once(&self.owner).chain(&self.gateways) {
            if server.is_stopped {
                continue;
            }
            if let Ok((200, page)) = http::get(server.address, "/metrics", SHOWN_WITHIN) {
                self.tally.see(&server.name, server.life, &page);
                let error = understood(&page, "conservation_error");
                if error != 0.0 && self.trouble.len() < TROUBLE_MAX {
                    let name = &server.name;
                    self.trouble.push(format!("{name} says that {error} texts are nowhere"));
                }
            }
        }
    }

    /// What was done, and when, beside the logs of those to whom it was done.
    fn note(&mut self, what: &str) -> Result<()> {
        writeln!(self.diary, "{:8.3} s  {what}", self.started.elapsed().as_secs_f64())?;
        Ok(())
    }
}
