//! A long file in a case: divided into parts, each with the line of column names.

use crate::decision::Draft;
use crate::model::Case;
use crate::{Refusal, limits};

/// Adds `name.csv`, or `name-1.csv`, `name-2.csv` … where it is too long for one file.
///
/// # Errors
/// A line, or more parts, than a case has room for.
pub(super) fn add(draft: &mut Draft<'_>, case: &mut Case, name: &str, text: &str) -> Result<(), Refusal> {
    let parts = parts(text, limits::FILE_BYTES_MAX);
    if let [part] = parts.as_slice() {
        return draft.add_file(case, &format!("{name}.csv"), part.clone());
    }
    for (number, part) in (1..).zip(parts) {
        draft.add_file(case, &format!("{name}-{number}.csv"), part)?;
    }
    Ok(())
}

fn parts(text: &str, bytes_max: usize) -> Vec<String> {
    if text.len() <= bytes_max {
        return vec![text.to_owned()];
    }
    let mut lines = text.split_inclusive('\n');
    let header = lines.next().unwrap_or_default();
    let mut parts = vec![header.to_owned()];
    for line in lines {
        match parts.last_mut() {
            Some(part) if part.len() + line.len() <= bytes_max || part.len() == header.len() => {
                part.push_str(line);
            }
            _ => parts.push(format!("{header}{line}")),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_divided_between_lines_and_each_part_has_the_header() {
        assert_eq!(parts("h\na\nb\n", 6), ["h\na\nb\n"]);
        assert_eq!(parts("h\na\nb\nc\n", 6), ["h\na\nb\n", "h\nc\n"]);
        assert_eq!(parts("h\nlong line\nb\n", 6), ["h\nlong line\n", "h\nb\n"]);
    }
}
