//! Power cut and process death at any instant, on the shadow disk in memory.

use std::sync::Arc;

use journal::shadow::{Death, Faults, ShadowDisk};
use journal::{BatchView, Disk};
use model::{Fact, Wall};

use crate::desk::{
    NONE_KNOWN, NOW, append, as_read, messages, open, open_known, read_messages, small,
};

/// A run: what was acknowledged, and what was being written when it ended.
#[derive(Debug, Default, PartialEq)]
struct Told {
    acknowledged: Vec<BatchView>,
    in_flight: Option<Vec<Fact>>,
}

/// A small generator of its own: the run must not depend on anything else.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Appends until something fails or it has done enough.
fn run(disk: &Arc<ShadowDisk>, seed: u64, told: &mut Told) {
    let mut dice = Dice(seed);
    let as_disk = Arc::clone(disk) as Arc<dyn Disk>;
    let Ok((mut journal, _)) = open_known(&as_disk, small(), &NONE_KNOWN, 0) else { return };
    let mut next = 1 + told.acknowledged.iter().map(|view| view.facts.len() as u64).sum::<u64>();
    for _ in 0..6 + dice.below(10) {
        if dice.below(4) == 0 {
            let _ = journal.preparer().prepare();
        }
        let facts = messages(next, 1 + dice.below(12), usize::try_from(dice.below(2500)).unwrap());
        match journal.append(&facts, NOW) {
            Ok(appended) => {
                next += facts.len() as u64;
                told.acknowledged.push(as_read(&appended, &facts));
            }
            Err(_) => {
                told.in_flight = Some(facts);
                return;
            }
        }
    }
}

/// Everything that was acknowledged is there, in order, and at most what was in flight, whole.
fn judge(disk: &Arc<dyn Disk>, told: &mut Told, what: &str) {
    let (journal, recovery) = open(disk);
    assert_eq!(recovery.damage, [], "{what}");
    assert!(recovery.epochs.iter().all(|epoch| epoch.0 == 1), "{what}");
    assert!(recovery.cut.is_none_or(|cut| cut.whole_batches == 0), "{what}");
    let found = read_messages(&journal);
    let count = told.acknowledged.len();
    assert!(found.len() >= count, "{what}: {} of {count} batches are there", found.len());
    assert!(found[..count] == told.acknowledged[..], "{what}: what was acknowledged has changed");
    match (&found[count..], told.in_flight.take()) {
        ([], _) => {}
        ([more], Some(facts)) => {
            let read = more.facts.iter().map(|(_, fact)| match fact.clone() {
                Fact::Message(m) => Fact::Message(model::Message { received_at: Wall(0), ..m }),
                other @ (Fact::Cursors(_)
                | Fact::Enriched(_)
                | Fact::EpochStarted(_)
                | Fact::Remnant(_)) => other,
            });
            assert!(read.eq(facts), "{what}: another batch than the one in flight");
            told.acknowledged.push(more.clone());
        }
        (more, _) => panic!("{what}: {} batches that nobody wrote", more.len()),
    }
}

fn steps_of_a_run(seed: u64) -> u64 {
    let disk = Arc::new(ShadowDisk::memory(seed));
    disk.set_faults(Faults::default());
    run(&disk, seed, &mut Told::default());
    disk.steps()
}

fn after(disk: &ShadowDisk, death: Death, seed: u64) -> ShadowDisk {
    match death {
        Death::Power => disk.power_cut(seed).unwrap().0,
        Death::Process => disk.process_death(seed).unwrap().0,
    }
}

