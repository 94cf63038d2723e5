use super::*;

/// Of a server that asks for no tokens, unless the text says otherwise.
fn layer(text: &str) -> Layer {
    let given: Layer = toml::from_str(text).unwrap();
    let has_keys = given.token_secret_file.is_some() || given.jwks_file.is_some();
    let dev = Layer { dev: Some(!has_keys), ..Layer::default() };
    given.over(dev)
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
    assert!(layer("drain_window_ms = 600000\ndrain_timeout_ms = 600000").complete().is_ok());
    assert!(layer("drain_window_ms = 600001").complete().is_err());
    assert!(layer("drain_timeout_ms = 600001").complete().is_err());
}

#[test]
fn a_share_of_traces_is_from_0_to_1_and_needs_a_collector() {
    let to = "otlp_endpoint = 'http://collector:4318'\n";
    assert!(layer(to).complete().is_ok());
    for (share, is_right) in [("0.0", true), ("1.0", true), ("1.01", false), ("-0.01", false)] {
        let text = format!("{to}otlp_sample_ratio = {share}");
        assert_eq!(layer(&text).complete().is_ok(), is_right, "{share}");
    }
    assert!(layer("otlp_sample_ratio = 0.5").complete().is_err(), "where to?");
    let variable = ("HUBBUB_OTLP_SAMPLE_RATIO".to_owned(), "0.25".to_owned());
    let layer = read_environment([variable].into_iter()).unwrap();
    assert_eq!(layer.otlp_sample_ratio, Some(0.25));
}

#[test]
fn without_tokens_only_a_loopback_address_is_served() {
    assert!(layer("listen = '[::1]:80'").complete().is_ok());
    assert!(layer("listen = '127.9.9.9:80'").complete().is_ok());
    assert!(layer("listen = '[::ffff:127.0.0.1]:80'").complete().is_ok());
    for open in ["0.0.0.0:80", "192.168.0.1:80", "[::]:80"] {
        assert!(layer(&format!("listen = '{open}'")).complete().is_err(), "{open}");
    }
}

#[test]
fn nobody_gets_in_by_an_oversight() {
    let whole = |text: &str| toml::from_str::<Layer>(text).unwrap().complete();
    let why = whole("").unwrap_err().to_string();
    assert!(why.contains("--dev") && why.contains("--token-secret-file"), "{why}");
    assert!(whole("dev = true").is_ok());
    assert!(whole("dev = true\ntoken_secret_file = 's'").is_err());
    assert!(whole("token_secret_file = 's'").is_ok());
    assert!(whole("jwks_file = 'j'").is_ok());
    let open = "listen = '0.0.0.0:80'\ntoken_secret_file = 's'\n";
    assert!(whole(open).is_err(), "tokens in the clear");
    assert!(whole(&format!("{open}tls_cert = 'c'\ntls_key = 'k'")).is_ok());
    assert!(whole(&format!("{open}tls_cert = 'c'")).is_err(), "half of TLS");
    assert!(whole(&format!("{open}trusted_proxies = '10.0.0.7, ::1'")).is_ok());
    assert!(whole(&format!("{open}trusted_proxies = 'proxy'")).is_err());
    let owner = "role = 'owner'\nlink = '/tmp/l'\n";
    assert!(whole(owner).is_ok(), "an owner takes no clients");
    assert!(whole(&format!("{owner}listen = '0.0.0.0:80'")).is_err());
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
    std::fs::write(&file, "dev = true\nhubs = 3\ncommit_window_ms = 7\n").unwrap();
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
    let large = Layer { memory_bytes: Some(usize::MAX), dev: Some(true), ..Layer::default() };
    let why = Config::show(None, large).unwrap_err().to_string();
    assert!(why.contains("cannot be written in TOML"), "{why}");
}
