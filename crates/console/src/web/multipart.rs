//! Forms with files (`multipart/form-data`).

use bytes::Bytes;

use super::{Fault, Fields};
use crate::limits;

/// A file that came with a form. Its name is what the browser says, and names no file here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The field.
    pub field: String,
    /// What is in it.
    pub bytes: Bytes,
}

impl Upload {
    /// What is in it, where it is text.
    ///
    /// # Errors
    /// That it is none.
    pub fn text(&self) -> Result<&str, Fault> {
        let text = std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'));
        text.ok_or_else(|| Fault::invalid("file", "it is no text in UTF-8"))
    }
}

/// Takes a body apart; it is held as it came, and nothing in it is unpacked.
pub(crate) fn parse(content_type: &str, body: &Bytes) -> Result<(Fields, Vec<Upload>), Fault> {
    let boundary = boundary(content_type).ok_or(Fault::BadRequest)?;
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut at =
        if body.starts_with(first.as_bytes()) { first.len() } else { return Err(Fault::BadRequest) };
    let (mut fields, mut files) = (Vec::new(), Vec::new());
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(b"--") {
            return Ok((Fields(fields), files));
        }
        if !rest.starts_with(b"\r\n") {
            return Err(Fault::BadRequest);
        }
        // A part without a header would be one without a name.
        let head_end = find(rest, b"\r\n\r\n").ok_or(Fault::BadRequest)?;
        let data_at = at + head_end + 4;
        let length =
            find(body.get(data_at..).unwrap_or_default(), next.as_bytes()).ok_or(Fault::BadRequest)?;
        let head =
            std::str::from_utf8(rest.get(2..head_end).unwrap_or_default()).map_err(|_| Fault::BadRequest)?;
        let (name, is_file) = disposition(head).ok_or(Fault::BadRequest)?;
        let data = body.slice(data_at..data_at + length);
        put(name, is_file, data, &mut fields, &mut files)?;
        at = data_at + length + next.len();
    }
}

fn put(
    name: String,
    is_file: bool,
    data: Bytes,
    fields: &mut Vec<(String, String)>,
    files: &mut Vec<Upload>,
) -> Result<(), Fault> {
    if is_file {
        if files.len() >= limits::FILES_MAX || data.len() > limits::FILE_BYTES_MAX {
            return Err(Fault::TooMuch);
        }
        files.push(Upload { field: name, bytes: data });
        return Ok(());
    }
    if fields.len() >= limits::FIELDS_MAX || data.len() > limits::FORM_BYTES_MAX {
        return Err(Fault::TooMuch);
    }
    let text = std::str::from_utf8(&data).ok().filter(|text| !text.contains('\0'));
    fields.push((name, text.ok_or(Fault::BadRequest)?.to_owned()));
    Ok(())
}

fn boundary(content_type: &str) -> Option<&str> {
    let text = content_type.split(';').skip(1).find_map(|part| part.trim().strip_prefix("boundary="))?;
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let is_good = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&b);
    ((1..=70).contains(&text.len()) && text.bytes().all(is_good)).then_some(text)
}

/// The field's name, and whether it is a file's.
fn disposition(head: &str) -> Option<(String, bool)> {
    let is_it = |line: &&str| {
        line.split_once(':').is_some_and(|(name, _)| name.eq_ignore_ascii_case("content-disposition"))
    };
    let (_, value) = head.split("\r\n").find(is_it)?.split_once(':')?;
    let value = value.trim().strip_prefix("form-data")?;
    let after = value.split_once("; name=\"")?.1;
    let (name, rest) = after.split_once('"')?;
    (!name.is_empty()).then(|| (name.to_owned(), rest.contains("filename")))
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=XX";

    fn read(body: &str) -> Result<(Fields, Vec<Upload>), Fault> {
        parse(TYPE, &Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn a_form_with_a_file_is_taken_apart() {
        let body = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n2\r\n--XX\r\n\
                    content-disposition: form-data; name=\"f\"; filename=\"../../x\r\n.lic\"\r\n\r\n--X\r\n--XX--\r\n";
        // A line break in a file's name begins another header line, which is passed over.
        let (fields, files) = read(body).unwrap();
        assert_eq!(fields.get("a"), "1\r\n2");
        assert_eq!(files, [Upload { field: "f".into(), bytes: Bytes::from_static(b"--X") }]);
        for bad in
            ["", "--XX", "--XX\r\n", "--XX\r\n\r\nx\r\n--XX--", "--YY--", "--XX\r\na: b\r\n\r\nx\r\n--XX--"]
        {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        for bad in
            ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=a b"]
        {
            assert!(parse(bad, &Bytes::from_static(b"--a--")).is_err(), "{bad:?}");
        }
    }
}
