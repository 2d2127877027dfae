//! The columns. A new one is added at the end, and raises [`VERSION`]; none is ever given another meaning.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{Type, TypePtr};

/// The version of the schema, in every file's footer as `seatkeeper.usage`.
pub const VERSION: u32 = 1;
/// Under which key the footer has it.
pub(crate) const VERSION_KEY: &str = "seatkeeper.usage";
/// Under which key the footer has the first event's number.
pub(crate) const FROM_KEY: &str = "seatkeeper.from";
/// Under which key the footer has the last event's number.
pub(crate) const TO_KEY: &str = "seatkeeper.to";

/// What kind of number a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 32 bits.
    Small,
    /// 64 bits.
    Large,
    /// 64 bits without a sign.
    Unsigned,
    /// Milliseconds since 1970, in UTC.
    Time,
}

macro_rules! columns {
    ($(#[$doc:meta])* $enum:ident: $($(#[$each:meta])* $name:ident = $column:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $enum {
            $($(#[$each])* $name,)*
        }

        impl $enum {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
            /// How many there are.
            pub const COUNT: usize = Self::ALL.len();

            /// The column's name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $column,)* }
            }

            /// Its place among its kind.
            pub(crate) fn at(self) -> usize {
                self as usize
            }
        }
    };
}

columns! {
    /// The columns of numbers.
    Num:
    /// The event's number in the journal; of a gap, the last that is missing.
    Seq = "seq";
    /// When.
    Time = "time";
    /// The license host's offset from UTC then, in minutes.
    Offset = "utc_offset";
    /// The session.
    Session = "session";
    /// The grant: the number of the event that made it.
    Grant = "grant_id";
    /// The place in line: the number of the event that gave it.
    Place = "place";
    /// Seats asked for, granted, returned, or of the pool.
    Seats = "seats";
    /// Seats of the pool in use after it.
    InUse = "in_use";
    /// Seats of the pool that may be in use.
    Limit = "seat_limit";
    /// FlexNet's number of a denial.
    Code = "code";
    /// Of a return: how long the grant was held.
    HeldMs = "held_ms";
    /// Of a place in line that ended: how long it was waited.
    WaitMs = "wait_ms";
    /// Until when a borrowed, booked, lingering or revoked seat is held at the latest.
    Until = "until";
    /// The user id of the administrator on the license host.
    By = "by_uid";
    /// Of a gap: how many events are missing.
    Missing = "missing";
}

columns! {
    /// The columns of texts.
    Text:
    /// What happened.
    Kind = "kind";
    /// How the grant is held after it; of a return, before.
    How = "how";
    /// The vendor.
    Vendor = "vendor";
    /// The feature.
    Feature = "feature";
    /// The version that was asked for, or that the pool has.
    Version = "version";
    /// The configuration of the pool.
    Configuration = "configuration";
    /// The host id that the pool is licensed for.
    CpuId = "cpu_id";
    /// The pooling fields of the pool, where it has some.
    Pooling = "pooling";
    /// The user.
    User = "user";
    /// The workstation.
    Host = "host";
    /// The display.
    Display = "display";
    /// Where the connection came from.
    Address = "address";
    /// The project.
    Project = "project";
    /// The application.
    Application = "application";
    /// The person, proven.
    Email = "email";
    /// Why.
    Reason = "reason";
    /// To what, in words.
    About = "about";
}

impl Num {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Time | Self::Until => Kind::Time,
            Self::Session => Kind::Unsigned,
            Self::Seq | Self::Grant | Self::Place | Self::HeldMs | Self::WaitMs | Self::Missing => {
                Kind::Large
            }
            Self::Offset | Self::Seats | Self::InUse | Self::Limit | Self::Code | Self::By => Kind::Small,
        }
    }

    /// Whether every row has it.
    pub(crate) fn is_always(self) -> bool {
        matches!(self, Self::Seq | Self::Time | Self::Offset)
    }

    /// Whether its values rarely come again, so that a dictionary would only cost.
    pub(crate) fn is_various(self) -> bool {
        !matches!(self.kind(), Kind::Small | Kind::Unsigned)
    }

    /// Its place among all columns.
    pub(crate) fn column(self) -> usize {
        self.at()
    }
}

impl Text {
    /// Whether every row has it.
    pub(crate) fn is_always(self) -> bool {
        matches!(self, Self::Kind)
    }

    /// Its place among all columns.
    pub(crate) fn column(self) -> usize {
        Num::COUNT + self.at()
    }
}

/// The schema of a file.
pub(crate) fn schema() -> parquet::errors::Result<TypePtr> {
    let mut fields = Vec::with_capacity(Num::COUNT + Text::COUNT);
    let repetition = |is_always| if is_always { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    for num in Num::ALL {
        let (physical, logical) = match num.kind() {
            Kind::Small => (Physical::INT32, None),
            Kind::Large => (Physical::INT64, None),
            Kind::Unsigned => (Physical::INT64, Some(LogicalType::integer(64, false))),
            Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        };
        let field = Type::primitive_type_builder(num.name(), physical);
        let field = field.with_repetition(repetition(num.is_always())).with_logical_type(logical);
        fields.push(Arc::new(field.build()?));
    }
    for text in Text::ALL {
        let field = Type::primitive_type_builder(text.name(), Physical::BYTE_ARRAY);
        let field = field.with_repetition(repetition(text.is_always()));
        fields.push(Arc::new(field.with_logical_type(Some(LogicalType::String)).build()?));
    }
    Ok(Arc::new(Type::group_type_builder("usage").with_fields(fields).build()?))
}
