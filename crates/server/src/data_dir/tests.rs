use super::*;

#[test]
fn a_directory_is_used_by_one_at_a_time_and_remembers_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let first = DataDir::open(dir.path(), &mut || 7).unwrap();
    assert!(matches!(DataDir::open(dir.path(), &mut || 8), Err(ServeError::Locked { .. })));
    let key = first.body_key;
    drop(first);
    let again = DataDir::open(dir.path(), &mut || 9).unwrap();
    assert_eq!(again.body_key, key);
}

#[test]
fn another_format_is_refused_with_its_number() {
    let dir = tempfile::tempdir().unwrap();
    let text = "format = 2\npartitions = 256\nbody_key = '00'\n";
    std::fs::write(dir.path().join("meta.toml"), text).unwrap();
    let why = DataDir::open(dir.path(), &mut || 7).unwrap_err().to_string();
    assert!(why.contains("format 2"), "{why}");
}

#[test]
fn a_path_that_is_a_file_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let why = DataDir::open(file.path(), &mut || 7).unwrap_err();
    assert_eq!(why.exit_code(), crate::error::EXIT_IO);
    assert!(why.to_string().contains(&*file.path().to_string_lossy()), "{why}");
}

#[test]
fn a_journal_without_its_key_is_not_given_another_one() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("journal")).unwrap();
    std::fs::write(dir.path().join("journal/00000001.seg"), "x").unwrap();
    let why = DataDir::open(dir.path(), &mut || 7).unwrap_err().to_string();
    assert!(why.contains("without its meta.toml"), "{why}");
    assert!(!dir.path().join("meta.toml").exists());
}
