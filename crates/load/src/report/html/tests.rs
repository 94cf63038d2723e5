use roxmltree::{Document, ParsingOptions};

use super::*;
use crate::report::sample;

/// All pictures of a page, each as a document of its own: they are XML inside HTML.
fn pictures(page: &str) -> Vec<String> {
    let ends = page.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap());
    ends.map(|inner| format!("<svg{inner}</svg>")).collect()
}

#[test]
fn the_verdict_is_on_top_and_four_dials_below_it() {
    let page = html(&sample::healthy());
    let verdict = page.find("<h1>").unwrap();
    let dials = page.find("class=\"dials\"").unwrap();
    assert!(verdict < dials && dials < page.find("Findings").unwrap());
    assert!(page.contains("there is headroom; every objective was kept."));
    for dial in ["Objectives", "Throughput", "Tail", "Trust"] {
        assert!(page.contains(&format!("<h3>{dial}</h3>")), "{dial}");
    }
    assert!(page.contains("Passed audits ("));
    assert!(page.matches("class=\"heat\"").count() >= 3, "a heatmap in several shades");
    for chart in [
        "Requests a second",
        "Response over time",
        "Percentile spectrum",
        "stage by stage",
        "by their number",
    ] {
        assert!(page.contains(chart), "{chart}");
    }
}

#[test]
fn of_chat_its_acts_its_listeners_and_how_late_they_heard_are_on_the_page() {
    let page = html(&sample::heard());
    for said in ["reach 99.90 %, 100 missing", ">delivery</th>", "<td>ping</td>", "send 9 : ping 1"]
    {
        assert!(page.contains(said), "{said}");
    }
}

#[test]
fn an_invalid_run_says_so_first_and_shows_when_it_was() {
    let page = html(&sample::starved());
    assert!(page.contains("<header class=\"bad\">"));
    assert!(page.contains("Invalid: "));
    assert!(page.contains("Reasons to doubt"));
    assert_eq!(page.matches("class=\"doubtful\"").count(), 3 * 20, "20 seconds in three charts");
}

#[test]
fn a_ladder_has_its_hinge_with_the_interval() {
    let page = html(&sample::ladder());
    assert!(page.contains("Throughput by connections"));
    assert!(page.contains("class=\"interval\""));
    assert!(page.contains("line hinge"));
    assert_eq!(
        page.matches("<circle class=\"mark c\"").count(),
        2 * 3,
        "three steps around it, in two charts"
    );
}

#[test]
fn it_loads_nothing_and_runs_nothing() {
    let page = html(&sample::healthy());
    for from_outside in ["<link", " src=", "@import", "url(", "<iframe", "<script>", "<script src"]
    {
        assert!(!page.contains(from_outside), "{from_outside}");
    }
    assert_eq!(page.matches("<script").count(), 1, "the data, which is no program");
    assert!(page.contains("<script type=\"application/json\""));
}

#[test]
fn the_data_in_it_is_the_run_without_what_is_long() {
    let page = html(&sample::healthy());
    let data = page.split("id=\"run\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["totals"]["asked_connections"], 50);
    assert!(data.get("seconds").is_none());
}

#[test]
fn everything_from_outside_is_escaped() {
    let page = html(&sample::hostile());
    assert!(!page.contains("<script>alert"), "a program came in");
    assert_eq!(page.matches("</script>").count(), 1, "the data ends only once");
    let told = page.split("id=\"run\"").next().unwrap();
    assert!(!told.contains(|letter: char| letter.is_control() && letter != '\n'));
    assert!(told.contains("&lt;script&gt;alert(1)"));
}

#[test]
fn pictures_are_whole_and_without_numbers_that_are_none() {
    for run in [sample::healthy(), sample::starved(), sample::ladder(), sample::hostile(), empty()]
    {
        let page = html(&run);
        for picture in pictures(&page) {
            let read = Document::parse_with_options(&picture, ParsingOptions::default());
            assert!(read.is_ok(), "{:?} in {picture}", read.err());
            assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
        }
    }
}

#[test]
fn a_run_of_nothing_is_told_too() {
    let page = html(&empty());
    assert!(page.contains("nothing was answered"));
    assert!(page.contains("Passed audits"));
}

#[test]
fn a_page_stays_below_its_size_however_long_the_run() {
    let page = html(&sample::long());
    assert!(page.len() < SIZE_MAX, "{} bytes", page.len());
    assert!(html(&sample::healthy()).len() < SIZE_MAX / 2);
}

fn empty() -> Run {
    let mut run = sample::healthy();
    run.seconds.clear();
    run.slowest.clear();
    run.spikes_sample.clear();
    run.periods.clear();
    run.slos.clear();
    run.totals = crate::measure::run::Totals::default();
    run.histograms.response = crate::measure::run::Distribution::new();
    run.ladder = Some(Vec::new());
    run
}
