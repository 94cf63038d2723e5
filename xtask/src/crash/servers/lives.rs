//! How lives end and begin again: aimed at, by themselves, with other views than before.

use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{READY_WITHIN, SHOWN_WITHIN, Servers};
use crate::crash::schedule::{Aim, Death, Views};
use crate::crash::shape::{gateway_arguments, owner_arguments};
use crate::crash::{folders, http, sidecar};

/// How long a kill is aimed before it is done blindly.
const AIM_FOR: Duration = Duration::from_millis(1_500);
/// How long threads may still run after their process was told to stop.
const STANDS_STILL_AFTER: Duration = Duration::from_millis(1);

/// SIGABRT: how the shadow disk ends its process inside a sync.
const ABORTED: i32 = 6;

impl Servers {
    /// Stops the owner at moments when its disk is at work, or gives up after a while. The disk is
    /// asked while its process stands still, so the answer still holds when it is killed.
    pub(super) fn take_aim(&mut self, aim: Aim) -> Result<()> {
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

    pub(super) fn revive_owner(&mut self, death: Death) -> Result<()> {
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

    pub(super) fn revive_gateway(&mut self, index: usize) -> Result<()> {
        let arguments = gateway_arguments(&self.shape, self.gateways[index].address);
        self.gateways[index].revive(&self.ground, &arguments)
    }

    /// Someone who ended by itself comes back. That is trouble, unless the shadow disk did it.
    pub(super) fn mend(&mut self) -> Result<()> {
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

    pub(super) fn move_views(&mut self, what: Views) -> Result<()> {
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
}
