use super::*;

#[test]
fn each_minute_has_its_trouble_between_calm_ones_and_each_is_one_that_the_service_takes() {
    assert!(Scenario::Calm.phases(50).is_empty());
    for scenario in [Scenario::Outage, Scenario::Slow, Scenario::Flood, Scenario::TooMany] {
        let phases = scenario.phases(50);
        assert_eq!(phases.iter().map(|phase| phase.seconds).sum::<u64>(), 60, "{scenario:?}");
        let is_calm = |phase: &Phase| phase.rate == 50 && phase.faults == Faults::default();
        let calm: Vec<bool> = phases.iter().map(is_calm).collect();
        assert_eq!(calm, [true, false, true], "{scenario:?}");
        for phase in phases {
            phase.faults.check().unwrap();
        }
    }
    assert_eq!(Scenario::Flood.phases(50)[1].rate, 500);
    assert_eq!(Scenario::TooMany.phases(1)[1].faults.too_many.per_s, 1);
}
