use super::super::reports::REPORTS_MAX;
use super::*;

#[test]
fn one_report_too_many_is_answered_and_not_waited_for() {
    let (views, _views) = crossbeam_channel::bounded(1);
    let (reports, waiting) = crossbeam_channel::bounded(REPORTS_MAX);
    let (keeper, _keeper) = mpsc::channel(1);
    let links = Links::new(Vec::new(), views, reports, keeper, None);
    let (to, mut told) = mpsc::channel(4);
    let to = LinkSender::new(to, Arc::default());
    for number in 0..=REPORTS_MAX as u64 {
        let (request, view, to) = (RequestId(number), "trending".to_owned(), to.clone());
        links.ask_reports(ReportQuestion { request, view, limit: 1, to });
    }
    assert_eq!(waiting.len(), REPORTS_MAX);
    let Ok(FromOwner::Refused { request, refusal }) = told.try_recv() else { panic!("nothing") };
    assert_eq!(request, RequestId(REPORTS_MAX as u64));
    assert!(matches!(&refusal, Refusal::Busy { bound, .. } if bound == "reports"), "{refusal:?}");
    assert!(told.try_recv().is_err(), "the others wait");
}
