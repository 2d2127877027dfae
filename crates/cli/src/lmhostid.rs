//! `lmhostid`: what identifies this machine.

mod machine;

use client::{Identity, hostid};
use names::Code;
use serde_json::json;

use crate::args::LmhostidArgs;
use crate::fail::Failure;
use crate::{lmutil, out};

/// Shows this machine's ids.
pub(crate) fn lmhostid(args: &LmhostidArgs) -> Result<(), Failure> {
    let (kind, ids) = ids(args)?;
    if args.report.json {
        return out::print(&lmutil::object("lmhostid", json!({ "type": kind, "ids": ids }))?);
    }
    out::print(&text(&ids, args.bare))
}

/// What kind of ids they are, and the ids.
fn ids(args: &LmhostidArgs) -> Result<(&'static str, Vec<String>), Failure> {
    let none = |message: &str, remedy: &str| Err(Failure::new(Code::WrongHost, message, remedy));
    let never = |what: &str| {
        let remedy = "use its Ethernet address or its name";
        Err(Failure::new(Code::UnsupportedRequest, format!("{what} is no id of a machine here"), remedy))
    };
    let hostname = || hostid::hostname();
    if args.flexid {
        return never("a dongle's FLEXID");
    }
    if args.vsn {
        return never("a Windows volume's serial number");
    }
    if args.string {
        return never("a publisher's text");
    }
    if args.hostname {
        return Ok(("hostname", vec![format!("HOSTNAME={}", hostname())]));
    }
    if args.hostdomain {
        return Ok(("hostdomain", vec![format!("HOSTNAME={}", machine::with_domain(&hostname()))]));
    }
    if args.user {
        return Ok(("user", vec![format!("USER={}", Identity::of_this_process().user)]));
    }
    if args.display {
        return Ok(("display", vec![format!("DISPLAY={}", Identity::of_this_process().display)]));
    }
    if args.container_id {
        return match machine::container() {
            Some(id) => Ok(("container_id", vec![format!("CONTAINER_ID={id}")])),
            None => none("this runs in no container whose id can be read", "use the machine's own ids"),
        };
    }
    if args.long {
        return match machine::long() {
            Some(id) => Ok(("long", vec![id])),
            None => none("this machine has no /etc/hostid", "use its Ethernet address: `lmhostid`"),
        };
    }
    if let Some(version) = &args.internet {
        let ids: Vec<_> = machine::addresses(version).iter().map(|ip| format!("INTERNET={ip}")).collect();
        if ids.is_empty() {
            return none("this machine has no such IP address but the loopback's", "use its name");
        }
        return Ok(("internet", ids));
    }
    if let Some(kind) = &args.ptype {
        return machine::platform(kind, args.uuid).map(|ids| ("ptype", ids));
    }
    let ids: Vec<_> = hostid::ethernet().iter().map(ToString::to_string).collect();
    if ids.is_empty() {
        return none(
            "this machine has no Ethernet interface to be known by",
            "use its name: `lmhostid -hostname`",
        );
    }
    Ok(("ether", ids))
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
