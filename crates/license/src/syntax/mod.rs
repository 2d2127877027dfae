//! The grammar of a license file: bytes to lines of words.
//!
//! Reading never fails: a line that is none is named in the findings and left out. It takes linear
//! time, and knows nothing of what the words mean.

mod keyword;
mod lexer;
mod line;

pub use keyword::nearest;
pub(crate) use keyword::{Keyword, distance};
pub(crate) use lexer::{SyntaxFile, parse};
pub(crate) use line::{Line, Word, WordForm, is_blank};
