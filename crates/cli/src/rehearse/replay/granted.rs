//! Why Seatkeeper granted what was refused there.

use names::Code;
use service::Figures;

/// How the pool stands that gave the seats, and what does not stand in the way here. `there` is the log's code.
pub(super) fn words(figures: Option<&Figures>, there: Option<i32>) -> String {
    let stands = match figures {
        Some(figures) if figures.limit > 0 => format!("with it, {figures}"),
        _ => "its seats are not counted".to_owned(),
    };
    let not = match there.and_then(Code::from_number) {
        Some(Code::Reserved) => "; no RESERVE line keeps it from them",
        Some(Code::MaxReached) => "; no MAX line that names them is reached",
        Some(Code::Excluded) => "; no EXCLUDE line names them",
        Some(Code::NotIncluded) => "; no INCLUDE line keeps them out",
        Some(Code::NoSuchFeature | Code::NotServed) => "; the license has the feature",
        Some(Code::Expired) => "; its license is in force on that day",
        Some(Code::VersionNotServed) => "; the log may not say which version was asked for",
        _ => "",
    };
    format!("granted: {stands}{not}")
}
