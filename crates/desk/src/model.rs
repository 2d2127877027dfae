//! The desk's rows: what is true of companies, people, licenses and cases.

mod case;
mod company;
mod converted;
mod ledger;
mod number;
mod site;

pub use case::{Case, CaseFile, CaseKind, CaseState, Entry, FileRow};
pub use company::{Company, Credential, Membership, Person, Privileges};
pub use converted::{Converted, ConvertedRow};
pub use ledger::{
    ConfigLine, ConfigStanding, Configuration, Counter, Item, Order, OrderState, PackRow, PackStanding,
    Place, Range, Seat,
};
pub use number::{CaseNumber, CustomerNumber};
pub use site::{Bought, Ending, MoveRow, MoveState, Reminded, Retired};
