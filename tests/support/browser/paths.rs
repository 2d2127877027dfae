//! Finding things on a page by what is read there, as XPath.

/// Whatever has this text, the page's title left out.
pub fn with(text: &str) -> String {
    format!("//body[contains(normalize-space(.), {})]", quoted(text))
}

/// The page, where it does not have this text.
pub fn without(text: &str) -> String {
    format!("//body[not(contains(normalize-space(.), {}))]", quoted(text))
}

/// The innermost row, list entry, article or form with this text.
pub fn row(text: &str) -> String {
    let kinds = "(self::tr or self::li or self::article or self::form or self::section or self::fieldset)";
    format!("//*[{kinds} and contains(normalize-space(.), {})]", quoted(text))
}

/// What is clicked by these words, within `root`.
pub fn clickable(root: &str, words: &str) -> String {
    let words = quoted(words);
    let kinds = "(self::a or self::button or self::summary or self::label)";
    format!(
        "{root}//*[{kinds} and (normalize-space(.)={words} or @aria-label={words})] | \
         {root}//input[(@type='submit' or @type='button') and @value={words}]"
    )
}

/// The field with this label, within `root`: whole, or before a note in the same label.
pub fn field(root: &str, label: &str) -> String {
    let label = quoted(label);
    let kinds = "(self::input or self::textarea or self::select) and not(@type='hidden')";
    let prefix =
        format!("starts-with(normalize-space(.), {label}) and not(//label[normalize-space(.)={label}])");
    let named = format!("label[normalize-space(.)={label} or {prefix}]");
    format!(
        "{root}//*[{kinds} and (@id=//{named}/@for or ancestor::{named} or @aria-label={label} \
         or @aria-labelledby=//*[normalize-space(.)={label}]/@id)]"
    )
}

/// A text as XPath writes it, whatever quotes are in it.
pub fn quoted(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    let parts: Vec<_> = text.split('\'').map(|part| format!("'{part}'")).collect();
    format!("concat({})", parts.join(", \"'\", "))
}
