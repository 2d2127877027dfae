//! Text from a server, made fit to be shown.

use names::Word;

/// The text with everything that must not reach a terminal replaced, cut to `chars_max`.
#[must_use]
pub fn shown(text: &str, chars_max: usize) -> String {
    let mut buffer = [0; 4];
    text.chars()
        .take(chars_max)
        .map(|c| match c {
            ' '..='~' => c,
            c if c.is_whitespace() => ' ',
            c => Word::nearest(c.encode_utf8(&mut buffer)).as_str().chars().next().unwrap_or(' '),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lg_02_nothing_from_a_server_moves_the_cursor() {
        for (text, safe) in [
            ("plain text (-4)", "plain text (-4)"),
            ("Jürgen 李", "Jürgen 李"),
            ("a\nb\tc\r", "a b c "),
            ("\u{1b}[2Jx\u{9b}y", "?[2Jx?y"),
            ("a\u{202e}b\u{200b}c\0", "a?b?c?"),
        ] {
            assert_eq!(shown(text, 100), safe);
        }
        assert_eq!(shown("abcdef", 3), "abc");
    }
}
