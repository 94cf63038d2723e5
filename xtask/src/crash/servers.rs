//! The servers of a run: they are started, tormented, looked at, and stopped in order.

use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::backups::Backups;
use super::kills::Kills;
use super::metrics::Tally;
use super::schedule::{Aim, Death, Fault, Schedule, Trouble, Views};
use super::server::{Ground, Server, free_address};
use super::service::Service;
use super::shape::{Shape, gateway_arguments, owner_arguments};
use super::{folders, http, metrics, sidecar};
use crate::guardian::Guardian;

/// How long a process may take until it is ready: recovery and views come first.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a process may take to stop when asked.
const STOPPED_WITHIN: Duration = Duration::from_secs(20);
/// How long the keeper may take until it finds nothing more to take.
const KEPT_WITHIN: Duration = Duration::from_secs(60);
/// How long the number of texts without a final result may stay the same. Between two rounds of asking
/// again there is a minute at most, but only after many in vain.
const STUCK_AFTER: Duration = Duration::from_secs(20);
/// Troubles that are told one by one.
const TROUBLE_MAX: usize = 20;
/// How often counters are read.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// How long a process may take to show them; one that is stopped never does.
const SHOWN_WITHIN: Duration = Duration::from_millis(250);
/// How long a kill is aimed before it is done blindly.
const AIM_FOR: Duration = Duration::from_millis(1_500);
/// How long threads may still run after their process was told to stop.
const STANDS_STILL_AFTER: Duration = Duration::from_millis(1);

/// How often someone is erased, at most.
const ERASE_EVERY: Duration = Duration::from_secs(6);
/// Whom: one after the other, and again. Some are nobody.
const ERASED: u32 = 40;

