//! Format 1, as it was written once: every release must read it.
