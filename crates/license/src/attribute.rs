//! The attributes of a license line: what each one takes, and what this version makes of it.

/// What this version does with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// It is read and has its effect.
    Served,
    /// It is kept, signed and shown; leaving its effect out gives nobody more than was sold.
    Kept,
    /// It restricts a license in a way that is not enforced yet: the line is not served.
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
}

const fn row(name: &'static str, value: Value, what: Use) -> Attribute {
    Attribute { name, value, what, pools: false }
}

const fn pooling(name: &'static str, value: Value, what: Use) -> Attribute {
    Attribute { name, value, what, pools: true }
}

/// FlexNet's attributes, then ours.
pub(crate) const ATTRIBUTES: &[Attribute] = &[
    row("AUTH", Value::Needed, Use::Kept),
    pooling("BORROW", Value::Optional, Use::Kept),
    pooling("DUP_GROUP", Value::Needed, Use::Kept),
    pooling("FLOAT_OK", Value::Optional, Use::NotServed),
    pooling("HOSTID", Value::Needed, Use::Served),
    pooling("HOST_BASED", Value::Optional, Use::NotServed),
    row("ISSUED", Value::Needed, Use::Served),
    row("ISSUER", Value::Needed, Use::Kept),
    row("LINGER", Value::Needed, Use::Kept),
    row("MINIMUM", Value::Needed, Use::NotServed),
    row("NOTICE", Value::Needed, Use::Kept),
    row("ONE_TS_OK", Value::None, Use::Kept),
    row("OVERDRAFT", Value::Needed, Use::Kept),
    pooling("PLATFORM", Value::Needed, Use::NotServed),
    pooling("PLATFORMS", Value::Needed, Use::NotServed),
    row("SIGN", Value::Needed, Use::Served),
    row("SIGN2", Value::Needed, Use::Kept),
    row("SN", Value::Needed, Use::Kept),
    row("START", Value::Needed, Use::Served),
    row("SUITE_DUP_GROUP", Value::Needed, Use::Kept),
    row("SUPERSEDE", Value::Optional, Use::Served),
    row("SUPERSEDE_SIGN", Value::Needed, Use::NotServed),
    row("TS_OK", Value::None, Use::Kept),
    pooling("TZ", Value::Needed, Use::NotServed),
    pooling("USER_BASED", Value::Optional, Use::NotServed),
    row("VENDOR_STRING", Value::Needed, Use::Served),
    pooling("VM_PLATFORMS", Value::Needed, Use::NotServed),
    // Ours.
    row("BUYER", Value::Needed, Use::Kept),
    row("CONFIG_ID", Value::Needed, Use::Served),
    row("CUSTOMER", Value::Needed, Use::Kept),
    row("HOST_KEY", Value::Needed, Use::Served),
    row("INVOICE", Value::Needed, Use::Kept),
    row("MAINTENANCE", Value::Needed, Use::Served),
    row("MODULES", Value::Needed, Use::Kept),
    row("PACK", Value::Needed, Use::Served),
    row("PRODUCT_LINE", Value::Needed, Use::Served),
    row("SEAT", Value::Needed, Use::Served),
    row("SUBSCRIPTION", Value::Needed, Use::Kept),
    row("VOIDS", Value::Needed, Use::Served),
];

/// The attribute with this name.
pub(crate) fn known(name: &[u8]) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| attribute.name.as_bytes() == name)
}
