use super::*;

fn layer(text: &str) -> Layer {
    toml::from_str(text).unwrap()
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
    let environment = [("HUBBUB_HUBS", "2"), ("HUBBUB_DATA", "/from/env"), ("PATH", "/bin")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let environment = read_environment(environment.into_iter()).unwrap();
    let file = layer("hubs = 3\ndata = '/from/file'\ncommit_window_ms = 7\n");
    let config = layer("hubs = 4").over(environment).over(file).complete().unwrap();
    assert_eq!(config.hubs, 4);
    assert_eq!(config.data, PathBuf::from("/from/env"));
    assert_eq!(config.commit_window, Duration::from_millis(7));
    assert_eq!(config.listen.port(), 8080);
}

#[test]
fn an_unknown_key_is_named() {
    let why = toml::from_str::<Layer>("lisen = '127.0.0.1:1'").unwrap_err().to_string();
    assert!(why.contains("unknown field `lisen`"), "{why}");
    let bad = read_environment([("HUBBUB_LISEN".to_owned(), "x".to_owned())].into_iter());
    assert!(bad.unwrap_err().to_string().contains("HUBBUB_LISEN"));
}

#[test]
fn a_value_outside_its_range_is_refused_at_the_edge() {
    assert!(layer("hubs = 16").complete().is_ok());
    let why = layer("hubs = 17").complete().unwrap_err().to_string();
    assert_eq!(why, "hubs is 17: it must be 1 to 16");
    assert!(layer("commit_window_ms = 1000").complete().is_ok());
    assert!(layer("commit_window_ms = 1001").complete().is_err());
    assert!(layer("segment_bytes = 524287").complete().is_err());
    assert!(layer("memory_bytes = 65535").complete().is_err());
    assert!(layer("history_cache_bytes = 1048575").complete().is_err());
    assert!(layer("nlp_in_flight = 16000").complete().is_ok());
    assert!(layer("nlp_in_flight = 16001").complete().is_err());
    assert!(layer("nlp_timeout_ms = 9").complete().is_err());
    assert!(layer("ring_bytes = 4096").complete().is_ok());
    assert!(layer("ring_bytes = 4095").complete().is_err());
}

#[test]
fn only_a_loopback_address_is_served_until_there_are_accounts() {
    assert!(layer("listen = '[::1]:80'").complete().is_ok());
    assert!(layer("listen = '127.9.9.9:80'").complete().is_ok());
    assert!(layer("listen = '[::ffff:127.0.0.1]:80'").complete().is_ok());
    for open in ["0.0.0.0:80", "192.168.0.1:80", "[::]:80"] {
        assert!(layer(&format!("listen = '{open}'")).complete().is_err(), "{open}");
    }
}

#[test]
fn the_split_roles_need_a_link_and_both_does_not_take_one() {
    assert!(layer("role = 'owner'").complete().is_err());
    assert!(layer("role = 'gateway'\nlink = '/tmp/l'").complete().is_ok());
    assert!(layer("link = '/tmp/l'").complete().is_err());
}

#[test]
fn what_is_shown_says_where_it_comes_from_and_is_a_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hubbub.toml");
    std::fs::write(&file, "hubs = 3\ncommit_window_ms = 7\n").unwrap();
    let shown = Config::show(Some(&file), layer("hubs = 4")).unwrap();
    let of = |key: &str| shown.iter().find(|shown| shown.key == key).cloned();
    let is = |key: &str, value: &str, source| {
        Some(Shown { key: key.to_owned(), value: value.to_owned(), source })
    };
    assert_eq!(of("hubs"), is("hubs", "4", "flag"));
    assert_eq!(of("commit_window_ms"), is("commit_window_ms", "7", "file"));
    assert_eq!(of("listen"), is("listen", "\"127.0.0.1:8080\"", "default"));
    assert_eq!(of("nlp"), None, "what nobody gave and nothing stands for");
    let again: String = shown.iter().map(|shown| format!("{shown}\n")).collect();
    let loaded = Config::load(Some(&file), layer("hubs = 4")).unwrap();
    assert_eq!(layer(&again).complete().unwrap(), loaded);
    assert!(Config::show(None, layer("hubs = 17")).is_err());
    let large = Layer { memory_bytes: Some(usize::MAX), ..Layer::default() };
    let why = Config::show(None, large).unwrap_err().to_string();
    assert!(why.contains("cannot be written in TOML"), "{why}");
}
