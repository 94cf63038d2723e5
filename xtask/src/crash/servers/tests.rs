use super::*;

fn shape(gateways: u16, mutant: Option<&str>) -> Shape {
    Shape { gateways, hubs: 4, memory_bytes: 99, mutant: mutant.map(str::to_owned) }
}

#[test]
fn one_process_is_both_and_an_owner_has_a_link() {
    let listen = SocketAddr::from(([127, 0, 0, 1], 9000));
    assert_eq!(
        owner_arguments(&shape(0, None), listen, 7, Death::Power).join(" "),
        "serve --role both --data data --listen 127.0.0.1:9000 --hubs 4 --memory-bytes 99 \
         --segment-bytes 2097152 --ring-bytes 8192 --disk shadow:7 --after power"
    );
    let split = owner_arguments(&shape(2, Some("no-sync")), listen, 7, Death::Process).join(" ");
    assert!(split.starts_with("serve --role owner "));
    assert!(split.ends_with(" --after process --link link.sock --mutant no-sync"), "{split}");
    assert_eq!(
        gateway_arguments(&shape(2, Some("released-early")), listen).join(" "),
        "serve --role gateway --link link.sock --listen 127.0.0.1:9000 --ring-bytes 8192 \
         --mutant released-early"
    );
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
