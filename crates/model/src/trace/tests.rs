use super::*;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

#[test]
fn a_traceparent_names_trace_and_span_and_whether_it_is_sampled() {
    let parent = TraceParent::parse(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
    assert_eq!(parent.context.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
    assert_eq!(parent.context.span_id, 0xb7ad_6b71_6920_3331);
    assert!(parent.is_sampled);
    assert!(!TraceParent::parse(&format!("00-{TRACE}-{SPAN}-02")).unwrap().is_sampled);
    assert!(TraceParent::parse(&format!("01-{TRACE}-{SPAN}-01-more")).is_some(), "a later version");
}

#[test]
fn what_is_no_traceparent_is_none() {
    let zero = "0".repeat(32);
    for text in [
        String::new(),
        "00".to_owned(),
        format!("00-{TRACE}-{SPAN}"),
        format!("00-{TRACE}-{SPAN}-01-more"),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{zero}-{SPAN}-01"),
        format!("00-{TRACE}-{}-01", &zero[..16]),
        format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
        format!("00-{TRACE}-{SPAN}-0x"),
        format!("00-+{}-{SPAN}-01", &TRACE[1..]),
        format!("00-{TRACE}é-{SPAN}-01"),
    ] {
        assert_eq!(TraceParent::parse(&text), None, "{text:?}");
    }
}
