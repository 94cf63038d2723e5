use super::*;

#[test]
fn an_instance_follows_from_the_file_and_the_user() {
    let ann = UserId::new("ann").unwrap();
    let ben = UserId::new("ben").unwrap();
    assert_eq!(instance(1, &ann).0, 16_480_358_888_988_956_283, "stored: never change it");
    assert_ne!(instance(1, &ann), instance(1, &ben));
    assert_ne!(instance(1, &ann), instance(2, &ann));
}
