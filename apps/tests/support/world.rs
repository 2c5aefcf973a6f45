//! A moto of its own behind a proxy, and a directory for the states of what is deployed to it.

use groundplan_moto::{Moto, Proxy};

pub(crate) struct World {
    pub(crate) moto: Moto,
    pub(crate) proxy: Proxy,
    pub(crate) directory: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let moto = Moto::start_without_managed_policies();
        let proxy = Proxy::start(&moto);
        Self { moto, proxy, directory: tempfile::tempdir().expect("a directory") }
    }
}
