use super::*;

fn sleeper(guardian: &Rc<Guardian>, folder: &Path) -> Process {
    let arguments = ["-c".to_owned(), "echo here; sleep 60".to_owned()];
    Process::start(guardian, "sleeper", Path::new("sh"), &arguments, folder).unwrap()
}

fn is_alive(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    !status.is_empty() && !status.contains(") Z ")
}

fn soon(condition: impl Fn() -> bool) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        if condition() {
            return true;
        }
        std::thread::sleep(LOOK);
    }
    false
}

#[test]
fn a_process_is_stopped_continued_and_killed() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = Guardian::start().unwrap();
    let mut process = sleeper(&guardian, folder.path());
    let pid = process.child.id();
    let state = |letter: &str| {
        soon(|| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
            stat.contains(&format!(") {letter} "))
        })
    };
    process.signal("STOP").unwrap();
    assert!(state("T"));
    process.signal("CONT").unwrap();
    assert!(state("S"));
    assert_eq!(process.wait(Duration::from_millis(50)).unwrap(), None);
    process.kill().unwrap();
    assert!(!is_alive(pid));
    assert!(!process.ended().unwrap().unwrap().success());
    let log = std::fs::read_to_string(folder.path().join("sleeper.log")).unwrap();
    assert_eq!(log, "here\n");
}

#[test]
fn what_a_process_printed_last_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = Guardian::start().unwrap();
    for (name, script, last) in [
        ("talks", "echo one; echo two >&2; exit 3", "two"),
        ("silent", "exit 3", "it printed nothing"),
    ] {
        let arguments = ["-c".to_owned(), script.to_owned()];
        let sh = Path::new("sh");
        let mut process = Process::start(&guardian, name, sh, &arguments, folder.path()).unwrap();
        process.wait(Duration::from_secs(5)).unwrap();
        assert_eq!(process.last_words(), last);
    }
}

#[test]
fn the_guardian_kills_who_is_left_and_only_those() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = Guardian::start().unwrap();
    let mut processes: Vec<Process> = (0..4).map(|_| sleeper(&guardian, folder.path())).collect();
    processes[1].kill().unwrap();
    processes[3].signal("STOP").unwrap();
    // Another process that the guardian once knew, and forgot.
    guardian.tell('-', processes[2].child.id()).unwrap();
    let pids: Vec<u32> = processes.iter().map(|process| process.child.id()).collect();
    // What remains of this process when it is killed: its end of the pipe is closed, no more.
    guardian.let_go();
    assert!(soon(|| !is_alive(pids[0]) && !is_alive(pids[3])));
    assert!(is_alive(pids[2]));
    processes.iter_mut().for_each(|process| drop(process.child.kill()));
}
