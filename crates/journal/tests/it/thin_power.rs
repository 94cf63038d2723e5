//! Power cut and process death at every step of a thinning: what was there before, or what was wanted.

use std::sync::Arc;

use journal::shadow::{Death, Faults, ShadowDisk};
use journal::{BatchView, Disk};
use model::BatchNo;

use crate::desk::{append, messages, open};
use crate::thin::{left, mixed, shadow, thin, views, written};

/// Dies in this way, opens, and says what is there.
fn revived(disk: &ShadowDisk, death: Death, seed: u64) -> (Arc<ShadowDisk>, Vec<BatchView>) {
    let dead = match death {
        Death::Power => disk.power_cut(seed),
        Death::Process => disk.process_death(seed),
    };
    let shadow = Arc::new(dead.unwrap().0);
    let disk = Arc::clone(&shadow) as Arc<dyn Disk>;
    let (mut journal, recovery) = open(&disk);
    assert_eq!((recovery.damage, recovery.cut), (vec![], None), "seed {seed}, {death:?}");
    assert!(recovery.epochs.iter().all(|epoch| epoch.0 == 1), "seed {seed}, {death:?}");
    assert!(disk.list().unwrap().iter().all(|name| name.ends_with(".seg")));
    let found = views(&journal, BatchNo(0));
    append(&mut journal, &messages(900, 1, 10));
    (shadow, found)
}

#[test]
fn power_may_go_at_every_single_step_of_a_thinning_and_it_is_the_old_or_the_new_segment() {
    let (mut old, mut new) = (0, 0);
    for step in 1..400 {
        let (shadow, disk) = shadow(step);
        let (journal, all) = written(&disk, 9);
        let last = journal.thinner().sealed()[0].last_batch;
        let wanted: Vec<_> = all
            .iter()
            .filter_map(
                |view| if view.batch > last { Some(view.clone()) } else { left(view, &mut mixed) },
            )
            .collect();
        shadow.set_faults(Faults { stop_at_step: Some(step), ..Faults::default() });
        let done = thin(&journal, 1, |_, _, fact| mixed(fact));
        for (seed, death) in [(1, Death::Power), (2, Death::Power), (3, Death::Process)] {
            let (after, found) = revived(&shadow, death, step * 10 + seed);
            assert!(found == all || found == wanted, "step {step}, {death:?}: {}", found.len());
            assert!(done.is_err() || found == wanted, "step {step}, {death:?}: it was done");
            old += usize::from(found == all);
            new += usize::from(found == wanted);
            // It was served, so it stays, whatever dies now.
            let (_, again) = revived(&after, Death::Power, step);
            assert_eq!(again[..again.len() - 1], found, "step {step}, {death:?}");
        }
        if done.is_ok() {
            assert!(step > 40 && old > 100 && new > 3, "step {step}: {old} old, {new} new");
            return;
        }
    }
    panic!("the thinning never came to its end");
}

#[test]
fn thinned_again_and_again_and_cut_at_any_step_it_is_what_one_of_them_left() {
    for seed in 0..60 {
        let (mut shadow, disk) = shadow(seed);
        let (_, mut all) = written(&disk, 9);
        for round in 0..4 {
            let disk = Arc::clone(&shadow) as Arc<dyn Disk>;
            let (journal, _) = open(&disk);
            all = views(&journal, BatchNo(0));
            let sealed = journal.thinner().sealed().swap_remove(usize::try_from(seed % 2).unwrap());
            let drops = |view: &BatchView| view.batch.0 % 4 == round;
            let inside =
                |view: &BatchView| (sealed.first_batch..=sealed.last_batch).contains(&view.batch);
            let wanted: Vec<_> =
                all.iter().filter(|view| !(inside(view) && drops(view))).cloned().collect();
            let stop_at_step = Some(1 + (seed * 7 + round * 31) % 150);
            shadow.set_faults(Faults { stop_at_step, ..Faults::default() });
            let gone: Vec<_> = all.iter().filter(|view| drops(view)).collect();
            let done = thin(&journal, sealed.number, |offset, _, _| {
                let drop = gone.iter().any(|view| view.facts.iter().any(|(at, _)| *at == offset));
                if drop { journal::Verdict::Drop } else { journal::Verdict::Keep }
            });
            let death = if round % 2 == 0 { Death::Power } else { Death::Process };
            let (after, found) = revived(&shadow, death, seed);
            assert!(
                found == wanted || (done.is_err() && found == all),
                "seed {seed}, round {round}"
            );
            shadow = after;
        }
        assert!(!all.is_empty());
    }
}
