use super::*;

const SOON: Duration = Duration::from_secs(10);

fn sleeper(guardian: &Rc<Guardian>, folder: &Path) -> Process {
    let arguments = ["1000".to_owned()];
    let log = folder.join("log");
    Process::start(guardian, Path::new("sleep"), &arguments, &log, &Output::Log).unwrap()
}

fn is_alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn a_process_leads_its_own_group_in_our_session() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = Guardian::start().unwrap();
    let process = sleeper(&guardian, folder.path());
    let field = |pid: &str, index: usize| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit_once(") ").unwrap().1.split(' ').nth(index).unwrap().to_owned()
    };
    let (group, session) = (2, 3);
    let pid = process.id().to_string();
    assert_eq!(field(&pid, group), pid);
    assert_eq!(field(&pid, session), field("self", session));
}

#[test]
fn a_dropped_process_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = Guardian::start().unwrap();
    let process = sleeper(&guardian, folder.path());
    let pid = process.id();
    drop(process);
    assert!(!is_alive(pid));
}

#[test]
fn who_is_asked_to_end_ends() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = Guardian::start().unwrap();
    let mut process = sleeper(&guardian, folder.path());
    process.terminate().unwrap();
    assert!(process.wait(SOON).unwrap().is_some());
}

#[test]
fn what_is_left_dies_with_its_guardian() {
    let folder = tempfile::tempdir().unwrap();
    let guardian = Guardian::start().unwrap();
    let process = sleeper(&guardian, folder.path());
    let pid = process.id();
    // As if this process were killed: nobody drops anything, but the guardian's input ends.
    guardian.let_go();
    let until = Instant::now() + SOON;
    while is_alive(pid) {
        assert!(Instant::now() < until, "{pid} is still there");
        std::thread::sleep(LOOK);
    }
}
