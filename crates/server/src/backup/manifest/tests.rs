use super::*;

fn manifest(names: &[&str]) -> Vec<u8> {
    let files = names.iter().map(|name| Entry::of(name, b"x")).collect();
    serde_json::to_vec(&Manifest { files, ..Manifest::empty() }).unwrap()
}

#[test]
fn only_names_that_a_backup_writes_are_read() {
    assert!(Manifest::parse(&manifest(&[])).is_ok());
    assert!(Manifest::parse(&manifest(&["meta.toml", "journal/00000001.seg"])).is_ok());
    for names in [
        &["meta.toml", "journal/../../etc/passwd"][..],
        &["meta.toml", "/etc/passwd"],
        &["journal/00000001.seg"],
        &["meta.toml", "journal/1.seg"],
        &["meta.toml", "journal/00000002.seg", "journal/00000001.seg"],
        &["meta.toml", "meta.toml"],
    ] {
        let why = Manifest::parse(&manifest(names)).unwrap_err();
        assert!(why.contains("not of a backup"), "{names:?}: {why}");
    }
}

#[test]
fn another_version_is_told_by_its_number_also_with_fields_that_are_not_known() {
    let why = Manifest::parse(br#"{"version":2,"volumes":[]}"#).unwrap_err();
    assert!(why.contains("version 2"), "{why}");
    let why = Manifest::parse(b"{\"version\":1,\"taken").unwrap_err();
    assert!(why.contains("damaged"), "{why}");
}
