//! Files of a store, as [`private_file`] writes them.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::Error;
use crate::private_file;

/// The bytes of a file, if there is one.
pub(super) fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("read", path)(error)),
    }
}

/// The text of a file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    read_bytes(path)?.map(|bytes| text(bytes, path)).transpose()
}

pub(super) fn text(bytes: Vec<u8>, path: &Path) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| Error::corrupt(&path.display().to_string(), "it is not UTF-8 text"))
}

/// [`private_file::make_dir`]
pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    private_file::make_dir(path).map_err(Error::file("make", path))
}

/// [`private_file::open`]
pub(super) fn open(path: &Path) -> Result<File, Error> {
    private_file::open(path).map_err(Error::file("open", path))
}

/// [`private_file::write_new`]
pub(super) fn write_through(path: &Path, text: &[u8]) -> Result<(), Error> {
    private_file::write_new(path, text).map_err(Error::file("write", path))
}

/// [`private_file::replace`]
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<(), Error> {
    private_file::replace(path, text).map_err(Error::file("write", path))
}

/// A rename is durable when its directory is.
pub(super) fn sync_dir(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::file("write", dir))
}

/// Removes a file, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a file that is not kept any more. That it stays is no reason for a run to fail.
pub(super) fn prune(path: &Path) {
    if let Err(error) = remove(path) {
        tracing::warn!("cannot delete old files: {error}");
    }
}

/// The names in a directory; none where there is no such directory.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::file("read", dir))?,
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().into_string().ok()).transpose();
    entries.filter_map(name).collect::<io::Result<_>>().map_err(Error::file("read", dir))
}
