//! Wrong starts: one clear message, the right exit code, and nothing made that was not asked for.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use crate::house::{Ended, House, SMALL, address, hubbub, run};
use crate::user::{User, name};

/// A flag or a setting is wrong.
const USAGE: Option<i32> = Some(64);

/// The disk, the data directory or the port.
const IO: Option<i32> = Some(74);

async fn start(folder: &Path, line: &str) -> Ended {
    let mut command = hubbub(folder);
    command.args(line.split_whitespace());
    run(command, folder).await
}

/// What is in the folder, but for what our own processes printed.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.ends_with(".out") && !name.ends_with(".err"));
    names.sort_unstable();
    names
}

/// The one message, which names all of these.
#[track_caller]
fn says(ended: &Ended, code: Option<i32>, words: &[&str]) {
    assert_eq!(ended.code, code, "{ended:?}");
    assert_eq!(ended.out, "", "a start that failed does not say that it is ready");
    let is_message = |line: &&str| line.starts_with("hubbub: ") || line.starts_with("error: ");
    let messages = ended.err.lines().filter(is_message).count();
    assert_eq!(messages, 1, "one message: {}", ended.err);
    for word in words {
        assert!(ended.err.contains(word), "{word:?} is not named in {}", ended.err);
    }
}

#[tokio::test]
async fn a_wrong_flag_ends_with_64_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&str])] = &[
        ("serve --lissten 127.0.0.1:0", &["--lissten", "--listen"]),
        ("serve --hubs many", &["--hubs", "many"]),
        ("serve --link", &["--link"]),
        ("serve --role cook", &["--role", "cook", "gateway"]),
        ("dance", &["dance"]),
        ("config check --hubs 17", &["hubs is 17", "1 to 16"]),
        ("config show --log =!", &["log is =!", "error, warn, info"]),
        ("serve --hubs 17", &["hubs is 17", "1 to 16"]),
        ("serve --commit-window-ms 1001", &["commit_window_ms is 1001", "0 to 1000"]),
        ("serve --segment-bytes 524287", &["segment_bytes is 524287", "524288 to 1073741824"]),
        ("serve --segment-bytes 524289", &["segment_bytes is 524289", "a multiple of 4096"]),
        ("serve --memory-bytes 1", &["memory_bytes is 1", "at least 65536"]),
        ("serve --ring-bytes 1", &["ring_bytes is 1", "at least 4096"]),
        ("serve --listen 0.0.0.0:0", &["listen is 0.0.0.0:0", "loopback"]),
        ("serve --listen [::]:0", &["listen is [::]:0", "loopback"]),
        ("serve --listen 192.0.2.1:0", &["listen is 192.0.2.1:0", "loopback"]),
        ("serve --role gateway", &["gateway", "--link"]),
        ("serve --role owner", &["owner", "--link"]),
        ("serve --link meet.sock", &["link", "--role"]),
        ("serve --log [[", &["log is [["]),
    ];
    for (line, words) in cases {
        says(&start(folder.path(), line).await, USAGE, words);
    }
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[tokio::test]
async fn a_wrong_file_ends_with_64_and_names_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&str, &[&str])] = &[
        ("lissten = \"127.0.0.1:0\"", &["lissten", "`listen`"]),
        ("hubs = \"two\"", &["hubs"]),
        ("hubs = -1", &["hubs"]),
        ("hubs = 0", &["hubs is 0", "1 to 16"]),
        ("listen = \"0.0.0.0:0\"", &["listen is 0.0.0.0:0", "loopback"]),
        ("role = \"cook\"", &["role", "cook"]),
        ("hubs = 1\nhubs = 2", &["hubs", "line 2"]),
        ("hubs", &["line 1"]),
        ("[serve]\nhubs = 1", &["serve"]),
    ];
    for (text, words) in cases {
        fs::write(folder.path().join("house.toml"), text).unwrap();
        let ended = start(folder.path(), "serve --config house.toml").await;
        says(&ended, USAGE, words);
        let by_value = words.iter().any(|word| word.contains(" is "));
        assert!(by_value || ended.err.contains("house.toml"), "which file? {}", ended.err);
    }
    let ended = start(folder.path(), "serve --config nowhere.toml").await;
    says(&ended, USAGE, &["nowhere.toml", "No such file"]);
    fs::create_dir(folder.path().join("folder.toml")).unwrap();
    says(&start(folder.path(), "serve --config folder.toml").await, USAGE, &["folder.toml"]);
    fs::write(folder.path().join("house.toml"), [0xff, 0xfe]).unwrap();
    says(&start(folder.path(), "serve --config house.toml").await, USAGE, &["house.toml", "UTF-8"]);
    assert_eq!(names(folder.path()), ["folder.toml", "house.toml"]);
}

