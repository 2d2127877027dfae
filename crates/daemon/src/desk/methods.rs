//! Which deed each call of the desk's service is: the one table that is asked who may.

use ::desk::Action;

/// Method and deed.
pub(crate) const METHODS: &[(&str, Action)] = &[
    ("SetName", Action::ChangeOwn),
    ("SetToken", Action::OwnToken),
    ("DropToken", Action::OwnToken),
    ("SetPrimary", Action::ChooseCompany),
    ("AskForTools", Action::AskForTools),
    ("OwnSeats", Action::OwnSeats),
    ("Find", Action::Find),
    ("Cases", Action::SeeCase),
    ("CaseOf", Action::SeeCase),
    ("CaseFile", Action::SeeCase),
    ("People", Action::SeePeople),
    ("AddPerson", Action::AddPerson),
    ("RemovePerson", Action::RemovePerson),
    ("SetPrivileges", Action::SetPrivileges),
    ("Order", Action::Order),
    ("InstallPack", Action::InstallPack),
    ("Reconfigure", Action::Reconfigure),
    ("Surrender", Action::Surrender),
    ("CompanyOf", Action::ChangeContact),
    ("ChangeContact", Action::ChangeContact),
    ("PreviewConversion", Action::PreviewConversion),
    ("RequestConversion", Action::RequestConversion),
    ("Assign", Action::Assign),
    ("ChangeAssignment", Action::ChangeAssignment),
    ("Unassign", Action::Unassign),
    ("LicenseOf", Action::SeeLicense),
    ("Licenses", Action::SeeLicenses),
    ("CustomerReport", Action::CustomerReport),
    ("Packs", Action::SeePacks),
    ("PackOf", Action::SeePacks),
    ("Companies", Action::SeeCompanies),
    ("Orders", Action::CustomerReport),
    ("SetCompany", Action::SetCompany),
    ("AddContact", Action::AddContact),
    ("NameSupervisor", Action::NameSupervisor),
    ("UpgradeAccount", Action::UpgradeAccount),
    ("SetStaff", Action::SetStaff),
    ("Issue", Action::Issue),
    ("Renew", Action::Issue),
    ("Convert", Action::Convert),
    ("IssueMove", Action::IssueMove),
    ("TakeRequest", Action::Issue),
    ("VoidPack", Action::VoidPack),
    ("ReserveIds", Action::ReserveIds),
    ("CloseCase", Action::CloseCase),
];

/// The deed of a method.
pub(super) fn action(method: &str) -> Option<Action> {
    METHODS.iter().find(|(name, _)| *name == method).map(|(_, action)| *action)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn each_method_of_the_descriptors_has_its_deed() {
        let set = FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
        let services = set.file.iter().flat_map(|file| &file.service);
        let desk = services.filter(|service| service.name() == "DeskService");
        let declared: BTreeSet<&str> = desk.flat_map(|service| &service.method).map(|m| m.name()).collect();
        let known: BTreeSet<&str> = METHODS.iter().map(|(name, _)| *name).collect();
        assert_eq!(declared, known);
        assert_eq!(METHODS.len(), known.len(), "a method stands twice");
    }

    #[test]
    fn each_deed_of_the_desk_has_a_method() {
        // What is done at the host has calls of its own, and nobody signs in with a password over calls.
        let elsewhere = [
            Action::SignIn,
            Action::SetPassword,
            Action::SeeUsage,
            Action::SeeHost,
            Action::Reclaim,
            Action::SeeOptions,
            Action::SaveOptions,
            Action::Reread,
            Action::Stop,
            Action::SeeAudit,
            // A pack for another host is asked for with the surrender.
            Action::Move,
            // With all cases of the company, `Cases` asks for it.
            Action::SeeCases,
        ];
        for action in Action::ALL.iter().filter(|action| !elsewhere.contains(action)) {
            assert!(METHODS.iter().any(|(_, known)| known == action), "{action:?} has no method");
        }
    }
}
