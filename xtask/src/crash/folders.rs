//! Folders, copied and deleted whole.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(())
}

pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[test]
fn folders_are_copied_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("a"), folder.path().join("b"));
    fs::create_dir_all(from.join("deep")).unwrap();
    fs::write(from.join("deep").join("x"), "1").unwrap();
    copy_folder(&from, &to).unwrap();
    assert_eq!(fs::read_to_string(to.join("deep").join("x")).unwrap(), "1");
    remove_folder(&to).unwrap();
    remove_folder(&to).unwrap();
    assert!(!to.exists());
    copy_folder(&to, &from).unwrap();
}
