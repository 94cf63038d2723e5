//! The list of rooms that talkers made, beside their histories: several processes write it, one reads it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use model::ConversationId;

/// Its name in the histories' folder. One room a line.
const FILE: &str = "rooms.txt";

/// Adds a room. The line goes out in one write, which an append keeps whole among those of others.
pub(crate) fn add(histories: &Path, room: &ConversationId) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(histories.join(FILE))?;
    file.write_all(format!("{room}\n").as_bytes())
}

/// All rooms that were added; none where nobody made one.
pub(crate) fn all(histories: &Path) -> Result<Vec<ConversationId>> {
    let path = histories.join(FILE);
    let text = match fs::read_to_string(&path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| path.display().to_string())?,
    };
    text.lines()
        .map(|room| room.parse().with_context(|| format!("{}: {room:?}", path.display())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rooms_are_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(all(folder.path()).unwrap(), []);
    }

    #[test]
    fn rooms_that_many_add_at_once_are_all_whole() {
        let folder = tempfile::tempdir().unwrap();
        let room = |number: u32| format!("room-{number}").parse::<ConversationId>().unwrap();
        let (writers, each) = (4, 500);
        std::thread::scope(|scope| {
            for writer in 0..writers {
                let folder = folder.path();
                scope.spawn(move || {
                    for number in 0..each {
                        add(folder, &room(writer * each + number)).unwrap();
                    }
                });
            }
        });
        let mut found = all(folder.path()).unwrap();
        found.sort();
        let mut wanted: Vec<ConversationId> = (0..writers * each).map(room).collect();
        wanted.sort();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_line_that_is_no_room_is_said() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "good\n\n").unwrap();
        let why = format!("{:#}", all(folder.path()).unwrap_err());
        assert!(why.contains(r#"rooms.txt: """#), "{why}");
    }
}