/// SIGABRT: how the shadow disk ends its process inside a sync.
const ABORTED: i32 = 6;

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

    /// Everyone is there and ready.
    pub(crate) fn wait_ready(&mut self) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        loop {
            self.mend()?;
            let mut waits_for = None;
            for server in std::iter::once(&self.owner).chain(&self.gateways) {
                let shown = http::get(server.address, "/readyz", SHOWN_WITHIN);
                match shown {
                    Ok((200, _)) => {}
                    Ok((_, why)) => waits_for = Some(format!("{}: {why}", server.name)),
                    Err(why) => waits_for = Some(format!("{}: {why:#}", server.name)),
                }
            }
            let Some(waits_for) = waits_for else {
                self.look();
                return Ok(());
            };
            if Instant::now() > until {
                bail!("not ready after {} s: {waits_for}", READY_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The keeper has looked through all conversations twice and taken nothing: what is read from now on
    /// stays as it is.
    pub(crate) fn wait_kept(&self) -> Result<()> {
        let until = Instant::now() + KEPT_WITHIN;
        let (mut taken, mut from_sweep) = (None, 0.0);
        loop {
            let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
            let counters = metrics::parse(&page);
            let count = |name: &str| {
                counters.get(&format!("hubbub_keeper_{name}_total")).copied().unwrap_or(0.0)
            };
            let (now, sweeps) = (["expired", "erased", "refused"].map(count), count("sweeps"));
            if taken != Some(now) {
                (taken, from_sweep) = (Some(now), sweeps);
            } else if sweeps >= from_sweep + 2.0 {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("the keeper still takes something after {} s", KEPT_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The NLP service is well, and every text has its final result, or nothing happens any more: then
    /// it is the checker's to say what is missing.
    pub(crate) fn wait_understood(&mut self) -> Result<()> {
        self.note("clients are through, the keeper rests")?;
        let (mut waiting, mut since) = (f64::MAX, Instant::now());
        while since.elapsed() < STUCK_AFTER {
            let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
            let names = ["pending", "degraded", "behind_batches"];
            let now: f64 = names.into_iter().map(|name| understood(&page, name)).sum();
            if now < waiting {
                (waiting, since) = (now, Instant::now());
            }
            if now == 0.0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        self.note(&format!("understood, but for {waiting} texts"))?;
        self.wait_counted()
    }

    /// The tables have what the journal has. Facts without a result may still come.
    fn wait_counted(&mut self) -> Result<()> {
        let durable = |page: &str| counter(page, "hubbub_journal_durable_batch");
        let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
        let (wanted, until) = (durable(&page), Instant::now() + KEPT_WITHIN);
        loop {
            let (_, page) = http::get(self.owner.address, "/metrics", KEPT_WITHIN)?;
            if durable(&page) - counter(&page, "hubbub_tables_behind_batches") >= wanted {
                return Ok(());
            }
            if Instant::now() > until {
                bail!("the tables do not come to batch {wanted}");
            }
            std::thread::sleep(Duration::from_millis(50));
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

    /// Stops the owner at moments when its disk is at work, or gives up after a while. The disk is
    /// asked while its process stands still, so the answer still holds when it is killed.
    fn take_aim(&mut self, aim: Aim) -> Result<()> {
        let journal = self.ground.folder.join("data").join("journal");
        let until = Instant::now() + AIM_FOR;
        while aim != Aim::Blind && Instant::now() < until {
            self.owner.process.signal("STOP")?;
            std::thread::sleep(STANDS_STILL_AFTER);
            if sidecar::is_met(aim, &journal)? {
                return Ok(());
            }
            self.owner.process.signal("CONT")?;
            std::thread::sleep(self.schedule.breath());
        }
        Ok(())
    }

    fn revive_owner(&mut self, death: Death) -> Result<()> {
        match death {
            Death::Process => self.kills.owner += 1,
            Death::Power => self.kills.power += 1,
        }
        // Other dice on the disk in each life.
        let seed = self.seed.wrapping_add(u64::from(self.owner.life) * 1_000_003);
        let addresses = (self.owner.address, self.service.address());
        let arguments = owner_arguments(&self.shape, addresses, seed, death);
        self.owner.revive(&self.ground, &arguments)?;
        self.wait_owner()
    }

    /// Others may be stopped or away; the next fault comes when the owner serves again.
    fn wait_owner(&mut self) -> Result<()> {
        let until = Instant::now() + READY_WITHIN;
        let address = self.owner.address;
        while !http::get(address, "/readyz", SHOWN_WITHIN).is_ok_and(|(status, _)| status == 200) {
            if let Some(status) = self.owner.process.ended()? {
                if status.signal() == Some(ABORTED) {
                    return self.aborted();
                }
                bail!("the owner ended with {status} before it was ready: see owner.log");
            }
            if Instant::now() > until {
                bail!("the owner is not ready after {} s", READY_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.look();
        Ok(())
    }

    fn revive_gateway(&mut self, index: usize) -> Result<()> {
        let arguments = gateway_arguments(&self.shape, self.gateways[index].address);
        self.gateways[index].revive(&self.ground, &arguments)
    }

    /// Someone who ended by itself comes back. That is trouble, unless the shadow disk did it.
    fn mend(&mut self) -> Result<()> {
        if self.service.mend(&self.ground)? {
            self.trouble.push("the NLP service ended by itself".to_owned());
        }
        if let Some(status) = self.owner.process.ended()? {
            if status.signal() == Some(ABORTED) {
                self.aborted()?;
            } else {
                self.trouble.push(format!("the owner ended by itself with {status}"));
                self.note("the owner ended by itself")?;
                self.revive_owner(Death::Process)?;
            }
        }
        for index in 0..self.gateways.len() {
            if let Some(status) = self.gateways[index].process.ended()? {
                let name = &self.gateways[index].name;
                self.trouble.push(format!("{name} ended by itself with {status}"));
                self.revive_gateway(index)?;
            }
        }
        Ok(())
    }

    fn aborted(&mut self) -> Result<()> {
        self.kills.by_disk += 1;
        let death = self.schedule.death();
        self.note(&format!("the disk ended the owner inside a sync; next: {death:?}"))?;
        self.revive_owner(death)
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

    fn move_views(&mut self, what: Views) -> Result<()> {
        let views = self.ground.folder.join("data").join("views");
        let older = self.ground.folder.join("views-older");
        match what {
            Views::Keep => {}
            Views::Copy => {
                folders::remove_folder(&older)?;
                folders::copy_folder(&views, &older)?;
            }
            Views::Delete => {
                folders::remove_folder(&views)?;
                self.kills.views_deleted += 1;
            }
            Views::PutBack if older.exists() => {
                folders::remove_folder(&views)?;
                folders::copy_folder(&older, &views)?;
                self.kills.views_put_back += 1;
            }
            Views::PutBack => {}
        }
        Ok(())
    }

    /// What was done, and when, beside the logs of those to whom it was done.
    fn note(&mut self, what: &str) -> Result<()> {
        writeln!(self.diary, "{:8.3} s  {what}", self.started.elapsed().as_secs_f64())?;
        Ok(())
    }
}

/// A gauge or counter of how texts are understood; 0 where there is none.
fn understood(page: &str, name: &str) -> f64 {
    counter(page, &format!("hubbub_enrich_{name}"))
}

fn counter(page: &str, name: &str) -> f64 {
    metrics::parse(page).get(name).copied().unwrap_or(0.0)
}
