//! What goes wrong.

use std::sync::Arc;
use std::time::Duration;

use journal::shadow::{Death, Faults};

use super::World;
use crate::simulation::fate::Event;
use crate::simulation::owner::{Armed, Views, open};

/// How long an owner or a gateway is away, at most.
const AWAY: Duration = Duration::from_millis(100);

/// How long a disk is full, at most.
const FULL: Duration = Duration::from_millis(300);

/// How long a client does not read, at most.
const PAUSED: Duration = Duration::from_millis(200);

/// A wall clock that is wrong, by up to this.
const HOUR_MS: u64 = 3_600_000;

impl World {
    /// One thing goes wrong.
    pub(super) fn fault(&mut self) {
        match self.dice().below(100) {
            0..22 => {
                let death = self.any_death();
                self.owner_dies(death);
            }
            22..36 => {
                let death = self.any_death();
                self.armed = Some(Armed::Stop(death));
            }
            36..42 => {
                let death = self.any_death();
                self.armed = Some(Armed::Untold(death));
            }
            42..50 => self.armed = Some(Armed::FailSync),
            50..62 => {
                self.faults = Faults { capacity_bytes: Some(1), ..Faults::default() };
                self.disk.set_faults(self.faults);
                self.fate.within(FULL, Event::RoomAgain);
                if self.shape.ballast > 0 {
                    self.fate.within(FULL / 4, Event::Ballast);
                    // Who comes back meanwhile repeats what will be refused.
                    for conn in self.net.conns() {
                        self.net.cut_conn(&mut self.fate, conn);
                    }
                }
            }
            62..72 => self.gateway_dies(),
            72..80 => {
                if let Some(link) = self.any(self.net.links()) {
                    self.fate.met.count("links cut");
                    self.net.cut_link(&mut self.fate, link);
                }
            }
            80..90 => {
                if let Some(conn) = self.any(self.net.conns()) {
                    self.fate.met.count("connections cut");
                    self.net.cut_conn(&mut self.fate, conn);
                }
            }
            90..97 => {
                if let Some(conn) = self.any(self.net.conns()) {
                    let span = self.dice().delay(PAUSED);
                    let Some(gateway) = self.net.gateway_of(conn) else { return };
                    self.at_gateway(gateway, |gateway| gateway.pause(conn, span));
                }
            }
            _ => self.fate.wall_ahead_ms = self.dice().below(HOUR_MS),
        }
    }

    pub(super) fn any_death(&mut self) -> Death {
        if self.dice().percent(40) { Death::Process } else { Death::Power }
    }

    fn any(&mut self, from: Vec<u64>) -> Option<u64> {
        if from.is_empty() { None } else { Some(*self.dice().pick(&from)) }
    }

    pub(super) fn room_again(&mut self) {
        self.faults = Faults::default();
        self.disk.set_faults(self.faults);
    }

    /// Process or machine: what it had not synced is the dice's. It comes back after a while.
    pub(super) fn owner_dies(&mut self, death: Death) {
        let Some(owner) = self.owner.take() else { return };
        owner.count(&mut self.fate);
        drop(owner);
        self.net.owner_died(&mut self.fate);
        self.disk_after(death);
        self.views_after();
        self.armed = None;
        self.fate.within(AWAY, Event::OwnerStart);
    }

    fn disk_after(&mut self, death: Death) {
        let seed = self.dice().word();
        let (disk, report) = match death {
            Death::Process => self.disk.process_death(seed),
            Death::Power => self.disk.power_cut(seed),
        }
        .unwrap();
        self.disk = Arc::new(disk);
        self.disk.set_faults(self.faults);
        let met = &mut self.fate.met;
        met.count(match death {
            Death::Process => "process deaths",
            Death::Power => "power cuts",
        });
        met.add("deaths in a sync", u64::from(report.died_in_sync));
    }

    /// The views are not on that disk: they are kept, or someone put back an older copy, or removed them.
    fn views_after(&mut self) {
        match self.dice().below(100) {
            0..20 => {
                self.fate.met.count("views rebuilt");
                self.views = Views::default();
                self.older = None;
            }
            20..50 => {
                if let Some(older) = self.older.take() {
                    self.fate.met.count("views an older copy");
                    self.views = older;
                }
            }
            _ => {}
        }
    }

    /// Recovery may be cut down too, now and then.
    pub(super) fn owner_starts(&mut self) {
        let stops = !self.calm && self.dice().percent(20);
        let stop_at_step = if stops { Some(self.dice().between(1, 8)) } else { None };
        self.disk.set_faults(Faults { stop_at_step, ..self.faults });
        let life = self.owner_lives + 1;
        let opened = open(&mut self.fate, &self.shape, &self.disk, &mut self.views, life);
        match opened {
            Ok(owner) => {
                self.disk.set_faults(self.faults);
                self.owner_lives = life;
                self.owner = Some(owner);
            }
            Err(_) if stops => {
                self.fate.met.count("deaths in a recovery");
                let death = self.any_death();
                self.disk_after(death);
                self.fate.within(AWAY, Event::OwnerStart);
            }
            Err(_) if self.faults.capacity_bytes.is_some() => {
                self.fate.within(FULL, Event::OwnerStart);
            }
            Err(why) => self.fate.broken.push(format!("the owner does not start: {why}")),
        }
    }

    fn gateway_dies(&mut self) {
        let index = self.fate.dice.index(self.gateways.len());
        let gateway = &mut self.gateways[index];
        if !std::mem::replace(&mut gateway.is_up, false) {
            return;
        }
        self.fate.met.count("gateway deaths");
        self.fate.met.add("handovers under traffic", std::mem::take(&mut gateway.handovers));
        self.fate.met.add("catch-ups", std::mem::take(&mut gateway.catch_ups));
        self.net.gateway_died(&mut self.fate, index);
        self.fate.within(AWAY, Event::GatewayStart { gateway: index });
    }
}
