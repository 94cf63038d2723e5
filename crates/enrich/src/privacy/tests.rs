use super::*;

fn body(text: &str) -> Body {
    Body::new(text).unwrap()
}

fn id(name: &str) -> ConversationId {
    ConversationId::new(name).unwrap()
}

fn rules(text: &str) -> Privacy {
    text.parse().unwrap()
}

/// What leaves of a text without these.
fn without(kinds: &str, text: &str) -> String {
    let rules = rules(&format!("* {kinds}"));
    rules.shown(&id("tea"), &body(text)).unwrap().as_str().to_owned()
}

#[test]
fn the_first_rule_that_fits_decides_and_what_fits_none_leaves_as_it_is() {
    let text = "hr-* never, lobby as-is, support-* emails numbers names, lob* numbers";
    let rules = rules(text);
    assert_eq!(rules.to_string(), text);
    let said = body("5 to bo@x.de");
    let shown = |name| rules.shown(&id(name), &said).map(|text| text.as_str().to_owned());
    assert_eq!(shown("hr-pay"), None);
    assert_eq!(shown("hr"), Some("5 to bo@x.de".to_owned()));
    assert_eq!(shown("lobby"), Some("5 to bo@x.de".to_owned()));
    assert_eq!(shown("lobby-2"), Some("0 to bo@x.de".to_owned()));
    assert_eq!(shown("support-1"), Some("0 to [email]".to_owned()));
    assert!(rules.is_closed(&id("hr-")) && !rules.is_closed(&id("support-1")));
    assert_eq!(Privacy::default().shown(&id("tea"), &said), Some(said));
}

#[test]
fn what_is_no_rule_is_said() {
    for (bad, why) in [
        ("hr-*", "does not say"),
        ("hr-* sometimes", "\"sometimes\""),
        ("hr-* never emails", "\"never\""),
        ("* emails phones", "\"phones\""),
    ] {
        let said = bad.parse::<Privacy>().unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }
    let many = |count| vec!["a never"; count].join(",").parse::<Privacy>();
    assert!(many(RULES_MAX).is_ok());
    assert!(many(RULES_MAX + 1).is_err());
}

#[test]
fn addresses_of_mail_are_taken_out_whole() {
    for (text, left) in [
        ("write to ann.lee+x@mail.example.org.", "write to [email]."),
        ("<bo@x.de>, bo_2@y.co.uk!", "<[email]>, [email]!"),
        ("ünal@müller.de (ä@b.de)", "[email] ([email])"),
        ("a@b c @home at@ @ x@y.", "a@b c @home at@ @ x@y."),
        ("a@b@c.de", "a@[email]"),
        ("bo@x.de", "[email]"),
    ] {
        assert_eq!(without("emails", text), left, "{text}");
    }
}

#[test]
fn no_digit_leaves() {
    for (text, left) in [
        ("call +49 (170) 123-45.67 at 5", "call +00 (000) 000-00.00 at 0"),
        ("card 4111111111111111, covid19", "card 0000000000000000, covid00"),
        ("٣ rooms, ½ price", "0 rooms, 0 price"),
    ] {
        assert_eq!(without("numbers", text), left, "{text}");
    }
}

#[test]
fn names_are_guessed_by_capitals_and_by_the_list() {
    for (text, left) in [
        ("I met Gunnar in May", "I met [name] in May"),
        ("Hello! This is Anna Maria Kowalska.", "Hello! This is [name]."),
        ("anna told ROBERT", "[name] told [name]"),
        ("Anna's dog and Jean-Luc", "[name] dog and [name]"),
        ("ask Dr. Okonkwo, Bob or O'Brien", "ask Dr. [name], [name] or [name]"),
        ("We speak English on Monday. Nice. Gunnar", "We speak English on Monday. Nice. Gunnar"),
        ("NASA and I'm OK, iPhone", "NASA and I'm OK, iPhone"),
        ("王小明 says hi", "王小明 says hi"),
    ] {
        assert_eq!(without("names", text), left, "{text}");
    }
}

#[test]
fn kinds_do_not_disturb_each_other() {
    let text = "Mail Anna at anna2@x.de or 0170";
    assert_eq!(without("names numbers emails", text), "Mail [name] at [email] or 0000");
    assert_eq!(without("emails", text), "Mail Anna at [email] or 0170");
}

#[test]
fn what_grows_beyond_a_body_is_cut_at_a_letter() {
    let text = "é Bo ".repeat(model::bounds::BODY_MAX_BYTES / 6);
    let left = without("names", &text);
    assert!(left.len() <= model::bounds::BODY_MAX_BYTES && left.len() > 8_000, "{}", left.len());
}
