//! The attributes of a license line: what each one takes, and what this version makes of it.

/// What this version does with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It is read and has its effect.
    Served,
    /// It is kept, signed and shown; leaving its effect out gives nobody more than was sold.
    Kept,
    /// It needs what a license host cannot see: the line is not served.
    NotServed,
}

/// Whether an attribute has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    None,
    Optional,
    Needed,
}

/// An attribute that is known by name.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    pub(crate) what: Use,
    /// Lines of one feature that differ in it are different pools.
    pub(crate) pools: bool,
    /// Which lines it belongs to.
    pub(crate) on: On,
    /// What it means, in a few words.
    pub(crate) means: &'static str,
}

/// The lines that an attribute belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    /// FEATURE, INCREMENT and UPGRADE.
    Licenses,
    /// PACKAGE.
    Packages,
    /// All of them.
    Both,
}

const fn row(name: &'static str, value: Value, what: Use, on: On, means: &'static str) -> Attribute {
    Attribute { name, value, what, pools: false, on, means }
}

const fn pooling(name: &'static str, value: Value, what: Use, means: &'static str) -> Attribute {
    Attribute { name, value, what, pools: true, on: On::Licenses, means }
}

/// FlexNet's attributes, then ours. What they mean is the current manual's word.
pub(crate) const ATTRIBUTES: &[Attribute] = &[
    row("AUTH", Value::Needed, Use::Kept, On::Both, "another system's signatures, kept"),
    pooling(
        "BORROW",
        Value::Optional,
        Use::Served,
        "a seat may be taken offline, for so many hours (168 where none are named)",
    ),
    row(
        "COMPONENTS",
        Value::Needed,
        Use::Served,
        On::Packages,
        "the features of a package: `feature[:version[:count]]`, divided by blanks",
    ),
    pooling(
        "DUP_GROUP",
        Value::Needed,
        Use::Served,
        "checkouts that are equal in user (U), host (H), display (D) or vendor data (V) share a seat; SITE: all do",
    ),
    pooling(
        "FLOAT_OK",
        Value::Optional,
        Use::NotServed,
        "a license of a dongle may float from the license host while the dongle is there; not served, for no dongle is read",
    ),
    pooling(
        "HOSTID",
        Value::Needed,
        Use::Served,
        "only on these machines, for these users, or from these displays or addresses",
    ),
    pooling(
        "HOST_BASED",
        Value::Optional,
        Use::Served,
        "only on hosts that the options file includes, so many at most",
    ),
    row(
        "ISSUED",
        Value::Needed,
        Use::Served,
        On::Both,
        "the day of issue; SUPERSEDE and the order of pools look at it",
    ),
    row("ISSUER", Value::Needed, Use::Kept, On::Both, "who issued it"),
    row(
        "LINGER",
        Value::Needed,
        Use::Served,
        On::Licenses,
        "a seat stays taken for so many seconds after its return",
    ),
    row("MINIMUM", Value::Needed, Use::Served, On::Licenses, "every checkout takes at least so many seats"),
    row("NOTICE", Value::Needed, Use::Kept, On::Both, "a text of the vendor's"),
    row(
        "ONE_TS_OK",
        Value::None,
        Use::Served,
        On::Licenses,
        "one client may use it over a terminal server; as nobody counts them here, none may",
    ),
    row(
        "OPTIONS",
        Value::Needed,
        Use::Served,
        On::Packages,
        "SUITE: a component also takes the suite; SUITE_RESERVED: and who has one finds the others",
    ),
    row(
        "OVERDRAFT",
        Value::Needed,
        Use::Served,
        On::Licenses,
        "so many seats more may be taken, and are reported",
    ),
    pooling("PLATFORM", Value::Needed, Use::Served, "only on clients of this platform"),
    pooling("PLATFORMS", Value::Needed, Use::Served, "only on clients of these platforms"),
    row("SIGN", Value::Needed, Use::Served, On::Both, "the signature"),
    row("SIGN2", Value::Needed, Use::Kept, On::Both, "a second signature of another system, kept"),
    row("SN", Value::Needed, Use::Kept, On::Both, "serial number"),
    row("START", Value::Needed, Use::Served, On::Licenses, "not before this day"),
    row(
        "SUITE_DUP_GROUP",
        Value::Needed,
        Use::Served,
        On::Licenses,
        "as DUP_GROUP, for the suite that this line enables; without it the suite has its DUP_GROUP",
    ),
    row(
        "SUPERSEDE",
        Value::Optional,
        Use::Served,
        On::Both,
        "lines of this feature, or of these, issued earlier are void",
    ),
    row(
        "SUPERSEDE_SIGN",
        Value::Needed,
        Use::Served,
        On::Licenses,
        "the lines with these signatures are void",
    ),
    row(
        "TS_OK",
        Value::None,
        Use::Served,
        On::Licenses,
        "an uncounted line may be used over a terminal server",
    ),
    pooling(
        "TZ",
        Value::Needed,
        Use::Served,
        "only in these time zones: SERVERTZ, the license host's, or hours from GMT",
    ),
    pooling(
        "USER_BASED",
        Value::Optional,
        Use::Served,
        "only for users that the options file includes, so many at most",
    ),
    row("VENDOR_STRING", Value::Needed, Use::Served, On::Both, "data of the vendor's"),
    pooling(
        "VM_PLATFORMS",
        Value::Needed,
        Use::Served,
        "PHYSICAL: not on virtual machines; VM_ONLY: only on them",
    ),
    // Ours.
    row(
        "BORROW_LOST_OK",
        Value::None,
        Use::Served,
        On::Licenses,
        "an administrator may free the borrowed seat of a lost laptop before its date",
    ),
    row("BUYER", Value::Needed, Use::Kept, On::Both, "the e-mail address of whoever bought it"),
    row("CONFIG_ID", Value::Needed, Use::Served, On::Licenses, "the number of its configuration"),
    row("CUSTOMER", Value::Needed, Use::Kept, On::Both, "the customer's number"),
    pooling(
        "DUP_LIMIT",
        Value::Needed,
        Use::Served,
        "at most so many processes share a seat (DUP_GROUP, LOCKED, NAMED); 0: any number",
    ),
    row(
        "HOST_KEY",
        Value::Needed,
        Use::Served,
        On::Both,
        "the public key that the serving license host must prove",
    ),
    row("INVOICE", Value::Needed, Use::Kept, On::Both, "the invoice"),
    row(
        "MAINTENANCE",
        Value::Needed,
        Use::Served,
        On::Licenses,
        "ACTIVE or NONE: whether the configuration is under maintenance",
    ),
    row("MODULES", Value::Needed, Use::Served, On::Licenses, "the optional modules of the configuration"),
    row("PACK", Value::Needed, Use::Served, On::Both, "the number of its pack"),
    row("PRODUCT_LINE", Value::Needed, Use::Served, On::Licenses, "the product line (family)"),
    row(
        "SEAT",
        Value::Needed,
        Use::Served,
        On::Licenses,
        "FLOATING, LOCKED to workstations, or NAMED: assigned to people",
    ),
    row("SUBSCRIPTION", Value::Needed, Use::Kept, On::Both, "the subscription"),
    row("VOIDS", Value::Needed, Use::Served, On::Both, "the packs that are void from now on"),
];

/// The attribute with this name.
pub(crate) fn known(name: &[u8]) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| attribute.name.as_bytes() == name)
}

/// What an attribute of a license line means, in a few words; nothing for an unknown one.
#[must_use]
pub fn attribute_meaning(name: &str) -> Option<&'static str> {
    known(name.as_bytes()).map(|attribute| attribute.means)
}
