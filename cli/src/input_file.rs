//! Files administrators name: read whole, and never without a bound.

use std::{
    fmt::Display,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use clap::builder::{OsStringValueParser, TypedValueParser};
use syncledger_domain::codes;

use crate::refusal::Refused;

/// Largest file of settings or certificates, in bytes.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// Any text as a path; an empty one is refused when it is read, under its code.
pub(crate) fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// The text of a file, without a byte order mark.
///
/// # Errors
/// `FILE_UNREADABLE` for what is missing, larger than `max_bytes`, no UTF-8, or no regular file: a device or a pipe has no
/// end.
pub(crate) fn read_text(path: &Path, max_bytes: u64) -> Result<String, Refused> {
    let refuse = |why: &dyn Display| {
        let file = path.display();
        let allowed = format!("allowed is a file of UTF-8 text, at most {max_bytes} bytes");
        Refused::new(codes::FILE_UNREADABLE, format!("file '{file}' cannot be read: {why}; {allowed}"))
    };
    let must_be_regular = |about: std::io::Result<std::fs::Metadata>| match about {
        Err(error) => Err(refuse(&error)),
        Ok(about) if about.is_dir() => Err(refuse(&"it is a directory")),
        Ok(about) if !about.is_file() => Err(refuse(&"it is no regular file")),
        Ok(about) if about.len() > max_bytes => Err(refuse(&format!("it has {} bytes", about.len()))),
        Ok(_) => Ok(()),
    };
    // Looked at before it is opened, because opening a pipe waits for its other end; and after, because it may be
    // another one by then.
    must_be_regular(std::fs::metadata(path))?;
    let file = File::open(path).map_err(|error| refuse(&error))?;
    must_be_regular(file.metadata())?;
    let mut bytes = Vec::new();
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| refuse(&error))?;
    if bytes.len() as u64 > max_bytes {
        return Err(refuse(&"it is larger than that"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        refuse(&format!("byte {} is no UTF-8", error.utf8_error().valid_up_to().saturating_add(1)))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bounded_text_is_read() {
        let place = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &[u8]| {
            let path = place.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        };
        let good = write("good", "\u{feff}Grüße\n".as_bytes());
        assert_eq!(read_text(&good, 100).unwrap(), "Grüße\n");
        assert_eq!(read_text(&write("full", b"0123456789"), 10).unwrap(), "0123456789");
        let pipe = place.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        for (path, why) in [
            (write("large", b"0123456789A"), "11 bytes"),
            (write("latin", b"Gr\xfc\xdfe"), "byte 3"),
            (place.path().to_owned(), "a directory"),
            (place.path().join("missing"), "No such file"),
            (place.path().join("x".repeat(5000)), "too long"),
            ("/dev/zero".into(), "no regular file"),
            (pipe, "no regular file"),
            ("".into(), "No such file"),
            // It says it has no bytes and gives many.
            ("/proc/self/maps".into(), "larger"),
        ] {
            let refused = read_text(&path, 10).unwrap_err();
            assert_eq!(refused.code(), codes::FILE_UNREADABLE);
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }
}
