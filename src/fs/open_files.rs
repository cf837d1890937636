//! Counts the files that this process may still open.

/// Returns how many more files and connections the system allows, if it has a limit that can be read.
#[cfg(unix)]
pub(crate) fn spare_open_files() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    // Linux and macOS both list the open files of the process here.
    let open = std::fs::read_dir("/dev/fd").ok()?.count();
    Some(usize::try_from(limit).unwrap_or(usize::MAX).saturating_sub(open))
}

/// Windows allows millions.
#[cfg(not(unix))]
pub(crate) fn spare_open_files() -> Option<usize> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_open_file_leaves_fewer_spare_ones() {
        // Other tests open and close files as well: the margin is for them.
        let before = spare_open_files().unwrap();
        let files: Vec<_> = (0..200).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        assert!(spare_open_files().unwrap() < before - 50);
        drop(files);
    }
}
