use super::*;

mod over_tls;

use crate::config::EnrichLayer;

fn config(text: &str) -> EnrichConfig {
    toml::from_str::<EnrichLayer>(text).unwrap().complete().unwrap()
}

#[test]
fn only_an_http_address_is_a_service() {
    let provider = |base: &str| Provider::new(&config(&format!("nlp = '{base}'")));
    assert!(provider("http://127.0.0.1:8099").is_ok());
    assert!(provider("http://127.0.0.1:8099/").is_ok());
    for base in ["127.0.0.1:8099", "ftp://a", "http://"] {
        assert!(provider(base).is_err(), "{base:?}");
    }
}

#[test]
fn a_key_goes_into_its_header_and_nowhere_else() {
    let of = |text: &str| headers(&config(text).key);
    let (with, notes) = of("nlp_key = 'sk-1234'");
    assert_eq!(with[header::AUTHORIZATION].to_str().unwrap(), "Bearer sk-1234");
    assert!(!format!("{with:?}").contains("1234"), "{with:?}");
    assert!(notes.is_empty());
    assert_eq!(of("nlp_key = 'k'\nnlp_key_header = 'X-Api-Key'").0["x-api-key"], "k");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, "sk-5678\n").unwrap();
    let (with, _) = of(&format!("nlp_key_file = '{}'", file.display()));
    assert_eq!(with[header::AUTHORIZATION].to_str().unwrap(), "Bearer sk-5678");
    // What is wrong with it is said, and stops nothing.
    std::fs::remove_file(&file).unwrap();
    let (without, notes) = of(&format!("nlp_key_file = '{}'", file.display()));
    assert!(without.get(header::AUTHORIZATION).is_none());
    assert!(notes[0].contains("cannot be read from"), "{notes:?}");
    assert!(of("nlp_key = ''").1[0].contains("empty"));
    let (_, notes) = of("nlp_key = \"a\\nb\"");
    assert!(notes[0].contains("no header takes") && !notes[0].contains('\n'), "{notes:?}");
}

#[test]
fn a_key_in_the_clear_is_said_unless_it_stays_on_the_machine() {
    let notes = |base: &str| {
        Provider::new(&config(&format!("nlp = '{base}'\nnlp_key = 'k'"))).unwrap().troubles()
    };
    assert!(notes("http://127.0.0.1:1").is_empty());
    assert!(notes("http://[::1]:1").is_empty());
    assert!(notes("http://localhost:1").is_empty());
    assert!(notes("https://nlp.example").is_empty());
    assert!(notes("http://nlp.example:80")[0].contains("in the clear"));
    let without = Provider::new(&config("nlp = 'http://nlp.example:80'")).unwrap();
    assert!(without.troubles().is_empty());
}
