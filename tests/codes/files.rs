//! What the daemon says of license and options files when its administrator has it read them again.

use std::os::unix::fs::PermissionsExt as _;

use crate::desk::{Desk, RULES};
use crate::support::CPU_ID;

const HEAD: &str = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n";
const GOOD: &str = "INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=1 SEAT=FLOATING";
const BAD: &str = "licenses/bad.lic";

/// The numbers in brackets on lines about this file.
fn codes(findings: &str, file: &str) -> Vec<i32> {
    let about = findings.lines().filter(|line| line.contains(file));
    let numbers = about.flat_map(|line| line.split("(-").skip(1)).filter_map(|rest| rest.split_once(')'));
    numbers.filter_map(|(number, _)| number.parse::<i32>().ok()).map(|number| -number).collect()
}

/// The only one of them.
fn code(findings: &str, file: &str) -> i32 {
    let [code] = codes(findings, file)[..] else { panic!("not one code of {file}: {findings}") };
    code
}

/// What is told of a license file beside the good one.
async fn license(desk: &mut Desk, bytes: &[u8]) -> Vec<i32> {
    desk.site.write(BAD, bytes);
    let findings = desk.findings().await;
    std::fs::remove_file(desk.site.path(BAD)).unwrap();
    codes(&findings, "bad.lic")
}

/// What else is told of a line than that nobody has signed it: no vendor's tool would.
async fn unsigned(desk: &mut Desk, line: &str) -> i32 {
    let told = license(desk, bare(line).as_bytes()).await;
    let [-114, code] = told[..] else { panic!("{line}: {told:?}") };
    code
}

/// A license file of one line for this host, which nobody has signed.
fn bare(line: &str) -> String {
    format!("{}{line}\n", HEAD.replace("HOSTID_HERE", CPU_ID))
}

/// A signed pack of one line.
fn signed(desk: &Desk, line: &str) -> String {
    String::from_utf8(desk.site.sign("P-7", &format!("{HEAD}{line}\n"))).unwrap()
}

/// What is told of a pack.
async fn pack(desk: &mut Desk, text: &str) -> i32 {
    let told = license(desk, text.as_bytes()).await;
    let [code] = told[..] else { panic!("{text}: {told:?}") };
    code
}

/// What is told of an options file.
async fn rules(desk: &mut Desk, text: &str) -> i32 {
    desk.site.write("licenses/acmed.opt", text.as_bytes());
    let findings = desk.findings().await;
    desk.site.write("licenses/acmed.opt", RULES.as_bytes());
    code(&findings, "acmed.opt")
}

pub(crate) async fn no_file_gives_a_seat(desk: &mut Desk) -> i32 {
    let (good, aside) = (desk.site.path("licenses/pack-0.lic"), desk.site.path("pack-0"));
    std::fs::rename(&good, &aside).unwrap();
    desk.site.write(BAD, bare("INCREMENT mill acmed 4.2 permanent 1").as_bytes());
    let findings = desk.findings().await;
    std::fs::remove_file(desk.site.path(BAD)).unwrap();
    std::fs::rename(&aside, &good).unwrap();
    code(&findings, "no license can be served")
}

pub(crate) async fn a_file_that_everybody_may_write(desk: &mut Desk) -> i32 {
    let pack = desk.site.path("licenses/pack-0.lic");
    let mode = |mode| std::fs::set_permissions(&pack, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o646);
    let findings = desk.findings().await;
    mode(0o644);
    code(&findings, "pack-0.lic")
}

pub(crate) async fn a_type_that_is_none(desk: &mut Desk) -> i32 {
    rules(desk, "EXCLUDE mill USR lee\n").await
}

pub(crate) async fn a_keyword_that_is_none(desk: &mut Desk) -> i32 {
    rules(desk, "EXCLUD mill USER lee\n").await
}

pub(crate) async fn a_line_that_was_altered(desk: &mut Desk) -> i32 {
    let good = signed(desk, GOOD);
    let altered = good.replace(" permanent 1 ", " permanent 9 ");
    assert_ne!(good, altered);
    pack(desk, &altered).await
}

pub(crate) async fn a_pack_without_its_server_line(desk: &mut Desk) -> i32 {
    let good = signed(desk, GOOD);
    let rest: String = good.split_inclusive('\n').filter(|line| !line.starts_with("SERVER")).collect();
    pack(desk, &rest).await
}

pub(crate) async fn a_line_with_float_ok(desk: &mut Desk) -> i32 {
    let text = signed(desk, &format!("{GOOD} FLOAT_OK"));
    pack(desk, &text).await
}

pub(crate) async fn a_line_without_a_signature(desk: &mut Desk) -> i32 {
    pack(desk, &bare("INCREMENT mill acmed 4.2 permanent 1")).await
}

pub(crate) async fn a_date_that_is_none(desk: &mut Desk) -> i32 {
    unsigned(desk, "INCREMENT mill acmed 4.2 31-feb-2027 1").await
}

pub(crate) async fn a_version_that_is_none(desk: &mut Desk) -> i32 {
    unsigned(desk, "INCREMENT mill acmed four permanent 1").await
}

pub(crate) async fn uncounted_without_a_host_id(desk: &mut Desk) -> i32 {
    unsigned(desk, "INCREMENT mill acmed 4.2 permanent uncounted").await
}
