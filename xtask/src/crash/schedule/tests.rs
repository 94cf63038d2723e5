use super::*;

fn faults(seed: u64, gateways: usize, count: usize) -> Vec<Step> {
    let mut schedule = Schedule::new(seed, gateways);
    (0..count).map(|_| schedule.next_step()).collect()
}

#[test]
fn the_same_seed_gives_the_same_schedule() {
    assert_eq!(faults(7, 2, 100), faults(7, 2, 100));
    assert_ne!(faults(7, 2, 100), faults(8, 2, 100));
}

#[test]
fn without_gateways_only_the_owner_is_tormented() {
    let at_gateways = |step: &Step| match step.fault {
        Fault::KillGateway(_) | Fault::StopGateway(_, _) => true,
        Fault::KillOwner(_, _, _)
        | Fault::StopOwner(_)
        | Fault::KillService(_)
        | Fault::KillBoth(_, _, _, _)
        | Fault::Trouble(_) => false,
    };
    assert!(!faults(1, 0, 500).iter().any(at_gateways));
    assert!(faults(1, 2, 500).iter().any(at_gateways));
}

#[test]
fn every_kind_of_fault_comes_in_a_minute_or_two() {
    // A fault with its restart takes about three seconds.
    for seed in 0..20 {
        let steps = faults(seed, 2, 80);
        let has = |wanted: fn(&Fault) -> bool| steps.iter().any(|step| wanted(&step.fault));
        assert!(has(|fault| matches!(fault, Fault::KillOwner(_, Death::Power, _))), "{seed}");
        assert!(has(|fault| matches!(fault, Fault::KillOwner(_, Death::Process, _))), "{seed}");
        assert!(
            has(|fault| matches!(fault, Fault::KillOwner(Aim::InSync, Death::Power, _))),
            "{seed}"
        );
        assert!(has(|fault| matches!(fault, Fault::KillGateway(_))), "{seed}");
        assert!(has(|fault| matches!(fault, Fault::StopOwner(_))), "{seed}");
        assert!(has(|fault| matches!(fault, Fault::StopGateway(_, _))), "{seed}");
        assert!(has(|fault| matches!(fault, Fault::KillService(_))), "{seed}");
        assert!(has(|fault| matches!(fault, Fault::KillBoth(_, _, _, _))), "{seed}");
        assert!(has(|fault| matches!(fault, Fault::Trouble(_))), "{seed}");
    }
}

#[test]
fn times_stay_in_their_bounds() {
    for step in faults(3, 2, 2_000) {
        assert!((20..=4_000).contains(&step.pause.as_millis()));
        match step.fault {
            Fault::StopOwner(time) | Fault::StopGateway(_, time) => {
                assert!((200..=7_000).contains(&time.as_millis()));
            }
            Fault::KillGateway(gateway) => assert!(gateway < 2),
            Fault::KillService(away) | Fault::KillBoth(away, _, _, _) => {
                assert!(away.as_millis() <= 2_000);
            }
            Fault::KillOwner(_, _, _) | Fault::Trouble(_) => {}
        }
    }
}