#[tokio::test]
async fn a_wrong_variable_ends_with_64_and_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let cases: &[(&str, &str, &[&str])] = &[
        ("HUBBUB_LISSTEN", "127.0.0.1:0", &["HUBBUB_LISSTEN", "`listen`"]),
        ("HUBBUB_HUBS", "two", &["HUBBUB_HUBS", "two"]),
        ("HUBBUB_HUBS", "0", &["hubs is 0", "1 to 16"]),
        ("HUBBUB_LISTEN", "localhost", &["HUBBUB_LISTEN"]),
        ("HUBBUB_LISTEN", "0.0.0.0:0", &["listen is 0.0.0.0:0", "loopback"]),
        ("HUBBUB_ROLE", "owner", &["--link"]),
    ];
    for (variable, value, words) in cases {
        let mut command = hubbub(folder.path());
        command.arg("serve").env(variable, value);
        says(&run(command, folder.path()).await, USAGE, words);
    }
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[tokio::test]
async fn a_flag_wins_over_a_variable_and_that_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("house.toml"), "data = \"of-file\"\nhubs = 99\n").unwrap();
    let mut command = hubbub(folder.path());
    let flags = "serve --config house.toml --hubs 2 --listen 127.0.0.1:0";
    command.args(flags.split(' ').chain(SMALL.split(' ')));
    command.env("HUBBUB_DATA", "of-variable").env("HUBBUB_HUBS", "98").env("OTHER_HUBS", "x");
    let mut house = House::spawn(command, folder.path(), "both");
    house.ready().await;
    house.stop().await;
    assert_eq!(names(folder.path()), ["house.toml", "of-variable"]);
}

#[tokio::test]
async fn a_port_that_is_taken_ends_with_74_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap();
    for role in ["", "--role owner --link meet.sock", "--role gateway --link meet.sock"] {
        let ended = start(folder.path(), &format!("serve --listen {at} {SMALL} {role}")).await;
        says(&ended, IO, &["cannot listen on", &at.to_string(), "give another --listen"]);
        assert_eq!(ended.err.lines().count(), 1, "one line: {}", ended.err);
        assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
    }
    drop(taken);
    let mut house = House::serve(folder.path(), address(), SMALL).await;
    assert!(house.able().await.is_empty());
    house.stop().await;
}

#[tokio::test]
async fn what_stands_in_the_place_of_the_data_directory_ends_with_74_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    fs::write(&file, "mine").unwrap();
    for line in ["serve --listen 127.0.0.1:0", "serve --data data/deep --listen 127.0.0.1:0"] {
        says(&start(folder.path(), line).await, IO, &["data directory data", "--data"]);
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let meta = "format = 2\npartitions = 256\nbody_key = \"00\"\n";
    fs::write(file.join("meta.toml"), meta).unwrap();
    let ended = start(folder.path(), "serve --listen 127.0.0.1:0").await;
    says(&ended, IO, &["data directory data", "format 2", "reads format 1"]);
    assert_eq!(names(&file), ["LOCK", "meta.toml"], "nothing is written into another version's");
    assert_eq!(fs::read_to_string(file.join("meta.toml")).unwrap(), meta);
}

