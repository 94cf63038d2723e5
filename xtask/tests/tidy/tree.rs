//! The files of the project as rules see them: tracked ones, and new ones that git does not ignore.

use std::path::{Path, PathBuf};
use std::process::Command;

/// One file, with a path from the root of the project.
pub(crate) struct File {
    pub(crate) path: String,
    /// As UTF-8, what is not replaced; empty for a symlink.
    pub(crate) text: String,
    /// Where a symlink points to.
    pub(crate) link: Option<String>,
}

impl File {
    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether it is Rust.
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// The files of the project, or of a made-up one.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// The project itself.
    pub(crate) fn house() -> Self {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root())
            .output()
            .expect("git runs");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let listed = String::from_utf8(listed.stdout).expect("our paths are UTF-8");
        let mut paths: Vec<&str> = listed.split_terminator('\0').collect();
        paths.sort_unstable();
        paths.dedup();
        Self { files: paths.into_iter().filter_map(read).collect() }
    }

    /// A made-up project of paths and texts.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.to_owned(),
            text: text.to_owned(),
            link: None,
        };
        Self { files: files.iter().map(file).collect() }
    }

    /// The same with a symlink.
    pub(crate) fn linked(mut self, path: &str, to: &str) -> Self {
        self.files.push(File {
            path: path.to_owned(),
            text: String::new(),
            link: Some(to.to_owned()),
        });
        self
    }

    /// The file at this path.
    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The files in Rust, but for those in the fence, which are wrong on purpose.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust() && !file.path.starts_with("xtask/fence/"))
    }
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().expect("xtask is in the root").to_owned()
}

/// Fails with the complaints, one a line.
#[track_caller]
pub(crate) fn tidy(untidy: &[String]) {
    assert!(untidy.is_empty(), "\n{}", untidy.join("\n"));
}

/// `None` for what git lists and someone has just removed.
fn read(path: &str) -> Option<File> {
    let on_disk = root().join(path);
    let link = std::fs::read_link(&on_disk).ok();
    let text = match &link {
        Some(_) => String::new(),
        None => String::from_utf8_lossy(&std::fs::read(&on_disk).ok()?).into_owned(),
    };
    let link = link.map(|to| to.to_string_lossy().into_owned());
    Some(File { path: path.to_owned(), text, link })
}

#[test]
fn the_house_is_read_with_its_symlinks() {
    let house = Tree::house();
    assert!(house.get("Cargo.toml").is_some_and(|file| file.text.contains("[workspace]")));
    assert!(house.get("crates/hub/clippy.toml").is_some_and(|file| file.link.is_some()));
    assert!(!house.files.iter().any(|file| file.path.starts_with("target/")));
}
