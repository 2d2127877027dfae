//! Every deed, and who may do it: one table for pages, calls and commands (rule W9).

use crate::{Power, Powers};

/// What somebody must have for a deed: one of these powers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: what everybody is shown before they sign in.
    Nothing,
    /// One of these.
    OneOf(&'static [Power]),
}

/// How far a deed reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What is one's own.
    Own,
    /// One company: the one that the actor works for, or for the vendor's desk any.
    Company,
    /// The license host.
    Host,
    /// The vendor's ledger, all companies.
    Vendor,
}

macro_rules! actions {
    ($($(#[doc = $doc:literal])* $name:ident $word:literal $reach:ident $need:expr;)*) => {
        /// A deed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[doc = $doc])* $name,)*
        }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in the journal, in calls and in addresses.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// How far it reaches.
            #[must_use]
            pub fn reach(self) -> Reach {
                match self { $(Self::$name => Reach::$reach,)* }
            }

            /// Who may do it.
            #[must_use]
            pub fn need(self) -> Need {
                match self { $(Self::$name => $need,)* }
            }
        }
    };
}

use Power::{
    Everyone as E, HostAdministrator as H, Licensing as L, Reporting as R, SiteHost as W, Supervisor as S,
    VendorDesk as V,
};

actions! {
    /// Sign in, and read what the program is.
    SignIn "sign-in" Own Need::Nothing;

    /// See one's own seats, assignments and cases.
    OwnSeats "own-seats" Own Need::OneOf(&[E]);
    /// Change one's own name or password.
    ChangeOwn "change-own" Own Need::OneOf(&[E]);
    /// Set somebody else's password: a first one, or, by the vendor's desk and on the host, another.
    SetPassword "set-password" Host Need::OneOf(&[H, V]);
    /// Make or take away one's own personal token.
    OwnToken "own-token" Own Need::OneOf(&[E]);
    /// Choose the company to work for, or the primary one (W6).
    ChooseCompany "choose-company" Own Need::OneOf(&[E]);
    /// Ask for the license tools (W8).
    AskForTools "ask-for-tools" Own Need::OneOf(&[E]);
    /// Find what one may see.
    Find "find" Own Need::OneOf(&[E, H, V]);
    /// Follow a case (W2): one's own, or with Reporting all of the company.
    SeeCase "see-case" Own Need::OneOf(&[E, V, W]);

    /// See the company's people and their privileges.
    SeePeople "see-people" Company Need::OneOf(&[S, V, W]);
    /// Add somebody to the company, without privileges.
    AddPerson "add-person" Company Need::OneOf(&[S]);
    /// Take somebody out of the company.
    RemovePerson "remove-person" Company Need::OneOf(&[S]);
    /// Give and take privileges (W3).
    SetPrivileges "set-privileges" Company Need::OneOf(&[S]);

    /// Order and install licenses.
    Order "order" Company Need::OneOf(&[L, V]);
    /// Install a signed pack.
    InstallPack "install-pack" Company Need::OneOf(&[L]);
    /// Have licenses configured otherwise.
    Reconfigure "reconfigure" Company Need::OneOf(&[L, V]);
    /// Surrender a license at its host, to move it (W7).
    Surrender "surrender" Company Need::OneOf(&[L]);
    /// Ask for a surrendered license's pack for another host.
    Move "move" Company Need::OneOf(&[L]);
    /// Change the company's address or contact.
    ChangeContact "change-contact" Company Need::OneOf(&[L, V]);
    /// See what the conversion of an estate would give.
    PreviewConversion "preview-conversion" Company Need::OneOf(&[L, V]);
    /// Have it converted.
    RequestConversion "request-conversion" Company Need::OneOf(&[L]);
    /// Give people named seats (T2, T3).
    Assign "assign" Company Need::OneOf(&[L]);
    /// Change an assignment's period (T4).
    ChangeAssignment "change-assignment" Company Need::OneOf(&[L]);
    /// Take a named seat back.
    Unassign "unassign" Company Need::OneOf(&[L]);
    /// See the license that is edited, and whose its seats are.
    SeeLicense "see-license" Company Need::OneOf(&[L, R]);

    /// See all the company's licenses: My Licenses (T1).
    SeeLicenses "see-licenses" Company Need::OneOf(&[R]);
    /// Customer Detail Report.
    CustomerReport "customer-report" Company Need::OneOf(&[R, V]);
    /// Retrieve license packs.
    SeePacks "see-packs" Company Need::OneOf(&[R, V]);
    /// See use and denials of the company's licenses.
    SeeUsage "see-usage" Company Need::OneOf(&[R]);
    /// Follow all the company's cases.
    SeeCases "see-cases" Company Need::OneOf(&[R, V, W]);

    /// See the live seats, queue and denials of the host.
    SeeHost "see-host" Host Need::OneOf(&[H]);
    /// Take a seat away.
    Reclaim "reclaim" Host Need::OneOf(&[H]);
    /// See, check and try options files.
    SeeOptions "see-options" Host Need::OneOf(&[H]);
    /// Write an options file.
    SaveOptions "save-options" Host Need::OneOf(&[H]);
    /// Read license and options files again.
    Reread "reread" Host Need::OneOf(&[H]);
    /// Stop the daemon.
    Stop "stop" Host Need::OneOf(&[H]);
    /// Read the audit chain.
    SeeAudit "see-audit" Host Need::OneOf(&[H]);

    /// Make or change a company.
    SetCompany "set-company" Vendor Need::OneOf(&[V]);
    /// Name a company's first supervisor (W4).
    NameSupervisor "name-supervisor" Vendor Need::OneOf(&[V, W]);
    /// Add somebody to a company that has no supervisor yet, as its contact (W4).
    AddContact "add-contact" Vendor Need::OneOf(&[V, W]);
    /// Give an account the license tools, or refuse it (W8).
    UpgradeAccount "upgrade-account" Vendor Need::OneOf(&[V, W]);
    /// Decide who is of the vendor's desk, and who administers the host.
    SetStaff "set-staff" Vendor Need::OneOf(&[V, W]);
    /// Issue configuration ids and sign packs.
    Issue "issue" Vendor Need::OneOf(&[V]);
    /// Issue the ids of a converted estate.
    Convert "convert" Vendor Need::OneOf(&[V]);
    /// Issue a moved license's pack against its receipt, or where its host is lost (W7).
    IssueMove "issue-move" Vendor Need::OneOf(&[V]);
    /// Void a pack.
    VoidPack "void-pack" Vendor Need::OneOf(&[V]);
    /// Reserve a range of configuration ids.
    ReserveIds "reserve-ids" Vendor Need::OneOf(&[V]);
    /// End or refuse a case.
    CloseCase "close-case" Vendor Need::OneOf(&[V, W]);
    /// See all companies.
    SeeCompanies "see-companies" Vendor Need::OneOf(&[V, W]);
}

impl Need {
    /// Whether these powers do.
    #[must_use]
    pub fn is_met(self, powers: Powers) -> bool {
        match self {
            Self::Nothing => true,
            Self::OneOf(needed) => powers.has_any(needed),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_are_different_and_supervisors_edit_and_see_no_license() {
        let words: BTreeSet<_> = Action::ALL.iter().map(|action| action.word()).collect();
        assert_eq!(words.len(), Action::ALL.len());
        let of = |power| {
            let may = |action: &&Action| {
                action.need() != Need::Nothing && action.need().is_met(Powers::NONE.with(power))
            };
            Action::ALL.iter().filter(may).map(|action| action.word()).collect::<Vec<_>>()
        };
        assert_eq!(of(Power::Supervisor), ["see-people", "add-person", "remove-person", "set-privileges"]);
        // Reporting only sees.
        assert!(
            of(Power::Reporting).iter().all(|word| word.starts_with("see-") || *word == "customer-report")
        );
        // Licensing does not include Reporting.
        assert!(
            !of(Power::Licensing).contains(&"see-licenses")
                && !of(Power::Licensing).contains(&"customer-report")
        );
    }
}
