//! Must fail to lint: uses each thing that the root `clippy.toml` bans, once.
//!
//! A line that ends in `//~ refused` must be refused by clippy, every other line must not, and every
//! ban must refuse one: `xtask/tests/tidy/fence.rs` sees to all three.

pub fn leaves() {
    std::process::exit(0); //~ refused
}

pub fn reads_the_environment() {
    let _ = std::env::var("HOME"); //~ refused
    let _ = std::env::var_os("HOME"); //~ refused
    let _ = std::env::vars(); //~ refused
    let _ = std::env::vars_os(); //~ refused
}

pub fn makes_channels_without_a_bound() {
    let _ = std::sync::mpsc::channel::<u8>(); //~ refused
    let _ = tokio::sync::mpsc::unbounded_channel::<u8>(); //~ refused
    let _ = crossbeam_channel::unbounded::<u8>(); //~ refused
}

pub fn may_do_what_the_shell_does() {
    let _ = std::time::Instant::now();
    let _ = std::sync::mpsc::sync_channel::<u8>(1);
    let _ = tokio::sync::mpsc::channel::<u8>(1);
    let _ = crossbeam_channel::bounded::<u8>(1);
}
