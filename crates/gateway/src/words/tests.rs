use super::*;

#[test]
fn each_listener_gets_its_own_encoding_and_nobody_makes_one_that_nobody_asked_for() {
    let frame = Frame::Pong { reference: Some(7) };
    let said = Said::new(frame.encode());
    assert_eq!(said.len(), frame.encode().len(), "JSON alone");
    // It came before anyone asked for MessagePack: translated by whoever writes it.
    let late = said.words(Encoding::MessagePack);
    assert_eq!(late, Words::of(&frame, Encoding::Json));
    let bytes = Bytes::from(frame.encode_binary());
    assert_eq!(late.into_message(Encoding::MessagePack), Message::Binary(bytes.clone()));

    let said = said.with_binary(frame.encode_binary());
    assert_eq!(said.len(), frame.encode().len() + bytes.len());
    let (Words::Binary(one), Words::Binary(other)) =
        (said.words(Encoding::MessagePack), said.words(Encoding::MessagePack))
    else {
        panic!("{said:?}")
    };
    assert_eq!(one, bytes);
    assert_eq!(one.as_ptr(), other.as_ptr(), "shared");
    assert_eq!(said.words(Encoding::Json).into_text(), frame.encode());
}
