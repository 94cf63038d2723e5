//! A process of the run that listens, through its lives.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use super::process::Process;
use crate::guardian::Guardian;

/// What all servers of a run have in common.
#[derive(Debug)]
pub(crate) struct Ground {
    pub(crate) guardian: Rc<Guardian>,
    pub(crate) binary: PathBuf,
    pub(crate) folder: PathBuf,
}

/// One server, through its lives.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    pub(crate) life: u32,
    pub(crate) is_stopped: bool,
    pub(crate) process: Process,
}

impl Ground {
    pub(crate) fn new(guardian: &Rc<Guardian>, binary: &Path, folder: &Path) -> Self {
        let (binary, folder) = (binary.to_owned(), folder.to_owned());
        Self { guardian: Rc::clone(guardian), binary, folder }
    }

    pub(crate) fn launch(
        &self,
        name: &str,
        address: SocketAddr,
        arguments: &[String],
    ) -> Result<Server> {
        let process = self.start(name, arguments)?;
        Ok(Server { name: name.to_owned(), address, life: 1, is_stopped: false, process })
    }

    fn start(&self, name: &str, arguments: &[String]) -> Result<Process> {
        Process::start(&self.guardian, name, &self.binary, arguments, &self.folder)
    }
}

impl Server {
    pub(crate) fn revive(&mut self, ground: &Ground, arguments: &[String]) -> Result<()> {
        self.process = ground.start(&self.name, arguments)?;
        self.life += 1;
        self.is_stopped = false;
        Ok(())
    }

    pub(crate) fn stop(&mut self) -> Result<()> {
        self.is_stopped = true;
        self.process.signal("STOP")
    }

    pub(crate) fn go_on(&mut self) -> Result<()> {
        self.is_stopped = false;
        self.process.signal("CONT")
    }
}

/// An address on which nobody listens now.
pub(crate) fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?)
}
