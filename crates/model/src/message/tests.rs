use super::*;

#[test]
fn an_id_reads_back_as_it_was_written() {
    let id = MessageId { instance: InstanceId(0xc0ffee), counter: COUNTER_MAX };
    assert_eq!(id.to_string(), "0000000000c0ffee-9007199254740991");
    assert_eq!(id.to_string().parse(), Ok(id));
}

#[test]
fn what_is_not_an_id_is_refused() {
    for text in [
        "",
        "-",
        "1",
        "0000000000c0ffee",
        "0000000000c0ffee-",
        "0000000000c0ffee-0",
        "0000000000c0ffee-9007199254740992",
        "0000000000c0ffee-+1",
        "c0ffee-1",
        "+000000000c0ffee-1",
        "0000000000c0ffee-1-1",
    ] {
        assert!(text.parse::<MessageId>().is_err(), "{text:?} is no id");
    }
}
