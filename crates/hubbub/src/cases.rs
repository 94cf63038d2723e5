//! `hubbub lab`: services in the plain way and in the clever one, to be measured beside each other.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{complain, print};

#[derive(Debug, Subcommand)]
pub(crate) enum Lab {
    /// A service that waits for an outside one, with as many slots as it is given (docs/cases/slots.md)
    #[command(
        after_help = "Examples:\n  hubbub nlp --no-models &\n  hubbub lab slots --slot thread --slots 1000 &\n  \
                      curl -id '{\"text\":\"hello\"}' 127.0.0.1:8095/v1/analyze\n  \
                      hubbub load run http://127.0.0.1:8095/v1/analyze -b '{\"text\":\"hello\"}' -c 15000 -T 30s"
    )]
    Slots(lab::slots::SlotsArgs),
}

/// Serves until it is asked to stop.
pub(crate) async fn run(lab: Lab) -> anyhow::Result<ExitCode> {
    let Lab::Slots(args) = lab;
    let service = match lab::slots::bind(&args) {
        Ok(service) => service,
        Err(why) => {
            complain(&why.to_string());
            return Ok(ExitCode::from(server::error::EXIT_IO));
        }
    };
    print(&format!("hubbub lab slots is ready: http://{}/v1/analyze", service.address()));
    service.serve(server::asked_to_stop()).await;
    Ok(ExitCode::SUCCESS)
}
