//! What every page is made of: requests, forms, lists, layout, answers.

mod fault;
mod fields;
mod lang;
mod layout;
mod list;
mod multipart;
mod reply;
mod request;
mod shown;
mod visitor;

pub use fault::Fault;
pub use fields::{Fields, encode};
pub use lang::Lang;
pub use layout::{Layout, NavItem};
pub use list::List;
pub use multipart::Upload;
pub use reply::Reply;
pub use request::Request;
pub use shown::{machine_time, time};
pub use visitor::Visitor;

pub(crate) use fault::page as fault_page;
pub(crate) use multipart::parse as parse_multipart;
