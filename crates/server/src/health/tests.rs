use super::*;

const FINE: OwnerHealth = OwnerHealth {
    poisoned: false,
    disk_full: false,
    disk_short: false,
    tail_bytes: 89,
    tail_max_bytes: 100,
};

fn reasons(now: OwnerHealth) -> Vec<Reason> {
    owner(&now).into_iter().map(|why| why.reason).collect()
}

#[test]
fn each_thing_in_the_way_of_sends_is_a_reason() {
    assert_eq!(reasons(FINE), []);
    assert_eq!(reasons(OwnerHealth { poisoned: true, ..FINE }), [Reason::Poisoned]);
    assert_eq!(reasons(OwnerHealth { disk_full: true, ..FINE }), [Reason::DiskFull]);
    let short = OwnerHealth { disk_full: true, disk_short: true, ..FINE };
    assert!(owner(&short)[0].detail.contains("reserve"), "which room it is that is missing");
    assert_eq!(reasons(OwnerHealth { tail_bytes: 90, ..FINE }), [Reason::ViewBehind]);
}

#[test]
fn a_start_says_how_far_the_replay_has_come() {
    let progress = Progress::default();
    let now = Readiness::starting(&progress);
    assert_eq!((now.reasons[0].reason, now.progress), (Reason::Starting, None));
    progress.expect(40);
    progress.expect(60);
    progress.advance(25);
    let said = serde_json::to_value(Readiness::starting(&progress)).unwrap();
    assert_eq!(said["ready"], false);
    assert_eq!(said["reasons"][0]["code"], "replaying");
    assert_eq!(said["reasons"][0]["detail"], "the views replay the journal: 25 of 100 batches");
    assert_eq!(said["progress"], serde_json::json!({ "done": 25, "of": 100 }));
    progress.advance(75);
    assert_eq!(Readiness::starting(&progress).reasons[0].reason, Reason::Starting);
}

#[test]
fn a_process_that_ends_says_draining() {
    assert_eq!(stage(Stage::Open), None);
    for ending in [Stage::Draining, Stage::Closed] {
        assert_eq!(stage(ending).unwrap().reason, Reason::Draining);
    }
}
