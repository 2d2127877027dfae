//! What others write, shown as text.

use console::{Denial, Waiting};
use names::Wall;

use crate::browser::Site;

const EVIL: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{7*7}}",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "\u{202e}<b>",
    "--><svg onload=alert(1)>",
];

/// What of a page is markup: all but the text between, and what stands in quotes of an attribute.
fn markup(html: &str) -> String {
    let mut found = String::new();
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        let mut quoted = false;
        let end = tag
            .char_indices()
            .find(|(_, c)| {
                quoted ^= *c == '"';
                *c == '>' && !quoted
            })
            .map_or(tag.len(), |(at, _)| at);
        let (inside, after) = tag.split_at(end);
        found.extend(inside.split('"').step_by(2));
        found.push('\n');
        rest = after;
    }
    found
}

#[test]
fn wc_02_what_users_say_is_text_on_every_page() {
    let site = Site::sample();
    for evil in EVIL {
        let mut data = site.host.data();
        for holder in &mut data.holders {
            let fields = [
                &mut holder.user,
                &mut holder.host,
                &mut holder.display,
                &mut holder.application,
                &mut holder.state,
            ];
            fields.into_iter().for_each(|field| (*evil).clone_into(field));
        }
        let (user, host, feature) = ((*evil).to_owned(), (*evil).to_owned(), (*evil).to_owned());
        let since = Wall(0);
        data.waiting = vec![Waiting {
            feature: feature.clone(),
            place: 1,
            user: user.clone(),
            host: host.clone(),
            seats: 1,
            since,
        }];
        data.denials = vec![Denial { at: Wall(0), feature, user: user.clone(), host, why: user.clone() }];
        data.pools.iter_mut().for_each(|pool| pool.version = user.clone());
        data.options = user.clone();
        data.notes.push((user.clone(), user.clone(), user));
        drop(data);
        let mut browser = site.signed_in("ada@example.net");
        let search = console::encode(evil);
        let searched = format!("/seats?search={search}&feature={search}");
        let pages = [
            "/overview",
            "/seats",
            "/seats/reclaim/1",
            &searched,
            "/queue",
            "/denials",
            "/options",
            "/audit",
            "/nix",
        ];
        let answers = pages.iter().map(|path| browser.get(path)).collect::<Vec<_>>();
        let posted = [
            browser.post("/options/check", &[("vendor", "acmed"), ("text", evil)]),
            browser.post(
                "/options/try",
                &[("vendor", "acmed"), ("text", evil), ("user", evil), ("host", evil), ("feature", evil)],
            ),
            browser.post("/password-links", &[("email", evil)]),
            site.browser().sign_in(evil, "wrong"),
        ];
        let mut shown = 0;
        for answer in answers.iter().chain(&posted) {
            let markup = markup(&answer.body).to_lowercase();
            for bad in ["onerror", "onload", "onmouseover", "alert(", "<svg onload", "img"] {
                assert!(!markup.contains(bad), "{evil}: {bad} in {}", answer.body);
            }
            assert_eq!(markup.lines().filter(|tag| tag.starts_with("script")).count(), 1, "{evil}");
            assert!(!answer.body.contains(">49<"), "{evil}");
            shown += usize::from(
                answer.body.contains("alert(1)")
                    || answer.body.contains("{{7*7}}")
                    || answer.body.contains('\u{202e}'),
            );
        }
        assert!(shown >= 6, "{evil} is shown on {shown} pages only");
        site.pass(60);
    }
}
