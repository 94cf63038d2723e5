use super::*;

const PAGE: &str = "\
# HELP hubbub_hub_loads_total Loads from history.
# TYPE hubbub_hub_loads_total counter
hubbub_hub_loads_total 12
hubbub_hub_refusals_total{bound=\"loads\"} 3
hubbub_hub_refusals_total{bound=\"a b } c\"} 4 1700000000
hubbub_seconds_total 1.5e1
nonsense
";

#[test]
fn a_page_is_read_and_labels_are_added_up() {
    let counters = parse(PAGE);
    assert_eq!(counters.get("hubbub_hub_loads_total"), Some(&12.0));
    assert_eq!(counters.get("hubbub_hub_refusals_total"), Some(&7.0));
    assert_eq!(counters.get("hubbub_seconds_total"), Some(&15.0));
    assert_eq!(counters.len(), 3);
    assert!(parse("").is_empty());
    assert!(parse("}\u{e4} {\n 3\n}").is_empty() || !parse("} 3").contains_key("x"));
}

#[test]
fn lives_and_processes_are_added_up_and_looks_are_not() {
    let mut tally = Tally::default();
    tally.see("owner", 1, "x 2\n");
    tally.see("owner", 1, "x 5\n");
    tally.see("owner", 2, "x 1\n");
    tally.see("g1", 1, "x 10\ny 1\n");
    assert_eq!(tally.total("x"), 16);
    assert_eq!(tally.total("y"), 1);
    assert_eq!(tally.total("z"), 0);
}
