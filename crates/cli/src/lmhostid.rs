//! `lmhostid`: what identifies this machine.

use client::{Identity, hostid};
use names::Code;

use crate::args::LmhostidArgs;
use crate::fail::Failure;
use crate::out;

/// Shows this machine's ids.
pub(crate) fn lmhostid(args: &LmhostidArgs) -> Result<(), Failure> {
    let ids = ids(args);
    if ids.is_empty() {
        return Err(Failure::new(
            Code::WrongHost,
            "this machine has no Ethernet interface to be known by",
            "use its name: `lmhostid -hostname`",
        ));
    }
    out::print(&text(&ids, args.bare))
}

fn ids(args: &LmhostidArgs) -> Vec<String> {
    if args.hostname {
        return vec![format!("HOSTNAME={}", hostid::hostname())];
    }
    if args.user {
        return vec![format!("USER={}", Identity::of_this_process().user)];
    }
    if args.display {
        return vec![format!("DISPLAY={}", Identity::of_this_process().display)];
    }
    hostid::ethernet().iter().map(ToString::to_string).collect()
}

/// FlexNet's text.
fn text(ids: &[String], bare: bool) -> String {
    let all = ids.join(" ");
    match (bare, ids.len()) {
        (true, 1) => format!("{all}\n"),
        (true, _) => format!("\"{all}\"\n"),
        (false, 1) => {
            format!(
                "{}\nThe FlexNet host ID of this machine is \"{all}\"\n",
                crate::lmstat::banner("lmhostid")
            )
        }
        (false, _) => format!(
            "{}\nThe FlexNet host ID of this machine is \"\"{all}\"\"\nOnly use ONE from the list of hostids.\n",
            crate::lmstat::banner("lmhostid")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_flexnets() {
        let (one, two) = (vec!["02aa10203040".to_owned()], vec!["02aa".to_owned(), "02bb".to_owned()]);
        assert_eq!(text(&one, true), "02aa10203040\n");
        assert_eq!(text(&two, true), "\"02aa 02bb\"\n");
        assert!(text(&one, false).ends_with("The FlexNet host ID of this machine is \"02aa10203040\"\n"));
        assert!(text(&two, false).contains("is \"\"02aa 02bb\"\"\nOnly use ONE from the list of hostids.\n"));
    }
}
