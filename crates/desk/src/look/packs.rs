//! A pack as it is asked for and called.

use names::{PackNumber, Vendor};

use super::seats::active;
use crate::model::PackRow;
use crate::{Action, Actor, Context, Desk, Power, Refusal};

impl Desk {
    /// A pack of the company that somebody works for, or, by the vendor's desk, of any: by its number, or, where
    /// several vendors gave that, by vendor and number: `acmed:P-1001`.
    ///
    /// # Errors
    /// Who asks may not, there is none that they may see, or there are several.
    pub fn pack_for(&self, ctx: &Context<'_>, actor: &Actor, text: &str) -> Result<&PackRow, Refusal> {
        self.may(ctx, actor, Action::SeePacks, None)?;
        let bad = |e: names::Invalid| Refusal::invalid("pack", e);
        let (vendor, number) = match text.trim().split_once(':') {
            Some((vendor, number)) => (Some(Vendor::new(vendor).map_err(bad)?), number),
            None => (None, text.trim()),
        };
        let number = PackNumber::new(number).map_err(bad)?;
        let is_all = self.powers(actor, ctx.role).has(Power::VendorDesk);
        let is_seen = |pack: &&PackRow| {
            vendor.as_ref().is_none_or(|vendor| pack.vendor == *vendor)
                && (is_all || Some(&pack.company) == active(actor))
        };
        let mut packs = self.packs_numbered(&number).filter(is_seen);
        let pack = packs.next().ok_or_else(|| Refusal::NotFound(format!("pack {number}")))?;
        match packs.next() {
            None => Ok(pack),
            Some(other) => {
                let (one, other) = (self.pack_shown(pack), self.pack_shown(other));
                Err(Refusal::invalid("pack", format!("several vendors gave {number}; give {one} or {other}")))
            }
        }
    }

    /// What a pack is called: its number, with the vendor's name before it where several gave that number.
    #[must_use]
    pub fn pack_shown(&self, pack: &PackRow) -> String {
        match self.pack(&pack.number) {
            Some(_) => pack.number.to_string(),
            None => format!("{}:{}", pack.vendor, pack.number),
        }
    }
}
