//! Files that only their owner can read, written whole or not at all, and never through a symbolic link: those of a state
//! store, and whatever else is kept beside a state.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// Makes the directory and those above it. New directories are for their owner alone.
///
/// # Errors
/// A directory cannot be made.
pub fn make_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Opens a file to read and write it, and makes it if there is none.
///
/// # Errors
/// The file cannot be opened, or is a symbolic link: what is written would end up somewhere else.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true);
    open_with(path, &mut options)
}

/// Opens a file to read and write it.
///
/// # Errors
/// There is none, and as [`open`].
pub fn open_existing(path: &Path) -> io::Result<File> {
    open_with(path, &mut OpenOptions::new())
}

fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let refused = || io::Error::other("it is a symbolic link; replace it by a file");
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink()) {
        return Err(refused());
    }
    options.read(true).write(true).truncate(false);
    for_owner(options);
    let file = options.open(path)?;
    // It may have become one between the two.
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let opened = file.metadata()?;
        let here = fs::symlink_metadata(path);
        if here.is_ok_and(|here| here.file_type().is_symlink() && here.ino() != opened.ino()) {
            return Err(refused());
        }
    }
    Ok(file)
}

/// Writes a new file, or none: what is left of a failed write would only fill the disk further. It is durable when its
/// directory is.
///
/// # Errors
/// The file cannot be written.
pub fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
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
    write().inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

/// Puts a file with this text in the place of another one, at once, by way of a file beside it with the extension `new`.
/// It is durable when its directory is.
///
/// # Errors
/// The file cannot be written.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    write_new(&new, text)?;
    fs::rename(&new, path)
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "other systems have no modes"))]
fn for_owner(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}