/// The binary under the eyes of another user. Only root can become one; everybody else is one
/// already, of what was made read-only.
fn as_another(folder: &Path) -> Command {
    let (us, binary) = (fs::metadata(folder).unwrap().uid(), folder.join("hubbub"));
    if !binary.exists() {
        // The folder it was built in may be closed to others.
        let built = env!("CARGO_BIN_EXE_hubbub");
        fs::hard_link(built, &binary).or_else(|_| fs::copy(built, &binary).map(drop)).unwrap();
    }
    let mut command = Command::new(if us == 0 { Path::new("setpriv") } else { &binary });
    if us == 0 {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&binary);
    }
    command.current_dir(folder).env("PATH", "/usr/bin:/bin").env("HUBBUB_DEV", "true");
    command
}

#[tokio::test]
async fn a_data_directory_that_may_not_be_written_ends_with_74_and_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mode = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    House::serve(folder.path(), address(), SMALL).await.stop().await;
    let data = folder.path().join("data");
    let before = names(&data);
    mode(&data.join("LOCK"), 0o444);
    mode(&data, 0o555);
    as_another(folder.path());
    mode(folder.path(), 0o555);
    let cases: &[(&str, &[&str])] = &[
        ("data", &["data directory data:", "cannot be written", "check its owner and mode"]),
        ("new", &["data directory new:", "cannot be made", "another --data"]),
    ];
    let printed = tempfile::tempdir().unwrap();
    for (directory, words) in cases {
        let mut command = as_another(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", directory]);
        let ended = run(command, printed.path()).await;
        says(&ended, IO, words);
        assert_eq!(ended.err.lines().count(), 1, "one line: {}", ended.err);
        assert!(ended.err.contains("Permission denied"), "{}", ended.err);
    }
    mode(folder.path(), 0o755);
    mode(&data, 0o755);
    assert_eq!(names(&data), before);
    assert_eq!(names(folder.path()), ["data", "hubbub"]);
}

#[tokio::test]
async fn a_directory_in_use_ends_with_74_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = House::serve(folder.path(), address(), SMALL).await;
    let mut user = User::new("ann", 1, &[first.at()]);
    let tea = name("tea");
    user.say(&tea, ["one".to_owned()]).await;
    for line in [
        "serve --data data --listen 127.0.0.1:0",
        "serve --data ./data/../data --listen 127.0.0.1:0",
        "serve --data data --role owner --link meet.sock --listen 127.0.0.1:0",
    ] {
        let ended = start(folder.path(), line).await;
        says(&ended, IO, &["data directory", "is in use by another hubbub"]);
        assert_eq!(ended.err.lines().count(), 1, "one line: {}", ended.err);
    }
    user.say(&tea, ["two".to_owned()]).await;
    assert_eq!(user.read(&tea).await.head.0, 2);
    first.stop().await;
    assert_eq!(names(folder.path()), ["data"], "no socket of an owner that never was");
}

#[tokio::test]
async fn a_link_that_cannot_be_made_ends_with_74() {
    let folder = tempfile::tempdir().unwrap();
    let owner =
        |link: &str| format!("serve --role owner --link {link} --listen 127.0.0.1:0 {SMALL}");
    let ended = start(folder.path(), &owner("nowhere/meet.sock")).await;
    says(&ended, IO, &["link socket nowhere/meet.sock"]);
    let ended = start(folder.path(), &owner(&"long".repeat(40))).await;
    says(&ended, IO, &["link socket longlong"]);
}

#[tokio::test]
async fn what_stands_in_the_place_of_the_link_ends_with_74_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let owner =
        |link: &str| format!("serve --role owner --link {link} --listen 127.0.0.1:0 {SMALL}");
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let ended = start(folder.path(), &owner("notes.txt")).await;
    says(&ended, IO, &["link socket notes.txt"]);
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine");
    let line = format!("{} --data first", owner("meet.sock"));
    let first = House::start(folder.path(), "first", &line).await;
    let ended = start(folder.path(), &format!("{} --data second", owner("meet.sock"))).await;
    says(&ended, IO, &["link socket meet.sock"]);
    drop(first);
    // A socket that a killed owner left is no reason not to start.
    drop(House::start(folder.path(), "second", &line).await);
}
