use super::*;

fn read(text: &str) -> (Vec<Line>, Known) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut lines = Lines::open(file.path()).unwrap();
    let mut all = Vec::new();
    while let Some(line) = lines.next_line().unwrap() {
        all.push(line);
    }
    (all, lines.known())
}

#[test]
fn a_bad_line_is_told_by_its_number_and_the_others_are_read() {
    let good = r#"{"conversation":"tea","user":"ann","body":"hello","sent_at":5}"#;
    let more = r#"{"conversation":"tea","user":"ann","body":"x","sent_at":5,"edited":true}"#;
    let governed = r#"{"conversation":"g:abc","user":"ann","body":"x","sent_at":5}"#;
    let (lines, known) = read(&format!("{good}\n\n{{\n{more}\n{governed}\n{good}"));
    let numbers: Vec<u64> = lines.iter().map(|line| line.number).collect();
    assert_eq!(numbers, [1, 3, 4, 5, 6]);
    assert_eq!((known.lines, known.bad), (6, 3));
    let said = lines[0].said.as_ref().unwrap();
    assert_eq!((said.body.as_str(), said.sent_at), ("hello", Wall(5)));
    assert_eq!(lines[4].said.as_ref(), Ok(said), "the last line needs no end");
    assert!(lines[2].said.as_ref().unwrap_err().contains("edited"));
    assert!(lines[3].said.as_ref().unwrap_err().contains("not an open conversation"));
}

#[test]
fn the_hash_follows_from_every_byte_and_their_order() {
    let hash = |text| read(text).1.hash;
    assert_eq!(hash("a\nb\n"), hash("a\nb\n"));
    assert_ne!(hash("a\nb\n"), hash("b\na\n"));
    assert_ne!(hash("a\nb\n"), hash("a\nb"));
}

#[test]
fn at_its_bounds_a_file_is_refused() {
    let line = |user: usize| {
        format!("{{\"conversation\":\"tea\",\"user\":\"u{user}\",\"body\":\"x\",\"sent_at\":5}}\n")
    };
    let text: String = (0..USERS_MAX).map(line).collect();
    assert_eq!(read(&text).1.lines, USERS_MAX as u64);
    let file = tempfile::NamedTempFile::new().unwrap();
    let long = vec![b' '; usize::try_from(LINE_MAX_BYTES).unwrap()];
    for bad in [(text + &line(USERS_MAX)).into_bytes(), long] {
        std::fs::write(file.path(), bad).unwrap();
        let mut lines = Lines::open(file.path()).unwrap();
        let ended = std::iter::from_fn(|| lines.next_line().transpose()).last();
        assert!(matches!(ended, Some(Err(why)) if why.kind() == io::ErrorKind::InvalidData));
    }
}
