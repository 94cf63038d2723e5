use roxmltree::{Document, Node};

use super::*;
use crate::report::sample;

fn attribute(node: Node<'_, '_>, name: &str) -> u64 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn count(node: Node<'_, '_>, name: &str) -> u64 {
    node.descendants().filter(|node| node.has_tag_name(name)).count().try_into().unwrap()
}

#[test]
fn each_objective_is_a_case_and_a_missed_one_a_failure() {
    let mut run = sample::healthy();
    run.slos[1].passed = false;
    let text = junit(&[run]);
    let document = Document::parse(&text).expect("it is XML");
    let suite = document.root_element().first_element_child().unwrap();
    assert!(suite.has_tag_name("testsuite"));
    assert_eq!((count(suite, "testcase"), count(suite, "failure")), (4, 1));
    assert_eq!((attribute(suite, "tests"), attribute(suite, "failures")), (4, 1));
    assert_eq!((attribute(suite, "errors"), count(suite, "error")), (0, 0));
    assert_eq!(suite.attribute("timestamp"), Some("2026-11-22T16:53:07"));
    let failed = suite.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(failed.parent().unwrap().attribute("name"), Some("error_rate<1%"));
}

#[test]
fn of_an_invalid_measurement_no_objective_has_passed() {
    let text = junit(&[sample::starved()]);
    let document = Document::parse(&text).unwrap();
    let suite = document.root_element().first_element_child().unwrap();
    assert_eq!((attribute(suite, "errors"), count(suite, "error")), (1, 1));
    assert_eq!((attribute(suite, "skipped"), count(suite, "skipped")), (3, 3));
}

#[test]
fn what_comes_from_outside_cannot_break_the_document() {
    let text = junit(&[sample::hostile(), sample::healthy()]);
    let document = Document::parse(&text).expect("it is XML nevertheless");
    assert_eq!(count(document.root_element(), "testsuite"), 2);
    assert_eq!(count(document.root_element(), "script"), 0);
}
