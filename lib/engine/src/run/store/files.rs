//! Files of a store: readable by their owner only, written whole or not at all, and never through a
//! symbolic link.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::Error;
use crate::model::FormatError;
use crate::run::store::StoreError;

/// The bytes of a file, if there is one.
pub(super) fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::file("read", path)(error)),
    }
}

/// The text of a file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<String>, Error> {
    read_bytes(path)?.map(|bytes| text(bytes, path)).transpose()
}

pub(super) fn text(bytes: Vec<u8>, path: &Path) -> Result<String, Error> {
    Ok(String::from_utf8(bytes)
        .map_err(|_| FormatError::corrupt(&path.display().to_string(), "it is not UTF-8 text"))?)
}

/// Makes the directory and those above it. What is made is for its owner alone.
pub(super) fn make_dir(path: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(StoreError::file("make", path))
}

/// Opens a file to read and write it, and makes it where there is none.
///
/// # Errors
/// It is a symbolic link: what is written would end up somewhere else.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    let refused = || io::Error::other("it is a symbolic link; replace it by a file");
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink()) {
        return Err(StoreError::file("open", path)(refused()));
    }
    let mut options = OpenOptions::new();
    options.create(true).read(true).write(true).truncate(false);
    for_owner(&mut options);
    let file = options.open(path).map_err(StoreError::file("open", path))?;
    // It may have become one between the two.
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let opened = file.metadata().map_err(StoreError::file("open", path))?;
        let here = fs::symlink_metadata(path);
        if here.is_ok_and(|here| here.file_type().is_symlink() && here.ino() != opened.ino()) {
            return Err(StoreError::file("open", path)(refused()));
        }
    }
    Ok(file)
}

/// Writes a new file, or none: what is left of a failed write would only fill the disk further.
pub(super) fn write_through(path: &Path, text: &[u8]) -> Result<(), Error> {
    let write = || {
        // What an earlier run has left is replaced, and not written into: it may be a link, or readable by
        // others.
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        for_owner(&mut options);
        let mut file = options.open(path)?;
        file.write_all(text)?;
        file.sync_all()
    };
    write().map_err(|error| {
        let _ = fs::remove_file(path);
        StoreError::file("write", path)(error)
    })
}

/// Puts a file with this text in the place of another one, at once. It is durable when its directory is.
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<(), Error> {
    let new = path.with_extension("new");
    write_through(&new, text)?;
    fs::rename(&new, path).map_err(StoreError::file("write", path))
}

/// A rename is durable when its directory is.
pub(super) fn sync_dir(dir: &Path) -> Result<(), Error> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::file("write", dir))
}

/// Removes a file, if there is one.
pub(super) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StoreError::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a file that is not kept any more. That it stays is no reason for a run to fail.
pub(super) fn prune(path: &Path) {
    if let Err(error) = remove(path) {
        tracing::warn!("cannot delete old files: {error}");
    }
}

/// Returns the names in a directory; empty if it does not exist.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(StoreError::file("read", dir))?,
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().into_string().ok()).transpose();
    entries.filter_map(name).collect::<io::Result<_>>().map_err(StoreError::file("read", dir))
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "other systems have no modes"))]
fn for_owner(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}
