//! The words that a line of an options file begins with.

/// What follows a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `feature type name`
    FeatureWho,
    /// `type name`
    Who,
    /// `number feature type name`
    CountWho,
    /// `feature number`
    FeatureNumber,
    /// `[feature]`
    MaybeFeature,
    /// `[feature] number`
    MaybeFeatureNumber,
    /// `number`
    Number,
    /// `name member …`
    Group,
    /// `ON` or `OFF`
    Switch,
    /// `exact` or `lenient`
    Matching,
    /// `event …`
    Events,
    /// `[+]path …`
    Log,
    /// `[entitlement] type name`
    EntitlementWho,
    /// `entitlement number`
    EntitlementNumber,
}

/// What a line does here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It is held.
    Enforced,
    /// It is about FlexNet's report log, which there is none of here.
    ReportLog,
    /// It is about FlexNet's trusted storage, which there is none of here.
    TrustedStorage,
    /// It is about the inside of FlexNet's vendor daemon.
    VendorDaemon,
}

macro_rules! keywords {
    ($($name:ident = $text:literal $form:ident $effect:ident;)*) => {
        /// A keyword of the options file.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Keyword { $(#[doc = $text] $name,)* }

        impl Keyword {
            /// Every keyword there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is written.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What this version does with it.
            #[must_use]
            pub fn effect(self) -> Effect {
                match self { $(Self::$name => Effect::$effect,)* }
            }

            pub(crate) fn form(self) -> Form {
                match self { $(Self::$name => Form::$form,)* }
            }
        }
    };
}

keywords! {
    ActivationExpiryDays = "ACTIVATION_EXPIRY_DAYS" EntitlementNumber TrustedStorage;
    ActivationLowwater = "ACTIVATION_LOWWATER" EntitlementNumber TrustedStorage;
    AutomaticReread = "AUTOMATIC_REREAD" Switch Enforced;
    BorrowLowwater = "BORROW_LOWWATER" FeatureNumber Enforced;
    DaemonSelectTimeout = "DAEMON_SELECT_TIMEOUT" Number VendorDaemon;
    DebugLog = "DEBUGLOG" Log Enforced;
    Exclude = "EXCLUDE" FeatureWho Enforced;
    ExcludeAll = "EXCLUDEALL" Who Enforced;
    ExcludeBorrow = "EXCLUDE_BORROW" FeatureWho Enforced;
    ExcludeEntitlement = "EXCLUDE_ENTITLEMENT" EntitlementWho TrustedStorage;
    ExcludeAllEntitlement = "EXCLUDEALL_ENTITLEMENT" EntitlementWho TrustedStorage;
    FqdnMatching = "FQDN_MATCHING" Matching Enforced;
    Group = "GROUP" Group Enforced;
    GroupCaseInsensitive = "GROUPCASEINSENSITIVE" Switch Enforced;
    HostGroup = "HOST_GROUP" Group Enforced;
    Include = "INCLUDE" FeatureWho Enforced;
    IncludeAll = "INCLUDEALL" Who Enforced;
    IncludeBorrow = "INCLUDE_BORROW" FeatureWho Enforced;
    IncludeEntitlement = "INCLUDE_ENTITLEMENT" EntitlementWho TrustedStorage;
    IncludeAllEntitlement = "INCLUDEALL_ENTITLEMENT" EntitlementWho TrustedStorage;
    Linger = "LINGER" MaybeFeatureNumber Enforced;
    Max = "MAX" CountWho Enforced;
    MaxBorrowHours = "MAX_BORROW_HOURS" FeatureNumber Enforced;
    MaxConnections = "MAX_CONNECTIONS" Number Enforced;
    MaxOverdraft = "MAX_OVERDRAFT" FeatureNumber Enforced;
    NoAsk = "NO_ASK" MaybeFeature Enforced;
    NoLog = "NOLOG" Events Enforced;
    ReportLog = "REPORTLOG" Log ReportLog;
    Reserve = "RESERVE" CountWho Enforced;
    Timeout = "TIMEOUT" FeatureNumber Enforced;
    TimeoutAll = "TIMEOUTALL" Number Enforced;
}

/// The other name of GROUP.
const USER_GROUP: &str = "USER_GROUP";

impl Keyword {
    /// Reads a keyword, in any case.
    pub(crate) fn read(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case(USER_GROUP) {
            return Some(Self::Group);
        }
        Self::ALL.iter().copied().find(|keyword| word.eq_ignore_ascii_case(keyword.text()))
    }

    /// The keyword that somebody may have meant.
    pub(crate) fn near(word: &str) -> Option<&'static str> {
        let all = Self::ALL.iter().map(|keyword| keyword.text());
        license::nearest(word.as_bytes(), all.chain([USER_GROUP]))
    }

    /// How a line of it is written.
    pub(crate) fn usage(self) -> String {
        let rest = match self.form() {
            Form::FeatureWho => {
                "feature[:KEY=value] USER|HOST|DISPLAY|INTERNET|PROJECT|GROUP|HOST_GROUP name"
            }
            Form::Who => "USER|HOST|DISPLAY|INTERNET|PROJECT|GROUP|HOST_GROUP name",
            Form::CountWho => {
                "number feature[:KEY=value] USER|HOST|DISPLAY|INTERNET|PROJECT|GROUP|HOST_GROUP name"
            }
            Form::MaybeFeature => "[feature[:KEY=value]]",
            Form::FeatureNumber => "feature[:KEY=value] number",
            Form::MaybeFeatureNumber => "[feature[:KEY=value]] number",
            Form::Number => "number",
            Form::Group => "name member …",
            Form::Switch => "ON|OFF",
            Form::Matching => "exact|lenient",
            Form::Events => "IN|OUT|DENIED|QUEUED|UNSUPPORTED|UPGRADE|DEQUEUED",
            Form::Log if self == Self::ReportLog => "[+]path [HIDE_USER]",
            Form::Log => "[+]path [OBF_ADDMARK] [AUTO_ROLLOVER size]",
            Form::EntitlementWho => "[entitlement] USER|HOST|GROUP|HOST_GROUP name",
            Form::EntitlementNumber => "entitlement[:FID=id] number",
        };
        format!("write it like: {} {rest}", self.text())
    }
}