/// Three lives, each ended at some step; recovery itself is cut down too, now and then.
fn three_lives(seed: u64) -> Told {
    let mut dice = Dice(seed ^ 0xD1CE);
    let mut told = Told::default();
    let mut disk = Arc::new(ShadowDisk::memory(seed));
    let steps = steps_of_a_run(seed);
    for life in 0..3 {
        let stop_at_step = Some(1 + dice.below(steps));
        disk.set_faults(Faults { stop_at_step, ..Faults::default() });
        run(&disk, seed + life, &mut told);
        for _ in 0..dice.below(3) {
            let death = if dice.below(3) == 0 { Death::Process } else { Death::Power };
            disk = Arc::new(after(&disk, death, seed + life));
            let stop_at_step = Some(1 + dice.below(30));
            disk.set_faults(Faults { stop_at_step, ..Faults::default() });
            let as_disk = Arc::clone(&disk) as Arc<dyn Disk>;
            let _ = open_known(&as_disk, small(), &NONE_KNOWN, 0);
        }
        let death = if dice.below(3) == 0 { Death::Process } else { Death::Power };
        disk = Arc::new(after(&disk, death, seed + 7 * life));
        let as_disk = Arc::clone(&disk) as Arc<dyn Disk>;
        judge(
            &as_disk,
            &mut told,
            &format!("seed {seed}, life {life}, {stop_at_step:?}, {death:?}"),
        );
    }
    told
}

#[test]
fn power_may_go_at_any_instant_and_nothing_acknowledged_is_lost_doubled_or_moved() {
    let mut acknowledged = 0;
    for seed in 0..160 {
        acknowledged += three_lives(seed).acknowledged.len();
    }
    assert!(acknowledged > 1000, "the runs were too short to prove anything: {acknowledged}");
}

#[test]
fn a_seed_run_twice_gives_the_same() {
    assert_eq!(three_lives(11), three_lives(11));
}

#[test]
fn power_may_go_at_every_single_step_of_an_append_and_of_a_new_segment() {
    let first = |disk: &Arc<dyn Disk>| {
        let (mut journal, _) = open(disk);
        let mut told = vec![append(&mut journal, &messages(1, 20, 2000))];
        told.push(append(&mut journal, &messages(21, 5, 500)));
        (journal, told)
    };
    // The third batch needs a new segment.
    let third = messages(26, 20, 1500);
    for step in 1..200 {
        let disk = Arc::new(ShadowDisk::memory(step));
        let as_disk = Arc::clone(&disk) as Arc<dyn Disk>;
        let (mut journal, acknowledged) = first(&as_disk);
        disk.set_faults(Faults { stop_at_step: Some(step), ..Faults::default() });
        let mut told = Told { acknowledged, in_flight: None };
        match journal.append(&third, NOW) {
            Ok(appended) => told.acknowledged.push(as_read(&appended, &third)),
            Err(_) => told.in_flight = Some(third.clone()),
        }
        let done = told.in_flight.is_none();
        for death in [Death::Power, Death::Process] {
            let mut told =
                Told { acknowledged: told.acknowledged.clone(), in_flight: told.in_flight.clone() };
            let now: Arc<dyn Disk> = Arc::new(after(&disk, death, step));
            judge(&now, &mut told, &format!("step {step}, {death:?}"));
        }
        if done {
            assert!(step > 60, "the steps were counted: {step}");
            return;
        }
    }
    panic!("the append never came to its end");
}

#[test]
fn a_torn_tail_is_cut_and_what_a_killed_process_left_is_synced_before_it_is_served() {
    let mut cuts = 0;
    for seed in 0..60 {
        let disk = Arc::new(ShadowDisk::memory(seed));
        let as_disk = Arc::clone(&disk) as Arc<dyn Disk>;
        let (mut journal, _) = open(&as_disk);
        let one = append(&mut journal, &messages(1, 3, 100));
        disk.set_faults(Faults { stop_at_step: Some(2 + seed % 8), ..Faults::default() });
        assert!(journal.append(&messages(4, 10, 900), NOW).is_err());
        let dead = if seed % 2 == 0 { Death::Process } else { Death::Power };
        let disk = after(&disk, dead, seed);
        let shadow = Arc::new(disk);
        let as_disk = Arc::clone(&shadow) as Arc<dyn Disk>;
        let (journal, recovery) = open(&as_disk);
        cuts += usize::from(recovery.cut.is_some());
        let served = read_messages(&journal);
        assert_eq!(served[0], one);
        // It was served, so it stays, whatever dies now.
        let disk: Arc<dyn Disk> = Arc::new(shadow.power_cut(seed + 1).unwrap().0);
        let (journal, again) = open(&disk);
        assert_eq!((read_messages(&journal), again.cut), (served, None));
    }
    assert!(cuts > 10, "{cuts} tails were cut");
}
