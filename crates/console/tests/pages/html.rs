//! Pages as a browser reads them: elements and attributes, so that data which became markup is seen.

/// An element's beginning: its name and its attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

/// All elements of a page, as the HTML standard cuts them.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let chars: Vec<char> = html.chars().collect();
    let (mut at, mut tags) = (0, Vec::new());
    while at < chars.len() {
        let begins = chars[at] == '<' && chars.get(at + 1).is_some_and(char::is_ascii_alphabetic);
        if !begins {
            at += 1;
            continue;
        }
        at += 1;
        let name = take(&chars, &mut at, |c| !c.is_whitespace() && c != '>' && c != '/');
        let mut attributes = Vec::new();
        while at < chars.len() && chars[at] != '>' {
            if chars[at].is_whitespace() || chars[at] == '/' {
                at += 1;
                continue;
            }
            let attribute = take(&chars, &mut at, |c| !c.is_whitespace() && !"=>/".contains(c));
            let mut value = String::new();
            if chars.get(at) == Some(&'=') {
                at += 1;
                value = match chars.get(at) {
                    Some(quote @ ('"' | '\'')) => {
                        at += 1;
                        let value = take(&chars, &mut at, |c| c != *quote);
                        at += 1;
                        value
                    }
                    _ => take(&chars, &mut at, |c| !c.is_whitespace() && c != '>'),
                };
            }
            attributes.push((attribute.to_ascii_lowercase(), value));
        }
        tags.push(Tag { name: name.to_ascii_lowercase(), attributes });
    }
    tags
}

fn take(chars: &[char], at: &mut usize, while_: impl Fn(char) -> bool) -> String {
    let from = *at;
    while *at < chars.len() && while_(chars[*at]) {
        *at += 1;
    }
    chars[from..*at].iter().collect()
}

const ELEMENTS: &[&str] = &[
    "html", "head", "meta", "title", "link", "script", "body", "a", "header", "p", "span", "strong", "div",
    "form", "button", "nav", "ul", "li", "main", "section", "h1", "h2", "h3", "footer", "input", "label",
    "select", "option", "textarea", "table", "caption", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd",
    "pre", "code", "svg", "rect", "path", "text", "g", "line", "polyline", "meter", "br", "time", "ol",
    "small", "em", "fieldset", "legend", "details", "summary", "circle", "desc", "noscript", "tfoot", "b",
    "i", "output", "template",
];

const ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "name",
    "content",
    "rel",
    "href",
    "type",
    "src",
    "defer",
    "data-live",
    "class",
    "id",
    "method",
    "action",
    "value",
    "enctype",
    "for",
    "required",
    "checked",
    "selected",
    "rows",
    "spellcheck",
    "aria-label",
    "aria-labelledby",
    "aria-current",
    "aria-describedby",
    "aria-pressed",
    "aria-hidden",
    "aria-live",
    "role",
    "tabindex",
    "scope",
    "datetime",
    "autocomplete",
    "min",
    "max",
    "maxlength",
    "minlength",
    "step",
    "placeholder",
    "multiple",
    "colspan",
    "rowspan",
    "low",
    "high",
    "optimum",
    "viewbox",
    "width",
    "height",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "d",
    "points",
    "cx",
    "cy",
    "r",
    "fill",
    "opacity",
    "text-anchor",
    "preserveaspectratio",
    "cols",
    "size",
    "hidden",
    "open",
    "inputmode",
    "readonly",
    "formaction",
    "autofocus",
    "pattern",
    "wrap",
    "accept",
    "autocapitalize",
];

/// That a page has no element or attribute that its templates do not have, and leads nowhere but here.
pub(crate) fn assert_harmless(path: &str, html: &str) {
    for tag in tags(html) {
        assert!(ELEMENTS.contains(&tag.name.as_str()), "{path}: element {tag:?}");
        for (name, value) in &tag.attributes {
            let is_known = ATTRIBUTES.contains(&name.as_str()) || name.starts_with("data-");
            assert!(is_known && !name.starts_with("on"), "{path}: attribute {name} of {tag:?}");
            if ["href", "src", "action", "formaction"].contains(&name.as_str()) {
                let is_support = tag.name == "a" && value.starts_with("mailto:support@");
                let is_local = value.starts_with('/') && !value.starts_with("//") || value == "#main";
                assert!(is_local || is_support, "{path}: {name}={value}");
            }
        }
        if tag.name == "script" {
            assert!(
                tag.attributes.iter().any(|(name, value)| name == "src" && value.starts_with("/assets/")),
                "{path}: {tag:?}"
            );
        }
    }
}

#[test]
fn the_reader_sees_what_a_browser_would() {
    let seen = tags("<a href='/x' b>&lt;i&gt; <img src=x onerror=\"a>b\">1 < 2</a>");
    let names: Vec<&str> = seen.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["a", "img"]);
    assert_eq!(seen[1].attributes[1], ("onerror".into(), "a>b".into()));
    assert!(std::panic::catch_unwind(|| assert_harmless("/", "<p onclick=x>")).is_err());
    assert!(std::panic::catch_unwind(|| assert_harmless("/", "<a href=javascript:x>")).is_err());
    assert!(std::panic::catch_unwind(|| assert_harmless("/", "<script>x</script>")).is_err());
}
